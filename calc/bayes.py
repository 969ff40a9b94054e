"""What measured levels say about one person: a prior of the population, updated by the levels.

A person's clearance and volume are those of the population times exp(eta), with eta normal around zero.
A level is what the model predicts times exp(error), with the error normal too. The prior is never replaced
by its most probable value: means, spreads and limits are integrals over eta.

Keizer et al., CPT Pharmacometrics Syst Pharmacol 2018;7:785-787, PMID 29845746 (the approach in the clinic);
Sheiner and Beal, J Pharm Sci 1982;71:1344-1348, PMID 7153881 (Bayesian individualisation).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers: TypeAlias = NDArray[np.float64]

Z95: Final = 1.959963984540054
"""The normal deviate with 95 % of the distribution between it and its opposite."""

_NEGLIGIBLE: Final = 100.0
"""A density exp(-50) of the highest adds nothing to an integral."""
_COARSE: Final = 65
_FINEST_TIMES: Final = 128
_FARTHEST: Final = 60.0
"""Of kappa: a rate of elimination exp(60) times the usual is nobody's."""


@dataclass(frozen=True, slots=True)
class Shrinkage:
    """A log-normal prior after some levels with log-normal error."""

    weight: Fraction
    """On the data; the rest is on the prior, and is the shrinkage."""
    median: float
    deviation: float
    """Of the logarithm."""
    interval: tuple[float, float]
    """95 %."""


def shrunk(median: Fraction, omega: Fraction, sigma: Fraction, count: int, mean_log: Fraction) -> Shrinkage:
    """A prior median with deviation `omega` of its logarithm, after `count` levels with error `sigma`.

    `mean_log` is the mean of the logarithms of the levels. The weight is omega^2 / (omega^2 + sigma^2 / n):
    Gelman et al., Bayesian Data Analysis, 3rd ed. 2013, section 2.5, ISBN 978-1-4398-4095-5. Raises
    ValueError where both prior and data are without spread.
    """
    information = count * omega**2
    if information + sigma**2 == 0:
        raise ValueError("prior and data are both certain")
    weight = information / (information + sigma**2)
    centre = float(1 - weight) * math.log(median) + float(weight * mean_log)
    deviation = float(omega) * math.sqrt(1 - weight)
    low, high = (math.exp(centre + sign * Z95 * deviation) for sign in (-1, 1))
    return Shrinkage(weight, math.exp(centre), deviation, (low, high))


@dataclass(frozen=True, slots=True)
class Population:
    """One compartment: medians of clearance (L/h) and volume (L), deviations of the three logarithms."""

    clearance: float
    volume: float
    omega_clearance: float
    omega_volume: float
    sigma: float
    """Of the error of a level."""


@dataclass(frozen=True, slots=True)
class Individual:
    """What the levels say about one person."""

    predicted: tuple[float, ...]
    """mg/L at the times of the levels, for the median of the population."""
    map_clearance: float
    """L/h, where the density over both etas is highest."""
    map_volume: float
    """L"""
    mean_clearance: float
    """L/h"""
    interval_clearance: tuple[float, float]
    """L/h; 5 % of the distribution lie below it, 5 % above it."""
    deviation: float
    """Of the eta of clearance."""


def individual(
    population: Population, doses: Sequence[tuple[float, float]], levels: Sequence[tuple[float, float]]
) -> Individual:
    """The person from boluses (h, mg) and levels (h, mg/L), each in any order.

    A dose counts from its own time on: a level at the very time of a dose is one after it. Raises ValueError
    for a level that is not above zero, or with no dose before it or at its time.
    """
    import numpy as np

    posterior = _Posterior(population, doses, levels)
    best, grid = posterior.mode()
    lowest, _, _, eta = posterior.along(grid)
    weights = np.exp((lowest.min() - lowest) / 2)
    weights /= weights.sum()
    # Around each point of the grid the eta of clearance is normal, everywhere with the same spread.
    spread = posterior.spread
    centre = float(weights @ eta)
    deviation = math.sqrt(spread**2 + float(weights @ (eta - centre) ** 2))
    low, high = (_quantile(share, weights, eta, spread, centre, deviation) for share in (0.05, 0.95))
    _, _, best_volume, best_clearance = posterior.along(np.array([best]))
    return Individual(
        tuple(np.exp(posterior.predicted(np.zeros(1))[0][0]).tolist()),
        population.clearance * math.exp(best_clearance[0]),
        population.volume * math.exp(best_volume[0]),
        population.clearance * math.exp(spread**2 / 2) * float(weights @ np.exp(eta)),
        (population.clearance * math.exp(low), population.clearance * math.exp(high)),
        deviation,
    )


