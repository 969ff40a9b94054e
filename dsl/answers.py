"""What an answer comes down to: which branch or row gave it, and how a test names it."""

from __future__ import annotations

from collections.abc import Sequence

from dsl import model
from dsl.evaluate import Decided, Finding, State, meaning
from dsl.logic import Facts, Truth, judge

POPULATION = -1
"""Stands for the population among the numbers of branches and rows."""


def cases_of(rule: model.Rule) -> Sequence[model.BranchRule | model.RowRule]:
    """The branches or rows of a rule."""
    decision = rule.decision
    return decision.branches if isinstance(decision, model.FirstDecision) else decision.rows


def line_of(rule: model.Rule, case: int) -> int:
    """The line of a branch or row; of the rule itself for its population."""
    return rule.span.line if case == POPULATION else cases_of(rule)[case].line


def case_of(answer: Decided | Finding) -> int | None:
    """The branch or row that alone gave an answer, counted from 0; None for none or several that agree."""
    if len(answer.lines) != 1:
        return None
    return next(at for at, step in enumerate(answer.steps) if step.truth is not False)


def in_population(rule: model.Rule, prepared: Facts) -> Truth:
    """Whether a rule speaks for a patient."""
    condition = rule.population_condition
    return True if condition is None else judge(condition, prepared).truth


def may_answer(case: int, decided: Decided, inside: Truth) -> bool:
    """Whether a branch or row could still be the answer, once more is known of a patient."""
    if inside is not True:
        return inside is None
    return case < len(decided.steps) and decided.steps[case].truth is not False


def told_apart(decided: Decided) -> object:
    """Equal for answers that a test beside the rule cannot tell apart."""
    asking = decided.state is State.ASK
    return decided.state, decided.asks if asking else meaning(decided.result)


def shown(finding: Finding) -> str:
    """The answer as a test names it: what is asked for is what is still lacking."""
    if finding.state is State.OUTSIDE:
        return "outside population"
    if finding.state is State.ASK:
        return str(model.Ask(finding.asks))
    return str(finding.result)
