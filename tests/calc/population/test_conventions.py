"""What packages of the field do differently, and what may not matter: each said once, for whole fits.

That a level at a dose is before it, lags, resets and covariates that hold from or until their record are in
`test_linear`, `test_walk` and `test_course`; levels below a limit in `test_residual`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calc.population import Course, Dose, Level, Objective, Person, PopulationModel, Residual, compact, fit
from tests.calc.population.models import model

some = settings(derandomize=True, database=None, deadline=None, max_examples=30)

TEXTS = {"CL": "4 * exp(eta_CL)", "V1": "30 * exp(eta_V)", "Q": "6", "V2": "40", "KA": "1.2", "LAG": "0.3"}
OMEGA = {"CL": 0.2, "V": 0.1}
DOSES = (Dose(0, 500, 2.0), Dose(12, 500, 2.0), Dose(24, 700, route="oral"))
LEVELS = (Level(3.0, 9.0), Level(23.0, 4.0), Level(30.0, 11.0))


def _model(residual: Residual, scale: Mapping[str, float] | None = None) -> PopulationModel:
    texts = {name: f"({text}) * {(scale or {}).get(name, 1.0)!r}" for name, text in TEXTS.items()}
    return model(texts, 2, omega=OMEGA, residual=residual)


@pytest.mark.parametrize("adds", ["variances", "deviations"])
def test_combined_errors_weigh_levels_their_way(adds: str) -> None:
    residual = Residual(0.2, 1.0, adds=adds)  # type: ignore[arg-type]  # given as texts
    objective = Objective(_model(residual), Person({}, DOSES), LEVELS)
    predicted = objective.course(np.zeros((1, 2)))[0]
    deviation = np.hypot(0.2 * predicted, 1) if adds == "variances" else 0.2 * predicted + 1
    values = np.array([level.value for level in LEVELS])
    expected = (((values - predicted) / deviation) ** 2 + 2 * np.log(deviation)).sum()
    assert objective.values(np.zeros((1, 2)))[0] == pytest.approx(expected)


def test_the_prior_is_a_normal_of_all_etas_together() -> None:
    full = model(TEXTS, 2, omega=OMEGA, matrix=[[0.2, 0.05], [0.05, 0.1]])
    eta = np.array([[0.3, -0.4]])
    expected = eta[0] @ np.linalg.inv(full.omega) @ eta[0]
    assert Objective(full, Person({}, DOSES), ()).prior(eta)[0] == pytest.approx(expected)


def test_days_for_hours_give_the_same_person() -> None:
    residual = Residual(0.2, 1.0)
    hours = fit(_model(residual), Person({}, DOSES), LEVELS)
    per_day = _model(residual, {"CL": 24.0, "Q": 24.0, "KA": 24.0, "LAG": 1 / 24})
    doses = tuple(replace(dose, time=dose.time / 24, duration=dose.duration / 24) for dose in DOSES)
    levels = [replace(level, time=level.time / 24) for level in LEVELS]
    days = fit(per_day, Person({}, doses), levels)
    assert days.eta == pytest.approx(hours.eta, abs=1e-7)
    assert days.objective == pytest.approx(hours.objective, abs=1e-8)


def test_micrograms_for_milligrams_give_the_same_person() -> None:
    mg = fit(_model(Residual(0.2, 1.0)), Person({}, DOSES), LEVELS)
    doses = tuple(replace(dose, amount=1000 * dose.amount) for dose in DOSES)
    levels = [replace(level, value=1000 * level.value) for level in LEVELS]
    ug = fit(_model(Residual(0.2, 1000.0)), Person({}, doses), levels)
    assert ug.eta == pytest.approx(mg.eta, abs=1e-7)
    assert ug.objective == pytest.approx(mg.objective + 2 * len(LEVELS) * np.log(1000), abs=1e-7)


def test_the_order_of_doses_and_levels_does_not_matter() -> None:
    one = _model(Residual(0.2, 1.0))
    here, there = fit(one, Person({}, DOSES), LEVELS), fit(one, Person({}, DOSES[::-1]), LEVELS[::-1])
    assert here.eta.tolist() == there.eta.tolist()


@some
@given(st.integers(2, 40), st.floats(3, 25), st.sampled_from(["iv", "oral"]), st.floats(0.1, 300))
def test_many_doses_are_one_row_of_them(count: int, interval: float, route: str, time: float) -> None:
    one = _model(Residual(0.2))
    etas = np.array([[0.0, 0.0], [0.5, -0.3]])
    single = tuple(Dose(k * interval, 100, 1.0 if route == "iv" else 0.0, route) for k in range(count))  # type: ignore[arg-type]  # given as texts
    row = replace(single[0], interval=interval, count=count)
    assert len(compact(single)) == 1
    alone = sum(Course(one, Person({}, (dose,)), [time])(etas) for dose in single)
    for doses in (single, (row,)):
        assert Course(one, Person({}, doses), [time])(etas) == pytest.approx(alone, rel=1e-9, abs=1e-12)


@some
@given(st.floats(0.1, 10), st.floats(0.1, 10))
def test_doses_add_up_and_double(first: float, second: float) -> None:
    one, times = _model(Residual(0.2)), [0.5, 2.0, 13.0, 24.5, 60.0]
    eta = np.array([[0.2, -0.1]])

    def course(*doses: Dose) -> np.ndarray:
        return np.asarray(Course(one, Person({}, doses), times)(eta)[0])

    parts = [Dose(0, 100 * first, 2.0), Dose(12, 100 * second, route="oral")]
    units = first * course(Dose(0, 100, 2.0)) + second * course(Dose(12, 100, route="oral"))
    assert course(*parts) == pytest.approx(units, rel=1e-12)


def test_a_bolus_is_a_short_infusion() -> None:
    one, eta = _model(Residual(0.2)), np.array([[0.2, -0.1]])
    bolus, brief = (
        Course(one, Person({}, (Dose(0, 100, length),)), [1.0, 9.0])(eta) for length in (0.0, 1e-6)
    )
    assert brief == pytest.approx(bolus, rel=1e-6)
    assert Course(one, Person({}, (Dose(0, 100, 0.0), Dose(5, 50, 1.0))), [1.0])(eta) == pytest.approx(
        bolus[:, :1]
    )
