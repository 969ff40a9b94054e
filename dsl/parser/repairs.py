"""Asks the parser what would fit: a sign put in, left out, or written otherwise."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from lark import Token
from lark.lexer import PatternStr
from lark.parsers.lalr_interactive_parser import InteractiveParser

from dsl.parser.grammar import parser

END = "$END"
"""What stands behind the last word of a file."""


@lru_cache(maxsize=1)
def literals() -> dict[str, str]:
    """The keywords and signs of the language: terminal to text."""
    signs = (each for each in parser().terminals if isinstance(each.pattern, PatternStr))
    return {each.name: each.pattern.value for each in signs}


@lru_cache(maxsize=1)
def _patterns() -> dict[str, re.Pattern[str]]:
    others = (each for each in parser().terminals if each.name not in literals())
    return {each.name: re.compile(each.pattern.to_regexp()) for each in others}


def terminals_of(word: str) -> list[str]:
    """Every terminal that one word could be, depending on its place; a keyword before a name."""
    if not word:
        return [END]
    named = [name for name, text in literals().items() if text == word]
    return named + [name for name, pattern in _patterns().items() if pattern.fullmatch(word)]


def after(tokens: Iterable[Token]) -> InteractiveParser:
    """The parser behind tokens that it has accepted before; it builds no tree."""
    session = parser().parse_interactive("")
    session.parser_state.parse_conf.callbacks = {}
    for token in tokens:
        session.feed_token(token)
    return session


def accepted(session: InteractiveParser) -> frozenset[str]:
    """The terminals that may come next."""
    return frozenset(session.accepts())  # type: ignore[no-untyped-call]  # Lark declares no types here


def fits(session: InteractiveParser, *words: str) -> bool:
    """Whether these words may follow one after the other."""
    for word in words:
        expected = accepted(session)
        name = next((name for name in terminals_of(word) if name in expected), None)
        if name is None:
            return False
        session = session.copy(deepcopy_values=False)  # type: ignore[no-untyped-call]  # as above
        if name != END:
            session.feed_token(Token(name, word))
    return True
