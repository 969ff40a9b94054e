"""The patients at every limit of a rule: just below, at, just above, and without the datum.

Everything else is held where the limit matters: there the answers on its sides differ. A limit of which it is
proved that it matters to nobody is a slip, or something else made it idle.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from dsl import model, units
from dsl.evaluator.evaluate import State, evaluate
from dsl.evaluator.logic import Facts, Truth, inputs_of, judge
from dsl.names import Names
from dsl.values import Fact, Quantity, Range, known
from dsl.witnesses.answers import (
    POPULATION,
    Answered,
    Answers,
    case_of,
    cases_of,
    dose_inputs,
    line_of,
    may_answer,
    shown,
    told_apart,
)
from dsl.witnesses.believable import believable_amounts
from dsl.witnesses.cases import ABSENT, axes_of, conditions_of, cuts_by_name, described, leaves, witness
from dsl.witnesses.patients import Goal, is_decimal, patient_for
from dsl.witnesses.search import Search


@dataclass(frozen=True, slots=True)
class Side:
    """One patient at a limit, and what the rule answers."""

    name: str
    """`below`, `at`, `above` or `missing`."""
    datum: str
    """As a test gives it: `weight = 76.99 kg`, `weight missing`."""
    answer: str


@dataclass(frozen=True, slots=True)
class Boundary:
    """An amount that a rule compares something with."""

    name: str
    """The input or calculated amount that is compared."""
    limit: Quantity
    lines: tuple[int, ...]
    """Of the branches and rows where it stands; the first line of the rule for its population."""
    context: str
    """Everything else about the patient, as a test gives it."""
    sides: tuple[Side, ...]
    """Empty where nobody was found to whom the limit matters."""
    idle: bool
    """Whether it is proved that it matters to nobody."""


def boundaries(rule: model.Rule, names: Names) -> tuple[Boundary, ...]:
    """Every limit in the conditions of a rule, ordered by name as declared, then by amount.

    A limit that stands in several branches or rows is shown for each of them, unless one patient shows it for
    several at once.
    """
    believable = believable_amounts(rule.inputs, names.plausible)
    standing, answers = _standing(rule), Answers(rule)
    found: list[Boundary] = []
    for name, cuts in cuts_by_name(conditions_of(rule)).items():
        by_size = {_size(cut): cut for cut in cuts}
        for size in sorted(by_size):
            apart = min((abs(size - other) for other in by_size if other != size), default=None)
            points = _points(by_size[size], apart, name, believable)
            places = standing[name, size]
            limit = _Limit(rule, believable, name, by_size[size], points, places, answers)
            found += limit.boundaries()
    order = [each.name for each in rule.inputs] + [let.name for let in rule.lets]
    return tuple(sorted(found, key=lambda each: order.index(each.name)))


def as_table(boundary: Boundary) -> list[str]:
    """A limit with its sides, in lines for people."""
    places = ", ".join(str(line) for line in boundary.lines)
    heading = described(boundary.name, known(boundary.limit))
    if places:
        heading += f" (line {places})" if len(boundary.lines) == 1 else f" (lines {places})"
    if not boundary.sides:
        why = "changes nothing for anybody" if boundary.idle else "no patient found for whom it matters"
        return [f"{heading}: {why}"]
    width = max(len(side.datum) for side in boundary.sides)
    context = f", with {boundary.context}" if boundary.context else ""
    return [
        heading + context,
        *(f"  {side.datum:<{width}}  {side.answer}" for side in boundary.sides),
    ]


@dataclass(frozen=True, slots=True)
class _Limit:
    """One limit, while patients are looked for."""

    rule: model.Rule
    believable: Mapping[str, Range]
    name: str
    amount: Quantity
    points: Mapping[str, Fact]
    standing: tuple[int, ...]
    """The branches and rows where it stands."""
    answers: Answers

    def boundaries(self) -> list[Boundary]:
        found: list[Boundary] = []
        seen: set[int] = set()
        for case in self.standing:
            if case in seen:
                continue
            patient = self._search(case, advised=True).patient or self._search(case).patient
            if patient is not None:
                cases = self._cases(patient) & {*self.standing}
                seen |= cases
                found.append(self._boundary(cases, patient))
        if found:
            return found
        lines = tuple(line_of(self.rule, case) for case in self.standing)
        return [Boundary(self.name, self.amount, lines, "", (), self._search(None).exhausted)]

    def _search(self, case: int | None, *, advised: bool = False) -> Search:
        axes, doses = axes_of(self.rule, self.believable), dose_inputs(self.rule)
        behind = {each for each in self.rule.reads(self.name) if each not in axes and each not in doses}
        goal = self._matters(case, advised=advised)
        return patient_for(self.rule, self.believable, goal, without={self.name, *behind})

    def _matters(self, case: int | None, *, advised: bool) -> Goal:
        """Whether the answers at the limit are not all the same.

        A branch or row gives one of them; with `advised`, one of them is advice, which tells a reader most.
        """

        def goal(facts: Facts) -> Truth:
            settled = all(len(fact.possible) <= 1 for fact in facts.values())
            points = self._at_points(facts)
            decided = [each.decided for each in points]
            certain = [each for each in decided if settled or each.lines or each.state is State.OUTSIDE]
            different = len({told_apart(each) for each in certain}) > 1
            answers = case is None or case in self._cases(facts)
            answers &= not advised or any(each.state is State.ADVICE for each in certain)
            if settled or (different and answers):
                return different and answers
            if not different and len(certain) == len(points):
                return False
            if case is None or case == POPULATION:
                return None
            return None if any(may_answer(case, each) for each in points) else False

        return goal

    def _at_points(self, facts: Facts) -> list[Answered]:
        return [self.answers.of({**facts, self.name: point}) for point in self.points.values()]

    def _cases(self, facts: Facts) -> set[int]:
        """What certainly answers at one of the points."""
        decided = [each.decided for each in self._at_points(facts)]
        cases = {case for each in decided if (case := case_of(each)) is not None}
        return cases | {POPULATION for each in decided if each.state is State.OUTSIDE}

    def _boundary(self, cases: set[int], context: Facts) -> Boundary:
        sides = tuple(
            Side(side, described(self.name, fact), shown(evaluate(self.rule, {**context, self.name: fact})))
            for side, fact in {**self.points, "missing": ABSENT}.items()
        )
        lines = tuple(sorted({line_of(self.rule, case) for case in cases}))
        return Boundary(self.name, self.amount, lines, witness(context.items()), sides, False)


def _points(
    limit: Quantity, apart: Fraction | None, name: str, believable: Mapping[str, Range]
) -> dict[str, Fact]:
    """The believable amounts just below, at and just above, in the unit in which the limit is written."""
    step = _step(limit, None if apart is None else apart / units.parse(limit.unit).factor)
    amounts = {"below": limit.value - step, "at": limit.value, "above": limit.value + step}
    facts = {side: known(Quantity(amount, limit.unit)) for side, amount in amounts.items()}
    bounds = believable.get(name)
    if bounds is None:
        return facts
    within = model.Within(name, bounds, "")
    return {side: fact for side, fact in facts.items() if judge(within, {name: fact}).truth}


def _step(limit: Quantity, apart: Fraction | None) -> Fraction:
    """A thousandth of the limit or less, no coarser than it is written, far from reaching the next limit."""
    step = Fraction(1)
    while step * 1000 > (abs(limit.value) or 1):
        step /= 10
    while is_decimal(limit.value) and (limit.value / step).denominator != 1:
        step /= 10
    while apart is not None and step * 2 > apart:
        step /= 10
    return step


def _size(amount: Quantity) -> Fraction:
    return amount.value * units.parse(amount.unit).factor


def _standing(rule: model.Rule) -> dict[tuple[str, Fraction], tuple[int, ...]]:
    """Where each limit stands, by name and size; one in a named condition stands where that is read."""
    truths = {let.name: let.value.condition for let in rule.lets if isinstance(let.value, model.Truth)}

    def limits(conditions: Iterable[model.Condition]) -> set[tuple[str, Fraction]]:
        found = {(name, _size(cut)) for name, cuts in cuts_by_name(conditions).items() for cut in cuts}
        for leaf in leaves(conditions):
            found |= limits([truths[name] for name in inputs_of(leaf) if name in truths])
        return found

    places: dict[int, list[model.Condition]] = {}
    if rule.population_condition is not None:
        places[POPULATION] = [rule.population_condition]
    for at, case in enumerate(cases_of(rule)):
        if isinstance(case, model.BranchRule):
            places[at] = [case.condition] if case.condition is not None else []
        else:
            places[at] = [cell.condition for cell in case.cells if cell.condition is not None]
    standing: dict[tuple[str, Fraction], tuple[int, ...]] = dict.fromkeys(limits(conditions_of(rule)), ())
    for at, conditions in places.items():
        for each in limits(conditions):
            standing[each] += (at,)
    return standing
