"""From one event to the next: where parameters change on the way, or elimination is not of first order.

Events are doses that arrive, infusions that start and end, changes of parameters, resets and levels. Every
lane has its own times, because lags and durations of absorption differ between people; levels at the very
time of something else come first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from calc.population.expressions import Numbers
from calc.population.history import Dose
from calc.population.linear import SAME_TIME

Advance: TypeAlias = Callable[[Numbers, Numbers, Numbers, Numbers, Numbers, Numbers], Numbers]
"""(state, depot, rate of infusion, segment, start, length) -> state after that length."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One dose on its way in, lane by lane."""

    dose: Dose
    available: Numbers
    lag: Numbers
    duration: Numbers


def walk(
    start: Numbers,
    arrivals: Sequence[Arrival],
    changes: Sequence[float],
    times: Sequence[float],
    absorption: Numbers | None,
    advance: Advance,
) -> Numbers:
    """States at `times`: times x states x lanes, from the first event on.

    `start` holds the states before it, states x lanes; boluses and infusions go into the first. `absorption`
    is the rate by which the depot empties, segments x lanes. Segment k lies between change k - 1 and k.
    """
    events = _Events(start.shape[1], start.dtype)
    for index, time in enumerate(times):
        events.add(time, 0, level=index)
    for time in changes:
        events.add(time, 2, change=1)
    for arrival in arrivals:
        _arrive(events, arrival)
    table = events.sorted()
    lanes = start.shape[1]
    state, depot = start.copy(), np.zeros(lanes, start.dtype)
    rate, segment = np.zeros(lanes, start.dtype), np.zeros(lanes, int)
    found = np.empty((len(times), *start.shape), start.dtype)
    everyone = np.arange(lanes)
    now = table.times[0]
    for k, then in enumerate(table.times):
        length = np.where(np.real(then) > np.real(now), then - now, 0)
        if np.any(length):
            state = advance(state, depot, rate, segment, now, length)
            if absorption is not None:
                depot = depot * np.exp(-absorption[segment, everyone] * length)
            now = np.where(np.real(then) > np.real(now), then, now)
        level = table.pick("level", k)
        if np.any(level >= 0):
            for lane_level in np.unique(level[level >= 0]):
                here = level == lane_level
                found[lane_level][:, here] = state[:, here]
        wiped = table.pick("reset", k) > 0
        if np.any(wiped):
            state, depot, rate = (
                np.where(wiped, start, state),
                np.where(wiped, 0, depot),
                np.where(wiped, 0, rate),
            )
        state[0] = state[0] + table.pick("bolus", k)
        depot = depot + table.pick("absorbed", k)
        rate = rate + table.pick("rate", k)
        segment = segment + table.pick("change", k)
    return found


def _arrive(events: _Events, arrival: Arrival) -> None:
    dose = arrival.dose
    if dose.resets:
        events.add(dose.time, 1, reset=1)
    if dose.route == "oral":
        events.add(dose.time + arrival.lag, 3, absorbed=dose.amount * arrival.available)
    elif not np.any(arrival.duration):
        events.add(dose.time, 3, bolus=dose.amount)
    else:
        rate = dose.amount / arrival.duration
        events.add(dose.time, 3, rate=rate)
        events.add(dose.time + arrival.duration, 2, rate=-rate)


class _Events:
    """What happens, in the order of writing; then in the order of time."""

    FIELDS = ("bolus", "absorbed", "rate", "level", "change", "reset")

    def __init__(self, lanes: int, kind: np.dtype[np.generic]) -> None:
        self.lanes, self.kind = lanes, kind
        self.rows: list[tuple[Numbers | float, int, dict[str, Numbers | float]]] = []
        self.order = np.zeros(0, int)
        self.tables: dict[str, Numbers] = {}
        self.times = np.zeros((0, lanes), kind)

    def add(self, time: Numbers | float, rank: int, **happens: Numbers | float) -> None:
        self.rows.append((time, rank, happens))

    def sorted(self) -> _Events:
        times = np.array([np.broadcast_to(time, self.lanes) for time, _, _ in self.rows], self.kind)
        ranks = np.array([rank for _, rank, _ in self.rows])[:, None]
        # What is due at one time comes in the order of ranks, however its time was added up.
        keys = np.real(times) + ranks * (SAME_TIME / 3)
        order = np.argsort(keys, axis=0, kind="stable")
        self.order = order[:, 0] if np.all(order == order[:, :1]) else order
        for field in self.FIELDS:
            missing = -1 if field == "level" else 0
            kind = int if field in ("level", "change", "reset") else self.kind
            values = [np.broadcast_to(happens.get(field, missing), self.lanes) for *_, happens in self.rows]
            self.tables[field] = np.array(values, kind)
        self.times = np.take_along_axis(times, order, axis=0)
        return self

    def pick(self, field: str, k: int) -> Numbers:
        """What event k of every lane does."""
        table, which = self.tables[field], self.order[k]
        picked: Numbers = table[which] if which.ndim == 0 else np.take_along_axis(table, which[None], 0)[0]
        return picked
