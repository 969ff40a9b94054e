"""Facts from measurements: the newest usable Observation decides, or several of them (H-006 to H-016)."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from dsl.model import Input
from dsl.types import QuantityType
from dsl.values import Datum, Fact, Quantity, Range, Reason, missing
from fhir_adapters.chart import Chart
from fhir_adapters.evidence import first_reason, in_order, unusable_observation
from fhir_adapters.instants import effective_moment, unusable_time
from fhir_adapters.quantities import Amount, in_unit, over_upper_limit, overlap, read_amount
from fhir_adapters.reading import Resource
from fhir_adapters.series import RANKING, Measurement, newest_first, trend_fact
from fhir_adapters.terminology import Observable, Terminology


def observation_fact(item: Input, chart: Chart, as_of: datetime, terminology: Terminology) -> Fact:
    """The fact of an input `from observation NAME`.

    Values keep their unit as sent, unless only the molar mass leads to the unit of the observable. With
    `over_upper_limit` they are multiples of the reference limit, a trend is in the unit of the input.
    """
    observable = terminology.observable(item.source.name)
    candidates: list[Measurement] = []
    rejected: list[Datum] = []
    read = partial(_amount, item=item, observable=observable)
    for entry in chart.observed(observable.codes):
        candidate = Measurement(entry, effective_moment(entry.resource, as_of), read)
        unusable = unusable_observation(entry)
        if unusable is None:
            candidates.append(candidate)
        else:
            rejected.append(candidate.datum(unusable))
    if not candidates:
        reason = first_reason((found.reason for found in rejected), RANKING)
        return missing(reason or Reason.MISSING, *in_order(rejected))
    trend = item.source.trend
    if trend is not None:
        return trend_fact(trend, candidates, rejected, item, observable.unit, as_of)
    (newest,) = newest_first(candidates, 1)
    return _decided(newest, rejected, item, observable, as_of)


def _amount(observation: Resource, item: Input, observable: Observable) -> Amount:
    amount = read_amount(observation, observable.plausible, observable.molar_mass)
    if not item.source.over_upper_limit or amount.value is None:
        return amount
    multiple = over_upper_limit(observation, amount.value, observable.molar_mass)
    return Amount(multiple, Reason.NO_VALUE if multiple is None else amount.reason, amount.text)


def _unit(item: Input, observable: Observable) -> str:
    if isinstance(item.type, QuantityType) and not item.source.over_upper_limit:
        return item.type.unit
    return observable.unit


def _decided(
    newest: list[Measurement], rejected: list[Datum], item: Input, observable: Observable, as_of: datetime
) -> Fact:
    judged = [
        (candidate, unusable_time(candidate.moment, as_of, item.within) or _unreadable(candidate.amount))
        for candidate in newest
    ]
    data = in_order([*rejected, *(candidate.datum(reason) for candidate, reason in judged)])
    reason = first_reason((reason for _, reason in judged), RANKING)
    if reason is not None:
        # An older value must not stand in for a newest one that cannot be read.
        return missing(reason, *data)
    unit = "1" if item.source.over_upper_limit else _unit(item, observable)
    values = [candidate.amount.value for candidate in newest if candidate.amount.value is not None]
    distinct: dict[str, Quantity | Range] = {}
    for value in sorted(values, key=str) if len(values) > 1 else values:
        distinct.setdefault(repr(in_unit(value, unit)), value)
    possible = tuple(distinct[key] for key in sorted(distinct))
    if len(possible) == 1:
        return Fact(possible, Reason.COMPARATOR if isinstance(possible[0], Range) else None, "", data)
    bounded = any(isinstance(value, Range) for value in possible)
    agree = bounded and overlap([in_unit(value, unit) for value in possible])
    return Fact(possible, Reason.COMPARATOR if agree else Reason.CONFLICT, "", data)


def _unreadable(amount: Amount) -> Reason | None:
    return amount.reason if amount.value is None else None
