"""Templates that some client could not evaluate, or would evaluate otherwise than meant."""

from __future__ import annotations

import pytest

from fhir_adapters import lint_template, prefetch_templates
from fhir_adapters.prefetch import MAX_URL_LENGTH, url_length
from tests.fhir_adapters.example import INPUTS, TERMINOLOGY

_SEARCH = "Observation?patient={{context.patientId}}&code=http://loinc.org|777-3"


@pytest.mark.parametrize(
    "template",
    [
        *prefetch_templates(INPUTS, TERMINOLOGY, with_medications=True).values(),
        "{{context.userId}}",
        "Practitioner/{{userPractitionerId}}",
        "Encounter/{{context.encounterId}}",
        f"{_SEARCH},718-7&date=ge2026-01-01&_count=1&_sort=-date,status",
        "Condition?subject=Patient/{{context.patientId}}&code:in=http://example.org/ValueSet/x",
    ],
)
def test_legal(template: str) -> None:
    """Checklist E1 to E3, E5."""
    assert lint_template(template) == []


@pytest.mark.parametrize(
    ("template", "codes"),
    [
        ("", ["form"]),
        ("Patient", ["form"]),
        ("Patient/{{context.patientId}}/_history", ["form"]),
        ("{{userPractitionerId}}", ["form"]),
        ("https://ehr.example/Patient/{{context.patientId}}", ["form"]),
        ("Patient/{{context.patientId}", ["character", "form"]),
        ("Patient/{{ context.patientId }}", ["token"]),
        ("Patient/{{Patient.id}}", ["token"]),
        ("Patient/{{context.draftOrders.entry.resource.id}}", ["token"]),
        ("Medication/{{%labs.entry.id}}", ["token"]),
        ("Observation?date=ge{{today() - 90 days}}", ["token", "value"]),
        ("?patient={{context.patientId}}", ["form"]),
        ("Observation?", ["parameter"]),
        ("Observation?patient=", ["value"]),
        ("Observation?patient.name=x", ["parameter"]),
        ("Observation?_include=Observation:subject", ["parameter"]),
        ("Observation?_has:Group:member:_id=1", ["parameter"]),
        ("Observation?_maxresults=5", ["parameter"]),
        ("Patient?name=Smith", ["parameter"]),
        ("Observation?code:text=x", ["modifier"]),
        ("Observation?patient:Patient=p1", ["modifier"]),
        ("Observation?code=,777-3", ["value"]),
        ("Observation?code=a|b|c", ["value"]),
        ("Observation?date=sa2026-01-01", ["value"]),
        ("Observation?date=ne2026", ["value"]),
        ("Observation?_count=0", ["value"]),
        ("Observation?date=ge2026-01-01&date=le2026-02-01", ["repeated"]),
        (f"{_SEARCH}&code:in=http://example.org/x", ["repeated"]),
        ("Observation?code=a b", ["character"]),
        ("Observation?code=caf\N{LATIN SMALL LETTER E WITH ACUTE}", ["character"]),
        ("Observation?code=100%25", ["character"]),
        (f"{_SEARCH}{',http://loinc.org|777-3' * 60}", ["length"]),
    ],
)
def test_what_a_client_could_not_evaluate(template: str, codes: list[str]) -> None:
    """Checklist E1 to E5, E14 and T3, T4."""
    assert [finding.code for finding in lint_template(template)] == codes


def test_the_length_counts_the_longest_id_and_every_escape() -> None:
    assert url_length("Patient/{{context.patientId}}") == len("Patient%2F") + 64
    assert url_length(_SEARCH) < MAX_URL_LENGTH
