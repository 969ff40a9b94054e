"""The worked examples of the language, and what the checker says when one of them is damaged.

The folder `sketch` is a small knowledge base of its own. Each damage is one that an author makes by hand;
the checker must name it, its place, and a patient for whom it matters.
"""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from cds.guard import reasons_to_withhold
from dsl import Diagnostic, RuleFile, check, run_tests
from kb import load, load_tables, read_rules

SKETCH = Path(__file__).parent / "sketch"
FILES = sorted(path.name for path in SKETCH.rglob("*.rule"))
ON = date(2026, 11, 20)
OVERRIDES = (
    "  overrides  clopidogrel.cyp2c19.acs_pci "
    'because "the guideline grades the neurovascular indication separately"\n'
)


def found_in(folder: Path) -> list[Diagnostic]:
    files = [read_rules(path, folder) for path in sorted(folder.rglob("*.rule"))]
    broken = [file for file in files if isinstance(file, Diagnostic)]
    parsed = [file for file in files if isinstance(file, RuleFile)]
    return [*broken, *check(parsed, load_tables(folder).names, on=ON).diagnostics]


def damaged(tmp_path: Path, file: str, old: str, new: str, *, times: int = 1) -> list[Diagnostic]:
    """What is found after one replacement in one file of a copy."""
    folder = tmp_path / "sketch"
    shutil.copytree(SKETCH, folder, dirs_exist_ok=True)
    path = folder / "rules" / file
    text = path.read_text("utf-8")
    assert text.count(old) == times, (file, old)
    path.write_text(text.replace(old, new), "utf-8")
    return found_in(folder)


def line_of(file: str, text: str) -> int:
    lines = (SKETCH / "rules" / file).read_text("utf-8").split("\n")
    return next(number for number, line in enumerate(lines, 1) if text in line)


def test_the_examples_are_seven_and_hold_together() -> None:
    assert len(FILES) == 7
    assert found_in(SKETCH) == []


def test_every_test_beside_the_rules_passes() -> None:
    rules = load(SKETCH, reasons_to_withhold).rules
    runs = [run for rule in rules for run in run_tests(rule, reasons_to_withhold)]
    assert [run.failures for run in runs if not run.passed] == []
    assert len(rules) == 7 and len(runs) == 36


def test_a_bound_taken_off_leaves_a_gap(tmp_path: Path) -> None:
    """`> 60` for `>= 60`: nobody answers for exactly 60 mL/min."""
    found = damaged(tmp_path, "renal_banding_genotype.rule", "| >= 60 mL/min ", "| > 60 mL/min  ", times=3)
    assert [one.code for one in found] == ["BR009"]
    assert found[0].span.line == line_of("renal_banding_genotype.rule", "table dose unique")
    assert found[0].case.startswith("crcl = 60 mL/min, cyp2d6 = ")


def test_a_dropped_row_leaves_a_gap(tmp_path: Path) -> None:
    row = "    | normal                              | indeterminate, missing               => ask nudt15\n"
    found = damaged(tmp_path, "thiopurine_tpmt_nudt15.rule", row, "")
    assert [(one.code, one.case) for one in found] == [("BR009", "tpmt = normal, nudt15 = indeterminate")]
    assert found[0].span.line == line_of("thiopurine_tpmt_nudt15.rule", "table start unique")


def test_micrograms_for_milligrams_in_a_dose(tmp_path: Path) -> None:
    found = damaged(
        tmp_path,
        "renal_banding_genotype.rule",
        "| poor               => give 25 mg",
        "| poor               => give 25 ug",
    )
    slip = next(one for one in found if one.code == "BR023")
    assert slip.span.line == line_of("renal_banding_genotype.rule", "=> give 25 mg")
    assert slip.case == "age = 18 years, cyp2d6 = poor, crcl = 15 mL/min"


