"""Clearance by size and maturation."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calc.errors import CalculationError, NoAnswer
from calc.operations import OPERATIONS
from calc.size import FILTRATION_HALF_MATURE, FILTRATION_HILL, allometric_factor, maturation

QUIET = settings(derandomize=True, database=None, deadline=None)
WEIGHTS = st.fractions(10, 300, max_denominator=1000)
AGES = st.fractions(20, 400, max_denominator=100)


def answer(**asked: object) -> dict[str, object]:
    return OPERATIONS["pk.allometry"].answer(asked)


@pytest.mark.parametrize(
    ("weight", "size", "clearance", "linear"),
    [
        (100, 1.306701742, 6.533508709, 1.428571429),
        (50, 0.7769695042, 3.884847521, 0.7142857143),
        (70, 1, 5, 1),
    ],
)
def test_adults(weight: int, size: float, clearance: float, linear: float) -> None:
    expected = {"size_factor": size, "maturation": 1, "cl": clearance, "linear_factor": linear}
    found = answer(cl_ref=5, weight_kg=weight)
    assert found == pytest.approx(expected, rel=1e-6)
    assert list(found) == list(expected)


def test_term_neonate() -> None:
    """3.5 kg at 40 weeks: 0.225 L/h of an adult's 6, where weight in proportion would give 0.30."""
    found = answer(cl_ref=6, weight_kg=3.5, pma_weeks=40)
    expected = {"size_factor": 0.1057, "maturation": 0.3547, "cl": 0.2250, "linear_factor": 0.05}
    assert found == pytest.approx(expected, abs=5e-5)


def test_filtration_of_a_term_neonate_is_as_measured() -> None:
    """Where its inputs are taken from elsewhere, the model meets what was measured.

    In the first five days the filtration rate rises from 19.6 to 40.6 mL/min per 1.73 m2 (data of 881 term
    neonates, PMC9257816). An adult has about 120 mL/min, and 3.5 kg are 0.22 m2.
    """
    found = answer(cl_ref=120, weight_kg=3.5, age_y=0, pma_weeks=40)
    assert 19.6 < float(str(found["cl"])) / 0.22 * 1.73 < 40.6


def test_another_exponent_and_standard() -> None:
    """A volume is proportional to weight, whatever the standard weight."""
    found = answer(cl_ref=40, weight_kg=35, exponent=1)
    assert found["cl"] == 20 and found["size_factor"] == found["linear_factor"]
    assert answer(cl_ref=5, weight_kg=35, ref_weight_kg=35)["cl"] == 5


def test_another_way_of_elimination() -> None:
    """Half of the mature capacity at its own age, however steep."""
    found = answer(cl_ref=1, weight_kg=70, pma_weeks=54, tm50_weeks=54, hill=3.92)
    assert found["maturation"] == 0.5


@QUIET
@given(WEIGHTS, WEIGHTS, WEIGHTS)
def test_size_can_be_scaled_in_two_steps(first: Fraction, second: Fraction, third: Fraction) -> None:
    """Twice the weight is always 1.68 times the clearance, whatever stands between."""
    steps = allometric_factor(second, first, Fraction(3, 4)) * allometric_factor(
        third, second, Fraction(3, 4)
    )
    assert steps == pytest.approx(allometric_factor(third, first, Fraction(3, 4)))
    assert allometric_factor(2 * first, first, Fraction(3, 4)) == pytest.approx(2**0.75)


@QUIET
@given(AGES, AGES)
def test_maturation_is_the_logistic_curve_of_the_logarithm_of_age(age: Fraction, other: Fraction) -> None:
    hill, half = FILTRATION_HILL, FILTRATION_HALF_MATURE
    reference = 1 / (1 + math.exp(-float(hill) * (math.log(age) - math.log(half))))
    assert maturation(age, half, hill) == pytest.approx(reference)
    if age < other:
        assert maturation(age, half, hill) <= maturation(other, half, hill) < 1
    # In weeks or in days: only the ratio of the ages counts.
    assert maturation(7 * age, 7 * half, hill) == pytest.approx(reference)


def test_maturation_is_all_but_complete_at_two_years() -> None:
    assert maturation(Fraction(40 + 104), FILTRATION_HALF_MATURE, FILTRATION_HILL) > 0.97


@pytest.mark.parametrize(
    "asked",
    [
        {"weight_kg": 10, "age_y": 1.99},
        {"weight_kg": 70, "age_y": 0},
        {"weight_kg": 8.99},
        {"weight_kg": 12, "tm50_weeks": 54},
        {"weight_kg": 12, "age_y": 3, "hill": 3},
    ],
)
def test_an_infant_without_its_maturation_has_no_clearance(asked: dict[str, object]) -> None:
    with pytest.raises(NoAnswer) as refused:
        answer(cl_ref=5, **asked)
    assert refused.value.code == "no-maturation"


@pytest.mark.parametrize(
    "asked", [{"weight_kg": 9}, {"weight_kg": 12, "age_y": 2}, {"weight_kg": 5, "age_y": 3}]
)
def test_from_two_years_size_alone_counts(asked: dict[str, object]) -> None:
    assert answer(cl_ref=5, **asked)["maturation"] == 1


@pytest.mark.parametrize(
    ("age", "postmenstrual", "fits"),
    [
        (0, 40, True), (0, 24, True), (0.5, 66, True),
        # Completed years leave the weeks open; weeks since birth are another age.
        (1, 139, True), (1, 52, False), (0.75, 39, False), (0, 120, False),
    ],
)  # fmt: skip
def test_two_ages_of_one_child(age: float, postmenstrual: float, fits: bool) -> None:
    asked = {"cl_ref": 5, "weight_kg": 6, "age_y": age, "pma_weeks": postmenstrual}
    if fits:
        assert 0 < float(str(answer(**asked)["maturation"])) < 1
    else:
        with pytest.raises(NoAnswer, match="`pma_weeks`"):
            answer(**asked)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("cl_ref", 0), ("weight_kg", 0), ("weight_kg", "70"), ("weight_kg", True), ("age_y", -1),
        ("pma_weeks", 19), ("hill", 0), ("tm50_weeks", -1), ("exponent", 3), ("ref_weight_kg", 0),
        ("height", 1),
    ],
)  # fmt: skip
def test_bad_input_is_named(field: str, value: object) -> None:
    with pytest.raises(CalculationError, match=f"`{field}`"):
        answer(**{"cl_ref": 5, "weight_kg": 70, "pma_weeks": 2000, field: value})
