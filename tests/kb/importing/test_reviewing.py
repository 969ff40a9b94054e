"""Rows that somebody has read take the places of the table's, key by key; of the others nothing is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from dsl import Advise, evaluate, known
from kb import KnowledgeBaseError
from kb.importing.entries import read_entries
from kb.importing.fact_table import DrugCodes, FactRow, read_readings
from kb.importing.guidance import cases_of, guidance_of
from kb.importing.keys import Enum, Genes, axes_of
from kb.importing.reviewing import Merged, held, merged
from kb.importing.sources import DPWG, FDA
from kb.importing.validation import Judged, Paths, judge
from kb.importing.writer import rule_file
from tests.cds.cards.support import bundled
from tests.kb.importing.support import GENES, HEAD, facts, row
from tests.kb.importing.test_writer import checked

CODES = {name: DrugCodes(name, "1", ()) for name in ("example", "phenytoin", "a / b")}
POOR, LESS = "TPMT=Poor Metabolizer", "TPMT=Poor Metabolizer|Intermediate Metabolizer"


def readings(folder: Path, *rows: str, note: str = "", reviewer: str = "A Reader") -> tuple[FactRow, ...]:
    path = folder / "reviewed.tsv"
    more = f"https://example.org/x\t2026-11-21\t{reviewer}\t{note}"
    head = f"{HEAD}\tstatement\tread\treviewer\tnote"
    path.write_text("\n".join((head, *(f"{each}\t{more}" for each in rows))), "utf-8")
    return read_readings(path)


def put(folder: Path, table: tuple[str, ...], *read: str, note: str = "") -> Merged:
    return merged(facts(folder, *table), readings(folder, *read, note=note), folder / "reviewed.tsv")


def judged(folder: Path, rows: tuple[FactRow, ...]) -> Judged:
    path = folder / "facts.tsv"
    return judge(DPWG, rows, CODES, GENES, Paths(path, folder / "reviewed.tsv"))


def entries(folder: Path, *lines: str) -> tuple[FactRow, ...]:
    path = folder / "fda.tsv"
    path.write_text("\n".join(("kind\tsection\tdrug\tgenes\tid", *lines)), "utf-8")
    return read_entries(path)


def text_of(rows: tuple[FactRow, ...]) -> str:
    return rule_file(guidance_of(DPWG, rows, GENES), "1.0.0")


def test_what_nobody_has_read_is_never_a_dose_or_a_direction(tmp_path: Path) -> None:
    """Whatever stands in the table, another dose or action there makes the same rule."""
    texts = {
        text_of(facts(tmp_path, row(POOR, action, params, classification="N/A")))
        for action, params in (
            ("reduce", "dose_pct=50"),
            ("avoid", ""),
            ("standard", ""),
            ("nonsense", "x=1"),
        )
    }
    (text,) = texts
    assert "source_has_entry" in text and "advise " not in text and "50" not in text.replace("2024-05", "")


def test_a_reading_answers_for_its_keys_alone(tmp_path: Path) -> None:
    found = put(tmp_path, (row(LESS, "reduce", "dose_pct=50"),), row(POOR, "avoid"))
    assert found.faults == ()
    assert [(each.answer.action, each.keys[0][1], each.reading is not None) for each in found.rows] == [
        ("avoid", ("Poor Metabolizer",), True),
        ("reduce", ("Intermediate Metabolizer",), False),
    ]
    axes = axes_of(found.rows, GENES)
    cases = cases_of(axes, found.rows, by_row=True)
    assert {case: each.action for case, each in cases.items()} == {
        ("poor",): "avoid",
        ("intermediate",): "source_has_entry",
    }
    assert found.differences == (
        f"{tmp_path}/reviewed.tsv:2: example TPMT=Poor Metabolizer: read as avoid, "
        "line 3 of the table has reduce (dose_pct=50)",
    )


def test_a_reading_as_the_table_has_it_is_no_difference(tmp_path: Path) -> None:
    same = row(POOR, "reduce", "dose_pct=50")
    assert put(tmp_path, (same,), same, note="a reader's word").differences == ()


@pytest.mark.parametrize(
    ("read", "sentence"),
    [
        (
            (row("TPMT=Normal Metabolizer", "avoid"),),
            "2: column `genes`: example TPMT=Normal Metabolizer is not",
        ),
        ((row(POOR, "avoid", drug="other"),), "2: column `genes`: other TPMT=Poor Metabolizer is not in the"),
        (
            (row(POOR, "avoid"), row(LESS, "avoid")),
            "3: column `genes`: example TPMT=Poor Metabolizer is read in",
        ),
        (
            (row(POOR, "avoid", population="adults"),),
            "2: column `genes`: example TPMT=Poor Metabolizer is not",
        ),
    ],
)
def test_what_was_read_must_stand_in_the_table_once(
    tmp_path: Path, read: tuple[str, ...], sentence: str
) -> None:
    (fault,) = put(tmp_path, (row(LESS, "reduce"),), *read).faults
    assert fault.startswith(f"{tmp_path}/reviewed.tsv:{sentence}")


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("2026-11-21", "yesterday", "column `read`: expected a day such as 2026-11-21, not `yesterday`"),
        ("https://", "see ", "column `statement`: expected the address of the text that was read"),
        ("A Reader", "", "column `reviewer`: expected the name of whoever read it"),
        ("A Reader", "A, B", "column `reviewer`: expected the name of whoever read it"),
    ],
)
def test_who_read_what_when_is_told(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    readings(tmp_path, row(POOR, "avoid"))
    path = tmp_path / "reviewed.tsv"
    path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")
    with pytest.raises(KnowledgeBaseError, match=r"reviewed\.tsv:2: ") as error:
        read_readings(path)
    assert sentence in str(error.value)


def test_a_note_is_part_of_the_advice_but_for_what_it_says_of_the_table(tmp_path: Path) -> None:
    note = "for pain; the table had half the dose; not in cough"
    text = text_of(put(tmp_path, (row(POOR, "avoid"),), row(POOR, "avoid"), note=note).rows)
    assert 'advise    "Example, TPMT {tpmt}: avoid; for pain; not in cough"' in text
    assert "half the dose" not in text
    long = text_of(put(tmp_path, (row(POOR, "avoid"),), row(POOR, "avoid"), note="if " + "so " * 60).rows)
    assert 'advise    "Example, TPMT {tpmt}: avoid; on conditions"' in long and "If so so" in long


def test_who_read_it_stands_in_the_rule_and_does_not_review_it(tmp_path: Path) -> None:
    text = text_of(put(tmp_path, (row(LESS, "avoid"),), row(POOR, "avoid")).rows)
    assert "TPMT=Poor Metabolizer: read 2026-11-21 by A Reader at https://example.org/x" in text
    assert 'attribute author           "A Reader"' in text
    unread = text_of(facts(tmp_path, row(LESS, "avoid")))
    assert "rows_read" not in unread and "author" not in unread


def test_a_fault_counts_only_in_what_is_said(tmp_path: Path) -> None:
    """A percentage above 400, and a dose by an HLA allele: of an unread row it is told, and stops nothing."""
    lines = (
        row(POOR, "increase", "dose_pct=500"),
        row("HLA-B=*57:01 positive", "reduce", "dose_pct=50", drug="phenytoin"),
    )
    unread = judged(tmp_path, facts(tmp_path, *lines))
    assert unread.faults == () and len(unread.doubts) == 2
    assert all(each.endswith("(not said: nobody has read the row)") for each in unread.doubts)
    read = judged(tmp_path, put(tmp_path, lines, *lines).rows)
    assert [each.partition(".tsv:")[2] for each in read.faults] == [
        "2: column `params`: `dose_pct=500`: expected a percentage up to 400",
        "3: column `params`: `dose_pct=50`: an HLA allele says nothing about a dose",
    ]


@pytest.mark.parametrize(
    ("classification", "action", "doubted"),
    [
        ("No recommendation", "avoid", True),
        ("No recommendation", "standard", False),
        ("Strong", "no-recommendation", True),
        ("N/A", "no-recommendation", False),
    ],
)
def test_an_action_against_the_classification_is_a_doubt(
    tmp_path: Path, classification: str, action: str, doubted: bool
) -> None:
    line = row(POOR, action, classification=classification)
    found = judged(tmp_path, put(tmp_path, (line,), line).rows)
    assert found.faults == () and bool(found.doubts) is doubted


@pytest.mark.parametrize(
    ("score", "genotype", "said"),
    [
        ("as1", "normal_no", "reduce_start_50"),
        ("as1", "decreased_decreased", "test_enzyme_activity"),
        ("as1", None, "source_has_entry"),
        # Nobody has these two; it is never a dose.
        ("as1", "normal_decreased", "source_has_entry"),
        ("as1_5", None, "reduce_start_50"),
        ("as0_5", "no_decreased", "test_enzyme_activity"),
        (None, "no_no", "ask dpyd"),
    ],
)
@pytest.mark.parametrize("drug", ["capecitabine", "fluorouracil"])
def test_two_kinds_of_genotype_have_one_score(
    drug: str, score: str | None, genotype: str | None, said: str
) -> None:
    """DPYD 1.0 is one allele without function, or two of decreased function, and the guidance differs."""
    (rule,) = (each for each in bundled().rules if each.name == f"{drug}.dpwg")
    given = {"dpyd": score, "dpyd_genotype": genotype}
    facts = {name: known(member) for name, member in given.items() if member is not None}
    assert str(evaluate(rule, facts).result).startswith(said)


@pytest.mark.parametrize(
    ("score", "genotype", "said"),
    [
        ("as1_5", "s1_s2", "reduce_maintenance_75"),
        ("as1", "s1_s3", "reduce_maintenance_70_n"),
        ("as1", "s2_s2", "reduce_maintenance_50"),
        ("as1", "s1_s6", "reduce_maintenance_70_75"),
        ("as1", None, "reduce_maintenance_70_75"),
        ("as0_5", "s2_s3", "reduce_maintenance_50"),
        ("as0", "s3_s3", "reduce_maintenance_40_n"),
        # A drug that slows the enzyme: the row of the alleles is not meant for such a score.
        ("as0_5", "s1_s2", "reduce_maintenance_40_50"),
    ],
)
def test_named_genotypes_go_before_the_phenotype_that_they_have(
    score: str, genotype: str | None, said: str
) -> None:
    (rule,) = (each for each in bundled().rules if each.name == "phenytoin.dpwg_cyp2c9")
    facts = {"cyp2c9": known(score)} | ({"cyp2c9_genotype": known(genotype)} if genotype else {})
    result = evaluate(rule, facts).result
    assert isinstance(result, Advise) and result.outcome.startswith(said)


def test_rows_of_one_state_that_differ_are_not_said(tmp_path: Path) -> None:
    """Also where one of them is what somebody read, in either order; those that agree are."""
    gene = bundled().gene("DPYD")
    enum = Enum("DPYD_score", {member: member for member in gene.score_members.values()})
    genes = Genes({}, {"DPYD": enum}, {"DPYD": gene})
    lines = (
        row("DPYD=1.0 (One)|1.5 (One)", "reduce-start", "start_pct=50"),
        row("DPYD=1.0 (Two)|0.5 (Two)", "test-enzyme-activity"),
        row("DPYD=2.0 (One)|2.0 (Two)", "standard"),
    )
    for order in (lines, lines[::-1]):
        rows = put(tmp_path, order, *order).rows
        said = cases_of(axes_of(rows, genes), rows, by_row=True)
        assert {case: each.action for case, each in said.items()} == {
            ("as0_5",): "test_enzyme_activity",
            ("as1",): "source_has_entry",
            ("as1_5",): "reduce_start",
            ("as2",): "standard",
        }
        judgement = judge(DPWG, rows, CODES, genes, Paths(tmp_path, tmp_path / "reviewed.tsv"))
        assert judgement.faults == () and "may be this row or" in judgement.doubts[0]


def test_what_cannot_be_held_is_named(tmp_path: Path) -> None:
    rows = (
        *facts(
            tmp_path,
            row("TPMT=Poor Metabolizer|Odd", "avoid"),
            row("XYZ=Poor Metabolizer", "avoid"),
            row(POOR, "avoid", drug="a / b"),
            row(POOR, "avoid", drug="strange"),
        ),
        *entries(tmp_path, "label\t\texample\t\tPA7"),
    )
    kept, left_out = held(rows, CODES, GENES)
    assert [each.keys for each in kept] == [(("TPMT", ("Poor Metabolizer",)),)]
    assert left_out == (
        "a / b: left out, it is a combination of drugs",
        "example (PA7): left out, the table names no gene",
        "example TPMT=Odd: left out, `Odd` is no key of TPMT: the enum TPMT_phenotype has no `odd`",
        "example XYZ=Poor Metabolizer: left out, the knowledge base has no gene `XYZ` with an enum of its "
        "phenotypes",
        "strange: left out, no table of drugs has a code for it",
    )


def test_entries_about_the_same_gene_share_a_rule_until_one_is_read(tmp_path: Path) -> None:
    rows = entries(tmp_path, "label\t\texample\tTPMT|CYP2C19\tPA1", "table\t1-management\texample\tTPMT\tPA2")
    found = {each.part: (each.guidelines, each.sections) for each in guidance_of(FDA, rows, GENES)}
    both = (("PA1", "PA2"), ("label", "table 1-management"))
    assert found == {"_cyp2c19": (("PA1",), ("label",)), "_tpmt": both}
    read = merged(rows, readings(tmp_path, row(POOR, "avoid", population="")), tmp_path / "reviewed.tsv")
    parts = [each.part for each in guidance_of(FDA, read.rows, GENES)]
    assert read.faults == () and parts == ["_cyp2c19", "_label_tpmt", "_tpmt"]


def test_a_rule_of_entries_is_sound_and_asks_for_nothing(tmp_path: Path) -> None:
    rows = entries(tmp_path, "label\t\texample\tTPMT\tPA1")
    text = rule_file(guidance_of(FDA, rows, GENES), "1.0.0").replace("fda-labels", "cpic-PA1")
    (rule,) = checked(text)
    assert str(evaluate(rule, {}).result) == "none"
    assert "source_has_entry" in str(evaluate(rule, {"tpmt": known("indeterminate")}).result)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("page\t\texample\tTPMT\tPA1", "2: column `kind`: expected label or table, not `page`"),
        ("label\t\texample\tTPMT\t1", "2: column `id`: expected an identifier such as PA166104833, not `1`"),
        ("label\texample\tTPMT\tPA1", "2: expected 5 columns, not 4"),
    ],
)
def test_an_entry_that_cannot_be_read(tmp_path: Path, line: str, sentence: str) -> None:
    with pytest.raises(KnowledgeBaseError) as error:
        entries(tmp_path, line)
    assert str(error.value).endswith(f"fda.tsv:{sentence}")