def test_micrograms_for_milligrams_in_a_limit(tmp_path: Path) -> None:
    """H-005: the threshold itself, a thousand times too low, is beyond every believable value."""
    found = damaged(tmp_path, "niraparib_start_dose.rule", "< 150_000 /uL", "< 150_000 10*3/uL")
    assert [(one.code, one.span.line) for one in found] == [
        ("BR019", line_of("niraparib_start_dose.rule", "< 150_000 /uL"))
    ]
    assert found[0].help == "believable are 1 10*3/uL to 3000 10*3/uL"


def test_exceptions_in_a_circle(tmp_path: Path) -> None:
    found = damaged(
        tmp_path, "clopidogrel_cyp2c19.rule", "  replaces   clopidogrel.cyp2c19.acs_pci version 1.0.0\n",
        '  overrides  clopidogrel.cyp2c19.neurovascular because "a slip"\n',
    )  # fmt: skip
    assert [one.code for one in found] == ["BR021", "BR021"]
    assert (
        "clopidogrel.cyp2c19.acs_pci → clopidogrel.cyp2c19.neurovascular → clopidogrel.cyp2c19.acs_pci"
        in (found[0].case)
    )
    assert found[1].span.line == line_of("clopidogrel_cyp2c19.rule", "  overrides  ")


def active(folder: Path, file: str) -> None:
    path = folder / "rules" / file
    reviewed = 'strength moderate reviewed 2026-01-01 by "A" attribute developer "A" attribute funding "A"'
    text = path.read_text("utf-8").replace("status     draft", "status     active")
    text = text.replace("strength moderate", reviewed)
    path.write_text(text.replace("    strength strong\n  }", f"    {reviewed}\n  }}"), "utf-8")


def test_two_active_rules_that_disagree(tmp_path: Path) -> None:
    """Without `overrides`, an intermediate metabolizer in the special indication gets two answers."""
    folder = tmp_path / "sketch"
    damaged(tmp_path, "clopidogrel_cyp2c19.rule", OVERRIDES, "")
    active(folder, "clopidogrel_cyp2c19.rule")
    found = found_in(folder)
    assert [(one.code, one.severity.value) for one in found] == [("BR022", "error")]
    assert "cyp2c19 = likely_intermediate" in found[0].case and "neurovascular = true" in found[0].case
    assert found[0].others[0].span.line == line_of(
        "clopidogrel_cyp2c19.rule", "rule clopidogrel.cyp2c19.acs_pci"
    )


def test_the_same_disagreement_across_sources_is_reported_and_allowed(tmp_path: Path) -> None:
    folder = tmp_path / "sketch"
    damaged(tmp_path, "clopidogrel_cyp2c19.rule", OVERRIDES, "")
    active(folder, "clopidogrel_cyp2c19.rule")
    path = folder / "rules" / "clopidogrel_cyp2c19.rule"
    path.write_text(
        path.read_text("utf-8").replace("guideline:example grade B", "label:example grade B"), "utf-8"
    )
    assert [(one.code, one.severity.value) for one in found_in(folder)] == [("BR022", "warning")]


def test_an_exception_settles_the_disagreement(tmp_path: Path) -> None:
    folder = tmp_path / "sketch"
    shutil.copytree(SKETCH, folder)
    active(folder, "clopidogrel_cyp2c19.rule")
    assert found_in(folder) == []


def test_an_overdue_review(tmp_path: Path) -> None:
    found = damaged(tmp_path, "af_anticoagulation.rule", "review by  2030-01-01", "review by  2026-11-19")
    assert [(one.code, one.severity.value) for one in found] == [("BR020", "warning")]
    assert found[0].span.line == line_of("af_anticoagulation.rule", "review by")
    assert found[0].case.startswith("an order on 2026-11-20")


@pytest.mark.parametrize("day", ["2026-11-20", "2027-01-01"])
def test_a_review_that_is_due_today_is_not_overdue(tmp_path: Path, day: str) -> None:
    assert damaged(tmp_path, "af_anticoagulation.rule", "review by  2030-01-01", f"review by  {day}") == []
