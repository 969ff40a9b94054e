"""Functions that rules call: worked values, exactness, and what they refuse."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calc import LIBRARY, body_mass_index, body_surface_area, cockcroft_gault

AMOUNTS = st.fractions(min_value=Fraction(1, 10), max_value=300, max_denominator=1000)


@pytest.mark.parametrize(
    "age, weight, creatinine, female, clearance",
    [
        ("72", "60", "1.2", True, Fraction(68 * 60) / (72 * Fraction("1.2")) * Fraction("0.85")),
        ("72.9", "60", "1.2", True, Fraction(68 * 60) / (72 * Fraction("1.2")) * Fraction("0.85")),
        ("40", "72", "1", False, Fraction(100)),
    ],
)
def test_clearance_by_cockcroft_and_gault(
    age: str, weight: str, creatinine: str, female: bool, clearance: Fraction
) -> None:
    """The first is the published worked case, 40.1 mL/min; age counts in completed years."""
    assert cockcroft_gault(Fraction(age), Fraction(weight), Fraction(creatinine), female) == clearance


@pytest.mark.parametrize("age, weight, creatinine", [(17, 60, 1), (140, 60, 1), (40, 0, 1), (40, 60, 0)])
def test_clearance_outside_its_domain(age: int, weight: int, creatinine: int) -> None:
    with pytest.raises(ValueError, match=r"adults|above zero"):
        cockcroft_gault(Fraction(age), Fraction(weight), Fraction(creatinine), False)


def test_body_mass_index() -> None:
    assert body_mass_index(Fraction(72), Fraction("1.8")) == Fraction(200, 9)
    with pytest.raises(ValueError, match="above zero"):
        body_mass_index(Fraction(0), Fraction(1))


@settings(derandomize=True, database=None, deadline=None)
@given(AMOUNTS, AMOUNTS)
def test_body_surface_area_is_the_root_cut_to_twelve_places(weight: Fraction, height: Fraction) -> None:
    """Mosteller's formula; the same digits on every machine, because no float is in it."""
    area, step = body_surface_area(weight, height), Fraction(1, 10**12)
    assert area**2 <= weight * height / 3600 < (area + step) ** 2
    assert (area / step).denominator == 1


def test_body_surface_area_of_an_adult() -> None:
    assert body_surface_area(Fraction(80), Fraction(180)) == 2
    with pytest.raises(ValueError, match="above zero"):
        body_surface_area(Fraction(80), Fraction(-1))


def test_every_function_of_the_library_can_be_called_as_declared() -> None:
    for each in LIBRARY:
        arguments = {name: True if unit is None else Fraction(70) for name, unit in each.parameters.items()}
        assert each.compute(**arguments) > 0
    assert len({each.name for each in LIBRARY}) == len(LIBRARY)
