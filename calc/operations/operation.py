"""One operation: a calculation with its models, its source and an example, called by its name."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import NoneType
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from calc.errors import NoAnswer, UnusableInput
from calc.operations.model import CONVERT, Convert, Given, Result

_CODES = {
    "missing": "missing-field",
    "extra_forbidden": "unknown-field",
    "out_of_range": "out-of-range",
    "greater_than_equal": "out-of-range",
    "less_than_equal": "out-of-range",
    "not_a_number": "not-a-number",
    "unit": "unit",
}
_EXPECTED = {
    "string_type": "a text",
    "string_too_short": "a text that is not empty",
    "string_too_long": "a text of at most {max_length} characters",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "greater_than_equal": "a whole number at least {ge:,}",
    "less_than_equal": "a whole number at most {le:,}",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
    "too_short": "at least {min_length} entries",
    "too_long": "at most {max_length} entries",
}
"""What is allowed, by the words that pydantic ends its names of faults with."""


_OUT_OF_REACH = "the numbers are so large or so small that the result cannot be calculated"
"""Each number may be in its range, and their power or quotient still beyond what a float holds."""


@dataclass(frozen=True, slots=True)
class Operation:
    """A calculation that command line, HTTP and rules call alike."""

    name: str
    """`field.what`, as batches name it."""
    title: str
    given: type[Given]
    result: type[Result]
    compute: Callable[[Any], Result]
    source: str
    """Public: PMID or DOI, and for what it stands."""
    example: Mapping[str, object]

    def answer(self, given: Mapping[str, object], convert: Convert | None = None) -> dict[str, object]:
        """The result as members of a JSON object, numbers exact or floats.

        Raises `UnusableInput` that names the field, what came and what is allowed, and `NoAnswer`.
        """
        try:
            read = self.given.model_validate(given, context={CONVERT: convert})
        except ValidationError as error:
            raise _unusable(error) from None
        try:
            return _dumped(self.compute(read))
        except (OverflowError, ZeroDivisionError):
            raise NoAnswer("out-of-reach", _OUT_OF_REACH) from None


def _dumped(model: BaseModel) -> dict[str, object]:
    """A model as an object, with what is set of it; pydantic itself would write a fraction as text."""
    fields = type(model).model_fields
    return {
        field.alias or name: _plain(getattr(model, name))
        for name, field in fields.items()
        if name in model.model_fields_set
    }


def _plain(value: object) -> object:
    if isinstance(value, BaseModel):
        return _dumped(value)
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        raise OverflowError
    return [_plain(each) for each in value] if isinstance(value, tuple | list) else value


def _unusable(error: ValidationError) -> UnusableInput:
    """The first fault, in words: pydantic's own never name what an author calls a field."""
    fault = error.errors(include_url=False)[0]
    where = _path(fault["loc"])
    code = _CODES.get(fault["type"], "input")
    if code == "missing-field":
        return UnusableInput(code, f"`{where}` is missing")
    if code == "unknown-field":
        return UnusableInput(code, f"`{where}` is no field of this operation")
    if fault["type"] == "twice":
        return UnusableInput(code, fault["msg"])
    return UnusableInput(code, f"`{where}`: {_expected(fault)}, not {_came(fault)}")


def _path(parts: tuple[int | str, ...]) -> str:
    """A field as it is written in pages; a fault in the name of a member is one of the object."""
    named = parts[:-2] if parts[-1:] == ("[key]",) else parts
    return _short(".".join(str(part) for part in named)) or "given"


def _expected(fault: ErrorDetails) -> str:
    """In our own words, where pydantic's speak of Python."""
    known = next((words for end, words in _EXPECTED.items() if fault["type"].endswith(end)), None)
    if known is not None:
        return "expected " + known.format_map(fault.get("ctx", {})).replace(
            "least 1 entries", "least 1 entry"
        )
    if fault["type"] == "literal_error":
        return f"expected {fault['ctx']['expected'].replace(chr(39), '`')}"
    return fault["msg"]


def _came(fault: ErrorDetails) -> str:
    value = fault["input"]
    if fault["type"] in ("too_short", "too_long"):
        return str(len(value))
    return _shown(value)


def _shown(value: object) -> str:
    if isinstance(value, Mapping) and value.keys() == {"value", "unit"}:
        return _short(f"{_shown(value['value'])} {value['unit']}")
    if isinstance(value, int) and abs(value) > 10**40:
        return "a number of more than 40 digits"  # Python writes no integer of more than 4300.
    kinds = {dict: "an object", list: "a list", NoneType: "null", bool: str(value).lower()}
    text = f'"{_short(value)}"' if isinstance(value, str) else str(value)
    return _short(kinds.get(type(value), text))


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:60]}…"
