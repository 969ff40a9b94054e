"""Receptors: how many of them a drug takes, and what it would need to take more."""

from __future__ import annotations

from fractions import Fraction


def occupancy(concentration: Fraction, half: Fraction) -> Fraction:
    """The part of the receptors that is taken at a concentration: C / (C + Kd), both in the same unit.

    The law of mass action for one site, as Hill and Langmuir wrote it; Kd takes half.
    """
    return concentration / (concentration + half)


def scanned_occupancy(base: Fraction, under_drug: Fraction) -> Fraction:
    """The part of the receptors that is taken, from the binding potentials of two scans by PET.

    (base - under drug) / base: the tracer finds what the drug has left. Farde et al., Arch Gen Psychiatry
    1988;45:71-76, DOI 10.1001/archpsyc.1988.01800250087012.
    """
    return (base - under_drug) / base


def against_half(part: Fraction) -> Fraction:
    """RO / (1 - RO), the concentration in units of Kd: `occupancy` solved for it; `part` is below 1."""
    return part / (1 - part)
