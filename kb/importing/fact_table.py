"""The fact tables as written: rows of facts and the codes of drugs, with the place of each fault."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Final

from kb.errors import KnowledgeBaseError

Key = tuple[str, tuple[str, ...]]
"""A gene as the table writes it, and the words of which any fits; without words, whatever result it has."""

_FACTS: Final = (
    "drug", "genes", "population", "classification", "action", "params", "guideline_id",
    "latest_citation_year", "pmids",
)  # fmt: skip
_READINGS: Final = (*_FACTS, "statement", "read", "reviewer", "note")
_CODES: Final = ("drug", "rxnorm", "atc")
GUIDELINE: Final = re.compile(r"PA[0-9]+")
_DIGITS: Final = re.compile(r"[0-9]+")
_ABSENT: Final = ("", "NA")


@dataclass(frozen=True, slots=True, order=True)
class Answer:
    """What the guideline says: how strongly, what to do, and the details; equal answers are one outcome."""

    classification: str
    """As rules write it, like the action: `no_recommendation`."""
    action: str
    params: tuple[tuple[str, str], ...]

    def param(self, name: str) -> str:
        """The value of a parameter, empty where there is none."""
        return dict(self.params).get(name, "")


@dataclass(frozen=True, slots=True)
class Reading:
    """That somebody has read what the source itself says in a row."""

    statement: str
    """The address of the text that was read."""
    day: date
    reviewer: str
    note: str


@dataclass(frozen=True, slots=True)
class FactRow:
    """One row of the table of recommendations."""

    line: int
    drug: str
    keys: tuple[Key, ...]
    population: str
    answer: Answer
    guideline: str
    pmids: tuple[str, ...]
    section: str = ""
    """Where in its document an entry stands: `table 1-management`."""
    reading: Reading | None = None


@dataclass(frozen=True, slots=True)
class DrugCodes:
    """The codes of one drug; without any it cannot be a drug of a knowledge base."""

    drug: str
    rxnorm: str
    atc: tuple[str, ...]


def name_of(words: str) -> str:
    """Words as a name of the rule language: `methylene blue` is `methylene_blue`."""
    return re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")


def read_facts(path: Path) -> tuple[FactRow, ...]:
    """The rows of a table of recommendations.

    Raises `KnowledgeBaseError` with file, line and column for the first that cannot be read.
    """
    return tuple(_fact(path, line, cells) for line, cells in lines_of(path, _FACTS))


def read_readings(path: Path) -> tuple[FactRow, ...]:
    """The rows of a table of recommendations that somebody has read, each with its reading.

    Raises `KnowledgeBaseError` likewise.
    """
    rows = []
    for line, cells in lines_of(path, _READINGS):
        if not cells["statement"].startswith("https://"):
            raise fault(path, line, "statement", "expected the address of the text that was read")
        if not re.fullmatch(r"[^,;\"]+", cells["reviewer"]):
            raise fault(path, line, "reviewer", "expected the name of whoever read it, one without commas")
        try:
            day = date.fromisoformat(cells["read"])
        except ValueError:
            raise fault(
                path, line, "read", f"expected a day such as 2026-11-21, not `{cells['read']}`"
            ) from None
        reading = Reading(cells["statement"], day, cells["reviewer"], cells["note"])
        rows.append(replace(_fact(path, line, cells), reading=reading))
    return tuple(rows)


def read_drugs(*paths: Path) -> dict[str, DrugCodes]:
    """Drug to codes; what an earlier table lacks is taken from a later one.

    The columns beside drug, rxnorm and atc have no meaning. Raises `KnowledgeBaseError` with file, line and
    column.
    """
    found: dict[str, DrugCodes] = {}
    for path in paths:
        found |= {drug: codes for drug, codes in _codes(path).items() if not codes_of(found, drug)}
    return found


def codes_of(drugs: Mapping[str, DrugCodes], drug: str) -> str:
    """What a drug goes by: its RxNorm ingredient, else its ATC codes; empty where neither is listed."""
    if drug not in drugs:
        return ""
    return drugs[drug].rxnorm or " ".join(drugs[drug].atc)


def _codes(path: Path) -> dict[str, DrugCodes]:
    found: dict[str, DrugCodes] = {}
    for line, cells in lines_of(path, _CODES, others=True):
        drug, rxnorm = cells["drug"], cells["rxnorm"]
        if rxnorm not in _ABSENT and not _DIGITS.fullmatch(rxnorm):
            raise fault(path, line, "rxnorm", f"expected a number, `NA` or nothing, not `{rxnorm}`")
        atc = () if cells["atc"] in _ABSENT else tuple(cells["atc"].split(", "))
        codes = DrugCodes(drug, "" if rxnorm in _ABSENT else rxnorm, atc)
        if found.setdefault(drug, codes) != codes:
            raise fault(path, line, "drug", f"`{drug}` is listed twice, with different codes")
    return found


def lines_of(
    path: Path, columns: tuple[str, ...], *, others: bool = False
) -> Iterator[tuple[int, dict[str, str]]]:
    """The lines of a table with their numbers, by column; `others` are columns that may stand there too.

    Raises `KnowledgeBaseError`.
    """
    try:
        text = path.read_bytes().decode()
    except OSError as error:
        raise KnowledgeBaseError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise KnowledgeBaseError(f"{path}: expected UTF-8 text") from None
    lines = [
        (number, line.split("\t"))
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip() and not line.startswith("#")
    ]
    first, head = lines[0] if lines else (1, [])
    if tuple(head) != columns and not (others and set(columns) <= set(head)):
        raise KnowledgeBaseError(f"{path}:{first}: expected the columns {', '.join(columns)}, parted by tabs")
    for number, cells in lines[1:]:
        if len(cells) != len(head):
            raise KnowledgeBaseError(f"{path}:{number}: expected {len(head)} columns, not {len(cells)}")
        yield number, dict(zip(head, map(str.strip, cells), strict=True))


def _fact(path: Path, line: int, cells: dict[str, str]) -> FactRow:
    if not name_of(cells["drug"])[:1].isalpha():
        raise fault(path, line, "drug", "expected a name that begins with a letter")
    if not GUIDELINE.fullmatch(cells["guideline_id"]):
        said = cells["guideline_id"]
        raise fault(path, line, "guideline_id", f"expected an identifier such as PA166104997, not `{said}`")
    pmids = tuple(cells["pmids"].split("|")) if cells["pmids"] else ()
    for pmid in pmids:
        if not _DIGITS.fullmatch(pmid):
            raise fault(path, line, "pmids", f"expected numbers parted by `|`, not `{pmid}`")
    classification = (
        "not_applicable" if cells["classification"] == "N/A" else name_of(cells["classification"])
    )
    answer = Answer(classification, name_of(cells["action"]), _params(path, line, cells["params"]))
    return FactRow(
        line,
        cells["drug"],
        _keys(path, line, cells["genes"]),
        cells["population"],
        answer,
        cells["guideline_id"],
        pmids,
    )


def _keys(path: Path, line: int, text: str) -> tuple[Key, ...]:
    keys: dict[str, tuple[str, ...]] = {}
    for part in text.split(" & "):
        gene, _, words = part.partition("=")
        if not gene or not all(words.split("|")):
            raise fault(path, line, "genes", f"expected GENE=key or GENE=key|key, not `{part}`")
        if gene in keys:
            raise fault(path, line, "genes", f"{gene} stands there twice")
        keys[gene] = tuple(words.split("|"))
    return tuple(sorted(keys.items()))


def _params(path: Path, line: int, text: str) -> tuple[tuple[str, str], ...]:
    params: dict[str, str] = {}
    for part in text.split(";") if text else ():
        name, _, value = part.partition("=")
        if not name or not value:
            raise fault(path, line, "params", f"expected name=value, not `{part}`")
        if name in params:
            raise fault(path, line, "params", f"`{name}` stands there twice")
        params[name] = value
    return tuple(sorted(params.items()))


def fault(path: Path, line: int, column: str, what: str) -> KnowledgeBaseError:
    """What is wrong in a cell."""
    return KnowledgeBaseError(f"{path}:{line}: column `{column}`: {what}")
