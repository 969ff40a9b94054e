"""The two alleles of a gene themselves, from the shapes in which laboratories report them."""

from __future__ import annotations

import pytest

from dsl import Fact, Reason
from fhir_adapters import gather
from kb import KnowledgeBase, load
from tests.fhir_adapters.example import (
    AS_OF,
    Json,
    chart,
    concept,
    genotype,
    observation,
    phenotype,
    rule_input,
)

INTERMEDIATE = "LA10317-8"


@pytest.fixture(scope="module")
def knowledge() -> KnowledgeBase:
    return load()


def found(knowledge: KnowledgeBase, *resources: Json, gene: str = "CYP2C9") -> Fact:
    return gather([rule_input("genotype", gene)], chart(*resources, key="pgx"), AS_OF, knowledge, None)[gene]


def diplotype(text: str) -> Json:
    return genotype(text, hgnc="HGNC:2623")


def reported(answer: str) -> Json:
    studied = {
        "code": concept("48018-6"),
        "valueCodeableConcept": concept("HGNC:2623", "http://www.genenames.org"),
    }
    return phenotype(answer, code="79716-7", component=[studied])


def scored(value: str) -> Json:
    return observation("", "s1", valueString=value) | {"code": {"text": "CYP2C9 activity score"}}


@pytest.mark.parametrize(
    ("text", "possible"),
    [
        ("CYP2C9 *1/*3", ("s1_s3",)),
        ("*3/*1", ("s1_s3",)),
        ("*2.001/*11", ("s2_s5_8_11",)),
        ("*6/*8", ("s5_8_11_s6",)),
        ("*9/*1", ("s1_other",)),
        ("*1/*2 or *1/*3", ("s1_s2", "s1_s3")),
        # One copy is open.
        ("*3/?", ("s1_s3", "s2_s3", "s3_other", "s3_s3", "s3_s5_8_11", "s3_s6")),
        ("*1/*999", ()),
    ],
)
def test_of_a_genotype(knowledge: KnowledgeBase, text: str, possible: tuple[str, ...]) -> None:
    """H-033: every consistent pair; an allele that nobody knows gives none."""
    assert found(knowledge, diplotype(text)).possible == possible


def test_a_phenotype_or_a_score_tells_no_genotype_where_several_lead_to_it(knowledge: KnowledgeBase) -> None:
    for result in (reported(INTERMEDIATE), scored("1.0")):
        fact = found(knowledge, result)
        assert (fact.possible, fact.reason, len(fact.data)) == ((), Reason.NO_VALUE, 1)
        assert fact.explanation == "the genotype is not told"


@pytest.mark.parametrize(
    ("score", "possible"),
    [("2.0", ("normal_normal",)), ("1.5", ("normal_decreased",)), ("0.5", ("no_decreased",)), ("1.0", ())],
)
def test_a_score_tells_the_genotype_that_alone_leads_to_it(
    knowledge: KnowledgeBase, score: str, possible: tuple[str, ...]
) -> None:
    result = observation("", "s1", valueString=score) | {"code": {"text": "DPYD activity score"}}
    assert found(knowledge, result, gene="DPYD").possible == possible


def test_what_was_concluded_adds_nothing_to_what_was_found(knowledge: KnowledgeBase) -> None:
    fact = found(knowledge, reported(INTERMEDIATE), diplotype("*1/*3"))
    assert (fact.possible, fact.reason) == (("s1_s3",), None) and len(fact.data) == 2


def test_results_that_contradict_each_other_are_all_kept(knowledge: KnowledgeBase) -> None:
    """H-034: of one phenotype or of two."""
    alike = found(knowledge, diplotype("*1/*3"), diplotype("*2/*2"))
    assert (alike.possible, alike.reason) == (("s1_s3", "s2_s2"), Reason.CONFLICT)
    apart = found(knowledge, reported(INTERMEDIATE), diplotype("*3/*3"))
    assert "s3_s3" in apart.possible and "s1_s2" in apart.possible and apart.reason is Reason.CONFLICT


def test_a_gene_of_which_nobody_asks_the_alleles(knowledge: KnowledgeBase) -> None:
    fact = found(knowledge, genotype("CYP2C19 *1/*2"), gene="CYP2C19")
    assert (fact.possible, fact.reason, fact.explanation) == (
        (), Reason.NO_VALUE, "the gene has no genotype",
    )  # fmt: skip
    assert found(knowledge).reason is Reason.MISSING


def test_a_place_that_is_no_gene_is_found_by_its_name(knowledge: KnowledgeBase) -> None:
    text = genotype("CYP2C cluster rs12777823 G/A", component=[])
    source = [rule_input("phenotype", "CYP2C_cluster")]
    fact = gather(source, chart(text, key="pgx"), AS_OF, knowledge, None)["CYP2C_cluster"]
    assert fact.possible == ("ag",)
    # It says nothing about a gene whose name begins alike.
    assert found(knowledge, text).reason is Reason.MISSING
