"""Library functions that rules may call: typed in units, handed in by whoever owns the science."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

from dsl.types import QuantityType, ValueType


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter; an amount arrives as its exact number in the unit of the type, a member as its name.

    Of an enum the name counts: its members are those of the knowledge base.
    """

    name: str
    type: ValueType


@dataclass(frozen=True, slots=True)
class Function:
    """A function of amounts, truths and members of enums; two are equal if their signatures are."""

    name: str
    parameters: tuple[Parameter, ...]
    result: QuantityType
    compute: Callable[..., Fraction] = field(compare=False, repr=False)
    """Called with one keyword argument for each parameter; pure. Raises ValueError outside its domain."""
    source: str = field(default="", compare=False)
    """Where the formula comes from."""
