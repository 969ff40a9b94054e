"""What several rules read in common, classified once for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from dsl.compiler.cases import Axis, Scale
from dsl.evaluator.evaluate import ASSUMABLE
from dsl.model import Source
from dsl.types import ValueType
from dsl.values import Fact, Quantity


@dataclass(frozen=True, slots=True)
class Slot:
    """One datum that rules read: inputs of the same source, greatest age and type share it."""

    source: Source
    within: timedelta | None
    type: ValueType


class Reader:
    """Turns the fact of one slot into the cases of all axes that rest on it."""

    def __init__(self, slot: Slot, axes: Sequence[Axis]) -> None:
        self.slot = slot
        cuts = [Quantity(cut, axis.scale.unit) for axis in axes for cut in axis.scale.cuts]
        self.scale = Scale(slot.type, cuts)
        self.maps = tuple(dict.fromkeys(map(self.map_of, axes)))
        """For each way in which rules tell cases apart: the case of the rule, by the state of the slot."""
        states = range(self.scale.size + 2)
        self._rows = [tuple(cases[state] for cases in self.maps) for state in states]
        self.blank = (0,) * len(self.maps)

    def map_of(self, axis: Axis) -> tuple[int, ...]:
        """The case of an axis for each state of the slot: known, missing but assumable, missing."""
        found = [axis.scale.case(self.scale.sample(case)) for case in range(self.scale.size)]
        absent = axis.missing if axis.assumption is None else axis.assumed
        return (*(axis.merged[case] for case in found if case is not None), absent, axis.missing)

    def read(self, fact: Fact) -> tuple[int, ...] | None:
        """The case for each of `maps`; None if several values are possible or one of another type."""
        if not fact.possible:
            return self._rows[-2 if fact.reason in ASSUMABLE else -1]
        if len(fact.possible) > 1:
            return None
        state = self.scale.case(fact.possible[0])
        return None if state is None else self._rows[state]
