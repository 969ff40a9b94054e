"""What a regimen is to reach, and how probably it does.

The probability of attainment is the weight of the draws whose measure lies in the target; where the MIC is
a distribution, averaged over it (cumulative fraction of response; Mouton et al., J Antimicrob Chemother
2005;55:601-607, DOI 10.1093/jac/dki079).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from calc.population.exposure import Measure
from calc.population.expressions import Floats
from calc.population.forecast import Forecast
from calc.population.posterior import Posterior
from calc.population.regimen import DosingError, Regimen, positive


@dataclass(frozen=True, slots=True)
class Target:
    """A measure between two limits, both included; one may be left open. Raises DosingError."""

    measure: Measure
    low: float | None = None
    high: float | None = None
    mic: float | Mapping[float, float] | None = None
    """Minimum inhibitory concentration, or how often each is found, adding up to 1; in the unit of the
    concentration. Limits are of the measure against the MIC then: AUC24/MIC, peak/MIC, time above the MIC."""

    def __post_init__(self) -> None:
        kind = self.measure.kind
        limits = [limit for limit in (self.low, self.high) if limit is not None]
        if not limits or not all(math.isfinite(limit) and limit >= 0 for limit in limits):
            raise DosingError("`low` and `high`: at least one limit, finite and not below zero")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise DosingError(f"`low` is {self.low:g}, above `high`, {self.high:g}: no value lies between")
        if kind == "time above" or "occupancy" in kind:
            if max(limits) > 1:
                raise DosingError(f"a limit of {max(limits):g} for a {kind}: it is a share from 0 to 1")
            if kind != "time above" and self.mic is not None:
                raise DosingError(f"`mic` is given, but means nothing for a {kind}: leave it out")
        if kind == "time above" and (self.measure.above is None) == (self.mic is None):
            raise DosingError("a time above needs either the measure's `above` or the target's `mic`")
        for mic, share in self.mics:
            positive("mic", mic)
            positive("mic share", share, zero=True)
        if abs(sum(share for _, share in self.mics) - 1) > 1e-6:
            raise DosingError("the shares of `mic` have to add up to 1")

    @property
    def mics(self) -> tuple[tuple[float, float], ...]:
        """MICs and their shares; 1 where there is none."""
        if isinstance(self.mic, Mapping):
            return tuple(self.mic.items())
        return ((1.0 if self.mic is None else self.mic, 1.0),)

    def attained(self, forecast: Forecast, regimen: Regimen) -> Floats:
        """For each draw 1 or 0, or the share of MICs with which the target is reached."""
        if self.measure.kind == "time above":
            limits = [None] if self.mic is None else [mic for mic, _ in self.mics]
            values = [forecast.of(self.measure, regimen, limit) for limit in limits]
        else:
            value = forecast.of(self.measure, regimen)
            values = [value if self.mic is None else value / mic for mic, _ in self.mics]
        total = np.zeros(len(forecast.etas))
        for value, (_, share) in zip(values, self.mics, strict=True):
            total += share * self._holds(value)
        return total

    def _holds(self, value: Floats) -> Floats:
        found = np.ones(len(value))
        if self.low is not None:
            found *= value >= self.low
        if self.high is not None:
            found *= value <= self.high
        return found


def attainment(target: Target, forecast: Forecast, regimen: Regimen, draws: Posterior) -> float:
    """The probability that the regimen reaches the target."""
    return draws.share(target.attained(forecast, regimen))


def toxicity(limits: Sequence[Target], forecast: Forecast, regimen: Regimen, draws: Posterior) -> float:
    """The probability that at least one of the limits, each the range that harms, is reached."""
    spared = np.ones(len(forecast.etas))
    for limit in limits:
        spared *= 1 - limit.attained(forecast, regimen)
    return draws.share(1 - spared)
