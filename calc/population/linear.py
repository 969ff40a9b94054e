"""One, two or three compartments with first-order elimination: concentrations in closed form.

After a bolus the amount in the central compartment is a sum of falling exponentials, one for each
compartment; every other way of giving a drug follows by integrating that sum, every history of doses by
adding up (Gibaldi and Perrier, Pharmacokinetics, 2nd ed. 1982, chapters 1, 2 and appendix B, ISBN
978-0-8247-1042-2). Lanes are the first axis of all arrays: one lane for each set of parameters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from calc.population.expressions import Numbers
from calc.population.history import Dose

SAME_TIME: Final = 1e-9
"""Times closer than this are one time, so that adding up intervals does not move a level behind a dose."""

_TOO_CLOSE: Final = 1e-5
"""Rates of elimination this near to each other, relative to the larger, cannot be told apart safely."""
_CHUNK: Final = 40_000
"""Numbers worked on at once: as many as stay near the processor."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Rates of exchange, one number a lane, per unit of time."""

    k10: Numbers
    k12: Numbers | None = None
    k21: Numbers | None = None
    k13: Numbers | None = None
    k31: Numbers | None = None
    ka: Numbers | None = None


def rates(parameters: Mapping[str, Numbers], compartments: int) -> Rates:
    """From clearances and volumes: CL, V1, Q, V2, Q3, V3, and KA where there is a depot."""
    central = parameters["V1"]
    found: dict[str, Numbers] = {"k10": parameters["CL"] / central}
    if compartments > 1:
        found["k12"], found["k21"] = parameters["Q"] / central, parameters["Q"] / parameters["V2"]
    if compartments > 2:
        found["k13"], found["k31"] = parameters["Q3"] / central, parameters["Q3"] / parameters["V3"]
    if "KA" in parameters:
        found["ka"] = parameters["KA"]
    return Rates(**found)


def exponentials(rates: Rates) -> tuple[Numbers, Numbers]:
    """The amount after a bolus of 1: how fast each part falls, how large it is; lanes x compartments."""
    k10 = rates.k10
    if rates.k12 is None or rates.k21 is None:
        return k10[:, None], np.ones_like(k10)[:, None]
    k12, k21 = rates.k12, rates.k21
    if rates.k13 is None or rates.k31 is None:
        # The discriminant as a sum of squares: nothing cancels where the two rates are near to each other.
        root = np.sqrt((k10 + k12 - k21) ** 2 + 4 * k12 * k21)
        fast = (k10 + k12 + k21 + root) / 2
        slow = k10 * k21 / fast
        gap = np.where(root == 0, 1, root)
        return np.stack([fast, slow], 1), np.stack([(fast - k21) / gap, (k21 - slow) / gap], 1)
    return _three(k10, k12, k21, rates.k13, rates.k31)


def _three(k10: Numbers, k12: Numbers, k21: Numbers, k13: Numbers, k31: Numbers) -> tuple[Numbers, Numbers]:
    """The three roots by cosines, made exact by Newton's method."""
    a2 = k10 + k12 + k13 + k21 + k31
    a1 = k10 * k21 + k13 * k21 + k10 * k31 + k21 * k31 + k31 * k12
    a0 = k10 * k21 * k31
    radius = np.sqrt(a2**2 / 9 - a1 / 3)
    product = a2**3 / 27 - a1 * a2 / 6 + a0 / 2
    # Real parts to start with; Newton's steps bring the derivatives along.
    angle = np.arccos(np.clip(np.real(product / radius**3), -1, 1)) / 3
    third = 2 * np.pi / 3
    roots = np.stack([a2 / 3 + 2 * radius * np.cos(angle + turn) for turn in (0, -third, third)], axis=1)
    a2, a1, a0 = a2[:, None], a1[:, None], a0[:, None]
    for _ in range(4):
        value = ((roots - a2) * roots + a1) * roots - a0
        slope = (3 * roots - 2 * a2) * roots + a1
        roots = roots - value / np.where(slope == 0, 1, slope)
    shares = []
    for i in range(3):
        own, (first, second) = roots[:, i], (roots[:, j] for j in range(3) if j != i)
        gaps = (first - own) * (second - own)
        shares.append((k21 - own) * (k31 - own) / np.where(gaps == 0, 1, gaps))
    return roots, np.stack(shares, 1)


def separable(rates: Rates) -> bool:
    """Whether all rates of all lanes are far enough apart for the closed form."""
    falls = np.real(exponentials(rates)[0])
    if rates.ka is not None:
        falls = np.concatenate([falls, np.real(rates.ka)[:, None]], 1)
    falls = np.sort(falls, axis=1)
    return bool(np.all(np.diff(falls, axis=1) > _TOO_CLOSE * falls[:, 1:]))


