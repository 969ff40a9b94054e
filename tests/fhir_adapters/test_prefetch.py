"""Prefetch templates that every 2.0 client can evaluate."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

import fhir_adapters
from fhir_adapters import key_of, prefetch_templates
from tests.fhir_adapters.example import INPUTS, TERMINOLOGY, rule_input


def test_templates() -> None:
    """Checklist E1 to E5, E14: in a fixed order, with the codes of the inputs, sorted."""
    templates = prefetch_templates(INPUTS, TERMINOLOGY, with_medications=False)
    patient = "{{context.patientId}}"
    assert list(templates.items()) == [
        ("patient", f"Patient/{patient}"),
        (
            "pgx",
            f"Observation?patient={patient}&code=http://loinc.org|79713-4,http://loinc.org|79714-2,"
            "http://loinc.org|84413-4",
        ),
        ("medications", f"MedicationRequest?patient={patient}"),
        ("conditions", f"Condition?patient={patient}"),
        (
            "labs",
            f"Observation?patient={patient}&code=http://loinc.org|1975-2,http://loinc.org|26515-7,"
            "http://loinc.org|29463-7,http://loinc.org|3141-9,http://loinc.org|777-3&_sort=-date",
        ),
    ]
    for template in templates.values():
        assert set(re.findall(r"\{\{.*?\}\}", template)) == {patient}
        names = [name for name, _ in parse_qsl(template.partition("?")[2])]
        assert len(names) == len(set(names))


def test_only_what_is_needed() -> None:
    """Checklist T5, E13."""
    weight = [rule_input("observation", "weight", 90)]
    assert list(prefetch_templates(weight, TERMINOLOGY, with_medications=False)) == ["labs"]
    assert list(prefetch_templates(weight, TERMINOLOGY, with_medications=True)) == ["medications", "labs"]
    assert prefetch_templates([], TERMINOLOGY, with_medications=False) == {}


def test_each_kind_of_input_has_its_key() -> None:
    keys = {item.source.kind.value: key_of(item.source.kind).value for item in INPUTS}
    assert keys == {
        "observation": "labs",
        "phenotype": "pgx",
        "patient": "patient",
        "condition": "conditions",
        "indication": "conditions",
        "medication": "medications",
    }


def test_exported_names() -> None:
    """The front door: what other rooms may rely on."""
    assert fhir_adapters.__all__ == [
        "Chart",
        "ChartFinding",
        "DraftOrders",
        "FhirError",
        "JsonRefused",
        "KeyState",
        "Order",
        "OrderDrug",
        "PrefetchKey",
        "UnknownSource",
        "UnusableBundle",
        "UnwritableDose",
        "WrongPatient",
        "active_medications",
        "chart_of_bundle",
        "chart_of_prefetch",
        "draft_orders",
        "dump_json",
        "gather",
        "key_of",
        "load_json",
        "prefetch_templates",
        "rewritten",
    ]
    assert all(hasattr(fhir_adapters, name) for name in fhir_adapters.__all__)
