"""What could explain levels that do not fit: the mistakes that happen between a dose and its level.

Each mistake is undone, everything fitted again, and the objective compared. A hint for whoever asks the ward,
never a correction: a mistake that would explain the levels need not have happened.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Final, Literal, TypeAlias

import numpy as np

from calc.population.course import Course
from calc.population.diagnostics import BEYOND_BELIEF, Surprise, distances
from calc.population.expressions import Floats
from calc.population.fit import Fit, NotConverged
from calc.population.history import Dose, Level, expanded
from calc.population.linear import SAME_TIME
from calc.population.nearby import Near, nearby
from calc.population.objective import Objective

Mistake: TypeAlias = Literal[
    "wrong time",
    "taken before the dose",
    "taken after the dose",
    "exchanged levels",
    "missed dose",
    "double dose",
    "infusion line",
]
LEAST: Final = 3.84
"""A mistake that improves the objective by less explains nothing: chance does as much once in twenty."""
_SHIFTS: Final = (-2.0, -1.5, -1.0, -0.5, 0.5, 1.0, 1.5, 2.0)
_NEAR: Final = 2.0
_AFTER_INFUSION: Final = 0.5
"""In hours."""
_LAST_DOSES: Final = 3
_OTHER_AMOUNTS: Final[tuple[tuple[Mistake, float], ...]] = (("missed dose", 0.0), ("double dose", 2.0))


@dataclass(frozen=True, slots=True)
class Explanation:
    """A mistake that would make the levels more probable."""

    mistake: Mistake
    levels: tuple[Level, ...]
    """Those that it concerns, as they were reported."""
    dose: Dose | None
    """The one that it concerns."""
    shift: float
    """For a wrong time: by how much later the level would have been taken, in the model's unit of time."""
    improvement: float
    """Of the objective."""
    together: Surprise
    """All levels against the prior, were the mistake undone."""


def explanations(objective: Objective, mode: Fit) -> tuple[Explanation, ...]:
    """Mistakes that improve the objective by LEAST or more, the best first.

    Empty where none does, or none enough to make the levels believable: they may be another patient's.
    Each level is moved by up to two hours, or to the other side of a dose near it, or exchanged with another;
    each of the last three doses is left out or doubled; a level that may come from the line of a running
    infusion is not counted.
    """
    hour = 1.0 if objective.model.time_unit == "h" else 1 / 24
    found: dict[tuple[object, ...], Explanation] = {}
    for tried in _undone(objective, mode.eta, hour):
        try:
            fitted = nearby(tried.objective, mode.eta)
        except NotConverged:
            continue
        value = fitted.objective
        if tried.mistake == "infusion line":
            value += _as_predicted(objective, tried, fitted)
        better = Explanation(
            tried.mistake,
            tried.levels,
            tried.dose,
            tried.shift,
            mode.objective - value,
            Surprise(sum(distances(tried.objective, fitted.eta)), len(tried.objective.levels)),
        )
        key = (better.mistake, better.levels, better.dose)
        explains = better.improvement >= LEAST and better.together.chance >= BEYOND_BELIEF
        if explains and (key not in found or better.improvement > found[key].improvement):
            found[key] = better
    return tuple(sorted(found.values(), key=lambda each: -each.improvement))


@dataclass(frozen=True, slots=True)
class _Tried:
    mistake: Mistake
    objective: Objective
    levels: tuple[Level, ...] = ()
    dose: Dose | None = None
    shift: float = 0.0


def _undone(objective: Objective, eta: Floats, hour: float) -> Iterator[_Tried]:
    model, person, levels = objective.model, objective.person, objective.levels
    doses = expanded(person.doses)

    first = min((-math.inf if math.isinf(dose.count) else dose.time for dose in doses), default=math.inf)

    def instead(index: int, *others: Level) -> Objective:
        return Objective(model, person, (*levels[:index], *others, *levels[index + 1 :]))

    for index, level in enumerate(levels):
        shifts = [shift * hour for shift in _SHIFTS if level.time + shift * hour > first + SAME_TIME]
        shift = _best_shift(instead(index), level, eta, shifts)
        if shift:
            moved = replace(level, time=level.time + shift)
            yield _Tried("wrong time", instead(index, moved), (level,), None, shift)
        for dose in doses:
            since = level.time - dose.time
            if SAME_TIME < since <= _NEAR * hour and dose.time > first + SAME_TIME:
                before = instead(index, replace(level, time=dose.time))
                yield _Tried("taken before the dose", before, (level,), dose)
            if -_NEAR * hour <= since <= SAME_TIME:
                end = dose.time + dose.duration + _AFTER_INFUSION * hour
                yield _Tried("taken after the dose", instead(index, replace(level, time=end)), (level,), dose)
            running = 0 < since <= dose.duration + _AFTER_INFUSION * hour
            if running and dose.duration and dose.route == "iv" and not level.below:
                yield _Tried("infusion line", instead(index), (level,), dose)
    for first, second in combinations(range(len(levels)), 2):
        a, b = levels[first], levels[second]
        if a.output == b.output:
            mixed = list(levels)
            mixed[first], mixed[second] = replace(b, time=a.time), replace(a, time=b.time)
            yield _Tried("exchanged levels", Objective(model, person, mixed), (a, b))
    yield from _other_doses(objective, doses)


def _best_shift(others: Objective, level: Level, eta: Floats, shifts: Sequence[float]) -> float:
    """When the level would fit best to what the others say; 0 where that is when it was taken."""
    tried = [0.0, *shifts]
    likely = nearby(others, eta).eta
    times = [level.time + shift for shift in tried]
    course = Course(others.model, others.person, times, [level.output] * len(times))
    residual = others.model.residuals[course.outputs[0]]
    below = np.full(len(times), level.below)
    misfits = residual.misfit(course(likely[None]), np.full(len(times), level.value), below)[0]
    return tried[int(np.argmin(np.where(np.isfinite(misfits), misfits, np.inf)))]


def _other_doses(objective: Objective, doses: Sequence[Dose]) -> Iterator[_Tried]:
    last = max((level.time for level in objective.levels), default=-math.inf)
    single = [index for index, dose in enumerate(doses) if dose.time < last and not math.isinf(dose.count)]
    for index in single[-_LAST_DOSES:]:
        for mistake, times in _OTHER_AMOUNTS:
            given = replace(doses[index], amount=times * doses[index].amount)
            person = replace(objective.person, doses=(*doses[:index], given, *doses[index + 1 :]))
            yield _Tried(mistake, Objective(objective.model, person, objective.levels), (), doses[index])


def _as_predicted(objective: Objective, tried: _Tried, fitted: Near) -> float:
    """What the level left out would add to the objective, had it been as predicted."""
    (level,) = tried.levels
    alone = Objective(objective.model, objective.person, (level,))
    predicted = float(alone.course(fitted.eta[None])[0, 0])
    if level.value <= predicted:
        return math.inf  # The line of an infusion makes levels too high, never too low.
    exact = Objective(objective.model, objective.person, (replace(level, value=predicted),))
    return float((exact.values(fitted.eta[None]) - exact.prior(fitted.eta[None]))[0])
