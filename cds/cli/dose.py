"""`bespoke dose`: what levels say about one person, line by line or one question at a time."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cds.calculators import answer
from cds.cli.batch import run as run_batch
from cds.dosing import dosing_operations
from kb import KnowledgeBase


def run_file(what: str, batch: Path, kb: Path | None) -> int:
    """Answers a file line by line (contract C5)."""

    def line(asked: Mapping[str, object], knowledge: KnowledgeBase) -> dict[str, object]:
        given = {name: value for name, value in asked.items() if name != "id"}
        return answer(dosing_operations(knowledge)[what], given)

    return run_batch(batch, kb, ("id",), line)
