"""Reads an RxNorm release: every code that leads to some ingredients.

    RXNREL.RRF ──> links ──> what is made of the ingredients
    RXNCONSO.RRF ──> what these concepts are, and their codes in ATC and SNOMED CT ──> drug_codes.Table

Both files are read once, line by line; kept are the links, as pairs of numbers, and what was found.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dsl import Coding
from kb.drug_codes import ATC, INGREDIENT, SNOMED, Row, Table
from kb.knowledge import RXNORM
from kb.rrf import SUPPRESSED, Lines, edition
from kb.rxnorm_links import Above, above, below, ingredients_of, read_links

_TYPES: Final = frozenset(
    f"{INGREDIENT} PIN MIN BN SCDC SCDF SCDFP SCDG SCDGP SCD GPCK SBDC SBDF SBDFP SBDG SBD BPCK".split()
)
"""Term types of concepts; the others are synonyms and dose forms."""

_CODES: Final = {
    "ATC": (ATC, re.compile(r"[A-Z][0-9]{2}[A-Z]{2}[0-9]{2}")),
    "SNOMEDCT_US": (SNOMED, re.compile(r"[1-9][0-9]{5,17}")),
}
"""Sources whose codes are taken along: of ATC those of substances, no groups."""


@dataclass(frozen=True, slots=True)
class Import:
    """What a release says about some ingredients."""

    table: Table
    ambiguous: tuple[Coding, ...]
    """Codes of ATC and SNOMED CT that stand for different ingredients; they are left out."""


def read_release(folder: Path, ingredients: frozenset[str]) -> Import:
    """All codes that lead to the ingredients (RxNorm codes) in the release in a folder, or in its `rrf`.

    Raises `KnowledgeBaseError` naming file and line if a file cannot be used.
    """
    if not (folder / "RXNCONSO.RRF").exists() and (folder / "rrf").is_dir():
        folder = folder / "rrf"
    relations, names = Lines(folder / "RXNREL.RRF", 16), Lines(folder / "RXNCONSO.RRF", 18)
    wanted = frozenset(int(each) for each in ingredients if each.isdecimal())
    links = read_links(relations)
    tree = above(*links, below(links, wanted))
    found = _names(names, tree)
    rows = _rows(wanted, tree, found)
    coded, ambiguous = _other_codes(rows, found)
    name, day = edition(folder)
    everything = (*rows.values(), *coded)
    return Import(
        Table(name, day, (names.digest, relations.digest), ingredients, everything),
        tuple(sorted(ambiguous)),
    )


@dataclass(frozen=True, slots=True, order=True)
class _Concept:
    """Ordered, so that of several names one in use goes first, whatever the order of the lines."""

    retired: bool
    type: str
    name: str


@dataclass(frozen=True, slots=True)
class _Names:
    concepts: dict[int, _Concept]
    codes: dict[Coding, set[int]]
    """Codes of other sources to the concepts that have them."""
    current: set[Coding]
    """Those of them that are not suppressed."""


def _names(lines: Lines, wanted: Above) -> _Names:
    found = _Names({}, defaultdict(set), set())
    for number, line in lines:
        fields = line.decode().split("|")
        source, kind, code, name, suppress = fields[11], fields[12], fields[13], fields[14], fields[16]
        if source == "RXNORM" and kind in _TYPES:
            rxcui = lines.rxcui(number, fields[0])
            if rxcui in wanted:
                concept = _Concept(suppress in SUPPRESSED, kind, " ".join(name.split()))
                found.concepts[rxcui] = min(concept, found.concepts.get(rxcui, concept))
        elif source in _CODES:
            system, pattern = _CODES[source]
            if pattern.fullmatch(code):
                found.codes[Coding(system, code)].add(lines.rxcui(number, fields[0]))
                if suppress not in SUPPRESSED:
                    found.current.add(Coding(system, code))
    return found


def _rows(wanted: frozenset[int], tree: Above, names: _Names) -> dict[int, Row]:
    """The concepts that have one of the ingredients."""
    known = {rxcui for rxcui, concept in names.concepts.items() if concept.type == INGREDIENT}
    # What a part of a release no longer names may be an ingredient: a combination stays one.
    known |= tree.keys() - names.concepts.keys()
    rows = {}
    for rxcui, concept in names.concepts.items():
        parts, old = ingredients_of(rxcui, tree, known)
        if not wanted.isdisjoint(parts):
            coding, ingredients = Coding(RXNORM, str(rxcui)), frozenset(map(str, parts))
            rows[rxcui] = Row(coding, concept.type, ingredients, concept.retired or old, concept.name)
    return rows


def _other_codes(rows: Mapping[int, Row], names: _Names) -> tuple[list[Row], list[Coding]]:
    """The codes of other sources that mean one set of ingredients, and those that mean several."""
    coded, ambiguous = [], []
    for coding, rxcuis in names.codes.items():
        meant = [rows[each] for each in sorted(rxcuis) if each in rows]
        if not meant:
            continue
        if len(meant) < len(rxcuis) or len({row.ingredients for row in meant}) > 1:
            ambiguous.append(coding)
            continue
        first = meant[0]
        retired = coding not in names.current
        coded.append(Row(coding, first.type, first.ingredients, retired, first.name))
    return coded, ambiguous
