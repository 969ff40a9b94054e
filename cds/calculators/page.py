"""The page of an operation: what it takes and gives, its source, and an example that was calculated."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, TypeAlias, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, PlainValidator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from calc.operations import Operation, Quantity, meanings
from cds.calculators.answers import answer, number
from fhir_adapters import dump_json

Words: TypeAlias = tuple[str, str]
"""What is said of one value, and of several."""

_NAMED: Final[Mapping[Any, Words]] = {
    str: ("a text", "texts"),
    int: ("a whole number", "whole numbers"),
    float: ("a number", "numbers"),
    Fraction: ("a number", "numbers"),
    NoneType: ("null", "null"),
    Any: ("any JSON", "any JSON"),
}
_COUNTED: Final = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def page_of(operation: Operation) -> str:
    """Markdown."""
    result = json.loads(dump_json(answer(operation, operation.example)))
    # Of a function that was given its knowledge base beforehand, the function itself has the words.
    explained = getattr(operation.compute, "func", operation.compute)
    return "\n".join(
        [
            f"# {operation.name}",
            "",
            f"{operation.title}. {_plain(explained.__doc__)}".rstrip(),
            "",
            f"Source: {operation.source}.",
            "",
            *_table("Takes", operation.given, ("field", "what", "allowed", "if left out")),
            "",
            *_table("Gives", operation.result, ("field", "what", "unit or values", "given")),
            "",
            "## Example",
            "",
            "What is given, and the result:",
            "",
            "```json",
            json.dumps(operation.example, ensure_ascii=False),
            json.dumps(result, ensure_ascii=False),
            "```",
            "",
        ]
    )


def _plain(text: str | None) -> str:
    return " ".join((text or "").split())


def _table(title: str, model: type[BaseModel], columns: tuple[str, ...]) -> Iterator[str]:
    yield from (f"## {title}", "", _plain(model.__doc__), "", _row(columns), _row("---" for _ in columns))
    for name, field, said in _fields(model):
        last = _default(field) if "allowed" in columns else "always" if field.is_required() else "sometimes"
        meaning = _meaning(field, said)
        yield _row([f"`{name}`", meaning, _allowed(field, meaning, given="allowed" in columns), last])


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _fields(model: type[BaseModel], before: str = "") -> Iterator[tuple[str, FieldInfo, str]]:
    """Every field with its docstring, and behind one that holds others these too."""
    said = meanings(model)
    for name, field in model.model_fields.items():
        shown = f"{before}{field.alias or name}"
        yield shown, field, field.description or said.get(name, "")
        for inner, path in _models(field.annotation):
            yield from _fields(inner, f"{shown}{path}.")


def _models(annotation: Any, path: str = "") -> Iterator[tuple[type[BaseModel], str]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation, path
        return
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        yield from _models(arguments[0], path)
    elif origin in (Union, UnionType):
        for each in arguments:
            yield from _models(each, path)
    elif isinstance(origin, type) and issubclass(origin, Mapping):
        yield from _models(arguments[1], f"{path}.*")
    elif origin in (tuple, list):
        yield from _models(arguments[0], f"{path}[]")


def _meaning(field: FieldInfo, words: str) -> str:
    """The words under the field go before those that its quantity has wherever it is used."""
    said = _plain(words).rstrip(".") or _quantity_meaning(field)
    return said[:1].upper() + said[1:]


def _quantity_meaning(field: FieldInfo) -> str:
    parts = [field.metadata, *(get_args(each) for each in get_args(field.annotation))]
    return next((each.meaning for part in parts for each in part if isinstance(each, Quantity)), "")


def _allowed(field: FieldInfo, meaning: str, *, given: bool) -> str:
    said = _words(field.annotation, field.metadata)
    # A field of a result that may be left out is null only if its meaning says when.
    if not (given or field.is_required() or "null" in meaning):
        said = [each for each in said if each != _NAMED[NoneType]]
    return _either(one for one, _ in said)


def _either(alternatives: Iterable[str]) -> str:
    *others, last = dict.fromkeys(alternatives)
    # Behind a range that has an "and" of its own, "or null" alone would read as a part of it.
    comma = "," if any(" " in each for each in others) else ""
    return f"{', '.join(others)}{comma} or {last}" if others else last


def _words(annotation: Any, metadata: Sequence[Any] = ()) -> list[Words]:
    """Each alternative that an annotation allows."""
    details = [
        part for each in metadata for part in (each.metadata if isinstance(each, FieldInfo) else [each])
    ]
    for each in details:
        if isinstance(each, Quantity):
            return [(each.range, f"numbers{each.range.removeprefix('a number')}")]
        if isinstance(each, BeforeValidator | PlainValidator):
            taken = each.json_schema_input_type
            if taken not in (Any, PydanticUndefined):
                return _words(taken)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _words(arguments[0], [*arguments[1:], *details])
    if origin in (Union, UnionType):
        return [said for each in arguments for said in _words(each)]
    if origin is Literal:
        return [(f"`{each}`",) * 2 for each in arguments]
    if annotation is bool:
        return [("true",) * 2, ("false",) * 2]
    if origin in (tuple, list):
        return [_list(arguments, details)]
    if isinstance(origin, type) and issubclass(origin, Mapping) and arguments[1] is not Any:
        return [(f"an object with {_either(one for one, _ in _words(arguments[1]))} under each name",) * 2]
    one, many = _NAMED.get(annotation, ("an object", "objects"))
    low, high = _bound(details, "ge"), _bound(details, "le")
    limits = f" from {low} to {high:,}" if high is not None else f" from {low} on" if low is not None else ""
    return [(one + limits, many + limits)]


def _list(arguments: tuple[Any, ...], details: Sequence[Any]) -> Words:
    fixed = len(arguments) if len(arguments) > 1 and Ellipsis not in arguments else None
    least, most = fixed or _bound(details, "min_length"), fixed or _bound(details, "max_length")
    items = _either(many for each in arguments if each is not Ellipsis for _, many in _words(each))
    if least is not None and least == most:
        items = f"{_COUNTED[least]} {items}"
    elif most is not None:
        items = f"{f'{least} to' if least else 'up to'} {most:,} {items}"
    elif least:
        items = f"{_COUNTED[least]} or more {items}"
    return f"a list of {items}", f"lists of {items}"


def _bound(details: Iterable[Any], name: str) -> int | None:
    return next((getattr(each, name) for each in details if hasattr(each, name)), None)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "an error"
    default = field.get_default(call_default_factory=True)
    if isinstance(default, Fraction):
        return str(number(default))
    if isinstance(default, str):
        return f"`{default}`"
    if isinstance(default, BaseModel | Mapping):
        return "an empty object"
    return "an empty list" if isinstance(default, list | tuple) else json.dumps(default)
