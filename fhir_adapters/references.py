"""Entries of Bundles, and what their references point at. Nothing is ever fetched."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple, TypeVar

from fhir_adapters.reading import ChartFinding, Resource, codings, objects, reference_of, text_member
from fhir_adapters.terminology import Coding

_Key = TypeVar("_Key")

_LITERAL = re.compile(r"(?:(https?://[^\s?#]+)/)?([A-Z][A-Za-z]+)/([^\s/?#]+)(?:/_history/[^\s/?#]+)?")


class Entry(NamedTuple):
    """A resource and where it stands."""

    path: str
    """E.g. `prefetch.labs.entry[0].resource`."""
    resource: Resource
    full_url: str | None = None
    bundle: str = ""
    """The path of its Bundle, within which `urn:uuid:` references hold."""
    readable_subject: bool = True
    """False when it cannot be told whose it is; then it is listed but never used."""

    @property
    def type(self) -> str:
        """The resource type."""
        return text_member(self.resource, "resourceType") or ""

    @property
    def codes(self) -> tuple[Coding, ...]:
        """The codings of its `code`."""
        return codings(self.resource.get("code"))

    @property
    def reference(self) -> str:
        """`Type/id`."""
        return reference_of(self.resource)


class Whose(StrEnum):
    """Whom a subject reference names, seen from the patient in context."""

    THIS_PATIENT = "this-patient"
    ANOTHER_PATIENT = "another-patient"
    UNREADABLE = "unreadable"


def bundle_entries(bundle: Resource, path: str) -> tuple[tuple[Entry, ...], tuple[ChartFinding, ...]]:
    """The readable entries of a Bundle, and a finding for each entry that is not one.

    `path` is where the Bundle stands, empty for a whole document. An `entry` that is not a list reads
    as one unreadable entry, and so does a Bundle inside it, as in the answer to a batch.
    """
    entries, findings = [], []
    prefix = f"{path}." if path else ""
    listed = bundle.get("entry", [])
    for index, item in enumerate(listed if isinstance(listed, list) else [None]):
        at = f"{prefix}entry[{index}].resource"
        resource = item.get("resource") if isinstance(item, dict) else None
        kind = text_member(resource, "resourceType")
        if isinstance(resource, dict) and kind == "Bundle":
            findings.append(ChartFinding("nested-bundle", at, "A Bundle inside a Bundle is not read."))
        elif isinstance(resource, dict) and kind is not None:
            entries.append(Entry(at, resource, text_member(item, "fullUrl"), path))
        else:
            findings.append(ChartFinding("unreadable-entry", at, "The entry holds no readable resource."))
    return tuple(entries), tuple(findings)


class Literal(NamedTuple):
    """What the text of a literal Reference names."""

    base: str | None
    """The server, None for a relative reference."""
    type: str
    id: str


def literal_target(reference: str | None) -> Literal | None:
    """What the text of a Reference names, None for any other kind of text."""
    literal = _LITERAL.fullmatch(reference or "")
    return Literal(*literal.groups()) if literal else None


class Resolver:
    """Resolves literal references among known entries (H-019, H-020), to none that is also among the refused.

    It takes one step and follows none further, so that references in a circle lead nowhere in particular.
    """

    def __init__(self, entries: Iterable[Entry], base_url: str | None, refused: Iterable[Entry] = ()) -> None:
        self._base = base_url.rstrip("/") if base_url else None
        self._entries = tuple(entries)
        self._refused = tuple(refused)
        self._last: tuple[str | None, Literal | None] = (None, None)

    def resolve(self, reference: object, origin: Entry) -> Entry | None:
        """The entry that a Reference element of `origin` points at, None when it is not known here."""
        target = text_member(reference, "reference")
        if target is None:
            return None
        if target.startswith("#"):
            return _contained(origin, target[1:])
        by_url = self._by_url.get((origin.bundle, target))
        literal = literal_target(target)
        if by_url is not None or literal is None:
            return by_url
        if literal.base is not None and literal.base != self._own_base(origin):
            return None
        return self._by_name.get(f"{literal.type}/{literal.id}")

    def read_of(self, reference: object, origin: Entry) -> str | None:
        """`Type/id` for a reference to a resource on our own base that is not known here, else None."""
        literal = literal_target(text_member(reference, "reference"))
        if literal is None or self.resolve(reference, origin) is not None:
            return None
        ours = literal.base is None or literal.base == self._base
        return f"{literal.type}/{literal.id}" if ours else None

    def whose(self, reference: object, origin: Entry, patient_id: str, patient_url: str | None) -> Whose:
        """Whom a Reference element names: a foreign base or another id is another patient.

        `patient_url` is the full URL of the Patient's own entry where that is the identity, in a
        whole-patient Bundle.
        """
        target = text_member(reference, "reference")
        if target is None:
            return Whose.UNREADABLE
        if patient_url is not None and target == patient_url:
            return Whose.THIS_PATIENT
        last = self._last
        # One subject after the other is written alike.
        if last[0] != target:
            self._last = last = (target, literal_target(target))
        literal = last[1]
        if literal is None:
            # A fragment or a urn: it has no identity of its own, so look at what it points at.
            entry = self.resolve(reference, origin)
            if entry is None or entry.type != "Patient":
                return Whose.UNREADABLE
            return _is_this(text_member(entry.resource, "id") == patient_id)
        if literal.type != "Patient":
            return Whose.UNREADABLE
        if literal.base is None:
            return _is_this(literal.id == patient_id)
        own_base = self._own_base(origin)
        if own_base is None:
            return Whose.UNREADABLE
        return _is_this(literal.base == own_base and literal.id == patient_id)

    def _own_base(self, origin: Entry) -> str | None:
        if self._base is not None:
            return self._base
        literal = literal_target(origin.full_url)
        return literal.base if literal else None

    @cached_property
    def _by_name(self) -> dict[str, Entry | None]:
        found: dict[str, Entry | None] = {}
        for entry in self._entries:
            if identifier := text_member(entry.resource, "id"):
                _add(found, f"{entry.type}/{identifier}", entry)
        refused = (f"{entry.type}/{text_member(entry.resource, 'id')}" for entry in self._refused)
        return found | dict.fromkeys(refused)

    @cached_property
    def _by_url(self) -> dict[tuple[str, str], Entry | None]:
        found: dict[tuple[str, str], Entry | None] = {}
        for entry in self._entries:
            if entry.full_url:
                _add(found, (entry.bundle, entry.full_url), entry)
        return found | dict.fromkeys((entry.bundle, entry.full_url or "") for entry in self._refused)


def _add(index: dict[_Key, Entry | None], key: _Key, entry: Entry) -> None:
    # Two different resources under one name: neither may win by its place in the list (H-016).
    known = index.setdefault(key, entry)
    if known is not entry and (known is None or known.resource != entry.resource):
        index[key] = None


def _contained(origin: Entry, identifier: str) -> Entry | None:
    inside = objects(origin.resource, "contained")
    found = [index for index, item in enumerate(inside) if item.get("id") == identifier]
    if len(found) != 1:
        return None
    # Nothing is contained in what is contained: its fragments point to what stands beside it (H-020).
    resource = {**inside[found[0]], "contained": list(inside)}
    container = origin.path.partition(".contained[")[0]
    return Entry(f"{container}.contained[{found[0]}]", resource, None, origin.bundle)


def _is_this(same: bool) -> Whose:
    return Whose.THIS_PATIENT if same else Whose.ANOTHER_PATIENT
