"""What becomes one rule: the rows about one drug and population, as a complete table of cases.

rows ── cases_of ──> case -> answer ── boxes ──> rows of a table that do not overlap
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations, product
from typing import Final

from kb.importing.fact_table import Answer, FactRow
from kb.importing.keys import UNRESOLVED, Axis, Genes, Member, axes_of, member_of
from kb.importing.populations import Population, population_of

Case = tuple[Member, ...]
"""One member for each gene."""

SILENT: Final = frozenset({"no_recommendation", "invalid_copy_number_input"})
"""Actions that say nothing to anybody, whatever else is known."""


@dataclass(frozen=True, slots=True)
class Said:
    """An answer, and the genes whose result could still change it: the answer is partial without them."""

    answer: Answer
    untested: tuple[str, ...] = ()
    """As people write them."""


@dataclass(frozen=True, slots=True)
class Box:
    """A row of a table: members of each gene, and what is said of all their combinations."""

    cells: tuple[tuple[Member, ...], ...]
    said: Said | None
    """None where the source says nothing."""

    @property
    def example(self) -> Case:
        """One of the cases, with a result where there may be one."""
        return tuple(cell[0] for cell in self.cells)

    @property
    def untested(self) -> bool:
        """Whether it is the case in which no gene has a result."""
        return all(cell == (None,) for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Guidance:
    """Everything that one rule is made of."""

    drug: str
    population: Population
    axes: tuple[Axis, ...]
    boxes: tuple[Box, ...]
    guideline: str
    pmids: tuple[str, ...]


def guidance_of(rows: Sequence[FactRow], genes: Genes) -> list[Guidance]:
    """The guidance about one drug, a piece for each population; the rows must have been found valid."""
    axes = axes_of(rows, genes)
    return [
        Guidance(
            rows[0].drug,
            population,
            axes,
            boxes_of(axes, said_of(axes, cases_of(axes, mine))),
            rows[0].guideline,
            tuple(sorted({pmid for row in mine for pmid in row.pmids}, key=int)),
        )
        for population, mine in by_population(rows)
    ]


def by_population(rows: Iterable[FactRow]) -> list[tuple[Population, list[FactRow]]]:
    """The rows about one drug by population; those without one belong to each, an unknown one to none."""
    rows = list(rows)
    spelled = dict.fromkeys(row.population for row in rows)
    named = [each for each in spelled if each] or [""]
    found = []
    for each in named:
        population = population_of(each)
        if population is not None:
            found.append((population, [row for row in rows if row.population in (each, "")]))
    return found


def cases_of(axes: Sequence[Axis], rows: Iterable[FactRow]) -> dict[Case, Answer]:
    """Every combination of keys that the rows have; of two rows about one, the first."""
    found: dict[Case, Answer] = {}
    for row in rows:
        for case in combinations(axes, row):
            found.setdefault(case, row.answer)
    return found


def combinations(axes: Sequence[Axis], row: FactRow) -> list[Case]:
    """The combinations of keys of one row; raises `KeyError` for a key that a gene does not have.

    A gene that the row does not name may be in any state.
    """
    keys = dict(row.keys)
    members = (
        dict.fromkeys(member_of(axis, word) for word in keys[axis.table_gene])
        if axis.table_gene in keys
        else axis.members
        for axis in axes
    )
    return list(product(*members))


def said_of(axes: Sequence[Axis], cases: Mapping[Case, Answer]) -> dict[Case, Said]:
    """The answers, each with the genes without which it is partial.

    These are those of which the source says so, and those without a result whose results do not all lead to
    the same answer: a row for `No Result` speaks about the other gene alone.
    """
    return {case: Said(answer, _untested(axes, cases, case, answer)) for case, answer in cases.items()}


def _untested(
    axes: Sequence[Axis], cases: Mapping[Case, Answer], case: Case, answer: Answer
) -> tuple[str, ...]:
    if answer.action in SILENT:
        return ()
    found = []
    for place, axis in enumerate(axes):
        others = ((*case[:place], member, *case[place + 1 :]) for member in axis.enum.labels)
        told = answer.param("partner_gene") == "unknown" and case[place] in UNRESOLVED
        open_ = len(axes) > 1 and case[place] is None and any(cases.get(each) != answer for each in others)
        if told or open_:
            found.append(axis.shown)
    return tuple(found)


def boxes_of(axes: Sequence[Axis], cases: Mapping[Case, Said]) -> tuple[Box, ...]:
    """As few rows as merging along one gene after the other gives; together they hold every case once."""
    places = range(len(axes))
    best = min((_merged(axes, cases, order) for order in permutations(places)), key=len)
    position = [{member: at for at, member in enumerate(axis.members)} for axis in axes]
    return tuple(sorted(best, key=lambda box: [position[place][box.cells[place][0]] for place in places]))


def _merged(axes: Sequence[Axis], cases: Mapping[Case, Said], order: Iterable[int]) -> list[Box]:
    every = product(*(axis.members for axis in axes))
    boxes = [Box(tuple((member,) for member in case), cases.get(case)) for case in every]
    for place in order:
        alike = defaultdict[tuple[object, ...], list[Box]](list)
        for box in boxes:
            others = box.cells[:place] + box.cells[place + 1 :]
            # What nobody asked about is asked for: it stands alone.
            alike[others, box.said, box.untested and box.said is None].append(box)
        boxes = [
            Box(
                (
                    *same[0].cells[:place],
                    tuple(member for box in same for member in box.cells[place]),
                    *same[0].cells[place + 1 :],
                ),
                same[0].said,
            )
            for same in alike.values()
        ]
    return boxes
