"""Equations of a model's own: against Lambert's W, published solvers' figures, and closed forms."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import lambertw

from calc.population import Course, Dose, Level, Person, PopulationModel
from calc.population import equation as parsed
from calc.population.objective import Objective
from calc.population.ode import NotSolved
from tests.calc.population.models import model, reference, states

NOBODY = np.zeros((1, 1))


def _typical(
    one: PopulationModel, doses: Sequence[Dose], times: Sequence[float], *outputs: str
) -> NDArray[np.float64]:
    names = list(outputs) * len(times) if outputs else None
    return np.asarray(Course(one, Person({}, tuple(doses)), times, names)(NOBODY)[0])


def _saturable(vmax: float, km: float, volume: float, **more: str) -> PopulationModel:
    texts = {"VMAX": f"{vmax} * exp(eta_CL)", "KM": repr(km), "V": repr(volume)} | more
    structure = states(
        {"A": "-VMAX * conc / (KM + conc)"}, during=(("conc", parsed("A / V")),), tolerance=1e-10
    )
    return model(texts, structure, outputs={"C": "A / V"})


def test_saturable_elimination_is_lamberts_function() -> None:
    times = [0.5, 6.0, 24.0, 48.0, 72.0]
    start = 600 / 45
    expected = [4 * lambertw(start / 4 * math.exp((start - 20 / 45 * time) / 4)).real for time in times]
    assert _typical(_saturable(20, 4, 45), [Dose(0, 600)], times) == pytest.approx(expected, rel=1e-8)


def test_the_reference_of_saturable_elimination() -> None:
    bolus, oral = reference("solver-visible.json")["nonlinear"][:2]
    doses = [Dose(one["time"], one["amt"]) for one in bolus["doses"]]
    found = _typical(_saturable(20, 4, 45), doses, bolus["times"])
    assert found == pytest.approx(bolus["value"], rel=1e-7)
    doses = [Dose(one["time"], one["amt"], route="oral") for one in oral["doses"]]
    found = _typical(_saturable(400, 4.5, 45.5, KA="36"), doses, oral["times"])
    assert found == pytest.approx(oral["value"], rel=1e-7)


def test_the_reference_of_a_drug_and_its_target() -> None:
    free, occupied = reference("solver-visible.json")["nonlinear"][2:]
    figures = {name: repr(float(value)) for name, value in free["parameters"].items()}
    structure = states(
        {
            "L": "-kel * L - bound - kpt * L + ktp * T / V",
            "T": "kpt * L * V - ktp * T",
            "R": "ksyn - kdeg * R - bound",
            "P": "bound - kint * P",
        },
        {"R": "R0"},
        during=(("bound", parsed("kon * L * R - koff * P")),),
    )
    one = model(figures | {"unused": "eta_CL"}, structure, outputs={"free": "L", "occupied": "P / (R + P)"})
    doses = [Dose(dose["time"], dose["amt"]) for dose in free["doses"]]
    assert _typical(one, doses, free["times"]) == pytest.approx(free["value"], rel=1e-6)
    assert _typical(one, doses, occupied["times"], "occupied") == pytest.approx(occupied["value"], rel=1e-6)


def _warfarin(row: Mapping[str, Any]) -> PopulationModel:
    """Hamberg 2007 (PMID 17329993) of one age and genotype: CYP2C9 *1/*1 in both rows of the reference."""
    assert row["CYP2C9"] == "*1/*1"
    chain = {f"A{k}": f"({'1 - I' if k == 1 else f'A{k - 1}'} - A{k}) / 11.6" for k in range(1, 7)}
    structure = states(
        {"X1": "-CL / V1 * X1 - Q / V1 * X1 + Q / V2 * X2", "X2": "Q / V1 * X1 - Q / V2 * X2"}
        | chain
        | {"A7": "(1 - I - A7) / 120"},
        {f"A{k}": "1" for k in range(1, 8)},
        # Without drug, conc ** 0.424 has no slope.
        during=(
            ("conc", parsed("maximum(X1, 1e-12) / V1")),
            ("I", parsed("conc ** 0.424 / (EC50 ** 0.424 + conc ** 0.424)")),
        ),
        tolerance=1e-9,
    )
    ec50 = {"GG": 4.61, "AG": 3.02, "AA": 2.20}[row["VKORC1_1639"]]
    texts = {
        "CL": f"0.314 * (1 - 0.0091 * ({row['age']} - 71))",
        "V1": "13.8", "Q": "0.131", "V2": "6.59", "KA": "2", "EC50": f"{ec50} * exp(eta_CL)",
    }  # fmt: skip
    outputs = {"C": "X1 / V1", "INR": f"{row['baseline_INR']} + 20 * (1 - A6 * A7) ** 3.61"}
    return model(texts, structure, outputs=outputs)


def test_the_reference_of_warfarin_and_its_inr() -> None:
    for row in reference("solver-visible.json")["warfarin_INR"]["rows"]:
        one = _warfarin(row)
        doses = [Dose(0, row["S_warfarin_mg_per_day"], route="oral", interval=24, count=31)]
        assert _typical(one, doses, row["times_h"], "C") == pytest.approx(row["S_conc_mg_L"], rel=1e-6)
        assert _typical(one, doses, row["times_h"], "INR") == pytest.approx(row["INR"], rel=1e-6)


@pytest.mark.parametrize("route", ["bolus", "infusion", "oral"])
def test_first_order_equations_equal_the_closed_form(route: str) -> None:
    texts = {"CL": "5 * exp(eta_CL)", "V1": "40", "KA": "1.1", "LAG": "0.5 * exp(-eta_CL)", "F": "0.8"}
    own = model(texts, states({"A": "-CL / V1 * A"}), outputs={"C": "A / V1"})
    length = 3.0 if route == "infusion" else 0.0
    doses = tuple(Dose(12.0 * k, 100, length, "oral" if route == "oral" else "iv") for k in range(4))
    times, etas = [0.0, 0.4, 2.0, 12.0, 13.0, 39.0, 90.0], np.array([[0.0], [0.7], [-1.0]]) + 1e-30j
    found = Course(own, Person({}, doses), times)(etas)
    closed = Course(model(texts), Person({}, doses), times)(etas)
    assert found.real == pytest.approx(closed.real, rel=1e-6, abs=1e-9)
    assert found.imag / 1e-30 == pytest.approx(closed.imag / 1e-30, rel=1e-5, abs=1e-6)


def test_time_is_known_to_equations() -> None:
    one = model({"k": "exp(eta_CL)"}, states({"A": "-k * TIME * A"}, {"A": "3"}), outputs={"C": "A"})
    times = [0.5, 2.0, 3.0]
    found = _typical(one, [Dose(0, 0.0)], times)
    assert found == pytest.approx([3 * math.exp(-time * time / 2) for time in times], rel=1e-6)


def test_what_grows_without_bounds_is_not_solved() -> None:
    one = model({"k": "exp(eta_CL)"}, states({"A": "k * A * A"}), outputs={"C": "A"})
    with pytest.raises(NotSolved):
        Course(one, Person({}, (Dose(0, 1),)), [0.5, 2.0])(NOBODY)
    # Among many, only those that cannot be followed count as impossible.
    objective = Objective(one, Person({}, (Dose(0, 1),)), [Level(2.0, 1.0)])
    found = objective.values(np.array([[0.0], [-3.0], [-2.0], [1.0]]))
    assert np.isfinite(found).tolist() == [False, True, True, False]
    assert np.isfinite(objective.slopes(np.array([[0.0], [-3.0]])).value).tolist() == [False, True]
