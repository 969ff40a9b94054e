"""`bespoke check --verify`: the checker with a solver behind it, which is an extra."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cds.cli import rules
from cds.cli import verify as verifying
from kb import BUNDLED
from tests.cds.cli.support import folder_without_imports

needs_solver = pytest.mark.skipif(not verifying.installed(), reason="without z3, `--verify` is not tested")

IDLE_BRANCH = "    when weight * 2 < 100 kg and weight > 60 kg    => none\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A knowledge base with a branch that only arithmetic shows to be out of reach."""
    folder = folder_without_imports(tmp_path / "kb")
    path = folder / "rules/niraparib/start_dose.rule"
    text = path.read_text("utf-8")
    at = text.index("    when weight < 77 kg")
    path.write_text(text[:at] + IDLE_BRANCH + text[at:], "utf-8")
    return folder


@needs_solver
def test_the_bundled_rules_hold(capsys: pytest.CaptureFixture[str]) -> None:
    """Of two rules branches rest on functions that the solver does not know: it says so, and nothing else."""
    assert rules.check([BUNDLED], "text", verify=True) == 0
    notes = capsys.readouterr().err.splitlines()
    assert all(each.startswith("note: not decided: ") for each in notes)
    assert {Path(each.split(":")[2].strip()).name for each in notes} == {
        "net_benefit.rule",
        "time_above_mic.rule",
    }


@needs_solver
def test_what_the_solver_finds_is_a_diagnostic_like_others(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert rules.check([folder], "json") == 0
    capsys.readouterr()
    assert rules.check([folder], "json", verify=True) == 1
    (found,) = [one for one in json.loads(capsys.readouterr().out) if one["severity"] == "error"]
    line = (folder / "rules/niraparib/start_dose.rule").read_text("utf-8").splitlines()[found["line"] - 1]
    assert found["code"] == "BR011" and line + "\n" == IDLE_BRANCH


@needs_solver
def test_a_question_left_open_is_a_note_and_no_fault(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dsl.verifier.solver.EFFORT", 1)
    assert rules.check([folder], "json", verify=True) == 0
    printed = capsys.readouterr()
    assert "note: not decided: " in printed.err and "start_dose.rule:" in printed.err
    json.loads(printed.out)


def test_without_the_solver_the_call_cannot_be_carried_out(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verifying, "installed", lambda: False)
    assert rules.check([folder], "text", verify=True) == 2
    printed = capsys.readouterr()
    assert printed.out == "" and printed.err.count("\n") == 1 and "bespoke-cds[verify]" in printed.err
    assert rules.check([folder], "text") == 0


def test_nothing_else_needs_the_solver() -> None:
    """It is 60 MB that a service never loads."""
    words = (
        "import sys; sys.modules['z3'] = None\n"
        "from pathlib import Path; from cds.cli import rules; from kb import BUNDLED\n"
        "paths = [BUNDLED / 'rules' / 'niraparib', BUNDLED / 'vocabulary']\n"
        "assert rules.check(paths, 'text') == 0\n"
        "assert rules.test(paths, None, coverage=True, as_json=True, boundaries=True) == 0\n"
    )
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
