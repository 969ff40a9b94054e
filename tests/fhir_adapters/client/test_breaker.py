"""A server that keeps failing is left alone for a while (H-096)."""

from __future__ import annotations

import pytest

from fhir_adapters.client import FailureReason, FetchLimits, FhirBase, FhirClient
from fhir_adapters.client.breaker import CircuitBreaker
from tests.fhir_adapters.client.fake_server import (
    Mood,
    answers,
    ask,
    breaks_off,
    failed,
    fake_server,
    hangs,
    in_turn,
    status,
)

QUERY = {"patient": "Patient/p1"}
PATIENT = {"resourceType": "Patient", "id": "p1"}


class Clock:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def test_it_opens_lets_one_through_and_closes() -> None:
    clock = Clock()
    breaker = CircuitBreaker(3, 10, clock)
    for _ in range(2):
        breaker.record(healthy=False)
    breaker.record(healthy=True)
    for _ in range(3):
        assert breaker.admit()
        breaker.record(healthy=False)
    clock.seconds += 9.9
    assert not breaker.admit()
    clock.seconds += 0.1
    assert breaker.admit()
    assert not breaker.admit(), "one call is enough to see"
    breaker.record(healthy=False)
    clock.seconds += 9.9
    assert not breaker.admit(), "the pause begins anew"
    clock.seconds += 0.1
    assert breaker.admit()
    breaker.record(healthy=True)
    assert breaker.admit() and breaker.admit()


def test_a_call_that_never_came_back_does_not_keep_it_open() -> None:
    """The caller was cancelled."""
    clock = Clock()
    breaker = CircuitBreaker(1, 10, clock)
    breaker.record(healthy=False)
    for _ in range(3):
        clock.seconds += 10
        assert breaker.admit()
        assert not breaker.admit()


@pytest.mark.parametrize("mood", [hangs, breaks_off, status(500), status(429), status(503)])
def test_failures_of_the_server_open_the_circuit(mood: Mood) -> None:
    clock = Clock()
    with fake_server({"Patient": mood}) as server, fake_server({"": answers(PATIENT)}) as other:
        bases = [FhirBase.of(server.base), FhirBase.of(other.base)]
        limits = FetchLimits(seconds=0.15, attempts=1)
        client = FhirClient(bases, limits=limits, failures=2, pause_seconds=5, clock=clock)
        for _ in range(2):
            assert ask(client, server.base, QUERY)[0] != {"patient": failed(FailureReason.CIRCUIT_OPEN)}
        calls = len(server.calls)
        assert ask(client, server.base, QUERY)[0] == {"patient": failed(FailureReason.CIRCUIT_OPEN)}
        assert len(server.calls) == calls
        assert ask(client, other.base, QUERY)[0] == {"patient": PATIENT}, "each base has its own"
        server.moods["Patient"] = answers(PATIENT)
        clock.seconds += 5
        assert ask(client, server.base, QUERY)[0] == {"patient": PATIENT}
        assert ask(client, server.base, QUERY)[0] == {"patient": PATIENT}


@pytest.mark.parametrize("code", [401, 404])
def test_refusals_are_answers(code: int) -> None:
    """A caller with an old token, or one patient who is not there, must not cut off all others."""
    with fake_server({"Patient": in_turn(*[status(code)] * 3, answers(PATIENT))}) as server:
        client = FhirClient([FhirBase.of(server.base)], failures=2)
        for _ in range(3):
            assert ask(client, server.base, QUERY)[0] != {"patient": PATIENT}
        assert ask(client, server.base, QUERY)[0] == {"patient": PATIENT}


def test_one_answer_shows_that_the_server_is_alive() -> None:
    with fake_server({"Patient": answers(PATIENT), "Condition": status(500)}) as server:
        client = FhirClient([FhirBase.of(server.base)], failures=1)
        for _ in range(2):
            found, _ = ask(client, server.base, QUERY | {"conditions": "Condition?patient=p1"})
            assert found == {"patient": PATIENT, "conditions": failed(FailureReason.STATUS, 500)}
