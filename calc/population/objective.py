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
from calc.population.history import HistoryError, Level
from calc.population.linear import SAME_TIME
from calc.population.model import PopulationModel, States
from calc.population.ode import NotSolved

_STEP: Final = 1e-30
"""An imaginary part so small that its square is nothing: derivatives are exact."""
_STEEPEST: Final = 1e15
_TOGETHER: Final = 1000
"""So many lanes follow equations together; the slowest of them sets the step for all."""
_ROUGHLY: Final = 1e3
"""Times the tolerance of a model's own equations."""
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
        observed = np.array([level.value for level in self.levels])
        below = np.array([level.below for level in self.levels], bool)
        self.parts = []
        for name in dict.fromkeys(self.course.outputs):
            here = np.array([other == name for other in self.course.outputs])
            self.parts.append((model.residuals[name], here, observed[here], below[here]))
        self._check()
        self.omega = self.course.omega
        self.precision: Floats = np.linalg.inv(self.omega)
        self.size = len(self.omega)

    @property
    def typical(self) -> Floats:
        """The etas of a typical person."""
        return np.zeros(self.size)

    def _check(self) -> None:
        """Raises HistoryError for a level that nothing can be compared with."""
        first = min(
            (-np.inf if dose.count == np.inf else dose.time for dose in self.course.doses), default=np.inf
        )
        for level, output in zip(self.levels, self.course.outputs, strict=True):
            if level.value == 0 and (level.below or self.model.residuals[output].additive == 0):
                raise HistoryError(
                    f"the level at {level.time:g} is 0: give the limit of quantification, and say that the "
                    "level was below it"
                )
            if not isinstance(self.model.structure, States) and level.time <= first + SAME_TIME:
                raise HistoryError(
                    f"the level at {level.time:g} was taken before any dose: leave it out, or add the "
                    "doses that came before it"
                )

    def misfits(self, predicted: Numbers) -> Numbers:
        """Of each level."""
        if len(self.parts) == 1:
            residual, _, observed, below = self.parts[0]
            return residual.misfit(predicted, observed, below)
        found = np.empty_like(predicted)
        for residual, here, observed, below in self.parts:
            found[:, here] = residual.misfit(predicted[:, here], observed, below)
        return found

    def prior(self, etas: Numbers) -> Numbers:
        """eta' inv(Omega) eta."""
        weighed: Numbers = ((etas @ self.precision) * etas).sum(1)
        return weighed

    def roughly(self, etas: Floats) -> Floats:
        """As `values`, but a model's own equations are followed only as exactly as weights of draws need."""
        with self.course.loosely(_ROUGHLY):
            return self.values(etas)

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
        value, gradient, predicted = self._derived(etas)
        with np.errstate(all="ignore"):
            information = np.empty_like(predicted[:, 0, :].real)
            for residual, here, _, _ in self.parts:
                information[:, here] = residual.information(predicted[:, 0, here].real)
            information = np.where(np.isfinite(information), information, 0)
            rises = predicted.imag / _STEP
            expected = (rises * information[:, None, :]) @ rises.transpose(0, 2, 1) + 2 * self.precision
        expected[~np.isfinite(expected).all((1, 2))] = 2 * self.precision
        return Slopes(value, gradient, expected)

    def expectations(self, etas: Floats) -> tuple[Floats, Floats, Floats]:
        """Values, gradients and expected second derivatives at each of a few etas."""
        found = self.slopes(etas)
        return found.value, found.gradient, found.expected

    def _derived(self, etas: Floats) -> tuple[Floats, Floats, Numbers]:
        """Values, gradients, and predictions: starts x etas x levels, with the derivative by each eta."""
        starts, size = etas.shape
        lanes = (etas[:, None, :] + 1j * _STEP * np.eye(size)).reshape(-1, size)
        try:
            predicted = self.course(lanes)
        except NotSolved:
            if starts > 1:
                parts = [self._derived(etas[[k]]) for k in range(starts)]
                values, gradients, predictions = zip(*parts, strict=True)
                return np.concatenate(values), np.concatenate(gradients), np.concatenate(predictions)
            nothing = np.full((1, size), np.nan)
            return np.full(1, np.inf), nothing, np.full((1, size, len(self.levels)), np.nan + 0j)
        total = (self.misfits(predicted).sum(1) + self.prior(lanes)).reshape(starts, size)
        value, gradient = total[:, 0].real, total.imag / _STEP
        # Where the slope is so steep, the imaginary part is no longer next to nothing.
        usable = np.isfinite(value) & (np.abs(gradient) < _STEEPEST).all(1)
        return np.where(usable, value, np.inf), gradient, predicted.reshape(starts, size, -1)

    def bends(self, etas: Floats) -> tuple[Floats, Floats, Floats]:
        """Values, gradients and second derivatives at each of a few etas: differences of exact gradients."""
        starts, size = etas.shape
        apart = _APART * np.sqrt(np.diag(self.omega))
        around = np.concatenate([np.zeros((1, size)), np.diag(apart), -np.diag(apart)])
        values, gradients, _ = self._derived((etas[:, None] + around).reshape(-1, size))
        gradients = gradients.reshape(starts, 2 * size + 1, size)
        bends = (gradients[:, 1 : size + 1] - gradients[:, size + 1 :]) / (2 * apart[:, None])
        return values[:: 2 * size + 1], gradients[:, 0], (bends + bends.transpose(0, 2, 1)) / 2
