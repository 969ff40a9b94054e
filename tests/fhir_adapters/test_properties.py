"""Properties over random order, random units and random damage."""

from __future__ import annotations

import random
from copy import deepcopy
from dataclasses import replace
from fractions import Fraction
from itertools import chain
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dsl.values import Datum, Fact, Quantity, convert
from fhir_adapters import (
    FhirError,
    active_medications,
    chart_of_bundle,
    chart_of_prefetch,
    draft_orders,
    dump_json,
    gather,
    load_json,
    rewritten,
)
from tests.fhir_adapters.example import (
    AS_OF,
    INPUTS,
    PATIENT_ID,
    TERMINOLOGY,
    Json,
    amount,
    bundle,
    chart,
    concept,
    condition,
    fact,
    genotype,
    medication_request,
    observation,
    patient,
    phenotype,
    platelets,
    rule_input,
    weight,
)

WEIGHT = rule_input("observation", "weight", 90)


def genetic_results() -> tuple[Json, ...]:
    """Haplotypes, their genotype in a group, an implication, scores, and a report that contains one."""
    tpmt = genotype("", hgnc="HGNC:12014")["component"]
    parts = [
        observation("84414-2", name, valueString=f"TPMT*{name[1:]}", component=tpmt) for name in ("h1", "h3A")
    ]
    parents = [{"reference": f"Observation/{part['id']}"} for part in parts]
    composed = genotype("", "g3", hgnc=None, valueCodeableConcept=None, derivedFrom=parents)
    group = observation("X", "grp", component=tpmt, hasMember=[{"reference": "Observation/g3"}])
    guide = "http://hl7.org/fhir/uv/genomics-reporting/CodeSystem/tbd-codes-cs"
    code = concept("therapeutic-implication", guide)
    answer = {"code": code, "valueCodeableConcept": concept("LA10317-8")}
    implication = observation("X", "t1", component=[answer], derivedFrom=[{"reference": "Observation/g3"}])
    score = {"code": {"text": "activity score"}, "valueQuantity": amount(1, "1")}
    inside = observation("X", "o9", component=[*tpmt, score], valueString="Intermediate Metabolizer (*1/*3A)")
    report = {
        "resourceType": "DiagnosticReport",
        "status": "final",
        "subject": {"reference": f"Patient/{PATIENT_ID}"},
        "contained": [inside],
        "result": [{"reference": "Observation/g3"}, {"reference": "#o9"}],
    }
    return (*parts, composed, group, implication | {"code": code}, report)


def on_file() -> Json:
    limit = [{"high": amount("1.2", "mg/dL")}]
    medication = {"resourceType": "Medication", "id": "m", "code": {"text": "clopidogrel"}}
    referenced = medication_request(identifier="rx2", medicationReference={"reference": "Medication/m"})
    del referenced["medicationCodeableConcept"]
    return {
        "patient": patient(),
        "pgx": bundle(
            genotype("CYP2C19 *1/*2"),
            phenotype("LA9657-3", derivedFrom=[{"reference": "Observation/g1"}]),
            genotype("TPMT *1/*3A", identifier="g2", hgnc="HGNC:12014"),
            *genetic_results(),
        ),
        "medications": bundle(medication_request(status="stopped"), referenced, medication),
        "conditions": bundle(condition("394659003"), condition("230690007", "c2", verification="refuted")),
        "labs": bundle(
            weight(60),
            weight(90, identifier="w2"),
            weight(50, identifier="w3", status="cancelled"),
            weight(55, identifier="w4", effectiveDateTime="2026-11-10"),
            platelets("149.999"),
            platelets("149999", "/uL", identifier="p2"),
            observation("1975-2", "b", valueQuantity=amount("1.8", "mg/dL"), referenceRange=limit),
        ),
    }


def facts(prefetch: Json) -> dict[str, Fact]:
    return gather(INPUTS, chart_of_prefetch(PATIENT_ID, prefetch, None), AS_OF, TERMINOLOGY, None)


def without_paths(found: dict[str, Fact]) -> dict[str, Fact]:
    def bare(datum: Datum) -> Datum:
        return replace(datum, path="")

    return {name: replace(fact, data=tuple(map(bare, fact.data))) for name, fact in found.items()}


@given(st.randoms(use_true_random=False))
def test_order_of_entries_changes_nothing(shuffler: random.Random) -> None:
    """H-016: facts are a function of the set of resources."""
    prefetch = on_file()
    expected = without_paths(facts(prefetch))
    for key in ("pgx", "medications", "conditions", "labs"):
        shuffler.shuffle(prefetch[key]["entry"])
    assert without_paths(facts(prefetch)) == expected


