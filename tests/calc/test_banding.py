"""Doses in bands."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calc.banding import banded, nearest, relative_error
from calc.errors import CalculationError
from calc.operations import OPERATIONS

QUIET = settings(derandomize=True, database=None, deadline=None)
DOSES = st.fractions(1, 300, max_denominator=100)

DRUG: dict[str, Any] = {
    "crcl": 45, "phenotype": "NM", "bands": [[60, 100], [30, 75], [0, 50]],
    "strengths": [25, 50, 75, 100, 150], "phenotype_factor": {"PM": 0.5, "IM": 0.75, "NM": 1, "UM": 1.5},
}  # fmt: skip


def answer(**changed: object) -> dict[str, Any]:
    return OPERATIONS["dose.band"].answer({**DRUG, **changed})


@pytest.mark.parametrize(
    ("clearance", "phenotype", "target", "dose", "error"),
    [
        (45, "NM", 75, 75, 0),
        (90, "PM", 50, 50, 0),
        (60, "NM", 100, 100, 0),
        (59.999, "NM", 75, 75, 0),
        (30, "NM", 75, 75, 0),
        (0, "NM", 50, 50, 0),
        (60, "UM", 150, 150, 0),
        # Of two strengths as near the lower one: 37.5 and 112.5 mg lie in the middle.
        (45, "PM", 37.5, 25, Fraction(-1, 3)),
        (45, "UM", 112.5, 100, Fraction(-1, 9)),
        (45, "IM", 56.25, 50, Fraction(-1, 9)),
        (0, "PM", 25, 25, 0),
        (0, "IM", 37.5, 25, Fraction(-1, 3)),
    ],
)
def test_known_patients(clearance: float, phenotype: str, target: float, dose: int, error: Fraction) -> None:
    found = answer(crcl=clearance, phenotype=phenotype)
    expected = {"status": "ok", "target_mg": target, "dose_mg": dose, "relative_error": error}
    assert found == expected
    assert list(found) == list(expected)


def test_more_than_was_asked_for_is_above_zero() -> None:
    assert answer(strengths=[80])["relative_error"] == Fraction(1, 15)
    assert answer(strengths=[70])["relative_error"] == Fraction(-1, 15)


def test_without_a_phenotype_the_kidney_alone_counts() -> None:
    expected = {"status": "ok-renal-only", "target_mg": 75, "dose_mg": 75, "relative_error": 0}
    assert answer(phenotype=None) == expected
    absent = {name: each for name, each in DRUG.items() if name != "phenotype"}
    assert OPERATIONS["dose.band"].answer(absent) == expected
    assert answer(phenotype=None, phenotype_factor={}) == expected


@pytest.mark.parametrize("phenotype", ["indeterminate", "nm", "", "EM"])
def test_a_phenotype_without_a_factor_has_no_dose(phenotype: str) -> None:
    """No factor of 1 is made up, and no other spelling is guessed."""
    assert answer(phenotype=phenotype) == {"status": "phenotype-unknown", "dose_mg": None}


@QUIET
@given(st.lists(DOSES, min_size=1, max_size=8), DOSES)
def test_the_nearest_strength_by_trying_all(strengths: list[Fraction], target: Fraction) -> None:
    found = nearest(target, strengths)
    distance = min(abs(each - target) for each in strengths)
    assert found == min(each for each in strengths if abs(each - target) == distance)
    assert abs(relative_error(found, target)) * target == distance


@QUIET
@given(st.dictionaries(st.integers(0, 150), DOSES, min_size=1), st.fractions(0, 200), st.randoms())
def test_bands_in_any_order(bands: dict[int, Fraction], clearance: Fraction, order: random.Random) -> None:
    pairs = [(Fraction(lower), dose) for lower, dose in bands.items()]
    order.shuffle(pairs)
    reached = [lower for lower in sorted(bands) if lower <= clearance]
    assert banded(clearance, pairs) == (bands[reached[-1]] if reached else None)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"crcl": 29.9, "bands": [[60, 100], [30, 75]]}, "`crcl` is below"),
        ({"bands": [[60, 100], [60, 75], [0, 50]]}, "two of them begin"),
        ({"bands": []}, "`bands`"),
        ({"bands": [[60]]}, "`bands.0`"),
        ({"bands": [[60, -1]]}, "`bands.0.1`"),
        ({"bands": [[30, 0]]}, "nothing is to be given"),
        ({"phenotype": "PM", "phenotype_factor": {"PM": 0}}, "nothing is to be given"),
        ({"strengths": []}, "`strengths`"),
        ({"strengths": [0]}, "`strengths.0`"),
        ({"phenotype_factor": {"NM": -1}}, "`phenotype_factor.NM`"),
        ({"crcl": -1}, "`crcl`"),
        ({"crcl": None}, "`crcl`"),
        ({"phenotype": 3}, "`phenotype`"),
    ],
)
def test_bad_input_is_named(changed: dict[str, object], words: str) -> None:
    with pytest.raises(CalculationError, match=words):
        answer(**changed)


def test_a_factor_of_zero_concerns_its_phenotype_alone() -> None:
    assert answer(phenotype_factor={"NM": 1, "PM": 0})["dose_mg"] == 75
