"""What is refused before a rule is read: bytes that are no text, text that shows what it does not say,
and more than anybody could review."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator

from lark import Token

from dsl.diagnostics import Diagnostic
from dsl.parser.build import Refused
from dsl.parser.characters import described
from dsl.syntax import Span

MAX_FILE_BYTES = 1_048_576
MAX_TOKENS = 100_000
MAX_NESTING = 64

_SIGNATURES = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
    (b"PK\x03\x04", "a Word document or a zip archive"),
    (b"\xd0\xcf\x11\xe0", "an old Word document"),
    (b"{\\rtf", "rich text"),
    (b"%PDF-", "a PDF document"),
)

# A line separator ends a line for some editors but not here, so that a comment would hide rules; marks of
# direction show a line in another order than it is read (H-063).
_UNSAFE = re.compile(
    "[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]|\r(?!\n)"
)
_LINE_ENDS = "\r\x0b\x85\u2028\u2029"
_DIRECTIONS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"

_DEEPENS = frozenset({"not", "+", "-", "*", "/", "^"})
_STAYS = frozenset({"NAME", "NUMBER", "UNIT", "DOT", "COMPARE", "EQUAL", "IN", "RANGE"})
"""Terminals inside one condition; whatever else is written begins the next."""


def span_at(source: str, start: int, end: int, path: str) -> Span:
    """The place of `source[start:end]`, or of the one column at `start` where that is empty."""
    last = max(start, end - 1)
    line, end_line = source.count("\n", 0, start) + 1, source.count("\n", 0, last) + 1
    column, end_column = start - source.rfind("\n", 0, start), last - source.rfind("\n", 0, last) + 1
    return Span(path, line, column, end_line, end_column)


def decoded(data: bytes, path: str) -> str | Diagnostic:
    """The text of a file, or why its bytes are none."""
    first = Span(path, 1, 1, 1, 2)
    if len(data) > MAX_FILE_BYTES:
        return Diagnostic("BR001", "the file is above 1 MiB", first, help="split it by subject")
    what = next((what for signature, what in _SIGNATURES if data.startswith(signature)), _wide(data))
    if what:
        return Diagnostic(
            "BR001", f"the file is {what}, not UTF-8 text", first, help="save it as plain text in UTF-8"
        )
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        byte = data[error.start : error.start + 1]
        shown = byte.decode("cp1252", "replace")
        other = f"; in Windows-1252 it is `{shown}`" if shown.isprintable() and shown != "\ufffd" else ""
        return Diagnostic(
            "BR001", "the file is not UTF-8 text", span_at(before, len(before), len(before), path),
            label=f"the byte {byte[0]:02X} is not{other}", help="save the file as UTF-8",
        )  # fmt: skip


def _wide(data: bytes) -> str:
    """Text of two or four bytes for each character without the mark that says so is full of zeros."""
    zeros = data.count(0) / len(data) if data else 0
    return "UTF-32" if 0.6 < zeros <= 0.75 else "UTF-16" if 0.3 < zeros <= 0.5 else ""


def unsafe_character(source: str, path: str) -> Diagnostic | None:
    """The first character that may stand nowhere, not even in a comment."""
    found = _UNSAFE.search(source)
    if found is None:
        return None
    character = found.group()
    span = span_at(source, found.start(), found.end(), path)
    if character == "\r":
        message = "a line ends with a carriage return alone"
        advice = "save the file with LF or CRLF line ends"
    elif character in _LINE_ENDS:
        message = f"a line ends with {described(character)}"
        advice = "type an ordinary line end instead"
    elif character in _DIRECTIONS:
        message = f"{described(character)} changes the order in which the line is shown"
        advice = "delete it"
    else:
        message, advice = f"{described(character)} stands here", "delete it"
    return Diagnostic("BR001", message, span, help=advice)


def bounded(tokens: Iterable[Token], path: str) -> Iterator[Token]:
    """Passes on the tokens of a file; raises `Refused` for too many, or too many inside one another.

    A deep tree would exhaust everything that walks it (H-115). `not`, signs, parentheses, calls and chains of
    operations deepen a tree; `and` and `or` do not.
    """
    outside: list[int] = []
    depth = 0
    for count, token in enumerate(tokens, 1):
        if token == "(":
            outside.append(depth)
            depth += 1
        elif token == ")":
            depth = outside.pop() if outside else 0
        elif token in _DEEPENS:
            depth += 1
        elif token.type not in _STAYS:
            depth = outside[-1] + 1 if outside else 0
        if depth > MAX_NESTING:
            message = f"more than {MAX_NESTING} conditions or operations inside one another"
            advice = "split it into several branches, or write a table"
            raise Refused(Diagnostic("BR017", message, _span_of(token, path), help=advice))
        if count > MAX_TOKENS:
            message = f"the file has more than {MAX_TOKENS:,} words and signs"
            raise Refused(Diagnostic("BR001", message, _span_of(token, path), help="split it by subject"))
        yield token


def _span_of(token: Token, path: str) -> Span:
    line, column = token.line or 1, token.column or 1
    return Span(path, line, column, line, column + len(token))
