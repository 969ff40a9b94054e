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


def _check(weight: Fraction, height: Fraction) -> None:
    if weight <= 0 or height <= 0:
        raise ValueError("weight and height are above zero")
