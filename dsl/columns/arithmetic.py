"""Arithmetic on columns of amounts that are known within an error, which each operation carries on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from dsl import model, units
from dsl.columns.cells import Numbers
from dsl.compiler.cases import Axis
from dsl.values import Quantity

ROUNDING = 2.0**-50
"""Relative error of one operation, eight times what it can be: it also pays for the error of the error."""

TINY = 1e-290
"""Absolute error of one operation, far above what is lost where floats run out of exponent."""


@dataclass(frozen=True, slots=True, eq=False)
class Approximate:
    """Amounts in base units: the exact ones are within `error` of `value`, which may be infinite."""

    value: Numbers
    error: Numbers


def exact_base(amount: Quantity) -> Fraction:
    """The number of an amount in base units."""
    return amount.value * units.parse(amount.unit).factor


def constant(amount: Quantity) -> Approximate:
    """An amount that is the same in every row."""
    value = np.float64(_base(amount))
    return Approximate(np.asarray(value), np.asarray(abs(value) * ROUNDING + TINY))


def _base(amount: Quantity) -> float:
    return float(exact_base(amount))


# ---------------------------------------------------------------- arithmetic
def _result(value: Numbers, error: Numbers) -> Approximate:
    return Approximate(value, error + np.abs(value) * ROUNDING + TINY)


def _add(one: Approximate, other: Approximate) -> Approximate:
    return _result(one.value + other.value, (one.error + other.error) * (1 + ROUNDING))


def _subtract(one: Approximate, other: Approximate) -> Approximate:
    return _result(one.value - other.value, (one.error + other.error) * (1 + ROUNDING))


def _multiply(one: Approximate, other: Approximate) -> Approximate:
    error = np.abs(one.value) * other.error + np.abs(other.value) * one.error + one.error * other.error
    return _result(one.value * other.value, error * (1 + ROUNDING))


def _divide(one: Approximate, other: Approximate) -> Approximate:
    value = one.value / other.value
    room = np.abs(other.value) - other.error
    error = (one.error + np.abs(value) * other.error) / room
    return _result(value, np.where(room > 0, error * (1 + 4 * ROUNDING), np.inf))


def power(amount: Approximate, exponent: int) -> Approximate:
    """A whole power, which may be negative."""
    value = amount.value ** float(exponent)
    # (1 + r)^n - 1 is below 2 n r while n r is small.
    relative = abs(exponent) * amount.error / np.abs(amount.value)
    error = np.abs(value) * (2 * relative + (abs(exponent) + 4) * ROUNDING)
    return _result(value, np.where(relative < 0.01, error, np.inf))


ARITHMETIC: dict[str, Callable[[Approximate, Approximate], Approximate]] = {
    "+": _add,
    "-": _subtract,
    "*": _multiply,
    "/": _divide,
}


def _whole_steps(amount: Approximate, rounding: model.Rounded) -> tuple[Numbers, Numbers]:
    """How many steps an amount is rounded to, and where that is not sure: between two steps."""
    step = _base(rounding.step)
    steps = amount.value / step
    error = amount.error / step + np.abs(steps) * (4 * ROUNDING) + TINY
    boundary = steps - 0.5 if rounding.direction == "nearest" else steps
    whole = np.floor(steps) if rounding.direction == "down" else np.ceil(boundary)
    return whole, ~(np.abs(boundary - np.rint(boundary)) > error) | (np.abs(steps) > 2.0**40)


def rounded(amount: Approximate, rounding: model.Rounded) -> Approximate:
    """Whole steps between two bounds; the error is infinite where their number is not sure, or a dose is."""
    whole, unsure = _whole_steps(amount, rounding)
    value = whole * _base(rounding.step)
    if rounding.low is not None:
        value = np.maximum(value, _base(rounding.low))
    if rounding.high is not None:
        value = np.minimum(value, _base(rounding.high))
    if rounding.dose:
        unsure = unsure | ~(amount.value - amount.error > 0) | (value <= 0)
    return Approximate(value, np.where(unsure, np.inf, np.abs(value) * (4 * ROUNDING) + TINY))


def nearest_dose(amount: Approximate, rounding: model.Rounded, unit: str) -> Numbers:
    """The float nearest to each rounded amount in a unit; NaN where that is not sure."""
    factor = units.parse(unit).factor
    step = exact_base(rounding.step) / factor
    whole, unsure = _whole_steps(amount, rounding)
    numerator = whole * float(step.numerator)
    unsure = unsure | ~(np.abs(numerator) < 2.0**53) | (max(step.numerator, step.denominator) >= 2**53)
    # Both are whole numbers that floats hold exactly, so their quotient is the nearest float.
    nearest = np.where(unsure, np.nan, numerator / float(step.denominator))
    if rounding.low is not None:
        nearest = np.maximum(nearest, float(exact_base(rounding.low) / factor))
    if rounding.high is not None:
        nearest = np.minimum(nearest, float(exact_base(rounding.high) / factor))
    return nearest


def margin(harms: Sequence[Approximate | None]) -> Approximate | None:
    """By how much the least harm is below the next; None where one has no form in columns."""
    known = [harm for harm in harms if harm is not None]
    if len(known) < len(harms):
        return None
    values = np.sort(np.stack(np.broadcast_arrays(*(harm.value for harm in known))), axis=0)
    errors = np.stack(np.broadcast_arrays(*(harm.error for harm in known))).max(axis=0)
    return _result(values[1] - values[0], 2 * errors)


def least(harms: Sequence[Approximate | None], rows: int) -> tuple[Numbers, Numbers]:
    """The place of the least harm, and where that is sure."""
    known = [harm for harm in harms if harm is not None]
    if len(known) < len(harms):
        return np.zeros(rows, np.intp), np.zeros(rows, np.bool_)
    low = np.stack([np.broadcast_to(harm.value - harm.error, rows) for harm in known])
    high = np.stack([np.broadcast_to(harm.value + harm.error, rows) for harm in known])
    chosen = high.argmin(axis=0)
    others = np.where(np.arange(len(known))[:, None] == chosen, np.inf, low).min(axis=0)
    return chosen, high.min(axis=0) < others


def placed(amount: Approximate, axis: Axis) -> tuple[Numbers, Numbers]:
    """The case of each amount, and where it is sure: nowhere near a limit."""
    sure = np.isfinite(amount.value) & np.isfinite(amount.error)
    factor = units.parse(axis.scale.unit).factor
    passed = np.zeros(np.shape(amount.value), np.int64)
    for cut in axis.scale.cuts:
        limit = float(cut * factor)
        room = amount.error + abs(limit) * ROUNDING
        above = amount.value - room > limit
        sure = sure & (above | (amount.value + room < limit))
        passed = passed + above
    return np.array(axis.merged)[2 * passed], sure
