"""What parameters depend on, over time: measured quantities, and what the Patient resource tells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from dsl.values import Quantity, Range, Reason
from fhir_adapters.chart import Chart
from fhir_adapters.dosing.levels import measurements
from fhir_adapters.dosing.records import CovariateRecord, DosingQuestion, Doubt, DoubtKind
from fhir_adapters.dosing.times import place
from fhir_adapters.evidence import unusable_observation
from fhir_adapters.patient import patient_fact
from fhir_adapters.quantities import converted
from fhir_adapters.series import Measurement
from fhir_adapters.terminology import Observable

_NOT_USED = "The value is not used; an older one may be too old to stand in for it."


def covariates(
    question: DosingQuestion, chart: Chart, as_of: datetime
) -> tuple[tuple[CovariateRecord, ...], tuple[Doubt, ...]]:
    """Every usable value of each covariate in order of time, and what is doubtful about the others.

    What the Patient resource tells holds at `as_of`. Raises `UnknownSource` for what it does not tell.
    """
    found = [
        _read(each, differs, observable, question, as_of)
        for observable in question.covariates
        for each, differs in measurements(observable, chart, as_of)
    ]
    found += [_of_person(name, chart, as_of) for name in question.person]
    doubts = [doubt for _, some in found for doubt in some]
    records, differing = _each_once(record for record, _ in found if record is not None)
    return records, (*doubts, *differing)


def _read(
    measured: Measurement, differs: bool, observable: Observable, question: DosingQuestion, as_of: datetime
) -> tuple[CovariateRecord | None, tuple[Doubt, ...]]:
    entry, amount = measured.entry, measured.amount

    def refused(kind: DoubtKind, what: str) -> tuple[None, tuple[Doubt, ...]]:
        return None, (Doubt(kind, entry.path, f"{observable.name}: {what}.", _NOT_USED, False),)

    unusable = unusable_observation(entry)
    if differs:
        return refused(DoubtKind.VERSIONS, "different results have one type and id")
    if unusable is not None:
        kind = DoubtKind.STATUS if unusable is Reason.STATUS else DoubtKind.SUBJECT
        return refused(
            kind, "the result is not final" if unusable is Reason.STATUS else "it may be another's"
        )
    value = None if amount.value is None else converted(amount.value, observable.unit, observable.molar_mass)
    if value is None or isinstance(value, Range):
        return refused(DoubtKind.VALUE, f"there is no value that can be used ({amount.reason})")
    taken = place(measured.moment, as_of, question.zone)
    at = taken.at or taken.earliest
    if at is None:
        return refused(taken.kind or DoubtKind.TIME, taken.what)
    record = CovariateRecord(observable.name, value.value, value.unit, at, entry.path)
    if taken.kind is None:
        return record, ()
    then = f"It is taken to hold from {at.isoformat()} on."
    return record, (Doubt(taken.kind, entry.path, f"{observable.name}: {taken.what}.", then, False),)


def _of_person(name: str, chart: Chart, as_of: datetime) -> tuple[CovariateRecord | None, tuple[Doubt, ...]]:
    fact = patient_fact(name, chart, as_of)
    path = chart.patient.path if chart.patient is not None else name
    if not fact.known:
        what = f"{name}: the chart does not tell it ({fact.reason})."
        return None, (Doubt(DoubtKind.COVARIATE, path, what, "A model that needs it cannot be used.", False),)
    (value,) = fact.possible
    if isinstance(value, Quantity):
        return CovariateRecord(name, value.value, value.unit, as_of, path), ()
    assert not isinstance(value, Range), "a range is not known"
    return CovariateRecord(name, value, "", as_of, path), ()


def _each_once(found: Iterable[CovariateRecord]) -> tuple[tuple[CovariateRecord, ...], tuple[Doubt, ...]]:
    """Values of one time that are equal are one value (H-013); of different ones none is used (H-014)."""
    at_once: dict[tuple[datetime, str], list[CovariateRecord]] = {}
    for record in sorted(found, key=lambda record: (record.at, record.name, record.path)):
        same = at_once.setdefault((record.at, record.name), [])
        if record.value not in [each.value for each in same]:
            same.append(record)
    records = tuple(each[0] for each in at_once.values() if len(each) == 1)
    return records, tuple(_differing(at_once.values()))


def _differing(groups: Iterable[list[CovariateRecord]]) -> Iterator[Doubt]:
    for first, *others in groups:
        if others:
            what = f"{first.name}: {len(others) + 1} different values have the time {first.at.isoformat()}."
            yield Doubt(DoubtKind.DIFFERING, others[-1].path, what, "None of them is used.", False)
