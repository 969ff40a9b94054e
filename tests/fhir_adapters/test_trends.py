"""A trend is made of the newest results, all of them, or of none."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta, timezone
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl.model import Input
from dsl.trends import Trend, TrendFunction
from dsl.types import QuantityType
from dsl.values import Fact, Quantity, Reason, quantity
from tests.dsl.support import PROPERTY
from tests.fhir_adapters.example import AS_OF, Json, amount, chart, fact, observation, platelets, rule_input


def trend_input(
    name: str, count: int = 3, days: int | None = 30, unit: str = "10*3/uL", observable: str = "platelets"
) -> Input:
    """`input NAME from observation platelets NAME of last COUNT within DAYS days`."""
    item = rule_input("observation", observable, days)
    source = replace(item.source, trend=Trend(TrendFunction(name), count))
    return replace(item, type=QuantityType(unit), source=source)


CHANGE = trend_input("change")
LIFETIME = trend_input("change", days=None)


def result(number: object, when: str | None, identifier: str = "r", code: str = "10*3/uL") -> Json:
    return platelets(number, code, identifier, effectiveDateTime=when)


NEWEST = result(90, "2026-11-19T08:00:00Z", "a")
MIDDLE = result(160, "2026-11-11T08:00:00Z", "b")
OLDEST = result(150, "2026-11-03T08:00:00Z", "c")
BEFORE = result(400, "2026-10-28T08:00:00Z", "d")


def found(*resources: Json, item: Input = CHANGE) -> Fact:
    return fact(item, chart(*resources))


def used(on: Fact) -> list[tuple[str, Reason | None]]:
    return sorted((datum.reference.removeprefix("Observation/"), datum.reason) for datum in on.data)


@pytest.mark.parametrize(
    ("name", "unit", "expected"),
    [
        ("lowest", "10*3/uL", "90"),
        ("highest", "10*3/uL", "160"),
        ("mean", "10*3/uL", "400/3"),
        ("median", "10*3/uL", "150"),
        ("change", "10*3/uL", "-60"),
        ("change", "/uL", "-60000"),
        ("relative_change", "1", "-2/5"),
        ("relative_change", "%", "-40"),
        ("slope", "10*3/uL/d", "-15/4"),
        ("slope", "10*3/uL/wk", "-105/4"),
    ],
)
def test_of_the_last_three(name: str, unit: str, expected: str) -> None:
    """Exactly, in the unit of the input, and without the result before them."""
    on = found(BEFORE, NEWEST, MIDDLE, OLDEST, item=trend_input(name, unit=unit))
    assert (on.possible, on.reason, on.explanation) == ((Quantity(Fraction(expected), unit),), None, "")
    assert used(on) == [("a", None), ("b", None), ("c", None)]


def test_no_change_is_a_value() -> None:
    on = found(NEWEST, MIDDLE, OLDEST | {"valueQuantity": amount(90, "10*3/uL")})
    assert on.possible == (quantity(0, "10*3/uL"),)


def test_units_may_differ_among_results() -> None:
    """H-004: each is converted exactly before they are compared."""
    newest = result(90_000, "2026-11-19T08:00:00Z", "a", "/uL")
    assert found(newest, MIDDLE, OLDEST).possible == (quantity(-60, "10*3/uL"),)


def test_too_few() -> None:
    """Never over fewer results than the rule names; the rejected ones are shown (H-009)."""
    on = found(NEWEST, MIDDLE, OLDEST | {"status": "cancelled"})
    assert (on.possible, on.reason) == ((), Reason.MISSING)
    assert on.explanation == "2 of 3 results on file"
    assert used(on) == [("a", None), ("b", None), ("c", Reason.STATUS)]
    assert found().reason is Reason.MISSING
    assert found(NEWEST | {"status": "preliminary"}).reason is Reason.STATUS


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        ({"status": "entered-in-error"}, Reason.STATUS),
        ({"status": "preliminary"}, Reason.STATUS),
        ({"subject": None}, Reason.SUBJECT),
        ({"focus": [{"reference": "Group/fetus"}]}, Reason.SUBJECT),
    ],
)
def test_what_counts_for_nothing_lets_an_older_result_count(damage: Json, reason: Reason) -> None:
    """H-009, H-010, H-017: as for the newest result alone."""
    on = found(NEWEST, MIDDLE | damage, OLDEST, BEFORE)
    assert on.possible == (quantity(-310, "10*3/uL"),)
    assert ("b", reason) in used(on)


UNREADABLE = [
    ({"valueQuantity": amount(160, "kg")}, Reason.UNIT),
    ({"valueQuantity": amount(160) | {"code": None}}, Reason.UNIT),
    ({"valueQuantity": None}, Reason.NO_VALUE),
    ({"dataAbsentReason": {"text": "clotted"}}, Reason.NO_VALUE),
    ({"valueQuantity": amount(160_000, "10*3/uL")}, Reason.IMPLAUSIBLE),
    ({"valueQuantity": amount(160, "10*3/uL", comparator=">")}, Reason.COMPARATOR),
    ({"valueQuantity": amount(160, "10*3/uL", comparator="ad")}, Reason.COMPARATOR),
    ({"effectiveDateTime": None}, Reason.UNDATED),
    ({"effectiveDateTime": "last week"}, Reason.UNDATED),
    ({"effectiveDateTime": "2026"}, Reason.UNDATED),
    ({"effectiveDateTime": "2026-11-21T08:00:00Z"}, Reason.FUTURE),
]


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize(("damage", "reason"), UNREADABLE)
def test_an_older_result_never_stands_in(place: int, damage: Json, reason: Reason) -> None:
    """H-005, H-006, H-008: whichever of the three is damaged, the fourth does not replace it."""
    three = [NEWEST, MIDDLE, OLDEST]
    three[place] = three[place] | damage
    on = found(*three, BEFORE)
    assert (on.possible, on.reason) == ((), reason)
    assert ("abc"[place], reason) in used(on)


def test_what_is_not_needed_does_no_harm() -> None:
    """Beyond the last three nothing is judged, and nothing is listed."""
    unit = BEFORE | {"valueQuantity": amount(1, "kg")}
    stale = result(200, "2020-01-01T00:00:00Z", "e")
    assert used(found(NEWEST, MIDDLE, OLDEST, unit, stale)) == [("a", None), ("b", None), ("c", None)]


@pytest.mark.parametrize(
    ("when", "reason"),
    [
        ("2026-10-21T12:00:00Z", None),
        ("2026-10-21T11:59:59Z", Reason.STALE),
        ("2026-10-21", Reason.UNDATED),
        ("2026-10", Reason.UNDATED),
        ("2026-10-23", None),
    ],
)
def test_all_of_them_are_recent_enough(when: str, reason: Reason | None) -> None:
    """H-007, H-008: the limit is inclusive, and the oldest result is held to it too."""
    on = found(NEWEST, MIDDLE, result(150, when, "c"))
    assert on.reason is reason
    assert ("c", reason) in used(on)


def test_a_future_result_is_told_first() -> None:
    """H-008: an impossible time throws doubt on the series more than an old result does."""
    on = found(result(90, "2027", "a"), MIDDLE, result(150, "2020", "c"))
    assert on.reason is Reason.FUTURE
    assert used(on) == [("a", Reason.FUTURE), ("b", None), ("c", Reason.STALE)]


def test_the_same_result_twice_counts_once() -> None:
    """H-013: in another unit, another time zone, under another code; both are listed."""
    copy = result(90_000, "2026-11-19T03:00:00-05:00", "a2", "/uL")
    other_code = observation("26515-7", "b2", "2026-11-11T08:00:00Z", valueQuantity=amount(160, "10*9/L"))
    on = found(NEWEST, copy, MIDDLE, other_code)
    assert (on.reason, on.explanation) == (Reason.MISSING, "2 of 3 results on file")
    on = found(NEWEST, copy, MIDDLE, other_code, OLDEST)
    assert on.possible == (quantity(-60, "10*3/uL"),)
    assert [name for name, _ in used(on)] == ["a", "a2", "b", "b2", "c"]


@pytest.mark.parametrize("place", [0, 1, 2])
def test_different_values_at_one_instant(place: int) -> None:
    """H-014: no choice between them, wherever in the series they stand."""
    three = [NEWEST, MIDDLE, OLDEST]
    other = three[place] | {"id": "x", "valueQuantity": amount(155, "10*3/uL")}
    for item in (CHANGE, trend_input("lowest")):
        on = found(*three, other, item=item)
        assert (on.possible, on.reason) == ((), Reason.CONFLICT)
        assert on.explanation == "results at one time differ, or their order cannot be told"
        assert ("x", None) in used(on)
    unreadable = other | {"valueQuantity": amount(155, "kg")}
    assert found(*three, unreadable).reason is Reason.UNIT


def test_partial_dates() -> None:
    """H-008: days are in order by themselves; what may be earlier or later is not."""
    days = [result(number, f"2026-11-{number}") for number in (17, 18, 19)]
    assert found(*days).possible == (quantity(2, "10*3/uL"),)
    # The 18th somewhere on earth: before or after the result of 09:00Z.
    assert found(*days, result(60, "2026-11-18T09:00:00Z")).reason is Reason.CONFLICT
    assert found(*days, result(18, "2026-11-18", "copy")).possible == (quantity(2, "10*3/uL"),)
    assert found(*days, result(60, "2026-11-18", "other")).reason is Reason.CONFLICT
    assert found(*days, result(18, "2026-11-18T09:00:00Z", "copy")).reason is Reason.CONFLICT
    assert found(*days, result(60, "2026-11-10T09:00:00Z")).known


def test_a_month_may_lie_between_two_days() -> None:
    """H-008: one wide date makes the order of all that it overlaps uncertain, equal values or not."""
    month = result(90, "2026-11", "month")
    assert found(NEWEST, MIDDLE, OLDEST, month).reason is Reason.CONFLICT
    for day in ("2026-10-01", "2026-10-15", "2026-10-31"):
        pair = (result(90, "2026-10", "month"), result(90, day, "day"))
        older = (result(80, "2026-09-10", "c"), result(70, "2026-09-09", "d"))
        assert found(*pair, *older, item=LIFETIME).reason is Reason.CONFLICT


def test_a_slope_needs_instants() -> None:
    """A fall by 60 from the 18th to the 19th took a minute or two days."""
    slope = trend_input("slope", 2, unit="10*3/uL/d")
    days = [result(120, "2026-11-18", "a"), result(60, "2026-11-19", "b")]
    on = found(*days, item=slope)
    assert (on.possible, on.reason) == ((), Reason.UNDATED)
    assert used(on) == [("a", Reason.UNDATED), ("b", Reason.UNDATED)]
    assert found(*days, item=trend_input("change", 2)).possible == (quantity(-60, "10*3/uL"),)
    hours = [result(120, "2026-11-18T20:00:00Z"), result(60, "2026-11-19T03:00:00+01:00")]
    assert found(*hours, item=slope).possible == (quantity(-240, "10*3/uL/d"),)


def test_lifetime() -> None:
    """H-007: age is no matter then, but a result without a date has no place in a series."""
    old = [result(number, f"20{number}-05-01") for number in (10, 11, 12)]
    assert found(*old, item=LIFETIME).possible == (quantity(2, "10*3/uL"),)
    undated = result(100, None, "u")
    on = found(*old, undated, item=LIFETIME)
    assert (on.possible, on.reason) == ((), Reason.UNDATED)
    assert ("u", Reason.UNDATED) in used(on)


def test_relative_change_from_zero() -> None:
    """Not defined is not zero."""
    item = trend_input("relative_change", 2, unit="1", observable="bilirubin")
    made_of = [
        observation("1975-2", when, f"2026-11-{when[1:]}", valueQuantity=amount(number, "mg/dL"))
        for when, number in (("d10", 0), ("d12", 3))
    ]
    on = found(*made_of, item=item)
    assert (on.possible, on.reason) == ((), Reason.NO_VALUE)
    assert on.explanation == "the trend of these results is not defined"


@st.composite
def on_file(draw: st.DrawFn) -> list[tuple[int, int, str]]:
    """Hours of age, value, and what is wrong; no two at one time."""
    kinds = st.sampled_from(["good"] * 6 + ["cancelled", "no unit", "implausible"])
    ages = draw(st.lists(st.integers(0, 800), max_size=7, unique=True))
    return [(age, draw(st.integers(1, 3000)), draw(kinds)) for age in ages]


def _resource(age: int, number: int, kind: str, offset: int) -> Json:
    instant = (AS_OF - timedelta(hours=age)).astimezone(timezone(timedelta(hours=offset)))
    resource = result(number * 10_000 if kind == "implausible" else number, instant.isoformat(), f"h{age}")
    if kind == "cancelled":
        return resource | {"status": "cancelled"}
    return resource | {"valueQuantity": {"value": number}} if kind == "no unit" else resource


@PROPERTY
@given(on_file(), st.integers(1, 4), st.data(), st.randoms(use_true_random=False))
def test_against_the_plain_account(
    results: list[tuple[int, int, str]], count: int, data: st.DataObject, shuffler: random.Random
) -> None:
    """H-015, H-016: newest by instant whatever the time zone, in any order of entries; else the reason."""
    resources = [_resource(*each, data.draw(st.integers(-11, 13))) for each in results]
    on = found(*resources, item=trend_input("mean", count))
    shuffler.shuffle(resources)
    again = found(*resources, item=trend_input("mean", count))
    assert (again.possible, again.reason, used(again)) == (on.possible, on.reason, used(on))

    counting = sorted(each for each in results if each[2] != "cancelled")[:count]
    kinds = {kind for _, _, kind in counting}
    if any(age > 30 * 24 for age, _, _ in counting):
        assert on.reason is Reason.STALE
    elif "no unit" in kinds:
        assert on.reason is Reason.UNIT
    elif "implausible" in kinds:
        assert on.reason is Reason.IMPLAUSIBLE
    elif len(counting) < count:
        assert on.reason is (Reason.STATUS if results and not counting else Reason.MISSING)
    else:
        mean = Fraction(sum(number for _, number, _ in counting), count)
        assert (on.possible, on.reason) == ((Quantity(mean, "10*3/uL"),), None)


_TIMES = ["2026-11-18", "2026-11-18T09:00:00Z", "2026-11-18T10:00:00+01:00", "2026-11-17", "2026-11", None]


@PROPERTY
@given(
    st.lists(st.tuples(st.sampled_from(_TIMES), st.sampled_from([90, 91])), max_size=5),
    st.sampled_from(TrendFunction),
    st.randoms(use_true_random=False),
)
def test_order_of_entries_changes_nothing(
    results: list[tuple[str | None, int]], function: TrendFunction, shuffler: random.Random
) -> None:
    """H-016: also where times are partial, equal or absent."""
    units = {TrendFunction.SLOPE: "10*3/uL/d", TrendFunction.RELATIVE_CHANGE: "1"}
    item = trend_input(function, 2, unit=units.get(function, "10*3/uL"))
    resources = [result(number, when, f"r{index}") for index, (when, number) in enumerate(results)]
    on = found(*resources, item=item)
    shuffler.shuffle(resources)
    again = found(*resources, item=item)
    assert replace(again, data=()) == replace(on, data=()) and used(again) == used(on)
