"""The most probable etas: derivatives, minima, creases, and refusals in place of last steps."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calc.population import (
    Course,
    Dose,
    HistoryError,
    Level,
    NotConverged,
    NotSolved,
    Objective,
    Person,
    PopulationModel,
    Residual,
    fit,
    minimum,
)
from calc.population.expressions import Numbers
from tests.calc.population.models import model, states

some = settings(derandomize=True, database=None, deadline=None, max_examples=40)

INFUSIONS = Person({}, (Dose(0, 1000, 1.0, interval=12, count=5),))
ORAL = Person({}, (Dose(0, 1000, route="oral", interval=12, count=3), Dose(40, 1500, route="oral")))
LEVELS = [Level(2.0, 14.0), Level(11.0, 8.0), Level(41.0, 33.0)]
MODELS: dict[str, tuple[PopulationModel, Person]] = {
    "two compartments": (
        model(
            {"CL": "4.5 * exp(eta_CL)", "V1": "58 * exp(eta_V)", "Q": "6.5", "V2": "38 * exp(eta_V2)"}, 2,
            matrix=[[0.15, 0.05, 0], [0.05, 0.5, 0.1], [0, 0.1, 0.28]], omega={"CL": 0, "V": 0, "V2": 0},
            residual=Residual(0.2, 3.0),
        ),
        INFUSIONS,
    ),
    "absorbed after a lag": (
        model(
            {
                "CL": "4 * exp(eta_CL)", "V1": "70 * exp(eta_V)", "KA": "exp(eta_KA)",
                "LAG": "0.4 * exp(eta_LAG)",
            }, omega={"CL": 0.2, "V": 0.2, "KA": 0.4, "LAG": 0.1},
            residual=Residual(0.2, 1.0, adds="deviations"),
        ),
        ORAL,
    ),
    "three compartments on a log scale": (
        model(
            {
                "CL": "4 * exp(eta_CL)", "V1": "20 * exp(eta_V)", "Q": "2", "V2": "20 * exp(eta_V2)",
                "Q3": "0.4", "V3": "80",
            }, 3, omega={"CL": 0.2, "V": 0.2, "V2": 0.3}, residual=Residual(logarithmic=0.25),
        ),
        INFUSIONS,
    ),
    "clearance by occasion": (
        model(
            {"CL": "4 * exp(eta_CL + kappa_CL)", "V1": "50 * exp(eta_V)"}, omega={"CL": 0.2, "V": 0.1},
            between_occasions={"CL": 0.05}, occasions=(0.0, 12.0, 30.0),
        ),
        INFUSIONS,
    ),
    "saturable": (
        model(
            {"VM": "60 * exp(eta_VM)", "KM": "8 * exp(eta_KM)", "V": "50"},
            states({"A": "-VM * (A / V) / (KM + A / V)"}, tolerance=1e-10), omega={"VM": 0.1, "KM": 0.2},
            outputs={"C": "A / V"},
        ),
        INFUSIONS,
    ),
}  # fmt: skip
CLOSED = [name for name in MODELS if name != "saturable"]


def _objective(name: str, below: bool = False) -> Objective:
    one, person = MODELS[name]
    return Objective(one, person, [*LEVELS, *([Level(47.0, 9.0, below=True)] if below else [])])


@some
@given(st.sampled_from(list(MODELS)), st.booleans(), st.lists(st.floats(-1.5, 1.5), min_size=5, max_size=5))
def test_gradients_equal_differences(name: str, below: bool, point: list[float]) -> None:
    objective = _objective(name, below)
    eta = np.array(point[: objective.size]) * np.sqrt(np.diag(objective.omega))
    found = objective.slopes(eta[None])
    assert found.value[0] == pytest.approx(objective.values(eta[None])[0], rel=1e-9)
    for index in range(objective.size):
        apart = np.zeros(objective.size)
        apart[index] = 1e-4
        around = objective.values(eta + np.outer([-2, -1, 1, 2], apart))
        slope = (around[0] - 8 * around[1] + 8 * around[2] - around[3]) / 12e-4
        assert found.gradient[0, index] == pytest.approx(
            slope, rel=2e-5, abs=2e-4 * (1 + abs(found.value[0]))
        )


@pytest.mark.parametrize("name", list(MODELS))
def test_second_derivatives_equal_differences_and_are_symmetric(name: str) -> None:
    objective = _objective(name)
    eta = 0.3 * np.sqrt(np.diag(objective.omega))
    values, gradients, bends = objective.bends(np.array([eta, -eta]))
    assert bends == pytest.approx(bends.transpose(0, 2, 1), rel=1e-14)
    assert gradients == pytest.approx(objective.slopes(np.array([eta, -eta])).gradient, rel=1e-6)
    apart = 1e-3 * np.eye(objective.size)
    for point, value, bend in zip((eta, -eta), values, bends, strict=True):
        for i in range(objective.size):
            ends = objective.values(point + np.array([[1], [-1]]) * apart[i])
            assert bend[i, i] == pytest.approx((ends.sum() - 2 * value) / 1e-6, rel=1e-3, abs=1e-2)


@pytest.mark.parametrize("name", list(MODELS))
@pytest.mark.parametrize("below", [False, True])
def test_the_mode_is_below_random_points(name: str, below: bool) -> None:
    objective = _objective(name, below)
    found = minimum(objective)
    generator = np.random.default_rng(7)
    near = (
        found.eta + generator.standard_normal((200, objective.size)) @ np.linalg.cholesky(found.covariance).T
    )
    far = generator.standard_normal((200, objective.size)) @ np.linalg.cholesky(objective.omega).T
    tiny = found.eta + 1e-3 * (near - found.eta)
    assert objective.values(np.concatenate([near, far, tiny])).min() >= found.objective
    assert found.gradient < 1e-4
    assert found.objective == pytest.approx(objective.values(found.eta[None])[0], rel=1e-12)


def test_without_levels_the_typical_person_is_the_most_probable() -> None:
    one, person = MODELS["two compartments"]
    found = fit(one, person, [])
    assert found.eta.tolist() == [0, 0, 0]
    assert found.covariance == pytest.approx(one.omega)


def test_a_level_as_predicted_does_not_move_the_mode() -> None:
    one = model({"CL": "5 * exp(eta_CL)", "V1": "40"}, residual=Residual(logarithmic=0.2))
    person = Person({}, (Dose(0, 400),))
    first = fit(one, person, [Level(8.0, 2.0)])
    objective = Objective(one, person, [Level(8.0, 2.0), Level(20.0, 1.0)])
    predicted = float(objective.course(first.eta[None])[0, 1])
    again = fit(one, person, [Level(8.0, 2.0), Level(20.0, predicted)])
    assert again.eta == pytest.approx(first.eta, abs=1e-6)
    assert again.covariance < first.covariance


def test_the_mode_of_one_level_of_a_linear_model_is_known() -> None:
    # On the log scale a bolus model is linear in an eta of the volume: the mode is a weighted mean.
    one = model({"CL": "0", "V1": "40 * exp(eta_V)"}, omega={"V": 0.09}, residual=Residual(logarithmic=0.2))
    found = fit(one, Person({}, (Dose(0, 400),)), [Level(1.0, 14.0)])
    assert found.eta[0] == pytest.approx(-np.log(1.4) * 0.09 / (0.09 + 0.04), abs=1e-9)
    assert found.covariance[0, 0] == pytest.approx(1 / (1 / 0.09 + 1 / 0.04), rel=1e-6)


def test_the_deeper_of_two_valleys() -> None:
    # Absorption and elimination may change places: two explanations of one falling curve.
    texts = {"CL": "4 * exp(eta_CL)", "V1": "70 * exp(eta_V)", "KA": "exp(eta_KA)"}
    one = model(texts, omega={"CL": 2.0, "V": 0.2, "KA": 2.0}, residual=Residual(0.22))
    person = Person({}, (Dose(0, 10_000, route="oral", interval=24, count=3),))
    values = [(15.85, 6.24), (19.84, 4.784), (21.57, 2.963), (34.09, 9.452), (37.32, 9.19)]
    found = fit(one, person, [Level(at, value) for at, value in values])
    assert found.valleys > 1
    assert found.objective < 10.14


def test_a_person_far_from_the_typical_one() -> None:
    # A clearance 3.7 deviations out: a narrow valley that no start near the typical person finds.
    texts = {"CL": "4 * exp(eta_CL)", "V1": "70 * exp(eta_V)", "KA": "exp(eta_KA)"}
    one = model(texts, omega={"CL": 0.2, "V": 0.2, "KA": 0.2}, residual=Residual(0.22))
    person = Person({}, (Dose(0, 10_000, route="oral", interval=24, count=3),))
    found = fit(one, person, [Level(1.92848765, 89.96420042), Level(36.03435721, 1.05183753)])
    assert found.objective < 19.56
    assert found.eta[0] / 0.2**0.5 == pytest.approx(3.69, abs=0.01)


def test_a_minimum_in_a_crease() -> None:
    # The infusion ends about when the level is taken; sooner or later, it would predict worse.
    one = model({"CL": "4", "V1": "70", "DUR": "4 * exp(eta_D)"}, omega={"D": 0.2}, residual=Residual(0.05))
    person = Person({}, (Dose(0, 10_000),))
    levels = [Level(2.0, 63.0), Level(4.4, 150.0)]
    found = fit(one, person, levels)
    assert 4 * np.exp(found.eta[0]) == pytest.approx(4.4, rel=1e-8)
    grid = Objective(one, person, levels).values(np.linspace(-1, 1, 20001)[:, None])
    assert found.objective <= grid.min() + 1e-9
    assert found.gradient < 1e-3


@pytest.mark.parametrize(
    ("levels", "said"),
    [
        ([Level(-1.0, 5.0)], "level at -1 was taken before any dose"),
        ([Level(0.0, 5.0)], "level at 0 was taken before any dose"),
        ([Level(3.0, 0.0)], "level at 3 is 0"),
        ([Level(3.0, 0.0, below=True)], "level at 3 is 0"),
    ],
)
def test_levels_that_tell_nothing(levels: Sequence[Level], said: str) -> None:
    one = model({"CL": "5 * exp(eta_CL)", "V1": "40"})
    with pytest.raises(HistoryError, match=said):
        fit(one, Person({}, (Dose(0, 100),)), levels)


def test_a_level_of_an_unknown_output_is_refused() -> None:
    one = model({"CL": "5 * exp(eta_CL)", "V1": "40"})
    with pytest.raises(HistoryError, match="`metabolite` is no output"):
        fit(one, Person({}, (Dose(0, 100),)), [Level(3.0, 1.0, output="metabolite")])


def test_a_level_that_nobody_could_have_is_not_fitted() -> None:
    # Before the lag has passed the prediction is zero, whatever the etas: no proportional error explains 5.
    one = model({"CL": "5 * exp(eta_CL)", "V1": "40", "KA": "1", "LAG": "2"})
    with pytest.raises(NotConverged, match="no start"):
        fit(one, Person({}, (Dose(0, 100, route="oral"),)), [Level(1.0, 5.0)])


def test_equations_that_nobody_follows_are_not_fitted() -> None:
    one = model({"k": "1e6 * exp(eta_CL)"}, states({"A": "k * A * A"}), outputs={"C": "A"})
    with pytest.raises(NotConverged, match="no start"):
        fit(one, Person({}, (Dose(0, 100),)), [Level(1.0, 5.0)])


class _Sloping(Objective):
    """An objective that only falls."""

    def prior(self, etas: Numbers) -> Numbers:
        return np.asarray(1e3 * etas.sum(1))


def test_what_has_no_minimum_has_no_estimate() -> None:
    one = model({"CL": "5 * exp(eta_CL)", "V1": "40"}, residual=Residual(0.0, 1.0))
    with pytest.raises(NotConverged, match="did not end in a minimum"):
        minimum(_Sloping(one, Person({}, (Dose(0, 100),)), [Level(3.0, 1.0)]))


class _Shore(Objective):
    """An objective with a hollow at 0 that falls a little, but for ever, farther on."""

    def prior(self, etas: Numbers) -> Numbers:
        return np.asarray((3 * etas**2 * np.exp(-(etas**2)) - 0.05 * etas).sum(1))


def test_a_hollow_above_what_has_no_minimum_is_no_estimate() -> None:
    one = model({"CL": "5 * exp(eta_CL)", "V1": "40"}, omega={"CL": 1.0}, residual=Residual(0.0, 100.0))
    with pytest.raises(NotConverged, match="did not end in a minimum"):
        minimum(_Shore(one, Person({}, (Dose(0, 100),)), [Level(3.0, 1.0)]))


def test_slopes_too_steep_for_the_complex_step_count_for_nothing() -> None:
    one = model({"CL": "5", "V1": "40 * exp(1e40 * eta_CL)"})
    objective = Objective(one, Person({}, (Dose(0, 100),)), [Level(3.0, 1.0)])
    assert np.isfinite(objective.values(np.zeros((1, 1)))[0])
    assert objective.slopes(np.zeros((1, 1))).value[0] == np.inf


def test_not_solved_reaches_whoever_predicts() -> None:
    one = model({"k": "1e6 * exp(eta_CL)"}, states({"A": "k * A * A"}), outputs={"C": "A"})
    with pytest.raises(NotSolved):
        Course(one, Person({}, (Dose(0, 100),)), [1.0])(np.zeros((1, 1)))


def _seconds(doses: tuple[Dose, ...]) -> float:
    one, _ = MODELS["two compartments"]
    levels = [Level(doses[-1].last + after, 10.0) for after in (2.0, 8.0)]
    objective = Objective(one, Person({}, doses), levels)
    etas = np.zeros((30, 3))
    best = np.inf
    for _ in range(5):
        start = time.process_time()
        objective.slopes(etas)
        best = min(best, time.process_time() - start)
    return best


def test_cost_does_not_grow_with_regular_doses_and_linearly_with_others() -> None:
    regular = [_seconds(tuple(Dose(12.0 * k, 500, 1.0) for k in range(n))) for n in (10, 1000)]
    generator = np.random.default_rng(3)
    times = np.cumsum(generator.uniform(6, 18, 1000))
    irregular = [_seconds(tuple(Dose(float(at), 500, 1.0) for at in times[:n])) for n in (100, 1000)]
    assert regular[1] < 3 * regular[0] + 1e-3
    assert irregular[1] < 25 * irregular[0]
