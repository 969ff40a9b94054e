"""Activity scores from the shapes in which laboratories report a gene."""

from __future__ import annotations

from decimal import Decimal

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

POOR, INTERMEDIATE = "LA9657-3", "LA10317-8"
MIDDLE = ("as0_25", "as0_5", "as0_75", "as1")


@pytest.fixture(scope="module")
def knowledge() -> KnowledgeBase:
    return load()


def found(knowledge: KnowledgeBase, *resources: Json, gene: str = "CYP2D6") -> Fact:
    return gather([rule_input("score", gene)], chart(*resources, key="pgx"), AS_OF, knowledge, None)[gene]


def diplotype(text: str) -> Json:
    return genotype(text, hgnc="HGNC:2625")


def reported(answer: str) -> Json:
    studied = {
        "code": concept("48018-6"),
        "valueCodeableConcept": concept("HGNC:2625", "http://www.genenames.org"),
    }
    return phenotype(answer, code="79715-9", component=[studied])


def scored(value: str) -> Json:
    return observation("", "s1", valueQuantity={"value": Decimal(value)}) | {
        "code": {"text": "CYP2D6 activity score"}
    }


@pytest.mark.parametrize(
    ("text", "possible"),
    [
        ("CYP2D6 *1/*10", ("as1_25",)),
        ("*4/*4", ("as0",)),
        ("*1x≥3/*4", ("as3_or_more",)),
        ("*1/*102", ("unassigned",)),
        # How many copies, and of which allele, is open.
        ("*1xN/*4", ("as2", "as3_or_more")),
        ("*1/*4 or *1/*10", ("as1", "as1_25")),
        ("*1/*999", ()),
    ],
)
def test_of_a_genotype(knowledge: KnowledgeBase, text: str, possible: tuple[str, ...]) -> None:
    """H-033: every consistent score; an allele that nobody knows gives none."""
    assert found(knowledge, diplotype(text)).possible == possible


def test_a_reported_phenotype_leaves_every_score_that_leads_to_it(knowledge: KnowledgeBase) -> None:
    assert found(knowledge, reported(POOR)).possible == ("as0",)
    fact = found(knowledge, reported(INTERMEDIATE))
    assert (fact.possible, fact.reason, fact.explanation) == (
        MIDDLE,
        Reason.CONFLICT,
        "the activity score is not told",
    )


def test_the_more_exact_result_tells_the_score(knowledge: KnowledgeBase) -> None:
    fact = found(knowledge, reported(INTERMEDIATE), diplotype("*1/*4"))
    assert (fact.possible, fact.reason) == (("as1",), None) and len(fact.data) == 2
    assert found(knowledge, scored("0.5")).possible == ("as0_5",)
    assert found(knowledge, scored("0.6")).possible == ()


def test_scores_that_contradict_each_other_are_all_kept(knowledge: KnowledgeBase) -> None:
    """H-034: of one phenotype or of two."""
    alike = found(knowledge, scored("0.5"), diplotype("*1/*4"))
    assert (alike.possible, alike.reason) == (("as0_5", "as1"), Reason.CONFLICT)
    apart = found(knowledge, reported(POOR), diplotype("*1/*1"))
    assert (apart.possible, apart.reason) == (("as0", "as2"), Reason.CONFLICT)
    assert apart.explanation == "genotype *1/*1 gives normal, reported phenotype says poor"


def test_a_gene_without_scores_has_none(knowledge: KnowledgeBase) -> None:
    fact = found(knowledge, genotype("CYP2C19 *1/*2"), gene="CYP2C19")
    assert (fact.possible, fact.reason, fact.explanation) == (
        (),
        Reason.NO_VALUE,
        "the gene has no activity score",
    )
    assert found(knowledge).reason is Reason.MISSING