class _Posterior:
    """The density over both etas, along one line: kappa, the log of CL / V against the population.

    With kappa given, the log of a level is a constant minus the eta of volume. So that eta is normal, with
    the same spread for every kappa, and is integrated exactly; only kappa needs a grid.
    """

    def __init__(
        self,
        population: Population,
        doses: Sequence[tuple[float, float]],
        levels: Sequence[tuple[float, float]],
    ) -> None:
        import numpy as np

        if any(level <= 0 for _, level in levels):
            raise ValueError("levels are above zero")
        first = min((time for time, _ in doses), default=math.inf)
        early = [time for time, _ in levels if time < first]
        if early:
            raise ValueError(f"the level at {early[0]:g} h has no dose before it")
        self.population = population
        self.log_levels = np.log([level for _, level in levels])
        # For each level: the hours since every dose up to it, and the log of what that dose comes to.
        self.given = [
            np.array(
                [(at - time, math.log(dose / population.volume)) for time, dose in doses if time <= at]
            ).T
            for at, _ in levels
        ]
        self.for_clearance = population.omega_clearance**-2
        self.for_levels = population.sigma**-2
        self.precision = len(levels) * self.for_levels + self.for_clearance + population.omega_volume**-2
        self.spread = self.precision**-0.5

    def predicted(self, kappa: Numbers) -> tuple[Numbers, Numbers]:
        """The log of each level at the volume of the population, and how it falls with kappa."""
        import numpy as np

        constant = self.population.clearance / self.population.volume * np.exp(kappa)
        logs, falls = np.empty((2, kappa.size, len(self.given)))
        for column, (since, log_amounts) in enumerate(self.given):
            parts = log_amounts - constant[:, None] * since
            highest = parts.max(axis=1)
            shares = np.exp(parts - highest[:, None])
            total = shares.sum(axis=1)
            logs[:, column] = highest + np.log(total)
            falls[:, column] = shares @ since / total * constant
        return logs, falls

    def along(self, kappa: Numbers) -> tuple[Numbers, Numbers, Numbers, Numbers]:
        """Least of -2 log density over the eta of volume, half its slope, and both etas there."""
        logs, falls = self.predicted(kappa)
        excess = self.log_levels - logs
        volume = -(excess.sum(axis=1) * self.for_levels + kappa * self.for_clearance) / self.precision
        clearance = kappa + volume
        errors = excess + volume[:, None]
        least = (
            (errors**2).sum(axis=1) * self.for_levels
            + clearance**2 * self.for_clearance
            + volume**2 / self.population.omega_volume**2
        )
        slope = (errors * falls).sum(axis=1) * self.for_levels + clearance * self.for_clearance
        return least, slope, volume, clearance

    def mode(self) -> tuple[float, Numbers]:
        """The kappa of the highest density, and a grid that holds all of the density and is fine enough."""
        import numpy as np

        # The prior alone is kappa^2 / prior, so nothing that counts is farther out than this.
        prior = self.population.omega_clearance**2 + self.population.omega_volume**2
        at_zero = self.along(np.zeros(1))[0][0]
        edge = min(math.sqrt(prior * (at_zero + _NEGLIGIBLE)), _FARTHEST)
        grid = np.linspace(-edge, edge, _COARSE)
        while True:
            least, _, _, eta = self.along(grid)
            if edge == _FARTHEST and least.argmin() in (0, _COARSE - 1):
                raise ValueError("no clearance and volume come near these levels")
            kept = np.flatnonzero(least < least.min() + _NEGLIGIBLE)
            first, last = max(kept[0] - 1, 0), min(kept[-1] + 1, _COARSE - 1)
            if last - first > 2 * _COARSE // 3:
                break
            grid = np.linspace(grid[first], grid[last], _COARSE)
        best = self._zero_of_slope(grid, int(least.argmin()))
        # The normals around neighbouring points must overlap, or their sum has steps.
        steps = np.abs(np.diff(eta[least < least.min() + _NEGLIGIBLE / 2])).max(initial=self.spread)
        times = min(math.ceil(float(steps) / self.spread), _FINEST_TIMES)
        return best, np.linspace(grid[0], grid[-1], times * (_COARSE - 1) + 1)

    def _zero_of_slope(self, grid: Numbers, lowest: int) -> float:
        import numpy as np

        low, high = grid[max(lowest - 1, 0)], grid[min(lowest + 1, _COARSE - 1)]
        for _ in range(4):
            inside = np.linspace(low, high, 33)
            slope = self.along(inside)[1]
            rising = int(np.searchsorted(slope > 0, True))
            after = min(max(rising, 1), 32)
            low, high = inside[after - 1], inside[after]
        before, behind = slope[after - 1], slope[after]
        return float(low - before * (high - low) / (behind - before)) if behind > before else float(low)


def _quantile(
    share: float, weights: Numbers, centres: Numbers, spread: float, centre: float, deviation: float
) -> float:
    """Where a mixture of normals of one spread holds a share below: Newton's method, kept in a bracket."""
    import numpy as np

    order = np.argsort(centres)
    at = float(np.interp(share, np.cumsum(weights[order]) - weights[order] / 2, centres[order]))
    low, high = centre - 20 * deviation, centre + 20 * deviation
    for _ in range(60):
        deviates = (at - centres) / spread
        below = float(weights @ _normal(deviates))
        density = float(weights @ np.exp(-(deviates**2) / 2)) / (spread * math.sqrt(2 * math.pi))
        low, high = (at, high) if below < share else (low, at)
        step = (share - below) / density if density > 0 else math.inf
        at = at + step if low < at + step < high else (low + high) / 2
        if abs(step) < 1e-7 * deviation:
            break
    return at


def _normal(deviates: Numbers) -> Numbers:
    """The share of a normal distribution below each deviate, within 1e-7.

    Abramowitz and Stegun, Handbook of Mathematical Functions, 1964, formula 7.1.26.
    """
    import numpy as np

    distance = np.abs(deviates) * 0.5**0.5
    t = 1 / (1 + 0.3275911 * distance)
    series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    tail = series * np.exp(-(distance**2)) / 2
    below: Numbers = np.where(deviates < 0, tail, 1 - tail)
    return below
