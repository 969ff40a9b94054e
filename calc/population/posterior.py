"""All that levels leave possible for one person, as weighted draws of the etas.

Draws are spread evenly around the mode and weigh what the posterior says of them; where too few of them
carry the weight, chains walk the posterior itself. Seeds are inputs: the same call gives the same draws.

Kish, Survey Sampling, 1965 (effective size); ter Braak, Stat Comput 2006;16:239-249 (chains that learn their
steps from each other).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from calc.population.expressions import Floats
from calc.population.fit import Fit, spread_evenly
from calc.population.objective import Objective

_NARROW: Final = 0.4
_WIDE: Final = 0.5
"""Of the draws: so many as the mode's own width, so many wider; the others come from the prior, so that no
far valley goes unseen (Hesterberg, Technometrics 1995;37:185-194)."""
_WIDER: Final = 1.15
_WIDEST: Final = 6.0
"""Times Laplace's covariance."""
_POOR: Final = 0.05
"""Of the draws: an effective size below this is none."""
_CHAINS: Final = 100
_WARM_UP: Final = 60


@dataclass(frozen=True, slots=True)
class Posterior:
    """Weighted draws."""

    etas: Floats
    """Draws x etas."""
    weights: Floats
    """They add up to 1."""
    effective: float
    """As many independent draws would tell as much."""
    method: Literal["importance sampling", "chains"]

    def mean(self, values: Floats) -> Floats:
        """Of something of each draw, along the first axis."""
        found: Floats = np.tensordot(self.weights, values, 1)
        return found

    def deviation(self, values: Floats) -> Floats:
        """Standard deviation, along the first axis."""
        found: Floats = np.sqrt(self.mean((values - self.mean(values)) ** 2))
        return found

    def quantiles(self, values: Floats, shares: tuple[float, ...]) -> Floats:
        """Of one number a draw."""
        order = np.argsort(values)
        weights = self.weights[order]
        found: Floats = np.interp(shares, np.cumsum(weights) - weights / 2, values[order])
        return found

    def share(self, true: Floats) -> float:
        """The probability of what holds for some of the draws; one number from 0 to 1 a draw."""
        return float(self.weights @ true)


def posterior(objective: Objective, mode: Fit, draws: int, seed: int) -> Posterior:
    """Draws around the mode. Raises NotSolved where not even the mode can be predicted."""
    generator = np.random.default_rng(seed)
    found = _weighed(objective, _Around(mode, objective.omega), draws, generator)
    if found.effective < max(_POOR * draws, 20 * objective.size):
        return _chains(objective, found, draws, generator)
    return found


class _Around:
    """Normals around the mode, narrow and wide, and now and then the prior."""

    def __init__(self, mode: Fit, omega: Floats) -> None:
        covariance = mode.covariance
        self.parts = [
            (share, centre, np.linalg.cholesky(spread))
            for share, centre, spread in (
                (_NARROW, mode.eta, _WIDER * covariance),
                (_WIDE, mode.eta, _WIDEST * covariance),
                (1 - _NARROW - _WIDE, np.zeros(len(mode.eta)), omega),
            )
        ]

    def draw(self, count: int, generator: np.random.Generator) -> Floats:
        bounds = [0, round(count * _NARROW), round(count * (_NARROW + _WIDE)), count]
        return np.concatenate(
            [
                centre + _normals(end - start, len(centre), generator) @ root.T
                for (_, centre, root), start, end in zip(self.parts, bounds[:-1], bounds[1:], strict=True)
            ]
        )

    def log_density(self, etas: Floats) -> Floats:
        found: Floats = np.logaddexp.reduce(
            [math.log(share) + _log_normal(etas - centre, root) for share, centre, root in self.parts]
        )
        return found


def _normals(count: int, size: int, generator: np.random.Generator) -> Floats:
    """Normal deviates spread as evenly as they can be, from a start of the generator's choice."""
    even = size + size % 2
    shares = 1 - spread_evenly(count, even, generator.random(even))
    radius, angle = np.sqrt(-2 * np.log(shares[:, ::2])), 2 * np.pi * shares[:, 1::2]
    # Box and Muller, Ann Math Stat 1958;29:610-611.
    deviates: Floats = np.concatenate([radius * np.cos(angle), radius * np.sin(angle)], 1)
    return deviates[:, :size]


def _log_normal(apart: Floats, root: Floats) -> Floats:
    squares = (np.linalg.solve(root, apart.T) ** 2).sum(0)
    found: Floats = -(squares + len(root) * math.log(2 * math.pi)) / 2 - np.log(np.diag(root)).sum()
    return found


def _weighed(objective: Objective, around: _Around, draws: int, generator: np.random.Generator) -> Posterior:
    etas = around.draw(draws, generator)
    proposed = around.log_density(etas)
    logs = -objective.roughly(etas) / 2 - proposed
    weights = np.exp(logs - logs.max())
    weights /= weights.sum()
    return Posterior(etas, weights, float(1 / (weights**2).sum()), "importance sampling")


def _chains(objective: Objective, start: Posterior, draws: int, generator: np.random.Generator) -> Posterior:
    """Differential evolution: chains move along differences between each other."""
    size = objective.size
    chains = max(_CHAINS, 4 * size)
    here = start.etas[generator.choice(len(start.etas), chains, p=start.weights)]
    here = here + 1e-3 * np.sqrt(np.diag(objective.omega)) * generator.standard_normal(here.shape)
    values = objective.roughly(here)
    length = 2.38 / np.sqrt(2 * size)
    kept = []
    rounds = max(draws // chains, 1)
    for turn in range(_WARM_UP + rounds):
        others = np.array([generator.choice(chains - 1, 2, replace=False) for _ in range(chains)])
        others += others >= np.arange(chains)[:, None]
        reach = 1.0 if turn % 10 == 9 else length
        tried = here + reach * (here[others[:, 0]] - here[others[:, 1]])
        tried = tried + 1e-4 * np.sqrt(np.diag(objective.omega)) * generator.standard_normal(here.shape)
        proposed = objective.roughly(tried)
        taken = np.log(generator.random(chains)) < (values - proposed) / 2
        here = np.where(taken[:, None], tried, here)
        values = np.where(taken, proposed, values)
        if turn >= _WARM_UP:
            kept.append(here)
    walked = np.array(kept)
    # Between chains against within them: chains that agree have walked long enough (Gelman and Rubin 1992).
    between, within = walked.mean(0).var(0, ddof=1), walked.var(0, ddof=1).mean(0) if rounds > 1 else 1.0
    effective = float(np.min(chains * np.clip(within / np.maximum(rounds * between, 1e-300), 0, 1) * rounds))
    return Posterior(
        walked.reshape(-1, size), np.full(rounds * chains, 1 / (rounds * chains)), effective, "chains"
    )
