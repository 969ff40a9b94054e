"""What is out of date on a day (H-119: the review that is due, the source that is old, the newer edition)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from dsl import Lifecycle
from kb import KnowledgeBase
from kb.currency import Stale, Why, stale
from tests.cds.cards.support import bundled

DUE = date(2030, 1, 1)
RULE, SOURCE, NEWER = "niraparib.start_dose", "label:zejula", "pmid:34324028"


def knowledge(**of_rule: object) -> KnowledgeBase:
    """One rule about niraparib whose sources are all read again on the day after `DUE`."""
    (rule,) = [each for each in bundled().rules if each.name == RULE]
    sources = {name: replace(each, review_by=DUE) for name, each in bundled().sources.items()}
    # The fields are named by the tests, so their types are not known here.
    changed = replace(rule, review_by=DUE, **of_rule)  # type: ignore[arg-type]
    return replace(bundled(), rules=(changed,), sources=sources)


def test_the_last_day_is_not_late() -> None:
    assert stale(knowledge(), DUE) == ()


def test_the_day_after_is_late_by_one() -> None:
    found = stale(knowledge(), DUE + timedelta(days=1))
    assert {each.name for each in found if each.why is Why.SOURCE} == {SOURCE, NEWER}
    assert Stale(f"{RULE} 1.0.0", Why.REVIEW, DUE, 1) in found
    assert all((each.since, each.days) == (DUE, 1) for each in found)
    assert all(each.rules == (f"{RULE} 1.0.0",) for each in found if each.why is Why.SOURCE)


@pytest.mark.parametrize("over", [{"status": Lifecycle.RETIRED}, {"effective_until": date(2029, 12, 31)}])
def test_what_is_over_needs_no_review(over: dict[str, object]) -> None:
    assert stale(knowledge(**over), DUE + timedelta(days=400)) == ()


def test_a_version_that_is_still_in_force_does() -> None:
    assert stale(knowledge(effective_until=DUE + timedelta(days=1)), DUE + timedelta(days=1))


@pytest.mark.parametrize("days, known", [(-1, False), (0, True), (10, True)])
def test_a_newer_edition_counts_from_the_day_on_which_it_was_read(days: int, known: bool) -> None:
    old = knowledge()
    read = date(2028, 5, 1)
    sources = dict(old.sources)
    sources[SOURCE] = replace(sources[SOURCE], replaced_by=NEWER)
    sources[NEWER] = replace(sources[NEWER], read=read)
    found = stale(replace(old, sources=sources), read + timedelta(days=days))
    expected = Stale(SOURCE, Why.EDITION, read, days, NEWER, (f"{RULE} 1.0.0",))
    assert found == ((expected,) if known else ())


def test_the_bundled_knowledge_names_what_the_update_of_the_thiopurines_left_behind() -> None:
    found = [each for each in stale(bundled(), date(2026, 11, 21)) if each.why is Why.EDITION]
    assert {each.rules for each in found} >= {("azathioprine.cpic 1.0.0",), ("thioguanine.cpic 1.0.0",)}
    # The older version of mercaptopurine is over; its sources wait for nobody.
    assert "pmid:30447069" not in {each.name for each in found}
