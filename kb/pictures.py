"""Which answers of which rules have a picture, and the numbers of the rule that it is drawn from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dsl import Rule
from dsl.names import closest
from kb import files
from kb.errors import KnowledgeBaseError

_VALUE: Final = re.compile(r"\{(?P<name>[a-z_][a-z0-9_]*)(?: in (?P<unit>[^}\s]+))?\}")


@dataclass(frozen=True, slots=True)
class RulePicture:
    """The picture of an operation for one rule."""

    operation: str
    label: str
    given: Mapping[str, Any]
    """What the operation takes; `{score}`, or `{clearance in L/h}`, stands for a value of the rule."""
    outcomes: frozenset[str]
    """The outcomes that have it; all if there are none."""


def read_picture(path: Path) -> RulePicture:
    """The picture in a file below `pictures/`, which is named after its rule; raises `KnowledgeBaseError`."""
    entry = files.read(path, files.PictureFile)
    return RulePicture(entry.operation, entry.label, entry.given, frozenset(entry.outcomes))


def value_in(value: object) -> tuple[str, str] | None:
    """The name that a text such as `{score}` stands for, and the unit in which its number is taken."""
    found = _VALUE.fullmatch(value) if isinstance(value, str) else None
    return (found["name"], found["unit"] or "1") if found else None


def check_pictures(rules: Iterable[Rule], pictures: Mapping[str, RulePicture]) -> None:
    """Raises `KnowledgeBaseError` for a picture of a rule, an outcome or a value that is not there."""
    by_name = {rule.name: rule for rule in rules}
    for name, picture in pictures.items():
        file = f"pictures/{name}.toml"
        rule = by_name.get(name)
        if rule is None:
            raise KnowledgeBaseError(f"{file}: there is no rule `{name}`; {closest(name, by_name)}")
        outcomes = {each.name for each in rule.outcomes}
        strange = min(picture.outcomes - outcomes, default=None)
        if strange is not None:
            advice = closest(strange, outcomes)
            raise KnowledgeBaseError(
                f"{file}: field `outcomes`: the rule has no outcome `{strange}`; {advice}"
            )
        known = {*(each.name for each in rule.inputs), *(each.name for each in rule.lets)}
        unknown = min(set(_names(picture.given)) - known, default=None)
        if unknown is not None:
            advice = closest(unknown, known)
            raise KnowledgeBaseError(f"{file}: field `given`: the rule has no value `{unknown}`; {advice}")


def _names(value: object) -> Iterator[str]:
    found = value_in(value)
    if found is not None:
        yield found[0]
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _names(each)
