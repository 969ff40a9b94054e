"""`bespoke fmt` (C6, C8)."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from dsl.formatter.format import UnfaithfulLayout
from tests.cds.cli.support import bespoke, folder_without_imports

UNEVEN = b"\xef\xbb\xbfuse   a.b version 1.0.0 // why\r\n\r\n\r\nuse c.d version 1.0.0"
EVEN = b"use a.b version 1.0.0  // why\n\nuse c.d version 1.0.0\n"
BROKEN = b"use  a.b\n"


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def uneven(tmp_path: Path) -> Path:
    path = tmp_path / "uneven.rule"
    path.write_bytes(UNEVEN)
    return path


def test_a_file(uneven: Path) -> None:
    ran = bespoke("fmt", uneven)
    assert (ran.code, ran.out, ran.err) == (0, f"{uneven}: changed\n1 files: 1 changed, 0 errors\n", "")
    assert contents(uneven.parent) == {"uneven.rule": EVEN}
    ran = bespoke("fmt", uneven)
    assert (ran.code, ran.out, ran.err) == (0, "1 files: 0 changed, 0 errors\n", "")


def test_check_changes_nothing(uneven: Path, tmp_path: Path) -> None:
    (tmp_path / "even.rule").write_bytes(EVEN)
    before = uneven.stat().st_mtime_ns
    ran = bespoke("fmt", "--check", tmp_path)
    assert ran.code == 1
    assert ran.out == f"{uneven}: would change\n2 files: 1 would change, 0 errors\n"
    assert (uneven.read_bytes(), uneven.stat().st_mtime_ns) == (UNEVEN, before)
    assert bespoke("fmt", "--check", tmp_path / "even.rule").code == 0


def test_a_file_in_the_standard_layout_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "even.rule"
    path.write_bytes(EVEN)
    before = path.stat()
    assert bespoke("fmt", path).code == 0
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_formatted_knowledge_base_says_the_same(tmp_path: Path) -> None:
    folder = folder_without_imports(tmp_path / "kb")
    files = len(list(folder.rglob("*.rule")))
    assert bespoke("fmt", folder).code == 0
    assert bespoke("fmt", "--check", folder).out == f"{files} files: 0 would change, 0 errors\n"
    assert bespoke("check", folder).code == 0
    assert ", 0 failed" in bespoke("test", "--kb", folder).out


def test_files_with_errors_are_left_alone_and_the_others_formatted(uneven: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.rule").write_bytes(BROKEN)
    (tmp_path / "latin.rule").write_bytes(b"// gr\xf6\xdfe\n")
    ran = bespoke("fmt", tmp_path)
    assert ran.code == 1 and ran.err == ""
    assert (
        "error[BR002]" in ran.out
        and f"{tmp_path / 'broken.rule'}:1:9" in ran.out
        and "1 | use  a.b" in ran.out
    )
    assert "error[BR001]" in ran.out and f"{tmp_path / 'latin.rule'}:1:6" in ran.out
    assert ran.out.endswith("3 files: 1 changed, 2 errors\n")
    after = {"broken.rule": BROKEN, "latin.rule": b"// gr\xf6\xdfe\n", "uneven.rule": EVEN}
    assert contents(tmp_path) == after


def test_a_file_given_twice_is_read_once(uneven: Path) -> None:
    assert bespoke("fmt", uneven, uneven).out.endswith("1 files: 1 changed, 0 errors\n")


def test_permissions_and_links_are_kept(uneven: Path, tmp_path: Path) -> None:
    uneven.chmod(0o640)
    link = tmp_path / "link"
    link.symlink_to(uneven)
    assert bespoke("fmt", link).code == 0
    assert link.is_symlink() and uneven.read_bytes() == EVEN
    assert stat.S_IMODE(uneven.stat().st_mode) == 0o640


@pytest.mark.parametrize("paths", [(), ("no-such-file.rule",), (".",)])
def test_unusable_calls(paths: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ran = bespoke("fmt", *paths)
    assert ran.code == 2 and ran.out == "" and ran.err != ""
    if paths:
        ran.refused(paths[0])


def test_nothing_is_formatted_when_a_path_is_not_there(uneven: Path) -> None:
    bespoke("fmt", uneven, "no-such-file.rule").refused("no-such-file.rule: no such file or folder")
    assert uneven.read_bytes() == UNEVEN


@pytest.mark.parametrize("step", ["access", "fsync", "replace"])
def test_a_file_that_cannot_be_written_stays_whole(
    step: str, uneven: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever fails, the old text is there and no other file is left behind."""

    def fails(*arguments: object) -> bool:
        if step == "access":
            return arguments[1:] != (os.W_OK,)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, step, fails)
    ran = bespoke("fmt", uneven)
    assert ran.code == 2 and ran.out == "1 files: 0 changed, 0 errors\n"
    assert ran.err.startswith(f"bespoke: {uneven}: cannot be read or written (") and ran.err.count("\n") == 1
    assert contents(uneven.parent) == {"uneven.rule": UNEVEN}


def test_an_unfaithful_layout_is_not_written(uneven: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unfaithful(data: bytes, path: str) -> str:
        raise UnfaithfulLayout("the layout has other words")

    monkeypatch.setattr("cds.cli.format.format_bytes", unfaithful)
    ran = bespoke("fmt", uneven)
    assert ran.code == 2 and "left as it is, the layout has other words" in ran.err
    assert uneven.read_bytes() == UNEVEN


def test_help() -> None:
    ran = bespoke("fmt", "--help")
    assert ran.code == 0 and "Exit 0" in ran.out and "--check" in ran.out
