"""What the levels were worth, and whether they fit the person: diagnostics of a fit.

Distances are squared deviations, as a chi-square counts them: eta' inv(Omega) eta plus the squared deviate of
every level at the mode. Where predictions are linear in the etas this is the Mahalanobis distance of the
levels from what the model expects of people like this one, and its law the chi-square with as many degrees as
there are levels; where they are not, the mode is still the least far-fetched way to such levels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

import numpy as np

from calc.population.expressions import Floats
from calc.population.fit import Fit
from calc.population.history import Level
from calc.population.model import ModelError
from calc.population.nearby import nearby
from calc.population.objective import Objective
from calc.population.robust import StudentResidual

Verdict: TypeAlias = Literal["plausible", "unusual", "beyond belief"]
UNUSUAL: Final = 0.01
"""Levels with a smaller chance than this are unusual."""
BEYOND_BELIEF: Final = 1e-4
"""With a smaller chance than this, no dose should rest on them: one of the inputs is more likely wrong."""


def shrinkage(mode: Fit, omega: Floats) -> Floats:
    """Variance of each eta after the levels, over that before: 1 where they tell nothing, 0 where all.

    After Laplace; above 1 only where the levels lie so badly that they blur. Combes, Retout, Frey and Mentre,
    Pharm Res 2013;30:2355-2367.
    """
    found: Floats = np.diag(mode.covariance) / np.diag(omega)
    return found


@dataclass(frozen=True, slots=True)
class Counted:
    """How much one level counted."""

    level: Level
    shift: Floats
    """How far each eta moves when the level is left out, in deviations of the posterior."""
    share: float
    """Of what is known of this person, from 0 to 1."""


@dataclass(frozen=True, slots=True)
class Influence:
    """How much each source counted; all shares add up to 1."""

    levels: tuple[Counted, ...]
    """In the order of time."""
    prior: float
    """The share of the population."""


def influence(objective: Objective, mode: Fit) -> Influence:
    """By fitting without each level, and by its part of the information J'J/v at the mode.

    Information is averaged over the etas, each direction on the scale of what is known of it; it is what a
    level at that time is expected to tell, whatever was measured.
    """
    parts = [_information(objective, level, mode.eta) for level in objective.levels]
    whole = np.linalg.inv(sum(parts, objective.precision))
    deviations = np.sqrt(np.diag(mode.covariance))
    counted = tuple(
        Counted(
            level,
            (nearby(_only(objective, _without(objective.levels, index)), mode.eta).eta - mode.eta)
            / deviations,
            float(np.trace(whole @ part)) / objective.size,
        )
        for index, (level, part) in enumerate(zip(objective.levels, parts, strict=True))
    )
    return Influence(counted, float(np.trace(whole @ objective.precision)) / objective.size)


def _information(objective: Objective, level: Level, eta: Floats) -> Floats:
    found: Floats = _only(objective, (level,)).slopes(eta[None]).expected[0] / 2 - objective.precision
    return found


def _only(objective: Objective, levels: Sequence[Level]) -> Objective:
    return Objective(objective.model, objective.person, levels)


def _without(levels: Sequence[Level], index: int) -> tuple[Level, ...]:
    return (*levels[:index], *levels[index + 1 :])


@dataclass(frozen=True, slots=True)
class Surprise:
    """How far something lies from what was expected."""

    distance: float
    degrees: int
    chance: float = field(init=False)
    """Of a distance like this or a larger one."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "chance", chi_square_tail(self.distance, self.degrees))


@dataclass(frozen=True, slots=True)
class LevelConflict:
    """One level against what was expected."""

    level: Level
    typical: float
    """What a typical person with this history would have, in the unit of the level."""
    alone: Surprise
    """Before any other level was known."""
    given_others: Surprise
    """After all the others."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Levels against the prior."""

    levels: tuple[LevelConflict, ...]
    """In the order of time."""
    together: Surprise
    etas: Surprise
    """eta' inv(Omega) eta. The mode is nearer to the prior than the person is, so that this finds less than
    there may be."""

    @property
    def chance(self) -> float:
        """The smallest of all; that of single levels times their number, because each had its chance."""
        singles = (len(self.levels) * level.alone.chance for level in self.levels)
        return min(1.0, self.together.chance, self.etas.chance, *singles)

    @property
    def verdict(self) -> Verdict:
        """In words, by UNUSUAL and BEYOND_BELIEF; levels beyond belief are no ground for a dose (H-043)."""
        if self.chance < BEYOND_BELIEF:
            return "beyond belief"
        return "unusual" if self.chance < UNUSUAL else "plausible"


def conflict(objective: Objective, mode: Fit) -> Conflict:
    """What the levels, one by one and together, say against the prior.

    Raises NotConverged where a level alone, or all the others, have no most probable person, and ModelError
    for a model with heavy tails, to which no level is far.
    """
    levels = objective.levels
    near, etas = distances(objective, mode.eta)
    each = []
    for index, level in enumerate(levels):
        single, others = _only(objective, (level,)), _only(objective, _without(levels, index))
        alone = sum(distances(single, nearby(single, mode.eta).eta))
        rest = sum(distances(others, nearby(others, mode.eta).eta))
        each.append(
            LevelConflict(
                level,
                float(single.course(single.typical[None])[0, 0]),
                Surprise(alone, 1),
                Surprise(max(0.0, near + etas - rest), 1),
            )
        )
    return Conflict(tuple(each), Surprise(near + etas, len(levels)), Surprise(etas, objective.size))


def distances(objective: Objective, eta: Floats) -> tuple[float, float]:
    """Squared deviates of the levels, and eta' inv(Omega) eta.

    A level below the limit of quantification is not far from anything below the limit.
    """
    if any(isinstance(residual, StudentResidual) for residual in objective.model.residuals.values()):
        raise ModelError(
            f"{objective.model.name}: errors with heavy tails hide what does not fit; ask the plain model"
        )
    predicted = objective.course(eta[None])[0]
    total = 0.0
    for index, (level, output) in enumerate(zip(objective.levels, objective.course.outputs, strict=True)):
        residual, f = objective.model.residuals[output], predicted[[index]]
        apart = math.log(level.value) - np.log(f) if residual.logarithmic else level.value - f
        deviate = float((apart / residual.deviation(f))[0])
        total += 0.0 if level.below and deviate > 0 else deviate**2
    return total, float(objective.prior(eta[None])[0])


def chi_square_tail(value: float, degrees: int) -> float:
    """The chance that a chi-square exceeds a value (Abramowitz and Stegun, 26.4.4 and 26.4.5, 1964)."""
    if degrees == 0 or value <= 0:
        return 1.0
    half = value / 2
    odd = degrees % 2
    term = math.exp(-half) if not odd else 2 * math.exp(-half) * math.sqrt(half / math.pi)
    total = 0.0 if not odd else math.erfc(math.sqrt(half))
    for k in range(degrees // 2):
        total += term
        term *= half / (k + 1 + odd / 2)
    return min(1.0, total)
