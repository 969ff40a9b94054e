"""The best dose for one person: the seed's numbers, quadrature, and what must move the choice."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from calc.errors import CalculationError
from calc.individual_dose import Curve
from calc.operations import OPERATIONS

PERSON: dict[str, Any] = {
    "cl": 5, "tau_h": 24, "ec50": 0.4, "h_eff": 2, "tc50": 1.2, "h_tox": 4, "w_tox": 1,
    "doses": [25, 50, 75, 100, 150, 200, 300],
}  # fmt: skip
POSITIVE = st.fractions(Fraction(1, 100), 100, max_denominator=1000)

many = settings(derandomize=True, database=None, deadline=None, max_examples=60)


def answer(**changed: Any) -> Any:
    return OPERATIONS["nof1.utility_dose"].answer({**PERSON, **changed})


def test_the_contract() -> None:
    found = answer()
    assert list(found) == ["best_dose", "best_utility", "table"]
    assert (found["best_dose"], found["best_utility"]) == (75, pytest.approx(0.6408788787))
    assert [row[0] for row in found["table"]] == PERSON["doses"]
    assert found["table"][2] == pytest.approx([75, 0.625, 0.7094211124, 0.06854223368, 0.6408788787])
    assert found["table"][6] == pytest.approx([300, 2.5, 0.9750390016, 0.9495917211, 0.02544728042])


def test_a_poor_metabolizer_needs_less() -> None:
    found = answer(cl=2)
    assert (found["best_dose"], found["best_utility"]) == (25, pytest.approx(0.5947295497))
    assert found["table"][5][4] == pytest.approx(-0.002299140794)


def test_the_same_person_with_other_values() -> None:
    """What toxicity weighs is the patient's to say, and changes the dose."""
    assert [answer(w_tox=weight)["best_dose"] for weight in (0, 0.5, 1, 10)] == [300, 100, 75, 50]


@many
@given(POSITIVE, POSITIVE, st.integers(1, 6))
def test_a_curve_against_its_definition(middle: Fraction, concentration: Fraction, steepness: int) -> None:
    exact = concentration**steepness / (concentration**steepness + middle**steepness)
    assert Curve(middle, Fraction(steepness)).at(concentration) == pytest.approx(float(exact), rel=1e-12)


def test_half_at_the_middle_and_nothing_without_a_drug() -> None:
    curve = Curve(Fraction(2), Fraction(7, 2))
    assert curve.at(Fraction(2)) == 0.5 and curve.at(Fraction(0)) == 0
    assert curve.averaged(Fraction(2), Fraction(1, 2)) == pytest.approx(0.5)
    assert curve.averaged(Fraction(0), Fraction(1, 2)) == 0


@many
@given(
    POSITIVE,
    st.fractions(Fraction(1, 2), 10, max_denominator=100),
    st.fractions(Fraction(1, 20), 2, max_denominator=100),
)
def test_uncertain_clearance_against_quadrature(
    concentration: Fraction, steepness: Fraction, omega: Fraction
) -> None:
    def part(deviate: float) -> float:
        odds = float(steepness) * (math.log(concentration) + float(omega) * deviate)
        return math.exp(-(deviate**2) / 2) / math.sqrt(2 * math.pi) / (1 + math.exp(-odds))

    step = min(max(-math.log(concentration) / float(omega), -8.4), 8.4)
    expected, _ = quad(part, -8.5, 8.5, points=[step], epsabs=1e-12, limit=500)
    found = Curve(Fraction(1), steepness).averaged(concentration, omega)
    assert found == pytest.approx(expected, abs=1e-8)


def test_the_mean_utility_is_not_the_utility_of_the_mean() -> None:
    """Toxicity is steeper, so not knowing the clearance costs most where the point value looks best."""
    sure, unsure = answer(), answer(cl_omega=0.5)
    assert unsure["best_utility"] < sure["best_utility"] - 0.1
    assert [row[:2] for row in unsure["table"]] == [row[:2] for row in sure["table"]]
    assert answer(cl_omega=0) == answer(cl_omega=None) == sure
    almost = answer(cl_omega=0.0001)
    assert almost["best_utility"] == pytest.approx(sure["best_utility"], abs=1e-6)


@many
@given(
    st.fractions(Fraction(1, 10), 50, max_denominator=100),
    st.fractions(Fraction(1, 10), 10, max_denominator=100),
)
def test_twice_the_clearance_needs_twice_the_dose(clearance: Fraction, by: Fraction) -> None:
    doses = [float(dose) for dose in PERSON["doses"]]
    found = answer(cl=clearance, doses=[Fraction(dose) for dose in doses])
    scaled = answer(cl=clearance * by, doses=[Fraction(dose) * by for dose in doses])
    assert scaled["best_dose"] == found["best_dose"] * by
    assert scaled["best_utility"] == found["best_utility"]


def test_ties_go_to_the_first_and_rows_keep_their_order() -> None:
    found = answer(doses=[300, 75, 25], w_tox=0, h_eff=100, ec50=1e-9)
    assert {row[4] for row in found["table"]} == {1.0}
    assert found["best_dose"] == 300
    assert answer(doses=[0])["table"] == [[0, 0, 0.0, 0.0, 0.0]]
    assert answer(doses=[300, 0, 25])["best_dose"] == 25


def test_the_widest_numbers_stay_numbers() -> None:
    for omega in (None, 5):
        found = answer(doses=[0, 1e9], h_eff=100, h_tox=100, ec50=1e-9, tc50=1e9, cl=1e-6, cl_omega=omega)
        assert all(math.isfinite(number) for row in found["table"] for number in row)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"doses": []}, "`doses`"),
        ({"doses": [25, -1]}, "`doses.1`"),
        ({"doses": 25}, "`doses`"),
        ({"cl": 0}, "`cl`"),
        ({"tau_h": 0}, "`tau_h`"),
        ({"ec50": 0}, "`ec50`"),
        ({"h_tox": 0}, "`h_tox`"),
        ({"w_tox": -1}, "`w_tox`"),
        ({"w_tox": None}, "`w_tox`"),
        ({"cl_omega": -0.1}, "`cl_omega`"),
        ({"F": 1}, "`F` is no field"),
    ],
)
def test_what_is_refused(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(CalculationError, match=words):
        answer(**changed)
