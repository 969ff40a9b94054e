"""One patient's resources, each with its path, and how completely they were supplied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from fhir_adapters.errors import UnusableBundle, WrongPatient
from fhir_adapters.instants import parse_moment
from fhir_adapters.intake import READ_TYPES, Intake, bundle_deviations, deviations, nonconformities, repeated
from fhir_adapters.panels import results_in
from fhir_adapters.prefetch import (
    MEDICATION_TYPES,
    KeyState,
    PrefetchKey,
    bundle_state,
    joined_state,
    key_of_name,
    keys_of_type,
)
from fhir_adapters.quantities import unit_findings
from fhir_adapters.reading import ChartFinding, Resource, objects, text_member, words
from fhir_adapters.references import Entry, Resolver, Whose, bundle_entries
from fhir_adapters.terminology import Coding

SUBJECT_MEMBERS = ("subject", "patient", "beneficiary")
"""The members that say whose a resource is."""
USED_TYPES = frozenset(
    {
        "Observation",
        "DiagnosticReport",
        *MEDICATION_TYPES,
        "Condition",
        "AllergyIntolerance",
        "Procedure",
        "Specimen",
    }
)
"""The types that facts come from; each of them has to say whose it is."""


class Index(NamedTuple):
    """The resources of one type by what their `code` says."""

    coded: Mapping[Coding, tuple[Entry, ...]]
    """By each coding; without a system, under the empty one."""
    worded: Mapping[str, tuple[Entry, ...]]
    """By each text and display."""


@dataclass(frozen=True)
class Chart:
    """What is on file for one patient. Only resources of that patient are in it.

    Without slots: its indexes and what deviates in it are put together once, when they are asked for.
    """

    patient_id: str
    patient: Entry | None
    resources: Mapping[str, tuple[Entry, ...]]
    """All other resources by type, those without a readable subject included."""
    states: Mapping[PrefetchKey, KeyState]
    received: tuple[ChartFinding, ...]
    """What was odd about what was received, resources that are not used among it."""
    resolver: Resolver
    people: tuple[Entry, ...] = ()
    """Every version of the Patient, those among them that are not used."""
    tolerated: Chart | None = None
    """After strict intake the chart with the refused resources as well: what they would change is open."""
    refused: frozenset[str] = frozenset()
    """The types of the refused resources."""
    called: Mapping[str, tuple[tuple[str, Resource], ...]] = field(default_factory=dict)
    """What a genotype caller found beside FHIR: gene symbol to each call with its place."""

    @cached_property
    def findings(self) -> tuple[ChartFinding, ...]:
        """Everything odd: what was odd on receipt, and what deviates in the resources that are used."""
        odd = list(self.received)
        for entry in self.resources.get("Observation", ()):
            odd += (finding for result in (entry, *results_in(entry)) for finding in unit_findings(result))
        people = tuple(entry for entry in self.people if "modifierExtension" not in entry.resource)
        for name, listed in {"Patient": people, **self.resources}.items():
            if name in READ_TYPES:
                odd += (finding for entry in listed for finding in deviations(entry))
                odd += repeated(listed)
        return tuple(odd)

    @cached_property
    def _indexes(self) -> dict[str, Index]:
        return {}

    @cached_property
    def _parts(self) -> Mapping[Coding, tuple[Entry, ...]]:
        observations = self.resources.get("Observation", ())
        panels = [entry for entry in observations if "component" in entry.resource]
        return _index(part for entry in panels for part in results_in(entry)).coded

    @property
    def intake(self) -> Intake:
        """How resources that deviate from FHIR were taken."""
        return Intake.TOLERANT if self.tolerated is None else Intake.STRICT

    def of_types(self, *types: str) -> Iterable[Entry]:
        """The resources of these types."""
        return (entry for name in types for entry in self.resources.get(name, ()))

    def index(self, kind: str) -> Index:
        """The resources of one type by their codes and wordings."""
        found = self._indexes.get(kind)
        if found is None:
            found = self._indexes[kind] = _index(self.resources.get(kind, ()))
        return found

    def observed(self, codes: AbstractSet[Coding]) -> Iterable[Entry]:
        """The Observations, and components of them, with one of these codes, each once."""
        coded, parts = self.index("Observation").coded, self._parts
        found = {id(entry): entry for code in codes & coded.keys() for entry in coded[code]}
        found |= {id(part): part for code in codes & parts.keys() for part in parts[code]}
        return found.values()

    def if_final(self) -> Chart | None:
        """The chart as it will be if its preliminary results become final; None if it has none."""
        observations = self.resources.get("Observation", ())
        if all(entry.resource.get("status") != "preliminary" for entry in observations):
            return None
        final = tuple(
            entry._replace(resource={**entry.resource, "status": "final"})
            if entry.resource.get("status") == "preliminary"
            else entry
            for entry in observations
        )
        tolerated = self.tolerated and (self.tolerated.if_final() or self.tolerated)
        return replace(self, resources={**self.resources, "Observation": final}, tolerated=tolerated)

    def deceased(self, as_of: datetime) -> bool:
        """Whether the patient is known to have died by `as_of` (H-026).

        A death whose date is partial or unreadable counts as soon as it may have happened, and one that
        only a version of the Patient tells of which is not used counts too.
        """
        return any(_may_have_died(person.resource, as_of) for person in self.people)


def chart_of_prefetch(
    patient_id: str,
    prefetch: Mapping[str, object],
    base_url: str | None,
    asked: Iterable[str] = (),
    referenced: Mapping[str, object] | None = None,
) -> Chart:
    """The chart of the patient in context from the prefetch of a hook request.

    `asked` are the names of the templates, if some of them are further parts of a key (`labs2`);
    `referenced` are further resources by their `Type/id`, which only references lead to.

    Raises `WrongPatient` for a Patient with another id and for any resource that names another
    patient; a reference on another base than `base_url` does so too.
    """
    entries: list[Entry] = []
    findings: list[ChartFinding] = []
    parts: dict[PrefetchKey, dict[str, KeyState]] = {}
    for name in (*PrefetchKey, *asked):
        key = key_of_name(name)
        if key is None or name in parts.setdefault(key, {}):
            continue
        parts[key][name], found, odd = _answer(prefetch, name)
        entries += found
        findings += odd
    states = {key: joined_state(found.values()) for key, found in parts.items()}
    extra = [Entry(name, found) for name, found in (referenced or {}).items() if isinstance(found, dict)]
    resolver = Resolver([*entries, *extra], base_url)
    kept = []
    for entry in entries:
        whose = whose_is(entry, resolver, patient_id, None)
        if whose is Whose.ANOTHER_PATIENT:
            raise WrongPatient(entry.path)
        kept.append(entry if whose is Whose.THIS_PATIENT else entry._replace(readable_subject=False))
    return _chart(patient_id, kept, states, findings, resolver)


def chart_of_bundle(bundle: Mapping[str, object], intake: Intake = Intake.TOLERANT) -> Chart:
    """The chart of a Bundle that holds one patient's whole record, whatever its Bundle type.

    Resources of other patients are left out, with a finding each; in strict intake also those that do not
    conform to FHIR R4, and then the keys that hold their type are incomplete.

    Raises `UnusableBundle` unless there is exactly one Patient, in strict intake also for a Bundle without a
    type that FHIR lists, and `StrictUnavailable` if strict intake lacks its package.
    """
    if bundle.get("resourceType") != "Bundle":
        raise UnusableBundle("", "a resource of type Bundle")
    entries, odd = bundle_entries(bundle, "")
    deviating = tuple(bundle_deviations(bundle, ""))
    patients = [entry for entry in entries if entry.type == "Patient"]
    if len(patients) != 1:
        raise UnusableBundle("", f"exactly one Patient, found {len(patients)}")
    patient = patients[0]
    patient_id = text_member(patient.resource, "id") or ""
    states = dict.fromkeys(PrefetchKey, bundle_state(bundle, entries, len(odd)))
    url = patient.full_url
    tolerated = chart_of_record(patient_id, entries, states, (*odd, *deviating), patient_url=url)
    if intake is Intake.TOLERANT:
        return tolerated
    if deviating:
        raise UnusableBundle("", "a type that FHIR lists for a Bundle, as intake is strict")
    faults = {entry.path: nonconformities(entry) for entry in entries}
    accepted = [entry for entry in entries if not faults[entry.path]]
    refused = [entry for entry in entries if faults[entry.path]]
    types = frozenset(entry.type for entry in refused)
    incomplete = {key for name in types for key in keys_of_type(name)}
    states |= {key: KeyState.INCOMPLETE for key in incomplete if states[key] is KeyState.COMPLETE}
    odd += tuple(fault for entry in refused for fault in faults[entry.path])
    chart = chart_of_record(patient_id, accepted, states, odd, patient_url=url, refused=refused)
    return replace(chart, people=tolerated.people, tolerated=tolerated, refused=types)


def chart_of_calls(sample: str, called: Mapping[str, tuple[tuple[str, Resource], ...]]) -> Chart:
    """The chart of somebody of whom only the calls of a genotype caller are known, and of nothing else."""
    states = dict.fromkeys(PrefetchKey, KeyState.ABSENT) | {PrefetchKey.PGX: KeyState.COMPLETE}
    return Chart(sample, None, {}, states, (), Resolver((), None), called=called)


def chart_of_record(
    patient_id: str,
    entries: Iterable[Entry],
    states: Mapping[PrefetchKey, KeyState],
    findings: Iterable[ChartFinding] = (),
    *,
    base_url: str | None = None,
    patient_url: str | None = None,
    refused: Iterable[Entry] = (),
) -> Chart:
    """The chart of one patient's whole record; resources of others are left out, with a finding each.

    `patient_url` is the full URL of the Patient's entry where that is its identity. References to a resource
    that is also among the `refused` lead nowhere.
    """
    entries = tuple(entries)
    resolver = Resolver(entries, base_url, refused)
    odd = list(findings)
    kept = []
    for entry in entries:
        whose = whose_is(entry, resolver, patient_id, patient_url)
        if whose is Whose.ANOTHER_PATIENT:
            odd.append(_finding("another-patient", entry, "A resource of another patient: left out."))
        else:
            # The one Patient is the patient even without an id, as in a transaction.
            readable = whose is Whose.THIS_PATIENT or entry.type == "Patient"
            kept.append(entry if readable else entry._replace(readable_subject=False))
    return _chart(patient_id, kept, states, odd, resolver)


def prefetch_states(prefetch: Mapping[str, object], names: Iterable[str]) -> dict[str, KeyState]:
    """How each of the queries of these names was answered."""
    return {name: _answer(prefetch, name)[0] for name in names}


def whose_is(entry: Entry, resolver: Resolver, patient_id: str, patient_url: str | None) -> Whose:
    """Whose a resource is; a resource that needs no subject is this patient's."""
    if entry.type == "Patient":
        identifier = text_member(entry.resource, "id")
        if identifier is None:
            return Whose.UNREADABLE
        return Whose.THIS_PATIENT if identifier == patient_id else Whose.ANOTHER_PATIENT
    readable = None
    for name in SUBJECT_MEMBERS:
        if name in entry.resource:
            whose = resolver.whose(entry.resource[name], entry, patient_id, patient_url)
            if whose is Whose.ANOTHER_PATIENT:
                return whose
            readable = readable is not False and whose is Whose.THIS_PATIENT
    return Whose.THIS_PATIENT if readable or entry.type not in USED_TYPES else Whose.UNREADABLE


