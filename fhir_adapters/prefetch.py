"""What a service asks the client to send along, and in which state each answer came (checklist E)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import StrEnum
from string import digits
from urllib.parse import quote

from dsl.model import CHANGED_BY_DRUGS, Input, SourceKind
from fhir_adapters.reading import LOINC, Resource, objects, text_member
from fhir_adapters.references import Entry
from fhir_adapters.terminology import Coding, Terminology

GENOTYPE = Coding(LOINC, "84413-4")
"""The code of a genotype Observation."""
HAPLOTYPE = Coding(LOINC, "84414-2")
VARIANT = Coding(LOINC, "69548-6")
DIAGNOSTIC_IMPLICATION = Coding(
    "http://hl7.org/fhir/uv/genomics-reporting/CodeSystem/tbd-codes-cs", "diagnostic-implication"
)
IMPLICATIONS = frozenset(
    {
        Coding(
            "http://hl7.org/fhir/uv/genomics-reporting/CodeSystem/tbd-codes-cs", "therapeutic-implication"
        ),
        Coding(LOINC, "53040-2"),
    }
)
"""Therapeutic implication, and the metabolism impact of the guide's first edition."""

MAX_URL_LENGTH = 1800
"""Characters of a query without the address of its server; what many servers and proxies bear is 2,000."""

MEDICATION_TYPES = (
    "MedicationRequest", "MedicationStatement", "MedicationAdministration", "MedicationDispense",
)  # fmt: skip
"""What tells that a drug is or was taken."""

_MAX_ID_LENGTH = 64
_PATIENT = "{{context.patientId}}"


class PrefetchKey(StrEnum):
    """The keys that our services ask for; all others are ignored."""

    PATIENT = "patient"
    PGX = "pgx"
    MEDICATIONS = "medications"
    CONDITIONS = "conditions"
    LABS = "labs"
    EXPOSURE = "exposure"
    """What else than orders tells of earlier use; like allergies, asked for only if a rule reads it."""
    ALLERGIES = "allergies"


class KeyState(StrEnum):
    """How a key was answered; the five are never merged (H-068)."""

    ABSENT = "absent"
    """Not in the request."""
    NULL = "null"
    """Nothing known; not the same as nothing found."""
    FAILED = "failed"
    """An error in place of data, or a value that is no resource."""
    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    """Some of the data: absence cannot be concluded (H-069)."""

    @property
    def answered(self) -> bool:
        """Whether it says anything about the patient: data, a part of them, or that nothing is known."""
        return self not in (KeyState.ABSENT, KeyState.FAILED)


_KEYS = {
    SourceKind.PATIENT: PrefetchKey.PATIENT,
    SourceKind.OBSERVATION: PrefetchKey.LABS,
    SourceKind.PHENOTYPE: PrefetchKey.PGX,
    SourceKind.SCORE: PrefetchKey.PGX,
    SourceKind.GENOTYPE: PrefetchKey.PGX,
    SourceKind.VARIANT: PrefetchKey.PGX,
    SourceKind.PATHWAY: PrefetchKey.PGX,
    SourceKind.CONDITION: PrefetchKey.CONDITIONS,
    SourceKind.INDICATION: PrefetchKey.CONDITIONS,
    SourceKind.MEDICATION: PrefetchKey.MEDICATIONS,
    SourceKind.EXPOSURE: PrefetchKey.EXPOSURE,
    SourceKind.ALLERGY: PrefetchKey.ALLERGIES,
    SourceKind.MODEL: PrefetchKey.PATIENT,
}


def key_of(kind: SourceKind) -> PrefetchKey:
    """The key whose answer holds the data of an input of this kind."""
    return _KEYS[kind]


def keys_of(inputs: Iterable[Input], modulated: Collection[str]) -> set[PrefetchKey]:
    """The keys that hold the data of inputs; `modulated` are the genes whose results drugs change."""
    found = set()
    for item in inputs:
        found.add(key_of(item.source.kind))
        if item.source.kind in CHANGED_BY_DRUGS and item.source.name in modulated:
            found.add(PrefetchKey.MEDICATIONS)
    return found


_KEYS_OF_TYPE = {
    "Patient": (PrefetchKey.PATIENT,),
    "Observation": (PrefetchKey.LABS, PrefetchKey.PGX),
    "DiagnosticReport": (PrefetchKey.PGX,),
    "Procedure": (PrefetchKey.PGX,),
    "Condition": (PrefetchKey.CONDITIONS,),
    "AllergyIntolerance": (PrefetchKey.ALLERGIES,),
    **dict.fromkeys(("Medication", *MEDICATION_TYPES), (PrefetchKey.MEDICATIONS, PrefetchKey.EXPOSURE)),
}


def keys_of_type(name: str) -> tuple[PrefetchKey, ...]:
    """The keys whose data are of this resource type."""
    return _KEYS_OF_TYPE.get(name, ())


