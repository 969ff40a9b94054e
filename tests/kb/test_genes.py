"""Gene tables: every diplotype, in either order, against CPIC's own assignments."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import combinations_with_replacement

import pytest

from dsl import Coding, EnumType, SourceKind
from tests.cds.cards.support import LOINC, bundled, reference, reference_rows

GENES = ("CYP2C19", "NUDT15", "TPMT")


def member(words: str) -> str:
    """Enum member of CPIC's wording: `Likely Poor Metabolizer` is `likely_poor`."""
    return words.lower().removesuffix(" metabolizer").replace(" ", "_")


def test_the_genes_are_those_that_are_tested_here() -> None:
    assert tuple(sorted(bundled().gene_table)) == GENES


@pytest.mark.parametrize("symbol", GENES)
def test_alleles_are_those_of_the_reference(symbol: str) -> None:
    rows = [row for row in reference_rows("pgx/alleles.tsv") if row["gene"] == symbol]
    functions = {row["allele"]: row["function"].lower().removesuffix(" function") for row in rows}
    assert dict(bundled().gene(symbol).functions) == functions
    assert {row["source_version"] for row in rows} == {bundled().gene(symbol).version}


@pytest.mark.parametrize("symbol", GENES)
def test_every_diplotype_in_either_order(symbol: str) -> None:
    gene = bundled().gene(symbol)
    rules = json.loads(reference("pgx/diplotype_rules.json").read_text("utf-8"))["genes"][symbol]
    expected = {
        frozenset(pair.split(" + ")): member(found) for pair, found in rules["function_pairs"].items()
    }
    rows = [row for row in reference_rows("pgx/alleles.tsv") if row["gene"] == symbol]
    functions = {row["allele"]: row["function"] for row in rows}
    count = 0
    for one, other in combinations_with_replacement(functions, 2):
        wanted = (expected[frozenset((functions[one], functions[other]))],)
        assert gene.phenotypes(f"{one}/{other}") == wanted, (one, other)
        assert gene.phenotypes(f"{other}/{one}") == wanted, (other, one)
        count += 1
    assert count == rules["n_diplotypes"]


@pytest.mark.parametrize("symbol", GENES)
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


@pytest.mark.parametrize("symbol", GENES)
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
    listed = {code: member(words.lower()) for code, words in rows.items() if words.endswith("metabolizer")}
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


@pytest.mark.parametrize("symbol", GENES)
def test_interpretation_codes_against_the_reference(symbol: str) -> None:
    rows = {row["loinc"]: row["meaning"] for row in reference_rows("pgx/loinc.tsv")}
    for coding in bundled().gene(symbol).interpretation_codes:
        assert rows[coding.code].startswith(f"{symbol} ")
