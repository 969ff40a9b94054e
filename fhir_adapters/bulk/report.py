"""What was wrong with the lines of an export, as data: never the text of a line."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

MAX_LISTED = 1_000
"""Faults beyond this number are counted and no longer listed, so that the report stays small."""


@dataclass(frozen=True, slots=True)
class BulkFault:
    """A line of which nothing was used."""

    file: str
    """Path below the folder of the export."""
    line: int
    """Counted from 1; the first lost line where a file breaks off."""
    code: str
    """A reason of `JsonRefused`, or one of `blank`, `no-resource`, `outcome`, `subject`, `gzip`,
    `unreadable`, `patient-too-large`."""
    sentence: str


@dataclass(slots=True)
class BulkReport:
    """What a run over an export came to; complete once the last chart was taken."""

    resources: int = 0
    """Lines that hold a resource, used or not."""
    unused: int = 0
    """Of these, the ones that no fact comes from: of another type, or about a device or a place."""
    charts: int = 0
    faults: list[BulkFault] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    """How often each code of fault was found, those not listed included."""

    def add(self, fault: BulkFault) -> None:
        """Counts a fault, and lists it while there is room."""
        self.counts[fault.code] += 1
        if len(self.faults) < MAX_LISTED:
            self.faults.append(fault)
