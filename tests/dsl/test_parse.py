"""The parser: positions, limits, encodings, and no text that breaks it."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from importlib import resources
from pathlib import Path

import pytest
from lark import Lark

from dsl import Diagnostic, RuleFile, as_text, check, parse_bytes, parse_text, syntax
from dsl.parser.limits import MAX_FILE_BYTES, MAX_NESTING, MAX_TOKENS
from tests.dsl.support import NAMES, WHOLE, parsed, rule_text

RULES = sorted((Path(__file__).resolve().parents[2] / "kb").rglob("*.rule"))


def refusal(text: str) -> Diagnostic:
    found = parse_text(text, "example.rule")
    assert isinstance(found, Diagnostic)
    return found


# ---------------------------------------------------------------- real files and positions
@pytest.mark.parametrize("path", RULES, ids=lambda path: path.name)
def test_real_rule_files_parse_the_same_however_they_are_wrapped(path: Path) -> None:
    """Newlines carry no meaning, so a pasted or re-wrapped rule is the same rule."""
    text = path.read_text("utf-8")
    file = parsed(text)
    assert file.rules or file.vocabulary
    code = "\n".join(line.split("// ")[0] for line in text.splitlines())
    for changed in (code.replace("\n", "\r\n"), "\n\n".join(code.split("\n")), " ".join(code.split("\n"))):
        again = parsed(changed)
        assert shape(again) == shape(file)


def shape(node: object) -> object:
    """A tree without its positions."""
    if isinstance(node, RuleFile):
        return shape((node.vocabulary, node.uses, node.enums, node.rules))
    if isinstance(node, tuple):
        return tuple(shape(part) for part in node)
    if hasattr(node, "__dataclass_fields__") and not isinstance(node, syntax.Span):
        return type(node), *(shape(getattr(node, name)) for name in node.__dataclass_fields__)
    return None if isinstance(node, syntax.Span) else node


def _text_at(source: str, span: syntax.Span) -> str:
    lines = source.split("\n")[span.line - 1 : span.end_line]
    lines[-1] = lines[-1][: span.end_column - 1]
    lines[0] = lines[0][span.column - 1 :]
    return "\n".join(lines)


def test_positions_are_exact() -> None:
    """A caret that stands one column off sends the author to the wrong word."""
    header = parsed(WHOLE).rules[0].header
    assert (header.span.line, header.span.column, header.span.end_column) == (1, 6, 19)
    [decide] = [item for item in parsed(WHOLE).rules[0].items if isinstance(item, syntax.Decide)]
    assert (decide.span.line, decide.span.column) == (18, 3)
    condition = decide.branches[0].condition
    assert isinstance(condition, syntax.Comparison)
    assert condition.right.span == syntax.Span("example.rule", 19, 19, 19, 24)
    assert (decide.unknown.span.line, decide.unknown.span.column, decide.unknown.span.end_column) == (
        21,
        28,
        38,
    )
    for source in (
        WHOLE,
        WHOLE.replace("\n", "\r\n"),
        WHOLE.replace("  ", "\t"),
        "\ufeff// é\n" + WHOLE,
    ):
        found = _nodes(parsed(source).rules[0])
        assert _text_at(source, found[syntax.Title].span).startswith("title")
        assert _text_at(source, found[syntax.Interval].span if syntax.Interval in found else
                        found[syntax.Given].span) in ("age = 63 years", "weight = 60 kg",
                                                      "weight = 77 kg")  # fmt: skip
        assert _text_at(source, found[syntax.Evidence].span).endswith("}")


def _nodes(rule: syntax.RuleSyntax) -> dict[type, syntax.Item]:
    found: dict[type, syntax.Item] = {type(item): item for item in rule.items}
    test = found[syntax.TestSyntax]
    assert isinstance(test, syntax.TestSyntax)
    return {**found, syntax.Given: test.given[-1]}  # type: ignore[dict-item]  # a Given is no Item


def test_what_a_rule_says() -> None:
    items = {type(item): item for item in parsed(WHOLE).rules[0].items}
    effective, review = items[syntax.Effective], items[syntax.ReviewBy]
    assert isinstance(effective, syntax.Effective) and isinstance(review, syntax.ReviewBy)
    assert (effective.start, effective.end) == (date(2026, 1, 1), date(2028, 12, 31))
    assert review.day == date(2027, 1, 1)


def test_numbers_strings_and_durations() -> None:
    text = rule_text(
        r"""input w: Quantity[kg] from observation weight within 2 weeks required
        decide d first {
          when w in 1_000.5 <..< 2_000 kg => none because "a \"quoted\" \\ word"
          when w in -5 .. 5kg             => give 0.5 mg/m2 every 36 h
          unknown => none }"""
    )
    [decide] = [item for item in parsed(text).rules[0].items if isinstance(item, syntax.Decide)]
    first, second = decide.branches
    assert isinstance(first.condition, syntax.InInterval) and isinstance(second.condition, syntax.InInterval)
    wide, narrow = first.condition.interval, second.condition.interval
    assert (wide.low.quantity.value, wide.low.quantity.unit) == (Fraction("1000.5"), "kg")
    assert (wide.low_included, wide.high_included, narrow.low_included, narrow.high_included) == (
        False, False, True, True,
    )  # fmt: skip
    assert narrow.low.quantity.value == -5
    assert isinstance(first.result, syntax.NoneSyntax) and first.result.because == 'a "quoted" \\ word'
    assert isinstance(second.result, syntax.GiveSyntax)
    assert str(second.result.dose) == "0.5 mg/m2 every 36 h"


@pytest.mark.parametrize(
    ("written", "low_in", "high_in"),
    [("..", True, True), ("..<", True, False), ("<..", False, True), ("<..<", False, False)],
)
def test_ends_of_ranges(written: str, low_in: bool, high_in: bool) -> None:
    text = rule_text(f"decide d first {{ when w in 30 {written} 60 kg => none unknown => none }}")
    [decide] = [item for item in parsed(text).rules[0].items if isinstance(item, syntax.Decide)]
    condition = decide.branches[0].condition
    assert isinstance(condition, syntax.InInterval)
    assert (condition.interval.low_included, condition.interval.high_included) == (low_in, high_in)


def test_the_grammar_has_no_collision() -> None:
    """Two terminals for one text would make the meaning depend on their order."""
    text = resources.files("dsl.parser").joinpath("grammar.lark").read_text("utf-8")
    Lark(text, parser="lalr", lexer="contextual", strict=True)


# ---------------------------------------------------------------- limits (H-115)
def test_file_size() -> None:
    comment = b"// " + b"x" * (MAX_FILE_BYTES - 3)
    assert isinstance(parse_bytes(comment, "a.rule"), RuleFile)
    found = parse_bytes(comment + b"x", "a.rule")
    assert isinstance(found, Diagnostic) and found.code == "BR001" and "1 MiB" in found.message


def _nested(opening: str, closing: str, times: int) -> str:
    return WHOLE.replace("weight < 77 kg", opening * times + "weight" + closing * times + " < 77 kg")


NESTS = [("(", ")", 1), ("f(", ")", 1), ("f(x: ", ")", 1), ("- ", "", 1), ("-(\n", ")", 2)]
CHAINS = [(f"weight {sign} ", "", 1) for sign in "+-*/"]


@pytest.mark.parametrize(("opening", "closing", "levels"), NESTS + CHAINS)
def test_nesting(opening: str, closing: str, levels: int) -> None:
    """H-115: the limit holds before anything recursive sees the text."""
    times = MAX_NESTING // levels
    assert isinstance(parse_text(_nested(opening, closing, times), "a.rule"), RuleFile)
    assert refusal(_nested(opening, closing, times + 1)).code == "BR017"


@pytest.mark.parametrize("negation", ["not ", "not\n// and\n", "not("])
def test_nesting_of_not(negation: str) -> None:
    """H-115."""
    levels = 2 if "(" in negation else 1
    for times, refused in ((MAX_NESTING // levels, False), (MAX_NESTING // levels + 1, True)):
        condition = negation * times + "weight < 77 kg" + ")" * (negation.count("(") * times)
        found = parse_text(WHOLE.replace("weight < 77 kg", condition), "a.rule")
        assert isinstance(found, Diagnostic) is refused


@pytest.mark.parametrize(
    "deep",
    [
        "(" * 100_000,
        "not " * 100_000,
        "- " * 100_000,
        "f(" * 100_000,
        "weight + " * 50_000,
        ("not " * 60 + "weight = (") * 60,
        ("weight + " * 60 + "(") * 60,
        ("a or b and not weight = weight + (") * 30,
    ],
)
def test_deep_nesting_is_refused(deep: str) -> None:
    """H-115: whatever is deep in a tree counts, also where levels of several kinds are mixed."""
    assert refusal(WHOLE.replace("weight < 77 kg", deep)).code == "BR017"


@pytest.mark.parametrize(
    ("old", "new"),
    [("within 90 days", 'within 90 mL/{"}'), ("pmid:1", "pmid:1//x")],
    ids=["quotation mark in a unit", "slashes in a citation"],
)
def test_no_text_hides_what_is_deep(old: str, new: str) -> None:
    """H-115: what looks like text or a comment to a hasty reader, but is none, on the same line."""
    source = WHOLE.replace(old, new).replace("\n", " ")
    assert isinstance(parse_text(source, "a.rule"), RuleFile)
    assert refusal(source.replace("weight < 77 kg", "not " * 5_000 + "weight < 77 kg")).code == "BR017"


def test_the_deepest_condition_goes_through_the_checker() -> None:
    """H-115: the limit leaves room for everything that walks a tree."""
    level = "weight < 77 kg or weight < 78 kg and not ("
    times = MAX_NESTING // 2
    file = parsed(WHOLE.replace("weight < 77 kg", level * times + "weight < 77 kg" + ")" * times))
    assert check([file], NAMES).rules


def test_number_of_words() -> None:
    """H-115."""
    for members, refused in ((MAX_TOKENS // 2, True), (MAX_TOKENS // 2 - 100, False)):
        listed = ", ".join(["weight"] * members)
        found = parse_text(WHOLE.replace("ask weight", f"ask {listed}"), "a.rule")
        assert isinstance(found, Diagnostic) is refused
        if isinstance(found, Diagnostic):
            assert (found.code, found.span.line) == ("BR001", 21) and "100,000 words" in found.message


@pytest.mark.parametrize(
    "hostile",
    [
        'title "' + '\\"' * 400_000,
        'title "' + "\\" * 800_000,
        "1" * 900_000 + ",",
        "rule " + "a." * 450_000,
        "a or " * 200_000,
        "weight 1 " + "mg/" * 300_000,
        "w" * 900_000,
        "&" * 900_000,
        "“" * 300_000,
        "| " * 450_000,
    ],
    ids=lambda text: text[:12],
)
def test_no_text_takes_time_out_of_proportion(hostile: str) -> None:
    """H-115: a megabyte each; what is tried again from every place in it would take hours."""
    for place in ("weight < 77 kg", "title      ", "rule "):
        found = parse_text(WHOLE.replace(place, hostile, 1), "a.rule")
        assert isinstance(found, RuleFile) or len(as_text([found], {})) < 300


def test_words_and_signs_inside_text_do_not_nest() -> None:
    text = WHOLE.replace("Example: starting", "(" * 99 + " not" * 99).replace(
        "  review", f"// {'(' * 99}\n  review"
    )
    assert isinstance(parse_text(text, "a.rule"), RuleFile)
    side_by_side = WHOLE.replace("weight < 77 kg", " or ".join(["(not (weight < - f(-77) kg))"] * 99))
    side_by_side = side_by_side.replace(" kg))", "))")
    assert isinstance(parse_text(side_by_side, "a.rule"), RuleFile)


def test_numbers_have_an_end() -> None:
    """H-062: the digits of a number are bounded before it is computed."""
    assert isinstance(parse_text(WHOLE.replace("77 kg", "7" * 40 + " kg"), "a.rule"), RuleFile)
    for digits in ("7" * 41, "7" * 5000, "0." + "7" * 5000):
        found = refusal(WHOLE.replace("77 kg", digits + " kg"))
        assert (found.code, found.span.line) == ("BR002", 19)
        assert len(as_text([found], {})) < 200
    assert refusal(WHOLE.replace("once daily", "9" * 5000 + " times daily")).code == "BR002"


# ---------------------------------------------------------------- encodings (H-041, H-060)
def test_what_is_not_utf8_is_refused_where_it_stands() -> None:
    found = parse_bytes("// é\n// é".encode() + b" \xb5g", "a.rule")
    assert isinstance(found, Diagnostic)
    assert (found.code, found.span) == ("BR001", syntax.Span("a.rule", 2, 6, 2, 7))
    assert found.label == "the byte B5 is not; in Windows-1252 it is `µ`"
    for encoding in ("utf-16", "utf-16-le", "utf-32", "latin-1", "utf-8-sig"):
        read = parse_bytes(WHOLE.replace("dose", "dosé", 1).encode(encoding), "a.rule")
        assert isinstance(read, RuleFile) is (encoding == "utf-8-sig"), encoding


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (WHOLE.encode("utf-16"), "UTF-16"),
        (WHOLE.encode("utf-16-le"), "UTF-16"),
        (WHOLE.encode("utf-16-be"), "UTF-16"),
        (WHOLE.encode("utf-32"), "UTF-32"),
        (WHOLE.encode("utf-32-be"), "UTF-32"),
        (b"\xff\xfe", "UTF-16"),
        (b"PK\x03\x04\x14\x00", "a Word document or a zip archive"),
        (b"{\\rtf1\\ansi rule", "rich text"),
        (b"%PDF-1.7", "a PDF document"),
    ],
)
def test_other_kinds_of_file_are_named(data: bytes, named: str) -> None:
    """What a text editor or word processor saves when nobody tells it otherwise."""
    found = parse_bytes(data, "a.rule")
    assert isinstance(found, Diagnostic)
    assert (found.code, found.message) == ("BR001", f"the file is {named}, not UTF-8 text")
    assert found.help == "save it as plain text in UTF-8"


@pytest.mark.parametrize(
    "character", ["\x00", "\x0b", "\x1b", "\x85", "\u2028", "\u2029", "\u202e", "\u2066"]
)
@pytest.mark.parametrize("place", ["Example: starting", "// a comment\n", "rule "])
def test_characters_that_may_stand_nowhere(character: str, place: str) -> None:
    """H-063: a reader would see other lines, or another order, than the parser; in a comment or text too."""
    source = "// a comment\n" + WHOLE
    at = source.index(place) + 3
    found = refusal(source[:at] + character + source[at:])
    assert (found.code, f"U+{ord(character):04X}" in found.message) == ("BR001", True)
    assert found.span == syntax.Span(
        "example.rule", source.count("\n", 0, at) + 1, at - source.rfind("\n", 0, at),
        source.count("\n", 0, at) + 1, at - source.rfind("\n", 0, at) + 1,
    )  # fmt: skip


def test_tabs_and_line_ends_of_windows_are_white_space() -> None:
    """Both are legal; a column counts one for a tab and none for what ends the line before."""
    source = WHOLE.replace("  ", "\t").replace("\n", "\r\n")
    assert shape(parsed(source)) == shape(parsed(WHOLE))
    found = refusal(source.replace("otherwise", "otherwize"))
    assert found.span == syntax.Span("example.rule", 20, 3, 20, 12)


def test_digits_of_other_scripts_are_no_digits() -> None:
    """H-041."""
    for old, new in (("77", "\u0667\u0667"), ("2027", "\uff12027"), ("1.0.0", "1.0.\u0660")):
        found = refusal(WHOLE.replace(old, new, 1))
        assert found.code == "BR002" and found.help.startswith("write `")


def test_a_carriage_return_alone_is_refused() -> None:
    """It ends a line for some editors only: what one shows as a rule would be a comment to us."""
    found = refusal("// a comment\r" + WHOLE)
    assert (found.code, found.span.line, found.span.column) == ("BR001", 1, 13)


def test_the_unknown_clause_must_be_written() -> None:
    found = refusal(WHOLE.replace("unknown             => ask weight", ""))
    assert "unknown => ask" in found.help


def test_a_date_must_be_in_the_calendar() -> None:
    for day in ("2026-02-30", "2026-13-01", "0000-01-01"):
        assert refusal(WHOLE.replace("2027-01-01", day)).code == "BR014"


@pytest.mark.parametrize(
    "dose",
    ["0 mg once daily", "-5 mg once daily", "200 once daily", "200 mg 0 times daily", "200 mg every 0 h",
     "200 mg 1.5 times daily", "200 mg every 2 mo", "200 mg every 2", "200 mgs once daily", "5 % once daily",
     "200 d once daily", "200 mg/dL once daily", "200 m2 once daily", "1 mL/min once daily"],
)  # fmt: skip
def test_doses_that_cannot_be_given(dose: str) -> None:
    """H-042."""
    assert refusal(WHOLE.replace("200 mg once daily", dose, 1)).code == "BR016"


@pytest.mark.parametrize(
    "dose",
    ["0.5 g twice daily", "10 mg/m2 3 times a week", "1 g once a week",
     "1 g twice a week", "5 mL every 8 h", "5000 U once daily",
     "2 mg/kg every 3 wk", "100 [IU]/kg every 2 days", "10 mmol 3 times daily", "0.1 mL/kg every 36 hours"],
)  # fmt: skip
def test_doses_that_can_be_given(dose: str) -> None:
    assert isinstance(parse_text(WHOLE.replace("200 mg once daily", dose, 1), "a.rule"), RuleFile)
