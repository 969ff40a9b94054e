"""Results of the genotype caller PharmCAT, in the shapes of its versions."""

from __future__ import annotations

import pytest

from dsl.model import Input, Source, SourceKind, WhenMissing
from dsl.syntax import Span
from dsl.types import BooleanType, EnumType
from dsl.values import Fact, Reason
from fhir_adapters import (
    Calls,
    UnusableReport,
    chart_of_calls,
    gather,
    load_json,
    pharmcat_calls,
    pharmcat_facts,
    tabled_calls,
)
from tests.fhir_adapters.example import AS_OF, Json, reference_folder
from tests.fhir_adapters.published_genes import published
from tests.fhir_adapters.test_genomics_shapes import WiderTerminology

TERMINOLOGY = WiderTerminology()
SPAN = Span("test.rule", 1, 1, 1, 2)


def called(one: str, other: str | None, **more: object) -> Json:
    second = None if other is None else {"name": other}
    label = one if other is None else f"{one}/{other}"
    return {"allele1": {"name": one}, "allele2": second, "label": label} | more


def result(*diplotypes: Json, **more: object) -> Json:
    return {"recommendationDiplotypes": list(diplotypes)} | more


FLAT = {"genes": {"CYP2D6": result(called("*1", "*4"))}}
MATCHED = {
    "results": [
        {
            "gene": "CYP2D6",
            "diplotypes": [{"name": "*1/*4", "haplotype1": {"name": "*1"}, "haplotype2": {"name": "*4"}}],
        }
    ]
}


@pytest.mark.parametrize(
    "report",
    [
        FLAT,
        MATCHED,
        {"geneReports": FLAT["genes"]},
        {"genes": {"CPIC": FLAT["genes"], "DPWG": FLAT["genes"]}},
        {"genes": {"CYP2D6": {"sourceDiplotypes": [called("*1", "*4.001")]}}},
        {"genes": {"CYP2D6": {"sourceDiplotypes": [{"label": "*1/*4"}]}}},
    ],
)
def test_the_files_of_each_version(report: Json) -> None:
    facts = pharmcat_facts(report, TERMINOLOGY)
    assert {symbol: fact.possible for symbol, fact in facts.items()} == {"CYP2D6": ("intermediate",)}
    assert {datum.path.split(".")[-1] for datum in facts["CYP2D6"].data} == {"CYP2D6"}


def test_several_diplotypes_are_alternatives() -> None:
    """H-033."""
    report = {"genes": {"CYP2D6": result(called("*1", "*4"), called("*4", "*4"))}}
    fact = pharmcat_facts(report, TERMINOLOGY)["CYP2D6"]
    assert (fact.possible, fact.reason) == (("intermediate", "poor"), Reason.CONFLICT)
    assert fact.explanation.startswith("ambiguous genotype")


@pytest.mark.parametrize("name", ["uncalledHaplotypes", "uncallableHaplotypes"])
def test_an_allele_that_could_not_be_called_stays_possible(name: str) -> None:
    """H-033: positions that were not read are not the reference."""
    report = {"genes": {"CYP2D6": result(called("*1", "*1"), **{name: ["*4"]})}}
    assert pharmcat_facts(report, TERMINOLOGY)["CYP2D6"].possible == ("intermediate", "normal", "poor")


@pytest.mark.parametrize(
    "gene",
    [
        result(called("Unknown", "Unknown")),
        result(),
        result(called("*1", "*99")),
        result(called("*1", None)),
        result({"label": "No CPIC variants found"}),
        result(called("*1", "*4"), called("*1", "*99")),
        result(called("*1", "*4"), called("*1", "see report")),
        {},
    ],
)
def test_no_call_is_no_result(gene: Json) -> None:
    """H-033: a gene without a call is never normal."""
    fact = pharmcat_facts({"genes": {"CYP2D6": gene}}, TERMINOLOGY)["CYP2D6"]
    assert (fact.possible, fact.reason) == ((), Reason.NO_VALUE)


