"""Gene tables: every diplotype, in either order, against CPIC's own assignments."""

from __future__ import annotations

import json
from collections.abc import Iterable
from fractions import Fraction
from functools import cache
from itertools import combinations_with_replacement
from typing import Any

import pytest

from dsl import Coding, EnumType, SourceKind
from kb import Gene
from tests.cds.cards.support import LOINC, bundled, reference, reference_rows

PAIRED = ("CYP2C19", "NUDT15", "TPMT")
"""Genes of the rules in force."""
BEYOND = {"CYP2C cluster", "CYP4F2", "IFNL4"}
"""What guidance without a table asks for."""
CARRIED = ("HLA_A_31_01", "HLA_B_15_02", "HLA_B_57_01", "HLA_B_58_01")


@cache
def rules() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(reference("pgx/diplotype_rules.json").read_text("utf-8"))["genes"]
    return found


def genes() -> list[Gene]:
    """The genes with listed alleles, of the reference."""
    return [gene for gene in bundled().genes() if gene.carried is None and gene.symbol not in BEYOND]


def alleles(gene: Gene) -> dict[str, dict[str, str]]:
    rows = reference_rows("pgx/alleles.tsv")
    return {row["allele"]: row for row in rows if row["gene"] == gene.symbol}


def test_the_genes_are_those_of_the_reference() -> None:
    assert {gene.symbol for gene in bundled().genes()} == rules().keys() | BEYOND
    assert tuple(name for name, gene in bundled().gene_table.items() if gene.carried) == CARRIED
    assert sum(len(gene.functions) for gene in genes()) == len(reference_rows("pgx/alleles.tsv")) == 960


def test_alleles_are_those_of_the_reference() -> None:
    """Equal functions there are equal functions here, and so are activity values and versions."""
    for gene in genes():
        rows = alleles(gene)
        assert gene.functions.keys() == rows.keys(), gene.symbol
        pairs = {(row["function"], gene.functions[allele]) for allele, row in rows.items()}
        assert len(pairs) == len({one for one, _ in pairs}) == len({other for _, other in pairs}), gene.symbol
        valued = {allele: row["activity_value"] for allele, row in rows.items()}
        assert gene.values == {
            allele: value for allele, value in valued.items() if value not in ("", "n/a")
        }, gene.symbol
        assert {row["source_version"] for row in rows.values()} == {gene.version}, gene.symbol


@pytest.mark.parametrize("name", sorted(gene.name for gene in genes() if gene.symbol != "IFNL3"))
def test_every_diplotype_in_either_order(name: str) -> None:
    """Against the tables, of which the authors say that they reproduce every published diplotype."""
    gene = bundled().gene(name)
    expected = rules()[gene.symbol]
    rows = alleles(gene)
    functions = expected.get("function_pairs", {})
    count = 0
    for one, other in combinations_with_replacement(rows, 2):
        pair = " + ".join(sorted((rows[one]["function"], rows[other]["function"])))
        wanted, score = functions.get(pair), None
        if "activity_score_to_phenotype" in expected:
            score = added(rows[one]["activity_value"], rows[other]["activity_value"])
            wanted = expected["activity_score_to_phenotype"][score]
        for diplotype in (f"{one}/{other}", f"{other}/{one}"):
            found = gene.phenotypes(diplotype)
            assert [gene.published[each] for each in found] == ([wanted] if wanted else []), diplotype
            assert gene.activity_score(diplotype) == score, diplotype
        count += bool(wanted)
    singles = [allele for allele, row in rows.items() if row["function"] in functions]
    for allele in singles:
        found = gene.phenotypes(allele)
        assert [gene.published[each] for each in found] == [functions[rows[allele]["function"]]], allele
    assert count + len(singles) == expected["n_diplotypes"]


def added(*values: str) -> str:
    """The activity score of two alleles as the tables write it."""
    if "n/a" in values:
        return "n/a"
    sign = "≥" if any(value.startswith("≥") for value in values) else ""
    return f"{sign}{sum(float(value.removeprefix('≥')) for value in values)}"