@given(st.integers(20_000, 350_000))
def test_equal_amounts_are_equal(grams: int) -> None:
    """H-001, H-013: the same weight in three units is one value, never a conflict."""
    pounds = Fraction(grams * 100_000, 45_359_237) * 1000
    same = (weight(grams, "g", identifier="a"), weight(f"{grams // 1000}.{grams % 1000:03d}", identifier="b"))
    found = fact(WEIGHT, chart(*same))
    (value,) = found.possible
    assert found.known and isinstance(value, Quantity)
    assert convert(value, "g").value == grams
    assert convert(Quantity(pounds / 1000, "[lb_av]"), "kg").value == Fraction(grams, 1000)


DAMAGE: st.SearchStrategy[Any] = st.sampled_from(
    [None, [], {}, "", "x", 0, -1, True, [None], [[]], {"coding": 5}, "Patient/p2", "#x", "2026-99", "final"]
)


def places_in(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    return [path] * bool(path) + [place for name, item in members for place in places_in(item, (*path, name))]


def with_damage(whole: Json, place: tuple[Any, ...], damage: object) -> Json:
    damaged = deepcopy(whole)
    holder: Any = damaged
    for name in place[:-1]:
        holder = holder[name]
    holder[place[-1]] = damage
    return damaged


PREFETCH = on_file()
PREFETCH_PLACES = places_in(PREFETCH)
DRAFTS = bundle(
    medication_request(
        "309362",
        "d1",
        "draft",
        contained=[{"resourceType": "Medication", "id": "m", "code": concept("309362")}],
        reasonReference=[{"reference": "Condition/c1"}],
        reasonCode=[concept("394659003")],
        dosageInstruction=[
            {
                "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
                "doseAndRate": [{"doseQuantity": amount(75, "mg")}],
            }
        ],
    ),
    medication_request(
        "309362", "d2", "draft", medicationCodeableConcept=None, medicationReference={"reference": "#m"}
    ),
)
DRAFT_PLACES = places_in(DRAFTS)


@given(st.lists(st.tuples(st.sampled_from(PREFETCH_PLACES), DAMAGE), min_size=1, max_size=1))
def test_damage_anywhere_in_prefetch(damages: list[tuple[tuple[Any, ...], object]]) -> None:
    """H-022, H-068: a damaged place gives facts or a refusal of ours, never another exception."""
    for place, damage in damages:
        prefetch = with_damage(PREFETCH, place, damage)
        try:
            chart = chart_of_prefetch(PATIENT_ID, prefetch, None)
            gather(INPUTS, chart, AS_OF, TERMINOLOGY, None)
            active_medications(chart, TERMINOLOGY)
            chart.deceased(AS_OF)
        except FhirError:
            pass


@given(st.sampled_from(DRAFT_PLACES), DAMAGE)
def test_damage_anywhere_in_drafts(place: tuple[Any, ...], damage: object) -> None:
    """H-022: the same for draft orders, read and rewritten."""
    chart = chart_of_prefetch(PATIENT_ID, PREFETCH, None)
    try:
        found = draft_orders(with_damage(DRAFTS, place, damage), chart, TERMINOLOGY, None)
        for order in found.orders:
            gather(INPUTS, chart, AS_OF, TERMINOLOGY, order)
            new = rewritten(
                order, {"system": "s", "code": "c", "display": "d"}, "d", order.dose, same_drug=True
            )
            assert load_json(dump_json(new)) == new
    except FhirError:
        pass


LABS = range(len(PREFETCH["labs"]["entry"]))


@given(st.sampled_from(LABS), st.data())
def test_a_damaged_laboratory_result_costs_only_itself(index: int, data: st.DataObject) -> None:
    """H-022: facts that do not come from the damaged resource stay as they are."""
    entry = PREFETCH["labs"]["entry"][index]["resource"]
    place = data.draw(st.sampled_from(places_in(entry)))
    damage = data.draw(DAMAGE)
    prefetch = with_damage(PREFETCH, ("labs", "entry", index, "resource", *place), damage)
    try:
        after = facts(prefetch)
    except FhirError:
        return
    before = facts(PREFETCH)
    touched = {"w": "weight", "p": "platelets", "b": "bilirubin"}[entry["id"][0]]
    for name in before.keys() - {touched}:
        assert (after[name].possible, after[name].reason) == (before[name].possible, before[name].reason)


@given(st.sampled_from(PREFETCH_PLACES), DAMAGE)
def test_damage_anywhere_in_a_whole_record(place: tuple[Any, ...], damage: object) -> None:
    damaged = with_damage(PREFETCH, place, damage)
    lists = [value for value in damaged.values() if isinstance(value, dict)]
    listed = [value["entry"] for value in lists if isinstance(value.get("entry"), list)]
    entries = [{"resource": damaged["patient"]}, *chain.from_iterable(listed)]
    whole = {"resourceType": "Bundle", "entry": entries}
    try:
        chart = chart_of_bundle(whole)
        gather(INPUTS, chart, AS_OF, TERMINOLOGY, None)
    except FhirError:
        pass
