"""Thin readers of raw FHIR JSON: each gives None or nothing for a value of another type."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from fhir_adapters.terminology import Coding

Resource = Mapping[str, object]
"""An object of raw JSON: a resource or an element."""

LOINC = "http://loinc.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
UCUM = "http://unitsofmeasure.org"

_IDENTIFIER = re.compile(r"[A-Za-z0-9._-]{1,64}")
_REFERENCE = re.compile(rf"{_IDENTIFIER.pattern}/{_IDENTIFIER.pattern}")


@dataclass(frozen=True, slots=True)
class ChartFinding:
    """Something odd in what was received: a machine word, its place, a sentence for people."""

    code: str
    path: str
    sentence: str


def member(element: object, name: str) -> object:
    """A member of an object, None when there is no such member or no object."""
    return element.get(name) if isinstance(element, dict) else None


def text_member(element: object, name: str) -> str | None:
    """A member that is text and not empty."""
    value = element.get(name) if isinstance(element, dict) else None
    return value if isinstance(value, str) and value else None


def object_member(element: object, name: str) -> Resource | None:
    """A member that is an object."""
    value = element.get(name) if isinstance(element, dict) else None
    return value if isinstance(value, dict) else None


def objects(element: object, name: str) -> Sequence[Resource]:
    """The objects in a member that is a list."""
    value = element.get(name) if isinstance(element, dict) else None
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else ()


def only_object(element: object, name: str) -> Resource | None:
    """The object in a member that is a list of exactly one."""
    value = element.get(name) if isinstance(element, dict) else None
    return value[0] if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict) else None


def number_member(element: object, name: str) -> Decimal | int | None:
    """A member that is an exact number; a binary float is not one."""
    value = member(element, name)
    return value if isinstance(value, int | Decimal) and not isinstance(value, bool) else None


def codings(concept: object) -> tuple[Coding, ...]:
    """The codings of a CodeableConcept that have both system and code."""
    found = []
    for coding in objects(concept, "coding"):
        system, code = coding.get("system"), coding.get("code")
        if isinstance(system, str) and isinstance(code, str) and system and code:
            found.append(Coding(system, code))
    return tuple(found)


def words(concept: object) -> tuple[str, ...]:
    """The text and the displays of a CodeableConcept."""
    text = text_member(concept, "text")
    found = [text] if text else []
    for coding in objects(concept, "coding"):
        display = coding.get("display")
        if isinstance(display, str) and display:
            found.append(display)
    return tuple(found)


def references_in(value: object) -> Iterator[str]:
    """The text of every Reference anywhere in raw JSON."""
    if isinstance(value, dict):
        target = value.get("reference")
        if isinstance(target, str):
            yield target
        for item in value.values():
            yield from references_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from references_in(item)


def reference_of(resource: object) -> str:
    """`Type/id`, or the bare type when the id is not one that can be shown."""
    kind, identifier = text_member(resource, "resourceType"), text_member(resource, "id")
    reference = f"{kind}/{identifier}"
    if kind and identifier and _REFERENCE.fullmatch(reference):
        return reference
    return kind if kind and _IDENTIFIER.fullmatch(kind) else "resource"
