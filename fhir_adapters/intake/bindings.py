"""The required bindings of FHIR R4 that facts rely on, and which resources are taken in for facts at all.

From the value sets of https://hl7.org/fhir/R4/terminologies-valuesets.html. The model library accepts any
code in their place (H-012).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fhir_adapters.reading import ChartFinding, Resource, member, objects, text_member

_TERMINOLOGY = "http://terminology.hl7.org/CodeSystem/"


@dataclass(frozen=True, slots=True)
class Binding:
    """An element and the codes that it may have."""

    element: str
    codes: tuple[str, ...]
    system: str | None = None
    """The system of the codes, where the element is a CodeableConcept."""
    absent: str | None = None
    """The code of the finding where FHIR demands the element and it is absent."""


def _bound(element: str, codes: str, system: str | None = None, absent: str | None = None) -> Binding:
    return Binding(element, tuple(codes.split()), system and f"{_TERMINOLOGY}{system}", absent)


def _status(codes: str) -> Binding:
    return _bound("status", f"{codes} entered-in-error unknown", absent="status-absent")


BUNDLE_TYPE = _bound(
    "type",
    "document message transaction transaction-response batch batch-response history searchset collection",
    absent="bundle-type-absent",
)

BINDINGS: dict[str, tuple[Binding, ...]] = {
    "Patient": (_bound("gender", "male female other unknown"),),
    "Observation": (_status("registered preliminary final amended corrected cancelled"),),
    "DiagnosticReport": (
        _status("registered partial preliminary final amended corrected appended cancelled"),
    ),
    "MedicationRequest": (
        _status("active on-hold cancelled completed stopped draft"),
        _bound(
            "intent",
            "proposal plan order original-order reflex-order filler-order instance-order option",
            absent="intent-absent",
        ),
    ),
    "MedicationStatement": (_status("active completed intended stopped on-hold not-taken"),),
    "MedicationAdministration": (_status("in-progress not-done on-hold completed stopped"),),
    "MedicationDispense": (_status("preparation in-progress cancelled on-hold completed stopped declined"),),
    "Medication": (),
    "Condition": (
        _bound(
            "clinicalStatus",
            "active recurrence relapse inactive remission resolved",
            "condition-clinical",
        ),
        _bound(
            "verificationStatus",
            "unconfirmed provisional differential confirmed refuted entered-in-error",
            "condition-ver-status",
        ),
    ),
    "AllergyIntolerance": (
        _bound("clinicalStatus", "active inactive resolved", "allergyintolerance-clinical"),
        _bound(
            "verificationStatus",
            "unconfirmed confirmed refuted entered-in-error",
            "allergyintolerance-verification",
        ),
    ),
    "Procedure": (_status("preparation in-progress not-done on-hold stopped completed"),),
}
"""By resource type."""

READ_TYPES = BINDINGS.keys()
"""The types that facts come from, directly or through a reference; no others are looked into (H-022)."""

_COMPARATOR = _bound("comparator", "< <= >= >")


def unbound(resource: Resource, path: str, bindings: tuple[Binding, ...]) -> Iterator[ChartFinding]:
    """A finding for each element that has no code of its value set, or that is absent and must not be."""
    for binding in bindings:
        value = resource.get(binding.element)
        if value is None:
            # An extension in its place says why there is none.
            if binding.absent is not None and f"_{binding.element}" not in resource:
                sentence = "The element is absent: FHIR R4 demands one."
                yield ChartFinding(binding.absent, f"{path}.{binding.element}", sentence)
        elif not _holds(binding, value):
            sentence = f"Expected a code that FHIR R4 lists here: {', '.join(binding.codes)}."
            yield ChartFinding("value-set", f"{path}.{binding.element}", sentence)


def unbound_comparators(observation: Resource, path: str) -> Iterator[ChartFinding]:
    """A finding for each comparator of an Observation's values that FHIR R4 does not have."""
    places: list[tuple[str, object]] = [(path, observation)]
    components = observation.get("component")
    if isinstance(components, list):
        places += ((f"{path}.component[{index}]", each) for index, each in enumerate(components))
    for place, holder in places:
        quantity = member(holder, "valueQuantity")
        if isinstance(quantity, dict) and "comparator" in quantity:
            yield from unbound(quantity, f"{place}.valueQuantity", (_COMPARATOR,))


def _holds(binding: Binding, value: object) -> bool:
    if binding.system is None:
        return value in binding.codes
    return any(
        text_member(coding, "system") == binding.system and coding.get("code") in binding.codes
        for coding in objects(value, "coding")
    )
