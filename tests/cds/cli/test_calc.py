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
    assert calc.run_file(batch, None) == status
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
        (given(policy={"weight_max_age_days": "ninety"}), "input"),
        ({}, "missing-field"),
    ],
)
def test_what_cannot_be_read_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], of: Json, code: str
) -> None:
    (found,) = answers(tmp_path, capsys, asked("a", of), status=1)
    assert found["error"]["code"] == code and found["id"] == "a"


def test_a_file_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert calc.run_file(tmp_path / "none.jsonl", None) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_one_operation_by_fields(capsys: pytest.CaptureFixture[str]) -> None:
    """A value may carry its unit; what is no JSON is a text."""
    fields = ["dose_mg=0.1 g", "tau_h=12", "cl_l_h=5", "F=0.9", "mec=1", "mtc=2000 ug/L"]
    assert calc.run("pk.css", fields, None, None, as_json=False) == 0
    assert capsys.readouterr().out.splitlines() == [
        "css_avg: 1.5",
        "position: in-window",
        "therapeutic_index: 2",
    ]
    assert calc.run("pk.css", fields, None, None, as_json=True) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown == {"css_avg": 1.5, "position": "in-window", "therapeutic_index": 2}


def test_one_operation_from_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Fields on the line go before those of the file."""
    file = tmp_path / "given.json"
    file.write_text('{"fm": 0.8, "activity": 1}', "utf-8")
    assert calc.run("pk.auc_ratio", ["activity=0"], file, None, as_json=True) == 0
    assert json.loads(capsys.readouterr().out)["auc_ratio"] == 5


@pytest.mark.parametrize(
    ("name", "fields", "words"),
    [
        ("pk.cs", ["a=1"], "did you mean `pk.css`"),
        ("pk.auc_ratio", ["fm"], "expected NAME=VALUE"),
        ("pk.auc_ratio", ["fm=2", "activity=1"], "`fm`: expected a number at least 0 and at most 1, not 2"),
        ("pk.auc_ratio", ["fm=1 mg", "activity=1"], "not 1 mg"),
        ("pk.auc_ratio", ["fm=much", "activity=1"], '`fm`: expected a finite number, not "much"'),
        ("pk.auc_ratio", ["fm=1", "activity=0"], "nothing that removes the drug"),
    ],
)
def test_what_is_typed_wrongly_is_said(
    capsys: pytest.CaptureFixture[str], name: str, fields: list[str], words: str
) -> None:
    assert calc.run(name, fields, None, None, as_json=False) == 2
    said = capsys.readouterr()
    assert words in said.err and said.out == ""


@pytest.mark.parametrize(("file", "begins"), [("a.svg", "<svg "), ("a.html", "<!doctype html>")])
def test_an_answer_is_drawn(tmp_path: Path, file: str, begins: str) -> None:
    fields = ["fm=0.8", "activity=0"]
    assert calc.run("pk.auc_ratio", fields, None, None, as_json=False, svg=tmp_path / file) == 0
    assert (tmp_path / file).read_text("utf-8").startswith(begins)


@pytest.mark.parametrize(
    ("name", "fields", "file", "words"),
    [
        ("pk.css_dose", ["target=1", "cl_l_h=2", "tau_h=4"], "a.svg", "no picture of this answer"),
        (
            "path.block",
            ["edges=" + json.dumps([e for at in range(60) for e in (["s", f"n{at}"], [f"n{at}", "t"])]),
             'sources=["s"]', "sink=t", 'block=["n1"]'],
            "a.svg",
            "no picture of this answer",
        ),
        ("pk.auc_ratio", ["fm=0.8", "activity=0"], "none/a.svg", "cannot be written"),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, fields: list[str], file: str, words: str
) -> None:
    assert calc.run(name, fields, None, None, as_json=False, svg=tmp_path / file) == 2
    assert words in capsys.readouterr().err


def test_without_fields_there_is_a_page_and_without_a_name_a_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert calc.run("pk.css", [], None, None, as_json=False) == 0
    assert capsys.readouterr().out.startswith("# pk.css\n")
    assert calc.run(None, [], None, None, as_json=False) == 0
    assert any(line.startswith("pk.css  ") for line in capsys.readouterr().out.splitlines())
