"""Deviations from FHIR R4 that are tolerated and noted: cheap enough for every call."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from fhir_adapters.intake.bindings import BINDINGS, BUNDLE_TYPE, unbound, unbound_comparators
from fhir_adapters.reading import ChartFinding, Resource, member, text_member
from fhir_adapters.references import Entry

_WITHOUT_OFFSET = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9.]+)?")

_TIMES = {
    "Patient": ("deceasedDateTime",),
    "Observation": ("effectiveDateTime", "effectiveInstant"),
    "MedicationRequest": ("authoredOn",),
    "MedicationStatement": ("effectiveDateTime",),
    "MedicationAdministration": ("effectiveDateTime",),
    "MedicationDispense": ("whenPrepared", "whenHandedOver"),
    "Condition": ("onsetDateTime", "abatementDateTime"),
    "Procedure": ("performedDateTime",),
}
_PERIODS = {
    "Observation": "effectivePeriod",
    "MedicationStatement": "effectivePeriod",
    "MedicationAdministration": "effectivePeriod",
    "Condition": "onsetPeriod",
    "Procedure": "performedPeriod",
}
_LISTED_CATEGORIES = frozenset({"Observation", "DiagnosticReport", "MedicationRequest", "Condition"})


def without_offset(written: object) -> bool:
    """Whether this is a time of day that no offset ties to an instant."""
    return isinstance(written, str) and _WITHOUT_OFFSET.fullmatch(written) is not None


def no_offset(path: str) -> ChartFinding:
    """The finding about such a time."""
    return ChartFinding("no-offset", path, "The time has no offset from UTC: its instant is open.")


def bundle_deviations(bundle: Resource, path: str) -> Iterator[ChartFinding]:
    """What deviates in a Bundle itself; `path` is where it stands, empty for a whole document."""
    return unbound(bundle, path or "Bundle", (BUNDLE_TYPE,))


def deviations(entry: Entry) -> Iterator[ChartFinding]:
    """What deviates in a resource of a type that facts come from, in the elements that they come from."""
    kind, resource, path = entry.type, entry.resource, entry.path
    if kind in _LISTED_CATEGORIES and isinstance(resource.get("category"), dict):
        sentence = "The category is an object instead of a list."
        yield ChartFinding("category-object", f"{path}.category", sentence)
    yield from unbound(resource, path, BINDINGS.get(kind, ()))
    if kind == "Observation":
        yield from unbound_comparators(resource, path)
    for name in _TIMES.get(kind, ()):
        if without_offset(resource.get(name)):
            yield no_offset(f"{path}.{name}")
    period = _PERIODS.get(kind)
    if period is not None and period in resource:
        for bound in ("start", "end"):
            if without_offset(member(resource[period], bound)):
                yield no_offset(f"{path}.{period}.{bound}")


def repeated(entries: Iterable[Entry]) -> Iterator[ChartFinding]:
    """One finding for each resource that a Bundle holds more than once, told by its id; all of one type.

    Not for a Patient: two that differ are a conflict.
    """
    by_name: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        identifier = text_member(entry.resource, "id")
        if identifier and entry.type != "Patient":
            by_name.setdefault((entry.bundle, identifier), []).append(entry)
    for first, *others in (found for found in by_name.values() if len(found) > 1):
        if all(other.resource == first.resource for other in others):
            sentence = f"The resource stands in its Bundle {len(others) + 1} times."
            yield ChartFinding("repeated", others[0].path, sentence)
        else:
            sentence = f"{len(others) + 1} different resources have one type and id: each is read by itself."
            yield ChartFinding("versions", others[0].path, sentence)
