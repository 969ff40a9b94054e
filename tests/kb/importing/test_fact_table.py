"""Tables as written: what is read, and one sentence with file, line and column for what cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from kb import KnowledgeBaseError
from kb.importing.fact_table import read_drugs, read_facts
from tests.kb.importing.support import HEAD, drug_table, facts, row, table


def test_a_row(tmp_path: Path) -> None:
    (found,) = facts(
        tmp_path,
        row(
            "TPMT=Poor Metabolizer|No Result & CYP2D6=n/a",
            "reduce-start",
            "tdm=1;cap=>=2 mg",
            drug="an example",
        ),
    )
    assert (found.line, found.drug, found.population, found.guideline) == (3, "an example", "general", "PA1")
    assert found.keys == (("CYP2D6", ("n/a",)), ("TPMT", ("Poor Metabolizer", "No Result")))
    assert (found.answer.classification, found.answer.action) == ("strong", "reduce_start")
    assert found.answer.params == (("cap", ">=2 mg"), ("tdm", "1"))
    assert found.pmids == ("22", "3")


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (row("TPMT", "avoid"), "3: column `genes`: expected GENE=key or GENE=key|key, not `TPMT`"),
        (row("TPMT=a||b", "avoid"), "3: column `genes`: expected GENE=key or GENE=key|key, not `TPMT=a||b`"),
        (row("TPMT=a & TPMT=b", "avoid"), "3: column `genes`: TPMT stands there twice"),
        (row("TPMT=a", "avoid", "tdm"), "3: column `params`: expected name=value, not `tdm`"),
        (row("TPMT=a", "avoid", "tdm=1;tdm=1"), "3: column `params`: `tdm` stands there twice"),
        (row("TPMT=a", "avoid", drug="5-x"), "3: column `drug`: expected a name that begins with a letter"),
        (
            row("TPMT=a", "avoid").replace("PA1", "A1"),
            "3: column `guideline_id`: expected an identifier such as PA166104997, not `A1`",
        ),
        (
            row("TPMT=a", "avoid").replace("22|3", "22, 3"),
            "3: column `pmids`: expected numbers parted by `|`, not `22, 3`",
        ),
        ("example\tTPMT=a", "3: expected 9 columns, not 2"),
    ],
)
def test_what_cannot_be_read_is_said_with_line_and_column(tmp_path: Path, line: str, sentence: str) -> None:
    path = table(tmp_path, line)
    with pytest.raises(KnowledgeBaseError) as error:
        read_facts(path)
    assert str(error.value) == f"{path}:{sentence}"


def test_other_columns(tmp_path: Path) -> None:
    path = tmp_path / "facts.tsv"
    for text, line in (("# nothing\n", 1), (HEAD.replace("pmids", "sources"), 1)):
        path.write_text(text)
        with pytest.raises(KnowledgeBaseError) as error:
            read_facts(path)
        assert str(error.value).startswith(f"{path}:{line}: expected the columns drug, genes, ")


def test_a_file_that_is_not_there_or_not_text(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeBaseError, match=r"none\.tsv: cannot be read"):
        read_facts(tmp_path / "none.tsv")
    (tmp_path / "latin.tsv").write_bytes(b"\xe9")
    with pytest.raises(KnowledgeBaseError, match=r"latin\.tsv: expected UTF-8 text"):
        read_facts(tmp_path / "latin.tsv")


def test_codes_of_drugs(tmp_path: Path) -> None:
    path = drug_table(tmp_path)
    found = read_drugs(path)
    assert (found["example"].rxnorm, found["example"].atc) == ("1", ("A01AA01", "A01AA02"))
    assert found["phenytoin"].atc == ()
    head = path.read_text()
    for line, sentence in (
        ("example\t3\tNA\t1\t0", "4: column `drug`: `example` is listed twice, with different codes"),
        ("other\tx3\tNA\t1\t0", "4: column `rxnorm`: expected a number, `NA` or nothing, not `x3`"),
    ):
        path.write_text(head + line)
        with pytest.raises(KnowledgeBaseError) as error:
            read_drugs(path)
        assert str(error.value) == f"{path}:{sentence}"
    path.write_text(head + "other\tNA\tNA\t1\t0")
    assert read_drugs(path)["other"].rxnorm == ""
