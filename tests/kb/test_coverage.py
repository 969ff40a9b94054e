"""What the rules cover, against the fact tables (the counts of issue D)."""

from __future__ import annotations

import csv
from dataclasses import replace

import pytest

from dsl import Lifecycle
from kb import BUNDLED, KnowledgeBaseError
from kb.coverage import LEVEL_A, Pair, PairList, coverage, read_pairs, symbols_of
from tests.cds.cards.support import bundled, reference

FILES = {LEVEL_A: (BUNDLED / LEVEL_A).read_text("utf-8")}
HEAD = "gene\tdrug\trxnorm\n"


def test_the_list_holds_every_pair_of_level_a() -> None:
    text = reference("pgx/cpic_pairs.tsv").read_text("utf-8")
    rows = csv.DictReader((line for line in text.splitlines() if not line.startswith("#")), delimiter="\t")
    expected = {
        (row["gene"], row["drug"], row["rxnorm"].replace("NA", ""))
        for row in rows
        if row["cpic_level"] == "A"
    }
    listed = read_pairs(FILES)
    assert {(pair.gene, pair.drug, pair.rxnorm) for pair in listed.pairs} == expected
    assert len(listed.pairs) == 99 and listed.edition == "2023-08"


def test_every_pair_is_covered_or_named() -> None:
    found = coverage(bundled(), read_pairs(FILES))
    assert len(found.covered) + len(found.missing) == found.level_a == 99
    assert not set(found.covered) & set(found.missing) and set(found.active) <= set(found.covered)
    assert Pair("CYP2C19", "clopidogrel", "32968") in found.active
    # RxNorm does not have this drug: it is found by its name.
    assert Pair("MT-RNR1", "ribostamycin", "") in found.covered
    assert found.missing == ()


def test_a_gene_is_read_by_its_alleles_too() -> None:
    (rule,) = (each for each in bundled().rules if each.name == "siponimod.fda")
    assert symbols_of(rule, bundled()) == {"CYP2C9"}


def test_a_pair_counts_only_if_a_rule_about_the_drug_reads_the_gene() -> None:
    listed = PairList((Pair("CYP2D6", "clopidogrel", "32968"), Pair("TPMT", "no such", "")), "")
    assert coverage(bundled(), listed).covered == ()
    # A drug whose code is not listed is found by its name.
    assert coverage(bundled(), PairList((Pair("CYP2C19", "Clopidogrel", ""),), "")).missing == ()


@pytest.mark.parametrize("status", [Lifecycle.RETIRED, Lifecycle.SHADOW])
def test_what_nobody_hears_covers_nothing(status: Lifecycle) -> None:
    rules = tuple(replace(rule, status=status) for rule in bundled().rules)
    found = coverage(replace(bundled(), rules=rules), read_pairs(FILES))
    assert (found.sources, found.total.rules, found.covered) == ((), 0, ())


def test_counts_of_one_source() -> None:
    """The fact table has 14 rows about mercaptopurine; the rule has one more, which asks."""
    rules = tuple(rule for rule in bundled().rules if rule.name == "mercaptopurine.cpic")
    found = coverage(replace(bundled(), rules=rules), read_pairs({}))
    (cpic,) = found.sources
    assert (cpic.source, cpic.drugs, cpic.genes, cpic.pairs) == ("CPIC", 1, 2, 2)
    assert (cpic.rules, cpic.active, cpic.rows, cpic.entry_only) == (1, 0, 14, 0)
    assert found.level_a == 0 and found.total == replace(cpic, source="all")


@pytest.mark.parametrize(
    "text, place",
    [
        ("drug\tgene\n", ":1: expected the columns"),
        (HEAD + "CYP2C19\tclopidogrel\n", ":2: expected a gene"),
        (HEAD + "CYP2C19\t\t32968\n", ":2: expected a gene"),
        ("# Edition: x\n" + HEAD + "CYP2C19\tclopidogrel\tRX32968\n", ":3: expected a gene"),
    ],
)
def test_a_line_that_is_no_pair(text: str, place: str) -> None:
    with pytest.raises(KnowledgeBaseError, match=place):
        read_pairs({LEVEL_A: text})
