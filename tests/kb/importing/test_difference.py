"""What an import changes in a rule file, and what it leaves to those who reviewed it."""

from __future__ import annotations

from pathlib import Path

from kb.importing.difference import Kind, compare, meaning, next_version
from tests.kb.importing.support import row, written

AVOID, STANDARD = row("TPMT=Poor Metabolizer", "avoid"), row("TPMT=Normal Metabolizer", "standard")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert compare(None, written(tmp_path, AVOID)).kind is Kind.NEW


def test_status_review_version_comments_and_layout_are_no_meaning(tmp_path: Path) -> None:
    text = written(tmp_path, AVOID, STANDARD)
    reviewed = (
        text.replace("status     draft", "status active")
        .replace("version 1.0.0 {", "version 1.3.0 {")
        .replace("review by  2027", "review by 2028")
        .replace("grade not_stated", 'grade not_stated reviewed 2027-01-02 by "Somebody" // read it')
    )
    assert reviewed != text
    assert compare(reviewed, text).kind is Kind.EQUAL


def test_a_row_that_changes_is_shown(tmp_path: Path) -> None:
    old = written(tmp_path, AVOID, STANDARD)
    new = written(tmp_path, AVOID.replace("Poor", "Intermediate"), STANDARD)
    change = compare(old, new)
    assert change.kind is Kind.CHANGED
    assert "- | poor => avoid_strong" in change.lines
    assert "+ | intermediate => avoid_strong" in change.lines


def test_a_text_that_changes_is_shown(tmp_path: Path) -> None:
    old = written(tmp_path, AVOID)
    change = compare(old.replace(": avoid", ": stop"), old)
    assert change.lines == (
        '- advise "Example, TPMT {tpmt}: stop"',
        '+ advise "Example, TPMT {tpmt}: avoid"',
    )


def test_a_file_that_is_no_rule_counts_by_its_lines(tmp_path: Path) -> None:
    assert meaning("rule {\n  // nothing\n\n  x   y\n") == ["rule {", "x y"]
    assert compare("x", written(tmp_path, AVOID)).kind is Kind.CHANGED


def test_the_version_behind_the_greatest(tmp_path: Path) -> None:
    assert next_version("rule a.b version 1.2.3 {\nrule c.d version 1.10.0 {") == "1.11.0"
    assert next_version("nothing") == "1.1.0"
