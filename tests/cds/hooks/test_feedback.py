"""Feedback bodies (checklist N1 to N9)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.hooks import BadRequest, parse_feedback
from tests.cds.hooks.support import CANARY, reference_file

CARD = "0b1f6a52-6f6e-4f0f-8f77-3f6f7a2f5d10"


def _entry(**changes: Any) -> dict[str, Any]:
    entry = {"card": CARD, "outcome": "overridden", "outcomeTimestamp": "2026-11-20T10:05:31.801Z"}
    return {name: value for name, value in (entry | changes).items() if value is not ...}


def test_known_members_are_kept_and_others_dropped() -> None:
    """A token or a name that a client adds must not reach the log."""
    reason = {"system": "urn:s", "code": "c", "display": CANARY}
    body = {
        "feedback": [
            _entry(overrideReason={"reason": reason, "userComment": "no", "more": CANARY}, more=CANARY),
            _entry(outcome="accepted", acceptedSuggestions=[{"id": CARD, "more": CANARY}]),
        ],
        "more": CANARY,
    }
    assert parse_feedback(body) == {
        "feedback": [
            _entry(overrideReason={"reason": {"system": "urn:s", "code": "c"}, "userComment": "no"}),
            _entry(outcome="accepted", acceptedSuggestions=[{"id": CARD}]),
        ]
    }


@pytest.mark.parametrize(
    ("entry", "expression"),
    [
        (CANARY, "feedback[0]"),
        (_entry(card=...), "feedback[0].card"),
        (_entry(card=CANARY), "feedback[0].card"),
        (_entry(outcome="ignored"), "feedback[0].outcome"),
        (_entry(outcome=["accepted"]), "feedback[0].outcome"),
        (_entry(outcome="accepted"), "feedback[0].acceptedSuggestions"),
        (_entry(outcome="accepted", acceptedSuggestions=[]), "feedback[0].acceptedSuggestions"),
        (_entry(outcome="accepted", acceptedSuggestions=[CARD]), "feedback[0].acceptedSuggestions[0]"),
        (_entry(overrideReason={}), "feedback[0].overrideReason"),
        (_entry(overrideReason={"userComment": ""}), "feedback[0].overrideReason.userComment"),
        (_entry(overrideReason={"reason": {"code": "c"}}), "feedback[0].overrideReason.reason.system"),
        (_entry(outcomeTimestamp=...), "feedback[0].outcomeTimestamp"),
        (_entry(outcomeTimestamp="2026-11-20T10:05:31"), "feedback[0].outcomeTimestamp"),
        (_entry(outcomeTimestamp="2026-02-30T10:05:31Z"), "feedback[0].outcomeTimestamp"),
    ],
)
def test_invalid_feedback_is_refused_with_its_place(entry: object, expression: str) -> None:
    with pytest.raises(BadRequest) as caught:
        parse_feedback({"feedback": [entry]})
    assert caught.value.expression == expression
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("body", [None, [], {}, {"feedback": {}}])
def test_a_body_without_the_array_is_refused(body: object) -> None:
    with pytest.raises(BadRequest):
        parse_feedback(body)


@given(
    st.dictionaries(
        st.sampled_from([*_entry(), "overrideReason", "acceptedSuggestions"]), st.from_type(object)
    )
)
def test_arbitrary_entries_raise_nothing_but_bad_request(entry: dict[str, object]) -> None:
    with pytest.raises(BadRequest):
        parse_feedback({"feedback": [entry]})


def test_reference_feedback_is_judged_as_the_manifest_says() -> None:
    folder = reference_file("cds-hooks/requests")
    names = sorted(path.name for path in folder.glob("feedback-*.json"))
    assert names
    for name in names:
        body = json.loads((folder / name).read_text())
        try:
            assert parse_feedback(body) == body
            accepted = True
        except BadRequest:
            accepted = False
        assert (name, accepted) == (name, "invalid" not in name)
