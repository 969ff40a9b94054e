"""Errors with heavy tails: Student's law, and what one absurd level can do."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t as student

from calc.population import Dose, Level, Objective, Person, Residual, StudentResidual, minimum, robust
from tests.calc.population.linear_model import PERSON, linear_model
from tests.calc.population.published import VANCOMYCIN

SOMEBODY = Person({"WT": 72, "CRCL": 85, "DIAL": 0}, (Dose(0, 1000, 1, interval=12, count=4),))
TROUGHS = (Level(23.5, 12.0), Level(35.5, 13.0))
STEP = 1e-30


def _misfit(residual: Residual, predicted: complex, level: float, below: bool = False) -> complex:
    found = residual.misfit(np.array([[predicted]]), np.array([level]), np.array([below]))
    return complex(found[0, 0])


@given(st.floats(0.01, 1e3), st.floats(0.01, 1e3))
def test_the_misfit_is_that_of_student(predicted: float, level: float) -> None:
    constant = np.log(2 * np.pi)
    natural = StudentResidual(proportional=0.2, additive=1.0)
    scale = np.hypot(0.2 * predicted, 1.0)
    expected = -2 * student.logpdf(level, 4, predicted, scale) - constant
    assert _misfit(natural, predicted, level).real == pytest.approx(expected, rel=1e-9, abs=1e-9)
    logarithmic = StudentResidual(logarithmic=0.3)
    expected = -2 * student.logpdf(np.log(level), 4, np.log(predicted), 0.3) - constant
    assert _misfit(logarithmic, predicted, level).real == pytest.approx(expected, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("deviate", [-1e7, -300, -4, -0.1, 0, 0.1, 4, 300, 1e7])
def test_a_level_below_its_limit_counts_by_the_share_of_student(deviate: float) -> None:
    residual = StudentResidual(additive=1.0)
    predicted, limit = 1e8 - deviate, 1e8
    exact = limit - predicted
    assert _misfit(residual, predicted, limit, below=True).real == pytest.approx(
        -2 * student.logcdf(exact, 4), rel=1e-9, abs=1e-12
    )


@given(st.floats(0.1, 200), st.booleans())
def test_derivatives_are_carried(predicted: float, below: bool) -> None:
    residual = StudentResidual(proportional=0.2, additive=1.0)
    slope = _misfit(residual, predicted + STEP * 1j, 10.0, below).imag / STEP
    apart = 1e-5 * predicted
    differences = (
        _misfit(residual, predicted + apart, 10.0, below) - _misfit(residual, predicted - apart, 10.0, below)
    ).real / (2 * apart)
    assert slope == pytest.approx(differences, rel=1e-4, abs=1e-6)


def test_one_absurd_level_moves_the_mode_by_a_bounded_amount() -> None:
    without = minimum(Objective(VANCOMYCIN, SOMEBODY, TROUGHS))
    deviations = np.sqrt(np.diag(without.covariance))

    def moved(heavy: bool, value: float) -> float:
        model = robust(VANCOMYCIN) if heavy else VANCOMYCIN
        with_it = minimum(Objective(model, SOMEBODY, (*TROUGHS, Level(30, value))))
        return float((np.abs(with_it.eta - without.eta) / deviations).max())

    values = (60.0, 200.0, 1e3, 1e4, 1e6)
    assert max(moved(True, value) for value in values) < 0.5
    assert moved(True, 1e8) == pytest.approx(moved(True, 1e6), abs=0.001)
    assert moved(False, 200.0) > 3


def test_where_errors_do_not_grow_an_absurd_level_counts_for_nothing() -> None:
    levels = (Level(1, 29.0), Level(5, 21.5))
    without = minimum(Objective(robust(linear_model()), PERSON, levels))
    with_it = minimum(Objective(robust(linear_model()), PERSON, (*levels, Level(12, 1e5))))
    assert with_it.eta == pytest.approx(without.eta, abs=1e-3)


def test_levels_that_fit_count_much_as_before() -> None:
    plain = minimum(Objective(VANCOMYCIN, SOMEBODY, TROUGHS))
    heavy = minimum(Objective(robust(VANCOMYCIN), SOMEBODY, TROUGHS))
    assert heavy.eta == pytest.approx(plain.eta, abs=0.02)


def test_the_gradient_at_the_mode_is_none() -> None:
    model = robust(linear_model())
    objective = Objective(model, PERSON, [Level(1, 90.0), Level(5, 21.5), Level(12, 18.0)])
    mode = minimum(objective)
    for eta in np.eye(2) * 1e-3:
        around = objective.values(np.array([mode.eta + eta, mode.eta - eta]))
        assert (around > mode.objective).all()


def test_all_outputs_become_robust_and_nothing_else_changes() -> None:
    model = robust(VANCOMYCIN)
    assert model.residuals == {"level": StudentResidual(0.227, 3.4)}
    assert (model.name, model.etas, model.parameters) == (
        VANCOMYCIN.name,
        VANCOMYCIN.etas,
        VANCOMYCIN.parameters,
    )
