"""`docs/chart.md` explains every doubt, and no others; each of them can arise."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from fhir_adapters import dosing
from fhir_adapters.dosing import DoubtKind

ROOT = Path(dosing.__file__).parent
DOCUMENT = (ROOT.parent.parent / "docs/chart.md").read_text("utf-8")


def test_every_doubt_is_explained() -> None:
    (section,) = re.findall(r"^The doubts:\n\n(.*?)\n\n", DOCUMENT, re.MULTILINE | re.DOTALL)
    listed = re.findall(r"^- `([a-z-]+)`: \S", section, re.MULTILINE)
    assert listed == [kind.value for kind in DoubtKind] == sorted(listed)


def test_every_doubt_can_arise() -> None:
    modules = [ast.parse(path.read_text("utf-8")) for path in ROOT.glob("*.py")]
    named = {
        each.attr
        for module in modules
        for each in ast.walk(module)
        if isinstance(each, ast.Attribute)
        and isinstance(each.value, ast.Name)
        and each.value.id == "DoubtKind"
    }
    assert named == set(DoubtKind.__members__)
