"""What becomes one rule: the rows about one drug and population, as a complete table of cases.

rows ── cases_of ──> case -> answer ── boxes ──> rows of a table that do not overlap
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import permutations, product
from typing import Final

from kb.importing.fact_table import Answer, FactRow, name_of
from kb.importing.keys import (
    UNRESOLVED,
    Axis,
    Genes,
    Member,
    axes_of,
    genotypes_of,
    is_about,
    members_of,
)
from kb.importing.populations import Population, population_of
from kb.importing.sources import Source

Case = tuple[Member, ...]
"""One member for each gene."""

LISTED: Final = "source_has_entry"
"""What is said of a row that nobody has read."""
SILENT: Final = frozenset({LISTED, "no_recommendation", "invalid_copy_number_input"})
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
    untested: bool = False
    """Whether no gene has a result, and nothing is said of that."""


@dataclass(frozen=True, slots=True)
class Guidance:
    """Everything that one rule is made of."""

    source: Source
    drug: str
    part: str
    """What the name of the rule has behind that of the source, if several rules of it are about the drug."""
    population: Population
    subjects: tuple[str, ...]
    """The genes, as people write them, with the allele where the source names one."""
    axes: tuple[Axis, ...]
    boxes: tuple[Box, ...]
    guidelines: tuple[str, ...]
    sections: tuple[str, ...]
    pmids: tuple[str, ...]
    rows: tuple[FactRow, ...]

    @property
    def citations(self) -> tuple[str, ...]:
        """What the rule cites."""
        cited = (self.source.citation(row.guideline, row.section) for row in self.rows)
        return tuple(dict.fromkeys(cited))

    @property
    def is_listing(self) -> bool:
        """Whether all that it says is that the source has an entry."""
        return all(box.said is None or box.said.answer.action == LISTED for box in self.boxes)


def guidance_of(source: Source, rows: Sequence[FactRow], genes: Genes) -> list[Guidance]:
    """The guidance of one source about one drug; the rows must have been found valid.

    A piece for each population and, where the source's rows are read one by one, for each guideline.
    """
    found = []
    for part, mine in parts_of(source, rows):
        axes = axes_of(mine, genes)
        for population, told in by_population(mine):
            pmids = sorted({pmid for row in told for pmid in row.pmids}, key=int)
            found.append(
                Guidance(
                    source,
                    mine[0].drug,
                    part,
                    population,
                    tuple(dict.fromkeys(_subject(axis, mine) for axis in axes)),
                    axes,
                    boxes_of(axes, said_of(axes, cases_of(axes, told, by_row=source.by_row))),
                    tuple(dict.fromkeys(row.guideline for row in mine)),
                    tuple(dict.fromkeys(row.section for row in mine)),
                    tuple(pmids),
                    tuple(told),
                )
            )
    return found


def parts_of(source: Source, rows: Sequence[FactRow]) -> list[tuple[str, list[FactRow]]]:
    """The rows of one drug by guideline and genes, each part with what its rule's name has at the end.

    Rows about one gene and rows about another are two answers, never one. Entries about the same genes of
    which none is read stand together.
    """
    if not source.by_row:
        return [("", list(rows))]
    parted: dict[tuple[str, tuple[str, ...]], list[FactRow]] = defaultdict(list)
    for row in rows:
        parted[row.guideline, tuple(gene for gene, _ in row.keys)].append(row)
    together: dict[tuple[str, tuple[str, ...]], list[FactRow]] = defaultdict(list)
    for (guideline, genes), mine in parted.items():
        unread = not any(words for row in mine for _, words in row.keys)
        together["" if unread else guideline, genes] += mine
    if len(together) == 1:
        return [("", list(rows))]
    names = {key: name_of(" ".join(key[1])) for key in together}
    alike = Counter(names.values())
    return sorted(
        (
            f"_{name_of(mine[0].section)}_{names[key]}"
            if key[0] and alike[names[key]] > 1
            else f"_{names[key]}",
            mine,
        )
        for key, mine in together.items()
    )


def _subject(axis: Axis, rows: Iterable[FactRow]) -> str:
    whole = any(gene == axis.table_gene and not words for row in rows for gene, words in row.keys)
    return axis.table_gene if whole else axis.shown


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


def cases_of(axes: Sequence[Axis], rows: Iterable[FactRow], *, by_row: bool = False) -> dict[Case, Answer]:
    """Every combination of keys that the rows have.

    With `by_row`, a row that nobody has read says that the source has an entry, and so do rows that answer
    differently where the knowledge base cannot tell their keys apart. What is said of any result of a gene
    holds where nothing is said of a key, and what is said of a phenotype or a score where its alleles are not
    named; if nothing is, there is still an entry.
    """
    entries: dict[Case, Answer] = {}
    found: dict[bool, dict[Case, Answer]] = {False: {}, True: {}}
    for row in rows:
        answer = row.answer if row.reading or not by_row else replace(row.answer, action=LISTED, params=())
        for case, named in combinations(axes, row):
            if not any(words for _, words in row.keys):
                entries.setdefault(case, answer)
                continue
            if found[named].setdefault(case, answer) != answer:
                found[named][case] = replace(found[named][case], action=LISTED, params=())
            for other in _of_other_alleles(axes, case) if named else ():
                entries.setdefault(other, replace(answer, action=LISTED, params=()))
    return entries | found[False] | found[True]


def _of_other_alleles(axes: Sequence[Axis], case: Case) -> Iterable[Case]:
    members = (
        axis.members if axis.source == "genotype" else (mine,) for axis, mine in zip(axes, case, strict=True)
    )
    return product(*members)


def combinations(axes: Sequence[Axis], row: FactRow) -> list[tuple[Case, bool]]:
    """The combinations of keys of one row, each with whether it names the alleles.

    A gene that the row does not name may be in any state. Raises `KeyError` for a key that a gene lacks.
    """
    found: dict[tuple[Case, bool], None] = {}
    for chosen in product(*(_places(axes, gene, words) for gene, words in row.keys)):
        members = [axis.members for axis in axes]
        for each in chosen:
            for place, mine in each.items():
                members[place] = mine
        named = any(axes[place].source == "genotype" for each in chosen for place in each)
        found |= dict.fromkeys((case, named) for case in product(*members))
    return list(found)


def _places(axes: Sequence[Axis], gene: str, words: Sequence[str]) -> list[dict[int, tuple[Member, ...]]]:
    """Where a row is about a gene, and the members that it names there: each of these is enough."""
    places = [(place, axis) for place, axis in enumerate(axes) if axis.table_gene == gene]
    results = [(place, axis) for place, axis in places if axis.source != "genotype"]
    if not words:
        return [{place: tuple(axis.enum.labels)} for place, axis in results]
    alleles = [place for place, axis in places if axis.source == "genotype"]
    return [
        {
            place: members_of(axis, word),
            **{at: named for at in alleles if (named := genotypes_of(axis, word))},
        }
        for word in words
        for place, axis in results
        if is_about(axis, word)
    ]


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
        # Whoever names no alleles is answered by the row of the phenotype or score, and wholly.
        whole = axis.source == "genotype" or len(axes) == 1
        open_ = not whole and case[place] is None and any(cases.get(each) != answer for each in others)
        if told or open_:
            found.append(axis.shown)
    return tuple(found)


def boxes_of(axes: Sequence[Axis], cases: Mapping[Case, Said]) -> tuple[Box, ...]:
    """As few rows as merging along one gene after the other gives; together they hold every case once.

    Genotypes come first: rows then name those that matter, and all others together.
    """
    orders = permutations(range(len(axes)))
    by_allele = [axis.source != "genotype" for axis in axes]
    sensible = (order for order in orders if [*order] == sorted(order, key=by_allele.__getitem__))
    best = min((_merged(axes, cases, order) for order in sensible), key=len)
    return tuple(sorted(best, key=lambda box: [*map(_position, axes, box.cells)]))


def _position(axis: Axis, cell: tuple[Member, ...]) -> int:
    """The rest of the genotypes stands behind those that are named."""
    return axis.members.index(None if axis.source == "genotype" and None in cell else cell[0])


def _merged(axes: Sequence[Axis], cases: Mapping[Case, Said], order: Iterable[int]) -> list[Box]:
    every = product(*(axis.members for axis in axes))
    results = [place for place, axis in enumerate(axes) if axis.source != "genotype"]
    boxes = [
        Box(
            tuple((member,) for member in case),
            cases.get(case),
            case not in cases and not any(case[place] for place in results),
        )
        for case in every
    ]
    for place in order:
        alike = defaultdict[tuple[object, ...], list[Box]](list)
        for box in boxes:
            others = box.cells[:place] + box.cells[place + 1 :]
            alike[others, box.said, box.untested].append(box)
        boxes = [
            Box(
                (
                    *same[0].cells[:place],
                    tuple(member for box in same for member in box.cells[place]),
                    *same[0].cells[place + 1 :],
                ),
                same[0].said,
                same[0].untested,
            )
            for same in alike.values()
        ]
    return boxes
