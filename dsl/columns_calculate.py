"""The calculated values of a rule over columns: floats with a bound on their error, exact where it is too wide.

A value that may lie on either side of a limit, or may be no number, is calculated again by `dsl.calculate`,
once for each combination of cells. So is one that has no form in columns: a function of the library.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import repeat

import numpy as np

from dsl import model, units
from dsl.calculate import references
from dsl.columns_cells import REASONS, Amounts, Column, Numbers, fact_of
from dsl.compile_cases import Axis
from dsl.compile_rule import MAX_KEPT, CompiledRule
from dsl.compile_slots import Slot
from dsl.evaluate import ASSUMABLE, prepare
from dsl.types import QuantityType
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


Names = dict[str, tuple[Approximate | None, Numbers]]
"""The value of each name, None where there is no form in columns, and the rows that certainly lack it."""


@dataclass(frozen=True, slots=True, eq=False)
class Calculated:
    """What a rule calculates for some rows."""

    cases: list[Numbers]
    """The case on each axis of `CompiledRule.calculated`."""
    amounts: Mapping[str, Numbers]
    """Calculated doses by name, in the unit of their value, the nearest floats; no meaning where missing."""


class Calculator:
    """The calculations of one rule over the columns of its inputs."""

    def __init__(
        self, rule: CompiledRule, columns: Mapping[str, tuple[Slot, Column]], doses: frozenset[str]
    ) -> None:
        self._rule = rule.rule
        self._axes = rule.calculated
        self._columns = columns
        self._doses = doses
        lets = {let.name: let for let in self._rule.lets}
        self._lets = {name: let for name, let in lets.items() if not isinstance(let.value, model.Truth)}
        # For the exact way: a rule that calculates one value and what it rests on.
        self._alone = {
            axis.name: replace(self._rule, lets=tuple(_behind(lets, axis.name))) for axis in self._axes
        }
        self._kept: dict[tuple[object, ...], tuple[int, float]] = {}

    def block(self, rows: slice) -> Calculated:
        """The calculated values of some rows."""
        with np.errstate(all="ignore"):
            names: Names = {}
            results = [self._axis(axis, rows, names) for axis in self._axes]
        return Calculated(
            [cases for cases, _ in results],
            {axis.name: amounts for axis, (_, amounts) in zip(self._axes, results, strict=True)},
        )

    def _axis(self, axis: Axis, rows: slice, names: Names) -> tuple[Numbers, Numbers]:
        let = self._lets[axis.name]
        count = rows.stop - rows.start
        cases, amounts = np.full(count, axis.missing, np.int64), np.full(count, np.nan)
        absent = self._named(let.name, rows, names)[1]
        unsure = ~absent
        if isinstance(let.value, model.LeastHarm):
            harms = [self._amount(harm, rows, names) for harm in let.value.harms]
            chosen, sure = _least(harms, count)
            places = np.array([axis.merged[axis.scale.members.index(each)] for each in let.value.options])
            np.copyto(cases, places[chosen], where=sure & ~absent)
            unsure &= ~sure
        else:
            approximate = self._amount(model.InputRef(let.name), rows, names)
            if approximate is not None:
                found, sure = _placed(approximate, axis)
                np.copyto(cases, found, where=sure & ~absent)
                if let.name in self._doses:
                    nearest = _nearest_dose(let, approximate)
                    sure &= np.isfinite(nearest)
                    np.copyto(amounts, nearest)
                unsure &= ~sure
        (again,) = np.nonzero(unsure)
        if len(again):
            cases[again], amounts[again] = self._exactly(axis, let, again + rows.start)
        return cases, amounts

    # ------------------------------------------------------------ names
    def _named(self, name: str, rows: slice, names: Names) -> tuple[Approximate | None, Numbers]:
        """A value, None where there is no form in columns, and the rows in which it certainly has none."""
        if name not in names:
            let = self._lets.get(name)
            if let is not None:
                absent = np.zeros(rows.stop - rows.start, np.bool_)
                for each in set(references(let.value)):
                    absent = absent | self._named(each, rows, names)[1]
                names[name] = self._amount(let.value, rows, names), absent
            elif name in self._columns:
                names[name] = self._input(name, rows)
            else:
                names[name] = None, np.zeros(rows.stop - rows.start, np.bool_)
        return names[name]

    def _input(self, name: str, rows: slice) -> tuple[Approximate | None, Numbers]:
        column = self._columns[name][1]
        if not isinstance(column, Amounts):
            return None, np.zeros(rows.stop - rows.start, np.bool_)
        value = column.values[rows] * float(units.parse(column.unit).factor)
        error = np.abs(value) * (4 * ROUNDING) + TINY
        if column.reasons is None:
            return Approximate(value, error), np.zeros(len(value), np.bool_)
        reasons = column.reasons[rows]
        absent = reasons != 0
        assumption = self._rule.input(name).assume
        if assumption is not None and isinstance(assumption.value, Quantity):
            assumable = np.array([False, *(reason in ASSUMABLE for reason in REASONS)])[reasons]
            value[assumable] = _base(assumption.value)
            error[assumable] = abs(_base(assumption.value)) * ROUNDING + TINY
            absent &= ~assumable
        return Approximate(value, error), absent

    # ------------------------------------------------------------ expressions
    def _amount(
        self,
        expression: model.Expression,
        rows: slice,
        names: Names,
    ) -> Approximate | None:
        if isinstance(expression, model.InputRef):
            return self._named(expression.name, rows, names)[0]
        if isinstance(expression, model.Constant):
            return _constant(expression.value) if isinstance(expression.value, Quantity) else None
        if isinstance(expression, model.Rounded):
            amount = self._amount(expression.amount, rows, names)
            return None if amount is None else _rounded(amount, expression)
        if isinstance(expression, model.Margin):
            return _margin([self._amount(harm, rows, names) for harm in expression.harms])
        if not isinstance(expression, model.Arithmetic):
            return None
        left = self._amount(expression.left, rows, names)
        if expression.operator == "^":
            exponent = expression.right.value if isinstance(expression.right, model.Constant) else None
            whole = int(_exact_base(exponent)) if isinstance(exponent, Quantity) else None
            return None if left is None or whole is None else _power(left, whole)
        right = self._amount(expression.right, rows, names)
        return None if left is None or right is None else _ARITHMETIC[expression.operator](left, right)

    # ------------------------------------------------------------ the exact way
    def _exactly(self, axis: Axis, let: model.Let, rows: Numbers) -> tuple[Numbers, Numbers]:
        """Cases and amounts of some rows by `dsl.calculate`, once for each combination of cells."""
        parts: list[Numbers] = []
        for name in let.reads:
            column = self._columns[name][1]
            if not isinstance(column, Amounts):
                parts.append(column.codes[rows])
            elif column.reasons is None:
                parts.append(column.values[rows])
            else:
                reasons = column.reasons[rows]
                parts += [reasons, np.where(reasons == 0, column.values[rows], 0)]
        cases, amounts = np.empty(len(rows), np.int64), np.empty(len(rows))
        combinations = zip(*(part.tolist() for part in parts), strict=True) if parts else repeat((), len(rows))
        for at, cells in enumerate(combinations):
            key = (let.name, *cells)
            if key not in self._kept:
                if len(self._kept) >= MAX_KEPT:
                    self._kept.clear()
                self._kept[key] = self._one(axis, let, int(rows[at]))
            cases[at], amounts[at] = self._kept[key]
        return cases, amounts

    def _one(self, axis: Axis, let: model.Let, row: int) -> tuple[int, float]:
        facts = {}
        for name in let.reads:
            slot, column = self._columns[name]
            facts[name] = fact_of(column, row, slot)
        fact = prepare(self._alone[let.name], facts)[let.name]
        case = axis.case(fact)
        assert case is not None, "a cell has one value, and so has what is calculated from it"
        value = fact.possible[0] if fact.possible and let.name in self._doses else None
        return case, float(value.value) if isinstance(value, Quantity) else math.nan


def _behind(lets: Mapping[str, model.Let], name: str) -> list[model.Let]:
    """A calculated value and those that it rests on, in the order of their declaration."""
    needed, waiting = set(), [name]
    while waiting:
        each = waiting.pop()
        if each in lets and each not in needed:
            needed.add(each)
            waiting += references(lets[each].value)
    return [let for let in lets.values() if let.name in needed]


def _exact_base(amount: Quantity) -> Fraction:
    return amount.value * units.parse(amount.unit).factor


def _base(amount: Quantity) -> float:
    return float(_exact_base(amount))


def _constant(amount: Quantity) -> Approximate:
    value = np.float64(_base(amount))
    return Approximate(np.asarray(value), np.asarray(abs(value) * ROUNDING + TINY))


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


def _power(base: Approximate, exponent: int) -> Approximate:
    value = base.value ** float(exponent)
    # (1 + r)^n - 1 is below 2 n r while n r is small.
    relative = abs(exponent) * base.error / np.abs(base.value)
    error = np.abs(value) * (2 * relative + (abs(exponent) + 4) * ROUNDING)
    return _result(value, np.where(relative < 0.01, error, np.inf))


_ARITHMETIC: dict[str, Callable[[Approximate, Approximate], Approximate]] = {
    "+": _add,
    "-": _subtract,
    "*": _multiply,
    "/": _divide,
}


def _rounded(amount: Approximate, rounding: model.Rounded) -> Approximate:
    """Whole steps; not sure where the amount may lie on either side of a boundary between two steps."""
    step = _base(rounding.step)
    steps = amount.value / step
    error = amount.error / abs(step) + np.abs(steps) * (4 * ROUNDING) + TINY
    boundary = steps - 0.5 if rounding.direction == "nearest" else steps
    unsure = ~(np.abs(boundary - np.rint(boundary)) > error) | (np.abs(steps) > 2.0**40)
    whole = np.floor(steps) if rounding.direction == "down" else np.ceil(boundary)
    value = whole * step
    if rounding.low is not None:
        value = np.maximum(value, _base(rounding.low))
    if rounding.high is not None:
        value = np.minimum(value, _base(rounding.high))
    if rounding.dose:
        unsure |= ~(amount.value - amount.error > 0) | (value <= 0)
    return Approximate(value, np.where(unsure, np.inf, np.abs(value) * (4 * ROUNDING) + TINY))


def _nearest_dose(let: model.Let, approximate: Approximate) -> Numbers:
    """The float nearest to each exact amount in the unit of the value; NaN where that is not plain."""
    rounding = let.value
    if not isinstance(rounding, model.Rounded) or not isinstance(let.type, QuantityType):
        return np.full_like(approximate.value, np.nan)
    factor = units.parse(let.type.unit).factor
    step = rounding.step.value * units.parse(rounding.step.unit).factor / factor
    whole = np.rint(approximate.value / _base(rounding.step)) * float(step.numerator)
    # Both are whole numbers that floats hold exactly, so the division gives the nearest float.
    plain = (np.abs(whole) < 2.0**53) & (step.denominator < 2**53) & (step.numerator < 2**53)
    nearest = np.where(plain & np.isfinite(approximate.error), whole / float(step.denominator), np.nan)
    for bound, kept in ((rounding.low, np.maximum), (rounding.high, np.minimum)):
        if bound is not None:
            nearest = kept(nearest, float(bound.value * units.parse(bound.unit).factor / factor))
    return nearest


def _margin(harms: Sequence[Approximate | None]) -> Approximate | None:
    known = [harm for harm in harms if harm is not None]
    if len(known) < len(harms):
        return None
    values = np.sort(np.stack(np.broadcast_arrays(*(harm.value for harm in known))), axis=0)
    errors = np.stack(np.broadcast_arrays(*(harm.error for harm in known))).max(axis=0)
    return _result(values[1] - values[0], 2 * errors)


def _least(harms: Sequence[Approximate | None], rows: int) -> tuple[Numbers, Numbers]:
    """The place of the least harm, and where that is sure."""
    known = [harm for harm in harms if harm is not None]
    if len(known) < len(harms):
        return np.zeros(rows, np.intp), np.zeros(rows, np.bool_)
    low = np.stack([np.broadcast_to(harm.value - harm.error, rows) for harm in known])
    high = np.stack([np.broadcast_to(harm.value + harm.error, rows) for harm in known])
    chosen = high.argmin(axis=0)
    others = np.where(np.arange(len(known))[:, None] == chosen, np.inf, low).min(axis=0)
    return chosen, high.min(axis=0) < others


def _placed(amount: Approximate, axis: Axis) -> tuple[Numbers, Numbers]:
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
