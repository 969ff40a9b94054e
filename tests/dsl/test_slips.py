"""Slips of authors: what is said about each; a fix, where there is one, brings back what was meant."""

from __future__ import annotations

import pytest

from dsl import Diagnostic, RuleFile, parse_text, syntax
from dsl.diagnostics import Fix
from tests.dsl.support import WHOLE, parsed, rule_text
from tests.dsl.test_parse import shape

TABLE = rule_text(
    """input g: Phenotype from phenotype X lifetime required
  input w: Quantity[kg] from observation weight within 90 days required
  table dose unique {
    | g | w => dose
    | poor | < 77 kg => give 200 mg once daily
    | poor | >= 77 kg => give 300 mg once daily
    | normal, intermediate | * => give 300 mg once daily
    unknown => none
  }"""
)


def refusal(text: str) -> Diagnostic:
    found = parse_text(text, "a.rule")
    assert isinstance(found, Diagnostic)
    return found


def fixed(text: str, fix: Fix) -> str:
    """The text as a tool leaves it that applies a fix."""
    lines = text.split("\n")
    start = sum(len(line) + 1 for line in lines[: fix.span.line - 1]) + fix.span.column - 1
    end = sum(len(line) + 1 for line in lines[: fix.span.end_line - 1]) + fix.span.end_column - 1
    return text[:start] + fix.replacement + text[end:]


# Right, wrong, what is said, what helps; the fix of each must bring back the right text.
SURE = [
    ("weight < 77", "weight \uff1c 77", "`\uff1c` is no sign of the rule language", "write `<`"),
    ("age >= 18", "age ≥ 18", "`≥` is no sign of the rule language", "write `>=`"),
    ("age >= 18", "age => 18", "`=>` gives a result and compares nothing", "write `>=`"),
    ("age >= 18", "age > = 18", "`> =` is no sign of the rule language", "write `>=`"),
    ("weight < 77", "weight &lt; 77", "`&lt;` is no sign of the rule language", "write `<`"),
    ("age >= 18", "age &ge; 18", "`&ge;` is no sign of the rule language", "write `>=`"),
    ("kg => give", "kg -> give", "`->` is no sign of the rule language", "write `=>`"),
    ("kg => give", "kg –> give", "`–>` is no sign of the rule language", "write `=>`"),
    ("kg => give", "kg → give", "`→` is no sign of the rule language", "write `=>`"),
    ("kg => give", "kg = > give", "`= >` is no sign of the rule language", "write `=>`"),
    ("weight = 60", "weight == 60", "`==` is no sign of the rule language", "write `=`"),
    ("weight = 60", "weight := 60", "`:=` is no sign of the rule language", "write `=`"),
    ("weight < 77 kg", "weight\u00a0< 77 kg", "this is no ordinary space", "type an ordinary space"),
    ("weight < 77 kg", "weight < 77\u202fkg", "this is no ordinary space", "type an ordinary space"),
    ("weight < 77", "wei\u200bght < 77", "an invisible character stands here", "delete it"),
    ("otherwise", "other\u00adwise", "an invisible character stands here", "delete it"),
    ("otherwise", "other\ufeffwise", "an invisible character stands here", "delete it"),
    ("first {", "ﬁrst {", "`ﬁ` is no sign of the rule language", "write `fi`"),
    ('"adults"', "“adults”", "`“` is a typographic quotation mark", 'text stands in straight quotes: `"`'),
    ('"adults"', "„adults“", "`„` is a typographic quotation mark", 'text stands in straight quotes: `"`'),
    ('"adults"', '"adults”', "the text in quotes has no end", 'close it with `"` on the same line'),
    ('"adults"', "'adults'", "`'` starts no text", 'text stands in double quotes: `"`'),
    ("draft", '"draft"', '`"draft"` does not fit here', "write `draft` without quotes"),
    ("77 kg\n", "77,0 kg\n", "a decimal number has a point, not a comma", "write `77.0`"),
    ("2027-01-01", "2027/1/1", "`2027/1/1` is no date here", "write `2027-01-01`"),
    ("2027-01-01", "2027.01.01", "`2027.01.01` is no date here", "write `2027-01-01`"),
    ("otherwise", "Otherwise", "`Otherwise` does not fit here", "did you mean `otherwise`?"),
    ("ask weight", "ask weight,", "`,` stands before `}` and separates nothing", "leave it out"),
    ("60 kg\n", "60 kg,\n", "`,` stands before `expect` and separates nothing", "leave it out"),
    ("when weight", "when when weight", "`when` is written twice", "leave it out"),
    ("status     draft", "status status draft", "`status` is written twice", "leave it out"),
    ("draft\n", "draft;\n", "`;` ends nothing", "leave it out"),
    ("draft\n", "draft # for now\n", "`#` starts no comment", "a comment starts with `//`"),
    ("draft\n", "draft -- for now\n", "`--` starts no comment", "a comment starts with `//`"),
]


