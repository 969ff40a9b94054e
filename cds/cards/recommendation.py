"""What a source recommends, taken from the finding of its rule: one way for batches and for reports."""

from __future__ import annotations

from dataclasses import dataclass

from cds.cards.text import fill
from cds.decision.lookups import attribute, publisher
from dsl import Action, Advise, Finding, Outcome, Rule
from kb import KnowledgeBase

_CLASSES = {
    "strong": "Strong",
    "moderate": "Moderate",
    "optional": "Optional",
    "no_recommendation": "No recommendation",
    "unspecified": "Unspecified",
    "not_applicable": "N/A",
}
"""Strength in rules to the classification of the fact tables."""
_AVOID = {Action.AVOID, Action.AVOID_OR_ADJUST}
_ALTERNATIVE = {
    Action.ALTERNATIVE,
    Action.CONSIDER_ALTERNATIVE,
    Action.REDUCE_OR_ALTERNATIVE,
    Action.INCREASE_OR_ALTERNATIVE,
    Action.MONITOR_OR_ALTERNATIVE,
}
_DOSE = {
    Action.REDUCE,
    Action.INCREASE,
    Action.ADJUST,
    Action.REDUCE_OR_ALTERNATIVE,
    Action.INCREASE_OR_ALTERNATIVE,
    Action.AVOID_OR_ADJUST,
    Action.REDUCE_START,
    Action.REDUCE_MAINTENANCE,
    Action.INCREASE_START,
    Action.START_LOW,
    Action.FIXED_START,
    Action.DOSE_CAP,
    Action.TITRATION_PROTOCOL,
}
_NONE = {Action.STANDARD, Action.NO_RECOMMENDATION}


@dataclass(frozen=True, slots=True)
class Recommended:
    """The outcome that a rule answers with, in the words of the fact tables."""

    outcome: Outcome
    classification: str
    """How strongly the source recommends it."""
    headline: str
    """What to do, in a sentence without its full stop."""
    rationale: str
    """Why, filled in; empty where the rule gives none."""

    @property
    def action(self) -> Action | None:
        """What the source says to do, by code."""
        return self.outcome.action

    @property
    def avoids(self) -> bool:
        """Whether the drug is better not given."""
        return self.action in _AVOID

    @property
    def replaces(self) -> bool:
        """Whether another drug is better or to be considered."""
        return self.action in _ALTERNATIVE

    @property
    def doses(self) -> bool:
        """Whether the dose is another than the usual one."""
        return self.action in _DOSE

    @property
    def changes_nothing(self) -> bool:
        """Whether there is nothing to change, or nothing that is recommended."""
        return self.action in _NONE

    @property
    def text(self) -> str:
        """All of it, as one text."""
        return ". ".join(text.rstrip(".") for text in (self.headline, self.rationale) if text) + "."


def recommended(finding: Finding, knowledge: KnowledgeBase) -> Recommended | None:
    """The recommendation in a finding; None where the rule gives no outcome."""
    rule, result = finding.rule, finding.result
    if not isinstance(result, Advise):
        return None
    outcome = rule.outcome(result.outcome)
    strength = outcome.strength or rule.evidence.strength
    headline = fill(outcome.advise, finding) if outcome.advise else _quiet(rule, outcome, knowledge)
    rationale = fill(outcome.rationale, finding) if outcome.rationale and outcome.advise else ""
    return Recommended(outcome, _CLASSES.get(strength, strength), headline, rationale)


def _quiet(rule: Rule, outcome: Outcome, knowledge: KnowledgeBase) -> str:
    """The words for an outcome that has none of its own."""
    drugs = " and ".join(rule.drugs).replace("_", " ")
    if outcome.action is Action.SOURCE_HAS_ENTRY:
        genes = " and ".join(dict.fromkeys(knowledge.gene(name).symbol for name in rule.genes))
        part = " for this result, or needs more than it" if attribute(rule, "rows_read") else ""
        return f"{publisher(rule, knowledge)} has guidance on {drugs} by {genes}; it was not read here{part}"
    return f"{drugs.capitalize()}: {'' if outcome.action is None else outcome.action.value.replace('-', ' ')}"
