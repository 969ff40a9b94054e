"""What every drawn picture has beside its lines: title, description, table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

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
    size: int = 13


@dataclass(frozen=True, slots=True)
class View:
    """What is the same of all pictures."""

    title: str
    described: str
    """The picture in sentences, for who cannot see it."""
    height: float
    table: Table
    notes: tuple[str, ...]


def text_block(x: float, y: float, lines: tuple[str, ...], *, bold: bool = False) -> tuple[Text, ...]:
    """Lines one below the other, the first with its baseline at `y`."""
    return tuple(Text(x, y + LINE * number, words, bold=bold) for number, words in enumerate(lines))


def place(value: float) -> str:
    """A coordinate, to a tenth of a unit."""
    shown = f"{value:.1f}".removesuffix(".0")
    return "0" if shown == "-0" else shown
