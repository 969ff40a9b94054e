"""`bespoke pgx --batch`: phenotypes by diplotype, and what is refused (C4)."""

from __future__ import annotations

import json
import random
from itertools import combinations_with_replacement
from pathlib import Path

import pytest

from cds.cli import pgx
from tests.cds.cards.support import Json, bundled


def answers(tmp_path: Path, capsys: pytest.CaptureFixture[str], *lines: Json, status: int = 0) -> list[Json]:
    batch = tmp_path / "batch.jsonl"
    batch.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    assert pgx.run(batch, None) == status
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def asked(gene: str, diplotype: str) -> Json:
    return {"id": f"{gene} {diplotype}", "kind": "phenotype", "gene": gene, "diplotype": diplotype}


def looked_up(drug: str, gene: str, key: str) -> Json:
    about = {"drug": drug, "population": "general", "source": "CPIC"}
    return {"id": "x", "kind": "recommend", "lookup": {gene: key}, **about}


POOR, NORMAL, ULTRARAPID = "Poor Metabolizer", "Normal Metabolizer", "Ultrarapid Metabolizer"


@pytest.mark.parametrize(
    ("gene", "diplotype", "phenotype", "score"),
    [
        ("CYP2D6", "*1/*10", NORMAL, "1.25"),
        ("CYP2D6", "*4/*1x≥3", ULTRARAPID, "≥3.0"),
        ("CYP2D6", "*1/*102", "Indeterminate", "n/a"),
        # Which copy is multiplied, and how often, is open: nothing is picked.
        ("CYP2D6", "*1xN/*4", [NORMAL, ULTRARAPID], ["2.0", "≥3.0"]),
        ("DPYD", "*1/c.1905+1G>A (*2A)", "Intermediate Metabolizer", "1.0"),
        ("CYP2C19", "CYP2C19*17/*17", ULTRARAPID, None),
        ("G6PD", "Telti/Kobe", "Deficient with CNSHA", None),
        ("G6PD", "B (reference)/Telti/Kobe", "Variable", None),
        ("MT-RNR1", "m.1555A>G", "increased risk of aminoglycoside-induced hearing loss", None),
        ("HLA-A", "*31:01/*02:01", "*31:01 positive", None),
        ("HLA-B", "*57:01/*07:02", ["*15:02 negative", "*57:01 positive", "*58:01 negative"], None),
        ("VKORC1", "rs9923231 variant (T)/rs9923231 reference (C)", "-1639 AG", None),
    ],
)
def test_phenotype(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    gene: str,
    diplotype: str,
    phenotype: object,
    score: object,
) -> None:
    (found,) = answers(tmp_path, capsys, asked(gene, diplotype))
    assert found == {"id": f"{gene} {diplotype}", "phenotype": phenotype, "activity_score": score}


@pytest.mark.parametrize(
    ("line", "code", "says"),
    [
        (asked("CYP2D7", "*1/*1"), "unknown-gene", "no gene `CYP2D7`; did you mean `CYP2D6`?"),
        (asked("CYP2D6", "*1/*400"), "unreadable-diplotype", "`*400` is none of its alleles; did you mean"),
        (asked("CYP2C19", "*1"), "unreadable-diplotype", "`*1` is no diplotype of CYP2C19"),
        (asked("CYP2C19", "Reference/c.62G>A"), "unreadable-diplotype", "`Reference` is none of its alleles"),
        (asked("MT-RNR1", "m.1555A>G/m.1555A>G"), "unreadable-diplotype", "no diplotype of MT-RNR1"),
        (asked("HLA-B", "57:01"), "unreadable-diplotype", "no diplotype of HLA-B"),
        (asked("CYP2D6", ""), "input", "`diplotype` is a text"),
        ({"id": "x", "kind": "guess"}, "unknown-kind", "phenotype, recommend, sample"),
        ({"id": "x", "kind": "recommend", "drug": "x", "source": "CPIC"}, "unknown-drug", "no drug `x`"),
        (
            {"id": "x", "kind": "sample", "genes": {"CYP2D6": "*1/*1"}, "source": "CPIC"},
            "input",
            "`genes.CYP2D6` is an object",
        ),
        (looked_up("abacavir", "HLA-B", "*57:01 positiv"), "unknown-result", "did you mean `*57:01 pos"),
        (looked_up("codeine", "CYP2D6", "0.6"), "unknown-result", "CYP2D6 has no result `0.6`; expected"),
        (looked_up("codeine", "CYP2C19", "Deficient"), "unknown-result", "expected one of Inde"),
        (looked_up("clopidogrel", "CYP2C19", "No Result"), "unknown-population", "`CVI ACS PCI`, `CVI non-"),
        (
            {"id": "x", "kind": "sample", "genes": {}, "source": "cpic"},
            "unknown-source",
            "no guidance of `cpic`",
        ),
    ],
)  # fmt: skip
def test_what_is_not_known_is_named_and_never_normal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: Json, code: str, says: str
) -> None:
    found, after = answers(tmp_path, capsys, line, asked("TPMT", "*1/*1"), status=1)
    assert found.keys() == {"id", "error"} and found["error"]["code"] == code
    assert says in found["error"]["message"] and after["phenotype"] == NORMAL


