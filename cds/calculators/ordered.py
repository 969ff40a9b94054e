"""What the rules in force say about one draft order, for operations that ask through a chart."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from calc import NoAnswer, UnusableInput
from cds.decision import decide, of_orders, parse_as_of
from dsl import Coding, Finding
from fhir_adapters import chart_of_prefetch
from kb import KnowledgeBase


def instant(text: str) -> datetime:
    """The `asOf` of a question; raises `UnusableInput`."""
    try:
        return parse_as_of(text)
    except ValueError:
        raise UnusableInput(
            "input", f'`asOf`: expected a date, or a date and time with offset, not "{text[:40]}"'
        ) from None


def listing(resources: list[object]) -> dict[str, object]:
    """A search result that holds these resources and no others."""
    entries = [{"resource": resource} for resource in resources]
    return {"resourceType": "Bundle", "type": "searchset", "total": len(entries), "entry": entries}


def findings_about(
    drug: str, patient: str, prefetch: Mapping[str, object], as_of: datetime, knowledge: KnowledgeBase
) -> list[Finding]:
    """What the active rules find about a draft order of the drug, through chart and decision.

    Raises `NoAnswer` if the knowledge base has no such drug.
    """
    if drug not in knowledge.drugs:
        raise NoAnswer("rule", f"the knowledge base has no drug {drug}")
    chart = chart_of_prefetch(patient, dict(prefetch), None)
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": _draft(patient, knowledge.drugs[drug].coding)}],
    }
    decision = decide(of_orders(chart, bundle, (), knowledge, None), knowledge, as_of)
    return [each.finding for each in decision.evaluations if each.finding is not None]


def _draft(patient: str, drug: Coding) -> dict[str, object]:
    return {
        "resourceType": "MedicationRequest",
        "id": "draft",
        "status": "draft",
        "intent": "order",
        "subject": {"reference": f"Patient/{patient}"},
        "medicationCodeableConcept": {"coding": [{"system": drug.system, "code": drug.code}]},
    }
