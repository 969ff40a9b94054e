"""What can be prescribed: doses of a regimen, doses that can be given, caps."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calc.population import Choices, Dose, DosingError, Regimen, multiples, of_units, rounded

many = settings(derandomize=True, database=None, deadline=None, max_examples=100)


def test_doses_of_a_regimen() -> None:
    plain = Regimen(500, 12, 1, start=24)
    assert plain.doses(24) == ()
    assert plain.doses(25) == plain.doses(36) == (Dose(24, 500, 1),)
    assert plain.doses(37) == (Dose(24, 500, 1), Dose(36, 500, 1))
    assert plain.doses(72.5) == (Dose(24, 500, 1), Dose(36, 500, 1, "iv", 12, 4))
    assert plain.daily(24) == 1000 and Regimen(300, 14).daily(1) == 300 / 14


def test_a_loading_dose_comes_first() -> None:
    loaded = Regimen(500, 12, 1, loading=1500, loading_duration=2)
    assert loaded.doses(13) == (Dose(0, 1500, 2), Dose(12, 500, 1))
    assert Regimen(500, 12, 1, loading=1500).doses(5) == (Dose(0, 1500, 1),)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"dose": 0}, "`dose` is 0"),
        ({"dose": float("nan")}, "`dose` is nan"),
        ({"interval": -12}, "`interval` is -12"),
        ({"interval": float("inf")}, "`interval` is inf"),
        ({"duration": -1}, "`duration` is -1"),
        ({"duration": 13}, "`duration` is 13, longer than the interval: at most 12"),
        ({"loading": 0}, "`loading` is 0"),
        ({"loading": 900, "loading_duration": 20}, "`loading_duration` is 20"),
        ({"loading_duration": 2}, "without `loading`"),
        ({"route": "oral", "duration": 1}, "absorbed"),
        ({"start": float("inf")}, "`start` is inf"),
    ],
)
def test_what_is_no_regimen(fields: dict[str, Any], says: str) -> None:
    with pytest.raises(DosingError, match=says):
        Regimen(**({"dose": 500, "interval": 12} | fields))


def test_steps_are_written_as_on_a_label() -> None:
    assert multiples(0.1, 0.5) == (0.1, 0.2, 0.3, 0.4, 0.5)
    assert multiples(250, 1100, 500) == (500, 750, 1000)
    with pytest.raises(DosingError, match="more than 2000 doses"):
        multiples(0.001, 100)


def test_tablets_add_up() -> None:
    assert of_units((0.5, 1, 5), 2, 6) == (0.5, 1, 1.5, 2, 5, 5.5, 6)
    with pytest.raises(DosingError, match="`strengths`"):
        of_units((), 2, 6)
    with pytest.raises(DosingError, match="fewer units"):
        of_units((0.001, 1), 3000, 1e6)


def test_rounding_has_a_declared_direction() -> None:
    doses = (250, 500, 750)
    assert rounded(620, doses) == 500 and rounded(630, doses) == 750
    assert rounded(625, doses) == 500, "of two as near, the lower one"
    assert rounded(740, doses, "down") == 500 and rounded(510, doses, "up") == 750
    assert rounded(500 * (1 + 1e-15), doses, "up") == 500
    assert rounded(100, doses, "down") is None and rounded(800, doses, "up") is None


CHOICES = Choices(multiples(250, 2500), (8, 12, 24), most=2000, most_daily=3000)


def test_caps() -> None:
    tried = CHOICES.regimens(0, 24)
    assert {regimen.interval: regimen.dose for regimen in tried} == {8: 1000, 12: 1500, 24: 2000}
    with pytest.raises(DosingError, match="no dose from 3000 to 3000 keeps to the caps of 2000"):
        Choices((3000,), (12,), most=2000, most_daily=9000).regimens(0, 24)
    with pytest.raises(DosingError, match="`intervals` is empty"):
        Choices((500,), (), 1000, 1000)
    with pytest.raises(DosingError, match="`most_daily` is 0"):
        Choices((500,), (12,), 1000, 0)


def test_a_cap_of_the_rate_leaves_no_bolus() -> None:
    fast = Choices((500, 1000, 2000), (12,), 2000, 9000, durations=(0, 1, 2), most_rate=1000)
    assert [(regimen.dose, regimen.duration) for regimen in fast.regimens(0, 24)] == [
        (500, 1), (1000, 1), (500, 2), (1000, 2), (2000, 2),
    ]  # fmt: skip


@many
@given(
    st.lists(st.floats(1, 5000), min_size=1, max_size=6),
    st.floats(1, 3000),
    st.floats(1, 9000),
    st.one_of(st.none(), st.floats(1, 4000)),
    st.one_of(st.none(), st.floats(1, 3000)),
)
def test_nothing_beyond_a_cap(
    doses: list[float], most: float, daily: float, loading: float | None, most_rate: float | None
) -> None:
    choices = Choices(
        tuple(doses), (6, 12, 24), most, daily, (0, 0.5, 2), (None, loading), "iv", 2 * most, most_rate
    )
    try:
        tried = choices.regimens(0, 24)
    except DosingError:
        return
    for regimen in tried:
        assert regimen.dose in doses and regimen.dose <= most * (1 + 1e-9)
        assert regimen.dose * 24 / regimen.interval <= daily * (1 + 1e-9)
        assert regimen.first <= 2 * most * (1 + 1e-9)
        if most_rate is not None:
            assert regimen.dose <= most_rate * regimen.duration * (1 + 1e-9)
            assert regimen.first <= most_rate * regimen.duration * (1 + 1e-9)
