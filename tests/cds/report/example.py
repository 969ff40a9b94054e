"""A small knowledge base, a patient of its own, and what makes reports of them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from cds.report import Report, report_of
from fhir_adapters import Chart, chart_of_bundle, chart_of_calls, pharmcat_calls
from kb import KnowledgeBase, load
from tests.cds.cards.support import AS_OF, Json, patient

KNOWLEDGE = Path(__file__).parent / "knowledge"
HGNC = {"CYP2C19": "HGNC:2621", "CYP2D6": "HGNC:2625", "HLA-B": "HGNC:4932"}
EVIL = "<script>alert('x')</script>\x1b[31m"


@cache
def small() -> KnowledgeBase:
    """The small knowledge base beside this module."""
    return load(KNOWLEDGE)


def result(symbol: str, text: str, number: int = 1, **members: object) -> Json:
    """A genotype, or with other codes a phenotype, of one gene."""
    studied = {"coding": [{"system": "http://www.genenames.org", "code": HGNC[symbol]}]}
    return {
        "resourceType": "Observation",
        "id": f"{symbol.lower()}-{number}",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "84413-4"}]},
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2025-06-01",
        "valueCodeableConcept": {"text": text},
        "component": [
            {
                "code": {"coding": [{"system": "http://loinc.org", "code": "48018-6"}]},
                "valueCodeableConcept": studied,
            }
        ],
        **members,
    }


def reported(symbol: str, wording: str, number: int = 2) -> Json:
    """A phenotype that a laboratory reports."""
    return result(symbol, wording, number, code={"text": f"{symbol} phenotype"})


def record(*resources: Json, person: Json | None = None) -> Json:
    """A whole record."""
    entries = [patient() if person is None else person, *resources]
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": each} for each in entries],
    }


def passport(*resources: Json, person: Json | None = None, fire_draft: bool = False) -> Report:
    """The report of a record by the small knowledge base."""
    return made(chart_of_bundle(record(*resources, person=person)), fire_draft=fire_draft)


def called(calls: Json, fire_draft: bool = False) -> Report:
    """The report of a result of PharmCAT."""
    found = pharmcat_calls(calls)
    return made(chart_of_calls(found.sample, found.by_gene), fire_draft=fire_draft)


def made(chart: Chart, *, fire_draft: bool = False, knowledge: KnowledgeBase | None = None) -> Report:
    """The report of a chart."""
    return report_of(chart, knowledge or small(), AS_OF, "test", fire_draft=fire_draft)


def golden_record() -> Json:
    """A carrier of HLA-B*57:01 without activity of CYP2D6, with two results of CYP2C19 that disagree."""
    person = patient(name=[{"given": ["Ada", EVIL], "family": "Lovelace & Sons"}])
    return record(
        result("HLA-B", "*57:01/*07:02"),
        result("CYP2D6", "*4/*4"),
        result("CYP2C19", "*1/*2"),
        reported("CYP2C19", "Poor Metabolizer"),
        result("CYP2C19", "*1/*99", 3),
        person=person,
    )


def write(folder: Path, value: object, name: str = "record.json") -> Path:
    """A file with a JSON value."""
    path = folder / name
    path.write_text(value if isinstance(value, str) else json.dumps(value), "utf-8")
    return path
