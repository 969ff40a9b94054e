"""Every order that has a dosing plan, answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cds.decision import Situation
from cds.dosing.advise import Advice, advise
from cds.dosing.case import Declined, case_of
from fhir_adapters import Order
from kb import KnowledgeBase


@dataclass(frozen=True, slots=True)
class Answered:
    """One order and its individual dose."""

    order: Order
    answer: Advice | Declined


def answer_orders(
    situation: Situation, knowledge: KnowledgeBase, as_of: datetime, *, drafts: bool
) -> tuple[Answered, ...]:
    """One answer for each drug that has a plan, for its first order; none for a person who has died."""
    if situation.chart.deceased(as_of):
        return ()
    found: dict[str, Answered] = {}
    for order in situation.orders:
        plan = knowledge.plan_of(order.drugs, drafts=drafts)
        if plan is None or plan.name in found:
            continue
        case = case_of(plan, order, situation, knowledge, as_of, drafts=drafts)
        found[plan.name] = Answered(order, case if isinstance(case, Declined) else advise(case))
    return tuple(found.values())
