"""Measurements of one quantity in the order of time, and their trend.

Which results a trend is made of must be certain, and each of them usable. Otherwise there is no
trend: never one over fewer results, or over older ones in place of those that cannot be read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from functools import cached_property

from dsl.model import Input
from dsl.trends import Trend, TrendFunction, apply
from dsl.types import QuantityType
from dsl.values import Datum, Fact, Quantity, Reason, convert, known, missing
from fhir_adapters.evidence import datum, first_reason, in_order
from fhir_adapters.instants import Moment, may_be_newest, unusable_time
from fhir_adapters.quantities import Amount
from fhir_adapters.reading import Resource
from fhir_adapters.references import Entry

RANKING = (
    Reason.FUTURE,
    Reason.STALE,
    Reason.UNDATED,
    Reason.NO_VALUE,
    Reason.UNIT,
    Reason.IMPLAUSIBLE,
    Reason.COMPARATOR,
    Reason.STATUS,
    Reason.SUBJECT,
)
"""Which reason is told where results have different ones."""

_TICK = timedelta(microseconds=1)


@dataclass(frozen=True)
class Measurement:
    """One Observation of the quantity, and its time.

    Without slots: its value is read when it is asked for, since of many results only the newest decide.
    """

    entry: Entry
    moment: Moment
    read: Callable[[Resource], Amount]

    @cached_property
    def amount(self) -> Amount:
        """Its value."""
        return self.read(self.entry.resource)

    def datum(self, reason: Reason | None) -> Datum:
        """What it says, for the trace, and why it is not used."""
        return datum(self.entry, self.amount.text, reason, self.moment.written)


def newest_first(measurements: list[Measurement], count: int) -> list[list[Measurement]]:
    """The newest results in at most `count` groups; no order is certain among those of one group.

    A group holds every result of which no other one, outside the groups before, is certainly later.
    """
    groups: list[list[Measurement]] = []
    while measurements and len(groups) < count:
        flags = may_be_newest([measurement.moment for measurement in measurements])
        flagged = list(zip(measurements, flags, strict=True))
        groups.append([measurement for measurement, newest in flagged if newest])
        measurements = [measurement for measurement, newest in flagged if not newest]
    return groups


def trend_fact(
    trend: Trend,
    measurements: list[Measurement],
    rejected: Iterable[Datum],
    item: Input,
    unit: str,
    as_of: datetime,
) -> Fact:
    """The trend of the newest `trend.count` results in `unit`, none of them older than the input allows.

    Results with one time and one value are the same result (H-013). The reason is that of a result
    that cannot be used; else `conflict` if results at one time differ (H-014) or their order cannot be
    told (H-008), `missing` if they are too few, `no-value` if the trend is not defined.
    """
    groups = newest_first(measurements, trend.count)
    judged = [(each, _unusable(each, trend, as_of, item.within)) for group in groups for each in group]
    data = in_order([*rejected, *(measurement.datum(reason) for measurement, reason in judged)])
    reason = first_reason((reason for _, reason in judged), RANKING)
    if reason is not None:
        return missing(reason, *data)
    results = [_distinct(group, unit) for group in groups]
    if any(len(result) > 1 for result in results):
        explanation = "results at one time differ, or their order cannot be told"
        return missing(Reason.CONFLICT, *data, explanation=explanation)
    if len(results) < trend.count:
        explanation = f"{len(results)} of {trend.count} results on file"
        return missing(Reason.MISSING, *data, explanation=explanation)
    value = apply(trend, [(_days(as_of, time), amount) for ((time, _, amount),) in reversed(results)])
    if value is None:
        explanation = "the trend of these results is not defined"
        return missing(Reason.NO_VALUE, *data, explanation=explanation)
    if isinstance(item.type, QuantityType):
        value = convert(value, item.type.unit)
    return known(value, *data)


def _unusable(
    measurement: Measurement, trend: Trend, as_of: datetime, within: timedelta | None
) -> Reason | None:
    moment = measurement.moment
    # A result without a date has no place in a series, however old it may be.
    undated = moment.written is None
    # How long a change took is not known from dates alone.
    inexact = trend.function is TrendFunction.SLOPE and moment.earliest != moment.latest
    return (
        unusable_time(moment, as_of, within)
        or (Reason.UNDATED if undated or inexact else None)
        or measurement.amount.reason
    )


def _distinct(group: list[Measurement], unit: str) -> set[tuple[datetime, datetime, Quantity]]:
    return {
        (measurement.moment.earliest, measurement.moment.latest, convert(value, unit))
        for measurement in group
        if isinstance(value := measurement.amount.value, Quantity)
    }


def _days(start: datetime, end: datetime) -> Fraction:
    return Fraction((end - start) // _TICK, timedelta(days=1) // _TICK)
