"""What a rule is checked to, field by field: everything that evaluation, cards and records read of it.

After a deliberate change, `BESPOKE_RECORD=1 .venv/bin/pytest tests/dsl/test_checked.py` writes them anew.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from pprint import pformat

import pytest

from dsl import RuleFile, check, parse_bytes
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
    shown = pformat(check([read(path)], NAMES, others).rules, indent=1, width=110, sort_dicts=False)
    text = re.sub(r"<function .* at 0x[0-9a-f]+>", "<function>", shown) + "\n"
    recorded = path.with_suffix(".txt")
    if os.environ.get("BESPOKE_RECORD") == "1":
        recorded.write_text(text, "utf-8")
    assert text == recorded.read_text("utf-8")
