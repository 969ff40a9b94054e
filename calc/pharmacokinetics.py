"""Exposure: concentrations from dose, clearance and time, and what an enzyme's activity makes of them.

Numbers are exact wherever the formula is a quotient; an exponential gives a float.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

LN2: Final = math.log(2)
LN10: Final = math.log(10)


def average_concentration(
    dose: Fraction, interval: Fraction, clearance: Fraction, bioavailability: Fraction
) -> Fraction:
    """Average concentration at steady state in mg/L from mg, h and L/h: F * dose / (CL * interval).

    Rowland and Tozer, Clinical Pharmacokinetics and Pharmacodynamics, 4th ed. 2011, ISBN 978-0-7817-5009-7.
    """
    return bioavailability * dose / (clearance * interval)


def dose_for_average(
    target: Fraction, interval: Fraction, clearance: Fraction, bioavailability: Fraction
) -> Fraction:
    """The dose in mg for an average concentration in mg/L: `average_concentration` solved for the dose."""
    return target * clearance * interval / bioavailability


def exposure_ratio(metabolized: Fraction, activity: Fraction) -> Fraction | None:
    """Exposure against the usual: 1 / (fm * activity + 1 - fm); None where nothing removes the drug.

    `metabolized` is the fraction that one enzyme clears, `activity` that of the enzyme against normal.
    Rowland and Matin, J Pharmacokinet Biopharm 1973;1:553-567, DOI 10.1007/BF01059791.
    """
    remaining = metabolized * activity + 1 - metabolized
    return 1 / remaining if remaining else None


@dataclass(frozen=True, slots=True)
class Infusion:
    """What a constant infusion comes to."""

    half_life: float
    """h"""
    steady: Fraction
    """mg/L"""
    at_time: float
    """mg/L"""
    time_to_90_percent: float
    """h"""


def infusion(clearance: Fraction, volume: Fraction, rate: Fraction, time: Fraction) -> Infusion:
    """A bathtub: rate / CL at steady state, approached with the rate constant CL / V.

    From L/h, L, mg/h and h; one compartment, as in Rowland and Tozer (see `average_concentration`).
    """
    constant, steady = clearance / volume, rate / clearance
    return Infusion(LN2 / constant, steady, steady * -math.expm1(-constant * time), LN10 / constant)
