"""Whatever stands in a rule file: it is read, or there is a diagnostic about it; never an exception (H-115).

The suite takes a fixed series of a few thousand examples; `make long` takes 100,000.
"""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from dsl import Diagnostic, RuleFile, Span, as_json, as_sarif, as_text, parse_bytes, parse_text
from tests.dsl.support import PROPERTY, WHOLE, rounds
from tests.dsl.test_slips import TABLE, fixed

ROOT = Path(__file__).resolve().parents[2]
REAL = [path.read_text("utf-8") for path in sorted((ROOT / "kb").rglob("*.rule"))]
SHORT = [WHOLE, TABLE, *(text for text in REAL if len(text) < 2_000)]

WORDS = st.sampled_from(
    ["{", "}", "(", ")", "[", "]", "|", "||", "=>", "->", "=", "==", "<", "&lt;", "≥", "..<", ",", ";", "*",
     "+", "-", "^", "/", "%", ".", '"', "“", "”", "'", "\\", "//", "#", "/*", "`", "\n", "\r", "\r\n", "\t",
     "\f", "\x00", "\x0b", "\x1b", "\x85", "\xa0", "\xad", "\u200b", "\u2028", "\u202e", "\ufeff", "\ud800",
     "\uff1c", "é", "µ", "ﬁ", "not", "and", "or", "in", "is", "rule", "input", "let", "when", "unknown",
     "otherwise", "ask", "give", "none", "test", "given", "expect", "missing", "version", "1.0.0",
     "2026-01-01", "1.1.2027", "77", "77kg", "77,5", "150 000", "1e400", "10*9/L", "[kg]",
     "mL/min/{1.73_m2}", 'mL/{"}', "loinc#1-2", "pmid:1//x", "once daily", "poor"]
)  # fmt: skip
TEXT = st.text(st.characters(), max_size=200) | st.lists(WORDS, max_size=40).map(" ".join)
PIECES = re.compile(r'"[^"\n]*"|\w+|\s+|.', re.DOTALL)


@st.composite
def damaged(draw: st.DrawFn, sources: list[str]) -> str:
    """A rule file in which up to three words or characters are missing, doubled, swapped or replaced."""
    source = draw(st.sampled_from(sources))
    pieces = PIECES.findall(source) if draw(st.booleans()) else list(source)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(pieces) - 1))
        other = draw(st.integers(0, len(pieces) - 1))
        match draw(st.integers(0, 4)):
            case 0:
                del pieces[at : at + 1 + other % 4]
            case 1:
                pieces.insert(at, pieces[at])
            case 2:
                pieces[at], pieces[other] = pieces[other], pieces[at]
            case 3:
                pieces[at] = draw(WORDS)
            case _:
                pieces.insert(at, draw(WORDS))
        pieces = pieces or [""]
    return "".join(pieces)


def check_text(text: str) -> None:
    """It is read, or there is a diagnostic that can be shown, whose place lies in the text."""
    found = parse_text(text, "a.rule")
    if isinstance(found, RuleFile):
        return
    lines = text.split("\n")
    for span in (found.span, *(other.span for other in found.others)):
        check_span(span, lines)
    shown = as_text([found], {"a.rule": text})
    assert all(line.isprintable() for line in shown.split("\n"))
    assert as_json([found]) and as_sarif([found])
    assert 0 < len(found.message) < 200 and not found.message.endswith(".")
    assert found.label.count(",") <= 6
    if found.fix is not None:
        check_span(found.fix.span, lines)
        again = parse_text(fixed(text, found.fix), "a.rule")
        same = isinstance(again, Diagnostic) and (again.message, again.span) == (found.message, found.span)
        assert not same or fixed(text, found.fix) != text


def check_span(span: Span, lines: list[str]) -> None:
    assert 1 <= span.line <= span.end_line <= len(lines)
    assert 1 <= span.column <= len(lines[span.line - 1]) + 1
    assert span.end_column <= len(lines[span.end_line - 1]) + 2
    assert (span.end_line, span.end_column) > (span.line, span.column)


def check_bytes(data: bytes) -> None:
    found = parse_bytes(data, "a.rule")
    assert isinstance(found, RuleFile | Diagnostic)
    if isinstance(found, Diagnostic):
        as_text([found], {"a.rule": data.decode("utf-8", "replace")})


@settings(PROPERTY, max_examples=rounds(500, 30_000))
@given(TEXT)
def test_any_text(text: str) -> None:
    check_text(text)


@settings(PROPERTY, max_examples=rounds(500, 30_000))
@given(damaged(SHORT))
def test_any_damaged_rule(text: str) -> None:
    check_text(text)


@settings(PROPERTY, max_examples=rounds(150, 20_000))
@given(damaged(REAL))
def test_any_damaged_rule_of_the_knowledge_base(text: str) -> None:
    check_text(text)


@settings(PROPERTY, max_examples=rounds(500, 20_000))
@given(st.binary(max_size=200) | damaged(SHORT).map(lambda text: text.encode("utf-16", "surrogatepass")))
def test_any_bytes(data: bytes) -> None:
    check_bytes(data)


@settings(PROPERTY, max_examples=rounds(150, 5_000))
@given(damaged(SHORT), st.integers(0), st.binary(min_size=1, max_size=3))
def test_any_bytes_within_a_rule(text: str, place: int, between: bytes) -> None:
    data = text.encode("utf-8", "surrogatepass")
    at = place % (len(data) + 1)
    check_bytes(data[:at] + between + data[at:])
