"""Dosing curves: what is drawn is what was given, at its place; what cannot be is refused."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from fractions import Fraction
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.cards.pictures import (
    Band,
    DosingCurve,
    NoPicture,
    Target,
    TimedDose,
    TimedLevel,
    as_figure,
    as_svg,
)
from cds.cards.pictures.curve import CurveView, draw
from cds.cards.pictures.curve_words import runs
from cds.cards.pictures.numbers import exact, figure
from tests.cds.cards.pictures.courses import CURVES, VANCOMYCIN, bands, curves
from tests.cds.cards.pictures.support import parsed
from tests.dsl.support import PROPERTY

any_curve = curves(st.text(max_size=20))
FLAT = Band((0.0, 10.0), (1.0, 1.0), (2.0, 2.0), (3.0, 3.0))
PLAIN = DosingCurve("Plain", "mg/L", "mg", "h", FLAT)


def points(path: str) -> list[tuple[float, float]]:
    """The corners of a path that is drawn from point to point."""
    pairs = re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", path)
    assert pairs
    return [(float(x), float(y)) for x, y in pairs]


def read_off(view: CurveView, x: float, y: float) -> tuple[float, float]:
    """Time and concentration of a place, by the numbers at the marks of linear axes, as a reader does."""
    across = [(at, text.words) for at, text in view.ticks if text is not None]
    up = [(at, text.words) for at, text in view.scale]

    def between(place: float, marks: list[tuple[float, str]]) -> float:
        (first, low), (last, high) = marks[0], marks[-1]
        start, end = float(low), float(high)
        return start + (place - first) / (last - first) * (end - start)

    return between(x, across), between(y, up)


def test_a_reader_reads_off_what_was_given() -> None:
    view = draw(VANCOMYCIN)
    for kind, given_ in VANCOMYCIN.bands:
        (paths,) = [each for each in view.bands if each.kind == kind]
        found = [read_off(view, *point) for point in points(paths.median)]
        assert [time for time, _ in found] == pytest.approx(given_.times, abs=0.1)
        assert [value for _, value in found] == pytest.approx(given_.median, abs=0.1)
        upper, lower = paths.bounds[1:].split("M")
        assert points(paths.area) == [*points(f"M{upper}"), *reversed(points(f"M{lower}"))]
        for path, line in ((f"M{upper}", given_.high), (f"M{lower}", given_.low)):
            assert [read_off(view, *point)[1] for point in points(path)] == pytest.approx(line, abs=0.1)
    for mark, level in zip(view.marks, VANCOMYCIN.levels, strict=True):
        assert read_off(view, mark.x, mark.y) == pytest.approx((level.time, level.value), abs=0.1)
    assert view.zone is not None and VANCOMYCIN.target is not None
    edges = [read_off(view, 0, edge)[1] for edge in view.zone]
    assert edges == pytest.approx([VANCOMYCIN.target.high, VANCOMYCIN.target.low], abs=0.1)
    assert view.now is not None
    assert read_off(view, view.now, 0)[0] == pytest.approx(VANCOMYCIN.now, abs=0.1)


@pytest.mark.parametrize("advised", [False, True])
def test_a_dose_is_a_bar_where_its_infusion_runs(advised: bool) -> None:
    view = draw(CURVES["curve-above"])
    bars = re.findall(r"M([\d.]+) [\d.]+h([\d.]+)v10", view.advised if advised else view.given)
    doses = [dose for dose in CURVES["curve-above"].doses if dose.advised == advised]
    assert [read_off(view, float(x), 0)[0] for x, _ in bars] == pytest.approx(
        [dose.time for dose in doses], abs=0.1
    )
    hour = read_off(view, 100, 0)[0] - read_off(view, 99, 0)[0]
    assert [float(width) * hour for _, width in bars] == pytest.approx(
        [max(dose.duration, 2.5 * hour) for dose in doses], abs=0.1
    )
    assert view.now is not None and all((float(x) > view.now - 0.1) == advised for x, _ in bars)


@PROPERTY
@given(any_curve)
def test_every_level_is_inside_the_plot(curve: DosingCurve) -> None:
    view = draw(curve)
    assert len(view.marks) == len(curve.levels)
    for mark in view.marks:
        assert view.left <= mark.x <= view.right and view.top - 1e-6 <= mark.y <= view.floor + 1e-6


@PROPERTY
@given(any_curve)
def test_every_place_is_a_number_on_the_canvas(curve: DosingCurve) -> None:
    drawn = as_svg(curve)
    shapes = re.sub(r"<(title|desc|text)[^>]*>.*?</\1>", "", drawn, flags=re.DOTALL)
    assert not re.search(r"nan|inf(?!o)", shapes, re.IGNORECASE)
    view = draw(curve)
    for paths in view.bands:
        for x, y in (*points(paths.area), *points(paths.bounds), *points(paths.median)):
            assert view.left <= x <= view.right and view.top - 0.1 <= y <= view.floor + 0.1


@PROPERTY
@given(any_curve)
def test_no_number_of_a_level_hides_a_level(curve: DosingCurve) -> None:
    view = draw(curve)
    for label in view.labels:
        assert label.anchor == "middle"
        half = len(label.words) * 3
        for mark in view.marks:
            apart = abs(label.x - mark.x) > half + 4 or not label.y - 9 < mark.y < label.y + 4
            assert apart, (label, mark)


@PROPERTY
@given(any_curve)
def test_the_table_holds_every_level_and_every_dose(curve: DosingCurve) -> None:
    rows = draw(curve).table.rows
    for level in curve.levels:
        said = f"level {'below ' if level.below else ''}{figure(exact(level.value))}"
        assert any(row[1].startswith(said) and figure(exact(level.time), 5) in row[0] for row in rows)
    counted = 0
    for row in rows:
        if row[1].startswith(("given: ", "advised: ")):
            times = re.search(r", (\d+)\u00a0times$", row[1])
            counted += int(times[1]) if times else 1
    assert counted == len(curve.doses)


def test_the_table_says_what_each_band_says_at_a_level() -> None:
    curve = VANCOMYCIN
    rows = [row for row in draw(curve).table.rows if row[1].startswith("level")]
    assert [row[0] for row in rows] == ["11.5\u00a0h (23 Nov 19:30)", "25.5\u00a0h (24 Nov 09:30)"]
    for row, level in zip(rows, curve.levels, strict=True):
        for cell, (_, each) in zip(row[2:], curve.bands, strict=True):
            low, median, high = (
                figure(exact(round(float(np.interp(level.time, each.times, line)), 9)))
                for line in (each.low, each.median, each.high)
            )
            assert cell == f"{median} ({low} to {high})"


def test_the_table_tells_the_trough_before_each_dose() -> None:
    rows = draw(VANCOMYCIN).table.rows
    troughs = [row for row in rows if row[1] == "before the dose"]
    assert [row[0] for row in troughs] == [f"{time}\u00a0h" for time in range(12, 96, 12)]
    assert rows[-1][:2] == ("96\u00a0h", "expected")
    often = replace(PLAIN, prior=replace(FLAT, times=(0.0, 48.0)))
    often = replace(often, doses=tuple(TimedDose(float(k), 1) for k in range(20)))
    expected = [row[0] for row in draw(often).table.rows if row[1] == "expected"]
    assert expected == [f"{time}\u00a0h" for time in range(0, 49, 8)]


def test_the_description_says_what_there_is_to_see() -> None:
    said = draw(CURVES["curve-above"]).described.replace("\u00a0", " ")
    for words in (
        "Concentration in mg/L against hours from the first dose shown.",
        "Target, all of the time: above 8 mg/L.",
        "Level <2 mg/L at 7.5 h.",
        "Level 5 mg/L at 23.5 h.",
        "Given: 1,000 mg over 0.5 h, every 8 h, 3 times, from 0 h.",
        "Advised: 1,000 mg over 3 h, every 8 h, 3 times, from 24 h.",
        "Now is 24 h.",
        "Before the levels, at 48 h: ",
        "With the levels, at 48 h: ",
    ):
        assert words in said


def test_a_level_below_a_limit_looks_and_reads_otherwise() -> None:
    view = draw(CURVES["curve-above"])
    assert [mark.below for mark in view.marks] == [True, False]
    assert [label.words for label in view.labels] == ["<2", "5"]
    assert [kind for kind, _, _ in view.legend] == [
        "target",
        "prior",
        "posterior",
        "level",
        "below",
        "given",
        "advised",
    ]


@pytest.mark.parametrize(("low", "high"), [(2.5, None), (None, 2.5), (1.0, 2.5)])
def test_a_target_without_an_end_reaches_the_edge(low: float | None, high: float | None) -> None:
    view = draw(replace(PLAIN, target=Target(low, high)))
    assert view.zone is not None
    assert (view.zone[0] == pytest.approx(view.top)) == (high is None)
    assert (view.zone[1] == pytest.approx(view.floor)) == (low is None)


def falling(to: float) -> Band:
    return Band((0.0, 1.0, 10.0), (0.0, 50.0, to), (0.0, 100.0, to), (0.0, 100.0, to))


@pytest.mark.parametrize(
    ("to", "axis", "logarithmic"),
    [
        (1.1, "automatic", False),
        (0.9, "automatic", True),
        (1.1, "logarithmic", True),
        (0.9, "linear", False),
    ],
)
def test_beyond_two_decades_the_axis_is_logarithmic(to: float, axis: Any, logarithmic: bool) -> None:
    """The rise from nothing at the first dose does not count."""
    view = draw(replace(PLAIN, prior=falling(to), axis=axis))
    assert (view.text[0].words == "mg/L, logarithmic") == logarithmic
    assert any("drawn at its lower edge" in note for note in view.notes) == logarithmic
    ((_, top_mark), *_) = reversed(view.scale)
    assert top_mark.words == "100"


@pytest.mark.parametrize("last", [100.0, 90.0])
def test_a_rise_alone_makes_no_axis_logarithmic(last: float) -> None:
    rise = (0.01, 1.0, 100.0, last)
    view = draw(replace(PLAIN, prior=Band((0.0, 1.0, 2.0, 3.0), rise, rise, rise)))
    assert view.text[0].words == "mg/L"


def test_a_decade_is_as_long_as_another() -> None:
    view = draw(replace(PLAIN, prior=falling(0.01), axis="logarithmic"))
    places = {words.words: y for y, words in view.scale}
    assert list(places) == ["0.01", "0.1", "1", "10", "100"]
    lengths = np.diff(list(places.values()))
    assert lengths == pytest.approx(np.full(4, lengths[0])) and lengths[0] < 0


def test_a_level_far_below_the_course_is_still_at_its_place() -> None:
    low = TimedLevel(5, 1e-4, below=True)
    view = draw(replace(PLAIN, prior=falling(0.9), levels=(low,)))
    (mark,), places = view.marks, {words.words: y for y, words in view.scale}
    assert mark.y == pytest.approx(places["0.0001"]) and mark.y < view.floor - 1


def test_nothing_at_all_has_a_curve_too() -> None:
    nothing = Band((0.0, 1.0), (0.0, 0.0), (0.0, 0.0), (0.0, 0.0))
    view = draw(replace(PLAIN, prior=nothing, axis="logarithmic"))
    assert [y for _, y in points(view.bands[0].median)] == pytest.approx([view.floor] * 2, abs=0.1)


@pytest.mark.parametrize(
    ("unit", "until", "marks"),
    [
        ("h", 96, ["0", "24", "48", "72", "96"]),
        ("h", 30, ["0", "6", "12", "18", "24", "30"]),
        ("d", 84, ["0", "14", "28", "42", "56", "70", "84"]),
        ("d", 5, ["0", "1", "2", "3", "4", "5"]),
        ("h", 0.5, ["0", "0.1", "0.2", "0.3", "0.4", "0.5"]),
    ],
)
def test_marks_of_time_are_whole_parts_of_days_and_weeks(unit: Any, until: float, marks: list[str]) -> None:
    view = draw(replace(PLAIN, prior=replace(FLAT, times=(0.0, until)), time_unit=unit))
    assert [text.words for _, text in view.ticks if text is not None] == marks


def test_before_any_level_the_band_is_called_expected() -> None:
    assert draw(CURVES["curve-before-any-level"]).table.head == ("Time", "What", "Expected")
    assert draw(VANCOMYCIN).table.head[2:] == ("Before the levels", "With the levels")


def test_at_the_time_of_a_bolus_the_concentration_before_it_is_told() -> None:
    jump = Band((0.0, 5.0, 5.0, 10.0), (1.0, 0.5, 9, 1), (1, 0.5, 9, 1), (1, 0.5, 9, 1))
    assert jump.at(5) == (Fraction(1, 2),) * 3
    assert jump.at(7.5) == (Fraction(5),) * 3 and jump.at(10) == (Fraction(1),) * 3
    assert jump.at(10.1) is None and jump.at(-0.1) is None


@PROPERTY
@given(bands(), st.floats(0, 1))
def test_between_two_points_lies_what_lies_between_them(band: Band, part: float) -> None:
    first, last = band.times[0], band.times[-1]
    time = first + part * (last - first)
    if first <= time <= last and len(set(band.times)) == len(band.times):
        found = band.at(time)
        assert found is not None
        expected = float(np.interp(time, band.times, band.median))
        assert float(found[1]) == pytest.approx(expected, rel=1e-6, abs=1e-6)
        assert found[0] <= found[1] <= found[2]


@PROPERTY
@given(st.lists(st.tuples(st.integers(0, 40), st.sampled_from([500.0, 1000.0])), max_size=12))
def test_runs_are_the_doses(pairs: list[tuple[int, float]]) -> None:
    doses = [TimedDose(float(time), amount) for time, amount in pairs]
    again = [
        (float(exact(run.first.time) + k * run.interval), run.first.amount)
        for run in runs(doses)
        for k in range(run.count)
    ]
    assert again == [(dose.time, dose.amount) for dose in sorted(doses, key=lambda dose: dose.time)]


def test_a_short_infusion_of_a_course_of_days_is_told_in_hours() -> None:
    (run,) = runs([TimedDose(0, 400, 2 / 24)])
    assert run.words("mg", "d") == "400\u00a0mg over 2\u00a0h"


def changed(curve: Any, **fields: Any) -> Any:
    """As `replace`, with values that no type allows."""
    return replace(curve, **fields)


def level(time: float, value: float, below: bool = False) -> DosingCurve:
    return replace(PLAIN, levels=(TimedLevel(time, value, below),))


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: level(1, -1), "a level of -1"),
        (lambda: level(1, 0, True), "a level of <0"),
        (lambda: level(math.nan, 1), "no finite number"),
        (lambda: level(1, math.inf), "no finite number"),
        (lambda: TimedDose(0, 0), "a dose of 0 over 0"),
        (lambda: TimedDose(0, 1, -1), "a dose of 1 over -1"),
        (lambda: Target(), "a target from None to None"),
        (lambda: Target(2, 2), "a target from 2 to 2"),
        (lambda: Target(-1, None), "a target from -1 to None"),
        (lambda: Target(None, 0), "a target from None to 0"),
        (lambda: replace(FLAT, high=(1.0, 3.0)), "at time 0 a band"),
        (lambda: replace(FLAT, low=(-1.0, 1.0)), "at time 0 a band"),
        (lambda: replace(FLAT, low=(1.0,)), "1 numbers `low` for 2 times"),
        (lambda: replace(FLAT, median=(2.0, math.nan)), "no finite number"),
        (lambda: replace(FLAT, times=(1.0, 0.0)), "in order"),
        (lambda: Band((0.0,), (1.0,), (1.0,), (1.0,)), "a band of 1 points"),
        (lambda: replace(PLAIN, prior=None), "without a band"),
        (lambda: replace(PLAIN, prior=replace(FLAT, times=(0.0, 0.0))), "at one time"),
        (lambda: changed(PLAIN, time_unit="min"), "a unit of time `min`"),
        (lambda: changed(PLAIN, axis="log"), "an axis `log`"),
        (lambda: replace(PLAIN, percent=100), "a band of 100 %"),
        (lambda: replace(PLAIN, levels=(TimedLevel(1, 1),) * 41), "41 levels"),
        (lambda: replace(PLAIN, doses=(TimedDose(1, 1),) * 401), "401 doses"),
        (lambda: replace(PLAIN, doses=(TimedDose(1, 1, advised=True),)), "without `now`"),
        (lambda: replace(PLAIN, doses=(TimedDose(1, 1, advised=True),), now=2), "before now"),
        (lambda: replace(PLAIN, doses=(TimedDose(3, 1),), now=2), "after now"),
        (lambda: replace(level(3, 1), now=2), "after now"),
        (lambda: replace(PLAIN, now=math.nan), "no finite number"),
    ],
)
def test_what_cannot_be_is_not_drawn(make: Any, says: str) -> None:
    with pytest.raises(NoPicture, match=re.escape(says)):
        make()


class _Folds(HTMLParser):
    """Which elements stand inside of `details`."""

    def __init__(self, figure_: str) -> None:
        super().__init__()
        self.depth, self.inside, self.outside = 0, set[str](), set[str]()
        self.feed(figure_)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.depth += tag == "details"
        (self.inside if self.depth else self.outside).add(tag)

    def handle_endtag(self, tag: str) -> None:
        self.depth -= tag == "details"


def test_a_folded_figure_hides_the_table_alone() -> None:
    folded, plain = _Folds(as_figure(VANCOMYCIN, folded=True)), _Folds(as_figure(VANCOMYCIN))
    assert {"table", "summary"} <= folded.inside and "svg" in folded.outside and "table" not in folded.outside
    assert not plain.inside and "table" in plain.outside
    assert list(parsed(VANCOMYCIN).iter("details")) == []
