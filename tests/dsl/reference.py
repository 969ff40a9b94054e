"""The reference evaluator: decision 007 written a second time, straight from the syntax tree.

It shares nothing with the product but the tree (`dsl.syntax`) and the types of facts (`dsl.values`): its own
units, arithmetic, three-valued logic, `else` and walks. It is there to be read beside the decision, section
by section, not to be fast. Amounts are fractions in grams, metres, seconds, moles and international units.
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
from dsl.values import Dose, Fact, Quantity, Range, Reason, Value

# ---------------------------------------------------------------- units
_DIMENSIONS = "gmsnu"  # grams, metres, seconds, moles, international units
_ATOMS = {
    "": ("1", ""), "1": ("1", ""), "%": ("1e-2", ""), "10*3": ("1e3", ""), "10*9": ("1e9", ""),
    "kg": ("1e3", "g"), "g": ("1", "g"), "mg": ("1e-3", "g"), "ug": ("1e-6", "g"),
    "m": ("1", "m"), "cm": ("1e-2", "m"), "m2": ("1", "mm"),
    "L": ("1e-3", "mmm"), "dL": ("1e-4", "mmm"), "mL": ("1e-6", "mmm"), "uL": ("1e-9", "mmm"),
    "min": ("60", "s"), "h": ("3600", "s"), "d": ("86400", "s"), "wk": ("604800", "s"),
    "mo": ("2629800", "s"), "a": ("31557600", "s"),
    "mol": ("1", "n"), "mmol": ("1e-3", "n"), "umol": ("1e-6", "n"), "[iU]": ("1", "u"),
}  # fmt: skip


@cache
def unit(code: str) -> tuple[Fraction, tuple[int, ...]]:
    """The factor and the dimensions of a unit like `mL/min`; `KeyError` for one that is not in the table."""
    (size, above), *divisors = (_ATOMS[symbol] for symbol in code.split("/"))
    factor, below = Fraction(size), "".join(each for _, each in divisors)
    for divisor, _ in divisors:
        factor /= Fraction(divisor)
    return factor, tuple(above.count(each) - below.count(each) for each in _DIMENSIONS)


def in_base_units(amount: Quantity) -> Fraction:
    """The amount in base units."""
    return amount.value * unit(amount.unit)[0]


# ---------------------------------------------------------------- facts
Point = Fraction | str | bool
_ZERO = Fraction(0)


def spread(span: Range, cuts: Iterable[Point]) -> list[Fraction]:
    """Points that stand for all of a range where nothing counts but comparisons with the cuts."""

    def inside(point: Fraction) -> bool:
        above = span.low is None or point > span.low or (point == span.low and span.low_included)
        below = span.high is None or point < span.high or (point == span.high and span.high_included)
        return above and below

    amounts = {cut for cut in cuts if isinstance(cut, Fraction) and inside(cut)}
    marks = sorted(amounts | {end for end in (span.low, span.high) if end is not None}) or [_ZERO]
    between = [(one + other) / 2 for one, other in pairwise(marks)]
    return [point for point in (marks[0] - 1, *marks, *between, marks[-1] + 1) if inside(point)]


@dataclass(frozen=True, slots=True)
class Possible:
    """The values that are still possible for a name, and why there is not exactly one."""

    values: tuple[Point | Range, ...]
    reason: Reason | None = None

    @property
    def known(self) -> bool:
        """Whether there is exactly one."""
        return len(self.values) == 1 and not isinstance(self.values[0], Range)

    def points(self, cuts: Sequence[Point]) -> list[Point]:
        """The values, and for each range the points that stand for it."""
        found = (spread(each, cuts) if isinstance(each, Range) else [each] for each in self.values)
        return [point for points in found for point in points]


def possible(fact: Fact) -> Possible:
    """The fact with its amounts in base units."""
    return Possible(tuple(map(_in_base_units, fact.possible)), fact.reason)


def _in_base_units(value: Value) -> Point | Range:
    if isinstance(value, Range):
        factor = unit(value.unit)[0]
        low, high = (None if end is None else end * factor for end in (value.low, value.high))
        return dataclasses.replace(value, low=low, high=high, unit="")
    return in_base_units(value) if isinstance(value, Quantity) else value


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
    return in_base_units(interval.low.quantity), in_base_units(interval.high.quantity)


def _within(interval: syntax.Interval) -> Test:
    low, high = _bounds(interval)
    above, below = ">=" if interval.low_included else ">", "<=" if interval.high_included else "<"
    return lambda value: _holds(above, value, low) and _holds(below, value, high)


def _cell(cell: syntax.Cell) -> tuple[Test, tuple[Point, ...]]:
    """The test of a cell other than `else`, and the constants that it compares with."""
    match cell:
        case syntax.CompareCell(operator=operator, literal=literal):
            bound = _constant(literal)
            return lambda value: value is not None and _holds(operator, value, bound), (bound,)
        case syntax.OneOfCell(literals=literals, missing=missing):
            members = tuple(map(_constant, literals))
            return lambda value: missing is not None if value is None else value in members, members
        case syntax.Interval():
            return _within(cell), _bounds(cell)
        case _:
            return lambda value: True, ()


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


Column = tuple[str, list[Test], list[Point]]
"""The name of a column, its tests, one for each row, and the constants that they compare with."""


def _column(table: syntax.Table, at: int) -> Column:
    cells = [row.cells[at] for row in table.rows]
    others = [_shape((*row.cells[:at], *row.cells[at + 1 :])) for row in table.rows]
    tests = [_cell(cell)[0] for cell in cells]

    def rest(row: int) -> Test:
        """What no row with the same other cells takes."""
        alike = [place for place, other in enumerate(others) if other == others[row]]
        taken = [tests[place] for place in alike if not isinstance(cells[place], syntax.ElseCell)]
        return lambda value: not any(test(value) for test in taken)

    resolved = [
        rest(row) if isinstance(cell, syntax.ElseCell) else tests[row] for row, cell in enumerate(cells)
    ]
    return table.columns[at].text, resolved, [cut for cell in cells for cut in _cell(cell)[1]]


# ---------------------------------------------------------------- calculations
@dataclass(frozen=True, slots=True)
class Library:
    """A library function: its parameters with their units (None for a truth), and the unit of its result."""

    parameters: tuple[tuple[str, str | None], ...]
    unit: str
    compute: Callable[..., Fraction]


Assignment = Mapping[str, Point | Range]


class _Failed(Exception):
    """A calculation without a result: division by zero, outside a domain, a dose that is not above zero."""


_AMOUNTS = QuantityLiteral | Text | syntax.Arithmetic | syntax.Negative | syntax.Call
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
    period = dose.period * unit(dose.period_unit.value)[0]
    return "give", in_base_units(dose.amount), unit(dose.amount.unit)[1], dose.times / period


def asked(result: ResultSyntax) -> tuple[str, ...]:
    """The names that a result asks for."""
    return tuple(name.text for name in (result.names if isinstance(result, syntax.AskSyntax) else result.ask))


def meaning(result: ResultSyntax) -> Meaning:
    """What a result says, but for what it asks; of a calculated dose, which calculation it is."""
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
    """One rule, ready to be judged; `inputs`, `decision` and `columns` are as they were written."""

    def __init__(self, rule: RuleSyntax, library: Mapping[str, Library]) -> None:
        self._library = library
        self.inputs = {item.name.text: item for item in rule.items if isinstance(item, syntax.InputSyntax)}
        self._no_amounts = {name for name, item in self.inputs.items() if item.type.name.text != "Quantity"}
        self._behind: dict[str, set[str]] = {name: {name} for name in self.inputs}
        self._calculations: dict[str, Callable[[Facts], Possible]] = {}
        self._population: Expression | None = None
        self.columns: list[Column] = []
        self.decision: syntax.Decide | syntax.Table
        for item in rule.items:
            match item:
                case syntax.LetSyntax():
                    self._declare(item.name.text, item.value)
                case syntax.ChoiceSyntax():
                    self._declare_choice(item)
                case syntax.Population():
                    self._population = item.condition
                case syntax.Decide():
                    self.decision = item
                case syntax.Table():
                    self.decision = item
                    self.columns = [_column(item, at) for at in range(len(item.columns))]

    def judge(self, chart: Mapping[str, Fact]) -> Judgement:
        """The answer for one patient; what is not in the chart is missing."""
        found = {name: possible(chart.get(name, Fact((), Reason.MISSING))) for name in self.inputs}
        facts = {name: self._assumed(name, fact) for name, fact in found.items()}
        for name, calculate in self._calculations.items():
            facts[name] = possible(chart[name]) if name in chart else calculate(facts)
        state, result, asks = self._answer(facts)
        return Judgement(state, result, asks, {**facts, **found})

    # ------------------------------------------------------------ before anything is decided
    def _assumed(self, name: str, fact: Possible) -> Possible:
        need = self.inputs[name].need
        if need.value is None or fact.values or fact.reason not in _MAY_BE_ASSUMED:
            return fact
        return Possible((_constant(need.value),))

    def _declare(self, name: str, value: Expression) -> None:
        reads = self._reads(value)
        if not isinstance(value, _AMOUNTS) or (isinstance(value, Text) and value.text in self._no_amounts):
            self._no_amounts.add(name)
            self._behind[name] = self._behind_all(reads)
            self._calculations[name] = lambda facts: self._judged(value, reads, facts)
        else:
            self._compute(name, reads, lambda values: self._amount(value, values))

    def _compute(self, name: str, reads: Sequence[str], result: Callable[[Assignment], Point]) -> None:
        self._behind[name] = self._behind_all(reads)
        self._calculations[name] = lambda facts: self._results(reads, result, facts)

    def _declare_choice(self, choice: syntax.ChoiceSyntax) -> None:
        """`NAME.best`, `NAME.clear`, and `NAME.OPTION.CONSEQUENCE`: of 1,000, to the nearest whole."""
        name, options = choice.name.text, [option.name.text for option in choice.options]

        def joined(operator: str, left: Expression, right: Expression) -> Expression:
            return syntax.Arithmetic(operator, left, right, choice.span)

        def number(value: int) -> Expression:
            return QuantityLiteral(Quantity(Fraction(value), "1"), choice.span)

        harms = {option: number(0) for option in options}
        for each in choice.consequences:
            for of, chance in each.cases:
                harms[of.text] = joined("+", harms[of.text], joined("*", each.weight, chance))

        def best(values: Assignment) -> Point:
            return min(options, key=lambda option: self._amount(harms[option], values))

        def lead(values: Assignment) -> Point:
            least, second, *_ = sorted(self._amount(harm, values) for harm in harms.values())
            return second - least - self._amount(choice.indifferent, values)

        def share(chance: Expression) -> Callable[[Assignment], Point]:
            return lambda values: Fraction(_nearest(1000 * self._amount(chance, values)))

        leading = Text(f"{name} lead", choice.span)
        self._no_amounts.add(f"{name}.best")
        self._compute(f"{name}.best", self._reads(tuple(harms.values())), best)
        self._compute(leading.text, self._reads((*harms.values(), choice.indifferent)), lead)
        self._declare(f"{name}.clear", syntax.Comparison(">", leading, number(0), choice.span))
        for each in choice.consequences:
            for of, chance in each.cases:
                self._compute(f"{name}.{of.text}.{each.name.text}", self._reads(chance), share(chance))

    def _behind_all(self, names: Iterable[str]) -> set[str]:
        """The inputs on which some names rest."""
        return set().union(*(self._behind[name] for name in names))

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
            case _ if dataclasses.is_dataclass(node):
                parts = [getattr(node, field.name) for field in dataclasses.fields(node)]
            case _:
                parts = ()
        return tuple(dict.fromkeys(name for part in parts for name in self._reads(part)))

    def _judged(self, condition: Expression, reads: Sequence[str], facts: Facts) -> Possible:
        truth = self._truth(condition, facts)
        return Possible((), self._reason(reads, facts)) if truth is None else Possible((truth,))

    def _results(
        self, reads: Sequence[str], compute: Callable[[Assignment], Point], facts: Facts
    ) -> Possible:
        """One result for each combination of the possible values of what is read."""
        names = list(dict.fromkeys(reads))
        several = [facts[name].values for name in names]
        if math.prod(map(len, several)) > _MOST_COMBINATIONS or any(
            not values or any(isinstance(value, Range) for value in values) for values in several
        ):
            return Possible((), self._reason(reads, facts))
        try:
            results = {compute(dict(zip(names, values, strict=True))) for values in product(*several)}
        except _Failed:
            return Possible((), Reason.MODEL_FAILED)
        return Possible(tuple(results), None if len(results) == 1 else self._reason(reads, facts))

    def _unknown_inputs(self, reads: Iterable[str], facts: Facts) -> tuple[str, ...]:
        """The inputs behind some names that are not known, in the order of their declaration."""
        behind = self._behind_all(reads)
        return tuple(name for name in self.inputs if name in behind and not facts[name].known)

    def _reason(self, reads: Iterable[str], facts: Facts) -> Reason:
        """That of the first input behind it that is not known; if all are, a calculation failed."""
        reasons = (facts[name].reason for name in self._unknown_inputs(reads, facts))
        return next((reason for reason in reasons if reason), Reason.MODEL_FAILED)

    # ------------------------------------------------------------ arithmetic
    def _amount(self, node: Expression, values: Assignment) -> Fraction:
        value = self._value(node, values)
        assert isinstance(value, Fraction)
        return value

    def _value(self, node: Expression, values: Assignment) -> Point | Range:
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
        amounts = not isinstance(left, Text) or left.text not in self._no_amounts
        if amounts and not isinstance(left, QuantityLiteral) and not isinstance(right, QuantityLiteral):
            # Two amounts of which neither is a literal: their difference is one calculation.
            difference = self._operand(syntax.Arithmetic("-", left, right, node.span), facts)
            return _agreed(_holds(operator, value, _ZERO) for value in difference.points(()))
        one, other = self._operand(left, facts), self._operand(right, facts)
        pairs = product(one.points(other.points(())), other.points(one.points(())))
        return _agreed(_holds(operator, value, constant) for value, constant in pairs)

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
        tried = list(self._still_possible(facts))
        names = [name for unknown, _ in tried for name in unknown]
        said = {(meaning(result), frozenset(asked(result))): result for _, result in tried}
        answers = [self._said(result, facts) for result in said.values()]
        if len(answers) == 1 and answers[0] is not None:
            return answers[0]
        for result, answer in zip(said.values(), answers, strict=True):
            if answer is None and isinstance(result, syntax.GiveSyntax):
                names += self._reads(result.dose)
        clause = self.decision.unknown
        matter = self._unknown_inputs(names, facts)
        asks = tuple(name for name in matter if name in asked(clause)) or matter
        return _STATES[str(meaning(clause)[0])], meaning(clause), asks

    def _said(self, result: ResultSyntax, facts: Facts) -> tuple[str, Meaning, tuple[str, ...]] | None:
        """A result as an answer; None if it is a dose that cannot be calculated."""
        said = meaning(result)
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
            code = dose.rounding.step.quantity.unit
            given = Quantity(amount / unit(code)[0], code)
            said = dose_meaning(Dose(given, dose.times, dose.period, dose.period_unit))
        asks = tuple(name for name in asked(result) if not facts[name].known)
        return _STATES[str(said[0])], said, asks

    def _still_possible(self, facts: Facts) -> Iterator[tuple[Sequence[str], ResultSyntax]]:
        """What each branch or row that is not excluded says, and the names in its unknown parts."""
        if isinstance(self.decision, syntax.Decide):
            for branch in self.decision.branches:
                truth = branch.condition is None or self._truth(branch.condition, facts)
                if branch.condition is not None and truth is None:
                    yield self._unknown_names(branch.condition, facts), branch.result
                elif truth:
                    yield (), branch.result
                    return
            yield (), syntax.NoneSyntax("", (), self.decision.span)
            return
        columns = [(name, tests, self._points(name, cuts, facts)) for name, tests, cuts in self.columns]
        for at, row in enumerate(self.decision.rows):
            truths = {
                name: isinstance(cell, syntax.AnyCell) or _agreed(map(tests[at], points))
                for (name, tests, points), cell in zip(columns, row.cells, strict=True)
            }
            unknown = [name for name, truth in truths.items() if truth is None]
            if False not in truths.values():
                yield unknown, row.result
                if not unknown and self.decision.hit == "first":
                    return

    def _points(self, name: str, cuts: Sequence[Point], facts: Facts) -> Sequence[Point | None]:
        """Points that stand for all that a column may be; none at all if it is unknown."""
        if name in self.inputs and self.inputs[name].need.word == "optional" and not facts[name].values:
            return [None]
        return facts[name].points(cuts)
