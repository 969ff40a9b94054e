"""The page of an individual dose: dose, reason, mathematics, in this order; whole, escaped, for everybody.

`golden/page.html` is to be looked at in a browser; after a change that is meant,
`BESPOKE_RECORD=1 pytest tests/cds/cards/dosing/test_page.py` writes it anew.
"""

from __future__ import annotations

import math
import os
import re
from dataclasses import fields, is_dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from cds.cards.dosing import DosingView, EtaLine, LevelLine, ParameterLine, dosing_page
from cds.cards.pictures import NoPicture
from tests.cds.cards.dosing.example import MATHEMATICS, TABLE, VIEW
from tests.cds.cards.dosing.support import Page
from tests.cds.cards.pictures.courses import VANCOMYCIN

GOLDEN = Path(__file__).parent / "golden" / "page.html"
EVIL = "<script>alert('x')</script>\x1b[31m\" onload=\"x\u202e"
REFUSED = DosingView("Gentamicin", None, ("The level is beyond belief.",), "2026-11-25", None)


def test_the_page_is_the_one_that_was_looked_at() -> None:
    written = dosing_page(VIEW)
    if os.environ.get("BESPOKE_RECORD"):
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(written, "utf-8")
    assert written == GOLDEN.read_text("utf-8")


def test_dose_first_reason_second_mathematics_last_and_folded() -> None:
    page = Page(dosing_page(VIEW))
    assert VIEW.advised is not None and VIEW.model is not None
    in_order = [
        VIEW.advised,
        VIEW.status,
        VIEW.reasons[0],
        VIEW.doubts[0],
        VIEW.next_level,
        VANCOMYCIN.title,
        TABLE.caption,
        VIEW.inputs[1].note,
        VIEW.model.made_with,
        "The mathematics",
        MATHEMATICS.method,
        VIEW.as_of,
    ]
    # The first is also the title of the page.
    body = page.text[page.text.index(VIEW.advised) + 1 :]
    places = [body.index(words) for words in in_order]
    assert places == sorted(places)
    for lines in (MATHEMATICS.parameters, MATHEMATICS.etas, MATHEMATICS.levels):
        assert [line.name for line in lines if line.name not in page.folded] == []
    assert "−4.31" in page.folded and MATHEMATICS.method in page.folded
    assert not any(words in page.folded for words in in_order if words != MATHEMATICS.method)


def test_every_word_of_the_view_is_on_the_page() -> None:
    text = Page(dosing_page(VIEW)).text

    def words(value: Any) -> list[str]:
        if isinstance(value, str):
            return [value]
        if is_dataclass(value) and not isinstance(value, type):
            return [each for field in fields(value) for each in words(getattr(value, field.name))]
        return [each for one in value for each in words(one)] if isinstance(value, tuple) else []

    without = replace(VIEW, curve=None, regimens=None)
    said = words(without)
    assert len(said) > 40 and [each for each in said if each not in text] == []


def test_numbers_of_the_mathematics_are_in_their_cells() -> None:
    rows = Page(dosing_page(VIEW)).rows
    assert ["CL, clearance", "L/h", "3.8", "3.21", "2.5 to 3.9"] in rows
    assert ["CL", "−0.169", "0.15", "0.383"] in rows
    assert ["23 Nov 19:30", "10.2 mg/L", "5.2", "6", "58 %"] in rows
    assert ["24 Nov 09:30", "<26 mg/L", "21.6", "23.7", "–"] in rows
    assert ["Dialysis", "none on file, none assumed", "–", "–"] in rows


@pytest.mark.parametrize("view", [VIEW, REFUSED], ids=["advised", "refused"])
def test_the_page_is_whole_and_needs_nothing_else(view: DosingView) -> None:
    written = dosing_page(view)
    page = Page(written)
    assert written.startswith("<!DOCTYPE html>\n<html") and '<html lang="en">' in written
    assert not {"script", "img", "link", "iframe", "object", "form", "a"} & set(page.names)
    names = {name for _, name, _ in page.attributes}
    assert not {"src", "href"} & names and not [name for name in names if name.startswith("on")]
    assert "@media print" in page.styles and "details-content" in page.styles
    assert not re.search(r"url\(|@import|//", page.styles)
    headings = [int(name[1]) for name in page.names if re.fullmatch("h[1-6]", name)]
    assert headings[0] == 1 and headings.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(headings))


