"""Differential equations of many lanes at once, by an explicit Runge-Kutta method of order five.

Dormand and Prince, J Comput Appl Math 1980;6:19-26 (method and error estimate). All lanes take the same
share of their own length in one step, so that lanes with other lags stay together.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

import numpy as np

from calc.population.expressions import Floats, Numbers

Slope: TypeAlias = Callable[[Numbers, Numbers, Numbers | float, Numbers], None]
"""(time since the start, state, what arrived in the first state since, where the change per time goes)."""
Arrived: TypeAlias = Callable[[Numbers], Numbers]
"""Of times since the start, times x lanes: what arrived in the first state until then."""

_NODES: Final = np.array([0.0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1.0, 1.0])
_NOTHING: Final = np.zeros(7)
_WEIGHTS: Final = tuple(
    np.array(row)
    for row in (
        (1 / 5,),
        (3 / 40, 9 / 40),
        (44 / 45, -56 / 15, 32 / 9),
        (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729),
        (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656),
        (35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84),
    )
)
_ERROR: Final = np.array((71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40))
_MOST_STEPS: Final = 20_000
_SMALLEST: Final = 1e-12
_HOPELESS: Final = 1e6
"""Of the error against what is allowed; more than that, or no number, is as bad."""


class NotSolved(ArithmeticError):
    """The equations could not be followed: too many steps, or numbers without bounds."""


def advanced(
    slope: Slope,
    arrived: Arrived | None,
    state: Numbers,
    length: Numbers,
    tolerance: float,
    floor: Floats,
    first: float = 0.1,
) -> tuple[Numbers, float]:
    """The state after `length`, one for each lane, and the share of it that the first step took.

    Local errors stay below `tolerance` times the state, or times `floor` where that is more, both states x
    lanes. Raises NotSolved.
    """
    kind = np.result_type(state, length, 0.0)
    stages = np.empty((7, *state.shape), kind)
    rows = stages.reshape(7, -1)
    weights = [row.astype(kind) for row in _WEIGHTS]
    estimate = _ERROR.astype(kind)
    scale = np.tile(length, len(state))
    flat, least = state.reshape(-1), floor.reshape(-1)
    done, step, taken = 0.0, min(first, 1.0), 0.0
    slope(length * 0, state, 0.0, stages[0])
    for _ in range(_MOST_STEPS):
        step = min(step, 1 - done)
        moved = step * scale
        since = (done + _NODES * step)[:, None] * length
        there = _NOTHING if arrived is None else arrived(since)
        for index in range(1, 7):
            inside = flat + moved * (weights[index - 1] @ rows[:index])
            slope(since[index], inside.reshape(state.shape), there[index], stages[index])
        error = np.abs((moved * (estimate @ rows)).real)
        allowed = tolerance * np.maximum(np.maximum(np.abs(flat.real), np.abs(inside.real)), least)
        worst = float((error / allowed).max())
        if not worst < _HOPELESS:
            worst = _HOPELESS
        if worst <= 1:
            done, flat = done + step, inside
            taken = taken or step
            if done >= 1 - 1e-12:
                return flat.reshape(state.shape), taken
            rows[0] = rows[6]
        step *= min(5.0, max(0.1, 0.9 * (worst or 1e-9) ** -0.2))
        if step < _SMALLEST:
            break
    raise NotSolved("the equations could not be followed: too many steps were needed")
