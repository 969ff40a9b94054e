"""What one person got and what was measured, on one clock that starts where its author chose.

Doses of one size at one interval are kept as one entry, however many they are: what they add up to has a
closed form, and so has an endless row of them, the steady state.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

Route: TypeAlias = Literal["iv", "oral"]
"""Into the central compartment, or into the depot: oral stands for every way that needs absorption."""


@dataclass(frozen=True, slots=True)
class Dose:
    """A dose, or a row of equal ones; time and duration in the model's unit of time."""

    time: float
    amount: float
    duration: float = 0.0
    """Of an infusion at a constant rate; 0 is a bolus. A model with a duration of its own overrides it."""
    route: Route = "iv"
    interval: float = 0.0
    """From one dose to the next, where `count` is above 1."""
    count: float = 1.0
    """How many, the first included; infinite where `time` is the last of an endless row before it."""
    resets: bool = False
    """Whatever was in the body before is gone (evid 4 of NONMEM)."""

    @property
    def last(self) -> float:
        """The time of the last dose."""
        return self.time if math.isinf(self.count) else self.time + (self.count - 1) * self.interval


@dataclass(frozen=True, slots=True)
class Level:
    """A measured concentration; a level at the very time of a dose was taken before it."""

    time: float
    value: float
    """In the model's unit; below a limit of quantification, the limit itself."""
    below: bool = False
    """Reported as less than `value`."""
    output: str = "observed"
    """Which output of the model was measured."""


def compact(doses: Sequence[Dose]) -> tuple[Dose, ...]:
    """The same doses in order of time, equal ones at an equal distance as one entry."""
    rows: list[Dose] = []
    for dose in sorted(doses, key=lambda dose: dose.time):
        if rows and (joined := _joined(rows[-1], dose)):
            rows[-1] = joined
        else:
            rows.append(dose)
    return tuple(rows)


def _joined(row: Dose, dose: Dose) -> Dose | None:
    same = replace(row, time=0, interval=0, count=1) == replace(dose, time=0)
    if not same or dose.count != 1 or dose.resets or math.isinf(row.count):
        return None
    interval = dose.time - row.last
    if interval <= 0 or (row.count > 1 and not math.isclose(interval, row.interval, rel_tol=1e-12)):
        return None
    return replace(row, interval=row.interval or interval, count=row.count + 1)


def expanded(doses: Sequence[Dose]) -> tuple[Dose, ...]:
    """The same doses, each one for itself. An endless row stays one."""
    single: list[Dose] = []
    for row in doses:
        if math.isinf(row.count) or row.count == 1:
            single.append(row)
        else:
            single.extend(
                replace(
                    row, time=row.time + k * row.interval, interval=0, count=1, resets=row.resets and k == 0
                )
                for k in range(int(row.count))
            )
    return tuple(sorted(single, key=lambda dose: dose.time))
