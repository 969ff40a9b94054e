"""Batch operations: order of lines, errors by line, exit codes (C3)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cds.cli import calc
from tests.cds.cards.support import PLATELETS, WEIGHT, Json, measured, patient


def given(weight: object = 60, **members: object) -> Json:
    labs = [measured(WEIGHT, weight, "kg"), measured(PLATELETS, 240, "10*3/uL")]
    return {"asOf": "2026-11-20T12:00:00Z", "patient": patient(), "observations": labs, **members}


def answers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], *lines: object, status: int = 0
) -> list[Json]:
    batch = tmp_path / "batch.jsonl"
    batch.write_text(
        "\n".join(each if isinstance(each, str) else json.dumps(each) for each in lines), "utf-8"
    )
    assert calc.run(batch, None) == status
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def asked(identifier: str, of: Json) -> Json:
    return {"id": identifier, "op": "rule.niraparib", "given": of}


def test_a_line_that_fails_costs_that_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = answers(
        tmp_path, capsys, asked("a", given(60)), "not json", '{"id": "b", "op": "none.such", "given": {}}',
        asked("c", given(90)), "[]", status=1,
    )  # fmt: skip
    assert [each.get("id") for each in found] == ["a", None, "b", "c", None]
    assert [each.get("error", {}).get("code") for each in found] == [
        None,
        "json",
        "unknown-op",
        None,
        "input",
    ]
    assert [found[0]["result"]["dose_mg"], found[3]["result"]["dose_mg"]] == [200, 300]


@pytest.mark.parametrize(
    "of, code",
    [
        (given(asOf="soon"), "input"),
        (given(patient=None), "input"),
        (given(observations={}), "input"),
        (given(policy={"weight_max_age_days": 30}), "policy"),
        (given(policy={"weight_max_age_days": "ninety"}), "policy"),
        ({}, "input"),
    ],
)
def test_what_cannot_be_read_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], of: Json, code: str
) -> None:
    (found,) = answers(tmp_path, capsys, asked("a", of), status=1)
    assert found["error"]["code"] == code and found["id"] == "a"


def test_a_file_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert calc.run(tmp_path / "none.jsonl", None) == 2
    assert "cannot be read" in capsys.readouterr().err
