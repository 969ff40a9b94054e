"""The genes of a report: what is said of results that settle a gene, and of those that do not."""

from __future__ import annotations

import pytest

from cds.report import as_bundle, as_page
from cds.report.model import GeneEntry, GeneState, Report, Severity
from fhir_adapters import chart_of_bundle, chart_of_calls, dump_json, load_json, pharmcat_calls
from tests.cds.cards.support import Json, bundled, draft
from tests.cds.report.example import called, made, passport, record, reported, result


def gene(report: Report, label: str) -> GeneEntry:
    return next(entry for entry in report.genes if entry.label == label)


def test_every_gene_of_the_knowledge_base_is_listed() -> None:
    report = passport(result("CYP2D6", "*1/*4"))
    assert [entry.label for entry in report.genes] == ["CYP2C19", "CYP2D6", "HLA-B*57:01"]
    assert [entry.tested for entry in report.genes] == [False, True, False]


def test_a_genotype_gives_phenotype_and_score() -> None:
    entry = gene(passport(result("CYP2D6", "*1/*4")), "CYP2D6")
    assert (entry.state, entry.phenotypes, entry.scores) == (
        GeneState.KNOWN,
        ("Intermediate Metabolizer",),
        ("1.0",),
    )
    (seen,) = entry.results
    assert (seen.text, seen.kind, seen.where) == ("*1/*4", "genotype", "Observation/cyp2d6-1")
    assert (seen.instant, seen.unused, entry.reason) == ("2025-06-01", "", "")


def test_an_hla_allele_is_a_status_of_its_own() -> None:
    entry = gene(passport(result("HLA-B", "*57:01/*07:02")), "HLA-B*57:01")
    assert entry.phenotypes == ("*57:01 positive",)


@pytest.mark.parametrize(
    ("results", "state", "phenotypes", "says"),
    [
        # H-033
        (
            [result("CYP2C19", "*1/*1 or *1/*2")],
            GeneState.SEVERAL,
            ("Intermediate Metabolizer", "Normal Metabolizer"),
            "Several phenotypes stay possible. Ambiguous genotype: genotype *1/*1 or *1/*2 gives",
        ),
        # H-034, H-036: both are shown, none is chosen.
        (
            [result("CYP2C19", "*1/*2"), reported("CYP2C19", "Poor Metabolizer")],
            GeneState.CONFLICT,
            ("Intermediate Metabolizer", "Poor Metabolizer"),
            "no phenotype is chosen. Genotype *1/*2 gives intermediate, reported phenotype says poor",
        ),
        (
            [result("CYP2C19", "*1/*2"), result("CYP2C19", "*2/*2", 2)],
            GeneState.CONFLICT,
            ("Intermediate Metabolizer", "Poor Metabolizer"),
            "Results contradict each other",
        ),
        (
            [result("CYP2C19", "*1/*99")],
            GeneState.UNUSABLE,
            (),
            "the knowledge base lists no allele “*99” of CYP2C19",
        ),
        (
            [result("CYP2C19", "see the letter")],
            GeneState.UNUSABLE,
            (),
            "a result (Observation/cyp2c19-1), it cannot be read",
        ),
        (
            [result("CYP2C19", "*1/*2", status="preliminary")],
            GeneState.UNUSABLE,
            (),
            "Not used: “*1/*2” (Observation/cyp2c19-1), not final, or withdrawn",
        ),
    ],
)
def test_what_is_not_settled_says_why(
    results: list[Json], state: GeneState, phenotypes: tuple[str, ...], says: str
) -> None:
    entry = gene(passport(*results), "CYP2C19")
    assert (entry.state, entry.phenotypes) == (state, phenotypes)
    assert says in entry.reason


def test_the_status_of_another_allele_is_no_result_of_this_one() -> None:
    """Neither negative nor unreadable: nothing was said of it."""
    report = passport(result("CYP2D6", "*1/*4"), reported("HLA-B", "*15:02 positive"))
    assert gene(report, "HLA-B*57:01").state is GeneState.NOT_TESTED
    unclear = passport(reported("HLA-B", "*15:02 perhaps"))
    assert gene(unclear, "HLA-B*57:01").state is GeneState.UNUSABLE


