"""The formatter: the same words and comments in the standard layout.

    text ── parse ──> words, comments ── lay out ──> text ── read again ──> the same words, comments

A layout that would say anything else than the file is never handed out.
"""

from __future__ import annotations

from lark import UnexpectedInput

from dsl.diagnostics import Diagnostic
from dsl.formatter.layout import lay_out
from dsl.formatter.words import Block, read, words_of
from dsl.parser.parse import parse_bytes, parse_text
from dsl.syntax import RuleFile


class UnfaithfulLayout(Exception):
    """The layout would change more than white space: a defect of the formatter, found before any harm."""


def format_bytes(data: bytes, path: str) -> str | Diagnostic:
    """The content of a rule file in the standard layout, or what is wrong with its text.

    Line ends become LF, a byte order mark is left out. Raises `UnfaithfulLayout`.
    """
    return _formatted(parse_bytes(data, path))


def format_text(source: str, path: str) -> str | Diagnostic:
    """The same for text that is already decoded. Raises `UnfaithfulLayout`."""
    return _formatted(parse_text(source, path))


def _formatted(parsed: RuleFile | Diagnostic) -> str | Diagnostic:
    if isinstance(parsed, Diagnostic):
        return parsed
    file = read(parsed.source)
    formatted = lay_out(file)
    try:
        again = read(formatted)
    except UnexpectedInput as error:
        raise UnfaithfulLayout(f"line {error.line} of the layout is not in the rule language") from None
    if _content(again) != _content(file):
        raise UnfaithfulLayout("the layout has other words or comments than the file")
    return formatted


def _content(file: Block) -> list[tuple[str, str, list[str], str]]:
    """Everything but white space, in order."""
    return [
        (word.kind, word.text, [line for line in word.above if line], word.behind) for word in words_of(file)
    ]
