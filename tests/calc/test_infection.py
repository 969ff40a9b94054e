"""Exposure against the germ: indices by simulation and quadrature, targets by exhaustion."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from calc.errors import CalculationError, NoAnswer
from calc.infection import Comparator, area_met, repeated_dose, time_met, within
from calc.operations import OPERATIONS

QUIET = settings(derandomize=True, database=None, deadline=None)

LACTAM: dict[str, Any] = {
    "dose_mg": 1000, "v_l": 20, "cl_l_h": 6, "tau_h": 8, "fu": 0.7, "mic": 2,
    "target": {"index": "fT>MIC", "value": 0.5},
}  # fmt: skip
VANCOMYCIN: dict[str, Any] = {
    "dose_mg": 1000, "v_l": 49, "cl_l_h": 4.2, "tau_h": 12, "fu": 0.5, "mic": 1,
    "target": {"index": "AUC/MIC", "value": 400, "max": 600},
}  # fmt: skip
ROUND: dict[str, Any] = {
    "dose_mg": 1000, "v_l": 30, "cl_l_h": 5, "tau_h": 12, "fu": 0.5, "mic": 1,
}  # fmt: skip
"""AUC 400, fAUC 200: exact numbers to stand on a target."""


def answer(*bases: dict[str, Any], **changed: object) -> dict[str, Any]:
    return OPERATIONS["pk.mic"].answer(
        {name: each for base in (*bases, changed) for name, each in base.items()}
    )


@pytest.mark.parametrize(
    ("asked", "peak", "unbound", "unbound_index", "area", "index", "time", "met"),
    [
        (LACTAM, 38.49190702, 350, 175, 500, 250, 1, True),
        ({**LACTAM, "mic": 32}, 38.49190702, 350, 10.9375, 500, 15.625, 0.07696337884, False),
        (VANCOMYCIN, 15.88226763, 238.0952381, 238.0952381, 476.1904762, 476.1904762, 1, True),
    ],
)
def test_known_patients(
    asked: dict[str, Any],
    peak: float,
    unbound: float,
    unbound_index: float,
    area: float,
    index: float,
    time: float,
    met: bool,
) -> None:
    expected = {
        "fpeak": peak, "fauc24": unbound, "fauc_over_mic": unbound_index, "auc24": area,
        "auc_over_mic": index, "ft_above_mic": time, "met": met,
    }  # fmt: skip
    found = answer(asked)
    assert found == pytest.approx(expected, rel=1e-6)
    assert list(found) == list(expected)


AMOUNT = st.fractions(Fraction(1, 10), 100, max_denominator=100)


@settings(QUIET, max_examples=30)
@given(AMOUNT, AMOUNT, st.fractions(1, 48, max_denominator=10), AMOUNT, st.fractions(Fraction(1, 20), 1))
def test_against_a_simulation_of_dose_after_dose(
    volume: Fraction, clearance: Fraction, interval: Fraction, inhibitory: Fraction, unbound: Fraction
) -> None:
    """The formulas for steady state against the sum of all doses before, and its integral."""
    constant, tau = float(clearance / volume), float(interval)
    assume(1e-2 < constant * tau < 50)
    found = repeated_dose(Fraction(500), interval, volume, clearance, unbound)
    before = math.ceil(40 / (constant * tau))

    def level(hour: float) -> float:
        decays = (math.exp(-constant * (hour + n * tau)) for n in range(before))
        return float(unbound) * 500 / float(volume) * math.fsum(decays)

    assert found.peak_unbound == pytest.approx(level(0))
    # With a fast decay nearly all of the area is at the start, where the quadrature has to look.
    area, _ = quad(level, 0, tau, points=[tau / 50, tau / 5], limit=200)
    assert float(found.area_unbound) == pytest.approx(area * 24 / tau, rel=1e-5)
    steps = 2000
    above = sum(level((n + 0.5) * tau / steps) > inhibitory for n in range(steps)) / steps
    assert found.time_above(inhibitory) == pytest.approx(above, abs=1.5 / steps)


@QUIET
@given(AMOUNT, AMOUNT, AMOUNT, AMOUNT)
def test_the_unit_of_amount_and_the_volume_where_they_do_not_matter(
    dose: Fraction, volume: Fraction, clearance: Fraction, inhibitory: Fraction
) -> None:
    """In g, with concentrations in g/L, all indices stay; the area is that of any volume."""
    interval, unbound = Fraction(8), Fraction(1, 2)
    first = repeated_dose(dose, interval, volume, clearance, unbound)
    grams = repeated_dose(dose / 1000, interval, volume, clearance, unbound)
    assert first.area / inhibitory == grams.area / (inhibitory / 1000)
    assert first.time_above(inhibitory) == pytest.approx(grams.time_above(inhibitory / 1000), abs=1e-9)
    assert repeated_dose(dose, interval, 2 * volume, clearance, unbound).area == first.area
    assert first.time_above(inhibitory) >= first.time_above(2 * inhibitory)


@pytest.mark.parametrize(
    ("target", "met"),
    [
        ({"index": "AUC/MIC", "value": 400}, True),
        ({"index": "AUC/MIC", "value": 400.000001}, False),
        ({"index": "AUC/MIC", "value": 300, "max": 400}, True),
        ({"index": "AUC/MIC", "value": 300, "max": 399.999999}, False),
        ({"index": "fAUC/MIC", "value": 200, "max": 200}, True),
        ({"index": "fAUC/MIC", "value": 400}, False),
        ({"index": "fT>MIC", "value": 1}, True),
        ({"index": "fT>MIC", "value": 0, "max": 0.99}, False),
    ],
)
def test_both_ends_of_a_target_are_in_it(target: dict[str, object], met: bool) -> None:
    assert answer(ROUND, target=target)["met"] is met


def test_a_third_is_compared_exactly() -> None:
    """100 mg every 24 h at 3 L/h: the area is a third of a hundred, which no float is."""
    asked = {**ROUND, "dose_mg": 100, "tau_h": 24, "cl_l_h": 3, "mic": Fraction(1, 3)}
    assert answer(asked, target={"index": "AUC/MIC", "value": 100, "max": 100})["met"] is True


@pytest.mark.parametrize(
    ("index", "value", "most", "comparator", "met"),
    [
        # AUC/MIC is 400 at 1 mg/L; below it the index is higher, without a bound.
        ("AUC/MIC", 400, None, "<=", True),
        ("AUC/MIC", 400, None, "<", True),
        ("AUC/MIC", 401, None, "<=", None),
        ("AUC/MIC", 400, 600, "<=", None),
        ("AUC/MIC", 0, 400, "<=", None),
        ("AUC/MIC", 0, 400, "<", False),
        ("AUC/MIC", 0, 399, "<=", False),
        # Above it the index is lower, down to zero.
        ("AUC/MIC", 400, None, ">", False),
        ("AUC/MIC", 400, None, ">=", None),
        ("AUC/MIC", 399, None, ">", None),
        ("AUC/MIC", 401, None, ">=", False),
        ("AUC/MIC", 0, 400, ">", True),
        ("AUC/MIC", 0, None, ">", True),
        ("fAUC/MIC", 200, None, "<=", True),
        ("fAUC/MIC", 200, None, ">", False),
        # At 1 mg/L the unbound drug never falls below: any lower one does as well, some higher ones too.
        ("fT>MIC", 1, None, "<=", True),
        ("fT>MIC", 0.5, None, "<", True),
        ("fT>MIC", 1, None, ">", None),
        ("fT>MIC", 0, None, ">", True),
        ("fT>MIC", 0.4, 0.6, "<=", False),
    ],
)
def test_a_comparator_decides_only_for_a_whole_side(
    index: str, value: float, most: float | None, comparator: str, met: bool | None
) -> None:
    target = {"index": index, "value": value, "max": most}
    assert answer(ROUND, mic_comparator=comparator, target=target)["met"] is met


COMPARATORS = st.sampled_from(("<", "<=", ">", ">="))


@QUIET
@given(COMPARATORS, st.integers(1, 12), st.integers(0, 12), st.none() | st.integers(1, 12))
def test_a_whole_side_is_asked_one_by_one(
    comparator: Comparator, inhibitory: int, least: int, width: int | None
) -> None:
    """Against asking for many concentrations of that side: area 12, so that indices stand on targets."""
    most = None if width is None else Fraction(least + width)
    # Indices of every half, so that each target has some; and the far ends.
    steps = [Fraction(n, 16) for n in range(1, 800)] + [Fraction(24, n) for n in range(1, 100)]
    steps += [Fraction(10**6), Fraction(1, 10**6)]
    inside = {"<": Fraction.__lt__, "<=": Fraction.__le__, ">": Fraction.__gt__, ">=": Fraction.__ge__}
    side = [each for each in steps if inside[comparator](each, Fraction(inhibitory))]
    answers = {area_met(Fraction(12), each, None, Fraction(least), most) for each in side}
    expected = answers.pop() if len(answers) == 1 else None
    assert area_met(Fraction(12), Fraction(inhibitory), comparator, Fraction(least), most) is expected

    lactam = repeated_dose(Fraction(12), Fraction(8), Fraction(1), Fraction(1, 8), Fraction(1))
    part, end = Fraction(least, 12), None if most is None else min(most / 12, Fraction(1))
    answers = {time_met(lactam, each, None, part, end) for each in side}
    expected = answers.pop() if len(answers) == 1 else None
    assert time_met(lactam, Fraction(inhibitory), comparator, part, end) is expected


def test_an_interval_in_a_target() -> None:
    assert within(1.0, False, 2.0, False, 1.0, 2.0) is True
    assert within(1.0, True, 2.0, True, 2.0, None) is False
    assert within(1.0, False, 2.0, False, 2.0, None) is None


def test_without_a_target_nothing_is_met() -> None:
    assert "met" not in answer(ROUND)
    assert "met" not in answer(ROUND, target=None)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"mic": 0}, "`mic`"), ({"fu": 0}, "`fu`"), ({"fu": 1.1}, "`fu`"), ({"tau_h": 0}, "`tau_h`"),
        ({"v_l": -1}, "`v_l`"), ({"cl_l_h": None}, "`cl_l_h`"), ({"mic_comparator": "~"}, "`mic_comparator`"),
        ({"target": {"index": "fT>MIC", "value": 50}}, "per cent"),
        ({"target": {"index": "fT>MIC", "value": 0.4, "max": 60}}, "per cent"),
        ({"target": {"index": "AUC/MIC", "value": 600, "max": 400}}, "`target.max`"),
        ({"target": {"index": "Cmax/MIC", "value": 10}}, "`target.index`"),
        ({"target": {"index": "AUC/MIC"}}, "`target.value`"),
        ({"target": {"index": "AUC/MIC", "value": -1}}, "`target.value`"),
    ],
)  # fmt: skip
def test_bad_input_is_named(changed: dict[str, object], words: str) -> None:
    with pytest.raises(CalculationError, match=words):
        answer(ROUND, **changed)


def test_per_cent_has_no_answer() -> None:
    with pytest.raises(NoAnswer):
        answer(LACTAM, target={"index": "fT>MIC", "value": 100})
