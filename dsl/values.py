"""Facts about a patient, as rules see them: exact values, or the reason why there is none.

A fact is the *set of values that are still possible*. One value: known. Several (two results that
disagree, an ambiguous genotype, a year of birth without a day): each is possible, and a rule that
gives the same answer for all of them is settled all the same. None: missing, with its reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from dsl import units


class Reason(StrEnum):
    """Why a datum is not exactly known; spelled alike in rules, traces, records and batch answers."""

    MISSING = "missing"
    STATUS = "status"
    FUTURE = "future"
    STALE = "stale"
    UNDATED = "undated"
    NO_VALUE = "no-value"
    UNIT = "unit"
    IMPLAUSIBLE = "implausible"
    COMPARATOR = "comparator"
    CONFLICT = "conflict"
    SUBJECT = "subject"
    MODEL_FAILED = "model-failed"


@dataclass(frozen=True, slots=True)
class Quantity:
    """An exact amount in a UCUM unit (`1` for a plain number)."""

    value: Fraction
    unit: str

    def __str__(self) -> str:
        number = format_number(self.value)
        return number if self.unit == "1" else f"{number} {self.unit}"


@dataclass(frozen=True, slots=True)
class Range:
    """Every amount between two bounds; an absent bound is open to infinity."""

    low: Fraction | None
    high: Fraction | None
    low_included: bool
    high_included: bool
    unit: str

    def __str__(self) -> str:
        unit = "" if self.unit == "1" else f" {self.unit}"
        if self.low is None and self.high is not None:
            return f"{'<=' if self.high_included else '<'} {format_number(self.high)}{unit}"
        if self.high is None and self.low is not None:
            return f"{'>=' if self.low_included else '>'} {format_number(self.low)}{unit}"
        if self.low is None or self.high is None:
            return f"any value{unit}"
        return f"{format_number(self.low)} to {format_number(self.high)}{unit}"


Value = Quantity | Range | str | bool
"""An amount, a span of amounts, the name of an enum member, or a truth."""


class Coding(NamedTuple):
    """A code with the URI of its system, both as FHIR spells them."""

    system: str
    code: str


@dataclass(frozen=True, slots=True)
class Datum:
    """One datum that was looked at, for the trace: where it stands and what it said."""

    path: str
    """Where it stands in what was received, e.g. `prefetch.labs.entry[0].resource`."""
    reference: str
    """The resource, e.g. `Observation/wt`."""
    instant: str | None
    """The time it is about, as written there."""
    text: str
    """The value as written there, digits and unit unchanged; a machine value, never free text."""
    reason: Reason | None = None
    """Why it was not used; None when it was."""


@dataclass(frozen=True, slots=True)
class Fact:
    """What is known about one input. See the module docstring for `possible`."""

    possible: tuple[Value, ...]
    reason: Reason | None = None
    """Why the value is not exactly known; None when it is."""
    explanation: str = ""
    """A sentence for people about the reason or a caveat; never holds text of the request."""
    data: tuple[Datum, ...] = ()
    """What was used and what was rejected."""
    before: tuple[Value, ...] = ()
    """What was possible before something else on file changed it; empty if nothing did."""
    changed_by: str = ""
    """What changed it, if that is certain: `paroxetine, a strong inhibitor`; as `explanation`, never text of
    the request."""
    unreviewed: bool = False
    """Whether knowledge took part in the change that nobody has reviewed."""

    @property
    def known(self) -> bool:
        """Whether exactly one value is possible (a range is many)."""
        return len(self.possible) == 1 and not isinstance(self.possible[0], Range)

    @property
    def missing(self) -> bool:
        """Whether nothing at all is known."""
        return not self.possible


def known(value: Value, *data: Datum, explanation: str = "") -> Fact:
    """A fact with exactly one value."""
    return Fact((value,), None, explanation, data)


def missing(reason: Reason, *data: Datum, explanation: str = "") -> Fact:
    """A fact of which nothing is known, and why."""
    return Fact((), reason, explanation, data)


class Period(StrEnum):
    """The period of a dosing frequency, as a UCUM code."""

    HOUR = "h"
    DAY = "d"
    WEEK = "wk"


@dataclass(frozen=True, slots=True)
class Dose:
    """An amount given a number of times in each period: `200 mg once daily` is 1 in 1 d."""

    amount: Quantity
    times: int
    period: Fraction
    period_unit: Period

    def __str__(self) -> str:
        return f"{self.amount} {self.frequency}"

    @property
    def frequency(self) -> str:
        """The frequency in words, e.g. `once daily`, `every 12 h`."""
        count = {1: "once", 2: "twice"}.get(self.times, f"{self.times} times")
        if self.period == 1 and self.period_unit is Period.DAY:
            return f"{count} daily"
        if self.period == 1 and self.period_unit is Period.WEEK:
            return f"{count} a week"
        every = f"every {format_number(self.period)} {self.period_unit.value}"
        return every if self.times == 1 else f"{count} {every}"

    def same_as(self, other: Dose) -> bool:
        """Whether both give the same amount equally often (0.2 g is 200 mg, 24 h is one day)."""
        ours, theirs = units.parse(self.amount.unit), units.parse(other.amount.unit)
        return (
            ours.dimensions == theirs.dimensions
            and self.amount.value * ours.factor == other.amount.value * theirs.factor
            and self.times * other._period_in_seconds() == other.times * self._period_in_seconds()
        )

    def exceeds(self, other: Dose) -> bool:
        """Whether more is given per unit of time; False across kinds of unit."""
        ours, theirs = units.parse(self.amount.unit), units.parse(other.amount.unit)
        rate = self.amount.value * ours.factor * self.times * other._period_in_seconds()
        other_rate = other.amount.value * theirs.factor * other.times * self._period_in_seconds()
        return ours.dimensions == theirs.dimensions and rate > other_rate

    def _period_in_seconds(self) -> Fraction:
        return self.period * units.parse(self.period_unit.value).factor


def quantity(value: str | int | Decimal, unit: str) -> Quantity:
    """An exact quantity from decimal text or a Decimal; a binary float is not accepted."""
    return Quantity(Fraction(value), unit)


def convert(amount: Quantity, unit: str) -> Quantity:
    """The same amount in another unit, exactly; raises `units.UnitError` across dimensions."""
    return Quantity(amount.value * units.factor(amount.unit, unit), unit)


def format_number(value: Fraction) -> str:
    """Decimal text of an exact number; one that never ends is cut to six digits and marked `~`."""
    denominator = value.denominator
    for prime in (2, 5):
        while denominator % prime == 0:
            denominator //= prime
    if denominator != 1:
        return f"~{float(value):.6g}"
    places = 0
    while (value * 10**places).denominator != 1:
        places += 1
    digits = f"{abs(int(value * 10**places)):0{places + 1}d}"
    sign = "-" if value < 0 else ""
    return sign + (f"{digits[:-places]}.{digits[-places:]}" if places else digits)
