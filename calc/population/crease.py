"""Minima where the objective has no derivative: in a crease.

Where the end of a modelled infusion or of a lag meets the time of a level, the prediction changes its course
abruptly, and the objective of etas is creased like folded paper. A crease can hold the minimum. It is one
where some mean of the gradients on its two sides is zero (Clarke, Optimization and Nonsmooth Analysis, 1983,
ISBN 978-0-471-87504-8); the way to it leads along the crease.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from calc.population.expressions import Floats
from calc.population.objective import Objective

_BESIDE: Final = 1e-5
"""Of a deviation of the prior: how far from the crease its sides are looked at."""
_ROUNDS: Final = 60
_FLAT: Final = 1e-10
"""What the objective may have left to fall along the crease."""


def along_crease(objective: Objective, eta: Floats) -> tuple[Floats, float, Floats, Floats] | None:
    """The minimum in the crease at `eta`: where, how deep, the mean of the gradients, second derivatives.

    None where there is no crease, or no minimum in it. Second derivatives are the expected ones of its sides.
    """
    aside = _BESIDE * np.sqrt(np.diag(objective.omega))
    around = objective.slopes(np.concatenate([eta + np.diag(aside), eta - np.diag(aside)]))
    above, below = np.split(around.gradient, 2)
    jumps = np.abs((above - below) * aside).sum(1)
    if not np.isfinite(jumps).all():
        return None
    axis = int(np.argmax(jumps))
    across = np.zeros_like(eta)
    across[axis] = aside[axis]
    for _ in range(_ROUNDS):
        sides = objective.slopes(np.array([eta - across, eta + across]))
        if not np.isfinite(sides.value).all():
            return None
        slopes = sides.gradient @ across
        rising = slopes[1] - slopes[0]
        if not (slopes[0] < 0 < slopes[1]):
            return None
        # The crease lies where the lines along both sides meet.
        place = (sides.value[0] - sides.value[1] + slopes[0] + slopes[1]) / rising
        eta = eta + float(np.clip(place, -1, 1)) * across
        bend = sides.expected.mean(0)
        inverse = np.linalg.inv(bend)
        apart = sides.gradient[0] - sides.gradient[1]
        share = (sides.gradient[0] @ inverse @ apart) / (apart @ inverse @ apart)
        if not 0 < share < 1:
            return None
        mean = sides.gradient[0] - share * apart
        if mean @ inverse @ mean / 2 < _FLAT:
            return eta, float(objective.values(eta[None])[0]), mean, bend
        eta = eta - inverse @ mean
    return None
