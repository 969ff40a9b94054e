"""Rows that somebody has read against the source, put in place of those of the imported table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Final

from kb.importing.fact_table import Answer, DrugCodes, FactRow, Key, codes_of
from kb.importing.guidance import combinations
from kb.importing.keys import Genes, axes_of
from kb.importing.phrases import CONDITION

_Place = tuple[str, str, str, tuple[str, ...]]
"""Drug, guideline, population and genes: within them keys tell rows apart."""
_ABOUT_TABLE: Final = re.compile(r"\btable\b|^ *guideline of [0-9]{4} *$")
"""What is said to reviewers, about the table that was imported."""
_Keys = tuple[str, ...]
"""One word for each gene."""


@dataclass(frozen=True, slots=True)
class Merged:
    """The rows of a table after those that were read have taken their places."""

    rows: tuple[FactRow, ...]
    differences: tuple[str, ...]
    """Where what was read is not what the table has."""
    faults: tuple[str, ...]


def merged(rows: Sequence[FactRow], readings: Sequence[FactRow], path: Path) -> Merged:
    """Each reading answers for its keys; what is left of a row of the table stays as it is.

    Keys that the table does not have, and keys that are read twice, are faults.
    """
    known: dict[_Place, dict[_Keys, FactRow]] = {}
    for each in rows:
        known.setdefault(_place(each), {}).update(dict.fromkeys(_keys(each), each))
    read: dict[_Place, dict[_Keys, FactRow]] = {}
    differences, faults = [], []
    told: list[FactRow] = []
    for reading in readings:
        place = _place(reading)
        mine = read.setdefault(place, {})
        instead: dict[FactRow, None] = {}
        section = ""
        for keys in _keys(reading):
            row = known.get(place, {}).get(keys) or _entry(rows, reading)
            if row is None:
                faults.append(
                    f"{path}:{reading.line}: column `genes`: {_about(reading, keys)} is not in the table"
                )
            elif keys in mine:
                faults.append(
                    f"{path}:{reading.line}: column `genes`: {_about(reading, keys)} is read in line "
                    f"{mine[keys].line} too"
                )
            elif any(words for _, words in row.keys) and _said(row) != _said(reading):
                instead[row] = None
            mine.setdefault(keys, reading)
            section = row.section if row else section
        told.append(_told(reading, section))
        for other in instead:
            differences.append(
                f"{path}:{reading.line}: {shown(reading)}: read as {_words(reading.answer)}, "
                f"line {other.line} of the table has {_words(other.answer)}"
            )
    left = [part for each in rows for part in _left(each, read.get(_place(each), {}))]
    return Merged((*told, *left), tuple(differences), tuple(faults))


def held(
    rows: Iterable[FactRow], drugs: Mapping[str, DrugCodes], genes: Genes
) -> tuple[tuple[FactRow, ...], tuple[str, ...]]:
    """The rows as far as a knowledge base can hold them, and each thing left out with the reason."""
    kept: list[FactRow] = []
    left_out: dict[str, None] = {}
    for row in rows:
        if " / " in row.drug:
            left_out[f"{row.drug}: left out, it is a combination of drugs"] = None
        elif not codes_of(drugs, row.drug):
            left_out[f"{row.drug}: left out, no table of drugs has a code for it"] = None
        elif not row.keys:
            left_out[f"{row.drug} ({row.guideline}): left out, the table names no gene"] = None
        else:
            keys, reasons = _held_keys(row, genes)
            left_out |= dict.fromkeys(reasons)
            if keys:
                kept.append(replace(row, keys=keys))
    return tuple(kept), tuple(sorted(left_out))


def shown(row: FactRow) -> str:
    """A row as messages name it."""
    return f"{row.drug} {' & '.join(_key(gene, words) for gene, words in row.keys)}"


def _held_keys(row: FactRow, genes: Genes) -> tuple[tuple[Key, ...], list[str]]:
    keys: list[Key] = []
    reasons = []
    for gene, words in row.keys:
        usable = []
        alone: list[tuple[str, ...]] = [(word,) for word in words]
        for each in alone or [()]:
            single = replace(row, keys=((gene, each),))
            try:
                combinations(axes_of([single], genes), single)
            except KeyError as error:
                reasons.append(f"{shown(single)}: left out, {error.args[0]}")
            else:
                usable.append(each)
        if not usable:
            return (), reasons
        keys.append((gene, tuple(word for each in usable for word in each)))
    return tuple(keys), reasons


def _told(reading: FactRow, section: str) -> FactRow:
    """A reading as a row: what its note says besides the difference from the table is part of the answer."""
    note = reading.reading.note if reading.reading else ""
    clauses = [each.strip() for each in note.split(";") if not _ABOUT_TABLE.search(each)]
    condition = "; ".join(filter(None, clauses))
    params = (*reading.answer.params, (CONDITION, condition)) if condition else reading.answer.params
    return replace(reading, section=section, answer=replace(reading.answer, params=tuple(sorted(params))))


def _place(row: FactRow) -> _Place:
    return row.drug, row.guideline, row.population, tuple(gene for gene, _ in row.keys)


def _keys(row: FactRow) -> list[_Keys]:
    return list(product(*(words for _, words in row.keys)))


def _entry(rows: Iterable[FactRow], reading: FactRow) -> FactRow | None:
    """The entry of the table, which has no keys, that a reading is about."""
    wanted = _place(reading)
    return next(
        (row for row in rows if _place(row) == wanted and not any(words for _, words in row.keys)), None
    )


def _left(row: FactRow, read: Iterable[_Keys]) -> Iterator[FactRow]:
    """What of a row nobody has read."""
    genes, read = [gene for gene, _ in row.keys], set(read)
    left = [keys for keys in _keys(row) if keys not in read]
    if len(left) == len(_keys(row)):
        yield row
    elif len(genes) == 1 and left:
        yield replace(row, keys=((genes[0], tuple(word for (word,) in left)),))
    else:
        for keys in left:
            yield replace(row, keys=tuple((gene, (word,)) for gene, word in zip(genes, keys, strict=True)))


def _said(row: FactRow) -> tuple[str, tuple[tuple[str, str], ...]]:
    return row.answer.action, row.answer.params


def _words(answer: Answer) -> str:
    details = ";".join(f"{name}={value}" for name, value in answer.params)
    return answer.action.replace("_", "-") + (f" ({details})" if details else "")


def _about(row: FactRow, keys: _Keys) -> str:
    genes = (gene for gene, _ in row.keys)
    return f"{row.drug} {' & '.join(f'{gene}={word}' for gene, word in zip(genes, keys, strict=True))}"


def _key(gene: str, words: Sequence[str]) -> str:
    return f"{gene}={'|'.join(words)}" if words else gene
