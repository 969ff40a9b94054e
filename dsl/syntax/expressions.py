"""Positions, words, values and expressions as written; no name is resolved yet."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from dsl.values import Quantity


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of one file; lines and columns count from 1, the end column is exclusive."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Text:
    """A word, string, code or name as written (quotes removed)."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class QuantityLiteral:
    """A number with a unit: `77 kg`; a number alone has the unit `1`."""

    quantity: Quantity
    span: Span


Literal = QuantityLiteral | Text


# ---------------------------------------------------------------- arithmetic
@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`weight * 1 mg/kg`; the operator is one of + - * / ^."""

    operator: str
    left: Expression
    right: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class Negative:
    """`- x`."""

    operand: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class Argument:
    """`age: age` in a call; without a name the argument stands for the only parameter."""

    name: Text | None
    value: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class Call:
    """`cockcroft_gault(age: age, …)`: a function of the library."""

    function: Text
    arguments: tuple[Argument, ...]
    span: Span


# ---------------------------------------------------------------- conditions
@dataclass(frozen=True, slots=True)
class Comparison:
    """`weight < 77 kg`; the operator is one of < <= > >= = !=."""

    operator: str
    left: Expression
    right: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class Interval:
    """`15 ..< 30 mL/min`; a unit at the end holds for both bounds."""

    low: QuantityLiteral
    high: QuantityLiteral
    low_included: bool
    high_included: bool
    span: Span


@dataclass(frozen=True, slots=True)
class InInterval:
    """`clearance in 15 ..< 30 mL/min`."""

    item: Expression
    interval: Interval
    span: Span


@dataclass(frozen=True, slots=True)
class InSet:
    """`cyp2c19 in { poor, likely_poor }`."""

    item: Expression
    members: tuple[Literal, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Presence:
    """`platelets is known`, `platelets is missing`: always true or false."""

    item: Expression
    known: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Not:
    """Negation."""

    operand: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class AllOf:
    """Conjunction of two or more."""

    operands: tuple[Expression, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Disjunction of two or more."""

    operands: tuple[Expression, ...]
    span: Span


Expression = (
    QuantityLiteral | Text | Arithmetic | Negative | Call
    | Comparison | InInterval | InSet | Presence | Not | AllOf | AnyOf
)  # fmt: skip
"""An amount or a condition; which of the two, the checker finds out."""


def number(text: str) -> Fraction:
    """The exact value of a number as written; underscores group digits."""
    return Fraction(text.replace("_", ""))
