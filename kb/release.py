"""The release: one file that holds a whole knowledge base, checked, compiled and bound to its content.

    folder ── read_sources, load ── pack ──> bytes ── unpack ──> Release ── load_release ──> KnowledgeBase

The same folder gives the same bytes. The format and its reasons: docs/decisions/008-release-file.md.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Annotated, Final

from msgspec import DecodeError, Meta, Struct
from msgspec.json import decode

from dsl.compiler.bundle import BundleError, read_bundle, write_bundle
from kb.errors import KnowledgeBaseError
from kb.files import SUFFIXES
from kb.functions import FUNCTIONS
from kb.knowledge import KnowledgeBase
from kb.tables import load_tables

MAX_BYTES: Final = 256 * 1_048_576
"""A larger file is refused before it is read."""

_FORMAT: Final = 1
_HEAD: Final = re.compile(rb"bespoke-release ([0-9]{1,6}) sha256:([0-9a-f]{64})\n")
_PATH: Final = re.compile(r'(?:[^/\\:*?"<>|\x00-\x1f\x7f]+/)*[^/\\:*?"<>|\x00-\x1f\x7f]+\.(?:toml|rule|tsv)')


class ReleaseError(KnowledgeBaseError):
    """A file that is no sound release; one sentence that says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Release:
    """A release whose content is what its hash says, and whose files have the digest that it names."""

    name: str
    version: str
    digest: str
    """SHA-256 over the files, as `KnowledgeBase.digest`."""
    files: Mapping[str, str]
    """Path to text of every rule file and table."""
    compiled: bytes
    """The rules as `dsl.compiler.bundle` writes them."""


