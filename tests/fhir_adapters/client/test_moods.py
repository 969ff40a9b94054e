"""A server in each mood: an answer or a typed failure, in the budget (H-096), and the token stays at home."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket

import pytest

from fhir_adapters import KeyState, PrefetchKey, WrongPatient, chart_of_prefetch, load_json
from fhir_adapters.client import FailureReason, FetchLimits, FhirBase, FhirClient
from tests.fhir_adapters.client.fake_server import (
    BUDGET,
    GENEROUS,
    SECRET,
    SLACK,
    Call,
    Mood,
    answers,
    ask,
    bomb,
    breaks_off,
    drips,
    failed,
    fake_server,
    fetch,
    hangs,
    in_turn,
    page,
    pours,
    resolver,
    status,
)
from tests.fhir_adapters.example import patient, weight

PATIENT = {"resourceType": "Patient", "id": "p1"}
QUERY = {"patient": "Patient/p1"}


def closes(call: Call) -> None:
    raise ConnectionAbortedError


def babbles(call: Call) -> None:
    call.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")


def html(call: Call) -> None:
    call.send(b"<html>Please log in</html>", kind="text/html; charset=utf-8")


def wrapped_twice(call: Call) -> None:
    """Sound, but an inner wrapping can be endless without a single byte coming out."""
    body = gzip.compress(gzip.compress(json.dumps(PATIENT).encode()))
    call.send(body, Content_Encoding="gzip, gzip")


@pytest.mark.parametrize(
    ("mood", "reason", "code"),
    [
        (hangs, FailureReason.DEADLINE, None),
        (drips, FailureReason.DEADLINE, None),
        (status(401), FailureReason.UNAUTHORISED, 401),
        (status(403), FailureReason.UNAUTHORISED, 403),
        (status(404), FailureReason.STATUS, 404),
        (status(500), FailureReason.STATUS, 500),
        (status(204), FailureReason.STATUS, 204),
        (status(429), FailureReason.STATUS, 429),
        (status(429, Retry_After="120"), FailureReason.STATUS, 429),
        (status(503), FailureReason.STATUS, 503),
        (status(503, Retry_After="Fri, 20 Nov 2026 12:00:00 GMT"), FailureReason.STATUS, 503),
        (html, FailureReason.NOT_FHIR, None),
        (lambda call: call.send(b'{"error":"login"}'), FailureReason.NOT_FHIR, None),
        (lambda call: call.send(b'{"resourceType":"Patient"'), FailureReason.NOT_FHIR, None),
        (lambda call: call.send(b"[]"), FailureReason.NOT_FHIR, None),
        (lambda call: call.send(b""), FailureReason.NOT_FHIR, None),
        (answers({"resourceType": "OperationOutcome"}), FailureReason.NOT_FHIR, None),
        (
            lambda call: call.send(json.dumps(PATIENT).encode(), kind="text/plain"),
            FailureReason.NOT_FHIR,
            None,
        ),
        (lambda call: call.send(b"garbage", Content_Encoding="gzip"), FailureReason.TRUNCATED, None),
        (wrapped_twice, FailureReason.NOT_FHIR, None),
        (breaks_off, FailureReason.TRUNCATED, None),
        (closes, FailureReason.TRUNCATED, None),
        (babbles, FailureReason.TRUNCATED, None),
    ],
)
def test_each_mood_is_a_failure_in_time(mood: Mood, reason: FailureReason, code: int | None) -> None:
    """H-068, H-096: the healthy query beside it is answered all the same; the chart takes both."""
    moods = {"Patient": mood, "Condition": page(weight())}
    with fake_server(moods) as server:
        found, seconds = fetch(server, QUERY | {"conditions": "Condition?patient=p1"})
    assert found["patient"] == failed(reason, code)
    chart = chart_of_prefetch("p1", found, None)
    assert chart.states[PrefetchKey.PATIENT] is KeyState.FAILED
    assert chart.states[PrefetchKey.CONDITIONS] is KeyState.COMPLETE
    assert seconds < BUDGET + SLACK
    assert server.bearers() == [f"Bearer {SECRET}"] * len(server.calls)


@pytest.mark.parametrize("mood", [pours(50), bomb(50)])
def test_the_bytes_of_an_answer_are_bounded(mood: Mood) -> None:
    """H-096: by the size after decompression; the bomb is some kilobytes on the wire."""
    with fake_server({"Patient": mood}) as server:
        found, _ = fetch(server, QUERY, limits=GENEROUS)
        assert found == {"patient": failed(FailureReason.TOO_LARGE)}
        _, seconds = fetch(server, QUERY)
    assert seconds < BUDGET + SLACK


def test_the_bytes_of_all_answers_are_bounded() -> None:
    queries = {str(number): "Patient/p1" for number in range(4)}
    limits = FetchLimits(seconds=20, response_bytes=2 * 2**20, total_bytes=5 * 2**20)
    with fake_server({"Patient": pours(1)}) as server:
        found, _ = fetch(server, dict(list(queries.items())[:3]), limits=limits)
        assert failed(FailureReason.TOO_LARGE) not in found.values()
        found, _ = fetch(
            server, {key: query for key, query in queries.items()} | {"5": "Patient/p1"}, limits=limits
        )
    assert failed(FailureReason.TOO_LARGE) in found.values()


def test_parsing_megabytes_does_not_outlast_the_deadline() -> None:
    """The loop must stay free: a deadline is only as good as the longest step without an await."""
    entry = b'{"resource":{"resourceType":"Observation","valueQuantity":{"value":1.5}}},'
    body = b'{"resourceType":"Bundle","entry":[' + entry * 300_000 + b"{}]}"
    limits = FetchLimits(response_bytes=2**26, total_bytes=2**26)
    with fake_server({"Observation": lambda call: call.send(body)}) as server:
        found, seconds = fetch(server, {"labs": "Observation?patient=p1"}, limits=limits)
    assert found == {"labs": failed(FailureReason.DEADLINE)}
    assert seconds < BUDGET + SLACK


def test_the_queries_share_one_deadline() -> None:
    """Ten that hang take as long as one, and none waits for another."""
    queries = {str(number): f"Patient/{number}" for number in range(10)}
    with fake_server({"Patient": hangs}) as server:
        found, seconds = fetch(server, queries)
    assert set(found.values()) == {failed(FailureReason.DEADLINE)}
    assert seconds < BUDGET + SLACK
    assert len(server.calls) > 1


@pytest.mark.parametrize("code", [429, 503])
def test_a_busy_server_is_asked_again(code: int) -> None:
    """H-096: with the same token; numbers keep their digits."""
    ready = in_turn(
        status(code, Retry_After="0"),
        status(code),
        lambda call: call.send(b'{"resourceType":"Patient","x":1.50}'),
    )
    with fake_server({"Patient": ready}) as server:
        found, _ = fetch(server, QUERY, limits=GENEROUS)
    assert found == {"patient": load_json(b'{"resourceType":"Patient","x":1.50}')}
    assert server.bearers() == [f"Bearer {SECRET}"] * 3


def test_a_server_that_stays_busy_is_asked_three_times() -> None:
    with fake_server({"Patient": status(503, Retry_After="0")}) as server:
        found, _ = fetch(server, QUERY, limits=GENEROUS)
    assert found == {"patient": failed(FailureReason.STATUS, 503)}
    assert len(server.calls) == 3


def test_a_pause_that_outlasts_the_deadline_is_not_begun() -> None:
    """The answer comes at once, not when the time is up."""
    with fake_server({"Patient": status(429, Retry_After="999999999999")}) as server:
        found, seconds = fetch(server, QUERY, limits=FetchLimits(seconds=0.2))
        assert len(server.calls) <= 3
    with fake_server({"Patient": status(429, Retry_After="120")}) as server:
        found, seconds = fetch(server, QUERY, limits=FetchLimits(seconds=60))
    assert found == {"patient": failed(FailureReason.STATUS, 429)}
    assert seconds < 30
    assert len(server.calls) == 1


def test_gzip_is_read() -> None:
    body = gzip.compress(json.dumps(PATIENT).encode())
    with fake_server({"Patient": lambda call: call.send(body, Content_Encoding="gzip")}) as server:
        found, _ = fetch(server, QUERY, limits=GENEROUS)
    assert found == {"patient": PATIENT}


@pytest.mark.parametrize("code", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(code: int) -> None:
    """H-095: the canary listener sees neither token nor call."""
    with fake_server({"": answers(PATIENT)}) as canary:
        elsewhere = f"{canary.base}/Patient/p1"
        with fake_server({"Patient": status(code, Location=elsewhere)}) as server:
            found, _ = fetch(server, QUERY)
            assert found == {"patient": failed(FailureReason.REDIRECT, code)}
            assert len(server.calls) == 1
    assert canary.calls == []


def test_a_base_that_is_not_listed_is_not_asked() -> None:
    """H-095: nothing leaves, not even a question for the name."""
    asked: list[str] = []
    with fake_server({"": answers(PATIENT)}) as canary, fake_server({"": answers(PATIENT)}) as server:
        found, _ = fetch(server, QUERY, base=canary.base, resolve_host=resolver("127.0.0.1", seen=asked))
    assert found == {"patient": failed(FailureReason.REFUSED_BASE)}
    assert canary.calls == server.calls == []
    assert asked == []


@pytest.mark.parametrize("addresses", [("127.0.0.1",), ("10.0.0.1",), ("93.184.215.14", "169.254.169.254")])
def test_a_name_that_leads_inside_is_not_followed(addresses: tuple[str, ...]) -> None:
    """H-095: one bad address among good ones refuses them all, as rebinding gives them in turn."""
    with fake_server({"": answers(PATIENT)}) as server:
        base = f"https://ehr.example.org:{server.port}/fhir"
        client = FhirClient([FhirBase.of(base)], resolve_host=resolver(*addresses))
        found, _ = ask(client, base, QUERY)
    assert found == {"patient": failed(FailureReason.REFUSED_ADDRESS)}
    assert server.calls == []


def test_a_name_service_that_hangs_fails_or_lies() -> None:
    """The deadline holds for the name too."""
    base = "https://ehr.example.org/fhir"

    async def hanging(host: str, port: int) -> tuple[str, ...]:
        await asyncio.sleep(60)
        return ()

    async def failing(host: str, port: int) -> tuple[str, ...]:
        raise OSError("Name or service not known")

    found, seconds = ask(FhirClient([FhirBase.of(base)], resolve_host=hanging), base, QUERY)
    assert found == {"patient": failed(FailureReason.DEADLINE)}
    assert seconds < BUDGET + SLACK
    for unknown in (failing, resolver()):
        found, _ = ask(FhirClient([FhirBase.of(base)], resolve_host=unknown), base, QUERY)
        assert found == {"patient": failed(FailureReason.UNREACHABLE)}


def test_a_name_that_no_name_service_takes() -> None:
    """The operating system is not even asked: a label has at most 63 characters."""
    base = f"https://{'a' * 64}.example.org/fhir"
    found, _ = ask(FhirClient([FhirBase.of(base)]), base, QUERY)
    assert found == {"patient": failed(FailureReason.UNREACHABLE)}


def test_nobody_listens() -> None:
    with fake_server({}) as server:
        pass
    found, _ = fetch(server, QUERY)
    assert found == {"patient": failed(FailureReason.UNREACHABLE)}


def test_a_handshake_that_hangs() -> None:
    """Before any request there is one more place to wait; the connection is closed all the same."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        base = f"https://localhost:{listener.getsockname()[1]}/fhir"
        client = FhirClient([FhirBase.of(base)], resolve_host=resolver("127.0.0.1"))
        found, seconds = ask(client, base, QUERY)
        accepted, _ = listener.accept()
        with accepted:
            accepted.settimeout(20)
            while accepted.recv(65536):
                pass
    assert found == {"patient": failed(FailureReason.DEADLINE)}
    assert seconds < BUDGET + SLACK


