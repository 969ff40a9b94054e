"""Compartments with first-order elimination whose parameters change: by the exponential of the rate matrix.

Exact between two events whatever the rates are, equal ones and zero included. Moler and Van Loan, SIAM Rev
2003;45:3-49 (method 3, scaling and squaring).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from calc.population.expressions import Numbers
from calc.population.linear import rates
from calc.population.walk import Advance

_TERMS: Final = 14


def exponential(matrices: Numbers) -> Numbers:
    """exp of each of a stack of square matrices."""
    largest = float(np.abs(np.real(matrices)).sum(axis=-1).max(initial=0))
    halvings = max(0, int(np.ceil(np.log2(largest))) + 1) if largest > 0.5 else 0
    small = matrices / 2**halvings
    result: Numbers = np.eye(matrices.shape[-1]) + small / _TERMS
    for k in range(_TERMS - 1, 0, -1):
        result = np.eye(matrices.shape[-1]) + small @ result / k
    for _ in range(halvings):
        result = result @ result
    return result


def by_exponentials(each: Sequence[Mapping[str, Numbers]], compartments: int) -> Advance:
    """Advance for segments with the parameters of `each`."""
    matrices = np.array([_rate_matrix(values, compartments) for values in each])
    kept: dict[tuple[int, complex], Numbers] = {}

    def advance(
        state: Numbers,
        depot: Numbers,
        rate: Numbers,
        segment: NDArray[np.int_],
        start: Numbers,
        length: Numbers,
    ) -> Numbers:
        lanes = np.arange(len(length))
        if np.all(length == length[0]) and np.all(segment == segment[0]):
            key = (int(segment[0]), complex(length[0]))
            if key not in kept:
                kept[key] = exponential(matrices[segment[0]] * length[0])
            moves = kept[key]
        else:
            moves = exponential(matrices[segment, lanes] * length[:, None, None])
        whole = np.concatenate([state, depot[None], rate[None]])
        moved: Numbers = np.einsum("lij,jl->il", moves[:, : len(state)], whole)
        return moved

    return advance


def _rate_matrix(values: Mapping[str, Numbers], compartments: int) -> Numbers:
    """Of the compartments, the depot and the rate of infusion, in this order; lanes x states x states."""
    exchange = rates(values, compartments)
    columns = compartments + 2
    matrix = np.zeros((len(exchange.k10), columns, columns), np.result_type(*values.values()))
    matrix[:, 0, 0] = -exchange.k10
    for k, (out, back) in enumerate(((exchange.k12, exchange.k21), (exchange.k13, exchange.k31)), start=1):
        if out is not None and back is not None:
            matrix[:, 0, 0] -= out
            matrix[:, 0, k], matrix[:, k, 0], matrix[:, k, k] = back, out, -back
    if exchange.ka is not None:
        matrix[:, 0, -2], matrix[:, -2, -2] = exchange.ka, -exchange.ka
    matrix[:, 0, -1] = 1
    return matrix
