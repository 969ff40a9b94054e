"""Phenotypes from genotype and phenotype Observations: nothing is picked silently."""

from __future__ import annotations

import pytest

from dsl.values import Reason
from tests.fhir_adapters.example import (
    Json,
    chart,
    concept,
    fact,
    genotype,
    observation,
    phenotype,
    rule_input,
)

CYP2C19 = rule_input("phenotype", "CYP2C19")
TPMT = rule_input("phenotype", "TPMT")
POOR, NORMAL = "LA9657-3", "LA25391-6"


def studied(hgnc: str, **more: object) -> list[Json]:
    gene = concept(hgnc, "http://www.genenames.org", **more)
    return [{"code": concept("48018-6"), "valueCodeableConcept": gene}]


@pytest.mark.parametrize(
    "resource",
    [
        genotype("CYP2C19 *2/*2"),
        genotype("*2/*2"),
        genotype("CYP2C19*2/*3"),
        genotype("CYP2C19*2.001 / CYP2C19*2.002"),
        genotype("CYP2C19 *2/*2", hgnc=None),
        genotype("CYP2C19 *2/*2", hgnc="2621"),
        genotype("", valueCodeableConcept=concept("CYP2C19 *2/*2", "https://www.pharmvar.org")),
        genotype("", valueCodeableConcept=concept("638797", "http://clinvar", display="CYP2C19*2/*2")),
        genotype("", valueCodeableConcept=None, valueString="*2/*2"),
        phenotype(POOR),
        phenotype("", valueCodeableConcept={"text": "Poor Metabolizer"}),
        phenotype("", valueCodeableConcept=None, valueString="poor metabolizer"),
        phenotype(POOR, code="local-1", component=studied("HGNC:2621")),
        phenotype(POOR, code="79713-4", component=studied("HGNC:2621")),
    ],
)
def test_shapes_that_say_poor(resource: Json) -> None:
    """The plain shapes; a gene component outranks the code of the Observation."""
    found = fact(CYP2C19, chart(resource, key="pgx"))
    assert (found.possible, found.reason) == (("poor",), None)
    assert fact(TPMT, chart(resource, key="pgx")).missing


def test_genotype_and_phenotype_that_agree() -> None:
    found = fact(CYP2C19, chart(genotype("*2/*2"), phenotype(POOR), key="pgx"))
    assert found.possible == ("poor",)
    assert [datum.text for datum in found.data] == [POOR, "*2/*2"]


def test_reported_phenotype_contradicts_genotype() -> None:
    """H-034, H-036: both stay possible, both are named, whatever their dates."""
    reported = phenotype(NORMAL, effectiveDateTime="2001-01-01")
    found = fact(CYP2C19, chart(genotype("CYP2C19 *2/*2"), reported, key="pgx"))
    assert (found.possible, found.reason) == (("normal", "poor"), Reason.CONFLICT)
    assert found.explanation == "genotype *2/*2 gives poor, reported phenotype says normal"


def test_a_score_without_a_result_is_missing() -> None:
    found = fact(rule_input("score", "CYP2C19"), chart(genotype("TPMT *1/*1", hgnc="HGNC:12014"), key="pgx"))
    assert (found.possible, found.reason, found.data) == ((), Reason.MISSING, ())


def test_ambiguous_genotype() -> None:
    """H-033: every consistent diplotype counts; an alternative that cannot be read spoils the claim."""
    found = fact(CYP2C19, chart(genotype("CYP2C19 *1/*2 or *2/*3"), key="pgx"))
    assert (found.possible, found.reason) == (("intermediate", "poor"), Reason.CONFLICT)
    assert found.explanation.startswith("ambiguous genotype")
    assert fact(CYP2C19, chart(genotype("*1/*2 or *2/*99"), key="pgx")).reason is Reason.NO_VALUE


@pytest.mark.parametrize("text", ["CYP2C19 *2/*99", "no call", "*2", "CYP2C19 *2/*2 (see report)", "N/A"])
def test_unreadable_genotype(text: str) -> None:
    """H-033: unknown alleles and free text give nothing, and free text is not repeated."""
    found = fact(CYP2C19, chart(genotype(text), key="pgx"))
    assert (found.possible, found.reason) == ((), Reason.NO_VALUE)
    assert found.data[0].text in ("", "*2/*99")
    beside = fact(CYP2C19, chart(genotype(text), phenotype(POOR), key="pgx"))
    assert beside.possible == ("poor",)
    assert sorted(str(datum.reason) for datum in beside.data) == ["None", "no-value"]


