"""Kidney function."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

MICROMOLES: Final = Fraction(884, 10)
"""umol/L of creatinine that are 1 mg/dL (molar mass 113.12 g/mol)."""

ADULT = 18
"""Years; the formula is for adults only."""

UNSTEADY_RISE = Fraction(3, 10)
"""mg/dL of creatinine by which KDIGO 2012 defines acute kidney injury (Kidney Int Suppl 2012;2:1-138)."""
UNSTEADY_RATIO = Fraction(3, 2)
"""The ratio of creatinine to its baseline that defines it too."""


def absolute_gfr(indexed: Fraction, surface: Fraction) -> Fraction:
    """Filtration rate in mL/min from one per 1.73 m2 and the body surface area in m2.

    indexed * surface / 1.73, what drug labels in mL/min mean: KDIGO 2024, Kidney Int 2024;105(4S):S117-S314,
    PMID 38490803. Raises ValueError unless both are above zero.
    """
    if indexed <= 0 or surface <= 0:
        raise ValueError("filtration rate and surface are above zero")
    return indexed * surface / Fraction(173, 100)


def steady_clearance(
    age: Fraction, weight: Fraction, creatinine: Fraction, change: Fraction, dialysis: bool, female: bool
) -> Fraction:
    """`cockcroft_gault`, only under the condition of the formula: kidneys in a steady state.

    `change` is the newest creatinine minus an earlier one, in mg/dL; the author of the rule says over which
    span. Raises ValueError on dialysis, and where creatinine rose as in acute kidney injury or fell as much:
    then it tells where it is going, not what is filtered.
    """
    earlier = creatinine - change
    if dialysis:
        raise ValueError("the formula is not for patients on dialysis")
    if earlier <= 0:
        raise ValueError("the earlier creatinine is above zero")
    if abs(change) >= UNSTEADY_RISE or max(creatinine, earlier) >= UNSTEADY_RATIO * min(creatinine, earlier):
        raise ValueError("creatinine is changing, so the clearance is not known")
    return cockcroft_gault(age, weight, creatinine, female)


def cockcroft_gault(age: Fraction, weight: Fraction, creatinine: Fraction, female: bool) -> Fraction:
    """Creatinine clearance in mL/min from age in years, weight in kg and serum creatinine in mg/dL.

    (140 - age) * weight / (72 * creatinine), times 0.85 for women: Cockcroft and Gault, Nephron
    1976;16:31-41, PMID 1244564. Age counts in completed years. Raises ValueError below 18 and from 140 years
    on, and unless weight and creatinine are above zero.
    """
    years = age.numerator // age.denominator
    if not ADULT <= years < 140:
        raise ValueError("the formula is for adults below 140 years")
    if weight <= 0 or creatinine <= 0:
        raise ValueError("weight and creatinine are above zero")
    return (140 - years) * weight / (72 * creatinine) * (Fraction(85, 100) if female else 1)


def bedside_schwartz(age: Fraction, height: Fraction, creatinine: Fraction) -> Fraction:
    """Filtration rate of a child in mL/min per 1.73 m2 from years, height in cm and creatinine in mg/dL.

    0.413 * height / creatinine, for creatinine calibrated to IDMS: Schwartz et al., J Am Soc Nephrol
    2009;20:629-637, PMID 19158356. Raises ValueError below one year and from 18 on, and unless height and
    creatinine are above zero.
    """
    if not 1 <= age < ADULT:
        raise ValueError("the formula is for children from one year on")
    if height <= 0 or creatinine <= 0:
        raise ValueError("height and creatinine are above zero")
    return Fraction(413, 1000) * height / creatinine
