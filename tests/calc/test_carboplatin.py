"""Carboplatin by the formula of Calvert."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calc.carboplatin import calvert_dose
from calc.errors import UnusableInput
from calc.operations import OPERATIONS


def answer(**fields: object) -> dict[str, object]:
    return OPERATIONS["pk.calvert"].answer(fields)


def test_the_formula() -> None:
    assert answer(auc=5, gfr=90) == {"dose_mg": 575, "capped": False}


def test_an_estimate_counts_for_125_at_most() -> None:
    """FDA 2010: AUC 6 is at most 900 mg, 5 is 750, 4 is 600; a measured rate is not cut."""
    assert [answer(auc=auc, gfr=160)["dose_mg"] for auc in (6, 5, 4)] == [900, 750, 600]
    assert answer(auc=6, gfr=160) == {"dose_mg": 900, "capped": True}
    assert answer(auc=6, gfr=125) == {"dose_mg": 900, "capped": False}
    assert answer(auc=6, gfr=160, measured=True) == {"dose_mg": 1110, "capped": False}


@settings(derandomize=True, database=None, deadline=None, max_examples=60)
@given(st.fractions(1, 10), st.fractions(0, 300), st.booleans())
def test_a_faster_kidney_never_lowers_the_dose(area: Fraction, rate: Fraction, measured: bool) -> None:
    dose = calvert_dose(area, rate, measured)
    assert 25 * area <= dose <= calvert_dose(area, rate + 1, measured)
    assert dose <= area * (rate + 25) and (measured or dose <= 150 * area)


def test_what_cannot_be_used() -> None:
    for fields in ({"auc": 0, "gfr": 90}, {"auc": 5, "gfr": -1}, {"auc": 5}, {"auc": 50, "gfr": 90}):
        with pytest.raises(UnusableInput):
            answer(**fields)
