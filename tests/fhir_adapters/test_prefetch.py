"""Prefetch templates that every 2.0 client can evaluate."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import parse_qsl

import pytest

import fhir_adapters
from dsl import SourceKind
from fhir_adapters import PrefetchKey, key_of, lint_template, prefetch_templates
from fhir_adapters.prefetch import MAX_URL_LENGTH, key_of_name, url_length
from fhir_adapters.terminology import Coding
from tests.fhir_adapters.example import INPUTS, TERMINOLOGY, ExampleTerminology, rule_input


def test_templates() -> None:
    """Checklist E1 to E5, E14: in a fixed order, with the codes of the inputs, sorted."""
    templates = prefetch_templates(INPUTS, TERMINOLOGY, with_medications=False)
    patient = "{{context.patientId}}"
    assert list(templates.items()) == [
        ("patient", f"Patient/{patient}"),
        (
            "pgx",
            f"Observation?patient={patient}&code="
            "http://hl7.org/fhir/uv/genomics-reporting/CodeSystem/tbd-codes-cs|therapeutic-implication,"
            "http://loinc.org|53040-2,http://loinc.org|79713-4,http://loinc.org|79714-2,"
            "http://loinc.org|84413-4,http://loinc.org|84414-2",
        ),
        ("medications", f"MedicationRequest?patient={patient}"),
        ("conditions", f"Condition?patient={patient}"),
        (
            "labs",
            f"Observation?patient={patient}&code=http://loinc.org|1975-2,http://loinc.org|26515-7,"
            "http://loinc.org|29463-7,http://loinc.org|3141-9,http://loinc.org|777-3,"
            "http://loinc.org|82810-3&_sort=-date",
        ),
        ("exposure", f"MedicationStatement?patient={patient}"),
        ("exposure2", f"MedicationAdministration?patient={patient}"),
        ("exposure3", f"MedicationDispense?patient={patient}"),
        ("allergies", f"AllergyIntolerance?patient={patient}"),
    ]
    for template in templates.values():
        assert set(re.findall(r"\{\{.*?\}\}", template)) == {patient}
        names = [name for name, _ in parse_qsl(template.partition("?")[2])]
        assert len(names) == len(set(names))


def test_a_phenotype_needs_the_conditions_too() -> None:
    """H-034: a transplant on the problem list makes every germline result unreliable."""
    templates = prefetch_templates([rule_input("phenotype", "TPMT")], TERMINOLOGY, with_medications=False)
    assert list(templates) == ["pgx", "conditions"]


def test_a_score_or_a_genotype_is_asked_for_as_a_phenotype_is() -> None:
    score, alleles, phenotype = (
        prefetch_templates([rule_input(kind, "TPMT")], TERMINOLOGY, with_medications=False)
        for kind in ("score", "genotype", "phenotype")
    )
    assert score == alleles == phenotype and "79713-4" in score["pgx"]
    assert key_of(SourceKind.SCORE) is PrefetchKey.PGX


def test_a_network_is_asked_by_the_codes_of_variants() -> None:
    network, variant = (
        prefetch_templates([rule_input(kind, name)], TERMINOLOGY, with_medications=False)
        for kind, name in (("pathway", "cascade"), ("variant", "PTPN11"))
    )
    assert network == variant and "69548-6" in network["pgx"] and "diagnostic-implication" in network["pgx"]


def test_only_what_is_needed() -> None:
    """Checklist T5, E13."""
    weight = [rule_input("observation", "weight", 90)]
    assert list(prefetch_templates(weight, TERMINOLOGY, with_medications=False)) == ["labs"]
    assert list(prefetch_templates(weight, TERMINOLOGY, with_medications=True)) == ["medications", "labs"]
    assert prefetch_templates([], TERMINOLOGY, with_medications=False) == {}


@pytest.mark.parametrize("count", [1, 45, 60, 200])
def test_a_long_query_is_split(count: int) -> None:
    """Every code is asked for exactly once, under names of one key, in queries that every proxy bears."""
    terminology = ExampleTerminology()
    codes = frozenset(Coding("http://loinc.org", f"{number}-0") for number in range(10_000, 10_000 + count))
    terminology.observables["weight"] = replace(terminology.observables["weight"], codes=codes)
    inputs = [rule_input("observation", "weight"), rule_input("patient", "age")]
    templates = prefetch_templates(inputs, terminology, with_medications=False)
    names = [name for name in templates if name != "patient"]
    assert names == ["labs", *(f"labs{part}" for part in range(2, len(names) + 1))]
    assert [lint_template(template) for template in templates.values()] == [[]] * len(templates)
    assert {key_of_name(name) for name in names} == {PrefetchKey.LABS}
    asked = [dict(parse_qsl(templates[name].partition("?")[2]))["code"].split(",") for name in names]
    assert sorted(token for part in asked for token in part) == sorted("|".join(code) for code in codes)
    assert all(url_length(templates[name]) > MAX_URL_LENGTH - 60 for name in names[:-1])


def test_names_of_parts() -> None:
    assert key_of_name("pgx12") is PrefetchKey.PGX and key_of_name("pgx") is PrefetchKey.PGX
    assert key_of_name("labs-2") is key_of_name("2labs") is key_of_name("2") is key_of_name("other") is None


def test_each_kind_of_input_has_its_key() -> None:
    keys = {item.source.kind.value: key_of(item.source.kind).value for item in INPUTS}
    assert keys == {
        "observation": "labs",
        "phenotype": "pgx",
        "patient": "patient",
        "condition": "conditions",
        "indication": "conditions",
        "medication": "medications",
        "exposure": "exposure",
        "allergy": "allergies",
    }


def test_exported_names() -> None:
    """The front door: what other rooms may rely on."""
    assert fhir_adapters.__all__ == [
        "ADVICE",
        "BearerToken",
        "BulkFault",
        "BulkReport",
        "Calls",
        "Chart",
        "ChartFinding",
        "DraftOrders",
        "FactReader",
        "FetchPlan",
        "FhirError",
        "Intake",
        "JsonRefused",
        "KeyState",
        "Order",
        "OrderDrug",
        "PrefetchKey",
        "StrictUnavailable",
        "TemplateFinding",
        "UnknownSource",
        "Unmapped",
        "UnusableBundle",
        "UnusableFolder",
        "UnusableReport",
        "UnwritableDose",
        "WrongPatient",
        "active_medications",
        "chart_of_bundle",
        "chart_of_calls",
        "chart_of_prefetch",
        "charts_of_folder",
        "completed",
        "draft_orders",
        "drafts_on_file",
        "dump_json",
        "export_files",
        "gather",
        "key_of",
        "key_of_name",
        "keys_of",
        "lint_template",
        "load_json",
        "medication_reads",
        "pharmcat_calls",
        "pharmcat_facts",
        "plan_fetch",
        "prefetch_states",
        "prefetch_templates",
        "read_genotypes",
        "rewritten",
        "tabled_calls",
        "unmapped_observations",
    ]
    assert all(hasattr(fhir_adapters, name) for name in fhir_adapters.__all__)
