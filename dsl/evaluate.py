"""Applies one rule to facts: certain answers, and the trace that explains them.

A rule answers as soon as every result that is still possible is the same, even with data missing.
Otherwise its `unknown` clause speaks, narrowed to the inputs that could still change the answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from dsl.logic import Facts, Judged, Truth, inputs_of, judge, judge_cell
from dsl.model import (
    Advise,
    Ask,
    Cell,
    FirstDecision,
    Give,
    Input,
    Nothing,
    Result,
    Rule,
    TableDecision,
)
from dsl.values import Fact, Reason, missing


class State(StrEnum):
    """How a rule ended: with advice, with nothing to say, short of data, or not meant for this person."""

    ADVICE = "advice"
    NOTHING = "nothing"
    ASK = "ask"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class Step:
    """One branch or row that was tried, and what came of it."""

    text: str
    truth: Truth
    line: int


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer of one rule for one patient, with everything needed to explain it."""

    rule: Rule
    state: State
    result: Result
    facts: Mapping[str, Fact]
    decided_by: tuple[str, ...]
    """Inputs whose values made the answer what it is, in the order of their declaration."""
    asks: tuple[str, ...]
    """Inputs that could still change the answer."""
    assumptions: tuple[str, ...]
    """What holds only if unknown optional inputs are as the rule takes them to be."""
    steps: tuple[Step, ...]
    lines: tuple[int, ...]
    """Lines of the branches or rows that gave the answer."""


def evaluate(rule: Rule, facts: Mapping[str, Fact]) -> Finding:
    """The finding of a rule; an input without a fact counts as missing."""
    complete = {declared.name: facts.get(declared.name, missing(Reason.MISSING)) for declared in rule.inputs}
    if rule.population_condition is not None:
        judged = judge(rule.population_condition, complete)
        step = Step(f"population: {rule.population}", judged.truth, rule.span.line)
        if judged.truth is not True:
            outside = judged.truth is False
            return Finding(
                rule=rule,
                state=State.OUTSIDE if outside else State.ASK,
                result=Nothing(f"outside the population: {rule.population}") if outside else Ask(()),
                facts=complete,
                decided_by=_in_order(rule, _read(judged, complete)) if outside else (),
                asks=() if outside else _in_order(rule, _unknown(judged, complete)),
                assumptions=(),
                steps=(step,),
                lines=(),
            )
    return _decide(rule, complete)


def _decide(rule: Rule, facts: Facts) -> Finding:
    decision = rule.decision
    outcome = (
        _first(decision, facts) if isinstance(decision, FirstDecision) else _table(rule, decision, facts)
    )
    results = {_key(result): result for result in outcome.results}
    if len(results) == 1:
        result = next(iter(results.values()))
        state = State.ADVICE if isinstance(result, Give | Advise) else State.NOTHING
        if isinstance(result, Ask):
            state = State.ASK
        asks = tuple(name for name in result.ask if not facts[name].known)
        lines = outcome.lines
    else:
        result, lines = decision.unknown, ()
        state = State.ASK if isinstance(result, Ask) else State.NOTHING
        wanted = outcome.unknown & set(result.ask) or outcome.unknown
        asks = _in_order(rule, wanted)
    return Finding(
        rule=rule,
        state=state,
        result=result,
        facts=facts,
        decided_by=_in_order(rule, outcome.read) if state is not State.ASK else (),
        asks=asks,
        assumptions=tuple(
            declared.assuming
            for declared in rule.inputs
            if declared.optional and declared.assuming and not facts[declared.name].known
        )
        if state is State.ADVICE
        else (),
        steps=outcome.steps,
        lines=lines,
    )


@dataclass(frozen=True, slots=True)
class _Tried:
    """What trying all branches or rows came to."""

    results: list[Result]
    steps: tuple[Step, ...]
    lines: tuple[int, ...]
    read: set[str]
    unknown: set[str]


def _first(decision: FirstDecision, facts: Facts) -> _Tried:
    results: list[Result] = []
    steps: list[Step] = []
    lines: list[int] = []
    refuted: set[str] = set()
    read: set[str] = set()
    unknown: set[str] = set()
    for branch in decision.branches:
        judged = Judged(True, ()) if branch.condition is None else judge(branch.condition, facts)
        steps.append(Step(f"{branch.text} => {branch.result}", judged.truth, branch.line))
        if judged.truth is False:
            refuted |= _read(judged, facts)
            continue
        results.append(branch.result)
        lines.append(branch.line)
        if judged.truth is True:
            read |= _read(judged, facts) or refuted
            break
        unknown |= _unknown(judged, facts)
    else:
        results.append(Nothing("no branch applies"))
        read |= refuted
    return _Tried(results, tuple(steps), tuple(lines), read, unknown)


def _table(rule: Rule, decision: TableDecision, facts: Facts) -> _Tried:
    results: list[Result] = []
    steps: list[Step] = []
    lines: list[int] = []
    unknown: set[str] = set()
    read: set[str] = set()
    for row in decision.rows:
        truths = {
            name: _fits(cell, rule.input(name), facts)
            for name, cell in zip(decision.columns, row.cells, strict=True)
        }
        truth: Truth = False if False in truths.values() else None if None in truths.values() else True
        steps.append(Step(row.text, truth, row.line))
        if truth is False:
            continue
        results.append(row.result)
        lines.append(row.line)
        unknown |= {name for name, fits in truths.items() if fits is None}
        read |= {
            name
            for name, cell in zip(decision.columns, row.cells, strict=True)
            if not cell.any and not facts[name].missing
        }
    return _Tried(results, tuple(steps), tuple(lines), read, unknown)


def _fits(cell: Cell, declared: Input, facts: Facts) -> Truth:
    if declared.optional and facts[declared.name].missing:
        return cell.any or cell.missing
    return judge_cell(cell, declared.name, facts)


def _read(judged: Judged, facts: Facts) -> set[str]:
    return {name for leaf, _ in judged.leaves for name in inputs_of(leaf) if not facts[name].missing}


def _unknown(judged: Judged, facts: Facts) -> set[str]:
    return {
        name
        for leaf, truth in judged.leaves
        if truth is None
        for name in inputs_of(leaf)
        if not facts[name].known
    }


def _in_order(rule: Rule, names: set[str]) -> tuple[str, ...]:
    return tuple(declared.name for declared in rule.inputs if declared.name in names)


def _key(result: Result) -> object:
    """Results that say the same to the reader; the reason of a silence is not said."""
    return ("none", result.ask) if isinstance(result, Nothing) else result
