"""A checked rule as formulas over exact reals, for the solver z3 (extra `verify`).

A patient has for each datum one value or none. A condition is two formulas, when it certainly holds and when
it certainly fails, so that missing data mean here what they mean to the evaluator. Results of library
functions are free: what is proved holds whatever they calculate.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

import z3  # type: ignore[import-untyped]  # it ships no types

from dsl import model, units
from dsl.evaluator.calculate import references
from dsl.evaluator.evaluate import State, meaning
from dsl.types import EnumType, QuantityType
from dsl.values import Quantity, Range
from dsl.verifier.solver import Patient, Term, Value, real
from dsl.witnesses.answers import cases_of


@dataclass(frozen=True, slots=True)
class Truth:
    """When a condition certainly holds, and when it certainly fails."""

    holds: Term
    fails: Term


@dataclass(frozen=True, slots=True)
class Answer:
    """One thing that a rule can answer, and when; `amount` is that of a calculated dose."""

    state: State
    result: model.Result | None
    when: Term
    amount: Term | None = None


class Formulas:
    """One rule over a patient; `data` names the datum behind each input."""

    def __init__(
        self, rule: model.Rule, believable: Mapping[str, Range], patient: Patient, data: Mapping[str, str]
    ) -> None:
        self.rule = rule
        self._patient = patient
        self._values: dict[str, Value] = {}
        self._lacking: dict[str, Term] = {}
        for declared in rule.inputs:
            value = patient.value(data[declared.name], declared.type)
            self._lacking[declared.name] = value.missing
            if declared.name in believable:
                inside = self._within(value.term, believable[declared.name])
                patient.limits.append(z3.Or(value.missing, inside))
            if declared.assume is not None:
                value = _assumed(value, declared.assume.value, patient.unusable(data[declared.name]))
            self._values[declared.name] = value
        for let in rule.lets:
            self._values[let.name] = self._let(let)
        population = rule.population_condition
        everybody = Truth(z3.BoolVal(True), z3.BoolVal(False))
        self.inside = everybody if population is None else self.condition(population)
        self.cases = [self._case(case) for case in cases_of(rule)]

    def complete(self) -> Term:
        """No datum is missing that the rule requires or assumes."""
        needed = [each.name for each in self.rule.inputs if not each.optional]
        return z3.And(*(z3.Not(self._lacking[name]) for name in needed))

    def reached(self, at: int) -> Term:
        """When a branch or row certainly answers."""
        decision = self.rule.decision
        ordered = isinstance(decision, model.FirstDecision) or decision.ordered
        before = [case.fails for case in self.cases[:at]] if ordered else []
        return z3.And(self.inside.holds, self.cases[at].holds, *before)

    def answers(self) -> list[Answer]:
        """All that the rule can answer; for each patient exactly one of them."""
        decision = self.rule.decision
        ordered = isinstance(decision, model.FirstDecision) or decision.ordered
        possible: dict[object, list[Term]] = {}
        results: dict[object, model.Result] = {}
        for at, (case, truth) in enumerate(zip(cases_of(self.rule), self.cases, strict=True)):
            before = [z3.Not(each.holds) for each in self.cases[:at]] if ordered else []
            key = meaning(case.result)
            results.setdefault(key, case.result)
            possible.setdefault(key, []).append(z3.And(z3.Not(truth.fails), *before))
        if isinstance(decision, model.FirstDecision):
            nothing = model.Nothing()
            results.setdefault(meaning(nothing), nothing)
            possible.setdefault(meaning(nothing), []).append(
                z3.And(*(z3.Not(each.holds) for each in self.cases))
            )
        found = []
        for key, result in results.items():
            others = [z3.Not(z3.Or(*terms)) for other, terms in possible.items() if other != key]
            when = z3.And(self.inside.holds, z3.Or(*possible[key]), *others)
            found.append(self._answer(result, when))
        settled = [each.when for each in found]
        unknown = State.ASK if isinstance(decision.unknown, model.Ask) else State.NOTHING
        in_population = self.inside.holds
        return [
            *found,
            Answer(State.OUTSIDE, None, self.inside.fails),
            Answer(State.ASK, None, z3.And(z3.Not(self.inside.fails), z3.Not(in_population))),
            Answer(unknown, None, z3.And(in_population, z3.Not(z3.Or(*settled)))),
        ]

    def _answer(self, result: model.Result, when: Term) -> Answer:
        if isinstance(result, model.GiveCalculated):
            dose = self._values[result.dose.amount]
            return Answer(State.ADVICE, result, z3.And(when, z3.Not(dose.missing)), dose.term)
        if isinstance(result, model.Ask):
            return Answer(State.ASK, result, when)
        return Answer(State.NOTHING if isinstance(result, model.Nothing) else State.ADVICE, result, when)

    # -------------------------------------------------------------- conditions
    def condition(self, condition: model.Condition) -> Truth:
        """A condition over this patient."""
        if isinstance(condition, model.Negation):
            inner = self.condition(condition.operand)
            return Truth(inner.fails, inner.holds)
        if isinstance(condition, model.All | model.Any):
            parts = [self.condition(operand) for operand in condition.operands]
            holds, fails = [each.holds for each in parts], [each.fails for each in parts]
            if isinstance(condition, model.All):
                return Truth(z3.And(*holds), z3.Or(*fails))
            return Truth(z3.Or(*holds), z3.And(*fails))
        if isinstance(condition, model.IsKnown):
            absent = self._values[condition.input].missing
            present = z3.Not(absent)
            return Truth(present, absent) if condition.known else Truth(absent, present)
        if isinstance(condition, model.Compare):
            names = [
                each.name for each in (condition.left, condition.right) if isinstance(each, model.InputRef)
            ]
            return self._known(names, self._comparison(condition))
        value = self._values[condition.input]
        if isinstance(condition, model.Within):
            return self._known([condition.input], self._within(value.term, condition.range))
        return self._known([condition.input], z3.Or(*(_equal(value, each) for each in condition.members)))

    def _known(self, names: Sequence[str], holds: Term) -> Truth:
        present = [z3.Not(self._values[name].missing) for name in names]
        return Truth(z3.And(*present, holds), z3.And(*present, z3.Not(holds)))

    def _comparison(self, leaf: model.Compare) -> Term:
        sides = (leaf.left, leaf.right)
        values = [self._values[each.name] for each in sides if isinstance(each, model.InputRef)]
        constants = [each.value for each in sides if isinstance(each, model.Constant)]
        if constants and not isinstance(constants[0], Quantity):
            equal = _equal(values[0], constants[0])
        elif values[0].members:
            one, other = (each.members for each in values)
            equal = z3.Or(*(z3.And(one[name], other[name]) for name in one if name in other))
        else:
            return _ORDER[leaf.operator](*(self._side(each) for each in sides))
        return equal if leaf.operator == "=" else z3.Not(equal)

    def _side(self, operand: model.Operand) -> Term:
        if isinstance(operand, model.InputRef):
            return self._values[operand.name].term
        assert isinstance(operand.value, Quantity)
        return real(_base(operand.value))

    def _within(self, term: Term, span: Range) -> Term:
        factor = units.parse(span.unit).factor
        bounds = []
        if span.low is not None:
            low = real(span.low * factor)
            bounds.append(term >= low if span.low_included else term > low)
        if span.high is not None:
            high = real(span.high * factor)
            bounds.append(term <= high if span.high_included else term < high)
        return z3.And(*bounds)

    # -------------------------------------------------------------- branches and rows
    def _case(self, case: model.BranchRule | model.RowRule) -> Truth:
        if isinstance(case, model.BranchRule):
            everybody = Truth(z3.BoolVal(True), z3.BoolVal(False))
            return everybody if case.condition is None else self.condition(case.condition)
        decision = self.rule.decision
        assert isinstance(decision, model.TableDecision)
        cells = [self._cell(name, cell) for name, cell in zip(decision.columns, case.cells, strict=True)]
        return Truth(z3.And(*(each.holds for each in cells)), z3.Or(*(each.fails for each in cells)))

    def _cell(self, name: str, cell: model.Cell) -> Truth:
        if cell.any:
            return Truth(z3.BoolVal(True), z3.BoolVal(False))
        absent = self._values[name].missing
        optional = any(each.name == name and each.optional for each in self.rule.inputs)
        truth = Truth(z3.BoolVal(False), z3.BoolVal(True))
        if cell.condition is not None:
            truth = self.condition(cell.condition)
        if not optional:
            return truth
        fits = z3.BoolVal(cell.missing)
        return Truth(z3.If(absent, fits, truth.holds), z3.If(absent, z3.Not(fits), truth.fails))

    # -------------------------------------------------------------- calculations
    def _let(self, let: model.Let) -> Value:
        if isinstance(let.value, model.Truth):
            truth = self.condition(let.value.condition)
            return Value(z3.Not(z3.Or(truth.holds, truth.fails)), truth.holds, {})
        lacking = [self._values[name].missing for name in set(references(let.value))]
        undefined: list[Term] = []
        if isinstance(let.value, model.LeastHarm):
            harms = [self._amount(each, undefined) for each in let.value.harms]
            least = [
                z3.And(*(harm < other for other in harms[:at]), *(harm <= other for other in harms[at + 1 :]))
                for at, harm in enumerate(harms)
            ]
            members = dict(zip(let.value.options, least, strict=True))
            return Value(z3.Or(*lacking, *undefined), None, members)
        amount = self._amount(let.value, undefined)
        return Value(z3.Or(*lacking, *undefined), amount, {})

    def _amount(self, expression: model.Expression, undefined: list[Term]) -> Term:
        """The amount in base units; `undefined` gains the cases in which there is none."""
        if isinstance(expression, model.InputRef):
            return self._values[expression.name].term
        if isinstance(expression, model.Constant):
            assert isinstance(expression.value, Quantity)
            return real(_base(expression.value))
        if isinstance(expression, model.Arithmetic):
            return self._arithmetic(expression, undefined)
        if isinstance(expression, model.Rounded):
            return self._rounded(expression, undefined)
        if isinstance(expression, model.Call):
            return self._call(expression, undefined)
        assert isinstance(expression, model.Margin)
        harms = [self._amount(each, undefined) for each in expression.harms]
        least = _least(harms)
        second = _least([z3.If(one >= other, one, other) for one, other in combinations(harms, 2)])
        return second - least

    def _arithmetic(self, expression: model.Arithmetic, undefined: list[Term]) -> Term:
        left = self._amount(expression.left, undefined)
        if expression.operator == "^":
            assert isinstance(expression.right, model.Constant)
            assert isinstance(expression.right.value, Quantity)
            times = int(expression.right.value.value)
            product = left
            for _ in range(abs(times) - 1):
                product = product * left
            if times < 0:
                undefined.append(left == 0)
                return 1 / product
            return product
        right = self._amount(expression.right, undefined)
        if expression.operator == "/":
            undefined.append(right == 0)
        return _ARITHMETIC[expression.operator](left, right)

    def _rounded(self, rounding: model.Rounded, undefined: list[Term]) -> Term:
        amount, step = self._amount(rounding.amount, undefined), real(_base(rounding.step))
        steps = amount / step
        if rounding.direction == "down":
            whole = z3.ToInt(steps)
        elif rounding.direction == "up":
            whole = -z3.ToInt(-steps)
        else:
            whole = -z3.ToInt(real(Fraction(1, 2)) - steps)
        rounded = z3.ToReal(whole) * step
        if rounding.low is not None:
            low = real(_base(rounding.low))
            rounded = z3.If(rounded < low, low, rounded)
        if rounding.high is not None:
            high = real(_base(rounding.high))
            rounded = z3.If(rounded > high, high, rounded)
        if rounding.dose:
            undefined += [amount <= 0, rounded <= 0]
        return rounded

    def _call(self, call: model.Call, undefined: list[Term]) -> Term:
        arguments: list[Term] = []
        for parameter, argument in zip(call.function.parameters, call.arguments, strict=True):
            if isinstance(parameter.type, QuantityType):
                arguments.append(self._amount(argument, undefined))
            elif isinstance(parameter.type, EnumType):
                assert isinstance(argument, model.InputRef)
                arguments += self._values[argument.name].members.values()
            else:
                arguments.append(self._truth(argument))
        result, fails = self._patient.call(call.function.name, arguments)
        undefined.append(fails)
        return result

    def _truth(self, expression: model.Expression) -> Term:
        if isinstance(expression, model.InputRef):
            return self._values[expression.name].term
        assert isinstance(expression, model.Constant)
        return z3.BoolVal(expression.value is True)


def _assumed(value: Value, constant: Quantity | str | bool, unusable: Term) -> Value:
    """The value, or the assumed one where nothing is on file."""
    assumed = z3.And(value.missing, z3.Not(unusable))
    members = {
        name: z3.If(assumed, z3.BoolVal(name == constant), term) for name, term in value.members.items()
    }
    term = value.term
    if isinstance(constant, Quantity):
        term = z3.If(assumed, real(_base(constant)), term)
    elif isinstance(constant, bool):
        term = z3.If(assumed, z3.BoolVal(constant), term)
    return Value(z3.And(value.missing, unusable), term, members)


def _least(terms: Sequence[Term]) -> Term:
    least = terms[0]
    for term in terms[1:]:
        least = z3.If(term < least, term, least)
    return least


def _equal(value: Value, constant: Quantity | str | bool) -> Term:
    if isinstance(constant, Quantity):
        return value.term == real(_base(constant))
    if isinstance(constant, bool):
        return value.term if constant else z3.Not(value.term)
    return value.members[constant]


def _base(amount: Quantity) -> Fraction:
    return amount.value * units.parse(amount.unit).factor


_ORDER: dict[str, Callable[[Term, Term], Term]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "!=": operator.ne,
}
_ARITHMETIC: dict[str, Callable[[Term, Term], Term]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}
