"""The service `dosing`: an individual dose for each ordered drug that has a plan, in place of a rule's card.

It reads more than rules do: what was given and when, and the levels. What it lacks is said as with rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Final

from cds.decision import Decision, Situation
from cds.hooks.errors import CallRefused
from cds.hooks.service_entry import ServiceEntry
from dsl import Rule
from fhir_adapters import KeyState, PrefetchKey, prefetch_templates
from kb import KnowledgeBase
from kb.dosing_plans import DosingPlan

if TYPE_CHECKING:
    from cds.dosing import Answered

DOSING: Final = ServiceEntry(
    "dosing",
    "order-sign",
    "Individual dose by levels",
    "Finds the dose of this patient by a population model, from what was given, levels and covariates.",
)

_HISTORY: Final = (PrefetchKey.PATIENT, PrefetchKey.MEDICATIONS, PrefetchKey.EXPOSURE, PrefetchKey.LABS)


def plans_in_force(knowledge: KnowledgeBase, *, drafts: bool) -> tuple[DosingPlan, ...]:
    """The plans that may speak."""
    return tuple(plan for plan in knowledge.plans.values() if drafts or plan.entry.status == "active")


def dosing_templates(knowledge: KnowledgeBase, *, drafts: bool) -> dict[str, str]:
    """What the rules of the plans read, what was given, and the levels."""
    plans = plans_in_force(knowledge, drafts=drafts)
    rules = {plan.entry.rule for plan in plans}
    inputs = [
        each for rule in knowledge.fireable(fire_draft=drafts) if rule.name in rules for each in rule.inputs
    ]
    return prefetch_templates(
        inputs,
        knowledge,
        with_medications=True,
        modulated=knowledge.modulated(drafts=drafts),
        levels=sorted({plan.entry.level for plan in plans}),
    )


def history_keys(situation: Situation, knowledge: KnowledgeBase, *, drafts: bool) -> tuple[PrefetchKey, ...]:
    """Keys that the plans of the ordered drugs need beside those of their rules."""
    planned = any(knowledge.plan_of(order.drugs, drafts=drafts) for order in situation.orders)
    return _HISTORY if planned else ()


def rules_of_plans(rules: tuple[Rule, ...], knowledge: KnowledgeBase, *, drafts: bool) -> tuple[Rule, ...]:
    """Of some rules those that plans take their covariates from."""
    named = {plan.entry.rule for plan in plans_in_force(knowledge, drafts=drafts)}
    return tuple(rule for rule in rules if rule.name in named)


def refusal_for_want(situation: Situation, knowledge: KnowledgeBase, *, drafts: bool) -> CallRefused | None:
    """412 where what was given or measured was neither sent nor to be had (C2)."""
    keys = history_keys(situation, knowledge, drafts=drafts)
    states = situation.chart.states
    lacking = [key for key in keys if states[key] in (KeyState.ABSENT, KeyState.FAILED)]
    if not lacking:
        return None
    named = ", ".join(
        f"prefetch.{key.value} ({'failed' if states[key] is KeyState.FAILED else 'absent'})"
        for key in lacking
    )
    return CallRefused(412, "prefetch-missing", f"Data that the individual dose needs are missing: {named}.")


def dosing_cards(
    answered: tuple[Answered, ...],
    decision: Decision,
    knowledge: KnowledgeBase,
    others: Mapping[str, list[str]],
    seed: str,
) -> list[dict[str, object]]:
    """The cards; `others` are summaries of other guidance by the path of the order."""
    from cds.dosing import card_of

    cards = []
    for number, each in enumerate(answered):
        order = each.order
        card = card_of(
            each.answer,
            order,
            knowledge,
            changeable=order.reference in decision.situation.changeable,
            seed=f"{seed}/dosing/{number}",
            others=others.get(order.path, ()),
        )
        if card is not None:
            cards.append(card)
    return cards


def dosing_record(answered: tuple[Answered, ...], as_of: datetime) -> list[dict[str, object]]:
    """What led to each dose, for the log: enough to find the same answer again."""
    from cds.dosing import record_of_answer

    return [record_of_answer(each, as_of) for each in answered]
