"""All rules of a service as one Python function over ready facts: codes only, or with the full trace.

    rules ── compile_rules ──> Service ── pack(facts) ──> Packed ── codes ──> one whole number for each rule
                                                               └── findings ──> what `evaluate` would say

Each rule is tabulated over its cases by the evaluator itself (`dsl.compiler.rule`), so there is one meaning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from dsl.compiler.cases import Axis
from dsl.compiler.rule import CompiledRule
from dsl.compiler.slots import Reader, Slot
from dsl.compiler.source import Again, Memo, Packed, Plan, generate
from dsl.evaluator.evaluate import Finding, finding_of, prepare
from dsl.model import Rule
from dsl.values import Fact
from dsl.witnesses.cases import ABSENT

TABULATED = 4_096
"""A rule of at most so many cells is tabulated when it is compiled; the cells of another when first met."""


class Service:
    """Rules compiled together. Answers come in the order of `rules`; `slots` says what is read."""

    def __init__(self, rules: Iterable[CompiledRule], tabulated: int) -> None:
        self.rules = tuple(rules)
        places: dict[Slot, int] = {}
        self._facts = [
            {
                each.name: places.setdefault(Slot(each.source, each.within, each.type), len(places))
                for each in one.rule.inputs
            }
            for one in self.rules
        ]
        self.slots = tuple(places)
        self._readers, inputs = self._layout()
        self._concerned = [
            frozenset(
                index
                for index, one in enumerate(self.rules)
                if any(self._facts[index][axis.name] == slot for axis in one.inputs)
            )
            for slot in range(len(self.slots))
        ]
        width = sum(len(reader.maps) for reader in self._readers)
        plans: list[Plan] = []
        for index, one in enumerate(self.rules):
            calculated = range(width, width + len(one.calculated))
            width += len(calculated)
            table = one.table() if one.cells <= max(tabulated, 1) else Memo(one)
            cases = (*inputs[index], *calculated)
            plans.append(Plan(one, cases, tuple(self._facts[index].values()), table))
        self.tables = tuple(plan.table for plan in plans)
        """Of each rule: its codes by the case of each axis in turn, or those that were met, by cell."""
        again = Again(self._codes_again, self._findings_again, self._finding)
        generated = generate(plans, width, len(self.slots), again)
        self.source = generated.source
        """The text of the generated functions."""
        self._named = generated.named
        self.codes: Callable[[Packed], list[int]] = generated.codes
        """For each rule the code of what it comes to, by which it stands in the `outcomes` of that rule."""
        self.findings: Callable[[Packed], list[Finding]] = generated.findings
        """For each rule what `dsl.evaluator.evaluate` finds, field for field."""

    def slots_of(self, index: int) -> Mapping[str, int]:
        """The slot of each input of one rule."""
        return self._facts[index]

    def gather(self, facts: Sequence[Mapping[str, Fact]]) -> tuple[Fact, ...]:
        """The fact of each slot, from the facts of each rule by the names of its inputs.

        What no rule has a fact of is missing. Raises ValueError for a fact of anything but an input, and
        where two rules have different facts of one slot.
        """
        gathered: dict[int, Fact] = {}
        for one, places, given in zip(self.rules, self._facts, facts, strict=True):
            for name, fact in given.items():
                if name not in places:
                    raise ValueError(f"`{name}` is no input of `{one.rule.name}`; the rest is calculated")
                if gathered.setdefault(places[name], fact) != fact:
                    raise ValueError(f"`{name}` of `{one.rule.name}` has another fact than in a rule before")
        return tuple(gathered.get(slot, ABSENT) for slot in range(len(self.slots)))

    def pack(self, facts: Sequence[Fact]) -> Packed:
        """Makes facts ready, one for each of `slots` (else ValueError): the costly part, once a patient."""
        named = self._named(facts)
        cases: list[int] = []
        odd: frozenset[int] = frozenset()
        for slot, (reader, fact) in enumerate(zip(self._readers, facts, strict=True)):
            row = reader.read(fact)
            if row is None:
                odd |= self._concerned[slot]
                row = reader.blank
            cases += row
        calculated = {}
        for index, one in enumerate(self.rules):
            if one.calculated:
                effective = calculated[index] = prepare(one.rule, named[index])
                # None only where an input behind it is odd already.
                cases += (axis.case(effective[axis.name]) or 0 for axis in one.calculated)
        return Packed(named, tuple(cases), odd, calculated)

    def _codes_again(self, packed: Packed, codes: list[int]) -> list[int]:
        for index in packed.odd:
            codes[index] = self._code(index, packed, self._effective(index, packed))
        return codes

    def _findings_again(self, packed: Packed, findings: list[Finding]) -> list[Finding]:
        for index in packed.odd:
            findings[index] = self._finding(index, 0, packed)
        return findings

    def _finding(self, index: int, code: int, packed: Packed) -> Finding:
        one, effective = self.rules[index], self._effective(index, packed)
        if index in packed.odd:
            code = self._code(index, packed, effective)
        return finding_of(one.rule, one.outcomes[code].decided, packed.facts[index], effective)

    def _code(self, index: int, packed: Packed, effective: Mapping[str, Fact]) -> int:
        return self.rules[index].code_of_prepared(packed.facts[index], effective)

    def _effective(self, index: int, packed: Packed) -> Mapping[str, Fact]:
        found = packed.calculated.get(index)
        return prepare(self.rules[index].rule, packed.facts[index]) if found is None else found

    def _layout(self) -> tuple[list[Reader], list[list[int]]]:
        """A reader for each slot, and for each rule where the cases of its inputs stand in `Packed.cases`."""
        resting: list[list[Axis]] = [[] for _ in self.slots]
        for places, one in zip(self._facts, self.rules, strict=True):
            for axis in one.inputs:
                resting[places[axis.name]].append(axis)
        readers = [Reader(slot, axes) for slot, axes in zip(self.slots, resting, strict=True)]
        at: dict[tuple[int, tuple[int, ...]], int] = {}
        for slot, reader in enumerate(readers):
            for cases in reader.maps:
                at[slot, cases] = len(at)
        return readers, [
            [at[slot, readers[slot].map_of(axis)] for axis in one.inputs for slot in (places[axis.name],)]
            for places, one in zip(self._facts, self.rules, strict=True)
        ]


def compile_rules(rules: Iterable[Rule], *, tabulated: int = TABULATED) -> Service:
    """The rules of a service as one function. Rules of at most `tabulated` cells are answered ahead.

    Raises ValueError for a rule that the checker would not have made.
    """
    return Service(map(CompiledRule, rules), tabulated)
