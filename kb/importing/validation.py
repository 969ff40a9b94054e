"""What can be wrong with rows that can be read: each fault with the line and column where it stands."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kb.importing.fact_table import DrugCodes, FactRow
from kb.importing.guidance import Case, by_population, combinations, parts_of
from kb.importing.keys import Axis, Genes, axes_of
from kb.importing.phrases import ACTIONS, is_sayable
from kb.importing.populations import population_of
from kb.importing.reviewing import shown
from kb.importing.sources import Source

CLASSIFICATIONS: Final = (
    "strong", "moderate", "optional", "no_recommendation", "unspecified", "not_applicable",
)  # fmt: skip
"""How strongly a source recommends; each is the strength of an outcome."""

_GRADED: Final = ("strong", "moderate", "optional")
"""Classifications by which a source recommends something."""

GREATEST_PERCENTAGE: Final = 400
MOST_GENES: Final = 2

_PERCENTAGE: Final = re.compile(r"_pct(_|$)")
_DOSE: Final = re.compile(r"_pct(_|$)|^start$|^then$|^cap|^max|_mg_day$")
_NUMBER: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_AMOUNT: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?) (\S+)")


@dataclass(frozen=True, slots=True)
class Paths:
    """Where rows were read: the imported table, and ours of the rows that somebody has read."""

    table: Path
    readings: Path

    def of(self, row: FactRow) -> Path:
        """The file of a row."""
        return self.table if row.reading is None else self.readings


@dataclass(frozen=True, slots=True)
class Judged:
    """What is found in rows, each in one sentence, in the order of the lines."""

    faults: tuple[str, ...]
    """What cannot be right: nothing may be written."""
    doubts: tuple[str, ...]
    """What a reader should look at: nothing of it is said, or the source's own words seem to disagree."""


def judge(
    source: Source, rows: Sequence[FactRow], drugs: Mapping[str, DrugCodes], genes: Genes, paths: Paths
) -> Judged:
    """Every fault and every doubt about rows.

    What is wrong in an answer that nobody has read is a doubt where such answers are not said.
    """
    faults: list[tuple[Path, int, str]] = []
    doubts: list[tuple[Path, int, str]] = []
    by_drug: dict[str, list[FactRow]] = defaultdict(list)
    for row in rows:
        by_drug[row.drug].append(row)
        path = paths.of(row)
        faults += [(path, row.line, fault) for fault in _row_faults(row, drugs)]
        if any(words for _, words in row.keys):
            unsaid = source.by_row and row.reading is None
            found = [(path, row.line, fault) for fault in _answer_faults(row)]
            if unsaid:
                doubts += [
                    (path, line, f"{fault} (not said: nobody has read the row)")
                    for path, line, fault in found
                ]
            else:
                faults += found
            doubts += [(path, row.line, doubt) for doubt in _contradictions(row)]
    for mine in by_drug.values():
        for _, part in parts_of(source, mine):
            wrong, apart = _drug_faults(source, part, genes)
            faults += [(paths.of(row), row.line, fault) for row, fault in wrong]
            doubts += [(paths.of(row), row.line, doubt) for row, doubt in apart]
    return Judged(_sentences(faults), _sentences(doubts))


def _sentences(found: Iterable[tuple[Path, int, str]]) -> tuple[str, ...]:
    return tuple(f"{path}:{line}: {what}" for path, line, what in sorted(set(found)))


def _row_faults(row: FactRow, drugs: Mapping[str, DrugCodes]) -> Iterator[str]:
    answer = row.answer
    if row.drug not in drugs:
        yield f"column `drug`: `{row.drug}` has no codes in the table of drugs"
    if population_of(row.population) is None:
        yield f"column `population`: `{row.population}` is no known population"
    if answer.classification not in CLASSIFICATIONS:
        yield f"column `classification`: `{answer.classification}` is no known classification"
    if len(row.keys) > MOST_GENES:
        yield f"column `genes`: expected {MOST_GENES} genes at most, not {len(row.keys)}"


def _answer_faults(row: FactRow) -> Iterator[str]:
    if row.answer.action not in ACTIONS:
        yield f"column `action`: `{_dashed(row.answer.action)}` is no known action"
    yield from (f"column `params`: {fault}" for fault in _param_faults(row))


def _contradictions(row: FactRow) -> Iterator[str]:
    """Where the source's own classification and our code for the action do not go together."""
    answer = row.answer
    nothing = answer.action in ("no_recommendation", "standard")
    told = answer.classification.replace("_", " ")
    if answer.classification == "no_recommendation" and not nothing:
        yield f"column `action`: the source classes it as `{told}`, the action is `{_dashed(answer.action)}`"
    if answer.classification in _GRADED and answer.action == "no_recommendation":
        yield f"column `action`: the source classes it as `{told}`, the action is `no-recommendation`"


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


def _drug_faults(
    source: Source, rows: Sequence[FactRow], genes: Genes
) -> tuple[list[tuple[FactRow, str]], list[tuple[FactRow, str]]]:
    """Faults among the rows of one drug that stand in one table, and keys that cannot be told apart."""
    faults: list[tuple[FactRow, str]] = []
    apart: list[tuple[FactRow, str]] = []
    try:
        axes = axes_of(rows, genes)
    except KeyError as error:
        return [(rows[0], f"column `genes`: {error.args[0]}")], []
    guidelines = sorted({row.guideline for row in rows})
    if len(guidelines) > 1 and not source.by_row:
        faults.append((rows[-1], f"column `guideline_id`: {rows[-1].drug} has {' and '.join(guidelines)}"))
    usable = []
    for row in rows:
        try:
            usable.append((row, combinations(axes, row)))
        except KeyError as error:
            faults.append((row, f"column `genes`: {error.args[0]}"))
    seen: set[tuple[int, int]] = set()
    for population, mine in by_population(rows):
        told: dict[tuple[Case, bool], FactRow] = {}
        for row, cases in usable:
            if row not in mine or not any(words for _, words in row.keys):
                continue
            for case, named in cases:
                other = told.setdefault((case, named), row)
                if other.answer == row.answer or (other.line, row.line) in seen:
                    continue
                seen.add((other.line, row.line))
                where = f" ({population.spelled})" if population.spelled else ""
                if source.by_row and not _share_keys(row, other):
                    if row.reading or other.reading:
                        apart.append((row, _not_apart(row, other, _words(axes, case))))
                else:
                    words = f"line {other.line} answers {_words(axes, case)}{where} differently"
                    faults.append((row, f"column `genes`: {words}"))
    return faults, apart


def _share_keys(row: FactRow, other: FactRow) -> bool:
    pairs = zip(row.keys, other.keys, strict=True)
    return all(set(words) & set(others) for (_, words), (_, others) in pairs)


def _not_apart(row: FactRow, other: FactRow, case: str) -> str:
    return (
        f"{shown(row)}: {case} may be this row or `{shown(other)}`, which answers differently; "
        "of neither more is said than that the source has an entry"
    )


def _dashed(action: str) -> str:
    return action.replace("_", "-")


def _words(axes: Iterable[Axis], case: Case) -> str:
    return ", ".join(
        f"{axis.shown} {member or 'without a result'}" for axis, member in zip(axes, case, strict=True)
    )
