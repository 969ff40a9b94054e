"""Windows that a number should stay in, as operations take them."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Field

from calc.errors import NoAnswer
from calc.operations.model import Quantity

Position = Literal["below", "within", "above"]
"""Both ends of a window are within it."""

_PAIR = Field(min_length=2, max_length=2)

ConcentrationWindow = Annotated[
    list[Annotated[Fraction, Quantity("mg/L", "lower, then upper end", least=0)]], _PAIR
]
FractionWindow = Annotated[
    list[Annotated[Fraction, Quantity("1", "lower, then upper end, as fractions", least=0, most=1)]], _PAIR
]


def placed(field: str, value: Fraction, window: Sequence[Fraction]) -> Position:
    """Where a value lies; raises `NoAnswer` about the field of a window that is upside down."""
    low, high = window
    if low > high:
        raise NoAnswer("window", f"`{field}`: the lower end comes first, and it is above the upper one")
    return "below" if value < low else "above" if value > high else "within"
