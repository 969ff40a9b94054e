"""Runs the command as its entry point does, with what it printed kept apart."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from typer.testing import CliRunner

from cds.cli.main import app
from kb import BUNDLED
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


BY_HAND = frozenset(
    {
        "azathioprine", "capecitabine", "clopidogrel", "fluorouracil", "mercaptopurine", "niraparib",
        "prasugrel", "thioguanine", "ticagrelor",
    }
)  # fmt: skip
"""Drugs of the rules that no import wrote."""


def knowledge_folder(target: Path) -> Path:
    """A copy of the bundled knowledge base."""
    return _copy(target, [path for path in BUNDLED.rglob("*") if path.suffix in SUFFIXES])


def folder_without_imports(target: Path) -> Path:
    """A copy of the bundled knowledge base without what came from tables of facts."""
    paths = [path for path in BUNDLED.rglob("*") if path.suffix in SUFFIXES]
    imported = (BUNDLED / "pgx", BUNDLED / "phenoconversion")
    own = [path for path in paths if not set(imported) & set(path.parents)]
    return _copy(target, [path for path in own if path.parent.name != "drugs" or path.stem in BY_HAND])


def _copy(target: Path, paths: list[Path]) -> Path:
    for path in paths:
        copy = target / path.relative_to(BUNDLED)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    return target
