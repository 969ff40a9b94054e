"""Every operation, those that the rules of a knowledge base answer among them, and the page of each."""

from cds.calculators.answers import answer, operation_named, operations
from cds.calculators.page import page_of

__all__ = ["answer", "operation_named", "operations", "page_of"]
