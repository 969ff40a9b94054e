"""What an import changes in the meaning of a rule file: rows, outcomes and texts, not status or review."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Final

from dsl import Diagnostic, format_text, parse_text
from dsl.syntax import Cites, Evidence, Reviewed, Status, Text

_COMMENT: Final = re.compile(r"^\s*//.*|  //[^\"]*$")
_ABOUT: Final = re.compile(r"status|effective|review|reviewed")
_RULE: Final = re.compile(r"(rule \S+) version (\S+) \{")


class Kind(StrEnum):
    """How a file relates to the one that is there."""

    NEW = "new"
    CHANGED = "changed in meaning"
    EQUAL = "equal"


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one rule file."""

    kind: Kind
    lines: tuple[str, ...] = ()
    """What goes, after `-`, and what comes, after `+`, under the rule that it stands in."""
    reviews: tuple[str, ...] = ()
    """Status and reviews of the rules that are there."""


def compare(old: str | None, new: str) -> Change:
    """The change from one text to another; a text that cannot be read counts by its lines."""
    if old is None:
        return Change(Kind.NEW)
    before, after = meaning(old), meaning(new)
    lines: list[str] = []
    for what, start, end, other, last in SequenceMatcher(a=before, b=after, autojunk=False).get_opcodes():
        if what != "equal":
            lines += [f"- {line}" for line in before[start:end]] + [f"+ {line}" for line in after[other:last]]
    return Change(Kind.CHANGED, tuple(lines), reviews_of(old)) if lines else Change(Kind.EQUAL)


def reviews_of(text: str) -> tuple[str, ...]:
    """Of each rule in a text its status and who reviewed it when; nothing of a text that cannot be read."""
    file = parse_text(text, "")
    if isinstance(file, Diagnostic):
        return ()
    found = []
    for rule in file.rules:
        status = next((item.word.text for item in rule.items if isinstance(item, Status)), "without status")
        reviews = [
            f"reviewed {each.day} by {each.by}"
            for item in rule.items
            if isinstance(item, Evidence)
            for each in item.items
            if isinstance(each, Reviewed)
        ]
        now = "still a draft" if status == "draft" else "now a draft"
        found.append(f"{rule.header.name} was {status}, {'; '.join(reviews) or 'not reviewed'}: {now}")
    return tuple(found)


def is_by_hand(text: str, citations: Collection[str]) -> bool:
    """Whether some rule in a text cites none of the sources that an import would: somebody else wrote it."""
    file = parse_text(text, "")
    if isinstance(file, Diagnostic):
        return False
    cited = [
        {name.text for item in rule.items if isinstance(item, Evidence) for name in _cited(item)}
        for rule in file.rules
    ]
    return any(each and each.isdisjoint(citations) for each in cited)


def _cited(evidence: Evidence) -> list[Text]:
    return [name for item in evidence.items if isinstance(item, Cites) for name in item.citations]


def meaning(text: str) -> list[str]:
    """The lines that say what a rule decides and tells: no comments, no layout, no status, no version."""
    laid = format_text(text, "")
    lines = (text if isinstance(laid, Diagnostic) else laid).splitlines()
    found = []
    for line in lines:
        plain = re.sub(r"\s+", " ", _COMMENT.sub("", line)).strip()
        if plain and not _ABOUT.match(plain):
            found.append(_RULE.sub(r"\1 {", plain))
    return found


def version_of(text: str) -> tuple[int, ...]:
    """The greatest version of the rules in a text."""
    versions = (tuple(map(int, version.split("."))) for _, version in _RULE.findall(text))
    return max(versions, default=(1, 0, 0))


def next_version(text: str) -> str:
    """The version behind that of a text whose meaning changes."""
    major, minor, *_ = version_of(text)
    return f"{major}.{minor + 1}.0"
