"""Inhibitors and inducers: steps of clearance against the continuous change, and its consequences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from calc.population import (
    Course,
    Dose,
    DosingError,
    Forecast,
    Interaction,
    Measure,
    ModelError,
    Person,
    Regimen,
    under,
)
from tests.calc.population.dosing_models import beta_lactam, model

SOURCE = "made up for this test"
INHIBITOR = Interaction("an inhibitor", 0.25, SOURCE, half_life=10, start=24, end=96)
INDUCER = Interaction("an inducer", 3.0, SOURCE, half_life=20, start=24)
many = settings(derandomize=True, database=None, deadline=None, max_examples=80)


def test_onset_and_washout() -> None:
    assert [INHIBITOR.effect(time) for time in (0, 24, 34, 44)] == [0, 0, 0.5, 0.75]
    full = INHIBITOR.effect(96)
    assert full == pytest.approx(1 - 2**-7.2)
    assert INHIBITOR.effect(116) == pytest.approx(full / 4)
    assert (INHIBITOR.change(0), INHIBITOR.change(1), INHIBITOR.change(0.5)) == (1, 0.25, 1 / 2.5)
    assert (INDUCER.change(0), INDUCER.change(1), INDUCER.change(0.5)) == (1, 3, 2)


@many
@given(
    st.floats(0.05, 8),
    st.floats(0.5, 80),
    st.floats(0, 50),
    st.one_of(st.none(), st.floats(1, 300)),
    st.floats(0, 900),
)
def test_steps_follow_the_effect(
    factor: float, half_life: float, start: float, length: float | None, time: float
) -> None:
    """Never off by more than half a step of the effect."""
    end = None if length is None else start + length
    interaction = Interaction("a drug", factor, SOURCE, half_life, start, end)
    value = 1.0
    for begins, change in interaction.steps():
        if begins <= time:
            value = change
    effect = interaction.effect(time)
    near = [interaction.change(min(max(effect + off, 0), 1)) for off in (-0.0626, 0.0626)]
    assert min(near) - 1e-9 <= value <= max(near) + 1e-9
    assert [begins for begins, _ in interaction.steps()] == sorted(b for b, _ in interaction.steps())


def test_the_course_under_an_inhibitor() -> None:
    """Steps against an integration with clearance that changes all the time."""
    of = under(model({"CL": "4 * exp(eta_CL)", "V1": "40"}, {"CL": 0.3}), INHIBITOR)
    doses = tuple(Dose(12.0 * k, 300) for k in range(16))
    times = np.array([24.0, 60.0, 96.0, 130.0, 190.0])
    found = Course(of, Person({}, doses), times)(np.array([[0.2]]))[0]

    def slope(time: float, amount: Any) -> Any:
        return -4 * np.exp(0.2) / 40 * INHIBITOR.change(INHIBITOR.effect(time)) * amount

    amount, now, expected = 0.0, 0.0, []
    for time in sorted({*times, *(dose.time for dose in doses)}):
        if time > now:
            amount = float(solve_ivp(slope, (now, time), [amount], rtol=1e-9).y[0, -1])
        if time in times:
            expected.append(amount / 40)
        amount, now = amount + 300 * (time in {dose.time for dose in doses}), time
    np.testing.assert_allclose(found, expected, rtol=0.03)


def test_steady_state_follows_the_factor() -> None:
    regimen, etas = Regimen(1000, 8, 0.5, start=10), np.zeros((1, 2))
    area = Forecast(beta_lactam(), Person({}, ()), etas).of(Measure("AUC24"), regimen)[0]
    for interactions, factor in (((INDUCER,), 3), ((INHIBITOR,), 1), ((INDUCER, INHIBITOR), 3)):
        changed = Forecast(under(beta_lactam(), *interactions), Person({}, ()), etas)
        assert changed.of(Measure("AUC24"), regimen)[0] == pytest.approx(area / factor)
        assert changed.of(Measure("AUC24", 0), regimen)[0] != pytest.approx(area, rel=0.02)


def test_at_once_and_for_good() -> None:
    at_once = Interaction("an inhibitor", 0.5, SOURCE, 0, 12.5)
    assert at_once.steps() == ((12.5, 0.5),)
    gone = Interaction("an inhibitor", 0.5, SOURCE, 0, 12.5, 40)
    assert gone.steps() == ((12.5, 0.5), (40, 1.0))
    of = under(beta_lactam(), at_once)
    doses = (Dose(0, 1000), Dose(20, 1000))
    found = Course(of, Person({}, doses), [30.0])(np.zeros((1, 2)))[0, 0]
    k = 15 / 22
    left = np.exp(-k * 12.5 - k / 2 * 17.5) + np.exp(-k / 2 * 10)
    assert found == pytest.approx(1000 / 22 * left, rel=1e-9)


def test_before_the_clock_starts_the_effect_is_there() -> None:
    since_long = Interaction("an inhibitor", 0.5, SOURCE, 5, -1000)
    changed = Course(under(beta_lactam(), since_long), Person({}, (Dose(0, 1000),)), [4.0])(np.zeros((1, 2)))
    assert changed[0, 0] == pytest.approx(1000 / 22 * np.exp(-7.5 / 22 * 4), rel=1e-9)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"factor": 0}, "`factor` is 0"),
        ({"factor": float("nan")}, "`factor` is nan"),
        ({"half_life": -1}, "`half_life` is -1"),
        ({"source": " "}, "where its factor was read"),
        ({"end": 3.0}, "`end` is 3, not after the start at 24"),
        ({"start": float("inf")}, "`start` is inf"),
    ],
)
def test_what_is_no_interaction(fields: dict[str, Any], says: str) -> None:
    plain: dict[str, Any] = {"drug": "x", "factor": 0.5, "source": SOURCE, "half_life": 5, "start": 24}
    with pytest.raises(DosingError, match=says):
        Interaction(**(plain | fields))


def test_a_parameter_that_is_not_there() -> None:
    other = Interaction("a drug", 0.5, SOURCE, 5, 0, parameter="VMAX")
    with pytest.raises(ModelError, match="no parameter `VMAX` that a drug could change"):
        under(beta_lactam(), other)
