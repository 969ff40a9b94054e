"""Rows that can be read and cannot be right: each is said with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kb.importing.support import faults, row

NORMAL, POOR = "TPMT=Normal Metabolizer", "TPMT=Poor Metabolizer"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (row(POOR, "stop"), "3: column `action`: `stop` is no known action"),
        (
            row(POOR, "avoid", classification="Sometimes"),
            "3: column `classification`: `sometimes` is no known classification",
        ),
        (row(POOR, "avoid", population="cats"), "3: column `population`: `cats` is no known population"),
        (row(POOR, "avoid", drug="other"), "3: column `drug`: `other` has no codes in the table of drugs"),
        (
            row(POOR, "avoid", "colour=red"),
            "3: column `params`: `colour=red` is no known parameter with a known value",
        ),
        (
            row(POOR, "standard", "if_used=somehow"),
            "3: column `params`: `if_used=somehow` is no known parameter with a known value",
        ),
        (
            row("HLA-B=*57:01 positive", "reduce-start", "start_pct=50"),
            "3: column `params`: `start_pct=50`: an HLA allele says nothing about a dose",
        ),
        (
            row(POOR, "increase-start", "start_pct=200-500"),
            "3: column `params`: `start_pct=200-500`: expected a percentage up to 400",
        ),
        (
            row(POOR, "reduce-start", "start_pct=75;maint_pct=50"),
            "3: column `params`: `start_pct=75`: the start is above `maint_pct=50`",
        ),
        (
            row(POOR, "titration-protocol", "start=80 mg/day;then=40 mg/day"),
            "3: column `params`: `start=80 mg/day`: the start is above `then=40 mg/day`",
        ),
        (
            row("TPMT=Odd Metabolizer", "avoid"),
            "3: column `genes`: `Odd Metabolizer` is no key of TPMT: the enum TPMT_phenotype has no `odd`",
        ),
        (
            row("CYP2D6=1.5", "avoid"),
            "3: column `genes`: `1.5` is no key of CYP2D6: the enum CYP2D6_score has no `as1_5`",
        ),
        (
            row("XYZ=Poor Metabolizer", "avoid"),
            "3: column `genes`: the knowledge base has no gene `XYZ` with an enum of its phenotypes",
        ),
        (
            row("HLA-B=*57:01 positive|*15:02 positive", "avoid"),
            "3: column `genes`: expected one allele of HLA-B for each drug, not *15:02 and *57:01",
        ),
        (
            row("CYP2C19=Poor Metabolizer & CYP2D6=1.0 & TPMT=Poor Metabolizer", "avoid"),
            "3: column `genes`: expected 2 genes at most, not 3",
        ),
    ],
)
def test_a_fault(tmp_path: Path, line: str, sentence: str) -> None:
    assert faults(tmp_path, line) == [sentence]


def test_every_fault_is_said_in_the_order_of_the_lines(tmp_path: Path) -> None:
    found = faults(tmp_path, row(NORMAL, "standard"), row(POOR, "stop"), row("TPMT=1.0", "avoid", "tdm=2 x"))
    assert [fault.partition(":")[0] for fault in found] == ["4", "5"]


@pytest.mark.parametrize("population", ["general", ""])
def test_two_rows_of_equal_keys_that_differ(tmp_path: Path, population: str) -> None:
    """A row without a population belongs to each of them."""
    again = row(f"{POOR}|Intermediate Metabolizer", "standard", population=population)
    assert faults(tmp_path, row(POOR, "avoid"), again) == [
        "4: column `genes`: line 3 answers TPMT poor (general) differently"
    ]


def test_two_rows_that_agree_or_are_about_others(tmp_path: Path) -> None:
    assert faults(tmp_path, row(POOR, "avoid"), row(POOR, "avoid")) == []
    others = row(POOR, "standard", population="pediatrics")
    assert faults(tmp_path, row(POOR, "avoid", population="adults"), others) == []


def test_two_guidelines_about_one_drug(tmp_path: Path) -> None:
    other = row(NORMAL, "standard").replace("PA1", "PA2")
    assert faults(tmp_path, row(POOR, "avoid"), other) == [
        "4: column `guideline_id`: example has PA1 and PA2"
    ]
