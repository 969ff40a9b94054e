"""Branches of a `decide` that no patient reaches, and populations that nobody is in."""

from __future__ import annotations

from collections.abc import Mapping

from dsl import model, syntax
from dsl.diagnostics import Diagnostic
from dsl.evaluator.calculate import with_calculated
from dsl.evaluator.logic import Facts, Truth, judge
from dsl.values import Range
from dsl.witnesses.cases import asks_for_presence, axes_of
from dsl.witnesses.search import Axes, search


def check_branches(
    rule: model.Rule, node: syntax.Decide, population: syntax.Population, believable: Mapping[str, Range]
) -> list[Diagnostic]:
    """Each branch whose condition never holds, or that those before it always answer.

    Calculated amounts count as free, so that what is reported is true whatever the arithmetic says.
    """
    axes = axes_of(rule, believable)
    branches = rule.decision.branches if isinstance(rule.decision, model.FirstDecision) else ()
    reached: list[model.Condition] = []
    if rule.population_condition is not None:
        reached.append(rule.population_condition)
        if _never(rule, reached, axes):
            return [Diagnostic("BR011", "nobody is in this population", population.span)]
    found = []
    for branch, written in zip(branches, node.branches, strict=True):
        if branch.condition is None:
            continue  # `otherwise` may be there for caution
        if _never(rule, [*reached, branch.condition], axes):
            why = "the branches above answer every case of this one"
            if _never(rule, [branch.condition], axes):
                why = "this condition never holds"
            found.append(Diagnostic("BR011", why, written.span, help="remove it, or correct what hides it"))
        else:
            reached.append(model.Negation(branch.condition))
    return found


def _never(rule: model.Rule, conditions: list[model.Condition], axes: Axes) -> bool:
    """Whether the conditions are proved never to hold together."""
    together = model.All(tuple(conditions))
    truths = [let for let in rule.lets if isinstance(let.value, model.Truth)]
    presence = asks_for_presence(rule)

    def holds(facts: Facts) -> Truth:
        if presence and any(len(fact.possible) > 1 for fact in facts.values()):
            return None
        return judge(together, with_calculated(truths, facts)).truth

    return search(axes, holds).exhausted
