"""What tolerant intake notes, and that what it notes is used nevertheless."""

from __future__ import annotations

import pytest

from fhir_adapters import ChartFinding, chart_of_bundle, chart_of_prefetch
from fhir_adapters.intake.bindings import BINDINGS
from tests.fhir_adapters.example import (
    PATIENT_ID,
    Json,
    bundle,
    chart,
    concept,
    condition,
    fact,
    medication_request,
    patient,
    phenotype,
    platelets,
    rule_input,
    weight,
)

WEIGHT = rule_input("observation", "weight", 90)
CANARY = "Zuckerkandl"


def said(*resources: Json) -> list[tuple[str, str]]:
    """Code and place of each finding about resources under one key."""
    return [_of(finding) for finding in chart(*resources).findings]


def _of(finding: ChartFinding) -> tuple[str, str]:
    assert CANARY not in finding.sentence + finding.path
    return finding.code, finding.path.removeprefix("prefetch.labs.")


def test_what_conforms_is_not_spoken_of() -> None:
    of_all_kinds = (weight(), platelets(), phenotype("LA9657-3"), condition("1", verification="confirmed"))
    assert said(*of_all_kinds, medication_request()) == []


@pytest.mark.parametrize(
    ("resource", "code", "place"),
    [
        (weight(effectiveDateTime="2026-11-18T09:00:00"), "no-offset", "effectiveDateTime"),
        (weight(effectiveDateTime="2026-11-18T09:00"), "no-offset", "effectiveDateTime"),
        (weight(when=None, effectiveInstant="2026-11-18T09:00:00.125"), "no-offset", "effectiveInstant"),
        (
            weight(when=None, effectivePeriod={"end": "2026-11-18T09:00:00"}),
            "no-offset",
            "effectivePeriod.end",
        ),
        (weight(status=CANARY), "value-set", "status"),
        (weight(status=["final"]), "value-set", "status"),
        (weight(status=None), "status-absent", "status"),
        (weight(category={"text": CANARY}), "category-object", "category"),
        (
            weight(valueQuantity={"value": 68, "comparator": "~"}),
            "value-set",
            "valueQuantity.comparator",
        ),
        (
            weight(component=[{}, {"valueQuantity": {"comparator": CANARY}}]),
            "value-set",
            "component[1].valueQuantity.comparator",
        ),
        (medication_request(intent=None), "intent-absent", "intent"),
        (medication_request(intent="plans"), "value-set", "intent"),
        (medication_request(status="recorded"), "value-set", "status"),
        (
            condition("1", clinicalStatus=concept("active", "http://other.example")),
            "value-set",
            "clinicalStatus",
        ),
        (condition("1", clinicalStatus="active"), "value-set", "clinicalStatus"),
        (condition("1", clinicalStatus={"text": CANARY}), "value-set", "clinicalStatus"),
        (condition("1", verification="presumed"), "value-set", "verificationStatus"),
    ],
)
def test_a_deviation_is_noted_where_it_stands(resource: Json, code: str, place: str) -> None:
    """H-012, H-021: with the exact path, and without a word of what was received."""
    assert said(weight(), resource | {"id": "odd"}) == [(code, f"entry[1].resource.{place}")]


def test_a_deviating_resource_is_used_nevertheless() -> None:
    """H-007, H-012: a time without offset is an interval; a category that is no list changes nothing."""
    odd = weight(effectiveDateTime="2026-11-18T09:00:00", category={"text": "vital signs"})
    assert fact(WEIGHT, chart(odd)).known
    assert not fact(WEIGHT, chart(weight(status="bogus"))).known


@pytest.mark.parametrize(
    ("gender", "codes"), [("female", []), ("F", ["value-set"]), (None, []), (1, ["value-set"])]
)
def test_gender(gender: object, codes: list[str]) -> None:
    """H-012: no sex is guessed from a letter."""
    found = chart(patient=patient(gender=gender)).findings
    assert [(finding.code, finding.path) for finding in found] == [
        (code, "prefetch.patient.gender") for code in codes
    ]


def test_a_bundle_without_type_is_read() -> None:
    """Checklist T1."""
    without = bundle(patient(), weight())
    del without["type"]
    on_file = chart_of_bundle(without)
    assert [(finding.code, finding.path) for finding in on_file.findings] == [
        ("bundle-type-absent", "Bundle.type")
    ]
    assert fact(WEIGHT, on_file).known
    answered = chart_of_prefetch(PATIENT_ID, {"labs": bundle(weight(), type=CANARY)}, None)
    assert [_of(finding) for finding in answered.findings] == [("value-set", "type")]


def test_a_resource_sent_twice_is_counted_once() -> None:
    """H-013, H-016: told apart by content, the same in any order; other Bundles and names do not count."""
    same, other = weight(), weight(90)
    assert said(same, dict(same)) == [("repeated", "entry[1].resource")]
    for order in ((same, same, other), (same, other, same), (other, same, same)):
        assert [code for code, _ in said(*order)] == ["versions"]
    assert said(same, weight(identifier="another")) == []
    assert [f.code for f in chart(same, pgx=bundle(same)).findings] == []
    unnamed = {name: value for name, value in weight().items() if name != "id"}
    assert said(unnamed, unnamed) == []


def test_other_types_are_not_looked_into() -> None:
    """H-022: what no fact comes from may deviate as it likes."""
    assert said({"resourceType": "Encounter", "status": "bogus", "category": {}}) == []


@pytest.mark.parametrize("kind", BINDINGS)
def test_a_code_is_listed_once(kind: str) -> None:
    for binding in BINDINGS[kind]:
        assert binding.codes and len(binding.codes) == len(set(binding.codes))
