"""Levels against a window, bars against each other, and chains."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from cds.cards.pictures.model import Bars, Chain, ExposureWindow
from cds.cards.pictures.numbers import Scale, figure, told_apart
from cds.cards.pictures.text import SMALL, lines_of
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

_CAPTION = "The numbers of the drawing"
_LOGARITHMIC_FROM = 20
"""How many times the least the greatest level has to be for a scale on which neither is lost."""


@dataclass(frozen=True, slots=True)
class Row:
    """One level or bar: text above, a mark or bar below."""

    text: tuple[Text, ...]
    y: float
    x: float
    kind: str


@dataclass(frozen=True, slots=True)
class WindowView(View):
    """A window with the levels, placed."""

    rows: tuple[Row, ...]
    left: float
    right: float
    bottom: float
    ticks: tuple[Tick, ...]
    text: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class BarsView(View):
    """Bars, placed."""

    rows: tuple[Row, ...]
    zero: float
    reference: float | None
    text: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class ChainView(View):
    """The links of a chain, each a box from `y` on with its height."""

    boxes: tuple[tuple[float, float, tuple[Text, ...]], ...]


def draw_window(picture: ExposureWindow) -> WindowView:
    """The window as a band through all rows, each with its level."""
    values = [level.value for level in picture.levels]
    shown = told_apart([picture.low, picture.high, *values])
    scale, logarithmic = _window_scale(picture, values)
    left, right = scale.at(picture.low), scale.at(picture.high)
    window = f"{shown[picture.low]} to {shown[picture.high]} {picture.unit}"
    text = text_block(MARGIN, LINE, lines_of(f"Hatched: the window, {window}", INNER))
    rows, y = [], LINE * len(text) + 6.0
    for level in picture.levels:
        position = picture.position(level.value)
        words = f"{shown[level.value]} {picture.unit}: {position.value}"
        placed, y = labelled(level.name, words, y)
        rows.append(Row(placed, y + 14, scale.at(level.value), position.name.lower()))
        y += 26
    axis = f"{picture.unit}, logarithmic" if logarithmic else picture.unit
    text += text_block(MARGIN, y + 2 * LINE + 4, lines_of(axis, INNER, 1, SMALL), size=SMALL)
    table = tuple(
        (level.name, shown[level.value], picture.position(level.value).value) for level in picture.levels
    )
    return WindowView(
        picture.title,
        f"The window is {window}. "
        + " ".join(f"{row[0]}: {row[1]} {picture.unit}, {row[2]}." for row in table),
        text[-1].y + 8,
        Table(f"The window is {window}", ("Level", picture.unit, "Where"), table),
        picture.notes,
        tuple(rows),
        left,
        right,
        y + 2,
        ticks(scale, y + 2),
        text,
    )


def _window_scale(picture: ExposureWindow, values: list[Fraction]) -> tuple[Scale, bool]:
    least = min(picture.low, *(value for value in values if value)) if any(values) else picture.low
    greatest = max(picture.high, *values)
    if greatest / least < _LOGARITHMIC_FROM:
        return Scale(Fraction(0), greatest * Fraction(11, 10), MARGIN, WIDTH - MARGIN), False
    return Scale(least / 2, greatest * 2, MARGIN, WIDTH - MARGIN, logarithmic=True), True


def draw_bars(picture: Bars) -> BarsView:
    """A bar for each row from the line of zero, and the line of the reference if there is one."""
    reference = [] if picture.reference is None else [picture.reference[1]]
    values = [bar.value for bar in picture.bars]
    low, high = min(Fraction(0), *values, *reference), max(Fraction(0), *values, *reference)
    scale = Scale(low, high if high > low else low + 1, MARGIN + 1, WIDTH - MARGIN - 1)
    (measure,) = lines_of(picture.measure, INNER, 1)
    text = [Text(MARGIN, LINE, measure)]
    if picture.reference is not None:
        words = f"dashed line: {picture.reference[0]}, {figure(picture.reference[1])}"
        text += text_block(MARGIN, LINE * 2, lines_of(words, INNER))
    rows, y = [], LINE * len(text) + 8.0
    for bar in picture.bars:
        label = f"{bar.name}: {bar.mark}" if bar.mark else bar.name
        placed, y = labelled(label, figure(bar.value), y, bold=bool(bar.mark))
        rows.append(Row(placed, y + 6, scale.at(bar.value), "marked" if bar.mark else "plain"))
        y += 23
    head = (picture.of, *picture.more, picture.measure)
    table = tuple(
        (
            f"{bar.name} ({bar.mark})" if bar.mark else bar.name,
            *(figure(each) for each in bar.more),
            figure(bar.value),
        )
        for bar in picture.bars
    )
    said = "" if picture.reference is None else f"{picture.reference[0]}: {figure(picture.reference[1])}. "
    return BarsView(
        picture.title,
        f"{picture.measure}. {said}" + " ".join(f"{row[0]}: {row[-1]}." for row in table),
        y + 6,
        Table(_CAPTION, head, table),
        picture.notes,
        tuple(rows),
        scale.at(Fraction(0)),
        None if picture.reference is None else scale.at(picture.reference[1]),
        tuple(text),
    )


def draw_chain(picture: Chain) -> ChainView:
    """A box for each link, with arrows from one to the next."""
    boxes, y = [], 4.0
    for link in picture.links:
        number = f"{figure(link.value)} {link.unit}".rstrip()
        placed, end = labelled(link.name, number, y + 2, inset=8, bold=True)
        more = lines_of(link.words, INNER - 16, 2) if link.words else ()
        placed += text_block(MARGIN + 8, end + LINE, more)
        height = end + LINE * len(more) - y + 8
        boxes.append((y, height, placed))
        y += height + 18
    table = tuple(
        (link.name, f"{figure(link.value)} {link.unit}".rstrip(), link.words or "–") for link in picture.links
    )
    return ChainView(
        picture.title,
        " Then ".join(f"{row[0]}: {row[1]}{f', {row[2]}' if row[2] != '–' else ''}." for row in table),
        y - 14,
        Table(_CAPTION, ("Link", "Number", "What it means"), table),
        picture.notes,
        tuple(boxes),
    )
