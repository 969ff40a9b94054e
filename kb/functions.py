"""The functions of `calc` as rules see them."""

from __future__ import annotations

from calc import LIBRARY
from dsl import BooleanType, Function, Parameter, QuantityType

FUNCTIONS = {
    each.name: Function(
        each.name,
        tuple(
            Parameter(name, BooleanType() if unit is None else QuantityType(unit))
            for name, unit in each.parameters.items()
        ),
        QuantityType(each.unit),
        each.compute,
        each.source,
    )
    for each in LIBRARY
}
