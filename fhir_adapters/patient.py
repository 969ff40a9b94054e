"""Facts from the Patient resource: completed years of age and administrative gender."""

from __future__ import annotations

from datetime import UTC, date, datetime
from fractions import Fraction

from dsl.values import Fact, Quantity, Reason, known, missing
from fhir_adapters.chart import Chart
from fhir_adapters.errors import UnknownSource
from fhir_adapters.evidence import datum
from fhir_adapters.instants import parse_dates
from fhir_adapters.reading import member, text_member
from fhir_adapters.references import Entry

_OLDEST = 130


def patient_fact(name: str, chart: Chart, as_of: datetime) -> Fact:
    """The fact of an input `from patient age` (years, unit `a`) or `from patient female` (Boolean).

    Raises `UnknownSource` for another name.
    """
    if name not in ("age", "female"):
        raise UnknownSource
    if chart.patient is None:
        return missing(Reason.MISSING)
    if name == "age":
        return _age(chart.patient, as_of.astimezone(UTC).date())
    return _female(chart.patient)


def _age(patient: Entry, today: date) -> Fact:
    if member(patient.resource, "birthDate") is None:
        return missing(Reason.MISSING)
    written = text_member(patient.resource, "birthDate")
    born = parse_dates(written) if written else None
    if written is None or born is None:
        return missing(Reason.NO_VALUE, datum(patient, "", Reason.NO_VALUE))
    first, last = born
    if first > today or _years(min(last, today), today) > _OLDEST:
        return missing(Reason.IMPLAUSIBLE, datum(patient, written, Reason.IMPLAUSIBLE))
    ages = range(_years(min(last, today), today), _years(first, today) + 1)
    possible = tuple(Quantity(Fraction(age), "a") for age in ages)
    if len(possible) == 1:
        return known(possible[0], datum(patient, written))
    explanation = "the date of birth is partial"
    return Fact(possible, Reason.UNDATED, explanation, (datum(patient, written, Reason.UNDATED),))


def _years(born: date, today: date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def _female(patient: Entry) -> Fact:
    gender = patient.resource.get("gender")
    if gender == "female" or gender == "male":
        return known(gender == "female", datum(patient, str(gender)))
    reason = Reason.MISSING if gender is None else Reason.NO_VALUE
    return missing(reason, datum(patient, "", reason))
