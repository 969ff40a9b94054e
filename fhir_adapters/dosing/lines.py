"""Doses as they were ordered or stated: one row of them for each instruction that tells their times."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction
from typing import NamedTuple

from fhir_adapters.dosage import on_condition
from fhir_adapters.dosing.amounts import amount_of, iv_length, rate_of, why_no_amount
from fhir_adapters.dosing.issues import Issue
from fhir_adapters.dosing.records import Certainty, DosingQuestion, DoubtKind, Route
from fhir_adapters.dosing.routes import is_bolus, route_of
from fhir_adapters.dosing.times import Place, length_of
from fhir_adapters.dosing.timings import Untold, bounds_of, times_of
from fhir_adapters.instants import parse_moment
from fhir_adapters.reading import Resource, member, number_member, object_member, only_object, text_member
from fhir_adapters.references import Entry


class Line(NamedTuple):
    """Doses of one size at the times that an instruction tells."""

    path: str
    certainty: Certainty
    amount: Fraction
    route: Route
    duration: timedelta | None
    times: tuple[datetime, ...]
    reach: timedelta
    """A dose that is no further from one of the times may be that one: half the least distance."""
    lacks_length: bool
    """They are infusions whose own length is not on file."""


def read_lines(
    entry: Entry, question: DosingQuestion, as_of: datetime
) -> tuple[tuple[Line, ...], tuple[Issue, ...]]:
    """The rows of doses of one MedicationRequest or MedicationStatement of the drug in question."""
    resource = entry.resource
    name = _instructions(entry)
    if text_member(resource, "status") not in ("active", "completed"):
        what = "Whether, and until when, the drug was taken so is not on file."
        return (), (Issue(DoubtKind.STATUS, entry.path, what, ordered_place(entry)),)
    listed = resource.get(name)
    instructions = listed if isinstance(listed, list) and listed else [None]
    lines: list[Line] = []
    issues: list[Issue] = []
    for index, instruction in enumerate(instructions):
        path = f"{entry.path}.{name}[{index}]" if isinstance(listed, list) and listed else entry.path
        line, found = _line(instruction, path, entry, question, as_of)
        lines += [line] if line else []
        issues += found
    return tuple(lines), tuple(issues)


def ordered_place(entry: Entry, instruction: object = None) -> Place:
    """Between which instants doses may have been taken because of an order, or one of its instructions."""
    bounds = bounds_of(entry, instruction or only_object(entry.resource, _instructions(entry)))
    start = parse_moment(text_member(bounds, "start") or text_member(entry.resource, "authoredOn") or "")
    end = parse_moment(text_member(bounds, "end") or "")
    return Place(None, None, "", start.earliest if start else None, end.latest if end else None)


def _instructions(entry: Entry) -> str:
    return "dosage" if entry.type == "MedicationStatement" else "dosageInstruction"


def _line(
    instruction: object, path: str, entry: Entry, question: DosingQuestion, as_of: datetime
) -> tuple[Line | None, tuple[Issue, ...]]:
    around = ordered_place(entry, instruction)

    def untold(kind: DoubtKind, what: str) -> tuple[None, tuple[Issue, ...]]:
        return None, (Issue(kind, path, f"{what}.", around),)

    if not isinstance(instruction, dict):
        return untold(DoubtKind.TIMING, "How the drug was to be taken is not on file")
    if on_condition(instruction):
        return untold(DoubtKind.TIMING, "The drug was to be taken on a condition: when it was is not on file")
    try:
        found = times_of(instruction, entry, question, as_of)
    except Untold as why:
        return untold(DoubtKind.TIMING, f"The doses cannot be placed: {why}")
    if not found.times:
        return None, ()
    given, route = only_object(instruction, "doseAndRate"), route_of(instruction.get("route"))
    amount = amount_of(object_member(given, "doseQuantity"), question)
    if amount is None or given is None:
        return untold(DoubtKind.AMOUNT, why_no_amount(object_member(given, "doseQuantity")))
    if route is None:
        return untold(DoubtKind.ROUTE, "No listed code says by which route the doses were to be given")
    certainty = Certainty.STATED if entry.type == "MedicationStatement" else Certainty.ORDERED
    own = _duration(instruction, given, amount, question)
    duration, lacking = iv_length(own, route, is_bolus(instruction.get("route")), question)
    return Line(path, certainty, amount, route, duration, *found, lacking), ()


def _duration(
    instruction: Resource, given: Resource, amount: Fraction, question: DosingQuestion
) -> timedelta | None:
    """How long each dose is to take, None where that is not said."""
    repeat, rate = member(member(instruction, "timing"), "repeat"), rate_of(given, question)
    number, unit = number_member(repeat, "duration"), text_member(repeat, "durationUnit")
    if number is not None and unit is not None:
        return length_of(Fraction(number), unit)
    return None if rate is None else length_of(amount / rate, "h")
