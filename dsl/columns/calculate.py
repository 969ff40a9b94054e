"""The calculated values of a rule over columns: floats within an error, exact where that is too wide.

A value that may lie on either side of a limit, or may be no number, is calculated again by
`dsl.evaluator.calculate`, once for each combination of cells. So is one that has no form in columns, a
function of the library.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import repeat

import numpy as np

from dsl import model, units
from dsl.columns.arithmetic import (
    ARITHMETIC,
    ROUNDING,
    TINY,
    Approximate,
    constant,
    exact_base,
    least,
    margin,
    nearest_dose,
    placed,
    power,
    rounded,
)
from dsl.columns.cells import REASONS, Amounts, Column, Numbers, fact_of
from dsl.compiler.cases import Axis
from dsl.compiler.rule import MAX_KEPT, CompiledRule
from dsl.compiler.slots import Slot
from dsl.evaluator.calculate import references
from dsl.evaluator.evaluate import ASSUMABLE, prepare
from dsl.types import QuantityType
from dsl.values import Quantity

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
            chosen, sure = least(harms, count)
            places = np.array([axis.merged[axis.scale.members.index(each)] for each in let.value.options])
            np.copyto(cases, places[chosen], where=sure & ~absent)
            unsure &= ~sure
        else:
            approximate = self._amount(model.InputRef(let.name), rows, names)
            if approximate is not None:
                found, sure = placed(approximate, axis)
                np.copyto(cases, found, where=sure & ~absent)
                if let.name in self._doses:
                    np.copyto(amounts, self._nearest(let, rows, names))
                    sure = sure & np.isfinite(amounts)
                unsure &= ~sure
        (again,) = np.nonzero(unsure)
        if len(again):
            cases[again], amounts[again] = self._exactly(axis, let, again + rows.start)
        return cases, amounts

    def _nearest(self, let: model.Let, rows: slice, names: Names) -> Numbers:
        if isinstance(let.value, model.Rounded) and isinstance(let.type, QuantityType):
            amount = self._amount(let.value.amount, rows, names)
            if amount is not None:
                return nearest_dose(amount, let.value, let.type.unit)
        return np.asarray(np.nan)

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
            instead = constant(assumption.value)
            value[assumable], error[assumable] = instead.value, instead.error
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
            return constant(expression.value) if isinstance(expression.value, Quantity) else None
        if isinstance(expression, model.Rounded):
            amount = self._amount(expression.amount, rows, names)
            return None if amount is None else rounded(amount, expression)
        if isinstance(expression, model.Margin):
            return margin([self._amount(harm, rows, names) for harm in expression.harms])
        if not isinstance(expression, model.Arithmetic):
            return None
        left = self._amount(expression.left, rows, names)
        if expression.operator == "^":
            exponent = expression.right.value if isinstance(expression.right, model.Constant) else None
            whole = int(exact_base(exponent)) if isinstance(exponent, Quantity) else None
            return None if left is None or whole is None else power(left, whole)
        right = self._amount(expression.right, rows, names)
        return None if left is None or right is None else ARITHMETIC[expression.operator](left, right)

    # ------------------------------------------------------------ the exact way
    def _exactly(self, axis: Axis, let: model.Let, rows: Numbers) -> tuple[Numbers, Numbers]:
        """Cases and amounts of some rows by `dsl.evaluator.calculate`, once for each combination of cells."""
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
        combinations = (
            zip(*(part.tolist() for part in parts), strict=True) if parts else repeat((), len(rows))
        )
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
