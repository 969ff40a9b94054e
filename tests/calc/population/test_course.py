"""Courses: what covariates, occasions and outputs come to, and what a person's data may not be."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from calc.population import Course, Dose, HistoryError, MissingCovariate, Person
from tests.calc.population.models import model, states

BY_WEIGHT = {"CL": "5 * WT / 70 * exp(eta_CL)", "V1": "40"}
DOSE = (Dose(0, 100),)


def _levels(person: Person, times: list[float]) -> list[float]:
    return list(Course(model(BY_WEIGHT, covariates=("WT",)), person, times)(np.zeros((1, 1)))[0])


def test_a_covariate_holds_from_its_record_or_until_it() -> None:
    records = [(0.0, 70.0), (4.0, 140.0)]
    times = [2.0, 4.0, 10.0]
    ahead = _levels(Person({"WT": records}, DOSE, "from"), times)
    behind = _levels(Person({"WT": records}, DOSE, "until"), times)
    k = 5 / 40
    assert ahead == pytest.approx([2.5 * math.exp(-part * k) for part in (2, 4, 4 + 2 * 6)])
    # Until its record: from 0 to 4 the weight of the record at 4, and nothing else is known of later.
    assert behind == pytest.approx([2.5 * math.exp(-part * k) for part in (4, 8, 20)])


def test_the_first_record_holds_before_itself_and_the_last_ever_after() -> None:
    for holds in ("from", "until"):
        person = Person({"WT": [(5.0, 70.0)]}, DOSE, holds)
        assert _levels(person, [2.0, 9.0]) == pytest.approx([2.5 * math.exp(-t / 8) for t in (2, 9)])


def test_what_holds_until_a_record_holds_at_it_too() -> None:
    # The weight is 70 until 0, 140 until 4, 35 until 8; the level at 4 sees the volume of 140.
    one = model({"CL": "5 * exp(eta_CL)", "V1": "40 * WT / 70"}, covariates=("WT",))
    person = Person({"WT": [(0.0, 70.0), (4.0, 140.0), (8.0, 35.0)]}, (Dose(-2, 100),), "until")
    found = Course(one, person, [0.0, 4.0, 8.0])(np.zeros((1, 1)))[0]
    volumes, parts = np.array([40, 80, 20]), np.array([2 / 8, 4 / 16, 4 / 4])
    assert found == pytest.approx(100 * np.exp(-parts.cumsum()) / volumes)


def test_records_come_in_any_order() -> None:
    records = [(0.0, 70.0), (4.0, 140.0), (6.0, 35.0)]
    swapped = Person({"WT": records[::-1]}, DOSE)
    assert _levels(swapped, [3.0, 5.0, 9.0]) == _levels(Person({"WT": records}, DOSE), [3.0, 5.0, 9.0])


@pytest.mark.parametrize("covariates", [{}, {"WT": []}])
def test_a_missing_covariate_is_named(covariates: dict[str, Any]) -> None:
    with pytest.raises(MissingCovariate, match="the covariate WT is missing"):
        Course(model(BY_WEIGHT, covariates=("WT",)), Person(covariates, DOSE), [1.0])


@pytest.mark.parametrize("value", [math.nan, math.inf, [(0.0, 70.0), (3.0, math.nan)]])
def test_a_covariate_that_is_no_number_is_named(value: Any) -> None:
    with pytest.raises(HistoryError, match="covariate WT is"):
        Course(model(BY_WEIGHT, covariates=("WT",)), Person({"WT": value}, DOSE), [1.0])


def test_every_occasion_has_a_deviation_of_its_own() -> None:
    one = model(
        {"CL": "5 * exp(eta_CL + kappa_CL)", "V1": "40"},
        between_occasions={"CL": 0.04},
        occasions=(0.0, 8.0, 16.0),
    )
    course = Course(one, Person({}, DOSE), [4.0, 8.0, 16.0, 20.0])
    assert np.diag(course.omega).tolist() == [0.1, 0.04, 0.04, 0.04]
    # One eta, then the deviations of the three occasions.
    found = course(np.array([[0.1, 0.2, -0.3, 0.4]]))[0]
    speeds = [5 / 40 * math.exp(0.1 + kappa) for kappa in (0.2, -0.3, 0.4)]
    parts = np.cumsum([4 * speeds[0], 4 * speeds[0], 8 * speeds[1], 4 * speeds[2]])
    assert found == pytest.approx(2.5 * np.exp(-parts))


def test_parameters_of_a_segment() -> None:
    course = Course(model(BY_WEIGHT, covariates=("WT",)), Person({"WT": [(0, 70), (4, 140)]}, DOSE), [9.0])
    etas = np.array([[0.0], [0.2]])
    assert course.parameters(etas, 0)["CL"] == pytest.approx([5, 5 * math.exp(0.2)])
    assert course.parameters(etas)["CL"] == pytest.approx([10, 10 * math.exp(0.2)])
    assert course.parameters(etas)["V1"].tolist() == [40, 40]


def test_parameters_that_read_the_time_change_where_the_model_says() -> None:
    one = model({"CL": "(5 if TIME < 6 else 10) * exp(eta_CL)", "V1": "40"}, changes=(6.0,))
    found = Course(one, Person({}, DOSE), [6.0, 10.0])(np.zeros((1, 1)))[0]
    assert found == pytest.approx([2.5 * math.exp(-6 / 8), 2.5 * math.exp(-6 / 8 - 4 / 4)])


@pytest.mark.parametrize("closed", [True, False])
def test_each_level_has_its_output(closed: bool) -> None:
    texts = {"CL": "5 * exp(eta_CL)", "V1": "40", "FU": "0.1"}
    if closed:
        one = model(texts, outputs={"total": "C", "free": "FU * C", "scale": "FU"})
    else:
        outputs = {"total": "A / V1", "free": "FU * A / V1", "scale": "FU"}
        one = model(texts, states({"A": "-CL / V1 * A"}), outputs=outputs)
    course = Course(one, Person({}, DOSE), [8.0, 8.0, 8.0, 8.0], ["observed", "free", "total", "scale"])
    total = 2.5 * math.exp(-1)
    assert course(np.zeros((2, 1)))[1] == pytest.approx([total, total / 10, total, 0.1], rel=1e-6)


def test_no_doses_no_drug() -> None:
    assert Course(model({"CL": "exp(eta_CL)", "V1": "1"}), Person({}, ()), [1.0, 2.0])(
        np.zeros((1, 1))
    ).tolist() == [[0, 0]]
