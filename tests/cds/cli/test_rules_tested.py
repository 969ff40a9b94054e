"""`bespoke test`: coverage with the tests that are lacking, answers at every limit, progress."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from cds.cli import rules
from cds.cli.progress import Progress
from cds.cli.tested import Report, as_text
from dsl import check, run_tests
from dsl.tester.coverage import coverage
from kb import BUNDLED
from tests.cds.cli.support import bespoke, folder_without_imports
from tests.dsl.support import NAMES, WHOLE, parsed

START_DOSE = "rules/niraparib/start_dose.rule"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return folder_without_imports(tmp_path / "kb")


def without_tests(path: Path, *titles: str) -> None:
    text = path.read_text("utf-8")
    for title in titles:
        start = text.index(f'  test "{title}')
        text = text[:start] + text[text.index("  }\n", start) + 4 :]
    path.write_text(text, "utf-8")


# ---------------------------------------------------------------- coverage
def test_what_is_lacking_comes_first_with_a_test_to_paste(folder: Path) -> None:
    path = folder / START_DOSE
    without_tests(path, "severe hepatic impairment")
    ran = bespoke("test", "--coverage", folder)
    assert ran.code == 1
    lines = ran.out.splitlines()
    lacking = next(at for at, line in enumerate(lines) if f"not reached by any test: {path}:" in line)
    assert lines[lacking].endswith(": when bilirubin is known and bilirubin > 3")
    assert lines[lacking + 1] == '    test "severe_hepatic" {'
    assert lines[lacking + 3].endswith("= severe_hepatic  // as the rule answers now: confirm")
    reached = next(at for at, line in enumerate(lines) if line.endswith(': "already on niraparib"'))
    assert lacking < reached
    assert "  branches and rows 5 of 6 (83 %), missing data " in ran.out
    assert lines[-2].startswith("coverage: branches and rows 55 of 56 (98 %), missing data ")
    assert lines[-1].endswith(" passed, 0 failed")


def test_the_rule_that_lacks_something_comes_before_complete_ones() -> None:
    name, complete = (
        "example.complete",
        WHOLE.rstrip().removesuffix("}")
        + (
            'test "young" { given age = 12 years expect outside population }'
            'test "age" { given weight = 60 kg expect dose = ask age }'
            'test "weight" { given age = 63 years expect dose = ask weight } }'
        ),
    )
    checked = check(
        [parsed(complete.replace("example.start", name), "a.rule"), parsed(WHOLE, "b.rule")], NAMES
    )
    tested = [
        Report(rule, runs, coverage(rule, runs, NAMES), None)
        for rule in checked.rules
        if (runs := run_tests(rule))
    ]
    assert [one.rule.name for one in tested if not one.coverage or not one.coverage.gaps] == [name]
    headings = [line for line in as_text(tested).splitlines() if "tests pass" in line]
    assert headings == ["example.start 1.0.0: 2 of 2 tests pass", f"{name} 1.0.0: 5 of 5 tests pass"]


def test_a_pasted_test_closes_the_gap(folder: Path) -> None:
    """What is printed is copied as it stands, mark of confirmation included."""
    path = folder / START_DOSE
    without_tests(path, "severe hepatic impairment")
    lines = bespoke("test", "--coverage", folder).out.splitlines()
    at = next(at for at, line in enumerate(lines) if line.startswith('    test "severe_hepatic"'))
    text = path.read_text("utf-8").rstrip().removesuffix("}")
    path.write_text(text + "\n".join(lines[at : at + 4]) + "\n}\n", "utf-8")
    ran = bespoke("test", "--coverage", folder)
    assert ran.code == 0 and "not reached" not in ran.out


def test_missing_data_that_no_test_shows_is_said_and_does_not_fail(folder: Path) -> None:
    path = folder / START_DOSE
    without_tests(path, "unknown age")
    ran = bespoke("test", "--coverage", folder)
    assert ran.code == 0 and f"not tested without `age`: {path}:1: population: adults" in ran.out


def test_coverage_as_json(folder: Path) -> None:
    without_tests(folder / START_DOSE, "severe hepatic impairment")
    ran = bespoke("test", "--coverage", "--json", folder)
    found = json.loads(ran.out)
    assert ran.code == 1 and set(found) == {"tests", "coverage"}
    (rule,) = [each for each in found["coverage"] if each["rule"] == "niraparib.start_dose"]
    assert rule["cases"] == {"covered": 5, "of": 6}
    (gap,) = [each for each in rule["gaps"] if each["missing"] is None]
    assert gap["test"].lstrip().startswith('test "severe_hepatic" {') and not gap["population"]
    assert [len(case["tests"]) for case in rule["reached"]].count(0) == 1


# ---------------------------------------------------------------- boundaries
def test_answers_at_every_limit(capsys: pytest.CaptureFixture[str]) -> None:
    code = rules.test([BUNDLED / START_DOSE], None, coverage=False, as_json=False, boundaries=True)
    out = capsys.readouterr().out
    assert code == 0
    assert "    weight = 76.99 kg  give 200 mg once daily\n    weight = 77 kg     give 300 mg" in out


def test_limits_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    code = rules.test([BUNDLED / START_DOSE], None, coverage=False, as_json=True, boundaries=True)
    found = json.loads(capsys.readouterr().out)
    assert code == 0 and set(found) == {"tests", "boundaries"}
    (weight,) = [each for each in found["boundaries"] if each["name"] == "weight"]
    assert weight["limit"] == {"value": "77", "unit": "kg"} and not weight["idle"]
    assert [side["side"] for side in weight["sides"]] == ["below", "at", "above", "missing"]


# ---------------------------------------------------------------- progress
class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_shown_on_a_terminal_once_it_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    with Progress() as progress:
        progress.begin("testing", 3)
        progress.advance()
        assert stream.getvalue() == ""
        progress.show()
        progress.advance()
    shown = stream.getvalue()
    assert "testing" in shown and "2/3" in shown


@pytest.mark.parametrize(("stream", "quiet"), [(io.StringIO(), False), (Terminal(), True)])
def test_no_progress_elsewhere(stream: io.StringIO, quiet: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A log file would fill with control characters, and JSON output is read by programs."""
    monkeypatch.setattr(sys, "stderr", stream)
    with Progress(quiet=quiet) as progress:
        progress.begin("testing", 3)
        progress.show()
        progress.advance()
    progress.show()
    assert stream.getvalue() == ""


def test_a_short_run_on_a_terminal_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    with Progress() as progress:
        progress.begin("checking")
    progress.show()
    assert stream.getvalue() == ""
