"""`bespoke kb import dpwg` and `fda`: what was read is said, the rest is listed, what is left out named."""

from __future__ import annotations

from pathlib import Path

import pytest

from kb import RuleErrors, load
from tests.cds.cards.support import reference
from tests.cds.cli.support import Ran, bespoke, folder_without_imports
from tests.cds.cli.test_pgx_tables import DPWG_UNLISTED, FDA_BY_HAND, FDA_UNLISTED, FDA_WITHOUT_GENE
from tests.kb.importing.support import DRUGS, HEAD, row, table

TABLE = (
    row("TPMT=Poor Metabolizer", "reduce", "dose_pct=500", drug="example drug", population=""),
    row("TPMT=Normal Metabolizer", "standard", drug="example drug", population=""),
)
READ = f"{row('TPMT=Poor Metabolizer', 'avoid', drug='example drug', population='')}\thttps://example.org\t2026-11-21\tA\t"
RULE = Path("pgx", "dpwg", "example_drug.rule")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = folder_without_imports(tmp_path / "kb")
    (tmp_path / "drugs.tsv").write_text(DRUGS.replace("example\t1\t", "example drug\t99999\t"), "utf-8")
    return root


def run(folder: Path, *options: object, lines: tuple[str, ...] = TABLE) -> Ran:
    facts = table(folder.parent, *lines)
    drugs = folder.parent / "drugs.tsv"
    return bespoke("kb", "import", "dpwg", facts, "--drugs", drugs, "--kb", folder, *options)


def put(path: Path, *lines: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join((f"{HEAD}\tstatement\tread\treviewer\tnote", *lines)), "utf-8")
    return path


def test_what_nobody_has_read_is_listed_and_doubted(folder: Path) -> None:
    ran = run(folder, "--write")
    assert ran.code == 0 and "example_drug.dpwg: 2 rows imported, not read" in ran.out
    assert "`dose_pct=500`: expected a percentage up to 400 (not said" in ran.out
    (rule,) = [rule for rule in load(folder).rules if rule.name == "example_drug.dpwg"]
    assert {outcome.action for outcome in rule.outcomes} == {"source-has-entry"}
    assert {outcome.indicator for outcome in rule.outcomes} == {None}


def test_what_was_read_is_taken_from_the_knowledge_base_or_from_the_file_that_is_named(folder: Path) -> None:
    for path, options in (
        (folder.parent / "mine.tsv", ("--reviewed", folder.parent / "mine.tsv")),
        (folder / "pgx" / "dpwg" / "reviewed.tsv", ()),
    ):
        put(path, READ)
        ran = run(folder, *options)
        assert "example_drug.dpwg: 1 of 2 rows read by A on 2026-11-21" in ran.out
        assert f"{path}:2: example drug TPMT=Poor Metabolizer: read as avoid, line 3" in ran.out
    run(folder, "--reviewed", folder / "none.tsv").refused("none.tsv: cannot be read", code=1)


def test_what_the_review_was_of_a_rule_that_changes(folder: Path) -> None:
    run(folder, "--write")
    text = (folder / RULE).read_text("utf-8").replace("status     draft", "status     active")
    (folder / RULE).write_text(
        text.replace("grade not_stated", 'grade not_stated reviewed 2026-12-01 by "B"')
    )
    put(folder / "pgx" / "dpwg" / "reviewed.tsv", READ)
    ran = run(folder, "--write")
    assert "example_drug.dpwg was active, reviewed 2026-12-01 by B: now a draft" in ran.out
    text = (folder / RULE).read_text("utf-8")
    assert "version 1.1.0" in text and "status     draft" in text


@pytest.mark.parametrize(("reviewer", "sound"), [("a", False), ("bespoke kb import", False), ("B", True)])
def test_who_read_the_rows_does_not_review_the_rule(folder: Path, reviewer: str, sound: bool) -> None:
    put(folder / "pgx" / "dpwg" / "reviewed.tsv", READ)
    run(folder, "--write")
    text = (folder / RULE).read_text("utf-8").replace("status     draft", "status     active")
    reviewed = f'grade not_stated reviewed 2026-12-01 by "{reviewer}"'
    (folder / RULE).write_text(text.replace("grade not_stated", reviewed))
    if sound:
        assert load(folder)
        return
    with pytest.raises(RuleErrors) as error:
        load(folder)
    assert [each.code for each in error.value.diagnostics] == ["BR018"]


def test_a_file_written_by_hand_stays(folder: Path) -> None:
    run(folder, "--write")
    text = (folder / RULE).read_text("utf-8").replace("guideline:dpwg-PA1", "label:zejula")
    (folder / RULE).write_text(text)
    ran = run(folder, "--write")
    assert "example drug: left out, pgx/dpwg/example_drug.rule was written by hand" in ran.out
    assert (folder / RULE).read_text("utf-8") == text


def test_a_reading_of_nothing_in_the_table_writes_nothing(folder: Path) -> None:
    put(folder / "pgx" / "dpwg" / "reviewed.tsv", READ.replace("Poor", "Odd"))
    ran = run(folder, "--write")
    assert ran.code == 1 and "1 faults in" in ran.err and not (folder / RULE).exists()


@pytest.mark.parametrize(
    ("source", "facts", "left_out"),
    [
        ("cpic", "recommendations_cpic.tsv", set()),
        ("dpwg", "recommendations_dpwg.tsv", {*DPWG_UNLISTED, "carbamazepine"}),
        ("fda", "fda.tsv", FDA_UNLISTED | FDA_WITHOUT_GENE | FDA_BY_HAND),
    ],
)
def test_the_bundled_rules_are_those_of_the_tables(source: str, facts: str, left_out: set[str]) -> None:
    """Nothing would change, and what the knowledge base cannot hold is named."""
    tables = [reference(f"pgx/{name}.tsv") for name in ("drugs", "cpic_pairs")]
    drugs = [option for each in tables for option in ("--drugs", each)]
    ran = bespoke("kb", "import", source, reference(f"pgx/{facts}"), *drugs, "--kb", "kb")
    assert ran.code == 0
    (counted,) = [line for line in ran.out.splitlines() if " rule files: " in line]
    assert "new" not in counted and "changed" not in counted
    named = {line.partition(": left out, ")[0] for line in ran.out.splitlines() if ": left out, " in line}
    assert {name.partition(" (PA")[0].partition(" HLA-")[0] for name in named} == left_out
