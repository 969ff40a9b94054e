"""Three-valued logic over facts: true, false, or None for unknown. Unknown never becomes false.

A comparison holds only if it holds for every value that is still possible, and fails only if it fails
for every one of them. `and`, `or` and `not` are strong Kleene. Each answer names the leaves that decided it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from dsl import units
from dsl.model import (
    All,
    Any,
    Cell,
    Compare,
    Condition,
    Constant,
    InputRef,
    IsKnown,
    Leaf,
    Negation,
    OneOf,
    Operand,
    Within,
)
from dsl.values import Fact, Quantity, Range, Value

Truth = bool | None
Facts = Mapping[str, Fact]


@dataclass(frozen=True, slots=True)
class Judged:
    """The truth of a condition and the leaves that made it so."""

    truth: Truth
    leaves: tuple[tuple[Leaf, Truth], ...]


def judge(condition: Condition, facts: Facts) -> Judged:
    """Evaluates a condition over the facts."""
    if isinstance(condition, Negation):
        inner = judge(condition.operand, facts)
        return Judged(None if inner.truth is None else not inner.truth, inner.leaves)
    if isinstance(condition, All):
        return _junction([judge(operand, facts) for operand in condition.operands], settled_by=False)
    if isinstance(condition, Any):
        return _junction([judge(operand, facts) for operand in condition.operands], settled_by=True)
    truth = _leaf(condition, facts)
    return Judged(truth, ((condition, truth),))


def judge_cell(cell: Cell, name: str, facts: Facts) -> Truth:
    """Whether an input fits a cell; being missing is a state that only `*`, `else` and `missing` fit."""
    fact = facts[name]
    if cell.any:
        return True
    if fact.missing and cell.missing:
        return True
    if cell.condition is None:
        return False
    if isinstance(cell.condition, Leaf):
        return _leaf(cell.condition, facts)
    # Several tests of one input: value by value, for together they may be settled where each alone is not.
    cuts = cuts_of(cell.condition)
    return _every(
        judge(cell.condition, {name: Fact((point,))}).truth
        for value in fact.possible
        for point in (representatives(value, cuts) if isinstance(value, Range) else (value,))
    )


def same(one: Value, other: Value) -> bool:
    """Whether two known values are equal, whatever their units."""
    return _compare("=", one, other) is True


def cuts_of(condition: Condition) -> list[Quantity]:
    """The amounts that a condition compares its inputs with."""
    if isinstance(condition, Negation):
        return cuts_of(condition.operand)
    if isinstance(condition, All | Any):
        return [cut for operand in condition.operands for cut in cuts_of(operand)]
    values: list[Quantity | str | bool] = []
    if isinstance(condition, Compare):
        values = [side.value for side in (condition.left, condition.right) if isinstance(side, Constant)]
    elif isinstance(condition, Within):
        bounds = (condition.range.low, condition.range.high)
        values = [Quantity(bound, condition.range.unit) for bound in bounds if bound is not None]
    elif isinstance(condition, OneOf):
        values = list(condition.members)
    return [value for value in values if isinstance(value, Quantity)]


def representatives(span: Range, cuts: Iterable[Quantity]) -> list[Quantity]:
    """Amounts of a span that stand for all of it: between two neighbouring cuts all behave alike."""
    size = units.parse(span.unit).factor
    sizes = {_base(cut.value, cut.unit) / size for cut in cuts}
    inner = sorted(cut for cut in sizes if _inside(Quantity(cut, span.unit), span))
    if not inner:
        return [Quantity(_somewhere(span.low, span.high), span.unit)]
    points = [
        _somewhere(span.low, inner[0]),
        *inner,
        *((low + high) / 2 for low, high in pairwise(inner)),
        _somewhere(inner[-1], span.high),
    ]
    return [Quantity(point, span.unit) for point in sorted(set(points))]


def _somewhere(low: Fraction | None, high: Fraction | None) -> Fraction:
    """A number between two bounds, of which one or both may be open."""
    if low is not None and high is not None:
        return (low + high) / 2
    if low is not None:
        return low + 1
    return Fraction(1) if high is None else high - 1


def inputs_of(condition: Condition) -> frozenset[str]:
    """The names of all inputs that a condition reads."""
    if isinstance(condition, Negation):
        return inputs_of(condition.operand)
    if isinstance(condition, All | Any):
        return frozenset[str]().union(*(inputs_of(operand) for operand in condition.operands))
    if isinstance(condition, Compare):
        return frozenset(
            side.name for side in (condition.left, condition.right) if isinstance(side, InputRef)
        )
    return frozenset((condition.input,))


def _junction(parts: list[Judged], *, settled_by: bool) -> Judged:
    deciding = [part for part in parts if part.truth is settled_by]
    unknown = [part for part in parts if part.truth is None]
    truth: Truth = settled_by if deciding else None if unknown else not settled_by
    leaves = tuple(leaf for part in deciding or unknown or parts for leaf in part.leaves)
    return Judged(truth, leaves)


def _leaf(leaf: Leaf, facts: Facts) -> Truth:
    if isinstance(leaf, IsKnown):
        return facts[leaf.input].missing is not leaf.known
    if isinstance(leaf, Compare):
        return _every(
            _compare(leaf.operator, left, right)
            for left in _values(leaf.left, facts)
            for right in _values(leaf.right, facts)
        )
    if isinstance(leaf, OneOf):
        possible = facts[leaf.input].possible
        if len(possible) == 1:
            return _is_one_of(possible[0], leaf.members)
        return _every(_is_one_of(value, leaf.members) for value in possible)
    return _every(_inside(value, leaf.range) for value in facts[leaf.input].possible)


def _values(operand: Operand, facts: Facts) -> tuple[Value, ...]:
    return (operand.value,) if isinstance(operand, Constant) else facts[operand.name].possible


def _every(truths: Iterable[Truth]) -> Truth:
    """True or false if all agree; unknown if they differ, if one is unknown or if there is none."""
    found = set(truths)
    return found.pop() if len(found) == 1 else None


def _is_one_of(value: Value, members: frozenset[Quantity | str | bool]) -> Truth:
    if isinstance(value, str):
        return value in members
    truths = {_compare("=", value, member) for member in members}
    return True if True in truths else None if None in truths else False


def _inside(value: Value, bounds: Range) -> Truth:
    above = _bound(value, bounds.low, ">=" if bounds.low_included else ">", bounds.unit)
    below = _bound(value, bounds.high, "<=" if bounds.high_included else "<", bounds.unit)
    if above is False or below is False:
        return False
    return True if above and below else None


def _bound(value: Value, bound: Fraction | None, operator: str, unit: str) -> Truth:
    return True if bound is None else _compare(operator, value, Quantity(bound, unit))


_ORDER: dict[str, Callable[[Fraction, Fraction], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!="}
_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "=": "!=", "!=": "="}


def _compare(operator: str, left: Value, right: Value) -> Truth:
    if isinstance(left, Quantity) and isinstance(right, Quantity):
        return _ORDER[operator](_base(left.value, left.unit), _base(right.value, right.unit))
    if isinstance(left, Range) and isinstance(right, Quantity):
        return _compare_range(operator, left, right)
    if isinstance(left, Quantity) and isinstance(right, Range):
        return _compare_range(_MIRRORED[operator], right, left)
    if isinstance(left, Range):
        return None
    return (left == right) is (operator == "=")


def _compare_range(operator: str, span: Range, point: Quantity) -> Truth:
    """A span against a point: settled only if the whole span lies on one side."""
    if operator in ("=", "!="):
        apart = _compare_range("<", span, point) or _compare_range(">", span, point)
        return None if not apart else operator == "!="
    at = _base(point.value, point.unit)
    for tried, answer in ((operator, True), (_OPPOSITE[operator], False)):
        bound, included = (
            (span.high, span.high_included) if tried[0] == "<" else (span.low, span.low_included)
        )
        if bound is None:
            continue
        edge = _base(bound, span.unit)
        touches_only = edge == at and not included and len(tried) == 1
        if _ORDER[tried](edge, at) or touches_only:
            return answer
    return None


def _base(value: Fraction, unit: str) -> Fraction:
    return value * units.parse(unit).factor
