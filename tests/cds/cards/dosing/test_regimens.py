"""Regimens side by side: every figure in its cell, the advised one marked in words."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.cards.dosing import Predicted, Regimen, RegimenTable, regimen_table
from cds.cards.pictures import NoPicture
from tests.cds.cards.dosing.example import TABLE
from tests.cds.cards.dosing.support import Page
from tests.dsl.support import PROPERTY

UNKNOWN: Any = "min"


def rows(table: RegimenTable) -> list[list[str]]:
    return [[cell.replace("\u00a0", " ") for cell in row] for row in Page(regimen_table(table)).rows]


def test_every_figure_is_in_its_cell() -> None:
    assert rows(TABLE) == [
        [
            "Regimen",
            "Trough, mg/L",
            "Peak, mg/L",
            "AUC24, mg·h/L",
            "Chance of AUC24 of 400 to 600 mg·h/L",
            "Chance of AUC24 above 700 mg·h/L",
            "Remark",
        ],
        [
            "1,000 mg every 12 h, each over 1 h",
            "12.9 (8.4 to 18.5)",
            "27.1 (22 to 34)",
            "455 (350 to 590)",
            "72 %",
            "4 %",
            "as ordered",
        ],
        [
            "Advised: 1,250 mg every 12 h, each over 1.5 h, first 1,500 mg",
            "16.1 (10.5 to 23.1)",
            "33.9 (27 to 43)",
            "569 (437 to 738)",
            "81 %",
            "12 %",
            "–",
        ],
        ["2,000 mg every 24 h, each over 2 h", "–", "–", "–", ">99 %", "<1 %", "–"],
        ["500 mg once", "–", "–", "–", "–", "–", "–"],
    ]


def test_only_one_row_is_marked_and_not_by_colour_alone() -> None:
    written = regimen_table(TABLE)
    assert written.count("Advised:") == written.count('class="advised"') == 1


def test_a_column_without_a_figure_is_left_out() -> None:
    table = RegimenTable((Regimen(4, 12),), "mg", "h", "µg/L", "µg·h/L")
    assert rows(table) == [["Regimen"], ["4 mg every 12 h"]]
    with_trough = replace(table, regimens=(Regimen(4, 12, trough=Predicted(0, 0, 0)),))
    assert rows(with_trough)[0] == ["Regimen", "Trough, µg/L"]


@PROPERTY
@given(st.floats(0, 1))
def test_a_chance_is_rounded_and_never_certain(chance: float) -> None:
    table = RegimenTable((Regimen(1, 1, attained=chance),), "mg", "h", "mg/L", "", "the target")
    shown = rows(table)[1][1]
    if shown == "<1 %":
        assert chance < 0.01
    elif shown == ">99 %":
        assert chance > 0.99
    else:
        assert 1 <= int(shown.removesuffix(" %")) <= 99
        assert float(shown.removesuffix(" %")) / 100 == pytest.approx(chance, abs=0.0051)


def test_what_comes_in_is_escaped() -> None:
    written = regimen_table(replace(TABLE, target="<b>&", dose_unit="<i>"))
    assert "<b>" not in written and "<i>" not in written and "&lt;b&gt;&amp;" in written


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Predicted(3, 1, 2), "a prediction of 3 between 1 and 2"),
        (lambda: Predicted(1, -1, 2), "a prediction of 1 between -1 and 2"),
        (lambda: Predicted(1, 1, math.inf), "no finite number"),
        (lambda: Regimen(0, 12), "`dose` 0"),
        (lambda: Regimen(1, 0), "`interval` 0"),
        (lambda: Regimen(1, 12, 0), "`infusion` 0"),
        (lambda: Regimen(1, 12, 13), "an infusion over 13 every 12"),
        (lambda: Regimen(1, 12, loading=-1), "`loading` -1"),
        (lambda: Regimen(math.nan, 12), "no finite number"),
        (lambda: Regimen(1, 12, attained=1.01), "`attained` 1.01"),
        (lambda: Regimen(1, 12, toxic=-0.01), "`toxic` -0.01"),
        (lambda: replace(TABLE, regimens=()), "0 regimens"),
        (lambda: replace(TABLE, regimens=TABLE.regimens[:1] * 41), "41 regimens"),
        (lambda: replace(TABLE, regimens=TABLE.regimens[1:2] * 2), "more than one regimen is advised"),
        (lambda: RegimenTable(TABLE.regimens, "mg", UNKNOWN, "mg/L", "mg·h/L"), "a unit of time `min`"),
        (lambda: replace(TABLE, target=""), "regimens with `attained`"),
        (lambda: replace(TABLE, toxicity=""), "regimens with `toxic`"),
    ],
)
def test_what_cannot_be_is_no_regimen(make: Any, says: str) -> None:
    with pytest.raises(NoPicture, match=re.escape(says)):
        make()
