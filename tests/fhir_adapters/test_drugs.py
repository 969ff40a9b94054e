"""Which drugs an order is about: codes, names, references, combinations, shapes of other versions."""

from __future__ import annotations

from itertools import permutations

import pytest

from dsl.values import Reason
from fhir_adapters import OrderDrug, draft_orders
from fhir_adapters.reading import RXNORM
from tests.fhir_adapters.example import (
    ATC,
    BOTH,
    RETIRED,
    SNOMED,
    TERMINOLOGY,
    WITH_ASPIRIN,
    Json,
    bundle,
    chart,
    concept,
    condition,
    fact,
    medication_request,
    rule_input,
    weight,
)
from tests.fhir_adapters.test_orders import BASE, MEDICATION, codes, draft, order

_CONCEPT, _REFERENCE = "medicationCodeableConcept", "medicationReference"
_UNRESOLVED = ["unresolved"]
TAKES = rule_input("medication", "niraparib")


def coded(*codings: tuple[str, str], **more: object) -> Json:
    return {"coding": [{"system": system, "code": code} for system, code in codings]} | more


def drug(*codings: tuple[str, str], **more: object) -> Json:
    return {_CONCEPT: coded(*codings, **more)}


@pytest.mark.parametrize(
    ("change", "drugs", "identified", "finding"),
    [
        (drug(("x", "1"), (RXNORM, "309362")), "clopidogrel", "mapped", []),
        (drug((RXNORM, "1"), (RXNORM, "32968")), "clopidogrel", "mapped", []),
        (drug((ATC, "B01AC04")), "clopidogrel", "mapped", []),
        (drug((SNOMED, "386952008")), "clopidogrel", "mapped", []),
        (drug((RXNORM, "1"), (ATC, "B01AC04")), "clopidogrel", "mapped", []),
        (drug((ATC, "b01ac04")), "", "unmapped", ["drug-unmapped"]),
        (drug((SNOMED, "B01AC04")), "", "unmapped", ["drug-unmapped"]),
        (drug((RXNORM, RETIRED)), "niraparib", "mapped", ["drug-retired"]),
        (drug((RXNORM, "32968"), (RXNORM, "1918231")), "", "conflict", ["drug-conflict"]),
        (drug((ATC, "B01AC04"), (RXNORM, "1918231")), "", "conflict", ["drug-conflict"]),
        (drug((RXNORM, "1"), text="clopidogrel"), "", "unmapped", ["drug-unmapped"]),
        (drug(("x", "1"), text=" CLOPIDOGREL "), "clopidogrel", "mapped-by-text", ["drug-by-text"]),
        (drug(text="niraparib  100 MG oral capsule"), "niraparib", "mapped-by-text", ["drug-by-text"]),
        (drug(text="niraparib 100 MG oral capsule daily"), "", "unmapped", ["drug-unmapped"]),
        ({_CONCEPT: {}}, "", "none", []),
        ({_CONCEPT: "niraparib"}, "", "unresolved", ["unreadable"]),
        ({_CONCEPT: None}, "", "none", []),
        ({_REFERENCE: {"reference": "#m"}, "contained": [MEDICATION]}, "clopidogrel", "mapped", []),
        ({_REFERENCE: {"reference": "#m"}, "contained": [MEDICATION] * 2}, "", "unresolved", _UNRESOLVED),
        ({_REFERENCE: {"reference": "Medication/m"}}, "clopidogrel", "mapped", []),
        ({_REFERENCE: {"reference": f"{BASE}/Medication/m"}}, "clopidogrel", "mapped", []),
        ({_REFERENCE: {"reference": "https://x.example/Medication/m"}}, "", "unresolved", _UNRESOLVED),
        ({_REFERENCE: {"reference": "Medication/on-file"}}, "clopidogrel", "mapped", []),
        ({_REFERENCE: {"reference": "Medication/none"}}, "", "unresolved", _UNRESOLVED),
        ({_REFERENCE: {"reference": "Condition/c1"}}, "", "unresolved", _UNRESOLVED),
        ({_REFERENCE: {"display": "clopidogrel"}}, "", "unresolved", _UNRESOLVED),
        (drug((RXNORM, "32968")) | {_REFERENCE: {"reference": "#m"}}, "", "unresolved", ["two-medications"]),
    ],
)
def test_which_drug(change: Json, drugs: str, identified: str, finding: list[str]) -> None:
    """H-023 to H-025: code decides, listed text only without an RxNorm code, nothing is guessed or silent."""
    request = draft(**({_CONCEPT: None} | change))
    on_file = chart(MEDICATION | {"id": "on-file"}, key="medications")
    found = draft_orders(bundle(request, MEDICATION, condition("1")), on_file, TERMINOLOGY, BASE)
    assert found.orders[0].drugs == ((drugs,) if drugs else ())
    assert found.orders[0].identified.value == identified
    assert not found.orders[0].combination
    assert codes(found) == finding


@pytest.mark.parametrize(
    ("codings", "text", "drugs"),
    [
        ([(RXNORM, WITH_ASPIRIN)], "", ("clopidogrel",)),
        ([(RXNORM, BOTH)], "", ("clopidogrel", "niraparib")),
        ([(RXNORM, BOTH), (RXNORM, "32968"), (RXNORM, "1918231")], "", ("clopidogrel", "niraparib")),
        ([(RXNORM, WITH_ASPIRIN), (ATC, "B01AC04")], "", ("clopidogrel",)),
        ([(RXNORM, "32968")], "aspirin / clopidogrel", ("clopidogrel",)),
        ([], "aspirin / clopidogrel", ("clopidogrel",)),
    ],
)
def test_a_combination_reaches_each_of_its_ingredients(
    codings: list[tuple[str, str]], text: str, drugs: tuple[str, ...]
) -> None:
    """H-024: whatever the order of its codes; what makes it a combination is never lost."""
    for each in permutations(codings):
        found = order(**drug(*each, text=text))
        assert (found.drugs, found.combination) == (drugs, True)


