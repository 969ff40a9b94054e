"""Where a course is worked out to know its peak, its area and the time it spends above something.

Between two events, a dose or the end of an infusion, concentrations are smooth: a few nodes of
Gauss-Lobatto quadrature hold them, their integral, and any point between (Abramowitz and Stegun, 25.4.32,
1964). Ends of pieces are nodes, so that peaks at the end of an infusion and troughs before a dose are exact.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.polynomial import legendre
from numpy.typing import NDArray

from calc.population.expressions import Floats
from calc.population.linear import SAME_TIME

_NODES: Final = 7
_CELLS: Final = 10
"""Straight pieces between the nodes' ends, for times above a concentration."""
_RATIO: Final = 3.0
"""From one piece's end to the next one's, counted from the start of a dose or the end of an infusion."""
_TURN: Final = 3.0
"""A first piece lasts at most this many times as long as the fastest part needs to fall to 1/e."""
_MOST_PIECES: Final = 9


@dataclass(frozen=True, slots=True)
class Window:
    """Whole intervals between doses; times are in the model's unit."""

    times: Floats
    """The nodes, from the window's first dose on."""
    weights: Floats
    """The integral over the window is the sum of values at nodes times these."""
    shown: NDArray[np.bool_]
    """Of the finer points of all pieces; two pieces of one interval share a point."""
    cells: Floats
    """The time from each finer point shown to the next; zero at a dose, where concentrations jump."""
    intervals: tuple[slice, ...]
    """The nodes of each interval."""
    peaks: NDArray[np.int_]
    """Nodes of which one is the peak, where boluses and infusions make it."""

    @property
    def length(self) -> float:
        """Of all intervals together."""
        return float(self.weights.sum())

    def node(self, time: float) -> int:
        """The one that is nearest to a time."""
        return int(np.abs(self.times - time).argmin())


def window(
    interval: float, durations: Sequence[float], fastest: float, least: int = 2, at: float | None = None
) -> Window:
    """One interval for each of the `durations` of its infusion; 0 is a bolus, or a dose that is absorbed.

    `fastest` is the highest rate, per unit of time, by which a part of the concentration falls; `least` the
    number of pieces that an interval has at any rate; a node lies `at` a time after each dose.
    """
    nodes, shares = _rule()
    times: list[Floats] = []
    weights: list[Floats] = []
    cells: list[float] = []
    shown: list[bool] = []
    intervals: list[slice] = []
    peaks = [0]
    for index, duration in enumerate(durations):
        start = index * interval
        infused = _pieces(start, duration, fastest, 1)
        # Right after the dose, which a level at its very time comes before, or at the end of its infusion.
        pieces = infused + _pieces(start + duration, interval - duration, fastest, least)
        if at is not None:
            infused, pieces = _split(infused, start + at), _split(pieces, start + at)
        peaks.append(_NODES * (len(times) + len(infused)) - bool(infused))
        for a, b in pieces:
            here = a + (b - a) * nodes
            begins = a == start
            if begins:
                here[0] += 2 * SAME_TIME
            times.append(here)
            weights.append((b - a) * shares)
            # Pieces of one interval share the point between them; at a dose there is a jump.
            cells += [0.0] * (begins and index > 0) + [(b - a) / _CELLS] * _CELLS
            shown += [begins] + [True] * _CELLS
        so_far = intervals[-1].stop if intervals else 0
        intervals.append(slice(so_far, _NODES * len(times)))
    return Window(
        np.concatenate(times),
        np.concatenate(weights),
        np.array(shown),
        np.array(cells),
        tuple(intervals),
        np.unique(np.array(peaks)),
    )


def _pieces(start: float, length: float, fastest: float, least: int) -> list[tuple[float, float]]:
    """Short ones first, where concentrations turn fastest; none where there is no length."""
    if length <= SAME_TIME:
        return []
    turns = fastest * length / _TURN
    more = math.ceil(math.log(turns) / math.log(_RATIO)) if 1 < turns < math.inf else 0
    count = min(max(least, 1 + more), _MOST_PIECES)
    bounds = [start, *(start + length * _RATIO ** (k - count) for k in range(1, count)), start + length]
    return list(pairwise(bounds))


