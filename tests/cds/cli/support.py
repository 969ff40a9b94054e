"""Runs the command as its entry point does, with what it printed kept apart."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from typer.testing import CliRunner

from cds.cli.main import app
from cds.guard import reasons_to_withhold
from kb import BUNDLED, KnowledgeBase, load
from kb.coverage import LEVEL_A
from kb.files import SUFFIXES


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    def refused(self, *parts: str, code: int = 2) -> None:
        """It ended with one sentence on standard error and nothing else."""
        assert self.code == code, (self.out, self.err)
        (sentence,) = [line for line in self.err.splitlines() if not line.startswith("WARNING")]
        assert sentence.startswith("bespoke: ")
        assert all(part in sentence for part in parts), sentence
        assert self.out == ""


def bespoke(*arguments: object) -> Ran:
    """The command in this process; an exception that would be a traceback fails the test."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ran(result.exit_code, result.stdout, result.stderr)


BY_HAND = frozenset({"clopidogrel", "mercaptopurine", "niraparib", "prasugrel", "ticagrelor"})
"""Drugs of the active rules, which no import wrote."""


def knowledge_folder(target: Path) -> Path:
    """A copy of the bundled knowledge base."""
    return _copy(target, [path for path in BUNDLED.rglob("*") if path.suffix in SUFFIXES])


def folder_without_imports(target: Path) -> Path:
    """A copy of the bundled knowledge base with its active rules, and nothing from tables of facts."""
    paths = [path for path in BUNDLED.rglob("*") if path.suffix in SUFFIXES]
    return _copy(target, [path for path in paths if _is_own(path.relative_to(BUNDLED))])


def _is_own(path: Path) -> bool:
    match path.parts[0]:
        case "pgx" | "phenoconversion":
            return path.as_posix() == LEVEL_A
        case "drugs":
            return path.stem in BY_HAND
        case "rules":
            return path.parts[1] in BY_HAND
        case "pictures" | "models" | "dosing":
            return False
    return True


@cache
def _held() -> TemporaryDirectory[str]:
    return TemporaryDirectory()


@cache
def own_folder() -> Path:
    """Such a copy that all tests share and nobody changes."""
    return folder_without_imports(Path(_held().name) / "kb")


@cache
def own_knowledge() -> KnowledgeBase:
    """What is loaded from it."""
    return load(own_folder(), reasons_to_withhold)


def _copy(target: Path, paths: list[Path]) -> Path:
    for path in paths:
        copy = target / path.relative_to(BUNDLED)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    return target
