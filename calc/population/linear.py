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
from numpy.typing import NDArray

from calc.population.expressions import Floats, Numbers
from calc.population.history import Dose, HistoryError

SAME_TIME: Final = 1e-9
"""Times closer than this are one time, so that adding up intervals does not move a level behind a dose."""

_TOO_CLOSE: Final = 1e-5
"""Rates of elimination this near to each other, relative to the larger, cannot be told apart safely."""
NONE: Final = 1e-100
"""In place of a rate or a duration of 0: what divides by it then has the right limit."""
NO_ABSORPTION: Final = "a dose is to be absorbed, but the model has no KA: only doses into the blood fit it"
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


def separable(falls: Numbers, absorption: Numbers | None) -> NDArray[np.bool_]:
    """Lanes whose rates are far enough apart for the closed form, or no numbers, so that nothing helps."""
    if absorption is not None:
        falls = np.concatenate([falls, absorption[..., None]], -1)
    if falls.shape[-1] == 1:
        return np.ones(falls.shape[:-1], bool)
    ordered = np.sort(falls.real, axis=-1)
    near = ordered[..., 1:] - ordered[..., :-1] <= _TOO_CLOSE * ordered[..., 1:]
    return np.asarray(~near.any(-1) | ~np.isfinite(ordered).all(-1))


class Superposition:
    """What certain doses leave in the central compartment at certain times."""

    def __init__(self, doses: Sequence[Dose], times: Floats) -> None:
        self.times = times
        self.infused = _Rows([dose for dose in doses if dose.route == "iv"], times)
        self.absorbed = _Rows([dose for dose in doses if dose.route == "oral"], times)

    def __call__(
        self,
        falls: Numbers,
        shares: Numbers,
        absorption: Numbers | None = None,
        *,
        available: Numbers | float = 1.0,
        lag: Numbers | None = None,
        duration: Numbers | None = None,
    ) -> Numbers:
        """Amounts, lanes x times, from `exponentials`.

        `absorption` is the rate of it, `available` the share of an absorbed dose that arrives, `lag` its
        delay; `duration` replaces those of the doses.
        """
        total: Numbers = np.zeros((len(falls), len(self.times)))
        if self.infused.amount.size:
            total = self.infused.superposed(falls, shares, duration=duration)
        if self.absorbed.amount.size:
            if absorption is None:
                raise HistoryError(NO_ABSORPTION)
            # What is absorbed falls at a rate of its own; each part rises by it and falls at its own.
            absorption = absorption[:, None]
            rises = shares * absorption / (absorption - falls)
            speeds = np.concatenate([falls, absorption], 1)
            sizes = np.concatenate([rises, -rises.sum(1, keepdims=True)], 1)
            arrived = self.absorbed.superposed(speeds, sizes, lag=lag)
            total = total + arrived * np.reshape(available, (-1, 1))
        return total


def amounts(
    rates: Rates,
    doses: Sequence[Dose],
    times: Floats,
    *,
    available: Numbers | float = 1.0,
    lag: Numbers | None = None,
    duration: Numbers | None = None,
) -> Numbers:
    """Amounts in the central compartment, lanes x times; as `Superposition`, for one set of rates."""
    falls, shares = exponentials(rates)
    return Superposition(doses, times)(
        falls, shares, rates.ka, available=available, lag=lag, duration=duration
    )


@dataclass(frozen=True, slots=True)
class _Passed:
    """How far the rows of doses have come; (lanes x) times x rows."""

    since: Numbers
    """Since the last dose that has started."""
    amount: Numbers
    """What one dose of the row holds, 0 before the first."""
    count: Numbers | None
    """How many have started; None where no row is of more than one."""


