"""Doses as stated and as ordered, for the times that nothing better tells of."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import NamedTuple

from fhir_adapters.dosing.issues import Issue
from fhir_adapters.dosing.lines import Line
from fhir_adapters.dosing.records import Certainty, DoubtKind, GivenDose
from fhir_adapters.dosing.times import Place, minutes

_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


class _Slot(NamedTuple):
    """A time at which a dose was due."""

    at: datetime
    line: int


def filled(
    lines: Sequence[Line], charted: Sequence[datetime]
) -> tuple[tuple[GivenDose, ...], tuple[Issue, ...]]:
    """What is stated fills the times that nothing was charted for, then what is ordered the rest.

    `charted` are the times of administrations, in order. A charted dose answers the nearest time that is
    due, if it is no further away than half the way to the next one.
    """
    doses: list[GivenDose] = []
    issues: list[Issue] = []
    stated: list[datetime] = []
    for certainty in (Certainty.STATED, Certainty.ORDERED):
        # By what they say first: which of two is answered must not hang on the order of entries (H-016).
        rank = sorted(
            (line for line in lines if line.certainty is certainty),
            key=lambda line: (line.times, line.amount, line.route, line.path),
        )
        slots = sorted(_Slot(at, index) for index, line in enumerate(rank) for at in line.times)
        by_chart, by_statement = _answered(slots, rank, charted), _answered(slots, rank, sorted(stated))
        unanswered = [slot for slot in slots if slot not in by_chart and slot not in by_statement]
        for index, line in enumerate(rank):
            times = [slot.at for slot in unanswered if slot.line == index]
            doses += (
                GivenDose(at, line.amount, line.duration, line.route, line.path, certainty) for at in times
            )
            first, last = _expected(certainty, _of_line(by_chart, index), _of_line(by_statement, index))
            issues += _told(line, times, first, last)
        issues += _overlapping(unanswered, rank)
        stated += (slot.at for slot in unanswered)
    return tuple(doses), tuple(issues)


def _answered(slots: Sequence[_Slot], rank: Sequence[Line], times: Sequence[datetime]) -> set[_Slot]:
    """The slots that one of `times` tells of; each of these tells of one dose only."""
    due: dict[datetime, list[_Slot]] = {}
    for slot in slots:
        due.setdefault(slot.at, []).append(slot)
    hours = sorted(due)
    found: set[_Slot] = set()
    for time in times:
        index = bisect_left(hours, time)
        near = min(hours[max(index - 1, 0) : index + 1], key=lambda at: abs(at - time), default=None)
        if near is not None and due[near] and abs(near - time) <= rank[due[near][0].line].reach:
            found.add(due[near].pop(0))
    return found


def _of_line(slots: set[_Slot], index: int) -> list[datetime]:
    return sorted(slot.at for slot in slots if slot.line == index)


def _expected(
    certainty: Certainty, charted: Sequence[datetime], stated: Sequence[datetime]
) -> tuple[datetime, datetime]:
    """Between which times every dose of a row should have been told of by something better."""
    if charted:
        # Of what somebody takes at home nothing is charted before the first dose that is.
        return (_FIRST if certainty is Certainty.ORDERED else charted[0]), _LAST
    return (stated[0], stated[-1]) if stated else (_LAST, _FIRST)


def _told(line: Line, times: Sequence[datetime], first: datetime, last: datetime) -> Iterator[Issue]:
    """Which doses are only stated or ordered, which of them should have been charted, which lack a length."""
    lacking = [at for at in times if first <= at <= last]
    others = [at for at in times if not first <= at <= last]
    if lacking:
        what = f"{_doses(lacking)} not charted: given, or left out?"
        yield Issue(DoubtKind.NOT_CHARTED, line.path, what, _between(lacking))
    if others:
        what = f"{_doses(others)} not witnessed."
        minor = f"They are in the history {line.certainty.value}."
        yield Issue(DoubtKind.AS_ORDERED, line.path, what, _between(others), minor)
    if times and line.lacks_length:
        minor = f"Each is taken as {minutes(line.duration)}, as was asked." if line.duration else ""
        what = f"{_doses(times)} infused, and for how long is not on file."
        yield Issue(DoubtKind.INFUSION_LENGTH, line.path, what, _between(times), minor)


def _doses(times: Sequence[datetime]) -> str:
    count = "1 dose" if len(times) == 1 else f"{len(times)} doses"
    return f"{count} from {times[0].isoformat()} on {'is' if len(times) == 1 else 'are'}"


def _overlapping(slots: Sequence[_Slot], rank: Sequence[Line]) -> Iterator[Issue]:
    """Doses of two rows at about one time: both, or one in place of the other?"""
    seen: dict[tuple[int, int], list[datetime]] = {}
    for one, other in pairwise(slots):
        near = min(rank[one.line].reach, rank[other.line].reach) / 2
        if one.line != other.line and other.at - one.at < near:
            pair = (min(one.line, other.line), max(one.line, other.line))
            seen.setdefault(pair, []).append(other.at)
    for (_, later), times in seen.items():
        what = "Two instructions have doses at about one time: both, or one in place of the other?"
        yield Issue(DoubtKind.OVERLAP, rank[later].path, what, _between(times))


def _between(times: Sequence[datetime]) -> Place:
    return Place(None, None, "", times[0], times[-1])
