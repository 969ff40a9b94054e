"""`pgx.mercaptopurine`: which version of the guideline answers, and what it says (C3)."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from cds.cli import calc
from kb import BUNDLED
from tests.cds.cards.support import Json, reference

POOR = {"tpmt": "normal", "nudt15": "poor", "normal_mg_m2_day": 75, "malignant": True}


def answered(tmp_path: Path, capsys: pytest.CaptureFixture[str], given: Json, kb: Path | None = None) -> Json:
    batch = tmp_path / "batch.jsonl"
    batch.write_text(json.dumps({"id": "a", "op": "pgx.mercaptopurine", "given": given}), "utf-8")
    calc.run_file(batch, kb)
    found: Json = json.loads(capsys.readouterr().out)
    return found


def test_every_visible_case(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cases = json.loads(reference("cases/seed-cases-visible.json").read_text("utf-8"))["cases"]
    mine = [case for case in cases if case["op"] == "pgx.mercaptopurine"]
    assert mine
    for case in mine:
        assert answered(tmp_path, capsys, case["given"])["result"] == case["expect"], case["id"]


@pytest.mark.parametrize(
    "named, days",
    [
        ({}, 7),
        ({"asOf": "2026-01-30"}, 7),
        ({"asOf": "2026-01-31"}, 3),
        ({"asOf": "2026-11-20T12:00:00Z"}, 3),
        ({"version": "0.9.0"}, 7),
        ({"version": "1.1.0"}, 3),
    ],
)
def test_the_version_that_the_day_selects_or_that_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], named: Json, days: int
) -> None:
    found = answered(tmp_path, capsys, POOR | named)["result"]
    assert found == {"action": "drastic-reduction", "dose_mg_m2_day_at_most": 10, "days_per_week": days}


@pytest.mark.parametrize(
    "given, expected",
    [
        ({"tpmt": "poor"}, {"action": "drastic-reduction", "dose_mg_m2_day_at_most": 10, "days_per_week": 3}),
        ({"malignant": False}, {"action": "alternative-agent"}),
        ({"nudt15": "unknown"}, {"action": "partial-genotype", "fraction": None}),
        ({"nudt15": "indeterminate"}, {"action": "partial-genotype", "fraction": None}),
        (
            {"tpmt": None, "nudt15": "possible-intermediate"},
            {"action": "partial-genotype", "fraction": [0.3, 0.8]},
        ),
        ({"tpmt": "unknown", "nudt15": "unknown"}, {"action": "genotype-unknown"}),
        ({"tpmt": "indeterminate", "nudt15": "indeterminate"}, {"action": "genotype-unknown"}),
        ({"tpmt": "indeterminate", "nudt15": "unknown"}, {"action": "genotype-unknown"}),
        (
            {"nudt15": "intermediate", "normal_mg_m2_day": 74.9},
            {"action": "no-reduction-needed-if-already-low", "dose_mg_m2_day": 74.9},
        ),
        (
            {"tpmt": "intermediate", "nudt15": "intermediate", "normal_mg_m2_day": 50},
            {"action": "reduce", "fraction": [0.2, 0.5], "dose_mg_m2_day": [10, 25]},
        ),
    ],
)
def test_each_state_of_the_two_genes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], given: Json, expected: Json
) -> None:
    assert answered(tmp_path, capsys, POOR | given)["result"] == expected


@pytest.mark.parametrize(
    "given, code, sentence",
    [
        ({"nudt15": "intermediat"}, "input", "did you mean `intermediate`"),
        ({"normal_mg_m2_day": 0}, "out-of-range", "a number above 0"),
        ({"normal_mg_m2_day": True}, "not-a-number", "expected a finite number, not true"),
        ({"malignant": None}, "input", "`malignant`: expected true or false, not null"),
        ({"asOf": "soon"}, "input", "`asOf`: expected a date"),
        ({"asOf": "2023-01-01"}, "rule", "in force on 2023-01-01"),
        ({"version": "1.0.0"}, "input", "`version`: expected one of 0.9.0, 1.1.0"),
        ({"version": ["1.1.0"]}, "input", "`version`: expected a text, not a list"),
        ({"version": "1.1.0", "asOf": "2026-11-20"}, "input", "not both"),
    ],
)
def test_what_cannot_be_answered_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], given: Json, code: str, sentence: str
) -> None:
    error = answered(tmp_path, capsys, POOR | given)["error"]
    assert error["code"] == code and sentence in error["message"]


def test_another_knowledge_base_answers_otherwise(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kb = tmp_path / "kb"
    shutil.copytree(BUNDLED, kb, ignore=shutil.ignore_patterns("*.py", "__pycache__", "*.release", "pgx"))
    rule = kb / "rules" / "mercaptopurine" / "tpmt_nudt15_2024.rule"
    text = rule.read_text("utf-8")
    rule.write_text(
        text.replace("dose 10 mg/m2 once daily", "dose 5 mg/m2 once daily").replace(
            "30 to 80 % of", "40 to 70 % of"
        ),
        "utf-8",
    )
    assert answered(tmp_path, capsys, POOR, kb)["result"]["dose_mg_m2_day_at_most"] == 5
    found = answered(tmp_path, capsys, POOR | {"nudt15": "intermediate"}, kb)["result"]
    assert found["fraction"] == [0.4, 0.7]