def test_five_thousand_diplotypes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As the gene itself says, which is compared with the published ones one by one; in either order."""
    genes = [gene for gene in bundled().genes() if gene.carried is None and gene.name != "MT_RNR1"]
    pairs = [
        (gene, "/".join(pair)) for gene in genes for pair in combinations_with_replacement(gene.functions, 2)
    ]
    drawn = random.Random(5).sample(pairs, 5000)
    found = answers(tmp_path, capsys, *(asked(gene.symbol, diplotype) for gene, diplotype in drawn))
    for (gene, diplotype), answer in zip(drawn, found, strict=True):
        (phenotype,) = gene.phenotypes(diplotype)
        expected = (gene.published[phenotype], gene.activity_score(diplotype))
        assert (answer["phenotype"], answer["activity_score"]) == expected, diplotype


def test_a_sample_is_answered_by_every_rule_that_one_of_its_genes_concerns(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A score and a phenotype go before what follows from the diplotype; an HLA gene has several."""
    genes = {
        "CYP2D6": {"diplotype": "*1/*1", "activity_score": "0.0"},
        "CYP2C19": {"diplotype": "*1/*17"},
        "HLA-B": {"phenotype": ["*57:01 positive", "*58:01 negative", "*15:02 negative"]},
    }
    (found,) = answers(tmp_path, capsys, {"id": "s", "kind": "sample", "genes": genes, "source": "CPIC"})
    (codeine,), (abacavir,) = found["drugs"]["codeine"], found["drugs"]["abacavir"]
    assert (codeine["action"], codeine["avoid"], codeine["lookup"]) == ("avoid", True, {"CYP2D6": "0.0"})
    assert (abacavir["action"], abacavir["lookup"]) == ("avoid", {"HLA-B": "*57:01 positive"})
    (amitriptyline,) = found["drugs"]["amitriptyline"]
    assert amitriptyline["lookup"] == {"CYP2C19": "Rapid Metabolizer", "CYP2D6": "0.0"}
    assert [each["population"] for each in found["drugs"]["clopidogrel"]] == [
        "CVI ACS PCI",
        "CVI non-ACS non-PCI",
        "NVI",
    ]
    assert not {"simvastatin", "fluorouracil", "methylene blue"} & found["drugs"].keys()


@pytest.mark.parametrize(
    ("key", "actions"),
    [
        ("*1/*3", ["reduce-maintenance"]),
        ("*2+*3", ["reduce-maintenance"]),
        ("*3x2", ["avoid"]),
        ("*2/*2", ["standard"]),
        ("*3/*3", ["avoid"]),
        # The allele *9 is normal too, and not among those that the label names.
        ("Normal Metabolizer", []),
        # Of these alleles some have another dose than others.
        ("Intermediate Metabolizer", []),
        ("1.0", []),
    ],
)
def test_a_genotype_is_a_key_where_guidance_asks_for_the_alleles(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], key: str, actions: list[str]
) -> None:
    question = looked_up("siponimod", "CYP2C9", key) | {"source": "FDA"}
    (found,) = answers(tmp_path, capsys, question)
    assert [each["action"] for each in found["recommendations"]] == actions


def test_a_diplotype_of_a_sample_tells_the_alleles(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    genes = {"CYP2C9": {"diplotype": "*1/*3", "phenotype": "Intermediate Metabolizer"}}
    sample = {"id": "s", "kind": "sample", "genes": genes, "source": "FDA"}
    (found,) = answers(tmp_path, capsys, sample)
    (siponimod,) = found["drugs"]["siponimod"]
    assert (siponimod["action"], siponimod["lookup"]) == ("reduce-maintenance", {"CYP2C9": "*1/*3"})
