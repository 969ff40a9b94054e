"""The data that may be missing where a rule decides: what each branch or row rests on.

A calculated amount is one datum: without any of the inputs behind it, it is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice, product

from dsl import model
from dsl.evaluator.logic import Facts, Truth, inputs_of, judge
from dsl.values import Fact, Range
from dsl.witnesses.answers import cases_of, dose_inputs, read_by, read_by_decision
from dsl.witnesses.cases import ABSENT, axes_of, spread

MAX_VALUES = 2_000
"""Combinations of values that are tried in place of missing ones."""


@dataclass(frozen=True, slots=True)
class Datum:
    """An input, or the calculated amounts that rest on the same inputs."""

    name: str
    inputs: tuple[str, ...]
    """Without these it is missing."""
    calculated: tuple[str, ...]
    values: tuple[Mapping[str, Fact], ...] = field(compare=False)
    """Facts that could be there instead, for it and for all that is not calculated without it."""

    def missing_in(self, facts: Facts, prepared: Facts) -> bool:
        """Whether it is missing for a patient; an assumed input is, though the decision reads a value."""
        if self.calculated:
            return any(prepared[name].missing for name in self.calculated)
        return facts.get(self.name, ABSENT).missing

    def given_to(self, facts: Facts, prepared: Facts) -> Iterator[dict[str, Fact]]:
        """The same patient with each of its values; nobody if it is not missing."""
        for values in self.values if self.missing_in(facts, prepared) else ():
            lacking = {n: fact for n, fact in values.items() if n in self.inputs or prepared[n].missing}
            yield {**facts, **lacking}

    def taken_from(self, facts: Facts) -> dict[str, Fact]:
        """The same patient without it."""
        kept = {name: fact for name, fact in facts.items() if name not in self.calculated}
        return kept | dict.fromkeys(self.inputs, ABSENT)


class Data:
    """The data of one rule, by what they may matter to."""

    def __init__(self, rule: model.Rule, believable: Mapping[str, Range]) -> None:
        self._rule = rule
        read = read_by_decision(rule)
        self._direct = {name: cases for name, cases in axes_of(rule, believable).items() if name in read}
        self._doses = dose_inputs(rule)
        self._values = self._direct | spread(rule, believable)
        self._inputs = {each.name: each for each in rule.inputs}
        population = rule.population_condition
        self.population = self._data(() if population is None else self._names(population))
        self.cases = tuple(self._data(self._may_matter(at)) for at in range(len(cases_of(rule))))
        """For each branch or row, the data that may matter to it."""

    # -------------------------------------------------------------- names
    def _names(self, *conditions: model.Condition) -> set[str]:
        return read_by(self._rule, conditions)

    def _may_matter(self, at: int) -> set[str]:
        """Names without which another case could answer; what certainly changes nothing is left out."""
        decision = self._rule.decision
        if isinstance(decision, model.FirstDecision):
            names = self._of_branch(decision, at)
        else:
            names = self._of_row(decision, at)
        result = cases_of(self._rule)[at].result
        return (
            names | {*self._rule.reads(result.dose.amount)}
            if isinstance(result, model.GiveCalculated)
            else names
        )

    def _of_branch(self, decision: model.FirstDecision, at: int) -> set[str]:
        own = decision.branches[at].condition
        read = set() if own is None else self._names(own)
        before = [each.condition for each in decision.branches[:at] if each.condition is not None]
        assumed = {each.name for each in self._rule.inputs if each.assume is not None}
        return read | {
            name
            for name in self._names(*before) - read
            if name in assumed
            or any(name in self._names(each) and _truth_without(each, name) is not False for each in before)
        }

    def _of_row(self, decision: model.TableDecision, at: int) -> set[str]:
        names = set()
        for column, name in enumerate(decision.columns):
            optional = name in self._inputs and self._inputs[name].optional
            cell = decision.rows[at].cells[column]
            before = [row.cells[column] for row in decision.rows[:at]] if decision.ordered else []
            fits_missing = cell.any or (optional and cell.missing)
            if not fits_missing or any(not (each.any or (optional and not each.missing)) for each in before):
                names |= self._names(model.IsKnown(name, True, ""))
        return names

    # -------------------------------------------------------------- data
    def _data(self, names: Iterable[str]) -> tuple[Datum, ...]:
        wanted = set(names)
        found = [Datum(name, (name,), (), self._cases((name,))) for name in self._inputs if name in wanted]
        together: dict[tuple[str, ...], list[str]] = {}
        for let in self._rule.lets:
            if let.name in wanted and let.reads:
                together.setdefault(let.reads, []).append(let.name)
        return (*found, *(self._calculated(reads, tuple(lets)) for reads, lets in together.items()))

    def _calculated(self, reads: tuple[str, ...], lets: tuple[str, ...]) -> Datum:
        """Missing without what it needs; inputs that nothing else reads are taken away first."""
        needed = [name for name in reads if not self._inputs[name].optional and not self._inputs[name].assume]
        alone = tuple(name for name in needed if name not in self._direct) or tuple(needed[-1:]) or reads
        return Datum(lets[0], alone, lets, self._cases(alone))

    def _cases(self, inputs: tuple[str, ...]) -> tuple[Mapping[str, Fact], ...]:
        """Values for some inputs, and for whatever is not calculated without them."""
        names = [name for name in inputs if name in self._direct or name in self._doses]
        names += [
            let.name for let in self._rule.lets if let.name in self._direct and {*inputs} & {*let.reads}
        ]
        values = product(*([fact for fact in self._values[name] if not fact.missing] for name in names))
        return tuple(dict(zip(names, facts, strict=True)) for facts in islice(values, MAX_VALUES))


def _truth_without(condition: model.Condition, name: str) -> Truth:
    """The truth of a condition while one name is missing and nothing is known of the others."""
    if isinstance(condition, model.Negation):
        inner = _truth_without(condition.operand, name)
        return None if inner is None else not inner
    if isinstance(condition, model.All | model.Any):
        truths = {_truth_without(operand, name) for operand in condition.operands}
        settling = isinstance(condition, model.Any)
        return settling if settling in truths else None if None in truths else not settling
    return judge(condition, {name: ABSENT}).truth if inputs_of(condition) == {name} else None
