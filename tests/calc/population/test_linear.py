"""Closed forms of one, two and three compartments: against 40-digit figures, matrices and each other."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.linalg import expm

from calc.population import Course, Dose, Person
from tests.calc.population.models import model, reference

many = settings(derandomize=True, database=None, deadline=None, max_examples=100)

ONE = {"CL": 5.0, "V1": 40.0}
TWO = {"CL": 3.0, "V1": 12.0, "Q": 5.0, "V2": 30.0}
THREE = {"CL": 1.5, "V1": 5.0, "Q": 2.0, "V2": 20.0, "Q3": 0.4, "V3": 80.0}
ORAL = {"KA": 1.1}


def levels(
    parameters: Mapping[str, float], doses: Sequence[Dose], times: Sequence[float]
) -> NDArray[np.float64]:
    """Of a person without etas."""
    texts = {name: repr(float(value)) for name, value in parameters.items()}
    compartments = 3 if "V3" in texts else 2 if "V2" in texts else 1
    typical = model(texts | {"unused": "eta_CL"}, compartments)
    return np.asarray(Course(typical, Person({}, tuple(doses)), times)(np.zeros((1, 1)))[0])


def _case(case: Mapping[str, Any]) -> tuple[dict[str, float], str]:
    names = {"ka": "KA", "tlag": "LAG"}
    parameters = {names.get(name, name): value for name, value in case["parameters"].items()}
    return parameters, "oral" if "KA" in parameters else "iv"


def test_the_reference_of_single_doses() -> None:
    for case in reference("solver-visible.json")["linear"]:
        parameters, route = _case(case)
        doses = [Dose(one["time"], one["amt"], one.get("dur", 0), route) for one in case["doses"]]  # type: ignore[arg-type]  # given as texts
        expected = [float(text) for text in case["conc"]]
        assert levels(parameters, doses, case["times_h"]) == pytest.approx(expected, rel=1e-11), case["name"]


def test_the_reference_of_steady_states() -> None:
    for case in reference("solver-visible.json")["steady_state"]:
        parameters, route = _case(case)
        dose, tau = case["dose"], case["tau_h"]
        endless = Dose(0, dose["amt"], dose.get("dur", 0), route, tau, math.inf)  # type: ignore[arg-type]  # given as texts
        # The reference has the peak right after a bolus at 0; here a level at a dose is before it.
        times = [1e-7 if time == 0 else time for time in case["times_after_dose_h"]]
        expected = [float(text) for text in case["conc"]]
        assert levels(parameters, [endless], times) == pytest.approx(expected, rel=2e-8), case["name"]
        day = np.linspace(1e-7, tau, 20001)
        mean = np.trapezoid(levels(parameters, [endless], list(day)), day) / tau
        assert mean == pytest.approx(float(case["css_avg"]), rel=1e-6)


@pytest.mark.parametrize("parameters", [ONE, TWO, THREE])
@pytest.mark.parametrize("route", ["bolus", "infusion", "oral"])
def test_matrix_exponentials_agree(parameters: dict[str, float], route: str) -> None:
    # Amounts in the compartments, the depot and the rate of infusion.
    out = [parameters[name] / parameters["V1"] for name in ("Q", "Q3") if name in parameters]
    back = [parameters[q] / parameters[v] for q, v in (("Q", "V2"), ("Q3", "V3")) if q in parameters]
    size = len(out) + 3
    matrix = np.zeros((size, size))
    matrix[0, 0] = -parameters["CL"] / parameters["V1"] - sum(out)
    for k, (away, again) in enumerate(zip(out, back, strict=True), start=1):
        matrix[0, k], matrix[k, 0], matrix[k, k] = again, away, -again
    matrix[0, -2], matrix[-2, -2], matrix[0, -1] = 1.1, -1.1, 1.0
    start = np.zeros(size)
    start[{"bolus": 0, "infusion": -1, "oral": -2}[route]] = 50.0 if route == "infusion" else 100.0
    expected = []
    for time in (0.5, 2.0, 9.0, 40.0):
        state = expm(matrix * min(time, 2.0)) @ start
        state[-1] = 0 if time > 2 else state[-1]
        expected.append((expm(matrix * max(time - 2, 0)) @ state)[0] / parameters["V1"])
    dose = Dose(0, 100, 2.0 if route == "infusion" else 0.0, "oral" if route == "oral" else "iv")
    assert levels(parameters | ORAL, [dose], [0.5, 2, 9, 40]) == pytest.approx(expected, rel=1e-11)


ROWS = st.builds(
    lambda time, amount, duration, route, interval, count: Dose(
        time, amount, duration if route == "iv" else 0.0, route, interval, count
    ),
    st.floats(0, 5),
    st.sampled_from([100.0, 250.0]),
    st.sampled_from([0.0, 1.0, 11.0, 30.0]),
    st.sampled_from(["iv", "oral"]),
    st.floats(4, 24),
    st.integers(2, 12),
)


@many
@given(st.sampled_from([ONE, TWO, THREE]), st.lists(ROWS, min_size=1, max_size=3))
def test_a_row_of_doses_is_the_sum_of_its_doses(parameters: dict[str, float], rows: list[Dose]) -> None:
    # Infusions may be longer than their interval, so that several run at once.
    times = [0.3, 5.0, 24.0, 61.7, 200.0, 400.0]
    parts = [
        levels(
            parameters | ORAL, [Dose(row.time + k * row.interval, row.amount, row.duration, row.route)], times
        )
        for row in rows
        for k in range(int(row.count))
    ]
    assert levels(parameters | ORAL, rows, times) == pytest.approx(np.sum(parts, axis=0), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("parameters", [ONE, TWO, THREE])
@pytest.mark.parametrize("duration", [0.0, 1.0, 12.0, 20.0])
def test_an_endless_row_is_a_very_long_one(parameters: dict[str, float], duration: float) -> None:
    count = 4000
    endless = Dose(0, 100, duration, interval=12, count=math.inf)
    long = Dose(-12.0 * (count - 1), 100, duration, interval=12, count=count)
    # Before the last dose, after it, and in its tail.
    times = [-30.0, -11.9, -0.1, 0.0, 0.5, 7.0, 11.9, 19.0, 100.0]
    assert levels(parameters, [endless], times) == pytest.approx(levels(parameters, [long], times), rel=1e-9)


def test_an_endless_infusion_comes_to_rate_over_clearance() -> None:
    endless = Dose(0, 240, 24, interval=24, count=math.inf)
    assert levels(TWO, [endless], [-5, 3, 24]) == pytest.approx([10 / 3.0] * 3)


@pytest.mark.parametrize("apart", [0.0, 1e-13, 1e-9, 1e-6, 0.9e-5, 1.1e-5, 1e-4])
def test_absorption_as_fast_as_elimination(apart: float) -> None:
    # The limit is k t exp(-k t); next to it, the first order of the difference.
    k, times = 5.0 / 40.0, np.array([0.5, 8.0, 30.0])
    found = levels(ONE | {"KA": k * (1 + apart)}, [Dose(0, 100, route="oral")], list(times))
    limit = 100 / 40 * k * times * np.exp(-k * times)
    assert found == pytest.approx(limit * (1 + apart * (1 - k * times / 2)), rel=2e-8)


def test_a_clearance_that_reaches_zero_leaves_all_inside() -> None:
    doses = [Dose(0, 100), Dose(1, 100, 2), Dose(10, 50, interval=5, count=4)]
    assert levels({"CL": 0, "V1": 40}, doses, [0.5, 2, 3, 100]) == pytest.approx(
        np.array([100, 150, 200, 400]) / 40
    )
    assert levels({"CL": 0, "V1": 40, "KA": 1}, [Dose(0, 100, route="oral")], [1]) == pytest.approx(
        100 / 40 * (1 - math.exp(-1))
    )
    two = levels(TWO | {"CL": 0}, [Dose(0, 100, interval=12, count=3)], [1e4])
    assert two == pytest.approx(300 / 42)
    three = levels(THREE | {"CL": 0}, [Dose(0, 100, 2)], [1e5])
    assert three == pytest.approx(100 / 105, rel=1e-6)


def test_no_steady_state_without_clearance() -> None:
    assert not np.isfinite(levels({"CL": 0, "V1": 40}, [Dose(0, 1, interval=12, count=math.inf)], [1])).any()


@many
@given(st.sampled_from([ONE, TWO, THREE]), ROWS)
def test_hours_or_days_are_the_same(parameters: dict[str, float], row: Dose) -> None:
    hours = parameters | ORAL | {"LAG": 0.4}
    rates = {"CL", "Q", "Q3", "KA"}
    days = {name: value * 24 if name in rates else value for name, value in hours.items()} | {"LAG": 0.4 / 24}
    times = [3.0, 24.5, 100.0]
    in_days = Dose(row.time / 24, row.amount, row.duration / 24, row.route, row.interval / 24, row.count)
    found = levels(days, [in_days], [time / 24 for time in times])
    assert found == pytest.approx(levels(hours, [row], times), rel=1e-7, abs=1e-12)


def test_a_level_before_the_lag_is_zero() -> None:
    found = levels(ONE | ORAL | {"LAG": 2.0}, [Dose(1, 100, route="oral")], [2.9, 3.0, 3.1])
    assert found[:2].tolist() == [0, 0]
    assert found[2] > 0


def test_a_level_at_a_dose_is_taken_before_it() -> None:
    found = levels(ONE, [Dose(0, 100), Dose(12, 100)], [0, 12, 12 + 1e-6])
    assert found[0] == 0
    assert found[1] == pytest.approx(100 / 40 * math.exp(-1.5))
    assert found[2] == pytest.approx(found[1] + 100 / 40, rel=1e-6)
