"""What contract C2 says about cards, over every scenario: doses, free text, suggestions."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fhir.resources.R4B.medicationrequest import MedicationRequest

from cds.hooks.service import HookService
from tests.cds.cards.scenarios import SCENARIOS, Scenario
from tests.cds.cards.support import (
    CLOPIDOGREL,
    LEUKAEMIA,
    MERCAPTOPURINE,
    NIRAPARIB,
    RXNORM,
    Json,
    answer,
    condition,
    dosage,
    draft,
    genotype,
    niraparib_labs,
    order_sign,
    prefetch,
)
from tests.cds.cards.test_golden import decision_of, service_for

CANARY = (
    "Zuckerkandl-4711 [x](javascript:1) ![y](http://z) <img src=x onerror=1> `c` | **b** {{age}} {weight} %s"
)
CANARY_ID = "Zuckerkandl-4711"
DOSE = re.compile(r"\d+(?:\.\d+)? ?(?:mg|g|µg)(?:/m2)?\b")

every_scenario = pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("logs")


@pytest.fixture
def service(scenario: Scenario, folder: Path) -> HookService:
    return service_for(scenario, folder)


def cards(
    service: HookService, scenario: Scenario, call: Json | None = None, decision: str | None = None
) -> list[Json]:
    _, body = answer(service, scenario.call if call is None else call, scenario.at, decision)
    found: list[Json] = body.get("cards", [])
    return found


def resources_of(found: list[Json]) -> Iterator[Json]:
    for card in found:
        for suggestion in card.get("suggestions", ()):
            for action in suggestion["actions"]:
                if "resource" in action:
                    yield action["resource"]


def drafts_of(call: Json) -> dict[str, Json]:
    entries = call["context"].get("draftOrders", {}).get("entry", ())
    return {entry["resource"]["id"]: entry["resource"] for entry in entries if "id" in entry["resource"]}


@pytest.fixture(scope="module")
def other_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("other-logs")


def without_resources(value: object) -> object:
    if isinstance(value, dict):
        return {
            key: without_resources(item)
            for key, item in value.items()
            if key not in ("resource", "resourceId", "uuid")
        }
    return [without_resources(item) for item in value] if isinstance(value, list) else value


@every_scenario
def test_a_summary_names_at_most_one_dose(service: HookService, scenario: Scenario) -> None:
    for card in cards(service, scenario):
        doses = DOSE.findall(card["summary"])
        assert len(doses) <= 1
        undecided = "not decided" in card["summary"] or "Not evaluated" in card["summary"]
        if undecided:
            assert not doses and "suggestions" not in card
        assert len(card["summary"].encode("utf-16-le")) // 2 < 140


@every_scenario
def test_same_decision_id_gives_the_same_bytes(scenario: Scenario, folder: Path, other_folder: Path) -> None:
    one, two = (
        cards(service_for(scenario, each), scenario, None, decision_of(scenario))
        for each in (folder, other_folder)
    )
    assert json.dumps(one) == json.dumps(two)


@every_scenario
def test_uuids_are_unique_and_bound_to_the_decision(service: HookService, scenario: Scenario) -> None:
    def uuids(found: list[Json]) -> list[str]:
        return [card["uuid"] for card in found] + [
            suggestion["uuid"] for card in found for suggestion in card.get("suggestions", ())
        ]

    one = uuids(cards(service, scenario))
    other = uuids(cards(service, scenario))
    assert len(set(one)) == len(one) and not set(one) & set(other)


# ---------------------------------------------------------------- free text of the request (H-073)
def poisoned(value: object, member: str = "") -> object:
    """The request with free text in every place where FHIR allows it and codes do not stand."""
    if isinstance(value, list):
        return [poisoned(item, member) for item in value]
    if not isinstance(value, dict):
        return value
    found = {key: poisoned(item, key) for key, item in value.items()}
    if "coding" in found and member != "valueCodeableConcept":
        found["text"] = CANARY
    if "system" in found and "code" in found:
        # The name of a unit and the display of a code; the gene's symbol stands in a display.
        found |= {"unit": CANARY} if "value" in found else {"display": CANARY}
    if "reference" in found:
        found["display"] = CANARY
    if "resourceType" in found and found["resourceType"] not in ("Bundle", "OperationOutcome"):
        found |= {
            "note": [{"text": CANARY}],
            "text": {"status": "generated", "div": f"<div>{CANARY}</div>"},
            "identifier": [{"value": CANARY}],
            "extension": [{"url": "http://example.org/x", "valueString": CANARY}],
        }
    if found.get("resourceType") == "Patient":
        found["name"] = [{"text": CANARY, "family": CANARY, "given": [CANARY]}]
    if "timing" in found:
        found |= {"text": CANARY, "patientInstruction": CANARY}
    return found


@every_scenario
def test_no_free_text_of_the_request_enters_a_card(service: HookService, scenario: Scenario) -> None:
    """H-073: the same cards as without it, to the byte, but for what a carried resource holds."""
    call = poisoned(scenario.call)
    assert isinstance(call, dict)
    assert json.dumps(call).count("Zuckerkandl") > 3
    found = cards(service, scenario, call)
    assert "Zuckerkandl" not in json.dumps(without_resources(found))
    assert without_resources(found) == without_resources(cards(service, scenario))
    for resource in resources_of(found):
        rewritten = {name: resource.get(name) for name in ("medicationCodeableConcept", "dosageInstruction")}
        assert "Zuckerkandl" not in json.dumps(rewritten)
        assert "text" not in resource


def renamed(value: object, names: dict[str, str]) -> object:
    if isinstance(value, list):
        return [renamed(item, names) for item in value]
    if isinstance(value, dict):
        return {key: renamed(item, names) for key, item in value.items()}
    return names.get(value, value) if isinstance(value, str) else value


@every_scenario
def test_no_id_of_the_request_enters_words(service: HookService, scenario: Scenario) -> None:
    ids = re.findall(r'"id": "([^"]+)"', json.dumps(scenario.call))
    names = {name: f"{CANARY_ID}-{number}" for number, name in enumerate(dict.fromkeys(ids))}
    kinds = ("Patient", "MedicationRequest", "Observation", "Condition")
    names |= {f"{kind}/{old}": f"{kind}/{new}" for old, new in list(names.items()) for kind in kinds}
    call = renamed(scenario.call, names)
    assert isinstance(call, dict)
    assert without_resources(cards(service, scenario, call)) == without_resources(cards(service, scenario))


def test_free_text_in_times_and_values_is_not_shown(folder: Path) -> None:
    """Where a value or a time should stand, text is no datum; it is not repeated as one."""
    labs = [lab | {"effectiveDateTime": CANARY} for lab in niraparib_labs(60)]
    pgx = genotype("CYP2C19", "*2/*2", valueCodeableConcept={"text": f"CYP2C19 {CANARY}"})
    drafts = [draft(NIRAPARIB), draft(CLOPIDOGREL, "c")]
    call = order_sign(drafts, prefetch(labs=labs, pgx=[pgx]))
    status, body = answer(service_for(SCENARIOS[0], folder), call)
    assert status == 200 and body["cards"] and "Zuckerkandl" not in json.dumps(body)


# ---------------------------------------------------------------- suggestions
@every_scenario
def test_suggestions_change_nothing_but_drug_and_dosage(service: HookService, scenario: Scenario) -> None:
    drafts = drafts_of(scenario.call)
    for resource in resources_of(cards(service, scenario)):
        original = drafts[resource["id"]]
        ours = {"medicationCodeableConcept", "dosageInstruction", "dispenseRequest", "text"}
        assert {k: v for k, v in resource.items() if k not in ours} == {
            k: v for k, v in original.items() if k not in ours
        }
        assert "text" not in resource


@every_scenario
def test_suggested_resources_are_valid_fhir(service: HookService, scenario: Scenario) -> None:
    for resource in resources_of(cards(service, scenario)):
        MedicationRequest.model_validate(resource)


def test_another_drug_takes_no_dose_over(folder: Path) -> None:
    """75 mg of clopidogrel must not become 75 mg of prasugrel."""
    (scenario,) = [each for each in SCENARIOS if each.name == "clopidogrel-stroke-refuted"]
    (resource,) = resources_of(cards(service_for(scenario, folder), scenario))
    assert resource["medicationCodeableConcept"] == {
        "coding": [{"system": RXNORM, "code": "613391", "display": "prasugrel"}],
        "text": "prasugrel",
    }
    assert not {"dosageInstruction", "dispenseRequest", "text"} & set(resource)
    assert {"authoredOn", "requester", "reasonCode", "subject"} <= set(resource)


def test_dose_of_a_suggestion_is_the_dose_of_its_label(folder: Path) -> None:
    checked = 0
    for scenario in SCENARIOS:
        for card in cards(service_for(scenario, folder), scenario):
            for suggestion in card.get("suggestions", ()):
                for resource in resources_of([{"suggestions": [suggestion]}]):
                    for instruction in resource.get("dosageInstruction", ()):
                        amount = instruction["doseAndRate"][0]["doseQuantity"]
                        assert amount["unit"] == amount["code"]
                        assert f"{amount['value']} {amount['code']} " in suggestion["label"]
                        label = suggestion["label"].removesuffix(", the other drafts withdrawn")
                        assert label.endswith(instruction["text"])
                        checked += 1
    assert checked > 10


@pytest.mark.parametrize(
    ("display", "code", "dose", "text"),
    [
        ("niraparib 100 MG Oral Capsule", None, "200 mg", "niraparib 100 MG Oral Capsule"),
        ("niraparib 200 MG Oral Tablet", None, "200 mg", "niraparib 200 MG Oral Tablet"),
        ("niraparib 300 MG Oral Tablet", None, "200 mg", "niraparib"),
        ("mercaptopurine 50 MG Oral Tablet", "197931", "10 mg/m2", "mercaptopurine 50 MG Oral Tablet"),
    ],
)
def test_product_is_kept_only_if_the_dose_can_be_made_of_it(
    folder: Path, display: str, code: str | None, dose: str, text: str
) -> None:
    """H-042: no two thirds of a tablet."""
    name = display.split()[0]
    drug = {"niraparib": NIRAPARIB, "mercaptopurine": MERCAPTOPURINE}[name]
    coding = [{"system": RXNORM, "code": code or drug[0]}]
    order = draft(drug, medicationCodeableConcept={"coding": coding, "text": display})
    pgx = [genotype("TPMT", "*2/*2")]
    data = prefetch(labs=niraparib_labs(60), pgx=pgx, conditions=[condition(LEUKAEMIA)])
    _, body = answer(service_for(SCENARIOS[0], folder), order_sign([order], data))
    (resource,) = resources_of(body["cards"])
    assert resource["medicationCodeableConcept"]["text"] == text
    assert resource["dosageInstruction"][0]["text"].startswith(dose)


def test_every_duplicate_is_acted_on_and_one_dose_is_left(folder: Path) -> None:
    """H-045: after one click the drafts together hold the advised dose, not a multiple of it."""
    for doses in [(None, None), (100, 200), (300, 300), (200, None, 100)]:
        drafts = [draft(NIRAPARIB, f"d{i}", **(dosage(d) if d else {})) for i, d in enumerate(doses)]
        call = order_sign(drafts, prefetch(labs=niraparib_labs()))
        _, body = answer(service_for(SCENARIOS[0], folder), call)
        (card,) = body["cards"]
        assert f"There are {len(doses)} draft orders of niraparib" in card["detail"]
        (suggestion,) = card["suggestions"]
        first, *others = suggestion["actions"]
        assert first["resource"]["id"] == "d0" and first["type"] == "update"
        assert [action["resourceId"] for action in others] == [
            f"MedicationRequest/d{i}" for i in range(1, len(doses))
        ]


def test_duplicates_that_cannot_all_be_named_are_not_changed(folder: Path) -> None:
    """Changing one of two and leaving the other would double the dose."""
    drafts = [draft(NIRAPARIB, "a"), draft(NIRAPARIB, "b_b")]
    _, body = answer(service_for(SCENARIOS[0], folder), order_sign(drafts, prefetch(labs=niraparib_labs())))
    (card,) = body["cards"]
    assert "suggestions" not in card


def test_inputs_of_a_call_are_not_changed(folder: Path) -> None:
    for scenario in SCENARIOS:
        before = copy.deepcopy(scenario.call)
        cards(service_for(scenario, folder), scenario)
        assert scenario.call == before
