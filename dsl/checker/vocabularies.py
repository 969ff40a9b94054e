"""Enums: those of vocabularies, and those that a file declares for itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dsl import syntax
from dsl.diagnostics import Diagnostic
from dsl.names import closest
from dsl.types import EnumType

Vocabularies = dict[str, tuple[str, dict[str, EnumType]]]
"""Name of a vocabulary to its version and enums."""

_RESERVED = frozenset(("missing", "true", "false"))
"""Values of every type or of `Boolean`; a member of this name could not be told from them in a cell."""


@dataclass(frozen=True, slots=True)
class Enums:
    """What the rules of one file may name as a type, and what they could if they said so."""

    known: dict[str, EnumType]
    to_use: dict[str, str]
    """Enum of a vocabulary that the file does not use, to the line that would use it."""


def _enum_type(enum: syntax.EnumSyntax) -> EnumType:
    members = tuple(member.name.text for member in enum.members)
    return EnumType(
        enum.name.text, members, tuple(member.label or member.name.text for member in enum.members)
    )


def vocabularies(files: Sequence[syntax.RuleFile], found: list[Diagnostic]) -> Vocabularies:
    """All vocabularies of some files; one that is declared twice is said."""
    known: Vocabularies = {}
    paths: dict[str, str] = {}
    for file in files:
        header = file.vocabulary
        if header is None or paths.get(header.name) == file.path:
            continue
        if header.name in known:
            found.append(Diagnostic("BR005", f"vocabulary `{header.name}` is declared twice", header.span))
        paths[header.name] = file.path
        known[header.name] = (header.version, {enum.name.text: _enum_type(enum) for enum in file.enums})
    return known


def enums_of(
    file: syntax.RuleFile,
    known: Vocabularies,
    found: list[Diagnostic],
) -> Enums:
    """The enums that the rules of one file may name: those it uses and its own."""
    enums: dict[str, EnumType] = {}
    for use in file.uses:
        if use.name not in known:
            found.append(
                Diagnostic(
                    "BR004", f"no vocabulary `{use.name}`", use.span,
                    help=closest(use.name, known) or "its file starts with `vocabulary NAME version …`",
                )
            )  # fmt: skip
        elif known[use.name][0] != use.version:
            found.append(
                Diagnostic(
                    "BR004", f"vocabulary `{use.name}` has version {known[use.name][0]}, not {use.version}",
                    use.span, help=f"use {use.name} version {known[use.name][0]}, after reading its changes",
                )
            )  # fmt: skip
        else:
            for name in sorted(enums.keys() & known[use.name][1].keys()):
                found.append(Diagnostic("BR005", f"enum `{name}` comes from two vocabularies", use.span))
            enums.update(known[use.name][1])
    for enum in file.enums:
        members = [member.name for member in enum.members]
        for index, member in enumerate(members):
            if member.text in {earlier.text for earlier in members[:index]}:
                found.append(Diagnostic("BR005", f"member `{member.text}` is written twice", member.span))
            if member.text in _RESERVED:
                found.append(Diagnostic("BR005", f"`{member.text}` already means something", member.span))
        if enum.name.text in enums:
            found.append(Diagnostic("BR005", f"enum `{enum.name.text}` is declared twice", enum.name.span))
        enums[enum.name.text] = _enum_type(enum)
    to_use = {
        enum: f"use {name} version {version}"
        for name, (version, declared) in sorted(known.items())
        for enum in declared
    }
    return Enums(enums, to_use)
