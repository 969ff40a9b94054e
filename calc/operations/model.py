"""Models of what operations take and give: numbers with their unit, meaning and range."""

from __future__ import annotations

import ast
import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from textwrap import dedent
from typing import Annotated, Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler, Strict, ValidationInfo
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

Convert = Callable[[Fraction, str, str], Fraction]
"""A number in one UCUM unit as a number in another; raises `ValueError` with a sentence."""

CONVERT: Final = "convert"
"""Under this name the context of a validation may bring a `Convert`."""


def meanings(model: type[BaseModel]) -> Mapping[str, str]:
    """The docstrings under the fields of a model.

    Pydantic would read them when the class is made, which every command would wait for.
    """
    found: dict[str, str] = {}
    for each in reversed(model.__mro__):
        if issubclass(each, BaseModel) and each is not BaseModel:
            (body,) = ast.parse(dedent(inspect.getsource(each))).body
            assert isinstance(body, ast.ClassDef)
            for one, other in pairwise(body.body):
                if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name):
                    doc = other.value if isinstance(other, ast.Expr) else None
                    if isinstance(doc, ast.Constant) and isinstance(doc.value, str):
                        found[one.target.id] = " ".join(doc.value.split())
    return found


class Given(BaseModel):
    """What an operation takes."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


class Result(BaseModel):
    """What an operation gives; a field that is not set is left out, one that is None is null."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, defer_build=True)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number as a field: JSON number, or `{"value": …, "unit": …}` in any unit that converts.

    It is read exactly. A result of which no exact number can be given is a `float`.
    """

    unit: str
    """UCUM code; `1` for what has no unit, `{…}` for an annotation."""
    meaning: str
    above: float | None = None
    least: float | None = None
    below: float | None = None
    most: float | None = None

    def read(self, value: object, info: ValidationInfo) -> Fraction:
        """The number, in the unit of the field; raises `PydanticCustomError`."""
        convert = (info.context or {}).get(CONVERT)
        if isinstance(value, Mapping) and convert is not None:
            value = self._converted(value, convert)
        number = _number(value)
        if not self._allows(number):
            raise PydanticCustomError("out_of_range", "expected {range}", {"range": self.range})
        return number

    @property
    def range(self) -> str:
        """The allowed numbers in words."""
        bounds = (
            ("above", self.above),
            ("at least", self.least),
            ("below", self.below),
            ("at most", self.most),
        )
        words = " and ".join(f"{word} {_written(bound)}" for word, bound in bounds if bound is not None)
        unit = "" if self.unit == "1" else f" ({self.unit})"
        return f"a number {words}{unit}" if words else f"a number{unit}"

    def _allows(self, number: Fraction) -> bool:
        return (
            (self.above is None or number > _exactly(self.above))
            and (self.least is None or number >= _exactly(self.least))
            and (self.below is None or number < _exactly(self.below))
            and (self.most is None or number <= _exactly(self.most))
        )

    def _converted(self, value: Mapping[str, object], convert: Convert) -> Fraction:
        unit = value.get("unit")
        if value.keys() != {"value", "unit"} or not isinstance(unit, str):
            raise PydanticCustomError("not_a_number", "expected a number, or an object with value and unit")
        number = _number(value["value"])
        try:
            return convert(number, unit, self.unit)
        except ValueError as error:
            said = {"range": self.range, "why": str(error)}
            raise PydanticCustomError(
                "unit", "expected {range} or what converts to it ({why})", said
            ) from None

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        if source is float:
            return handler(source)
        return core_schema.with_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        bounds = {
            "exclusiveMinimum": self.above,
            "minimum": self.least,
            "exclusiveMaximum": self.below,
            "maximum": self.most,
        }
        said = {name: bound for name, bound in bounds.items() if bound is not None}
        return {"type": "number", "description": self.meaning, "unit": self.unit, **said}


def _number(value: object) -> Fraction:
    if isinstance(value, Fraction):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal) or not fits(value):
        raise PydanticCustomError("not_a_number", "expected a finite number")
    return _exactly(value)


def _exactly(number: float | Decimal) -> Fraction:
    """Of a float the shortest decimal that is read as it: 0.1 is a tenth."""
    return Fraction(repr(number)) if isinstance(number, float) else Fraction(number)


def _written(bound: float) -> str:
    """Without an exponent, which not everybody reads: 1,000,000 and 0.000001."""
    return f"{Decimal(repr(bound)).normalize():,f}"


def fits(value: float | Decimal) -> bool:
    """Whether a float can hold it: of what is far longer a fraction would fill the memory."""
    try:
        return math.isfinite(value) and bool(value) == bool(float(value))
    except (OverflowError, ValueError):
        return False


Item = TypeVar("Item")
Many = Annotated[tuple[Item, ...], Strict(False)]
"""A JSON list."""

Probability = Annotated[Fraction, Quantity("1", "a probability", least=0, most=1)]
