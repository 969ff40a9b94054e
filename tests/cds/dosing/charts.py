"""Charts of people who are dosed by levels: made up, and as a ward would chart them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

UCUM = "http://unitsofmeasure.org"
LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
SUBJECT = {"reference": "Patient/p1"}
IV = {"coding": [{"system": SNOMED, "code": "47625008", "display": "Intravenous route"}]}
ORAL = {"coding": [{"system": SNOMED, "code": "26643006", "display": "Oral route"}]}

VANCOMYCIN = {"coding": [{"system": RXNORM, "code": "11124", "display": "vancomycin"}]}
TACROLIMUS = {"coding": [{"system": RXNORM, "code": "42316", "display": "tacrolimus"}]}
ANTIBODY = {"coding": [{"system": "urn:bespoke:illustrative", "code": "drug-e", "display": "antibody E"}]}


def patient(born: str = "1966-03-02", gender: str = "male") -> dict[str, Any]:
    return {"resourceType": "Patient", "id": "p1", "birthDate": born, "gender": gender}


def observation(
    identifier: str, code: str, value: float, unit: str, at: str, *, system: str = LOINC, comparator: str = ""
) -> dict[str, Any]:
    quantity: dict[str, Any] = {"value": value, "unit": unit, "system": UCUM, "code": unit}
    if comparator:
        quantity["comparator"] = comparator
    return {
        "resourceType": "Observation",
        "id": identifier,
        "status": "final",
        "code": {"coding": [{"system": system, "code": code}]},
        "subject": SUBJECT,
        "effectiveDateTime": at,
        "valueQuantity": quantity,
    }


def given(
    identifier: str,
    drug: dict[str, Any],
    amount: float,
    unit: str,
    start: str,
    end: str | None,
    route: Any = IV,
) -> dict[str, Any]:
    when = {"effectiveDateTime": start} if end is None else {"effectivePeriod": {"start": start, "end": end}}
    quantity = {"value": amount, "unit": unit, "system": UCUM, "code": unit}
    return {
        "resourceType": "MedicationAdministration",
        "id": identifier,
        "status": "completed",
        "medicationCodeableConcept": drug,
        "subject": SUBJECT,
        "dosage": {"route": route, "dose": quantity},
        **when,
    }


def draft(drug: dict[str, Any], route: Any = IV) -> dict[str, Any]:
    return {
        "resourceType": "MedicationRequest",
        "id": "draft-1",
        "status": "draft",
        "intent": "order",
        "medicationCodeableConcept": drug,
        "subject": SUBJECT,
        "dosageInstruction": [{"route": route}],
    }


def genotype(gene: str, code: str, diplotype: str) -> dict[str, Any]:
    """A diplotype as the genomics reporting guide writes it."""
    return {
        "resourceType": "Observation",
        "id": f"genotype-{gene}",
        "status": "final",
        "category": [
            {
                "coding": [
                    {
                        "system": "http://terminology.hl7.org/CodeSystem/observation-category",
                        "code": "laboratory",
                    }
                ]
            }
        ],
        "code": {"coding": [{"system": LOINC, "code": "84413-4"}]},
        "subject": SUBJECT,
        "effectiveDateTime": "2024-05-01T09:00:00Z",
        "valueCodeableConcept": {"text": diplotype},
        "component": [
            {
                "code": {"coding": [{"system": LOINC, "code": "48018-6"}]},
                "valueCodeableConcept": {
                    "coding": [{"system": "http://www.genenames.org/geneId", "code": code, "display": gene}]
                },
            }
        ],
    }


def bundle(resources: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [
            {"fullUrl": f"urn:example:{each['resourceType']}/{each['id']}", "resource": each}
            for each in resources
        ],
    }


def vancomycin(
    levels: Sequence[tuple[str, float]] = (("2026-11-20T09:30:00Z", 28.4), ("2026-11-20T19:30:00Z", 14.9)),
) -> dict[str, Any]:
    """Three doses into a vein, a peak and a trough of the third."""
    return bundle(
        [
            patient(),
            observation("weight", "29463-7", 80, "kg", "2026-11-18T10:00:00Z"),
            observation("creatinine", "2160-0", 1.1, "mg/dL", "2026-11-20T06:00:00Z"),
            given("dose-1", VANCOMYCIN, 1500, "mg", "2026-11-19T08:00:00Z", "2026-11-19T09:30:00Z"),
            given("dose-2", VANCOMYCIN, 1000, "mg", "2026-11-19T20:00:00Z", "2026-11-19T21:00:00Z"),
            given("dose-3", VANCOMYCIN, 1000, "mg", "2026-11-20T08:00:00Z", "2026-11-20T09:00:00Z"),
            *(
                observation(f"level-{number}", "20578-1", value, "mg/L", at)
                for number, (at, value) in enumerate(levels, start=1)
            ),
            draft(VANCOMYCIN),
        ]
    )


def tacrolimus(diplotype: str = "*1/*3", level: float = 5.2) -> dict[str, Any]:
    """Six doses by mouth, a trough before the seventh."""
    doses = [
        given(
            f"dose-{k}",
            TACROLIMUS,
            5,
            "mg",
            f"2026-11-{17 + k // 2}T{8 + 12 * (k % 2):02}:00:00Z",
            None,
            ORAL,
        )
        for k in range(6)
    ]
    return bundle(
        [
            patient(gender="female"),
            observation("weight", "29463-7", 66, "kg", "2026-11-18T10:00:00Z"),
            observation("height", "8302-2", 168, "cm", "2026-11-18T10:00:00Z"),
            observation("haematocrit", "4544-3", 33, "%", "2026-11-19T06:00:00Z"),
            genotype("CYP3A5", "HGNC:2638", f"CYP3A5 {diplotype}"),
            *doses,
            observation("level-1", "74097-7", level, "ug/L", "2026-11-20T07:45:00Z"),
            draft(TACROLIMUS, ORAL),
        ]
    )


def antibody(target: float, level: float) -> dict[str, Any]:
    """Two doses a fortnight apart, a level before the third."""
    return bundle(
        [
            patient(),
            observation(
                "target",
                "target",
                target,
                "nmol/L",
                "2026-10-20T08:00:00Z",
                system="urn:bespoke:illustrative",
            ),
            given("dose-1", ANTIBODY, 300, "nmol", "2026-10-23T08:00:00Z", "2026-10-23T08:30:00Z"),
            given("dose-2", ANTIBODY, 300, "nmol", "2026-11-06T08:00:00Z", "2026-11-06T08:30:00Z"),
            observation(
                "level-1",
                "antibody-level",
                level,
                "nmol/L",
                "2026-11-20T07:45:00Z",
                system="urn:bespoke:illustrative",
            ),
            draft(ANTIBODY),
        ]
    )
