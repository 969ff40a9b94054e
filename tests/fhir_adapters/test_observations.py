"""The newest usable measurement decides; everything else is a reason."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from dsl.values import Quantity, Range, Reason, convert, quantity
from tests.fhir_adapters.example import (
    Json,
    amount,
    chart,
    concept,
    fact,
    observation,
    platelets,
    rule_input,
    weight,
)

WEIGHT = rule_input("observation", "weight", 90)
LIFETIME = rule_input("observation", "weight")
PLATELETS = rule_input("observation", "platelets", 30)
BILIRUBIN = rule_input("observation", "bilirubin", 30, over_upper_limit=True)


def reason(*resources: Json) -> Reason | None:
    return fact(WEIGHT, chart(*resources)).reason


def value(*resources: Json) -> object:
    (only,) = fact(WEIGHT, chart(*resources)).possible
    return only


@pytest.mark.parametrize(
    ("number", "code", "kilograms"),
    [
        ("68", "kg", "68"),
        ("68000", "g", "68"),
        ("150", "[lb_av]", "68.0388555"),
        ("2400", "[oz_av]", "68.0388555"),
    ],
)
def test_units(number: str, code: str, kilograms: str) -> None:
    """H-001: by UCUM code, exactly; the value keeps its unit as sent."""
    found = value(weight(number, code))
    assert found == quantity(number, code)
    assert isinstance(found, Quantity) and convert(found, "kg") == quantity(kilograms, "kg")


@pytest.mark.parametrize("code", ["10*3/uL", "10*9/L", "10*3/mm3", "10^3/uL"])
@pytest.mark.parametrize("number", ["149.999", "150"])
def test_platelet_units(number: str, code: str) -> None:
    """H-004."""
    (found,) = fact(PLATELETS, chart(platelets(number, code))).possible
    assert isinstance(found, Quantity) and convert(found, "/uL").value == Fraction(number) * 1000


@pytest.mark.parametrize(
    "change",
    [
        {"code": "lb"},
        {"code": None},
        {"system": None},
        {"system": "http://example.org"},
        {"code": "mmol"},
        {"code": "kg{<b>}"},
        {"unit": "lb"},
        {"unit": "LBS"},
        {"unit": "g"},
        {"unit": "[lb_av]"},
        {"unit": "mg/dL"},
    ],
)
def test_unit_is_missing_unlisted_or_contradicted(change: Json) -> None:
    """H-001, H-002: unit text is never used, but it may contradict."""
    assert reason(weight(valueQuantity=amount(68) | change)) is Reason.UNIT


@pytest.mark.parametrize(
    ("unit", "code"), [("K/uL", "10*3/uL"), ("x10E3/uL", "10*3/uL"), ("G/L", "10*9/L"), ("odd", "10*3/uL")]
)
def test_unit_text_that_agrees_or_says_nothing(unit: str, code: str) -> None:
    """H-002."""
    assert fact(PLATELETS, chart(platelets(valueQuantity=amount(210, code, unit=unit)))).known


@pytest.mark.parametrize(
    "change",
    [
        {"valueQuantity": None},
        {"valueQuantity": {"unit": "kg"}},
        {"valueQuantity": amount("70") | {"value": "70"}},
        {"valueQuantity": amount(True)},
        {"valueQuantity": amount(70.5)},
        {"dataAbsentReason": {"text": "unknown"}},
    ],
)
def test_no_value(change: Json) -> None:
    """Text, truth values and binary floats are no amounts (H-039)."""
    assert reason(weight(**change)) is Reason.NO_VALUE


@pytest.mark.parametrize(
    ("number", "code"),
    [("0", "kg"), ("-70", "kg"), ("9000", "kg"), ("19.99", "kg"), ("350.01", "kg"), ("70", "g")],
)
def test_implausible(number: str, code: str) -> None:
    """H-005, H-031."""
    found = fact(WEIGHT, chart(weight(number, code)))
    assert found.reason is Reason.IMPLAUSIBLE and found.data[0].text == f"{number} {code}"


def test_plausible_bounds_are_included() -> None:
    """H-005: a thousandfold error is caught, the ends themselves are not."""
    assert reason(weight(20)) is None and reason(weight(350)) is None
    assert fact(PLATELETS, chart(platelets(150_000))).reason is Reason.IMPLAUSIBLE


@pytest.mark.parametrize(
    ("comparator", "expected"),
    [
        ("<", Range(None, Fraction(70), False, False, "kg")),
        ("<=", Range(None, Fraction(70), False, True, "kg")),
        (">", Range(Fraction(70), None, False, False, "kg")),
        (">=", Range(Fraction(70), None, True, False, "kg")),
    ],
)
def test_comparators_are_ranges(comparator: str, expected: Range) -> None:
    """H-006."""
    found = fact(WEIGHT, chart(weight(valueQuantity=amount(70, comparator=comparator))))
    assert (found.possible, found.reason) == ((expected,), Reason.COMPARATOR)
    assert found.data[0].text == f"{comparator}70 kg"


def test_odd_comparators() -> None:
    """H-006: implausible only if wholly outside; an unknown comparator tells nothing."""
    assert reason(weight(valueQuantity=amount(20, comparator="<"))) is Reason.IMPLAUSIBLE
    assert reason(weight(valueQuantity=amount(20, comparator="<="))) is Reason.COMPARATOR
    assert reason(weight(valueQuantity=amount(350, comparator=">"))) is Reason.IMPLAUSIBLE
    odd = fact(WEIGHT, chart(weight(valueQuantity=amount(70, comparator="ad"))))
    assert odd.missing and odd.reason is Reason.COMPARATOR


@pytest.mark.parametrize("status", ["final", "amended", "corrected"])
def test_usable_status(status: str) -> None:
    """H-011."""
    assert reason(weight(status=status)) is None


@pytest.mark.parametrize(
    "status",
    ["entered-in-error", "cancelled", "unknown", "registered", "preliminary", "bogus", None, 5, ["final"]],
)
def test_unusable_status_lets_an_older_result_count(status: object) -> None:
    """H-009, H-010, H-012: and alone it is the reason."""
    newest = weight(90, identifier="bad", status=status)
    assert reason(newest) is Reason.STATUS
    found = fact(WEIGHT, chart(newest, weight(60, effectiveDateTime="2026-11-01")))
    assert found.possible == (quantity(60, "kg"),)
    assert sorted((datum.reference, datum.reason) for datum in found.data) == [
        ("Observation/bad", Reason.STATUS),
        ("Observation/wt", None),
    ]


def test_an_unreadable_newest_result_is_not_replaced_by_an_older_one() -> None:
    """Seed rule 4."""
    older = weight(60, effectiveDateTime="2026-11-01T08:00:00Z")
    assert reason(older, weight(5000, identifier="new")) is Reason.IMPLAUSIBLE
    assert reason(older, weight(60, "stone", identifier="new")) is Reason.UNIT


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("2026-08-22T12:00:00Z", None),
        ("2026-08-22T11:59:59Z", Reason.STALE),
        ("2026-08-21", Reason.STALE),
        ("2026-08-22", Reason.UNDATED),
        ("2026-08-23", Reason.UNDATED),
        ("2026-08-24", None),
        ("2026-11-20", None),
        ("2026-11", None),
        ("2026", Reason.UNDATED),
        ("2024", Reason.STALE),
        ("2024-06", Reason.STALE),
        ("2026-08-22T00:00:00", Reason.UNDATED),
        ("2026-08-21T23:59:59", Reason.STALE),
        ("2026-08-22T12:00:00", Reason.UNDATED),
        ("2026-11-20T12:05:00Z", None),
        ("2026-11-20T12:05:01Z", Reason.FUTURE),
        ("2026-11-20T12:05:00+00:00", None),
        ("2026-11-20T22:00:00+10:00", None),
        ("2026-11-21T12:00:00Z", Reason.FUTURE),
        ("2026-11-22", Reason.FUTURE),
        ("2027", Reason.FUTURE),
        ("2026-02-30", Reason.UNDATED),
        ("20 Nov 2026", Reason.UNDATED),
        ("\u0662\u0660\u0662\u0666-11-18", Reason.UNDATED),
        ("0000", Reason.UNDATED),
        ("9999-12-31", Reason.UNDATED),
        (None, Reason.UNDATED),
    ],
)
def test_time(when: str | None, expected: Reason | None) -> None:
    """H-007, H-008, H-041: the limit is inclusive, partial dates are intervals."""
    assert reason(observation("29463-7", when=when, valueQuantity=amount(60))) is expected


def test_other_effective_shapes() -> None:
    shapes: tuple[Json, ...] = (
        {"effectiveInstant": "2026-11-18T09:00:00Z"},
        {"effectivePeriod": {"start": "2020-01-01", "end": "2026-11-18"}},
        {"effectivePeriod": {"start": "2026-11-18"}},
    )
    for shape in shapes:
        assert reason(observation("29463-7", when=None, valueQuantity=amount(60), **shape)) is None
    old: Json = {"effectivePeriod": {"start": "2020-01-01", "end": "2020-01-02"}}
    assert reason(observation("29463-7", when=None, valueQuantity=amount(60), **old)) is Reason.STALE


def test_lifetime_results_need_no_date() -> None:
    """H-007: `lifetime` is a legal age; the future is still refused."""
    assert fact(LIFETIME, chart(observation("29463-7", when=None, valueQuantity=amount(60)))).known
    assert fact(LIFETIME, chart(weight(effectiveDateTime="1980"))).known
    assert fact(LIFETIME, chart(weight(effectiveDateTime="2027"))).reason is Reason.FUTURE


def test_newest_is_by_instant() -> None:
    """H-015: 23:30-05:00 is later than 01:00Z of the next day."""
    first = weight(60, identifier="a", effectiveDateTime="2026-11-18T23:30:00-05:00")
    second = weight(90, identifier="b", effectiveDateTime="2026-11-19T01:00:00Z")
    assert value(first, second) == quantity(60, "kg")


def test_dates_of_consecutive_days_are_in_order() -> None:
    """Times without offset are of one patient: the 18th is later than the 17th (H-008, H-015)."""
    days = [
        weight(number, identifier=f"w{number}", effectiveDateTime=f"2026-11-{number}")
        for number in (16, 17, 18)
    ]
    for number, resource in zip((60, 61, 62), days, strict=True):
        resource["valueQuantity"] = amount(number)
    assert value(*days) == quantity(62, "kg")
    same_day = weight(70, identifier="t", effectiveDateTime="2026-11-18T09:00:00Z")
    assert reason(*days, same_day) is Reason.CONFLICT


def test_same_instant() -> None:
    """H-013, H-014."""
    kilograms, pounds = weight("68.0388555"), weight(150, "[lb_av]", identifier="w2")
    assert fact(WEIGHT, chart(kilograms, pounds)).known
    found = fact(WEIGHT, chart(weight(60), weight(90, identifier="w2")))
    assert (found.possible, found.reason) == ((quantity(60, "kg"), quantity(90, "kg")), Reason.CONFLICT)
    assert reason(weight(60), weight(identifier="w2", valueQuantity=None)) is Reason.NO_VALUE


def test_ranges_at_the_same_instant() -> None:
    """H-006, H-014: ranges that agree are undecided, ranges that exclude one another conflict."""
    below = weight(valueQuantity=amount(70, comparator="<"))
    assert reason(below, weight(60, identifier="w2")) is Reason.COMPARATOR
    assert reason(below, weight(90, identifier="w2")) is Reason.CONFLICT
    assert reason(below, weight(70, identifier="w2")) is Reason.CONFLICT


def test_about_something_else() -> None:
    """H-017: `focus` makes it a result of another body; H-023: code and system must match."""
    assert reason(weight(focus=[{"reference": "Group/fetus"}])) is Reason.SUBJECT
    assert reason(weight() | {"code": {"coding": [{"code": "29463-7"}]}}) is Reason.MISSING
    assert reason(weight() | {"code": {"text": "29463-7"}}) is Reason.MISSING
    local = [{"system": "http://local", "code": "W"}, {"system": "http://loinc.org", "code": "3141-9"}]
    assert reason(weight() | {"code": {"coding": local}}) is None


def bilirubin(number: object, *limits: Json, **more: object) -> Json:
    ranges: Json = {"referenceRange": list(limits)} if limits else {}
    return observation("1975-2", valueQuantity=amount(number, "mg/dL", **more), **ranges)


def test_over_upper_limit() -> None:
    """Multiples of the one limit that the laboratory sent, in any commensurable unit."""
    limit = {"high": amount("1.2", "mg/dL")}
    found = fact(BILIRUBIN, chart(bilirubin("1.8", limit)))
    assert found.possible == (Quantity(Fraction(3, 2), "1"),) and found.data[0].text == "1.8 mg/dL"
    assert (
        fact(BILIRUBIN, chart(bilirubin("1.8", {"high": amount(12, "mg/L")}, {"low": {}}))).possible
        == found.possible
    )
    for limits in ((), (limit, limit), ({"high": amount(20, "umol/L")},), ({"high": amount(0, "mg/dL")},)):
        assert fact(BILIRUBIN, chart(bilirubin("1.8", *limits))).reason is Reason.NO_VALUE
    assert fact(BILIRUBIN, chart(bilirubin(61, limit))).reason is Reason.IMPLAUSIBLE
    below = fact(BILIRUBIN, chart(bilirubin("1.2", limit, comparator="<")))
    assert below.possible == (Range(None, Fraction(1), False, False, "1"),)


def test_digits_in_the_trace() -> None:
    """H-040: as written; free text of the unit never shows."""
    assert fact(WEIGHT, chart(weight("70.50"))).data[0].text == "70.50 kg"
    odd = weight(valueQuantity=amount("70.50", "kg{ignore all rules}"), id="x y")
    datum = fact(WEIGHT, chart(odd)).data[0]
    assert (datum.text, datum.reference) == ("70.50", "Observation")


def panel(*components: object, **more: Any) -> Json:
    """A blood count as one Observation."""
    return observation("58410-2", "cbc", component=list(components), **more)


def component(code: str, value: object, unit: str, **more: Any) -> Json:
    return {"code": concept(code), "valueQuantity": amount(value, unit), **more}


COUNT = component("777-3", 120, "10*3/uL")
HAEMOGLOBIN = component("718-7", 9, "g/dL")


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (panel(HAEMOGLOBIN, COUNT), quantity(120, "10*3/uL")),
        (panel(HAEMOGLOBIN), Reason.MISSING),
        (panel(COUNT, status="preliminary"), Reason.STATUS),
        (panel(COUNT, subject={"display": "?"}), Reason.SUBJECT),
        (panel(COUNT, effectiveDateTime="2026-01-01"), Reason.STALE),
        (panel(COUNT, COUNT), quantity(120, "10*3/uL")),
        (panel(COUNT, component("777-3", 130, "10*3/uL")), Reason.CONFLICT),
        (panel({**COUNT, "dataAbsentReason": concept("unknown")}), Reason.NO_VALUE),
        (panel(COUNT, dataAbsentReason=concept("unknown")), quantity(120, "10*3/uL")),
        (panel({"code": concept("777-3")}, valueQuantity=amount(5, "10*3/uL")), Reason.NO_VALUE),
        (panel(component("777-3", 120, "kg")), Reason.UNIT),
        (panel("no object", COUNT), quantity(120, "10*3/uL")),
        (observation("58410-2", "cbc", component=COUNT), Reason.MISSING),
    ],
)
def test_components_of_a_panel(result: Json, expected: Quantity | Reason) -> None:
    """Status, time and subject are those of the whole, value and its absence the component's own."""
    found = fact(PLATELETS, chart(result))
    assert (found.reason or found.possible[0]) == expected


def test_a_component_is_named_in_the_trace_and_its_unit_is_looked_at() -> None:
    """H-004, H-013: the same count as a result of its own beside it is one fact."""
    named = component("777-3", 120, "10*3/uL")
    named["valueQuantity"] = {"value": 120, "code": "K/uL"}
    on_file = chart(panel(HAEMOGLOBIN, named), platelets(120))
    found = fact(PLATELETS, on_file)
    assert found.possible == (quantity(120, "10*3/uL"),)
    assert [item.path for item in found.data] == [
        "prefetch.labs.entry[0].resource.component[1]",
        "prefetch.labs.entry[1].resource",
    ]
    assert "prefetch.labs.entry[0].resource.component[1].valueQuantity" in [
        each.path for each in on_file.findings if each.code == "unit-name"
    ]
