"""Feedback on cards: what the user did with them, checked and cut down to the members the standard names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from cds.hooks.checks import a_text, a_uuid, an_array, an_object
from cds.hooks.errors import BadRequest

_INSTANT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})"
)


def parse_feedback(body: object) -> dict[str, object]:
    """The valid part of a feedback body, `{"feedback": [...]}`; raises `BadRequest`.

    `userComment` is free text of a clinician: sensitive, to be stored only in the decision log.
    """
    entries = an_array(an_object(body, None).get("feedback"), "feedback")
    return {"feedback": [_entry(entry, f"feedback[{index}]") for index, entry in enumerate(entries)]}


def _entry(value: object, path: str) -> dict[str, object]:
    entry = an_object(value, path)
    checked: dict[str, object] = {"card": a_uuid(entry.get("card"), f"{path}.card")}
    outcome = entry.get("outcome")
    if outcome not in ("accepted", "overridden"):
        raise BadRequest(f"Expected accepted or overridden at {path}.outcome.", f"{path}.outcome")
    checked["outcome"] = outcome
    if outcome == "accepted":
        checked["acceptedSuggestions"] = _suggestions(
            entry.get("acceptedSuggestions"), f"{path}.acceptedSuggestions"
        )
    elif entry.get("overrideReason") is not None:
        checked["overrideReason"] = _override_reason(entry["overrideReason"], f"{path}.overrideReason")
    checked["outcomeTimestamp"] = _instant(entry.get("outcomeTimestamp"), f"{path}.outcomeTimestamp")
    return checked


def _suggestions(value: object, path: str) -> list[dict[str, str]]:
    suggestions = an_array(value, path)
    if not suggestions:
        raise BadRequest(f"Expected at least one suggestion at {path}.", path)
    return [
        {"id": a_uuid(an_object(item, f"{path}[{index}]").get("id"), f"{path}[{index}].id")}
        for index, item in enumerate(suggestions)
    ]


def _override_reason(value: object, path: str) -> dict[str, object]:
    override = an_object(value, path)
    reason, comment = override.get("reason"), override.get("userComment")
    if reason is None and comment is None:
        raise BadRequest(f"Expected reason or userComment at {path}.", path)
    checked: dict[str, object] = {}
    if reason is not None:
        checked["reason"] = _coding(an_object(reason, f"{path}.reason"), f"{path}.reason")
    if comment is not None:
        checked["userComment"] = a_text(comment, f"{path}.userComment")
    return checked


def _coding(coding: Mapping[str, object], path: str) -> dict[str, str]:
    return {name: a_text(coding.get(name), f"{path}.{name}") for name in ("system", "code")}


def _instant(value: object, path: str) -> str:
    expected = BadRequest(f"Expected a date and time with offset (RFC 3339) at {path}.", path)
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        raise expected
    try:
        datetime.fromisoformat(value)
    except ValueError:
        raise expected from None
    return value
