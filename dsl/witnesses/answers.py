"""What an answer comes down to: which branch or row gave it, and how a test names it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dsl import model
from dsl.evaluator.evaluate import Decided, Finding, State, decide, meaning, prepare
from dsl.evaluator.logic import Facts, Truth, inputs_of, judge
from dsl.witnesses.cases import decision_conditions

MAX_KEPT = 10_000
"""Answers; more would cost more memory than they save time."""

POPULATION = -1
"""Stands for the population among the numbers of branches and rows."""


def cases_of(rule: model.Rule) -> Sequence[model.BranchRule | model.RowRule]:
    """The branches or rows of a rule."""
    decision = rule.decision
    return decision.branches if isinstance(decision, model.FirstDecision) else decision.rows


@dataclass(frozen=True, slots=True)
class Answered:
    """What a rule makes of one patient."""

    prepared: Facts
    inside: Truth
    """Whether the patient is in the population."""
    decided: Decided


class Answers:
    """What a rule answers; kept, for a search asks about the same patient many times."""

    def __init__(self, rule: model.Rule) -> None:
        self._rule = rule
        self._known: dict[object, Answered] = {}

    def of(self, facts: Facts) -> Answered:
        """The answer for a patient."""
        key = tuple((name, fact.possible, fact.reason) for name, fact in facts.items())
        if key not in self._known:
            if len(self._known) >= MAX_KEPT:
                self._known.clear()
            prepared = prepare(self._rule, facts)
            condition = self._rule.population_condition
            inside = True if condition is None else judge(condition, prepared).truth
            self._known[key] = Answered(prepared, inside, decide(self._rule, prepared))
        return self._known[key]


def line_of(rule: model.Rule, case: int) -> int:
    """The line of a branch or row; of the rule itself for its population."""
    return rule.span.line if case == POPULATION else cases_of(rule)[case].line


def read_by(rule: model.Rule, conditions: Iterable[model.Condition]) -> set[str]:
    """The inputs and calculated amounts behind conditions; one with a name is what it reads itself."""
    truths = {let.name: let.value.condition for let in rule.lets if isinstance(let.value, model.Truth)}
    read: set[str] = set()
    waiting = [name for condition in conditions for name in inputs_of(condition)]
    while waiting:
        name = waiting.pop()
        if name in truths:
            waiting += inputs_of(truths[name])
        else:
            read.add(name)
    return read


def read_by_decision(rule: model.Rule) -> set[str]:
    """The inputs and calculated amounts on which population, branches and rows depend."""
    decision = rule.decision
    columns = decision.columns if isinstance(decision, model.TableDecision) else ()
    return read_by(rule, [*decision_conditions(rule), *(model.IsKnown(name, True, "") for name in columns)])


def dose_inputs(rule: model.Rule) -> set[str]:
    """The inputs behind calculated doses."""
    results = [case.result for case in cases_of(rule)]
    doses = [each.dose for each in results if isinstance(each, model.GiveCalculated)]
    return {name for dose in doses for name in rule.reads(dose.amount)}


def case_of(answer: Decided | Finding) -> int | None:
    """The branch or row that alone gave an answer, counted from 0; None for none or several that agree."""
    if len(answer.lines) != 1:
        return None
    return next(at for at, step in enumerate(answer.steps) if step.truth is not False)


def may_answer(case: int, answered: Answered) -> bool:
    """Whether a branch or row could still be the answer, once more is known of a patient."""
    steps = answered.decided.steps
    if answered.inside is not True:
        return answered.inside is None
    return case < len(steps) and steps[case].truth is not False


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


def advised(rule: model.Rule, result: model.Result) -> object:
    """What a clinician would do: the dose, the changes of the order, else the words or a quiet action."""
    if not isinstance(result, model.Advise):
        return result
    outcome = rule.outcome(result.outcome)
    doses = [each.dose for each in outcome.suggestions if isinstance(each, model.DoseSuggestion)]
    if len(doses) == 1 and len(outcome.suggestions) == 1:
        return model.Give(doses[0], result.ask)
    return outcome.suggestions or outcome.advise or outcome.action
