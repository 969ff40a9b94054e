"""Exposure: averages, windows, enzymes and the bathtub."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad, solve_ivp

from calc.errors import CalculationError, NoAnswer
from calc.operations import OPERATIONS
from calc.pharmacokinetics import average_concentration, dose_for_average, exposure_ratio, infusion

QUIET = settings(derandomize=True, database=None, deadline=None)
AMOUNT = st.fractions(Fraction(1, 10), 100, max_denominator=1000)
PART = st.fractions(Fraction(1, 100), 1, max_denominator=1000)

WINDOW: dict[str, Any] = {"dose_mg": 100, "tau_h": 12, "cl_l_h": 5, "F": 0.9, "mec": 1, "mtc": 2}
TUB: dict[str, Any] = {"cl_l_h": 2.5, "v_l": 40, "infusion_mg_h": 10, "t_h": 12}


def css(**changed: object) -> dict[str, Any]:
    return OPERATIONS["pk.css"].answer({**WINDOW, **changed})


def bathtub(**changed: object) -> dict[str, Any]:
    return OPERATIONS["pk.bathtub"].answer({**TUB, **changed})


@pytest.mark.parametrize(
    ("clearance", "average", "position"),
    [
        (5, "1.5", "in-window"),
        (2, "3.75", "above-MTC"),
        (12.5, "0.6", "below-MEC"),
        # Both ends are inside, and a hair beyond is not: 7.5 / CL.
        (7.5, "1", "in-window"),
        (3.75, "2", "in-window"),
        (7.5000001, "0.9999999866666668", "below-MEC"),
        (3.7499999, "2.0000000533333347", "above-MTC"),
    ],
)
def test_the_average_in_its_window(clearance: float, average: str, position: str) -> None:
    found = css(cl_l_h=clearance)
    assert float(found["css_avg"]) == pytest.approx(float(average), rel=1e-12)
    assert found["position"] == position
    assert found["therapeutic_index"] == 2
    assert list(found) == ["css_avg", "position", "therapeutic_index"]


def test_a_tenth_is_no_binary_float() -> None:
    """0.1 mg of 0.3 L/h an hour: exactly a third, at both ends of a window of a third."""
    third = Fraction(1, 3)
    asked = {"dose_mg": 0.1, "tau_h": 1, "cl_l_h": 0.3, "F": 1, "mec": third, "mtc": third}
    assert css(**asked)["position"] == "in-window"


def test_all_of_a_dose_arrives_unless_said() -> None:
    without = {name: each for name, each in WINDOW.items() if name != "F"}
    assert OPERATIONS["pk.css"].answer(without) == css(F=1)


def test_a_window_upside_down() -> None:
    with pytest.raises(NoAnswer, match="`mec` is above `mtc`"):
        css(mec=3)


@QUIET
@given(AMOUNT, AMOUNT, AMOUNT, PART)
def test_dose_and_average_are_one_formula(
    dose: Fraction, interval: Fraction, clearance: Fraction, arriving: Fraction
) -> None:
    average = average_concentration(dose, interval, clearance, arriving)
    assert dose_for_average(average, interval, clearance, arriving) == dose
    # In days and litres a day it is the same concentration.
    assert average_concentration(dose, interval / 24, 24 * clearance, arriving) == average


def test_dose_for_an_average() -> None:
    assert OPERATIONS["pk.css_dose"].answer({"target": 1.5, "cl_l_h": 2, "tau_h": 12, "F": 0.9}) == {
        "dose_mg": 40
    }


@settings(QUIET, max_examples=25)
@given(AMOUNT, AMOUNT, st.fractions(1, 48, max_denominator=10))
def test_the_average_is_that_of_a_course_of_levels(
    volume: Fraction, clearance: Fraction, interval: Fraction
) -> None:
    """One dose alone has the area of one interval at steady state, whatever the volume."""
    constant = float(clearance / volume)
    area, _ = quad(lambda x: 100 / float(volume) / constant * math.exp(-x), 0, math.inf)
    average = average_concentration(Fraction(100), interval, clearance, Fraction(1))
    assert float(average) == pytest.approx(area / float(interval))


@pytest.mark.parametrize(
    ("metabolized", "activity", "ratio", "fraction"),
    [
        (0.8, 0, 5, "0.2"),
        (0.8, 2, Fraction(5, 9), "1.8"),
        (0.8, 1, 1, "1"),
        (0, 0, 1, "1"),
        (1, 0.5, 2, "0.5"),
    ],
)
def test_exposure_with_another_enzyme(
    metabolized: float, activity: float, ratio: Fraction, fraction: str
) -> None:
    found = OPERATIONS["pk.auc_ratio"].answer({"fm": metabolized, "activity": activity})
    assert found == {"auc_ratio": ratio, "dose_fraction_same_exposure": Fraction(fraction)}


@QUIET
@given(st.fractions(0, Fraction(99, 100)), st.fractions(0, 5), st.fractions(0, 5))
def test_less_activity_never_means_less_exposure(
    metabolized: Fraction, activity: Fraction, other: Fraction
) -> None:
    first, second = exposure_ratio(metabolized, activity), exposure_ratio(metabolized, other)
    assert first is not None and second is not None
    assert (first >= second) or (activity > other)
    # The other ways of elimination alone bound it.
    assert first <= 1 / (1 - metabolized)


def test_nothing_that_removes_the_drug() -> None:
    with pytest.raises(NoAnswer, match="leaves nothing"):
        OPERATIONS["pk.auc_ratio"].answer({"fm": 1, "activity": 0})


def test_the_drain_half_closed() -> None:
    found = bathtub()
    expected = {"half_life_h": 11.09035489, "css": 4.0, "c_at_t": 2.110533789, "t90_h": 36.84136149}
    assert found == pytest.approx(expected)
    assert list(found) == list(expected)


@settings(QUIET, max_examples=25)
@given(AMOUNT, AMOUNT, AMOUNT, st.fractions(Fraction(1, 10), 5))
def test_the_bathtub_by_its_differential_equation(
    clearance: Fraction, volume: Fraction, rate: Fraction, halves: Fraction
) -> None:
    half_life = math.log(2) * float(volume / clearance)
    time = Fraction(half_life) * halves
    solved = solve_ivp(
        lambda _, c: float(rate / volume) - float(clearance / volume) * c,
        (0, float(time)), [0.0], rtol=1e-9, atol=1e-12,
    )  # fmt: skip
    found = infusion(clearance, volume, rate, time)
    assert found.at_time == pytest.approx(solved.y[0][-1], rel=1e-6)
    assert found.half_life == pytest.approx(half_life)
    assert infusion(clearance, volume, rate, Fraction(found.half_life)).at_time == pytest.approx(
        found.steady / 2
    )
    nine_tenths = infusion(clearance, volume, rate, Fraction(found.time_to_90_percent)).at_time
    assert nine_tenths == pytest.approx(found.steady * Fraction(9, 10))


def test_a_moment_after_the_start_keeps_its_digits() -> None:
    """A millionth of an hour: 10 / 40 mg/L an hour, which 1 - exp(-x) would round away."""
    assert bathtub(t_h=1e-12)["c_at_t"] == pytest.approx(0.25e-12, rel=1e-9, abs=0)
    assert bathtub(t_h=0)["c_at_t"] == 0
    assert bathtub(infusion_mg_h=0)["css"] == 0


@pytest.mark.parametrize(
    ("operation", "asked", "field"),
    [
        ("pk.css", WINDOW, "dose_mg"), ("pk.css", WINDOW, "tau_h"), ("pk.css", WINDOW, "cl_l_h"),
        ("pk.css", WINDOW, "F"), ("pk.css", WINDOW, "mec"), ("pk.css", WINDOW, "mtc"),
        ("pk.css_dose", {"target": 1.5, "cl_l_h": 2, "tau_h": 12}, "target"),
        ("pk.auc_ratio", {"fm": 0.8, "activity": 1}, "fm"),
        ("pk.auc_ratio", {"fm": 0.8, "activity": 1}, "activity"),
        ("pk.bathtub", TUB, "cl_l_h"), ("pk.bathtub", TUB, "v_l"), ("pk.bathtub", TUB, "infusion_mg_h"),
        ("pk.bathtub", TUB, "t_h"),
    ],
)  # fmt: skip
def test_bad_input_is_named(operation: str, asked: dict[str, Any], field: str) -> None:
    for value in (-1, "1", True, [1], math.nan, math.inf):
        with pytest.raises(CalculationError, match=f"`{field}`"):
            OPERATIONS[operation].answer({**asked, field: value})
    with pytest.raises(CalculationError, match="no field"):
        OPERATIONS[operation].answer({**asked, "f": 1})
