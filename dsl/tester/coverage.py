"""What the tests beside a rule show of it: each branch or row, and each datum that matters there, missing.

A datum matters to a case if some patient of the case gets another answer once it is missing. A test shows
that if it is such a patient: with some value of the missing datum the case would answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dsl import model
from dsl.evaluator.evaluate import evaluate, meaning
from dsl.evaluator.logic import Facts, Truth
from dsl.names import Names
from dsl.tester.missing_data import Data, Datum
from dsl.tester.testing import TestRun, facts_of
from dsl.witnesses.answers import (
    POPULATION,
    Answers,
    case_of,
    cases_of,
    line_of,
    may_answer,
    shown,
    told_apart,
)
from dsl.witnesses.believable import believable_amounts
from dsl.witnesses.patients import Goal, as_test, patient_for


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
        self._believable = believable_amounts(rule.inputs, names.plausible)
        self._answers = Answers(rule)
        self._passed = [run for run in runs if run.passed]
        self._cases = cases_of(rule)
        data = Data(rule, self._believable)
        self._data = {POPULATION: data.population, **dict(enumerate(data.cases))}
        self._shown = {each for run in self._passed for each in self._shows(facts_of(run.test))}
        self._proposed: dict[tuple[int, Datum], str] = {}

    def run(self) -> Coverage:
        titles = [
            tuple(run.test.title.text for run in self._passed if run.case == at)
            for at in range(len(self._cases))
        ]
        gaps = [self._gap(at, None) for at, tests in enumerate(titles) if not tests]
        if self._rule.population_condition is not None and not any(
            self._answers.of(facts_of(run.test)).inside is False for run in self._passed
        ):
            gaps.append(self._gap(POPULATION, None))
        pairs = [(at, datum) for at, data in self._data.items() for datum in data]
        gaps += [self._gap(at, datum) for at, datum in pairs if (at, datum) not in self._shown]
        found = tuple(gap for gap in gaps if gap is not None)
        return Coverage(
            self._rule,
            tuple(Case(case.line, case.text, tests) for case, tests in zip(self._cases, titles, strict=True)),
            sum(pair in self._shown for pair in pairs) + sum(bool(gap.missing) for gap in found),
            found,
        )

    # -------------------------------------------------------------- what a patient shows
    def _shows(self, facts: Facts) -> Iterator[tuple[int, Datum]]:
        """Each case with a datum that is missing here and would let the case answer otherwise."""
        now = self._answers.of(facts)
        for datum in dict.fromkeys(datum for data in self._data.values() for datum in data):
            for patient in datum.given_to(facts, now.prepared):
                other = self._answers.of(patient)
                if now.inside is not True:
                    if datum in self._data[POPULATION] and other.inside is True:
                        yield POPULATION, datum
                    continue
                at = case_of(other.decided)
                differ = told_apart(other.decided) != told_apart(now.decided)
                if at is not None and datum in self._data[at] and differ:
                    yield at, datum

    # -------------------------------------------------------------- what none shows
    def _gap(self, at: int, datum: Datum | None) -> Gap | None:
        """What is not shown, with a patient who would show it; None if the datum matters to nobody there."""
        test = None if datum is None else self._proposed.get((at, datum))
        if test is None:
            goal = self._reaches(at) if datum is None else self._lacks(at, datum)
            patient = patient_for(self._rule, self._believable, goal, bare=at == POPULATION).patient
            if patient is None and datum is not None:
                return None
            test = "" if patient is None else self._test(patient, datum)
        population = f"population: {self._rule.population}"
        text = population if at == POPULATION else self._cases[at].text
        name = "" if datum is None else datum.name
        return Gap(line_of(self._rule, at), text, name, at == POPULATION, test)

    def _test(self, patient: Facts, datum: Datum | None) -> str:
        facts = patient if datum is None else datum.taken_from(patient)
        answer = shown(evaluate(self._rule, facts))
        test = as_test(self._rule, answer if datum is None else f"{datum.name} missing: {answer}", facts)
        for pair in self._shows(facts):
            self._proposed.setdefault(pair, test)
        return test

    def _reaches(self, at: int) -> Goal:
        def goal(facts: Facts) -> Truth:
            answered = self._answers.of(facts)
            if at == POPULATION:
                return None if answered.inside is None else not answered.inside
            return case_of(answered.decided) == at or (None if may_answer(at, answered) else False)

        return goal

    def _lacks(self, at: int, datum: Datum) -> Goal:
        def goal(facts: Facts) -> Truth:
            settled = all(len(fact.possible) <= 1 for fact in facts.values())
            with_it = self._answers.of(facts)
            if datum.missing_in(facts, with_it.prepared):
                return None if datum.calculated and not settled else False
            without_it = datum.taken_from(facts)
            less = self._answers.of(without_it)
            if settled:
                lacking = datum.missing_in(without_it, less.prepared)
                if at == POPULATION:
                    return lacking and with_it.inside is True and less.inside is not True
                differ = told_apart(with_it.decided) != told_apart(less.decided)
                return lacking and less.inside is True and differ and case_of(with_it.decided) == at
            if at == POPULATION:
                return None
            result = meaning(less.decided.result) if less.decided.lines else None
            same = result is not None and result == meaning(self._cases[at].result)
            return False if same or not may_answer(at, with_it) else None

        return goal
