"""The documents say what is there: links lead somewhere, named files and make targets exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
TOP_LEVEL = ("bench", "calc", "cds", "docs", "dsl", "fhir_adapters", "kb", "locks", "tests")

_LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")
_TARGET = re.compile(r"(?:^|`)make ([a-z][a-z0-9]*)\b", flags=re.MULTILINE)
_PATH = re.compile(rf"`((?:{'|'.join(TOP_LEVEL)})/[^`\s]*)`")
# NAME and SYMBOL in a recipe stand for the reader's own.
_PLACEHOLDER = re.compile(r"NAME|SYMBOL")


@pytest.fixture(params=DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def document(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def test_links_lead_somewhere(document: Path) -> None:
    links = _LINK.findall(document.read_text(encoding="utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_named_files_exist(document: Path) -> None:
    """A recipe that names a file which was moved sends its reader astray."""
    named = (name.partition("::")[0] for name in _PATH.findall(document.read_text(encoding="utf-8")))
    patterns = [_PLACEHOLDER.sub("*", name).rstrip("/") for name in named]
    assert [pattern for pattern in patterns if not any(ROOT.glob(pattern))] == []


def test_named_make_targets_exist(document: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z0-9]+):", makefile, flags=re.MULTILINE))
    assert set(_TARGET.findall(document.read_text(encoding="utf-8"))) - targets == set()
