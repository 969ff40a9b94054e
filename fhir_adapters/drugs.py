"""Which drug a MedicationRequest or MedicationStatement names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from fhir_adapters.reading import RXNORM, ChartFinding, codings, object_member, text_member, words
from fhir_adapters.references import Entry, Resolver
from fhir_adapters.terminology import Coding, Terminology


class OrderDrug(StrEnum):
    """How the drug of an order was identified."""

    MAPPED = "mapped"
    MAPPED_BY_TEXT = "mapped-by-text"
    """No RxNorm code, but the text equals a listed name."""
    UNMAPPED = "unmapped"
    CONFLICT = "conflict"
    """Its codes and names mean different drugs."""
    UNRESOLVED = "unresolved"
    """It stands behind a reference or in a shape that cannot be read."""
    NONE = "none"
    """No drug was chosen yet."""


@dataclass(frozen=True, slots=True)
class DrugReading:
    """The drug of an order, or why there is none."""

    drug: str | None
    identified: OrderDrug
    surely_other: bool = False
    """Unmapped, but with an RxNorm code: it is certainly none of the drugs of the knowledge base."""
    findings: tuple[ChartFinding, ...] = ()
    codes: tuple[Coding, ...] = ()
    """The codings of its medication."""
    text: str = ""
    """The text of its medication; free text of the sender."""


def read_drug(entry: Entry, resolvers: Sequence[Resolver], terminology: Terminology) -> DrugReading:
    """The drug that an order or statement names; references are tried with each resolver in turn."""
    order = entry.resource
    concept = order.get("medicationCodeableConcept")
    reference = order.get("medicationReference")
    if "medication" in order:
        return _unresolved(entry, "r5-shape", "An R5 `medication` element: this interface reads FHIR R4.")
    if concept is not None and reference is not None:
        return _unresolved(entry, "two-medications", "The order names its medication in two ways.")
    if reference is not None:
        found = (resolver.resolve(reference, entry) for resolver in resolvers)
        medication = next((item for item in found if item is not None), None)
        if medication is None or medication.type != "Medication":
            return _unresolved(entry, "unresolved", "The referenced Medication is not in what was received.")
        concept = object_member(medication.resource, "code")
    if concept is None:
        return DrugReading(None, OrderDrug.NONE if reference is None else OrderDrug.UNMAPPED)
    if not isinstance(concept, dict):
        return _unresolved(entry, "unreadable", "The medication is not a CodeableConcept.")
    return _read_concept(entry, concept, terminology)


def _read_concept(entry: Entry, concept: dict[str, object], terminology: Terminology) -> DrugReading:
    listed = tuple(codings(concept))
    text = text_member(concept, "text") or ""
    drugs = {drug for coding in listed if (drug := terminology.drug_of_coding(coding)) is not None}
    named = {drug for name in words(concept) if (drug := terminology.drug_of_text(name)) is not None}
    if len(drugs) > 1 or (drugs and not named <= drugs):
        finding = ChartFinding(
            "drug-conflict", entry.path, "The codes and names mean different drugs: none is used."
        )
        return DrugReading(None, OrderDrug.CONFLICT, findings=(finding,))
    if drugs:
        return DrugReading(drugs.pop(), OrderDrug.MAPPED, codes=listed, text=text)
    if any(coding.system == RXNORM for coding in listed):
        return DrugReading(None, OrderDrug.UNMAPPED, surely_other=True)
    drug = terminology.drug_of_text(text) if text else None
    if drug is not None:
        finding = ChartFinding("drug-by-text", entry.path, "The drug was recognised by its listed name only.")
        return DrugReading(drug, OrderDrug.MAPPED_BY_TEXT, findings=(finding,), text=text)
    return DrugReading(None, OrderDrug.UNMAPPED if text or concept.get("coding") else OrderDrug.NONE)


def _unresolved(entry: Entry, code: str, sentence: str) -> DrugReading:
    return DrugReading(None, OrderDrug.UNRESOLVED, findings=(ChartFinding(code, entry.path, sentence),))