def test_reported_phenotype_and_score_are_compared() -> None:
    """H-034: PharmCAT's table may be older than ours."""
    same = called("*1", "*4", phenotypes=["Intermediate Metabolizer"], activityScore="1.0")
    fact = pharmcat_facts({"genes": {"CYP2D6": result(same)}}, TERMINOLOGY)["CYP2D6"]
    assert fact.possible == ("intermediate",)
    assert fact.explanation == "activity score and genotype and reported phenotype agree"
    other = called("*1", "*4", phenotypes=["Normal Metabolizer"])
    fact = pharmcat_facts({"genes": {"CYP2D6": result(other)}}, TERMINOLOGY)["CYP2D6"]
    assert (fact.possible, fact.reason) == (("intermediate", "normal"), Reason.CONFLICT)


def test_what_is_not_applicable_is_no_result_that_cannot_be_read() -> None:
    """Of genes without scores, and of those without a table of phenotypes."""
    bare = called("*1", "*4", phenotypes=["n/a", "No Result"], activityScore="n/a")
    (datum,) = pharmcat_facts({"genes": {"CYP2D6": result(bare)}}, TERMINOLOGY)["CYP2D6"].data
    assert (datum.text, datum.reason) == ("*1/*4", None)


def test_the_name_of_the_sample() -> None:
    """Version 3 names it, version 2 has a title."""
    assert pharmcat_calls({**FLAT, "matcherMetadata": {"sampleId": "NA1"}, "title": "x"}).sample == "NA1"
    assert pharmcat_calls({**FLAT, "title": "NA2"}).sample == "NA2"
    assert pharmcat_calls(FLAT).sample == ""


@pytest.mark.parametrize(
    "document", [None, [], {}, {"genes": 5}, {"resourceType": "Bundle"}, {"results": "x"}]
)
def test_another_document_is_refused(document: object) -> None:
    with pytest.raises(UnusableReport, match="PharmCAT"):
        pharmcat_facts(document, TERMINOLOGY)


def test_a_table_of_calls() -> None:
    """Lines of one gene are several calls; comments and empty lines count, so that places are found again."""
    calls = tabled_calls("# comment\n\nCYP2D6\t*1/*4\nCYP2D6\t*4/*4\nTPMT\t\tPoor Metabolizer\n")
    assert [place for place, _ in calls.by_gene["CYP2D6"]] == ["line 3", "line 4"]
    fact = phenotype_of("CYP2D6", calls)
    assert (fact.possible, fact.reason) == (("intermediate", "poor"), Reason.CONFLICT)
    assert phenotype_of("TPMT", calls).possible == ("poor",)


@pytest.mark.parametrize(
    "text",
    ["", "\n", "NA18526\n", "CYP2D6\n", "CYP2D6\t\n", "chr1\t97740410\n", "Gene\tCall\nCYP2D6\t*1/*4\n"],
)
def test_a_table_of_something_else_is_refused(text: str) -> None:
    with pytest.raises(UnusableReport):
        tabled_calls(text)


def test_calls_tell_of_genes_and_of_nothing_else() -> None:
    """H-068: that no drug is listed does not mean that none is taken."""
    chart = chart_of_calls("NA1", pharmcat_calls(FLAT).by_gene)
    taken = Source(SourceKind.MEDICATION, "niraparib")
    item = Input("taken", BooleanType(), taken, None, True, WhenMissing.SILENT, SPAN)
    fact = gather([item], chart, AS_OF, TERMINOLOGY, None)["taken"]
    assert (fact.possible, fact.reason) == ((), Reason.MISSING)
    assert "absence cannot be concluded" in fact.explanation


def phenotype_of(symbol: str, calls: Calls) -> Fact:
    kind = EnumType("phenotype", ())
    item = Input("it", kind, Source(SourceKind.PHENOTYPE, symbol), None, True, WhenMissing.SILENT, SPAN)
    return gather([item], chart_of_calls("", calls.by_gene), AS_OF, TERMINOLOGY, None)["it"]


def test_published_example() -> None:
    """The calls of the published example, as its own report translates them."""
    folder = reference_folder("fhir-samples/pharmcat-example")
    matched = load_json((folder / "pharmcat.example.match.json").read_bytes())
    facts = pharmcat_facts(matched, published())
    lines = (folder / "pharmcat.example.report.tsv").read_text("utf-8").splitlines()[2:]
    theirs = {row[0]: row[2] for row in (line.split("\t") for line in lines)}
    assert len(facts) == 11
    for symbol, fact in facts.items():
        assert (fact.possible, fact.reason) == ((theirs[symbol],), None)
