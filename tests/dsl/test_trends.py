"""Trends are exact, in the right unit, and undefined rather than misleading."""

from __future__ import annotations

import statistics
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl import units
from dsl.trends import Trend, TrendFunction, apply, unit_of
from dsl.values import Quantity, convert
from tests.dsl.support import PROPERTY

Series = list[tuple[Fraction, Fraction]]
"""Days and amounts, oldest first."""

NUMBERS = st.fractions(min_value=-1000, max_value=1000, max_denominator=1000)
POSITIVE = st.fractions(min_value=1, max_value=1000, max_denominator=1000)
FUNCTIONS = st.sampled_from(TrendFunction)


def series(amounts: st.SearchStrategy[Fraction]) -> st.SearchStrategy[Series]:
    days = st.lists(st.tuples(NUMBERS, amounts), min_size=2, max_size=6, unique_by=lambda point: point[0])
    return days.map(sorted)


def trend(function: TrendFunction, made_of: Series, unit: str = "mg/dL") -> Quantity | None:
    points = [(day, Quantity(amount, unit)) for day, amount in made_of]
    return apply(Trend(function, len(points)), points)


def value(function: TrendFunction, made_of: Series) -> Fraction:
    found = trend(function, made_of)
    assert found is not None
    return found.value


def of(*amounts: int | str) -> Series:
    """Amounts of consecutive days."""
    return [(Fraction(day), Fraction(amount)) for day, amount in enumerate(amounts)]


@pytest.mark.parametrize(
    ("name", "expected", "unit"),
    [
        ("lowest", "1", "mg/dL"),
        ("highest", "9", "mg/dL"),
        ("mean", "16/3", "mg/dL"),
        ("median", "6", "mg/dL"),
        ("change", "-3", "mg/dL"),
        ("relative_change", "-1/3", "1"),
        ("slope", "-1/14", "mg/dL/d"),
    ],
)
def test_each_function_by_hand(name: str, expected: str, unit: str) -> None:
    """Slope: distances from the mean day are -2, -1 and 3, so (-18 - 1 + 18) / (4 + 1 + 9)."""
    made_of = [(Fraction(day), Fraction(amount)) for day, amount in ((0, 9), (1, 1), (5, 6))]
    assert trend(TrendFunction(name), made_of) == Quantity(Fraction(expected), unit)


@PROPERTY
@given(series(NUMBERS))
def test_middle_values(made_of: Series) -> None:
    """An even number of results has two middle ones."""
    amounts = [amount for _, amount in made_of]
    assert value(TrendFunction.MEDIAN, made_of) == statistics.median(amounts)
    assert value(TrendFunction.MEAN, made_of) == statistics.mean(amounts)


@PROPERTY
@given(st.tuples(NUMBERS, NUMBERS, NUMBERS), NUMBERS)
def test_two_of_the_last_three(amounts: tuple[Fraction, Fraction, Fraction], limit: Fraction) -> None:
    """What the language says in place of counting."""
    made_of = [(Fraction(day), amount) for day, amount in enumerate(amounts)]
    above = sum(amount > limit for amount in amounts)
    assert (value(TrendFunction.MEDIAN, made_of) > limit) == (above >= 2)
    assert (value(TrendFunction.LOWEST, made_of) > limit) == (above == 3)
    assert (value(TrendFunction.HIGHEST, made_of) > limit) == (above >= 1)


@PROPERTY
@given(series(NUMBERS))
def test_the_slope_leaves_no_slope(made_of: Series) -> None:
    """Least squares: what remains beside the line has a slope of exactly zero."""
    slope = value(TrendFunction.SLOPE, made_of)
    assert value(TrendFunction.SLOPE, [(day, amount - slope * day) for day, amount in made_of]) == 0


@PROPERTY
@given(FUNCTIONS, series(POSITIVE), NUMBERS)
def test_the_origin_of_time_means_nothing(function: TrendFunction, made_of: Series, shift: Fraction) -> None:
    assert value(function, [(day + shift, amount) for day, amount in made_of]) == value(function, made_of)


@PROPERTY
@given(FUNCTIONS, series(POSITIVE), st.sampled_from(["g/L", "ng/mL", "kg/m3"]))
def test_conversion_before_or_after_is_the_same(function: TrendFunction, made_of: Series, other: str) -> None:
    """The unit of a trend fits its number, the slope's day and the bare relative change included."""
    converted = [(day, convert(Quantity(amount, "mg/dL"), other).value) for day, amount in made_of]
    before, after = trend(function, converted, other), trend(function, made_of)
    assert before is not None and after is not None
    assert before.unit == unit_of(Trend(function, len(made_of)), other)
    assert convert(after, before.unit) == before


@pytest.mark.parametrize(
    "unit",
    ["1", "%", "kg", "mg/dL", "10*3/uL", "/uL", "mL/min/{1.73_m2}", "[iU]/L", "{score}", "umol/L", "1/d"],
)
def test_the_unit_of_a_slope_is_per_day(unit: str) -> None:
    """Whatever its form, `/d` divides the whole of it."""
    slope = units.parse(unit_of(Trend(TrendFunction.SLOPE, 3), unit))
    assert slope.factor * 86400 == units.parse(unit).factor
    back = dict(slope.dimensions)
    back["s"] = back.get("s", 0) + 1
    assert {name: n for name, n in back.items() if n} == dict(units.parse(unit).dimensions)


def test_the_other_units() -> None:
    of_three = {function: unit_of(Trend(function, 3), "mg/dL") for function in TrendFunction}
    assert of_three.pop(TrendFunction.RELATIVE_CHANGE) == "1"
    assert of_three.pop(TrendFunction.SLOPE) == "mg/dL/d"
    assert set(of_three.values()) == {"mg/dL"}
    assert unit_of(Trend(TrendFunction.SLOPE, 3), "1") == "/d"


def test_undefined() -> None:
    """From -2 to -4 would be a rise by 100 %: no relative change from zero or below."""
    assert trend(TrendFunction.RELATIVE_CHANGE, of(0, 5)) is None
    assert trend(TrendFunction.RELATIVE_CHANGE, of(-2, -4)) is None
    assert trend(TrendFunction.RELATIVE_CHANGE, of("0.001", 0)) == Quantity(Fraction(-1), "1")
    same_time = [(Fraction(1), Fraction(5)), (Fraction(1), Fraction(7))]
    assert trend(TrendFunction.SLOPE, same_time) is None
    assert trend(TrendFunction.CHANGE, same_time) == Quantity(Fraction(2), "mg/dL")


@pytest.mark.parametrize("count", [0, 1, 3])
def test_never_over_another_number_of_results(count: int) -> None:
    points = [(day, Quantity(amount, "kg")) for day, amount in of(1, 2)]
    with pytest.raises(ValueError, match=f"last {count} results cannot be made of 2"):
        apply(Trend(TrendFunction.MEAN, count), points)
    with pytest.raises(ValueError):
        apply(Trend(TrendFunction.MEAN, count), [])
