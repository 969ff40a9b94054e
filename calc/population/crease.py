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

_FIRST: Final = 1e-3
_LAST: Final = 1e-5
"""Of a deviation of the prior: how far from the crease its sides are looked at, first and in the end."""
_ROUNDS: Final = 60
_FLAT: Final = 1e-10
"""What the objective may have left to fall along the crease."""
_SHARP: Final = 10.0
"""Times what second derivatives explain: so much at least do the gradients of the sides differ."""
_AROUND: Final = 0.05
"""In deviations of the posterior: where the objective has to be higher."""


def along_crease(objective: Objective, eta: Floats) -> tuple[Floats, float, Floats, Floats] | None:
    """The minimum in the crease at `eta`: where, how deep, the mean of the gradients, second derivatives.

    None where there is no crease, or no minimum in it. Second derivatives are the expected ones of its sides.
    """
    spread = np.sqrt(np.diag(objective.omega))
    aside = _FIRST * spread
    around = objective.slopes(np.concatenate([eta + np.diag(aside), eta - np.diag(aside)]))
    above, below = np.split(around.gradient, 2)
    jumps = np.abs((above - below) * aside).sum(1)
    if not np.isfinite(jumps).all():
        return None
    axis = int(np.argmax(jumps))
    across, width = np.zeros_like(eta), _FIRST
    for _ in range(_ROUNDS):
        across[axis] = width * spread[axis]
        sides = objective.slopes(np.array([eta - across, eta + across]))
        slopes = sides.gradient @ across
        if not np.isfinite(sides.value).all() or not slopes[0] < 0 < slopes[1]:
            return None
        # The crease lies where the lines along both sides meet.
        place = (sides.value[0] - sides.value[1] + slopes.sum()) / (slopes[1] - slopes[0])
        eta = eta + float(np.clip(place, -1, 1)) * across
        bend = sides.expected.mean(0)
        inverse = np.linalg.inv(bend)
        apart = sides.gradient[0] - sides.gradient[1]
        share = float(np.clip((sides.gradient[0] @ inverse @ apart) / (apart @ inverse @ apart), 0, 1))
        mean = sides.gradient[0] - share * apart
        if width <= _LAST and mean @ inverse @ mean / 2 < _FLAT:
            sharp = slopes[1] - slopes[0] > _SHARP * 2 * across @ bend @ across
            value = float(objective.values(eta[None])[0])
            steps = _AROUND * np.linalg.cholesky(2 * inverse).T
            lowest = objective.values(np.concatenate([eta + steps, eta - steps])).min()
            return (eta, value, mean, bend) if sharp and value <= lowest else None
        width = max(width / 10, _LAST)
        eta = eta - inverse @ mean
    return None
