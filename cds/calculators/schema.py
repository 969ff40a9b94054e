"""Operations as JSON Schema."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from calc.operations import Operation, meanings
from cds.calculators.answers import number, written


class _Schema(GenerateJsonSchema):
    """Writes defaults that are exact numbers as numbers."""

    def encode_default(self, dft: Any) -> Any:
        return number(dft) if isinstance(dft, Fraction) else super().encode_default(dft)


def described(operation: Operation) -> dict[str, object]:
    """What an operation takes and gives, with an example."""
    return {
        "op": operation.name,
        "title": operation.title,
        "source": operation.source,
        "given": _schema(operation.given),
        "result": _schema(operation.result),
        "example": written(operation.example),
    }


def _schema(model: type[BaseModel]) -> object:
    schema = model.model_json_schema(schema_generator=_Schema)
    parts = {each.__name__: each for each in _inner(model)}
    for each, part in ((model, schema), *((parts[name], of) for name, of in schema.get("$defs", {}).items())):
        for name, meaning in meanings(each).items():
            alias = each.model_fields[name].alias or name
            part["properties"][alias].setdefault("description", meaning)
    return written(schema)


def _inner(annotation: Any) -> Iterator[type[BaseModel]]:
    """Every model in a type, and those in its fields."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        for field in annotation.model_fields.values():
            yield from _inner(field.annotation)
    for each in get_args(annotation):
        yield from _inner(each)