def _answer(
    prefetch: Mapping[str, object], name: str
) -> tuple[KeyState, tuple[Entry, ...], tuple[ChartFinding, ...]]:
    if name not in prefetch:
        return KeyState.ABSENT, (), ()
    value, path = prefetch[name], f"prefetch.{name}"
    if value is None:
        return KeyState.NULL, (), ()
    kind = text_member(value, "resourceType")
    if not isinstance(value, dict) or kind is None:
        return KeyState.FAILED, (), (ChartFinding("no-resource", path, "The answer is not a FHIR resource."),)
    if kind == "OperationOutcome":
        return KeyState.FAILED, (), ()
    if kind != "Bundle":
        return _single(Entry(path, value), name)
    entries, findings = bundle_entries(value, path)
    state = bundle_state(value, entries, len(findings))
    return state, entries, (*findings, *bundle_deviations(value, path))


def _single(entry: Entry, name: str) -> tuple[KeyState, tuple[Entry, ...], tuple[ChartFinding, ...]]:
    """One resource in place of a Bundle: what was asked for under `patient`, a part of a list elsewhere."""
    if name != PrefetchKey.PATIENT:
        return (
            KeyState.INCOMPLETE,
            (entry,),
            (_finding("no-list", entry, "One resource in place of a list."),),
        )
    if entry.type == "Patient":
        return KeyState.COMPLETE, (entry,), ()
    return KeyState.FAILED, (), (_finding("no-patient", entry, "The answer is not a Patient."),)