def test_a_name_of_a_drug_that_the_codes_lack_is_a_conflict() -> None:
    assert order(**drug((RXNORM, WITH_ASPIRIN), text="niraparib 100 mg oral capsule")).drugs == ()


def test_an_unlisted_combination_of_two_listed_drugs_is_a_conflict() -> None:
    """Neither code is both: which of them was meant is not for us to choose."""
    found = order(**drug((RXNORM, WITH_ASPIRIN), (RXNORM, "1918231")))
    assert found.identified is OrderDrug.CONFLICT


def ingredient(code: str) -> Json:
    return {"itemCodeableConcept": concept(code, RXNORM)}


@pytest.mark.parametrize(
    ("medication", "drugs", "combination", "identified"),
    [
        ({"ingredient": [ingredient("32968")]}, ("clopidogrel",), False, "mapped"),
        ({"ingredient": [ingredient("32968"), ingredient("1191")]}, ("clopidogrel",), True, "mapped"),
        (
            {"ingredient": [ingredient("32968"), ingredient("1918231")]},
            ("clopidogrel", "niraparib"),
            True,
            "mapped",
        ),
        (
            {"code": concept("309362", RXNORM), "ingredient": [ingredient("32968"), ingredient("1191")]},
            ("clopidogrel",),
            True,
            "mapped",
        ),
        (
            {"code": concept("309362", RXNORM), "ingredient": [ingredient("1918231")]},
            (),
            False,
            "conflict",
        ),
        ({"ingredient": [ingredient("1191")]}, (), False, "unmapped"),
        ({"ingredient": [{"itemReference": {"reference": "#s"}}]}, (), False, "unmapped"),
        ({}, (), False, "unmapped"),
    ],
)
def test_the_ingredients_of_a_medication(
    medication: Json, drugs: tuple[str, ...], combination: bool, identified: str
) -> None:
    """H-024: a compounded Medication says what is in it only there."""
    contained = [{"resourceType": "Medication", "id": "m"} | medication]
    found = order(**{_CONCEPT: None, _REFERENCE: {"reference": "#m"}}, contained=contained)
    assert (found.drugs, found.combination, found.identified.value) == (drugs, combination, identified)


@pytest.mark.parametrize("code", ["1918231", "32968"])
@pytest.mark.parametrize("kind", ["MedicationRequest", "MedicationStatement"])
@pytest.mark.parametrize("shape", ["concept", "reference"])
def test_the_r5_shape_is_refused_aloud(kind: str, shape: str, code: str) -> None:
    """H-021: never half-read, neither as an order nor on the list of what is taken."""
    medication = (
        {"concept": concept(code, RXNORM)} if shape == "concept" else {"reference": {"reference": "#m"}}
    )
    old = medication_request(identifier="r5") | {"resourceType": kind, "medication": medication}
    del old["medicationCodeableConcept"]
    found = draft_orders(bundle(old | {"status": "draft"}), chart(), TERMINOLOGY, BASE)
    if kind == "MedicationRequest":
        assert found.orders[0].identified is OrderDrug.UNRESOLVED and found.orders[0].drugs == ()
        assert codes(found) == ["r5-shape"]
    assert fact(TAKES, chart(old, key="medications")).reason is Reason.NO_VALUE
    both = {**old, "medicationCodeableConcept": concept("32968", RXNORM)}
    assert fact(TAKES, chart(both, key="medications")).reason is Reason.NO_VALUE


def test_an_observation_with_elements_of_r5_is_read() -> None:
    """H-021: what R5 added beside the elements that are read changes none of them."""
    newer = weight(
        triggeredBy=[{"observation": {"reference": "Observation/o"}, "type": "reflex"}],
        bodyStructure={"reference": "BodyStructure/b"},
        instantiatesCanonical="http://example.org/definition",
    )
    found = fact(rule_input("observation", "weight", 90), chart(newer))
    assert found == fact(rule_input("observation", "weight", 90), chart(weight()))
    assert found.known


@pytest.mark.parametrize(("text", "reason"), [("", None), ("niraparib 100 MG Oral Capsule", Reason.NO_VALUE)])
def test_an_unlisted_code_under_a_listed_name_is_not_surely_another_drug(
    text: str, reason: Reason | None
) -> None:
    """H-045: a product whose code is not listed yet must not read as "does not take it"."""
    taken = medication_request() | drug((RXNORM, "2000000"), text=text)
    assert fact(TAKES, chart(taken, key="medications")).reason is reason


def test_an_unlisted_product_of_one_drug_says_nothing_about_another() -> None:
    """H-045: it may be the drug that its name names: that one stays open, every other one is settled."""
    taken = medication_request() | drug((RXNORM, "2000000"), text="clopidogrel")
    on_file = chart(taken, key="medications")
    other = fact(rule_input("medication", "clopidogrel"), on_file)
    assert (fact(TAKES, on_file).possible, other.possible, other.reason) == ((False,), (), Reason.NO_VALUE)


@pytest.mark.parametrize("code", [BOTH, RETIRED])
def test_who_takes_a_combination_or_an_old_product_takes_the_drug(code: str) -> None:
    """H-024, H-025."""
    assert fact(TAKES, chart(medication_request(code), key="medications")).possible == (True,)
