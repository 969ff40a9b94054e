"""Whether the patient takes a drug now, and whether it was ever taken, from the medication list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from dsl.values import Datum, Fact, Reason, known, missing
from fhir_adapters.chart import Chart
from fhir_adapters.drugs import DrugReading, read_drug
from fhir_adapters.evidence import datum, in_order
from fhir_adapters.instants import CLOCK_SKEW, Moment, parse_moment
from fhir_adapters.orders import Order, is_plan
from fhir_adapters.prefetch import MEDICATION_TYPES, KeyState, PrefetchKey
from fhir_adapters.reading import Resource, number_member, object_member, only_object, text_member
from fhir_adapters.references import Entry
from fhir_adapters.terminology import Terminology


class Taking(StrEnum):
    """What an entry of a medication list says of taking its drug."""

    NOW = "now"
    PAST = "past"
    NEVER = "never"
    UNCLEAR = "unclear"
    WHOSE = "whose"
    UNIDENTIFIED = "unidentified"
    ITSELF = "itself"


_STATUSES = {
    "active": Taking.NOW,
    "on-hold": Taking.NOW,
    "completed": Taking.PAST,
    "stopped": Taking.PAST,
    "draft": Taking.NEVER,
    "cancelled": Taking.NEVER,
    "declined": Taking.NEVER,
    "entered-in-error": Taking.NEVER,
    "not-taken": Taking.NEVER,
    "not-done": Taking.NEVER,
}
_STATUSES_OF_TYPE: Mapping[str, Mapping[str, Taking]] = {
    "MedicationAdministration": {"in-progress": Taking.NOW},
    # What is being prepared may never be handed over.
    "MedicationDispense": {"on-hold": Taking.UNCLEAR},
}

_OPEN = {
    Taking.PAST: (Reason.STATUS, "earlier use or an earlier order is on file"),
    Taking.UNCLEAR: (Reason.STATUS, "an order or use of unclear status or period is on file"),
    Taking.WHOSE: (Reason.SUBJECT, "an order on file does not say whose it is"),
    Taking.UNIDENTIFIED: (Reason.NO_VALUE, "the drug of an entry on file cannot be identified"),
    Taking.ITSELF: (Reason.STATUS, "the order itself is on the list of medications"),
}
"""What keeps the answer open, in the order in which it is said."""

_LONGEST = 3660
"""Days of supply that are believed."""

_INTAKE = ("MedicationStatement", "MedicationAdministration")
"""What is said of taking, not only of ordering or handing over."""


@dataclass(frozen=True, slots=True)
class _Use:
    """One entry that is, or may be, about the drug."""

    entry: Entry
    when: Taking
    datum: Datum


@dataclass(frozen=True, slots=True)
class MedicationList:
    """The medications of a chart at one instant, read once for all drugs and orders."""

    states: Mapping[PrefetchKey, KeyState]
    entries: tuple[tuple[Entry, Taking, DrugReading], ...]


def medication_list(chart: Chart, as_of: datetime, terminology: Terminology) -> MedicationList:
    """The medications of a chart, past ones included, with the drugs that they name."""
    entries = (
        (entry, _taking(entry, as_of), read_drug(entry, (chart.resolver,), terminology))
        for entry in chart.of_types(*MEDICATION_TYPES)
    )
    return MedicationList(chart.states, tuple(entries))


def last_use(entry: Entry) -> Moment | None:
    """When the use that an entry is about ended or will end, None if that is not on file.

    What was handed over lasts for its days of supply.
    """
    resource = entry.resource
    if entry.type == "MedicationDispense":
        handed = parse_moment(text_member(resource, "whenHandedOver") or "")
        supply = object_member(resource, "daysSupply")
        days = number_member(supply, "value")
        if handed is None or days is None or text_member(supply, "code") != "d" or not 0 <= days <= _LONGEST:
            return None
        span = timedelta(days=float(days))
        return Moment(handed.written, handed.earliest + span, handed.latest + span)
    written = text_member(_period(resource), "end") or text_member(resource, "effectiveDateTime")
    return parse_moment(written) if written else None


def medication_fact(name: str, listed: MedicationList, order: Order | None) -> Fact:
    """The fact of an input `from medication NAME`: true if it is taken now.

    A signed order that is signed again and listed too leaves it open: it may be the first or the tenth.

    False only if the whole medication list was supplied, every drug on it is identified or certainly
    another one, and none of its entries, past ones included, is of this drug.
    """
    uses = list(_uses(name, listed, order))
    data = in_order(use.datum for use in uses)
    if any(use.when is Taking.NOW for use in uses):
        return known(True, *data)
    return _open_or_never(uses, data, listed, PrefetchKey.MEDICATIONS)


def exposure_fact(name: str, listed: MedicationList, order: Order | None) -> Fact:
    """The fact of an input `from exposure NAME`: true if it is on file that the drug was ever taken.

    That it was ordered or handed over leaves it open. False as in `medication_fact`, with all lists supplied.
    """
    uses = list(_uses(name, listed, order))
    data = in_order(use.datum for use in uses)
    if any(use.entry.type in _INTAKE and use.when in (Taking.NOW, Taking.PAST) for use in uses):
        return known(True, *data)
    if any(use.when is Taking.NOW for use in uses):
        return missing(Reason.STATUS, *data, explanation="it is ordered; whether it was taken is not on file")
    return _open_or_never(uses, data, listed, PrefetchKey.MEDICATIONS, PrefetchKey.EXPOSURE)


def _open_or_never(
    uses: list[_Use], data: tuple[Datum, ...], listed: MedicationList, *keys: PrefetchKey
) -> Fact:
    found = {use.when for use in uses}
    for state, (reason, explanation) in _OPEN.items():
        if state in found:
            return missing(reason, *data, explanation=explanation)
    if any(listed.states[key] is not KeyState.COMPLETE for key in keys):
        return missing(Reason.MISSING, *data)
    return known(False, *data)


def _uses(name: str, listed: MedicationList, order: Order | None) -> Iterator[_Use]:
    for entry, when, reading in listed.entries:
        if name in reading.drugs:
            if when is Taking.NOW and order is not None and _is_signed_again(order, entry):
                when = Taking.ITSELF
            yield _Use(entry, when, datum(entry, name, _reason(entry, when)))
        elif not reading.drugs and reading.may_be_drug(name) and when is not Taking.NEVER:
            reason = Reason.NO_VALUE if entry.readable_subject else Reason.SUBJECT
            yield _Use(entry, Taking.UNIDENTIFIED, datum(entry, "", reason))


def _is_signed_again(order: Order, entry: Entry) -> bool:
    same = entry.reference == order.reference and entry.path != order.path
    return same and "/" in entry.reference and text_member(order.resource, "status") != "draft"


def _taking(entry: Entry, as_of: datetime) -> Taking:
    if entry.resource.get("doNotPerform") is True or is_plan(entry.resource):
        return Taking.NEVER
    status = text_member(entry.resource, "status") or ""
    own = _STATUSES_OF_TYPE.get(entry.type, {}).get(status)
    when = own or _STATUSES.get(status, Taking.UNCLEAR)
    if when is Taking.NOW:
        when = _within_period(entry, as_of)
    return when if entry.readable_subject or when is Taking.NEVER else Taking.WHOSE


def _within_period(entry: Entry, as_of: datetime) -> Taking:
    """Whether what is called active is so at `as_of`: lists are often not closed when a course ends."""
    period = _period(entry.resource)
    if period is None:
        return Taking.NOW
    start, end = (parse_moment(text_member(period, name) or "") for name in ("start", "end"))
    if end is not None and end.latest < as_of:
        return Taking.PAST
    return Taking.UNCLEAR if start is not None and start.latest > as_of + CLOCK_SKEW else Taking.NOW


def _period(resource: Resource) -> Resource | None:
    dosage = only_object(resource, "dosageInstruction") or only_object(resource, "dosage")
    repeat = object_member(object_member(dosage, "timing"), "repeat")
    return object_member(resource, "effectivePeriod") or object_member(repeat, "boundsPeriod")


def _reason(entry: Entry, when: Taking) -> Reason | None:
    if not entry.readable_subject:
        return Reason.SUBJECT
    return None if when is Taking.NOW else Reason.STATUS
