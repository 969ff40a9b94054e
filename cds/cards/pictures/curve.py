"""Dosing curves: concentration against time, with bands, levels, doses, the target and now."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from cds.cards.pictures.dosing import KEPT, TIME_WORDS, Band, DosingCurve, TimedLevel, measured, runs
from cds.cards.pictures.numbers import Scale, exact, figure
from cds.cards.pictures.text import SMALL, lines_of, width_of
from cds.cards.pictures.view import (
    INNER,
    LINE,
    MARGIN,
    WIDTH,
    Table,
    Text,
    Tick,
    View,
    place,
    text_block,
    ticks,
)

_HEIGHT: Final = 180.0
"""Of the plot."""
_STRIP: Final = 14.0
"""Below the plot, for the doses."""
_SAMPLE: Final = 36.0
"""Room for a sign of the legend."""
_DECADES: Final = 100
"""How many times the least the greatest is from which on the axis is logarithmic by itself."""
_DEEPEST: Final = 10_000
"""How many times the least of a logarithmic axis the greatest is, unless a level or the target is lower."""
_STEPS: Final = {
    "h": (1, 2, 3, 4, 6, 8, 12, 24, 48, 72, 96, 168, 336, 672),
    "d": (1, 2, 4, 7, 14, 28, 56, 84),
}
"""From one mark of the time to the next: parts of days, days and weeks."""


@dataclass(frozen=True, slots=True)
class BandPaths:
    """One band, as paths."""

    kind: str
    area: str
    bounds: str
    median: str


@dataclass(frozen=True, slots=True)
class Mark:
    """One level."""

    x: float
    y: float
    below: bool


@dataclass(frozen=True, slots=True)
class CurveView(View):
    """A dosing curve, placed."""

    left: float
    right: float
    top: float
    floor: float
    """Lower edge of the plot; the doses stand between it and `bottom`."""
    bottom: float
    """Where the axis of time is."""
    bands: tuple[BandPaths, ...]
    zone: tuple[float, float] | None
    """Upper and lower edge of the target."""
    given: str
    advised: str
    """Doses, as paths."""
    marks: tuple[Mark, ...]
    labels: tuple[Text, ...]
    """Of levels, where there was room."""
    now: float | None
    ticks: tuple[Tick, ...]
    scale: tuple[tuple[float, Text], ...]
    """Marks of the axis of concentration."""
    text: tuple[Text, ...]
    legend: tuple[tuple[str, float, tuple[Text, ...]], ...]
    """Kind of sign, its middle, its words."""


def draw(curve: DosingCurve) -> CurveView:
    """The plot with what it holds, and a legend below it."""
    top = LINE * (2.0 if curve.now is None else 3.0) - 4
    floor = top + _HEIGHT
    vertical = _concentrations(curve, floor, top)
    marks_of_scale = _scale_marks(vertical)
    left = MARGIN + 8 + max((width_of(words.words, SMALL) for _, words in marks_of_scale), default=0.0)
    horizontal = Scale(*curve.span, left + 5, WIDTH - MARGIN - 5.0)
    bottom = floor + _STRIP
    placed = _Placed(curve, horizontal, vertical, left)
    unit = f"{curve.unit}, logarithmic" if vertical.logarithmic else curve.unit
    since = f"{TIME_WORDS[curve.time_unit]} from {curve.start}"
    text = (
        *text_block(MARGIN, LINE - 2, lines_of(unit, INNER, 1, SMALL), size=SMALL),
        *placed.now_words(),
        *text_block(MARGIN, bottom + 2 * LINE + 2, lines_of(since, INNER, 2, SMALL), size=SMALL),
    )
    legend = tuple(_legend(curve, max(line.y for line in text) + 7))
    marks = tuple(placed.marks())
    return CurveView(
        curve.title,
        _described(curve),
        max(line.y for _, _, lines in legend for line in lines) + 8,
        _table(curve),
        (*curve.notes, *_beyond(curve, vertical)),
        left,
        WIDTH - MARGIN,
        top,
        floor,
        bottom,
        tuple(placed.band(kind, band) for kind, band in curve.bands),
        placed.zone(),
        placed.doses(bottom, advised=False),
        placed.doses(bottom, advised=True),
        marks,
        placed.labels(marks),
        None if curve.now is None else horizontal.at(exact(curve.now)),
        ticks(horizontal, bottom, _times(curve)),
        marks_of_scale,
        text,
        legend,
    )


class _Placed:
    """What a curve holds, on its two scales."""

    def __init__(self, curve: DosingCurve, horizontal: Scale, vertical: Scale, left: float) -> None:
        self.curve, self.horizontal, self.vertical, self.left = curve, horizontal, vertical, left

    def band(self, kind: str, band: Band) -> BandPaths:
        """Its area, its two bounds and its median."""
        xs = [place(self.horizontal.at(exact(time))) for time in band.times]
        low, median, high = (
            [f"{x} {place(self.vertical.at(exact(value)))}" for x, value in zip(xs, line, strict=True)]
            for line in (band.low, band.median, band.high)
        )
        area = f"M{'L'.join(_told_once([*high, *reversed(low)]))}z"
        return BandPaths(kind, area, f"{_line(high)}{_line(low)}", _line(median))

    def zone(self) -> tuple[float, float] | None:
        """The target; where it has one end, up to the edge of the plot."""
        target = self.curve.target
        if target is None:
            return None
        low = self.vertical.low if target.low is None else exact(target.low)
        high = self.vertical.high if target.high is None else exact(target.high)
        return self.vertical.at(high), self.vertical.at(low)

    def doses(self, bottom: float, *, advised: bool) -> str:
        """A bar for each, as long as its infusion where that can be seen."""
        path = ""
        for dose in self.curve.doses:
            if dose.advised == advised:
                start = self.horizontal.at(exact(dose.time))
                end = self.horizontal.at(exact(dose.time) + exact(dose.duration))
                width = place(max(end - start, 2.5))
                path += f"M{place(start)} {place(bottom - 10)}h{width}v10h-{width}z"
        return path

    def marks(self) -> Iterator[Mark]:
        for level in self.curve.levels:
            yield Mark(
                self.horizontal.at(exact(level.time)), self.vertical.at(exact(level.value)), level.below
            )

    def labels(self, marks: tuple[Mark, ...]) -> tuple[Text, ...]:
        """The number beside each level, where it covers neither a level nor another number."""
        taken = [(mark.x - 6, mark.y - 6, mark.x + 6, mark.y + 6) for mark in marks]
        found = []
        for mark, level in zip(marks, self.curve.levels, strict=True):
            words = level_words(level)
            half = width_of(words, SMALL) / 2
            for x, y in (
                (mark.x + 9 + half, mark.y + 4),
                (mark.x - 9 - half, mark.y + 4),
                (mark.x, mark.y - 9),
                (mark.x, mark.y + 18),
            ):
                room = (x - half, y - 10, x + half, y + 3)
                inside = self.left <= room[0] and room[2] <= self.horizontal.right + 5
                inside &= self.vertical.right <= room[1] and room[3] <= self.vertical.left + 3
                if inside and not any(_touch(room, other) for other in taken):
                    taken.append(room)
                    found.append(Text(x, y, words, "middle", bold=False, size=SMALL))
                    break
        return tuple(found)

    def now_words(self) -> Iterator[Text]:
        """Above the line of now, with what lies on either side of it where there is room."""
        if self.curve.now is None:
            return
        half = width_of("now", SMALL) / 2
        line, y = self.horizontal.at(exact(self.curve.now)), 2.0 * LINE
        x = min(max(line, MARGIN + half), WIDTH - MARGIN - half)
        yield Text(x, y, "now", "middle", size=SMALL)
        if any(dose.advised for dose in self.curve.doses):
            for words, at, anchor, room in (
                ("← doses given", x - half - 8, "end", x - half - 8 - MARGIN),
                ("as advised →", x + half + 8, "start", WIDTH - MARGIN - x - half - 8),
            ):
                if width_of(words, SMALL) <= room:
                    yield Text(at, y, words, anchor, size=SMALL)


def _told_once(points: list[str]) -> Iterator[str]:
    last = ""
    for point in points:
        if point != last:
            yield point
        last = point


def _line(points: list[str]) -> str:
    return f"M{'L'.join(_told_once(points))}"


def _touch(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def level_words(level: TimedLevel) -> str:
    """The number of a level, with the sign of one below a limit."""
    return f"{'<' if level.below else ''}{figure(exact(level.value))}"


def _concentrations(curve: DosingCurve, floor: float, top: float) -> Scale:
    """From nothing, or logarithmic where that is asked for or nothing else would show the small ones."""
    shown = [exact(level.value) for level in curve.levels]
    if curve.target is not None:
        shown += [exact(end) for end in (curve.target.low, curve.target.high) if end is not None]
    medians, bounds = list(shown), list(shown)
    for _, band in curve.bands:
        # Before the first peak concentrations rise from nothing, on any scale.
        peak = next((k for k in range(1, len(band.times)) if band.median[k] < band.median[k - 1]), 1) - 1
        medians += [exact(value) for value in band.median[peak:]]
        bounds += [exact(value) for value in (*band.low[peak:], *band.high)]
    greatest = max(bounds)
    usual = [value for value in medians if value]
    close = not usual or greatest <= _DECADES * min(usual)
    if not greatest or curve.axis == "linear" or (curve.axis == "automatic" and close):
        return Scale(Fraction(0), greatest * Fraction(21, 20) or Fraction(1), floor, top)
    least = max(min(value for value in bounds if value), greatest / _DEEPEST)
    least = min([least, *(value for value in shown if value)])
    return Scale(least / Fraction(3, 2), greatest * Fraction(3, 2), floor, top, logarithmic=True)


def _beyond(curve: DosingCurve, vertical: Scale) -> Iterator[str]:
    if vertical.logarithmic:
        yield (
            f"The axis of concentrations is logarithmic. What is below {figure(vertical.low)} {curve.unit}, "
            "nothing included, is drawn at its lower edge."
        )


def _scale_marks(vertical: Scale) -> tuple[tuple[float, Text], ...]:
    """Marks of the axis of concentration, of a logarithmic one that is short at 2 and 5 too."""
    numbers = vertical.ticks()
    if vertical.logarithmic and len(numbers) < 3:
        around = [Fraction(10) ** power for power in _powers(vertical)]
        steps = [power * step for power in around for step in (1, 2, 5)]
        numbers = tuple(value for value in steps if vertical.low <= value <= vertical.high)
    return tuple(
        (y, Text(0.0, y + 4, figure(value), "end", size=SMALL))
        for value, y in ((value, vertical.at(value)) for value in numbers)
    )


def _powers(vertical: Scale) -> range:
    ends = (math.log10(end.numerator) - math.log10(end.denominator) for end in (vertical.low, vertical.high))
    first, last = (math.floor(end) for end in ends)
    return range(first, last + 1)


def _times(curve: DosingCurve) -> tuple[Fraction, ...]:
    """Two to seven marks of time at whole parts of days, days or weeks; else as any other numbers."""
    first, last = curve.span
    for step in _STEPS[curve.time_unit]:
        if 2 * step <= last - first <= 6 * step:
            return tuple(
                Fraction(step * k) for k in range(math.ceil(first / step), math.floor(last / step) + 1)
            )
    return Scale(first, last, 0, 1).ticks()


def _legend(curve: DosingCurve, top: float) -> Iterator[tuple[str, float, tuple[Text, ...]]]:
    """What each sign means, one below the other."""
    for kind, words in _signs(curve):
        lines = lines_of(words, INNER - _SAMPLE, 3, SMALL)
        yield kind, top + LINE - 4, text_block(MARGIN + _SAMPLE, top + LINE, lines, size=SMALL)
        top += LINE * len(lines) + 1


def _signs(curve: DosingCurve) -> Iterator[tuple[str, str]]:
    if curve.target is not None:
        yield "target", f"{_target(curve)}"
    for kind, _ in curve.bands:
        yield kind, f"{_name(kind, curve)}: median, {curve.percent} % band"
    if any(not level.below for level in curve.levels):
        yield "level", "Level measured"
    if any(level.below for level in curve.levels):
        yield "below", "Level below what can be measured"
    for advised, sign, words in ((False, "given", "Doses given"), (True, "advised", "Doses advised")):
        found = runs([dose for dose in curve.doses if dose.advised == advised])
        if found:
            yield sign, f"{words}: {'; '.join(run.words(curve.dose_unit, curve.time_unit) for run in found)}"


def _name(kind: str, curve: DosingCurve) -> str:
    """Of a band."""
    if kind == "posterior":
        return "With the levels"
    return "Expected" if curve.posterior is None else "Before the levels"


def _target(curve: DosingCurve) -> str:
    assert curve.target is not None  # asked by callers
    return f"Target{f', {curve.target.name}' if curve.target.name else ''}: {curve.target.words(curve.unit)}"


def _described(curve: DosingCurve) -> str:
    """The picture in sentences: what is drawn, every level, the doses, and where the course ends."""
    said = [f"Concentration in {curve.unit} against {TIME_WORDS[curve.time_unit]} from {curve.start}."]
    said += [f"{_target(curve)}."] if curve.target is not None else []
    said += [
        f"Level {level_words(level)} {curve.unit} at {_time(level.time, curve)}." for level in curve.levels
    ]
    for run in runs(curve.doses):
        done = "Advised" if run.first.advised else "Given"
        words = run.words(curve.dose_unit, curve.time_unit)
        said.append(f"{done}: {words}, from {_time(run.first.time, curve)}.")
    said += [f"Now is {_time(curve.now, curve)}."] if curve.now is not None else []
    for kind, band in curve.bands:
        found = band.at(band.times[-1])
        said.append(
            f"{_name(kind, curve)}, at {_time(band.times[-1], curve)}: {_interval(found)} {curve.unit}, "
            f"{curve.percent} % band in brackets."
        )
    return " ".join(said)


def _time(time: float, curve: DosingCurve, when: str = "") -> str:
    return f"{figure(exact(time), 5)}{KEPT}{curve.time_unit}{f' ({when})' if when else ''}"


def _interval(found: tuple[Fraction, Fraction, Fraction] | None) -> str:
    if found is None:
        return "–"
    low, median, high = found
    return f"{figure(median)} ({figure(low)} to {figure(high)})"


def _table(curve: DosingCurve) -> Table:
    """Every level, dose and mark of the time, in order, with what each band says there."""
    rows: list[tuple[float, int, str, str, bool]] = []
    for level in curve.levels:
        said = f"level {'below ' if level.below else ''}{measured(level.value, curve.unit)}"
        rows.append((level.time, 0, _time(level.time, curve, level.when), said, True))
    known = {exact(level.time) for level in curve.levels}
    for mark in _times(curve):
        # Before the first dose there is nothing to expect.
        if mark not in known and any((found := band.at(float(mark))) and found[2] for _, band in curve.bands):
            rows.append((float(mark), 1, _time(float(mark), curve), "expected", True))
    for run in runs(curve.doses):
        first = run.first
        said = f"{'advised' if first.advised else 'given'}: {run.words(curve.dose_unit, curve.time_unit)}"
        rows.append((first.time, 2, _time(first.time, curve, first.when), said, False))
    if curve.now is not None:
        rows.append((curve.now, 3, _time(curve.now, curve), "now", True))
    rows.sort(key=lambda row: row[:2])
    return Table(
        f"Concentrations in {curve.unit}: median and {curve.percent} % band, before a dose at the same time",
        ("Time", "What", *(_name(kind, curve) for kind, _ in curve.bands)),
        tuple(
            (time, said, *(_interval(band.at(at) if told else None) for _, band in curve.bands))
            for at, _, time, said, told in rows
        ),
    )
