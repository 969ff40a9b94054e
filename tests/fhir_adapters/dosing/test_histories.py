"""Random histories: nothing escapes, nothing is invented, nothing hangs on the order of entries.

Also over charts and resources by third parties, where they are at hand.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from contextlib import suppress
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dsl.values import quantity
from fhir_adapters import FhirError, JsonRefused, WrongPatient, chart_of_bundle, chart_of_prefetch
from fhir_adapters.dosing import Certainty, DosingQuestion, DosingRecord, dosing_record
from fhir_adapters.dosing.routes import SNOMED, V3
from fhir_adapters.reading import LOINC, codings
from fhir_adapters.terminology import Coding
from tests.fhir_adapters.dosing.example import (
    IV,
    LEVEL,
    ORAL,
    administration,
    at,
    every,
    instruction,
    level,
    order,
    statement,
)
from tests.fhir_adapters.example import (
    AS_OF,
    TERMINOLOGY,
    ExampleDrug,
    ExampleObservable,
    ExampleTerminology,
    Json,
    amount,
    bundle,
    concept,
    patient,
    reference_folder,
    weight,
)
from tests.fhir_adapters.test_properties import DAMAGE, places_in, with_damage
from tests.fhir_adapters.test_reference_files import load

QUESTION = DosingQuestion(
    "niraparib", (LEVEL,), (TERMINOLOGY.observable("weight"),), ("age", "female"), infusion=timedelta(hours=1)
)
ASKED = st.builds(
    replace,
    st.just(QUESTION),
    since=st.sampled_from([None, datetime(2026, 11, 18, 12, tzinfo=UTC)]),
    zone=st.sampled_from([None, UTC]),
    infusion=st.sampled_from([None, timedelta(hours=1)]),
)

HOURS = st.integers(0, 80)
TIMES = st.one_of(
    HOURS.map(lambda hour: at(f"{hour % 24:02d}:00", 17 + hour // 24)),
    HOURS.map(lambda hour: at(f"{hour % 24:02d}:00", 17 + hour // 24)[:-1]),
    st.sampled_from(["2026-11-18", "2026-11", "soon", "2031-01-01T00:00:00Z", "9997-12-31T23:59:59-14:00"]),
)
ROUTES = st.sampled_from([IV, ORAL, None, concept("IVPUSH", V3), concept("1", SNOMED)])
AMOUNTS = st.sampled_from(
    [amount(1000, "mg"), amount("0.5", "g"), amount(1, "{tbl}"), amount(0, "mg"), {}, amount(10**30, "g")]
)
PER_HOUR = {"numerator": amount(1, "g"), "denominator": amount(2, "h")}
RATES = st.sampled_from([{}, {"rateQuantity": amount(500, "mg/h")}, {"rateRatio": PER_HOUR}])
USUAL = ["completed", "active"] * 4
STATUSES = st.sampled_from([*USUAL, "in-progress", "not-done", "stopped", "on-hold", "entered-in-error", "x"])
PERIODS = st.sampled_from([(1, "h"), (12, "h"), (1, "d"), (2, "wk"), (0, "d"), (1, "mo"), (10**40, "d")])


@st.composite
def repeats(draw: st.DrawFn) -> Json:
    period, unit = draw(PERIODS)
    made = every(12, draw(TIMES), draw(st.one_of(st.none(), TIMES))) | {"period": period, "periodUnit": unit}
    lasting = {"duration": 1, "durationUnit": "h"}
    extra: Json = draw(st.sampled_from([{}, {"count": 3}, {"timeOfDay": ["08:00:00"]}, lasting]))
    return made | {"frequency": draw(st.sampled_from([1, 1, 1, 2]))} | extra


@st.composite
def resources(draw: st.DrawFn) -> Json:
    name = draw(st.sampled_from([f"r{number}" for number in range(20)]))
    status, route, size = draw(STATUSES), draw(ROUTES), draw(AMOUNTS)
    match draw(st.sampled_from(["administration"] * 4 + ["order", "statement", "level", "level", "weight"])):
        case "administration":
            end = draw(st.one_of(st.none(), TIMES))
            return administration(draw(TIMES), end, name, status, size, route, draw(RATES))
        case "order":
            return order(instruction(draw(repeats()), size, route), identifier=name, status=status)
        case "statement":
            return statement(instruction(draw(repeats()), size, route), identifier=name, status=status)
        case "level":
            value = draw(st.sampled_from([15, 0, -1, 250]))
            sign = draw(st.sampled_from([{}, {"comparator": "<"}, {"comparator": ">"}]))
            return level(when=draw(TIMES), identifier=name, valueQuantity=amount(value, "mg/L") | sign)
        case _:
            return weight(identifier=name, effectiveDateTime=draw(TIMES))


def found_in(listed: Iterable[Json], question: DosingQuestion = QUESTION) -> DosingRecord:
    whole = bundle(patient(), *listed)
    answer = dosing_record(question, chart_of_bundle(whole), AS_OF, TERMINOLOGY)
    check(answer, whole)
    return answer


def check(answer: DosingRecord, whole: Json) -> None:
    """In order of time, until now, above zero, and each from a place in what was received."""
    starts = [dose.start for dose in answer.doses]
    assert starts == sorted(starts) and all(start <= AS_OF + timedelta(minutes=5) for start in starts)
    assert [each.at for each in answer.levels] == sorted(each.at for each in answer.levels)
    assert all(dose.amount > 0 for dose in answer.doses) and all(each.value > 0 for each in answer.levels)
    assert all(dose.duration is None or dose.duration >= timedelta() for dose in answer.doses)
    for dose in answer.doses:
        source = at_path(whole, dose.path)
        if dose.certainty is Certainty.GIVEN:
            assert source["resourceType"] == "MedicationAdministration"
            assert source["status"] in ("completed", "in-progress", "stopped", "on-hold")
        else:
            assert "doseAndRate" in source
    for path in (*(each.path for each in answer.levels), *(each.path for each in answer.covariates)):
        assert at_path(whole, path)["resourceType"] in ("Observation", "Patient")
    given_at = {dose.path for dose in answer.doses if dose.certainty is Certainty.GIVEN}
    assert len(given_at) == sum(dose.certainty is Certainty.GIVEN for dose in answer.doses)


def at_path(whole: Any, path: str) -> Any:
    for step in re.findall(r"[A-Za-z]+|\d+", path):
        whole = whole[int(step)] if step.isdigit() else whole[step]
    return whole


@given(st.lists(resources(), max_size=12), ASKED)
def test_random_histories(listed: list[Json], question: DosingQuestion) -> None:
    found_in(listed, question)


@given(st.lists(resources(), max_size=10), st.randoms(use_true_random=False))
def test_the_order_of_entries_changes_nothing(listed: list[Json], shuffler: random.Random) -> None:
    """H-016."""

    def said(answer: DosingRecord) -> tuple[object, ...]:
        doses = sorted(str(replace(dose, path="")) for dose in answer.doses)
        levels = sorted(str(replace(each, path="")) for each in answer.levels)
        doubts = sorted(str(replace(doubt, path="")) for doubt in answer.doubts)
        return doses, levels, doubts

    before = said(found_in(listed))
    shuffled = list(listed)
    shuffler.shuffle(shuffled)
    assert said(found_in(shuffled)) == before


SPECIMEN = {"resourceType": "Specimen", "id": "s", "collection": {"collectedDateTime": at("12:00", 19)}}
SOUND = [
    administration(),
    administration(at("20:00"), at("21:00"), "a2", dosage={"rateQuantity": amount(1, "g/h")}),
    administration(at("08:00", 19), None, "a3", route=ORAL),
    order(instruction(every(12, end=at("23:00", 19), duration=1, durationUnit="h"), route=IV)),
    statement(instruction(timing={"event": [at("08:00", 16)]})),
    level(
        specimen={"reference": "#s"}, contained=[{"resourceType": "Specimen", "id": "s", "collection": {}}]
    ),
    level(9, at("06:00", 20), "l2", issued=at("08:00", 20)),
    weight(),
]
WHOLE = bundle(patient(), *SOUND)


def test_the_sound_history_is_sound() -> None:
    """What the damages below start from."""
    answer = dosing_record(QUESTION, chart_of_bundle(WHOLE), AS_OF, TERMINOLOGY)
    check(answer, WHOLE)
    assert len(answer.doses) == 5 and len(answer.levels) == 2


@given(st.sampled_from(places_in(WHOLE)), DAMAGE, ASKED)
def test_damage_anywhere(place: tuple[Any, ...], damage: object, question: DosingQuestion) -> None:
    """H-022: an answer or a refusal of ours, never another exception."""
    damaged = with_damage(deepcopy(WHOLE), place, damage)
    with suppress(FhirError):
        check(dosing_record(question, chart_of_bundle(damaged), AS_OF, TERMINOLOGY), damaged)


# ---------------------------------------------------------------- files by third parties
class AnyDrug(ExampleTerminology):
    """Takes every coded drug for the one in question, so that every dose of a chart is read."""

    def drug_of_coding(self, coding: Coding) -> ExampleDrug | None:
        return ExampleDrug.of("niraparib")


def any_quantity(whole: Json) -> tuple[ExampleObservable, ...]:
    """Everything that was measured in mg/dL."""
    found = {
        coding
        for entry in whole.get("entry", [])
        for coding in codings(entry["resource"].get("code"))
        if coding.system == LOINC
        if entry["resource"].get("valueQuantity", {}).get("code") == "mg/dL"
    }
    limits = (quantity(0, "mg/dL"), quantity(5000, "mg/dL"))
    return tuple(ExampleObservable(each.code, frozenset({each}), "mg/L", limits) for each in sorted(found))


def test_synthetic_patients() -> None:
    """Whole lives: every drug taken for one, every result in mg/dL for a level; none can be fitted."""
    levels = 0
    doubts = set()
    for path in sorted(reference_folder("fhir-samples/synthea-smart").glob("*_*.json")):
        whole = load(path)
        question = replace(QUESTION, levels=any_quantity(whole))
        answer = dosing_record(question, chart_of_bundle(whole), AS_OF, AnyDrug())
        check(answer, whole)
        levels += len(answer.levels)
        doubts |= {doubt.kind.value for doubt in answer.doubts}
        assert answer.doses == () and answer.usable is (not answer.levels)
    assert levels > 400 and {"before-first-dose", "status", "timing"} <= doubts


def test_resources_by_others_never_break_a_history() -> None:
    """Each file alone, as a list of its own patient; doses of the published examples are read."""
    doses, doubts = 0, set()
    for path in sorted(reference_folder("fhir-samples/hl7-r4-examples").rglob("*.json")):
        try:
            resource = load(path)
        except JsonRefused:
            continue
        subject = resource.get("subject", resource.get("patient"))
        reference = subject.get("reference", "") if isinstance(subject, dict) else ""
        lists = {"exposure": bundle(resource), "labs": bundle(resource), "medications": bundle()}
        try:
            chart = chart_of_prefetch(reference.removeprefix("Patient/"), lists, None)
        except WrongPatient:
            continue
        answer = dosing_record(
            replace(QUESTION, levels=any_quantity(bundle(resource))), chart, AS_OF, AnyDrug()
        )
        doses += len(answer.doses)
        doubts |= {doubt.kind.value for doubt in answer.doubts}
    assert doses >= 1 and {"amount", "route", "span", "timing"} <= doubts
