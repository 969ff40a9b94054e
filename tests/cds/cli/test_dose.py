"""`bespoke dose fit|predict|optimise`: one question, or a file of them line by line (C5, C8)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cds.cli.support import Ran, bespoke
from tests.cds.dosing.questions import COURSE, SEARCH, VANCOMYCIN, Json, ask, folder_of_models

QUESTIONS = {"fit": VANCOMYCIN | {"draws": 500}, "predict": COURSE, "optimise": SEARCH}


def dose(*arguments: object) -> Ran:
    return bespoke("dose", *arguments, "--kb", folder_of_models())


def file(folder: Path, *lines: object) -> Path:
    path = folder / "questions.jsonl"
    path.write_text("\n".join(each if isinstance(each, str) else json.dumps(each) for each in lines), "utf-8")
    return path


@pytest.mark.parametrize("what", QUESTIONS)
def test_one_question_and_a_line_of_a_file_have_one_answer(what: str, tmp_path: Path) -> None:
    question: Json = {"id": "a", **QUESTIONS[what]}
    path = file(tmp_path, question)
    single, batch = dose(what, "--given", path, "--json"), dose(what, "--batch", path)
    assert (single.code, batch.code) == (0, 0)
    assert {"id": "a"} | json.loads(single.out) == json.loads(batch.out)
    assert json.loads(single.out) == ask(what, QUESTIONS[what])


def test_as_text_every_member_is_a_line(tmp_path: Path) -> None:
    lines = dose("optimise", "--given", file(tmp_path, SEARCH)).out.splitlines()
    assert "best.regimen.words: 1,750 mg every 24 h, each over 2.5 h" in lines
    assert "units.concentration: mg/L" in lines and "options.1.regimen.interval: 12.0" in lines
    assert lines.count("at_cap: false") == 1


def test_a_line_that_fails_costs_that_line(tmp_path: Path) -> None:
    light = VANCOMYCIN | {"covariates": VANCOMYCIN["covariates"] | {"WT": 20}}
    path = file(tmp_path, {"id": 1, **QUESTIONS["fit"]}, "no json", {"id": 3, **light}, "[]", {"id": 5})
    ran = dose("fit", "--batch", path)
    found = [json.loads(line) for line in ran.out.splitlines()]
    assert ran.code == 1 and [each["id"] for each in found] == [1, None, 3, None, 5]
    assert [each.get("error", {}).get("code") for each in found] == [
        None,
        "json",
        "out-of-range",
        "input",
        "missing-field",
    ]


def test_what_cannot_be_used_is_one_sentence(tmp_path: Path) -> None:
    dose("fit").refused("--batch FILE", "--given FILE")
    path = file(tmp_path, VANCOMYCIN)
    dose("fit", "--batch", path, "--given", path).refused("--batch FILE", "--given FILE")
    dose("predict", "--given", path).refused("`times` is missing")
    dose("predict", "--given", tmp_path / "none.json").refused("none.json", "cannot be read")
    dose("predict", "--batch", tmp_path / "none.json").refused("none.json", "cannot be read")
    dose("optimise", "--given", file(tmp_path, "[]")).refused("expected a JSON object")
