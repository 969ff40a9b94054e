"""The most probable etas of one person, found from several starts and shown to be a minimum.

Damped scoring from every start at once, then Newton's method in every valley that may be the deepest. One
start would not do: the objective can have several valleys, and the nearest to the typical person is not
always the deepest. What does not end in a minimum is no estimate: `NotConverged`, with what would help.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from calc.population.course import Person
from calc.population.crease import along_crease
from calc.population.expressions import Floats
from calc.population.history import Level
from calc.population.model import PopulationModel, States
from calc.population.objective import Objective

_CANDIDATES: Final = 128
_STARTS: Final = 8
_WIDE: Final = 1.8
"""Every fourth candidate lies so much farther out: for people whom the prior holds for rare."""
_SPACED: Final = 0.7
"""Deviations of the prior between starts, at least."""
_ROUNDS: Final = 15
_NEWTON: Final = 30
_NEAR: Final = 0.05
"""What the objective has left to fall when the exact second derivatives take over."""
_FLAT: Final = 1e-12
"""What it has left to fall at a minimum: the square of a step in deviations of the posterior."""
_SHALLOW: Final = 5.0
"""A valley that ends so much above the deepest holds no estimate."""
_APART: Final = 0.1
_SAME: Final = 1e-6
"""Two values of the objective that differ by less are one."""
_STUCK: Final = 1e6
"""Damping of steps that lead nowhere."""
_PATIENCE: Final = 4
"""Steps of each start before those without hope are given up."""
_LONGEST: Final = 2.0
"""Step, in deviations of the prior: farther away, models can be beyond numbers."""
_LEAST: Final = 1e-100
"""Bend, so that a step is a number where there is none."""
_ROUNDING: Final = 1e-13
_FEWER: Final = 32, 4
"""Candidates and starts where equations are followed, which takes long."""
_LOOSE: Final = 1e4
"""Times the tolerance of a model's own equations, while valleys are looked for."""
_SHARPER: Final = 1e4, 30.0
"""And in the first of the last steps; those after them are exact."""
_STILL: Final = 1e-9
"""In place of `_FLAT` where equations are followed: below it lies their own error."""

_Measured: TypeAlias = Callable[[Floats], tuple[Floats, Floats, Floats]]
"""Values, gradients and second derivatives, expected or exact, at each of some etas."""


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
    """How many minima there are that matter: this one, and those that are less than 5 shallower."""

    @property
    def covariance(self) -> Floats:
        """Of the etas, after Laplace."""
        found: Floats = np.linalg.inv(self.bend / 2)
        return found


def fit(model: PopulationModel, person: Person, levels: Sequence[Level]) -> Fit:
    """The most probable etas. Raises NotConverged; HistoryError for what is told of the person."""
    return minimum(Objective(model, person, levels))


def minimum(objective: Objective) -> Fit:
    """Of an objective; see `fit`."""
    if not objective.levels:
        return Fit(objective.typical, 0.0, 2 * objective.precision, 0.0, 1)
    spread = np.sqrt(np.diag(objective.omega))
    structure = objective.model.structure
    tolerance = structure.tolerance if isinstance(structure, States) else 0.0
    flat = _STILL if tolerance else _FLAT
    with objective.course.loosely(_LOOSE):
        near = _descended(
            objective.expectations, _starts(objective), spread, _NEAR, _ROUNDS, _LOOSE * tolerance
        )
        if not np.isfinite(near.values).any():
            raise NotConverged("no start gave a prediction that the levels can be compared with")
        first = _apart(near.etas, near.values, spread)
        deep = [index for index in first if near.values[index] < near.values[first[0]] + _SHALLOW]
        ends = _descended(
            _sharpened(objective) if tolerance else objective.bends,
            near.etas[deep],
            spread,
            flat,
            _NEWTON,
            tolerance,
            len(_SHARPER) if tolerance else 0,
        )
    lowest = np.linalg.eigvalsh(np.where(np.isfinite(ends.bends), ends.bends, 0))[:, 0]
    proven = (ends.drops <= flat) & (lowest > 0)
    for index in np.flatnonzero(~proven & np.isfinite(ends.values)):
        if creased := along_crease(objective, ends.etas[index]):
            ends.etas[index], ends.values[index], ends.gradients[index], ends.bends[index] = creased
            proven[index] = True
    values = np.where(proven, ends.values, np.inf)
    best = int(np.argmin(values))
    if not proven.any() or ends.values.min() < values[best] - _SAME:
        raise NotConverged(
            "the search for the most probable values did not end in a minimum; check the times of doses "
            "and levels, or add a level"
        )
    valleys = len(_apart(ends.etas, values, spread))
    bend = ends.bends[best]
    deviations = np.sqrt(np.diag(np.linalg.inv(bend / 2)))
    gradient = float(np.abs(ends.gradients[best] * deviations).max())
    return Fit(ends.etas[best], float(values[best]), bend, gradient, valleys)


