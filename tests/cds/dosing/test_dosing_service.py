"""The service `dosing` over a hook call: what it asks for, what it refuses, what it records."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cds.hooks.errors import CallRefused
from cds.hooks.hook_server import Answer
from cds.hooks.service import HookService
from cds.log import DecisionLog
from tests.cds.cards.support import bundled
from tests.cds.dosing import charts

AT = datetime(2026, 11, 20, 19, 45, tzinfo=UTC)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[DecisionLog]:
    opened = DecisionLog.open(f"sqlite:///{tmp_path / 'log.db'}")
    yield opened
    opened.close()


def searchset(resources: list[dict[str, Any]]) -> dict[str, Any]:
    entries = [{"resource": each} for each in resources]
    return {"resourceType": "Bundle", "type": "searchset", "total": len(resources), "entry": entries}


def call_of(bundle: dict[str, Any], *, without: tuple[str, ...] = ()) -> bytes:
    """The chart as an EHR sends it."""
    resources = [entry["resource"] for entry in bundle["entry"]]
    kinds = {
        name: [each for each in resources if each["resourceType"] == name]
        for name in ("Observation", "MedicationAdministration", "MedicationRequest", "Patient")
    }
    prefetch = {
        "patient": kinds["Patient"][0],
        "labs": searchset(kinds["Observation"]),
        "pgx": searchset([]),
        "conditions": searchset([]),
        "medications": searchset([]),
        "exposure": searchset(kinds["MedicationAdministration"]),
        "exposure2": searchset([]),
        "exposure3": searchset([]),
    }
    request = {
        "hook": "order-sign",
        "hookInstance": "6bc883bf-b85a-4b1d-9c3f-2d1f5f2f7d10",
        "context": {
            "userId": "Practitioner/1",
            "patientId": "p1",
            "draftOrders": {
                "resourceType": "Bundle",
                "type": "collection",
                "entry": [{"resource": kinds["MedicationRequest"][0]}],
            },
        },
        "prefetch": {name: value for name, value in prefetch.items() if name not in without},
    }
    return json.dumps(request).encode()


def answer(log: DecisionLog, body: bytes, *, decision: str = "d1") -> tuple[int, Any]:
    service = HookService(bundled(), log, software="test", fire_draft=True)
    reply = service.answer("dosing", body, decision, AT)
    assert isinstance(reply, Answer)
    return reply.status, json.loads(reply.body)


def test_it_is_offered_only_while_a_plan_may_speak(log: DecisionLog) -> None:
    offered = {}
    for drafts in (False, True):
        services = HookService(bundled(), log, software="test", fire_draft=drafts).discovery()["services"]
        assert isinstance(services, list)
        offered[drafts] = [each["id"] for each in services if each["hook"] == "order-sign"]
    assert offered == {False: ["medication-safety"], True: ["medication-safety", "dosing"]}


def test_a_card_and_a_record(log: DecisionLog) -> None:
    status, body = answer(log, call_of(charts.vancomycin()))
    (card,) = body["cards"]
    assert status == 200
    assert card["summary"].startswith("Vancomycin: ")
    stored = log.get("d1")
    assert stored is not None
    doses = stored.entry.record["dosing"]
    assert isinstance(doses, list)
    (dosed,) = doses
    assert dosed["model"].startswith("goti2018_vancomycin")
    assert [level["value"] for level in dosed["levels"]] == ["28.4", "14.9"]
    assert sum(each["advised"] for each in dosed["regimens"]) == 1


def test_other_guidance_is_named_and_the_model_leads(log: DecisionLog) -> None:
    """One order gets one reconciled dose."""
    _, body = answer(log, call_of(charts.vancomycin()))
    detail = body["cards"][0]["detail"]
    assert "The model leads" in detail
    assert "**Other guidance for this order**" in detail


@pytest.mark.parametrize("key", ["exposure", "labs", "patient", "medications"])
def test_412_without_what_was_given_or_measured(log: DecisionLog, key: str) -> None:
    status, body = answer(log, call_of(charts.vancomycin(), without=(key,)))
    assert status == 412
    assert f"prefetch.{key} (absent)" in body["issue"][0]["details"]["text"]


def test_an_administration_of_another_patient_is_refused(log: DecisionLog) -> None:
    """H-018."""
    chart = charts.vancomycin()
    for entry in chart["entry"]:
        if entry["resource"]["id"] == "dose-2":
            entry["resource"] |= {"subject": {"reference": "Patient/somebody-else"}}
    with pytest.raises(CallRefused, match="not of the patient"):
        answer(log, call_of(chart))


def test_a_drug_without_a_plan_gets_no_card(log: DecisionLog) -> None:
    chart = charts.vancomycin()
    for entry in chart["entry"]:
        if entry["resource"]["id"] == "draft-1":
            entry["resource"] |= {
                "medicationCodeableConcept": {
                    "coding": [{"system": charts.RXNORM, "code": "1191", "display": "aspirin"}]
                }
            }
    assert answer(log, call_of(chart)) == (200, {"cards": []})