def amounts(
    rates: Rates,
    doses: Sequence[Dose],
    times: Numbers,
    *,
    available: Numbers | float = 1.0,
    lag: Numbers | float = 0.0,
    duration: Numbers | None = None,
) -> Numbers:
    """Amounts in the central compartment, lanes x times.

    `available` is the share of an absorbed dose that arrives, `lag` its delay; `duration` replaces those of
    the doses. A reset counts as none: `PopulationModel` leaves out what it wiped away.
    """
    falls, shares = exponentials(rates)
    total: Numbers | float = 0.0
    infusions = _Rows([dose for dose in doses if dose.route == "iv"])
    if infusions.amount.size:
        total = infusions.superposed(falls, shares, times, duration=duration)
    absorbed = _Rows([dose for dose in doses if dose.route == "oral"])
    if absorbed.amount.size:
        if rates.ka is None:
            raise ValueError("the model has no absorption, so that no dose can be absorbed")
        # What is absorbed falls at a rate of its own; each part rises by it and falls at its own.
        rises = shares * rates.ka[:, None] / (rates.ka[:, None] - falls)
        speeds = np.concatenate([falls, rates.ka[:, None]], 1)
        sizes = np.concatenate([rises, -rises.sum(1, keepdims=True)], 1)
        arrived = absorbed.superposed(speeds, sizes, times, lag=lag)
        total = total + arrived * (available if np.ndim(available) == 0 else np.asarray(available)[:, None])
    return np.broadcast_to(total, (len(falls), len(times)))


class _Rows:
    """Rows of doses that go the same way, as arrays; axes are lanes, times, rows and parts."""

    def __init__(self, doses: Sequence[Dose]) -> None:
        self.start = np.array([dose.time for dose in doses])
        self.amount = np.array([dose.amount for dose in doses])
        self.duration = np.array([dose.duration for dose in doses])
        self.count = np.array([dose.count for dose in doses])
        self.interval = np.array([dose.interval for dose in doses])
        self.repeated = bool((self.count > 1).any())

    def superposed(
        self,
        speeds: Numbers,
        sizes: Numbers,
        times: Numbers,
        *,
        lag: Numbers | float = 0.0,
        duration: Numbers | None = None,
    ) -> Numbers:
        lanes = len(speeds)
        lag = np.broadcast_to(lag, lanes)[:, None, None]
        lengths = self.duration if duration is None else duration[:, None, None]
        step = max(1, _CHUNK // max(1, len(times) * self.amount.size * speeds.shape[1]))
        parts = [
            self._some(
                speeds[at : at + step, None, None, :],
                sizes[at : at + step],
                times[:, None] - self.start - lag[at : at + step],
                lengths if duration is None else lengths[at : at + step],
            )
            for at in range(0, lanes, step)
        ]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _some(self, speeds: Numbers, sizes: Numbers, since: Numbers, lengths: Numbers) -> Numbers:
        begun = np.real(since) > SAME_TIME
        if not self.repeated:
            return self._sum(np.where(begun[..., None], _unit(since, lengths, speeds), 0), sizes)
        spacing = np.where(self.count > 1, self.interval, 1.0)
        endless = np.isinf(self.count)
        count = np.ceil((np.real(since) - SAME_TIME) / spacing)
        count = np.where(self.count > 1, count, begun)
        # A level before the last dose of an endless row sees the same row, some intervals earlier.
        since = (
            since - np.where(endless, np.minimum(count, 1) - 1, np.clip(count, 1, self.count) - 1) * spacing
        )
        count = np.where(endless, np.inf, np.clip(count, 0, self.count))
        # So many doses may still run when the next one starts; those before them fall as one.
        running = max(1, int(np.ceil((np.real(lengths) / spacing - SAME_TIME).max())))
        each = np.where((count > 0)[..., None], _unit(since, lengths, speeds), 0)
        for k in range(1, running):
            each = each + np.where((count > k)[..., None], _unit(since + k * spacing, lengths, speeds), 0)
        if np.any(count > running):
            fall = speeds * spacing[:, None]
            earlier = np.maximum(count - running, 0)[..., None]
            finite = np.where(np.isinf(earlier), 0, earlier)
            left = np.where(np.isinf(earlier), 1, -np.expm1(-finite * fall))
            sums = np.where(fall == 0, earlier, left / np.where(fall == 0, 1, -np.expm1(-fall)))
            last = _unit(since + running * spacing, lengths, speeds)
            each = each + np.where(earlier > 0, last, 0) * np.where(earlier > 0, sums, 0)
        return self._sum(each, sizes)

    def _sum(self, each: Numbers, sizes: Numbers) -> Numbers:
        """Over rows and parts; lanes x times."""
        total: Numbers = np.einsum("btre,be,r->bt", each, sizes, self.amount)
        return total


def _unit(since: Numbers, duration: Numbers, speeds: Numbers) -> Numbers:
    """What is left of 1 given over `duration`, from `since` its start on; parts are the last axis."""
    left: Numbers
    if not np.any(duration):
        left = np.exp(-speeds * since[..., None])
        return left
    infused = np.real(duration) > 0
    running = np.real(since) < np.real(duration)
    given = np.where(running, since, duration)[..., None]
    length = np.where(infused, duration, 1)[..., None]
    falls = speeds * length
    kept = np.where(falls == 0, given / length, -np.expm1(-speeds * given) / np.where(falls == 0, 1, falls))
    kept = np.where(infused[..., None], kept, 1)
    left = kept * np.exp(-speeds * np.where(running & infused, 0, since - duration)[..., None])
    return left
