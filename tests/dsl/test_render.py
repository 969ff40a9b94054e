"""Diagnostics as people and tools get them.

The folder `golden` holds faulty rule files, named by code and mistake, each with the complete message as
it is printed. After a deliberate change of a message,

    BESPOKE_RECORD=1 .venv/bin/pytest tests/dsl/test_render.py

writes them anew; read the difference as the author of a rule would before keeping it.
"""

from __future__ import annotations

import json
import os
import re
from datetime import date
from pathlib import Path

import jsonschema
import pytest

from dsl import CATALOGUE, Diagnostic, as_json, as_sarif, as_text, check, explanation, parse_bytes
from dsl.diagnostics import Fix, Label, Severity
from dsl.syntax import Span
from tests.dsl.support import NAMES

GOLDEN = Path(__file__).parent / "golden"
ON = date(2026, 11, 20)
FILES = sorted(GOLDEN.glob("*.rule"))


def found_in(path: Path) -> tuple[Diagnostic, ...]:
    file = parse_bytes(path.read_bytes(), path.name)
    return (file,) if isinstance(file, Diagnostic) else check([file], NAMES, on=ON).diagnostics


def source_of(path: Path) -> dict[str, str]:
    return {path.name: path.read_bytes().decode("utf-8", "replace")}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_messages_are_as_recorded(path: Path) -> None:
    """A message that changed by accident sends authors astray; see the top of this file to record one."""
    text = as_text(found_in(path), source_of(path))
    recorded = path.with_suffix(".txt")
    if os.environ.get("BESPOKE_RECORD") == "1":
        recorded.write_text(text, encoding="utf-8")
    assert text == recorded.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_one_mistake_has_one_message(path: Path) -> None:
    """The code of the file's name, once; nobody should have to find the cause among its consequences."""
    assert [one.code for one in found_in(path)] == [path.name.split("_")[0]]


def test_every_code_has_a_golden_message() -> None:
    assert {path.name.split("_")[0] for path in FILES} == set(CATALOGUE)
    assert {path.stem for path in FILES} == {path.stem for path in GOLDEN.glob("*.txt")}


def test_messages_speak_to_the_author_and_not_of_the_parser() -> None:
    """No terminal names, no jargon, a sentence without capital and full stop."""
    jargon = re.compile(
        r"\b(token|lexer|parser|syntax|lark|LBRACE|RBRACE|VBAR|ANON|None|nonterminal)\b|\b[A-Z]{5,}\b"
    )
    for path in FILES:
        for one in found_in(path):
            said = f"{one.message} {one.label} {one.help}"
            spoken = re.sub(r"`[^`]*`", "", said).replace("YYYY", "")
            assert jargon.search(spoken) is None, said
            assert not one.message.endswith(".")
            assert one.message[0].islower() or one.message[0] == "`" or one.message.startswith("U+")
            assert all(line.isprintable() for line in as_text([one], source_of(path)).split("\n"))


def test_several_files_are_shown_one_after_the_other() -> None:
    paths = [path for path in FILES if path.name.startswith(("BR004", "BR007"))]
    found = [one for path in paths for one in found_in(path)]
    text = as_text(found, {name: text for path in paths for name, text in source_of(path).items()})
    assert text == "\n".join(path.with_suffix(".txt").read_text("utf-8") for path in paths)
    assert as_text([], {}) == ""


# ---------------------------------------------------------------- carets
def one(line: int, column: int, end_line: int, end_column: int, **more: object) -> Diagnostic:
    span = Span("a.rule", line, column, end_line, end_column)
    return Diagnostic("BR004", "it is wrong", span, **more)  # type: ignore[arg-type]  # fields by name


def lines_of(found: Diagnostic, source: str) -> list[str]:
    return as_text([found], {"a.rule": source}).split("\n")


