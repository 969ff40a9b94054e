"""Predict, measure, update: what each further level changed.

Always from all the data so far, never from the last mode: an estimate that starts from an estimate would
count the earlier levels twice, and keep the errors of the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from calc.population.course import Course, Person
from calc.population.fit import Fit, minimum
from calc.population.history import Level
from calc.population.model import PopulationModel
from calc.population.objective import Objective
from calc.population.posterior import posterior


@dataclass(frozen=True, slots=True)
class Update:
    """What was known after some of the levels."""

    levels: tuple[Level, ...]
    mode: Fit
    time: float
    """Of the prediction."""
    low: float
    median: float
    high: float
    """Of the concentration at that time, in the model's unit; errors of measurement are not in it."""


def updates(
    model: PopulationModel,
    person: Person,
    levels: Sequence[Level],
    times: Sequence[float],
    draws: int,
    seed: int,
    *,
    share: float = 0.9,
    output: str = "observed",
) -> tuple[Update, ...]:
    """One update before any level, and one after each: prediction k knows the first k levels.

    `times` are those of the predictions, one more than there are levels, each not before the levels known to
    it. The interval holds `share` of the posterior. Raises ValueError, NotConverged, NotSolved.
    """
    ordered = tuple(sorted(levels, key=lambda level: level.time))
    if len(times) != len(ordered) + 1:
        raise ValueError(
            f"{len(ordered)} levels make {len(ordered) + 1} predictions, but {len(times)} times came"
        )
    found = []
    for count, time in enumerate(times):
        if count and ordered[count - 1].time > time:
            raise ValueError(
                f"prediction {count} at {time:g} knows a level at {ordered[count - 1].time:g}: "
                "it has to come after the level"
            )
        objective = Objective(model, person, ordered[:count])
        mode = minimum(objective)
        drawn = posterior(objective, mode, draws, seed)
        predicted = Course(model, person, [time], [output])(drawn.etas)[:, 0]
        low, median, high = drawn.quantiles(predicted, ((1 - share) / 2, 0.5, (1 + share) / 2))
        found.append(Update(ordered[:count], mode, time, float(low), float(median), float(high)))
    return tuple(found)
