"""Which drugs a MedicationRequest or MedicationStatement names (H-021, H-023 to H-025)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from fhir_adapters.reading import (
    RXNORM,
    ChartFinding,
    Resource,
    codings,
    object_member,
    objects,
    text_member,
    words,
)
from fhir_adapters.references import Entry, Resolver
from fhir_adapters.terminology import Coding, DrugConcept, Terminology


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
    """The drugs in what was ordered, or why none is known."""

    drugs: tuple[str, ...]
    """Those that the knowledge base has, in order of name; several are one combination."""
    identified: OrderDrug
    combination: bool = False
    """There is more than one ingredient, whether the knowledge base has the others or not."""
    may_be: frozenset[str] | None = None
    """Unmapped: the only drugs of the knowledge base that it may be; None for any of them."""
    findings: tuple[ChartFinding, ...] = ()
    codes: tuple[Coding, ...] = ()
    """The codings of its medication."""
    text: str = ""
    """The text of its medication; free text of the sender."""

    def may_be_drug(self, name: str) -> bool:
        """Whether an unidentified medication may be this drug."""
        return self.may_be is None or name in self.may_be


def read_drug(entry: Entry, resolvers: Sequence[Resolver], terminology: Terminology) -> DrugReading:
    """The drugs that an order or statement names; references are tried with each resolver in turn."""
    order = entry.resource
    concept = order.get("medicationCodeableConcept")
    reference = order.get("medicationReference")
    ingredients: Sequence[Resource] = ()
    if "medication" in order:
        return _unresolved(entry, "r5-shape", "An R5 `medication` element: this interface reads FHIR R4.")
    if concept is not None and reference is not None:
        return _unresolved(entry, "two-medications", "The order names its medication in two ways.")
    if reference is not None:
        found = (resolver.resolve(reference, entry) for resolver in resolvers)
        medication = next((item for item in found if item is not None), None)
        if medication is None or medication.type != "Medication":
            return _unresolved(entry, "unresolved", "The referenced Medication is not in what was received.")
        concept = object_member(medication.resource, "code") or {}
        ingredients = objects(medication.resource, "ingredient")
    if concept is None:
        return DrugReading((), OrderDrug.NONE)
    if not isinstance(concept, dict):
        return _unresolved(entry, "unreadable", "The medication is not a CodeableConcept.")
    reading = _read_concept(entry, concept, terminology)
    if reference is None or reading.identified is OrderDrug.CONFLICT:
        return reading
    return _with_ingredients(entry, reading, ingredients, terminology)


def _read_concept(entry: Entry, concept: Resource, terminology: Terminology) -> DrugReading:
    listed = codings(concept)
    text = text_member(concept, "text") or ""
    coded = [each for coding in listed if (each := terminology.drug_of_coding(coding)) is not None]
    names = words(concept)
    named = [each for name in names if (each := terminology.drug_of_text(name)) is not None]
    combination = any(each.combined for each in (*coded, *named))
    if coded:
        drugs = _drugs(coded)
        # A combination may be coded by its parts beside; two drugs that no code has both of are a conflict.
        if drugs not in [each.drugs for each in coded] or not _drugs(named) <= drugs:
            return _conflict(entry)
        retired = ChartFinding("drug-retired", entry.path, "A code of the drug was retired by its publisher.")
        found = (retired,) if any(each.retired for each in coded) else ()
        return _identified(OrderDrug.MAPPED, drugs, combination, found, listed, text)
    if any(coding.system == RXNORM for coding in listed):
        # A code that nobody listed beside a name that somebody did may be of that drug.
        possible = terminology.may_mean(listed, names)
        return _unmapped(entry, None if possible is None else possible | _drugs(named))
    by_text = terminology.drug_of_text(text)
    if by_text is not None:
        finding = ChartFinding("drug-by-text", entry.path, "The drug was recognised by its listed name only.")
        return _identified(OrderDrug.MAPPED_BY_TEXT, by_text.drugs, combination, (finding,), (), text)
    return _unmapped(entry) if text or concept.get("coding") else DrugReading((), OrderDrug.NONE)


def _with_ingredients(
    entry: Entry, reading: DrugReading, ingredients: Sequence[Resource], terminology: Terminology
) -> DrugReading:
    """What a Medication is by its code and by the list of its ingredients."""
    concepts = (object_member(each, "itemCodeableConcept") for each in ingredients)
    parts = [_read_concept(entry, each, terminology) for each in concepts if each is not None]
    known = [part for part in parts if part.drugs]
    drugs = frozenset(drug for part in known for drug in part.drugs)
    combination = len(ingredients) > 1 or any(each.combination for each in (reading, *known))
    if reading.drugs:
        return replace(reading, combination=combination) if drugs <= {*reading.drugs} else _conflict(entry)
    if drugs:
        found = tuple(dict.fromkeys(finding for part in known for finding in part.findings))
        return _identified(OrderDrug.MAPPED, drugs, combination, found, (), "")
    return reading if reading.identified is OrderDrug.UNMAPPED else _unmapped(entry)


def _identified(
    how: OrderDrug,
    drugs: Iterable[str],
    combination: bool,
    findings: tuple[ChartFinding, ...],
    codes: tuple[Coding, ...],
    text: str,
) -> DrugReading:
    return DrugReading(tuple(sorted(drugs)), how, combination, None, findings, codes, text)


def _drugs(concepts: Iterable[DrugConcept]) -> frozenset[str]:
    return frozenset(drug for concept in concepts for drug in concept.drugs)


def _conflict(entry: Entry) -> DrugReading:
    sentence = "The codes and names mean different drugs: none is used."
    return DrugReading(
        (), OrderDrug.CONFLICT, findings=(ChartFinding("drug-conflict", entry.path, sentence),)
    )


def _unmapped(entry: Entry, may_be: frozenset[str] | None = None) -> DrugReading:
    sentence = "No code or name of the drug is listed here: no rule was asked about it."
    found = (ChartFinding("drug-unmapped", entry.path, sentence),)
    return DrugReading((), OrderDrug.UNMAPPED, False, may_be, found)


def _unresolved(entry: Entry, code: str, sentence: str) -> DrugReading:
    return DrugReading((), OrderDrug.UNRESOLVED, findings=(ChartFinding(code, entry.path, sentence),))
