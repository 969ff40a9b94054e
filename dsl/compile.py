"""All rules of a service as one Python function over ready facts: codes only, or with the full trace.

    rules ── compile_rules ──> Service ── pack(facts) ──> Packed ── codes ──> one whole number for each rule
                                                               └── findings ──> what `evaluate` would say

A rule is tabulated over its cases by the evaluator itself (`dsl.compile_rule`), so there is one meaning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from dsl.cases import ABSENT
from dsl.compile_cases import Axis, Scale, refined
from dsl.compile_rule import MAX_KEPT, CompiledRule, Table
from dsl.compile_source import Plan, Reading, generated
from dsl.evaluate import ASSUMABLE, Finding, finding_of, prepare
from dsl.model import Source, Truth
from dsl.types import ValueType
from dsl.values import Fact, Quantity

TABULATED = 4_096
"""Rules of up to so many cells are tabulated when they are compiled; the cells of others when first met."""


@dataclass(frozen=True, slots=True)
class Slot:
    """What several rules may read in common: the same datum, not older than the same age."""

    source: Source
    within: timedelta | None
    type: ValueType


@dataclass(frozen=True, slots=True)
class Packed:
    """The facts of one patient, ready for the rules of one service."""

    facts: tuple[Fact, ...]
    """One for each slot."""
    cases: tuple[int, ...]
    """One for each axis that the rules tell apart."""
    odd: tuple[int, ...]
    """Rules that read a fact of which several values are possible."""
    calculated: Mapping[int, Mapping[str, Fact]]
    """What was assumed and calculated, by the index of the rule that compares it."""


class Service:
    """Rules compiled together; the answers come in the order of the rules."""

    def __init__(self, rules: Iterable[CompiledRule], tabulated: int) -> None:
        self.rules = tuple(rules)
        wanted = [[Slot(each.source, each.within, each.type) for each in one.rule.inputs] for one in self.rules]
        places = {slot: at for at, slot in enumerate(dict.fromkeys(slot for slots in wanted for slot in slots))}
        self.slots = tuple(places)
        """What `pack` takes a fact of, in this order."""
        self._names = [
            {each.name: places[slot] for each, slot in zip(one.rule.inputs, slots, strict=True)}
            for one, slots in zip(self.rules, wanted, strict=True)
        ]
        self._readers: list[_Reader] = []
        readings = self._layout()
        self._own = [index for index, one in enumerate(self.rules) if one.calculated]
        plans = [
            Plan(
                one,
                tuple(readings[index]),
                self._names[index],
                one.table() if one.cells <= tabulated else Memo(one),
            )
            for index, one in enumerate(self.rules)
        ]
        self.source, self._codes, self._traced = generated(plans, self._width, self._with_lets)
        """The text of the generated functions."""

    def _layout(self) -> list[list[int]]:
        """Where each axis of each rule stands in `Packed.cases`."""
        by_slot: list[list[Axis]] = [[] for _ in self.slots]
        for index, one in enumerate(self.rules):
            for axis in one.inputs:
                by_slot[self._names[index][axis.name]].append(axis)
        at: dict[tuple[int, tuple[int, ...]], int] = {}
        for slot, axes in enumerate(by_slot):
            reader = _Reader(self.slots[slot], axes)
            self._readers.append(reader)
            for cases in reader.maps:
                at[slot, cases] = len(at)
        self._width = len(at)
        readings = []
        for index, one in enumerate(self.rules):
            places = [
                at[slot, self._readers[slot].map_of(axis)]
                for axis in one.inputs
                for slot in (self._names[index][axis.name],)
            ]
            readings.append([*places, *range(self._width, self._width + len(one.calculated))])
            self._width += len(one.calculated)
        return readings
