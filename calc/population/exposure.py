"""What is asked of a course: one number of it, and what the draws of a person make of the number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np

from calc.population.expressions import Floats
from calc.population.posterior import Posterior
from calc.population.regimen import DosingError, positive

Kind: TypeAlias = Literal[
    "trough",
    "peak",
    "average",
    "AUC24",
    "concentration",
    "time above",
    "trough occupancy",
    "peak occupancy",
]
_WITH: Final = {
    "time above": "above",
    "concentration": "at",
    "trough occupancy": "half",
    "peak occupancy": "half",
}
_SHARES: Final = (0.05, 0.5, 0.95)


@dataclass(frozen=True, slots=True)
class Measure:
    """One number of a course. Raises DosingError where it is not complete."""

    kind: Kind
    """`trough`: right before the next dose; `peak`: the highest; `average` and `AUC24`: the mean
    concentration, and that times a day, in the unit of concentration times the model's unit of time; `time
    above`: share of the time, from 0 to 1; occupancy of a receptor, from 0 to 1: C / (C + half)."""
    after: float | None = None
    """None: at steady state. Otherwise the first whole intervals that start so long after the regimen's
    start and fill a day, with what was given before."""
    above: float | None = None
    """For `time above`: a concentration; a target with an MIC brings its own."""
    at: float | None = None
    """For `concentration`: how long after the start of the last dose."""
    half: float | None = None
    """For occupancy: the concentration at which half of the receptors are taken (Kd)."""
    unbound: float = 1.0
    """The share of the drug that counts; 1 counts all of it."""

    def __post_init__(self) -> None:
        if not 0 < self.unbound <= 1:
            raise DosingError(f"`unbound` is {self.unbound:g}: a share above 0, at most 1")
        if self.after is not None:
            positive("after", self.after, zero=True)
        for name in ("above", "at", "half"):
            value, wanted = getattr(self, name), _WITH.get(self.kind) == name
            if value is None and wanted and name != "above":
                raise DosingError(f"`{name}` is missing: a {self.kind} needs it")
            if value is not None and not wanted:
                raise DosingError(f"`{name}` is given, but means nothing for a {self.kind}: leave it out")
            if value is not None:
                positive(name, value, zero=name == "at")


@dataclass(frozen=True, slots=True)
class Figure:
    """One number with the middle 90 % of the draws."""

    low: float
    median: float
    high: float
    mean: float


@dataclass(frozen=True, slots=True)
class Figures:
    """What a regimen comes to, in the model's units."""

    trough: Figure
    peak: Figure
    auc24: Figure


@dataclass(frozen=True, slots=True)
class Bands:
    """A course with the middle 90 % of the draws; one number a time."""

    times: Floats
    low: Floats
    median: Floats
    high: Floats


def figure(draws: Posterior, values: Floats) -> Figure:
    """Of one number a draw."""
    low, median, high = (float(value) for value in draws.quantiles(values, _SHARES))
    return Figure(low, median, high, float(draws.mean(values)))


def bands(draws: Posterior, times: Sequence[float] | Floats, values: Floats) -> Bands:
    """Of draws x times."""
    found = np.array([draws.quantiles(column, _SHARES) for column in values.T]).reshape(-1, 3)
    return Bands(np.asarray(times, float), *found.T)
