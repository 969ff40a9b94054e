"""The best dose for one person: probable effect minus weighted probable toxicity, by dose.

Both probabilities rise with the average concentration by a Hill curve: Hill, J Physiol 1910;40:iv-vii;
as the sigmoid Emax model in Holford and Sheiner, Clin Pharmacokinet 1981;6:429-453, PMID 7032803.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from calc.pharmacokinetics import average_concentration

_REACH: Final = 8.5
"""Deviations on each side; a normal distribution holds 1e-17 outside."""
_POINTS: Final = 401


@dataclass(frozen=True, slots=True)
class Curve:
    """A probability by concentration: C^h / (C^h + middle^h)."""

    middle: Fraction
    """mg/L, where the probability is one half."""
    steepness: Fraction

    def at(self, concentration: Fraction) -> float:
        """The probability at a concentration in mg/L."""
        if not concentration:
            return 0.0
        return _logistic(float(self.steepness) * (math.log(concentration) - math.log(self.middle)))

    def averaged(self, concentration: Fraction, omega: Fraction) -> float:
        """The probability where the log of the concentration is normal around this one, with this deviation.

        Equal steps under a normal curve come to the integral faster than Gauss-Hermite where the curve is
        steep: 401 of them are exact to 1e-9 up to a steepness times deviation of 20.
        """
        import numpy as np

        if not concentration:
            return 0.0
        deviates = np.linspace(-_REACH, _REACH, _POINTS)
        weights = np.exp(-(deviates**2) / 2)
        middle = math.log(concentration) - math.log(self.middle)
        # A half tanh is the logistic function without an exponential that can overflow.
        shares = (1 + np.tanh(float(self.steepness) * (middle + float(omega) * deviates) / 2)) / 2
        return float(weights @ shares / weights.sum())


@dataclass(frozen=True, slots=True)
class Outlook:
    """What one dose promises."""

    dose: Fraction
    """mg"""
    concentration: Fraction
    """mg/L, the average at the clearance that was given."""
    effect: float
    toxicity: float
    utility: float


def outlooks(
    doses: Sequence[Fraction],
    clearance: Fraction,
    interval: Fraction,
    effect: Curve,
    toxicity: Curve,
    weight: Fraction,
    omega: Fraction = Fraction(0),
) -> tuple[Outlook, ...]:
    """Each dose in mg every `interval` h at a clearance in L/h: effect - weight * toxicity.

    `omega` is the deviation of the logarithm of the clearance, whose median `clearance` then is: both
    probabilities are averaged over it, for the utility of the mean is not the mean utility.
    """
    return tuple(
        _outlook(
            dose,
            average_concentration(dose, interval, clearance, Fraction(1)),
            effect,
            toxicity,
            weight,
            omega,
        )
        for dose in doses
    )


def best(outlooks: Sequence[Outlook]) -> Outlook:
    """The highest utility, the first of equals; raises ValueError where there is none."""
    return max(outlooks, key=lambda each: each.utility)


def _outlook(
    dose: Fraction,
    concentration: Fraction,
    effect: Curve,
    toxicity: Curve,
    weight: Fraction,
    omega: Fraction,
) -> Outlook:
    if omega:
        good, bad = effect.averaged(concentration, omega), toxicity.averaged(concentration, omega)
    else:
        good, bad = effect.at(concentration), toxicity.at(concentration)
    return Outlook(dose, concentration, good, bad, good - float(weight) * bad)


def _logistic(log_odds: float) -> float:
    """Written so that the exponential never overflows."""
    if log_odds >= 0:
        return 1 / (1 + math.exp(-log_odds))
    odds = math.exp(log_odds)
    return odds / (1 + odds)
