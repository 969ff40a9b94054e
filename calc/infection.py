"""Exposure against the germ: how high and how long a drug stays above what inhibits it.

Repeated intravenous doses at steady state, one compartment. The terms are those of Mouton et al., J
Antimicrob Chemother 2005;55:601-607, DOI 10.1093/jac/dki079.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

Comparator = Literal["<", "<=", ">", ">="]
"""Of an inhibitory concentration that a laboratory knows from one side only."""


@dataclass(frozen=True, slots=True)
class Exposure:
    """What the same dose again and again comes to."""

    peak_unbound: float
    """mg/L, right after a dose"""
    area: Fraction
    """mg.h/L of all the drug in 24 hours"""
    area_unbound: Fraction
    """mg.h/L of what is not bound to protein in 24 hours"""
    decay: Fraction
    """Rate constant times the time between doses; e to the minus of it is left for the next."""

    def after(self, part: Fraction) -> float:
        """mg/L of unbound drug when a part of the time between doses, from 0 to 1, has gone."""
        return self.peak_unbound * math.exp(-float(self.decay * part))

    def time_above(self, inhibitory: Fraction) -> float:
        """The part of the time between doses, from 0 to 1, that the unbound drug is above mg/L."""
        ratio = self.peak_unbound / float(inhibitory)
        return min(1.0, math.log(ratio) / float(self.decay)) if ratio > 1 else 0.0


def repeated_dose(
    dose: Fraction, interval: Fraction, volume: Fraction, clearance: Fraction, unbound: Fraction
) -> Exposure:
    """Exposure from mg, h, L, L/h and the unbound fraction.

    The peak is dose / volume, raised by what is left of the doses before: 1 / (1 - exp(-CL / V * interval)).
    The area does not depend on the volume: dose * 24 / interval / CL.
    """
    decay = clearance / volume * interval
    area = dose * 24 / interval / clearance
    return Exposure(float(unbound * dose / volume) / -math.expm1(-decay), area, unbound * area, decay)


def area_met(
    area: Fraction,
    inhibitory: Fraction,
    comparator: Comparator | None,
    least: Fraction,
    most: Fraction | None,
) -> bool | None:
    """Whether area / inhibitory concentration lies in the target, both ends included; see `within`."""
    index, strict = area / inhibitory, comparator in ("<", ">")
    if comparator is None:
        return within(index, False, index, False, least, most)
    if comparator in ("<", "<="):
        return within(index, strict, math.inf, True, least, most)
    return within(Fraction(0), True, index, strict, least, most)


def time_met(
    exposure: Exposure,
    inhibitory: Fraction,
    comparator: Comparator | None,
    least: Fraction,
    most: Fraction | None,
) -> bool | None:
    """Whether the part of the time above lies in the target, both ends included; see `within`.

    The part is no fraction, so it is compared as the float that is reported.
    """
    index = exposure.time_above(inhibitory)
    # At its ends the part stays the same over a range of concentrations, so some other one has it too.
    strict = comparator in ("<", ">") and 0 < index < 1
    lower = 0.0 if comparator in (">", ">=") else index
    upper = 1.0 if comparator in ("<", "<=") else index
    return within(
        lower,
        strict and comparator == "<",
        upper,
        strict and comparator == ">",
        float(least),
        None if most is None else float(most),
    )


def within(
    lower: Fraction | float,
    lower_open: bool,
    upper: Fraction | float,
    upper_open: bool,
    least: Fraction | float,
    most: Fraction | float | None,
) -> bool | None:
    """True if all of an interval of indices lies in the target, False if nothing of it, else None.

    An open end is not of the interval itself; the target includes its ends, and has no upper one without
    `most`.
    """
    if least <= lower and (most is None or upper <= most):
        return True
    below = upper < least or (upper == least and upper_open)
    above = most is not None and (lower > most or (lower == most and lower_open))
    return False if below or above else None
