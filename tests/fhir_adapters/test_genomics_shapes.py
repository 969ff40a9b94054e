"""The wider shapes of genetic results, each on a small resource of our own."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl.values import Fact, Reason
from fhir_adapters import gather
from fhir_adapters.genomics.alleles import read_genotypes
from fhir_adapters.reading import LOINC
from fhir_adapters.terminology import Coding, Gene
from tests.fhir_adapters.example import (
    AS_OF,
    PATIENT_ID,
    SNOMED,
    ExampleGene,
    ExampleTerminology,
    Json,
    chart,
    concept,
    condition,
    genotype,
    observation,
    phenotype,
    rule_input,
)
from tests.fhir_adapters.published_genes import HlaGene

POOR, NORMAL = "LA9657-3", "LA25391-6"
IMPLICATION = concept(
    "therapeutic-implication", "http://hl7.org/fhir/uv/genomics-reporting/CodeSystem/tbd-codes-cs"
)
HLA_B = HlaGene("HLA-B", "HGNC:4932", "*57:01")
CYP2D6 = ExampleGene(
    "CYP2D6",
    "HGNC:2625",
    frozenset({Coding(LOINC, "79715-9"), Coding(LOINC, "40425-1")}),
    {
        "*1": "n",
        "*4": "0",
        "*1x2": "n",
        "*1x≥3": "n",
        "*4x2": "0",
        "*4x≥3": "0",
        "*10x2": "0",
        "*36+*10": "0",
    },
    {"rs3892097 T": "*4", "rs3892097 C": "*1", "NM_000106.6:c.506-1G>A": "*4"},
    {"0": "poor", "0.5": "intermediate", "1": "intermediate", "2": "normal", "3": "normal"},
)


class WiderTerminology(ExampleTerminology):
    """Two more genes: one with activity scores and listed names, one of HLA."""

    def gene(self, symbol: str) -> Gene:
        return next(gene for gene in self.genes() if gene.symbol == symbol)

    def genes(self) -> tuple[Gene, ...]:
        return (*super().genes(), CYP2D6, HLA_B)


def found(symbol: str, *resources: Json) -> Fact:
    item = rule_input("phenotype", symbol)
    return gather([item], chart(*resources, key="pgx"), AS_OF, WiderTerminology(), None)[symbol]


def studied(*codes: str, system: str = "http://www.genenames.org") -> list[Json]:
    return [{"code": concept("48018-6"), "valueCodeableConcept": concept(code, system)} for code in codes]


def coded(code: Json, identifier: str = "o1", **more: Any) -> Json:
    """An Observation with this CodeableConcept as its code."""
    return observation("", identifier, **more) | {"code": code}


def named(text: str, **more: Any) -> Json:
    """An Observation of which the code is a text alone."""
    return coded({"text": text}, **more)


def haplotype(name: str, identifier: str, **more: Any) -> Json:
    value = {"valueCodeableConcept": {"text": name}, "component": studied("HGNC:2625")}
    return observation("84414-2", identifier, **(value | more))


def from_haplotypes(*identifiers: str, **more: Any) -> Json:
    parents = [{"reference": f"Observation/{identifier}"} for identifier in identifiers]
    value = {"valueCodeableConcept": None, "derivedFrom": parents}
    return genotype("", hgnc="HGNC:2625", **(value | more))


@pytest.mark.parametrize(
    ("text", "possible"),
    [
        ("CYP2D6_*1/*4", {"intermediate"}),
        ("CYP2D6:*4.001/*4.002", {"poor"}),
        ("*36+*10/*4", {"poor"}),
        ("*1x2/*4", {"intermediate"}),
        ("*1x5/*1", {"normal"}),
        ("*1×2/*4", {"intermediate"}),
        ("*1x>=3/*4", {"intermediate"}),
        ("*1xN/*4", {"intermediate"}),
        ("(*1/*4)xN", {"intermediate"}),
        ("*1/*4 x2", {"intermediate"}),
        ("(*4/*4)xN", {"poor"}),
        ("*4/?", {"poor", "intermediate"}),
        ("Unknown/*4", {"poor", "intermediate"}),
        ("*1/*4 OR *4/*4", {"poor", "intermediate"}),
        ("rs3892097 C/T", {"intermediate"}),
        ("CYP2D6 rs3892097 T/T", {"poor"}),
        ("NM_000106.6:c.506-1G>A/*4", {"poor"}),
        ("*1/*4; TPMT *1/*1", set()),
        ("?/?", set()),
        ("rs3892097 C/A", set()),
        ("rs1/rs1", set()),
        ("c.506-1G>A/*4", set()),
        ("*36xN+*10xN/*4", set()),
        ("*36xN/*4", set()),
        ("*10xN/*4", set()),
        ("no call", set()),
        ("Indeterminate", set()),
        ("*1/*4; *4/*4", set()),
        ("*1/*4/*4", set()),
        ("", set()),
    ],
)
def test_texts_of_genotypes(text: str, possible: set[str]) -> None:
    """H-033: what is left open stays open; what is not wholly understood is not used, never normal."""
    fact = found("CYP2D6", genotype(text, hgnc="HGNC:2625"))
    assert set(fact.possible) == possible
    assert possible or fact.reason is Reason.NO_VALUE


def test_which_copy_is_multiplied_stays_open() -> None:
    (either,) = read_genotypes("(*1/*4)xN", CYP2D6)
    assert str(either) == "*1x2/*4 or *1x≥3/*4 or *1/*4x2 or *1/*4x≥3"


@pytest.mark.parametrize(
    ("text", "possible"),
    [
        ("HLA-B*57:01", ("positive",)),
        ("HLA-B*15:02", ("negative", "positive")),
        ("*15:02/*57:01:01G", ("positive",)),
        ("B*57:01/B*15:02", ("positive",)),
        ("hla#3.23.0#HLA-B*15:01:01G+HLA-B*57:01:01G", ("positive",)),
        ("hla#3.23.0#HLA-A*01:01+HLA-A*02:01^HLA-B*15:01+HLA-B*08:01", ("negative",)),
        ("hla#3.23.0#HLA-B*57:01/HLA-B*57:03+HLA-B*08:01", ("negative", "positive")),
        ("hla#3.23.0#HLA-B*57:01+HLA-B*08:01|HLA-B*57:01+HLA-B*15:01", ("positive",)),
        ("hla#3.23.0#HLA-A*01:01~HLA-B*57:01+HLA-A*02:01~HLA-B*08:01", ("positive",)),
        ("hla#3.23.0#HLA-B*57:01N+HLA-B*08:01", ("negative",)),
        ("hla#3.23.0#HLA-B:57:01+HLA-B*08:01", ()),
        ("hla#3.23.0#HLA-B*08:01+HLA-B*08:01+HLA-B*57:01", ()),
        ("HLA-A*57:01/HLA-A*57:01", ()),
        ("A*57:01/A*57:01", ()),
    ],
)
def test_hla(text: str, possible: tuple[str, ...]) -> None:
    """GL strings, two fields of each allele; a letter of expression is another allele."""
    value: Json = {"valueCodeableConcept": concept(text, "http://glstring.org")}
    assert found("HLA-B", genotype("", hgnc="HGNC:4932", **value)).possible == possible


def test_too_many_alternatives_are_not_read() -> None:
    """Endless ambiguity costs no time and is no result."""
    many = "/".join(f"HLA-B*{number}:01" for number in range(10, 40))
    assert read_genotypes(f"hla#3#{many}+{many}", HLA_B) == ()


@pytest.mark.parametrize("text", ["CYP2D6 *4/*4; TPMT *1/*1", "TPMT *1/*1, CYP2D6 *4/*4"])
def test_two_genes_in_one_genotype(text: str) -> None:
    """Each gene gets its part; a gene that is studied and not told of gets nothing."""
    both = genotype(text, hgnc=None, component=studied("HGNC:2625", "HGNC:12014", "HGNC:2621"))
    assert found("CYP2D6", both).possible == ("poor",)
    assert found("TPMT", both).possible == ("normal",)
    assert found("CYP2C19", both).reason is Reason.CONFLICT


@pytest.mark.parametrize(
    "component",
    [
        studied("2625"),
        studied("HGNC:2625", system="http://www.genenames.org/geneId"),
        studied("CYP2D6", system="https://www.genenames.org"),
        studied("HGNC:2625", system="urn:oid:2.16.840.1.113883.6.281"),
        [{"code": concept("48018-6"), "valueCodeableConcept": {"text": "CYP2D6"}}],
    ],
)
def test_gene_systems(component: list[Json]) -> None:
    assert found("CYP2D6", genotype("*4/*4", hgnc=None, component=component)).possible == ("poor",)


def test_genotype_by_its_own_code_or_wording() -> None:
    """H-023: component, then wording, then code tell the gene; a local code alone tells nothing."""
    laboratory = observation("40425-1", valueString="*1/*4")
    assert found("CYP2D6", laboratory).possible == ("intermediate",)
    worded = named("CYP2D6 Genotype", valueString="*1/*4")
    assert found("CYP2D6", worded).possible == ("intermediate",)
    outranked = coded(concept("79715-9", display="TPMT phenotype"), valueString="Poor Metabolizer")
    assert found("TPMT", outranked).possible == ("poor",)
    assert found("CYP2D6", outranked).reason is Reason.CONFLICT
    other = named("CYP2D6 phenotype after inhibitors", valueString="Poor Metabolizer")
    assert found("CYP2D6", other).data == ()
    local = coded(concept("X1", "urn:site"), valueString="*4/*4")
    assert found("CYP2D6", local).data == ()


def test_phenotype_and_genotype_in_one_text() -> None:
    """H-034: both are read, so that a contradiction shows."""
    name = {"text": "CYP2D6 phenotype"}
    agrees = found("CYP2D6", coded(name, valueString="Normal Metabolizer (*1/*1)"))
    assert (agrees.possible, agrees.explanation) == (("normal",), "genotype and reported phenotype agree")
    differs = found("CYP2D6", coded(name, valueString="Normal Metabolizer (*4/*4)"))
    assert (differs.possible, differs.reason) == (("normal", "poor"), Reason.CONFLICT)
    assert len(differs.data) == 2
    half = found("CYP2D6", coded(name, valueString="Normal Metabolizer (see report)"))
    assert (half.possible, half.reason) == ((), Reason.NO_VALUE)


def test_haplotypes_of_a_genotype() -> None:
    one, other = haplotype("CYP2D6*4.001", "h1"), haplotype("NM_000106.6:c.506-1G>A", "h2")
    assert found("CYP2D6", one, other, from_haplotypes("h1", "h2")).possible == ("poor",)
    # One of two, the same one twice, three, an unknown one, a withdrawn one: no genotype.
    for identifiers in (("h1",), ("h1", "h1"), ("h1", "h2", "h3")):
        fact = found("CYP2D6", one, other, haplotype("*1", "h3"), from_haplotypes(*identifiers))
        assert (fact.possible, fact.reason) == ((), Reason.NO_VALUE)
    coded_too = concept("PV00126", "http://www.pharmvar.org", display="CYP2D6*4.002")
    catalogued = haplotype("", "h2", valueCodeableConcept=coded_too)
    assert found("CYP2D6", one, catalogued, from_haplotypes("h1", "h2")).possible == ("poor",)
    strange = haplotype("PV1", "h2")
    assert found("CYP2D6", one, strange, from_haplotypes("h1", "h2")).reason is Reason.NO_VALUE
    withdrawn = entered_in_error(other)
    assert found("CYP2D6", one, withdrawn, from_haplotypes("h1", "h2")).reason is Reason.STATUS
    alone = found("CYP2D6", one)
    assert (alone.possible, alone.reason) == ((), Reason.NO_VALUE)
    assert found("TPMT", one).data == ()


def entered_in_error(resource: Json) -> Json:
    return resource | {"status": "entered-in-error"}


def test_haplotypes_that_contradict_their_genotype() -> None:
    """H-034: the parts are believed no less than the whole."""
    parts = (haplotype("*4", "h1"), haplotype("*4", "h2"))
    whole = from_haplotypes("h1", "h2", valueCodeableConcept={"text": "*1/*1"})
    fact = found("CYP2D6", *parts, whole)
    assert (fact.possible, fact.reason) == (("normal", "poor"), Reason.CONFLICT)


@pytest.mark.parametrize(
    ("value", "possible", "text"),
    [
        ({"valueQuantity": {"value": 1}}, ("intermediate",), "1"),
        (
            {"valueQuantity": {"value": 2, "code": "{score}", "system": "http://unitsofmeasure.org"}},
            ("normal",),
            "2",
        ),
        ({"valueInteger": 0}, ("poor",), "0"),
        ({"valueString": "0.5"}, ("intermediate",), "0.5"),
        ({"valueCodeableConcept": {"text": "≥3.0"}}, ("normal",), "≥3.0"),
        ({"valueQuantity": {"value": 1, "comparator": ">="}}, ("intermediate", "normal"), "≥1"),
        ({"valueRange": {"low": {"value": 0}, "high": {"value": 1}}}, ("intermediate", "poor"), "0 to 1"),
        ({"valueQuantity": {"value": 1, "code": "mg"}}, (), ""),
        ({"valueQuantity": {"value": 1, "comparator": "<"}}, (), ""),
        ({"valueQuantity": {"value": 7}}, (), "7"),
        ({"valueString": "n/a"}, (), ""),
        ({"valueInteger": 1, "dataAbsentReason": {}}, (), ""),
    ],
)
def test_activity_score(value: Json, possible: tuple[str, ...], text: str) -> None:
    """As an Observation of its own and as a component; one that is not understood gives nothing."""
    own = named("CYP2D6 activity score", **value)
    part = named(
        "panel",
        component=[*studied("HGNC:2625"), {"code": {"text": "Activity Score"}, **value}],
    )
    for resource in (own, part):
        fact = found("CYP2D6", resource)
        assert (fact.possible, [datum.text for datum in fact.data]) == (possible, [text])


def test_score_phenotype_and_genotype_of_one_result() -> None:
    """H-034: a phenotype of an older table contradicts the score; both are shown."""
    score = {"code": {"text": "activity score"}, "valueInteger": 1}
    parts = [*studied("HGNC:2625"), score]
    agreeing = found("CYP2D6", genotype("*1/*4", hgnc=None, component=parts))
    assert (agreeing.possible, agreeing.explanation) == (
        ("intermediate",),
        "activity score and genotype agree",
    )
    older = phenotype(NORMAL, code="79715-9", component=parts)
    fact = found("CYP2D6", older)
    assert (fact.possible, fact.reason) == (("intermediate", "normal"), Reason.CONFLICT)
    assert fact.explanation == "activity score says intermediate, reported phenotype says normal"


def test_a_phenotype_that_could_not_be_settled_outranks_the_genotype() -> None:
    """H-033, H-034: `not determined` beside `*1/*1` of one result is not normal."""
    parent = genotype("*1/*1", hgnc="HGNC:2625")
    child = phenotype("", code="79715-9", valueCodeableConcept={"text": "Not determined"})
    linked = child | {"derivedFrom": [{"reference": "Observation/g1"}]}
    fact = found("CYP2D6", parent, linked)
    assert (fact.possible, fact.reason) == ((), Reason.NO_VALUE)
    undetermined = {"code": {"text": "Phenotype"}, "valueString": "Not determined"}
    inside = genotype("*1/*1", hgnc=None, component=[*studied("HGNC:2625"), undetermined])
    assert found("CYP2D6", inside).reason is Reason.NO_VALUE
    # Another result, or one that was withdrawn, takes nothing away.
    assert found("CYP2D6", parent, child).possible == ("normal",)
    assert found("CYP2D6", parent, entered_in_error(linked)).possible == ("normal",)


def implication(*answers: str, **more: Any) -> Json:
    parts = [{"code": IMPLICATION, "valueCodeableConcept": concept(answer)} for answer in answers]
    value: Json = {"component": parts, "derivedFrom": [{"reference": "Observation/g1"}]}
    return coded(IMPLICATION, "t1", **(value | more))


def test_therapeutic_implication() -> None:
    parent = genotype("*4/*4", hgnc="HGNC:2625")
    assert found("CYP2D6", parent, implication(POOR)).explanation == "genotype and reported phenotype agree"
    contradicted = found("CYP2D6", parent, implication(NORMAL))
    assert (contradicted.possible, contradicted.reason) == (("normal", "poor"), Reason.CONFLICT)
    # `Resistant` is about one drug: it is no phenotype, and says nothing against the genotype.
    resistant = found("CYP2D6", parent, implication("LA6676-6"))
    assert (resistant.possible, len(resistant.data)) == (("poor",), 2)
    older = [{"code": concept("53040-2"), "valueCodeableConcept": concept(POOR)}]
    assert found("CYP2D6", implication(component=[*studied("HGNC:2625"), *older])).possible == ("poor",)
    two = genotype("*1/*1", "g2", hgnc="HGNC:12014")
    parents = [{"reference": "Observation/g1"}, {"reference": "Observation/g2"}]
    of_two = found("TPMT", parent, two, implication(POOR, derivedFrom=parents))
    assert of_two.possible == ("normal",)
    assert Reason.CONFLICT in {datum.reason for datum in of_two.data}


def test_panel_with_a_component_for_each_gene() -> None:
    panel = named(
        "Pharmacogenetic panel",
        component=[
            {"code": concept("40425-1"), "valueString": "*4/*4"},
            {"code": concept("79713-4"), "valueCodeableConcept": concept(NORMAL)},
            {"code": {"text": "CYP2C19 phenotype"}, "valueString": "Intermediate Metabolizer"},
            {"code": {"text": "CYP9Z9 phenotype"}, "valueString": "Poor Metabolizer"},
        ],
    )
    assert [found(symbol, panel).possible for symbol in ("CYP2D6", "TPMT", "CYP2C19")] == [
        ("poor",),
        ("normal",),
        ("intermediate",),
    ]


def test_a_component_about_another_gene_is_not_this_gene_s() -> None:
    parts = [*studied("HGNC:2625"), {"code": {"text": "CYP9Z9 phenotype"}, "valueString": "Poor Metabolizer"}]
    assert found("CYP2D6", genotype("*1/*1", hgnc=None, component=parts)).possible == ("normal",)


def test_groups_name_the_gene_of_their_members() -> None:
    member = genotype("*4/*4", hgnc=None)
    group = coded(
        {"text": "Group"},
        "grp",
        component=studied("HGNC:2625"),
        hasMember=[{"reference": "Observation/g1"}],
    )
    assert found("CYP2D6", member).data == ()
    assert found("CYP2D6", member, group).possible == ("poor",)
    assert len(found("CYP2D6", member, group).data) == 1


def report(status: str = "final", **more: Any) -> Json:
    return {
        "resourceType": "DiagnosticReport",
        "id": "r1",
        "status": status,
        "code": concept("51969-4"),
        "subject": {"reference": f"Patient/{PATIENT_ID}"},
    } | more


def test_results_contained_in_a_report() -> None:
    """H-017, H-020: they are the patient's only if the report or they say so."""
    inside = genotype("*4/*4", hgnc="HGNC:2625")
    del inside["subject"]
    child = implication(NORMAL, derivedFrom=[{"reference": "#g1"}])
    del child["subject"]
    assert found("CYP2D6", report(contained=[inside])).possible == ("poor",)
    assert found("CYP2D6", report(contained=[inside, child])).possible == ("normal", "poor")
    modified = inside | {"modifierExtension": [{"url": "urn:x"}]}
    assert found("CYP2D6", report(contained=[modified])).data == ()
    for subject in ({}, {"display": "her"}):
        fact = found("CYP2D6", report(contained=[inside | {"subject": subject}]))
        assert (fact.possible, fact.reason) == ((), Reason.SUBJECT)
    nobody = report(contained=[inside])
    del nobody["subject"]
    assert found("CYP2D6", nobody).reason is Reason.SUBJECT