class _Manifest(Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    version: str
    digest: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
    files: dict[str, str]


def read_sources(root: Path) -> dict[str, str]:
    """Path to text of all files of knowledge in a folder; raises `KnowledgeBaseError`."""
    sources = {}
    for path in sorted(root.rglob("*")):
        if path.suffix in SUFFIXES and path.is_file():
            try:
                sources[path.relative_to(root).as_posix()] = path.read_bytes().decode()
            except OSError as error:
                raise KnowledgeBaseError(f"{path}: cannot be read ({error.strerror})") from None
            except UnicodeDecodeError:
                raise KnowledgeBaseError(f"{path}: expected UTF-8 text") from None
    return sources


def pack(knowledge: KnowledgeBase, files: Mapping[str, str]) -> bytes:
    """The release of a loaded knowledge base and the texts of its files.

    Raises `KnowledgeBaseError` if these are not the files that it was loaded from.
    """
    if _digest(files) != knowledge.digest:
        raise KnowledgeBaseError("the files changed while they were read; build again")
    _check_names(files)
    manifest = {
        "name": knowledge.name,
        "version": knowledge.version,
        "digest": knowledge.digest,
        "files": dict(sorted(files.items())),
    }
    compiled = write_bundle(knowledge.rules, {name: text.encode() for name, text in files.items()})
    content = json.dumps(manifest, ensure_ascii=False, separators=(",", ":")).encode() + b"\n" + compiled
    return f"bespoke-release {_FORMAT} sha256:{hashlib.sha256(content).hexdigest()}\n".encode() + content


def read_release(path: Path) -> Release:
    """The release in a file; raises `ReleaseError`, and OSError if it cannot be read."""
    if path.stat().st_size > MAX_BYTES:
        raise ReleaseError(f"{path}: larger than {MAX_BYTES} bytes, so it is no release")
    try:
        return unpack(path.read_bytes())
    except ReleaseError as error:
        raise ReleaseError(f"{path}: {error}") from None


def unpack(content: bytes) -> Release:
    """The release in some bytes; raises `ReleaseError` for whatever `pack` does not make."""
    head = _HEAD.match(content)
    if head is None:
        raise ReleaseError("this is no release of a knowledge base; `bespoke kb build` makes one")
    if int(head[1]) != _FORMAT:
        raise ReleaseError(
            f"its format is {int(head[1])}, this software reads format {_FORMAT}; build it again"
        )
    content = content[head.end() :]
    if hashlib.sha256(content).hexdigest().encode() != head[2]:
        raise ReleaseError("the content is not what its hash says, the file is damaged; get it again")
    text, _, compiled = content.partition(b"\n")
    try:
        manifest = decode(text, type=_Manifest)
    except DecodeError:
        raise ReleaseError("its manifest is not as `bespoke kb build` writes it; build it again") from None
    _check_names(manifest.files)
    if _digest(manifest.files) != manifest.digest:
        raise ReleaseError("its digest is not that of the files in it; build it again")
    return Release(manifest.name, manifest.version, manifest.digest, manifest.files, compiled)


def write_files(release: Release, folder: Path) -> None:
    """Writes the files of a release into an empty folder, which then is the knowledge base it was built from.

    Raises `ReleaseError` if they cannot be written.
    """
    try:
        for name, text in release.files.items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(text.encode())
    except OSError as error:
        raise ReleaseError(f"its files cannot be written to {folder} ({error.strerror})") from None


def load_release(release: Release) -> KnowledgeBase:
    """The knowledge base of a release; no rule is parsed.

    The rules are without the tests beside them, which passed when it was built. Raises `KnowledgeBaseError`.
    """
    # The rules are compiled already: of the files the tables are needed.
    tabled = {name: text for name, text in release.files.items() if not name.endswith(".rule")}
    with TemporaryDirectory() as scratch:
        write_files(replace(release, files=tabled), Path(scratch))
        try:
            tables = load_tables(Path(scratch))
        except ReleaseError:
            raise
        except KnowledgeBaseError as error:
            raise ReleaseError(str(error).replace(f"{scratch}/", "")) from None
    if (tables.manifest.name, tables.manifest.version) != (release.name, release.version):
        raise ReleaseError("its name or version is not that of the `kb.toml` in it; build it again")
    try:
        bundle = read_bundle(release.compiled, FUNCTIONS)
        rules = bundle.rules()
    except BundleError as error:
        raise ReleaseError(f"its rules cannot be loaded: {error}") from None
    hashes = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in release.files.items()}
    if bundle.sources != hashes:
        raise ReleaseError("its rules were compiled from other files than it holds; build it again")
    return tables.knowledge(rules, release.digest)


def other_rules(released: KnowledgeBase, compiled: KnowledgeBase) -> tuple[str, ...]:
    """How the rules of a release differ from those that its files give when they are compiled anew."""
    packed = {(rule.name, rule.version): rule for rule in released.rules}
    fresh = {(rule.name, rule.version): replace(rule, tests=()) for rule in compiled.rules}
    return tuple(
        f"rule {' '.join(key)} is not what its file says"
        for key in sorted({*packed, *fresh})
        if packed.get(key) != fresh.get(key)
    )


def other_files(one: Mapping[str, str], other: Mapping[str, str]) -> tuple[str, ...]:
    """How the files of a release or folder differ from those of another, file by file."""
    found = []
    for name in sorted({*one, *other}):
        if name not in other:
            found.append(f"{name} is only in the first")
        elif name not in one:
            found.append(f"{name} is only in the second")
        elif one[name] != other[name]:
            found.append(f"{name} differs")
    return tuple(found)


def _check_names(files: Mapping[str, str]) -> None:
    """H-118: unpacking must never lead out of the folder."""
    for name in files:
        if not _PATH.fullmatch(name) or not {".", ".."}.isdisjoint(name.split("/")):
            raise ReleaseError(f"{name!r} cannot be the name of a file in a release; give it a plain name")


def _digest(files: Mapping[str, str]) -> str:
    """The digest that `kb.loader` gives a folder with these files."""
    total = hashlib.sha256()
    for name in sorted(files, key=PurePosixPath):
        total.update(f"{name} {hashlib.sha256(files[name].encode()).hexdigest()}\n".encode())
    return total.hexdigest()
