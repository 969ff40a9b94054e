"""`bespoke kb import cpic`: what it would write, what it writes, and that it says what it cannot use."""

from __future__ import annotations

from pathlib import Path

import pytest

from kb import load
from tests.cds.cli.support import Ran, bespoke, folder_without_imports
from tests.kb.importing.support import DRUGS, row, table

ABACAVIR = (
    row("HLA-B=*57:01 positive", "avoid", drug="example drug"),
    row("HLA-B=*57:01 negative", "standard", drug="example drug"),
)
RULE = Path("pgx", "cpic", "example_drug.rule")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = folder_without_imports(tmp_path / "kb")
    (tmp_path / "drugs.tsv").write_text(DRUGS.replace("example\t1\t", "example drug\t99999\t"), "utf-8")
    return root


def run(folder: Path, *rows: str, write: bool = False) -> Ran:
    facts = table(folder.parent, *rows)
    options = ("--write",) if write else ()
    return bespoke(
        "kb", "import", "cpic", facts, "--drugs", folder.parent / "drugs.tsv", "--kb", folder, *options
    )


def test_without_write_nothing_changes(folder: Path) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    ran = run(folder, *ABACAVIR)
    assert (ran.code, ran.err) == (0, "")
    assert f"{RULE.as_posix()}: new" in ran.out
    assert ran.out.endswith("1 rule files: 1 new; 1 drugs to add\n")
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_what_is_written_is_a_sound_knowledge_base(folder: Path) -> None:
    assert run(folder, *ABACAVIR, write=True).code == 0
    knowledge = load(folder)
    (rule,) = [rule for rule in knowledge.rules if rule.name == "example_drug.cpic"]
    assert rule.status == "draft" and len(rule.tests) == 3
    assert knowledge.drugs["example_drug"].rxnorm == "99999"
    assert knowledge.sources["guideline:cpic-PA1"].publisher == "CPIC"
    assert (
        (folder / "sources.toml").read_text("utf-8").endswith("read = 2026-11-21\nreview_by = 2027-11-21\n")
    )


def test_a_file_of_the_same_meaning_keeps_its_review(folder: Path) -> None:
    run(folder, *ABACAVIR, write=True)
    text = (folder / RULE).read_text("utf-8").replace("status     draft", "status     active")
    (folder / RULE).write_text(
        text.replace("grade not_stated", 'grade not_stated reviewed 2026-12-01 by "A"')
    )
    before = (folder / RULE).read_bytes()
    ran = run(folder, *reversed(ABACAVIR), write=True)
    assert f"{RULE.as_posix()}: equal" in ran.out and "0 files written" in ran.out
    assert (folder / RULE).read_bytes() == before


def test_another_meaning_is_shown_and_is_a_draft_of_a_new_version(folder: Path) -> None:
    run(folder, *ABACAVIR, write=True)
    reviewed = (folder / RULE).read_text("utf-8").replace("status     draft", "status     active")
    (folder / RULE).write_text(reviewed)
    ran = run(folder, ABACAVIR[0].replace("Strong", "Optional"), ABACAVIR[1], write=True)
    assert f"{RULE.as_posix()}: changed in meaning" in ran.out
    assert "  - | positive => avoid_strong\n" in ran.out and "  + | positive => avoid_optional\n" in ran.out
    text = (folder / RULE).read_text("utf-8")
    assert "version 1.1.0 {" in text and "status     draft" in text


def test_a_drug_without_an_ingredient_goes_by_its_other_codes(folder: Path) -> None:
    drugs = folder.parent / "drugs.tsv"
    drugs.write_text(drugs.read_text("utf-8").replace("99999", "NA"), "utf-8")
    run(folder, *ABACAVIR, write=True)
    drug = load(folder).drugs["example_drug"]
    assert (drug.rxnorm, drug.coding.code) == ("", "A01AA01")


def test_a_drug_without_a_code_is_left_out(folder: Path) -> None:
    drugs = folder.parent / "drugs.tsv"
    drugs.write_text(drugs.read_text("utf-8").replace("99999\tA01AA01, A01AA02", "NA\tNA"), "utf-8")
    ran = run(folder, *ABACAVIR)
    assert "example drug: left out" in ran.out and "0 rule files" in ran.out


def test_a_drug_that_has_another_name_here(folder: Path) -> None:
    drugs = folder.parent / "drugs.tsv"
    drugs.write_text(drugs.read_text("utf-8").replace("99999", "32968"), "utf-8")
    run(folder, *ABACAVIR).refused("drugs.tsv: example drug is the drug `clopidogrel`", code=1)


def test_faults_are_said_one_by_one_and_nothing_is_written(folder: Path) -> None:
    ran = run(folder, ABACAVIR[0].replace("avoid", "stop"), ABACAVIR[1].replace("Strong", "Weak"), write=True)
    assert ran.code == 1 and ran.out == ""
    first, second, last = ran.err.splitlines()
    assert ":3: column `action`" in first and ":4: column `classification`" in second
    assert "2 faults" in last and "nothing was written" in last
    assert not (folder / RULE).exists()


def test_what_cannot_be_used(folder: Path) -> None:
    run(folder, "x").refused(":3: expected 9 columns, not 1", code=1)
    run(folder / "none", *ABACAVIR).refused("none: no such folder")
