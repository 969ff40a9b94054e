"""Proof that a table answers every case exactly once.

Each column is cut at the values its cells mention; between two cuts all values behave alike, so a
finite grid of sample values stands for every patient. Missing is one more point on an optional axis.
"""

from __future__ import annotations

from fractions import Fraction
from functools import reduce
from itertools import pairwise, product
from operator import and_

from dsl import units
from dsl.diagnostics import Diagnostic, Label
from dsl.logic import judge_cell
from dsl.model import (
    BooleanType,
    Compare,
    Constant,
    EnumType,
    Input,
    OneOf,
    QuantityType,
    TableDecision,
    Within,
)
from dsl.syntax import Span
from dsl.values import Fact, Quantity, Reason, known, missing

MAX_CASES = 200_000


def check_table(
    table: TableDecision, inputs: dict[str, Input], rows: tuple[Span, ...], span: Span
) -> list[Diagnostic]:
    """Gaps (with a witness), rows that overlap with different results, and rows never reached."""
    axes = [_samples(inputs[name], table, column) for column, name in enumerate(table.columns)]
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
        witness = ", ".join(
            f"{name} {_describe(fact)}" for name, fact in zip(table.columns, case, strict=True)
        )
        if not hits:
            found.append(
                Diagnostic(
                    "BR009", f"the table `{table.name}` leaves a case without an answer", span,
                    case=witness, help="add a row for it",
                )
            )  # fmt: skip
        for other in hits[1:]:
            pair = (hits[0], other)
            if table.rows[hits[0]].result != table.rows[other].result and pair not in clashes:
                clashes.add(pair)
                reached.add(other)
                found.append(
                    Diagnostic(
                        "BR010", "two rows answer the same case differently", rows[other],
                        others=(Label(rows[hits[0]], "the other row"),), case=witness,
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


def _samples(declared: Input, table: TableDecision, column: int) -> list[Fact]:
    kind = declared.type
    facts: list[Fact]
    if isinstance(kind, EnumType):
        facts = [known(member) for member in kind.members]
    elif isinstance(kind, BooleanType):
        facts = [known(True), known(False)]
    else:
        facts = [known(value) for value in _points(kind, table, column)]
    return [*facts, missing(Reason.MISSING)] if declared.optional else facts


def _points(kind: QuantityType, table: TableDecision, column: int) -> list[Quantity]:
    """Every cut, a point between each two neighbours, and one beyond each end."""
    cuts = set()
    for row in table.rows:
        leaf = row.cells[column].condition
        values: list[Quantity] = []
        if isinstance(leaf, Compare) and isinstance(leaf.right, Constant):
            values = [leaf.right.value] if isinstance(leaf.right.value, Quantity) else []
        elif isinstance(leaf, Within):
            bounds = (leaf.range.low, leaf.range.high)
            values = [Quantity(bound, leaf.range.unit) for bound in bounds if bound is not None]
        elif isinstance(leaf, OneOf):
            values = [member for member in leaf.members if isinstance(member, Quantity)]
        size = units.parse(kind.unit).factor
        cuts |= {value.value * units.parse(value.unit).factor / size for value in values}
    if not cuts:
        return [Quantity(Fraction(1), kind.unit)]
    ordered = sorted(cuts)
    between = [(low + high) / 2 for low, high in pairwise(ordered)]
    return [
        Quantity(value, kind.unit) for value in sorted([*ordered, *between, ordered[0] - 1, ordered[-1] + 1])
    ]


def _describe(fact: Fact) -> str:
    if fact.missing:
        return "missing"
    value = fact.possible[0]
    return f"= {str(value).lower() if isinstance(value, bool) else value}"
