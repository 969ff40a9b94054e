"""From one event to the next: where parameters change on the way, or elimination is not of first order.

Events are doses that arrive, infusions that start and end, changes of parameters, resets and levels. Every
lane has its own times, because lags and durations of absorption differ between people; levels at the very
time of something else come first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from calc.population.expressions import Numbers
from calc.population.history import Dose
from calc.population.linear import SAME_TIME

_NO_LEVEL: Final = -1

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
    events = _Events()
    for index, time in enumerate(times):
        events.add(time, 0, "level", index)
    for time in changes:
        events.add(time, 2, "change", 1)
    resets = sorted(arrival.dose.time for arrival in arrivals if arrival.dose.resets)
    for arrival in arrivals:
        until = next((time for time in resets if time > arrival.dose.time), np.inf)
        _arrive(events, arrival, until - SAME_TIME)
    lanes = start.shape[1]
    table = events.sorted(lanes, start.dtype)
    state, depot, rate = start.copy(), np.zeros(lanes, start.dtype), np.zeros(lanes, start.dtype)
    found = np.empty((len(times), *start.shape), start.dtype)
    everyone = np.arange(lanes)
    for k, fields in enumerate(table.fields):
        length, segment = table.lengths[k], table.segments[k]
        if k and length.any():
            state = advance(state, depot, rate, segment, table.times[k - 1], length)
            if absorption is not None:
                depot = depot * np.exp(-absorption[segment, everyone] * length)
        if "level" in fields:
            level = fields["level"]
            for one in {int(index) for index in level} - {_NO_LEVEL}:
                found[one] = np.where(level == one, state, found[one])
        if "reset" in fields:
            wiped = fields["reset"] > 0
            state = np.where(wiped, start, state)
            depot, rate = np.where(wiped, 0, depot), np.where(wiped, 0, rate)
        if "bolus" in fields:
            state[0] = state[0] + fields["bolus"]
        if "absorbed" in fields:
            depot = depot + fields["absorbed"]
        if "rate" in fields:
            rate = rate + fields["rate"]
    return found


def _arrive(events: _Events, arrival: Arrival, until: float) -> None:
    """What a dose sets off before `until`, the reset after it."""
    dose = arrival.dose
    if dose.resets:
        events.add(dose.time, 1, "reset", 1)
    if dose.route == "oral":
        then = dose.time + arrival.lag
        events.add(then, 3, "absorbed", np.where(then.real < until, dose.amount * arrival.available, 0))
    elif not np.any(arrival.duration):
        events.add(dose.time, 3, "bolus", dose.amount)
    else:
        rate, end = dose.amount / arrival.duration, dose.time + arrival.duration
        events.add(dose.time, 3, "rate", rate)
        events.add(end, 2, "rate", np.where(end.real < until, -rate, 0))


@dataclass(frozen=True, slots=True)
class _Table:
    """Events in order of time."""

    times: Numbers
    """Events x lanes."""
    lengths: Numbers
    """Since the event before."""
    segments: NDArray[np.int_]
    """In which time since the event before passes."""
    fields: list[dict[str, Numbers]]
    """What happens at each event; a number a lane, or one for all."""


class _Events:
    """What happens, in the order of writing."""

    def __init__(self) -> None:
        self.rows: list[tuple[Numbers | float, int, str, Numbers | float]] = []

    def add(self, time: Numbers | float, rank: int, field: str, value: Numbers | float) -> None:
        self.rows.append((time, rank, field, value))

    def sorted(self, lanes: int, kind: np.dtype[np.generic]) -> _Table:
        """In the order of time; what is due at one time in the order of ranks."""
        # Where lanes differ in nothing but sizes, one order serves them all.
        width = lanes if any(np.ndim(time) for time, *_ in self.rows) else 1
        times = np.array([np.broadcast_to(time, width) for time, *_ in self.rows], kind)
        ranks = np.array([rank for _, rank, *_ in self.rows])[:, None]
        # However a time was added up.
        order = np.argsort(times.real + ranks * (SAME_TIME / 3), axis=0, kind="stable")
        shared = bool((order == order[:, :1]).all())
        times = np.take_along_axis(times, order, axis=0)
        changed = np.array([field == "change" for _, _, field, _ in self.rows])[order]
        segments = changed.cumsum(0) - changed
        lengths = np.diff(times, axis=0, prepend=times[:1])
        lengths = np.where(lengths.real > 0, lengths, 0)
        whole = (len(times), lanes)
        fields = self._in_turn(order[:, 0]) if shared else self._lane_by_lane(order, kind)
        times, lengths, segments = (np.broadcast_to(each, whole) for each in (times, lengths, segments))
        return _Table(times, lengths, segments, fields)

    def _in_turn(self, order: NDArray[np.int_]) -> list[dict[str, Numbers]]:
        return [{self.rows[k][2]: np.atleast_1d(self.rows[k][3])} for k in order]

    def _lane_by_lane(self, order: NDArray[np.int_], kind: np.dtype[np.generic]) -> list[dict[str, Numbers]]:
        tables: dict[str, Numbers] = {}
        for name in dict.fromkeys(field for _, _, field, _ in self.rows):
            empty = _NO_LEVEL if name == "level" else 0
            table = np.full(order.shape, empty, int if name == "level" else kind)
            for k, (_, _, field, value) in enumerate(self.rows):
                if field == name:
                    table[k] = value
            tables[name] = np.take_along_axis(table, order, axis=0)
        return [{name: table[k] for name, table in tables.items()} for k in range(len(order))]
