"""The amounts that each input of a rule can have: what is beyond them never reaches a rule."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from dsl import model
from dsl.names import Names
from dsl.types import QuantityType
from dsl.values import Range


def believable_amounts(inputs: Iterable[model.Input], names: Names) -> dict[str, Range]:
    """Input to the span of its believable amounts; an input without bounds is left out."""
    found = {}
    for declared in inputs:
        if not isinstance(declared.type, QuantityType):
            continue
        source = declared.source
        plain = source.kind is model.SourceKind.OBSERVATION and source.trend is None
        if plain and not source.over_upper_limit and source.name in names.plausible:
            low, high = names.plausible[source.name]
            found[declared.name] = Range(low.value, high.value, True, True, low.unit)
        elif source.kind is model.SourceKind.PATIENT or source.over_upper_limit:
            found[declared.name] = Range(Fraction(0), None, True, False, declared.type.unit)
    return found
