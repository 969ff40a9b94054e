"""Individual dosing: questions about one person, answered by the population models of the knowledge base."""

from __future__ import annotations

from collections.abc import Mapping

from calc.operations import Operation
from cds.dosing import fit
from kb import KnowledgeBase


def dosing_operations(knowledge: KnowledgeBase) -> Mapping[str, Operation]:
    """By the word behind `bespoke dose`."""
    return {"fit": fit.operation(knowledge)}


__all__ = ["dosing_operations"]
