"""What a regimen comes to, for many draws of one person at once.

Concentrations in compartments add up and grow with the dose, so each pattern of intervals and infusions is
worked out once for a dose of 1, what was given before once for all, and any number of doses follow by
scaling. Models with equations of their own are followed for each regimen.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Final

import numpy as np

from calc.population.course import Course, Person
from calc.population.exposure import Figures, Kind, Measure, figure
from calc.population.expressions import EquationError, Floats, Numbers, derivative
from calc.population.history import Dose
from calc.population.linear import SAME_TIME, Rates, amounts, exponentials, rates
from calc.population.model import PopulationModel, States
from calc.population.modes import Modes, modes
from calc.population.posterior import Posterior
from calc.population.regimen import DosingError, Regimen
from calc.population.window import Curve, Window, highest, share_above, window

_NEAR: Final = 1e-7
"""Absorption as fast as elimination, but for this share of it, is set apart from it by twice as much."""


class Forecast:
    """Regimens of one person under every draw of the etas.

    `person` holds what was given so far; a regimen has to start after it. Raises DosingError, and what
    `Course` raises.
    """

    def __init__(
        self, model: PopulationModel, person: Person, etas: Floats, output: str = "observed"
    ) -> None:
        self.model, self.person, self.etas, self.output = model, person, etas, output
        self.day = 24.0 if model.time_unit == "h" else 1.0
        self._windows: dict[Hashable, Window] = {}
        self._kept: dict[Hashable, list[tuple[int, Curve]]] = {}
        self._states: dict[float, Floats] = {}
        self._latest: tuple[Hashable, Curve] | None = None

    def course(self, regimen: Regimen | None, times: Sequence[float] | Floats) -> Floats:
        """Concentrations at times on the person's clock, draws x times; None for no further dose."""
        doses = self.person.doses
        if regimen is not None:
            self._check_route(regimen)
            self._starts_after(regimen)
            doses += regimen.doses(float(np.max(times, initial=-math.inf)))
        return self._predicted(doses, times)

    def of(self, measure: Measure, regimen: Regimen, above: float | None = None) -> Floats:
        """One number a draw; `above` in place of the measure's own."""
        self._check_route(regimen)
        free = measure.unbound
        match measure.kind:
            case "average":
                return free * self._average(measure, regimen)
            case "AUC24":
                return free * self.day * self._average(measure, regimen)
            case "time above":
                limit = measure.above if above is None else above
                if limit is None:
                    raise DosingError("`above` is missing: a time above needs a concentration, or an MIC")
                return self._time_above(measure, regimen, limit / free)
            case "peak" | "peak occupancy":
                found = free * self._peak(measure, regimen)
            case _:
                curves = self._curves(measure, regimen)
                if measure.at is not None:
                    return free * self._at(measure, regimen, measure.at)
                found = free * _sum((amount, curve.last) for amount, curve in curves)
        return found if measure.half is None else found / (found + measure.half)

    def figures(self, regimen: Regimen, draws: Posterior, after: float | None = None) -> Figures:
        """Trough, peak and AUC24 with their bands; see `Measure` for `after`."""
        kinds: tuple[Kind, ...] = ("trough", "peak", "AUC24")
        return Figures(*(figure(draws, self.of(Measure(kind, after), regimen)) for kind in kinds))

    @cached_property
    def linear(self) -> bool:
        """Whether concentrations are proportional to doses."""
        if isinstance(self.model.structure, States):
            return False
        shown = self.model.outputs[self._name]
        try:
            if "C" in derivative(shown, "C").names:
                return False
        except EquationError:
            return False
        return bool(np.all(shown({**self._settled, "C": np.zeros(1)}) == 0))

    @property
    def _name(self) -> str:
        return next(iter(self.model.outputs)) if self.output == "observed" else self.output

    @cached_property
    def _settled(self) -> dict[str, Numbers]:
        """Parameters after the last change that is known."""
        return self._future.parameters(self.etas)

    @cached_property
    def _exchange(self) -> Rates:
        """Of compartments, with absorption as fast as nothing else."""
        assert not isinstance(self.model.structure, States)
        found = rates(self._settled, self.model.structure)
        if found.ka is None:
            return found
        ka = np.real(found.ka)
        near = (np.abs(exponentials(found)[0] - ka[:, None]) < _NEAR * ka[:, None]).any(axis=1)
        return replace(found, ka=np.where(near, ka * (1 + 2 * _NEAR), ka))

    def _check_route(self, regimen: Regimen) -> None:
        if regimen.route == "oral" and "KA" not in self._settled:
            raise DosingError(f"`route` is oral, but {self.model.name} has no absorption: only iv")

    def _starts_after(self, regimen: Regimen) -> None:
        late = max((dose.last for dose in self.person.doses), default=-math.inf)
        if late > regimen.start - SAME_TIME:
            raise DosingError(
                f"the regimen starts at {regimen.start:g}, but a dose at {late:g} is in the history: "
                "start after it"
            )

    def _predicted(self, doses: tuple[Dose, ...], times: Sequence[float] | Floats) -> Floats:
        person = Person(self.person.covariates, doses, self.person.holds)
        clock = np.asarray(times, float)
        return np.real(Course(self.model, person, clock, [self._name] * len(clock))(self.etas))

    def _intervals(self, measure: Measure, regimen: Regimen) -> tuple[int, int]:
        """The window's first interval and how many it has."""
        if measure.after is None:
            return 0, 1
        slack = 1e-9
        count = max(1, math.ceil(self.day / regimen.interval - slack))
        return math.ceil(measure.after / regimen.interval - slack), count

    def _window(self, measure: Measure, regimen: Regimen) -> Window:
        first, count = self._intervals(measure, regimen)
        lengths = [regimen.duration] * count
        if first == 0 and measure.after is not None:
            lengths[0] = regimen.first_duration
        least = 2 if regimen.route == "iv" and self.linear else 3
        key = (regimen.interval, *lengths, least, measure.at)
        if key not in self._windows:
            self._windows[key] = window(regimen.interval, lengths, self._fastest, least, measure.at)
        return self._windows[key]

    @cached_property
    def _fastest(self) -> float:
        """The highest rate by which a part falls; nothing is known of it where equations are followed."""
        if isinstance(self.model.structure, States):
            return 0.0
        falls = np.real(exponentials(self._exchange)[0]).max()
        absorbed = self._exchange.ka
        return float(falls if absorbed is None else max(falls, np.real(absorbed).max()))

    def _curves(self, measure: Measure, regimen: Regimen) -> list[tuple[float, Curve]]:
        """Curves through the window, and the amounts they are to be multiplied with and added up."""
        if not self.linear:
            return [(1.0, self._followed(measure, regimen))]
        pattern: tuple[Hashable, ...] = (regimen.interval, regimen.duration, regimen.route, measure.at)
        if measure.after is not None:
            self._starts_after(regimen)
            pattern += (regimen.first_duration, regimen.start, self._intervals(measure, regimen))
        if pattern not in self._kept:
            period = self._window(measure, regimen)
            if measure.after is None:
                units = [self._steady(regimen, period)]
            else:
                units = self._units(measure, regimen, period)
            # What adds nothing is left out, but for the last that is left.
            adds = [role for role, nodes in enumerate(units) if nodes.any()] or [0]
            self._kept[pattern] = [(role, Curve(period, units[role])) for role in adds]
        given = (regimen.dose, regimen.first, 1.0)
        return [(given[role], curve) for role, curve in self._kept[pattern]]

    def _units(self, measure: Measure, regimen: Regimen, period: Window) -> list[Floats]:
        """Of following doses of 1, of a first dose of 1, of what was given so far."""
        first, count = self._intervals(measure, regimen)
        if self._modes is not None and self._constant(regimen):
            if regimen.start not in self._states:
                self._states[regimen.start] = self._modes.state(self.person.doses, regimen.start)
            return self._modes.curves(regimen, self._states[regimen.start], first, period)
        start, step = regimen.start, regimen.interval
        clock = start + first * step + period.times
        one = replace(regimen, dose=1.0, loading=None, loading_duration=None)
        alone = Dose(start, 1.0, regimen.first_duration, regimen.route)
        following = replace(one, start=start + step).doses(start + (first + count) * step)
        return [self._predicted(doses, clock) for doses in (following, (alone,), self.person.doses)]

    def _constant(self, regimen: Regimen) -> bool:
        """Whether nothing changes, and all that was given has gone in when the regimen starts."""
        gone_in = all(dose.last + dose.duration <= regimen.start for dose in self.person.doses)
        return gone_in and not self._future.changes

    @cached_property
    def _future(self) -> Course:
        """With every change that is known."""
        return Course(self.model, self.person, [math.inf])

    @cached_property
    def _modes(self) -> Modes | None:
        """None where doses come with a delay or a duration that differs between draws."""
        if "LAG" in self._settled or "DUR" in self._settled:
            return None
        shown = self._shown((1 / self._settled["V1"])[:, None])[:, 0]
        return modes(self._exchange, shown, self._settled.get("F", 1.0))

    def _steady(self, regimen: Regimen, period: Window) -> Floats:
        """Of an endless row of doses of 1 with the parameters after the last change."""
        if self._modes is not None:
            return self._modes.steady(regimen, period)
        values = self._settled
        row = Dose(0.0, 1.0, regimen.duration, regimen.route, regimen.interval, math.inf)
        central = amounts(
            self._exchange,
            [row],
            period.times,
            available=values.get("F", 1.0),
            lag=values.get("LAG"),
            duration=values.get("DUR"),
        )
        return self._shown(central / values["V1"][:, None])

    def _shown(self, concentration: Numbers) -> Floats:
        """What is measured of a concentration in the central compartment, draws x times."""
        values = {name: value[:, None] for name, value in self._settled.items()}
        shown = self.model.outputs[self._name]({**values, "C": concentration})
        return np.broadcast_to(np.real(shown), concentration.shape)

    def _followed(self, measure: Measure, regimen: Regimen) -> Curve:
        if measure.after is None:
            raise DosingError(
                f"{self.model.name} has no steady state in closed form: say with `after` at what time after "
                "the start of the regimen it is to be looked at"
            )
        key = (regimen, measure.after, measure.at)
        if self._latest is None or self._latest[0] != key:
            period = self._window(measure, regimen)
            first, _ = self._intervals(measure, regimen)
            clock = regimen.start + first * regimen.interval + period.times
            self._latest = key, Curve(period, self.course(regimen, clock))
        return self._latest[1]

    def _at(self, measure: Measure, regimen: Regimen, at: float) -> Floats:
        """At a time of the window's last interval."""
        if at > regimen.interval:
            raise DosingError(
                f"`at` is {at:g}, after the next dose: at most the interval of {regimen.interval:g}"
            )
        period = self._window(measure, regimen)
        # A level at the very time of a dose comes before it; here what comes after it is asked for.
        node = period.node(period.length - regimen.interval + max(at, 2 * SAME_TIME))
        return _sum((amount, curve.nodes[:, node]) for amount, curve in self._curves(measure, regimen))

    def _average(self, measure: Measure, regimen: Regimen) -> Floats:
        if measure.after is None and self.linear:
            # Area is the dose that arrives over clearance, whatever the compartments are.
            arrives = self._settled.get("F", np.ones(1)) if regimen.route == "oral" else np.ones(1)
            with np.errstate(divide="ignore"):
                mean = regimen.dose * arrives / (self._settled["CL"] * regimen.interval)
            return self._shown(np.broadcast_to(mean, len(self.etas))[:, None])[:, 0]
        return _sum((amount, curve.average) for amount, curve in self._curves(measure, regimen))

    def _peak(self, measure: Measure, regimen: Regimen) -> Floats:
        curves = self._curves(measure, regimen)
        if regimen.route == "iv" and self.linear and "DUR" not in self._settled:
            found: Floats = _sum((amount, curve.tops) for amount, curve in curves).max(axis=1)
            return found
        amount, fine = self._whole(curves)
        return amount * highest(fine, curves[0][1].period.cells, smooth=regimen.route == "oral")

    def _time_above(self, measure: Measure, regimen: Regimen, limit: float) -> Floats:
        curves = self._curves(measure, regimen)
        amount, fine = self._whole(curves)
        return share_above(fine, curves[0][1].period.cells, limit / amount)

    def _whole(self, curves: list[tuple[float, Curve]]) -> tuple[float, Floats]:
        """The finer points of all curves together, to be multiplied with the amount."""
        if len(curves) == 1:
            return curves[0][0], curves[0][1].fine
        return 1.0, _sum((amount, curve.fine) for amount, curve in curves)


def _sum(parts: Iterable[tuple[float, Floats]]) -> Floats:
    """Of values times their amounts; there is always one."""
    (amount, values), *others = parts
    total: Floats = amount * values
    for amount, values in others:
        total += amount * values
    return total
