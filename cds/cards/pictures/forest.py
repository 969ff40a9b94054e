"""Forests: an effect with its interval by group, against the line of no effect."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from cds.cards.pictures.model import Estimate, Forest
from cds.cards.pictures.numbers import Scale, figure
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
    labelled,
    text_block,
    ticks,
)

THIS: Final = "this person"
OTHER: Final = "not for this person"


@dataclass(frozen=True, slots=True)
class Row:
    """One estimate, placed."""

    text: tuple[Text, ...]
    y: float
    low: float
    value: float
    high: float
    kind: str
    """`stratum`, `this`, `other`, `overall` or `other-overall`."""


@dataclass(frozen=True, slots=True)
class ForestView(View):
    """A forest, placed."""

    rows: tuple[Row, ...]
    no_effect: float
    bottom: float
    """Where the axis is."""
    ticks: tuple[Tick, ...]
    text: tuple[Text, ...]


def draw(forest: Forest) -> ForestView:
    """A row for each group and the overall estimate last; the axis holds the line of no effect."""
    estimates = [*forest.strata, *([forest.overall] if forest.overall else [])]
    scale = _scale(forest, estimates)
    rows, y = [], 4.0
    for estimate in estimates:
        row, y = _row(forest, estimate, scale, y)
        rows.append(row)
    bottom = y + 4
    text = _legend(forest, bottom + LINE + 2)
    marked = tuple(_mark(forest, estimate) for estimate in estimates)
    return ForestView(
        forest.title,
        f"{forest.measure}. "
        + " ".join(
            f"{estimate.name}{f' ({mark})' if mark else ''}: {_value(estimate)}."
            for estimate, mark in zip(estimates, marked, strict=True)
        )
        + f" No effect is {figure(forest.no_effect)}.",
        text[-1].y + 8,
        Table(
            forest.measure,
            ("Group", "Estimate", "Interval", *(() if forest.person is None else ("For whom",))),
            tuple(
                (
                    estimate.name,
                    figure(estimate.value),
                    f"{figure(estimate.low)} to {figure(estimate.high)}",
                    *((mark,) if mark else ()),
                )
                for estimate, mark in zip(estimates, marked, strict=True)
            ),
        ),
        forest.notes,
        tuple(rows),
        scale.at(forest.no_effect),
        bottom,
        ticks(scale, bottom),
        text,
    )


def _mark(forest: Forest, estimate: Estimate) -> str:
    if forest.person is None:
        return ""
    return THIS if estimate is not forest.overall and estimate.name == forest.person else OTHER


def _value(estimate: Estimate) -> str:
    return f"{figure(estimate.value)} ({figure(estimate.low)} to {figure(estimate.high)})"


def _scale(forest: Forest, estimates: list[Estimate]) -> Scale:
    low = min(forest.no_effect, *(estimate.low for estimate in estimates))
    high = max(forest.no_effect, *(estimate.high for estimate in estimates))
    # Room at both ends, so that the line of no effect and the ends of intervals stand clear of the rim.
    room = (high - low) / 12 or Fraction(1)
    return Scale(low - room, high + room, MARGIN, WIDTH - MARGIN)


def _row(forest: Forest, estimate: Estimate, scale: Scale, top: float) -> tuple[Row, float]:
    mark = _mark(forest, estimate)
    label = f"{estimate.name}: {mark}" if mark else estimate.name
    text, y = labelled(label, _value(estimate), top, bold=mark == THIS)
    kind = "overall" if estimate is forest.overall else "stratum"
    if mark == OTHER:
        kind = "other-overall" if kind == "overall" else "other"
    elif mark == THIS:
        kind = "this"
    placed = (scale.at(estimate.low), scale.at(estimate.value), scale.at(estimate.high))
    return Row(text, y + 13, *placed, kind), y + 24


def _legend(forest: Forest, top: float) -> tuple[Text, ...]:
    """What the two directions mean, what is measured, and what the dotted line is."""
    below, above = f"← {forest.below}", f"{forest.above} →"
    beside = width_of(below, SMALL) + width_of(above, SMALL) + 10 <= INNER
    (below,), (above,) = lines_of(below, INNER, 1, SMALL), lines_of(above, INNER, 1, SMALL)
    y = top + LINE if beside else top + 2 * LINE
    said = f"{forest.measure}. Dotted line: no effect, {figure(forest.no_effect)}."
    return (
        Text(MARGIN, top + LINE, below, size=SMALL),
        Text(WIDTH - MARGIN, y, above, "end", size=SMALL),
        *text_block(MARGIN, y + LINE + 3, lines_of(said, INNER, 4, SMALL), size=SMALL),
    )
