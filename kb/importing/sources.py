"""The publishers whose tables become rules, and how each is read, named and cited."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

from kb.importing.entries import LABEL, TABLE, read_entries
from kb.importing.fact_table import FactRow, read_facts

READ: Final = date(2026, 11, 21)
"""The day on which the tables were read."""
REVIEW_BY: Final = date(2027, 11, 21)


@dataclass(frozen=True, slots=True)
class Edition:
    """A state of a publisher's data."""

    name: str
    effective: date


@dataclass(frozen=True, slots=True)
class Document:
    """What is cited where many entries stand in one document."""

    identifier: str
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Source:
    """Everything by which the import of one publisher's table differs from that of another."""

    name: str
    """Folder below `pgx`, second part of the names of rules, and beginning of what they cite."""
    publisher: str
    edition: Edition
    read: Callable[[Path], tuple[FactRow, ...]]
    newer: Mapping[str, Edition] = field(default_factory=dict)
    """Drugs whose rows are of a later edition."""
    by_row: bool = True
    """Whether a row is said only after somebody has read it; of the others the rule says that they exist."""
    documents: Mapping[str, Document] = field(default_factory=dict)
    """What is cited, by the first word of an entry's section; else the guideline itself."""

    @property
    def folder(self) -> Path:
        """Where the rules lie in a knowledge base."""
        return Path("pgx", self.name)

    @property
    def reviewed(self) -> Path:
        """Where the rows that were read lie in a knowledge base, if there are such."""
        return self.folder / "reviewed.tsv"

    def edition_of(self, drug: str) -> Edition:
        """The edition that the rows about a drug are from."""
        return self.newer.get(drug, self.edition)

    def citation(self, guideline: str, section: str = "") -> str:
        """How a rule cites a guideline, or the document in which an entry stands."""
        document = self.documents.get(section.partition(" ")[0])
        return document.identifier if document else f"guideline:{self.name}-{guideline}"


_2024: Final = Edition("2024-05-29", date(2024, 5, 29))
_2025: Final = Edition("2025-11-05", date(2025, 11, 5))

CPIC: Final = Source(
    "cpic",
    "CPIC",
    _2024,
    read_facts,
    newer=dict.fromkeys(("hydralazine", "metoprolol"), _2025),
    by_row=False,
)
DPWG: Final = Source("dpwg", "DPWG", _2024, read_facts)
FDA: Final = Source(
    "fda",
    "FDA",
    _2025,
    read_entries,
    documents={
        TABLE: Document(
            "guideline:fda-associations",
            "FDA Table of Pharmacogenetic Associations, its entries by drug and gene",
            "https://www.fda.gov/medical-devices/precision-medicine/table-pharmacogenetic-associations",
        ),
        LABEL: Document(
            "guideline:fda-labels",
            "US labels with pharmacogenetic information, as annotated by ClinPGx, by drug and gene",
            "https://www.clinpgx.org/labelAnnotations",
        ),
    },
)
