"""Every example as it is drawn, compared with a golden file that was looked at in a browser.

After a change that is meant, write the files anew, look at them and read their difference:
`BESPOKE_RECORD=1 pytest tests/cds/cards/pictures/test_golden.py`.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cds.cards.pictures import as_figure
from tests.cds.cards.pictures.examples import PICTURES

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("name", PICTURES)
def test_the_drawing_is_the_one_that_was_looked_at(name: str) -> None:
    text = as_figure(PICTURES[name]) + "\n"
    file = GOLDEN / f"{name}.html"
    if os.environ.get("BESPOKE_RECORD"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, "utf-8")
    assert text == file.read_text("utf-8")


def test_each_golden_file_has_its_example() -> None:
    assert {file.stem for file in GOLDEN.glob("*")} == set(PICTURES)
