"""Times of doses and samples: one instant each, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from fractions import Fraction

from dsl import units
from fhir_adapters.dosing.records import DoubtKind
from fhir_adapters.instants import CLOCK_SKEW, Moment

_MINUTE = timedelta(minutes=1)
LONGEST_INFUSION = timedelta(days=31)
"""What is longer is an order, or was never closed."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a time lies."""

    at: datetime | None
    """The instant, timezone-aware; None if it cannot be told."""
    kind: DoubtKind | None = None
    """What is doubtful about it; with an instant, what had to be taken for granted."""
    what: str = ""
    earliest: datetime | None = None
    """The first instant that it may be; None if nothing is known."""
    latest: datetime | None = None


def place(moment: Moment | None, as_of: datetime, zone: tzinfo | None) -> Place:
    """Where a time as written lies; without an offset it is read in `zone`, if there is one.

    What is later than `as_of` by more than clocks differ cannot have happened: it has no place.
    """
    if moment is None or moment.written is None:
        return Place(None, DoubtKind.TIME, "it has no readable time")
    found = _read(moment, zone)
    if found.earliest is not None and found.earliest > as_of + CLOCK_SKEW:
        # It is wrong, and the right one may be any.
        return Place(None, DoubtKind.FUTURE, "its time is in the future")
    return found


def _read(moment: Moment, zone: tzinfo | None) -> Place:
    earliest, latest = moment.earliest, moment.latest
    if moment.local is not None and zone is not None:
        # In UTC, since Python compares and subtracts times of one zone by the clock on the wall.
        walls = (wall.replace(tzinfo=zone, fold=fold) for fold, wall in enumerate(moment.local))
        earliest, latest = sorted(wall.astimezone(UTC) for wall in walls)
    first, last = moment.local or (earliest, latest)
    if last - first >= _MINUTE:
        return Place(None, DoubtKind.TIME, "a date without a time of day", earliest, latest)
    if moment.local is None:
        return Place(earliest, None, "", earliest, latest)
    what = "its time has no offset from UTC"
    if latest - earliest >= _MINUTE:
        what = what if zone is None else f"{what}, and clocks were changed at that hour"
        return Place(None, DoubtKind.NO_OFFSET, what, earliest, latest)
    return Place(earliest, DoubtKind.NO_OFFSET, what, earliest, latest)


def length_of(value: Fraction, unit: str, longest: timedelta = LONGEST_INFUSION) -> timedelta | None:
    """A length of time, to the microsecond; None if its unit is none of time, or nobody would believe it."""
    if not units.commensurable(unit, "s"):
        return None
    seconds = value * units.factor(unit, "s")
    if not 0 < seconds <= int(longest.total_seconds()):
        return None
    return timedelta(microseconds=round(seconds * 10**6))


def hours_of(length: timedelta) -> Fraction:
    """The same length in hours, exactly."""
    return Fraction(length // timedelta(microseconds=1), 3_600_000_000)


def minutes(length: timedelta) -> str:
    """A length of time for people."""
    return f"{length.total_seconds() / 60:g} minutes"
