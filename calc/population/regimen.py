"""What can be prescribed: a regimen, and the doses that can really be given.

Times are in the model's unit, doses in its unit of dose.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from calc.population.history import Dose, Route
from calc.population.linear import SAME_TIME

_MOST_DOSES: Final = 2000
"""So many single doses are enough to choose from."""


class DosingError(ValueError):
    """A regimen, target or search that cannot be used: which field, what came, what is allowed."""


def positive(name: str, value: float, *, zero: bool = False) -> None:
    """Raises DosingError unless the number is finite and above zero, or zero where that is allowed."""
    if not (math.isfinite(value) and (value > 0 or (zero and value == 0))):
        allowed = "zero or a finite number above it" if zero else "a finite number above zero"
        raise DosingError(f"`{name}` is {value:g}: it has to be {allowed}")


@dataclass(frozen=True, slots=True)
class Regimen:
    """The same dose again and again, after a loading dose where one is stated. Raises DosingError."""

    dose: float
    interval: float
    """From the start of one dose to the start of the next."""
    duration: float = 0.0
    """Of an infusion at a constant rate, up to the interval (a continuous infusion); 0 is a bolus."""
    route: Route = "iv"
    loading: float | None = None
    """The first dose, where it is another than the following ones."""
    loading_duration: float | None = None
    """Of its infusion; as long as that of the others where nothing is said."""
    start: float = 0.0
    """When the first dose is given, on the clock of the person's history."""

    def __post_init__(self) -> None:
        positive("dose", self.dose)
        positive("interval", self.interval)
        positive("duration", self.duration, zero=True)
        if self.loading is not None:
            positive("loading", self.loading)
        elif self.loading_duration is not None:
            raise DosingError("`loading_duration` is given without `loading`: leave it out, or say the dose")
        if not math.isfinite(self.start):
            raise DosingError(f"`start` is {self.start}: it has to be a time on the clock of the history")
        positive("loading_duration", self.first_duration, zero=True)
        for name, length in (("duration", self.duration), ("loading_duration", self.first_duration)):
            if length > self.interval:
                raise DosingError(
                    f"`{name}` is {length:g}, longer than the interval: at most {self.interval:g}"
                )
        if self.route != "iv" and (self.duration or self.first_duration):
            raise DosingError("`duration` is for infusions: what is absorbed is given without one")

    @property
    def first(self) -> float:
        """The amount of the first dose."""
        return self.dose if self.loading is None else self.loading

    @property
    def first_duration(self) -> float:
        """The length of the first infusion."""
        return self.duration if self.loading_duration is None else self.loading_duration

    def daily(self, day: float) -> float:
        """The maintenance dose of a day; `day` is 24 for a clock in hours, 1 for one in days."""
        return self.dose * day / self.interval

    def doses(self, until: float) -> tuple[Dose, ...]:
        """The doses that start before `until`; none where it is not after the start."""
        if until <= self.start + SAME_TIME:
            return ()
        found = [Dose(self.start, self.first, self.first_duration, self.route)]
        count = math.ceil((until - self.start - SAME_TIME) / self.interval) - 1
        if count > 0:
            second = self.start + self.interval
            row = (self.interval, float(count)) if count > 1 else (0.0, 1.0)
            found.append(Dose(second, self.dose, self.duration, self.route, *row))
        return tuple(found)


def multiples(step: float, most: float, least: float = 0.0) -> tuple[float, ...]:
    """Doses that can be measured off: whole steps from `least` to `most`, both included. DosingError where
    there are too many."""
    positive("step", step)
    positive("most", most)
    if (most - least) / step > _MOST_DOSES:
        raise DosingError(
            f"steps of {step:g} up to {most:g} are more than {_MOST_DOSES} doses: take a larger step"
        )
    # Counted, not added up, and written with 12 digits: 3 * 0.1 is 0.3 on a label.
    last = math.floor(most / step * (1 + 1e-12))
    return tuple(
        amount for k in range(1, last + 1) if (amount := float(f"{k * step:.12g}")) >= least * (1 - 1e-12)
    )


