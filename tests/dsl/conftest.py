"""What the checker said in each test, to the letter.

The tests of the language state codes; the folder `golden/said` holds all that was said with them, one section
for each test. After a deliberate change of a message,

    BESPOKE_RECORD=1 .venv/bin/pytest tests/dsl

writes them anew; read the difference as the author of a rule would before keeping it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from dsl import Diagnostic, Span
from tests.dsl.support import SAID

GOLDEN = Path(__file__).parent / "golden" / "said"
HEADING = "\n## "
RECORDED: dict[str, dict[str, str]] = {}
"""Module to test to what was said, while recording."""


@pytest.fixture(autouse=True)
def what_is_said_is_as_recorded(request: pytest.FixtureRequest) -> Iterator[None]:
    SAID.clear()
    yield
    module, test = request.node.path.stem, request.node.name
    if hasattr(request.function, "hypothesis"):
        return
    said = "\n".join(map(in_full, SAID))
    if os.environ.get("BESPOKE_RECORD") != "1":
        # A test in which nothing is said any more is compared too.
        assert said == sections(module).get(test, "")
    elif said:
        RECORDED.setdefault(module, {})[test] = said


@pytest.hookimpl
def pytest_sessionfinish() -> None:
    for module, tests in RECORDED.items():
        text = "".join(f"{HEADING}{test}\n{said}\n" for test, said in tests.items())
        (GOLDEN / module).with_suffix(".txt").write_text(text.lstrip("\n"), "utf-8")


@cache
def sections(module: str) -> dict[str, str]:
    """Test to what was said in it; nothing for a module that records nothing."""
    path = (GOLDEN / module).with_suffix(".txt")
    text = "\n" + (path.read_text("utf-8") if path.is_file() else "")
    parts = (part.partition("\n") for part in text.split(HEADING)[1:])
    return {test: said.removesuffix("\n") for test, _, said in parts}


def in_full(said: Diagnostic) -> str:
    """Every field of a diagnostic."""
    lines = [f"{said.code} {said.severity} {place(said.span)} {said.message}"]
    lines += [f"  {place(other.span)} {other.text}" for other in said.others]
    lines += [
        f"  {name}: {text}"
        for name, text in (("here", said.label), ("case", said.case), ("help", said.help))
        if text
    ]
    if said.fix is not None:
        lines.append(f"  fix: {said.fix}")
    return "\n".join(lines)


def place(span: Span) -> str:
    return f"{span.path} {span.line}:{span.column}-{span.end_line}:{span.end_column}"
