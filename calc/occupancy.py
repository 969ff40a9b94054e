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


def total_for(part: Fraction, half: Fraction, receptors: Fraction) -> Fraction:
    """The drug, free and bound, at which this part of the receptors is taken; all in one unit.

    Kd * part / (1 - part) is free, part * receptors bound: the quadratic equation of binding, which matters
    where there is not much more drug than receptor. `part` is below 1.
    """
    return half * against_half(part) + part * receptors


def dose_factor(occupied: Fraction, wanted: Fraction) -> Fraction:
    """The dose for a wanted occupancy against the dose that led to this one, if exposure follows dose.

    The ratio of the two concentrations; Kd is in both and drops out. Raises ValueError unless both parts
    are above 0 and below 1: from a scan that shows none or all taken, nothing about the dose follows.
    """
    if not (0 < occupied < 1 and 0 < wanted < 1):
        raise ValueError("a dose follows only from occupancies between 0 and 100 %, both excluded")
    return against_half(wanted) / against_half(occupied)