def test_the_next_address_is_tried_when_nobody_listens_at_the_first() -> None:
    """`localhost` is ::1 first on many machines, and the server listens on 127.0.0.1 alone."""
    with fake_server({"Patient": answers(PATIENT)}) as server:
        base = f"http://localhost:{server.port}/fhir"
        client = FhirClient([FhirBase.of(base)], resolve_host=resolver("::1", "127.0.0.1"), limits=GENEROUS)
        found, _ = ask(client, base, QUERY)
    assert found == {"patient": PATIENT}


@pytest.mark.parametrize("key", [PrefetchKey.PATIENT, PrefetchKey.LABS])
def test_an_answer_about_another_patient_refuses_the_call(key: PrefetchKey) -> None:
    """H-017: the client does not look whose it is; the chart does."""
    moods = {
        "Patient": answers(patient(id="another")),
        "Observation": page(weight(subject={"reference": "Patient/another"})),
    }
    queries = {"patient": "Patient/p1", "labs": "Observation?patient=p1"}
    with fake_server(moods) as server:
        found, _ = fetch(server, {key.value: queries[key.value]}, limits=GENEROUS)
        with pytest.raises(WrongPatient):
            chart_of_prefetch("p1", found, server.base)


def test_nothing_asked_nothing_answered() -> None:
    with fake_server({}) as server:
        assert fetch(server, {})[0] == {}
    assert server.calls == []
