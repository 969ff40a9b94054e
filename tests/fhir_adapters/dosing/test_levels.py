"""Measured concentrations: values, times, samples, and doses beside them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from fhir_adapters import chart_of_bundle
from fhir_adapters.dosing import DoubtKind, MeasuredLevel, dosing_record
from tests.fhir_adapters.dosing.example import (
    LEVEL,
    QUESTION,
    administration,
    at,
    doubts,
    level,
    record,
    the_doubt,
)
from tests.fhir_adapters.example import (
    AS_OF,
    PATIENT_ID,
    TERMINOLOGY,
    Json,
    amount,
    bundle,
    observation,
    patient,
)

DOSE = administration()


def the_level(*resources: Json, **more: Any) -> MeasuredLevel:
    (found,) = record(DOSE, *resources, **more).levels
    return found


def specimen(collected: Json, **more: Any) -> Json:
    subject = {"reference": f"Patient/{PATIENT_ID}"}
    return {"resourceType": "Specimen", "id": "s1", "subject": subject, "collection": collected} | more


def test_a_level_with_all_that_it_needs() -> None:
    found = the_level(level("15.3"))
    assert (found.analyte, found.value, found.comparator) == ("drug_level", Fraction("15.3"), None)
    assert found.at == datetime(2026, 11, 19, 12, tzinfo=UTC)
    assert found.path == "prefetch.labs.entry[0].resource"
    assert record(DOSE, level()).doubts == ()


@pytest.mark.parametrize(
    ("value", "code", "expected"),
    [(15, "mg/L", 15), (15, "ug/mL", 15), ("1.5", "mg/dL", 15), (15000, "ng/mL", 15), (15, "umol/L", 15)],
)
def test_units_are_converted_exactly(value: object, code: str, expected: int) -> None:
    """H-001, H-003: moles by the molar mass of the question, 1000 g/mol here."""
    assert the_level(level(value, code=code)).value == expected


def test_moles_need_a_molar_mass() -> None:
    without = replace(QUESTION, levels=(replace(LEVEL, molar_mass=None),))
    found = record(DOSE, level(15, code="umol/L"), question=without)
    assert found.levels == () and doubts(found) == {DoubtKind.VALUE: True}


@pytest.mark.parametrize(
    ("sign", "expected"), [("<", "below"), ("<=", "below"), (">", "above"), (">=", "above")]
)
def test_comparators(sign: str, expected: str) -> None:
    """H-006: below the limit of quantification is a level; what is above the range cannot be fitted."""
    found = record(DOSE, level(valueQuantity=amount("0.5", "mg/L", comparator=sign)))
    (measured,) = found.levels
    assert (measured.value, measured.comparator) == (Fraction("0.5"), expected)
    assert doubts(found) == ({} if expected == "below" else {DoubtKind.ABOVE_RANGE: True})


@pytest.mark.parametrize(
    ("value", "blocks"),
    [
        (amount(0, "mg/L"), True),
        (amount(-3, "mg/L"), True),
        (amount(201, "mg/L"), True),
        (amount(15, "mg"), True),
        (amount(15, "mg/L", comparator="~"), True),
        (amount(15, "mg/L", system="urn:local"), True),
        (amount(0, "mg/L", comparator="<"), True),
        (amount(15, "mg/L", unit="ug/L"), True),
        (None, False),
    ],
)
def test_a_value_that_is_none(value: Json | None, blocks: bool) -> None:
    """H-002, H-005, H-031; where no value was reported, nothing was measured."""
    found = record(DOSE, level(valueQuantity=value))
    assert found.levels == () and doubts(found) == {DoubtKind.VALUE: blocks}


@pytest.mark.parametrize(
    ("when", "kind"),
    [
        ("2026-11-19", DoubtKind.TIME),
        ("2026", DoubtKind.TIME),
        (None, DoubtKind.TIME),
        ("noon", DoubtKind.TIME),
        ("2026-11-19T12:00:00", DoubtKind.NO_OFFSET),
        ("2026-11-21T12:00:00Z", DoubtKind.FUTURE),
    ],
)
def test_a_level_without_a_time_of_day_is_not_used(when: str | None, kind: DoubtKind) -> None:
    """H-008; and no fit is made as if it had not been measured."""
    found = record(DOSE, level(when=when), level(identifier="l2"))
    assert len(found.levels) == 1 and doubts(found) == {kind: True}


def test_times_of_levels() -> None:
    """H-015: instants are compared, in whatever zone they are written."""
    assert the_level(level(when="2026-11-19T01:00:00-05:00")).at == datetime(2026, 11, 19, 6, tzinfo=UTC)
    local = level(when="2026-11-19T12:00:00")
    assert the_level(local, zone=ZoneInfo("Asia/Tokyo")).at == datetime(2026, 11, 19, 3, tzinfo=UTC)
    assert doubts(record(DOSE, local, zone=ZoneInfo("Asia/Tokyo"))) == {DoubtKind.NO_OFFSET: False}
    assert doubts(record(DOSE, level(when=at("00:00", 19)))) == {DoubtKind.MIDNIGHT: False}
    drawn = {"start": at("11:55", 19), "end": at("12:00", 19)}
    assert the_level(level(when=None, effectivePeriod=drawn)).at == datetime(2026, 11, 19, 12, tzinfo=UTC)
    for period in (drawn | {"start": at("08:00", 19)}, {"end": at("12:00", 19)}):
        assert doubts(record(DOSE, level(when=None, effectivePeriod=period))) == {DoubtKind.SPAN: True}
    assert record(DOSE, level(when="2026"), since=datetime(2027, 1, 3, tzinfo=UTC)).doubts == ()


@pytest.mark.parametrize(
    ("status", "used", "kind"),
    [
        ("final", True, None),
        ("amended", True, None),
        ("corrected", True, None),
        ("preliminary", False, DoubtKind.STATUS),
        ("registered", False, DoubtKind.STATUS),
        ("unknown", False, DoubtKind.STATUS),
        ("cancelled", False, None),
        ("entered-in-error", False, None),
    ],
)
def test_statuses(status: str, used: bool, kind: DoubtKind | None) -> None:
    """H-009 to H-012."""
    found = record(DOSE, level(status=status))
    assert bool(found.levels) is used and doubts(found) == ({} if kind is None else {kind: False})


def test_whose_level() -> None:
    found = record(DOSE, level(focus=[{"reference": "Patient/child"}]), level(subject={}, identifier="l2"))
    assert found.levels == () and doubts(found) == {DoubtKind.SUBJECT: False}


def test_one_result_is_one_level() -> None:
    """H-013, H-014."""
    assert len(record(DOSE, level(), level()).levels) == 1
    assert len(record(DOSE, level(), level("1.5", code="mg/dL", identifier="l2")).levels) == 1
    assert len(record(DOSE, level(when="2026"), level(when="2026")).doubts) == 1
    found = record(DOSE, level(), level(20, identifier="l2"))
    assert len(found.levels) == 2 and doubts(found) == {DoubtKind.DIFFERING: True}
    versions = record(DOSE, level(), level(20, when=at("12:30", 19)))
    assert versions.levels == () and doubts(versions) == {DoubtKind.VERSIONS: True}


def test_levels_of_a_panel() -> None:
    part = {"code": level()["code"], "valueQuantity": amount(9, "mg/L")}
    panel = observation("X", "p", at("12:00", 19), component=[part])
    found = the_level(panel)
    assert found.value == 9 and found.path.endswith(".component[0]")


def test_the_order_of_levels_is_that_of_their_times() -> None:
    late, early = (
        level(8, when=at("18:00", 19), identifier="l2"),
        level(30, when=at("10:00"), identifier="l3"),
    )
    assert [int(each.value) for each in record(DOSE, late, level(), early).levels] == [30, 15, 8]


# ---------------------------------------------------------------- doses beside them
@pytest.mark.parametrize(
    ("when", "kind", "blocks"),
    [
        (at("07:59"), DoubtKind.BEFORE_FIRST_DOSE, True),
        (at("08:00"), DoubtKind.BEFORE_FIRST_DOSE, True),
        (at("08:15"), DoubtKind.BESIDE_DOSE, False),
        (at("08:16"), DoubtKind.DURING_INFUSION, False),
        (at("08:44"), DoubtKind.DURING_INFUSION, False),
        (at("08:45"), DoubtKind.BESIDE_DOSE, False),
        (at("09:15"), DoubtKind.BESIDE_DOSE, False),
        (at("09:16"), None, False),
        (at("07:44", 19), None, False),
        (at("07:45", 19), DoubtKind.BESIDE_DOSE, False),
        (at("08:00", 19), DoubtKind.BESIDE_DOSE, False),
    ],
)
def test_levels_beside_doses(when: str, kind: DoubtKind | None, blocks: bool) -> None:
    """Infusions from 08:00 to 09:00 on two days: which side of them was the sample taken?"""
    next_day = administration(at("08:00", 19), at("09:00", 19), "a2")
    found = record(DOSE, next_day, level(when=when))
    assert doubts(found) == ({} if kind is None else {kind: blocks}) and len(found.levels) == 1


def test_nothing_before_the_first_dose_is_no_contradiction() -> None:
    found = record(DOSE, level(when=at("07:00"), valueQuantity=amount("0.5", "mg/L", comparator="<")))
    assert doubts(found) == {DoubtKind.BEFORE_FIRST_DOSE: False}
    assert doubts(record(level())) == {DoubtKind.BEFORE_FIRST_DOSE: True}


# ---------------------------------------------------------------- when the sample was taken
DRAWN: Json = {"specimen": {"reference": "Specimen/s1"}}


@pytest.mark.parametrize(
    ("collected", "blocks"),
    [
        ({"collectedDateTime": at("12:00", 19)}, None),
        ({"collectedDateTime": "2026-11-19T13:00:30+01:00"}, None),
        ({"collectedPeriod": {"start": at("11:50", 19), "end": at("12:05", 19)}}, None),
        ({"collectedDateTime": "2026-11-19"}, None),
        ({"collectedDateTime": at("11:50", 19)}, False),
        ({"collectedDateTime": at("07:50", 19)}, True),
        ({"collectedDateTime": at("12:15", 19)}, False),
        ({"collectedDateTime": at("12:16", 19)}, True),
        ({"collectedPeriod": {"start": at("07:00", 19), "end": at("07:30", 19)}}, True),
    ],
)
def test_when_the_specimen_was_collected(collected: Json, blocks: bool | None) -> None:
    found = record(DOSE, level(**DRAWN), specimen(collected))
    assert doubts(found) == ({} if blocks is None else {DoubtKind.COLLECTION: blocks})
    inside = level(specimen={"reference": "#s1"}, contained=[specimen(collected)])
    assert doubts(record(DOSE, inside)) == doubts(found)


def test_the_specimen_is_of_this_patient() -> None:
    theirs = specimen({"collectedDateTime": at("12:00", 19)}, subject={"reference": "Patient/p2"})
    on_file = chart_of_bundle(bundle(patient(), DOSE, level(**DRAWN), theirs))
    assert doubts(dosing_record(QUESTION, on_file, AS_OF, TERMINOLOGY)) == {DoubtKind.SUBJECT: True}


@pytest.mark.parametrize(
    ("issued", "blocks"), [(at("13:00", 19), None), (at("11:00", 19), True), (at("12:00", 19), False)]
)
def test_when_the_result_was_issued(issued: str, blocks: bool | None) -> None:
    found = record(DOSE, level(issued=issued))
    assert doubts(found) == ({} if blocks is None else {DoubtKind.ISSUED: blocks})
    if blocks is not None:
        assert the_doubt(found, DoubtKind.ISSUED).path == "prefetch.labs.entry[0].resource"
