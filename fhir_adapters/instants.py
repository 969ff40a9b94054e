"""Times as FHIR writes them, read as intervals of instants, and what they mean for the use of a datum."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone

from dsl.values import Reason
from fhir_adapters.reading import Resource, text_member

CLOCK_SKEW = timedelta(minutes=5)
"""How far ahead of us the clock of a sender may be (H-007)."""

_DATE_TIME = re.compile(
    r"(?P<year>[0-9]{4})(?:-(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2})"
    r"(?:T(?P<hour>[01][0-9]|2[0-3]):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]{1,12}))?)?"
    r"(?P<zone>Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9])?)?)?)?"
)
_EASTERNMOST = timedelta(hours=14)
_WESTERNMOST = timedelta(hours=-12)
_TICK = timedelta(microseconds=1)
# The outermost years are left out so that adding an offset never leaves the calendar.
_FIRST_YEAR, _LAST_YEAR = 2, 9997


@dataclass(frozen=True, slots=True)
class Moment:
    """A time as written, and the instants (UTC, both included) that it may mean."""

    written: str | None
    """None for a datum without a readable time."""
    earliest: datetime
    latest: datetime
    local: tuple[datetime, datetime] | None = None
    """First and last wall-clock time where no offset was written."""


def parse_moment(text: str) -> Moment | None:
    """A FHIR date, dateTime or instant; None when it is not one. Seconds and offset may be missing."""
    match = _DATE_TIME.fullmatch(text)
    if match is None:
        return None
    if match["second"] and match["zone"]:
        return _exact(text)
    first = _first_wall_time(match)
    if first is None:
        return None
    last = _last_wall_time(match, first)
    if match["zone"]:
        offset = _offset(match["zone"])
        return Moment(text, first.replace(tzinfo=offset), last.replace(tzinfo=offset))
    earliest, latest = (first - _EASTERNMOST, last - _WESTERNMOST)
    return Moment(text, earliest.replace(tzinfo=UTC), latest.replace(tzinfo=UTC), (first, last))


def parse_dates(text: str) -> tuple[date, date] | None:
    """The first and last day of a FHIR date (`1950`, `1950-07`, `1950-07-01`), None when it is not one."""
    match = _DATE_TIME.fullmatch(text)
    if match is None or match["hour"]:
        return None
    first = _first_wall_time(match)
    return (first.date(), _last_wall_time(match, first).date()) if first else None


def effective_moment(observation: Resource, as_of: datetime) -> Moment:
    """When an Observation holds: its dateTime, instant, or the end (else the start) of its period.

    Without a readable one: any time up to `as_of`.
    """
    period = observation.get("effectivePeriod")
    written = (
        text_member(observation, "effectiveDateTime")
        or text_member(observation, "effectiveInstant")
        or text_member(period, "end")
        or text_member(period, "start")
    )
    moment = parse_moment(written) if written else None
    return moment or Moment(None, datetime.min.replace(tzinfo=UTC), as_of + CLOCK_SKEW)


def unusable_time(moment: Moment, as_of: datetime, within: timedelta | None) -> Reason | None:
    """Why a datum of that time does not count at `as_of`, None when it does.

    The limit of age is inclusive. A time of which only a part of the possible instants is recent
    enough is `undated`; one that may be now or later today is not yet in the future.
    """
    if moment.earliest > as_of + CLOCK_SKEW:
        return Reason.FUTURE
    if within is None:
        return None
    if moment.written is None:
        return Reason.UNDATED
    if as_of - moment.latest > within:
        return Reason.STALE
    return Reason.UNDATED if as_of - moment.earliest > within else None


def may_be_newest(moments: list[Moment]) -> list[bool]:
    """For each moment whether no other one is certainly later.

    Times without an offset are compared among one another by wall clock: they are of one patient,
    so a result of the 18th is later than one of the 17th although the offsets of neither is known.
    """
    newest = max((moment.earliest for moment in moments), default=None)
    newest_local = max((moment.local[0] for moment in moments if moment.local), default=None)
    return [
        newest is not None
        and moment.latest >= newest
        and (moment.local is None or newest_local is None or moment.local[1] >= newest_local)
        for moment in moments
    ]


def _exact(text: str) -> Moment | None:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return Moment(text, instant, instant) if _FIRST_YEAR <= instant.year <= _LAST_YEAR else None


def _first_wall_time(match: re.Match[str]) -> datetime | None:
    if not _FIRST_YEAR <= int(match["year"]) <= _LAST_YEAR:
        return None
    fraction = (match["fraction"] or "")[:6].ljust(6, "0")
    try:
        return datetime(
            int(match["year"]),
            int(match["month"] or 1),
            int(match["day"] or 1),
            int(match["hour"] or 0),
            int(match["minute"] or 0),
            int(match["second"] or 0),
            int(fraction),
        )
    except ValueError:
        return None


def _last_wall_time(match: re.Match[str], first: datetime) -> datetime:
    if match["second"]:
        return first
    if match["hour"]:
        return first + timedelta(minutes=1) - _TICK
    if match["day"]:
        return first + timedelta(days=1) - _TICK
    if match["month"] and first.month < 12:
        return first.replace(month=first.month + 1) - _TICK
    return first.replace(year=first.year + 1, month=1) - _TICK


def _offset(zone: str) -> timezone:
    if zone == "Z":
        return UTC
    span = timedelta(hours=int(zone[1:3]), minutes=int(zone[4:6]))
    return timezone(-span if zone[0] == "-" else span)
