"""What is said when a part of the data is lacking or a rule fails (C2, H-068, H-072)."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

import dsl
from cds.decision import unanswered
from cds.hooks.service import HookService
from dsl import Fact, Finding, Rule
from tests.cds.cards.support import (
    AS_OF,
    CLOPIDOGREL,
    MERCAPTOPURINE,
    NIRAPARIB,
    Json,
    answer,
    bundled,
    decided,
    dosage,
    draft,
    genotype,
    hook_service,
    niraparib_labs,
    order_sign,
    patient,
    patient_view,
    prefetch,
)

OUTCOME = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]}
POOR = [genotype("CYP2C19", "*2/*2")]
IN_FORCE = bundled().in_force(AS_OF.date(), fire_draft=False)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> HookService:
    return hook_service(tmp_path_factory.mktemp("log"), bundled())


def without(data: Json, *keys: str) -> Json:
    return {key: value for key, value in data.items() if key not in keys}


def summaries(body: Json) -> list[str]:
    return [card["summary"] for card in body["cards"]]


def test_settled_card_speaks_beside_an_order_that_lacks_its_key(service: HookService) -> None:
    drafts = [draft(CLOPIDOGREL, "c"), draft(NIRAPARIB, "n")]
    status, body = answer(service, order_sign(drafts, without(prefetch(labs=niraparib_labs(60)), "pgx")))
    assert status == 200
    advice, remark = summaries(body)
    assert "200 mg once daily" in advice
    assert remark.startswith("Not evaluated: Clopidogrel") and "genetic results were not supplied" in remark
    assert "suggestions" not in body["cards"][1]


@pytest.mark.parametrize("value", ["absent", OUTCOME, "a bare string", 7, [], {}, {"resourceType": 3}])
def test_only_lacking_is_412_and_names_the_key(service: HookService, value: object) -> None:
    data = without(prefetch(), "pgx") if value == "absent" else prefetch() | {"pgx": value}
    status, body = answer(service, order_sign([draft(CLOPIDOGREL)], data))
    assert status == 412
    text = body["issue"][0]["details"]["text"]
    assert "prefetch.pgx" in text and "labs" not in text
    assert ("absent" if value == "absent" else "failed") in text


@pytest.mark.parametrize("drug", [CLOPIDOGREL, NIRAPARIB, MERCAPTOPURINE])
def test_null_is_never_412(service: HookService, drug: tuple[str, str]) -> None:
    data = dict.fromkeys(prefetch(), None)
    status, _ = answer(service, order_sign([draft(drug)], data))
    assert status == 200


def test_only_the_keys_that_are_still_needed_are_named(service: HookService) -> None:
    status, body = answer(service, order_sign([draft(NIRAPARIB)], {"patient": patient()}))
    assert status == 412
    assert body["issue"][0]["details"]["text"].endswith("are missing: prefetch.labs (absent).")


def test_a_drug_without_rules_needs_no_key(service: HookService) -> None:
    status, body = answer(service, order_sign([draft(("5640", "ibuprofen"))], {}))
    assert (status, body) == (200, {"cards": []})


def test_optional_keys_are_not_needed(service: HookService) -> None:
    data = without(prefetch(labs=niraparib_labs(60)), "medications", "conditions", "pgx")
    status, body = answer(service, order_sign([draft(NIRAPARIB)], data))
    assert status == 200
    assert "if this is a first start" in body["cards"][0]["detail"]
    assert "not supplied" in body["cards"][0]["detail"]


def test_patient_view_without_the_list_says_so(service: HookService) -> None:
    for data in (without(prefetch(pgx=POOR), "medications"), prefetch(pgx=POOR) | {"medications": OUTCOME}):
        status, body = answer(service, patient_view(data))
        assert status == 200
        assert summaries(body) == ["Not evaluated: current medication, the list was not supplied"]


def test_patient_view_with_nothing_known_is_silent(service: HookService) -> None:
    data = prefetch() | {"medications": None}
    assert answer(service, patient_view(data)) == (200, {"cards": []})


def failing(name: str) -> object:
    real = dsl.evaluate

    def evaluate(rule: Rule, facts: Mapping[str, Fact]) -> Finding:
        if rule.name == name:
            raise ZeroDivisionError("canary of the chart")
        return real(rule, facts)

    return evaluate


@pytest.mark.parametrize("name", [rule.name for rule in IN_FORCE])
def test_a_failing_rule_costs_that_rule_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """H-072: fault injection into each rule; the reply stays 200 and says what is left unsaid."""
    service = hook_service(tmp_path, bundled())
    monkeypatch.setattr(sys.modules["cds.decision.decide"], "evaluate", failing(name))
    drafts = [draft(CLOPIDOGREL, "c"), draft(NIRAPARIB, "n"), draft(MERCAPTOPURINE, "m")]
    pgx = [*POOR, genotype("TPMT", "*2/*2"), genotype("NUDT15", "*1/*1")]
    status, body = answer(service, order_sign(drafts, prefetch(labs=niraparib_labs(60), pgx=pgx)))
    assert status == 200 and len(body["cards"]) == 3
    (remark,) = [card for card in body["cards"] if card["summary"].startswith("Not evaluated")]
    (title,) = [rule.title for rule in IN_FORCE if rule.name == name]
    assert title in remark["summary"] and "failed" in remark["summary"]
    assert "canary" not in str(body) and "ZeroDivision" not in str(body)


def test_only_a_failing_rule_is_said_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    service = hook_service(tmp_path, bundled())
    monkeypatch.setattr(sys.modules["cds.decision.decide"], "evaluate", failing("niraparib.start_dose"))
    status, body = answer(service, order_sign([draft(NIRAPARIB)], prefetch(labs=niraparib_labs(60))))
    assert status == 200 and len(body["cards"]) == 1


def test_unresolved_medication(service: HookService) -> None:
    """H-020: alone it is 412, beside settled advice it is said."""
    blind = without(draft(NIRAPARIB, "blind"), "medicationCodeableConcept")
    blind["medicationReference"] = {"reference": "Medication/elsewhere"}
    assert answer(service, order_sign([blind], prefetch()))[0] == 412
    call = order_sign([blind, draft(NIRAPARIB)], prefetch(labs=niraparib_labs(60)))
    status, body = answer(service, call)
    assert status == 200
    assert summaries(body)[1] == "Not evaluated: an order, its medication could not be resolved"


def test_codes_of_two_drugs_are_said(service: HookService) -> None:
    """H-023: neither drug is chosen, and the silence about both is not taken for an all-clear."""
    codes = [*draft(NIRAPARIB)["medicationCodeableConcept"]["coding"]]
    codes += draft(CLOPIDOGREL)["medicationCodeableConcept"]["coding"]
    order = draft(NIRAPARIB) | {"medicationCodeableConcept": {"coding": codes}}
    status, body = answer(service, order_sign([order], prefetch(labs=niraparib_labs(60))))
    assert (status, summaries(body)) == (
        200,
        ["Not evaluated: an order, its codes and names mean different drugs"],
    )


@pytest.mark.parametrize("death", [{"deceasedBoolean": True}, {"deceasedDateTime": "2026-11-01"}])
def test_no_advice_for_the_dead(service: HookService, death: Json) -> None:
    """H-026: neither advice nor a request for data."""
    data = {"patient": patient(**death), "labs": None}
    assert answer(service, order_sign([draft(NIRAPARIB), draft(CLOPIDOGREL, "c")], data)) == (
        200,
        {"cards": []},
    )


def test_unanswered_holds_no_text_of_the_request() -> None:
    call = order_sign([draft((CLOPIDOGREL[0], "canary"), **dosage(75))], {"patient": patient(id="p1")})
    decision = decided(call, AS_OF)
    assert unanswered(decision) and "canary" not in str(unanswered(decision))