def test_everybody_can_read_it() -> None:
    """Cells have heads, tables captions, regions names that exist; a keyboard reaches what scrolls."""
    page = Page(dosing_page(VIEW))
    assert page.names.count("table") == page.names.count("caption") == 6
    scopes = [value for tag, name, value in page.attributes if (tag, name) == ("th", "scope")]
    assert len(scopes) == page.names.count("th") and set(scopes) == {"col", "row"}
    ids = [value for _, name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    named = " ".join(value or "" for _, name, value in page.attributes if name == "aria-labelledby")
    assert named and set(named.split()) <= set(ids)
    wide = [value for _, name, value in page.attributes if name == "class" and value == "wide"]
    reached = [value for _, name, value in page.attributes if name == "tabindex"]
    assert reached == ["0"] * len(wide) and page.names.count("details") == page.names.count("summary") == 2
    assert {"header", "main", "footer"} <= set(page.names)


def test_without_a_dose_the_page_says_so_and_why() -> None:
    text = Page(dosing_page(REFUSED)).text
    assert "No dose is advised" in text and "Why not, and what would help" in text
    assert REFUSED.reasons[0] in text and "None" not in text
    assert not re.search(r"\d+ mg", text)


def evil(value: Any) -> Any:
    """The same, with something evil in place of each text that is free."""
    if is_dataclass(value) and not isinstance(value, type):
        free = {
            field.name: evil(getattr(value, field.name))
            for field in fields(value)
            if field.name not in ("time_unit", "axis")
        }
        return replace(value, **free)
    if isinstance(value, tuple):
        return tuple(evil(each) for each in value)
    return EVIL if isinstance(value, str) else value


def test_nothing_that_comes_in_acts() -> None:
    written = dosing_page(evil(VIEW))
    page, usual = Page(written), Page(dosing_page(VIEW))
    assert set(page.names) == set(usual.names)
    assert {name for _, name, _ in page.attributes} == {name for _, name, _ in usual.attributes}
    assert "\x1b" not in written and "\u202e" not in written
    assert written.count("&lt;script&gt;") > 40


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: replace(VIEW, reasons=()), "no reason for 1,250 mg"),
        (lambda: replace(VIEW, advised=" "), "without words"),
        (lambda: replace(VIEW, drug=""), "the name of its drug"),
        (lambda: replace(VIEW, as_of=""), "the time that it is of"),
        (lambda: replace(VIEW, advised=None), "a regimen of the table is"),
        (lambda: replace(VIEW, advised=None, regimens=None), "the curve has advised doses"),
        (lambda: ParameterLine("CL", "L/h", 1, 1, 3, 2), "the interval of 'CL' from 3 to 2"),
        (lambda: ParameterLine("CL", "L/h", math.nan, 1, 1, 2), "no finite number"),
        (lambda: EtaLine("CL", math.inf, 1, 1), "no finite number"),
        (lambda: EtaLine("CL", 0, 1, 0), "deviations of 'CL'"),
        (lambda: LevelLine("one", "1 mg/L", 1, math.nan), "no finite number"),
        (lambda: LevelLine("one", "1 mg/L", 1, 1, 1.1), "the weight of 'one' is 1.1"),
        (lambda: replace(MATHEMATICS, objective=math.nan), "no finite number"),
        (lambda: replace(MATHEMATICS, percent=0), "intervals of 0 %"),
    ],
)
def test_what_cannot_be_is_no_page(make: Any, says: str) -> None:
    with pytest.raises(NoPicture, match=re.escape(says)):
        make()


def test_a_page_holds_no_identity() -> None:
    held = {field.name for field in fields(DosingView)}
    assert not held & {"patient", "name", "identifier", "born", "birth_date", "mrn"}
