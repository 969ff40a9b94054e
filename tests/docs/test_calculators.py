"""Every operation has its page, and it says what the operation does today."""

from __future__ import annotations

from pathlib import Path

from cds.calculators import operations
from cds.calculators.pages import pages
from tests.cds.cards.support import bundled

FOLDER = Path(__file__).parents[2] / "docs" / "calculators"


def test_pages_are_those_that_the_operations_write() -> None:
    """`make pages` writes them anew."""
    found = {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.md")}
    assert found == pages(operations(bundled()))


def test_every_field_says_what_it_is() -> None:
    for name, text in pages(operations(bundled())).items():
        assert "|  |" not in text, name
