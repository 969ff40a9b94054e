"""Dosing curves: concentration against time, with bands, levels, doses, the target and now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cds.cards.pictures.curve_scales import concentrations, scale_marks, times
from cds.cards.pictures.curve_words import described, level_words, signs, table
from cds.cards.pictures.dosing import TIME_WORDS, Band, DosingCurve
from cds.cards.pictures.numbers import Scale, exact, figure
from cds.cards.pictures.text import SMALL, lines_of, width_of
from cds.cards.pictures.view import (
    INNER,
    LINE,
    MARGIN,
    WIDTH,
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
    vertical = concentrations(curve, floor, top)
    marks_of_scale = scale_marks(vertical)
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
        described(curve),
        max(line.y for _, _, lines in legend for line in lines) + 8,
        table(curve),
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
        ticks(horizontal, bottom, times(curve)),
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


def _beyond(curve: DosingCurve, vertical: Scale) -> Iterator[str]:
    if vertical.logarithmic:
        yield (
            f"The axis of concentrations is logarithmic. What is below {figure(vertical.low)} {curve.unit}, "
            "nothing included, is drawn at its lower edge."
        )


def _legend(curve: DosingCurve, top: float) -> Iterator[tuple[str, float, tuple[Text, ...]]]:
    """What each sign means, one below the other."""
    for kind, words in signs(curve):
        lines = lines_of(words, INNER - _SAMPLE, 3, SMALL)
        yield kind, top + LINE - 4, text_block(MARGIN + _SAMPLE, top + LINE, lines, size=SMALL)
        top += LINE * len(lines) + 1
