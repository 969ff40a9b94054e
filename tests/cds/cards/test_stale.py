"""A card of stale guidance says so (H-119), with the clock moved."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kb import KnowledgeBase
from tests.cds.cards.support import (
    NIRAPARIB,
    answer,
    bundled,
    draft,
    hook_service,
    niraparib_labs,
    order_sign,
    prefetch,
)

REVIEW = "**The review of this guidance was due on 2027-02-20.**"
LABEL = "ZEJULA (niraparib) US prescribing information, NDA 214876"
READ_AGAIN = f"**The source “{LABEL}” was to be read again by 2027-11-20.**"
NEWER = f"**The source “{LABEL}” has a newer edition, which this guidance does not follow: "


def replaced() -> KnowledgeBase:
    sources = dict(bundled().sources)
    sources["label:zejula"] = replace(sources["label:zejula"], replaced_by="label:plavix")
    return replace(bundled(), sources=sources)


@pytest.mark.parametrize(
    "knowledge, day, said",
    [
        (bundled(), "2027-02-20", ()),
        (bundled(), "2027-02-21", (REVIEW,)),
        (bundled(), "2027-11-20", (REVIEW,)),
        (bundled(), "2027-11-21", (REVIEW, READ_AGAIN)),
        (replaced(), "2026-11-21", (NEWER,)),
    ],
)
def test_what_is_out_of_date_stands_on_the_card(
    tmp_path: Path, knowledge: KnowledgeBase, day: str, said: tuple[str, ...]
) -> None:
    at = datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=UTC)
    labs = [each | {"effectiveDateTime": f"{day}T09:00:00Z"} for each in niraparib_labs()]
    call = order_sign([draft(NIRAPARIB)], prefetch(labs=labs))
    status, body = answer(hook_service(tmp_path, knowledge), call, at)
    (card,) = body["cards"]
    assert status == 200
    for sentence in (REVIEW, READ_AGAIN, NEWER):
        assert (sentence in card["detail"]) is (sentence in said)