def test_the_genotype_of_ifnl3_is_used_itself() -> None:
    """No source has phenotypes for it."""
    gene = bundled().gene("IFNL3")
    reference, variant = "rs12979860 reference (C)", "rs12979860 variant (T)"
    found = [
        gene.phenotypes(f"{one}/{other}") for one, other in combinations_with_replacement(gene.functions, 2)
    ]
    assert found == [("cc",), ("ct",), ("tt",)] and set(gene.functions) == {reference, variant}


@pytest.mark.parametrize("name", CARRIED)
def test_whoever_carries_the_allele_once_is_positive(name: str) -> None:
    gene = bundled().gene(name)
    allele = gene.carried
    assert gene.phenotypes(f"{allele}/*44:02") == gene.phenotypes(f"*44:02/{allele}") == ("positive",)
    assert gene.phenotypes("*44:02/*07:02") == ("negative",)
    # An allele that is not expressed, a single one, a group name that is no allele.
    assert gene.phenotypes(f"{allele}N/*07:02") == ("negative",)
    assert gene.phenotypes(f"{allele}") == gene.phenotypes("*44/*07:02") == ()
    assert gene.phenotype_of_text(f"{gene.symbol}{allele} Positive") == "positive"
    assert gene.phenotype_of_text("positive") is None


def test_scores_have_members_of_their_own() -> None:
    gene = bundled().gene("CYP2D6")
    assert gene.score_of("*1/*10") == ("as1_25",) and gene.score_of("*1x≥3/*4") == ("as3_or_more",)
    assert gene.score_of("*1/*102") == ("unassigned",) and gene.score_of("*1/*999") == ()
    assert gene.score_of("*1/*4 or *1/*1") == ("as1", "as2")
    assert gene.scores_of_phenotype("intermediate") == ("as0_25", "as0_5", "as0_75", "as1")
    assert gene.scores_between(Fraction(3), None) == ("as3_or_more",)
    assert gene.scores_between(Fraction("0.5"), Fraction(1)) == ("as0_5", "as0_75", "as1")
    assert bundled().gene("CYP2C19").score_of("*1/*1") == ()


def test_genotypes_are_pairs_of_groups() -> None:
    """Of every two alleles, in either order; and a phenotype has those of the pairs that lead to it."""
    gene = bundled().gene("CYP2C9")
    by_phenotype: dict[str, set[str]] = {}
    for one, other in combinations_with_replacement(gene.functions, 2):
        (member,) = gene.genotype_of(f"{one}/{other}")
        assert (member,) == gene.genotype_of(f"{other}/{one}") and member in gene.genotype_members
        for phenotype in gene.phenotypes(f"{one}/{other}"):
            by_phenotype.setdefault(phenotype, set()).add(member)
    assert by_phenotype.keys() == gene.published.keys()
    for phenotype, members in by_phenotype.items():
        assert set(gene.genotypes_of_phenotype(phenotype)) == members, phenotype
    assert gene.genotype_of("*1/*3 or *2/*2") == ("s1_s3", "s2_s2")
    assert gene.genotype_of("*1/*999") == gene.genotype_of("*1") == ()
    assert bundled().gene("CYP2D6").genotype_of("*1/*4") == ()


def test_a_star_allele_of_cyp4f2_tells_the_variant() -> None:
    gene = bundled().gene("CYP4F2")
    texts = ("*1/*2", "*1/*3", "*3/*4", "rs2108622 C/rs2108622 T", "*1/*8")
    assert [gene.phenotypes(text) for text in texts] == [("cc",), ("ct",), ("tt",), ("ct",), ()]


@pytest.mark.parametrize(
    ("name", "text", "phenotype"),
    [
        ("DPYD", "*1/*2A", "intermediate"),
        ("DPYD", "c.1905+1G>A/HapB3", "poor"),
        ("SLCO1B1", "*5/*1", "decreased_function"),
        ("VKORC1", "rs9923231 T/rs9923231 C", "ag"),
        ("MT_RNR1", "m.1555A>G", "increased_risk"),
        ("G6PD", "Mediterranean, Dallas, Panama, Sassari, Cagliari, Birmingham", "deficient"),
    ],
)
def test_what_laboratories_write(name: str, text: str, phenotype: str) -> None:
    gene = bundled().gene(name)
    own = "/".join(gene.alleles[allele] for allele in text.split("/"))
    assert gene.phenotypes(own) == (phenotype,)


