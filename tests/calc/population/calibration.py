"""Simulation-based calibration: are posteriors as wide as they say, and where they say?

    python -m tests.calc.population.calibration MODEL... [--patients N] [--draws N] [--seed N]

For people drawn from the prior, with levels drawn from the model, the true value's place among the posterior
draws is uniform between 0 and 1, whatever the model (Talts, Betancourt, Simpson, Vehtari and Gelman,
arXiv:1804.06788, 2018). One row for each eta, and one for the objective, which is a test of all together
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

from calc.population import NotConverged, Objective, PopulationModel, fit, posterior
from tests.calc.population.published import STUDIES, Study, measured

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
    study: Study, patients: int, draws: int, seed: int, assumed: PopulationModel | None = None
) -> Calibration:
    """Two troughs, or one trough and one peak, of each patient; fitted with another model where one is given.

    Etas and errors are spread evenly over their distributions (Sobol's points, scrambled by the seed), so
    that few patients stand for many.
    """
    generator = np.random.default_rng(seed)
    model = assumed or study.model
    root = np.linalg.cholesky(study.model.omega)
    points = qmc.Sobol(len(root) + 2, rng=generator).random_base2(math.ceil(math.log2(patients)))
    normals = norm.ppf(points[:patients])
    places, effective = [], []
    chains = failed = 0
    start = time.perf_counter()
    for patient, normal in enumerate(normals):
        person = study.person(generator)
        eta = root @ normal[:-2]
        times = (study.troughs[1], study.troughs[3] if generator.random() < 0.5 else study.peak)
        levels = measured(study, person, eta, times, normal[-2:])
        try:
            mode = fit(model, person, levels)
        except NotConverged:
            failed += 1
            continue
        objective = Objective(model, person, levels)
        drawn = posterior(objective, mode, draws, seed + patient)
        true, values = objective.values(eta[None]), objective.values(drawn.etas)
        everything = np.column_stack([drawn.etas, values])
        places.append(drawn.weights @ (everything < np.append(eta, true)))
        effective.append(drawn.effective)
        chains += drawn.method == "chains"
    names = (*model.etas, "objective")
    spent = time.perf_counter() - start
    return Calibration(names, np.array(places), float(np.median(effective)), chains, failed, spent)


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description="Calibration of the posterior on simulated patients.")
    parser.add_argument("models", nargs="*", metavar="MODEL", help=f"of {', '.join(STUDIES)}; none means all")
    parser.add_argument("--patients", type=int, default=500)
    parser.add_argument("--draws", type=int, default=DRAWS)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    unknown = sorted(set(given.models) - set(STUDIES))
    if unknown:
        parser.error(f"no model {', '.join(unknown)}; choose from {', '.join(STUDIES)}")
    for name in given.models or STUDIES:
        found = calibrated(STUDIES[name], given.patients, given.draws, given.seed)
        print(
            f"{name}: {len(found.places)} patients, {found.failed} without a fit, {found.chains} by chains, "
            f"{found.effective:.0f} effective of {given.draws} draws, {found.seconds:.0f} s"
        )
        for parameter, covered, distance in zip(found.names, found.covered, found.distance, strict=True):
            verdict = "uniform" if distance <= found.band else "NOT UNIFORM"
            print(
                f"    {parameter:10} 90 % interval covers {covered:6.1%}   "
                f"distance {distance:.3f} (99 % band {found.band:.3f}) {verdict}"
            )


if __name__ == "__main__":
    main()
