"""Text of a picture: what may not stand in a document, how wide it is, and where its lines break."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

SMALL: Final = 12
NORMAL: Final = 13
"""Sizes on a canvas of 320: what is read on the narrowest screen is no smaller than this."""
BOLD: Final = 1.12
"""How much wider bold letters are."""

_SPACE = re.compile(r"[\t\n\v\f\r ]+")

# Characters that XML forbids, and those that turn the direction of the text around them.
_UNFIT = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
_NARROW = frozenset("iljftrI.,:;|!'()[] /")
_WIDE = frozenset("mwMW@%—…×→←")


def clean(value: object) -> object:
    """What a template inserts; text without unfit characters and without breaks of lines."""
    if not isinstance(value, str) or hasattr(value, "__html__"):
        return value
    return _UNFIT.sub("\ufffd", _SPACE.sub(" ", value))


def width_of(text: str, size: int = NORMAL) -> float:
    """A width that common sans-serif fonts stay within."""
    return size * sum(_em(character) for character in text)


def _em(character: str) -> float:
    if unicodedata.combining(character):
        return 0
    if character in _WIDE or not character.isascii():
        return (
            1.05 if unicodedata.east_asian_width(character) in "WF" else 0.98 if character in _WIDE else 0.8
        )
    if character in _NARROW:
        return 0.42
    return 0.76 if character.isupper() else 0.66


def lines_of(text: str, width: float, most: int = 2, size: int = NORMAL) -> tuple[str, ...]:
    """The text broken at spaces into lines of a width; what does not fit ends with an ellipsis."""
    words = [part for word in str(clean(text)).split(" ") for part in _pieces(word, width, size)]
    lines: list[str] = []
    for word in words:
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width_of(longer, size) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    if len(lines) <= most:
        return tuple(lines)
    last = lines[most - 1]
    while last and width_of(f"{last}…", size) > width:
        last = last[:-1]
    return (*lines[: most - 1], f"{last.rstrip()}…")


def has_long_word(text: str) -> bool:
    """Whether a word would widen a table beyond a narrow screen."""
    return any(len(word) > 14 for word in text.split(" "))


def _pieces(word: str, width: float, size: int) -> list[str]:
    """The word, cut where it is wider than a line."""
    pieces = [""]
    for character in word:
        if pieces[-1] and width_of(pieces[-1] + character, size) > width:
            pieces.append("")
        pieces[-1] += character
    return pieces
