"""What word processors, other languages and other countries write otherwise than the rule language."""

from __future__ import annotations

import html
import re
from dataclasses import replace

from dsl.diagnostics import Diagnostic, Fix, Label
from dsl.parser import characters
from dsl.parser.fault import LONGEST_QUOTE, Fault, place_of, quoted
from dsl.parser.repairs import after, fits

_SPELLINGS = {
    "==": "=", "===": "=", "&&": "and", "&": "and", "||": "or", "=<": "<=", "<>": "!=", "!==": "!=",
    ":=": "=", "> =": ">=", "< =": "<=", "! =": "!=", "= >": "=>", "!": "not",
}  # fmt: skip

_SPELLING = re.compile(r"&#?\w+;|&&?|\|\||[-–—]{1,2}>|={2,3}|!==|:=|=<|<>|[<>!] =|= >|!(?!=)")
_COMMENT = re.compile(r"#+|/\*|<!--|--(?=\s)")
_NUMBER = re.compile(r"(?<![\d.])\d+(?:,\d+|(?:[ '’]\d{3})+(?![\d.]))")
_RANGE = re.compile(r"(?<![\d.])\d[\d_.]*\s*(-|–|—|…|\.{3,}|to\b)\s*(\d[\d_.]*)")
_DATE = re.compile(r"(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})")
_DOUBLE = re.compile(rf'.([^"\n{characters.DOUBLE_QUOTES}]*)[{characters.DOUBLE_QUOTES}]')
_SINGLE = re.compile(rf'.([^"\n{characters.SINGLE_QUOTES}]*)[{characters.SINGLE_QUOTES}](?!\w)')


# ---------------------------------------------------------------- characters and quotation marks
def strange_character(fault: Fault) -> Diagnostic | None:
    """A character that the language does not have, in the word's place or glued to it."""
    # What cuts a word in two stands at the end of its first half, or in front of its second.
    places = (fault.start, fault.end, fault.start - 1) if fault.found[:1].isalnum() else (fault.start,)
    for at in places:
        character = fault.source[at : at + 1] if at >= 0 else ""
        if not character.isascii() and (at, character) != (0, "\ufeff"):
            return _strange(fault, at, character)
    return None


def _strange(fault: Fault, start: int, character: str) -> Diagnostic:
    put = characters.meant(character)
    if characters.is_invisible(character):
        message = "an invisible character stands here"
    elif characters.is_space(character):
        message = "this is no ordinary space"
    elif character in characters.DOUBLE_QUOTES:
        return _typographic(fault, start)
    elif not character.isprintable():
        message = "this character is no sign of the rule language"
    elif character.isalpha() and not put:
        message = f"`{character}` cannot stand in a name"
    else:
        message = f"`{character}` is no sign of the rule language"
    label, advice = characters.described(character), characters.advice(character)
    return fault.said(message, at=(start, start + 1), label=label, help=advice, put=put)


def _typographic(fault: Fault, start: int) -> Diagnostic:
    said = fault.said(
        f"`{fault.source[start]}` is a typographic quotation mark", at=(start, start + 1),
        help='text stands in straight quotes: `"`',
    )  # fmt: skip
    return _with_pair(fault, said, _DOUBLE.match(fault.source, start))


def _with_pair(fault: Fault, said: Diagnostic, pair: re.Match[str] | None) -> Diagnostic:
    """The same with both marks put right, where text is what belongs here."""
    if pair is None or "STRING" not in fault.expected:
        return said
    return replace(said, fix=Fix(fault.span(*pair.span()), f'"{pair[1]}"'))


def single_quotes(fault: Fault) -> Diagnostic | None:
    """Text between single quotation marks."""
    if not fault.found or fault.found not in characters.SINGLE_QUOTES:
        return None
    said = fault.said(f"{quoted(fault.found)} starts no text", help='text stands in double quotes: `"`')
    return _with_pair(fault, said, _SINGLE.match(fault.source, fault.start))


def open_text(fault: Fault) -> Diagnostic | None:
    """Text whose closing quotation mark is missing, or typographic."""
    if fault.found != '"':
        return None
    end = fault.source.find("\n", fault.start)
    line = range(fault.start + 1, len(fault.source) if end < 0 else end)
    marks = [fault.span(at, at + 1) for at in line if fault.source[at] in characters.DOUBLE_QUOTES]
    return Diagnostic(
        "BR002", "the text in quotes has no end", fault.span(fault.start, fault.end),
        others=tuple(Label(mark, "a typographic mark ends nothing") for mark in marks[-1:]),
        help='close it with `"` on the same line', fix=Fix(marks[0], '"') if len(marks) == 1 else None,
    )  # fmt: skip


