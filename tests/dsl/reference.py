"""The reference evaluator: decision 007 written a second time, straight from the syntax tree.

It shares nothing with the product but the tree (`dsl.syntax`) and the types of facts (`dsl.values`): its own
units, arithmetic, three-valued logic, `else` and walks. It is there to be read beside the decision, section by
section, not to be fast. Amounts are fractions in grams, metres, seconds, moles and international units.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import pairwise, product

from dsl import syntax
from dsl.syntax import Expression, Literal, QuantityLiteral, ResultSyntax, RuleSyntax, Text
from dsl.values import Dose, Fact, Period, Quantity, Range, Reason

# ---------------------------------------------------------------- units
_NUMBER, _MASS, _SUBSTANCE, _ACTIVITY = (0, 0, 0, 0, 0), (1, 0, 0, 0, 0), (0, 0, 0, 1, 0), (0, 0, 0, 0, 1)
_LENGTH, _AREA, _VOLUME, _TIME = (0, 1, 0, 0, 0), (0, 2, 0, 0, 0), (0, 3, 0, 0, 0), (0, 0, 1, 0, 0)

_ATOMS = {
    **{code: (Fraction(size), _NUMBER) for code, size in (("", 1), ("1", 1), ("%", "0.01"))},
    **{f"10*{power}": (Fraction(10**power), _NUMBER) for power in (3, 6, 9)},
    **{code: (Fraction(size), _MASS) for code, size in (("kg", 1000), ("g", 1), ("mg", "1e-3"), ("ug", "1e-6"))},
    **{code: (Fraction(size), _LENGTH) for code, size in (("m", 1), ("cm", "0.01"))},
    "m2": (Fraction(1), _AREA),
    **{
        code: (Fraction(size), _VOLUME)
        for code, size in (("L", "1e-3"), ("dL", "1e-4"), ("mL", "1e-6"), ("uL", "1e-9"))
    },
    **{
        code: (Fraction(size), _TIME)
        for code, size in (("min", 60), ("h", 3600), ("d", 86400), ("wk", 604800), ("mo", 2629800), ("a", 31557600))
    },
    **{code: (Fraction(size), _SUBSTANCE) for code, size in (("mol", 1), ("mmol", "1e-3"), ("umol", "1e-6"))},
    "[iU]": (Fraction(1), _ACTIVITY),
}


@cache
def unit(code: str) -> tuple[Fraction, tuple[int, ...]]:
    """The factor and the dimensions of a unit like `mL/min`; `KeyError` for one that is not in the table."""
    first, *divisors = code.split("/")
    factor, dimensions = _ATOMS[first]
    for divisor in divisors:
        size, minus = _ATOMS[divisor]
        factor /= size
        dimensions = tuple(ours - theirs for ours, theirs in zip(dimensions, minus, strict=True))
    return factor, dimensions


def in_base_units(amount: Quantity) -> Fraction:
    """The amount in base units."""
    return amount.value * unit(amount.unit)[0]


# ---------------------------------------------------------------- facts
Point = Fraction | str | bool


@dataclass(frozen=True, slots=True)
class Stretch:
    """All amounts between two bounds, in base units; a bound that is None is infinitely far."""

    low: Fraction | None
    high: Fraction | None
    low_included: bool
    high_included: bool

    def points(self, cuts: Iterable[Point]) -> Iterator[Fraction]:
        """Points that stand for all of the stretch where nothing counts but comparisons with the cuts."""
        amounts = {cut for cut in cuts if isinstance(cut, Fraction) and self._holds(cut)}
        marks = sorted(amounts | {end for end in (self.low, self.high) if end is not None})
        between = [(one + other) / 2 for one, other in pairwise(marks)]
        for point in (marks[0] - 1, *marks, *between, marks[-1] + 1):
            if self._holds(point):
                yield point

    def _holds(self, point: Fraction) -> bool:
        above = self.low is None or point > self.low or (point == self.low and self.low_included)
        below = self.high is None or point < self.high or (point == self.high and self.high_included)
        return above and below


@dataclass(frozen=True, slots=True)
class Possible:
    """The values that are still possible for a name, and why there is not exactly one."""

    values: tuple[Point | Stretch, ...]
    reason: Reason | None = None

    @property
    def known(self) -> bool:
        """Whether there is exactly one."""
        return len(self.values) == 1 and not isinstance(self.values[0], Stretch)

    def points(self, cuts: Sequence[Point]) -> list[Point]:
        """The values, and for each stretch the points that stand for it."""
        found: list[Point] = []
        for value in self.values:
            found += value.points(cuts) if isinstance(value, Stretch) else (value,)
        return found


def possible(fact: Fact) -> Possible:
    """The fact with its amounts in base units."""
    values: list[Point | Stretch] = []
    for value in fact.possible:
        if isinstance(value, Range):
            factor = unit(value.unit)[0]
            low, high = (None if end is None else end * factor for end in (value.low, value.high))
            values.append(Stretch(low, high, value.low_included, value.high_included))
        else:
            values.append(in_base_units(value) if isinstance(value, Quantity) else value)
    return Possible(tuple(values), fact.reason)


# ---------------------------------------------------------------- three truths
Truth = bool | None


def _all(truths: Sequence[Truth]) -> Truth:
    if False in truths:
        return False
    return None if None in truths else True


def _not(truth: Truth) -> Truth:
    return None if truth is None else not truth


def _agreed(truths: Iterable[bool]) -> Truth:
    """What holds for every possible value; unknown if they differ, and if there is none."""
    seen = set(truths)
    return seen.pop() if len(seen) == 1 else None


# ---------------------------------------------------------------- tests of one value
Test = Callable[[Point | None], bool]
"""Whether a value fits; None is the case of an optional input that is missing."""


def _constant(literal: Literal) -> Point:
    if isinstance(literal, QuantityLiteral):
        return in_base_units(literal.quantity)
    return {"true": True, "false": False}.get(literal.text, literal.text)


def _holds(operator: str, left: Point | None, right: Point) -> bool:
    if operator in ("=", "!="):
        return (left == right) is (operator == "=")
    if not isinstance(left, Fraction) or not isinstance(right, Fraction):
        return False
    below, equal = left < right, left == right
    return {"<": below, "<=": below or equal, ">": not below and not equal, ">=": not below}[operator]


def _bounds(interval: syntax.Interval) -> tuple[Fraction, Fraction]:
    """Both bounds in base units; a unit that stands only at the end holds for both."""
    low, high = interval.low.quantity, interval.high.quantity
    return in_base_units(Quantity(low.value, high.unit) if low.unit == "1" else low), in_base_units(high)


def _within(interval: syntax.Interval) -> Test:
    low, high = _bounds(interval)
    above, below = ">=" if interval.low_included else ">", "<=" if interval.high_included else "<"
    return lambda value: _holds(above, value, low) and _holds(below, value, high)


def _cell(cell: syntax.Cell) -> Test:
    """The test of a cell other than `else`."""
    match cell:
        case syntax.CompareCell(operator=operator, literal=literal):
            bound = _constant(literal)
            return lambda value: value is not None and _holds(operator, value, bound)
        case syntax.OneOfCell(literals=literals, missing=missing):
            members = {_constant(literal) for literal in literals}
            return lambda value: missing is not None if value is None else value in members
        case syntax.Interval():
            return _within(cell)
        case _:
            return lambda value: True


def _cuts(cell: syntax.Cell) -> tuple[Point, ...]:
    match cell:
        case syntax.CompareCell(literal=literal):
            return (_constant(literal),)
        case syntax.OneOfCell(literals=literals):
            return tuple(map(_constant, literals))
        case syntax.Interval():
            return _bounds(cell)
        case _:
            return ()


def _shape(node: object) -> object:
    """A part of the tree without positions and with amounts in base units: equal if it says the same."""
    match node:
        case Quantity():
            return in_base_units(node), unit(node.unit)[1]
        case syntax.OneOfCell(literals=literals, missing=missing):
            return frozenset(map(_constant, literals)), missing is not None
        case syntax.Interval():
            return _bounds(node), node.low_included, node.high_included
        case tuple():
            return tuple(_shape(each) for each in node)
    if dataclasses.is_dataclass(node):
        fields = (field.name for field in dataclasses.fields(node) if field.name != "span")
        return type(node).__name__, *(_shape(getattr(node, name)) for name in fields)
    return node


class _Table:
    """A table as tests: one for each cell, with what `else` stands for."""

    def __init__(self, table: syntax.Table) -> None:
        self.table = table
        self.columns = [column.text for column in table.columns]
        self.cuts = [[cut for row in table.rows for cut in _cuts(row.cells[at])] for at in range(len(self.columns))]
        self._tests = [[self._test(row, at) for at in range(len(self.columns))] for row in table.rows]

    def _test(self, row: syntax.RowSyntax, at: int) -> Test:
        cell = row.cells[at]
        if not isinstance(cell, syntax.ElseCell):
            return _cell(cell)
        # What no row with the same other cells takes.
        taken = [
            _cell(other.cells[at])
            for other in self.table.rows
            if not isinstance(other.cells[at], syntax.ElseCell)
            and _shape((*other.cells[:at], *other.cells[at + 1 :])) == _shape((*row.cells[:at], *row.cells[at + 1 :]))
        ]
        return lambda value: not any(test(value) for test in taken)

    def truths(self, row: int, columns: Sequence[Sequence[Point | None]]) -> list[Truth]:
        """Whether each cell of a row fits the values that its column may have (none: it is not known)."""
        return [
            True if isinstance(cell, syntax.AnyCell) else _agreed(test(value) for value in values)
            for cell, test, values in zip(self.table.rows[row].cells, self._tests[row], columns, strict=True)
        ]


# ---------------------------------------------------------------- calculations
@dataclass(frozen=True, slots=True)
class Library:
    """A library function: its parameters with their units (None for a truth), and the unit of its result."""

    parameters: tuple[tuple[str, str | None], ...]
    unit: str
    compute: Callable[..., Fraction]


Assignment = Mapping[str, Point | Stretch]


class _Failed(Exception):
    """A calculation without a result: division by zero, outside a domain, a dose that is not above zero."""


@dataclass(frozen=True, slots=True)
class _Calculation:
    """A value that is calculated from what it reads; a condition is judged instead of computed."""

    name: str
    reads: tuple[str, ...]
    compute: Callable[[Assignment], Point]
    condition: Expression | None = None


_CONDITIONS = (
    syntax.Comparison, syntax.InInterval, syntax.InSet, syntax.Presence, syntax.Not, syntax.AllOf,
    syntax.AnyOf,
)  # fmt: skip
_MOST_COMBINATIONS = 64
_MAY_BE_ASSUMED = (Reason.MISSING, Reason.STALE)


def _nearest(count: Fraction) -> int:
    """The nearest whole number; of two that are equally near, the lower one."""
    return math.ceil(count - Fraction(1, 2))


def _rounded(amount: Fraction, rounding: syntax.Rounding) -> Fraction:
    step = in_base_units(rounding.step.quantity)
    rounded = {"down": math.floor, "up": math.ceil}.get(rounding.direction, _nearest)(amount / step) * step
    if rounding.low is not None:
        rounded = max(rounded, in_base_units(rounding.low.quantity))
    if rounding.high is not None:
        rounded = min(rounded, in_base_units(rounding.high.quantity))
    if amount <= 0 or rounded <= 0:
        raise _Failed
    return rounded


# ---------------------------------------------------------------- results
Meaning = tuple[object, ...]
"""What a result says, so that two results mean the same if and only if these are equal."""


def dose_meaning(dose: Dose) -> Meaning:
    """A dose by amount, dimensions, and times per second."""
    return _dose(in_base_units(dose.amount), dose.amount.unit, dose)


def _dose(amount: Fraction, code: str, dose: Dose | syntax.ComputedDose) -> Meaning:
    period = dose.period * unit(dose.period_unit.value)[0]
    return "give", amount, unit(code)[1], dose.times / period


def _asked(result: ResultSyntax) -> tuple[str, ...]:
    return tuple(name.text for name in (result.names if isinstance(result, syntax.AskSyntax) else result.ask))


def _meaning(result: ResultSyntax) -> Meaning:
    match result:
        case syntax.GiveSyntax(dose=Dose() as dose):
            return dose_meaning(dose)
        case syntax.GiveSyntax(dose=dose):
            return "calculate", _shape(dose)
        case syntax.OutcomeName(name=name):
            return "outcome", name.text
        case syntax.NoneSyntax():
            return ("none",)
        case syntax.AskSyntax():
            return ("ask",)


_STATES = {"give": "advice", "outcome": "advice", "none": "nothing", "ask": "ask"}


@dataclass(frozen=True, slots=True)
class Judgement:
    """The answer: `advice`, `nothing`, `ask` or `outside`; what it means; what is asked for; every fact."""

    state: str
    result: Meaning
    asks: tuple[str, ...]
    facts: Mapping[str, Possible]


Facts = Mapping[str, Possible]


class Reference:
    """One rule, ready to be judged."""

    def __init__(self, rule: RuleSyntax, library: Mapping[str, Library]) -> None:
        self._library = library
        self._inputs = {item.name.text: item for item in rule.items if isinstance(item, syntax.InputSyntax)}
        self._truths = {name for name, item in self._inputs.items() if item.type.name.text == "Boolean"}
        self._amounts = {name for name, item in self._inputs.items() if item.type.name.text == "Quantity"}
        self._behind: dict[str, set[str]] = {name: {name} for name in self._inputs}
        self._calculations: list[_Calculation] = []
        self._population: Expression | None = None
        for item in rule.items:
            match item:
                case syntax.LetSyntax():
                    self._declare(item.name.text, item.value)
                case syntax.ChoiceSyntax():
                    self._declare_choice(item)
                case syntax.Population():
                    self._population = item.condition
                case syntax.Decide() | syntax.Table():
                    self._decision = item
                    self._table = _Table(item) if isinstance(item, syntax.Table) else None

    def judge(self, chart: Mapping[str, Fact]) -> Judgement:
        """The answer for one patient; what is not in the chart is missing."""
        found = {name: possible(chart.get(name, Fact((), Reason.MISSING))) for name in self._inputs}
        facts = {name: self._assumed(name, fact) for name, fact in found.items()}
        for calculation in self._calculations:
            given = chart.get(calculation.name)
            facts[calculation.name] = self._calculated(calculation, facts) if given is None else possible(given)
        state, result, asks = self._answer(facts)
        return Judgement(state, result, asks, {**facts, **found})

    # ------------------------------------------------------------ before anything is decided
    def _assumed(self, name: str, fact: Possible) -> Possible:
        need = self._inputs[name].need
        if need.value is None or fact.values or fact.reason not in _MAY_BE_ASSUMED:
            return fact
        return Possible((_constant(need.value),))

    def _declare(self, name: str, value: Expression) -> None:
        if isinstance(value, _CONDITIONS) or (isinstance(value, Text) and value.text in self._truths):
            self._truths.add(name)
            self._add(name, self._reads(value), lambda values: False, value)
        else:
            self._add_amount(name, self._reads(value), lambda values: self._amount(value, values))

    def _add_amount(self, name: str, reads: tuple[str, ...], compute: Callable[[Assignment], Point]) -> None:
        self._amounts.add(name)
        self._add(name, reads, compute)

    def _add(
        self,
        name: str,
        reads: tuple[str, ...],
        compute: Callable[[Assignment], Point],
        condition: Expression | None = None,
    ) -> None:
        self._behind[name] = set().union(*(self._behind[each] for each in reads))
        self._calculations.append(_Calculation(name, reads, compute, condition))

    def _declare_choice(self, choice: syntax.ChoiceSyntax) -> None:
        """`NAME.best`, `NAME.clear`, and `NAME.OPTION.CONSEQUENCE`: so many of 1,000, to the nearest whole."""
        name, options = choice.name.text, [option.name.text for option in choice.options]

        def harm(option: str, values: Assignment) -> Fraction:
            chances = ((each.weight, dict(each.cases)[option]) for each in consequences)
            return sum(
                (self._amount(weight, values) * self._amount(chance, values) for weight, chance in chances),
                Fraction(0),
            )
