"""The release: one file that holds a whole knowledge base, checked, compiled and bound to its content.

    folder ── read_sources, load ── pack ──> bytes ── unpack ──> Release ── load_release ──> KnowledgeBase

The same folder gives the same bytes. Format and reasons: docs/decisions/008-release-file.md.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dsl import Rule, Withhold
from dsl.bundle import BundleError, dump_rules, load_rules
from kb.errors import KnowledgeBaseError
from kb.functions import FUNCTIONS
from kb.knowledge import KnowledgeBase
from kb.loader import load
from kb.tables import load_tables

MAX_BYTES: Final = 256 * 1_048_576
"""A larger file is refused before it is read."""

_HEAD: Final = re.compile(rb"bespoke-release ([0-9]{1,6}) sha256:([0-9a-f]{64})\n")
_FORMAT: Final = 1
_PATH: Final = re.compile(r'(?:[^/\\:*?"<>|\x00-\x1f\x7f]+/)*[^/\\:*?"<>|\x00-\x1f\x7f]+\.(?:toml|rule)')


class ReleaseError(KnowledgeBaseError):
    """A file that is no sound release; one sentence that says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Release:
    """A release as it was read: its content is what its hash says, its sources have its digest."""

    name: str
    version: str
    digest: str
    """SHA-256 over the sources, as `KnowledgeBase.digest`."""
    files: Mapping[str, str]
    """Path to text of every rule file and table."""
    rules: tuple[Rule, ...]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    name: str
    version: str
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    files: dict[str, str]
    rules: str


def read_sources(root: Path) -> dict[str, str]:
    """Path to text of all files of knowledge in a folder; raises `KnowledgeBaseError`."""
    sources = {}
    for path in sorted(root.rglob("*")):
        if path.suffix in (".toml", ".rule") and path.is_file():
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
    body = _Body(
        name=knowledge.name,
        version=knowledge.version,
        digest=knowledge.digest,
        files=dict(files),
        rules=base64.b64encode(dump_rules(knowledge.rules)).decode(),
    )
    text = json.dumps(body.model_dump(), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    return f"bespoke-release {_FORMAT} sha256:{hashlib.sha256(text).hexdigest()}\n".encode() + text


def read_release(path: Path) -> Release:
    """The release in a file; raises `ReleaseError`."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ReleaseError(f"{path}: larger than {MAX_BYTES} bytes; no release is")
        return unpack(path.read_bytes())
    except OSError as error:
        raise ReleaseError(f"{path}: cannot be read ({error.strerror})") from None


def unpack(content: bytes) -> Release:
    """Reads a release without parsing any rule; raises `ReleaseError` for whatever is not as it was packed."""
    head = _HEAD.match(content)
    if head is None:
        raise ReleaseError("no release of a knowledge base; `bespoke kb build` makes one")
    if int(head[1]) != _FORMAT:
        raise ReleaseError(f"written in format {int(head[1])}, this software reads format {_FORMAT}; build it again")
    text = content[head.end() :]
    if hashlib.sha256(text).hexdigest().encode() != head[2]:
        raise ReleaseError("damaged: the content is not what its hash says; get it again from its source")
    try:
        body = _Body.model_validate_json(text)
        compiled = base64.b64decode(body.rules, validate=True)
    except (ValidationError, binascii.Error):
        raise ReleaseError("not as `bespoke kb build` writes it; build it again") from None
    for name in body.files:
        # H-118: whoever unpacks it must not be led out of the folder.
        if not _PATH.fullmatch(name) or not {".", ".."}.isdisjoint(name.split("/")):
            raise ReleaseError("a file in it has a name that no knowledge base has; do not use it")
    if _digest(body.files) != body.digest:
        raise ReleaseError("the digest is not that of the files in it; build it again")
    try:
        rules = load_rules(compiled, FUNCTIONS)
    except BundleError as error:
        raise ReleaseError(f"its compiled rules cannot be loaded: {error}") from None
    return Release(body.name, body.version, body.digest, body.files, rules)


def load_release(release: Release, scratch: Path) -> KnowledgeBase:
    """The knowledge base of a release; its tables are written into the empty folder `scratch` and read there.

    Raises `KnowledgeBaseError`.
    """
    try:
        for name, text in release.files.items():
            target = scratch / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(text.encode())
    except OSError as error:
        raise ReleaseError(f"its files cannot be written to {scratch} ({error.strerror})") from None
    tables = load_tables(scratch)
    if (tables.manifest.name, tables.manifest.version) != (release.name, release.version):
        raise ReleaseError("its name or version is not that of the `kb.toml` in it; build it again")
    return KnowledgeBase(
        name=release.name,
        version=release.version,
        digest=release.digest,
        rules=release.rules,
        sources=tables.sources,
        observables=tables.observables,
        drugs=tables.drugs,
        conditions=tables.conditions,
        indication_sets=tables.indications,
        gene_table=tables.genes,
        drug_codes=tables.drug_codes,
        drug_texts=tables.drug_texts,
        warnings=(),
    )


def verify(release: Release, scratch: Path, withhold: Withhold | None = None) -> tuple[str, ...]:
    """Compiles the sources in a release again: what its rules are not the same in; empty if it is sound.

    Raises `KnowledgeBaseError`, with the place, if the sources do not pass (`RuleErrors` for rules).
    """
    loaded = load_release(release, scratch)
    again = load(scratch, withhold)
    packed = {(rule.name, rule.version): rule for rule in loaded.rules}
    compiled = {(rule.name, rule.version): rule for rule in again.rules}
    return tuple(
        f"rule {' '.join(key)} is not what its source says"
        for key in sorted({*packed, *compiled})
        if packed.get(key) != compiled.get(key)
    )


def other_files(release: Release, sources: Mapping[str, str]) -> tuple[str, ...]:
    """How the sources in a release differ from others, file by file; empty if it was built from them."""
    found = []
    for name in sorted({*release.files, *sources}):
        if name not in sources:
            found.append(f"{name} is only in the release")
        elif name not in release.files:
            found.append(f"{name} is only in the folder")
        elif release.files[name] != sources[name]:
            found.append(f"{name} differs")
    return tuple(found)


def _digest(files: Mapping[str, str]) -> str:
    """The digest that `kb.loader` gives a folder with these files."""
    total = hashlib.sha256()
    for name in sorted(files, key=PurePosixPath):
        total.update(f"{name} {hashlib.sha256(files[name].encode()).hexdigest()}\n".encode())
    return total.hexdigest()
