"""The compiled rules of a service over columns of many patients: the same tables, looked up by numpy.

A column holds one slot of the service (`Service.slots`), a row one patient. A cell is one value or a reason:
facts of which several values are possible are for `Service.pack`. Only the modules of columns import numpy,
and `dsl` does not import them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from dsl.columns.calculate import Calculator
from dsl.columns.cells import (
    REASONS,
    Amounts,
    Categories,
    Column,
    Numbers,
    check_column,
    places_of,
)
from dsl.compiler.rule import results_of
from dsl.compiler.service import Service
from dsl.compiler.source import Memo
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
    """Shape (rows,): the code of what the compiled rule has in its `outcomes`."""
    amounts: NDArray[np.float64] | None
    """Shape (rows,): the calculated dose in the unit of its `let`, as the nearest float, NaN where there is
    none; None for a rule that calculates no dose."""


def decide(service: Service, columns: Sequence[Column]) -> list[Answers]:
    """For each rule what it comes to, row by row; `columns` is in the order of `service.slots`.

    Agrees with `Service.codes` on every row. The exact value of a float64 cell is the shortest decimal that
    prints it: 0.1 is one tenth. Raises ValueError for a column that is not as its slot needs it.
    """
    if len(columns) != len(service.slots):
        raise ValueError(f"{len(service.slots)} columns are expected, one for each slot, not {len(columns)}")
    rows = len(columns[0]) if columns else 0
    for column, slot in zip(columns, service.slots, strict=True):
        check_column(column, slot, rows)
    kernels = [_Kernel(service, index, columns, rows) for index in range(len(service.rules))]
    keys = {places: key for key, places in enumerate({each for kernel in kernels for each in kernel.places})}
    for kernel in kernels:
        kernel.keys = [keys[places] for places in kernel.places]
    for start in range(0, rows, BLOCK):
        block = slice(start, min(start + BLOCK, rows))
        numbers = {key: places.numbers(columns[places.slot], block) for places, key in keys.items()}
        for kernel in kernels:
            kernel.fill(block, numbers)
    return [kernel.answers for kernel in kernels]


class _Kernel:
    """One rule over the columns."""

    def __init__(self, service: Service, index: int, columns: Sequence[Column], rows: int) -> None:
        rule = self._rule = service.rules[index]
        named = {name: (service.slots[slot], columns[slot]) for name, slot in service.slots_of(index).items()}
        self.places = [
            places_of(axis, slot, columns[slot])
            for axis in rule.inputs
            for slot in (service.slots_of(index)[axis.name],)
        ]
        self.keys: list[int] = []
        """Where the numbers of each of `places` are found."""
        doses = [result.dose.amount for result in results_of(rule.rule) if isinstance(result, GiveCalculated)]
        self._calculator = Calculator(rule, named, frozenset(doses)) if rule.calculated else None
        calculated = [axis.size for axis in rule.calculated]
        self._sizes = [*(len(each.cases) for each in self.places), *calculated]
        table = service.tables[index]
        self._memo: Memo | None = table if isinstance(table, Memo) else None
        self._maps: list[Numbers] | None = None
        if self._memo is not None or prod(self._sizes) > MAX_TABLE:
            self._maps = [np.array(each.cases, np.int64) for each in self.places]
            self._sizes = [axis.size for axis in rule.axes]
        if self._memo is None:
            codes = np.array(table, np.int32)
            cases = [each.cases for each in self.places] if self._maps is None else []
            chosen = [*cases, *(range(size) for size in codes.shape[len(cases) :])]
            self._table = codes[np.ix_(*chosen)].ravel() if chosen else codes.reshape(1)
        self.answers = Answers(np.empty(rows, np.int32), np.full(rows, np.nan) if doses else None)

    def fill(self, block: slice, numbers: Mapping[int, Numbers]) -> None:
        """Answers some rows."""
        found = [numbers[key] for key in self.keys]
        if self._maps is not None:
            found = [cases[each] for cases, each in zip(self._maps, found, strict=True)]
        calculated = self._calculator.block(block) if self._calculator is not None else None
        if calculated is not None:
            found += calculated.cases
        codes = self.answers.codes[block]
        if self._memo is not None:
            codes[:] = self._met(found, self._memo)
        elif found:
            np.take(self._table, _joined(found, self._sizes), out=codes, mode="clip")
        else:
            codes[:] = self._table[0]
        if self.answers.amounts is not None and calculated is not None:
            self._dose(codes, self.answers.amounts[block], calculated.amounts)

    def _met(self, cases: list[Numbers], memo: Memo) -> Numbers:
        """The codes of cells of which only those that occur are decided."""
        key = np.zeros(len(cases[0]), np.int64)
        reach = 1
        for each, size in zip(cases, self._sizes, strict=True):
            if reach * size >= 1 << 62:
                _, key = np.unique(key, return_inverse=True)
                reach = len(key)
            key = key * size + each
            reach *= size
        _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
        cells = zip(*(each[first].tolist() for each in cases), strict=True)
        return np.array([memo.of(cell) for cell in cells], np.int32)[inverse]

    def _dose(self, codes: Numbers, amounts: Numbers, calculated: Mapping[str, Numbers]) -> None:
        for code in np.unique(codes).tolist():
            result = self._rule.outcomes[code].decided.result
            if isinstance(result, GiveCalculated):
                given = codes == code
                amounts[given] = calculated[result.dose.amount][given]


def _joined(numbers: Sequence[Numbers], sizes: Sequence[int]) -> Numbers:
    """The number of the cell of a table, the last axis running fastest."""
    joined = numbers[0].astype(np.intp)
    for each, size in zip(numbers[1:], sizes[1:], strict=True):
        joined *= size
        joined += each
    return joined
