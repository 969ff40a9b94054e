"""Simulation-based calibration: are posteriors as wide as they say, and where they say?

    python -m tests.calc.population.calibration MODEL... [--patients N] [--draws N] [--seed N]

For people drawn from the prior, with levels drawn from the model, the true value's place among the posterior
draws is uniform between 0 and 1, whatever the model (Talts, Betancourt, Simpson, Vehtari and Gelman,
arXiv:1804.06788, 2018). The share covered by the 90 % interval is known to 1.3 % with 512 patients, and to
0.6 % with 2048. One row for each eta, and one for the objective, which is a test of all together
(Modrak et al., arXiv:2211.02383, 2022).
"""

from __future__ import annotations

import argparse
import math
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, qmc

from calc.population import (
    Course,
    Dose,
    NotConverged,
    Objective,
    Person,
    PopulationModel,
    minimum,
    posterior,
)
from kb import load
from kb.models import DosingModel
from tests.calc.population.published import STUDIES, Design, measured

DRAWS = 2000


@dataclass(frozen=True, slots=True)
class Calibration:
    """Of one model."""

    names: tuple[str, ...]
    places: NDArray[np.float64]
    """Of the true values among the draws, patients x names, from 0 to 1."""
    effective: float
    """The median over patients of the effective number of draws."""
    chains: int
    """Patients for whom importance sampling did not do."""
    failed: int
    """Patients without a fit."""
    seconds: float

    @property
    def covered(self) -> NDArray[np.float64]:
        """Share of patients whose true value lies in the 90 % interval."""
        found: NDArray[np.float64] = (np.abs(self.places - 0.5) <= 0.45).mean(0)
        return found

    @property
    def distance(self) -> NDArray[np.float64]:
        """The largest distance of the places' distribution from the uniform one (Kolmogorov)."""
        count = len(self.places)
        steps = np.arange(count + 1) / count
        ordered = np.sort(self.places, axis=0)
        found: NDArray[np.float64] = np.maximum(
            (steps[1:, None] - ordered).max(0), (ordered - steps[:-1, None]).max(0)
        )
        return found

    @property
    def band(self) -> float:
        """Of the distance, with a confidence of 99 % (Massart, Ann Probab 1990;18:1269-1283)."""
        return math.sqrt(math.log(2 / 0.01) / (2 * len(self.places)))


def calibrated(
    study: Design, patients: int, draws: int, seed: int, assumed: PopulationModel | None = None
) -> Calibration:
    """Two levels of each patient; fitted with another model where one is given.

    Etas and errors are spread evenly over their distributions (Sobol's points, scrambled by the seed), so
    that few patients stand for many.
    """
    generator = np.random.default_rng(seed)
    model = assumed or study.model
    course = Course(study.model, study.person(generator), study.sampled(generator))
    root = np.linalg.cholesky(course.omega)
    points = qmc.Sobol(len(root) + 2, rng=generator).random_base2(math.ceil(math.log2(patients)))
    normals = norm.ppf(points[:patients])
    places, effective = [], []
    chains = failed = 0
    start = time.perf_counter()
    for patient, normal in enumerate(normals):
        person = study.person(generator)
        eta = root @ normal[:-2]
        times = study.sampled(generator)
        levels = measured(study, person, eta, times, normal[-2:])
        objective = Objective(model, person, levels)
        try:
            mode = minimum(objective)
        except NotConverged:
            failed += 1
            continue
        drawn = posterior(objective, mode, draws, seed + patient)
        true, values = objective.values(eta[None]), objective.values(drawn.etas)
        everything = np.column_stack([drawn.etas, values])
        places.append(drawn.weights @ (everything < np.append(eta, true)))
        effective.append(drawn.effective)
        chains += drawn.method == "chains"
    names = (*model.etas, *(f"{name} {occasion}" for name, occasion in course.kappas), "objective")
    spent = time.perf_counter() - start
    return Calibration(names, np.array(places), float(np.median(effective)), chains, failed, spent)


@dataclass(frozen=True, slots=True)
class Case:
    """The somebody of a validation case of the knowledge base, and its last two times."""

    model: PopulationModel
    somebody: Person
    times: tuple[float, float]
    least: float

    def person(self, generator: np.random.Generator) -> Person:
        """Always the same."""
        return self.somebody

    def sampled(self, generator: np.random.Generator) -> tuple[float, float]:
        """Always the same."""
        return self.times


def case(model: DosingModel) -> Case:
    """Of a model in the knowledge base. What is lost in the assay's noise is reported as being below it."""
    first = model.entry.cases[0]
    doses = tuple(Dose(dose.time, dose.amount, dose.duration, dose.route) for dose in first.doses)
    residual = model.population.residuals[next(iter(model.population.outputs))]
    least = max(residual.additive, 0.02 * min(first.typical[-2:]))
    times = (float(first.times[-2]), float(first.times[-1]))
    return Case(model.population, Person(first.covariates, doses), times, least)


def main() -> None:
    """Print one table."""
    models = load().models
    parser = argparse.ArgumentParser(description="Calibration of the posterior on simulated patients.")
    parser.add_argument("models", nargs="*", metavar="MODEL", help="of kb/models; none means all")
    parser.add_argument("--patients", type=int, default=512, help="evenest where a power of 2")
    parser.add_argument("--draws", type=int, default=DRAWS)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    unknown = sorted(set(given.models) - set(models))
    if unknown:
        parser.error(f"no model {', '.join(unknown)}; choose from {', '.join(models)}")
    for name in given.models or models:
        study = STUDIES.get(name) or case(models[name])
        found = calibrated(study, given.patients, given.draws, given.seed)
        print(
            f"{name}: {len(found.places)} patients, {found.failed} without a fit, {found.chains} by chains, "
            f"{found.effective:.0f} effective of {given.draws} draws, {found.seconds:.0f} s"
        )
        for parameter, covered, distance in zip(found.names, found.covered, found.distance, strict=True):
            verdict = "uniform" if distance <= found.band else "NOT UNIFORM"
            print(
                f"    {parameter:12} 90 % interval covers {covered:6.1%}   "
                f"distance {distance:.3f} (99 % band {found.band:.3f}) {verdict}"
            )


if __name__ == "__main__":
    main()
