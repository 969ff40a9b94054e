"""Proof that a table answers every case exactly once, and what stands for `else` in its cells.

The cases are those of `dsl.witnesses.cases`; missing is one more case of an optional input.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from itertools import product
from operator import and_

from dsl.checker.amounts import Declared
from dsl.diagnostics import Diagnostic, Label
from dsl.evaluator.evaluate import meaning
from dsl.evaluator.logic import judge_cell
from dsl.model import Any, Cell, Condition, IsKnown, Negation, TableDecision
from dsl.syntax import Span
from dsl.values import Fact, Range
from dsl.witnesses.cases import ABSENT, cuts_by_name, known_cases, witness

MAX_CASES = 200_000


def resolve_else(
    rows: Sequence[Sequence[Cell | None]], columns: Sequence[Declared]
) -> list[tuple[Cell, ...]]:
    """The rows with a cell in place of each None: all that no row with the same other cells says."""
    return [
        tuple(
            cell if cell is not None else _rest(columns[column], _siblings(rows, row, column))
            for column, cell in enumerate(row)
        )
        for row in rows
    ]


def _siblings(rows: Sequence[Sequence[Cell | None]], row: Sequence[Cell | None], column: int) -> list[Cell]:
    found = []
    for other in rows:
        cell = other[column]
        alike = all(one == two for at, (one, two) in enumerate(zip(row, other, strict=True)) if at != column)
        if cell is not None and alike:
            found.append(cell)
    return found


def _rest(declared: Declared, siblings: Sequence[Cell]) -> Cell:
    if not siblings:
        return Cell(None, any=True)
    if any(cell.any for cell in siblings):
        return Cell(None)
    conditions = [cell.condition for cell in siblings if cell.condition is not None]
    condition: Condition = IsKnown(declared.name, True, "else")
    if conditions:
        condition = Negation(Any(tuple(conditions)))
    missing = declared.optional and not any(cell.missing for cell in siblings)
    return Cell(condition, missing=missing)


def check_table(
    table: TableDecision,
    columns: Sequence[Declared],
    believable: Mapping[str, Range],
    rows: tuple[Span, ...],
    span: Span,
) -> list[Diagnostic]:
    """Gaps (with a witness), rows that overlap with different results, and rows never reached."""
    cuts = cuts_by_name(cell.condition for row in table.rows for cell in row.cells if cell.condition)
    axes = [
        known_cases(each.type, cuts.get(each.name, ()), believable.get(each.name))
        + ([ABSENT] if each.optional else [])
        for each in columns
    ]
    cases = 1
    for axis in axes:
        cases *= len(axis)
    if cases > MAX_CASES:
        return [Diagnostic("BR009", f"the table has {cases} cases, too many to prove", span, help="split it")]
    found: list[Diagnostic] = []
    reached: set[int] = set()
    clashes: set[tuple[int, int]] = set()
    fitting = [[_fitting(table, column, fact) for fact in axis] for column, axis in enumerate(axes)]
    seen: set[int] = set()
    for case, fits in zip(product(*axes), product(*fitting), strict=True):
        rows_hit = reduce(and_, fits)
        if rows_hit in seen:
            continue
        seen.add(rows_hit)
        hits = [index for index in range(len(table.rows)) if rows_hit >> index & 1]
        reached.update(hits[:1])
        patient = witness(zip(table.columns, case, strict=True))
        if not hits:
            found.append(
                Diagnostic(
                    "BR009", f"the table `{table.name}` leaves a case without an answer", span,
                    case=patient, help="add a row for it",
                )
            )  # fmt: skip
        for other in () if table.ordered else hits[1:]:
            pair = (hits[0], other)
            differ = meaning(table.rows[hits[0]].result) != meaning(table.rows[other].result)
            if differ and pair not in clashes:
                clashes.add(pair)
                reached.add(other)
                found.append(
                    Diagnostic(
                        "BR010", "two rows answer the same case differently", rows[other],
                        others=(Label(rows[hits[0]], "the other row"),), case=patient,
                    )
                )  # fmt: skip
    found += [
        Diagnostic("BR011", "the rows above answer every case of this row", rows[index], help="remove it")
        for index in range(len(table.rows))
        if index not in reached
    ]
    return found


def _fitting(table: TableDecision, column: int, fact: Fact) -> int:
    """The rows whose cell in this column takes the fact, one bit for each."""
    name = table.columns[column]
    return sum(
        1 << index
        for index, row in enumerate(table.rows)
        if judge_cell(row.cells[column], name, {name: fact}) is True
    )