def _sharpened(objective: Objective) -> _Measured:
    """Exact second derivatives of what is followed loosely at first, and then exactly."""
    steps = iter(_SHARPER)

    def measured(etas: Floats) -> tuple[Floats, Floats, Floats]:
        objective.course.loose = next(steps, 1.0)
        return objective.bends(etas)

    return measured


def _apart(etas: Floats, values: Floats, spread: Floats) -> list[int]:
    """Which of the etas lie in valleys of their own, the deepest first; none of infinite value."""
    found: list[int] = []
    for index in np.argsort(values):
        far = all(np.abs((etas[index] - etas[other]) / spread).max() > _APART for other in found)
        if far and np.isfinite(values[index]):
            found.append(int(index))
    return found


def _starts(objective: Objective) -> Floats:
    """The typical person and the best of points spread evenly over the prior."""
    size = objective.size
    root = np.linalg.cholesky(objective.omega)
    followed = isinstance(objective.model.structure, States)
    candidates, starts = _FEWER if followed else (_CANDIDATES, _STARTS)
    shares = spread_evenly(candidates, size)
    # Logistic deviates in place of normal ones: as wide, and a little farther out.
    reach = np.where(np.arange(candidates) % 4, 1.0, _WIDE)[:, None] / 1.6
    points = reach * np.log(shares / (1 - shares)) @ root.T
    values = objective.values(np.concatenate([np.zeros((1, size)), points]))
    chosen = [np.zeros(size)]
    scaled = points / np.sqrt(np.diag(objective.omega))
    far = np.abs(scaled).max(1) > _SPACED
    for index in np.argsort(values[1:]):
        if len(chosen) == starts or not np.isfinite(values[1 + index]):
            break
        if far[index]:
            chosen.append(points[index])
            far &= np.abs(scaled - scaled[index]).max(1) > _SPACED
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


@dataclass(slots=True)
class _Ends:
    """Where descents have come to; the first axis of all are the starts."""

    etas: Floats
    values: Floats
    gradients: Floats
    bends: Floats
    drops: Floats
    """By how much the objective would still fall, were it as bent as `bends` says."""


def _descended(
    measured: _Measured,
    etas: Floats,
    spread: Floats,
    near: float,
    rounds: int,
    error: float = 0.0,
    sharper: int = 0,
) -> _Ends:
    """Damped Newton steps from each start, until there is nothing left to fall (Levenberg and Marquardt).

    `error` is that of predictions, relative: by so much a value may rise without being worse. The first
    `sharper` steps lead to values that are more exact, and are taken without comparing.
    """
    rounding = _ROUNDING + 10 * error
    values, gradients, bends = measured(etas)
    ends = _Ends(etas, values, gradients, bends, np.full(len(etas), np.inf))
    damping = np.zeros(len(etas))
    active = np.isfinite(values)
    for turn in range(rounds + 1):
        index = np.flatnonzero(active)
        steps, ends.drops[index] = _steps(gradients[index], bends[index], damping[index])
        left = (ends.drops[index] > near) | (turn < sharper)
        # What is promised by second derivatives is no bound: four times as much has to be too little.
        hope = (turn < _PATIENCE) | (values[index] - 4 * ends.drops[index] < values.min() + _SHALLOW)
        active[index] = left & hope & (damping[index] < _STUCK)
        index, steps = index[active[index]], steps[active[index]]
        if not index.size or turn == rounds:
            break
        lengths = np.abs(steps / spread).max(1, keepdims=True)
        tried = etas[index] + steps / np.maximum(lengths / _LONGEST, 1)
        found = measured(tried)
        better = found[0] <= values[index] + rounding * (np.abs(values[index]) + (error > 0))
        better |= np.isfinite(found[0]) & (turn < sharper)
        took = index[better]
        etas[took] = tried[better]
        for kept, new in zip((values, gradients, bends), found, strict=True):
            kept[took] = new[better]
        damping[index] = np.where(better, damping[index] / 10, np.maximum(damping[index] * 5, 0.3))
    return ends


def _steps(gradients: Floats, bends: Floats, damping: Floats) -> tuple[Floats, Floats]:
    """Damped steps downhill, and by how much the objective should fall without damping."""
    spectra, axes = np.linalg.eigh(bends)
    # Where the objective bends down, the way down is as long as where it bends up as much.
    spectra = np.abs(spectra)
    spectra = np.maximum(spectra, 1e-8 * spectra.max(1, keepdims=True) + _LEAST)
    along = np.einsum("sij,si->sj", axes, gradients)
    damped = spectra + damping[:, None] * spectra.mean(1, keepdims=True)
    return -np.einsum("sij,sj->si", axes, along / damped), (along**2 / spectra).sum(1) / 2