def of_units(strengths: Sequence[float], most_units: int, most: float) -> tuple[float, ...]:
    """Doses of one to `most_units` tablets, vials or pens of these strengths, up to `most`.

    A tablet that may be divided is in the list with its half too. Raises DosingError.
    """
    for strength in strengths:
        positive("strengths", strength)
    if not strengths or most_units < 1:
        raise DosingError("`strengths` and `most_units` have to name at least one unit that can be given")
    found = {0.0}
    for _ in range(most_units):
        found |= {
            amount
            for some in found
            for strength in strengths
            if (amount := float(f"{some + strength:.12g}")) <= most * (1 + 1e-12)
        }
        if len(found) > _MOST_DOSES:
            raise DosingError(f"more than {_MOST_DOSES} doses: allow fewer units at once, or a lower `most`")
    return tuple(sorted(found - {0.0}))


def rounded(
    amount: float, doses: Sequence[float], direction: Literal["nearest", "down", "up"] = "nearest"
) -> float | None:
    """The dose that can be given for a calculated amount; of two that are as near, the lower one.

    None where none lies in that direction, so that nothing beyond the doses at hand is ever answered.
    """
    # As the neighbours of a calculated dose are often equal to it but for the last digit.
    near = abs(amount) * 1e-9
    allowed = [
        dose
        for dose in doses
        if direction == "nearest" or (dose <= amount + near if direction == "down" else dose >= amount - near)
    ]
    return min(allowed, key=lambda dose: (abs(dose - amount), dose), default=None)


@dataclass(frozen=True, slots=True)
class Choices:
    """What a search may choose from. Raises DosingError where a cap is missing or nothing is left."""

    doses: tuple[float, ...]
    """Single doses that can be given; see `multiples` and `of_units`."""
    intervals: tuple[float, ...]
    most: float
    """No dose above it, a loading dose neither unless `most_loading` says otherwise."""
    most_daily: float
    """No maintenance dose that adds up to more in a day."""
    durations: tuple[float, ...] = (0.0,)
    """Lengths of infusion."""
    loadings: tuple[float | None, ...] = (None,)
    """Loading doses; None for a regimen without one."""
    route: Route = "iv"
    most_loading: float | None = None
    most_rate: float | None = None
    """Nothing into a vein faster than this, in dose per unit of time; a bolus always is."""

    def __post_init__(self) -> None:
        for name in ("most", "most_daily"):
            positive(name, getattr(self, name))
        for name in ("doses", "intervals", "durations", "loadings"):
            if not getattr(self, name):
                raise DosingError(f"`{name}` is empty: name at least one")

    def regimens(self, start: float, day: float) -> tuple[Regimen, ...]:
        """All that the caps allow, from `start` on. Raises DosingError where they leave none."""
        found = []
        for interval in self.intervals:
            for duration in self.durations:
                if duration > interval:
                    continue
                for dose in self.doses:
                    for loading in self.loadings:
                        regimen = Regimen(dose, interval, duration, self.route, loading, None, start)
                        if self._allowed(regimen, day):
                            found.append(regimen)
        if not found:
            rate = "" if self.most_rate is None else f", {self.most_rate:g} per unit of time into a vein"
            raise DosingError(
                f"no dose from {min(self.doses):g} to {max(self.doses):g} keeps to the caps of {self.most:g} "
                f"at once, {self.most_daily:g} a day{rate}: allow a smaller dose, a longer interval or a "
                "longer infusion within the interval"
            )
        return tuple(found)

    def _allowed(self, regimen: Regimen, day: float) -> bool:
        slack = 1 + 1e-12
        most_first = self.most if self.most_loading is None else self.most_loading
        within = (
            regimen.dose <= self.most * slack
            and (regimen.loading is None or regimen.loading <= most_first * slack)
            and regimen.daily(day) <= self.most_daily * slack
        )
        if not within or self.most_rate is None or self.route != "iv":
            return within
        given = ((regimen.dose, regimen.duration), (regimen.first, regimen.first_duration))
        return all(amount <= self.most_rate * length * slack for amount, length in given)
