"""The best time of the next level: the reference's answer, and a variance worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from calc.population import Course, Dose, DosingError, Person, Residual, next_sample
from tests.calc.population.dosing_models import model, person, reference, vancomycin

INFUSED = Person({"WT": 75, "CRCL": 80}, (Dose(0, 1500, 1.5), Dose(12, 1000, 1)))


def test_reference_times() -> None:
    case = reference("solver-visible.json")["next_sample"]
    found = next_sample(vancomycin(), person(case), np.arange(1.5, 24.01, 0.25))
    assert found.best_for_parameter == case["best_time_for_var_lnCL"]
    assert found.best_for_all == case["best_time_D_optimal"]
    assert found.deviations.min() == pytest.approx(case["sd_lnCL"], rel=1e-9)
    assert found.prior_deviation == pytest.approx(case["prior_sd_lnCL"], rel=1e-9)


def test_one_eta_by_hand() -> None:
    """A bolus, additive error: J = -C k t, variance = 1 / (1 / omega^2 + J^2 / sigma^2)."""
    of = model({"CL": "4 * exp(eta_CL)", "V1": "40"}, {"CL": 0.5}, residual=Residual(additive=0.8))
    times = np.array([0.5, 4.0, 10.0, 30.0])
    found = next_sample(of, Person({}, (Dose(0, 400),)), times)
    information = (10 * np.exp(-0.1 * times) * 0.1 * times / 0.8) ** 2
    np.testing.assert_allclose(found.deviations, (4 + information) ** -0.5, rtol=1e-12)
    np.testing.assert_allclose(found.determinants, np.log(4 + information), rtol=1e-12)
    assert found.best_for_parameter == found.best_for_all == 10.0, "near 1 / k"


def test_slopes_are_those_of_the_course() -> None:
    """Against differences of predictions, away from the typical person, with an error of the logarithm."""
    of = model(
        {"CL": "4 * exp(eta_CL)", "V1": "40 * exp(eta_V)"},
        {"CL": 0.5, "V": 0.3},
        residual=Residual(logarithmic=0.2),
    )
    patient = Person({}, (Dose(0, 400),))
    eta, time = np.array([0.3, -0.2]), 7.0
    steps = 1e-5 * np.eye(2)
    course = Course(of, patient, [time])
    rises = np.log(course(eta + steps)[:, 0] / course(eta - steps)[:, 0]) / 2e-5
    information = np.diag([4, 1 / 0.09]) + np.outer(rises, rises) / 0.04
    found = next_sample(of, patient, [time], eta=eta)
    assert found.deviations[0] == pytest.approx(np.linalg.inv(information)[0, 0] ** 0.5, rel=1e-7)
    volume = next_sample(of, patient, [time], eta=eta, parameter="V1")
    assert volume.deviations[0] == pytest.approx(np.linalg.inv(information)[1, 1] ** 0.5, rel=1e-7)


def test_every_level_helps_and_the_next_one_less() -> None:
    of, times = vancomycin(), np.arange(2.0, 24.0)
    first = next_sample(of, INFUSED, times)
    second = next_sample(of, INFUSED, times, measured=[23.0])
    at = list(times).index(23.0)
    assert np.all(first.deviations <= first.prior_deviation)
    assert second.prior_deviation == pytest.approx(first.deviations[at])
    assert np.all(second.deviations <= first.deviations + 1e-12)
    gain = first.prior_deviation - first.deviations[at]
    assert second.prior_deviation - second.deviations[at] < gain


def test_a_time_without_drug_tells_nothing() -> None:
    found = next_sample(vancomycin(), INFUSED, [-1.0, 0.0, 20.0])
    assert found.deviations[0] == found.deviations[1] == pytest.approx(found.prior_deviation)
    assert found.best_for_parameter == 20.0


def test_what_cannot_be_answered() -> None:
    with pytest.raises(DosingError, match="`times` is empty"):
        next_sample(vancomycin(), INFUSED, [])
    with pytest.raises(DosingError, match="`parameter` is KA, which vancomycin has not: one of CL"):
        next_sample(vancomycin(), INFUSED, [4.0], parameter="KA")
    of = model({"CL": "4 * exp(eta_CL)", "V1": "40", "D": "eta_CL"}, {"CL": 0.5})
    with pytest.raises(DosingError, match="`parameter` is D, which is not above zero"):
        next_sample(of, INFUSED, [4.0], parameter="D")
