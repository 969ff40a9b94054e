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
from dsl.values import Dose, Fact, Quantity, Range, Reason

# ---------------------------------------------------------------- units
_NUMBER, _MASS, _SUBSTANCE, _ACTIVITY = (0, 0, 0, 0, 0), (1, 0, 0, 0, 0), (0, 0, 0, 1, 0), (0, 0, 0, 0, 1)
_LENGTH, _AREA, _VOLUME, _TIME = (0, 1, 0, 0, 0), (0, 2, 0, 0, 0), (0, 3, 0, 0, 0), (0, 0, 1, 0, 0)

_ATOMS = {
    **{code: (Fraction(size), _NUMBER) for code, size in (("", 1), ("1", 1), ("%", "0.01"))},
    **{f"10*{power}": (Fraction(10**power), _NUMBER) for power in (3, 6, 9)},
    **{
        code: (Fraction(size), _MASS)
        for code, size in (("kg", 1000), ("g", 1), ("mg", "1e-3"), ("ug", "1e-6"))
    },
    **{code: (Fraction(size), _LENGTH) for code, size in (("m", 1), ("cm", "0.01"))},
    "m2": (Fraction(1), _AREA),
    **{
        code: (Fraction(size), _VOLUME)
        for code, size in (("L", "1e-3"), ("dL", "1e-4"), ("mL", "1e-6"), ("uL", "1e-9"))
    },
    **{
        code: (Fraction(size), _TIME)
        for code, size in (
            ("min", 60),
            ("h", 3600),
            ("d", 86400),
            ("wk", 604800),
            ("mo", 2629800),
            ("a", 31557600),
        )
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
        self.cuts = [
            [cut for row in table.rows for cut in _cuts(row.cells[at])] for at in range(len(self.columns))
        ]
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
            and _shape((*other.cells[:at], *other.cells[at + 1 :]))
            == _shape((*row.cells[:at], *row.cells[at + 1 :]))
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
            facts[calculation.name] = (
                self._calculated(calculation, facts) if given is None else possible(given)
            )
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
        chances = [
            (each, {option.text: chance for option, chance in each.cases}) for each in choice.consequences
        ]

        def harms(values: Assignment) -> list[Fraction]:
            return [
                sum(
                    (
                        self._amount(consequence.weight, values) * self._amount(chance[option], values)
                        for consequence, chance in chances
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

        reads = self._reads(choice.consequences)
        self._add(f"{name}.best", reads, best)
        leading = Text(f"{name} lead", choice.span)
        self._add_amount(leading.text, (*reads, *self._reads(choice.indifferent)), lead)
        zero = QuantityLiteral(Quantity(Fraction(0), "1"), choice.span)
        self._declare(f"{name}.clear", syntax.Comparison(">", leading, zero, choice.span))
        for consequence, chance in chances:
            for option in options:
                self._declare_share(f"{name}.{option}.{consequence.name.text}", chance[option])

    def _declare_share(self, name: str, chance: Expression) -> None:
        def share(values: Assignment) -> Point:
            return Fraction(_nearest(self._amount(chance, values) * 1000))

        self._add_amount(name, self._reads(chance), share)

    def _reads(self, node: object) -> tuple[str, ...]:
        """The names that a part of the tree reads, each once."""
        match node:
            case Text(text=text):
                return (text,) if text in self._behind else ()
            case tuple():
                parts: Iterable[object] = node
            case syntax.Call(arguments=arguments):
                parts = [argument.value for argument in arguments]
            case syntax.InSet(item=item) | syntax.InInterval(item=item) | syntax.Presence(item=item):
                parts = (item,)
            case syntax.ConsequenceSyntax(weight=weight, cases=cases):
                parts = (weight, *(chance for _, chance in cases))
            case _ if dataclasses.is_dataclass(node):
                parts = [getattr(node, field.name) for field in dataclasses.fields(node)]
            case _:
                parts = ()
        return tuple(dict.fromkeys(name for part in parts for name in self._reads(part)))

    def _calculated(self, calculation: _Calculation, facts: Facts) -> Possible:
        if calculation.condition is None:
            return self._results(calculation.reads, calculation.compute, facts)
        truth = self._truth(calculation.condition, facts)
        return Possible((), self._reason(calculation.reads, facts)) if truth is None else Possible((truth,))

    def _results(
        self, reads: Sequence[str], compute: Callable[[Assignment], Point], facts: Facts
    ) -> Possible:
        """One result for each combination of the possible values of what is read."""
        names = list(dict.fromkeys(reads))
        several = [facts[name].values for name in names]
        if math.prod(map(len, several)) > _MOST_COMBINATIONS or any(
            not values or any(isinstance(value, Stretch) for value in values) for values in several
        ):
            return Possible((), self._reason(reads, facts))
        try:
            results = {compute(dict(zip(names, values, strict=True))) for values in product(*several)}
        except _Failed:
            return Possible((), Reason.MODEL_FAILED)
        return Possible(tuple(results), None if len(results) == 1 else self._reason(reads, facts))

    def _unknown_inputs(self, reads: Iterable[str], facts: Facts) -> tuple[str, ...]:
        """The inputs behind some names that are not known, in the order of their declaration."""
        behind = set().union(*(self._behind[name] for name in reads))
        return tuple(name for name in self._inputs if name in behind and not facts[name].known)

    def _reason(self, reads: Sequence[str], facts: Facts) -> Reason:
        """That of the first input that is not known; without one, that of the calculated value that failed."""
        unknown = (*self._unknown_inputs(reads, facts), *(name for name in reads if not facts[name].known))
        return next((reason for name in unknown if (reason := facts[name].reason)), Reason.MISSING)

    # ------------------------------------------------------------ arithmetic
    def _amount(self, node: Expression, values: Assignment) -> Fraction:
        value = self._value(node, values)
        assert isinstance(value, Fraction)
        return value

    def _value(self, node: Expression, values: Assignment) -> Point | Stretch:
        match node:
            case Text(text=text) if text in values:
                return values[text]
            case Text() | QuantityLiteral():
                return _constant(node)
            case syntax.Negative(operand=operand):
                return -self._amount(operand, values)
            case syntax.Call():
                return self._called(node, values)
        assert isinstance(node, syntax.Arithmetic)
        left, right = self._amount(node.left, values), self._amount(node.right, values)
        match node.operator:
            case "+":
                return left + right
            case "-":
                return left - right
            case "*":
                return left * right
            case "/" if right:
                return left / right
            case "^" if left or right >= 0:
                return Fraction(left ** int(right))
        raise _Failed

    def _called(self, call: syntax.Call, values: Assignment) -> Fraction:
        function = self._library[call.function.text]
        units = dict(function.parameters)
        arguments: dict[str, object] = {}
        for argument in call.arguments:
            name = argument.name.text if argument.name else function.parameters[0][0]
            code, value = units[name], self._value(argument.value, values)
            arguments[name] = value if code is None else self._amount(argument.value, values) / unit(code)[0]
        try:
            return function.compute(**arguments) * unit(function.unit)[0]
        except (ValueError, ZeroDivisionError) as error:
            raise _Failed from error

    # ------------------------------------------------------------ conditions
    def _operand(self, node: Expression, facts: Facts) -> Possible:
        """What one side of a comparison may be."""
        match node:
            case Text(text=text) if text in facts:
                return facts[text]
            case Text() | QuantityLiteral():
                return Possible((_constant(node),))
        return self._results(self._reads(node), lambda values: self._amount(node, values), facts)

    def _compared(self, node: syntax.Comparison, facts: Facts) -> Truth:
        left, right, operator = node.left, node.right, node.operator
        if self._is_amount(left) and self._reads(left) and self._reads(right):
            # Two amounts with names: their difference is one calculation, so what both read is read once.
            difference = syntax.Arithmetic("-", left, right, node.span)
            return _agreed(
                _holds(operator, value, Fraction(0)) for value in self._operand(difference, facts).points(())
            )
        one, other = self._operand(left, facts), self._operand(right, facts)
        pairs = product(one.points(other.points(())), other.points(one.points(())))
        return _agreed(_holds(operator, value, constant) for value, constant in pairs)

    def _is_amount(self, node: Expression) -> bool:
        return node.text in self._amounts if isinstance(node, Text) else True

    def _truth(self, node: Expression, facts: Facts) -> Truth:
        match node:
            case syntax.AllOf(operands=operands):
                return _all([self._truth(each, facts) for each in operands])
            case syntax.AnyOf(operands=operands):
                return _not(_all([_not(self._truth(each, facts)) for each in operands]))
            case syntax.Not(operand=operand):
                return _not(self._truth(operand, facts))
            case syntax.Presence(item=item, known=known):
                return bool(self._operand(item, facts).values) == known
            case syntax.Comparison():
                return self._compared(node, facts)
            case syntax.InInterval(item=item, interval=interval):
                inside = _within(interval)
                return _agreed(
                    inside(point) for point in self._operand(item, facts).points(_bounds(interval))
                )
            case syntax.InSet(item=item, members=members):
                constants = list(map(_constant, members))
                return _agreed(point in constants for point in self._operand(item, facts).points(constants))
            case _:
                return _agreed(point is True for point in self._operand(node, facts).points(()))

    def _unknown_names(self, node: Expression, facts: Facts) -> tuple[str, ...]:
        """The names in the unknown parts of a condition."""
        match node:
            case _ if self._truth(node, facts) is not None:
                return ()
            case syntax.AllOf(operands=operands) | syntax.AnyOf(operands=operands):
                return tuple(name for each in operands for name in self._unknown_names(each, facts))
            case syntax.Not(operand=operand):
                return self._unknown_names(operand, facts)
            case _:
                return self._reads(node)

    # ------------------------------------------------------------ the answer
    def _answer(self, facts: Facts) -> tuple[str, Meaning, tuple[str, ...]]:
        speaks = self._population is None or self._truth(self._population, facts)
        if speaks is False:
            return "outside", (), ()
        if speaks is None:
            assert self._population is not None
            unknown = self._unknown_names(self._population, facts)
            return "ask", ("ask",), self._unknown_inputs(unknown, facts)
        results, names = self._walk_table(facts) if self._table else self._walk_branches(facts)
        said = {(_meaning(result), _asked(result)): result for result in results}
        answers = [self._said(result, facts) for result in said.values()]
        if len(answers) == 1 and answers[0] is not None:
            return answers[0]
        for result, answer in zip(said.values(), answers, strict=True):
            if answer is None and isinstance(result, syntax.GiveSyntax):
                names += self._reads(result.dose)
        clause = self._decision.unknown
        matter = self._unknown_inputs(names, facts)
        asks = tuple(name for name in matter if name in _asked(clause)) or matter
        return _STATES[str(_meaning(clause)[0])], _meaning(clause), asks

    def _said(self, result: ResultSyntax, facts: Facts) -> tuple[str, Meaning, tuple[str, ...]] | None:
        """A result as an answer; None if it is a dose that cannot be calculated."""
        meaning = _meaning(result)
        if isinstance(result, syntax.GiveSyntax) and isinstance(result.dose, syntax.ComputedDose):
            dose = result.dose
            amounts = self._results(
                self._reads(dose.amount),
                lambda values: _rounded(self._amount(dose.amount, values), dose.rounding),
                facts,
            )
            if not amounts.known:
                return None
            (amount,) = amounts.points(())
            assert isinstance(amount, Fraction)
            meaning = _dose(amount, dose.rounding.step.quantity.unit, dose)
        asks = tuple(name for name in _asked(result) if not facts[name].known)
        return _STATES[str(meaning[0])], meaning, asks

    def _walk_branches(self, facts: Facts) -> tuple[list[ResultSyntax], list[str]]:
        """The results that are still possible, and the names that could decide between them."""
        assert isinstance(self._decision, syntax.Decide)
        results: list[ResultSyntax] = []
        names: list[str] = []
        for branch in self._decision.branches:
            truth = branch.condition is None or self._truth(branch.condition, facts)
            if truth is False:
                continue
            results.append(branch.result)
            if truth is True:
                return results, names
            assert branch.condition is not None
            names += self._unknown_names(branch.condition, facts)
        return [*results, syntax.NoneSyntax("", (), self._decision.span)], names

    def _walk_table(self, facts: Facts) -> tuple[list[ResultSyntax], list[str]]:
        """The results of the rows that are not excluded, and the columns of their unknown cells."""
        assert self._table is not None
        columns = [
            self._column(*each, facts) for each in zip(self._table.columns, self._table.cuts, strict=True)
        ]
        results: list[ResultSyntax] = []
        names: list[str] = []
        for at, row in enumerate(self._table.table.rows):
            truths = self._table.truths(at, columns)
            if False in truths:
                continue
            results.append(row.result)
            names += [name for name, truth in zip(self._table.columns, truths, strict=True) if truth is None]
            if self._table.table.hit == "first" and None not in truths:
                break
        return results, names

    def _column(self, name: str, cuts: Sequence[Point], facts: Facts) -> Sequence[Point | None]:
        """Points that stand for all that a column may be; none at all if it is unknown."""
        if name in self._inputs and self._inputs[name].need.word == "optional" and not facts[name].values:
            return [None]
        return facts[name].points(cuts)
