"""Facts from Conditions and from the reasons of an order. An absent Condition is never a "no"."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from dsl.values import Datum, Fact, Reason, known, missing
from fhir_adapters.chart import Chart
from fhir_adapters.evidence import datum, in_order
from fhir_adapters.orders import Order
from fhir_adapters.prefetch import KeyState, PrefetchKey
from fhir_adapters.reading import member, objects, text_member
from fhir_adapters.references import Entry
from fhir_adapters.terminology import ConditionSet, Terminology


class Standing(StrEnum):
    """What an entry of a list says about the patient."""

    HOLDS = "holds"
    REFUTED = "refuted"
    UNSETTLED = "unsettled"


def condition_fact(name: str, chart: Chart, terminology: Terminology) -> Fact:
    """The fact of an input `from condition NAME`: true, false only if refuted and nothing else is open."""
    wanted = terminology.condition_set(name)
    found = []
    data = []
    for entry, code in _diagnosed(chart, wanted):
        standing = _standing(entry, wanted)
        found.append(standing if entry.readable_subject else None)
        data.append(_datum(entry, code, standing))
    if Standing.HOLDS in found:
        return known(True, *in_order(data))
    complete = chart.states[PrefetchKey.CONDITIONS] is KeyState.COMPLETE
    if complete and Standing.REFUTED in found and Standing.UNSETTLED not in found:
        return known(False, *in_order(data))
    return missing(_reason(data), *in_order(data))


def indication_fact(name: str, chart: Chart, terminology: Terminology, order: Order | None) -> Fact:
    """The fact of an input `from indication NAME`: the reasons of the order, else the Conditions on file."""
    members = terminology.indications(name)
    if order is not None:
        stated = {
            (member_name, coding.code)
            for coding in order.reasons
            for member_name, wanted in members.items()
            if wanted.matches(coding)
        }
        if stated:
            data = [Datum(order.path, order.reference, None, code) for _, code in stated]
            held = {member_name for member_name, _ in stated}
            return _one_of(held - terminology.outranked(name, held), list(dict.fromkeys(data)))
    held = set()
    data = []
    for member_name, wanted in members.items():
        for entry, code in _diagnosed(chart, wanted):
            standing = _standing(entry, wanted)
            data.append(_datum(entry, code, standing))
            if standing is Standing.HOLDS and entry.readable_subject:
                held.add(member_name)
    return _one_of(held - terminology.outranked(name, held), data)


def _one_of(names: set[str], data: list[Datum]) -> Fact:
    possible = tuple(sorted(names))
    if not possible:
        return missing(_reason(data), *in_order(data))
    if len(possible) == 1:
        return known(possible[0], *in_order(data))
    # Several diagnoses may stand side by side without contradicting each other: which one is meant is open.
    return missing(Reason.CONFLICT, *in_order(data), explanation="several indications are on file")


def _reason(data: list[Datum]) -> Reason:
    reasons = {item.reason for item in data}
    return next((reason for reason in (Reason.STATUS, Reason.SUBJECT) if reason in reasons), Reason.MISSING)


def _datum(entry: Entry, code: str, standing: Standing) -> Datum:
    if not entry.readable_subject:
        return datum(entry, code, Reason.SUBJECT)
    used = standing in (Standing.HOLDS, Standing.REFUTED)
    return datum(entry, code, None if used else Reason.STATUS)


def _diagnosed(chart: Chart, wanted: ConditionSet) -> Iterator[tuple[Entry, str]]:
    """The Conditions with a code of the set that are not entered in error, each with the first such code."""
    coded = chart.index("Condition").coded
    found: dict[int, tuple[Entry, str]] = {}
    for coding in coded:
        if wanted.matches(coding):
            for entry in coded[coding]:
                _, code = found.get(id(entry), (entry, coding.code))
                found[id(entry)] = (entry, min(code, coding.code))
    for entry, code in found.values():
        if status_codes(entry, "verificationStatus") != {"entered-in-error"}:
            yield entry, code


def _standing(entry: Entry, wanted: ConditionSet) -> Standing:
    verification = status_codes(entry, "verificationStatus")
    if verification == {"refuted"}:
        return Standing.REFUTED
    if verification is not None and verification != {"confirmed"}:
        return Standing.UNSETTLED
    if wanted.clinical_statuses is None:
        return Standing.HOLDS
    clinical = status_codes(entry, "clinicalStatus")
    counts = clinical is not None and bool(clinical) and clinical <= wanted.clinical_statuses
    return Standing.HOLDS if counts else Standing.UNSETTLED


def status_codes(entry: Entry, name: str) -> set[str] | None:
    """The codes of a status; None without one, empty for one that cannot be read."""
    concept = member(entry.resource, name)
    if concept is None:
        return None
    return {code for coding in objects(concept, "coding") if (code := text_member(coding, "code"))}
