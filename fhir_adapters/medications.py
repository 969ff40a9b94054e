"""Whether the patient already takes a drug, from the medication list."""

from __future__ import annotations

from enum import StrEnum

from dsl.values import Datum, Fact, Reason, known, missing
from fhir_adapters.chart import Chart
from fhir_adapters.drugs import read_drug
from fhir_adapters.evidence import datum, in_order
from fhir_adapters.orders import Order, is_plan
from fhir_adapters.prefetch import KeyState, PrefetchKey
from fhir_adapters.reading import text_member
from fhir_adapters.references import Entry
from fhir_adapters.terminology import Terminology


class _Taking(StrEnum):
    NOW = "now"
    PAST = "past"
    NEVER = "never"
    UNCLEAR = "unclear"
    WHOSE = "whose"
    UNIDENTIFIED = "unidentified"
    ITSELF = "itself"


_STATUSES = {
    "active": _Taking.NOW,
    "on-hold": _Taking.NOW,
    "completed": _Taking.PAST,
    "stopped": _Taking.PAST,
    "draft": _Taking.NEVER,
    "cancelled": _Taking.NEVER,
    "entered-in-error": _Taking.NEVER,
    "not-taken": _Taking.NEVER,
}

_OPEN = {
    _Taking.PAST: (Reason.STATUS, "an earlier order is on file"),
    _Taking.UNCLEAR: (Reason.STATUS, "an order of unclear status is on file"),
    _Taking.WHOSE: (Reason.SUBJECT, "an order on file does not say whose it is"),
    _Taking.UNIDENTIFIED: (Reason.NO_VALUE, "the drug of an entry on file cannot be identified"),
    _Taking.ITSELF: (Reason.STATUS, "the order itself is on the list of medications"),
}
"""What keeps the answer open, in the order in which it is said."""


def medication_fact(name: str, chart: Chart, terminology: Terminology, order: Order | None) -> Fact:
    """The fact of an input `from medication NAME`: true if it is taken now.

    A signed order that is signed again and listed too leaves it open: it may be the first or the tenth.

    False only if the whole medication list was supplied, every drug on it is identified or certainly
    another one, and none of its entries, past ones included, is of this drug.
    """
    taking: set[_Taking] = set()
    data: list[Datum] = []
    for entry in chart.of_types("MedicationRequest", "MedicationStatement"):
        when = _taking(entry)
        if when is _Taking.NOW and order is not None and _is_signed_again(order, entry):
            when = _Taking.ITSELF
        reading = read_drug(entry, (chart.resolver,), terminology)
        if reading.drug == name:
            taking.add(when)
            data.append(datum(entry, name, _reason(entry, when)))
        elif reading.drug is None and not reading.surely_other and when is not _Taking.NEVER:
            taking.add(_Taking.UNIDENTIFIED)
            data.append(datum(entry, "", Reason.NO_VALUE if entry.readable_subject else Reason.SUBJECT))
    listed = in_order(data)
    if _Taking.NOW in taking:
        return known(True, *listed)
    for state, (reason, explanation) in _OPEN.items():
        if state in taking:
            return missing(reason, *listed, explanation=explanation)
    if chart.states[PrefetchKey.MEDICATIONS] is not KeyState.COMPLETE:
        return missing(Reason.MISSING, *listed)
    return known(False, *listed)


def _is_signed_again(order: Order, entry: Entry) -> bool:
    same = entry.reference == order.reference and entry.path != order.path
    return same and "/" in entry.reference and text_member(order.resource, "status") != "draft"


def _taking(entry: Entry) -> _Taking:
    if entry.resource.get("doNotPerform") is True or is_plan(entry.resource):
        return _Taking.NEVER
    when = _STATUSES.get(text_member(entry.resource, "status") or "", _Taking.UNCLEAR)
    return when if entry.readable_subject or when is _Taking.NEVER else _Taking.WHOSE


def _reason(entry: Entry, when: _Taking) -> Reason | None:
    if not entry.readable_subject:
        return Reason.SUBJECT
    return None if when is _Taking.NOW else Reason.STATUS