@pytest.mark.parametrize("symbol", PAIRED)
@pytest.mark.parametrize(
    "text", ["*1/*99", "*1", "*1/*1/*1", "", "/", "*1/", "1/1", "*1 *1", "*1/*1 or *1/*99", "*1/*1 or ", "or"]
)
def test_what_cannot_be_read_gives_nothing(symbol: str, text: str) -> None:
    """H-033: an unknown allele is never taken for the reference allele."""
    assert bundled().gene(symbol).phenotypes(text) == ()


def test_ambiguous_diplotypes_keep_all_phenotypes() -> None:
    """H-033."""
    gene = bundled().gene("CYP2C19")
    assert gene.phenotypes("*1/*4 or *2/*10") == ("intermediate", "likely_poor")
    assert gene.phenotypes("*1/*2 or *1/*3") == ("intermediate",)
    assert gene.phenotypes("*2/*10 or *1/*4") == gene.phenotypes("*1/*4 or *2/*10")


@pytest.mark.parametrize("symbol", PAIRED)
def test_each_phenotype_is_a_member_of_the_enum_of_its_rules(symbol: str) -> None:
    gene = bundled().gene(symbol)
    declared = [
        each.type
        for rule in bundled().rules
        for each in rule.inputs
        if each.source.kind is SourceKind.PHENOTYPE and each.source.name == symbol
    ]
    assert declared
    for kind in declared:
        assert isinstance(kind, EnumType) and kind.name == gene.phenotype_enum
        assert set(gene.pairs.values()) <= set(kind.members)


def _codes(answers: Iterable[Coding]) -> set[str]:
    return {coding.code for coding in answers}


def test_answer_codes_against_the_reference() -> None:
    rows = {row["answer"]: row["meaning"] for row in reference_rows("pgx/phenotype_answers.tsv")}
    gene = bundled().gene("CYP2C19")
    listed = {
        code: words.lower().removesuffix(" metabolizer").replace(" ", "_")
        for code, words in rows.items()
        if words.endswith("metabolizer")
    }
    assert {coding.code: name for coding, name in gene.answers.items()} == listed
    assert all(coding.system == LOINC for coding in gene.answers)


def test_a_gene_knows_its_own_phenotypes_only() -> None:
    """No rapid metabolizers of TPMT: such a report is of another gene or wrong."""
    gene = bundled().gene("TPMT")
    assert gene.phenotype_of_coding(Coding(LOINC, "LA25390-8")) is None
    assert gene.phenotype_of_text("rapid metabolizer") is None
    assert gene.phenotype_of_coding(Coding("http://example.org", "LA9657-3")) is None
    assert _codes(gene.answers) == {"LA9657-3", "LA10317-8", "LA25391-6"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Poor Metabolizer", "poor"),
        ("CYP2C19 Poor  metabolizer", "poor"),
        ("cyp2c19 extensive metabolizer", "normal"),
        ("Likely Poor Metabolizer", "likely_poor"),
        ("Indeterminate", "indeterminate"),
        ("not a poor metabolizer", None),
        ("poor metabolizer?", None),
        ("CYP2D6 poor metabolizer", None),
        ("poor", None),
        ("", None),
    ],
)
def test_wordings_are_compared_whole(text: str, found: str | None) -> None:
    assert bundled().gene("CYP2C19").phenotype_of_text(text) == found


@pytest.mark.parametrize("symbol", PAIRED)
def test_interpretation_codes_against_the_reference(symbol: str) -> None:
    rows = {row["loinc"]: row["meaning"] for row in reference_rows("pgx/loinc.tsv")}
    for coding in bundled().gene(symbol).interpretation_codes:
        assert rows[coding.code].startswith(f"{symbol} ")
