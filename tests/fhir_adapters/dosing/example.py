"""Builders of dose histories for the tests: one drug, one analyte, one day."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from typing import Any

from dsl.values import quantity
from fhir_adapters import Chart
from fhir_adapters.dosing import DosingQuestion, DosingRecord, Doubt, DoubtKind, GivenDose, dosing_record
from fhir_adapters.dosing.routes import SNOMED
from fhir_adapters.reading import LOINC
from fhir_adapters.terminology import Coding
from tests.fhir_adapters.example import (
    AS_OF,
    TERMINOLOGY,
    ExampleObservable,
    Json,
    amount,
    bundle,
    chart,
    concept,
    medication_request,
    observation,
)

IV, ORAL = concept("47625008", SNOMED), concept("26643006", SNOMED)
LEVEL = ExampleObservable(
    "drug_level",
    frozenset({Coding(LOINC, "20578-1")}),
    "mg/L",
    (quantity(0, "mg/L"), quantity(200, "mg/L")),
    quantity("1000", "g/mol"),
)
QUESTION = DosingQuestion("niraparib", (LEVEL,))


def at(time: str, day: int = 18) -> str:
    """`08:00` on a day of November 2026, in UTC."""
    return f"2026-11-{day:02d}T{time}:00Z"


def administration(
    start: str | None = at("08:00"),
    end: str | None = at("09:00"),
    identifier: str = "a1",
    status: str = "completed",
    dose: Json | None = None,
    route: Json | None = IV,
    dosage: Json | None = None,
    **more: Any,
) -> Json:
    """An infusion of 1000 mg over an hour; without an end it has a dateTime and no period."""
    made = medication_request(identifier=identifier, status=status)
    del made["intent"]
    made["resourceType"] = "MedicationAdministration"
    if end is not None:
        made["effectivePeriod"] = {"end": end} | ({} if start is None else {"start": start})
    elif start is not None:
        made["effectiveDateTime"] = start
    made["dosage"] = {"dose": amount(1000, "mg") if dose is None else dose} | (dosage or {})
    if route is not None:
        made["dosage"]["route"] = route
    return made | more


def instruction(
    repeat: Json | None = None, dose: Json | None = None, route: Json | None = ORAL, **more: Any
) -> Json:
    """100 mg by mouth, with a repeat if there is one."""
    given = {"doseQuantity": amount(100, "mg") if dose is None else dose}
    made: Json = {"doseAndRate": [given]} | ({} if repeat is None else {"timing": {"repeat": repeat}})
    return made | ({} if route is None else {"route": route}) | more


def every(hours: int, start: str = at("08:00"), end: str | None = None, **more: Any) -> Json:
    """A dose every so many hours."""
    bounds = {"start": start} | ({} if end is None else {"end": end})
    return {"frequency": 1, "period": hours, "periodUnit": "h", "boundsPeriod": bounds} | more


def order(*instructions: Json, identifier: str = "rx1", **more: Any) -> Json:
    return medication_request(identifier=identifier, dosageInstruction=list(instructions), **more)


def statement(*instructions: Json, identifier: str = "st1", **more: Any) -> Json:
    made = medication_request(identifier=identifier, **more)
    del made["intent"]
    return made | {"resourceType": "MedicationStatement", "dosage": list(instructions)}


def level(
    value: object = 15,
    when: str | None = at("12:00", 19),
    identifier: str = "l1",
    code: str = "mg/L",
    **more: Any,
) -> Json:
    return observation("20578-1", identifier, when, **({"valueQuantity": amount(value, code)} | more))


def on_file(*resources: Json, **prefetch: Any) -> Chart:
    """A chart with resources under the keys that they belong to, all lists complete."""
    labs = [each for each in resources if each["resourceType"] in ("Observation", "Specimen")]
    orders = [each for each in resources if each["resourceType"] in ("MedicationRequest", "Medication")]
    used = [each for each in resources if each not in labs and each not in orders]
    lists = {"labs": bundle(*labs), "medications": bundle(*orders), "exposure": bundle(*used)}
    return chart(**(lists | prefetch))


def record(*resources: Json, question: DosingQuestion = QUESTION, **more: Any) -> DosingRecord:
    """What the chart of these resources answers; `more` changes the question."""
    return dosing_record(replace(question, **more), on_file(*resources), AS_OF, TERMINOLOGY)


def doubts(found: DosingRecord) -> dict[DoubtKind, bool]:
    """Each kind of doubt and whether one of them blocks."""
    kinds = {doubt.kind for doubt in found.doubts}
    return {kind: any(doubt.blocks for doubt in found.doubts if doubt.kind is kind) for kind in kinds}


def the_doubt(found: DosingRecord, kind: DoubtKind) -> Doubt:
    (doubt,) = (each for each in found.doubts if each.kind is kind)
    return doubt


def the_dose(found: DosingRecord) -> GivenDose:
    (dose,) = found.doses
    return dose


def starts(found: DosingRecord) -> list[str]:
    """`18 08:00`, in UTC."""
    return [dose.start.astimezone(UTC).strftime("%d %H:%M") for dose in found.doses]
