"""What a service asks the client to send along, and in which state each answer came (checklist E)."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from dsl.model import Input, SourceKind
from fhir_adapters.reading import LOINC, Resource, objects, text_member
from fhir_adapters.references import Entry
from fhir_adapters.terminology import Coding, Terminology

GENOTYPE = Coding(LOINC, "84413-4")
"""The code of a genotype Observation."""


class PrefetchKey(StrEnum):
    """The keys that our services ask for; all others are ignored."""

    PATIENT = "patient"
    PGX = "pgx"
    MEDICATIONS = "medications"
    CONDITIONS = "conditions"
    LABS = "labs"


class KeyState(StrEnum):
    """How the client answered a key; the five are never merged (H-068)."""

    ABSENT = "absent"
    """Not in the request."""
    NULL = "null"
    """Nothing known; not the same as nothing found."""
    FAILED = "failed"
    """An error in place of data, or a value that is no resource."""
    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    """Some of the data: absence cannot be concluded (H-069)."""


_KEYS = {
    SourceKind.PATIENT: PrefetchKey.PATIENT,
    SourceKind.OBSERVATION: PrefetchKey.LABS,
    SourceKind.PHENOTYPE: PrefetchKey.PGX,
    SourceKind.CONDITION: PrefetchKey.CONDITIONS,
    SourceKind.INDICATION: PrefetchKey.CONDITIONS,
    SourceKind.MEDICATION: PrefetchKey.MEDICATIONS,
    SourceKind.MODEL: PrefetchKey.PATIENT,
}


def key_of(kind: SourceKind) -> PrefetchKey:
    """The key whose answer holds the data of an input of this kind."""
    return _KEYS[kind]


def prefetch_templates(
    inputs: Iterable[Input], terminology: Terminology, *, with_medications: bool
) -> dict[str, str]:
    """CDS Hooks 2.0 prefetch templates by key, for the inputs of the rules of one service.

    A key is there only if an input needs it, `medications` also `with_medications`.
    """
    used = {(item.source.kind, item.source.name) for item in inputs}
    needed = {key_of(kind) for kind, _ in used}
    if with_medications:
        needed.add(PrefetchKey.MEDICATIONS)
    labs: set[Coding] = set()
    pgx = {GENOTYPE}
    for kind, name in used:
        if kind is SourceKind.OBSERVATION:
            labs |= terminology.observable(name).codes
        elif kind is SourceKind.PHENOTYPE:
            pgx |= terminology.gene(name).interpretation_codes
    patient = "{{context.patientId}}"
    templates = {
        PrefetchKey.PATIENT: f"Patient/{patient}",
        PrefetchKey.PGX: f"Observation?patient={patient}&code={_token_list(pgx)}",
        PrefetchKey.MEDICATIONS: f"MedicationRequest?patient={patient}",
        PrefetchKey.CONDITIONS: f"Condition?patient={patient}",
        PrefetchKey.LABS: f"Observation?patient={patient}&code={_token_list(labs)}&_sort=-date",
    }
    return {key.value: template for key, template in templates.items() if key in needed}


def bundle_state(bundle: Resource, entries: Iterable[Entry], unreadable: int) -> KeyState:
    """The state of an answer that is a Bundle, given its readable entries and the number of others."""
    kinds = [entry.type for entry in entries]
    outcomes = kinds.count("OperationOutcome")
    if outcomes and outcomes == len(kinds) and not unreadable:
        return KeyState.FAILED
    total = bundle.get("total")
    short = isinstance(total, int) and total > _match_entries(bundle)
    paged = any(link.get("relation") == "next" for link in objects(bundle, "link"))
    return KeyState.INCOMPLETE if outcomes or unreadable or short or paged else KeyState.COMPLETE


def _match_entries(bundle: Resource) -> int:
    modes = [text_member(entry.get("search"), "mode") for entry in objects(bundle, "entry")]
    return sum(mode in (None, "match") for mode in modes)


def _token_list(codes: Iterable[Coding]) -> str:
    return ",".join(sorted(f"{coding.system}|{coding.code}" for coding in codes))
