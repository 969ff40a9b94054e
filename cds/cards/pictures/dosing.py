"""What a dosing curve is made of: concentrations, levels and doses of one course, on one clock.

Plain numbers and words. Times are in hours or days from a start that the caller names; concentrations and
doses are in units that the caller names. All of it is checked when it is made: what cannot be is `NoPicture`.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Final, Literal

from cds.cards.pictures.numbers import NoPicture, exact, figure

MOST_POINTS: Final = 2_000
"""More points of time than this are finer than any screen."""
MOST_LEVELS: Final = 40
MOST_DOSES: Final = 400

TIME_WORDS: Final = {"h": "hours", "d": "days"}


KEPT: Final = "\u00a0"
"""A space at which no line breaks."""


def measured(value: object, unit: str) -> str:
    """A number with its unit, on one line; whole, and with three significant digits at least."""
    return f"{figure(exact(value))}{KEPT}{unit}".rstrip()


@dataclass(frozen=True, slots=True)
class Band:
    """Concentrations over time: the median, and a lower and an upper bound of those that are possible.

    Two points may share a time: the concentration before a bolus and the one after it.
    """

    times: tuple[float, ...]
    low: tuple[float, ...]
    median: tuple[float, ...]
    high: tuple[float, ...]

    def __post_init__(self) -> None:
        size = len(self.times)
        if not 2 <= size <= MOST_POINTS:
            raise NoPicture(f"a band of {size} points of time: there are 2 to {MOST_POINTS:,}")
        for name in ("low", "median", "high"):
            found = len(getattr(self, name))
            if found != size:
                raise NoPicture(f"a band has {found} numbers `{name}` for {size} times")
        for value in (*self.times, *self.low, *self.median, *self.high):
            exact(value)
        if any(after < before for before, after in pairwise(self.times)):
            raise NoPicture("the times of a band have to be in order")
        for time, low, median, high in zip(self.times, self.low, self.median, self.high, strict=True):
            if not 0 <= low <= median <= high:
                raise NoPicture(
                    f"at time {time:g} a band has to rise from nothing over its lower bound and its median "
                    f"to its upper bound; it has {low:g}, {median:g}, {high:g}"
                )

    def at(self, time: float) -> tuple[Fraction, Fraction, Fraction] | None:
        """Lower bound, median and upper bound; at a time with two points before the dose; None outside."""
        if not self.times[0] <= time <= self.times[-1]:
            return None
        after = bisect_left(self.times, time)
        before = max(after - 1, 0)
        start, end = exact(self.times[before]), exact(self.times[after])
        part = (exact(time) - start) / (end - start) if end > start else Fraction(0)
        low, median, high = (
            exact(line[before]) + (exact(line[after]) - exact(line[before])) * part
            for line in (self.low, self.median, self.high)
        )
        return low, median, high


@dataclass(frozen=True, slots=True)
class TimedLevel:
    """A measured concentration."""

    time: float
    value: float
    """Of one below a limit, the limit."""
    below: bool = False
    """Reported as less than `value`."""
    when: str = ""
    """The time as the reader knows it, such as 24 Nov 07:40."""

    def __post_init__(self) -> None:
        exact(self.time)
        if exact(self.value) < 0 or (self.below and self.value == 0):
            raise NoPicture(f"a level of {'<' if self.below else ''}{self.value:g}: none is below nothing")


@dataclass(frozen=True, slots=True)
class TimedDose:
    """A dose that was given, or one that is advised."""

    time: float
    amount: float
    duration: float = 0.0
    """Of an infusion, in the unit of the times; 0 for all else."""
    advised: bool = False
    """Whether it is still to come."""
    when: str = ""

    def __post_init__(self) -> None:
        exact(self.time)
        if exact(self.amount) <= 0 or exact(self.duration) < 0:
            raise NoPicture(
                f"a dose of {self.amount:g} over {self.duration:g}: an amount is above nothing, a duration "
                "is not below it"
            )


@dataclass(frozen=True, slots=True)
class Target:
    """Where concentrations should be: between two values, above one, or below one."""

    low: float | None = None
    high: float | None = None
    name: str = ""
    """Of what it is the target, such as `trough`."""

    def __post_init__(self) -> None:
        ends = [exact(end) for end in (self.low, self.high) if end is not None]
        if not ends or ends[0] < 0 or ends[-1] <= 0 or (len(ends) == 2 and ends[0] >= ends[1]):
            raise NoPicture(
                f"a target from {self.low} to {self.high}: it has a lower end that is not below nothing, "
                "or an upper end above that, or both"
            )

    def words(self, unit: str) -> str:
        """Such as `10 to 15 mg/L`."""
        if self.low is not None and self.high is not None:
            return f"{figure(exact(self.low))} to {measured(self.high, unit)}"
        if self.low is not None:
            return f"above {measured(self.low, unit)}"
        return f"below {measured(self.high, unit)}"


@dataclass(frozen=True, slots=True)
class DosingCurve:
    """The concentration of a drug against time: as a model expects it, as levels correct it."""

    title: str
    unit: str
    """Of concentrations."""
    dose_unit: str
    time_unit: Literal["h", "d"]
    prior: Band | None
    """What the model expects of such a person before any level."""
    posterior: Band | None = None
    """What the levels leave possible; after `now`, with the advised doses."""
    levels: tuple[TimedLevel, ...] = ()
    doses: tuple[TimedDose, ...] = ()
    target: Target | None = None
    now: float | None = None
    """Where the past ends; advised doses need it."""
    start: str = "the first dose shown"
    """What time 0 is."""
    percent: int = 90
    """How many of a hundred lie in a band."""
    axis: Literal["automatic", "linear", "logarithmic"] = "automatic"
    """Of the concentrations; by itself logarithmic where they span more than two decades."""
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.time_unit not in TIME_WORDS:
            raise NoPicture(f"a unit of time `{self.time_unit}`: it is h or d")
        if self.axis not in ("automatic", "linear", "logarithmic"):
            raise NoPicture(f"an axis `{self.axis}`: it is automatic, linear or logarithmic")
        if not self.bands:
            raise NoPicture("a curve without a band: it has one of prior and posterior, or both")
        if not 1 <= self.percent <= 99:
            raise NoPicture(f"a band of {self.percent} %: it holds 1 to 99 % of what is possible")
        if len(self.levels) > MOST_LEVELS or len(self.doses) > MOST_DOSES:
            raise NoPicture(
                f"{len(self.levels)} levels and {len(self.doses)} doses: a picture has up to {MOST_LEVELS} "
                f"and {MOST_DOSES}"
            )
        self._check_now()
        first, last = self.span
        if first == last:
            raise NoPicture("all of it at one time: a curve needs some time to pass")

    def _check_now(self) -> None:
        if self.now is None:
            if any(dose.advised for dose in self.doses):
                raise NoPicture("advised doses without `now`: it tells where the past ends")
            return
        exact(self.now)
        for dose in self.doses:
            if dose.advised and dose.time < self.now:
                raise NoPicture(f"a dose is advised for time {dose.time:g}, before now, {self.now:g}")
            if not dose.advised and dose.time > self.now:
                raise NoPicture(f"a dose was given at time {dose.time:g}, after now, {self.now:g}")
        for level in self.levels:
            if level.time > self.now:
                raise NoPicture(f"a level was measured at time {level.time:g}, after now, {self.now:g}")

    @property
    def bands(self) -> tuple[tuple[Literal["prior", "posterior"], Band], ...]:
        """Those that there are, the prior first."""
        found: list[tuple[Literal["prior", "posterior"], Band]] = []
        if self.prior is not None:
            found.append(("prior", self.prior))
        if self.posterior is not None:
            found.append(("posterior", self.posterior))
        return tuple(found)

    @property
    def span(self) -> tuple[Fraction, Fraction]:
        """The first time and the last of all that is drawn."""
        times = [end for _, band in self.bands for end in (band.times[0], band.times[-1])]
        times += [level.time for level in self.levels]
        times += [end for dose in self.doses for end in (dose.time, dose.time + dose.duration)]
        times += [] if self.now is None else [self.now]
        return exact(min(times)), exact(max(times))
