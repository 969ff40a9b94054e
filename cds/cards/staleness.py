"""What of guidance is out of date, in words: said on cards and in reports alike."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from dsl import Rule
from kb import KnowledgeBase
from kb.currency import sources_of, stale_sources


def stale_words(rule: Rule, knowledge: KnowledgeBase, today: date) -> Iterator[str]:
    """What of the guidance is out of date (H-119)."""
    if today > rule.review_by:
        yield f"The review of this guidance was due on {rule.review_by.isoformat()}."
    for each in stale_sources(sources_of(rule, knowledge), knowledge, today):
        title = knowledge.sources[each.name].title
        if each.replaced_by is None:
            yield f"The source “{title}” was to be read again by {each.since.isoformat()}."
        else:
            newer = knowledge.sources[each.replaced_by].title
            yield f"The source “{title}” has a newer edition, which this guidance does not follow: {newer}."
