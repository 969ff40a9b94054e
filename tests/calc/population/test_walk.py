"""From event to event: the same as closed forms where both hold, and as a solver where only it does."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from calc.population import Course, Dose, HistoryError, NotSolved, Person
from calc.population.linear import Superposition, exponentials, rates, separable
from calc.population.matrix import exponential
from tests.calc.population.models import model, states

some = settings(derandomize=True, database=None, deadline=None, max_examples=40)

PARAMETERS = {
    1: {"CL": "5 * exp(eta_CL)", "V1": "40 * exp(eta_V)"},
    2: {"CL": "3 * exp(eta_CL)", "V1": "12 * exp(eta_V)", "Q": "5", "V2": "30"},
    3: {"CL": "1.5 * exp(eta_CL)", "V1": "5 * exp(eta_V)", "Q": "2", "V2": "20", "Q3": "0.4", "V3": "80"},
}
OMEGA = {"CL": 0.1, "V": 0.1, "LAG": 0.1}
ABSORBED = {"KA": "1.1", "LAG": "0.5 * exp(eta_LAG)", "F": "0.7"}
ETAS = np.array([[0.0, 0.0, 0.0], [0.4, -0.3, 0.8], [-0.6, 0.2, -1.2], [0.1, 0.9, 2.0]])
DOSES = st.builds(
    lambda time, amount, duration, route: Dose(time, amount, duration if route == "iv" else 0.0, route),
    st.floats(0, 40),
    st.sampled_from([100.0, 250.0]),
    st.sampled_from([0.0, 1.0, 11.0]),
    st.sampled_from(["iv", "oral"]),
)
TIMES = [0.2, 3.0, 12.0, 12.5, 24.0, 47.0, 80.0]


def _walked(compartments: int, doses: Sequence[Dose], times: Sequence[float]) -> NDArray[np.float64]:
    """The same model, but it has to be followed: a change that changes nothing."""
    one = model(PARAMETERS[compartments] | ABSORBED, compartments, omega=OMEGA, changes=(-1.0, 13.0))
    return np.asarray(Course(one, Person({}, tuple(doses)), times)(ETAS))


def _closed(compartments: int, doses: Sequence[Dose], times: Sequence[float]) -> NDArray[np.float64]:
    one = model(PARAMETERS[compartments] | ABSORBED, compartments, omega=OMEGA)
    return np.asarray(Course(one, Person({}, tuple(doses)), times)(ETAS))


@some
@given(st.sampled_from([1, 2, 3]), st.lists(DOSES, min_size=1, max_size=5))
def test_walking_equals_the_closed_form(compartments: int, doses: list[Dose]) -> None:
    # Every lane has a lag of its own, so that arrivals pass levels and each other.
    walked, closed = _walked(compartments, doses, TIMES), _closed(compartments, doses, TIMES)
    assert walked == pytest.approx(closed, rel=1e-9, abs=1e-9)


def test_lags_and_durations_of_their_own() -> None:
    doses = [Dose(0, 100), Dose(6, 100, resets=True), Dose(20, 100)]
    texts = PARAMETERS[2] | {"DUR": "4 * exp(eta_LAG)"}
    found = [
        Course(model(texts, 2, omega=OMEGA, changes=changes), Person({}, tuple(doses)), TIMES)(ETAS)
        for changes in ((), (13.0,))
    ]
    assert found[0] == pytest.approx(found[1], rel=1e-9, abs=1e-12)
    alone = [
        Course(model(texts, 2, omega=OMEGA), Person({}, tuple(doses)), TIMES)(eta[None])[0] for eta in ETAS
    ]
    assert found[0] == pytest.approx(np.array(alone), rel=1e-12)


@pytest.mark.parametrize("compartments", [1, 2, 3])
def test_after_a_reset_only_what_came_since_counts(compartments: int) -> None:
    before = [Dose(0, 500, 3), Dose(2, 400, route="oral"), Dose(11, 300, 5)]
    since = [Dose(12, 100, resets=True), Dose(14, 80, route="oral")]
    times = [12.0, 12.5, 15.5, 30.0]
    alone = _closed(compartments, [Dose(12, 100), since[1]], times)
    for way in (_walked, _closed):
        found = way(compartments, before + since, times)
        assert found[:, 1:] == pytest.approx(alone[:, 1:], rel=1e-9)
        # A level at the very time of the reset was taken before it.
        assert found[:, :1] == pytest.approx(way(compartments, before, [12.0]), rel=1e-9)


def test_a_reset_wipes_what_is_still_on_its_way() -> None:
    # The lags of the lanes are 0.5 to 3.7 h, so that some have the dose when it is wiped and some not yet.
    doses = [Dose(11, 500, route="oral"), Dose(12, 100, resets=True)]
    for way in (_walked, _closed):
        assert way(1, doses, [20.0]) == pytest.approx(_closed(1, [Dose(12, 100)], [20.0]), rel=1e-9)


def test_a_row_of_doses_across_a_reset() -> None:
    doses = [Dose(0, 100, interval=6, count=5), Dose(9, 50, resets=True)]
    since = [Dose(9, 50), Dose(12, 100, interval=6, count=3)]
    for way in (_walked, _closed):
        assert way(2, doses, [10.0, 30.0]) == pytest.approx(_closed(2, since, [10.0, 30.0]), rel=1e-9)


@pytest.mark.parametrize("compartments", [1, 2, 3])
def test_an_endless_row_can_be_walked(compartments: int) -> None:
    doses = [Dose(0, 100, 1.0, interval=12, count=math.inf), Dose(12, 300, 1.0)]
    times = [-3.0, 0.0, 2.0, 12.0, 14.0, 40.0]
    assert _walked(compartments, doses, times) == pytest.approx(_closed(compartments, doses, times), rel=1e-9)


def test_an_endless_row_without_a_steady_state_is_refused() -> None:
    one = model({"CL": "0 * exp(eta_CL)", "V1": "40"}, changes=(5.0,))
    with pytest.raises(NotSolved, match="steady state"):
        Course(one, Person({}, (Dose(0, 1, interval=12, count=math.inf),)), [10.0])(np.zeros((1, 1)))
    own = model({"k": "0.1 * exp(eta_CL)"}, states({"A": "-k * A"}), outputs={"C": "A"})
    with pytest.raises(HistoryError, match="one by one"):
        Course(own, Person({}, (Dose(0, 1, interval=12, count=math.inf),)), [10.0])(np.zeros((1, 1)))


@pytest.mark.parametrize("holds", ["from", "until"])
def test_covariates_that_change_against_a_solver(holds: str) -> None:
    records = [(0.0, 60.0), (7.0, 90.0), (15.0, 30.0), (30.0, 75.0)]
    person = Person({"CRCL": records}, (Dose(0, 400, 2.0), Dose(12, 400, route="oral")), holds)  # type: ignore[arg-type]  # given as texts
    texts = {"CL": "4 * CRCL / 70 * exp(eta_CL)", "V1": "30 + CRCL / 10", "Q": "6", "V2": "50", "KA": "0.9"}
    times = [1.0, 6.9, 7.1, 14.0, 15.5, 29.0, 31.0, 60.0]

    def covariate(time: float) -> float:
        if holds == "from":
            return [value for at, value in records if at <= time][-1]
        return next((value for at, value in records if at >= time), records[-1][1])

    def slope(time: float, state: NDArray[np.float64]) -> list[float]:
        crcl = covariate(time)
        central, other, depot = state
        out = (4 * crcl / 70 + 6) / (30 + crcl / 10) * central
        back = 6 / 50 * other
        rate = 200 if time < 2 else 0
        return [rate + back - out + 0.9 * depot, 6 / (30 + crcl / 10) * central - back, -0.9 * depot]

    expected, state, now = [], np.zeros(3), 0.0
    for then in sorted({2.0, 7.0, 12.0, 15.0, 30.0, *times}):
        # Open ends, so that no step looks over a change.
        inside = (now + 1e-12, then - 1e-12)
        state = solve_ivp(slope, inside, state, method="DOP853", rtol=1e-12, atol=1e-12).y[:, -1]
        if then in times:
            expected.append(state[0] / (30 + covariate(then) / 10))
        if then == 12:
            state[2] += 400
        now = then
    found = Course(model(texts, 2, covariates=("CRCL",)), person, times)(np.zeros((1, 1)))[0]
    assert found == pytest.approx(expected, rel=1e-8)


def test_records_that_all_agree_change_nothing() -> None:
    one = model({"CL": "CRCL * exp(eta_CL)", "V1": "40"}, covariates=("CRCL",))
    course = Course(one, Person({"CRCL": [(0, 5), (10, 5), (20, 5)]}, (Dose(0, 100),)), [30.0])
    assert course.changes == []


def test_rates_next_to_each_other_are_followed_and_the_others_are_not() -> None:
    one = model({"CL": "4 * exp(eta_CL)", "V1": "40", "KA": "0.1"}, covariates=())
    etas = np.array([[0.0], [1e-7], [0.5]])
    parameters = Course(one, Person({}, (Dose(0, 1),)), [1.0]).parameters(etas)
    assert separable(exponentials(rates(parameters, 1))[0], parameters["KA"]).tolist() == [False, False, True]
    found = Course(one, Person({}, (Dose(0, 100, route="oral"),)), [8.0])(etas)
    assert found[0, 0] == pytest.approx(100 / 40 * 0.8 * math.exp(-0.8), rel=1e-12)
    assert found[1, 0] == pytest.approx(found[0, 0], rel=1e-6)


def test_matrices_of_any_size_together() -> None:
    small, large = np.array([[-1e-9, 0.0], [1e-9, 0.0]]), np.array([[-1e5, 1e5], [2e5, -2e5]])
    found = exponential(np.array([small, large, np.full((2, 2), np.inf)]))
    assert found[0] == pytest.approx(np.eye(2) + small, rel=1e-15)
    assert found[1] == pytest.approx(np.array([[2, 1], [2, 1]]) / 3, rel=1e-9)
    assert not np.isfinite(found[2]).any()


def test_one_dose_that_goes_nowhere_is_refused() -> None:
    for changes in ((), (5.0,)):
        one = model({"CL": "5 * exp(eta_CL)", "V1": "40"}, changes=changes)
        with pytest.raises(HistoryError, match="KA"):
            Course(one, Person({}, (Dose(0, 100, route="oral"),)), [10.0])(np.zeros((1, 1)))


def test_lanes_in_chunks_are_the_same_lanes() -> None:
    rows = [Dose(0, 100, 1.0, interval=12, count=200), Dose(5, 70)]
    falls, shares = np.full((9000, 2), [0.5, 0.05]), np.full((9000, 2), [0.4, 0.6])
    found = Superposition(rows, np.array([3.0, 500.0]))(falls, shares)
    assert (found == found[0]).all()
