"""When the doses of an instruction were due, where it tells that.

A time is told by `timing.event`, by a first dose and times of day, or by a first dose and an interval. Twice
a day is no interval: at which hours is up to whoever gives it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from dsl.values import Period
from fhir_adapters.dosage import plain_frequency
from fhir_adapters.dosing.records import DosingQuestion, DoubtKind
from fhir_adapters.dosing.times import hours_of, length_of, place
from fhir_adapters.instants import Moment, parse_moment
from fhir_adapters.reading import Resource, member, number_member, object_member, text_member
from fhir_adapters.references import Entry

_BESIDE_THE_INTERVAL = frozenset({"count", "duration", "durationUnit", "timeOfDay"})
_FREQUENCY = frozenset({"frequency", "period", "periodUnit"})
_BOUNDS = frozenset({"boundsPeriod", "boundsDuration", "boundsRange", "extension", "id"})
_DAY = timedelta(days=1)
_MOST = 10_000
"""Doses of one instruction; whoever needs more says since when they matter."""
_SHORTEST, _LONGEST = timedelta(minutes=1), timedelta(days=366)
"""Intervals that are believed."""
_LONGEST_COURSE = timedelta(days=36_600)


class Times(NamedTuple):
    """When doses were due."""

    times: tuple[datetime, ...]
    reach: timedelta
    """Half the least distance between two of them."""


class Untold(Exception):
    """Why the times of an instruction are not told."""


def times_of(instruction: Resource, entry: Entry, question: DosingQuestion, as_of: datetime) -> Times:
    """The times until `as_of` at which the doses of an instruction were due; raises `Untold`."""
    timing = object_member(instruction, "timing") or {}
    if "event" in timing:
        if not {"event", "extension", "id"}.issuperset(timing):
            raise Untold("single times stand beside a frequency, or a modifier")
        return _events(timing["event"], question, as_of)
    repeat = object_member(timing, "repeat") or {}
    plain = {name: value for name, value in repeat.items() if name not in _BESIDE_THE_INTERVAL}
    frequency = plain_frequency({**timing, "repeat": plain})
    count = repeat.get("count")
    if count is not None and (isinstance(count, bool) or not isinstance(count, int) or count < 1):
        raise Untold("how many they are cannot be read")
    start = _start(entry, instruction, question, as_of)
    if start is None:
        return Times((), _DAY)
    end = _end(entry, instruction, question, start, count)
    until = min(as_of, end) if end is not None else as_of
    without = "code" not in timing and _FREQUENCY.isdisjoint(plain)
    if "timeOfDay" in repeat:
        if frequency is None and not (without and _BOUNDS.issuperset(plain)):
            raise Untold("how often they were due is not said plainly")
        clock = _clock(repeat["timeOfDay"])
        if frequency is not None and frequency != (len(clock), Fraction(1), Period.DAY):
            raise Untold("the hours of the day and the frequency contradict one another")
        return _daily(start, clock, until, count, question)
    if without and count == 1:
        return Times((start,) if _matters(start, question) and start <= until else (), _DAY / 2)
    if frequency is None:
        raise Untold("how often they were due is not said plainly")
    times, period, unit = frequency
    if times != 1:
        raise Untold("how far apart they were is not on file")
    return _regular(start, _interval(period, unit), until, count, question)


def _events(listed: object, question: DosingQuestion, as_of: datetime) -> Times:
    written = listed if isinstance(listed, list) else [None]
    places = [
        place(parse_moment(each if isinstance(each, str) else ""), as_of, question.zone) for each in written
    ]
    # A future time of an order is no fault: it is none of what was given.
    open_times = [each for each in places if each.at is None and each.kind is not DoubtKind.FUTURE]
    if open_times:
        raise Untold(open_times[0].what)
    times = sorted({each.at for each in places if each.at is not None and each.at <= as_of})
    gaps = [later - earlier for earlier, later in pairwise(times)]
    kept = tuple(each for each in times if _matters(each, question))
    return Times(kept, min([*gaps, _DAY]) / 2)


def _regular(
    start: datetime, interval: timedelta, until: datetime, count: int | None, question: DosingQuestion
) -> Times:
    first = 0
    if question.since is not None and question.since > start:
        first = -((start - question.since) // interval)
    last = (until - start) // interval
    if count is not None:
        last = min(last, count - 1)
    if last - first >= _MOST:
        raise Untold("they are too many without a time since when they matter")
    return Times(tuple(start + k * interval for k in range(first, last + 1)), interval / 2)


def _daily(
    start: datetime, clock: Sequence[time], until: datetime, count: int | None, question: DosingQuestion
) -> Times:
    days = (until.astimezone(start.tzinfo).date() - start.date()).days + 1
    if days * len(clock) > _MOST:
        raise Untold("they are too many without a time since when they matter")
    zone = start.tzinfo if question.zone is None else question.zone
    first = start.astimezone(zone).date()
    due = (
        datetime.combine(first + timedelta(days=day), hour, zone).astimezone(start.tzinfo)
        for day in range(days + 1)
        for hour in clock
    )
    times = [each for each in due if start <= each <= until][:count]
    ring = [datetime.combine(date(2000, 1, 1), hour) for hour in clock]
    gaps = [later - earlier for earlier, later in pairwise([*ring, ring[0] + _DAY])]
    return Times(tuple(each for each in times if _matters(each, question)), min(gaps) / 2)


def _clock(listed: object) -> list[time]:
    written = listed if isinstance(listed, list) else []
    try:
        hours = sorted({time.fromisoformat(each) for each in written if isinstance(each, str)})
    except ValueError:
        hours = []
    if not hours or len(hours) < len(written) or any(hour.tzinfo for hour in hours):
        raise Untold("the hours of the day cannot be read")
    return hours


def _start(entry: Entry, instruction: object, question: DosingQuestion, as_of: datetime) -> datetime | None:
    """The first time; None if it is still to come."""
    written = text_member(bounds_of(entry, instruction), "start")
    found = place(parse_moment(written or ""), as_of, question.zone)
    if found.kind is DoubtKind.FUTURE:
        return None
    if found.at is None:
        raise Untold(f"when the first was due is not on file: {found.what}")
    return found.at if found.at <= as_of else None


def _end(
    entry: Entry, instruction: Resource, question: DosingQuestion, start: datetime, count: int | None
) -> datetime | None:
    """When they ended; None if they go on, or a number of them tells."""
    bounds, repeat = bounds_of(entry, instruction), member(member(instruction, "timing"), "repeat")
    if member(bounds, "end") is not None:
        moment = parse_moment(text_member(bounds, "end") or "")
        if moment is None:
            raise Untold("when they ended cannot be read")
        return _last(moment, start, question)
    if member(repeat, "boundsDuration") is not None:
        length = object_member(repeat, "boundsDuration")
        number, unit = number_member(length, "value"), text_member(length, "code")
        found = None
        if number is not None and unit is not None:
            found = length_of(Fraction(number), unit, _LONGEST_COURSE)
        if found is None or "comparator" in (length or {}):
            raise Untold("how long they went on cannot be read")
        return start + found
    if member(repeat, "boundsRange") is not None:
        raise Untold("how long they went on is only a range")
    if count is None and text_member(entry.resource, "status") == "completed":
        raise Untold("when they ended is not on file")
    return None


def _last(moment: Moment, start: datetime, question: DosingQuestion) -> datetime:
    """The last instant of a time as written, on the clock of the first dose where it has no offset."""
    if moment.local is None:
        return moment.latest
    return moment.local[1].replace(tzinfo=question.zone or start.tzinfo)


def bounds_of(entry: Entry, instruction: object) -> Resource | None:
    """The period of an instruction, else the one of what it stands in."""
    repeat = member(member(instruction, "timing"), "repeat")
    return object_member(repeat, "boundsPeriod") or object_member(entry.resource, "effectivePeriod")


def _interval(period: Fraction, unit: Period) -> timedelta:
    hours = {Period.HOUR: 1, Period.DAY: 24, Period.WEEK: 168}[unit]
    found = period * hours
    if not hours_of(_SHORTEST) <= found <= hours_of(_LONGEST):
        raise Untold("their interval is beyond belief")
    return timedelta(microseconds=round(found * 3_600_000_000))


def _matters(at: datetime, question: DosingQuestion) -> bool:
    return question.since is None or at >= question.since
