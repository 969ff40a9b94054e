"""What levels and prior together say against a set of etas: the objective of estimation.

-2 log of likelihood times prior, without constants: the misfit of every level plus eta' inv(Omega) eta, as
NONMEM's post-hoc step minimises it (Sheiner and Beal, J Pharm Sci 1982;71:1344-1348, PMID 7153881).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from calc.population.course import Course, Person
from calc.population.expressions import Floats, Numbers
from calc.population.history import Level
from calc.population.model import PopulationModel, States
from calc.population.ode import NotSolved

_STEP: Final = 1e-30
"""An imaginary part so small that its square is nothing: derivatives are exact."""
_TOGETHER: Final = 1000
"""So many lanes follow equations together; the slowest of them sets the step for all."""
_APART: Final = 1e-4
"""Of a deviation: how far apart the gradients are that make second derivatives."""


@dataclass(frozen=True, slots=True)
class Slopes:
    """The objective and its first derivatives at several etas."""

    value: Floats
    """One a start; infinite where nothing can be predicted."""
    gradient: Floats
    """Starts x etas."""
    expected: Floats
    """Second derivatives as expected over levels, starts x etas x etas: never below those of the prior."""


class Objective:
    """For one person, one model and the levels at hand."""

    def __init__(self, model: PopulationModel, person: Person, levels: Sequence[Level]) -> None:
        self.model, self.person = model, person
        self.levels = tuple(sorted(levels, key=lambda level: level.time))
        self.course = Course(
            model, person, [level.time for level in self.levels], [level.output for level in self.levels]
        )
        self.observed = np.array([level.value for level in self.levels])
        self.below = np.array([level.below for level in self.levels], bool)
        self.by_output = {
            name: np.array([other == name for other in self.course.outputs]) for name in self.course.outputs
        }
        self.omega = self.course.omega
        self.precision: Floats = np.linalg.inv(self.omega)
        self.size = len(self.omega)

    @property
    def typical(self) -> Floats:
        """The etas of a typical person."""
        return np.zeros(self.size)

    def misfits(self, predicted: Numbers) -> Numbers:
        """Of each level."""
        found = np.empty_like(predicted)
        for name, here in self.by_output.items():
            residual = self.model.residuals[name]
            found[:, here] = residual.misfit(predicted[:, here], self.observed[here], self.below[here])
        return found

    def prior(self, etas: Numbers) -> Numbers:
        """eta' inv(Omega) eta."""
        weighed: Numbers = ((etas @ self.precision) * etas).sum(1)
        return weighed

    def values(self, etas: Floats) -> Floats:
        """The objective of each of many etas; infinite where nothing can be predicted."""
        if len(etas) > _TOGETHER and isinstance(self.model.structure, States):
            parts = [self.values(etas[at : at + _TOGETHER]) for at in range(0, len(etas), _TOGETHER)]
            return np.concatenate(parts)
        try:
            predicted = self.course(etas)
        except NotSolved:
            if len(etas) == 1:
                return np.full(1, np.inf)
            half = len(etas) // 2
            return np.concatenate([self.values(etas[:half]), self.values(etas[half:])])
        total = self.misfits(predicted).sum(1) + self.prior(etas)
        return np.where(np.isfinite(total), total, np.inf)

    def slopes(self, etas: Floats) -> Slopes:
        """Exact first derivatives at each of a few etas, by the complex step."""
        starts, size = etas.shape
        lanes = (etas[:, None, :] + 1j * _STEP * np.eye(size)).reshape(-1, size)
        try:
            predicted = self.course(lanes)
        except NotSolved:
            if starts > 1:
                parts = [self.slopes(etas[[k]]) for k in range(starts)]
                return Slopes(
                    *(np.concatenate([getattr(part, name) for part in parts]) for name in Slopes.__slots__)
                )
            nothing = np.full((1, size), np.nan)
            return Slopes(np.full(1, np.inf), nothing, np.broadcast_to(2 * self.precision, (1, size, size)))
        total = (self.misfits(predicted).sum(1) + self.prior(lanes)).reshape(starts, size)
        value, gradient = total[:, 0].real, total.imag / _STEP
        usable = np.isfinite(value) & np.isfinite(gradient).all(1)
        each = predicted.reshape(starts, size, -1)
        rises = each.imag / _STEP
        weights = self._expected(each[:, 0, :].real)
        expected = np.einsum("sil,sl,sjl->sij", rises, weights, rises) + 2 * self.precision
        expected[~np.isfinite(expected).all((1, 2))] = 2 * self.precision
        return Slopes(np.where(usable, value, np.inf), gradient, expected)

    def _expected(self, predicted: Floats) -> Floats:
        """How sharply the misfit of each level bends, expected over what could have been measured."""
        weights = np.zeros_like(predicted)
        for name, here in self.by_output.items():
            residual, f = self.model.residuals[name], predicted[:, here]
            with np.errstate(all="ignore"):
                deviation = residual.deviation(f + 1j * _STEP)
                if residual.logarithmic:
                    weights[:, here] = 2 / (residual.logarithmic * f) ** 2
                else:
                    change = (deviation.imag / _STEP) / deviation.real
                    weights[:, here] = 2 / deviation.real**2 + 4 * change**2
        return np.where(np.isfinite(weights), weights, 0)

    def bend(self, eta: Floats) -> tuple[Floats, Floats]:
        """Gradient and second derivatives at one eta: differences of exact gradients."""
        apart = _APART * np.sqrt(np.diag(self.omega))
        points = np.concatenate([[eta], eta + np.diag(apart), eta - np.diag(apart)])
        gradients = self.slopes(points).gradient
        size = self.size
        bend = (gradients[1 : size + 1] - gradients[size + 1 :]) / (2 * apart[:, None])
        return gradients[0], (bend + bend.T) / 2