def test_results_of_a_withdrawn_report() -> None:
    """H-009: a report entered in error takes its results with it, unless another report upholds them."""
    result = genotype("*4/*4", hgnc="HGNC:2625")
    withdrawn = report("entered-in-error", result=[{"reference": "Observation/g1"}])
    fact = found("CYP2D6", result, withdrawn)
    assert (fact.possible, fact.reason) == ((), Reason.STATUS)
    corrected = report("corrected", id="r2", result=[{"reference": "Observation/g1"}])
    assert found("CYP2D6", result, withdrawn, corrected).possible == ("poor",)


@pytest.mark.parametrize(
    ("system", "code"),
    [
        (SNOMED, "234336002"),
        (SNOMED, "18027006"),
        ("http://hl7.org/fhir/sid/icd-10-cm", "Z94.84"),
        ("http://hl7.org/fhir/sid/icd-10-cm", "D89.813"),
        ("http://hl7.org/fhir/sid/icd-10", "Z94.4"),
    ],
)
def test_after_a_transplant_no_result_counts(system: str, code: str) -> None:
    """H-034: a new marrow gives the donor's genotype, a new liver has the donor's enzymes."""
    result = genotype("*4/*4", hgnc="HGNC:2625")
    history = condition(code) | {"code": concept(code, system), "clinicalStatus": concept("resolved")}
    procedure = {
        "resourceType": "Procedure",
        "id": "pr1",
        "status": "completed",
        "code": concept(code, system),
    }
    procedure |= {"subject": {"reference": f"Patient/{PATIENT_ID}"}}
    for told in (history, procedure):
        fact = found("CYP2D6", result, told)
        assert (fact.possible, fact.reason) == ((), Reason.SUBJECT)
        assert "transplant" in fact.explanation
        assert {datum.text for datum in fact.data} == {code, "*4/*4"}
        assert found("CYP2D6", told).reason is Reason.MISSING
    refuted = history | {"verificationStatus": concept("refuted")}
    nobody = history | {"subject": {"display": "her"}}
    for untold in (refuted, nobody, procedure | {"status": "not-done"}, condition("40055000")):
        assert found("CYP2D6", result, untold).possible == ("poor",)


