"""What every drawn picture has beside its lines: title, description, table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from cds.cards.pictures.numbers import Scale, figure
from cds.cards.pictures.text import BOLD, NORMAL, SMALL, lines_of, width_of

WIDTH: Final = 320
"""Of the canvas, in its own units: at this width one of them is one pixel."""
MARGIN: Final = 8
INNER: Final = WIDTH - 2 * MARGIN
LINE: Final = 17
"""From one line of text to the next."""


@dataclass(frozen=True, slots=True)
class Table:
    """The numbers of a picture as rows of text; the first column names the row."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Text:
    """One line of text."""

    x: float
    y: float
    words: str
    anchor: str = "start"
    bold: bool = False
    size: int = NORMAL


Tick = tuple[float, Text | None]
"""A mark on an axis, with its number if there is room."""


@dataclass(frozen=True, slots=True)
class View:
    """What is the same of all pictures."""

    title: str
    described: str
    """The picture in sentences, for who cannot see it."""
    height: float
    table: Table
    notes: tuple[str, ...]


def text_block(
    x: float, y: float, lines: tuple[str, ...], *, bold: bool = False, size: int = NORMAL
) -> tuple[Text, ...]:
    """Lines one below the other, the first with its baseline at `y`."""
    return tuple(
        Text(x, y + LINE * number, words, bold=bold, size=size) for number, words in enumerate(lines)
    )


def labelled(
    label: str, numbers: str, top: float, *, inset: float = 0, bold: bool = False
) -> tuple[tuple[Text, ...], float]:
    """A label at the left, its numbers at the right or, for want of room, below; and the last baseline."""
    left, right = MARGIN + inset, WIDTH - MARGIN - inset
    factor = BOLD if bold else 1
    if (width_of(label) + width_of(numbers)) * factor + 10 <= right - left:
        y = top + LINE
        return (Text(left, y, label, bold=bold), Text(right, y, numbers, "end", bold)), y
    lines = lines_of(label, (right - left) / factor)
    under = lines_of(numbers, (right - left) / factor)
    y = top + LINE * len(lines)
    block = text_block(left, top + LINE, lines, bold=bold)
    return (
        *block,
        *(Text(right, y + LINE * (number + 1), words, "end", bold) for number, words in enumerate(under)),
    ), y + LINE * len(under)


def ticks(scale: Scale, bottom: float, numbers: Sequence[Fraction] | None = None) -> tuple[Tick, ...]:
    """Marks on an axis, at round numbers of the scale unless told at which.

    A number that would touch the one before it or the rim is left out.
    """
    placed: list[Tick] = []
    end = 0.0
    for tick in scale.ticks() if numbers is None else numbers:
        x, words = scale.at(tick), figure(tick)
        half = width_of(words, SMALL) / 2
        fits = x - half >= end and x + half <= WIDTH
        placed.append((x, Text(x, bottom + LINE, words, "middle", size=SMALL) if fits else None))
        end = x + half + 6 if fits else end
    return tuple(placed)


def place(value: float) -> str:
    """A coordinate, to a tenth of a unit."""
    shown = f"{value:.1f}".removesuffix(".0")
    return "0" if shown == "-0" else shown
