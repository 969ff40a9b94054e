"""Nodes of an interval, peaks between points, times above: against curves that are known exactly."""

from __future__ import annotations

import numpy as np
import pytest

from calc.population.window import Curve, highest, share_above, window


def test_nodes_hold_the_area_and_the_events() -> None:
    period = window(12, [3, 1], fastest=0.8)
    assert period.length == pytest.approx(24)
    assert period.times[period.peaks] == pytest.approx([0, 3, 13], abs=1e-8)
    assert period.times[-1] == pytest.approx(24) and period.cells.sum() == pytest.approx(24)
    curve = Curve(period, np.exp(-0.4 * period.times)[None])
    assert curve.average[0] == pytest.approx((1 - np.exp(-9.6)) / 9.6, rel=1e-7)
    assert curve.last[0] == pytest.approx(np.exp(-9.6))
    clock = np.concatenate([[0], np.cumsum(period.cells)])
    np.testing.assert_allclose(curve.fine[0], np.exp(-0.4 * clock), rtol=1e-3, atol=1e-6)


def test_a_node_wherever_it_is_asked_for() -> None:
    period = window(12, [3], fastest=0.8, at=5.5)
    assert period.times[period.node(5.5)] == 5.5
    inside = window(12, [3], fastest=0.8, at=1.25)
    assert inside.times[inside.node(1.25)] == 1.25
    assert inside.times[inside.peaks] == pytest.approx([0, 3], abs=1e-8)


def test_faster_parts_get_shorter_pieces() -> None:
    slow, fast = (window(24, [0], rate) for rate in (0.01, 20.0))
    assert fast.times[6] < 0.2 < slow.times[6] and len(fast.times) > len(slow.times)


def test_the_vertex_of_a_parabola_is_the_peak() -> None:
    times = np.array([0.0, 1.0, 2.0, 3.5, 6.0])
    curves = np.stack([10 - (times - 3.3) ** 2, 7 - 0.5 * (times - 1.2) ** 2, -times])
    cells = np.diff(times)
    np.testing.assert_allclose(highest(curves, cells, smooth=True), [10, 7, 0])
    np.testing.assert_allclose(highest(curves, cells, smooth=False), curves.max(1))


def test_a_jump_is_no_vertex() -> None:
    """Right before and right after a dose there are two values at one time."""
    found = highest(np.array([[3.0, 2.0, 9.0, 5.0]]), np.array([1.0, 0.0, 1.0]), smooth=True)
    assert found.tolist() == [9]


@pytest.mark.parametrize("limit", [0.01, 0.2, 0.5, 0.999])
def test_an_exponential_is_above_as_long_as_it_is(limit: float) -> None:
    times = np.linspace(0, 8, 9)
    share = share_above(np.exp(-0.7 * times)[None], np.diff(times), limit)
    assert share[0] == pytest.approx(min(-np.log(limit) / 0.7 / 8, 1), abs=1e-6)


def test_a_straight_rise_and_a_constant() -> None:
    curves = np.array([[0.0, 1.0, 2.0, 4.0], [3.0, 3.0, 3.0, 3.0], [1.0, 1.0, 1.0, 1.0]])
    assert share_above(curves, np.array([1.0, 1.0, 2.0]), 2.5) == pytest.approx([1.5 / 4, 1, 0], abs=1e-6)
