"""Population clearances against what their papers print, and what rules may ask of repeated doses."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calc.antibiotics import meropenem_clearance, vancomycin_clearance
from calc.in_rules import rounded, time_above, unbound_after
from calc.infection import repeated_dose
from calc.occupancy import dose_factor, occupancy

QUIET = settings(derandomize=True, database=None, deadline=None)


def test_vancomycin_of_a_healthy_kidney() -> None:
    """3.66 + 68.9 mL/min, times 0.06."""
    assert vancomycin_clearance(Fraction(100)) == Fraction("4.3536")
    with pytest.raises(ValueError, match="above zero"):
        vancomycin_clearance(Fraction(0))


@pytest.mark.parametrize(("creatinine", "daily_dose"), [(20, 910), (50, 1480), (80, 2050), (120, 2800)])
def test_meropenem_against_the_nomogram_of_the_paper(creatinine: int, daily_dose: int) -> None:
    """The doses for one level are to each other as the clearances; the paper prints them to 10 mg."""
    ratio = meropenem_clearance(Fraction(creatinine)) / meropenem_clearance(Fraction(80))
    assert float(ratio) == pytest.approx(daily_dose / 2050, rel=0.01)


@pytest.mark.parametrize(
    ("creatinine", "inside"), [("19.59", False), ("19.6", True), ("168", True), ("168.01", False)]
)
def test_meropenem_is_told_for_those_it_was_learned_from(creatinine: str, inside: bool) -> None:
    if inside:
        assert meropenem_clearance(Fraction(creatinine)) > 0
    else:
        with pytest.raises(ValueError, match=r"19\.6 to 168"):
            meropenem_clearance(Fraction(creatinine))


AMOUNT = st.fractions(Fraction(1, 2), 50, max_denominator=20)
PART = st.fractions(Fraction(1, 20), 1, max_denominator=20)


@QUIET
@given(AMOUNT, AMOUNT, PART)
def test_what_is_exceeded_for_a_part_is_above_for_that_part(
    volume: Fraction, clearance: Fraction, part: Fraction
) -> None:
    """`unbound_after` solves `time_above` for the concentration."""
    doses = {
        "dose": Fraction(1000), "interval": Fraction(8), "volume": volume, "clearance": clearance,
        "unbound": Fraction(49, 50),
    }  # fmt: skip
    held = unbound_after(part=part, **doses)
    if held > 0:
        assert float(time_above(inhibitory=held, **doses)) == pytest.approx(float(part), rel=1e-9)
        assert time_above(inhibitory=held / 2, **doses) >= time_above(inhibitory=held, **doses)
    peak = repeated_dose(Fraction(1000), Fraction(8), volume, clearance, Fraction(49, 50)).peak_unbound
    assert float(unbound_after(part=Fraction(0), **doses)) == pytest.approx(peak, rel=1e-11)


@pytest.mark.parametrize(
    "changed",
    [
        {"dose": 0},
        {"interval": 0},
        {"volume": -1},
        {"clearance": 0},
        {"unbound": 2},
        {"part": 2},
        {"part": -1},
    ],
)
def test_what_no_dose_is(changed: dict[str, int]) -> None:
    usual = {"dose": 1000, "interval": 8, "volume": 21, "clearance": 8, "unbound": 1, "part": 1}
    with pytest.raises(ValueError, match=r"above zero|from 0 to 1"):
        unbound_after(**{name: Fraction(value) for name, value in (usual | changed).items()})


def test_an_inhibitory_concentration_of_nothing() -> None:
    one = Fraction(1)
    with pytest.raises(ValueError, match="inhibitory"):
        time_above(one, one, one, one, one, Fraction(0))


def test_a_float_becomes_the_same_fraction_everywhere() -> None:
    assert rounded(0.1 + 0.2) == Fraction(3, 10)
    with pytest.raises(ValueError, match="finite"):
        rounded(float("inf"))


@QUIET
@given(AMOUNT, st.fractions(Fraction(1, 100), Fraction(99, 100)))
def test_the_factor_leads_to_the_wanted_occupancy(level: Fraction, wanted: Fraction) -> None:
    now = occupancy(level, Fraction(3))
    assert occupancy(level * dose_factor(now, wanted), Fraction(3)) == wanted


@pytest.mark.parametrize(("occupied", "wanted"), [(0, "0.7"), (1, "0.7"), ("0.5", 1), ("0.5", 0)])
def test_no_factor_from_none_or_all(occupied: object, wanted: object) -> None:
    with pytest.raises(ValueError, match="both excluded"):
        dose_factor(Fraction(str(occupied)), Fraction(str(wanted)))