_ALLELES = st.sampled_from(["*1", "*4", "*1x2", "*4.001"])
_PAIRS = st.tuples(_ALLELES, _ALLELES).map("/".join)


@given(_PAIRS, _PAIRS)
def test_two_laboratories(one: str, other: str) -> None:
    """H-013, H-016, H-036: order and duplicates never matter; only contradiction shows."""
    first = genotype(one, "a", hgnc="HGNC:2625")
    second = genotype(other, "b", hgnc="HGNC:2625")
    alone, their_own = found("CYP2D6", first), found("CYP2D6", second)
    together = found("CYP2D6", first, second)
    assert found("CYP2D6", second, first).possible == together.possible
    assert found("CYP2D6", second, first).explanation == together.explanation
    assert found("CYP2D6", first, first).possible == alone.possible
    assert found("CYP2D6", first, second, second, first).possible == together.possible
    if alone.possible == their_own.possible:
        assert (together.possible, together.reason) == (alone.possible, None)
    else:
        assert together.possible == tuple(sorted({*alone.possible, *their_own.possible}, key=str))
        assert together.reason is Reason.CONFLICT


def test_a_bare_number_is_no_score() -> None:
    """A number without the words `activity score` is not read as one."""
    fact = found("CYP2D6", observation("79715-9", valueQuantity={"value": 1}))
    assert (fact.possible, fact.reason) == ((), Reason.NO_VALUE)
