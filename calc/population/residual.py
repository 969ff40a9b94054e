"""How far a level lies from what the model predicts: the error of assay, timing and model together.

Variances of a proportional and an additive part add up, as NONMEM has it; where a model says so, the
standard deviations do, as Monolix has it. Levels below a limit of quantification count by the chance to lie
there (method M3 of Beal, J Pharmacokinet Pharmacodyn 2001;28:481-504, PMID 11768292).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from calc.population.expressions import Numbers


@dataclass(frozen=True, slots=True)
class Residual:
    """Standard deviations of one output's error."""

    proportional: float = 0.0
    additive: float = 0.0
    """In the unit of the concentration."""
    logarithmic: float = 0.0
    """Of the natural logarithm; the other two are 0 then."""
    adds: Literal["variances", "deviations"] = "variances"

    def deviation(self, predicted: Numbers) -> Numbers:
        """Of one level around `predicted`."""
        if self.logarithmic:
            return np.full_like(predicted, self.logarithmic)
        if self.adds == "deviations":
            return self.proportional * predicted + self.additive
        found: Numbers = np.sqrt((self.proportional * predicted) ** 2 + self.additive**2)
        return found

    def misfit(self, predicted: Numbers, level: NDArray[np.float64], below: NDArray[np.bool_]) -> Numbers:
        """-2 log likelihood of every level without the constant of the normal, lanes x levels."""
        on_log = bool(self.logarithmic)
        with np.errstate(all="ignore"):
            fit = np.log(predicted) if on_log else predicted
            value = np.log(level) if on_log else level
            deviation = self.deviation(predicted)
            deviates = (value - fit) / deviation
            found: Numbers = deviates**2 + 2 * np.log(deviation)
            if below.any():
                found = np.where(below, -2 * _log_normal(deviates), found)
        return found


def _log_normal(deviates: Numbers) -> Numbers:
    """log of the share of a normal distribution below each deviate, with its derivative where it is complex.

    Continued fraction and series of Abramowitz and Stegun, 26.2.14 and 26.2.11, 1964: they hold in the
    complex plane, and so carry derivatives.
    """
    real = np.real(deviates)
    density = np.exp(-(deviates**2) / 2) / math.sqrt(2 * math.pi)
    near = np.where(np.abs(real) < 4, deviates, 0)
    term, series = near, near
    for k in range(1, 80):
        term = term * near**2 / (2 * k + 1)
        series = series + term
    middle = np.log(0.5 + series * np.exp(-(near**2) / 2) / math.sqrt(2 * math.pi))
    far = np.where(np.abs(real) < 4, 4, deviates * np.where(real < 0, -1, 1))
    fraction = far
    for k in range(60, 0, -1):
        fraction = far + k / fraction
    log_tail = -(far**2) / 2 - math.log(math.sqrt(2 * math.pi)) - np.log(fraction)
    outer = np.where(real < 0, log_tail, np.log1p(-density / fraction))
    found: Numbers = np.where(np.abs(real) < 4, middle, outer)
    return found