def key_of_name(name: str) -> PrefetchKey | None:
    """The key that a name of a template belongs to: `labs` and `labs2` to the same; None for another name."""
    base = name.rstrip(digits)
    return PrefetchKey(base) if base in tuple(PrefetchKey) else None


def prefetch_templates(
    inputs: Iterable[Input],
    terminology: Terminology,
    *,
    with_medications: bool,
    modulated: Collection[str] = (),
    levels: Collection[str] = (),
) -> dict[str, str]:
    """CDS Hooks 2.0 prefetch templates by name, for the inputs of the rules of one service.

    `levels` are observables that are read beside what was given of the drug, for a dose of one person.

    A key is there only if an input needs it, `medications` also `with_medications` and for a gene that is
    among the `modulated`, whose results drugs change. The name is the key; a query that would be too long for
    some client goes on under `labs2`, `labs3`.
    """
    inputs = tuple(inputs)
    used = {(item.source.kind, item.source.name) for item in inputs}
    needed = keys_of(inputs, modulated)
    if levels:
        needed |= {PrefetchKey.LABS, PrefetchKey.EXPOSURE}
    if with_medications or PrefetchKey.EXPOSURE in needed:
        needed.add(PrefetchKey.MEDICATIONS)
    if PrefetchKey.PGX in needed:
        # After some transplants a germline result holds no longer (H-034).
        needed.add(PrefetchKey.CONDITIONS)
    labs = {code for name in levels for code in terminology.observable(name).codes}
    pgx = {GENOTYPE, HAPLOTYPE, *IMPLICATIONS}
    for kind, name in used:
        if kind is SourceKind.OBSERVATION:
            labs |= (terminology.status(name) or terminology.observable(name)).codes
        elif kind in (SourceKind.VARIANT, SourceKind.PATHWAY):
            pgx |= {VARIANT, DIAGNOSTIC_IMPLICATION}
        elif _KEYS[kind] is PrefetchKey.PGX:
            pgx |= terminology.gene(name).interpretation_codes
    templates = {
        PrefetchKey.PATIENT: [f"Patient/{_PATIENT}"],
        PrefetchKey.PGX: _observations(pgx, ""),
        PrefetchKey.MEDICATIONS: [f"MedicationRequest?patient={_PATIENT}"],
        PrefetchKey.CONDITIONS: [f"Condition?patient={_PATIENT}"],
        PrefetchKey.LABS: _observations(labs, "&_sort=-date"),
        PrefetchKey.EXPOSURE: [f"{kind}?patient={_PATIENT}" for kind in MEDICATION_TYPES[1:]],
        PrefetchKey.ALLERGIES: [f"AllergyIntolerance?patient={_PATIENT}"],
    }
    return {
        key.value if part == 1 else f"{key.value}{part}": template
        for key, parts in templates.items()
        if key in needed
        for part, template in enumerate(parts, 1)
    }


def joined_state(states: Collection[KeyState]) -> KeyState:
    """The state of a key whose query was split: that of its parts, or the one that concludes least."""
    distinct = set(states)
    if len(distinct) == 1:
        return distinct.pop()
    lacking = (state for state in KeyState if state in distinct and not state.answered)
    return next(lacking, KeyState.INCOMPLETE)


def url_length(template: str) -> int:
    """The most characters that the query takes once it is filled in and percent-encoded."""
    return len(quote(template.replace(_PATIENT, "x" * _MAX_ID_LENGTH), safe=""))


def bundle_state(bundle: Resource, entries: Iterable[Entry], unreadable: int) -> KeyState:
    """The state of an answer that is a Bundle, given its readable entries and the number of others."""
    kinds = [entry.type for entry in entries]
    outcomes = kinds.count("OperationOutcome")
    if outcomes and outcomes == len(kinds) and not unreadable:
        return KeyState.FAILED
    total = bundle.get("total")
    # A count that is no number may mean any: what is not there cannot be concluded from it.
    unread = total is not None and (isinstance(total, bool) or not isinstance(total, int))
    short = unread or (isinstance(total, int) and total > _match_entries(bundle))
    links = bundle.get("link", [])
    paged = not isinstance(links, list) or any(text_member(link, "relation") == "next" for link in links)
    return KeyState.INCOMPLETE if outcomes or unreadable or short or paged else KeyState.COMPLETE


def _match_entries(bundle: Resource) -> int:
    modes = [text_member(entry.get("search"), "mode") for entry in objects(bundle, "entry")]
    return sum(mode in (None, "match") for mode in modes)


def _observations(codes: Iterable[Coding], rest: str) -> list[str]:
    """Queries for Observations with one of these codes, no more of them than their length asks for."""

    def query(listed: list[str]) -> str:
        return f"Observation?patient={_PATIENT}&code={','.join(listed)}{rest}"

    parts: list[list[str]] = [[]]
    for token in sorted(f"{coding.system}|{coding.code}" for coding in codes):
        if parts[-1] and url_length(query([*parts[-1], token])) > MAX_URL_LENGTH:
            parts.append([])
        parts[-1].append(token)
    return [query(part) for part in parts]
