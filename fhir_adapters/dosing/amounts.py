"""Amounts and rates of doses in the unit of a model."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

from dsl import units
from dsl.values import Quantity, convert, format_number
from fhir_adapters.dosage import dose_amount
from fhir_adapters.dosing.records import DosingQuestion, Route
from fhir_adapters.quantities import converted, listed_code, name_contradicts
from fhir_adapters.reading import Resource, member, number_member, object_member

NO_AMOUNT = "The dose has no exact positive amount in a unit that leads to the model's"
PER_PATIENT = "The dose is per kg or per m2, and what it was worked out with is not on file"


def amount_of(element: Resource | None, question: DosingQuestion) -> Fraction | None:
    """The amount of a dose in the unit of the question; None if it cannot be told."""
    return _in_unit(dose_amount(element), question.dose_unit, question)


def why_no_amount(element: Resource | None) -> str:
    """A sentence without its end about an amount that `amount_of` does not give."""
    found = dose_amount(element)
    per_patient = found is not None and found.unit.endswith(("/kg", "/m2"))
    return PER_PATIENT if per_patient else NO_AMOUNT


def rate_of(element: Resource, question: DosingQuestion) -> Fraction | None:
    """The rate of an infusion, in the unit of the question per hour, from `rateRatio` or `rateQuantity`."""
    ratio = object_member(element, "rateRatio")
    if ratio is None:
        rate = _positive(member(element, "rateQuantity"))
    else:
        rate = dose_amount(object_member(ratio, "numerator"))
        per = _positive(member(ratio, "denominator"))
        if rate is None or per is None or not units.commensurable(per.unit, "h"):
            return None
        rate = Quantity(rate.value / convert(per, "h").value, f"{rate.unit}/h")
    return _in_unit(rate, f"{question.dose_unit}/h", question)


def iv_length(
    own: timedelta | None, route: Route, bolus: bool, question: DosingQuestion
) -> tuple[timedelta | None, bool]:
    """How long a dose takes, and whether it is an infusion whose own length is not on file.

    Then it is what the question says; without that it is not known. Zero for other routes, and for a bolus.
    """
    if route != "iv":
        return timedelta(), False
    if own is not None:
        return own, False
    return (timedelta(), False) if bolus else (question.infusion, True)


def told(amount: Fraction, question: DosingQuestion) -> str:
    """An amount for people."""
    return f"{format_number(amount)} {question.dose_unit}"


def _positive(element: object) -> Quantity | None:
    number, code = number_member(element, "value"), listed_code(element)
    if number is None or number <= 0 or code is None or name_contradicts(element, code):
        return None
    return None if member(element, "comparator") is not None else Quantity(Fraction(number), code)


def _in_unit(amount: Quantity | None, unit: str, question: DosingQuestion) -> Fraction | None:
    found = None if amount is None else converted(amount, unit, question.molar_mass)
    return found.value if isinstance(found, Quantity) else None
