"""What is wrong with text that does not fit the grammar, said to its author in plain words."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from lark import Token, UnexpectedInput, UnexpectedToken

from dsl.diagnostics import Diagnostic
from dsl.parser import signs as signs
from dsl.parser import spelling as spelling
from dsl.parser.fault import LONGEST_QUOTE, Fault, next_word, place_of, quoted
from dsl.parser.repairs import END, accepted, after, fits, literals, terminals_of

WORDS = {
    "COMPARE": "a comparison (`<`, `>=` …)", "RANGE": "a range (`..<`)", "NUMBER": "a number",
    "UNIT": "a unit", "STRING": "text in quotes", "NAME": "a name", "DATE": "a date (YYYY-MM-DD)",
    "VERSION": "a version (1.0.0)", "CODE": "a code (loinc#29463-7)",
    "CITATION": "a citation (pmid:…, doi:…, label:…, guideline:…)", "PRESENCE": "`missing` or `known`",
    "LOUDNESS": "`silent`, `info` or `test-first`", "REASON": "a reason (stale, conflict …)",
    END: "the end of the file",
}  # fmt: skip
"""What stands in messages for a terminal that is no fixed word or sign."""

_OPERATORS = frozenset({"=", "in", "is", "and", "or", "+", "-", "*", "/", "^"})

_MOST_EXPECTED = 6

_ADVICE = {
    ("else", "OTHERWISE"): "did you mean `otherwise`?",
    ("default", "OTHERWISE"): "did you mean `otherwise`?",
    ("if", "WHEN"): "did you mean `when`?",
    ("then", "ARROW"): "a result follows `=>`",
    ("|", "OR"): "write `or`",
    ("|", "COMMA"): "these are separated by `,`",
    (";", "COMMA"): "these are separated by `,`",
    (",", "VBAR"): "each column starts with `|`",
    (",", "AND"): "conditions are joined by `and` or `or`",
    (":", "EQUAL"): "write `=`",
    ("=", "COLON"): "write `:`",
    ("(", "LSQB"): "a unit stands in square brackets: `Quantity[kg]`",
    ("]", "UNIT"): "write the unit, `Quantity[kg]`, or `Quantity[1]` without one",
    ("[", "LBRACE"): "the members of a set stand in braces: `{ a, b }`",
    ("(", "LBRACE"): "the members of a set stand in braces: `{ a, b }`",
    ("not", "PRESENCE"): "write `is known` or `is missing`",
    ("null", "PRESENCE"): "did you mean `missing`?",
    ("not", "IN"): "`not` stands before the condition: `not a in { b }`",
    ("between", "IN"): "write a range: `in 15 ..< 30 mL/min`",
}  # fmt: skip
"""What to write instead of a word, where something is expected."""

_EXAMPLES = {
    "TIMES": "write `2 times daily` or `3 times a week`",
    "ONCE": "write `once daily`, `twice daily`, `3 times daily` or `every 12 h`",
    "DATE": "write year, month and day: `2027-01-31`",
    "VERSION": "a version has three numbers: `1.0.0`",
}
"""What is written where one of these is expected."""


def explain(error: UnexpectedInput, before: Iterable[Token], source: str, path: str) -> Diagnostic:
    """What an author should know about text at which reading stopped, after the tokens before it."""
    start = end = len(source.rstrip())
    if not isinstance(error, UnexpectedToken) or error.token.type != END:
        start, end = next_word(source, error.pos_in_stream or 0)
    read = tuple(token for token in before if place_of(token)[1] <= start)
    state = after(read)
    fault = Fault(source, path, start, end, read, state, accepted(state))
    return next((found for slip in _SLIPS if (found := slip(fault)) is not None), _anything(fault))


# ---------------------------------------------------------------- words
def _misspelt(fault: Fault) -> Diagnostic | None:
    if fault.found in literals().values():
        return None
    close = _closest(fault.found, fault.expected)
    if not close:
        return None
    put = close if fault.found.lower() == close else None
    message, advice = f"{quoted(fault.found)} does not fit here", f"did you mean `{close}`?"
    return fault.said(message, label=_expected(fault), help=advice, put=put)


def _misspelt_before(fault: Fault) -> Diagnostic | None:
    """A misspelt keyword may pass as a name, and then the word behind it does not fit."""
    if not fault.before or fault.before[-1].type != "NAME":
        return None
    last, state = fault.before[-1], after(fault.before[:-1])
    close = _closest(str(last), accepted(state))
    if not close or not fits(state, close, fault.found):
        return None
    message = f"{quoted(fault.found)} does not fit behind {quoted(str(last))}"
    return fault.said(message, at=place_of(last), help=f"did you mean `{close}`?")


def _closest(word: str, terminals: Iterable[str]) -> str:
    if len(word) > LONGEST_QUOTE:
        return ""
    keywords = sorted(keyword for name in terminals for keyword in _keywords(name))
    return next(iter(difflib.get_close_matches(word.lower(), keywords, n=1, cutoff=0.66)), "")


def _keywords(terminal: str) -> list[str]:
    text = literals().get(terminal, "")
    return [text] if text.isalpha() else re.findall(r"`([a-z-]+)`", WORDS.get(terminal, ""))


def _name_in_quotes(fault: Fault) -> Diagnostic | None:
    name = fault.found.strip('"')
    if fault.found[:1] != '"' or "NAME" not in fault.expected or "NAME" not in terminals_of(name):
        return None
    message, advice = f"{quoted(fault.found)} does not fit here", f"write `{name}` without quotes"
    return fault.said(message, label=_expected(fault), help=advice, put=name)


def _text_without_quotes(fault: Fault) -> Diagnostic | None:
    expected = fault.expected
    if "STRING" not in expected or "NAME" in expected or len(expected) > 2 or not fault.found[:1].isalpha():
        return None
    message, advice = f"{quoted(fault.found)} does not fit here", 'put the text in quotes: `"…"`'
    return fault.said(message, label=_expected(fault), help=advice)


# ---------------------------------------------------------------- everything else
def _anything(fault: Fault) -> Diagnostic:
    found, expected = fault.found, fault.expected
    fitting = [text for (word, name), text in _ADVICE.items() if word == found and name in expected]
    usual = [text for name, text in _EXAMPLES.items() if name in expected]
    message = f"{quoted(found)} does not fit here" if found else "the file ends too early"
    return fault.said(message, label=_expected(fault), help=next(iter(fitting + usual), ""))


def _expected(fault: Fault) -> str:
    """Some words for what could stand here; operators are named as a group, keywords stand in backticks."""
    names = set(fault.expected)
    if len(names) > 1:
        names.discard("DOT")  # behind every name
    operators = {name for name in names if literals().get(name) in _OPERATORS or name in ("COMPARE", "RANGE")}
    words = []
    if len(operators) > 1:
        words.append("an operator or unit" if "UNIT" in names else "an operator")
        names -= {*operators, "UNIT", "LPAR"}
    words += sorted(WORDS.get(name) or f"`{literals()[name]}`" for name in names)
    more = " …" if len(words) > _MOST_EXPECTED else ""
    return f"expected {', '.join(words[:_MOST_EXPECTED])}{more}" if words else ""


_SLIPS = (
    spelling.other_number, spelling.other_range, spelling.other_spelling, spelling.strange_character,
    spelling.open_text, spelling.quote_inside_text, spelling.single_quotes, spelling.code_block,
    spelling.other_comment, spelling.end_of_line, spelling.arrow_for_comparison, spelling.other_date,
    _misspelt, _misspelt_before, signs.unknown_left_out, signs.number_left_out, signs.comma_for_bar,
    signs.empty_cell, signs.closed_too_early, signs.separates_nothing, signs.filler,
    signs.power_of_ten, _name_in_quotes, _text_without_quotes, signs.sign_left_out,
)  # fmt: skip
"""Each is silent about a fault that is not its own; the first to speak is heard."""
