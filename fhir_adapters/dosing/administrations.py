"""Doses as they were charted when they were given: MedicationAdministrations."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction
from typing import NamedTuple

from fhir_adapters.dosing.amounts import amount_of, iv_length, rate_of, told, why_no_amount
from fhir_adapters.dosing.issues import Issue
from fhir_adapters.dosing.records import CLOSE, Certainty, DosingQuestion, DoubtKind, GivenDose
from fhir_adapters.dosing.routes import is_bolus, route_of
from fhir_adapters.dosing.times import LONGEST_INFUSION, Place, hours_of, length_of, minutes, place
from fhir_adapters.instants import parse_moment
from fhir_adapters.reading import Resource, member, object_member, text_member
from fhir_adapters.references import Entry

_AGREES_WITHIN = Fraction(1, 10)
"""Length and rate of an infusion may differ by so much, or by `CLOSE`."""


class Administration(NamedTuple):
    """What one MedicationAdministration says of one dose."""

    dose: GivenDose | None
    place: Place
    """When it was given, or was not; what was ordered for that time is answered by it."""
    issues: tuple[Issue, ...] = ()


class Span(NamedTuple):
    """When something was given, as far as that is known."""

    start: Place
    length: timedelta | None
    """None if it is not stated; zero if a period ends when it begins."""
    fault: str = ""


class _Infusion(NamedTuple):
    amount: Fraction | None
    length: timedelta | None
    """None if it is not known."""
    issues: tuple[Issue, ...] = ()


def read_administration(entry: Entry, question: DosingQuestion, as_of: datetime) -> Administration:
    """The dose of one MedicationAdministration of the drug in question, or why there is none."""
    resource = entry.resource
    status = text_member(resource, "status")
    span = span_of(resource, question, as_of)
    if status == "not-done":
        return Administration(None, span.start)
    issues: list[Issue] = []

    def doubt(kind: DoubtKind, what: str, minor: str = "") -> None:
        issues.append(Issue(kind, entry.path, f"{what}.", span.start, minor))

    dosage = object_member(resource, "dosage") or {}
    route, bolus = route_of(member(dosage, "route")), is_bolus(member(dosage, "route"))
    if status not in ("completed", "in-progress", "stopped", "on-hold"):
        doubt(DoubtKind.STATUS, "It is not said whether the dose was given")
    elif span.start.at is None:
        doubt(span.start.kind or DoubtKind.TIME, f"The dose cannot be placed: {span.start.what}")
    elif span.fault:
        doubt(DoubtKind.TIME, f"The dose cannot be placed: {span.fault}")
    elif route is None:
        doubt(DoubtKind.ROUTE, "No listed code says by which route the dose was given")
    elif route != "iv" and (span.length or timedelta()) > CLOSE:
        doubt(DoubtKind.SPAN, "The dose was given at some time within a longer period")
    else:
        found = _infusion(entry, dosage, span, status, as_of, question)
        issues += found.issues
        if found.amount is not None:
            if span.start.kind is not None:
                doubt(span.start.kind, f"The dose: {span.start.what}", "It is read in the zone of the site.")
            length, lacking = iv_length(found.length, route, bolus, question)
            start = span.start.at
            dose = GivenDose(start, found.amount, length, route, entry.path, Certainty.GIVEN)
            if lacking:
                name = f"The infusion of {told(found.amount, question)} at {start.isoformat()}"
                minor = "" if length is None else f"It is taken as {minutes(length)}, as was asked."
                doubt(DoubtKind.INFUSION_LENGTH, f"{name} has no length", minor)
            return Administration(dose, span.start, tuple(issues))
    return Administration(None, span.start, tuple(issues))


def span_of(resource: Resource, question: DosingQuestion, as_of: datetime) -> Span:
    """When a MedicationAdministration says that the dose was given."""
    period = member(resource, "effectivePeriod")
    written = text_member(resource, "effectiveDateTime") or text_member(period, "start")
    start = place(parse_moment(written or ""), as_of, question.zone)
    ended = text_member(period, "end")
    if "effectiveDateTime" in resource or ended is None or start.at is None:
        return Span(start, None)
    moment = parse_moment(ended)
    # The end of what still runs may be a plan: it lies in the future without a fault.
    end = place(moment, max(as_of, moment.latest) if moment else as_of, question.zone)
    if end.at is None:
        return Span(start, None)
    if end.at < start.at:
        return Span(start, None, "its period ends before it begins")
    return Span(start, end.at - start.at)


def _infusion(
    entry: Entry, dosage: Resource, span: Span, status: str, as_of: datetime, question: DosingQuestion
) -> _Infusion:
    """Amount and length, each from the other and the rate where it is not stated itself."""
    issues: list[Issue] = []

    def doubt(kind: DoubtKind, what: str, minor: str = "") -> _Infusion:
        issues.append(Issue(kind, entry.path, f"{what}.", span.start, minor))
        return _Infusion(None, None, tuple(issues))

    dose, rate = object_member(dosage, "dose"), rate_of(dosage, question)
    amount = amount_of(dose, question)
    length = span.length if span.length and span.length <= LONGEST_INFUSION else None
    if span.length and length is None:
        return doubt(DoubtKind.INFUSION_LENGTH, "The dose took longer than an infusion does")
    if status in ("stopped", "on-hold"):
        if rate is None or length is None:
            return doubt(DoubtKind.PARTIAL, "The dose was broken off, and how much was given is not on file")
        minor = "What was given is worked out from rate and length."
        doubt(DoubtKind.PARTIAL, "The dose was broken off", minor)
        return _Infusion(rate * hours_of(length), length, tuple(issues))
    if status == "in-progress":
        doubt(DoubtKind.PARTIAL, "The dose is still being given", "It is taken to go on as charted.")
    if amount is None and dose is None and rate is not None:
        so_far = as_of - span.start.at if span.start.at and status == "in-progress" else timedelta()
        length = length or (so_far if timedelta() < so_far <= LONGEST_INFUSION else None)
        if length is None:
            return doubt(DoubtKind.AMOUNT, "The dose has a rate, but neither an amount nor a length")
        return _Infusion(rate * hours_of(length), length, tuple(issues))
    if amount is None:
        return doubt(DoubtKind.AMOUNT, why_no_amount(dose))
    if rate is None:
        return _Infusion(amount, length, tuple(issues))
    expected = length_of(amount / rate, "h")
    if length is not None and not _agree(hours_of(length), amount / rate):
        return doubt(DoubtKind.INFUSION_LENGTH, "Amount, rate and length of the dose contradict one another")
    return _Infusion(amount, length or expected, tuple(issues))


def _agree(hours: Fraction, expected: Fraction) -> bool:
    return abs(hours - expected) <= max(_AGREES_WITHIN * expected, hours_of(CLOSE))
