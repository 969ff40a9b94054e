"""A model's own equations, made ready to be followed from one event to the next."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from calc.population import ode, stiff
from calc.population.expressions import Numbers, together
from calc.population.model import States
from calc.population.walk import Advance

Values: TypeAlias = Mapping[str, Numbers]
_Made: TypeAlias = Callable[..., Callable[..., tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class _Compiled:
    """Functions of the parameters, each of which gives one of time and states."""

    parameters: tuple[str, ...]
    timed: bool
    """Whether slopes read TIME."""
    slopes: _Made
    bends: _Made | None
    """Derivatives of slopes by states, row by row; None where there are none everywhere."""
    own: _Made | None
    """Of each slope by its own state."""


@lru_cache(maxsize=64)
def _compiled(structure: States, known: frozenset[str]) -> _Compiled:
    """For parameters of these names; models are few, and are asked again and again."""
    equations = [*(each for _, each in structure.during), *structure.slopes]
    reads = frozenset[str]().union(*(each.names for each in equations))
    parameters = tuple(sorted(reads & known - {"TIME"}))
    inner = ("TIME", *structure.names)
    bends = own = None
    if found := stiff.bends(structure):
        steps, rows = found
        bends = together(parameters, inner, steps, rows)
        own = together(parameters, inner, steps, rows[:: len(structure.names) + 1])
    slopes = together(parameters, inner, structure.during, structure.slopes)
    return _Compiled(parameters, "TIME" in reads, slopes, bends, own)


def by_equations(structure: States, each: Sequence[Values], tolerance: float) -> Advance:
    """Advance by the states' own equations.

    What is absorbed or infused is not left to them: it arrives in the first state by a closed form, and the
    equations are followed for the rest, which has no sudden turns.
    """
    first = 0.1
    compiled = _compiled(structure, frozenset(each[0]))
    size = len(structure.names)

    def advance(
        state: Numbers,
        depot: Numbers,
        rate: Numbers,
        segment: NDArray[np.int_],
        start: Numbers,
        length: Numbers,
    ) -> Numbers:
        nonlocal first
        values = _of_segments(each, segment)
        given = [values[name] for name in compiled.parameters]
        slopes = compiled.slopes(*given)
        emptying = -values["KA"] if "KA" in values and depot.any() else None
        infused = rate.any()
        arriving = infused or emptying is not None

        def arrived(since: Numbers) -> Numbers:
            if emptying is None:
                return rate * since
            absorbed: Numbers = depot * np.expm1(emptying * since)
            return rate * since - absorbed if infused else -absorbed

        def slope(since: Numbers, states: Numbers, there: Numbers | float, changed: Numbers) -> None:
            clock = start + since if compiled.timed else start
            for index, change in enumerate(slopes(clock, states[0] + there, *states[1:])):
                changed[index] = change

        arrives = arrived if arriving else None
        end = arrived(length) if arriving else 0.0
        floor = np.full(state.shape, structure.floor)
        floor[0] = np.maximum(floor[0], np.abs(np.real(state[0] + end)))
        if compiled.own and compiled.bends:
            rates = compiled.own(*given)(start, state[0] + end, *state[1:])
            if stiff.is_stiff(rates, length):
                bends = compiled.bends(*given)

                def bend(since: Numbers, states: Numbers, there: Numbers | float) -> Numbers:
                    found = bends(start + since, states[0] + there, *states[1:])
                    rows = [np.broadcast_to(one, length.shape) for one in found]
                    return np.stack(rows, 1).reshape(-1, size, size)

                moved = stiff.advanced(slope, bend, arrives, state, length, tolerance, floor)
                moved[0] += end
                return moved
        moved, first = ode.advanced(slope, arrives, state, length, tolerance, floor, first)
        moved[0] += end
        return moved

    return advance


def _of_segments(each: Sequence[Values], segment: NDArray[np.int_]) -> dict[str, Numbers]:
    if np.all(segment == segment[0]):
        return dict(each[segment[0]])
    lanes = np.arange(len(segment))
    return {name: np.array([values[name] for values in each])[segment, lanes] for name in each[0]}
