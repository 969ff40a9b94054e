"""Risk labels: the facts that a rule states about one patient; whether one is shown is decided elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dsl.evaluator.evaluate import prepare
from dsl.evaluator.logic import Truth, judge
from dsl.model import RiskLabel, Rule
from dsl.values import Fact


@dataclass(frozen=True, slots=True)
class LabelFacts:
    """What a label rests on, for one patient; risks, benefits and harms are plain probabilities."""

    label: RiskLabel
    applies: Truth
    baseline: Fact
    stratum: Fact
    actions: tuple[tuple[str, Fact, Fact], ...]
    """Name, benefit and harm of what can be done about it."""
    tightened: Truth
    """Whether the further condition of the rule holds; True where it has none."""


Withhold = Callable[[LabelFacts], frozenset[str]]
"""The guard: the reasons for which a label is not shown; empty if it may be."""


def label_facts(rule: Rule, facts: Mapping[str, Fact]) -> LabelFacts | None:
    """The facts of the label of a rule; None if it has none."""
    label = rule.label
    if label is None:
        return None
    found = prepare(rule, facts)
    tightened = judge(label.tighten, found).truth if label.tighten is not None else True
    return LabelFacts(
        label,
        judge(label.condition, found).truth,
        found["baseline"],
        found["stratum"],
        tuple((name, found[f"{name}.benefit"], found[f"{name}.harm"]) for name in label.actions),
        tightened,
    )
