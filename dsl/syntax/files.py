"""A whole rule file as written."""

from __future__ import annotations

from dataclasses import dataclass

from dsl.syntax.expressions import Span, Text
from dsl.syntax.items import Item, Versioned


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an enum with the words for people."""

    name: Text
    label: str


@dataclass(frozen=True, slots=True)
class EnumSyntax:
    """`enum NAME { … }`."""

    name: Text
    members: tuple[Member, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class RuleSyntax:
    """`rule NAME version V { … }`."""

    header: Versioned
    items: tuple[Item, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class RuleFile:
    """One parsed file."""

    path: str
    source: str
    vocabulary: Versioned | None
    uses: tuple[Versioned, ...]
    enums: tuple[EnumSyntax, ...]
    rules: tuple[RuleSyntax, ...]
