"""What changed between two knowledge bases: nothing is told twice, nothing is left out, and for whom."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path

import pytest

from cds.guard import reasons_to_withhold
from dsl.witnesses.compare import Comparison
from kb import load
from kb.difference import Difference, Edition, FileChange, Kind, RuleChange, difference
from kb.release import read_sources
from tests.cds.cli.support import folder_without_imports, own_folder, own_knowledge

START_DOSE = "rules/niraparib/start_dose.rule"
CYP2C19 = "rules/clopidogrel/cyp2c19.rule"
VERSION = ("version 1.0.0 {", "version 1.1.0 {")
SKETCH = Path(__file__).parents[1] / "dsl" / "sketch"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return folder_without_imports(tmp_path / "kb")


def edit(path: Path, *edits: tuple[str, str]) -> None:
    text = path.read_text("utf-8")
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new)
    path.write_text(text, "utf-8")


def edition(folder: Path) -> Edition:
    return Edition(load(folder, reasons_to_withhold), read_sources(folder))


@cache
def unchanged() -> Edition:
    return Edition(own_knowledge(), read_sources(own_folder()))


def compared(folder: Path, old: Path | None = None) -> Difference:
    return difference(edition(old) if old else unchanged(), edition(folder))


def only_change(folder: Path) -> RuleChange:
    """The one rule that changed; no file beside it."""
    found = compared(folder)
    assert found.files == ()
    (change,) = found.rules
    return change


def test_nothing(folder: Path) -> None:
    assert compared(folder) == Difference((), (), same_version=False)


# ---------------------------------------------------------------- rules
BOUND = (
    ("weight < 77 kg or", "weight < 77.5 kg or"),
    ("weight = 77 kg, platelets", "weight = 78 kg, platelets"),
)


def test_a_changed_limit_and_who_notices(folder: Path) -> None:
    edit(folder / START_DOSE, VERSION, *BOUND)
    change = only_change(folder)
    assert (change.kind, change.old_version, change.new_version) == (Kind.CHANGED, "1.0.0", "1.1.0")
    assert change.parts == ("decision start_dose",) and change.description == ("tests",)
    answers = change.answers
    assert answers is not None and answers.patient is not None
    assert "weight = 77 kg" in answers.patient and "platelets = 150 10*3/uL" in answers.patient
    assert (answers.old, answers.new) == ("give 300 mg once daily", "give 200 mg once daily")


def test_the_same_without_a_new_version_is_flagged(folder: Path) -> None:
    """H-121."""
    edit(folder / START_DOSE, *BOUND)
    found = compared(folder)
    assert found.rules[0].kind is Kind.UNNUMBERED and found.same_version and found.unnumbered
    edit(folder / "kb.toml", ("2026.11.7", "2026.12.0"))
    assert not compared(folder).same_version and compared(folder).unnumbered
    edit(folder / START_DOSE, VERSION)
    assert not compared(folder).unnumbered


def test_a_new_number_on_the_same_content(folder: Path) -> None:
    edit(folder / START_DOSE, VERSION)
    assert only_change(folder) == RuleChange("niraparib.start_dose", Kind.RENUMBERED, "1.0.0", "1.1.0")


def test_what_is_said_about_a_rule_is_no_content(folder: Path) -> None:
    edit(
        folder / START_DOSE,
        ("status     active", "status     shadow"),
        ("effective  from 2020-04-29", "effective  from 2020-04-30 until 2030-01-01"),
        ("review by  2027-02-20", "review by  2027-02-21"),
        ("starting dose by body weight", "start by body weight"),
        ("strength recommended", "strength strong"),
    )
    change = only_change(folder)
    assert (change.kind, change.parts, change.answers) == (Kind.DESCRIPTION, (), None)
    assert change.description == (
        'title "Niraparib: starting dose by body weight and platelet count" → '
        '"Niraparib: start by body weight and platelet count"',
        "status active → shadow",
        "effective from 2020-04-29 → 2020-04-30",
        "effective until open → 2030-01-01",
        "review by 2027-02-20 → 2027-02-21",
        "evidence",
    )


def test_tests_are_told_by_their_text_too(folder: Path) -> None:
    edit(folder / START_DOSE, ('test "a light patient', 'test "a very light patient'))
    assert only_change(folder).description == ("tests",)


def test_another_age_of_data_changes_no_answer_and_is_told(folder: Path) -> None:
    edit(folder / START_DOSE, VERSION, ("within 90 days required", "within 60 days required"))
    change = only_change(folder)
    assert change.parts == ("input weight: within 90 days → 60 days",)
    assert change.answers == Comparison(None, proved=True)


def test_layout_and_comments_are_no_change_of_a_rule(folder: Path) -> None:
    text = (folder / START_DOSE).read_text("utf-8")
    text = text.replace("weight < 77 kg or platelets", "weight<77 kg\n      or   platelets")
    (folder / START_DOSE).write_text(f"// a remark\n\n{text}", "utf-8")
    assert compared(folder) == Difference((), (FileChange(START_DOSE, Kind.LAYOUT),), same_version=True)


def test_an_outcome_that_is_worded_otherwise(folder: Path) -> None:
    edit(folder / START_DOSE, VERSION, ("no starting dose can be advised", "no dose can be advised"))
    change = only_change(folder)
    assert change.parts == ("outcome severe_hepatic",)
    assert change.answers is not None and change.answers.patient is not None
    assert "no starting dose" in change.answers.old and "no dose" in change.answers.new


def test_rules_that_come_and_go(folder: Path) -> None:
    text = (folder / START_DOSE).read_text("utf-8").replace("niraparib.start_dose", "niraparib.another")
    (folder / "rules/another.rule").write_text(text.replace("status     active", "status     draft"), "utf-8")
    (folder / CYP2C19).unlink()
    found = compared(folder)
    assert found.rules == (
        RuleChange("clopidogrel.cyp2c19", Kind.REMOVED, "1.0.1", None),
        RuleChange("niraparib.another", Kind.ADDED, None, "1.0.0"),
    )
    assert found.files == ()


def later_version(folder: Path, version: str, *edits: tuple[str, str]) -> None:
    path = folder / f"rules/niraparib/version_{version}.rule"
    path.write_bytes((folder / START_DOSE).read_bytes())
    edit(
        path, ("version 1.0.0 {", f"version {version} {{"), ("status     active", "status     draft"), *edits
    )


def test_the_newest_version_is_compared_by_number(folder: Path) -> None:
    later_version(folder, "1.9.0")
    later_version(folder, "1.10.0", *BOUND)
    later, unchanged = compared(folder).rules[::-1]
    assert (later.kind, later.old_version, later.new_version) == (Kind.CHANGED, "1.0.0", "1.10.0")
    assert (unchanged.kind, unchanged.new_version) == (Kind.ADDED, "1.9.0")


def test_an_older_version_changed_behind_the_newest(folder: Path, tmp_path: Path) -> None:
    """Replay of an old decision would give another answer."""
    old = folder_without_imports(tmp_path / "old")
    for each in (old, folder):
        later_version(each, "2.0.0")
    edit(folder / START_DOSE, *BOUND)
    (change,) = compared(folder, old).rules
    assert (change.kind, change.old_version, change.new_version) == (Kind.UNNUMBERED, "1.0.0", "1.0.0")
    (folder / START_DOSE).unlink()
    (change,) = compared(folder, old).rules
    assert (change.kind, change.old_version) == (Kind.REMOVED, "1.0.0")


def test_a_label_is_told_and_not_answered(tmp_path: Path) -> None:
    """What a label says is for the guard; the rule itself decides nothing that could be compared."""
    folder = tmp_path / "sketch"
    shutil.copytree(SKETCH, folder)
    edit(folder / "rules/risk_label_guard.rule", ("over 10 years", "over 9 years"))
    (change,) = compared(folder, SKETCH).rules
    assert (change.kind, change.parts, change.answers) == (Kind.UNNUMBERED, ("label",), None)


# ---------------------------------------------------------------- files
def test_tables_are_told_field_by_field(folder: Path) -> None:
    edit(folder / "observables/body_weight.toml", ('"350 kg"', '"400 kg"'), ('label = "', 'label = "total '))
    edit(folder / "drugs/prasugrel.toml", ('"613391"', '"613392"'))
    (folder / "drugs/ticagrelor.toml").rename(folder / "drugs/other.toml")
    edit(folder / CYP2C19, ("drug ticagrelor unless", "drug other unless"))
    files = {change.path: change for change in compared(folder).files}
    assert files["observables/body_weight.toml"].fields == (
        'label "body weight" → "total body weight"',
        'plausible.1 "350 kg" → "400 kg"',
    )
    assert files["drugs/prasugrel.toml"].fields == ('rxnorm "613391" → "613392"',)
    assert (files["drugs/ticagrelor.toml"].kind, files["drugs/other.toml"].kind) == (Kind.REMOVED, Kind.ADDED)


def test_entries_of_a_list_are_told_as_lost_and_gained(folder: Path) -> None:
    path = folder / "conditions/stroke_or_tia.toml"
    lines = path.read_text("utf-8").splitlines(keepends=True)
    place = next(number for number, line in enumerate(lines) if "422504002" in line)
    path.write_text("".join(lines[:place] + lines[place + 1 :]), "utf-8")
    (change,) = compared(folder).files
    assert change.path == "conditions/stroke_or_tia.toml" and change.kind is Kind.CHANGED
    assert len(change.fields) == 1 and "422504002" in change.fields[0] and "removed" in change.fields[0]


def test_a_field_that_comes_or_goes(folder: Path) -> None:
    edit(
        folder / "drugs/prasugrel.toml",
        ('prasugrel 5 MG Oral Tablet", strength = "5 mg"', 'prasugrel 5 MG Oral Tablet"'),
    )
    (change,) = compared(folder).files
    assert change.fields == ('products.0.strength removed, was "5 mg"',)


def test_a_remark_in_a_table_is_layout(folder: Path) -> None:
    edit(folder / "drugs/prasugrel.toml", ('rxnorm = "613391"', '# a remark\nrxnorm = "613391"'))
    assert compared(folder).files == (FileChange("drugs/prasugrel.toml", Kind.LAYOUT),)


def test_a_vocabulary_is_told_beside_the_rules_that_use_it(folder: Path) -> None:
    path = folder / "vocabulary/phenotypes.rule"
    edit(path, ('"poor metabolizer"', '"slow metabolizer"'))
    found = compared(folder)
    assert found.files == (FileChange("vocabulary/phenotypes.rule", Kind.CHANGED),)
    assert {change.name for change in found.rules} == {"clopidogrel.cyp2c19", "mercaptopurine.tpmt_nudt15"}


def test_a_rule_file_that_moved(folder: Path) -> None:
    (folder / START_DOSE).rename(folder / "rules/niraparib/start.rule")
    found = compared(folder)
    assert found.rules == ()
    assert [(change.path, change.kind) for change in found.files] == [
        ("rules/niraparib/start.rule", Kind.ADDED),
        (START_DOSE, Kind.REMOVED),
    ]