class _Rows:
    """Rows of doses that go the same way, as arrays; axes are lanes, times, rows and parts."""

    def __init__(self, doses: Sequence[Dose], times: Floats) -> None:
        self.amount = np.array([dose.amount for dose in doses])
        self.duration = np.array([dose.duration for dose in doses])
        self.count = np.array([dose.count for dose in doses])
        self.interval = np.array([dose.interval if dose.count > 1 else 1.0 for dose in doses])
        self.endless = np.isinf(self.count)
        self.since = times[:, None] - np.array([dose.time for dose in doses])
        self.passed = self._passed(self.since)

    def _passed(self, since: Numbers) -> _Passed:
        begun = since.real > SAME_TIME
        if not (self.count > 1).any():
            return _Passed(np.where(begun, since, 0), self.amount * begun, None)
        count = np.ceil((since.real - SAME_TIME) / self.interval)
        # A level before the last dose of an endless row sees the same row, some intervals earlier.
        before = np.minimum(count, 1) if self.endless.any() else 1
        last = np.where(self.endless, before, np.clip(count, 1, self.count))
        count = np.where(self.endless, np.inf, np.clip(count, 0, self.count))
        since = np.where(begun | self.endless, since - (last - 1) * self.interval, 0)
        return _Passed(since, self.amount * (count > 0), count)

    def superposed(
        self,
        speeds: Numbers,
        sizes: Numbers,
        *,
        lag: Numbers | None = None,
        duration: Numbers | None = None,
    ) -> Numbers:
        speeds = np.where(speeds == 0, NONE, speeds)
        step = max(1, _CHUNK // max(1, self.since.size * speeds.shape[1]))
        parts = []
        for at in range(0, len(speeds), step):
            lanes = slice(at, at + step)
            passed = self.passed if lag is None else self._passed(self.since - lag[lanes, None, None])
            lengths = self.duration if duration is None else duration[lanes, None, None]
            each = self._each(passed, lengths, speeds[lanes, None, None, :])
            weighed = each * np.broadcast_to(passed.amount, each.shape[:-1])[..., None]
            parts.append(np.einsum("btre,be->bt", weighed, sizes[lanes]))
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _each(self, passed: _Passed, lengths: Numbers, speeds: Numbers) -> Numbers:
        """What is left of rows of doses of 1, lanes x times x rows x parts."""
        count, spacing = passed.count, self.interval
        left: Numbers = _unit(passed.since, lengths, speeds)
        if count is None:
            return left
        # So many doses may still run when the next one starts; those before them fall as one.
        overlaps = np.where(self.count > 1, lengths.real / spacing, 1)
        running = int(np.ceil(max(1.0, overlaps.max()) - SAME_TIME))
        for k in range(1, running):
            left = left + (count > k)[..., None] * _unit(passed.since + k * spacing, lengths, speeds)
        earlier = np.maximum(count - running, 0)[..., None]
        if not earlier.any():
            return left
        fall = speeds * spacing[:, None]
        if self.endless.any():
            # Of what never falls, endless doses never stop adding up.
            endless = np.where(speeds.real > NONE, -1, -np.inf)
            finite = np.where(np.isinf(earlier), 0, earlier)
            sums = np.where(np.isinf(earlier), endless, np.expm1(-finite * fall)) / np.expm1(-fall)
        else:
            sums = np.expm1(-earlier * fall) / np.expm1(-fall)
        left = left + sums * _unit(passed.since + running * spacing, lengths, speeds)
        return left


def _unit(since: Numbers, duration: Numbers, speeds: Numbers) -> Numbers:
    """What is left of 1 given over `duration`, from `since` its start on; parts are the last axis."""
    left: Numbers
    if not duration.any():
        left = np.exp(-speeds * since[..., None])
        return left
    length = np.where(duration.real > 0, duration, NONE)
    running = since.real < length.real
    given, after = np.where(running, since, length), np.where(running, 0, since - length)
    kept = -np.expm1(-speeds * given[..., None]) / (speeds * length[..., None])
    left = kept * np.exp(-speeds * after[..., None])
    return left