@pytest.mark.parametrize(("right", "wrong", "message", "help"), SURE, ids=[slip[1].strip() for slip in SURE])
def test_slips_that_a_tool_can_mend(right: str, wrong: str, message: str, help: str) -> None:
    source = WHOLE.replace(right, wrong, 1)
    found = refusal(source)
    assert (found.code, found.message, found.help) == ("BR002", message, help)
    assert found.fix is not None
    mended = parse_text(fixed(source, found.fix), "a.rule")
    assert isinstance(mended, RuleFile), mended
    assert shape(mended) == shape(parsed(WHOLE))


def test_not_is_mended_with_a_space() -> None:
    found = refusal(WHOLE.replace("weight < 77", "!weight < 77"))
    assert found.fix == Fix(syntax.Span("a.rule", 19, 10, 19, 11), "not ")
    for written, right in (("&&", "and"), ("||", "or")):
        source = WHOLE.replace("weight < 77 kg", f"weight < 77 kg {written} age > 60 years")
        found = refusal(source)
        assert found.fix is not None
        assert parsed(fixed(source, found.fix)).source == source.replace(written, right)


ENDS = "`..` includes both ends, `..<` excludes the upper one"
CLAUSE = "say what to answer when data are missing: `unknown => ask …`"
NAMES = "names have the letters a to z, digits and `_`; other letters stand in text in quotes"

