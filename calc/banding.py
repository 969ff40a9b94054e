"""Doses in bands: what kidney and genotype ask for, as a strength that can be bought."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction


def banded(value: Fraction, bands: Iterable[tuple[Fraction, Fraction]]) -> Fraction | None:
    """The dose of the band that a value is in; None below every band.

    A band is its lower end, which belongs to it, and its dose; it ends where the next one begins.
    """
    below = [band for band in bands if band[0] <= value]
    return max(below)[1] if below else None


def nearest(target: Fraction, strengths: Iterable[Fraction]) -> Fraction:
    """The strength that is nearest to a dose; of two as near the lower one."""
    return min(strengths, key=lambda strength: (abs(strength - target), strength))


def relative_error(dose: Fraction, target: Fraction) -> Fraction:
    """What rounding did: above zero where the dose is more than what was asked for."""
    return (dose - target) / target
