"""Every code and name of the drugs: those in `drugs/`, and those that an RxNorm release leads to.

    drugs/*.toml ───────────────────────┐
    rxnorm.tsv ── read_table ── Table ──┴─ drug_index ──> DrugIndex

`rxnorm.tsv` is written by `bespoke kb import-rxnorm` (`kb.rxnorm`) and need not be there. It names the
ingredients of each code, those that are no drug of the knowledge base too: they make a combination.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from dsl import Coding
from kb.errors import KnowledgeBaseError
from kb.knowledge import RXNORM, Drug, DrugConcept, DrugIndex, normal_text

TABLE: Final = "rxnorm.tsv"
"""The name of the table in the folder of a knowledge base."""

ATC: Final = "http://www.whocc.no/atc"
SNOMED: Final = "http://snomed.info/sct"

INGREDIENT: Final = "IN"
"""The term type of ingredients in RxNorm."""

_SYSTEMS: Final = {"rxnorm": RXNORM, "atc": ATC, "snomed": SNOMED}
_NAMES: Final = {uri: name for name, uri in _SYSTEMS.items()}
_TITLE: Final = (
    "# Drug codes of an RxNorm release, written by `bespoke kb import-rxnorm`; import again, do not edit."
)
_FACTS: Final = ("edition", "date", "RXNCONSO.RRF", "RXNREL.RRF", "ingredients")
_COLUMNS: Final = ("system", "code", "type", "ingredients", "status", "name")
_STATUS: Final = {"current": False, "retired": True}
_RXCUI: Final = re.compile(r"[1-9][0-9]*")


@dataclass(frozen=True, slots=True)
class Row:
    """One code and the ingredients that it leads to."""

    coding: Coding
    type: str
    """RxNorm's term type (`SBD`), in other systems that of the concept that has the code."""
    ingredients: frozenset[str]
    """RxNorm codes; several for a combination."""
    retired: bool
    name: str
    line: int = field(default=0, compare=False)
    """Where it stands in the file that it was read from."""


@dataclass(frozen=True, slots=True)
class Table:
    """Everything in a release that leads to some ingredients."""

    edition: str
    """As the release names itself, e.g. `20AA_251103F`."""
    date: str
    """Year, month and day of the release, or `not stated`."""
    digests: tuple[str, str]
    """SHA-256 of RXNCONSO.RRF and RXNREL.RRF, in hexadecimal."""
    ingredients: frozenset[str]
    """The ingredients that were asked for."""
    rows: tuple[Row, ...]

    @property
    def words(self) -> str:
        """Edition and size, for people."""
        retired = sum(row.retired for row in self.rows)
        return f"RxNorm {self.edition} of {self.date}, {len(self.rows)} codes, {retired} of them retired"

    def text(self) -> str:
        """The table as it is kept: the same rows in whatever order give the same text."""
        facts = (self.edition, self.date, *self.digests, _listed(self.ingredients))
        lines = [_TITLE, *(f"# {name}: {fact}" for name, fact in zip(_FACTS, facts, strict=True))]
        lines.append("\t".join(_COLUMNS))
        for row in sorted(self.rows, key=_order):
            status = "retired" if row.retired else "current"
            system = _NAMES[row.coding.system]
            lines.append(
                "\t".join((system, row.coding.code, row.type, _listed(row.ingredients), status, row.name))
            )
        return "\n".join(lines) + "\n"


def _order(row: Row) -> tuple[str, int, str]:
    return (_NAMES[row.coding.system], len(row.coding.code), row.coding.code)


def _listed(ingredients: Iterable[str]) -> str:
    return " ".join(sorted(ingredients, key=lambda code: (len(code), code)))


# ---------------------------------------------------------------- reading
def read_table(root: Path) -> Table | None:
    """The table of a knowledge base, None without one; raises `KnowledgeBaseError` naming file and line."""
    path = root / TABLE
    try:
        text = path.read_bytes().decode()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise KnowledgeBaseError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise KnowledgeBaseError(f"{path}: expected UTF-8 text; import it again") from None
    lines = text.split("\n")
    head = [_TITLE, *(f"# {name}: " for name in _FACTS), "\t".join(_COLUMNS)]
    for number, expected in enumerate(head):
        line = lines[number] if number < len(lines) else ""
        fact = expected.endswith(": ")
        if not line.startswith(expected) or (not fact and line != expected):
            raise KnowledgeBaseError(f"{path}:{number + 1}: expected `{expected.strip()}`; import it again")
    if lines[-1]:
        raise KnowledgeBaseError(f"{path}:{len(lines)}: the last line is cut off; import it again")
    facts = [lines[number + 1].removeprefix(f"# {name}: ") for number, name in enumerate(_FACTS)]
    rows: dict[Coding, Row] = {}
    for number, line in enumerate(lines[len(head) : -1], start=len(head) + 1):
        row = _row(path, number, line)
        other = rows.setdefault(row.coding, row)
        if other != row:
            raise KnowledgeBaseError(
                f"{path}:{number}: {said(row.coding)} stands for something else in line {other.line}"
            )
    edition, date, conso, rel, ingredients = facts
    return Table(edition, date, (conso, rel), frozenset(ingredients.split()), tuple(rows.values()))


