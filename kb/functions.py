"""The functions of `calc` as rules see them."""

from __future__ import annotations

from calc import LIBRARY, OneOf
from dsl import BooleanType, EnumType, Function, Parameter, QuantityType


def _type(of: str | OneOf | None) -> QuantityType | EnumType | BooleanType:
    if isinstance(of, OneOf):
        return EnumType(of.enum, ())
    return BooleanType() if of is None else QuantityType(of)


FUNCTIONS = {
    each.name: Function(
        each.name,
        tuple(Parameter(name, _type(of)) for name, of in each.parameters.items()),
        QuantityType(each.unit),
        each.compute,
        each.source,
    )
    for each in LIBRARY
}
