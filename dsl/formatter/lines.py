"""Words on lines: with spaces between them, broken where a line is too long, around comments in between."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from dsl.formatter.words import Item, Word

LIMIT = 120
"""The longest line, in characters; text in quotes is never broken and may reach beyond."""
STEP = 2
"""The indentation of a block."""

_PLACES = {
    "REQUIRED": 0, "OPTIONAL": 0, "ASSUME": 0, "UNLESS": 0, "IF": 0,
    "WITHIN": 1, "LIFETIME": 1, "WHEN": 1, "BECAUSE": 1,
    "OR": 2, "AND": 3,
    "PLUS": 5, "MINUS": 5, "STAR": 6, "SLASH": 6,
}  # fmt: skip
"""The words that a line may begin with; it is broken before those with the lowest number."""
_BEHIND_COMMA = 4
_ONE_EACH = {_PLACES["OR"], _PLACES["AND"]}
_OPEN, _CLOSED = {"LPAR", "LBRACE"}, {"RPAR", "RBRACE"}


def text(words: Iterable[Word]) -> str:
    """Words on one line."""
    return "".join(word.text if word.glued else f" {word.text}" for word in words).removeprefix(" ")


def is_interrupted(words: Sequence[Word]) -> bool:
    """A comment stands between the words, so that they cannot be on one line."""
    return any(_ends_line(word, following) for word, following in pairwise(words))


def uneven(words: Sequence[Word], indent: int) -> list[str]:
    """Lines for words with comments in between, each comment kept where it is."""
    pieces: list[list[Word]] = [[words[0]]]
    for word, following in pairwise(words):
        if _ends_line(word, following):
            pieces.append([])
        pieces[-1].append(following)
    lines: list[str] = []
    for piece in pieces:
        pad = " " * (indent + 2 * STEP if lines else indent)
        if lines:
            lines += [pad + comment for comment in piece[0].above if comment]
        lines += [" " * (len(pad) + extra) + text(line) for extra, line in broken(piece, LIMIT - len(pad))]
        if piece is not pieces[-1] and piece[-1].behind:
            lines[-1] += f"  {piece[-1].behind}"
    return lines


def _ends_line(word: Word, following: Word) -> bool:
    return bool(word.behind) or any(following.above)


def broken(words: Item, room: int, behind: int = 0) -> list[tuple[int, Item]]:
    """Lines of at most `room` characters where the words allow it, each with its extra indentation.

    The last line shall have room for as many more characters as `behind` says. Clauses, lists and sums fill
    their lines; each part of an `or` or `and` has a line of its own. The outermost are parted first.
    """
    if len(text(words)) + behind <= room:
        return [(0, words)]
    places = _places(words)
    if not places:
        return [(0, words)]
    depth, rank = min(places.values())
    cuts = [index for index, place in places.items() if place == (depth, rank)]
    pieces = [words[start:end] for start, end in pairwise([0, *cuts, len(words)])]
    if rank not in _ONE_EACH:
        pieces = _filled(pieces, room, behind)
    if len(pieces) == 1:
        return [(0, words)]
    lines: list[tuple[int, Item]] = []
    for piece in pieces:
        outer = STEP if lines and depth and rank not in _ONE_EACH else 0
        last = behind if piece is pieces[-1] else 0
        fits = len(text(piece)) + last <= room
        inner = [(0, piece)] if fits else broken(piece, room - STEP, last)
        lines += [(outer + extra + (STEP if index else 0), line) for index, (extra, line) in enumerate(inner)]
    return lines


def _places(words: Item) -> dict[int, tuple[int, int]]:
    """Where a line may begin: how deep in parentheses, and how firmly the words belong together."""
    places = {}
    depth = 0
    for index, (word, following) in enumerate(pairwise(words), start=1):
        depth += (word.kind in _OPEN) - (word.kind in _CLOSED)
        if following.kind in _PLACES:
            places[index] = (depth, _PLACES[following.kind])
        elif word.kind == "COMMA":
            places[index] = (depth, _BEHIND_COMMA)
    return places


def _filled(pieces: Sequence[Item], room: int, behind: int) -> list[Item]:
    lines: list[list[Word]] = [[]]
    for piece in pieces:
        extra = behind if piece is pieces[-1] else 0
        if lines[-1] and len(text([*lines[-1], *piece])) + extra > room:
            lines.append([])
        lines[-1] += piece
    return list(lines)
