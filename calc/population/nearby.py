"""The most probable etas again, after a small change of what is known: for questions about an estimate.

A level left out or a dose doubled mostly moves the mode a little, so that damped scoring finds it from where
it was, or from the typical person. Nobody proves it to be the deepest minimum: a distance or a hint may rest
on it, a dose never.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from calc.population.expressions import Floats
from calc.population.fit import NotConverged
from calc.population.objective import Objective

_ROUNDS: Final = 8
_CLOSE: Final = 0.02
"""What the objective has left to fall when exact second derivatives take over from expected ones."""
_NEWTON: Final = 15
_FLAT: Final = 1e-6
"""What it has left to fall at the end."""
_HOPELESS: Final = 5.0
"""A start is given up whose objective lies so much above the other's."""
_LONGEST: Final = 2.0
"""Step, in deviations of the prior."""

_Measured: TypeAlias = Callable[[Floats], tuple[Floats, Floats, Floats]]
"""Values, gradients and second derivatives at each of some etas."""


@dataclass(frozen=True, slots=True)
class Near:
    """Where the descent ended."""

    eta: Floats
    objective: float


def nearby(objective: Objective, start: Floats) -> Near:
    """The lower end of two descents. Raises NotConverged where neither start gives a prediction."""
    if not objective.levels:
        return Near(objective.typical, 0.0)
    starts = np.array([start, objective.typical])
    spread = np.sqrt(np.diag(objective.omega))
    values, etas = _descended(objective.expectations, starts, spread, _CLOSE, _ROUNDS)
    best = int(np.argmin(values))
    if not np.isfinite(values[best]):
        raise NotConverged("what is asked about the levels cannot be predicted with these doses")
    values, etas = _descended(objective.bends, etas[[best]], spread, _FLAT, _NEWTON)
    return Near(etas[0], float(values[0]))


def _descended(
    measured: _Measured, etas: Floats, spread: Floats, flat: float, rounds: int
) -> tuple[Floats, Floats]:
    """Damped steps from each start; values and etas where they end."""
    values, gradients, bends = measured(etas)
    damping = np.zeros(len(etas))
    active = np.isfinite(values)
    for _ in range(rounds):
        index = np.flatnonzero(active & (values < values.min() + _HOPELESS))
        spectra, axes = np.linalg.eigh(bends[index])
        # Where the objective bends down, the way down is as long as where it bends up as much.
        spectra = np.maximum(np.abs(spectra), 1e-8 * np.abs(spectra).max(1, keepdims=True, initial=0))
        along = np.einsum("sij,si->sj", axes, gradients[index])
        damped = spectra + damping[index, None] * spectra.mean(1, keepdims=True)
        steps = -np.einsum("sij,sj->si", axes, along / damped)
        active[index] = (along**2 / spectra).sum(1) / 2 > flat
        steps, index = steps[active[index]], index[active[index]]
        if not index.size:
            break
        lengths = np.abs(steps / spread).max(1, keepdims=True)
        tried = etas[index] + steps / np.maximum(lengths / _LONGEST, 1)
        found = measured(tried)
        better = found[0] <= values[index]
        for kept, new in zip((etas, values, gradients, bends), (tried, *found), strict=True):
            kept[index[better]] = new[better]
        damping[index] = np.where(better, damping[index] / 10, np.maximum(damping[index] * 5, 0.3))
    return values, etas
