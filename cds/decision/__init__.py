"""Joins one patient's chart, one knowledge base and the engine: orders and rules in, findings out.

chart + orders ─┐
knowledge base ─┼─ decide ──> Evaluation for each order and rule ──> Decision
as_of ──────────┘
"""

from cds.decision.decide import Decision, Evaluation, decide
from cds.decision.moment import parse_as_of
from cds.decision.record import record_of
from cds.decision.situation import OrdersUnclear, Situation, of_bundle, of_chart, of_orders, of_patient
from cds.decision.unanswered import unanswered

__all__ = [
    "Decision",
    "Evaluation",
    "OrdersUnclear",
    "Situation",
    "decide",
    "of_bundle",
    "of_chart",
    "of_orders",
    "of_patient",
    "parse_as_of",
    "record_of",
    "unanswered",
]
