"""What a rule is checked to, field by field: everything that evaluation, cards and records read of it.

After a deliberate change, `BESPOKE_RECORD=1 .venv/bin/pytest tests/dsl/test_checked.py` writes them anew.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

from dsl import Quantity, RuleFile, Span, check, parse_bytes
from dsl.functions import Function
from tests.dsl.support import NAMES, SAID

FOLDER = Path(__file__).parent / "golden" / "checked"
FILES = sorted(FOLDER.glob("*.rule"))


def read(path: Path) -> RuleFile:
    file = parse_bytes(path.read_bytes(), path.name)
    assert isinstance(file, RuleFile), file
    return file


def test_nothing_but_missing_tests_is_said() -> None:
    SAID.extend(check([read(path) for path in FILES], NAMES).diagnostics)
    assert {found.code for found in SAID} == {"BR013"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_was_written_is_what_is_checked(path: Path) -> None:
    others = [read(other) for other in FILES if other != path]
    rules = check([read(path)], NAMES, others).rules
    text = "".join(f"{line}\n" for rule in rules for line in outline(type(rule).__name__, rule))
    recorded = path.with_suffix(".txt")
    if os.environ.get("BESPOKE_RECORD") == "1":
        recorded.write_text(text, "utf-8")
    assert text == recorded.read_text("utf-8")


def outline(name: str, value: object, depth: int = 0) -> Iterator[str]:
    """One line for each plain member of a value, below the ones that hold it."""
    indent = "  " * depth
    if isinstance(value, Span | Quantity | Function):
        yield f"{indent}{name}: {value.name if isinstance(value, Function) else value}"
    elif is_dataclass(value):
        yield f"{indent}{name}: {type(value).__name__}"
        for each in fields(value):
            yield from outline(each.name, getattr(value, each.name), depth + 1)
    elif isinstance(value, tuple):
        yield f"{indent}{name}: {len(value)}"
        for each in value:
            yield from outline("-", each, depth + 1)
    else:
        yield f"{indent}{name}: {sorted(map(str, value)) if isinstance(value, frozenset) else repr(value)}"