def _split(pieces: list[tuple[float, float]], at: float) -> list[tuple[float, float]]:
    """The piece around a time as two of them."""
    parts: list[tuple[float, float]] = []
    for a, b in pieces:
        inside = a + SAME_TIME < at < b - SAME_TIME
        parts += [(a, at), (at, b)] if inside else [(a, b)]
    return parts


class Curve:
    """One curve a draw through a window."""

    def __init__(self, period: Window, nodes: Floats) -> None:
        self.period, self.nodes = period, nodes

    @cached_property
    def average(self) -> Floats:
        """Over time, one number a draw."""
        found: Floats = self.nodes @ (self.period.weights / self.period.length)
        return found

    @cached_property
    def last(self) -> Floats:
        """Right before the next dose, one number a draw."""
        return self.nodes[:, -1]

    @cached_property
    def tops(self) -> Floats:
        """Where boluses and infusions make peaks, draws x times."""
        return self.nodes[:, self.period.peaks]

    @cached_property
    def fine(self) -> Floats:
        """At the finer points."""
        pieces = self.nodes.reshape(len(self.nodes), -1, _NODES) @ _finer()
        return np.ascontiguousarray(pieces.reshape(len(self.nodes), -1)[:, self.period.shown])


def share_above(fine: Floats, cells: Floats, limit: float) -> Floats:
    """Of the time, from 0 to 1, one number a draw, to 0.003 or better.

    Cells fall as exponentials, which is exact where one part is left, and rise straight.
    """
    points = fine.shape[1]
    above = fine > limit
    crossed = above[:, 1:] != above[:, :-1]
    # Of flat arrays, which numpy searches several times faster.
    lanes, which = np.divmod(np.flatnonzero(crossed), points - 1)
    at = lanes * points + which
    begin, end = fine.ravel()[at], fine.ravel()[at + 1]
    part = (limit - begin) / (end - begin)
    falls = (begin > end) & (end > 0)
    part[falls] = np.log(begin[falls] / limit) / np.log(begin[falls] / end[falls])
    # A cell counts by its left end; one that is crossed by its part above.
    spans = cells[which] * np.where(begin > end, part - 1, 1 - part)
    whole = above[:, :-1].astype(np.float32) @ cells.astype(np.float32)
    found: Floats = (whole + np.bincount(lanes, spans, len(above))) / cells.sum()
    return found


def highest(fine: Floats, cells: Floats, smooth: bool) -> Floats:
    """One number a draw; where the curve is `smooth`, from a parabola through the points around it."""
    rows, top = np.arange(len(fine)), fine.argmax(axis=1)
    best: Floats = fine[rows, top]
    if not smooth:
        return best
    inner = np.clip(top, 1, fine.shape[1] - 2)
    before, after = cells[inner - 1], cells[inner]
    with np.errstate(all="ignore"):
        rise = (best - fine[rows, inner - 1]) / before
        fall = (fine[rows, inner + 1] - best) / after
        slope = (rise * after + fall * before) / (before + after)
        bend = (fall - rise) / (before + after)
        found = best - slope**2 / (4 * bend)
    usable = (inner == top) & (before > 0) & (after > 0) & (bend < 0)
    return np.where(usable, found, best)


@cache
def _rule() -> tuple[Floats, Floats]:
    """Nodes and weights on [0, 1]."""
    last = legendre.Legendre.basis(_NODES - 1)
    nodes = np.concatenate([[-1.0], np.sort(last.deriv().roots().real), [1.0]])
    weights = 2 / (_NODES * (_NODES - 1) * last(nodes) ** 2)
    return (nodes + 1) / 2, weights / 2


@cache
def _finer() -> Floats:
    """The matrix from nodes to the ends of cells."""
    nodes, _ = _rule()
    degree = _NODES - 1
    through = np.linalg.inv(legendre.legvander(2 * nodes - 1, degree))
    found: Floats = (legendre.legvander(np.linspace(-1, 1, _CELLS + 1), degree) @ through).T
    return found
