"""The dose of an order: how much and how often, read whole or not at all (H-042, H-045).

An order whose dose is not read counts as one with another dose than the advised one, so every doubt
leads to a card and none to silence. Weight and body surface are never assumed: 10 mg/kg stays that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from dsl import units
from dsl.values import Dose, Period, Quantity
from fhir_adapters.quantities import listed_code, name_contradicts
from fhir_adapters.reading import (
    UCUM,
    ChartFinding,
    Resource,
    codings,
    number_member,
    object_member,
    only_object,
    text_member,
)
from fhir_adapters.references import Entry

GTS_ABBREVIATION = "http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation"

Frequency = tuple[int, Fraction, Period]
"""So many times in so many periods."""

_CODED: Mapping[str, Frequency] = {
    code: (times, Fraction(period), unit)
    for code, times, period, unit in (
        *((code, 1, 1, Period.DAY) for code in ("QD", "AM", "PM", "BED")),
        ("BID", 2, 1, Period.DAY),
        ("TID", 3, 1, Period.DAY),
        ("QID", 4, 1, Period.DAY),
        ("QOD", 1, 2, Period.DAY),
        *((f"Q{hours}H", 1, hours, Period.HOUR) for hours in (1, 2, 3, 4, 6, 8)),
        ("WK", 1, 1, Period.WEEK),
    )
}
"""What the codes of GTSAbbreviation say; at which hour is up to the institution. A month has no length."""

_FREQUENCY = frozenset({"frequency", "period", "periodUnit"})
_PLAIN_REPEAT = _FREQUENCY | {
    "boundsPeriod", "boundsDuration", "boundsRange", "duration", "durationUnit", "extension", "id",
}  # fmt: skip
"""How long an infusion takes changes neither its amount nor how often it is given."""
_CONDITIONS = frozenset({"asNeededCodeableConcept", "asNeededFor", "modifierExtension"})
_RATES = frozenset({"rateQuantity", "rateRatio", "rateRange"})

_PIECES = frozenset(
    f"{{{name}}}"
    for name in (
        *("tbl", "tab", "tabs", "tablet", "tablets", "caplet", "caplets"),
        *("cap", "caps", "capsule", "capsules", "pill", "pills"),
    )
)
"""Annotations that count pieces of the product; any other (`{dose}`, `{puff}`, `{applicator}`) does not."""

_AMOUNTS = frozenset({(("g", 1),), (("m", 3),), (("mol", 1),), (("eq", 1),), (("U", 1),), (("[iU]", 1),)})
_PER_PATIENT = frozenset({"", "kg", "m2"})


class _Unread(Exception):
    """Why a dose is not read: a sentence for people."""


def read_dose(entry: Entry) -> tuple[Dose | None, tuple[ChartFinding, ...]]:
    """The dose of a MedicationRequest or MedicationStatement, and why there is one that is not read.

    Pieces of the product have the unit `1`; a dose per kg of body weight or per m2 of body surface keeps it.
    """
    member = "dosage" if entry.type == "MedicationStatement" else "dosageInstruction"
    instructions = entry.resource.get(member)
    if instructions is None or instructions == []:
        return None, ()
    try:
        return _read(instructions), ()
    except _Unread as why:
        sentence = f"The dose is not read: {why}."
        return None, (ChartFinding("dose-unread", f"{entry.path}.{member}", sentence),)


def _read(instructions: object) -> Dose:
    if not isinstance(instructions, list) or not all(isinstance(each, dict) for each in instructions):
        raise _Unread("the instructions are no list of objects")
    doses = [_instruction(each) for each in instructions]
    if len(doses) > 1:
        # Instructions apply one after the other only if each has a number of its own; else they add up.
        numbers = {number_member(each, "sequence") for each in instructions} - {None}
        if len(numbers) < len(doses) or not all(dose.same_as(doses[0]) for dose in doses):
            raise _Unread("several instructions differ or apply at once")
    return doses[0]


def _instruction(instruction: Resource) -> Dose:
    if on_condition(instruction):
        raise _Unread("it is taken on a condition")
    given = only_object(instruction, "doseAndRate")
    if given is None:
        raise _Unread("there is not exactly one amount")
    if not _RATES.isdisjoint(given):
        raise _Unread("a rate is ordered")
    if "doseRange" in given:
        raise _Unread("a range is ordered")
    amount = dose_amount(object_member(given, "doseQuantity"))
    if amount is None:
        raise _Unread("the amount has no exact number in a listed unit")
    frequency = plain_frequency(instruction.get("timing"))
    if frequency is None:
        raise _Unread("how often is not said plainly")
    dose = Dose(amount, *frequency)
    if not _within_limits(dose, instruction):
        raise _Unread("its own limit is lower or cannot be compared")
    return dose


def on_condition(instruction: Resource) -> bool:
    """Whether it depends on something else than the time, or on what cannot be read, if a dose is taken."""
    as_needed = instruction.get("asNeededBoolean", instruction.get("asNeeded", False))
    return as_needed is not False or not _CONDITIONS.isdisjoint(instruction)


def dose_amount(element: Resource | None) -> Quantity | None:
    """The amount of one dose, None unless it is an exact positive number in a unit that doses come in."""
    number = number_member(element, "value")
    if number is None or number <= 0 or "comparator" in (element or {}):
        return None
    unit = _unit(element)
    return None if unit is None or name_contradicts(element, unit) else Quantity(Fraction(number), unit)


def _unit(element: Resource | None) -> str | None:
    written = (text_member(element, "code") or "").lower()
    if written in _PIECES and text_member(element, "system") == UCUM:
        return "1"
    code = listed_code(element)
    if code is None:
        return None
    amount, _, per = code.partition("/")
    return code if units.parse(amount or "1").dimensions in _AMOUNTS and per in _PER_PATIENT else None


# ---------------------------------------------------------------- how often
def plain_frequency(timing: object) -> Frequency | None:
    """How often a Timing says, None unless it says nothing beside that but when it begins and ends.

    Code and `repeat` must say the same where both speak: the code outranks the frequency beside it.
    """
    if not isinstance(timing, dict) or "event" in timing or "modifierExtension" in timing:
        return None
    said: list[Frequency | None] = []
    if "code" in timing:
        said += _coded(timing["code"])
    repeat = timing.get("repeat")
    if repeat is not None and not (isinstance(repeat, dict) and _PLAIN_REPEAT.issuperset(repeat)):
        return None
    if repeat and not _FREQUENCY.isdisjoint(repeat):
        said.append(_repeated(repeat))
    frequencies = [each for each in said if each is not None]
    if not frequencies or len(frequencies) < len(said):
        return None
    last = frequencies[-1]
    return last if all(_equally_often(each, last) for each in frequencies) else None


def _coded(concept: object) -> Sequence[Frequency | None]:
    """What each code says; None for one that cannot be read. Other words than codes are left alone."""
    if not isinstance(concept, dict):
        return (None,)
    word = (text_member(concept, "text") or "").upper()
    by_text = [_CODED[word]] if word in _CODED else []
    if not concept.get("coding"):
        return by_text
    # Local codes beside the standard one are translations of it.
    standard = [coding.code for coding in codings(concept) if coding.system == GTS_ABBREVIATION]
    return [*(_CODED.get(code) for code in standard), *by_text] if standard else (None,)


def _repeated(repeat: Resource) -> Frequency | None:
    times = repeat.get("frequency", 1)
    period, unit = number_member(repeat, "period"), text_member(repeat, "periodUnit")
    if not isinstance(times, int) or isinstance(times, bool) or times < 1 or period is None or period <= 0:
        return None
    return (times, Fraction(period), Period(unit)) if unit in tuple(Period) else None


def _equally_often(one: Frequency, other: Frequency) -> bool:
    piece = Quantity(Fraction(1), "1")
    return Dose(piece, *one).same_as(Dose(piece, *other))


# ---------------------------------------------------------------- limits of the order itself
def _within_limits(dose: Dose, instruction: Resource) -> bool:
    """Whether the limits of the order let its dose be given; one that cannot be compared may not."""
    limits: list[Dose | None] = []
    if "maxDosePerAdministration" in instruction:
        once = dose_amount(object_member(instruction, "maxDosePerAdministration"))
        limits.append(None if once is None else replace(dose, amount=once))
    if "maxDosePerPeriod" in instruction:
        limits.append(_per_period(instruction["maxDosePerPeriod"]))
    return all(
        limit is not None
        and units.commensurable(limit.amount.unit, dose.amount.unit)
        and not dose.exceeds(limit)
        for limit in limits
    )


def _per_period(ratio: object) -> Dose | None:
    amount, per = dose_amount(object_member(ratio, "numerator")), object_member(ratio, "denominator")
    period, unit = number_member(per, "value"), listed_code(per)
    if amount is None or period is None or period <= 0 or unit not in tuple(Period):
        return None
    return Dose(amount, 1, Fraction(period), Period(unit))
