"""What the tests beside a rule show of it: each branch or row, and each datum that matters there, missing.

A datum matters to a case if some patient of the case gets another answer once it is missing. A test shows
that if it is such a patient: with some value of the missing datum the case would answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from dsl import model
from dsl.believable import believable_amounts
from dsl.cases import ABSENT, axes_of, spread
from dsl.evaluate import Decided, State, decide, evaluate, meaning, prepare
from dsl.logic import Facts, Truth, inputs_of, judge
from dsl.names import Names
from dsl.patients import Goal, as_test, patient_for, shown
from dsl.testing import TestRun, case_of, cases_of, facts_of
from dsl.values import Fact

POPULATION = -1
"""Stands for the population among the numbers of branches and rows."""


@dataclass(frozen=True, slots=True)
class Case:
    """A branch or row with the titles of the passing tests that it alone answers."""

    line: int
    text: str
    tests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """What no passing test shows: a case that answers, or what happens there while a datum is missing."""

    line: int
    text: str
    missing: str
    """The datum; empty where the case itself is not shown."""
    population: bool
    """Whether it is about the population: a patient outside, or one of whom that is not known."""
    test: str
    """A test that would show it, ready to paste; empty where none was found."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of one rule its tests show."""

    rule: model.Rule
    cases: tuple[Case, ...]
    data: int
    """Pairs of a case, or the population, and a datum that matters to it."""
    gaps: tuple[Gap, ...]

    @property
    def reached(self) -> int:
        """Cases that a test reaches."""
        return sum(bool(case.tests) for case in self.cases)

    @property
    def missing(self) -> int:
        """Pairs for which a test has the datum missing."""
        return self.data - sum(bool(gap.missing) for gap in self.gaps)


def coverage(rule: model.Rule, runs: Sequence[TestRun], names: Names) -> Coverage:
    """What the tests of a rule show, and for all that they do not, a test that would."""
    return _Measure(rule, runs, names).run()


