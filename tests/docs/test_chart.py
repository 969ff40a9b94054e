"""`docs/chart.md` explains every finding that the adapters can make, and none that they cannot."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import fhir_adapters
from fhir_adapters.chart import USED_TYPES
from kb import load, with_site_map

ROOT = Path(fhir_adapters.__file__).parent
DOCUMENT = (ROOT.parent / "docs/chart.md").read_text("utf-8")
_CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def codes_in(module: ast.Module) -> Iterator[str]:
    """The codes given to `ChartFinding`, to functions that hand one on to it, and to bindings for absence."""
    makers = {"ChartFinding"}
    for function in ast.walk(module):
        if isinstance(function, ast.FunctionDef):
            names = {argument.arg for argument in function.args.args}
            for call in ast.walk(function):
                if _called(call) == "ChartFinding" and isinstance(call, ast.Call):
                    code = call.args[0]
                    if isinstance(code, ast.Name) and code.id in names:
                        makers.add(function.name)
    for call in ast.walk(module):
        if isinstance(call, ast.Call) and _called(call) in makers:
            words = (each.value for each in call.args if isinstance(each, ast.Constant))
            yield from (word for word in words if isinstance(word, str) and _CODE.fullmatch(word))
        elif isinstance(call, ast.Call):
            absent = (word.value for word in call.keywords if word.arg == "absent")
            yield from (str(each.value) for each in absent if isinstance(each, ast.Constant))


def _called(call: ast.AST) -> str:
    return call.func.id if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) else ""


def test_every_code_of_a_finding_is_explained() -> None:
    modules = (ast.parse(path.read_text("utf-8")) for path in ROOT.rglob("*.py"))
    made = {code for module in modules for code in codes_in(module)}
    listed = re.findall(r"^\| `([a-z0-9-]+)` \|", DOCUMENT, re.MULTILINE)
    assert listed == sorted(set(listed)) and made == set(listed)


def test_types_that_facts_come_from_are_listed() -> None:
    (table,) = re.findall(r"\| type \| what is read \|\n(.*?)\n\n", DOCUMENT, re.DOTALL)
    assert [kind for kind in USED_TYPES if not re.search(rf"\b{kind}\b", table)] == []


def test_the_example_of_a_site_map_is_accepted(tmp_path: Path) -> None:
    (example,) = re.findall(r"^```toml\n(.*?)^```", DOCUMENT, re.MULTILINE | re.DOTALL)
    path = tmp_path / "codes.toml"
    path.write_text(example, "utf-8")
    assert [each.target for each in with_site_map(load(), path).site_codes] == ["body_weight"]
