"""Checks of untrusted JSON members, shared by requests and feedback.

Each takes the value and the path to it, gives the value back with its type, and raises `BadRequest` with
what was expected. The value itself never enters a message.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from cds.hooks.errors import BadRequest
from fhir_adapters import JsonRefused, load_json

_UUID: Final = re.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_ID: Final = re.compile(r"[A-Za-z0-9.\-]{1,64}")
_REFERENCE: Final = re.compile(r"([A-Za-z]+)/[A-Za-z0-9.\-]{1,64}")


def read_json(raw: bytes) -> object:
    """The JSON value of a body; raises `BadRequest` when it is not strict JSON."""
    try:
        return load_json(raw)
    except JsonRefused as refused:
        raise BadRequest(f"The body is not acceptable JSON: {refused}.") from None


def an_object(value: object, path: str | None) -> Mapping[str, object]:
    """The value as a JSON object."""
    if not isinstance(value, dict):
        raise BadRequest(f"Expected a JSON object {_at(path)}.", path)
    return value


def an_array(value: object, path: str) -> list[object]:
    """The value as a JSON array."""
    if not isinstance(value, list):
        raise BadRequest(f"Expected an array {_at(path)}.", path)
    return value


def a_text(value: object, path: str) -> str:
    """The value as a string with at least one character."""
    if not isinstance(value, str) or not value:
        raise BadRequest(f"Expected a non-empty string {_at(path)}.", path)
    return value


def a_uuid(value: object, path: str) -> str:
    """The value as a UUID in its usual form of 36 characters."""
    if not isinstance(value, str) or not _UUID.fullmatch(value):
        raise BadRequest(f"Expected a UUID {_at(path)}.", path)
    return value


def an_id(value: object, path: str) -> str:
    """The value as a FHIR id: 1 to 64 letters, digits, hyphens or dots."""
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise BadRequest(f"Expected a FHIR id {_at(path)}.", path)
    return value


def a_reference(value: object, path: str, types: frozenset[str] | None = None) -> str:
    """The value as a relative reference `Type/id`, of one of `types` where given."""
    match = _REFERENCE.fullmatch(value) if isinstance(value, str) else None
    if match is None or (types is not None and match[1] not in types):
        kinds = f", Type one of {', '.join(sorted(types))}," if types else ""
        raise BadRequest(f"Expected a reference Type/id{kinds} {_at(path)}.", path)
    return match[0]


def _at(path: str | None) -> str:
    return f"at {path}" if path else "as the body"
