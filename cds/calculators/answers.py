"""Answers of operations as JSON carries them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Context, Decimal
from fractions import Fraction
from typing import Final

from calc import UnusableInput
from calc.operations import OPERATIONS, Operation
from cds.calculators import niraparib, thiopurines
from dsl import Quantity, convert
from dsl.names import closest
from kb import KnowledgeBase

_FIFTEEN: Final = Context(prec=15)


def operations(knowledge: KnowledgeBase) -> Mapping[str, Operation]:
    """By name; what rules decide is answered by this knowledge base."""
    ruled = (niraparib.operation(knowledge), thiopurines.operation(knowledge))
    return OPERATIONS | {each.name: each for each in ruled}


def operation_named(name: object, known: Mapping[str, Operation]) -> Operation:
    """Raises `UnusableInput` for a name that is none."""
    if not isinstance(name, str) or name not in known:
        advice = closest(str(name), known) or f"known: {', '.join(known)}"
        raise UnusableInput("unknown-op", f"there is no such operation; {advice}")
    return known[name]


def answer(operation: Operation, given: object) -> dict[str, object]:
    """The result as a JSON object; a quantity may come in any unit that converts.

    Raises `CalculationError`.
    """
    if not isinstance(given, dict):
        raise UnusableInput("input", "`given` is an object")
    return {name: written(value) for name, value in operation.answer(given, _converted).items()}


def number(value: Fraction) -> int | Decimal:
    """A number as an answer carries it: exact wherever its decimals end, else to fifteen digits."""
    if value.denominator == 1:
        return value.numerator
    decimal = Decimal(value.numerator) / value.denominator
    return decimal if Fraction(decimal) == value else _FIFTEEN.plus(decimal)


def written(value: object) -> object:
    """A value as JSON carries it."""
    if isinstance(value, Fraction):
        return number(value)
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, Mapping):
        return {key: written(each) for key, each in value.items()}
    return [written(each) for each in value] if isinstance(value, list) else value


def _converted(value: Fraction, unit: str, wanted: str) -> Fraction:
    return convert(Quantity(value, unit), wanted).value
