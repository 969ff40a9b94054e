"""Strict intake of a whole record: what is refused is not used, and is never taken for absent."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl.values import Fact, Reason
from fhir_adapters import (
    Chart,
    FhirError,
    Intake,
    KeyState,
    PrefetchKey,
    UnusableBundle,
    active_medications,
    chart_of_bundle,
    gather,
)
from fhir_adapters.reading import RXNORM
from tests.dsl.support import PROPERTY
from tests.fhir_adapters.example import (
    AS_OF,
    INPUTS,
    TERMINOLOGY,
    Json,
    bundle,
    concept,
    condition,
    fact,
    medication_request,
    patient,
    platelets,
    rule_input,
    weight,
)
from tests.fhir_adapters.test_properties import DAMAGE, on_file, places_in, with_damage

WEIGHT = rule_input("observation", "weight", 90)
NIRAPARIB = rule_input("medication", "niraparib")
STROKE = rule_input("condition", "stroke")


def strict(*resources: Json, person: Json | None = None) -> Chart:
    return chart_of_bundle(bundle(person or patient(), *resources), Intake.STRICT)


def facts(on_file: Chart) -> dict[str, Fact]:
    return gather(INPUTS, on_file, AS_OF, TERMINOLOGY, None)


def test_a_refused_resource_costs_that_resource() -> None:
    """H-022: and leaves incomplete the lists that it may be of, and no others."""
    on_file = strict(weight(), platelets(status="bogus"), condition("1"))
    assert fact(WEIGHT, on_file).known
    assert [(finding.code, finding.path) for finding in on_file.findings] == [
        ("value-set", "entry[2].resource.status")
    ]
    incomplete = {key for key, state in on_file.states.items() if state is KeyState.INCOMPLETE}
    assert incomplete == {PrefetchKey.LABS, PrefetchKey.PGX}
    assert on_file.refused == {"Observation"} and on_file.intake is Intake.STRICT


def test_an_older_value_does_not_stand_in_for_a_refused_one() -> None:
    """H-009, H-022: nor does one result where a refused one contradicts it."""
    newer = weight(90, identifier="w2", effectiveDateTime="2026-11-19T09:00:00")
    found = fact(WEIGHT, strict(weight(), newer))
    assert (found.possible, found.reason) == ((), Reason.NO_VALUE)
    assert "refused" in found.explanation
    same = weight(identifier="w2", effectiveDateTime="2026-11-18T09:00:00")
    assert fact(WEIGHT, strict(weight(), same)).known
    older = weight(90, identifier="w2", effectiveDateTime="2026-11-01T09:00:00")
    assert fact(WEIGHT, strict(weight(), older)).known


def test_absence_is_not_concluded_from_a_list_with_a_refused_entry() -> None:
    """H-022, H-069."""
    assert fact(NIRAPARIB, strict(medication_request("999"))).possible == (False,)
    found = fact(NIRAPARIB, strict(medication_request("999", intent="bogus")))
    assert (found.possible, found.reason) == ((), Reason.MISSING)
    refuted = condition("230690007", verification="refuted")
    assert fact(STROKE, strict(refuted)).possible == (False,)
    assert fact(STROKE, strict(refuted, condition("1", "c2", clinicalStatus="active"))).possible == ()


def test_a_reference_to_a_refused_resource_leads_nowhere() -> None:
    """H-019: not to another version of it either, of which tolerant intake picks none."""
    order = medication_request(medicationReference={"reference": "Medication/m"})
    del order["medicationCodeableConcept"]
    other = {"resourceType": "Medication", "id": "m", "code": concept("1918231", RXNORM)}
    refused = {"resourceType": "Medication", "id": "m", "code": {"text": 5}}
    assert [each.drugs for each in active_medications(strict(order, other), TERMINOLOGY)] == [("niraparib",)]
    for listed in ((order, other, refused), (refused, order, other), (order, refused)):
        assert [each.drugs for each in active_medications(strict(*listed), TERMINOLOGY)] == [()]


@pytest.mark.parametrize("death", [{"deceasedBoolean": True}, {"deceasedDateTime": "2026-01-01T10:00:00"}])
def test_a_death_on_a_refused_patient_counts(death: Json) -> None:
    """H-026: nothing else of that Patient is used."""
    on_file = strict(weight(), person=patient(gender="F", **death))
    assert on_file.deceased(AS_OF) and on_file.patient is None
    assert fact(rule_input("patient", "age"), on_file).missing and fact(WEIGHT, on_file).known


@pytest.mark.parametrize("kind", [None, "bogus"])
def test_a_bundle_without_a_listed_type_is_refused(kind: str | None) -> None:
    with pytest.raises(UnusableBundle, match="type"):
        chart_of_bundle(bundle(patient(), type=kind), Intake.STRICT)


def whole_record() -> list[Json]:
    """Everything that the other properties use, made to conform."""
    prefetch = on_file()
    listed = [entry["resource"] for value in prefetch.values() for entry in value.get("entry", [])]
    for resource in listed:
        if resource["resourceType"] == "DiagnosticReport":
            resource["code"] = concept("51969-4")
        if resource.get("valueCodeableConcept", 0) is None:
            del resource["valueCodeableConcept"]
    return [patient(), *listed]


RECORD = whole_record()


def test_a_record_that_conforms_gives_the_same_facts_in_both_modes() -> None:
    tolerant, exact = (chart_of_bundle(bundle(*RECORD), intake) for intake in Intake)
    assert exact.refused == frozenset() and exact.findings == tolerant.findings == ()
    assert facts(exact) == facts(tolerant)


@PROPERTY
@given(st.lists(st.tuples(st.sampled_from(places_in(RECORD)), DAMAGE), max_size=3), st.randoms())
def test_strict_intake_never_uses_more_than_tolerant_intake(
    damages: list[tuple[tuple[Any, ...], object]], shuffler: random.Random
) -> None:
    """H-016, H-022: each fact is the tolerant one or missing, in whatever order the entries come."""
    record: Any = RECORD
    for place, damage in damages:
        try:
            record = with_damage(record, place, damage)
        except (KeyError, IndexError, TypeError):
            continue  # an earlier damage took the place away
    try:
        tolerant = facts(chart_of_bundle(bundle(*record)))
        exact = facts(chart_of_bundle(bundle(*record), Intake.STRICT))
        shuffled = list(record)
        shuffler.shuffle(shuffled)
        again = facts(chart_of_bundle(bundle(*shuffled), Intake.STRICT))
    except FhirError:
        return
    for name, found in exact.items():
        assert found.possible in ((), tolerant[name].possible)
        assert (found.possible, found.reason) == (again[name].possible, again[name].reason)