def _row(path: Path, number: int, line: str) -> Row:
    place = f"{path}:{number}"
    fields = line.split("\t")
    if len(fields) != len(_COLUMNS):
        raise KnowledgeBaseError(f"{place}: expected {len(_COLUMNS)} fields between tabs; import it again")
    system, code, kind, ingredients, status, name = fields
    if system not in _SYSTEMS:
        raise KnowledgeBaseError(f"{place}: field `system`: expected one of {', '.join(_SYSTEMS)}")
    if status not in _STATUS:
        raise KnowledgeBaseError(f"{place}: field `status`: expected one of {', '.join(_STATUS)}")
    listed = ingredients.split(" ")
    if not code or not all(_RXCUI.fullmatch(each) for each in listed):
        raise KnowledgeBaseError(f"{place}: expected a code, and RxNorm codes of its ingredients")
    return Row(Coding(_SYSTEMS[system], code), kind, frozenset(listed), _STATUS[status], name, number)


# ---------------------------------------------------------------- the index
def drug_index(root: Path, drugs: Collection[Drug], table: Table | None) -> DrugIndex:
    """Codes and names of all drugs, those of the table among them.

    Raises `KnowledgeBaseError` for one that stands for two different sets of drugs.
    """
    codes, texts = _own_codes(root, drugs), _own_texts(root, drugs)
    own_names = frozenset(drug.name.replace("_", " ") for drug in drugs)
    if table is None:
        return DrugIndex(codes, texts, names=own_names)
    known = {drug.rxnorm: drug.name for drug in drugs if drug.rxnorm}
    named = defaultdict[str, set[DrugConcept]](set)
    for row in table.rows:
        names = frozenset(known[each] for each in row.ingredients if each in known)
        if not names:
            continue
        concept = DrugConcept(names, len(row.ingredients) > 1, row.retired)
        place = f"{root / TABLE}:{row.line}" if row.line else f"RxNorm {table.edition}"
        _agree(place, said(row.coding), concept, codes.get(row.coding))
        codes[row.coding] = concept
        if row.coding.system == RXNORM and not row.retired:
            text = normal_text(row.name)
            _agree(place, f"`{row.name}`", concept, texts.get(text))
            named[text].add(concept)
    # A name that stands for several concepts says nothing.
    shared = {text: concepts.pop() for text, concepts in named.items() if len(concepts) == 1}
    return DrugIndex(codes, texts | shared, table.words, tuple(_remarks(drugs, table)), own_names)


def _agree(place: str, what: str, concept: DrugConcept, own: DrugConcept | None) -> None:
    if own is not None and (own.drugs != concept.drugs or own.combined != concept.combined):
        here = " / ".join([*sorted(concept.drugs), *(["others"] if concept.combined else [])])
        raise KnowledgeBaseError(
            f"{place}: {what} stands for {here}, and for {', '.join(own.drugs)} in the folder `drugs`"
        )


def _own_codes(root: Path, drugs: Collection[Drug]) -> dict[Coding, DrugConcept]:
    codes: dict[Coding, DrugConcept] = {}
    for drug in drugs:
        concept = DrugConcept(frozenset({drug.name}))
        for coding in _codings(drug):
            other = codes.setdefault(coding, concept)
            if other != concept:
                raise KnowledgeBaseError(
                    f"{root / 'drugs'}: {said(coding)} stands for {', '.join(other.drugs)} and {drug.name}"
                )
    return codes


def _own_texts(root: Path, drugs: Collection[Drug]) -> dict[str, DrugConcept]:
    texts: dict[str, DrugConcept] = {}
    for drug in drugs:
        concept = DrugConcept(frozenset({drug.name}))
        for text in (drug.name, drug.display, *(each.display for each in drug.products)):
            other = texts.setdefault(normal_text(text), concept)
            if other != concept:
                raise KnowledgeBaseError(
                    f"{root / 'drugs'}: `{text}` stands for {', '.join(other.drugs)} and {drug.name}"
                )
    return texts


def _codings(drug: Drug) -> list[Coding]:
    products = (each.rxnorm for each in drug.products)
    return [Coding(RXNORM, code) for code in (drug.rxnorm, *products) if code] + [*drug.codes]


def _remarks(drugs: Iterable[Drug], table: Table) -> Iterable[str]:
    rows = {row.coding: row for row in table.rows}
    for drug in drugs:
        place = f"drugs/{drug.name}.toml"
        if not drug.rxnorm:
            continue
        if drug.rxnorm not in table.ingredients:
            yield f"{place}: the drug was not part of the import of RxNorm; import again"
            continue
        ingredient = rows.get(Coding(RXNORM, drug.rxnorm))
        if ingredient is None or ingredient.type != INGREDIENT:
            release = f"RxNorm {table.edition}"
            yield f"{place}: {drug.rxnorm} is no ingredient in {release}, so it has no codes there"
            continue
        for coding in _codings(drug):
            row = rows.get(coding)
            if row is not None and row.retired:
                yield f"{place}: {said(coding)} is retired in RxNorm {table.edition}"
            elif row is None and coding.system == RXNORM:
                yield f"{place}: {said(coding)} is not in RxNorm {table.edition}, or leads elsewhere"


def said(coding: Coding) -> str:
    """A code with the name of its system."""
    name = {RXNORM: "RxNorm", ATC: "ATC", SNOMED: "SNOMED CT"}.get(coding.system, coding.system)
    return f"{name} {coding.code}"
