"""Differential equations whose rates lie decades apart, by a Rosenbrock method of order four.

Where something binds within minutes and leaves within weeks, an explicit method needs steps of minutes for
all of the weeks. A Rosenbrock method solves linear equations in each step instead, and its steps are as long
as the course is smooth. RODAS with its embedded error estimate: Hairer and Wanner, Solving Ordinary
Differential Equations II, 2nd ed. 1996, section IV.7, ISBN 978-3-540-60452-5.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

import numpy as np

from calc.population.expressions import Equation, EquationError, Floats, Numbers, derivative, equation
from calc.population.model import States
from calc.population.ode import Arrived, NotSolved, Slope

Bend: TypeAlias = Callable[[Numbers, Numbers, Numbers | float], Numbers]
"""(time since the start, state, what arrived since) -> derivatives of slopes by states, lanes x n x n."""

_GAMMA: Final = 0.25
_NODES: Final = np.array((0, 0.386, 0.21, 0.63, 1, 1))
_INSIDE: Final = (
    (),
    (1.544,),
    (0.9466785280815826, 0.2557011698983284),
    (3.314825187068521, 2.896124015972201, 0.9986419139977817),
    (1.221224509226641, 6.019134481288629, 12.53708332932087, -0.6878860361058950),
    (1.221224509226641, 6.019134481288629, 12.53708332932087, -0.6878860361058950, 1.0),
)
_CARRIED: Final = (
    (),
    (-5.6688,),
    (-2.430093356833875, -0.2063599157091915),
    (-0.1073529058151375, -9.594562251023355, -20.47028614809616),
    (7.496443313967647, -10.24680431464352, -33.99990352819905, 11.70890893206160),
    (8.083246795921522, -7.981132988064893, -31.52159432874371, 16.31930543123136, -6.058818238834054),
)
_BY_TIME: Final = (0.25, -0.1043, 0.1035, -0.0362, 0.0, 0.0)
_APART: Final = 1e-7
"""Of a step: how far apart two slopes are whose difference is the derivative by time."""
_MOST_STEPS: Final = 5000
_SMALLEST: Final = 1e-12
_HOPELESS: Final = 1e6
_CAUTIOUS: Final = 300.0
"""The estimate is of an error of order three, where the method has order four: so much more is allowed. A
full model of binding is then right within 1e-6 at a tolerance of 1e-8."""
_LARGEST: Final = 3e-4
"""What is allowed at most."""
_STIFF: Final = 100.0
"""Of the fastest rate of a state by itself times the length: beyond it, an explicit method loses."""


def is_stiff(own: Sequence[Numbers], length: Numbers) -> bool:
    """Whether `advanced` gets through the length sooner than an explicit method.

    `own` are the derivatives of slopes, each by its own state; those do not depend on units.
    """
    return any(np.max(np.abs(np.real(rate)) * length.real) > _STIFF for rate in own)


def advanced(
    slope: Slope,
    bend: Bend,
    arrived: Arrived | None,
    state: Numbers,
    length: Numbers,
    tolerance: float,
    floor: Floats,
) -> Numbers:
    """The state after `length`, as `calc.population.ode.advanced` has it. Raises NotSolved."""
    tolerance = min(_CAUTIOUS * tolerance, _LARGEST)
    kind = np.result_type(state, length, 0.0)
    inner, carried = ([np.array(row, kind) for row in table] for table in (_INSIDE, _CARRIED))
    unit = np.eye(len(state))
    done, step = 0.0, 1e-3

    def sloped(share: float, state: Numbers) -> Numbers:
        since = share * length
        found = np.empty_like(state)
        slope(since, state, 0.0 if arrived is None else arrived(since[None])[0], found)
        return found

    first = sloped(0.0, state)
    for _ in range(_MOST_STEPS):
        step = min(step, 1 - done)
        moved = step * length
        since = done * length
        there = 0.0 if arrived is None else arrived(since[None])[0]
        solver = np.linalg.inv(unit / (_GAMMA * moved)[:, None, None] - bend(since, state, there))
        # By share of the length, so that a derivative by it, times the step, is one by time times the time.
        drift = (sloped(done + _APART * step, state) - first) / _APART
        rows = np.empty((6, state.size), kind)
        for index in range(6):
            inside = state + (inner[index] @ rows[:index]).reshape(state.shape)
            right = sloped(done + _NODES[index] * step, inside) if index else first
            right = right + (carried[index] @ rows[:index]).reshape(state.shape) / moved
            if _BY_TIME[index]:
                right = right + _BY_TIME[index] * drift
            rows[index] = np.einsum("lij,jl->il", solver, right).reshape(-1)
        last = rows[5].reshape(state.shape)
        ended = inside + last
        allowed = tolerance * np.maximum(np.maximum(np.abs(state.real), np.abs(ended.real)), floor)
        worst = float((np.abs(last.real) / allowed).max())
        if not worst < _HOPELESS:
            worst = _HOPELESS
        if worst <= 1:
            done, state = done + step, ended
            if done >= 1 - 1e-12:
                return state
            first = sloped(done, state)
        step *= min(5.0, max(0.1, 0.9 * (worst or 1e-9) ** -0.25))
        if step < _SMALLEST:
            break
    raise NotSolved("the equations could not be followed: too many steps were needed")


def bends(structure: States) -> tuple[tuple[tuple[str, Equation], ...], tuple[Equation, ...]] | None:
    """Derivatives of all slopes by all states, row by row, and what has to be worked out before them.

    None where one of the equations has no derivative everywhere.
    """
    try:
        steps: list[tuple[str, Equation]] = list(structure.during)
        inner: list[str] = []
        for name, each in structure.during:
            steps += [(_by(name, state), _whole(each, state, inner)) for state in structure.names]
            inner.append(name)
        rows = [_whole(slope, state, inner) for slope in structure.slopes for state in structure.names]
    except EquationError:
        return None
    return tuple(steps), tuple(rows)


def _whole(each: Equation, state: str, inner: Sequence[str]) -> Equation:
    """The derivative by a state, through what stands in between too."""
    terms = [derivative(each, state).text]
    terms += [f"({derivative(each, name).text}) * {_by(name, state)}" for name in inner if name in each.names]
    return equation(" + ".join(f"({term})" for term in terms))


def _by(name: str, state: str) -> str:
    return f"{name}_by_{state}"
