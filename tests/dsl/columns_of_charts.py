"""Charts as columns for `columns.kernel`: one row for each chart, one column for each slot of a service."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

import numpy as np

from dsl.columns.kernel import REASONS, Amounts, Categories, Column, decide
from dsl.compiler.service import Service
from dsl.compiler.slots import Slot
from dsl.types import EnumType, QuantityType
from dsl.values import Fact, Quantity, convert
from tests.dsl.chart_generator import Chart


def decided_in_columns(
    service: Service, charts: Sequence[Chart]
) -> Iterator[tuple[Chart, int, float | None]]:
    """Each chart with the code of the only rule of a service, and the calculated dose if it gives any."""
    gathered = [service.gather([facts]) for facts in charts]
    columns = [_column(slot, [row[at] for row in gathered]) for at, slot in enumerate(service.slots)]
    if not columns:
        return
    (answers,) = decide(service, columns)
    for row, facts in enumerate(charts):
        amount = None if answers.amounts is None else float(answers.amounts[row])
        yield facts, int(answers.codes[row]), amount


def _column(slot: Slot, facts: Sequence[Fact]) -> Column:
    if not isinstance(slot.type, QuantityType):
        members: tuple[object, ...] = slot.type.members if isinstance(slot.type, EnumType) else (False, True)
        codes = [
            members.index(each.possible[0]) if each.possible else len(members) + _place(each)
            for each in facts
        ]
        return Categories(np.array(codes, np.uint8))
    # The unit of the first amount, so that one kind comes in several.
    amounts = [each.possible[0] if each.possible else None for each in facts]
    unit = next((each.unit for each in amounts if isinstance(each, Quantity)), slot.type.unit)
    numbers = [convert(each, unit).value if isinstance(each, Quantity) else Fraction(0) for each in amounts]
    reasons = np.array([0 if fact.possible else 1 + _place(fact) for fact in facts], np.uint8)
    if all(number.denominator == 1 for number in numbers):
        values = np.array([int(number) for number in numbers], np.int64)
    else:
        values = np.array([float(number) for number in numbers], np.float64)
        assert all(Fraction(repr(float(number))) == number for number in numbers), (
            "a chart has short decimals"
        )
    return Amounts(values, unit, reasons if reasons.any() else None)


def _place(fact: Fact) -> int:
    assert fact.reason is not None
    return REASONS.index(fact.reason)
