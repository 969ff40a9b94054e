"""The amounts that each input of a rule can have: what is beyond them never reaches a rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction

from dsl import model
from dsl.types import QuantityType
from dsl.values import Quantity, Range


def believable_amounts(
    inputs: Iterable[model.Input], plausible: Mapping[str, tuple[Quantity, Quantity]]
) -> dict[str, Range]:
    """Input to the span of its believable amounts; an input without bounds is left out.

    `plausible` maps an observable to its least and greatest believable value.
    """
    found = {}
    for declared in inputs:
        source = declared.source
        if not isinstance(declared.type, QuantityType):
            continue
        plain = source.kind is model.SourceKind.OBSERVATION and source.trend is None
        if plain and not source.over_upper_limit and source.name in plausible:
            low, high = plausible[source.name]
            found[declared.name] = Range(low.value, high.value, True, True, low.unit)
        elif source.kind is model.SourceKind.PATIENT or source.over_upper_limit:
            found[declared.name] = Range(Fraction(0), None, True, False, declared.type.unit)
    return found
