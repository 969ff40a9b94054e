"""Probability of attainment: exact values, quadrature, MICs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from calc.population import (
    DosingError,
    Forecast,
    Measure,
    Person,
    Regimen,
    Target,
    attainment,
    toxicity,
)
from tests.calc.population.dosing_models import beta_lactam, model, prior, reference

NOBODY = Person({}, ())
many = settings(derandomize=True, database=None, deadline=None, max_examples=20)
BETA_LACTAM = beta_lactam()
DRAWS = prior(BETA_LACTAM, 10_000)
FORECAST = Forecast(BETA_LACTAM, NOBODY, DRAWS.etas)
THRICE = Regimen(1000, 8, 0.5)


def test_reference_probabilities() -> None:
    cases = reference("solver-visible.json")["pta"]
    assert len(cases) == 4
    for case in cases:
        if "daily_dose_mg" in case:
            of = model({"CL": f"{case['tvCL_L_h']} * exp(eta_CL)", "V1": "50"}, {"CL": case["omega_sd"]})
            regimen = Regimen(case["daily_dose_mg"], 24)
            target = Target(Measure("AUC24"), low=case["target"], mic=case["MIC"])
        else:
            of = model(
                {"CL": f"{case['tvCL']} * exp(eta_CL)", "V1": f"{case['tvV']} * exp(eta_V)"},
                {"CL": case["omega_sd_CL"], "V": case["omega_sd_V"]},
            )
            regimen = Regimen(case["dose_mg"], case["tau_h"], case["infusion_h"])
            target = Target(
                Measure("time above", unbound=case["fu"]), low=case["target_fraction"], mic=case["MIC"]
            )
            typical = Forecast(of, NOBODY, np.zeros((1, 2)))
            share = typical.of(target.measure, regimen, case["MIC"])[0]
            assert share == pytest.approx(case["typical_fT"], abs=1e-3)
        draws = prior(of, 20_000)
        found = attainment(target, Forecast(of, NOBODY, draws.etas), regimen, draws)
        assert found == pytest.approx(case["probability"], abs=2e-3)


def test_a_band_of_the_area_against_the_normal_distribution() -> None:
    """ln(dose / CL) is normal, so the probability between two limits has a closed form."""
    low, high = 150.0, 220.0
    z = np.log(np.array([low, high]) * 15 / 3000) / 0.3
    expected = float(np.diff(norm.cdf(z))[0])
    assert attainment(Target(Measure("AUC24"), low, high), FORECAST, THRICE, DRAWS) == pytest.approx(
        expected, abs=2e-3
    )


def test_a_trough_against_quadrature() -> None:
    """After boluses, one compartment: dose / V * x / (1 - x) with x = exp(-CL / V * tau)."""
    regimen, limit = Regimen(1000, 6), 1.5

    grid_v, grid_cl = np.linspace(-1.5, 1.5, 601)[:, None], np.linspace(-1.8, 1.8, 601)
    volume, clearance = 22 * np.exp(grid_v), 15 * np.exp(grid_cl)
    left = np.exp(-clearance / volume * 6)
    inside = 1000 / volume * left / (1 - left) >= limit
    density = norm.pdf(grid_v, 0, 0.25) * norm.pdf(grid_cl, 0, 0.3)
    expected = np.trapezoid(np.trapezoid(inside * density, grid_cl), grid_v[:, 0])
    found = attainment(Target(Measure("trough"), low=limit), FORECAST, regimen, DRAWS)
    assert found == pytest.approx(expected, abs=4e-3)


def test_mics_as_a_distribution_are_an_average() -> None:
    shares = {0.5: 0.2, 2.0: 0.5, 8.0: 0.3}
    for measure, low in ((Measure("time above", unbound=0.9), 0.4), (Measure("AUC24"), 100.0)):
        alone = {mic: attainment(Target(measure, low, mic=mic), FORECAST, THRICE, DRAWS) for mic in shares}
        together = attainment(Target(measure, low, mic=shares), FORECAST, THRICE, DRAWS)
        assert together == pytest.approx(sum(share * alone[mic] for mic, share in shares.items()))
        assert alone[0.5] > alone[2.0] > alone[8.0]


def test_an_mic_divides_the_area() -> None:
    plain = Target(Measure("AUC24"), 200, 400)
    assert attainment(Target(Measure("AUC24"), 100, 200, mic=2.0), FORECAST, THRICE, DRAWS) == attainment(
        plain, FORECAST, THRICE, DRAWS
    )


def test_weights_count() -> None:
    heavy = type(DRAWS)(
        DRAWS.etas, np.exp(DRAWS.etas[:, 0]) / np.exp(DRAWS.etas[:, 0]).sum(), 1e4, DRAWS.method
    )
    high = Target(Measure("AUC24"), low=200)
    # Weights of exp(eta) move the mean of a normal eta by its variance.
    expected = norm.cdf((np.log(15) - 0.09 - np.log(15)) / 0.3)
    assert attainment(high, FORECAST, THRICE, heavy) == pytest.approx(expected, abs=3e-3)


def test_any_harm_counts_once() -> None:
    above, peak = Target(Measure("AUC24"), low=250), Target(Measure("peak"), low=60)
    one, other = (toxicity([each], FORECAST, THRICE, DRAWS) for each in (above, peak))
    both = toxicity([above, peak], FORECAST, THRICE, DRAWS)
    assert max(one, other) < both < one + other
    assert toxicity([above, above], FORECAST, THRICE, DRAWS) == pytest.approx(one)


@many
@given(st.floats(10, 900), st.floats(1.0, 2.0))
def test_limits_are_ordered(low: float, wider: float) -> None:
    """A lower limit moved down, or an upper one up, is reached at least as often."""
    narrow = attainment(Target(Measure("AUC24"), low, 1.3 * low), FORECAST, THRICE, DRAWS)
    wide = attainment(Target(Measure("AUC24"), low / wider, 1.3 * low * wider), FORECAST, THRICE, DRAWS)
    least = attainment(Target(Measure("AUC24"), low), FORECAST, THRICE, DRAWS)
    most = attainment(Target(Measure("AUC24"), high=low), FORECAST, THRICE, DRAWS)
    assert narrow <= wide + 1e-12 and narrow <= least + 1e-12
    assert least + most == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize(
    ("measure", "fields", "says"),
    [
        (Measure("trough"), {}, "at least one limit"),
        (Measure("trough"), {"low": -1}, "at least one limit, finite and not below zero"),
        (Measure("trough"), {"low": float("nan")}, "finite"),
        (Measure("trough"), {"low": 20, "high": 10}, "`low` is 20, above `high`, 10"),
        (Measure("time above", above=2), {"low": 40}, "a limit of 40 for a time above: it is a share"),
        (Measure("time above"), {"low": 0.4}, "either the measure's `above` or the target's `mic`"),
        (Measure("time above", above=2), {"low": 0.4, "mic": 2}, "either the measure's"),
        (Measure("trough occupancy", half=2), {"low": 0.4, "mic": 2}, "`mic` is given, but means nothing"),
        (Measure("AUC24"), {"low": 400, "mic": 0}, "`mic` is 0"),
        (Measure("AUC24"), {"low": 400, "mic": {1: 0.5, 2: 0.4}}, "have to add up to 1"),
        (Measure("AUC24"), {"low": 400, "mic": {}}, "have to add up to 1"),
        (Measure("AUC24"), {"low": 400, "mic": {1: 1.5, 2: -0.5}}, "`mic share` is -0.5"),
    ],
)
def test_what_is_no_target(measure: Measure, fields: dict[str, Any], says: str) -> None:
    with pytest.raises(DosingError, match=says):
        Target(measure, **fields)
