"""The bundled knowledge base from its release, and from its files where that is not of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from kb import load, loader, ready
from kb.release import pack, read_sources
from tests.cds.cli.support import folder_without_imports


@pytest.fixture
def bundled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy in place of the bundled knowledge base, with its release beside it."""
    folder = folder_without_imports(tmp_path / "kb")
    release = tmp_path / "bundled.release"
    release.write_bytes(pack(load(folder), read_sources(folder)))
    monkeypatch.setattr(loader, "BUNDLED", folder)
    monkeypatch.setattr(loader, "PREBUILT", release)
    return folder


def from_release(path: Path | None = None) -> bool:
    """Only a release leaves out the tests beside the rules."""
    return not any(rule.tests for rule in ready(path).rules)


def test_it_comes_from_its_release(bundled: Path) -> None:
    assert from_release()
    assert ready().digest == load(bundled).digest
    assert not from_release(bundled), "a folder that somebody names is checked"


def test_an_edit_counts_at_once(bundled: Path) -> None:
    rule = bundled / "rules/niraparib/start_dose.rule"
    rule.write_text(rule.read_text("utf-8").replace("Niraparib: starting dose", "Another title"), "utf-8")
    assert not from_release()
    assert any(each.title.startswith("Another title") for each in ready().rules)


@pytest.mark.parametrize("content", [b"", b"bespoke-release 1 sha256:", None])
def test_a_damaged_or_absent_release_is_not_used(bundled: Path, content: bytes | None) -> None:
    if content is None:
        loader.PREBUILT.unlink()
    else:
        loader.PREBUILT.write_bytes(content)
    assert not from_release()
