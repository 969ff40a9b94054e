"""Runs the tests that stand beside a rule, through the same evaluator that answers a call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dsl import model, syntax
from dsl.checker.results import result_of
from dsl.evaluator.evaluate import Finding, State, evaluate
from dsl.evaluator.labels import LabelFacts, Withhold, label_facts
from dsl.evaluator.logic import same
from dsl.explain import explain
from dsl.values import Fact, Quantity, Reason, Value, format_number, known, missing
from dsl.witnesses.answers import case_of, cases_of, shown

_VALUES = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class TestRun:
    """One test of one rule: what was wrong (nothing, if it passed) and what answered."""

    __test__ = False

    rule: model.Rule
    test: syntax.TestSyntax
    failures: tuple[str, ...]
    case: int | None
    """The branch or row that alone answered, counted from 0."""

    @property
    def passed(self) -> bool:
        """Whether every expectation held."""
        return not self.failures


def run_tests(rule: model.Rule, withhold: Withhold | None = None) -> tuple[TestRun, ...]:
    """All tests of a rule; what they expect of a label, the guard `withhold` answers."""
    return tuple(_run(rule, test, withhold) for test in rule.tests)


def untested_lines(rule: model.Rule, runs: Sequence[TestRun]) -> tuple[int, ...]:
    """Lines of the branches or rows that no passing test reached alone."""
    reached = {run.case for run in runs if run.passed}
    return tuple(case.line for at, case in enumerate(cases_of(rule)) if at not in reached)


def facts_of(test: syntax.TestSyntax) -> dict[str, Fact]:
    """The patient of a test; what is not given is left out."""
    return {given.name.text: _fact(given) for given in test.given}


def _run(rule: model.Rule, test: syntax.TestSyntax, withhold: Withhold | None) -> TestRun:
    if test.day is not None and not rule.in_force(test.day):
        return TestRun(rule, test, (f"the rule is not in force on {test.day.isoformat()}",), None)
    facts = facts_of(test)
    finding, label = evaluate(rule, facts), label_facts(rule, facts)
    failures = tuple(
        failure
        for expect in test.expects
        if (failure := _failure(expect, finding, label, withhold)) is not None
    )
    return TestRun(rule, test, failures, case_of(finding))


def _fact(given: syntax.Given) -> Fact:
    if given.value is None:
        return missing(Reason(given.reason.text) if given.reason else Reason.MISSING)
    if isinstance(given.value, syntax.QuantityLiteral):
        return known(given.value.quantity)
    return known(_VALUES.get(given.value.text, given.value.text))


def _not_withheld(
    expect: syntax.ExpectWithheld, label: LabelFacts | None, withhold: Withhold | None
) -> str | None:
    if label is None or label.label.name != expect.label.text:
        return f"the rule states no label `{expect.label.text}`"
    if withhold is None:
        return "a label is judged by the guard: run `bespoke test`"
    reasons = sorted(withhold(label))
    if expect.reason.text in reasons:
        return None
    return f"expected `withheld because {expect.reason.text}`, got `{', '.join(reasons) or 'shown'}`"


def _label_lines(facts: LabelFacts) -> list[str]:
    risks = [fact.possible[0] if fact.known else None for fact in (facts.baseline, facts.stratum)]
    low, high = (risk.value if isinstance(risk, Quantity) else None for risk in risks)
    if low is None or high is None:
        return [f"label {facts.label.name}: absolute risk difference not known"]
    return [f"label {facts.label.name}: absolute risk difference {format_number(high - low)} %"]


def _unequal(name: str, wanted: Value, finding: Finding) -> str | None:
    fact = finding.facts[name]
    if fact.possible and all(same(value, wanted) for value in fact.possible):
        return None
    got = " or ".join(str(value) for value in fact.possible) or f"missing ({fact.reason})"
    return f"expected `{name} = {wanted}`, got `{got}`"


def _failure(
    expect: syntax.Expectation, finding: Finding, label: LabelFacts | None, withhold: Withhold | None
) -> str | None:
    if isinstance(expect, syntax.ExpectTrace):
        lines = [*explain(finding), *(_label_lines(label) if label is not None else ())]
        if any(expect.text.text in line for line in lines):
            return None
        return f"the trace does not say `{expect.text.text}`:\n" + "\n".join(lines)
    if isinstance(expect, syntax.ExpectOutside):
        if finding.state is State.OUTSIDE:
            return None
        return f"expected a patient outside the population, got `{shown(finding)}`"
    if isinstance(expect, syntax.ExpectWithheld):
        return _not_withheld(expect, label, withhold)
    if isinstance(expect, syntax.ExpectValue):
        return _unequal(expect.name.text, expect.value.quantity, finding)
    if expect.name.text in {let.name for let in finding.rule.lets}:
        name = expect.result.name.text if isinstance(expect.result, syntax.OutcomeName) else "none"
        return _unequal(expect.name.text, _VALUES.get(name, name), finding)
    wanted = result_of(expect.result)
    if finding.state is not State.OUTSIDE and shown(finding) == str(wanted):
        return None
    return f"expected `{wanted}`, got `{shown(finding)}`"