def test_a_phenotype_alone_leaves_the_scores_open_that_lead_to_it() -> None:
    entry = gene(passport(reported("CYP2D6", "Poor Metabolizer")), "CYP2D6")
    assert (entry.state, entry.phenotypes, entry.scores) == (GeneState.KNOWN, ("Poor Metabolizer",), ("0.0",))
    (seen,) = entry.results
    assert (seen.text, seen.kind) == ("Poor Metabolizer", "phenotype")


def test_a_caller_and_the_tables_may_differ() -> None:
    """The phenotype that came with a diplotype is compared with the one that follows from it."""
    diplotype = {"allele1": {"name": "*1"}, "allele2": {"name": "*4"}, "phenotypes": ["Normal Metabolizer"]}
    report = called({"genes": {"CYP2D6": {"sourceDiplotypes": [diplotype]}}})
    entry = gene(report, "CYP2D6")
    assert (entry.state, entry.phenotypes) == (
        GeneState.CONFLICT,
        ("Intermediate Metabolizer", "Normal Metabolizer"),
    )
    assert {seen.where for seen in entry.results} == {"PharmCAT genes.CYP2D6"}


def test_a_gene_that_nobody_knows_is_named() -> None:
    report = called({"genes": {"CYP4F2": {}, "CYP2D6": {}}})
    assert [(each.code, each.path) for each in report.unread] == [("unknown-gene", "genes.CYP4F2")]
    assert "'CYP4F2'" in report.unread[0].sentence


def taken(rxnorm: str, name: str) -> Json:
    return draft((rxnorm, name), identifier=name, status="active")


def test_what_drugs_make_of_a_gene_stands_beside_what_it_is() -> None:
    """H-035: the original and the adjusted phenotype; a drug is judged without its own effect."""
    chart = chart_of_bundle(record(result("CYP2D6", "*1/*1"), taken("32937", "paroxetine")))
    report = made(chart, fire_draft=True, knowledge=bundled())
    entry = gene(report, "CYP2D6")
    assert (entry.state, entry.phenotypes, entry.scores) == (
        GeneState.KNOWN,
        ("Normal Metabolizer",),
        ("2.0",),
    )
    assert (entry.adjusted, entry.adjusted_by) == (("Poor Metabolizer",), "paroxetine, a strong inhibitor")
    assert [seen.text for seen in entry.results] == ["*1/*1"]
    answers = {answer.rule: answer for each in report.drugs for answer in each.answers}
    ((_, codeine),) = answers["codeine.cpic"].keys
    assert codeine.startswith(
        "activity score 0 (with paroxetine, a strong inhibitor; by genes activity score 2"
    )
    assert answers["codeine.cpic"].severity is Severity.AVOID
    ((_, paroxetine),) = answers["paroxetine.cpic"].keys
    assert paroxetine == "activity score 2"
    assert '<p class="mark">with paroxetine, a strong inhibitor: Poor Metabolizer</p>' in as_page(report)


def test_a_drug_that_is_taken_is_no_genetic_result_in_fhir() -> None:
    chart = chart_of_bundle(record(result("CYP2D6", "*1/*1"), taken("32937", "paroxetine")))
    report = made(chart, knowledge=bundled())
    written = load_json(dump_json(as_bundle(report)))
    assert isinstance(written, dict)
    again = made(chart_of_bundle(written), knowledge=bundled())
    assert gene(again, "CYP2D6").phenotypes == ("Normal Metabolizer",)
    assert [seen.text for seen in gene(again, "CYP2D6").results] == ["*1/*1"]


def test_an_unknown_medication_list_is_said_where_a_drug_could_matter() -> None:
    calls = pharmcat_calls({"genes": {"CYP2D6": {"sourceDiplotypes": [{"label": "*1/*1"}]}}})
    entry = gene(made(chart_of_calls("", calls.by_gene), knowledge=bundled()), "CYP2D6")
    assert entry.state is GeneState.KNOWN and entry.adjusted == ()
    assert "Whether a drug is taken that changes it is not known" in entry.reason
