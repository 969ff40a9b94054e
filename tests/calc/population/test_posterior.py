"""All that levels leave possible: against quadrature, the same again for the same seed."""

from __future__ import annotations

import math

import numpy as np
import pytest

from calc.population import Dose, Level, Objective, Person, PopulationModel, Residual, minimum, posterior
from calc.population.expressions import Floats
from tests.calc.population.models import model

PERSON = Person({}, (Dose(0, 400, interval=12, count=4),))
LEVELS = [Level(8.0, 9.0), Level(47.0, 3.0)]
CASES = {
    "two levels": (model({"CL": "5 * exp(eta_CL)", "V1": "40"}, omega={"CL": 0.3}), LEVELS),
    "no level": (model({"CL": "5 * exp(eta_CL)", "V1": "40"}, omega={"CL": 0.3}), []),
    "below a limit": (
        model({"CL": "5 * exp(eta_CL)", "V1": "40"}, omega={"CL": 0.5}),
        [Level(47.0, 1.0, below=True)],
    ),
    "a wide prior and a skewed error": (
        model({"CL": "5 * exp(eta_CL)", "V1": "40"}, omega={"CL": 2.0}, residual=Residual(0.5, 1.0)),
        [Level(47.0, 3.0)],
    ),
}


def _quadrature(objective: Objective) -> tuple[Floats, Floats]:
    grid = np.linspace(-9, 9, 40001) * float(np.sqrt(objective.omega[0, 0]))
    logs = -objective.values(grid[:, None]) / 2
    density = np.exp(logs - logs.max())
    return grid, density / density.sum()


@pytest.mark.parametrize("name", list(CASES))
def test_one_eta_against_quadrature(name: str) -> None:
    one, levels = CASES[name]
    objective = Objective(one, PERSON, levels)
    found = posterior(objective, minimum(objective), 20_000, seed=5)
    grid, density = _quadrature(objective)
    mean = float(density @ grid)
    deviation = float(np.sqrt(density @ (grid - mean) ** 2))
    etas = found.etas[:, 0]
    assert found.mean(etas) == pytest.approx(mean, abs=0.02 * deviation)
    assert found.deviation(etas) == pytest.approx(deviation, rel=0.04)
    shares = (0.025, 0.05, 0.5, 0.95, 0.975)
    exact = np.interp(shares, np.cumsum(density), grid)
    assert found.quantiles(etas, shares) == pytest.approx(exact, abs=0.05 * deviation)
    assert found.share((etas < exact[2]).astype(float)) == pytest.approx(0.5, abs=0.01)
    assert found.weights.sum() == pytest.approx(1)


def _two() -> tuple[PopulationModel, list[Level]]:
    texts = {"CL": "5 * exp(eta_CL)", "V1": "40 * exp(eta_V)"}
    return model(texts, omega={"CL": 0.3, "V": 0.2}), LEVELS


def test_two_etas_against_quadrature() -> None:
    one, levels = _two()
    objective = Objective(one, PERSON, levels)
    found = posterior(objective, minimum(objective), 20_000, seed=1)
    axes = [np.linspace(-5, 5, 401) * np.sqrt(variance) for variance in (0.3, 0.2)]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 2)
    logs = -objective.values(grid) / 2
    density = np.exp(logs - logs.max())
    density /= density.sum()
    mean = density @ grid
    covariance = (grid - mean).T @ ((grid - mean) * density[:, None])
    assert found.mean(found.etas) == pytest.approx(mean, abs=0.01)
    apart = found.etas - found.mean(found.etas)
    assert apart.T @ (apart * found.weights[:, None]) == pytest.approx(
        covariance, abs=0.05 * covariance[0, 0]
    )
    assert found.effective > 2000


def test_the_same_seed_gives_the_same_draws_and_another_others() -> None:
    one, levels = _two()
    objective = Objective(one, PERSON, levels)
    mode = minimum(objective)
    first, same, other = (posterior(objective, mode, 500, seed) for seed in (3, 3, 4))
    assert (first.etas == same.etas).all()
    assert (first.weights == same.weights).all()
    assert not (first.etas == other.etas).all()


def test_chains_take_over_where_few_draws_carry_the_weight() -> None:
    # A level so exact that what is left possible is a thin curve: a = -1 - 3 b^2.
    texts = {"CL": "0", "V1": "40 * exp(eta_a + 3 * eta_b ** 2)"}
    one = model(texts, omega={"a": 1.0, "b": 1.0}, residual=Residual(logarithmic=0.03))
    objective = Objective(one, Person({}, (Dose(0, 400),)), [Level(1.0, 10 * math.e)])
    found = posterior(objective, minimum(objective), 20_000, seed=2)
    assert found.method == "chains"
    a, b = found.etas.T
    assert np.abs(a + 1 + 3 * b**2).max() < 0.2
    grid = np.linspace(-6, 6, 20001)
    density = np.exp(-(grid**2) / 2 - (1 + 3 * grid**2) ** 2 / 2)
    exact = float((density / density.sum()) @ grid**2)
    assert found.mean(b**2) == pytest.approx(exact, rel=0.15)
    assert found.mean(b) == pytest.approx(0, abs=0.05)
    # Steps along a thin curve are short, and the effective size says so.
    assert found.effective < 1000
