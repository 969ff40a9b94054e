"""The page of an operation: what it takes and gives, its source, and an example that was calculated."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from calc.operations import Operation, Quantity, meanings
from cds.calculators.answers import answer
from fhir_adapters import dump_json

_NAMES = {str: "text", bool: "true or false", int: "whole number", float: "number"}


def page_of(operation: Operation) -> str:
    """Markdown."""
    result = answer(operation, operation.example)
    return "\n".join(
        [
            f"# {operation.name}",
            "",
            f"{operation.title}. {_sentence(operation.compute.__doc__)}".rstrip(),
            "",
            f"Source: {operation.source}.",
            "",
            *_table("Takes", operation.given, ("field", "what", "allowed", "without it")),
            "",
            *_table("Gives", operation.result, ("field", "what", "unit or values")),
            "",
            "## Example",
            "",
            "```json",
            json.dumps(operation.example, ensure_ascii=False),
            dump_json(result).decode(),
            "```",
            "",
        ]
    )


def _sentence(text: str | None) -> str:
    return " ".join((text or "").split())


def _table(title: str, model: type[BaseModel], columns: tuple[str, ...]) -> Iterator[str]:
    yield f"## {title}"
    yield ""
    yield _row(columns)
    yield _row("---" for _ in columns)
    for name, field, said in _fields(model):
        quantity = _quantity(field)
        meaning = quantity.meaning if quantity else said.rstrip(".")
        cells = [f"`{name}`", meaning, _allowed(field)]
        yield _row([*cells, _default(field)][: len(columns)])


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
    origin = get_origin(annotation)
    arguments = get_args(annotation)
    if origin is Annotated:
        yield from _models(arguments[0], path)
    elif origin in (Union, UnionType):
        for each in arguments:
            yield from _models(each, path)
    elif isinstance(origin, type) and issubclass(origin, Mapping):
        yield from _models(arguments[1], f"{path}.*")
    elif origin in (tuple, list):
        yield from _models(arguments[0], f"{path}[]")


def _quantity(field: FieldInfo) -> Quantity | None:
    found = [each for each in field.metadata if isinstance(each, Quantity)]
    found += [
        each
        for part in get_args(field.annotation)
        if get_origin(part) is Annotated
        for each in get_args(part)
        if isinstance(each, Quantity)
    ]
    return found[0] if found else None


def _allowed(field: FieldInfo) -> str:
    quantity = _quantity(field)
    if quantity is not None:
        return quantity.range + (" or null" if NoneType in get_args(field.annotation) else "")
    return _type(field.annotation)


def _type(annotation: Any) -> str:
    if isinstance(annotation, type) and annotation in _NAMES:
        return _NAMES[annotation]
    origin, arguments = get_origin(annotation), get_args(annotation)
    if annotation is NoneType:
        return "null"
    if origin is Annotated:
        quantities = [each for each in arguments[1:] if isinstance(each, Quantity)]
        return quantities[0].range if quantities else _type(arguments[0])
    if origin is Literal:
        return ", ".join(f"`{each}`" for each in arguments)
    if origin in (Union, UnionType):
        return " or ".join(dict.fromkeys(_type(each) for each in arguments))
    if origin in (tuple, list):
        each = " and ".join(dict.fromkeys(_type(each) for each in arguments if each is not Ellipsis))
        return f"list of {each}"
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return f"object of {_type(arguments[1])}"
    return "object" if isinstance(annotation, type) and issubclass(annotation, BaseModel) else "number"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "an error"
    default = field.get_default(call_default_factory=True)
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, BaseModel):
        return "that of each field"
    return "none" if default in (None, (), [], {}) else str(default)
