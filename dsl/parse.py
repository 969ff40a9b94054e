"""Text to syntax tree: reads one rule file and says in plain words what is wrong with it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from functools import lru_cache
from importlib import resources
from typing import cast

from lark import Lark, Token, UnexpectedCharacters, UnexpectedInput, UnexpectedToken
from lark.exceptions import VisitError

from dsl.build import Refused, TreeBuilder
from dsl.diagnostics import Diagnostic
from dsl.syntax import RuleFile, Span

MAX_FILE_BYTES = 1_048_576
MAX_NESTING = 32

_NESTING = re.compile(r'"(?:\\.|[^"\\\n])*"|//[^\n]*|\(|\)|[A-Za-z_]\w*')

_LONE_RETURN = re.compile(r"\r(?!\n)")

_WORDS = {
    "LBRACE": "`{`", "RBRACE": "`}`", "LPAR": "`(`", "RPAR": "`)`", "LSQB": "`[`", "RSQB": "`]`",
    "VBAR": "`|`", "STAR": "`*`", "COMMA": "`,`", "COLON": "`:`", "EQUAL": "`=`", "DOT": "`.`",
    "ARROW": "`=>`", "COMPARE": "a comparison (`<`, `>=` …)", "RANGE": "a range (`..<`)",
    "NUMBER": "a number", "UNIT": "a unit", "STRING": "text in quotes", "NAME": "a name",
    "DATE": "a date (YYYY-MM-DD)", "VERSION": "a version (1.0.0)", "CODE": "a code (loinc#29463-7)",
    "CITATION": "a citation (pmid:…, doi:…, label:…, guideline:…)", "PRESENCE": "`missing` or `known`",
    "LOUDNESS": "`silent`, `info` or `test-first`", "REASON": "a reason (stale, conflict …)",
    "$END": "the end of the file",
}  # fmt: skip

_ADVICE = {
    ("}", "UNKNOWN"): "say what to answer when data are missing: `unknown => ask …`",
    ("=", "ARROW"): "a result follows `=>`",
    ("-", "ARROW"): "a result follows `=>`",
    ("=", "NUMBER"): "equality is written with one `=`",
    ("|", "OR"): "write `or`",
    ("&", "AND"): "write `and`",
    ("!", "NOT"): "write `not`",
    ("else", "OTHERWISE"): "did you mean `otherwise`?",
    ("daily", "ONCE"): "write `once daily`, `twice daily` or `3 times daily`",
    (",", "AND"): "conditions are joined by `and` or `or`; a decimal number has a point",
    ("<", "MISSING"): "each cell starts with `|`",
    (">", "MISSING"): "each cell starts with `|`",
    ("<=", "MISSING"): "each cell starts with `|`",
    (">=", "MISSING"): "each cell starts with `|`",
    ("", "RBRACE"): "close what is open with `}`",
}  # fmt: skip
"""What to write instead of a word, where something is expected."""

_ANYWHERE = {
    "≥": "write `>=`", "≤": "write `<=`", "≠": "write `!=`", "→": "write `=>`",
    "µ": "UCUM writes micro as `u`: `uL`", "μ": "UCUM writes micro as `u`: `uL`",
    "“": 'text stands in straight quotes: `"`', "”": 'text stands in straight quotes: `"`',
    "'": 'text stands in double quotes: `"`', "#": "a comment starts with `//`",
    ";": "nothing ends a line; leave it out",
}  # fmt: skip

_LONGEST_QUOTE = 40

_OPERATORS = {"COMPARE", "RANGE", "EQUAL", "IN", "IS", "AND", "OR", "UNIT"}


@lru_cache(maxsize=1)
def _grammar() -> Lark:
    text = resources.files("dsl").joinpath("grammar.lark").read_text("utf-8")
    return Lark(text, parser="lalr", lexer="contextual", propagate_positions=True)


def parse_bytes(data: bytes, path: str) -> RuleFile | Diagnostic:
    """The syntax tree of one file, or the one thing that is wrong with its text."""
    whole = Span(path, 1, 1, 1, 2)
    if len(data) > MAX_FILE_BYTES:
        return Diagnostic("BR001", "the file is above 1 MiB", whole, help="split it by subject")
    try:
        source = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        column = len(data[data.rfind(b"\n", 0, error.start) + 1 : error.start].decode("utf-8")) + 1
        return Diagnostic(
            "BR001", "the file is not UTF-8 text", Span(path, line, column, line, column + 1),
            label="this byte is not", help="save the file as UTF-8",
        )  # fmt: skip
    return parse_text(source, path)


def parse_text(source: str, path: str) -> RuleFile | Diagnostic:
    """The same for text that is already decoded."""
    unusable = _line_ends(source, path) or _nesting(source, path)
    if unusable is not None:
        return unusable
    try:
        return cast(RuleFile, TreeBuilder(path, source).transform(_grammar().parse(source)))
    except UnexpectedInput as error:
        return _explain(error, source, path)
    except VisitError as error:
        if isinstance(error.orig_exc, Refused):
            return error.orig_exc.diagnostic
        raise


def _nesting(source: str, path: str) -> Diagnostic | None:
    """Refuses deep conditions before anything recursive sees them; only `(` and `not` can nest."""
    depth = nots = 0
    for match in _NESTING.finditer(source):
        token = match.group()
        if token[0] in '"/':
            continue
        nots = nots + 1 if token == "not" else 0
        depth += {"(": 1, ")": -1}.get(token, 0)
        if depth + nots > MAX_NESTING:
            span = _span_at(match.start(), len(token), source, path)
            return Diagnostic(
                "BR017", f"more than {MAX_NESTING} conditions inside one another", span,
                help="split it into several branches, or write a table",
            )  # fmt: skip
    return None


def _line_ends(source: str, path: str) -> Diagnostic | None:
    """A carriage return alone ends a line for some editors but not here, so a comment would hide rules."""
    found = _LONE_RETURN.search(source)
    if found is None:
        return None
    return Diagnostic(
        "BR001", "a line ends with a carriage return alone", _span_at(found.start(), 1, source, path),
        help="save the file with LF or CRLF line ends",
    )  # fmt: skip


def _span_at(start: int, length: int, source: str, path: str) -> Span:
    line = source.count("\n", 0, start) + 1
    column = start - source.rfind("\n", 0, start)
    return Span(path, line, column, line, column + length)


def _explain(error: UnexpectedInput, source: str, path: str) -> Diagnostic:
    if isinstance(error, UnexpectedCharacters):
        found, expected = source[error.pos_in_stream or 0], error.allowed or set()
        span = Span(path, error.line, error.column, error.line, error.column + 1)
    elif isinstance(error, UnexpectedToken):
        token = error.token
        found = str(token)
        expected = set(error.accepts or error.expected)
        span = _span_of(token, source, path)
    else:
        found, expected, span = "", set(), _end_of(source, path)
    if found == '"':
        return Diagnostic(
            "BR002", "the text in quotes has no end", span, help='close it with `"` on the same line'
        )
    words = _expected_words(expected)
    what = f"{_quoted(found)} does not fit here" if found else "the file ends too early"
    return Diagnostic(
        "BR002", what, span, label=f"expected {words}" if words else "", help=_help(found, expected)
    )


def _quoted(found: str) -> str:
    if not found.isprintable():
        return " ".join(f"U+{ord(character):04X}" for character in found[:_LONGEST_QUOTE])
    return f"`{found}`" if len(found) <= _LONGEST_QUOTE else f"`{found[:_LONGEST_QUOTE]} …`"


def _span_of(token: Token, source: str, path: str) -> Span:
    if token.type == "$END" or token.line is None or token.column is None:
        return _end_of(source, path)
    end_line, end_column = token.end_line or token.line, token.end_column or token.column + 1
    return Span(path, token.line, token.column, end_line, end_column)


def _end_of(source: str, path: str) -> Span:
    lines = source.rstrip().split("\n")
    return Span(path, len(lines), len(lines[-1]) + 1, len(lines), len(lines[-1]) + 2)


def _expected_words(expected: Iterable[str]) -> str:
    """At most six words; operators are named as a group, keywords stand in backticks."""
    names = set(expected)
    words = []
    if len(names & _OPERATORS) > 1:
        names -= _OPERATORS
        words.append("an operator or unit")
    words += sorted(_WORDS.get(name, f"`{name.lower()}`") for name in names)
    return ", ".join(words[:6]) + (" …" if len(words) > 6 else "")


def _help(found: str, expected: Iterable[str]) -> str:
    names = set(expected)
    keywords = [name.lower() for name in names if name not in _WORDS]
    close = difflib.get_close_matches(found.lower(), keywords, n=1, cutoff=0.67)
    if close:
        return f"did you mean `{close[0]}`?"
    fitting = [text for (word, name), text in _ADVICE.items() if word == found and name in names]
    return fitting[0] if fitting else _ANYWHERE.get(found, "")
