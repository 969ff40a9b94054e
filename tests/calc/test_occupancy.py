"""Receptors that a drug takes."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calc.errors import CalculationError
from calc.occupancy import against_half, occupancy, scanned_occupancy, total_for
from calc.operations import OPERATIONS

QUIET = settings(derandomize=True, database=None, deadline=None)
AMOUNT = st.fractions(Fraction(1, 100), 100, max_denominator=1000)
PART = st.fractions(Fraction(1, 100), Fraction(99, 100), max_denominator=1000)


def answer(**asked: object) -> dict[str, Any]:
    return OPERATIONS["pk.occupancy"].answer(asked)


def test_known_patients() -> None:
    assert answer(conc=6, kd=3, window=[0.65, 0.8]) == {"occupancy": Fraction(2, 3), "position": "within"}
    assert answer(bp_base=2.4, bp_drug=0.72) == {"occupancy": Fraction(7, 10)}


@pytest.mark.parametrize(
    ("left", "position"),
    [("0.35", "within"), ("0.350001", "below"), ("0.22", "within"), ("0.219999", "above")],
)
def test_the_window_of_antipsychotics_includes_its_ends(left: str, position: str) -> None:
    """65 per cent for response and 78 for side effects: Kapur et al. 2000, PMID 10739409."""
    assert answer(bp_base=1, bp_drug=Fraction(left), window=[0.65, 0.78])["position"] == position


def test_what_a_target_asks_for() -> None:
    """From two thirds to three quarters: 3 * 3 = 9 ng/mL, and half as much again of the dose."""
    found = answer(conc=6, kd=3, window=[0.65, 0.8], target=0.75)
    assert found == {
        "occupancy": Fraction(2, 3),
        "position": "within",
        "conc_for_target": 9,
        "dose_factor": Fraction(3, 2),
    }
    assert list(found) == ["occupancy", "position", "conc_for_target", "dose_factor"]
    # The scans alone tell the factor, and with a concentration also the one to aim for.
    assert answer(bp_base=3, bp_drug=1, target=0.75) == {
        "occupancy": Fraction(2, 3),
        "dose_factor": Fraction(3, 2),
    }
    assert answer(bp_base=3, bp_drug=1, conc=6, target=0.75)["conc_for_target"] == 9


def test_from_no_drug_the_concentration_follows_but_no_factor() -> None:
    found = answer(conc=0, kd=3, target=0.75)
    assert found == {"occupancy": 0, "conc_for_target": 9, "dose_factor": None}


@QUIET
@given(AMOUNT, AMOUNT, PART)
def test_the_loop_closes(concentration: Fraction, half: Fraction, target: Fraction) -> None:
    """The dose of the answer reaches the target, and scans of that patient say the same."""
    taken = occupancy(concentration, half)
    assert occupancy(half, half) == Fraction(1, 2)
    assert occupancy(1000 * concentration, 1000 * half) == taken < occupancy(2 * concentration, half)
    assert against_half(taken) * half == concentration
    found = answer(conc=concentration, kd=half, target=target)
    assert occupancy(found["dose_factor"] * concentration, half) == target
    assert found["conc_for_target"] == found["dose_factor"] * concentration
    scanned = answer(bp_base=5, bp_drug=5 * (1 - taken), conc=concentration, target=target)
    assert scanned == found
    assert scanned_occupancy(Fraction(5), 5 * (1 - taken)) == taken


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({}, "`conc` with `kd` is missing"),
        ({"conc": 6}, "`conc` with `kd` is missing"),
        ({"kd": 3}, "`conc` with `kd` is missing"),
        ({"bp_base": 2, "conc": 6, "kd": 3}, "belong together"),
        ({"bp_drug": 2}, "belong together"),
        ({"bp_base": 2, "bp_drug": 1, "conc": 6, "kd": 3}, "two ways"),
        ({"bp_base": 2, "bp_drug": 2.1}, "`bp_drug` is above"),
        ({"bp_base": 0, "bp_drug": 0}, "`bp_base`"),
        ({"bp_base": 2, "bp_drug": 0, "target": 0.7}, "no dose"),
        ({"bp_base": 2, "bp_drug": 2, "target": 0.7}, "no dose"),
        ({"conc": 6, "kd": 0}, "`kd`"),
        ({"conc": -1, "kd": 3}, "`conc`"),
        ({"conc": 6, "kd": 3, "target": 1}, "`target`"),
        ({"conc": 6, "kd": 3, "target": 70}, "`target`"),
        ({"conc": 6, "kd": 3, "window": [65, 80]}, "`window.0`"),
        ({"conc": 6, "kd": 3, "window": [0.8, 0.65]}, "`window`"),
    ],
)
def test_bad_input_is_named(asked: dict[str, object], words: str) -> None:
    with pytest.raises(CalculationError, match=words):
        answer(**asked)


def test_the_drug_for_an_occupancy_where_the_receptor_takes_some_of_it() -> None:
    """65 % of 10 nM at Kd 2 nM: 2 * 0.65 / 0.35 free and 6.5 bound; the quadratic gives it back."""
    part, half, receptors = Fraction(13, 20), Fraction(2), Fraction(10)
    total = total_for(part, half, receptors)
    assert total == Fraction(26, 7) + Fraction(13, 2)
    middle = float(total + receptors + half)
    bound = (middle - math.sqrt(middle**2 - 4 * float(total * receptors))) / 2
    assert bound / 10 == pytest.approx(0.65)
