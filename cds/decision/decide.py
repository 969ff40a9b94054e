"""Asks every rule that concerns an ordered drug, one order at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cds.decision.situation import UNAVAILABLE, Situation
from dsl import Finding, Lifecycle, Rule, evaluate, silenced
from fhir_adapters import Chart, FactReader, KeyState, Order, PrefetchKey, key_of
from kb import KnowledgeBase


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One rule asked about one order; without a finding the rule itself failed."""

    rule: Rule
    order: Order
    finding: Finding | None
    lacking: tuple[PrefetchKey, ...]
    """Keys that hold what the rule still needs and that were not supplied."""
    partial: tuple[PrefetchKey, ...] = ()
    """Keys of which only a part came, though values from them were used."""
    failure: str = ""
    """The kind of error that stopped the rule; never text of the patient."""
    preliminary: Finding | None = None
    """What the rule would say if preliminary results were final, where that is something else (H-010)."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Everything that the rules said in one situation at one instant."""

    situation: Situation
    as_of: datetime
    deceased: bool
    """No prescribing advice is given for a dead patient (H-026)."""
    evaluations: tuple[Evaluation, ...]
    silenced: tuple[tuple[Evaluation, str], ...] = ()
    """Evaluations that an exception silences, each with the name of the exception."""
    shadow: tuple[Evaluation, ...] = ()
    """What rules in status `shadow` found: for the log alone."""


def decide(
    situation: Situation, knowledge: KnowledgeBase, as_of: datetime, *, fire_draft: bool = False
) -> Decision:
    """Evaluates the rules in force at `as_of` (timezone-aware) for each order with a known drug.

    A rule about one drug of a combination is asked about the combination.
    """
    rules = knowledge.in_force(as_of.date(), fire_draft=fire_draft)
    speaking: list[Evaluation] = []
    silent: list[tuple[Evaluation, str]] = []
    shadow: list[Evaluation] = []

    def reader(chart: Chart) -> FactReader:
        return FactReader(chart, as_of, knowledge, orders=situation.drafts, drafts=fire_draft)

    final = reader(situation.chart)
    chart = situation.chart.if_final()
    preliminary = reader(chart) if chart is not None else None
    for order in situation.orders:
        evaluations = [
            _evaluate(rule, order, situation, final, preliminary)
            for rule in rules
            if not set(rule.drugs).isdisjoint(order.drugs)
        ]
        shown = [each for each in evaluations if each.rule.status is not Lifecycle.SHADOW]
        shadow += [each for each in evaluations if each.rule.status is Lifecycle.SHADOW]
        exceptions = silenced([each.finding for each in shown if each.finding is not None])
        silent += [(each, exceptions[each.rule.name]) for each in shown if each.rule.name in exceptions]
        speaking += [each for each in shown if each.rule.name not in exceptions]
    deceased = situation.chart.deceased(as_of)
    return Decision(situation, as_of, deceased, tuple(speaking), tuple(silent), tuple(shadow))


def _evaluate(
    rule: Rule,
    order: Order,
    situation: Situation,
    final: FactReader,
    preliminary: FactReader | None,
) -> Evaluation:
    try:
        finding = evaluate(rule, final.facts(rule.inputs, order, rule.drugs))
        other = evaluate(rule, preliminary.facts(rule.inputs, order, rule.drugs)) if preliminary else finding
    except Exception as error:  # H-072: a rule that fails costs that rule, not the call
        return Evaluation(rule, order, None, (), failure=type(error).__name__)
    states = situation.chart.states
    asked = {key_of(rule.input(name).source.kind) for name in finding.asks}
    if not any(states[key] in UNAVAILABLE for key in asked):
        used = {key_of(rule.input(name).source.kind) for name in finding.decided_by}
        partial = tuple(key for key in PrefetchKey if key in used and states[key] is KeyState.INCOMPLETE)
        changed = other if (other.state, str(other.result)) != (finding.state, str(finding.result)) else None
        return Evaluation(rule, order, finding, (), partial, preliminary=changed)
    # All at once: whoever is told of one key only would be refused again for the next.
    asked |= {key_of(declared.source.kind) for declared in rule.inputs if not declared.optional}
    return Evaluation(
        rule, order, finding, tuple(key for key in PrefetchKey if key in asked and states[key] in UNAVAILABLE)
    )
