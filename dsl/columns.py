"""The compiled rules of a service over the columns of many patients: the same tables, looked up by numpy.

A column holds one slot of the service (`Service.slots`), a row one patient. A cell is one value or one reason;
facts of which several values are possible are for `Service.pack`. Nothing else of `dsl` imports numpy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from dsl.columns_calculate import Calculator
from dsl.columns_cells import (
    REASONS,
    Amounts,
    Categories,
    Column,
    Numbers,
    Places,
    check_column,
    flat_table,
    members_of,
    places_of,
)
from dsl.compile import Service
from dsl.compile_source import Memo
from dsl.model import GiveCalculated

__all__ = ["REASONS", "Amounts", "Answers", "Categories", "Column", "decide"]

BLOCK = 1 << 15
"""Rows that are worked on together, so that what lies between stays in the cache of the processor."""

MAX_TABLE = 1 << 18
"""Cells of a lookup table over the numbers that stand in the columns."""


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What one rule comes to for each patient."""

    codes: NDArray[np.int32]
    """Shape (rows,): the index in the `outcomes` of the compiled rule."""
    amounts: NDArray[np.float64] | None
    """Shape (rows,): the calculated dose in the unit of its value, the nearest float; NaN where there is none.
    None for a rule that calculates no dose."""


def decide(service: Service, columns: Sequence[Column]) -> list[Answers]:
    """For each rule of the service what it comes to, row by row; `columns` is in the order of `service.slots`.

    Agrees with `Service.codes` on every row. The exact value of a float64 cell is the shortest decimal that
    prints it: 0.1 is one tenth. Raises ValueError for a column that is not as its slot needs it.
    """
    if len(columns) != len(service.slots):
        raise ValueError(f"{len(service.slots)} columns are expected, one for each slot, not {len(columns)}")
    rows = len(columns[0]) if columns else 0
    for column, slot in zip(columns, service.slots, strict=True):
        check_column(column, slot, rows)
    kernels = [_Kernel(service, index, columns, rows) for index in range(len(service.rules))]
    for start in range(0, rows, BLOCK):
        block = slice(start, min(start + BLOCK, rows))
        numbers: dict[Places, Numbers] = {}
        for kernel in kernels:
            kernel.fill(block, numbers)
    return [kernel.answers for kernel in kernels]


class _Kernel:
    """One rule over the columns."""

    def __init__(self, service: Service, index: int, columns: Sequence[Column], rows: int) -> None:
        self._rule = service.rules[index]
        self._columns = columns
        slots = service.slots_of(index)
        self._places = [
            places_of(axis, slots[axis.name], columns[slots[axis.name]], members_of(service.slots[slots[axis.name]]))
            for axis in self._rule.inputs
        ]
        calculates = bool(self._rule.calculated)
        named = {name: (service.slots[slot], columns[slot]) for name, slot in slots.items()}
        self._calculator = Calculator(self._rule, named) if calculates else None
        self._sizes = [len(each.cases) for each in self._places]
        self._sizes += [axis.size for axis in self._rule.calculated]
        table = service.tables[index]
        self._memo = table if isinstance(table, Memo) else None
        self._table: Numbers | None = None
        if not isinstance(table, Memo):
            self._table = np.array(table, np.int32)
        
        self.answers = Answers(np.empty(rows, np.int32), np.full(rows, np.nan) if self._doses else None)
