"""A picture taken apart: its elements, its text with the room it takes, its numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree

from cds.cards.pictures import Picture, as_figure
from cds.cards.pictures.text import BOLD, width_of

SVG = "{http://www.w3.org/2000/svg}"


def parsed(picture: Picture) -> ElementTree.Element:
    """The figure as XML; it fails where that is not well-formed."""
    return ElementTree.fromstring(as_figure(picture))


@dataclass(frozen=True)
class Shown:
    """One line of text on the canvas."""

    words: str
    left: float
    right: float
    top: float
    bottom: float
    size: float
    fill: str

    def overlaps(self, other: Shown) -> bool:
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )


def texts(figure: ElementTree.Element) -> Iterator[Shown]:
    """Every line of text with the room that it may take in a common font."""
    for element in figure.iter(f"{SVG}text"):
        words, size = element.text or "", float(element.attrib["font-size"])
        width = width_of(words, int(size)) * (BOLD if element.get("font-weight") else 1)
        x, y = float(element.attrib["x"]), float(element.attrib["y"])
        left = {"start": x, "middle": x - width / 2, "end": x - width}[element.get("text-anchor", "start")]
        top, bottom = y - 0.75 * size, y + 0.2 * size
        yield Shown(words, left, left + width, top, bottom, size, element.attrib["fill"])


def height(figure: ElementTree.Element) -> float:
    """Of the canvas."""
    (svg,) = figure.iter(f"{SVG}svg")
    return float(svg.attrib["viewBox"].split()[3])


def contrast(colour: str, ground: str = "#ffffff") -> float:
    """The ratio that WCAG 2 defines."""
    bright, dark = sorted((_luminance(colour), _luminance(ground)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def table_numbers(figure: ElementTree.Element) -> list[str]:
    """Every number in the cells of the table."""
    cells = ["".join(cell.itertext()) for cell in figure.iter("td")]
    return [number for cell in cells for number in re.findall(r"−?\d[\d,.]*\d|−?\d", cell)]
