"""What one person got and what was measured, on one clock that starts where its author chose.

Doses of one size at one interval are kept as one entry, however many they are: what they add up to has a
closed form, and so has an endless row of them, the steady state.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

_SAME_TIME: Final = 1e-10
"""Intervals that differ by less are the same."""
_AT_ONCE: Final = 1e-6
"""Doses no farther apart than this make no row."""

Route: TypeAlias = Literal["iv", "oral"]
"""Into the central compartment, or into the depot: oral stands for every way that needs absorption."""


class HistoryError(ValueError):
    """What is told of a person cannot be used: says which dose, level or covariate, and why."""


class MissingCovariate(HistoryError, KeyError):
    """A covariate that the model reads and cannot assume."""

    def __str__(self) -> str:
        return f"the covariate {self.args[0]} is missing: the model needs it, give a value or its records"


@dataclass(frozen=True, slots=True)
class Dose:
    """A dose, or a row of equal ones; time and duration in the model's unit of time. Raises HistoryError."""

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

    def __post_init__(self) -> None:
        for name in ("time", "amount", "duration", "interval"):
            _check("dose", name, self.time, getattr(self, name), from_zero=name != "time")
        whole = self.count >= 1 and (self.count == math.inf or self.count % 1 == 0)
        if not whole or (self.count > 1 and not self.interval > 0):
            raise HistoryError(
                f"the dose at {self.time:g} is given {self.count:g} times every {self.interval:g}: "
                "it needs a whole count of 1 or more, and above 1 an interval above 0"
            )

    @property
    def last(self) -> float:
        """The time of the last dose."""
        return self.time if math.isinf(self.count) else self.time + (self.count - 1) * self.interval


@dataclass(frozen=True, slots=True)
class Level:
    """A measured concentration; at the very time of a dose it was taken before it. Raises HistoryError."""

    time: float
    value: float
    """In the model's unit; below a limit of quantification, the limit itself."""
    below: bool = False
    """Reported as less than `value`."""
    output: str = "observed"
    """Which output of the model was measured."""

    def __post_init__(self) -> None:
        _check("level", "time", self.time, self.time, from_zero=False)
        _check("level", "value", self.time, self.value, from_zero=True)


def _check(what: str, name: str, time: float, value: float, *, from_zero: bool) -> None:
    if not math.isfinite(value) or (from_zero and value < 0):
        allowed = "a number from 0 up" if from_zero else "a finite number"
        raise HistoryError(f"the {name} of the {what} at {time:g} is {value:g}: it has to be {allowed}")


def compact(doses: Sequence[Dose]) -> tuple[Dose, ...]:
    """The same doses, equal ones at an equal distance as one entry, none across a reset."""
    rows: list[Dose] = []
    latest: dict[tuple[float, float, Route], int] = {}
    for dose in sorted(doses, key=lambda dose: dose.time):
        kind = (dose.amount, dose.duration, dose.route)
        if dose.resets:
            latest.clear()
        index = latest.get(kind)
        if index is not None and (joined := _joined(rows[index], dose)):
            rows[index] = joined
        else:
            latest[kind] = len(rows)
            rows.append(dose)
    return tuple(rows)


def _joined(row: Dose, dose: Dose) -> Dose | None:
    """A row of doses and one more of its kind as one row, where the distance is right."""
    if dose.count != 1 or math.isinf(row.count):
        return None
    interval = row.interval if row.count > 1 else dose.time - row.time
    if interval <= _AT_ONCE or abs(row.last + interval - dose.time) > _SAME_TIME:
        return None
    return replace(row, interval=interval, count=row.count + 1)


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
