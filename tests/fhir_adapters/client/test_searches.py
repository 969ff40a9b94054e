"""All pages of a search or none: from part of a list nothing may be concluded (H-069)."""

from __future__ import annotations

import pytest

from fhir_adapters import KeyState, PrefetchKey, chart_of_prefetch
from fhir_adapters.client import FailureReason, FetchFailure, FetchLimits
from tests.fhir_adapters.client.fake_server import (
    GENEROUS,
    Call,
    Mood,
    answers,
    drips,
    failed,
    fake_server,
    fetch,
    hangs,
    page,
    status,
)
from tests.fhir_adapters.example import platelets, weight

QUERY = {"labs": "Observation?patient=p1"}
SECOND = "{base}/Observation?page=2"
FIRST, LAST = weight(70, identifier="w1"), platelets(identifier="plt")


def test_the_entries_of_all_pages_are_one_bundle() -> None:
    moods = {
        "Observation": page(FIRST, link=SECOND, total=2),
        "Observation?page=2": page(link="?page=3"),
        "Observation?page=3": page(LAST),
    }
    with fake_server(moods) as server:
        found, _ = fetch(server, QUERY, limits=GENEROUS)
        assert [call.target for call in server.calls] == [
            "/fhir/Observation?patient=p1",
            "/fhir/Observation?page=2",
            "/fhir/Observation?page=3",
        ]
    labs = found["labs"]
    assert not isinstance(labs, FetchFailure)
    assert labs["entry"] == [{"resource": FIRST}, {"resource": LAST}]
    assert labs["link"] == [{"relation": "self", "url": "x"}]
    assert chart_of_prefetch("p1", found, None).states[PrefetchKey.LABS] is KeyState.COMPLETE


def test_a_total_that_is_not_reached_leaves_the_list_incomplete() -> None:
    """H-069: a server that loses entries between two pages."""
    moods = {"Observation": page(FIRST, link=SECOND, total=3), "Observation?page=2": page(LAST)}
    with fake_server(moods) as server:
        found, _ = fetch(server, QUERY, limits=GENEROUS)
    assert chart_of_prefetch("p1", found, None).states[PrefetchKey.LABS] is KeyState.INCOMPLETE


def huge(call: Call) -> None:
    call.send(b'{"resourceType":"Bundle","x":"' + b"a" * 300_000 + b'"}')


@pytest.mark.parametrize(
    ("mood", "reason", "code"),
    [
        (hangs, FailureReason.DEADLINE, None),
        (drips, FailureReason.DEADLINE, None),
        (status(401), FailureReason.UNAUTHORISED, 401),
        (status(500), FailureReason.STATUS, 500),
        (status(302, Location="https://evil.example/"), FailureReason.REDIRECT, 302),
        (huge, FailureReason.TOO_LARGE, None),
        (answers({"resourceType": "OperationOutcome"}), FailureReason.NOT_FHIR, None),
        (answers({"resourceType": "Bundle", "entry": {}}), FailureReason.NOT_FHIR, None),
        (page(link=SECOND), FailureReason.TOO_MANY_PAGES, None),
        (page(link="https://evil.example/fhir?page=3"), FailureReason.REFUSED_LINK, None),
    ],
)
def test_a_page_that_cannot_be_had_costs_the_list(
    mood: Mood, reason: FailureReason, code: int | None
) -> None:
    """H-069, H-096: the endless list is one of them."""
    moods = {"Observation": page(FIRST, link=SECOND), "Observation?page=2": mood}
    limits = FetchLimits(seconds=0.4 if reason is FailureReason.DEADLINE else 20, response_bytes=200_000)
    with fake_server(moods) as server:
        found, _ = fetch(server, QUERY, limits=limits)
        assert len(server.calls) <= limits.pages
    assert found == {"labs": failed(reason, code)}


def test_a_link_to_another_server_is_not_followed() -> None:
    """H-095: the canary listener sees nothing."""
    with fake_server({"": page(LAST)}) as canary, fake_server({}) as server:
        server.moods[""] = page(FIRST, link=f"{canary.base}/Observation?page=2")
        found, _ = fetch(server, QUERY)
    assert found == {"labs": failed(FailureReason.REFUSED_LINK)}
    assert canary.calls == []


@pytest.mark.parametrize(
    "link",
    [
        {"relation": "next", "url": "x"},
        [{"relation": "next"}],
        [{"relation": "next", "url": 2}],
        [{"relation": "next", "url": "?page=2"}, {"relation": "next", "url": "?page=3"}],
    ],
)
def test_a_link_that_cannot_be_read_is_not_the_end_of_the_list(link: object) -> None:
    with fake_server({"": answers({"resourceType": "Bundle", "link": link})}) as server:
        assert fetch(server, QUERY)[0] == {"labs": failed(FailureReason.NOT_FHIR)}


def test_an_answer_of_another_type_is_none() -> None:
    """A single Patient for a search of results would read as a list without results."""
    queries = QUERY | {"patient": "Patient/p1"}
    moods = {"Observation": answers({"resourceType": "Patient"}), "Patient": page()}
    with fake_server(moods) as server:
        found, _ = fetch(server, queries)
    assert set(found.values()) == {failed(FailureReason.NOT_FHIR)}


def test_a_query_that_leads_away_is_not_sent() -> None:
    with fake_server({"": page()}) as server:
        found, _ = fetch(server, {"labs": "../admin?patient=p1"})
    assert found == {"labs": failed(FailureReason.REFUSED_LINK)}
    assert server.calls == []
