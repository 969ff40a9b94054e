"""Functions that rules call: worked values, exactness, and what they refuse."""

from __future__ import annotations

import math
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

MEMBERS = {"VKORC1_phenotype": "gg", "CYP2C9_genotype": "s1_s1", "Race": "white", "CYP2D6_score": "as2"}
VALUES: dict[str, int | Fraction] = {
    "height": 170,
    "change": 0,
    "events_treated": 7,
    "metabolized": Fraction(4, 5),
    "bioavailability": 1,
    "omega": Fraction(3, 10),
    "inhibitory": Fraction(1, 10),
    "unbound": Fraction(1, 2),
    "part": Fraction(1, 2),
    "occupied": Fraction(1, 2),
    "wanted": Fraction(7, 10),
    "score": 2,
    "intracranial": 1,
    "bleed_weight": 1,
}
"""Arguments that are not 70 of their unit."""

NAMED = {each.name: each.compute for each in LIBRARY}
"""The functions as rules call them."""

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
            else VALUES.get(name, Fraction(70))
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


def test_a_reduction_and_its_limits() -> None:
    """Newcombe's method 10 of both strata of the seed text; the reductions themselves are exact."""
    first = {"events_control": Fraction(200), "control": Fraction(1000)}
    first |= {"events_treated": Fraction(120), "treated": Fraction(1000)}
    second = {"events_control": Fraction(60), "control": Fraction(600)}
    second |= {"events_treated": Fraction(72), "treated": Fraction(600)}
    assert NAMED["risk_reduction"](**first) == Fraction(2, 25)
    assert NAMED["risk_reduction"](**second) == Fraction(-1, 50)
    assert float(1 / NAMED["risk_reduction_high"](**first)) == pytest.approx(8.931675501, abs=1e-9)
    assert float(1 / NAMED["risk_reduction_low"](**first)) == pytest.approx(20.84007497, abs=1e-8)
    assert float(1 / NAMED["risk_reduction_high"](**second)) == pytest.approx(64.20471853, abs=1e-8)
    assert float(-1 / NAMED["risk_reduction_low"](**second)) == pytest.approx(17.96284725, abs=1e-8)
    for name in ("risk_reduction", "risk_reduction_low", "risk_reduction_high"):
        with pytest.raises(ValueError, match="treated: 601 events in 600 people"):
            NAMED[name](**second | {"events_treated": Fraction(601)})
        with pytest.raises(ValueError, match="control: 60 events in 0 people"):
            NAMED[name](**second | {"control": Fraction(0)})


@pytest.mark.parametrize(
    ("score", "activity"),
    [
        ("as0", "0"),
        ("as0_25", "1/8"),
        ("as0_5", "1/4"),
        ("as1", "1/2"),
        ("as1_25", "5/8"),
        ("as2", "1"),
        ("as2_75", "11/8"),
        ("as4", "2"),
    ],
)
def test_activity_by_score(score: str, activity: str) -> None:
    assert NAMED["cyp2d6_activity"](score) == Fraction(activity)


@pytest.mark.parametrize("score", ["as3_or_more", "as3_25_or_more", "unassigned", "copies_unknown", ""])
def test_no_activity_without_one_score(score: str) -> None:
    with pytest.raises(ValueError, match="not one activity score"):
        NAMED["cyp2d6_activity"](score)


def test_exposure_and_concentration() -> None:
    exposure, concentration = NAMED["exposure_ratio"], NAMED["average_concentration"]
    assert exposure(Fraction("0.8"), Fraction(0)) == 5
    assert exposure(Fraction("0.8"), Fraction(2)) == Fraction(5, 9)
    assert concentration(Fraction(75), Fraction(24), Fraction(5), Fraction(1)) == Fraction(5, 8)
    with pytest.raises(ValueError, match="nothing removes"):
        exposure(Fraction(1), Fraction(0))
    for metabolized, activity in (("1.01", "1"), ("-0.01", "1"), ("0.5", "-1")):
        with pytest.raises(ValueError, match="from 0 to 1"):
            exposure(Fraction(metabolized), Fraction(activity))
    for bad in ((-1, 24, 5, 1), (75, 0, 5, 1), (75, 24, 0, 1), (75, 24, 5, 0), (75, 24, 5, 2)):
        with pytest.raises(ValueError, match="above zero"):
            concentration(*map(Fraction, bad))


def test_expected_probability() -> None:
    """Where nothing is uncertain it is the curve, else its integral by another route, in twelve digits."""
    from scipy import integrate

    probability = NAMED["expected_probability"]
    at = {"concentration": Fraction(5, 8), "middle": Fraction("0.4"), "steepness": Fraction(2)}
    assert float(probability(omega=Fraction(0), **at)) == pytest.approx(0.7094211124, abs=1e-10)
    assert probability(omega=Fraction(0), **at | {"concentration": Fraction(0)}) == 0

    def density(deviate: float) -> float:
        odds = (0.625 * math.exp(0.3 * deviate) / 0.4) ** 2
        return odds / (1 + odds) * math.exp(-deviate * deviate / 2) / math.sqrt(2 * math.pi)

    found = probability(omega=Fraction("0.3"), **at)
    assert float(found) == pytest.approx(integrate.quad(density, -8, 8)[0], abs=1e-10)
    assert found == Fraction(f"{float(found):.12g}")
    for name, value in (("concentration", -1), ("middle", 0), ("steepness", 101)):
        with pytest.raises(ValueError, match="the concentration is at least 0"):
            probability(omega=Fraction(0), **at | {name: Fraction(value)})
    for omega in (-1, 6):
        with pytest.raises(ValueError, match="the concentration is at least 0"):
            probability(omega=Fraction(omega), **at)
