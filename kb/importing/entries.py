"""The FDA's entries: which drug has a word about which gene, and where; what is said there no table tells."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from kb.importing.fact_table import GUIDELINE, Answer, FactRow, fault, lines_of

LABEL: Final = "label"
TABLE: Final = "table"
_COLUMNS: Final = ("kind", "section", "drug", "genes", "id")


def read_entries(path: Path) -> tuple[FactRow, ...]:
    """A row for each gene of each entry, about whatever result the gene has; without a gene one without keys.

    Raises `KnowledgeBaseError` with file, line and column for the first that cannot be read.
    """
    rows = []
    for line, cells in lines_of(path, _COLUMNS):
        if cells["kind"] not in (LABEL, TABLE):
            raise fault(path, line, "kind", f"expected {LABEL} or {TABLE}, not `{cells['kind']}`")
        if not GUIDELINE.fullmatch(cells["id"]):
            raise fault(path, line, "id", f"expected an identifier such as PA166104833, not `{cells['id']}`")
        section = " ".join(filter(None, (cells["kind"], cells["section"])))
        answer = Answer("not_applicable", "", ())
        entry = FactRow(line, cells["drug"], (), "", answer, cells["id"], (), section)
        genes = cells["genes"].split("|") if cells["genes"] else []
        rows += [replace(entry, keys=((gene, ()),)) for gene in sorted(genes)] or [entry]
    return tuple(rows)
