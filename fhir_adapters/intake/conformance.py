"""Whether a resource conforms to FHIR R4: fhir.resources, and what it lets pass.

It reads what is later used nowhere: raw JSON stays the record of truth. Known of the library (8.3): it has
R4B but no R4, which differ in none of these types; it accepts any code of a required binding, text in place
of numbers and Booleans.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, time
from decimal import Decimal
from typing import TYPE_CHECKING

from fhir_adapters.errors import StrictUnavailable
from fhir_adapters.intake.bindings import BINDINGS, unbound, unbound_comparators
from fhir_adapters.intake.deviations import no_offset, without_offset
from fhir_adapters.reading import ChartFinding
from fhir_adapters.references import Entry

if TYPE_CHECKING:
    from pydantic import BaseModel

_Place = tuple[int | str, ...]

_ABSENT = "The element is absent: FHIR R4 demands one."
_SENTENCES = {
    "missing": _ABSENT,
    "model_field_validation.missing": _ABSENT,
    "extra_forbidden": "It has an element that FHIR R4 does not know here.",
    "list_type": "Expected a list of what FHIR R4 asks for here.",
    "string_type": "Expected text.",
    "bool_type": "Expected true or false.",
    "bool_parsing": "Expected true or false.",
}
_OTHERWISE = "Expected a value of the form that FHIR R4 asks for here."
_TOGETHER = "Expected one, and only one, of the elements between which FHIR R4 leaves the choice."
_OTHER_KIND = (
    "Expected a value of another kind: text, number, Boolean and object do not stand for one another."
)
_STUMBLED = "A contained resource or an extension in it is none that FHIR R4 knows."


_KINDS = (
    (str, str | bytes | date | time),
    (int | float | Decimal, int | float | Decimal),
)
"""Text and numbers of JSON, each with what the model makes of it; a Boolean stays one."""


def nonconformities(entry: Entry) -> tuple[ChartFinding, ...]:
    """Why a resource does not conform, with the path of each place; nothing for a type that is not used.

    What was received is never repeated. Raises `StrictUnavailable` without the package fhir.resources.
    """
    bindings = BINDINGS.get(entry.type)
    if bindings is None:
        return ()
    own = list(unbound(entry.resource, entry.path, bindings))
    if entry.type == "Observation":
        own += unbound_comparators(entry.resource, entry.path)
    known = {finding.path for finding in own}
    modelled = _modelled(entry, _models()(entry.type))
    return (*own, *(finding for finding in modelled if finding.path not in known))


def _models() -> Callable[[str], type[BaseModel]]:
    # Imported here because it takes as long as everything else together: no hook call may wait for it.
    try:
        from fhir.resources.R4B import get_fhir_model_class
    except ImportError:
        raise StrictUnavailable from None
    return get_fhir_model_class


def _modelled(entry: Entry, model: type[BaseModel]) -> Iterator[ChartFinding]:
    from pydantic import ValidationError

    try:
        read = model.model_validate(entry.resource)
    except ValidationError as error:
        # The library's own words and its `input` hold what was received.
        for fault in error.errors(include_url=False, include_context=False, include_input=False):
            yield _finding(entry, fault["type"], fault["loc"])
    except (KeyError, TypeError, AttributeError):
        yield ChartFinding("not-conformant", entry.path, _STUMBLED)
    else:
        for place in _of_another_kind(entry.resource, read.model_dump(), ()):
            yield ChartFinding("not-conformant", _path(entry, place), _OTHER_KIND)


def _finding(entry: Entry, kind: str, place: _Place) -> ChartFinding:
    if kind == "extra_forbidden":
        # The name of an element that is not known is text of the sender.
        place = place[:-1]
    elif place and place[-1] == "root":
        # Where the model expects an object it names what it got instead so.
        place = place[:-1]
    elif without_offset(_at(entry.resource, place)):
        return no_offset(_path(entry, place))
    otherwise = _OTHERWISE if place else _TOGETHER
    return ChartFinding("not-conformant", _path(entry, place), _SENTENCES.get(kind, otherwise))


def _at(value: object, place: _Place) -> object:
    for step in place:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def _path(entry: Entry, place: _Place) -> str:
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)
    return entry.path + "".join(steps)


def _of_another_kind(raw: object, read: object, place: _Place) -> Iterator[_Place]:
    """Places where the model took a value for one of another kind, or null for nothing."""
    if isinstance(raw, dict) and isinstance(read, dict):
        for name, value in raw.items():
            yield from _of_another_kind(value, read.get(name), (*place, name))
    elif isinstance(raw, list) and isinstance(read, list):
        for index, (one, other) in enumerate(zip(raw, read, strict=False)):
            yield from _of_another_kind(one, other, (*place, index))
    elif raw is None:
        # Only in a list of primitives null stands for something: an item that is an extension alone.
        if isinstance(place[-1], str):
            yield place
    elif isinstance(raw, bool) is not isinstance(read, bool) or not any(
        isinstance(raw, one) and isinstance(read, other) for one, other in _KINDS
    ):
        yield place
