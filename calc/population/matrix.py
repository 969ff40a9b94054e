"""Compartments with first-order elimination whose parameters change: by the exponential of the rate matrix.

Exact between two events. Where rates are well apart, by the parts that fall at a rate each; where they are
not, by scaling and squaring (Moler and Van Loan, SIAM Rev 2003;45:3-49, methods 14 and 3).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Final

import numpy as np
from numpy.typing import NDArray

from calc.population.expressions import Numbers
from calc.population.linear import NONE, Rates, exponentials, rates, separable
from calc.population.walk import Advance

_TERMS: Final = 14
_MOST_HALVINGS: Final = 60


def exponential(matrices: Numbers) -> Numbers:
    """exp of each of a stack of square matrices; no numbers where one is too large for it."""
    largest = np.abs(matrices.real).sum(-1).max(-1)
    halvings = np.clip(np.ceil(np.log2(np.maximum(largest, 0.25))) + 2, 0, _MOST_HALVINGS)
    usable = np.isfinite(largest)[..., None, None]
    halvings = np.where(usable, halvings[..., None, None], 0)
    small = np.where(usable, matrices / 2**halvings, np.nan)
    result: Numbers = np.eye(matrices.shape[-1]) + small / _TERMS
    for k in range(_TERMS - 1, 0, -1):
        result = np.eye(matrices.shape[-1]) + small @ result / k
    for k in range(int(halvings.max(initial=0))):
        result = np.where(k < halvings, result @ result, result)
    return result


def by_exponentials(each: Sequence[Mapping[str, Numbers]], compartments: int) -> Advance:
    """Advance for segments with the parameters of `each`."""
    exchange = [rates(values, compartments) for values in each]
    matrices = np.array([_rate_matrix(found) for found in exchange])
    size = matrices.shape[-1] - 1
    speeds, moving = _projections(exchange, matrices[..., :size, :size])

    def advance(
        state: Numbers,
        depot: Numbers,
        rate: Numbers,
        segment: NDArray[np.int_],
        start: Numbers,
        length: Numbers,
    ) -> Numbers:
        here = int(segment[0]) if (segment == segment[0]).all() else (segment, np.arange(len(segment)))
        whole = np.concatenate([state, depot[None]])[:size]
        moved: Numbers
        if moving is None:
            moves = exponential(matrices[here] * length[:, None, None])
            moved = np.einsum("lij,jl->il", moves[:, : len(state)], np.concatenate([whole, rate[None]]))
        else:
            kept = np.exp(-speeds[here] * length[:, None])
            moved = np.einsum("lpij,jl,lp->il", moving[here], whole, kept)[: len(state)]
            if rate.any():
                given = -np.expm1(-speeds[here] * length[:, None]) / speeds[here] * rate[:, None]
                moved = moved + np.einsum("lpi,lp->il", moving[here][..., : len(state), 0], given)
        return moved

    return advance


def _projections(exchange: Sequence[Rates], matrices: Numbers) -> tuple[Numbers, Numbers | None]:
    """How fast each part of the amounts falls, and what picks the parts out, after Sylvester's formula.

    Segments x lanes x parts (x states x states); no matrices where rates are too near to each other.
    """
    parts = [exponentials(found)[0] for found in exchange]
    speeds = np.array(
        [
            falls if found.ka is None else np.concatenate([falls, found.ka[:, None]], 1)
            for falls, found in zip(parts, exchange, strict=True)
        ]
    )
    if not all(separable(falls, found.ka).all() for falls, found in zip(parts, exchange, strict=True)):
        return speeds, None
    size = speeds.shape[-1]
    less = [matrices + speeds[..., k, None, None] * np.eye(size) for k in range(size)]
    picked = []
    for k in range(size):
        others = [less[j] for j in range(size) if j != k]
        gaps = [speeds[..., j] - speeds[..., k] for j in range(size) if j != k]
        whole = reduce(np.matmul, others, np.broadcast_to(np.eye(size), matrices.shape))
        picked.append(whole / reduce(np.multiply, gaps, np.ones(1))[..., None, None])
    return np.where(speeds == 0, NONE, speeds), np.stack(picked, -3)


def _rate_matrix(exchange: Rates) -> Numbers:
    """Of the compartments, the depot where there is one, and the infusion; lanes x states x states."""
    both = ((exchange.k12, exchange.k21), (exchange.k13, exchange.k31))
    ways = [(out, back) for out, back in both if out is not None and back is not None]
    size = len(ways) + (3 if exchange.ka is not None else 2)
    kind = np.result_type(*(rate for rate in (exchange.k10, exchange.ka, *sum(ways, ())) if rate is not None))
    matrix = np.zeros((len(exchange.k10), size, size), kind)
    matrix[:, 0, 0] = -exchange.k10
    for k, (out, back) in enumerate(ways, start=1):
        matrix[:, 0, 0] -= out
        matrix[:, 0, k], matrix[:, k, 0], matrix[:, k, k] = back, out, -back
    if exchange.ka is not None:
        matrix[:, 0, -2], matrix[:, -2, -2] = exchange.ka, -exchange.ka
    matrix[:, 0, -1] = 1
    return matrix
