"""A bundle: checked rules as bytes that load without parsing and checking, known by the hash of its sources.

Lines of JSON: a header with the format and the SHA-256 of all that follows it; an index with the SHA-256 of
every source and what is needed to choose a rule; one line for each rule, read when it is first asked for. The
hash finds damage; it does not say who made the bundle.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from dsl.compiler.codec import BundleError, Functions, codec_of, read_rule, write_rule
from dsl.model import Lifecycle, Rule

__all__ = ["Bundle", "BundleError", "Entry", "read_bundle", "sources_key", "write_bundle"]

FORMAT = "bespoke rules 2"
"""Another format, another number; also where the checker begins to make another rule of the same text."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of a rule before it is read."""

    name: str
    version: str
    status: Lifecycle
    effective_from: date
    effective_until: date | None
    drugs: tuple[str, ...]
    genes: tuple[str, ...]
    length: int
    """Of its line, in bytes."""


@dataclass(frozen=True, slots=True)
class _Index:
    sources: tuple[tuple[str, str], ...]
    entries: tuple[Entry, ...]


class Bundle:
    """Rules that are read when they are asked for."""

    def __init__(self, index: _Index, content: bytes, functions: Functions) -> None:
        self.entries = index.entries
        self.sources: Mapping[str, str] = dict(index.sources)
        """SHA-256 of each file that the rules were made from, by its path."""
        self._content = content
        self._functions = functions
        self._starts = [0]
        for entry in self.entries:
            self._starts.append(self._starts[-1] + entry.length)
        if self._starts[-1] != len(content):
            raise BundleError("the bundle is longer or shorter than its index says: compile it anew")
        self._read: dict[int, Rule] = {}

    def rule(self, at: int) -> Rule:
        """The rule of one entry. Raises `BundleError` if it cannot be read, `IndexError` if there is none."""
        entry = self.entries[at]
        if at not in self._read:
            rule = read_rule(_json(self._content[self._starts[at] : self._starts[at + 1]]), self._functions)
            if entry_of(rule, entry.length) != entry:
                raise BundleError(f"`{entry.name}` is not the rule that the index announces: compile it anew")
            self._read[at] = rule
        return self._read[at]

    def rules(self) -> tuple[Rule, ...]:
        """Every rule. Raises `BundleError` if one cannot be read."""
        return tuple(self.rule(at) for at in range(len(self.entries)))


def write_bundle(rules: Sequence[Rule], sources: Mapping[str, bytes]) -> bytes:
    """The bundle of some rules, without the tests beside them; equal rules and sources give equal bytes."""
    lines = [_line(write_rule(rule)) for rule in rules]
    entries = tuple(entry_of(rule, len(line)) for rule, line in zip(rules, lines, strict=True))
    hashes = tuple((path, hashlib.sha256(sources[path]).hexdigest()) for path in sorted(sources))
    content = b"".join([_line(codec_of(_Index).write(_Index(hashes, entries))), *lines])
    return _line([FORMAT, hashlib.sha256(content).hexdigest()]) + content


def read_bundle(content: bytes, functions: Functions) -> Bundle:
    """The bundle of some bytes; rules call the functions handed in.

    Raises `BundleError` if it is damaged or of another format.
    """
    header, _, rest = content.partition(b"\n")
    found = _json(header)
    if not isinstance(found, list) or len(found) != 2 or found[0] != FORMAT:
        raise BundleError(f"this is no bundle of the format `{FORMAT}`: compile it anew with this version")
    if hashlib.sha256(rest).hexdigest() != found[1]:
        raise BundleError(
            "the bundle is damaged, its SHA-256 is another than its header says: compile it anew"
        )
    index, _, rules = rest.partition(b"\n")
    return Bundle(codec_of(_Index).read(_json(index), functions), rules, functions)


def sources_key(sources: Mapping[str, bytes]) -> str:
    """The SHA-256 by which a bundle of these sources is known; it changes with each byte and path of them."""
    total = hashlib.sha256(FORMAT.encode())
    for path in sorted(sources):
        total.update(_line([path, hashlib.sha256(sources[path]).hexdigest()]))
    return total.hexdigest()


def entry_of(rule: Rule, length: int) -> Entry:
    """The entry of a rule whose line has some length."""
    return Entry(
        rule.name, rule.version, rule.status, rule.effective_from, rule.effective_until, rule.drugs,
        rule.genes, length,
    )  # fmt: skip


def _line(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _json(line: bytes) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        raise BundleError("the bundle holds a line that is no JSON: compile it anew") from None