# Right, wrong, what is said, what helps: here a tool would have to guess.
OPEN = [
    ("weight < 77", "weight < 77,500", "a number has no comma",
     "write `77_500`, or `77.500` if it is a decimal number"),
    ("weight < 77", "weight < 77 500", "digits are grouped with `_`", "write `77_500`"),
    ("weight < 77 kg", "weight in 30-60 kg", "`-` makes no range", ENDS),
    ("weight < 77 kg", "weight in 30–60 kg", "`–` makes no range", ENDS),
    ("weight < 77 kg", "weight in 30 to 60 kg", "`to` makes no range", ENDS),
    ("weight < 77 kg", "weight between 30 and 60 kg", "`between` does not fit here",
     "write a range: `in 15 ..< 30 mL/min`"),
    ("weight < 77 kg", "weight is not missing", "`not` does not fit here",
     "write `is known` or `is missing`"),
    ("weight < 77 kg", "weight is null", "`null` does not fit here", "did you mean `missing`?"),
    ("weight < 77 kg", "weight is mising", "`mising` does not fit here", "did you mean `missing`?"),
    ("weight < 77 kg", "weight not in { a }", "`not` does not fit here",
     "`not` stands before the condition: `not a in { b }`"),
    ("weight < 77 kg", "weight in [a, b]", "`[` does not fit here",
     "the members of a set stand in braces: `{ a, b }`"),
    ("weight < 77 kg", "weight 77 kg", "a comparison is missing before `77`",
     "write `<`, `<=`, `=`, `!=`, `>=` or `>` between the two"),
    ("weight < 77 kg", "weight < 77 kg adn age > 60 years", "`adn` does not fit here", "did you mean `and`?"),
    ("77 kg =>", "77 ×10 kg =>", "`×` is no sign of the rule language",
     "write `*`; UCUM writes powers of ten like `10*3/uL`"),
    ("77 kg =>", "77 \u0667 kg =>", "`\u0667` is no sign of the rule language", "write `7`"),
    ("niraparib", "nirapärib", "`ä` cannot stand in a name", NAMES),
    ("input weight", "input w\u0435ight", "`\u0435` cannot stand in a name", NAMES),
    ("77 kg =>", "77 kg³ =>", "`³` is no sign of the rule language", "write `3`"),
    ("draft", "“draft”", "`“` is a typographic quotation mark", 'text stands in straight quotes: `"`'),
    ("2027-01-01", "1.1.2027", "`1.1.2027` is no date here", "write year, month and day: `2027-01-31`"),
    ("2027-01-01", "1 Jan 2027", "`1` does not fit here", "write year, month and day: `2027-01-31`"),
    ("version 1.0.0", "version 1.0", "`1.0` does not fit here", "a version has three numbers: `1.0.0`"),
    ("when weight", "if weight", "`if` does not fit here", "did you mean `when`?"),
    ("kg => give", "kg then give", "`then` does not fit here", "a result follows `=>`"),
    ("kg => give", "kg give", "`=>` is missing before `give`", ""),
    ("otherwise", "otherwize", "`otherwize` does not fit here", "did you mean `otherwise`?"),
    ("otherwise", "else", "`else` does not fit here", "did you mean `otherwise`?"),
    ("required\n", "requird\n", "`requird` does not fit here", "did you mean `required`?"),
    ("first", "frist", "`frist` does not fit here", "did you mean `first`?"),
    ("within 90 days", "within days", "the number before `days` is missing", "write it like `30 days`"),
    ("give 200", "givee 200", "`200` does not fit behind `givee`", "did you mean `give`?"),
    ("once daily", "daily", "`daily` does not fit here",
     "write `once daily`, `twice daily`, `3 times daily` or `every 12 h`"),
    ("once daily", "2x daily", "`x` does not fit here", "write `2 times daily` or `3 times a week`"),
    ('"adults"', "adults", "`adults` does not fit here", 'put the text in quotes: `"…"`'),
    ('by weight"', 'by "weight""', "`weight` follows right behind text in quotes",
     'a `"` inside text is written `\\"`'),
    ('by weight"', "by weight", "the text in quotes has no end", 'close it with `"` on the same line'),
    ("63 years,", "63 years", "`,` is missing before `weight`", ""),
    ("weight = 60", "weight 60", "`=` is missing before `60`", ""),
    ("weight = 60", "weight: 60", "`:` does not fit here", "write `=`"),
    ("age:    Q", "age Q", "`:` is missing before `Quantity`", ""),
    ("[years]", "(years)", "`(` does not fit here", "a unit stands in square brackets: `Quantity[kg]`"),
    ("[years]", "[]", "`]` does not fit here",
     "write the unit, `Quantity[kg]`, or `Quantity[1]` without one"),
    ("1.0.0 {", "1.0.0", "`{` is missing before `title`", ""),
    ("18 years\n", "18 years)\n", "`)` closes nothing", "leave it out"),
    ("rule", "```\nrule", "a backtick is no sign of the rule language",
     "leave out the lines that mark a block of code"),
    ("  status", "  /* to be read */\n  status", "`/*` starts no comment", "a comment starts with `//`"),
    ("unknown             => ask weight", "", "the `unknown` clause is missing before `}`", CLAUSE),
    ("unknown             => ask weight\n  }", "", "the `unknown` clause is missing before `test`", CLAUSE),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wrong", "message", "help"), OPEN, ids=[slip[1].strip() for slip in OPEN])
def test_slips_that_only_the_author_can_mend(right: str, wrong: str, message: str, help: str) -> None:
    found = refusal(WHOLE.replace(right, wrong, 1))
    assert (found.code, found.message, found.help, found.fix) == ("BR002", message, help, None)


IN_TABLES = [
    ("| poor | <", "| poor, <", "`,` stands before `<` instead of `|`", "each cell starts with `|`"),
    ("| poor | <", "| poor <", "`|` is missing before `<`", ""),
    ("| poor | <", "| poor || <", "the cell before this `|` is empty", "`*` takes any value"),
    ("| poor | <", "| poor; <", "`;` does not fit here", "these are separated by `,`"),
    ("| g | w", "| g, w", "`,` does not fit here", "each column starts with `|`"),
    ("| g | w", "g | w", "`|` is missing before `g`", ""),
    ("< 77 kg", "70 - 77 kg", "`-` makes no range", ENDS),
    ("77 kg =>", "77 kg", "`=>` is missing before `give`", ""),
    ("unique", "uniqe", "`uniqe` does not fit here", "did you mean `unique`?"),
    ("phenotype X", "phenotpye X", "`phenotpye` does not fit here", "did you mean `phenotype`?"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("right", "wrong", "message", "help"), IN_TABLES, ids=[slip[1] for slip in IN_TABLES]
)
def test_slips_in_tables(right: str, wrong: str, message: str, help: str) -> None:
    found = refusal(TABLE.replace(right, wrong, 1))
    assert (found.code, found.message, found.help, found.fix) == ("BR002", message, help, None)


# ---------------------------------------------------------------- brackets
BRACKETS = [
    ("strength strong\n  }", "strength strong\n", "`}` is missing before `input`", ["evidence {"]),
    ("ask weight\n  }", "ask weight\n", "`}` is missing before `test`", ["first {"]),
    ("age >= 18 years", "(age >= 18 years", "`)` is missing before `evidence`", ["when ("]),
    ("300 mg once daily\n  }\n}", "300 mg once daily\n  }\n", "`}` is missing before the end of the file",
     ["1.0.0 {"]),
    ("300 mg once daily\n  }\n}", "300 mg once daily", "`}`, `}` are missing before the end of the file",
     ['"heavy" {', "1.0.0 {"]),
    ("when age >= 18 years", "when (not (age >= 18 years", "`)`, `)` are missing before `evidence`",
     ["(not (", "when ("]),
    ("strength strong\n  }", "strength strong\n  } }", "`input` stands outside of what it belongs to",
     ["} }"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("right", "wrong", "message", "places"), BRACKETS, ids=[each[2] for each in BRACKETS]
)
def test_the_bracket_that_is_still_open_is_shown(
    right: str, wrong: str, message: str, places: list[str]
) -> None:
    """Innermost first; the missing brace itself can be pages away from where reading stops."""
    source = WHOLE.replace(right, wrong)
    found = refusal(source)
    assert (found.code, found.message) == ("BR002", message)
    lines = source.split("\n")
    assert len(found.others) == len(places)
    for other, place in zip(found.others, places, strict=True):
        assert lines[other.span.line - 1][: other.span.column].endswith(place)


def test_what_stands_behind_a_missing_sign_must_fit_too() -> None:
    """`=>` before a misspelt word would fit as well, and would be the wrong advice."""
    found = refusal(WHOLE.replace("weight < 77 kg", "weight < 77 kg xyz age > 3 years"))
    assert found.message == "`xyz` does not fit here"


def test_at_most_six_words_are_expected() -> None:
    """And nothing is said of what could stand nearly everywhere."""
    found = refusal(WHOLE.replace("  title ", "  77 "))
    assert found.label.count(",") == 5 and found.label.endswith(" …")
    found = refusal(WHOLE.replace("77 kg =>", "77 kg 77"))
    assert found.label == "expected an operator, `=>`"
