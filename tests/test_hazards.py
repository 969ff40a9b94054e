"""Every hazard in scope names the tests that show what is done about it, or is listed as not handled."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
_DOCUMENT = (ROOT / "docs" / "hazards.md").read_text("utf-8")
_HANDLED, _, _LACKING = _DOCUMENT.partition("## Not handled")
SCOPE = [f"H-{number:03d}" for number in (*range(1, 47), *range(60, 74), *range(95, 98))]

_ROW = re.compile(r"^\| (H-[0-9]{3}) \|(.*)\|$", re.MULTILINE)
_TEST = re.compile(r"`(tests/[^`:]+)::(test_[^`]+)`")


def _rows(part: str) -> dict[str, str]:
    found = _ROW.findall(part)
    assert len(dict(found)) == len(found), "a hazard has two rows"
    return dict(found)


@cache
def _tests(path: Path) -> dict[str, str]:
    """The source of each test of a module, its decorators included."""
    text = path.read_text("utf-8")
    lines = text.splitlines()
    found = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef):
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            found[node.name] = "\n".join(lines[first - 1 : node.end_lineno])
    return found


def _cited(source: str) -> set[str]:
    numbers = re.findall(r"\bH-([0-9]{3})\b|_h([0-9]{3})_", source)
    return {f"H-{one or other}" for one, other in numbers}


def test_every_hazard_in_scope_has_one_row() -> None:
    handled, lacking = _rows(_HANDLED), _rows(_LACKING)
    assert sorted([*handled, *lacking]) == SCOPE


@pytest.mark.parametrize("hazard", _rows(_HANDLED))
def test_the_named_tests_exist_and_cite_the_hazard(hazard: str) -> None:
    named = _TEST.findall(_rows(_HANDLED)[hazard])
    assert named
    for file, name in named:
        source = _tests(ROOT / file).get(name)
        assert source is not None, f"{file} has no {name}"
        assert hazard in _cited(source), f"{name} in {file} does not cite {hazard}"


def test_what_is_not_handled_names_no_test() -> None:
    assert [hazard for hazard, row in _rows(_LACKING).items() if _TEST.search(row)] == []
