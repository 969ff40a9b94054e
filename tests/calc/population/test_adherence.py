"""Doses missed, late or doubled."""

from __future__ import annotations

import numpy as np
import pytest

from calc.population import Course, Dose, DosingError, Lapse, Person, bands, what_if, with_lapses
from tests.calc.population.dosing_models import oral, prior

DAILY = (Dose(0, 100, route="oral", interval=24, count=5),)


def test_doses_as_the_lapses_leave_them() -> None:
    lapses = [Lapse(24, "missed"), Lapse(48, "late", 30), Lapse(72, "doubled")]
    assert [(dose.time, dose.amount) for dose in with_lapses(DAILY, lapses)] == [
        (0, 100), (72, 200), (78, 100), (96, 100),
    ]  # fmt: skip
    assert len(with_lapses(DAILY, [])) == 5


def test_two_courses_side_by_side() -> None:
    of, times = oral(), np.arange(1.0, 130, 3)
    draws = prior(of, 300)
    found = what_if(of, Person({}, DAILY), draws, [Lapse(72, "missed")], times, limit=0.5)
    fewer = (Dose(0, 100, route="oral", interval=24, count=3), Dose(96, 100, route="oral"))
    expected = Course(of, Person({}, fewer), times)(draws.etas)
    np.testing.assert_allclose(found.lapsed.median, bands(draws, times, expected).median, rtol=1e-12)
    before = times <= 72
    np.testing.assert_array_equal(found.taken.median[before], found.lapsed.median[before])
    assert np.all(found.taken.median[~before] > found.lapsed.median[~before])
    taken = Course(of, Person({}, DAILY), times)(draws.etas)
    np.testing.assert_allclose(found.below, ((taken >= 0.5) & (expected < 0.5)).mean(0))
    assert found.below[before].max() == 0 and found.below.max() > 0.3


def test_a_late_dose_is_missed_only_until_it_comes() -> None:
    of, times = oral(), np.array([80.0, 200.0])
    draws = prior(of, 50)
    late, missed = (
        what_if(of, Person({}, DAILY), draws, [lapse], times).lapsed.median
        for lapse in (Lapse(72, "late", 12), Lapse(72, "missed"))
    )
    assert late[0] == pytest.approx(missed[0]) and late[1] > missed[1]


def test_what_is_no_lapse() -> None:
    with pytest.raises(DosingError, match="no dose is due at 25"):
        with_lapses(DAILY, [Lapse(25, "missed")])
    with pytest.raises(DosingError, match="named by two lapses"):
        with_lapses(DAILY, [Lapse(24, "missed"), Lapse(24, "doubled")])
    with pytest.raises(DosingError, match="`by` is 0 for a late dose"):
        Lapse(24, "late")
    with pytest.raises(DosingError, match="`by` is 3 for a missed dose"):
        Lapse(24, "missed", 3)
    with pytest.raises(DosingError, match="endless row"):
        with_lapses([Dose(0, 100, interval=24, count=float("inf"))], [Lapse(0, "missed")])
