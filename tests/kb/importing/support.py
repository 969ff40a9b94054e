"""Small tables of facts, and genes for them."""

from __future__ import annotations

from pathlib import Path

from kb.importing.fact_table import FactRow, read_drugs, read_facts
from kb.importing.guidance import guidance_of
from kb.importing.keys import Enum, Genes
from kb.importing.sources import CPIC
from kb.importing.validation import Paths, judge
from kb.importing.writer import rule_file

HEAD = "drug\tgenes\tpopulation\tclassification\taction\tparams\tguideline_id\tlatest_citation_year\tpmids"
DRUGS = "drug\trxnorm\tatc\tcpic\tdpwg\nexample\t1\tA01AA01, A01AA02\t1\t0\nphenytoin\t2\tNA\t1\t0\n"

_METABOLIZERS = {
    "normal": "normal metabolizer",
    "intermediate": "intermediate metabolizer",
    "poor": "poor metabolizer",
    "indeterminate": "indeterminate",
}
_HLA = Enum("HLA_status", {"positive": "positive", "negative": "negative"})
GENES = Genes(
    phenotypes={
        "CYP2C19": Enum("CYP2C19_phenotype", _METABOLIZERS),
        "TPMT": Enum("TPMT_phenotype", _METABOLIZERS),
        "HLA_B_15_02": _HLA,
        "HLA_B_57_01": _HLA,
    },
    scores={
        "CYP2D6": Enum(
            "CYP2D6_score",
            {
                "as0": "activity score 0",
                "as0_25": "activity score 0.25",
                "as1": "activity score 1",
                "as3_or_more": "activity score 3 or more",
                "unassigned": "no activity score",
                "copies_unknown": "no activity score: the number of copies is unknown",
            },
        )
    },
)


def row(
    genes: str,
    action: str,
    params: str = "",
    *,
    drug: str = "example",
    population: str = "general",
    classification: str = "Strong",
) -> str:
    """One line of a table of recommendations."""
    return f"{drug}\t{genes}\t{population}\t{classification}\t{action}\t{params}\tPA1\t2020\t22|3"


def table(folder: Path, *rows: str) -> Path:
    """A table of recommendations with two lines before its first row."""
    path = folder / "facts.tsv"
    path.write_text("\n".join(("# an example", HEAD, *rows)) + "\n", "utf-8")
    return path


def drug_table(folder: Path) -> Path:
    """The codes of the drugs of these tables."""
    path = folder / "drugs.tsv"
    path.write_text(DRUGS, "utf-8")
    return path


def facts(folder: Path, *rows: str) -> tuple[FactRow, ...]:
    """The rows as they are read."""
    return read_facts(table(folder, *rows))


def faults(folder: Path, *rows: str) -> list[str]:
    """What is wrong with the rows, without the name of the file."""
    path = table(folder, *rows)
    judged = judge(CPIC, read_facts(path), read_drugs(drug_table(folder)), GENES, Paths(path, path))
    return [fault.removeprefix(f"{path}:") for fault in judged.faults]


def written(folder: Path, *rows: str) -> str:
    """The rule file of valid rows about one drug."""
    assert faults(folder, *rows) == []
    return rule_file(guidance_of(CPIC, facts(folder, *rows), GENES), "1.0.0")
