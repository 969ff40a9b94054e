"""Functions that rules call: worked values, exactness, and what they refuse."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calc import (
    LIBRARY,
    OneOf,
    absolute_gfr,
    adjusted_body_weight,
    body_mass_index,
    body_surface_area,
    cockcroft_gault,
    ideal_body_weight,
    steady_clearance,
)

MEMBERS = {"VKORC1_phenotype": "gg", "CYP2C9_genotype": "s1_s1", "Race": "white"}
VALUES = {"height": 170, "change": 0, "score": 2, "intracranial": 1, "bleed_weight": 1}
"""Arguments that are not 70 of their unit."""

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
        arguments = {
            name: MEMBERS[unit.enum]
            if isinstance(unit, OneOf)
            else name != "dialysis"
            if unit is None
            else Fraction(VALUES.get(name, 70))
            for name, unit in each.parameters.items()
        }
        assert each.compute(**arguments) > 0
    assert len({each.name for each in LIBRARY}) == len(LIBRARY)


def test_ideal_and_adjusted_body_weight() -> None:
    """H-032: a man of 70 inches, a woman of 60; 0.4 of what is above ideal."""
    assert ideal_body_weight(Fraction("177.8"), False) == 73
    assert ideal_body_weight(Fraction("152.4"), True) == Fraction("45.5")
    assert adjusted_body_weight(Fraction(123), Fraction(73)) == 93
    assert adjusted_body_weight(Fraction(73), Fraction(73)) == 73
    with pytest.raises(ValueError, match="5 feet"):
        ideal_body_weight(Fraction("152.3"), True)
    with pytest.raises(ValueError, match="above the ideal"):
        adjusted_body_weight(Fraction(72), Fraction(73))


def test_absolute_filtration_rate() -> None:
    """A body of 1.73 m2 changes nothing, a smaller one has less."""
    assert absolute_gfr(Fraction(90), Fraction("1.73")) == 90
    assert absolute_gfr(Fraction(90), Fraction("1.384")) == 72
    with pytest.raises(ValueError, match="above zero"):
        absolute_gfr(Fraction(90), Fraction(0))


@pytest.mark.parametrize(
    ("creatinine", "change", "dialysis", "steady"),
    [
        ("1.0", "0", False, True),
        ("1.29", "0.29", False, True),
        ("1.3", "0.3", False, False),
        ("1.0", "-0.29", False, True),
        ("1.0", "-0.3", False, False),
        ("0.59", "0.19", False, True),
        ("0.6", "0.2", False, False),
        ("0.4", "-0.2", False, False),
        ("0.2", "0.2", False, False),
        ("1.0", "0", True, False),
    ],
)
def test_clearance_is_known_in_a_steady_state_only(
    creatinine: str, change: str, dialysis: bool, steady: bool
) -> None:
    """H-037: a rising or falling pair, and dialysis."""
    arguments = (Fraction(60), Fraction(70), Fraction(creatinine))
    if steady:
        found = steady_clearance(*arguments, Fraction(change), dialysis, False)
        assert found == cockcroft_gault(*arguments, False)
    else:
        with pytest.raises(ValueError, match=r"changing|dialysis|earlier"):
            steady_clearance(*arguments, Fraction(change), dialysis, False)
