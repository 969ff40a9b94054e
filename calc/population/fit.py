"""The most probable etas of one person, found from several starts and shown to be a minimum.

Damped scoring from every start at once, then Newton's method at the best end. Several starts are needed:
the objective can have more than one valley, and the nearest to the typical person is not always the deepest.
What does not end in a minimum is no estimate: `NotConverged`, with what would help.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from calc.population.course import Person
from calc.population.expressions import Floats
from calc.population.history import Level
from calc.population.model import PopulationModel
from calc.population.objective import Objective

_CANDIDATES: Final = 64
_STARTS: Final = 5
_ROUNDS: Final = 40
_NEWTON: Final = 12
_FLAT: Final = 1e-6
"""Newton's step, in deviations of the posterior, that counts as none."""
_SAME: Final = 1e-3


class NotConverged(ArithmeticError):
    """No minimum was found and shown to be one. Never an estimate, not even the last step."""


@dataclass(frozen=True, slots=True)
class Fit:
    """The mode of the posterior."""

    eta: Floats
    objective: float
    bend: Floats
    """Second derivatives of the objective there; half of it is the inverse of Laplace's covariance."""
    gradient: float
    """The largest first derivative left, times the deviation of its eta."""
    valleys: int
    """How many minima the starts ended in."""

    @property
    def covariance(self) -> Floats:
        """Of the etas, after Laplace."""
        found: Floats = np.linalg.inv(self.bend / 2)
        return found


def fit(model: PopulationModel, person: Person, levels: Sequence[Level]) -> Fit:
    """The most probable etas. Raises NotConverged, NotSolved, KeyError for a covariate that is missing."""
    return minimum(Objective(model, person, levels))


def minimum(objective: Objective) -> Fit:
    """Of an objective; see `fit`."""
    if not objective.levels:
        return Fit(objective.typical, 0.0, 2 * objective.precision, 0.0, 1)
    ends, values = _descended(objective, _starts(objective))
    order = np.argsort(values)
    if not np.isfinite(values[order[0]]):
        raise NotConverged("no start gave a prediction that the levels can be compared with")
    valleys: list[Floats] = []
    spread = np.sqrt(np.diag(objective.omega))
    for index in order:
        if all(np.abs((ends[index] - other) / spread).max() > 0.05 for other in valleys):
            valleys.append(ends[index])
    best: Fit | None = None
    for eta in valleys[:3]:
        if best is not None and objective.values(eta[None])[0] > best.objective + 5:
            break
        found = _polished(objective, eta, len(valleys))
        if found is not None and (best is None or found.objective < best.objective - 1e-9):
            best = found
    if best is None:
        raise NotConverged(
            "the search for the most probable values did not end in a minimum; check the times of doses "
            "and levels, or add a level"
        )
    return best


def _starts(objective: Objective) -> Floats:
    """The typical person and the best of points spread evenly over the prior."""
    size = objective.size
    root = np.linalg.cholesky(objective.omega)
    shares = spread_evenly(_CANDIDATES, size)
    # Logistic deviates in place of normal ones: as wide, and a little farther out.
    points = np.log(shares / (1 - shares)) / 1.6 @ root.T
    values = objective.values(np.concatenate([np.zeros((1, size)), points]))
    chosen = [np.zeros(size)]
    spread = np.sqrt(np.diag(objective.omega))
    for index in np.argsort(values[1:]):
        if len(chosen) == _STARTS or not np.isfinite(values[1 + index]):
            break
        if all(np.abs((points[index] - other) / spread).max() > 0.7 for other in chosen):
            chosen.append(points[index])
    return np.array(chosen)


def spread_evenly(count: int, size: int, start: Floats | float = 0.5) -> Floats:
    """Points of the unit cube as even as can be: the additive recurrence of Roberts (2018).

    Its generator is the root of x^(size + 1) = x + 1, which needs no table of directions.
    """
    root = 2.0
    for _ in range(60):
        root = (1 + root) ** (1 / (size + 1))
    points: Floats = (start + np.outer(np.arange(1, count + 1), root ** -np.arange(1.0, size + 1))) % 1
    return points


def _descended(objective: Objective, etas: Floats) -> tuple[Floats, Floats]:
    """The ends of damped scoring (Levenberg and Marquardt) from each start, and the objective there."""
    damping = np.full(len(etas), 1e-3)
    here = objective.slopes(etas)
    values, gradients, bends = here.value, here.gradient, here.expected
    active = np.isfinite(values)
    for _ in range(_ROUNDS):
        if not active.any():
            break
        index = np.flatnonzero(active)
        scale = np.einsum("sii->si", bends[index])
        damped = bends[index] + damping[index, None, None] * np.einsum(
            "si,ij->sij", scale, np.eye(etas.shape[1])
        )
        steps = -np.linalg.solve(damped, gradients[index][..., None])[..., 0]
        tried = objective.slopes(etas[index] + steps)
        better = tried.value <= values[index]
        drop = values[index] - tried.value
        for row, start in enumerate(index):
            if better[row]:
                etas[start] += steps[row]
                values[start] = tried.value[row]
                gradients[start], bends[start] = tried.gradient[row], tried.expected[row]
                damping[start] = max(damping[start] / 10, 1e-9)
                active[start] = drop[row] > 1e-3 * _SAME * max(1.0, abs(values[start]))
            else:
                damping[start] *= 10
                active[start] = damping[start] < 1e8
    return etas, values


def _polished(objective: Objective, eta: Floats, valleys: int) -> Fit | None:
    """Newton's method down to a flat, bowl-shaped place; None where there is none."""
    value = float(objective.values(eta[None])[0])
    for _ in range(_NEWTON):
        gradient, bend = objective.bend(eta)
        if not (np.isfinite(gradient).all() and np.isfinite(bend).all()):
            return None
        spectrum, axes = np.linalg.eigh(bend)
        bowl = spectrum.min() > 0
        step = -(axes / np.maximum(np.abs(spectrum), 1e-8)) @ (axes.T @ gradient)
        reach = float(np.sqrt(max(step @ bend @ step / 2, 0.0))) if bowl else np.inf
        if bowl and reach < _FLAT:
            deviations = np.sqrt(np.diag(np.linalg.inv(bend / 2)))
            return Fit(eta, value, bend, float(np.abs(gradient * deviations).max()), valleys)
        for _ in range(30):
            tried = float(objective.values((eta + step)[None])[0])
            if tried <= value + 1e-12 * abs(value):
                break
            step /= 2
        else:
            return None
        eta, value = eta + step, tried
    return None
