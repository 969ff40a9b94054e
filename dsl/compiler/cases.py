"""The cases of one name: what a rule can tell apart about its value, and no more.

Between two neighbouring cuts all amounts behave alike, and so do names that no condition tells apart
(decision 007). A case is a small whole number; what a rule decides is a function of the cases alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from dsl import model, units
from dsl.evaluator.evaluate import ASSUMABLE
from dsl.evaluator.logic import cuts_of, judge
from dsl.types import EnumType, QuantityType, ValueType
from dsl.values import Fact, Quantity, Range, Value, known


class Scale:
    """The finest cases of a type: each name, or each cut and each gap between two cuts.

    Of amounts, case 0 lies below the first cut, case 1 is the first cut, case 2 the gap above it, and so on.
    """

    __slots__ = ("_index", "_ratios", "cuts", "members", "unit")

    def __init__(self, kind: ValueType, cuts: Iterable[Quantity] = ()) -> None:
        self.unit = kind.unit if isinstance(kind, QuantityType) else ""
        self.cuts = tuple(sorted({_in_unit(cut, self.unit) for cut in cuts})) if self.unit else ()
        names: tuple[str | bool, ...] = kind.members if isinstance(kind, EnumType) else (False, True)
        self.members = () if self.unit else names
        self._index = {member: case for case, member in enumerate(self.members)}
        self._ratios = [cut.as_integer_ratio() for cut in self.cuts]

    @property
    def size(self) -> int:
        """How many cases there are."""
        return 2 * len(self.cuts) + 1 if self.unit else len(self.members)

    def case(self, value: Value) -> int | None:
        """The case of one value; None for a range and for a value that is not of the type."""
        if isinstance(value, Quantity):
            return self._amount(_in_unit(value, self.unit)) if self.unit else None
        return None if isinstance(value, Range) else self._index.get(value)

    def cases(self, value: Value) -> range | None:
        """The cases that a value or a range may be in; None for one that has to be looked at itself."""
        if not isinstance(value, Range) or not self.unit:
            case = self.case(value)
            return None if case is None else range(case, case + 1)
        size = units.parse(value.unit).factor / units.parse(self.unit).factor
        first, last = 0, self.size - 1
        if value.low is not None and value.high is not None and value.low >= value.high:
            return None
        if value.low is not None:
            first = self._amount(value.low * size)
            first += first % 2 and not value.low_included
        if value.high is not None:
            last = self._amount(value.high * size)
            last -= last % 2 and not value.high_included
        return range(first, last + 1)

    def sample(self, case: int) -> Value:
        """A value of a case."""
        if not self.unit:
            return self.members[case]
        at, cuts = case // 2, self.cuts
        if case % 2:
            return Quantity(cuts[at], self.unit)
        if not cuts:
            return Quantity(Fraction(1), self.unit)
        if at == 0:
            return Quantity(cuts[0] - 1, self.unit)
        above = cuts[at] if at < len(cuts) else cuts[-1] + 2
        return Quantity((cuts[at - 1] + above) / 2, self.unit)

    def _amount(self, amount: Fraction) -> int:
        numerator, denominator = amount.as_integer_ratio()
        low, high = 0, len(self._ratios)
        while low < high:
            middle = (low + high) // 2
            top, bottom = self._ratios[middle]
            # Products of whole numbers: fractions compare ten times as slowly.
            here, there = numerator * bottom, top * denominator
            if here == there:
                return 2 * middle + 1
            if here < there:
                high = middle
            else:
                low = middle + 1
        return 2 * low


def _in_unit(amount: Quantity, unit: str) -> Fraction:
    if amount.unit == unit:
        return amount.value
    return amount.value * (units.parse(amount.unit).factor / units.parse(unit).factor)


@dataclass(frozen=True, slots=True)
class Axis:
    """The cases that one rule tells apart of one of its names: `known` ones, `missing`, and `assumed`."""

    name: str
    scale: Scale
    merged: tuple[int, ...]
    """The case of the rule for each case of the scale."""
    samples: tuple[Value, ...]
    """A value for each case."""
    assumption: model.Assumption | None
    kind: ValueType

    @property
    def missing(self) -> int:
        """The case of a fact without a value that no assumption replaces."""
        return len(self.samples)

    @property
    def assumed(self) -> int:
        """The case of a fact that the assumption replaces; only where there is one."""
        return len(self.samples) + 1

    @property
    def size(self) -> int:
        """How many cases there are in all."""
        return len(self.samples) + (1 if self.assumption is None else 2)

    def case(self, fact: Fact) -> int | None:
        """The case of a fact; None if several are possible."""
        if fact.missing:
            return self.assumed if self.assumption and fact.reason in ASSUMABLE else self.missing
        case = self.scale.case(fact.possible[0]) if fact.known else None
        return None if case is None else self.merged[case]

    def mask(self, fact: Fact) -> int | None:
        """A bit for each possible case, and the lowest if the value is known; None as in `Scale.cases`."""
        if fact.missing:
            case = self.case(fact)
            return None if case is None else 2 << case
        mask = int(fact.known)
        for value in fact.possible:
            cases = self.scale.cases(value)
            if cases is None:
                return None
            for each in cases:
                mask |= 2 << self.merged[each]
        return mask


def axis_of(
    name: str,
    kind: ValueType,
    leaves: Iterable[model.Leaf],
    assumption: model.Assumption | None,
) -> Axis:
    """The axis of a name from the tests that a rule makes of it.

    Raises ValueError for a comparison of two amounts: the checker makes a calculated value of it.
    """
    tests = list(leaves)
    scale = Scale(kind, [cut for leaf in tests for cut in cuts_of(leaf)])
    pairs = any(_is_pair(leaf) for leaf in tests)
    if pairs and scale.unit:
        raise ValueError(f"`{name}` is compared with another amount; check the rule first")
    singles = [leaf for leaf in tests if not _is_pair(leaf)]
    alike: dict[object, int] = {}
    merged: list[int] = []
    samples: list[Value] = []
    for case in range(scale.size):
        value = scale.sample(case)
        facts = {name: known(value)}
        told_apart = (*(judge(leaf, facts).truth for leaf in singles), case if pairs else None)
        if told_apart not in alike:
            alike[told_apart] = len(samples)
            samples.append(value)
        merged.append(alike[told_apart])
    return Axis(name, scale, tuple(merged), tuple(samples), assumption, kind)


def leaves_of(condition: model.Condition) -> Iterator[model.Leaf]:
    """The single tests of a condition."""
    if isinstance(condition, model.Negation):
        yield from leaves_of(condition.operand)
    elif isinstance(condition, model.All | model.Any):
        for operand in condition.operands:
            yield from leaves_of(operand)
    else:
        yield condition


def _is_pair(leaf: model.Leaf) -> bool:
    return isinstance(leaf, model.Compare) and all(
        isinstance(side, model.InputRef) for side in (leaf.left, leaf.right)
    )
