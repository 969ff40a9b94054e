"""Builders of synthetic patients, orders and hook calls, shared by the tests around the cards."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from cds.decision import Decision, decide, of_orders
from cds.hooks import Answer, CallRefused
from cds.hooks.service import HookService
from cds.log import DecisionLog
from dsl import Finding, Lifecycle, Rule
from fhir_adapters import chart_of_prefetch, dump_json, load_json
from kb import KnowledgeBase, load

AS_OF = datetime(2026, 11, 20, 12, tzinfo=UTC)
LOINC = "http://loinc.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
SNOMED = "http://snomed.info/sct"
UCUM = "http://unitsofmeasure.org"
DECISION = "00000000-0000-4000-8000-000000000001"
"""A fixed decision id makes the uuids of the cards the same in each run."""

NIRAPARIB = ("1918231", "niraparib")
CLOPIDOGREL = ("32968", "clopidogrel")
MERCAPTOPURINE = ("103", "mercaptopurine")
WEIGHT, PLATELETS, BILIRUBIN = "29463-7", "777-3", "1975-2"

ACS, STROKE, OTHER_CARDIOVASCULAR, LEUKAEMIA = "394659003", "422504002", "53741008", "91857003"

Json = dict[str, Any]


def patient(**members: object) -> Json:
    """A woman of 66 years."""
    return {"resourceType": "Patient", "id": "p1", "birthDate": "1960-03-02", "gender": "female", **members}


def measured(loinc: str, value: object, unit: str, **members: object) -> Json:
    """An Observation of the patient two days ago."""
    return {
        "resourceType": "Observation",
        "id": f"obs-{loinc}",
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": loinc}]},
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2026-11-18T09:00:00Z",
        "valueQuantity": {"value": value, "unit": unit, "system": UCUM, "code": unit},
        **members,
    }


def genotype(gene: str, diplotype: str, **members: object) -> Json:
    """A genotype Observation of the patient."""
    hgnc = next(each.hgnc for each in bundled().genes() if each.symbol == gene)
    studied = {"coding": [{"system": "http://www.genenames.org/geneId", "code": hgnc, "display": gene}]}
    return {
        "resourceType": "Observation",
        "id": f"geno-{gene}",
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": "84413-4"}]},
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2025-06-01",
        "valueCodeableConcept": {"text": f"{gene} {diplotype}"},
        "component": [
            {"code": {"coding": [{"system": LOINC, "code": "48018-6"}]}, "valueCodeableConcept": studied}
        ],
        **members,
    }


def phenotype(gene: str, wording: str, **members: object) -> Json:
    """A phenotype Observation that names its gene."""
    resource = genotype(gene, "*1/*1", id=f"pheno-{gene}", valueCodeableConcept={"text": wording})
    return resource | {"code": {"coding": [{"system": LOINC, "code": "79716-7"}]}, **members}


def condition(snomed: str, verification: str | None = "confirmed", **members: object) -> Json:
    """A Condition of the patient."""
    status = {} if verification is None else {"verificationStatus": {"coding": [{"code": verification}]}}
    return {
        "resourceType": "Condition",
        "id": f"cond-{snomed}",
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "code": {"coding": [{"system": SNOMED, "code": snomed}]},
        "subject": {"reference": "Patient/p1"},
        **status,
        **members,
    }


def draft(drug: tuple[str, str], identifier: str = "d1", **members: object) -> Json:
    """A draft order without a dose."""
    code, text = drug
    return {
        "resourceType": "MedicationRequest",
        "id": identifier,
        "status": "draft",
        "intent": "order",
        "subject": {"reference": "Patient/p1"},
        "medicationCodeableConcept": {
            "coding": [{"system": RXNORM, "code": code, "display": text}],
            "text": text,
        },
        **members,
    }


def dosage(value: object, unit: str = "mg", **repeat: object) -> Json:
    """The member of a draft that says how much, once daily unless told otherwise."""
    timing = {"frequency": 1, "period": 1, "periodUnit": "d"} | repeat
    amount = {"value": value, "unit": unit, "system": UCUM, "code": unit}
    return {"dosageInstruction": [{"timing": {"repeat": timing}, "doseAndRate": [{"doseQuantity": amount}]}]}


def listing(*resources: Json) -> Json:
    """A complete searchset."""
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": len(resources),
        "entry": [{"resource": resource} for resource in resources],
    }


def prefetch(
    *,
    labs: Sequence[Json] = (),
    pgx: Sequence[Json] = (),
    conditions: Sequence[Json] = (),
    medications: Sequence[Json] = (),
    person: Json | None = None,
) -> Json:
    """All five keys, supplied completely."""
    return {
        "patient": patient() if person is None else person,
        "pgx": listing(*pgx),
        "medications": listing(*medications),
        "conditions": listing(*conditions),
        "labs": listing(*labs),
    }


def order_sign(drafts: Sequence[Json], data: Mapping[str, object], **context: object) -> Json:
    """An order-sign call."""
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": resource} for resource in drafts],
    }
    return {
        "hook": "order-sign",
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": {
            "userId": "Practitioner/doc", "patientId": "p1", "draftOrders": bundle, **context
        },
        "prefetch": dict(data),
    }  # fmt: skip


def patient_view(data: Mapping[str, object]) -> Json:
    """A patient-view call."""
    return {
        "hook": "patient-view",
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": {"userId": "Practitioner/doc", "patientId": "p1"},
        "prefetch": dict(data),
    }


def niraparib_labs(weight: object = 90, platelets: object = 240) -> list[Json]:
    """Weight in kg and platelets in 10*3/uL."""
    return [measured(WEIGHT, weight, "kg"), measured(PLATELETS, platelets, "10*3/uL")]


def hook_service(folder: Path, knowledge: KnowledgeBase, **options: Any) -> HookService:
    """A service with a log of its own."""
    log = DecisionLog.open(f"sqlite:///{folder / 'log.db'}")
    return HookService(knowledge, log, software="test", **options)


def answer(
    service: HookService, call: Mapping[str, object], at: datetime = AS_OF, decision: str | None = None
) -> tuple[int, Json]:
    """Status and body; a refusal as the status and its sentence."""
    addressed = "patient-summary" if call["hook"] == "patient-view" else "medication-safety"
    try:
        reply = service.answer(addressed, json.dumps(call).encode(), decision or str(uuid4()), at)
    except CallRefused as refusal:
        return refusal.status, {"refused": refusal.message}
    assert isinstance(reply, Answer)
    return reply.status, json.loads(reply.body)


@cache
def bundled() -> KnowledgeBase:
    """The knowledge base that ships with the software, read once."""
    return load()


def active() -> tuple[Rule, ...]:
    """Its rules that somebody reviewed."""
    return tuple(rule for rule in bundled().rules if rule.status is Lifecycle.ACTIVE)


def reference(name: str) -> Path:
    """A third-party file, or a skip that says why there is none."""
    root = os.environ.get("BESPOKE_REFERENCE")
    if root is None or not (Path(root) / name).is_file():
        pytest.skip(f"BESPOKE_REFERENCE names no folder with {name}: NOT TESTED")
    return Path(root) / name


def reference_rows(name: str) -> list[dict[str, str]]:
    """The rows of a reference table, comments left out."""
    lines = [line for line in reference(name).read_text("utf-8").splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines, delimiter="\t"))


def decided(
    call: Mapping[str, object], at: datetime = AS_OF, knowledge: KnowledgeBase | None = None
) -> Decision:
    """The decision about an order-sign call, through the JSON text of a request."""
    body = load_json(dump_json(dict(call)))
    assert isinstance(body, dict)
    terms = knowledge or bundled()
    chart = chart_of_prefetch("p1", body["prefetch"], None)
    return decide(of_orders(chart, body["context"]["draftOrders"], (), terms, None), terms, at)


def only_finding(call: Mapping[str, object], at: datetime = AS_OF) -> Finding:
    """The finding of the one rule that the one order concerns."""
    (evaluation,) = decided(call, at).evaluations
    assert evaluation.finding is not None, evaluation.failure
    return evaluation.finding
