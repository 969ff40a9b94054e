"""What can be wrong with rows that can be read: each fault with the line and column where it stands."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from kb.importing.fact_table import DrugCodes, FactRow
from kb.importing.guidance import Case, by_population, combinations
from kb.importing.keys import Axis, Genes, axes_of
from kb.importing.phrases import ACTIONS, is_sayable
from kb.importing.populations import population_of

CLASSIFICATIONS: Final = (
    "strong", "moderate", "optional", "no_recommendation", "unspecified", "not_applicable",
)  # fmt: skip
"""How strongly a source recommends; each is the strength of an outcome."""

GREATEST_PERCENTAGE: Final = 400
MOST_GENES: Final = 2

_PERCENTAGE: Final = re.compile(r"_pct(_|$)")
_DOSE: Final = re.compile(r"_pct(_|$)|^start$|^then$|^cap|^max|_mg_day$")
_NUMBER: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_AMOUNT: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?) (\S+)")


def faults_of(path: Path, rows: Sequence[FactRow], drugs: Mapping[str, DrugCodes], genes: Genes) -> list[str]:
    """Every fault in one sentence each, in the order of the lines."""
    found: list[tuple[int, str]] = []
    by_drug: dict[str, list[FactRow]] = defaultdict(list)
    for row in rows:
        by_drug[row.drug].append(row)
        found += [(row.line, fault) for fault in _row_faults(row, drugs)]
    for mine in by_drug.values():
        found += _drug_faults(mine, genes)
    return [f"{path}:{line}: {fault}" for line, fault in sorted(found)]


def _row_faults(row: FactRow, drugs: Mapping[str, DrugCodes]) -> Iterator[str]:
    answer = row.answer
    if row.drug not in drugs:
        yield f"column `drug`: `{row.drug}` has no codes in the table of drugs"
    if population_of(row.population) is None:
        yield f"column `population`: `{row.population}` is no known population"
    if answer.classification not in CLASSIFICATIONS:
        yield f"column `classification`: `{answer.classification}` is no known classification"
    if answer.action not in ACTIONS:
        yield f"column `action`: `{answer.action.replace('_', '-')}` is no known action"
    if len(row.keys) > MOST_GENES:
        yield f"column `genes`: expected {MOST_GENES} genes at most, not {len(row.keys)}"
    yield from (f"column `params`: {fault}" for fault in _param_faults(row))


def _param_faults(row: FactRow) -> Iterator[str]:
    params = dict(row.answer.params)
    immune = all(gene.startswith("HLA-") for gene, _ in row.keys)
    for name, value in params.items():
        if not is_sayable(name, value):
            yield f"`{name}={value}` is no known parameter with a known value"
        elif immune and _DOSE.search(name):
            yield f"`{name}={value}`: an HLA allele says nothing about a dose"
        elif _PERCENTAGE.search(name) and _greatest(value) > GREATEST_PERCENTAGE:
            yield f"`{name}={value}`: expected a percentage up to {GREATEST_PERCENTAGE}"
    for first, later in (("start_pct", "maint_pct"), ("start", "then")):
        if first in params and later in params and _is_above(params[first], params[later]):
            yield f"`{first}={params[first]}`: the start is above `{later}={params[later]}`"


def _greatest(value: str) -> float:
    return max((float(number) for number in _NUMBER.findall(value)), default=0)


def _is_above(start: str, later: str) -> bool:
    """Whether a start is above what follows, both being amounts in one unit, or percentages."""
    amounts = [_AMOUNT.fullmatch(start), _AMOUNT.fullmatch(later)]
    units = {amount[2] if amount else "" for amount in amounts}
    return len(units) == 1 and _greatest(start) > _greatest(later)


def _drug_faults(rows: Sequence[FactRow], genes: Genes) -> Iterator[tuple[int, str]]:
    try:
        axes = axes_of(rows, genes)
    except KeyError as error:
        yield rows[0].line, f"column `genes`: {error.args[0]}"
        return
    guidelines = {row.guideline for row in rows}
    if len(guidelines) > 1:
        yield rows[-1].line, f"column `guideline_id`: {rows[-1].drug} has {' and '.join(sorted(guidelines))}"
    usable = []
    for row in rows:
        try:
            usable.append((row, combinations(axes, row)))
        except KeyError as error:
            yield row.line, f"column `genes`: {error.args[0]}"
    seen: set[tuple[int, int]] = set()
    for population, mine in by_population(rows):
        told: dict[Case, FactRow] = {}
        for row, cases in usable:
            if row not in mine:
                continue
            for case in cases:
                other = told.setdefault(case, row)
                if other.answer != row.answer and (other.line, row.line) not in seen:
                    seen.add((other.line, row.line))
                    where = f" ({population.spelled})" if population.spelled else ""
                    yield (
                        row.line,
                        f"column `genes`: line {other.line} answers {_words(axes, case)}{where} differently",
                    )


def _words(axes: Iterable[Axis], case: Case) -> str:
    return ", ".join(
        f"{axis.shown} {member or 'without a result'}" for axis, member in zip(axes, case, strict=True)
    )