def test_carets() -> None:
    assert lines_of(one(2, 5, 2, 8, label="here"), "x\nabcdefghi\n")[1:5] == [
        " --> a.rule:2:5", "  |", "2 | abcdefghi", "  |     ^^^ here",
    ]  # fmt: skip
    assert lines_of(one(1, 3, 4, 2), "abcdef\n\n\n}")[3:5] == ["1 | abcdef", "  |   ^^^^"]
    assert lines_of(one(1, 7, 1, 8), "abcdef\n")[3:5] == ["1 | abcdef", "  |       ^"]
    assert lines_of(one(1, 2, 1, 3), "\ta\x1bb\r\n")[3:5] == ["1 |  a b", "  |  ^"]
    assert lines_of(one(1, 2, 1, 3), "\ufeffrule")[3:5] == ["1 |  rule", "  |  ^"]
    assert lines_of(one(2, 1, 2, 2), "a\u2028b\nc")[3:5] == ["2 | c", "  | ^"]


def test_a_file_that_is_not_at_hand_is_named_at_least() -> None:
    assert as_text([one(3, 1, 3, 2)], {}) == (
        "error[BR004]: it is wrong\n --> a.rule:3:1\n  = explain: bespoke explain BR004\n"
    )


def test_a_first_line_that_is_not_at_hand_is_not_shown_empty() -> None:
    assert lines_of(one(1, 900, 1, 901), "x\n")[1] == " --> a.rule:1:900"
    assert as_text([one(1, 900, 1, 901)], {}).count("\n") == 3


def test_a_very_long_line_is_cut_around_the_caret() -> None:
    source = "x" * 100_000 + "WRONG" + "y" * 100_000
    shown = lines_of(one(1, 100_001, 1, 100_006), source)
    assert all(len(line) < 500 for line in shown)
    at = shown[4].index("^")
    assert shown[3][at : at + 5] == "WRONG"
    assert shown[4].count("^") == 5
    assert lines_of(one(1, 1, 1, 150_000), source)[4].count("^") == 400


def test_gutters_are_as_wide_as_the_largest_line_number() -> None:
    other = Label(Span("a.rule", 120, 1, 120, 2), "the first")
    shown = lines_of(one(2, 1, 2, 2, others=(other,), case="a = 1", help="do it"), "x\n" * 120)
    assert shown[1:] == [
        "   --> a.rule:2:1", "    |", "  2 | x", "    | ^",
        "   also a.rule:120:1", "    |", "120 | x", "    | ^ the first",
        "    = case: a = 1", "    = help: do it", "    = explain: bespoke explain BR004", "",
    ]  # fmt: skip


# ---------------------------------------------------------------- tools
def test_json_holds_everything() -> None:
    label = Label(Span("b.rule", 5, 6, 7, 8), "the first")
    fix = Fix(Span("a.rule", 1, 2, 1, 4), ">=")
    whole = one(1, 2, 3, 4, label="here", others=(label,), case="a = 1", help="do it", fix=fix)
    bare = Diagnostic("BR013", "not tested é", Span("a.rule", 1, 1, 1, 2), severity=Severity.WARNING)
    assert json.loads(as_json([whole, bare])) == [
        {
            "code": "BR004", "severity": "error", "message": "it is wrong", "path": "a.rule",
            "line": 1, "column": 2, "endLine": 3, "endColumn": 4,
            "label": "here", "case": "a = 1", "help": "do it",
            "related": [{"path": "b.rule", "line": 5, "column": 6, "text": "the first"}],
            "fix": {
                "path": "a.rule", "line": 1, "column": 2, "endLine": 1, "endColumn": 4, "replacement": ">=",
            },
        },
        {
            "code": "BR013", "severity": "warning", "message": "not tested é", "path": "a.rule",
            "line": 1, "column": 1, "endLine": 1, "endColumn": 2,
        },
    ]  # fmt: skip
    assert json.loads(as_json([])) == []


_TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}
_POSITIVE = {"type": "integer", "minimum": 1}
_REGION = {
    "type": "object",
    "required": ["startLine", "startColumn", "endLine", "endColumn"],
    "additionalProperties": _POSITIVE,
}
_ARTIFACT = {
    "type": "object", "required": ["uri"],
    "properties": {"uri": {"type": "string", "pattern": "^[A-Za-z0-9._~/%-]+$"}},
}  # fmt: skip
_LOCATION = {
    "type": "object",
    "required": ["physicalLocation"],
    "properties": {
        "message": _TEXT,
        "physicalLocation": {
            "type": "object",
            "required": ["artifactLocation", "region"],
            "properties": {
                "artifactLocation": _ARTIFACT,
                "region": _REGION,
            },
        },
    },
}  # fmt: skip
_FIX = {
    "type": "object",
    "required": ["artifactChanges"],
    "additionalProperties": False,
    "properties": {
        "description": _TEXT,
        "artifactChanges": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["artifactLocation", "replacements"],
                "additionalProperties": False,
                "properties": {
                    "artifactLocation": _ARTIFACT,
                    "replacements": {
                        "type": "array",
                        "minItems": 1,
                        "items": {
                            "type": "object",
                            "required": ["deletedRegion"],
                            "additionalProperties": False,
                            "properties": {
                                "deletedRegion": _REGION,
                                "insertedContent": {
                                    "type": "object", "required": ["text"],
                                    "properties": {"text": {"type": "string"}},
                                },
                            },
                        },
                    },
                },
            },
        },
    },
}  # fmt: skip
# What SARIF 2.1.0 requires of the members that we write.
SARIF = {
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["tool", "results", "columnKind"],
                "properties": {
                    "columnKind": {"const": "unicodeCodePoints"},
                    "tool": {
                        "type": "object",
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "type": "object",
                                "required": ["name", "rules"],
                                "properties": {
                                    "rules": {
                                        "type": "array",
                                        "uniqueItems": True,
                                        "items": {
                                            "type": "object",
                                            "required": ["id"],
                                            "properties": {"shortDescription": _TEXT},
                                        },
                                    }
                                },
                            }
                        },
                    },
                    "results": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["ruleId", "level", "message", "locations"],
                            "properties": {
                                "level": {"enum": ["none", "note", "warning", "error"]},
                                "message": _TEXT,
                                "locations": {"type": "array", "minItems": 1, "items": _LOCATION},
                                "fixes": {"type": "array", "minItems": 1, "items": _FIX},
                                "relatedLocations": {
                                    "type": "array",
                                    "uniqueItems": True,
                                    "items": _LOCATION,
                                },
                            },
                        },
                    },
                },
            },
        },
    },
}


def test_sarif_of_everything() -> None:
    found = [each for path in FILES for each in found_in(path)]
    log = json.loads(as_sarif(found))
    jsonschema.validate(log, SARIF)
    [run] = log["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == sorted(CATALOGUE)
    assert [result["ruleId"] for result in run["results"]] == [each.code for each in found]
    for each, result in zip(found, run["results"], strict=True):
        assert each.message in result["message"]["text"]
        assert each.help in result["message"]["text"] and each.case in result["message"]["text"]
        assert result["level"] == each.severity.value
        assert len(result["relatedLocations"]) == len(each.others)
        region = result["locations"][0]["physicalLocation"]["region"]
        assert (region["startLine"], region["startColumn"]) == (each.span.line, each.span.column)
        assert (region["endLine"], region["endColumn"]) == (each.span.end_line, each.span.end_column)
        assert ("fixes" in result) is (each.fix is not None)
        if each.fix is not None:
            [change] = result["fixes"][0]["artifactChanges"]
            [replacement] = change["replacements"]
            assert replacement["insertedContent"]["text"] == each.fix.replacement
            assert replacement["deletedRegion"]["startColumn"] == each.fix.span.column


def test_paths_become_uri_references() -> None:
    strange = Diagnostic("BR004", "x", Span("my rules/é:1%.rule", 1, 1, 1, 2))
    log = json.loads(as_sarif([strange]))
    location = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert location["artifactLocation"]["uri"] == "my%20rules/%C3%A9%3A1%25.rule"
    jsonschema.validate(json.loads(as_sarif([])), SARIF)


def test_the_page_of_a_code() -> None:
    page = explanation("BR009")
    assert page is not None
    assert page.startswith("BR009: the table leaves a case without an answer\n\n  Avoid\n    | < 30 mL/min")
    assert "\n  Prefer\n    | < 30 mL/min => low\n    | >= 30" in page and "\n  Why\n    " in page
    assert explanation("BR999") is None
