"""Clearance of antibiotics in a population, from the clearance of creatinine: first estimates for a person.

Both formulas leave much of the variation between people open: a measured level beats them.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final

_LITRES_AN_HOUR: Final = Fraction(60, 1000)
"""L/h that are 1 mL/min."""


def vancomycin_clearance(creatinine_clearance: Fraction) -> Fraction:
    """Clearance of vancomycin in L/h from that of creatinine in mL/min.

    3.66 + 0.689 * creatinine clearance, both in mL/min: Matzke et al., Antimicrob Agents Chemother
    1984;25:433-437, DOI 10.1128/AAC.25.4.433; 56 patients, of whom 7 had a creatinine clearance above 60
    mL/min; r = 0.88. Raises ValueError unless the clearance is above zero.
    """
    if creatinine_clearance <= 0:
        raise ValueError("the clearance of creatinine is above zero")
    return (Fraction(366, 100) + Fraction(689, 1000) * creatinine_clearance) * _LITRES_AN_HOUR


def meropenem_clearance(creatinine_clearance: Fraction) -> Fraction:
    """Clearance of meropenem in L/h from that of creatinine by Cockcroft and Gault in mL/min.

    7.71 * (1 + 0.00924 * (creatinine clearance - 80)): Minichmayr et al., J Antimicrob Chemother
    2018;73:1330-1339, PMID 29425283; 195 critically ill adults, who differed from it by 26 % (coefficient of
    variation). Nine of ten had a creatinine clearance of 19.6 to 168 mL/min; raises ValueError outside.
    """
    if not Fraction(196, 10) <= creatinine_clearance <= 168:
        raise ValueError("the formula is for creatinine clearances from 19.6 to 168 mL/min")
    return Fraction(771, 100) * (1 + Fraction(924, 100_000) * (creatinine_clearance - 80))
