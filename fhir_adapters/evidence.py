"""What the readers of all kinds of input share: data for the trace, and the choice of a reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dsl.values import Datum, Fact, Reason
from fhir_adapters.chart import Chart
from fhir_adapters.prefetch import KeyState, PrefetchKey
from fhir_adapters.reading import Resource, text_member
from fhir_adapters.references import Entry

USABLE_STATUSES = frozenset({"final", "amended", "corrected"})

_CAVEATS = {
    KeyState.ABSENT: "the list was not supplied: absence cannot be concluded",
    KeyState.NULL: "nothing is known for the list: absence cannot be concluded",
    KeyState.FAILED: "the list could not be obtained: absence cannot be concluded",
    KeyState.INCOMPLETE: "the list is incomplete: absence cannot be concluded",
}


def datum(entry: Entry, text: str, reason: Reason | None = None, instant: str | None = None) -> Datum:
    """A datum for the trace; `text` must come from machine fields only."""
    return Datum(entry.path, entry.reference, instant, text, reason)


def in_order(data: Iterable[Datum]) -> tuple[Datum, ...]:
    """Data in an order that does not depend on the order of entries (H-016)."""
    return tuple(sorted(data, key=_order))


def first_reason(present: Iterable[Reason | None], ranking: Iterable[Reason]) -> Reason | None:
    """The first reason of a ranking that is present."""
    found = set(present)
    return next((reason for reason in ranking if reason in found), None)


def unusable_observation(entry: Entry) -> Reason | None:
    """Why an Observation counts for nothing whatever it says: its status or whom it is about."""
    if not _about_patient(entry.resource) or not entry.readable_subject:
        return Reason.SUBJECT
    if text_member(entry.resource, "status") not in USABLE_STATUSES:
        return Reason.STATUS
    return None


def with_caveat(fact: Fact, chart: Chart, key: PrefetchKey) -> Fact:
    """The fact, saying so if the list that it comes from was not completely supplied."""
    caveat = _CAVEATS.get(chart.states[key])
    if caveat is None:
        return fact
    return replace(fact, explanation="; ".join(filter(None, (fact.explanation, caveat))))


def _order(item: Datum) -> tuple[str, ...]:
    return (item.instant or "", item.reference, item.text, item.reason or "", item.path)


def _about_patient(observation: Resource) -> bool:
    # `focus` says that something other than the subject was observed, a fetus for one.
    return "focus" not in observation
