"""The error of a level: its two conventions, levels below a limit, and what a level is expected to tell."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.polynomial.hermite_e import hermegauss
from scipy.special import log_ndtr

from calc.population import Residual

many = settings(derandomize=True, database=None, deadline=None, max_examples=100)
ABOVE, BELOW = np.array([False]), np.array([True])
RESIDUALS = [
    Residual(0.2),
    Residual(0.0, 3.0),
    Residual(0.2, 3.0),
    Residual(0.2, 3.0, adds="deviations"),
    Residual(logarithmic=0.3),
]


def _misfit(residual: Residual, predicted: complex, level: float, below: bool = False) -> complex:
    return complex(
        residual.misfit(np.array([[predicted]]), np.array([level]), BELOW if below else ABOVE)[0, 0]
    )


def test_combined_errors_add_variances_or_deviations() -> None:
    predicted = np.array([40.0])
    assert Residual(0.1, 3.0).deviation(predicted) == pytest.approx(5.0)
    assert Residual(0.1, 3.0, adds="deviations").deviation(predicted) == pytest.approx(7.0)


@pytest.mark.parametrize("residual", RESIDUALS)
def test_the_misfit_is_minus_twice_the_log_density(residual: Residual) -> None:
    if residual.logarithmic:
        deviates, spread = (np.log(50) - np.log(40)) / 0.3, 0.3
    else:
        spread = float(residual.deviation(np.array([40.0]))[0])
        deviates = (50 - 40) / spread
    assert _misfit(residual, 40, 50).real == pytest.approx(deviates**2 + 2 * np.log(spread))


@pytest.mark.parametrize("residual", RESIDUALS)
def test_below_a_limit_counts_the_chance_to_lie_there(residual: Residual) -> None:
    for predicted in (0.5, 4.0, 5.0, 7.0, 30.0, 400.0, 5000.0):
        if residual.logarithmic:
            deviate = (np.log(5) - np.log(predicted)) / 0.3
        else:
            deviate = (5 - predicted) / float(residual.deviation(np.array([predicted]))[0])
        assert _misfit(residual, predicted, 5.0, below=True).real == pytest.approx(
            -2 * log_ndtr(deviate), rel=1e-9, abs=1e-12
        )


@many
@given(st.floats(-300, 30))
def test_far_below_a_limit_values_and_derivatives_hold(deviate: float) -> None:
    one = Residual(0.0, 1.0)
    found = _misfit(one, 400 - deviate + 1e-30j, 400.0, below=True)
    assert found.real == pytest.approx(-2 * log_ndtr(deviate), rel=1e-9, abs=1e-13)
    ratio = np.exp(-(deviate**2) / 2 - log_ndtr(deviate)) / np.sqrt(2 * np.pi)
    assert found.imag / 1e-30 == pytest.approx(2 * ratio, rel=1e-3, abs=1e-13)


@pytest.mark.parametrize("residual", [Residual(0.2), Residual(logarithmic=0.3)])
def test_no_drug_at_all_is_surely_below_the_limit(residual: Residual) -> None:
    assert _misfit(residual, 0.0, 5.0, below=True) == 0


@pytest.mark.parametrize("residual", RESIDUALS)
def test_information_is_the_mean_square_of_the_slope(residual: Residual) -> None:
    # Fisher: of -log likelihood, the expected second derivative is the expected square of the first; by
    # Gauss and Hermite's quadrature over the levels that a prediction of 40 makes likely.
    nodes, weights = hermegauss(40)
    if residual.logarithmic:
        levels = 40 * np.exp(0.3 * nodes)
    else:
        levels = 40 + residual.deviation(np.array([40.0])) * nodes
    lanes = np.full((1, len(levels)), 40 + 1e-30j)
    with np.errstate(invalid="ignore"):
        slopes = residual.misfit(lanes, levels, np.zeros(len(levels), bool))[0].imag / 1e-30
    expected = (weights / weights.sum()) @ (slopes / 2) ** 2
    assert residual.information(np.array([40.0]))[0] == pytest.approx(2 * expected, rel=1e-9)
