"""Unbound drug, phenytoin and albumin, and drug that its target removes."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from calc.binding import input_for, sheiner_tozer, steady_with_target
from calc.errors import CalculationError, NoAnswer
from calc.operations import OPERATIONS

QUIET = settings(derandomize=True, database=None, deadline=None)
AMOUNT = st.fractions(Fraction(1, 100), 100, max_denominator=1000)

PHENYTOIN: dict[str, Any] = {
    "method": "sheiner-tozer", "total": 8, "albumin_g_dl": 2.2, "total_range": [10, 20],
}  # fmt: skip
LOW_BURDEN: dict[str, Any] = {"cl_lin": 0.2, "km": 1, "rate": 10, "target": 20, "vmax": 2}


def free(*bases: dict[str, Any], **changed: object) -> dict[str, Any]:
    return OPERATIONS["pk.free"].answer(
        {name: each for base in (*bases, changed) for name, each in base.items()}
    )


def tmdd(**changed: object) -> dict[str, Any]:
    return OPERATIONS["pk.tmdd"].answer({**LOW_BURDEN, **changed})


def test_known_levels() -> None:
    found = free(PHENYTOIN)
    expected = {"adjusted_total": 14.81481481, "position_total": "below", "position_adjusted": "within"}
    assert found == pytest.approx(expected)
    assert list(found) == list(expected)
    assert free(method="fu", total=8, fu=0.2) == {"free": Fraction(8, 5)}


@pytest.mark.parametrize(
    ("total", "albumin", "kidney_failure", "adjusted"),
    [
        # Worked examples that calculators print: with 2.0 g/dL, and on dialysis with 2.8 g/dL.
        ("7.2", "2.0", False, "14.4"),
        ("5", "2.8", True, "13.1579"),
        # The divisor is one at 4.5 g/dL, and at 9 in kidney failure.
        ("12", "4.5", False, "12"),
        ("12", "9", True, "12"),
    ],
)
def test_phenytoin_by_albumin(total: str, albumin: str, kidney_failure: bool, adjusted: str) -> None:
    found = sheiner_tozer(Fraction(total), Fraction(albumin), kidney_failure)
    assert float(found) == pytest.approx(float(adjusted), abs=1e-4)


@QUIET
@given(AMOUNT, st.fractions(Fraction(1, 2), 10, max_denominator=100), st.booleans())
def test_albumin_in_two_units(total: Fraction, albumin: Fraction, esrd: bool) -> None:
    asked = {"method": "sheiner-tozer", "total": total, "esrd": esrd}
    assert free(asked, albumin_g_dl=albumin) == free(asked, albumin_g_l=10 * albumin)
    # What is asked for is that the unbound part is a tenth, as in health.
    adjusted = sheiner_tozer(total, albumin, esrd)
    each = Fraction(1, 10) if esrd else Fraction(1, 5)
    assert adjusted * Fraction(1, 10) == total * Fraction(1, 10) / (each * albumin + Fraction(1, 10))
    assert sheiner_tozer(total, albumin, True) > sheiner_tozer(total, albumin, False)


def test_albumin_above_zero() -> None:
    with pytest.raises(ValueError, match="above zero"):
        sheiner_tozer(Fraction(8), Fraction(0), False)


@pytest.mark.parametrize(
    ("total", "position"),
    [("9.999999", "below"), ("10", "within"), ("20", "within"), ("20.000001", "above")],
)
def test_both_ends_of_a_window_are_within(total: str, position: str) -> None:
    found = free(method="sheiner-tozer", total=Fraction(total), albumin_g_l=45, total_range=[10, 20])
    assert found["position_total"] == found["position_adjusted"] == position


def test_a_measured_level_beats_both_methods() -> None:
    """1.7 of 8 mg/L is 21 per cent unbound; the correction would have said 1.48."""
    windows = {"total_range": [10, 20], "free_range": [1, 2]}
    expected = {"free": Fraction("1.7"), "position_total": "below", "position_free": "within"}
    assert free(PHENYTOIN, windows, measured_free=1.7) == expected
    assert free({"method": "fu", "total": 8, "fu": 0.5}, windows, measured_free=1.7) == expected
    without_albumin = {"method": "sheiner-tozer", "total": 8, "measured_free": 2.1, "free_range": [1, 2]}
    assert free(without_albumin) == {"free": Fraction("2.1"), "position_free": "above"}


def test_windows_by_the_unbound_fraction() -> None:
    found = free(method="fu", total=8, fu=0.1, total_range=[10, 20], free_range=[1, 2])
    assert found == {"free": Fraction("0.8"), "position_total": "below", "position_free": "below"}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"albumin_g_dl": None}, "`albumin_g_dl` is missing"),
        ({"albumin_g_l": 22}, "give one"),
        ({"albumin_g_dl": 22}, "`albumin_g_dl`"),
        ({"albumin_g_dl": 0}, "`albumin_g_dl`"),
        ({"method": "fu"}, "`fu` is missing"),
        ({"method": "guess"}, "`method`"),
        ({"fu": 1.01}, "`fu`"),
        ({"total": -1}, "`total`"),
        ({"measured_free": 8.01}, "`measured_free` is above"),
        ({"total_range": [20, 10]}, "`total_range`: the lower end"),
        ({"total_range": [10]}, "`total_range`"),
        ({"total_range": [10, None]}, "`total_range.1`"),
        ({"esrd": 1}, "`esrd`"),
    ],
)
def test_bad_levels_are_named(changed: dict[str, object], words: str) -> None:
    with pytest.raises(CalculationError, match=words):
        free(PHENYTOIN, **changed)


@pytest.mark.parametrize(
    ("changed", "steady", "clearance", "rate"),
    [
        ({}, 40.24246851, 0.2484937025, 5.904761905),
        ({"vmax": 8}, 12.88152731, 0.7763054614, 11.61904762),
        # Without target it is the bathtub; without any other clearance it is Michaelis and Menten.
        ({"vmax": 0}, 50, 0.2, 4),
        ({"cl_lin": 0, "vmax": 12}, 5, 2, 80 / 7),
        # Input and capacity that cancel out: C * C = 10 * 1 / 0.4.
        ({"cl_lin": 0.4, "vmax": 9.6}, 5, 2, 8 + 64 / 7),
        ({"rate": 0}, 0, 2.2, 5.904761905),
    ],
)
def test_known_inputs(changed: dict[str, object], steady: float, clearance: float, rate: float) -> None:
    found = tmdd(**changed)
    expected = {"css": steady, "cl_total_at_css": clearance, "rate_for_target": rate}
    assert found == pytest.approx(expected)
    assert list(found) == list(expected)


@QUIET
@given(AMOUNT, AMOUNT, AMOUNT, AMOUNT)
def test_against_a_root_finder(
    rate: Fraction, clearance: Fraction, capacity: Fraction, half: Fraction
) -> None:
    steady = steady_with_target(rate, clearance, capacity, half)
    assert steady is not None
    most = float(rate / clearance)

    def surplus(level: float) -> float:
        return float(clearance) * level + float(capacity) * level / (float(half) + level) - float(rate)

    assert steady == pytest.approx(brentq(surplus, 0, most * (1 + 1e-9), xtol=1e-14, rtol=1e-13), rel=1e-9)
    # More target, less drug.
    more = steady_with_target(rate, clearance, 2 * capacity, half)
    assert more is not None and more < steady
    # And backwards: the input for that concentration is the one it came from.
    back = input_for(Fraction(steady), clearance, capacity, half)
    assert float(back) == pytest.approx(float(rate), rel=1e-9)


def test_the_model_in_time_comes_to_the_same() -> None:
    """The differential equation, over two hundred half-lives."""
    solved = solve_ivp(lambda _, c: 10 - 0.2 * c - 8 * c / (1 + c), (0, 1000), [0.0], rtol=1e-10, atol=1e-12)
    assert tmdd(vmax=8)["css"] == pytest.approx(solved.y[0][-1], rel=1e-6)


def test_digits_are_kept_where_the_target_takes_nearly_all() -> None:
    """The textbook form of the root would subtract two numbers that agree in all their digits."""
    steady = steady_with_target(Fraction(1, 10**6), Fraction(1, 10**6), Fraction(10**6), Fraction(1))
    assert steady == pytest.approx(1e-12, rel=1e-9, abs=0)


@pytest.mark.parametrize("rate", [10, 11])
def test_without_a_steady_state(rate: int) -> None:
    with pytest.raises(NoAnswer, match="piles up"):
        tmdd(cl_lin=0, vmax=10, rate=rate)


def test_without_a_target_concentration() -> None:
    assert "rate_for_target" not in tmdd(target=None)


@pytest.mark.parametrize("field", ["cl_lin", "vmax", "rate", "target"])
def test_bad_inputs_are_named(field: str) -> None:
    with pytest.raises(CalculationError, match=f"`{field}`"):
        tmdd(**{field: -1})
    with pytest.raises(CalculationError, match="`km`"):
        tmdd(km=0)
