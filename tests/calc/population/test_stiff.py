"""Equations whose rates lie decades apart: against scipy, differences, and the explicit method."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from calc.population import Course, Dose, Level, Person, PopulationModel, equation, stiff
from calc.population.expressions import together
from calc.population.objective import Objective
from tests.calc.population.models import model, states

SLOPES = {
    "drug": "-(KEL + 0.3) * drug + 0.25 * tissue - 3 * binding",
    "tissue": "0.3 * drug - 0.25 * tissue",
    "target": "0.2 * (R0 - target) - binding",
    "complex": "binding - 0.1 * complex",
}
BINDING = (("binding", equation("10 * drug / 3 * target - complex")),)
TIMES = [0.5, 5.0, 13.9, 14.2, 30.0]


def _bound() -> PopulationModel:
    structure = states(SLOPES, {"target": "R0"}, during=BINDING)
    texts = {"KEL": "0.05 * exp(eta_KEL)", "R0": "20 * exp(eta_R0)", "KA": "0.7"}
    return model(texts, structure, omega={"KEL": 0.09, "R0": 0.25}, outputs={"C": "drug / 3"})


def _by_scipy(kel: float, r0: float, amount: float) -> Any:
    def slope(_: float, y: Any) -> list[float]:
        binding = 10 * y[0] / 3 * y[2] - y[3]
        return [
            -(kel + 0.3) * y[0] + 0.25 * y[1] - 3 * binding,
            0.3 * y[0] - 0.25 * y[1],
            0.2 * (r0 - y[2]) - binding,
            binding - 0.1 * y[3],
        ]

    y, at, found = np.array([amount, 0, r0, 0]), 0.0, []
    for end in (14.0, 31.0):
        times = [time for time in TIMES if at < time < end]
        done = solve_ivp(slope, (at, end), y, "Radau", [*times, end], rtol=1e-11, atol=1e-13)
        found += list(done.y[0, :-1] / 3)
        y, at = done.y[:, -1] + np.array([amount, 0, 0, 0]), end
    return found


def test_binding_within_minutes_over_weeks(monkeypatch: pytest.MonkeyPatch) -> None:
    passed: list[float] = []
    whole = stiff.advanced

    def advanced(*given: Any) -> Any:
        passed.append(float(given[4][0]))
        return whole(*given)

    monkeypatch.setattr(stiff, "advanced", advanced)
    person = Person({}, (Dose(0, 300), Dose(14, 300)))
    etas = np.array([[0.0, 0.0], [0.4, -0.5], [-0.3, 0.7]])
    found = Course(_bound(), person, TIMES)(etas)
    assert sum(passed) > 25
    for eta, row in zip(etas, found, strict=True):
        expected = _by_scipy(0.05 * np.exp(eta[0]), 20 * np.exp(eta[1]), 300)
        assert row == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("how", [{"route": "oral"}, {"duration": 0.5}])
def test_what_arrives_on_the_way_is_the_same_by_both_methods(
    how: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    course = Course(_bound(), Person({}, (Dose(0, 90, **how),)), [0.2, 0.5, 2.0])
    etas = np.array([[0.0, 0.0], [0.4, -0.5]]) + 1e-30j
    found = course(etas)
    monkeypatch.setattr(stiff, "is_stiff", lambda *_: False)
    expected = course(etas)
    assert (found != expected).any()
    assert found.real == pytest.approx(expected.real, rel=1e-6)
    assert found.imag / 1e-30 == pytest.approx(expected.imag / 1e-30, rel=1e-5)


def test_derivatives_of_slopes_go_through_what_they_share() -> None:
    structure = states(
        {"a": "-k * rate * a + TIME", "b": "rate * rate - b * twice"},
        during=(("rate", equation("a / (1 + b)")), ("twice", equation("2 * rate + a"))),
    )
    found = stiff.bends(structure)
    assert found is not None
    inner = ("TIME", "a", "b")
    slopes = together(("k",), inner, structure.during, structure.slopes)(0.7)
    bends = together(("k",), inner, *found)(0.7)
    at = np.array([1.3, 0.4])
    whole = np.array(bends(2.0, *at)).reshape(2, 2)
    for k in range(2):
        moved = at + 1e-30j * np.eye(2)[k]
        assert whole[:, k] == pytest.approx(np.imag(slopes(2.0, *moved)) / 1e-30, rel=1e-12)


def test_equations_without_derivatives_are_followed_step_by_step() -> None:
    structure = states({"a": "-1000 * minimum(a, 5)"})
    assert stiff.bends(structure) is None
    one = model({"k": "exp(eta_CL)"}, structure, outputs={"C": "a"})
    found = Course(one, Person({}, (Dose(0, 3),)), [0.001])(np.zeros((1, 1)))
    assert found[0] == pytest.approx([3 * np.exp(-1)], rel=1e-6)


def test_draws_are_weighed_as_exactly_as_they_need_to_be() -> None:
    objective = Objective(_bound(), Person({}, (Dose(0, 300),)), [Level(13.9, 5.0)])
    etas = np.array([[0.0, 0.0], [0.4, -0.5], [-0.3, 0.7]])
    exact, rough = objective.values(etas), objective.roughly(etas)
    assert (exact != rough).any()
    assert rough == pytest.approx(exact, rel=1e-4)
    assert objective.values(etas).tolist() == exact.tolist()
