"""The facts of the bundled knowledge base: codes against the reference, rules against their own tests."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from dsl import (
    Coding,
    Rule,
    RuleFile,
    SourceKind,
    check,
    parse_text,
    quantity,
    run_tests,
    untested_lines,
)
from kb import BUNDLED, RXNORM, Drug, load_tables
from kb.drug_codes import ATC
from kb.knowledge import DrugConcept
from tests.cds.cards.support import LOINC, active, bundled, reference_rows

RULES = [pytest.param(rule, id=f"{rule.name}-{rule.version}") for rule in bundled().rules]
ACTIVE = [pytest.param(rule, id=f"{rule.name}-{rule.version}") for rule in active()]


@pytest.mark.parametrize("rule", RULES)
def test_tests_beside_the_rule_pass_and_reach_every_row(rule: Rule) -> None:
    runs = run_tests(rule)
    assert runs and [failure for run in runs for failure in run.failures] == []
    assert untested_lines(rule, runs) == ()


@pytest.mark.parametrize("rule", ACTIVE)
def test_each_active_rule_is_cited_and_to_be_reviewed_within_a_year(rule: Rule) -> None:
    """H-119: no rule without an end of trust."""
    reviewed = max(day for day, _ in rule.evidence.reviewed)
    assert reviewed < rule.review_by <= reviewed + timedelta(days=366)
    for citation in rule.evidence.citations:
        source = bundled().sources[citation.identifier]
        assert (source.published or "") <= source.read.isoformat() <= reviewed.isoformat()
        assert source.url.startswith("https://")


def test_no_warnings() -> None:
    assert bundled().warnings == ()


def test_the_three_rules_are_in_force_today() -> None:
    rules = bundled().in_force(date(2026, 11, 20), fire_draft=False)
    assert [rule.drugs for rule in rules] == [("clopidogrel",), ("mercaptopurine",), ("niraparib",)]


@pytest.mark.parametrize("name", ["clopidogrel", "mercaptopurine"])
def test_ingredient_codes_against_the_reference(name: str) -> None:
    (row,) = [row for row in reference_rows("pgx/drugs.tsv") if row["drug"] == name]
    assert bundled().drugs[name].rxnorm == row["rxnorm"]


def test_a_drug_that_rxnorm_does_not_have_goes_by_its_other_code() -> None:
    drug = bundled().drugs["ribostamycin"]
    assert (drug.rxnorm, drug.coding) == ("", Coding(ATC, "J01GB10"))
    assert bundled().drug_of_coding(drug.coding) == DrugConcept(frozenset({"ribostamycin"}))


def test_niraparib_has_the_ingredient_code_of_the_contract() -> None:
    assert bundled().drug_of_coding(Coding(RXNORM, "1918231")) == DrugConcept(frozenset({"niraparib"}))


@pytest.mark.parametrize("drug", bundled().drugs.values(), ids=bundled().drugs)
def test_products_name_their_ingredient_and_strength(drug: Drug) -> None:
    """A product listed under the wrong drug, or with the wrong strength, would suggest a wrong order."""
    for product in drug.products:
        assert product.display.split()[0] == drug.name
        amount, unit = product.display.split()[1:3]
        if product.strength is not None:
            assert (product.strength.value, product.strength.unit) == (Fraction(amount), unit.lower())
        assert bundled().drug_of_text(product.display.upper()) == DrugConcept(frozenset({drug.name}))


@pytest.mark.parametrize("drug", bundled().drugs.values(), ids=bundled().drugs)
def test_every_listed_code_leads_to_its_drug(drug: Drug) -> None:
    """H-024."""
    products = (product.rxnorm for product in drug.products if product.rxnorm)
    listed = [*(Coding(RXNORM, code) for code in (drug.rxnorm, *products) if code), *drug.codes]
    alone = DrugConcept(frozenset({drug.name}))
    assert {bundled().drug_of_coding(coding) for coding in listed} == {alone}


def test_drug_text_must_equal_a_listed_name() -> None:
    """C2: no part, no brand that is not listed, no misspelling."""
    knowledge = bundled()
    assert knowledge.drug_of_text("  NIRAPARIB ") == DrugConcept(frozenset({"niraparib"}))
    for text in ("niraparib 100", "Zejula", "niraparib/abiraterone", "not niraparib", "nirapari", ""):
        assert knowledge.drug_of_text(text) is None


@pytest.mark.parametrize(
    ("codings", "names", "drugs"),
    [
        ([("rxnorm", "313782")], ["acetaminophen 325 MG Oral Tablet"], frozenset()),
        ([("rxnorm", "2000000")], ["Niraparib 300 MG Oral Tablet [Zejula]"], {"niraparib"}),
        ([("rxnorm", "2000000")], ["ZEJULA (niraparib)", "white tablet"], {"niraparib"}),
        ([("rxnorm", "2000000")], ["codeine / methylene blue"], {"codeine", "methylene_blue"}),
        ([("rxnorm", "2000000")], [], None),
        ([("rxnorm", "2000000")], ["-"], None),
        ([("local", "1")], ["acetaminophen"], None),
        ([], ["acetaminophen"], None),
    ],
)
def test_a_product_that_nobody_listed_may_be_what_its_words_name(
    codings: list[tuple[str, str]], names: list[str], drugs: set[str] | None
) -> None:
    """H-024, H-045: without an RxNorm release an unlisted code tells nothing; the words beside it must."""
    systems = {"rxnorm": RXNORM, "local": "urn:local"}
    listed = [Coding(systems[system], code) for system, code in codings]
    assert bundled().may_mean(listed, names) == drugs


def test_molar_masses_are_those_of_the_formulas() -> None:
    """H-003: summed over the abridged standard atomic weights of IUPAC (2021)."""
    weights = {"C": "12.011", "H": "1.008", "N": "14.007", "O": "15.999"}
    formulas = {"total_bilirubin": {"C": 33, "H": 36, "N": 4, "O": 6}}
    formulas["serum_creatinine"] = {"C": 4, "H": 7, "N": 3, "O": 1}
    formulas["phenytoin_total"] = formulas["phenytoin_free"] = {"C": 15, "H": 12, "N": 2, "O": 2}
    given = {name: each.molar_mass for name, each in bundled().observables.items() if each.molar_mass}
    assert given == {
        name: quantity(sum(Decimal(weights[element]) * count for element, count in atoms.items()), "g/mol")
        for name, atoms in formulas.items()
    }


def test_check_digits_of_loinc_codes() -> None:
    codes = [
        coding.code
        for table in (bundled().observables, bundled().statuses)
        for each in table.values()
        for coding in each.codes
        if coding.system == LOINC
    ]
    codes += [c.code for gene in bundled().genes() for c in gene.interpretation_codes]
    assert codes
    for code in codes:
        number, _, digit = code.partition("-")
        total = sum(
            sum(divmod(int(figure) * (2 if place % 2 == 0 else 1), 10))
            for place, figure in enumerate(reversed(number))
        )
        assert int(digit) == -total % 10, code


def test_snomed_check_digits() -> None:
    """A mistyped code of a diagnosis or a drug would silently never match."""
    permutation = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)

    def product(a: int, b: int) -> int:  # of the dihedral group, as in the check digit of Verhoeff
        turned = (a + b) % 5 if a < 5 else (a - b) % 5
        return turned + 5 * ((a < 5) is not (b < 5))

    tables: dict[str, Iterable[Coding]] = {name: each.codes for name, each in bundled().conditions.items()}
    tables |= {name: each.codes for name, each in bundled().drugs.items()}
    for name, codes in tables.items():
        for coding in codes:
            if coding.system == "http://snomed.info/sct":
                check = 0
                for place, figure in enumerate(reversed(coding.code)):
                    value = int(figure)
                    for _ in range(place % 8):
                        value = permutation[value]
                    check = product(check, value)
                assert check == 0, (name, coding.code)


@pytest.mark.parametrize("rule", RULES)
def test_every_input_of_a_rule_has_a_source_in_the_tables(rule: Rule) -> None:
    knowledge = bundled()
    tables = {
        SourceKind.OBSERVATION: knowledge.observables,
        SourceKind.PHENOTYPE: knowledge.gene_table,
        SourceKind.SCORE: knowledge.gene_table,
        SourceKind.GENOTYPE: knowledge.gene_table,
        SourceKind.VARIANT: knowledge.variants,
        SourceKind.PATHWAY: knowledge.pathways,
        SourceKind.CONDITION: knowledge.conditions,
        SourceKind.INDICATION: knowledge.indication_sets,
        SourceKind.MEDICATION: knowledge.drugs,
        SourceKind.EXPOSURE: knowledge.drugs,
        SourceKind.VARIANT: knowledge.variants,
    }
    for declared in rule.inputs:
        if declared.source.kind is not SourceKind.PATIENT:
            assert declared.source.name in tables[declared.source.kind]


def test_condition_prefixes_match_what_begins_alike_only() -> None:
    stroke = bundled().condition_set("stroke_or_tia")
    icd = "http://hl7.org/fhir/sid/icd-10-cm"
    assert stroke.matches(Coding(icd, "I63.511")) and stroke.matches(Coding(icd, "Z86.73"))
    assert not stroke.matches(Coding(icd, "I62.9")) and not stroke.matches(
        Coding("http://snomed.info/sct", "I63")
    )


@pytest.mark.parametrize(
    "dose, codes",
    [
        ("weight * 5 mg/kg rounded down to 50 mg max 600 mg", []),
        ("weight * 5 rounded down to 50 mg max 600 mg", ["BR016"]),
        ("weight * 5 ug/kg rounded to 50 mg min 100 mg max 600 mg", ["BR016"]),
    ],
)
def test_a_body_weight_is_no_dose(dose: str, codes: list[str]) -> None:
    """H-042: five times 70 kg is 350 kg, which the greatest dose would turn into 600 mg for everybody."""
    text = f"""rule example.dose version 1.0.0 {{
      title "A dose" status draft effective from 2026-01-01 review by 2029-01-01
      concerns drug niraparib population any because "an example" evidence {{ cites label:zejula }}
      input weight: Quantity[kg] from observation body_weight within 90 days required
      decide dose first {{ when weight > 30 kg => give {dose} once daily unknown => ask weight }}
    }}"""
    parsed = parse_text(text, "example.rule")
    assert isinstance(parsed, RuleFile)
    found = check([parsed], load_tables(BUNDLED).names).diagnostics
    assert [one.code for one in found if one.severity == "error"] == codes
