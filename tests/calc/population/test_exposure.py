"""Exposure of regimens: exact values, a dense grid, superposition, nonlinear models."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calc.population import (
    Course,
    Dose,
    DosingError,
    Forecast,
    Measure,
    Person,
    PopulationModel,
    Regimen,
    Residual,
    States,
    bands,
    equation,
    figure,
)
from calc.population.expressions import Floats
from tests.calc.population.dosing_models import beta_lactam, model, oral, prior, reference, vancomycin

NOBODY = Person({}, ())
TYPICAL = np.zeros((1, 2))
FEW = np.array([[0.0, 0.0], [0.5, -0.3], [-0.6, 0.4]])
THREE = {
    "CL": "4 * exp(eta_CL)", "V1": "15 * exp(eta_V1)", "KA": "1.3",
    "Q": "9", "V2": "25", "Q3": "1.5", "V3": "90",
}  # fmt: skip
MODELS = {
    "one": beta_lactam(),
    "two, absorbed": oral(),
    "two, late": oral(LAG="0.7 * exp(eta_V1)"),
    "three": model(THREE, {"CL": 0.3, "V1": 0.2}, 3, output="2 * C"),
    "KA as fast as elimination": model(
        {"CL": "8 * exp(eta_CL)", "V1": "20 * exp(eta_V1)", "KA": "0.4"}, {"CL": 0.3, "V1": 0.2}
    ),
    "changing": model(
        {"CL": "(5 if TIME < 30 else 8) * exp(eta_CL)", "V1": "20 * exp(eta_V1)", "KA": "1"},
        {"CL": 0.3, "V1": 0.2},
        changes=(30.0,),
    ),
}
ROUTES: list[dict[str, Any]] = [{"duration": 0.0}, {"duration": 1.5}, {"route": "oral"}]

many = settings(derandomize=True, database=None, deadline=None, max_examples=30)


def both() -> pytest.MarkDecorator:
    """Every model by every way that it knows."""
    return pytest.mark.parametrize(
        ("name", "way"),
        [(name, way) for name, each in MODELS.items() for way in ROUTES if usable(each, way)],
        ids=str,
    )


def usable(of: PopulationModel, way: dict[str, Any]) -> bool:
    return "route" not in way or "KA" in dict(of.parameters)


def dense(times: Floats, curve: Floats) -> dict[str, Floats]:
    """The same measures from many points."""
    length = times[-1] - times[0]
    above = (curve[:, 1:] + curve[:, :-1]) / 2 > 0.4 * curve.max()
    return {
        "trough": curve[:, -1],
        "peak": curve.max(1),
        "average": np.trapezoid(curve, times) / length,
        "time above": above @ np.diff(times) / length,
    }


@both()
def test_steady_state_against_a_dense_grid(name: str, way: dict[str, Any]) -> None:
    """The row of doses runs for a year, and its last interval is looked at."""
    of = MODELS[name]
    regimen = Regimen(600, 12, **way)
    begin = 24 * 365
    doses = regimen.doses(begin + 1)
    times = np.union1d(np.linspace(begin + 1e-8, begin + 12, 8_001), [begin + regimen.duration])
    found = dense(times, Course(of, Person({}, doses), times)(FEW))
    forecast = Forecast(of, NOBODY, FEW)
    for kind, expected in found.items():
        limit = 0.4 * found["peak"].max() if kind == "time above" else None
        value = forecast.of(Measure(kind, above=limit), regimen)  # type: ignore[arg-type]  # given as texts
        tolerance = {"trough": 1e-6, "average": 1e-5}.get(kind, 2e-3)
        np.testing.assert_allclose(value, expected, tolerance, 3e-3 if limit else 0, err_msg=kind)


@both()
@pytest.mark.parametrize("after", [0.0, 20.0])
def test_the_next_days_against_a_dense_grid(name: str, way: dict[str, Any], after: float) -> None:
    """With what was given before, a loading dose, and intervals that do not add up to a day."""
    of = MODELS[name]
    absorbed = "KA" in dict(of.parameters)
    before = (Dose(0, 300, 1), Dose(10, 200, 0, "oral" if absorbed else "iv"), Dose(16, 100, 0.5))
    length = None if "route" in way else 2.5
    regimen = Regimen(600, 10, **way, loading=900, loading_duration=length, start=18)
    first = math.ceil(after / 10)
    begin = 18 + first * 10
    ends = [begin + k * 10 + (2.5 if length and not first + k else regimen.duration) for k in range(3)]
    starts = [begin + k * 10 + 1e-8 for k in range(3)]
    times = np.union1d(np.linspace(begin + 1e-8, begin + 30, 8_001), [*ends, *starts])
    everything = Person({}, before + regimen.doses(begin + 31))
    found = dense(times, Course(of, everything, times)(FEW))
    forecast = Forecast(of, Person({}, before), FEW)
    for kind, expected in found.items():
        limit = 0.4 * found["peak"].max() if kind == "time above" else None
        value = forecast.of(Measure(kind, after, above=limit), regimen)  # type: ignore[arg-type]  # given as texts
        tolerance = {"trough": 1e-6, "average": 2e-3 if "late" in name else 1e-3}.get(kind, 2e-3)
        np.testing.assert_allclose(value, expected, tolerance, 3e-3 if limit else 0, err_msg=kind)
    at = forecast.of(Measure("concentration", after, at=4.0), regimen)
    np.testing.assert_allclose(at, Course(of, everything, [begin + 24])(FEW)[:, 0], rtol=1e-6)


def test_the_area_is_the_dose_over_clearance() -> None:
    """AUC24 at steady state = F * daily dose / CL, exactly, by any route through any compartments."""
    for of, way, arrives, clearance in [
        (MODELS["two, absorbed"], {"route": "oral"}, 0.8, 5.0),
        (MODELS["two, absorbed"], {"duration": 2.0}, 1.0, 5.0),
        (MODELS["three"], {"route": "oral"}, 2.0, 4.0),
        (MODELS["changing"], {}, 1.0, 8.0),
    ]:
        found = Forecast(of, NOBODY, FEW).of(Measure("AUC24"), Regimen(600, 8, **way))  # type: ignore[arg-type]  # given as texts
        np.testing.assert_allclose(found, arrives * 1800 / (clearance * np.exp(FEW[:, 0])), rtol=1e-12)


def test_reference_steady_states() -> None:
    for case in reference("solver-visible.json")["steady_state"]:
        given = {name.upper(): str(value) for name, value in case["parameters"].items()}
        compartments = 2 if "Q" in given else 1
        given["CL"] += " * exp(eta_CL)"
        of = model(given, {"CL": 0.1}, compartments)
        length = case["dose"].get("dur", 0.0)
        regimen = Regimen(case["dose"]["amt"], case["tau_h"], length, "oral" if "KA" in given else "iv")
        forecast = Forecast(of, NOBODY, np.zeros((1, 1)))
        for time, expected in zip(case["times_after_dose_h"], case["conc"], strict=True):
            measure = Measure("trough") if time == case["tau_h"] else Measure("concentration", at=time)
            assert forecast.of(measure, regimen)[0] == pytest.approx(float(expected), rel=1e-6)
        assert forecast.of(Measure("average"), regimen)[0] == pytest.approx(float(case["css_avg"]), rel=1e-12)


@many
@given(st.sampled_from(sorted(MODELS)), st.floats(1, 5000), st.floats(1.01, 20), st.sampled_from(ROUTES))
def test_exposure_grows_with_the_dose(name: str, dose: float, factor: float, way: dict[str, Any]) -> None:
    of = MODELS[name]
    if not usable(of, way):
        return
    forecast = Forecast(of, NOBODY, FEW)
    regimen = Regimen(dose, 12, **way)
    larger = replace(regimen, dose=factor * dose)
    for measure in (
        Measure("trough"), Measure("peak"), Measure("AUC24"), Measure("average"),
        Measure("concentration", at=2), Measure("trough", 24), Measure("peak", 0), Measure("AUC24", 0),
    ):  # fmt: skip
        one, other = forecast.of(measure, regimen), forecast.of(measure, larger)
        np.testing.assert_allclose(other, factor * one, rtol=1e-9)
    low, high = (forecast.of(Measure("time above", above=5.0), each) for each in (regimen, larger))
    assert np.all(high >= low - 1e-6)


def test_free_drug_and_occupancy() -> None:
    """Receptor occupancy of the free drug: fu C / (fu C + Kd); 12 nM, fu 0.05 and Kd 3 nM give 1 / 6."""
    forecast, regimen = Forecast(beta_lactam(), NOBODY, FEW), Regimen(1000, 8, 0.5)
    for kind, occupied in (("trough", "trough occupancy"), ("peak", "peak occupancy")):
        total = forecast.of(Measure(kind), regimen)  # type: ignore[arg-type]  # given as texts
        half = 3 / 12 * total[0]
        taken = forecast.of(Measure(occupied, half=half, unbound=0.05), regimen)  # type: ignore[arg-type]  # given as texts
        assert taken[0] == pytest.approx(1 / 6)
        np.testing.assert_allclose(taken, 0.05 * total / (0.05 * total + half))
    area, free = (forecast.of(Measure("AUC24", unbound=share), regimen) for share in (1.0, 0.2))
    np.testing.assert_allclose(free, 0.2 * area)
    above = forecast.of(Measure("time above", above=2.0), regimen)
    np.testing.assert_allclose(forecast.of(Measure("time above", above=1.0, unbound=0.5), regimen), above)


def test_a_continuous_infusion_is_level() -> None:
    forecast, regimen = Forecast(beta_lactam(), NOBODY, FEW), Regimen(3000, 24, 24)
    level = 3000 / 24 / (15 * np.exp(FEW[:, 0]))
    for kind in ("trough", "peak", "average"):
        np.testing.assert_allclose(forecast.of(Measure(kind), regimen), level, rtol=1e-9)
    assert forecast.of(Measure("time above", above=8.0), regimen).tolist() == [1.0, 0.0, 1.0]


def saturable(most: str, half: str) -> PopulationModel:
    """Elimination by Michaelis and Menten."""
    return PopulationModel(
        "saturable", "h", "mg", "mg/L", (), ("V",), np.diag([0.04]),
        (("V", equation("40 * exp(eta_V)")), ("VM", equation(most)), ("KM", equation(half))),
        States(("central",), (equation("-VM * central / V / (KM + central / V)"),), (equation("0"),)),
        {"level": equation("central / V")}, {"level": Residual(0.1)},
    )  # fmt: skip


def test_equations_are_followed() -> None:
    """Far below KM elimination is of first order: the closed form has the answer."""
    of = saturable("4e5", "1e5")
    linear = model({"CL": "4", "V1": "40 * exp(eta_V)"}, {"V": 0.2})
    etas = np.array([[0.0], [0.3]])
    before = Person({}, (Dose(0, 200),))
    regimen = Regimen(300, 12, 2, loading=500, start=6)
    one, other = (Forecast(each, before, etas) for each in (of, linear))
    assert (one.linear, other.linear) == (False, True)
    for measure in (
        Measure("trough", 0), Measure("peak", 0), Measure("AUC24", 12), Measure("time above", 0, above=8.0),
        Measure("concentration", 0, at=3.0),
    ):  # fmt: skip
        np.testing.assert_allclose(one.of(measure, regimen), other.of(measure, regimen), rtol=1e-3)


def test_saturable_elimination_is_not_scaled() -> None:
    forecast = Forecast(saturable("25", "5"), NOBODY, np.zeros((1, 1)))
    half, full = (forecast.of(Measure("AUC24", 48), Regimen(dose, 12))[0] for dose in (100, 200))
    assert full > 2.5 * half
    with pytest.raises(DosingError, match="no steady state in closed form: say with `after`"):
        forecast.of(Measure("trough"), Regimen(100, 12))


def test_an_output_that_bends_is_not_scaled() -> None:
    of = model({"CL": "5", "V1": "40 * exp(eta_V)"}, {"V": 0.2}, output="10 * C / (C + 4)")
    forecast = Forecast(of, NOBODY, np.zeros((1, 1)))
    assert not forecast.linear
    assert forecast.of(Measure("peak", 0), Regimen(400, 24))[0] == pytest.approx(10 * 10 / 14, rel=1e-6)


def test_the_course_with_bands() -> None:
    of = beta_lactam()
    draws = prior(of, 500)
    forecast = Forecast(of, Person({}, (Dose(0, 500),)), draws.etas)
    times = np.arange(1.0, 30)
    curve = forecast.course(Regimen(1000, 8, 1, start=6), times)
    found = bands(draws, times, curve)
    assert np.all(found.low < found.median) and np.all(found.median < found.high)
    one = figure(draws, curve[:, 3])
    assert (one.low, one.median, one.high) == (found.low[3], found.median[3], found.high[3])
    assert one.mean == pytest.approx(curve[:, 3].mean())
    alone = forecast.course(None, [5.0])
    np.testing.assert_allclose(alone, curve[:, 4:5])


def test_figures_are_those_of_the_measures() -> None:
    of = beta_lactam()
    draws = prior(of, 200)
    forecast, regimen = Forecast(of, NOBODY, draws.etas), Regimen(1000, 8, 1)
    found = forecast.figures(regimen, draws)
    assert found.auc24 == figure(draws, forecast.of(Measure("AUC24"), regimen))
    assert found.peak.median > found.trough.median
    assert forecast.figures(regimen, draws, 0).auc24.median < found.auc24.median * 1.001


def test_without_clearance_doses_add_up() -> None:
    """Nothing leaves the body: the steady state has no end, the next day has a sum."""
    of = model({"CL": "5 * (exp(eta_CL) if eta_CL < 1 else 0)", "V1": "20"}, {"CL": 0.3})
    forecast = Forecast(of, Person({}, (Dose(0, 100, 1),)), np.array([[2.0], [0.0]]))
    regimen = Regimen(500, 8, 1, start=4)
    assert forecast.of(Measure("trough", 0), regimen)[0] == pytest.approx(1600 / 20)
    assert forecast.of(Measure("AUC24"), regimen).tolist() == [np.inf, 300.0]
    assert forecast.of(Measure("trough"), regimen)[0] > 1e9


def test_a_long_irregular_history_counts_in_whole() -> None:
    of = vancomycin()
    etas = prior(of, 3).etas
    times = np.sort(np.random.default_rng(5).uniform(0, 900, 100))
    given_so_far = Person({"WT": 80, "CRCL": 70}, tuple(Dose(float(time), 700, 1) for time in times))
    forecast = Forecast(of, given_so_far, etas)
    regimen = Regimen(1000, 12, 1, start=905)
    everything = Person(given_so_far.covariates, given_so_far.doses + regimen.doses(930))
    expected = Course(of, everything, [929.0])(etas)[:, 0]
    np.testing.assert_allclose(forecast.of(Measure("trough", 0), regimen), expected, rtol=1e-9)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"kind": "concentration"}, "`at` is missing"),
        ({"kind": "trough occupancy"}, "`half` is missing"),
        ({"kind": "trough", "above": 3.0}, "`above` is given, but means nothing for a trough"),
        ({"kind": "peak", "unbound": 0.0}, "`unbound` is 0"),
        ({"kind": "peak", "unbound": 1.5}, "`unbound` is 1.5"),
        ({"kind": "peak", "after": -1.0}, "`after` is -1"),
        ({"kind": "time above", "above": 0.0}, "`above` is 0"),
        ({"kind": "peak occupancy", "half": float("nan")}, "`half` is nan"),
    ],
)
def test_what_is_no_measure(fields: dict[str, Any], says: str) -> None:
    with pytest.raises(DosingError, match=says):
        Measure(**fields)


def test_what_cannot_be_answered() -> None:
    forecast = Forecast(beta_lactam(), Person({}, (Dose(0, 500, interval=8, count=3),)), TYPICAL)
    late = "starts at 16, but a dose at 16 is in the history: start after it"
    with pytest.raises(DosingError, match=late):
        forecast.of(Measure("trough", 0), Regimen(500, 8, start=16))
    with pytest.raises(DosingError, match=late):
        forecast.course(Regimen(500, 8, start=16), [20])
    with pytest.raises(DosingError, match="`route` is oral, but made for a test has no absorption"):
        forecast.of(Measure("AUC24"), Regimen(500, 8, route="oral"))
    with pytest.raises(DosingError, match="`at` is 9, after the next dose: at most the interval of 8"):
        forecast.of(Measure("concentration", at=9), Regimen(500, 8))
    with pytest.raises(DosingError, match="`above` is missing"):
        forecast.of(Measure("time above"), Regimen(500, 8))
