"""What if doses were missed, late or doubled: the course that would have followed beside the one as taken."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from calc.population.course import Person
from calc.population.exposure import Bands, bands
from calc.population.expressions import Floats
from calc.population.forecast import Forecast
from calc.population.history import Dose, expanded
from calc.population.linear import SAME_TIME
from calc.population.model import PopulationModel
from calc.population.posterior import Posterior
from calc.population.regimen import DosingError, positive


@dataclass(frozen=True, slots=True)
class Lapse:
    """One dose that was not taken as it should have been. Raises DosingError."""

    time: float
    """When it was due."""
    kind: Literal["missed", "late", "doubled"]
    by: float = 0.0
    """How late."""

    def __post_init__(self) -> None:
        positive("by", self.by, zero=True)
        if (self.kind == "late") != (self.by > 0):
            raise DosingError(f"`by` is {self.by:g} for a {self.kind} dose: above zero for a late one only")


@dataclass(frozen=True, slots=True)
class WhatIf:
    """Two courses at the same times."""

    taken: Bands
    """With all doses as the history has them."""
    lapsed: Bands
    """With the lapses."""
    below: Floats
    """At each time the probability that the lapse brings the concentration below `limit`, from above it."""


def with_lapses(doses: Sequence[Dose], lapses: Sequence[Lapse]) -> tuple[Dose, ...]:
    """The doses as the lapses leave them, in order of time.

    Raises DosingError where no dose is due at the time of a lapse, or two lapses concern one dose.
    """
    single = list(expanded(doses))
    touched: set[int] = set()
    for lapse in lapses:
        due = [index for index, dose in enumerate(single) if abs(dose.time - lapse.time) <= SAME_TIME]
        if not due:
            raise DosingError(f"no dose is due at {lapse.time:g}: a lapse names the time of one of the doses")
        if touched & set(due):
            raise DosingError(f"the dose at {lapse.time:g} is named by two lapses: name it once")
        for index in due:
            if math.isinf(single[index].count):
                raise DosingError(f"the dose at {lapse.time:g} ends an endless row: write the last doses out")
            touched.add(index)
            single[index] = _lapsed(single[index], lapse)
    return tuple(sorted((dose for dose in single if dose.amount or dose.resets), key=lambda dose: dose.time))


def _lapsed(dose: Dose, lapse: Lapse) -> Dose:
    match lapse.kind:
        case "missed":
            return replace(dose, amount=0.0)
        case "late":
            return replace(dose, time=dose.time + lapse.by)
        case _:
            return replace(dose, amount=2 * dose.amount)


def what_if(
    model: PopulationModel,
    person: Person,
    draws: Posterior,
    lapses: Sequence[Lapse],
    times: Sequence[float] | Floats,
    *,
    limit: float = 0.0,
    output: str = "observed",
) -> WhatIf:
    """The course of a person with lapses in the doses of the history, future ones of a plan included.

    The etas stay: what the levels said about the person was said with the history as it is. Raises
    DosingError.
    """
    clock = np.asarray(times, float)
    lapsed = Person(person.covariates, with_lapses(person.doses, lapses), person.holds)
    taken = Forecast(model, person, draws.etas, output).course(None, clock)
    missed = Forecast(model, lapsed, draws.etas, output).course(None, clock)
    fallen = draws.mean(((taken >= limit) & (missed < limit)).astype(float))
    return WhatIf(bands(draws, clock, taken), bands(draws, clock, missed), fallen)
