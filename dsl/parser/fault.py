"""The place at which reading stopped, and how a message about it is put together."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lark import Token
from lark.parsers.lalr_interactive_parser import InteractiveParser

from dsl.diagnostics import Diagnostic, Fix, Label
from dsl.parser.limits import span_at
from dsl.syntax import Span

CLOSING = {"(": ")", "[": "]", "{": "}"}
"""What closes each opening sign."""

_PIECE = re.compile(
    r'(?a:(?:[ \t\r\n\f\ufeff]|//[^\n]*+)*+("(?:\\.|[^"\\\n])*+"|[A-Za-z_]\w*|\d[\d_.]*|[<>=!.]+|.)?)'
)
"""White space and comments, then one word or sign."""

LONGEST_QUOTE = 40
"""Characters of a word that are shown, and searched for what may be wrong around it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Where reading stopped, and what had been read until then."""

    source: str
    path: str
    start: int
    end: int
    before: tuple[Token, ...]
    state: InteractiveParser
    expected: frozenset[str]
    """The terminals that could stand here."""

    @property
    def found(self) -> str:
        """The word that does not fit; nothing at the end of the file."""
        return self.source[self.start : self.end]

    @property
    def following(self) -> str:
        """The word behind the one that does not fit; nothing at the end of the file."""
        return self.source[slice(*next_word(self.source, self.end))]

    def span(self, start: int, end: int) -> Span:
        """The place of `source[start:end]`."""
        return span_at(self.source, start, end, self.path)

    def said(
        self, message: str, *, at: tuple[int, int] | None = None, label: str = "",
        others: tuple[Label, ...] = (), help: str = "", put: str | None = None,
    ) -> Diagnostic:  # fmt: skip
        """A message about a stretch, by default the word that does not fit.

        `put` is what a tool may write in its place.
        """
        span = self.span(*(at or (self.start, self.end)))
        fix = None if put is None else Fix(span, put)
        return Diagnostic("BR002", message, span, label=label, others=others, help=help, fix=fix)

    def label(self, token: Token, text: str) -> Label:
        """A second place: a token that was read."""
        return Label(self.span(*place_of(token)), text)

    def read_until(self, place: int) -> tuple[Token, ...]:
        """The tokens that end before a place."""
        return tuple(token for token in self.before if place_of(token)[1] <= place)

    def open_signs(self) -> list[Token]:
        """The brackets that nothing has closed yet, outermost first."""
        opened: list[Token] = []
        for token in self.before:
            if token in CLOSING:
                opened.append(token)
            elif token in CLOSING.values() and opened:
                opened.pop()
        return opened


def next_word(source: str, start: int) -> tuple[int, int]:
    """Where the next word or sign begins and ends; the end of the source if there is none."""
    found = _PIECE.match(source, start)
    return found.span(1) if found and found[1] else (len(source), len(source))


def place_of(token: Token) -> tuple[int, int]:
    """Where a token begins and ends in its source."""
    return token.start_pos or 0, token.end_pos or 0


def quoted(word: str) -> str:
    """A word of the author as messages show it."""
    if not word:
        return "the end of the file"
    shown = "".join(each if each.isprintable() else " " for each in word[:LONGEST_QUOTE])
    return f"`{shown}`" if len(word) <= LONGEST_QUOTE else f"`{shown} …`"