def quote_inside_text(fault: Fault) -> Diagnostic | None:
    """A quotation mark that was meant to be part of the text has ended it."""
    last = fault.before[-1:]
    if not last or not fault.found or last[0].type != "STRING" or place_of(last[0])[1] != fault.start:
        return None
    message = f"{quoted(fault.found)} follows right behind text in quotes"
    return fault.said(message, help='a `"` inside text is written `\\"`')


def code_block(fault: Fault) -> Diagnostic | None:
    """The marks around code in a document."""
    if fault.found != "`":
        return None
    return fault.said(
        "a backtick is no sign of the rule language", help="leave out the lines that mark a block of code"
    )


# ---------------------------------------------------------------- signs of other languages
def other_spelling(fault: Fault) -> Diagnostic | None:
    """`==`, `&&`, `->`, `&lt;` and the like, where the right sign would fit."""
    for found in _SPELLING.finditer(fault.source, max(0, fault.start - 2), fault.end + LONGEST_QUOTE):
        written, place = found.group(), found.span()
        if not place[0] <= fault.start < place[1]:
            continue
        right = _SPELLINGS.get(written) or ("=>" if written[-1] == ">" else _unescaped(written))
        if fits(after(fault.read_until(place[0])), right):
            message = f"`{written}` is no sign of the rule language"
            put = f"{right} " if right == "not" else right
            return fault.said(message, at=place, help=f"write `{right}`", put=put)
    return None


def _unescaped(written: str) -> str:
    character = html.unescape(written)
    return characters.meant(character) or character if len(character) == 1 else character


def arrow_for_comparison(fault: Fault) -> Diagnostic | None:
    """`=>` where `>=` was meant: in front of a number, which is no result."""
    last = fault.before[-1:]
    if fault.found == "=>" and fits(fault.state, ">=", fault.following):
        place = (fault.start, fault.end)
    elif last == ("=>",) and fault.found[:1].isdigit() and fits(after(fault.before[:-1]), ">=", fault.found):
        place = place_of(last[0])
    else:
        return None
    return fault.said("`=>` gives a result and compares nothing", at=place, help="write `>=`", put=">=")


def other_comment(fault: Fault) -> Diagnostic | None:
    """Comments of other languages."""
    found = _COMMENT.match(fault.source, fault.start)
    if found is None:
        return None
    written = found.group()
    return fault.said(
        f"`{written}` starts no comment", at=found.span(), help="a comment starts with `//`",
        put="//" if written[0] in "#-" else None,
    )  # fmt: skip


def end_of_line(fault: Fault) -> Diagnostic | None:
    """A semicolon where nothing is separated."""
    if fault.found != ";" or "COMMA" in fault.expected:
        return None
    return fault.said("`;` ends nothing", help="leave it out", put="")


# ---------------------------------------------------------------- habits of other countries
def other_number(fault: Fault) -> Diagnostic | None:
    """A decimal comma, or digits grouped by something else than `_`."""
    found = _around(_NUMBER, fault)
    if found is None:
        return None
    written, place = found.group(), found.span()
    grouped, point = re.sub(r"[ ,'’]", "_", written), written.replace(",", ".")
    if "," not in written:
        put = None if " " in written else grouped
        return fault.said("digits are grouped with `_`", at=place, help=f"write `{grouped}`", put=put)
    if len(written.partition(",")[2]) == 3:
        choice = f"write `{grouped}`, or `{point}` if it is a decimal number"
        return fault.said("a number has no comma", at=place, help=choice)
    return fault.said(
        "a decimal number has a point, not a comma", at=place, help=f"write `{point}`", put=point
    )


def other_range(fault: Fault) -> Diagnostic | None:
    """`15-30`, `15 to 30`: whether the ends are included is not to be seen."""
    found = _around(_RANGE, fault)
    if found is None or not fits(after(fault.read_until(found.start(1))), "..", found[2]):
        return None
    help = "`..` includes both ends, `..<` excludes the upper one"
    return fault.said(f"`{found[1]}` makes no range", at=found.span(1), help=help)


def other_date(fault: Fault) -> Diagnostic | None:
    """A date in another order, or with other signs between its parts."""
    found = _DATE.match(fault.source, fault.start)
    if found is None or "DATE" not in fault.expected:
        return None
    year, _, month, day = found.groups()
    put = f"{year}-{month:0>2}-{day:0>2}" if len(year) == 4 and len(day) < 3 else None
    help = f"write `{put}`" if put else "write year, month and day: `2027-01-31`"
    return fault.said(f"`{found.group()}` is no date here", at=found.span(), help=help, put=put)


def _around(pattern: re.Pattern[str], fault: Fault) -> re.Match[str] | None:
    """The match that the fault cuts in two."""
    begin = max(fault.source.rfind("\n", 0, fault.start) + 1, fault.start - LONGEST_QUOTE)
    for found in pattern.finditer(fault.source, begin, fault.end + LONGEST_QUOTE):
        if found.start() < fault.start < found.end():
            return found
    return None
