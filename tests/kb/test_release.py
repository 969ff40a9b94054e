"""The release file: one folder, one sequence of bytes; any other is refused (H-110, H-118, H-121)."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dsl.compiler.bundle import write_bundle
from kb import KnowledgeBase, KnowledgeBaseError, load
from kb.release import (
    ReleaseError,
    other_files,
    other_rules,
    pack,
    read_release,
    read_sources,
    unpack,
    write_files,
)
from tests.cds.cli.support import folder_without_imports, own_folder, own_knowledge

START_DOSE = "rules/niraparib/start_dose.rule"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return folder_without_imports(tmp_path / "kb")


def packed(folder: Path) -> bytes:
    return pack(load(folder), read_sources(folder))


@pytest.fixture(scope="module")
def release() -> bytes:
    return packed(own_folder())


def opened(content: bytes, tmp_path: Path) -> KnowledgeBase:
    """A release loaded as a reader would."""
    path = tmp_path / "a.release"
    path.write_bytes(content)
    return load(path)


def forged(
    content: bytes, change: Callable[[dict[str, Any]], object], compiled: bytes | None = None
) -> bytes:
    """The release with another manifest and a hash that fits it: no accident, but made on purpose."""
    _, manifest, rules = content.split(b"\n", 2)
    plain = json.loads(manifest)
    change(plain)
    body = json.dumps(plain).encode() + b"\n" + (rules if compiled is None else compiled)
    return f"bespoke-release 1 sha256:{hashlib.sha256(body).hexdigest()}\n".encode() + body


def refused(content: bytes, *parts: str) -> None:
    with pytest.raises(ReleaseError) as caught:
        unpack(content)
    sentence = str(caught.value)
    assert "\n" not in sentence and all(part in sentence for part in parts), sentence


# ---------------------------------------------------------------- what is sound
def test_the_same_content_gives_the_same_bytes(folder: Path, release: bytes) -> None:
    for path in folder.rglob("*"):
        os.utime(path, (0, 0))
    assert packed(folder) == release


def test_a_release_is_the_knowledge_base_that_it_was_built_from(tmp_path: Path, release: bytes) -> None:
    there, here = opened(release, tmp_path), own_knowledge()
    untested = tuple(replace(rule, tests=()) for rule in here.rules)
    assert there == replace(here, rules=untested, warnings=())
    write_files(unpack(release), tmp_path / "scratch")
    assert load(tmp_path / "scratch").digest == here.digest
    assert other_rules(there, here) == ()


def test_the_digest_is_that_of_the_folder_whatever_the_names(folder: Path, tmp_path: Path) -> None:
    """Paths are ordered by their parts: as text, `rules/a-b/x.rule` would come before `rules/a/x.rule`."""
    (folder / "rules/niraparib-more").mkdir()
    text = (folder / START_DOSE).read_text("utf-8").replace("niraparib.start_dose", "niraparib.more")
    (folder / "rules/niraparib-more/more.rule").write_text(text.replace("active", "draft"), "utf-8")
    assert opened(packed(folder), tmp_path).digest == load(folder).digest


def test_line_ends_and_letters_are_kept(folder: Path, tmp_path: Path) -> None:
    """A text that came back with other line ends would have another digest."""
    path = folder / "drugs/niraparib.toml"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n") + "# für µg\r\n".encode())
    assert opened(packed(folder), tmp_path).digest == load(folder).digest
    write_files(unpack(packed(folder)), tmp_path / "scratch")
    assert (tmp_path / "scratch/drugs/niraparib.toml").read_bytes() == path.read_bytes()


# ---------------------------------------------------------------- what is damaged
@pytest.mark.parametrize(
    "content", [b"", b"{}", b"\x00" * 100, b'name = "kb"\n', b"bespoke-release\n", b"PK\x03\x04"]
)
def test_what_is_no_release(content: bytes) -> None:
    refused(content, "no release", "`bespoke kb build`")


def test_every_truncation_is_refused(release: bytes) -> None:
    for length in [*range(0, 200), *range(200, len(release), 997), len(release) - 1]:
        with pytest.raises(ReleaseError):
            unpack(release[:length])


def test_every_flipped_bit_is_refused(release: bytes) -> None:
    for place in [*range(0, 120), *range(120, len(release), 499), len(release) - 1]:
        for bit in (0, 5, 7):
            flipped = bytearray(release)
            flipped[place] ^= 1 << bit
            with pytest.raises(ReleaseError):
                unpack(bytes(flipped))


def test_something_behind_the_end_is_refused(release: bytes) -> None:
    refused(release + b"\n", "damaged")


def test_another_format_says_so(release: bytes) -> None:
    refused(release.replace(b"bespoke-release 1 ", b"bespoke-release 2 "), "format is 2", "reads format 1")


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large.release"
    with path.open("wb") as file:
        file.truncate(300 * 1_048_576)
    with pytest.raises(ReleaseError, match="larger than"):
        read_release(path)


# ---------------------------------------------------------------- what was changed on purpose
def test_a_changed_text_needs_its_own_digest(release: bytes) -> None:
    def change(plain: dict[str, Any]) -> None:
        plain["files"][START_DOSE] = plain["files"][START_DOSE].replace("weight < 77 kg", "weight < 80 kg")

    refused(forged(release, change), "digest")


@pytest.mark.parametrize(
    "name",
    ["../outside.toml", "rules/../../outside.rule", "/etc/outside.toml", "C:/outside.toml", "a\\b.toml",
     "a/./b.rule", "a//b.toml", ".toml/", "x.py", "a\nb.toml", "", "..toml/../x.toml"],
)  # fmt: skip
def test_a_name_that_leads_elsewhere(name: str, release: bytes) -> None:
    """H-118."""

    def change(plain: dict[str, Any]) -> None:
        plain["files"][name] = 'name = "x"\n'
        lines = "".join(
            f"{each} {hashlib.sha256(plain['files'][each].encode()).hexdigest()}\n"
            for each in sorted(plain["files"])
        )
        plain["digest"] = hashlib.sha256(lines.encode()).hexdigest()

    refused(forged(release, change), "cannot be the name of a file")


@pytest.mark.parametrize(
    "change",
    [
        lambda plain: plain.update(more=1),
        lambda plain: plain.pop("version"),
        lambda plain: plain.update(name=7),
        lambda plain: plain.update(digest="x"),
        lambda plain: plain.update(files=[]),
        lambda plain: plain["files"].update({"a.toml": None}),
        lambda plain: plain["files"].update({"a.toml": "\ud800"}),
    ],
)
def test_another_manifest(change: Callable[[dict[str, Any]], object], release: bytes) -> None:
    refused(forged(release, change), "manifest")


def test_a_manifest_of_great_depth(release: bytes) -> None:
    body = b"[" * 1_000_000 + b"\n"
    refused(f"bespoke-release 1 sha256:{hashlib.sha256(body).hexdigest()}\n".encode() + body, "manifest")


def test_another_version_than_its_kb_toml(release: bytes, tmp_path: Path) -> None:
    """H-110: a release of yesterday must not pass for that of today."""
    with pytest.raises(ReleaseError, match=r"kb\.toml"):
        opened(forged(release, lambda plain: plain.update(version="2099.1.0")), tmp_path)


def compiled_with(sources: dict[str, str], knowledge: KnowledgeBase) -> bytes:
    return write_bundle(knowledge.rules, {name: text.encode() for name, text in sources.items()})


def changed_rules(folder: Path) -> KnowledgeBase:
    """The rules with another limit, whose own tests no longer object."""
    path = folder / START_DOSE
    text = path.read_text("utf-8").replace("weight < 77 kg", "weight < 80 kg")
    path.write_text(
        text.replace("weight = 77 kg, platelets = 150", "weight = 80 kg, platelets = 150"), "utf-8"
    )
    return load(folder)


def test_rules_that_were_compiled_from_other_files(release: bytes, folder: Path, tmp_path: Path) -> None:
    knowledge = changed_rules(folder)
    other = compiled_with(read_sources(folder), knowledge)
    with pytest.raises(ReleaseError, match="compiled from other files"):
        opened(forged(release, lambda plain: None, other), tmp_path)


def test_rules_that_only_say_that_they_were_compiled_from_the_files(
    release: bytes, folder: Path, tmp_path: Path
) -> None:
    """Every hash fits; compiling the files anew is what finds it."""
    lying = compiled_with(read_sources(own_folder()), changed_rules(folder))
    there = opened(forged(release, lambda plain: None, lying), tmp_path)
    assert other_rules(there, own_knowledge()) == (
        "rule niraparib.start_dose 1.0.0 is not what its file says",
    )


def test_a_rule_left_out(release: bytes, tmp_path: Path) -> None:
    knowledge = own_knowledge()
    fewer = compiled_with(read_sources(own_folder()), replace(knowledge, rules=knowledge.rules[1:]))
    there = opened(forged(release, lambda plain: None, fewer), tmp_path)
    assert other_rules(there, knowledge) == (
        f"rule {knowledge.rules[0].name} 1.0.1 is not what its file says",
    )


@pytest.mark.parametrize("compiled", [b"", b"[]\n", b"\xff\xff"])
def test_compiled_rules_that_cannot_be_loaded(compiled: bytes, release: bytes, tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="its rules cannot be loaded"):
        opened(forged(release, lambda plain: None, compiled), tmp_path)


# ---------------------------------------------------------------- what cannot be packed
def test_files_that_changed_meanwhile(folder: Path) -> None:
    """H-111: what was checked and what is shipped must be the same bytes."""
    knowledge = load(folder)
    with (folder / "sources.toml").open("a", encoding="utf-8") as file:
        file.write("# a late remark\n")
    with pytest.raises(KnowledgeBaseError, match="build again"):
        pack(knowledge, read_sources(folder))


def test_a_name_that_could_not_be_unpacked_everywhere(folder: Path) -> None:
    (folder / START_DOSE).rename(folder / "rules/niraparib/start:dose.rule")
    with pytest.raises(ReleaseError, match="start:dose"):
        packed(folder)


def test_a_table_that_is_no_text(folder: Path) -> None:
    (folder / "extra.toml").write_bytes(b"\xff")
    with pytest.raises(KnowledgeBaseError, match=r"extra\.toml: expected UTF-8"):
        read_sources(folder)


def test_other_files() -> None:
    found = other_files({"a": "1", "b": "2", "c": "3"}, {"b": "2", "c": "4", "d": "5"})
    assert found == ("a is only in the first", "c differs", "d is only in the second")


def test_unpacking_where_nothing_can_be_written(release: bytes, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(ReleaseError, match="cannot be written"):
        write_files(unpack(release), tmp_path / "file")
