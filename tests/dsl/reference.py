"""The reference evaluator: decision 007 written a second time, straight from the syntax tree.

It shares nothing with the product but the tree (`dsl.syntax`) and the types of facts (`dsl.values`): its own
units, arithmetic, three-valued logic, `else` and walks. It is written to be read beside the decision, section by
section, and not to be fast. Amounts are fractions in grams, metres, seconds, moles and units.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import product

from dsl import syntax
from dsl.syntax import Expression, Literal, QuantityLiteral, ResultSyntax, RuleSyntax, Text
from dsl.values import Dose, Fact, Period, Quantity, Range, Reason

# ---------------------------------------------------------------- units
_MASS, _LENGTH, _TIME, _SUBSTANCE, _ACTIVITY = ((0,) * at + (1,) + (0,) * (4 - at) for at in range(5))
_NUMBER, _AREA, _VOLUME = (0,) * 5, (0, 2, 0, 0, 0), (0, 3, 0, 0, 0)

_ATOMS: dict[str, tuple[Fraction, tuple[int, ...]]] = {
    "": (Fraction(1), _NUMBER),
    "1": (Fraction(1), _NUMBER),
    "%": (Fraction(1, 100), _NUMBER),
    "10*3": (Fraction(10**3), _NUMBER),
    "10*6": (Fraction(10**6), _NUMBER),
    "10*9": (Fraction(10**9), _NUMBER),
    "kg": (Fraction(1000), _MASS),
    "g": (Fraction(1), _MASS),
    "mg": (Fraction(1, 1000), _MASS),
    "ug": (Fraction(1, 10**6), _MASS),
    "[lb_av]": (Fraction(45359237, 100000), _MASS),
    "m": (Fraction(1), _LENGTH),
    "cm": (Fraction(1, 100), _LENGTH),
    "m2": (Fraction(1), _AREA),
    "L": (Fraction(1, 1000), _VOLUME),
    "dL": (Fraction(1, 10**4), _VOLUME),
    "mL": (Fraction(1, 10**6), _VOLUME),
    "uL": (Fraction(1, 10**9), _VOLUME),
    "min": (Fraction(60), _TIME),
    "h": (Fraction(3600), _TIME),
    "d": (Fraction(86400), _TIME),
    "wk": (Fraction(7 * 86400), _TIME),
    "mo": (Fraction(36525 * 864, 12), _TIME),
    "a": (Fraction(36525 * 864), _TIME),
    "mol": (Fraction(1), _SUBSTANCE),
    "mmol": (Fraction(1, 1000), _SUBSTANCE),
    "umol": (Fraction(1, 10**6), _SUBSTANCE),
    "[iU]": (Fraction(1), _ACTIVITY),
}
_WORDS = {
    f"{word}{plural}": code
    for word, code in {"hour": "h", "day": "d", "week": "wk", "month": "mo", "year": "a"}.items()
    for plural in ("", "s")
}


@lru_cache(maxsize=None)
def unit(code: str) -> tuple[Fraction, tuple[int, ...]]:
    """The factor and the dimensions of a unit like `mL/min`; `KeyError` for one that is not in the table."""
    first, *divisors = _WORDS.get(code, code).split("/")
    factor, dimensions = _ATOMS[first]
    for divisor in divisors:
        smaller, minus = _ATOMS[divisor]
        factor /= smaller
        dimensions = tuple(ours - theirs for ours, theirs in zip(dimensions, minus, strict=True))
    return factor, dimensions


def in_base_units(amount: Quantity) -> Fraction:
    """The amount in base units."""
    return amount.value * unit(amount.unit)[0]


# ---------------------------------------------------------------- facts
@dataclass(frozen=True, slots=True)
class Stretch:
    """All amounts between two bounds, in base units; a bound that is None is infinitely far."""

    low: Fraction | None
    high: Fraction | None
    low_included: bool
    high_included: bool

    def points(self, cuts: Iterable[Fraction]) -> Iterator[Fraction]:
        """Points that stand for all of the stretch where only comparisons with the cuts count."""
        ends = {end for end in (self.low, self.high) if end is not None}
        marks = sorted(ends | {cut for cut in cuts if self._holds(cut)}) or [Fraction(0)]
        between = [(one + other) / 2 for one, other in zip(marks, marks[1:], strict=False)]
        for point in (marks[0] - 1, *marks, *between, marks[-1] + 1):
            if self._holds(point):
                yield point

    def _holds(self, point: Fraction) -> bool:
        above = self.low is None or point > self.low or (point == self.low and self.low_included)
        below = self.high is None or point < self.high or (point == self.high and self.high_included)
        return above and below


Point = Fraction | str | bool
Value = Point | Stretch


@dataclass(frozen=True, slots=True)
class Possible:
    """The values that are still possible for a name, and why there is not exactly one."""

    values: tuple[Value, ...]
    reason: Reason | None = None

    @property
    def known(self) -> bool:
        return len(self.values) == 1 and not isinstance(self.values[0], Stretch)

    @property
    def missing(self) -> bool:
        return not self.values


def possible(fact: Fact) -> Possible:
    """The fact with its amounts in base units."""
    values: list[Value] = []
    for value in fact.possible:
        if isinstance(value, Range):
            factor = unit(value.unit)[0]
            low = None if value.low is None else value.low * factor
            high = None if value.high is None else value.high * factor
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


def _any(truths: Sequence[Truth]) -> Truth:
    return _not(_all([_not(truth) for truth in truths]))


def _not(truth: Truth) -> Truth:
    return None if truth is None else not truth


def _agreed(truths: Iterable[Truth]) -> Truth:
    """What holds for every possible value; unknown if they differ, and if there is none."""
    seen = set(truths)
    return seen.pop() if len(seen) == 1 else None


def _stretch(value: Value) -> Stretch:
    if isinstance(value, Stretch):
        return value
    assert isinstance(value, Fraction) and not isinstance(value, bool)
    return Stretch(value, value, True, True)


def _below(one: Stretch, other: Stretch) -> bool:
    """Whether every amount of one is less than every amount of the other."""
    if one.high is None or other.low is None:
        return False
    touching = one.high == other.low and not (one.high_included and other.low_included)
    return one.high < other.low or touching


def _not_above(one: Stretch, other: Stretch) -> bool:
    """Whether no amount of one is greater than any amount of the other."""
    return one.high is not None and other.low is not None and one.high <= other.low


def _relation(operator: str, left: Value, right: Value) -> Truth:
    if operator == "!=":
        return _not(_relation("=", left, right))
    if operator in (">", ">="):
        return _relation(operator.replace(">", "<"), right, left)
    if operator == "=" and not isinstance(left, Stretch) and not isinstance(right, Stretch):
        return left == right
    one, other = _stretch(left), _stretch(right)
    if operator == "=":
        return False if _below(one, other) or _below(other, one) else None
    if operator == "<":
        return True if _below(one, other) else False if _not_above(other, one) else None
    return True if _not_above(one, other) else False if _below(other, one) else None


# ---------------------------------------------------------------- literals
def _constant(literal: Literal) -> Point:
    if isinstance(literal, QuantityLiteral):
        return in_base_units(literal.quantity)
    return {"true": True, "false": False}.get(literal.text, literal.text)


def _bounds(interval: syntax.Interval) -> tuple[Fraction, Fraction]:
    """Both bounds in base units; a unit that stands only at the end holds for both."""
    low, high = interval.low.quantity, interval.high.quantity
    if low.unit == "1" and high.unit != "1":
        low = Quantity(low.value, high.unit)
    return in_base_units(low), in_base_units(high)


def _interval_operators(interval: syntax.Interval) -> tuple[str, str]:
    return ">=" if interval.low_included else ">", "<=" if interval.high_included else "<"


# ---------------------------------------------------------------- calculations
@dataclass(frozen=True, slots=True)
class Library:
    """A library function: its parameters with their units (None for a truth), and the unit of its result."""

    parameters: tuple[tuple[str, str | None], ...]
    unit: str
    compute: Callable[..., Fraction]


class _Failed(Exception):
    """A calculation without a result: division by zero, outside a domain, a dose that is not above zero."""


_MOST_COMBINATIONS = 64
_PER_THOUSAND = 1000

Assignment = Mapping[str, Point]


def _rounded(amount: Fraction, rounding: syntax.Rounding) -> Fraction:
    """Whole steps in the direction that is written; to the nearest, of two equally near the lower one."""
    step = in_base_units(rounding.step.quantity)
    count = amount / step
    if rounding.direction == "down":
        steps = math.floor(count)
    elif rounding.direction == "up":
        steps = math.ceil(count)
    else:
        steps = math.ceil(count - Fraction(1, 2))
    amount = steps * step
    if rounding.low is not None:
        amount = max(amount, in_base_units(rounding.low.quantity))
    if rounding.high is not None:
        amount = min(amount, in_base_units(rounding.high.quantity))
    if amount <= 0:
        raise _Failed
    return amount


# ---------------------------------------------------------------- results
Meaning = tuple[object, ...]
"""What a result says, so that two results mean the same if and only if these are equal."""


def dose_meaning(dose: Dose) -> Meaning:
    """A dose by amount, kind of unit, and times per second."""
    return _dose(in_base_units(dose.amount), dose.amount.unit, dose.times, dose.period, dose.period_unit)


def _dose(amount: Fraction, code: str, times: int, period: Fraction, period_unit: Period) -> Meaning:
    return "give", amount, unit(code)[1], times / (period * unit(period_unit.value)[0])


def _shape(node: object) -> object:
    """A part of the tree without positions and with amounts in base units: equal for the same calculation."""
    if isinstance(node, Quantity):
        return in_base_units(node), unit(node.unit)[1]
    if isinstance(node, tuple):
        return tuple(_shape(each) for each in node)
    if dataclasses.is_dataclass(node):
        fields = (field.name for field in dataclasses.fields(node) if field.name != "span")
        return type(node).__name__, *(_shape(getattr(node, name)) for name in fields)
    return node


def _asked(result: ResultSyntax) -> tuple[str, ...]:
    names = result.names if isinstance(result, syntax.AskSyntax) else result.ask
    return tuple(name.text for name in names)


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


# ---------------------------------------------------------------- tables
class _Missing:
    """The case of a column that an optional input is not there."""


_MISSING = _Missing()
_Cell = Callable[[Point | _Missing], bool]


def _cell(cell: syntax.Cell) -> _Cell:
    """Whether a cell other than `else` takes a value."""
    match cell:
        case syntax.AnyCell():
            return lambda value: True
        case syntax.CompareCell(operator=operator, literal=literal):
            bound = _constant(literal)
            return lambda value: not isinstance(value, _Missing) and _relation(operator, value, bound) is True
        case syntax.OneOfCell(literals=literals, missing=missing):
            members = {_constant(literal) for literal in literals}
            return lambda value: missing is not None if isinstance(value, _Missing) else value in members
        case syntax.Interval():
            (low, high), (above, below) = _bounds(cell), _interval_operators(cell)
            return lambda value: (
                not isinstance(value, _Missing)
                and _relation(above, value, low) is True
                and _relation(below, value, high) is True
            )
        case _:
            raise AssertionError("`else` has no meaning by itself")


def _cuts(cell: syntax.Cell) -> tuple[Point, ...]:
    match cell:
        case syntax.CompareCell(literal=literal):
            return (_constant(literal),)
        case syntax.OneOfCell(literals=literals):
            return tuple(_constant(literal) for literal in literals)
        case syntax.Interval():
            return _bounds(cell)
        case _:
            return ()


def _same_cell(cell: syntax.Cell) -> object:
    """Equal for two cells that say the same."""
    match cell:
        case syntax.OneOfCell(literals=literals, missing=missing):
            return frozenset(map(_constant, literals)), missing is not None
        case syntax.Interval():
            return _bounds(cell), _interval_operators(cell)
        case _:
            return _shape(cell)


class _Table:
    """The cells of a table, each as a test of one value, with what `else` stands for."""

    def __init__(self, table: syntax.Table) -> None:
        self.columns = [column.text for column in table.columns]
        self.free = [[isinstance(cell, syntax.AnyCell) for cell in row.cells] for row in table.rows]
        self.cuts = [
            {cut for row in table.rows for cut in _cuts(row.cells[at]) if isinstance(cut, Fraction)}
            for at in range(len(table.columns))
        ]
        self.cells = [
            [
                self._remainder(table, row, at) if isinstance(cell, syntax.ElseCell) else _cell(cell)
                for at, cell in enumerate(row.cells)
            ]
            for row in table.rows
        ]

    @staticmethod
    def _remainder(table: syntax.Table, row: syntax.RowSyntax, at: int) -> _Cell:
        """What no row with the same other cells takes in this column."""

        def others(of: syntax.RowSyntax) -> list[object]:
            return [_same_cell(cell) for place, cell in enumerate(of.cells) if place != at]

        taken = [
            _cell(other.cells[at])
            for other in table.rows
            if others(other) == others(row) and not isinstance(other.cells[at], syntax.ElseCell)
        ]
        return lambda value: not any(cell(value) for cell in taken)

    def truth(self, row: int, at: int, values: Sequence[Point | _Missing] | None) -> Truth:
        """Whether a cell fits the values that its column may have; None stands for a missing datum."""
        if self.free[row][at]:
            return True
        return None if values is None else _agreed(self.cells[row][at](value) for value in values)


# ---------------------------------------------------------------- the rule
_CONDITIONS = (
    syntax.Comparison, syntax.InInterval, syntax.InSet, syntax.Presence, syntax.Not, syntax.AllOf, syntax.AnyOf,
)  # fmt: skip
_MAY_BE_ASSUMED = (Reason.MISSING, Reason.STALE)

Facts = Mapping[str, Possible]


@dataclass(frozen=True, slots=True)
class _Calculated:
    """One value that is calculated before the decision: its name, how, and from which names."""

    name: str
    reads: tuple[str, ...]
    condition: Expression | None
    compute: Callable[[Assignment], Point] | None


class Reference:
    """One rule of one file, ready to be judged."""

    def __init__(self, rule: RuleSyntax, library: Mapping[str, Library]) -> None:
        items = rule.items
        self._library = library
        self._inputs = {item.name.text: item for item in items if isinstance(item, syntax.InputSyntax)}
        self._truths = {name for name, item in self._inputs.items() if item.type.name.text == "Boolean"}
        self._names = set(self._inputs)
        self._behind: dict[str, set[str]] = {name: {name} for name in self._inputs}
        self._calculated: list[_Calculated] = []
        for item in items:
            if isinstance(item, syntax.LetSyntax):
                self._declare(item.name.text, item.value)
            elif isinstance(item, syntax.ChoiceSyntax):
                self._declare_choice(item)
        populations = [item for item in items if isinstance(item, syntax.Population)]
        self._population = populations[0].condition if populations else None
        (self._decision,) = (item for item in items if isinstance(item, syntax.Decide | syntax.Table))
        self._table = _Table(self._decision) if isinstance(self._decision, syntax.Table) else None

    def judge(self, chart: Mapping[str, Fact]) -> Judgement:
        """The answer for one patient; what is not in the chart is missing."""
        found = {name: possible(chart.get(name, Fact((), Reason.MISSING))) for name in self._inputs}
        facts = {name: self._assumed(name, fact) for name, fact in found.items()}
        for value in self._calculated:
            if value.name in chart:
                facts[value.name] = possible(chart[value.name])
            elif value.condition is not None:
                truth = self._truth(value.condition, facts)
                values = () if truth is None else (truth,)
                facts[value.name] = Possible(
                    values, self._reason(value.reads, facts) if truth is None else None
                )
            else:
                facts[value.name] = self._results(value.reads, value.compute, facts)
        state, result, asks = self._answer(facts)
        return Judgement(state, result, asks, {**facts, **found})

    # ------------------------------------------------------------ before anything is decided
    def _assumed(self, name: str, fact: Possible) -> Possible:
        need = self._inputs[name].need
        if need.word == "assume" and fact.missing and fact.reason in _MAY_BE_ASSUMED:
            assert need.value is not None
            return Possible((_constant(need.value),))
        return fact

    def _declare(self, name: str, value: Expression) -> None:
        is_condition = isinstance(value, _CONDITIONS) or (
            isinstance(value, Text) and (value.text in self._truths or value.text in ("true", "false"))
        )
        if is_condition:
            self._truths.add(name)
            self._add(name, self._reads(value), value, None)
        else:
            self._add(name, self._reads(value), None, lambda values: self._amount(value, values))

    def _add(
        self,
        name: str,
        reads: tuple[str, ...],
        condition: Expression | None,
        compute: Callable[[Assignment], Point] | None,
    ) -> None:
        self._names.add(name)
        self._behind[name] = set().union(*(self._behind[each] for each in reads))
        self._calculated.append(_Calculated(name, reads, condition, compute))

    def _declare_choice(self, choice: syntax.ChoiceSyntax) -> None:
        """`NAME.best`, `NAME.clear`, and `NAME.OPTION.CONSEQUENCE`: how many of 1,000, to the nearest whole."""
        name = choice.name.text
        options = [option.name.text for option in choice.options]
        chances = [
            {option.text: chance for option, chance in consequence.cases}
            for consequence in choice.consequences
        ]
        harm_reads = self._reads(choice.consequences)

        def harms(values: Assignment) -> list[Fraction]:
            return [
                sum(
                    (
                        self._amount(consequence.weight, values) * self._amount(chance[option], values)
                        for consequence, chance in zip(choice.consequences, chances, strict=True)
                    ),
                    Fraction(0),
                )
                for option in options
            ]

        def best(values: Assignment) -> Point:
            least = harms(values)
            return options[least.index(min(least))]

        def lead(values: Assignment) -> Point:
            least, second, *_ = sorted(harms(values))
            return second - least - self._amount(choice.indifferent, values)

        self._add(f"{name}.best", harm_reads, None, best)
        lead_reads = tuple(dict.fromkeys((*harm_reads, *self._reads(choice.indifferent))))
        self._add(f"{name} lead", lead_reads, None, lead)
        clear = syntax.Comparison(
            ">",
            Text(f"{name} lead", choice.span),
            QuantityLiteral(Quantity(Fraction(0), "1"), choice.span),
            choice.span,
        )
        self._declare(f"{name}.clear", clear)
        for consequence, chance in zip(choice.consequences, chances, strict=True):
            for option in options:
                self._add(
                    f"{name}.{option}.{consequence.name.text}",
                    self._reads(chance[option]),
                    None,
                    lambda values, case=chance[option]: Fraction(
                        math.ceil(self._amount(case, values) * _PER_THOUSAND - Fraction(1, 2))
                    ),
                )

    def _reads(self, node: object) -> tuple[str, ...]:
        """The names that a part of the tree reads, each once."""
        if isinstance(node, Text):
            return (node.text,) if node.text in self._names else ()
        if isinstance(node, tuple):
            parts: list[object] = list(node)
        elif isinstance(node, syntax.Call):
            parts = [argument.value for argument in node.arguments]
        elif isinstance(node, syntax.InSet | syntax.InInterval | syntax.Presence):
            parts = [node.item]
        elif dataclasses.is_dataclass(node):
            parts = [getattr(node, field.name) for field in dataclasses.fields(node)]
        else:
            parts = []
        return tuple(dict.fromkeys(name for part in parts for name in self._reads(part)))

    def _results(
        self, reads: tuple[str, ...], compute: Callable[[Assignment], Point] | None, facts: Facts
    ) -> Possible:
        """One result for each combination of the possible values of what is read."""
        assert compute is not None
        several = [facts[name].values for name in reads]
        if math.prod(len(values) for values in several) > _MOST_COMBINATIONS or any(
            not values or any(isinstance(value, Stretch) for value in values) for values in several
        ):
            return Possible((), self._reason(reads, facts))
        try:
            results = [compute(dict(zip(reads, values, strict=True))) for values in product(*several)]  # type: ignore[arg-type]  # no Stretch is left
        except _Failed:
            return Possible((), Reason.MODEL_FAILED)
        values = tuple(dict.fromkeys(results))
        return Possible(values, None if len(values) == 1 else self._reason(reads, facts))

    def _unknown_inputs(self, reads: Iterable[str], facts: Facts) -> list[str]:
        """The inputs behind some names that are not known, in the order of their declaration."""
        behind = set().union(*(self._behind[name] for name in reads))
        return [name for name in self._inputs if name in behind and not facts[name].known]

    def _reason(self, reads: tuple[str, ...], facts: Facts) -> Reason:
        for name in (*self._unknown_inputs(reads, facts), *reads):
            if not facts[name].known:
                return facts[name].reason or Reason.MISSING
        return Reason.MODEL_FAILED

    # ------------------------------------------------------------ arithmetic
    def _amount(self, node: Expression, values: Assignment) -> Fraction:
        value = self._value(node, values)
        assert isinstance(value, Fraction)
        return value

    def _value(self, node: Expression, values: Assignment) -> Point:
        match node:
            case QuantityLiteral():
                return in_base_units(node.quantity)
            case Text(text=text):
                return values[text] if text in self._names else _constant(node)
            case syntax.Negative(operand=operand):
                return -self._amount(operand, values)
            case syntax.Call():
                return self._called(node, values)
            case syntax.Arithmetic(operator=operator):
                left, right = self._amount(node.left, values), self._amount(node.right, values)
                return self._combined(operator, left, right)
            case _:
                raise AssertionError(f"{type(node).__name__} in arithmetic")

    def _combined(self, operator: str, left: Fraction, right: Fraction) -> Fraction:
        match operator:
            case "+":
                return left + right
            case "-":
                return left - right
            case "*":
                return left * right
            case "/":
                if right == 0:
                    raise _Failed
                return left / right
            case _:
                assert operator == "^" and right.denominator == 1
                if left == 0 and right < 0:
                    raise _Failed
                return Fraction(left ** int(right))

    def _called(self, call: syntax.Call, values: Assignment) -> Fraction:
        function = self._library[call.function.text]
        units = dict(function.parameters)
        arguments: dict[str, Point] = {}
        for argument in call.arguments:
            name = argument.name.text if argument.name else function.parameters[0][0]
            value, code = self._value(argument.value, values), units[name]
            arguments[name] = value if code is None else self._amount(argument.value, values) / unit(code)[0]
        try:
            return function.compute(**arguments) * unit(function.unit)[0]
        except (ValueError, ZeroDivisionError) as error:
            raise _Failed from error

    # ------------------------------------------------------------ conditions
    def _operand(self, node: Expression, facts: Facts) -> tuple[Value, ...]:
        """The possible values of one side of a comparison; none if it is missing."""
        if isinstance(node, Text):
            return facts[node.text].values if node.text in self._names else (_constant(node),)
        if isinstance(node, QuantityLiteral):
            return (in_base_units(node.quantity),)
        return self._results(self._reads(node), lambda values: self._amount(node, values), facts).values

    def _truth(self, node: Expression, facts: Facts) -> Truth:
        match node:
            case syntax.AllOf(operands=operands):
                return _all([self._truth(each, facts) for each in operands])
            case syntax.AnyOf(operands=operands):
                return _any([self._truth(each, facts) for each in operands])
            case syntax.Not(operand=operand):
                return _not(self._truth(operand, facts))
            case syntax.Presence(item=item, known=known):
                return bool(self._operand(item, facts)) == known
            case syntax.Comparison(operator=operator):
                pairs = product(self._operand(node.left, facts), self._operand(node.right, facts))
                return _agreed(_relation(operator, left, right) for left, right in pairs)
            case syntax.InInterval(item=item, interval=interval):
                (low, high), (above, below) = _bounds(interval), _interval_operators(interval)
                return _agreed(
                    _all([_relation(above, value, low), _relation(below, value, high)])
                    for value in self._operand(item, facts)
                )
            case syntax.InSet(item=item, members=members):
                constants = [_constant(member) for member in members]
                return _agreed(
                    _any([_relation("=", value, constant) for constant in constants])
                    for value in self._operand(item, facts)
                )
            case _:
                return _agreed(_relation("=", value, True) for value in self._operand(node, facts))

    def _unknown_names(self, node: Expression, facts: Facts) -> Iterator[str]:
        """The names in the unknown parts of an unknown condition."""
        if self._truth(node, facts) is not None:
            return
        match node:
            case syntax.AllOf(operands=operands) | syntax.AnyOf(operands=operands):
                for each in operands:
                    yield from self._unknown_names(each, facts)
            case syntax.Not(operand=operand):
                yield from self._unknown_names(operand, facts)
            case _:
                yield from self._reads(node)

    # ------------------------------------------------------------ the answer
    def _answer(self, facts: Facts) -> tuple[str, Meaning, tuple[str, ...]]:
        if self._population is not None:
            speaks = self._truth(self._population, facts)
            if speaks is False:
                return "outside", (), ()
            if speaks is None:
                unknown = self._unknown_inputs(self._unknown_names(self._population, facts), facts)
                return "ask", ("ask",), tuple(unknown)
        results, names = self._walk_table(facts) if self._table else self._walk_branches(facts)
        names = [*names, *(name for result in results if result for name in self._dose_reads(result, facts))]
        meanings = {
            (_meaning(each), frozenset(_asked(each))) if each else (("none",), frozenset())
            for each in results
        }
        if len(meanings) == 1:
            answer = self._said(results[0], facts)
            if answer is not None:
                return answer
        clause = self._decision.unknown
        if isinstance(clause, syntax.AskSyntax):
            matter = self._unknown_inputs(names, facts)
            listed = tuple(name for name in _asked(clause) if name in matter)
            return "ask", ("ask",), listed or tuple(matter)
        answer = self._said(clause, facts)
        assert answer is not None, "an `unknown` clause calculates nothing"
        return answer

    def _said(self, result: ResultSyntax | None, facts: Facts) -> tuple[str, Meaning, tuple[str, ...]] | None:
        """A result as an answer; None if it is a dose that cannot be calculated."""
        if result is None:
            return "nothing", ("none",), ()
        meaning = _meaning(result)
        if isinstance(result, syntax.GiveSyntax) and isinstance(result.dose, syntax.ComputedDose):
            dose, amounts = result.dose, self._dose_amounts(result.dose, facts)
            if not amounts.known:
                return None
            (amount,) = amounts.values
            assert isinstance(amount, Fraction)
            code = dose.rounding.step.quantity.unit
            meaning = _dose(amount, code, dose.times, dose.period, dose.period_unit)
        asks = tuple(name for name in _asked(result) if not facts[name].known)
        return _STATES[str(meaning[0])], meaning, asks

    def _dose_amounts(self, dose: syntax.ComputedDose, facts: Facts) -> Possible:
        return self._results(
            self._reads(dose.amount),
            lambda values: _rounded(self._amount(dose.amount, values), dose.rounding),
            facts,
        )

    def _dose_reads(self, result: ResultSyntax, facts: Facts) -> tuple[str, ...]:
        """The names behind a calculated dose that is not known."""
        if isinstance(result, syntax.GiveSyntax) and isinstance(result.dose, syntax.ComputedDose):
            return () if self._dose_amounts(result.dose, facts).known else self._reads(result.dose.amount)
        return ()

    def _walk_branches(self, facts: Facts) -> tuple[list[ResultSyntax | None], list[str]]:
        """The results that are still possible (None: no branch at all), and the names that could decide."""
        assert isinstance(self._decision, syntax.Decide)
        results: list[ResultSyntax | None] = []
        names: list[str] = []
        for branch in self._decision.branches:
            truth = True if branch.condition is None else self._truth(branch.condition, facts)
            if truth is False:
                continue
            results.append(branch.result)
            if truth is True:
                return results, names
            assert branch.condition is not None
            names += self._unknown_names(branch.condition, facts)
        return [*results, None], names

    def _walk_table(self, facts: Facts) -> tuple[list[ResultSyntax | None], list[str]]:
        """The results of the rows that are not excluded, and the columns of their unknown cells."""
        assert isinstance(self._decision, syntax.Table) and self._table is not None
        values = [
            self._column(name, facts[name], cuts)
            for name, cuts in zip(self._table.columns, self._table.cuts, strict=True)
        ]
        results: list[ResultSyntax | None] = []
        names: list[str] = []
        for at, row in enumerate(self._decision.rows):
            truths = [self._table.truth(at, place, column) for place, column in enumerate(values)]
            if False in truths:
                continue
            results.append(row.result)
            names += [name for name, truth in zip(self._table.columns, truths, strict=True) if truth is None]
            if self._decision.hit == "first" and None not in truths:
                break
        return results, names

    def _column(self, name: str, fact: Possible, cuts: set[Fraction]) -> list[Point | _Missing] | None:
        """Points that stand for all that a column may be; None for a datum that is missing and not optional."""
        if fact.missing:
            optional = name in self._inputs and self._inputs[name].need.word == "optional"
            return [_MISSING] if optional else None
        points: list[Point | _Missing] = []
        for value in fact.values:
            points += list(value.points(cuts)) if isinstance(value, Stretch) else [value]
        return points
