"""Writes the page of every operation into a folder: `python -m cds.calculators.pages docs/calculators`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from calc.operations import Operation
from cds.calculators.answers import operations
from cds.calculators.page import page_of
from cds.guard import reasons_to_withhold
from kb import ready


def pages(known: Mapping[str, Operation]) -> dict[str, str]:
    """File name to content, the index first."""
    lines = [f"| [{each.name}]({each.name}.md) | {each.title} |" for each in known.values()]
    index = "\n".join(["# Calculators", "", "| operation | what |", "| --- | --- |", *lines, ""])
    return {"README.md": index} | {f"{each.name}.md": page_of(each) for each in known.values()}


if __name__ == "__main__":
    for name, text in pages(operations(ready(None, reasons_to_withhold))).items():
        Path(sys.argv[1], name).write_text(text, "utf-8")