def _chart(
    patient_id: str,
    entries: Iterable[Entry],
    states: Mapping[PrefetchKey, KeyState],
    findings: Iterable[ChartFinding],
    resolver: Resolver,
) -> Chart:
    by_type: dict[str, list[Entry]] = {"Patient": []}
    odd = list(findings)
    people = []
    for entry in entries:
        kind = entry.type
        if kind == "Patient":
            people.append(entry)
        # FHIR forbids to process what a modifier extension may have turned into its contrary.
        if "modifierExtension" in entry.resource:
            odd.append(
                _finding("modifier-extension", entry, "An unknown modifier: the resource is not used.")
            )
            continue
        if not entry.readable_subject and (kind in USED_TYPES or kind == "Patient"):
            odd.append(_finding("subject", entry, "It cannot be told whose the resource is: it is not used."))
        by_type.setdefault(kind, []).append(entry)
    patients = [entry for entry in by_type.pop("Patient") if entry.readable_subject]
    patient = patients[0] if patients else None
    if patient and any(other.resource != patient.resource for other in patients):
        odd.append(_finding("conflict", patient, "Two versions of the Patient disagree: neither is used."))
        patient = None
    resources = {name: tuple(found) for name, found in by_type.items()}
    return Chart(patient_id, patient, resources, states, tuple(odd), resolver, tuple(people))


def _index(entries: Iterable[Entry]) -> Index:
    coded: dict[Coding, list[Entry]] = {}
    worded: dict[str, list[Entry]] = {}
    for entry in entries:
        concept = entry.resource.get("code")
        for coding in objects(concept, "coding"):
            code = text_member(coding, "code")
            if code is not None:
                coded.setdefault(Coding(text_member(coding, "system") or "", code), []).append(entry)
        for text in set(words(concept)):
            worded.setdefault(text, []).append(entry)
    return Index(
        {coding: tuple(found) for coding, found in coded.items()},
        {text: tuple(found) for text, found in worded.items()},
    )


def _may_have_died(patient: Resource, as_of: datetime) -> bool:
    if patient.get("deceasedBoolean") not in (None, False):
        return True
    written = text_member(patient, "deceasedDateTime")
    moment = parse_moment(written) if written else None
    return written is not None and (moment is None or moment.earliest <= as_of)


def _finding(code: str, entry: Entry, sentence: str) -> ChartFinding:
    return ChartFinding(code, entry.path, sentence)
