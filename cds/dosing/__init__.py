"""Individual dosing: questions about one person, answered by the population models of the knowledge base."""

from __future__ import annotations

from collections.abc import Mapping

from calc.operations import Operation
from cds.dosing import fit, optimise, predict
from cds.dosing.advise import Advice, advise
from cds.dosing.answer import Answered, answer_orders
from cds.dosing.card import card_of
from cds.dosing.case import Case, Declined, case_of
from cds.dosing.page import page_of
from cds.dosing.record import record_of_answer
from kb import KnowledgeBase


def dosing_operations(knowledge: KnowledgeBase) -> Mapping[str, Operation]:
    """By the word behind `bespoke dose`."""
    return {
        "fit": fit.operation(knowledge),
        "predict": predict.operation(knowledge),
        "optimise": optimise.operation(knowledge),
    }


__all__ = [
    "Advice",
    "Answered",
    "Case",
    "Declined",
    "advise",
    "answer_orders",
    "card_of",
    "case_of",
    "dosing_operations",
    "page_of",
    "record_of_answer",
]
