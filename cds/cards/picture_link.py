"""The link from a card to its picture: an address that holds the numbers of the picture and nothing else."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from dsl import Advise, Fact, Finding, Quantity, convert
from kb import KnowledgeBase
from kb.pictures import value_in


class _NotSettled(Exception):
    """A value that is not known, or one of several."""


def picture_link(finding: Finding, knowledge: KnowledgeBase, public_url: str) -> dict[str, str] | None:
    """A link of a card; None where the rule has no picture, or not all of its values are settled."""
    picture = knowledge.pictures.get(finding.rule.name)
    outcome = finding.result.outcome if isinstance(finding.result, Advise) else ""
    if picture is None or (picture.outcomes and outcome not in picture.outcomes):
        return None
    try:
        given = json.dumps(_filled(picture.given, finding), separators=(",", ":"), ensure_ascii=False)
    except _NotSettled:
        return None
    url = f"{public_url.rstrip('/')}/api/calc/{picture.operation}/picture?given={quote(given, safe='')}"
    return {"label": picture.label, "url": url, "type": "absolute"}


def _filled(value: Any, finding: Finding) -> Any:
    found = value_in(value)
    if found is not None:
        name, unit = found
        return _plain(finding.facts[name], unit)
    if isinstance(value, dict):
        return {key: _filled(each, finding) for key, each in value.items()}
    return [_filled(each, finding) for each in value] if isinstance(value, list) else value


def _plain(fact: Fact, unit: str) -> object:
    if len(fact.possible) != 1:
        raise _NotSettled
    value = fact.possible[0]
    if not isinstance(value, Quantity):
        if isinstance(value, bool | str):
            return value
        raise _NotSettled
    number = convert(value, unit).value
    return number.numerator if number.denominator == 1 else float(f"{float(number):.12g}")
