"""One rule as a table of its cases, filled by the evaluator itself: there is no second meaning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, product
from math import prod

from dsl import model
from dsl.compiler.cases import Axis, axis_of, leaves_of
from dsl.evaluator.calculate import with_calculated
from dsl.evaluator.evaluate import Decided, decide, finding_of, prepare
from dsl.evaluator.logic import inputs_of
from dsl.values import Fact, Reason, known, missing
from dsl.witnesses.cases import ABSENT, decision_conditions

MAX_KEPT = 65_536
"""Of more cases than this, the answers of one rule are found anew each time."""

Trace = tuple[object, ...]
"""The fields of a finding that do not depend on the facts beyond their cases, in the order of `TRACED`."""

TRACED = ("rule", "state", "result", "decided_by", "asks", "assumptions", "steps", "lines")

Table = int | tuple["Table", ...]
"""The code of an answer, or one table for each case of the next axis. Equal tables are one object."""

_UNUSABLE = missing(Reason.CONFLICT)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a rule comes to, and what it then takes for granted."""

    decided: Decided
    assumptions: tuple[str, ...]


class CompiledRule:
    """A rule, the axes of its cases, and the outcomes met so far, each by its code; threads may share it."""

    def __init__(self, rule: model.Rule) -> None:
        self.rule = rule
        self.inputs, self.calculated = _axes(rule)
        self.axes = (*self.inputs, *self.calculated)
        needed = _needed(rule)
        self._others = {declared.name: ABSENT for declared in rule.inputs}
        self._others |= {let.name: ABSENT for let in rule.lets if let.name not in needed}
        self.outcomes: dict[int, Outcome] = {}
        self.cells = prod(axis.size for axis in self.axes)
        """How many combinations of cases there are."""
        self.traces: dict[int, Trace] = {}
        """One for each outcome, by its code."""
        self._numbers = count()
        self._codes: dict[Outcome, int] = {}
        self._by_mask: dict[tuple[int, ...], int] = {}

    def code(self, facts: Mapping[str, Fact]) -> int:
        """The code of the outcome for any facts, whatever is known of them; they are named as in the rule."""
        return self.code_of_prepared(facts, prepare(self.rule, facts))

    def code_of_prepared(self, facts: Mapping[str, Fact], effective: Mapping[str, Fact]) -> int:
        """As `code`, where assumptions and calculations are done already."""
        masks = [axis.mask(facts.get(axis.name, ABSENT)) for axis in self.inputs]
        masks += [axis.mask(effective[axis.name]) for axis in self.calculated]
        key = tuple(mask for mask in masks if mask is not None)
        if len(key) == len(masks) and key in self._by_mask:
            return self._by_mask[key]
        code = self._code(facts, effective)
        if len(key) == len(masks) and len(self._by_mask) < MAX_KEPT:
            self._by_mask[key] = code
        return code

    def code_of_cell(self, cell: Sequence[int]) -> int:
        """The code of the outcome for one case of each axis."""
        facts, effective = {}, dict(self._others)
        for axis, case in zip(self.axes, cell, strict=True):
            if case < axis.missing:
                fact = found = known(axis.samples[case])
            elif case == axis.missing or axis.assumption is None:
                fact = found = _UNUSABLE
            else:
                fact, found = known(axis.assumption.value), ABSENT
            facts[axis.name], effective[axis.name] = found, fact
        return self._code(facts, with_calculated(self.rule.lets, effective))

    def table(self) -> Table:
        """The codes of all cells, by the case of each axis in turn."""
        return _folded([axis.size for axis in self.axes], map(self.code_of_cell, self.all_cells()), {})

    def all_cells(self) -> Iterator[tuple[int, ...]]:
        """Every combination of cases, the last axis running fastest."""
        return product(*(range(axis.size) for axis in self.axes))

    def _code(self, facts: Mapping[str, Fact], effective: Mapping[str, Fact]) -> int:
        decided = decide(self.rule, effective)
        finding = finding_of(self.rule, decided, facts, effective)
        outcome = Outcome(decided, finding.assumptions)
        code = self._codes.get(outcome)
        if code is None:
            # Kept before it is told: where two threads meet one outcome, a number stays unused.
            number = next(self._numbers)
            self.outcomes[number] = outcome
            self.traces[number] = tuple(getattr(finding, field) for field in TRACED)
            code = self._codes.setdefault(outcome, number)
        return code


def _folded(sizes: list[int], codes: Iterator[int], kept: dict[Table, Table]) -> Table:
    if not sizes:
        return next(codes)
    table = tuple(_folded(sizes[1:], codes, kept) for _ in range(sizes[0]))
    return kept.setdefault(table, table)


def _axes(rule: model.Rule) -> tuple[tuple[Axis, ...], tuple[Axis, ...]]:
    """An axis for each input that can make a difference, and for each amount or option that is calculated."""
    leaves = _needed(rule)
    relevant = {each for name in leaves for each in rule.reads(name)}
    relevant.update(name for result in results_of(rule) for name in result.ask)
    relevant.update(each.name for each in rule.inputs if each.assume or (each.optional and each.assuming))
    inputs = tuple(
        axis_of(each.name, each.type, leaves.get(each.name, ()), each.assume)
        for each in rule.inputs
        if each.name in relevant
    )
    calculated = tuple(
        axis_of(let.name, let.type, leaves[let.name], None)
        for let in rule.lets
        if let.name in leaves and not isinstance(let.value, model.Truth)
    )
    return inputs, calculated


def _needed(rule: model.Rule) -> dict[str, list[model.Leaf]]:
    """The names that the decision reads, with every test that it makes of them."""
    leaves: dict[str, list[model.Leaf]] = {
        result.dose.amount: [] for result in results_of(rule) if isinstance(result, model.GiveCalculated)
    }
    if isinstance(rule.decision, model.TableDecision):
        # A cell that says only `missing` has no condition.
        leaves |= {name: [] for name in rule.decision.columns}
    truths = {let.name: let.value.condition for let in rule.lets if isinstance(let.value, model.Truth)}
    waiting = [*decision_conditions(rule), *(truths[name] for name in leaves if name in truths)]
    while waiting:
        for leaf in leaves_of(waiting.pop()):
            for name in inputs_of(leaf):
                if name in truths and name not in leaves:
                    waiting.append(truths[name])
                leaves.setdefault(name, []).append(leaf)
    return leaves


def results_of(rule: model.Rule) -> list[model.Result]:
    """Every result that a rule may come to, that of `unknown` last."""
    decision = rule.decision
    parts = decision.branches if isinstance(decision, model.FirstDecision) else decision.rows
    return [*(part.result for part in parts), decision.unknown]
