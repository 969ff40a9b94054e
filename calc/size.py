"""Body size, and what it and age make of clearance."""

from __future__ import annotations

from fractions import Fraction
from math import isqrt, pow
from typing import Final

_DIGITS = 10**12

STANDARD_WEIGHT: Final = Fraction(70)
"""kg, of the person whom clearance is scaled from."""
CLEARANCE_EXPONENT: Final = Fraction(3, 4)
"""Clearance grows with weight to this power, a volume with weight itself."""

FILTRATION_HALF_MATURE: Final = Fraction(477, 10)
"""Weeks after the last menstruation at which the kidney filters half of what size alone would give."""
FILTRATION_HILL: Final = Fraction(34, 10)
"""How steeply filtration matures around that age."""


def body_mass_index(weight: Fraction, height: Fraction) -> Fraction:
    """Body mass index in kg/m2 from weight in kg and height in m; ValueError unless both are above zero."""
    _check(weight, height)
    return weight / height**2


def body_surface_area(weight: Fraction, height: Fraction) -> Fraction:
    """Body surface area in m2 from weight in kg and height in cm, cut to twelve decimal places.

    The root of weight * height / 3600: Mosteller, N Engl J Med 1987;317:1098, PMID 3657876. ValueError unless
    both are above zero.
    """
    _check(weight, height)
    square = weight * height / 3600
    return Fraction(isqrt(square.numerator * _DIGITS**2 // square.denominator), _DIGITS)


def fat_free_mass(weight: Fraction, height: Fraction, female: bool) -> Fraction:
    """Fat-free mass of an adult in kg from weight in kg and height in cm.

    9270 * W / (6680 + 216 * BMI), of women 9270 * W / (8780 + 244 * BMI): Janmahasatian et al., Clin
    Pharmacokinet 2005;44:1051-1065, PMID 16176118. ValueError unless both are above zero.
    """
    index = body_mass_index(weight, height / 100)
    return 9270 * weight / (8780 + 244 * index if female else 6680 + 216 * index)


def ideal_body_weight(height: Fraction, female: bool) -> Fraction:
    """Ideal body weight in kg of an adult from height in cm.

    50 kg (women 45.5 kg) and 2.3 kg for each inch over 5 feet: Devine, Drug Intell Clin Pharm
    1974;8:650-655. Raises ValueError below 5 feet (152.4 cm), where the source says nothing.
    """
    inches = height / Fraction(254, 100)
    if inches < 60:
        raise ValueError("the formula is for a height of 5 feet (152.4 cm) and more")
    return (Fraction(91, 2) if female else Fraction(50)) + Fraction(23, 10) * (inches - 60)


def adjusted_body_weight(weight: Fraction, ideal: Fraction) -> Fraction:
    """Weight in kg between ideal and actual, for whoever weighs more than ideal.

    ideal + 0.4 * (weight - ideal), for the clearance of creatinine in obesity: Winter et al.,
    Pharmacotherapy 2012;32:604-612, PMID 22576791. Raises ValueError for a weight below the ideal one,
    where the actual weight is used.
    """
    if weight < ideal or ideal <= 0:
        raise ValueError("the adjusted weight is for an actual weight above the ideal one")
    return ideal + Fraction(2, 5) * (weight - ideal)


def allometric_factor(weight: Fraction, standard: Fraction, exponent: Fraction) -> float:
    """Clearance (exponent 0.75) or volume (1) against that of a person of the standard weight, both in kg.

    (weight / standard) ** exponent: Anderson and Holford, Annu Rev Pharmacol Toxicol 2008;48:303-332,
    PMID 17914927. Size alone explains clearance from two years of age on; before that, see `maturation`.
    """
    return pow(weight / standard, exponent)


def maturation(postmenstrual: Fraction, half_mature: Fraction, hill: Fraction) -> float:
    """The part of its mature capacity that a way of elimination has reached, between 0 and 1.

    age ** hill / (half_mature ** hill + age ** hill), ages in weeks after the last menstruation. Each way of
    elimination has numbers of its own: those of filtration, 47.7 weeks and 3.4, are of Rhodin et al., Pediatr
    Nephrol 2009;24:67-76, DOI 10.1007/s00467-008-0997-5; the form is explained in Holford et al., J Pharm Sci
    2013;102:2941-2952, DOI 10.1002/jps.23574.
    """
    return 1 / (1 + pow(half_mature / postmenstrual, hill))


def _check(weight: Fraction, height: Fraction) -> None:
    if weight <= 0 or height <= 0:
        raise ValueError("weight and height are above zero")