def test_a_risk_label_is_no_genotype() -> None:
    label = genotype("Disease X polygenic stratum: high", hgnc=None)
    for gene in (CYP2C19, TPMT):
        assert fact(gene, chart(label, key="pgx")).data == ()


@pytest.mark.parametrize(
    "resource",
    [
        genotype("TPMT *1/*1"),
        genotype("CYP2C19 *1/*1", hgnc="HGNC:12014"),
        genotype("CYP2C19 *1/*1", hgnc="HGNC:1"),
        genotype("*1/*1", component=studied("HGNC:2621") + studied("HGNC:12014")),
        genotype("*1/*1", component=studied("HGNC:2621", display="TPMT")),
        genotype("", valueCodeableConcept={"text": "CYP2C19 *1/*1", **concept("*2/*2", "http://pharmvar")}),
        phenotype(NORMAL, component=studied("HGNC:2621") + studied("HGNC:12014"), code="local-2"),
        phenotype(NORMAL, code="79714-2") | {"code": concept("79714-2", display="TPMT activity")},
    ],
)
def test_contradiction_about_the_gene_is_unusable(resource: Json) -> None:
    found = fact(CYP2C19, chart(resource, key="pgx"))
    assert (found.possible, found.reason) == ((), Reason.CONFLICT)
    assert [datum.reason for datum in found.data] == [Reason.CONFLICT]


def test_two_studied_genes_and_a_text_that_names_one() -> None:
    both = studied("HGNC:2621") + studied("HGNC:12014")
    on_file = chart(genotype("CYP2C19 *2/*2", component=both), key="pgx")
    assert fact(CYP2C19, on_file).possible == ("poor",)
    assert fact(TPMT, on_file).reason is Reason.CONFLICT


def test_derived_from_outranks_the_code() -> None:
    parent = genotype("TPMT *1/*1", hgnc="HGNC:12014")
    child = phenotype(NORMAL, derivedFrom=[{"reference": "Observation/g1"}])
    on_file = chart(parent, child, key="pgx")
    assert fact(TPMT, on_file).possible == ("normal",) and len(fact(TPMT, on_file).data) == 2
    assert fact(CYP2C19, on_file).data == ()


def test_coding_and_text_of_one_answer() -> None:
    """Codings or texts that say different things leave both possible."""
    both = {"coding": [*concept(POOR)["coding"], *concept(NORMAL)["coding"]]}
    found = fact(CYP2C19, chart(phenotype("", valueCodeableConcept=both), key="pgx"))
    assert (found.possible, found.reason) == (("normal", "poor"), Reason.CONFLICT)
    coded = concept(POOR) | {"text": "Normal Metabolizer"}
    found = fact(CYP2C19, chart(phenotype("", valueCodeableConcept=coded), key="pgx"))
    assert (found.possible, found.reason) == (("normal", "poor"), Reason.CONFLICT)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"status": "preliminary"}, Reason.STATUS),
        ({"status": "bogus"}, Reason.STATUS),
        ({"subject": {"display": "her"}}, Reason.SUBJECT),
        ({"focus": [{}]}, Reason.SUBJECT),
        ({"effectiveDateTime": "2027-01-01"}, Reason.FUTURE),
        ({"dataAbsentReason": {"text": "failed"}}, Reason.NO_VALUE),
    ],
)
def test_unusable_results(change: Json, reason: Reason) -> None:
    """H-008, H-009, H-012."""
    for resource in (genotype("*2/*2", **change), phenotype(POOR, **change)):
        found = fact(CYP2C19, chart(resource, key="pgx"))
        assert (found.possible, found.reason) == ((), reason)


def test_variants_are_no_phenotypes() -> None:
    variant = observation("69548-6", valueCodeableConcept=concept(POOR), component=studied("HGNC:2621"))
    assert fact(CYP2C19, chart(variant, key="pgx")).reason is Reason.MISSING
