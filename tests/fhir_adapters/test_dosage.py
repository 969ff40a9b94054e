"""The dose of an order: read whole or not at all, and then exactly."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl.values import Dose, Period, quantity
from fhir_adapters import active_medications
from fhir_adapters.dosage import GTS_ABBREVIATION
from tests.dsl.support import PROPERTY
from tests.fhir_adapters.example import TERMINOLOGY, Json, amount, chart, concept, medication_request
from tests.fhir_adapters.test_orders import draft, instruction, order, read

ONCE = {"frequency": 1, "period": 1, "periodUnit": "d"}
DAILY = Dose(quantity(300, "mg"), 1, Fraction(1), Period.DAY)


def dose(*instructions: Json) -> Dose | None:
    return order(dosageInstruction=list(instructions)).dose


def timed(**timing: object) -> Json:
    return instruction() | {"timing": timing}


def gts(*codes: str, **more: object) -> Json:
    return {"coding": [{"system": GTS_ABBREVIATION, "code": code} for code in codes]} | more


def given_as(**dose_and_rate: object) -> Json:
    return instruction() | {"doseAndRate": [dose_and_rate]}


def ratio(value: object, unit: str = "mg", period: object = 1, period_unit: str = "d") -> Json:
    return {"numerator": amount(value, unit), "denominator": amount(period, period_unit)}


# ---------------------------------------------------------------- how often
@pytest.mark.parametrize(
    ("repeat", "times", "period", "unit"),
    [
        ({}, 1, "1", "d"),
        ({"frequency": 2}, 2, "1", "d"),
        ({"period": 12, "periodUnit": "h"}, 1, "12", "h"),
        ({"period": Decimal("0.5"), "periodUnit": "wk"}, 1, "0.5", "wk"),
        ({"boundsDuration": {}}, 1, "1", "d"),
    ],
)
def test_frequency(repeat: Json, times: int, period: str, unit: str) -> None:
    assert dose(instruction(**repeat)) == Dose(quantity(300, "mg"), times, Fraction(period), Period(unit))


def test_frequency_is_once_unless_said() -> None:
    plain = instruction()
    del plain["timing"]["repeat"]["frequency"]
    assert dose(plain) is not None


@pytest.mark.parametrize(
    ("code", "times", "period", "unit"),
    [
        ("QD", 1, 1, "d"),
        ("AM", 1, 1, "d"),
        ("PM", 1, 1, "d"),
        ("BED", 1, 1, "d"),
        ("BID", 2, 1, "d"),
        ("TID", 3, 1, "d"),
        ("QID", 4, 1, "d"),
        ("QOD", 1, 2, "d"),
        ("Q1H", 1, 1, "h"),
        ("Q2H", 1, 2, "h"),
        ("Q3H", 1, 3, "h"),
        ("Q4H", 1, 4, "h"),
        ("Q6H", 1, 6, "h"),
        ("Q8H", 1, 8, "h"),
        ("WK", 1, 1, "wk"),
    ],
)
def test_coded_frequency(code: str, times: int, period: int, unit: str) -> None:
    """H-045: alone, beside a `repeat` that says the same, and beside a local code that is its translation."""
    expected = Dose(quantity(300, "mg"), times, Fraction(period), Period(unit))
    same = {"frequency": times, "period": period, "periodUnit": unit}
    local = gts(code)
    local["coding"].append({"system": "urn:local", "code": "x"})
    for timing in (
        {"code": gts(code)},
        {"code": gts(code), "repeat": {"boundsPeriod": {"start": "2026-11-20"}}},
        {"code": gts(code), "repeat": same},
        {"code": local},
        {"code": {"text": code.lower()}},
    ):
        assert dose(timed(**timing)) == expected


def test_every_twelve_hours_is_twice_a_day() -> None:
    found = dose(timed(code=gts("BID"), repeat={"period": 12, "periodUnit": "h"}))
    assert found is not None and found.same_as(Dose(quantity(300, "mg"), 2, Fraction(1), Period.DAY))


@pytest.mark.parametrize(
    "timing",
    [
        {"code": gts("BID"), "repeat": ONCE},
        {"code": gts("QD"), "repeat": ONCE | {"period": 2}},
        {"code": gts("BID", text="QD")},
        {"code": {"text": "BID"}, "repeat": ONCE},
        {"code": gts("QD", "BID")},
        {"code": gts("QD", "x")},
        {"code": gts("MO")},
        {"code": gts("bid")},
        {"code": gts("Q12H")},
        {"code": concept("BID"), "repeat": ONCE},
        {"code": {"coding": [{"code": "QD"}]}, "repeat": ONCE},
        {"code": {"coding": [{"system": GTS_ABBREVIATION}]}, "repeat": ONCE},
        {"code": {"coding": "QD"}, "repeat": ONCE},
        {"code": "QD", "repeat": ONCE},
        {"code": {"text": "daily"}},
        {"code": gts("QD"), "repeat": {"count": 1}},
        {"code": gts("QD"), "repeat": {"dayOfWeek": ["mon"]}},
        {"code": gts("QD"), "repeat": {"frequency": 1}},
        {"code": gts("QD"), "repeat": []},
        {"code": gts("QD"), "event": ["2026-11-20"]},
        {"code": gts("QD"), "modifierExtension": [{}]},
        {"repeat": ONCE | {"timeOfDay": ["08:00"]}},
        {"repeat": ONCE, "event": ["2026-11-20"]},
        {},
    ],
)
def test_a_frequency_that_is_not_plain(timing: Json) -> None:
    """H-045: a code and a `repeat` that differ, or a part that is not read, could hide another dose."""
    assert dose(timed(**timing)) is None


def test_words_beside_the_frequency_change_nothing() -> None:
    assert dose(timed(code={"text": "with food"}, repeat=ONCE)) == DAILY


# ---------------------------------------------------------------- how much
@pytest.mark.parametrize(
    ("value", "code", "unit"),
    [
        (300, "mg", "mg"),
        (Decimal("0.3"), "g", "g"),
        (10, "mg/kg", "mg/kg"),
        (Decimal("1.5"), "mg/m2", "mg/m2"),
        (5, "mL", "mL"),
        (100, "[iU]/kg", "[iU]/kg"),
        (2, "{tbl}", "1"),
        (2, "{TABLET}", "1"),
        (2, "{capsule}", "1"),
        (2, "{cap}", "1"),
        (2, "{pill}", "1"),
    ],
)
def test_amount(value: object, code: str, unit: str) -> None:
    """A dose per kg or m2 keeps its unit: neither weight nor surface is assumed."""
    found = dose(given_as(doseQuantity=amount(value, code)))
    assert found == Dose(quantity(str(value), unit), 1, Fraction(1), Period.DAY)


@pytest.mark.parametrize(
    "code",
    ["{dose}", "{puff}", "{drop}", "{applicator}", "{1.73_m2}", "1", "%", "10*3", "", "tablet", "/{tbl}",
     "{tbl}/kg", "mg/h", "mg/kg/d", "mg/d", "mg/{dose}", "mg/mL", "kg/m2/h", "m2", "h", "K/uL"],
)  # fmt: skip
def test_what_is_no_amount_of_a_drug(code: str) -> None:
    """H-042, H-045: `2 {dose}` are not two tablets, and a rate is no dose."""
    assert dose(given_as(doseQuantity=amount(2, code))) is None


def test_pieces_are_pieces_only_in_ucum() -> None:
    assert dose(given_as(doseQuantity=amount(2, "{tbl}", system="urn:local"))) is None
    assert dose(given_as(doseQuantity=amount(2, "{tbl}", unit="mg"))) is None
    assert dose(given_as(doseQuantity=amount(2, "{tbl}", unit="tablet"))) is not None


def test_a_dose_per_kilogram_is_none_in_all() -> None:
    """10 mg/kg is 10 ug/g, and never 10 mg, ten pieces or a share."""
    per_weight = dose(given_as(doseQuantity=amount(10, "mg/kg")))
    assert per_weight is not None
    for unit, same in (("ug/g", True), ("mg", False), ("mg/m2", False)):
        assert per_weight.same_as(Dose(quantity(10, unit), 1, Fraction(1), Period.DAY)) is same


# ---------------------------------------------------------------- the whole
@pytest.mark.parametrize(
    ("dosage", "why"),
    [
        ({}, "no list"),
        ("300 mg", "no list"),
        ([None], "no list"),
        ([instruction(), None], "no list"),
        ([instruction(), instruction()], "several"),
        ([{"text": "one tablet in the morning"}], "exactly one amount"),
        ([given_as(doseRange={"low": amount(1, "mg"), "high": amount(2, "mg")})], "a range"),
        ([given_as(doseQuantity=amount(300, "mg"), rateQuantity=amount(1, "mg/h"))], "a rate"),
        ([given_as(rateRatio=ratio(1))], "a rate"),
        ([given_as(rateRange={})], "a rate"),
        ([instruction() | {"doseAndRate": [{}, {}]}], "exactly one amount"),
        ([given_as(doseQuantity=amount(300, "mg") | {"system": None})], "a listed unit"),
        ([given_as(doseQuantity=amount(1, "mg", comparator="<"))], "a listed unit"),
        ([given_as(doseQuantity=amount(200, "mg", unit="g"))], "a listed unit"),
        ([instruction(0)], "a listed unit"),
        ([instruction(frequencyMax=2)], "how often"),
        ([instruction(periodMax=2)], "how often"),
        ([instruction(dayOfWeek=["mon"])], "how often"),
        ([instruction(count=1)], "how often"),
        ([instruction(frequency=0)], "how often"),
        ([instruction(frequency=True)], "how often"),
        ([instruction(frequency=Decimal("1.0"))], "how often"),
        ([instruction(period=0)], "how often"),
        ([instruction(period=None)], "how often"),
        ([instruction(periodUnit="mo")], "how often"),
        ([instruction() | {"asNeededBoolean": True}], "on a condition"),
        ([instruction() | {"asNeededCodeableConcept": {}}], "on a condition"),
        ([instruction() | {"modifierExtension": [{}]}], "on a condition"),
        ([instruction() | {"maxDosePerPeriod": ratio(299)}], "its own limit"),
        ([instruction() | {"maxDosePerAdministration": amount(100, "mg")}], "its own limit"),
    ],
)
def test_a_dose_that_is_not_read_is_said(dosage: object, why: str) -> None:
    """H-045: whole or not at all, and never silently not."""
    found = read(draft(dosageInstruction=dosage))
    assert found.orders[0].dose is None
    (finding,) = found.findings
    assert finding.code == "dose-unread" and why in finding.sentence
    assert finding.path == "context.draftOrders.entry[0].resource.dosageInstruction"


@pytest.mark.parametrize("dosage", [None, []])
def test_no_dose_yet(dosage: object) -> None:
    assert read(draft(dosageInstruction=dosage)).findings == ()


def test_instructions_that_follow_one_another() -> None:
    """FHIR: with one `sequence`, or none, they apply at once and add up."""
    first, second = instruction() | {"sequence": 1}, instruction() | {"sequence": 2}
    assert dose(first, second) == DAILY
    in_grams = second | {"doseAndRate": [{"doseQuantity": amount(Decimal("0.3"), "g")}]}
    assert dose(first, in_grams) == DAILY
    assert dose(first, second | {"sequence": 1}) is None
    bare = {name: value for name, value in second.items() if name != "sequence"}
    assert dose(first, bare) is None
    assert dose(bare, bare) is None
    assert dose(first, instruction(100) | {"sequence": 2}) is None


@pytest.mark.parametrize(
    ("limits", "binds"),
    [
        ({"maxDosePerPeriod": ratio(300)}, False),
        ({"maxDosePerPeriod": ratio(Decimal("0.3"), "g", 24, "h")}, False),
        ({"maxDosePerPeriod": ratio(2100, "mg", 1, "wk")}, False),
        ({"maxDosePerPeriod": ratio(2099, "mg", 1, "wk")}, True),
        ({"maxDosePerPeriod": ratio(300, "mg/kg")}, True),
        ({"maxDosePerPeriod": ratio(300, "mg", 1, "mo")}, True),
        ({"maxDosePerPeriod": ratio(300, "mg", 0)}, True),
        ({"maxDosePerPeriod": [ratio(300)]}, True),
        ({"maxDosePerPeriod": {}}, True),
        ({"maxDosePerAdministration": amount(300, "mg")}, False),
        ({"maxDosePerAdministration": amount(299, "mg")}, True),
        ({"maxDosePerAdministration": amount(1, "{tbl}")}, True),
        ({"maxDosePerLifetime": amount(9000, "mg")}, False),
    ],
)
def test_limits_of_the_order_itself(limits: Json, binds: bool) -> None:
    """H-042: of a dose that its own limit cuts it is not known how much is given."""
    assert (dose(instruction() | limits) is None) is binds


def test_the_dose_of_a_statement() -> None:
    """R4 calls the member of a MedicationStatement `dosage`."""
    taken = medication_request() | {"resourceType": "MedicationStatement", "dosage": [instruction()]}
    (found,) = active_medications(chart(taken, key="medications"), TERMINOLOGY)
    assert found.dose == DAILY


# ---------------------------------------------------------------- never another dose
_PER_MILLIGRAM = {"mg": "1", "g": "0.001", "ug": "1000"}
_SECONDS = {"h": 3600, "d": 86400, "wk": 604800}
_TIMINGS: list[tuple[Json, Fraction]] = [
    ({"code": gts("QD")}, Fraction(1, 86400)),
    ({"code": gts("BID")}, Fraction(2, 86400)),
    ({"code": gts("Q8H")}, Fraction(3, 86400)),
    ({"code": gts("TID"), "repeat": {"period": 8, "periodUnit": "h"}}, Fraction(3, 86400)),
    ({"code": gts("WK")}, Fraction(1, 604800)),
]


@st.composite
def dosages(draw: st.DrawFn) -> tuple[Json, Fraction, Fraction]:
    """A dosage, its milligrams each time, and how often in a second."""
    milligrams = draw(st.sampled_from([75, 150, 300, 600]))
    unit = draw(st.sampled_from(sorted(_PER_MILLIGRAM)))
    value = Decimal(milligrams) * Decimal(_PER_MILLIGRAM[unit])
    times, period = draw(st.integers(1, 4)), draw(st.integers(1, 24))
    period_unit = draw(st.sampled_from(sorted(_SECONDS)))
    repeated = {"frequency": times, "period": period, "periodUnit": period_unit}
    timing, often = draw(
        st.sampled_from(_TIMINGS)
        | st.just(({"repeat": repeated}, Fraction(times, period * _SECONDS[period_unit])))
    )
    dosage = timed(**timing) | {"doseAndRate": [{"doseQuantity": amount(value, unit)}]}
    return dosage, Fraction(milligrams), often


@PROPERTY
@given(dosages(), dosages())
def test_a_dose_is_the_same_only_if_amount_and_frequency_are(
    one: tuple[Json, Fraction, Fraction], other: tuple[Json, Fraction, Fraction]
) -> None:
    """H-045: in whatever unit and spelling, an advice counts as followed exactly if it is."""
    read_one, read_other = dose(one[0]), dose(other[0])
    assert read_one is not None and read_other is not None
    assert read_one.same_as(read_other) is (one[1:] == other[1:])
    assert read_one.exceeds(read_other) is (one[1] * one[2] > other[1] * other[2])
