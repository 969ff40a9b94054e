"""Body size."""

from __future__ import annotations

from fractions import Fraction
from math import isqrt

_DIGITS = 10**12


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


def _check(weight: Fraction, height: Fraction) -> None:
    if weight <= 0 or height <= 0:
        raise ValueError("weight and height are above zero")
