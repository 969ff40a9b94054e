"""What of the knowledge is out of date on a day: late reviews, sources to be read again, old editions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from dsl import Lifecycle, Rule
from kb.knowledge import KnowledgeBase, Source


class Why(StrEnum):
    """Why something is stale."""

    REVIEW = "the review of the rule is overdue"
    SOURCE = "the source was to be read again"
    EDITION = "a newer edition replaces the source"


@dataclass(frozen=True, slots=True)
class Stale:
    """A rule or a source that is out of date, and since when."""

    name: str
    """A rule with its version, or the identifier of a source."""
    why: Why
    since: date
    """The day that was due, or on which the newer edition was read."""
    days: int
    replaced_by: str | None = None
    rules: tuple[str, ...] = ()
    """The rules that rest on a source, with their versions."""


def stale_sources(sources: Iterable[Source], knowledge: KnowledgeBase, day: date) -> Iterator[Stale]:
    """Of some sources what is out of date on a day; the last day of a review is not late (H-119)."""
    for source in sources:
        if source.review_by is not None and source.review_by < day:
            since = source.review_by
            yield Stale(source.identifier, Why.SOURCE, since, (day - since).days)
        if source.replaced_by is not None and knowledge.sources[source.replaced_by].read <= day:
            since = knowledge.sources[source.replaced_by].read
            yield Stale(source.identifier, Why.EDITION, since, (day - since).days, source.replaced_by)


def sources_of(rule: Rule, knowledge: KnowledgeBase) -> tuple[Source, ...]:
    """The sources that a rule cites, the first one before the others."""
    names = dict.fromkeys(citation.identifier for citation in rule.evidence.citations)
    return tuple(knowledge.sources[name] for name in names)


def stale(knowledge: KnowledgeBase, day: date) -> tuple[Stale, ...]:
    """Everything that is out of date on a day, the longest overdue first.

    A rule that is retired, or a version whose period is over, needs no review any more, and neither does
    a source that only such rules cite.
    """
    living = [
        rule
        for rule in knowledge.rules
        if rule.status is not Lifecycle.RETIRED
        and (rule.effective_until is None or day <= rule.effective_until)
    ]
    found = [
        Stale(_versioned(rule), Why.REVIEW, rule.review_by, (day - rule.review_by).days)
        for rule in living
        if rule.review_by < day
    ]
    citing: dict[str, list[str]] = {}
    for rule in living:
        for source in sources_of(rule, knowledge):
            citing.setdefault(source.identifier, []).append(_versioned(rule))
    cited = [knowledge.sources[name] for name in citing]
    found += [
        Stale(each.name, each.why, each.since, each.days, each.replaced_by, tuple(sorted(citing[each.name])))
        for each in stale_sources(cited, knowledge, day)
    ]
    return tuple(sorted(found, key=lambda each: (-each.days, each.name, each.why)))


def _versioned(rule: Rule) -> str:
    return f"{rule.name} {rule.version}"