class _Measure:
    def __init__(self, rule: model.Rule, runs: Sequence[TestRun], names: Names) -> None:
        self._rule = rule
        self._believable = believable_amounts(rule.inputs, names)
        self._direct = axes_of(rule, self._believable)
        self._values = self._direct | spread(rule, self._believable)
        self._passed = [run for run in runs if run.passed]
        self._cases = cases_of(rule)
        self._data = [self._data_of(at) for at in range(len(self._cases))] + [self._population_data()]
        self._shown = {each for run in self._passed for each in self._shows(facts_of(run.test))}
        self._proposed: dict[tuple[int, str], str] = {}

    def run(self) -> Coverage:
        titles = [
            tuple(run.test.title.text for run in self._passed if run.case == at)
            for at in range(len(self._cases))
        ]
        gaps = [self._gap(at, "") for at, tests in enumerate(titles) if not tests]
        if self._rule.population_condition is not None and not any(
            self._inside(prepare(self._rule, facts_of(run.test))) is False for run in self._passed
        ):
            gaps.append(self._gap(POPULATION, ""))
        pairs = [(at, name) for at in range(POPULATION, len(self._cases)) for name in self._data[at]]
        gaps += [self._gap(at, name) for at, name in pairs if (at, name) not in self._shown]
        found = tuple(gap for gap in gaps if gap is not None)
        return Coverage(
            self._rule,
            tuple(Case(case.line, case.text, tests) for case, tests in zip(self._cases, titles, strict=True)),
            sum(pair in self._shown for pair in pairs) + sum(bool(gap.missing) for gap in found),
            found,
        )

    # -------------------------------------------------------------- what may matter
    def _data_of(self, at: int) -> tuple[str, ...]:
        """The data that may matter to a case: what it reads, and what those read that come before it."""
        decision, conditions = self._rule.decision, list[model.Condition]()
        if isinstance(decision, model.FirstDecision):
            conditions = [each.condition for each in decision.branches[: at + 1] if each.condition]
        else:
            rows = decision.rows[: at + 1] if decision.ordered else decision.rows[at : at + 1]
            columns = [
                model.IsKnown(name, True, "")
                for row in rows
                for name, cell in zip(decision.columns, row.cells, strict=True)
                if not cell.any
            ]
            conditions = list(columns)
        result = self._cases[at].result
        dose = self._rule.reads(result.dose.amount) if isinstance(result, model.GiveCalculated) else ()
        return tuple(dict.fromkeys((*self._names(conditions), *dose)))

    def _population_data(self) -> tuple[str, ...]:
        condition = self._rule.population_condition
        return () if condition is None else tuple(dict.fromkeys(self._names([condition])))

    def _names(self, conditions: Iterable[model.Condition]) -> Iterator[str]:
        """Inputs and calculated amounts in the order of their declaration, conditions with a name resolved."""
        truths = {
            let.name: let.value.condition for let in self._rule.lets if isinstance(let.value, model.Truth)
        }
        read: set[str] = set()
        waiting = [name for condition in conditions for name in inputs_of(condition)]
        while waiting:
            name = waiting.pop()
            if name in truths:
                waiting += inputs_of(truths[name])
            elif self._rule.reads(name):
                read.add(name)
        return (each.name for each in (*self._rule.inputs, *self._rule.lets) if each.name in read)

    # -------------------------------------------------------------- what a patient shows
    def _shows(self, facts: Facts) -> Iterator[tuple[int, str]]:
        """Each case with a datum that is missing here and would let the case answer otherwise."""
        prepared = prepare(self._rule, facts)
        inside, now = self._inside(prepared), decide(self._rule, prepared)
        for name in {name for data in self._data for name in data}:
            found = facts.get(name, ABSENT) if name in self._inputs else prepared[name]
            for value in self._values[name] if found.missing else ():
                if value.missing:
                    continue
                other = prepare(self._rule, {**facts, name: value})
                if inside is not True:
                    if name in self._data[POPULATION] and self._inside(other) is True:
                        yield POPULATION, name
                    continue
                decided = decide(self._rule, other)
                at = case_of(decided)
                if at is not None and name in self._data[at] and _answer(decided) != _answer(now):
                    yield at, name

    @property
    def _inputs(self) -> set[str]:
        return {each.name for each in self._rule.inputs}

    def _inside(self, prepared: Facts) -> Truth:
        condition = self._rule.population_condition
        return True if condition is None else judge(condition, prepared).truth

    # -------------------------------------------------------------- what none shows
    def _gap(self, at: int, name: str) -> Gap | None:
        """What is not shown, with a patient who would show it; None if the datum matters to nobody there."""
        test = self._proposed.get((at, name))
        if test is None:
            goal = self._lacks(at, name) if name else self._reaches(at)
            patient = patient_for(self._rule, self._believable, goal).patient
            if patient is None and name:
                return None
            facts = self._without(patient, name) if patient is not None and name else patient
            test = "" if facts is None else self._test(facts, name)
            for shown_pair in () if facts is None else self._shows(facts):
                self._proposed.setdefault(shown_pair, test)
        if at == POPULATION:
            line, text = self._rule.span.line, f"population: {self._rule.population}"
        else:
            line, text = self._cases[at].line, f"{self._cases[at].text}"
        return Gap(line, text, name, at == POPULATION, test)

    def _test(self, facts: Facts, name: str) -> str:
        answer = shown(evaluate(self._rule, facts))
        return as_test(self._rule, f"{name} missing: {answer}" if name else answer, facts)

    def _reaches(self, at: int) -> Goal:
        def goal(facts: Facts) -> Truth:
            prepared = prepare(self._rule, facts)
            inside = self._inside(prepared)
            if at == POPULATION:
                return None if inside is None else not inside
            decided = decide(self._rule, prepared)
            return case_of(decided) == at or (None if self._possible(at, inside, decided) else False)

        return goal

    def _lacks(self, at: int, name: str) -> Goal:
        def goal(facts: Facts) -> Truth:
            settled = all(len(fact.possible) <= 1 for fact in facts.values())
            prepared, less = (prepare(self._rule, each) for each in (facts, self._without(facts, name)))
            known = facts.get(name, ABSENT) if name in self._inputs else prepared[name]
            if known.missing:
                return False if settled or name in self._inputs else None
            inside = self._inside(prepared)
            if at == POPULATION:
                return inside is True and self._inside(less) is not True if settled else None
            with_it, without = decide(self._rule, prepared), decide(self._rule, less)
            if settled:
                differ = _answer(with_it) != _answer(without)
                return case_of(with_it) == at and self._inside(less) is True and differ
            same = bool(without.lines) and meaning(without.result) == meaning(self._cases[at].result)
            return False if same or not self._possible(at, inside, with_it) else None

        return goal

    def _possible(self, at: int, inside: Truth, decided: Decided) -> bool:
        """Whether a case could still answer, once more is known."""
        if inside is not True:
            return inside is None
        return at < len(decided.steps) and decided.steps[at].truth is not False

    def _without(self, facts: Facts, name: str) -> dict[str, Fact]:
        """The same patient without one datum; an amount is not calculated for want of what it alone reads."""
        if name in self._inputs:
            return {**facts, name: ABSENT}
        behind = self._rule.reads(name)
        alone = [each for each in behind if each not in self._direct] or list(behind[-1:])
        kept = {each: fact for each, fact in facts.items() if each != name}
        return kept | dict.fromkeys(alone, ABSENT)


def _answer(decided: Decided) -> object:
    asking = decided.state is State.ASK
    return decided.state, decided.asks if asking else meaning(decided.result)
