"""`bespoke fmt`: rule files in the standard layout."""

from __future__ import annotations

import errno
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from cds.cli.main import fail
from cds.cli.paths import UnusablePath, rule_files
from dsl import Diagnostic, UnfaithfulLayout, as_text, format_bytes


def run(paths: Sequence[Path], *, check: bool) -> int:
    """Formats files, or lists those that would change; see `bespoke fmt --help`."""
    try:
        files = rule_files(paths)
    except UnusablePath as error:
        return fail(error)
    changed = errors = unusable = 0
    for path in files:
        try:
            before = path.read_bytes()
            after = format_bytes(before, str(path))
            if isinstance(after, Diagnostic):
                errors += 1
                print(as_text([after], {str(path): before.decode("utf-8", "replace")}))
            elif after.encode() != before:
                if not check:
                    _replace(path, after)
                changed += 1
                print(f"{path}: {'would change' if check else 'changed'}")
        except UnfaithfulLayout as error:
            unusable += 1
            _complain(path, f"left as it is, {error}; please report this")
        except OSError as error:
            unusable += 1
            _complain(path, f"cannot be read or written ({error.strerror})")
    print(f"{len(files)} files: {changed} {'would change' if check else 'changed'}, {errors} errors")
    if unusable:
        return 2
    return 1 if errors or (check and changed) else 0


def _complain(path: Path, what: str) -> None:
    print(f"bespoke: {path}: {what}", file=sys.stderr)


def _replace(path: Path, text: str) -> None:
    """The whole new text or the whole old one, whatever happens in between; a link stays a link."""
    target = path.resolve()
    if not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    handle, beside = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        shutil.copymode(target, beside)
        os.replace(beside, target)
    finally:
        Path(beside).unlink(missing_ok=True)
