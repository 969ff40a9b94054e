"""Errors with heavy tails, so that one absurd level moves the most probable person by a bounded amount.

Student's distribution with four degrees in place of the normal, with the same scale: near the prediction a
level counts as before, far from it less and less. Where errors grow with the prediction, what is left of an
absurd level's pull is towards larger errors, the same however far it lies. Lange, Little and Taylor, J Am
Stat Assoc 1989;84:881-896.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from calc.population.expressions import Numbers
from calc.population.model import PopulationModel
from calc.population.residual import Residual

DEGREES: Final = 4
"""Of Student's distribution; with this many, its integral is an algebraic function."""
_CONSTANT: Final = 2 * (math.lgamma(DEGREES / 2) - math.lgamma((DEGREES + 1) / 2) + math.log(DEGREES / 2) / 2)
"""-2 log of the density's constant, without that of the normal, as every misfit is counted."""


@dataclass(frozen=True, slots=True)
class StudentResidual(Residual):
    """The deviations are now scales: their ratio to standard deviations is 1 to the square root of 2."""

    def misfit(self, predicted: Numbers, level: NDArray[np.float64], below: NDArray[np.bool_]) -> Numbers:
        """-2 log likelihood of every level without the constant of the normal, lanes x levels."""
        with np.errstate(all="ignore"):
            apart = np.log(level) - np.log(predicted) if self.logarithmic else level - predicted
            deviation = self.deviation(predicted)
            deviates = apart / deviation
            found: Numbers = (DEGREES + 1) * np.log(1 + deviates**2 / DEGREES)
            found = found + 2 * np.log(deviation) + _CONSTANT
            if below.any():
                found = np.where(below, -2 * np.log(_share_below(deviates)), found)
        return found


def _share_below(deviates: Numbers) -> Numbers:
    """Of Student's distribution with four degrees: (1 + u)^2 (2 - u) / 4 with u the sine of its angle."""
    length = np.sqrt(DEGREES + deviates**2)
    sine = deviates / length
    # 1 + u loses its digits far below 0, where it is written as what it is the difference of.
    rest = np.where(np.real(deviates) < 0, DEGREES / (length * (length - deviates)), 1 + sine)
    found: Numbers = rest**2 * (2 - sine) / 4
    return found


def robust(model: PopulationModel) -> PopulationModel:
    """The same model with heavy tails in the errors of all its outputs."""
    return replace(
        model,
        residuals={
            name: StudentResidual(each.proportional, each.additive, each.logarithmic, each.adds)
            for name, each in model.residuals.items()
        },
    )
