"""`bespoke check`, `test` and `explain` (C6, C8)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dsl import CATALOGUE
from kb import BUNDLED
from tests.cds.cli.support import bespoke, folder_without_imports

START_DOSE = "rules/niraparib/start_dose.rule"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return folder_without_imports(tmp_path / "kb")


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def broken(folder: Path) -> Path:
    edit(folder / START_DOSE, "weight < 77 kg", "weigth < 77 kg")
    edit(folder / "rules/clopidogrel/cyp2c19.rule", "status     active", "status     live")
    (folder / "latin.rule").write_bytes("rule größe".encode("latin-1"))
    return folder


def test_bundled_rules_are_clean() -> None:
    ran = bespoke("check", BUNDLED)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == f"{len(list(BUNDLED.rglob('*.rule')))} files: 0 errors, 0 warnings\n"


@pytest.mark.parametrize("path", [START_DOSE, "rules/clopidogrel"])
def test_parts_of_a_knowledge_base(path: str) -> None:
    assert bespoke("check", BUNDLED / path).code == 0


def test_several_paths() -> None:
    ran = bespoke("check", BUNDLED / "rules/niraparib", BUNDLED / "rules/clopidogrel/cyp2c19.rule")
    assert ran.out.startswith("2 files: 0 errors")


def test_all_errors_of_all_files(folder: Path) -> None:
    ran = bespoke("check", broken(folder))
    assert ran.code == 1
    assert "did you mean `weight`?" in ran.out and "^" in ran.out
    for name in (START_DOSE, "rules/clopidogrel/cyp2c19.rule", "latin.rule:1:"):
        assert name in ran.out
    assert f"{len(list(folder.rglob('*.rule')))} files: 3 errors" in ran.out


def test_json(folder: Path) -> None:
    ran = bespoke("check", broken(folder), "--format", "json")
    assert ran.code == 1
    found = json.loads(ran.out)
    names = (START_DOSE, "rules/clopidogrel/cyp2c19.rule", "latin.rule")
    assert {each["path"] for each in found} == {str(folder / name) for name in names}
    assert all({"code", "severity", "message", "line", "column"} <= set(each) for each in found)
    assert json.loads(bespoke("check", BUNDLED, "--format", "json").out) == []


def test_sarif(folder: Path) -> None:
    ran = bespoke("check", broken(folder), "--format", "sarif")
    assert ran.code == 1
    log = json.loads(ran.out)
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    listed = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    for result in run["results"]:
        assert result["ruleId"] in listed and result["level"] == "error"
        (location,) = result["locations"]
        assert location["physicalLocation"]["region"]["startLine"] >= 1
    assert len(run["results"]) == 3


@pytest.mark.parametrize("command", ["check", "test"])
def test_unusable_paths(command: str, tmp_path: Path) -> None:
    bespoke(command, tmp_path / "nowhere").refused("nowhere", "no such file or folder")
    bespoke(command, "a" * 300).refused("no such file or folder")
    bespoke(command, tmp_path).refused("no rule file (*.rule)")
    bespoke(command, BUNDLED, tmp_path / "nowhere").refused("nowhere")


@pytest.mark.parametrize("command", ["check", "test"])
@pytest.mark.parametrize("content", [b"\xff\xfe", b"\x00", b"rule", b"rule x version 1.0.0 {", b"{" * 5000])
def test_any_fault_of_content_exits_1(command: str, content: bytes, tmp_path: Path) -> None:
    """C6: encoding included, and never a traceback."""
    path = tmp_path / "a.rule"
    path.write_bytes(content)
    ran = bespoke(command, path)
    assert ran.code == 1 and "a.rule" in ran.out + ran.err


@pytest.mark.parametrize("command", ["check", "test"])
def test_faulty_tables(command: str, folder: Path) -> None:
    """The rules are checked against their own knowledge base; what is wrong there is said on stderr."""
    edit(folder / "observables/body_weight.toml", 'unit = "kg"', 'unit = "kilo"')
    bespoke(command, folder).refused("body_weight.toml", "`unit`", code=1)


def test_tables_that_do_not_fit_the_enum_of_a_rule(folder: Path) -> None:
    edit(folder / "genes/NUDT15.toml", 'phenotype = "poor"', 'phenotype = "por"')
    bespoke("check", folder).refused("NUDT15.toml", "`por`", code=1)


def test_rule_file_that_cannot_be_read(folder: Path) -> None:
    (folder / "a.rule").symlink_to("nowhere")
    bespoke("check", folder).refused("a.rule", "cannot be read", code=1)


def test_tests_beside_the_rules_pass() -> None:
    ran = bespoke("test", "--coverage")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.endswith(" passed, 0 failed\n") and "not reached" not in ran.out
    assert "niraparib.start_dose 1.0.0: 13 of 13 tests pass" in ran.out


def test_failing_test_is_shown_with_its_place(folder: Path) -> None:
    edit(folder / START_DOSE, "weight < 77 kg", "weight < 76.5 kg")
    ran = bespoke("test", "--kb", folder)
    assert ran.code == 1
    assert f"FAILED {folder / START_DOSE}:" in ran.out and "no rounding before the comparison" in ran.out
    assert "expected `give 200 mg once daily`, got `give 300 mg once daily`" in ran.out


def test_untested_branch_fails_with_coverage_only(folder: Path) -> None:
    text = (folder / START_DOSE).read_text("utf-8")
    start = text.index('  test "severe hepatic impairment')
    end = text.index('  test "recurrent disease')
    (folder / START_DOSE).write_text(text[:start] + text[end:], "utf-8")
    ran = bespoke("test", "--coverage", folder)
    assert ran.code == 1 and f"not reached by any test: {folder / START_DOSE}:" in ran.out
    # The checker may insist on a test of each branch; without coverage no other fault is reported.
    assert "not reached" not in bespoke("test", folder).out


def test_results_as_json(folder: Path) -> None:
    ran = bespoke("test", "--json")
    results = json.loads(ran.out)
    assert ran.code == 0 and all(each["passed"] for each in results) and len(results) > 40
    ran = bespoke("test", "--json", broken(folder))
    json.loads(ran.out)
    assert ran.code == 1 and "latin.rule" in ran.err


@pytest.mark.parametrize("code", sorted(CATALOGUE))
def test_each_code_is_explained(code: str) -> None:
    ran = bespoke("explain", code.lower())
    assert ran.code == 0 and ran.out.startswith(f"{code}: ")


def test_unknown_code() -> None:
    bespoke("explain", "BR999").refused("BR999", "BR001")
