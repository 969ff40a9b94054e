"""Every file of others is read, and what comes of a folder does not change unnoticed."""

from __future__ import annotations

import pytest

from kb import load
from tests.fhir_adapters.example import reference_folder
from tests.fhir_adapters.reference_table import ROOTS, Row, table

COUNTS = {
    "fhir-genomics": (79, 130, 79),
    "fhir-genomics/variants": (7, 7, 7),
    "fhir-samples/ecqm-exm130-tests": (143, 143, 143),
    "fhir-samples/genomics-reporting-4-ci": (194, 343, 194),
    "fhir-samples/hl7-r4-examples": (338, 653, 347),
    "fhir-samples/pharmcat-example": (4, 0, 0),
    "fhir-samples/pharmcat-tutorial": (8, 0, 0),
    "fhir-samples/synthea-smart": (24, 4033, 24),
    "fhir-samples/us-core-9-examples": (137, 142, 137),
}
"""Files, resources, and charts: one for each patient of a file."""

KNOWN = {
    "fhir-genomics": {"phenotype CYP2C19": 2, "patient age": 2},
    "fhir-genomics/variants": {"phenotype CYP2C19": 2},
    "fhir-samples/ecqm-exm130-tests": {"patient age": 45, "patient female": 45},
    "fhir-samples/genomics-reporting-4-ci": {"phenotype CYP2C19": 2, "patient age": 8},
    "fhir-samples/hl7-r4-examples": {
        "observation body_weight": 1,
        "observation platelets": 2,
        "condition stroke_or_tia": 1,
        "indication clopidogrel": 1,
    },
    "fhir-samples/synthea-smart": {
        "patient age": 22,
        "observation body_weight": 22,
        "observation platelets": 22,
        "condition acute_coronary_syndrome_or_pci": 3,
    },
    "fhir-samples/us-core-9-examples": {"observation body_weight": 1, "observation platelets": 1},
}
FINDINGS = {
    "fhir-genomics": {"subject": 2},
    "fhir-samples/genomics-reporting-4-ci": {"subject": 9},
    "fhir-samples/hl7-r4-examples": {"subject": 13, "unreadable-entry": 7, "nested-bundle": 4},
}


@pytest.fixture(scope="module")
def rows() -> dict[str, Row]:
    (root,) = {reference_folder(name).parent for name in ROOTS}
    return table(root, load())


def test_every_file_is_read(rows: dict[str, Row]) -> None:
    """H-022: nothing is refused, and nothing raises an exception that is not ours."""
    assert {name: dict(row.refused) for name, row in rows.items() if row.refused} == {}
    assert {name: (row.files, row.resources, row.charts) for name, row in rows.items()} == COUNTS


def test_what_is_known_of_them(rows: dict[str, Row]) -> None:
    """The facts and findings that were compared with the files; a new input adds others."""
    for name, known in KNOWN.items():
        assert {each: rows[name].known[each] for each in known} == known, name
    for name, findings in FINDINGS.items():
        assert {each: rows[name].findings[each] for each in findings} == findings, name
