"""How far a level lies from what the model predicts: the error of assay, timing and model together.

Variances of a proportional and an additive part add up, as NONMEM has it; where a model says so, the
standard deviations do, as Monolix has it. Levels below a limit of quantification count by the chance to lie
there (method M3 of Beal, J Pharmacokinet Pharmacodyn 2001;28:481-504, PMID 11768292).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from calc.population.expressions import Numbers

_FAR_OUT: Final = -30.0
_erfc = np.frompyfunc(math.erfc, 1, 1)


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
            return np.full(predicted.shape, self.logarithmic)
        if self.adds == "deviations":
            return self.proportional * predicted + self.additive
        found: Numbers = np.sqrt((self.proportional * predicted) ** 2 + self.additive**2)
        return found

    def information(self, predicted: NDArray[np.float64]) -> NDArray[np.float64]:
        """Second derivative of a level's misfit by its prediction, expected over what may be measured."""
        if self.logarithmic:
            return np.asarray(2 / (self.logarithmic * predicted) ** 2)
        deviation = self.deviation(predicted)
        if self.adds == "deviations":
            change = self.proportional / deviation
        else:
            change = self.proportional**2 * predicted / deviation**2
        return np.asarray(2 / deviation**2 + 4 * change**2)

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
    """log of the share of a normal distribution below each deviate, derivatives included."""
    real = np.real(deviates)
    share = np.asarray(_erfc(real / -math.sqrt(2)), float) / 2
    # So far out that the share is too small for a number: Abramowitz and Stegun, 26.2.12, 1964.
    squares = np.maximum(real**2, 1)
    series = 1 - 1 / squares + 3 / squares**2 - 15 / squares**3
    tail = -squares / 2 - np.log(np.sqrt(2 * math.pi * squares)) + np.log(np.maximum(series, 1e-9))
    found: Numbers = np.where(real < _FAR_OUT, tail, np.log(share))
    if np.iscomplexobj(deviates):
        found = found + 1j * np.imag(deviates) * np.exp(-(real**2) / 2 - found) / math.sqrt(2 * math.pi)
    return found
