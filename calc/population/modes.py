"""A course as exponentials that fall independently: what one interval between doses leaves for the next.

The concentration after a bolus is a sum of parts, one for each compartment, and one more for a depot that
empties; doses change the size of the parts, time lets each fall at a rate of its own (Gibaldi and Perrier,
Pharmacokinetics, 2nd ed. 1982, appendix B, ISBN 978-0-8247-1042-2). So a whole history is one number a
part, and an interval needs its exponentials but once, whatever is given in it. Arrays are draws x parts,
curves draws x times.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from calc.population.expressions import Floats, Numbers
from calc.population.history import Dose, Route
from calc.population.linear import NONE, Rates, amounts, exponentials
from calc.population.regimen import Regimen
from calc.population.window import Window


@dataclass(frozen=True, slots=True)
class Modes:
    """What of a dose of 1 shows up in each part, and how fast the parts fall."""

    falls: Floats
    sizes: Mapping[Route, Floats]

    def state(self, doses: Sequence[Dose], time: float) -> Floats:
        """The parts at a time when all of the doses have gone in."""
        resets = [dose.time for dose in doses if dose.resets and dose.time < time]
        counted = [replace(dose, resets=False) for dose in doses if dose.time >= max(resets, default=-np.inf)]
        total = np.zeros_like(self.falls)
        for route, size in self.sizes.items():
            own = [replace(dose, route="iv") for dose in counted if dose.route == route]
            for part in range(self.falls.shape[1]) if own else ():
                left = amounts(Rates(k10=self.falls[:, part]), own, np.array([time]))[:, 0]
                total[:, part] += size[:, part] * np.real(left)
        return total

    def response(self, times: Floats, duration: float, route: Route) -> Floats:
        """The curve after a dose of 1 that starts at time 0."""
        falls = self.falls[:, :, None]
        if not duration:
            return _curve(self.sizes[route], np.exp(-falls * times))
        running = int(np.searchsorted(times, duration))
        parts = np.concatenate(
            [
                -np.expm1(-falls * times[:running]) / (falls * duration),
                self._held(duration)[:, :, None] * np.exp(-falls * (times[running:] - duration)),
            ],
            axis=2,
        )
        return _curve(self.sizes[route], parts)

    def steady(self, regimen: Regimen, period: Window) -> Floats:
        """The curve of one interval of an endless row of doses of 1."""
        before = self._left(regimen, regimen.duration, regimen.interval) * self._sum(regimen, np.inf)
        carried = _curve(before, np.exp(-self.falls[:, :, None] * period.times))
        return carried + self.response(period.times, regimen.duration, regimen.route)

    def curves(self, regimen: Regimen, given: Floats, skipped: int, period: Window) -> list[Floats]:
        """Curves through a window that starts `skipped` intervals after the regimen.

        Of following doses of 1, of a first dose of 1, of `given`, the parts at the start of the regimen.
        """
        found: list[list[Floats]] = [[], [], []]
        step, route = regimen.interval, regimen.route
        within: dict[float, tuple[Floats, Floats]] = {}
        for index, nodes in enumerate(period.intervals):
            number = skipped + index
            length = regimen.duration if number else regimen.first_duration
            if length not in within:
                since = period.times[nodes] - index * step
                falling = np.exp(-self.falls[:, :, None] * since)
                within[length] = falling, self.response(since, length, route)
            falling, response = within[length]
            parts = [0.0 * given, 0.0 * given, given * np.exp(-self.falls * (number * step))]
            if number:
                parts[0] = self._left(regimen, regimen.duration, step) * self._sum(regimen, number - 1)
                parts[1] = self._left(regimen, regimen.first_duration, number * step)
            lines = [_curve(part, falling) for part in parts]
            own = 0 if number else 1
            lines[own] = lines[own] + response
            for line, kept in zip(lines, found, strict=True):
                kept.append(line)
        return [np.concatenate(lines, axis=1) for lines in found]

    def _left(self, regimen: Regimen, duration: float, time: float) -> Floats:
        """The parts a time after the start of a dose that has gone in."""
        kept = self._held(duration) * np.exp(-self.falls * (time - duration))
        found: Floats = self.sizes[regimen.route] * kept
        return found

    def _held(self, duration: float) -> Floats:
        """What is left of each part of a dose of 1 when its infusion ends."""
        if not duration:
            return np.ones_like(self.falls)
        found: Floats = -np.expm1(-self.falls * duration) / (self.falls * duration)
        return found

    def _sum(self, regimen: Regimen, count: float) -> Floats:
        """Of 1 + x + x^2 + ..., so many terms, x what an interval leaves of a part."""
        fall = self.falls * regimen.interval
        left = 1.0 if np.isinf(count) else -np.expm1(-fall * count)
        found: Floats = left / -np.expm1(-fall)
        return found


def modes(exchange: Rates, shown: Numbers, available: Numbers | float) -> Modes:
    """Of compartments: `shown` is the output for an amount of 1 in the central one, one number a draw."""
    falls, shares = (np.real(array) for array in exponentials(exchange))
    falls = np.where(falls == 0, NONE, falls)
    sizes = shares * np.real(shown)[:, None]
    if exchange.ka is None:
        return Modes(falls, {"iv": sizes})
    ka = np.real(exchange.ka)[:, None]
    arrives = np.real(np.broadcast_to(available, len(falls)))[:, None]
    rises = arrives * sizes * ka / (ka - falls)
    return Modes(
        np.concatenate([falls, ka], 1),
        {
            "iv": np.concatenate([sizes, 0 * ka], 1),
            "oral": np.concatenate([rises, -rises.sum(1, keepdims=True)], 1),
        },
    )


def _curve(parts: Floats, falling: Floats) -> Floats:
    found: Floats = np.einsum("lp,lpt->lt", parts, falling)
    return found
