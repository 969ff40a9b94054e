"""A model whose predictions are linear in the etas, so that everything about it is known exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calc.population import Dose, Level, Person, PopulationModel, Residual, equation
from calc.population.expressions import Floats

OMEGA = np.array([[4.0, 0.6], [0.6, 1.0]])
ERROR = 1.5
PERSON = Person({}, (Dose(0, 10),))


def linear_model(residual: Residual | None = None) -> PopulationModel:
    """The course of a bolus of 10 with clearance and volume 1, times one eta, plus another and 20."""
    return PopulationModel(
        name="linear",
        time_unit="h",
        dose_unit="mg",
        concentration_unit="mg/L",
        covariates=(),
        etas=("A", "B"),
        omega=OMEGA,
        parameters=(("CL", equation("0.1")), ("V1", equation("1")), ("B", equation("eta_B"))),
        structure=1,
        outputs={"level": equation("20 + eta_A + B * C")},
        residuals={"level": residual or Residual(additive=ERROR)},
    )


@dataclass(frozen=True)
class Exact:
    """What levels say of the linear model, by matrices."""

    levels: tuple[Level, ...]

    @property
    def slopes(self) -> Floats:
        """Of each level by each eta."""
        return np.array([[1.0, 10 * np.exp(-0.1 * level.time)] for level in self.levels]).reshape(-1, 2)

    @property
    def covariance(self) -> Floats:
        """Of the etas after the levels."""
        return np.asarray(np.linalg.inv(np.linalg.inv(OMEGA) + self.slopes.T @ self.slopes / ERROR**2))

    @property
    def mode(self) -> Floats:
        """The most probable etas."""
        return np.asarray(self.covariance @ self.slopes.T @ self._apart / ERROR**2)

    @property
    def predictive(self) -> Floats:
        """Covariance of the levels before they were known."""
        return np.asarray(self.slopes @ OMEGA @ self.slopes.T + ERROR**2 * np.eye(len(self.levels)))

    @property
    def distance(self) -> float:
        """Of Mahalanobis."""
        return float(self._apart @ np.linalg.solve(self.predictive, self._apart))

    @property
    def log_evidence(self) -> float:
        """Log density of the levels."""
        constant = len(self.levels) * np.log(2 * np.pi) + np.linalg.slogdet(self.predictive)[1]
        return float(-(constant + self.distance) / 2)

    @property
    def _apart(self) -> Floats:
        return np.array([level.value - 20 for level in self.levels])
