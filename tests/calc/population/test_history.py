"""Doses and levels: rows and single doses mean the same, bad figures are named."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calc.population import Dose, HistoryError, Level, compact, expanded

many = settings(derandomize=True, database=None, deadline=None, max_examples=200)

SINGLE = st.builds(
    Dose,
    st.integers(0, 30).map(float),
    st.sampled_from([100.0, 200.0]),
    st.sampled_from([0.0, 1.0]),
    st.sampled_from(["iv", "oral"]),
    resets=st.sampled_from([False] * 9 + [True]),
)


def _as_set(doses: tuple[Dose, ...]) -> list[tuple[float, ...]]:
    return sorted((d.time, d.amount, d.duration, d.route == "iv", d.resets, d.count) for d in doses)


@many
@given(st.lists(SINGLE, max_size=12))
def test_compact_rows_are_the_same_doses(doses: list[Dose]) -> None:
    rows = compact(doses)
    assert _as_set(expanded(rows)) == _as_set(tuple(doses))


def test_two_regular_schedules_at_once_are_two_rows() -> None:
    morning = [Dose(24.0 * day, 100) for day in range(50)]
    evening = [Dose(24.0 * day + 10, 50) for day in range(50)]
    rows = compact(morning + evening)
    assert [(row.time, row.interval, row.count) for row in rows] == [(0, 24, 50), (10, 24, 50)]


def test_intervals_that_are_no_binary_numbers_still_make_one_row() -> None:
    assert len(compact([Dose(12.1 * k, 1) for k in range(1000)])) == 1


def test_an_interval_said_of_a_single_dose_counts_for_nothing() -> None:
    rows = compact([Dose(0, 100, interval=12), Dose(8, 100)])
    assert [(row.interval, row.count) for row in rows] == [(8, 2)]


def test_no_row_runs_across_a_reset() -> None:
    rows = compact([Dose(0, 1), Dose(12, 1, resets=True), Dose(24, 1)])
    assert [(row.time, row.count, row.resets) for row in rows] == [(0, 1, False), (12, 2, True)]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"amount": -1}, "amount of the dose at 3 is -1"),
        ({"amount": math.nan}, "amount of the dose at 3 is nan"),
        ({"duration": math.inf}, "duration"),
        ({"interval": -1}, "interval"),
        ({"time": math.nan}, "time"),
        ({"count": 0}, "0 times"),
        ({"count": 1.5}, "whole count"),
        ({"count": math.nan}, "whole count"),
        ({"count": 3}, "interval above 0"),
    ],
)
def test_a_dose_that_cannot_be(fault: dict[str, float], said: str) -> None:
    with pytest.raises(HistoryError, match=said):
        Dose(**{"time": 3, "amount": 100} | fault)  # type: ignore[arg-type]  # given as texts


@pytest.mark.parametrize("fault", [{"value": -0.1}, {"value": math.nan}, {"time": math.inf}])
def test_a_level_that_cannot_be(fault: dict[str, float]) -> None:
    with pytest.raises(HistoryError, match=next(iter(fault))):
        Level(**{"time": 3, "value": 10} | fault)  # type: ignore[arg-type]  # given as texts
