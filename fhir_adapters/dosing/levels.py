"""Measured concentrations with the times at which their samples were taken."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from functools import partial
from typing import Literal, NamedTuple

from dsl.values import Quantity, Range, Reason
from fhir_adapters.chart import Chart
from fhir_adapters.dosing.history import distinct
from fhir_adapters.dosing.records import CLOSE, DosingQuestion, Doubt, DoubtKind, GivenDose, MeasuredLevel
from fhir_adapters.dosing.times import Place, place
from fhir_adapters.evidence import unusable_observation
from fhir_adapters.instants import CLOCK_SKEW, effective_moment, parse_moment
from fhir_adapters.prefetch import KeyState, PrefetchKey
from fhir_adapters.quantities import converted, read_amount
from fhir_adapters.reading import Resource, member, object_member, text_member
from fhir_adapters.references import Entry
from fhir_adapters.series import Measurement
from fhir_adapters.terminology import Observable

NEVER_TRUE = frozenset({"cancelled", "entered-in-error"})
"""Statuses of results that say nothing, not even that there may be another one."""

_NOT_USED = "The level is not used, and no fit is made as if it had not been measured."
_LEFT_OUT = "The level is not used."
_AS_IT_STANDS = "It is used as it stands."
_NOT_TOLD = "Which is right cannot be told: no fit is made before it is settled."
_MINUTE = timedelta(minutes=1)
_WHY: dict[Reason, str] = {
    Reason.NO_VALUE: "The level has no value",
    Reason.UNIT: "The level has no unit that leads to the model's",
    Reason.IMPLAUSIBLE: "The level is beyond what is believed",
    Reason.COMPARATOR: "The level has a comparator that FHIR does not have",
}


class _Reading(NamedTuple):
    level: MeasuredLevel | None
    doubts: tuple[Doubt, ...] = ()


def measurements(observable: Observable, chart: Chart, as_of: datetime) -> Iterator[tuple[Measurement, bool]]:
    """The Observations of a quantity, equal ones once, and whether another one differs under its name.

    What was cancelled or entered in error is not among them, unless another version says otherwise.
    """
    found = list(chart.observed(observable.codes))
    single, differing = distinct(found)
    read = partial(read_amount, plausible=observable.plausible, molar_mass=observable.molar_mass)
    for entry in found:
        differs = id(entry) in differing
        if differs or (id(entry) in single and text_member(entry.resource, "status") not in NEVER_TRUE):
            yield Measurement(entry, effective_moment(entry.resource, as_of), read), differs


def measured_levels(
    question: DosingQuestion, chart: Chart, as_of: datetime
) -> tuple[tuple[MeasuredLevel, ...], tuple[Doubt, ...]]:
    """The levels of the drug in order of time, and what is doubtful about them but for the doses."""
    readings = [
        _read(each, differs, observable, question, chart, as_of)
        for observable in question.levels
        for each, differs in measurements(observable, chart, as_of)
    ]
    doubts = [doubt for reading in readings for doubt in reading.doubts]
    if chart.states[PrefetchKey.LABS] is not KeyState.COMPLETE:
        what = "The list of results is incomplete, or was not supplied: levels may lack."
        doubts.append(Doubt(DoubtKind.LIST, PrefetchKey.LABS.value, what, "Those on file are used.", False))
    levels, differing = _each_once(reading.level for reading in readings if reading.level is not None)
    return levels, (*doubts, *differing)


def beside_doses(levels: Sequence[MeasuredLevel], doses: Sequence[GivenDose]) -> Iterator[Doubt]:
    """What is doubtful about levels because of when doses were given."""
    first = min((dose.start for dose in doses), default=None)
    for level in levels:
        at = level.at.isoformat()
        if first is None or level.at <= first:
            what = f"No dose is on file before the level of {at}."
            blocks = level.comparator != "below"
            then = "Doses lack, or it is of another time: no fit is made." if blocks else _AS_IT_STANDS
            yield Doubt(DoubtKind.BEFORE_FIRST_DOSE, level.path, what, then, blocks)
        elif any(dose.start + CLOSE < level.at < dose.end - CLOSE for dose in doses):
            what = f"The sample of {at} was taken during an infusion."
            then = "It is used so; drawn from the arm of the infusion it would be far too high."
            yield Doubt(DoubtKind.DURING_INFUSION, level.path, what, then, False)
        elif any(min(abs(level.at - dose.start), abs(level.at - dose.end)) <= CLOSE for dose in doses):
            what = (
                f"Within {CLOSE.seconds // 60} minutes of a dose a sample was taken at {at}: before or after?"
            )
            then = "The order of the times on file is used; at one time the sample counts as taken before."
            yield Doubt(DoubtKind.BESIDE_DOSE, level.path, what, then, False)


def _read(
    measured: Measurement,
    differs: bool,
    observable: Observable,
    question: DosingQuestion,
    chart: Chart,
    as_of: datetime,
) -> _Reading:
    entry = measured.entry
    taken = place(measured.moment, as_of, question.zone)
    if question.since is not None and taken.latest is not None and taken.latest < question.since:
        return _Reading(None)

    def refused(kind: DoubtKind, what: str, blocks: bool = True) -> _Reading:
        then = _NOT_USED if blocks else _LEFT_OUT
        return _Reading(None, (Doubt(kind, entry.path, f"{what}.", then, blocks),))

    unusable = unusable_observation(entry)
    if differs:
        return refused(DoubtKind.VERSIONS, "Different results have one type and id")
    if unusable is Reason.STATUS:
        return refused(DoubtKind.STATUS, "The result is not final", blocks=False)
    if unusable is not None:
        return refused(DoubtKind.SUBJECT, "It cannot be told whose the level is", blocks=False)
    if taken.at is None:
        return refused(taken.kind or DoubtKind.TIME, f"The level cannot be placed: {taken.what}")
    if _long(entry.resource, question, as_of):
        return refused(DoubtKind.SPAN, "The sample was taken over a longer period")
    amount = measured.amount
    value = None if amount.value is None else converted(amount.value, observable.unit, observable.molar_mass)
    if value is None:
        absent = amount.reason is Reason.NO_VALUE
        return refused(DoubtKind.VALUE, _WHY[amount.reason or Reason.UNIT], blocks=not absent)
    number, comparator = _number(value)
    if number is None or number <= 0:
        return refused(DoubtKind.VALUE, "The level is not above zero: the limit of quantification is needed")
    level = MeasuredLevel(observable.name, taken.at, number, comparator, entry.path)
    return _Reading(level, tuple(_remarks(level, entry, taken, chart, question, as_of)))


def _long(observation: Resource, question: DosingQuestion, as_of: datetime) -> bool:
    period = member(observation, "effectivePeriod")
    if "effectiveDateTime" in observation or "effectiveInstant" in observation:
        return False
    start, end = (
        place(parse_moment(text_member(period, name) or ""), as_of, question.zone).at
        for name in ("start", "end")
    )
    return period is not None and (start is None or end is None or abs(end - start) > CLOSE)


def _number(value: Quantity | Range) -> tuple[Fraction | None, Literal["below", "above"] | None]:
    if isinstance(value, Quantity):
        return value.value, None
    return (value.high, "below") if value.low is None else (value.low, "above")


def _each_once(found: Iterable[MeasuredLevel]) -> tuple[tuple[MeasuredLevel, ...], tuple[Doubt, ...]]:
    """Levels of one time and one value are the same level (H-013); others of one time are a doubt (H-014)."""
    at_once: dict[tuple[str, datetime], list[MeasuredLevel]] = {}
    for level in sorted(found, key=lambda level: (level.at, level.analyte, level.value, level.path)):
        same = at_once.setdefault((level.analyte, level.at), [])
        if (level.value, level.comparator) not in [(each.value, each.comparator) for each in same]:
            same.append(level)
    doubts = []
    for (_, at), levels in at_once.items():
        if len(levels) > 1:
            what = f"{len(levels)} different levels have the time {at.isoformat()}."
            doubts.append(Doubt(DoubtKind.DIFFERING, levels[-1].path, what, _NOT_TOLD, True))
    return tuple(level for levels in at_once.values() for level in levels), tuple(doubts)


def _remarks(
    level: MeasuredLevel, entry: Entry, taken: Place, chart: Chart, question: DosingQuestion, as_of: datetime
) -> Iterator[Doubt]:
    if taken.kind is not None:
        what = f"The level: {taken.what}."
        yield Doubt(taken.kind, entry.path, what, "It is read in the zone of the site.", False)
    if (text_member(entry.resource, "effectiveDateTime") or "")[10:16] == "T00:00":
        what = "The level was taken at midnight sharp: this may stand for a day without a time."
        yield Doubt(DoubtKind.MIDNIGHT, entry.path, what, _AS_IT_STANDS, False)
    if level.comparator == "above":
        what = "The level is above what the assay measures."
        yield Doubt(
            DoubtKind.ABOVE_RANGE, entry.path, what, "A fit needs its value: dilute and repeat.", True
        )
    yield from _specimen(level, entry, chart, question, as_of)
    issued = place(parse_moment(text_member(entry.resource, "issued") or ""), as_of, question.zone).at
    if issued is not None and issued < level.at - CLOCK_SKEW:
        what = "The result was issued before its sample is said to have been taken."
        yield Doubt(DoubtKind.ISSUED, entry.path, what, _NOT_TOLD, True)
    elif issued == level.at:
        what = "The result was issued at the very time at which its sample is said to have been taken."
        yield Doubt(DoubtKind.ISSUED, entry.path, what, _AS_IT_STANDS, False)


def _specimen(
    level: MeasuredLevel, entry: Entry, chart: Chart, question: DosingQuestion, as_of: datetime
) -> Iterator[Doubt]:
    """Whether the specimen, where it is on file, was collected at the time of the result."""
    specimen = chart.resolver.resolve(entry.resource.get("specimen"), entry)
    if specimen is None or specimen.type != "Specimen":
        return
    ours = {each.path for each in chart.of_types("Specimen") if each.readable_subject}
    if specimen.path not in ours and ".contained[" not in specimen.path:
        what = "The specimen of the level is not known to be of this patient."
        yield Doubt(DoubtKind.SUBJECT, entry.path, what, _NOT_TOLD, True)
        return
    collection = object_member(specimen.resource, "collection")
    period = object_member(collection, "collectedPeriod")
    written = (
        text_member(collection, "collectedDateTime"),
        text_member(period, "start"),
        text_member(period, "end"),
    )
    moments = (parse_moment(each) for each in written if each is not None)
    times = [at for each in moments if (at := place(each, as_of, question.zone).at) is not None]
    if times and not min(times) - _MINUTE <= level.at <= max(times) + _MINUTE:
        apart = min(abs(at - level.at) for at in times)
        what = (
            f"The sample was collected at {min(times).isoformat()}, the level is of {level.at.isoformat()}."
        )
        yield Doubt(
            DoubtKind.COLLECTION,
            entry.path,
            what,
            _NOT_TOLD if apart > CLOSE else "The time of the level is used.",
            apart > CLOSE,
        )
