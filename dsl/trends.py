"""Trends: one amount out of the last results of a measurement, by a closed set of functions.

Nothing counts results against a limit: "two of the last three are above 5" says the same as
`median of last 3` is above 5, "all of them" the same as `lowest`, "any of them" as `highest`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from dsl.values import Quantity


class TrendFunction(StrEnum):
    """What is made of the results."""

    LOWEST = "lowest"
    HIGHEST = "highest"
    MEAN = "mean"
    MEDIAN = "median"
    """The middle one; of an even number, the mean of the two in the middle."""
    CHANGE = "change"
    """The newest minus the oldest: a fall is negative."""
    RELATIVE_CHANGE = "relative_change"
    """The change divided by the oldest: halved is -0.5."""
    SLOPE = "slope"
    """The line of least squares, per day: a fall is negative."""


SAME_RANGE = frozenset(
    (TrendFunction.LOWEST, TrendFunction.HIGHEST, TrendFunction.MEAN, TrendFunction.MEDIAN)
)
"""Functions whose value lies among the results."""


@dataclass(frozen=True, slots=True)
class Trend:
    """`median of last 3`: the function, and how many results it is made of, never fewer."""

    function: TrendFunction
    count: int


def unit_of(trend: Trend, unit: str) -> str:
    """The UCUM code of the trend of results in `unit`: `mg/dL/d` for a slope of `mg/dL`."""
    match trend.function:
        case TrendFunction.RELATIVE_CHANGE:
            return "1"
        case TrendFunction.SLOPE:
            return "/d" if unit == "1" else f"{unit}/d"
        case _:
            return unit


def apply(trend: Trend, points: Sequence[tuple[Fraction, Quantity]]) -> Quantity | None:
    """The trend of results, exactly; each is a time in days and an amount, oldest first, all in one unit.

    None where it is not defined: a relative change from zero or from a negative amount, whose sign would
    say the contrary, and a slope without two different times. Raises `ValueError` unless there are
    `trend.count` points: a trend over other results than it names is none.
    """
    if not points or len(points) != trend.count:
        raise ValueError(f"a trend over the last {trend.count} results cannot be made of {len(points)}")
    value = _value(trend.function, [day for day, _ in points], [amount.value for _, amount in points])
    return None if value is None else Quantity(value, unit_of(trend, points[0][1].unit))


def _value(function: TrendFunction, days: list[Fraction], amounts: list[Fraction]) -> Fraction | None:
    match function:
        case TrendFunction.LOWEST:
            return min(amounts)
        case TrendFunction.HIGHEST:
            return max(amounts)
        case TrendFunction.MEAN:
            return _mean(amounts)
        case TrendFunction.MEDIAN:
            middle = (len(amounts) - 1) // 2
            return _mean(sorted(amounts)[middle : len(amounts) - middle])
        case TrendFunction.CHANGE:
            return amounts[-1] - amounts[0]
        case TrendFunction.RELATIVE_CHANGE:
            return (amounts[-1] - amounts[0]) / amounts[0] if amounts[0] > 0 else None
        case TrendFunction.SLOPE:
            return _slope(days, amounts)


def _mean(values: Sequence[Fraction]) -> Fraction:
    return sum(values, Fraction(0)) / len(values)


def _slope(days: list[Fraction], amounts: list[Fraction]) -> Fraction | None:
    mean_day = _mean(days)
    spread = sum(((day - mean_day) ** 2 for day in days), Fraction(0))
    # Distances from the mean day sum to zero, so the mean amount would cancel.
    products = ((day - mean_day) * amount for day, amount in zip(days, amounts, strict=True))
    return sum(products, Fraction(0)) / spread if spread else None
