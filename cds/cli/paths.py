"""The rule files that a command is called with."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path


class UnusablePath(Exception):
    """A path that is not there or holds no rule file."""


def rule_files(paths: Sequence[Path]) -> list[Path]:
    """Files as they are named, and all rule files below folders, each once; raises `UnusablePath`."""
    files: dict[Path, None] = {}
    for path in paths:
        # Unlike those of `Path`, these tests answer no where a name is longer than the file system allows.
        if os.path.isfile(path):
            found = [path]
        elif os.path.isdir(path):
            found = sorted(path.rglob("*.rule"))
        else:
            raise UnusablePath(f"{path}: no such file or folder")
        if not found:
            raise UnusablePath(f"{path}: no rule file (*.rule) in it")
        files |= dict.fromkeys(found)
    return list(files)
