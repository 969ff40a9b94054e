"""The constructed requests of the reference folder, each with the behaviour that its manifest asks for.

Exempt until their issues: files that need the FHIR client, the azathioprine order of `two-orders`, and the
vault of the guard (its cards are empty already).
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from jsonschema import Draft202012Validator

from cds.hooks import Answer, CallRefused
from cds.hooks.service import SERVICES, HookService
from cds.log import DecisionLog
from kb import load

REFERENCE = Path(os.environ.get("BESPOKE_REFERENCE", "no such folder"))
FOLDER = REFERENCE / "cds-hooks" / "requests"
AS_OF = datetime(2026, 11, 20, 23, 59, 59, tzinfo=UTC)
HOOKS = ("order-select", "order-sign", "patient-view")
NEEDS_FHIR_CLIENT = {"order-sign-no-prefetch-with-auth.json", "order-sign-partial-prefetch-with-auth.json"}

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="BESPOKE_REFERENCE names no folder with cds-hooks/requests: NOT TESTED"
)


def _cases() -> list[dict[str, Any]]:
    if not FOLDER.is_dir():
        return []
    cases: list[dict[str, Any]] = json.loads((FOLDER / "manifest.json").read_text("utf-8"))["cases"]
    return [case for case in cases if case["file"].startswith((*HOOKS, "invalid-"))]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> HookService:
    log = DecisionLog.open(f"sqlite:///{tmp_path_factory.mktemp('log') / 'log.db'}")
    return HookService(load(), log, software="test")


def ask(service: HookService, file: str) -> tuple[int, dict[str, Any]]:
    """Status and body of the call in a file, sent to the service of its hook."""
    body = (FOLDER / file).read_bytes()
    hook = json.loads(body)["hook"]
    addressed = next((entry.id for entry in SERVICES if entry.hook == hook), SERVICES[0].id)
    try:
        answer = service.answer(addressed, body, str(uuid4()), AS_OF)
    except CallRefused as refusal:
        return refusal.status, {"issue": refusal.message}
    assert isinstance(answer, Answer)
    return answer.status, json.loads(answer.body)


def cards(service: HookService, name: str) -> list[dict[str, Any]]:
    status, body = ask(service, f"{name}.json")
    assert status == 200
    found: list[dict[str, Any]] = body["cards"]
    return found


@pytest.mark.parametrize("case", _cases(), ids=lambda case: str(case["file"]))
def test_status_of_the_manifest(service: HookService, case: dict[str, Any]) -> None:
    expected = 412 if case["file"] in NEEDS_FHIR_CLIENT else case["expectStatus"]
    assert ask(service, case["file"])[0] == expected


@pytest.mark.parametrize("case", _cases(), ids=lambda case: str(case["file"]))
def test_answers_fit_the_reference_schema(service: HookService, case: dict[str, Any]) -> None:
    status, body = ask(service, case["file"])
    if status == 200:
        schema = json.loads((REFERENCE / "cds-hooks/schemas/cds-hooks.schema.json").read_text("utf-8"))
        Draft202012Validator({"$ref": "#/$defs/response", "$defs": schema["$defs"]}).validate(body)


def test_poor_metabolizer_gets_one_card_with_changes_of_its_own_draft(service: HookService) -> None:
    (card,) = cards(service, "order-sign-clopidogrel-cyp2c19-pm")
    assert "lopidogrel" in card["summary"] and card["indicator"] == "critical"
    assert card["selectionBehavior"] == "at-most-one"
    actions = [action for each in card["suggestions"] for action in each["actions"]]
    assert [action.get("resourceId") for action in actions] == ["MedicationRequest/draft-clop"]


@pytest.mark.parametrize(
    "name",
    [
        "order-sign-clopidogrel-genotype-only",
        "order-sign-medicationreference-in-bundle",
        "order-sign-medicationreference-contained",
        "order-sign-lenient-sandbox-shape",
        "order-select-clopidogrel-cyp2c19-pm",
    ],
)
def test_same_advice_as_the_plain_poor_metabolizer(service: HookService, name: str) -> None:
    (plain,) = cards(service, "order-sign-clopidogrel-cyp2c19-pm")
    (card,) = cards(service, name)
    assert (card["summary"], card["indicator"]) == (plain["summary"], plain["indicator"])


def test_intermediate_metabolizer_gets_a_weaker_card(service: HookService) -> None:
    (card,) = cards(service, "order-sign-clopidogrel-cyp2c19-im")
    assert card["indicator"] == "warning"


@pytest.mark.parametrize(
    "name",
    [
        "order-sign-clopidogrel-cyp2c19-nm",
        "order-sign-clopidogrel-no-result",
        "order-sign-clopidogrel-prefetch-null",
        "order-select-other-order-selected",
        "order-select-empty-draft",
        "order-select-nonmedication",
        "patient-view-nonactionable-risk",
        "patient-view-minimal",
        "patient-view-patient-user",
    ],
)
def test_nothing_to_say(service: HookService, name: str) -> None:
    assert cards(service, name) == []


def test_contradicting_results_are_named_and_nothing_is_preselected(service: HookService) -> None:
    (card,) = cards(service, "order-sign-clopidogrel-conflict")
    assert "CYP2C19 result contradictory" in card["summary"]
    assert "suggestions" not in card


def test_paginated_results_are_said_to_be_incomplete(service: HookService) -> None:
    (card,) = cards(service, "order-sign-prefetch-paginated")
    assert "incomplete" in card["detail"]


def test_two_orders_name_and_change_their_own_order(service: HookService) -> None:
    found = cards(service, "order-sign-two-orders")
    assert ["lopidogrel" in card["summary"] for card in found] == [True]


def test_patient_view_speaks_of_the_medication_that_is_taken(service: HookService) -> None:
    (card,) = cards(service, "patient-view-cyp2c19-pm")
    assert "lopidogrel" in card["summary"] and "suggestions" not in card


def test_mercaptopurine_suggestion_is_the_whole_draft(service: HookService) -> None:
    (card,) = cards(service, "order-sign-mercaptopurine-nudt15-pm")
    updates = [a for s in card["suggestions"] for a in s["actions"] if a["type"] == "update"]
    request = json.loads((FOLDER / "order-sign-mercaptopurine-nudt15-pm.json").read_text("utf-8"))
    draft = request["context"]["draftOrders"]["entry"][0]["resource"]
    (resource,) = [update["resource"] for update in updates]
    unchanged = {"resourceType", "id", "status", "intent", "subject", "encounter", "authoredOn", "requester"}
    assert {name: resource[name] for name in unchanged} == {name: draft[name] for name in unchanged}
    (instruction,) = resource["dosageInstruction"]
    assert instruction["doseAndRate"][0]["doseQuantity"]["value"] == 10
    assert resource["medicationCodeableConcept"]["coding"][0]["code"] == "197931"


def test_niraparib_by_text_and_weight(service: HookService) -> None:
    (card,) = cards(service, "order-sign-niraparib-weight-platelets")
    assert "200 mg once daily" in card["summary"] and "300 mg" not in card["summary"]
    assert "if this is a first start" in card["detail"]


def test_refusals_never_name_a_patient(service: HookService) -> None:
    for file in ("invalid-order-for-other-patient.json", "invalid-prefetch-other-patient.json"):
        status, body = ask(service, file)
        assert status == 400
        assert not any(word in json.dumps(body) for word in ("someone-else", "pat-pgx-1", "Other", "Max"))
