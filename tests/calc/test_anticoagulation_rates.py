"""What rules ask of an anticoagulant in atrial fibrillation: the numbers are those of the operations."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from calc import LIBRARY
from calc.anticoagulation_rates import (
    ORBIT_RATES,
    anticoagulation_benefit,
    anticoagulation_benefit_high,
    anticoagulation_benefit_low,
    anticoagulation_benefit_probability,
    intracranial_bleeding_rate,
    major_bleeding_rate,
    major_bleeding_rate_by_orbit,
    thromboembolism_rate,
)
from calc.in_rules import rounded
from calc.operations.anticoagulation import NetBenefitGiven, ScoresGiven, net_benefit, scores

FUNCTIONS = {each.name: each.compute for each in LIBRARY}
PATIENTS = [
    # stroke rate, bleeds in the head, major bleeds on warfarin, weight; benefit, interval, probability
    ("2.2", "0.5", "1.88", "0.3", "1.263083796", (0.745, 1.726), 100),
    ("3.2", "0.5", "1.88", "0.3", "1.959483796", (1.30, 2.59), 100),
    ("2.2", "0.5", "4.7", "1", "0.3829449635", (-0.424, 1.096), 68),
    ("0.2", "0.1", "1.13", "0.3", "0.03294291971", (-0.058, 0.104), 0),
]


@pytest.mark.parametrize(("stroke", "head", "major", "weight", "benefit", "interval", "percent"), PATIENTS)
def test_the_four_patients(
    stroke: str,
    head: str,
    major: str,
    weight: str,
    benefit: str,
    interval: tuple[float, float],
    percent: float,
) -> None:
    arguments = (Fraction(stroke), Fraction(head), Fraction(major), Fraction(weight))
    assert float(anticoagulation_benefit(*arguments)) == pytest.approx(float(benefit), rel=1e-9)
    limits = (anticoagulation_benefit_low(*arguments), anticoagulation_benefit_high(*arguments))
    assert limits == pytest.approx(interval, abs=0.01)
    assert float(anticoagulation_benefit_probability(*arguments)) == pytest.approx(percent, abs=0.5)


def test_the_second_patient_by_the_sums_of_log_normal_moments() -> None:
    """The variance of the benefit from that of each factor: another route than drawing."""

    def moments(mean: float, deviation: float) -> tuple[float, float]:
        spread = stats.lognorm(deviation, scale=mean)
        return float(spread.mean()), float(spread.var())

    def deviation(low: float, high: float) -> float:
        return math.log(high / low) / (2 * 1.959963984540054)

    te_ratio = moments(0.33 * 0.92, math.hypot(deviation(0.23, 0.46), deviation(0.83, 1.02)))
    te = moments(3.2, 0.1)
    head_ratio, head = moments(1.23, deviation(0.88, 1.72)), moments(0.5, 0.25)
    major_ratio = moments(1 / 1.37, deviation(1.16, 1.63))
    major = moments(1.88 * 0.86, math.hypot(deviation(0.73, 1), 0.15))

    def times(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
        """Mean and variance of `one * (1 - other)`."""
        mean, left = one[0] * (1 - other[0]), 1 - other[0]
        return mean, one[1] * other[1] + one[1] * left**2 + other[1] * one[0] ** 2

    parts = [(1, times(te, te_ratio)), (1.2, times(head, head_ratio)), (-0.3, times(major, major_ratio))]
    mean = sum(weight * part[0] for weight, part in parts)
    sigma = math.sqrt(sum(weight**2 * part[1] for weight, part in parts))
    arguments = (Fraction("3.2"), Fraction("0.5"), Fraction("1.88"), Fraction("0.3"))
    low, high = anticoagulation_benefit_low(*arguments), anticoagulation_benefit_high(*arguments)
    assert (low + high) / 2 == pytest.approx(mean, abs=0.03)
    assert (high - low) / (2 * 1.96) == pytest.approx(sigma, abs=0.01)


@pytest.mark.parametrize(("score", "points"), [(score, score % 6) for score in range(10)])
def test_the_rates_are_those_of_the_operation(score: int, points: int) -> None:
    found = net_benefit(NetBenefitGiven(cha2ds2_vasc=score, has_bled=points, ich_rate_off=Fraction("0.1")))
    te, major = thromboembolism_rate(Fraction(score)), major_bleeding_rate(Fraction(points))
    assert found.per_100_py.te_off == te
    arguments = (te, Fraction("0.1"), major, Fraction("0.3"))
    assert found.net_benefit == anticoagulation_benefit(*arguments)
    assert 100 * found.mc.p_gt_margin == anticoagulation_benefit_probability(*arguments)


@pytest.mark.parametrize(
    "function, last",
    [(thromboembolism_rate, 9), (major_bleeding_rate, 5), (major_bleeding_rate_by_orbit, 7)],
)
def test_a_score_that_nobody_can_have_has_no_rate(function: object, last: int) -> None:
    assert callable(function)
    assert function(Fraction(last)) > 0
    for score in (Fraction(-1), Fraction(last + 1), Fraction(1, 2)):
        with pytest.raises(ValueError, match=f"only for 0 to {last}"):
            function(score)


def test_rates_by_orbit_step_at_three_and_four() -> None:
    assert [float(each) for each in ORBIT_RATES] == [2.4, 2.4, 2.4, 4.7, 8.1, 8.1, 8.1, 8.1]


def test_bleeds_in_the_head_by_age() -> None:
    ages = ("18", "55", "70", "85", "110")
    assert [float(intracranial_bleeding_rate(Fraction(age))) for age in ages] == [0.1, 0.1, 0.3, 0.5, 0.5]


@pytest.mark.parametrize("bad", [("-1", "0.1", "2"), ("2", "0.1", "-2"), ("2", "3", "2")])
def test_what_contradicts_itself_is_refused(bad: tuple[str, str, str]) -> None:
    stroke, head, major = map(Fraction, bad)
    with pytest.raises(ValueError, match=r"below zero|more bleeds in the head"):
        anticoagulation_benefit_probability(stroke, head, major, Fraction(1))
    with pytest.raises(ValueError, match="less than nothing"):
        anticoagulation_benefit(Fraction(2), Fraction(0), Fraction(2), Fraction(-1))


@settings(derandomize=True, database=None, deadline=None, max_examples=200)
@given(st.integers(0, 120), st.lists(st.booleans(), min_size=6, max_size=6))
def test_scores_are_those_of_the_operation(age: int, truths: list[bool]) -> None:
    female, *risks = truths
    names = ("heart_failure", "hypertension", "diabetes", "stroke", "vascular")
    given_risks = dict(zip(names, risks, strict=True))
    found = scores(
        ScoresGiven.model_validate({"age": age, "sex": "female" if female else "male", **given_risks})
    )
    points = FUNCTIONS["cha2ds2_vasc"](age=Fraction(age), female=female, **given_risks)
    assert points == found.cha2ds2_vasc
    assert FUNCTIONS["cha2ds2_va"](age=Fraction(age), **given_risks) == found.cha2ds2_va == points - female


def test_a_float_becomes_a_decimal_of_twelve_digits() -> None:
    assert rounded(0.1) == Fraction(1, 10)
    assert rounded(2 / 3) == Fraction("0.666666666667")


@pytest.mark.parametrize("weight", [Fraction(0), Fraction("0.3"), Fraction(1), Fraction(2)])
@pytest.mark.parametrize("age", [55, 85])
def test_what_is_favoured_stays_so_at_a_higher_score(age: int, weight: Fraction) -> None:
    """The rule advises at the least score that is possible, though the rate falls at 8."""
    head = intracranial_bleeding_rate(Fraction(age))
    for points in range(6):
        major = major_bleeding_rate(Fraction(points))
        rates = [thromboembolism_rate(Fraction(score)) for score in range(10)]
        favoured = [anticoagulation_benefit_probability(each, head, major, weight) >= 90 for each in rates]
        assert favoured == sorted(favoured), points
