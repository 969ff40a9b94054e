"""Proof that a table answers every case exactly once, and what stands for `else` in its cells.

The cases are those of `dsl.witnesses.cases`; missing is one more case of an optional input.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from itertools import product
from operator import and_

from dsl.checker.amounts import Declared
from dsl.diagnostics import Diagnostic, Label, Severity
from dsl.evaluator.evaluate import decide, meaning, prepare
from dsl.evaluator.logic import Facts, Truth, judge, judge_cell
from dsl.model import Any, Cell, Condition, IsKnown, Negation, Rule, TableDecision
from dsl.syntax import Span
from dsl.values import Fact, Range
from dsl.witnesses.cases import ABSENT, cuts_by_name, known_cases, witness
from dsl.witnesses.patients import people
from dsl.witnesses.search import search

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


def with_real_patients(
    rule: Rule,
    columns: Sequence[str],
    rows: Sequence[Span],
    believable: Mapping[str, Range],
    found: Sequence[Diagnostic],
) -> list[Diagnostic]:
    """The findings, of which gaps and overlaps are errors only if some patient of the population is in them.

    Cases outside of the population are nobody's. Of calculated columns some cases may be such that no
    calculation gives them: whoever is in one nevertheless, and was not found, gets the `unknown` clause.
    """
    places = {span: at for at, span in enumerate(rows)}
    calculated = {let.name for let in rule.lets}.intersection(columns)
    confirmed = []
    for one in found:
        if one.code in ("BR009", "BR010") and one.case:
            spans = (one.span, *(other.span for other in one.others))
            goal = _in_rows(rule, [places[span] for span in spans if span in places])
            searched = search(people(rule, believable), goal)
            if searched.patient is not None:
                confirmed.append(replace(one, case=witness(searched.patient.items())))
            elif calculated or not searched.exhausted:
                help = "no patient was found in it; `bespoke check --verify` tells whether there is one"
                confirmed.append(replace(one, severity=Severity.WARNING, help=help))
        else:
            confirmed.append(one)
    return confirmed


def _in_rows(rule: Rule, rows: Sequence[int]) -> Callable[[Facts], Truth]:
    """Whether a patient of the population is in all of these rows; in none at all, if none is named."""

    def goal(facts: Facts) -> Truth:
        prepared = prepare(rule, facts)
        inside: Truth = True
        if rule.population_condition is not None:
            inside = judge(rule.population_condition, prepared).truth
        truths = [inside]
        if inside is True:
            fits = [step.truth for step in decide(rule, prepared).steps]
            truths = [fits[at] for at in rows] or [None if each is None else not each for each in fits]
        return False if False in truths else None if None in truths else True

    return goal
