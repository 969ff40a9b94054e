"""Applies one rule to facts: certain answers, and the trace that explains them.

A rule answers as soon as every result that is still possible is the same, even with data missing.
Otherwise its `unknown` clause speaks, narrowed to the inputs that could still change the answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from dsl import units
from dsl.evaluator.calculate import with_calculated
from dsl.evaluator.logic import Facts, Judged, Truth, inputs_of, judge, judge_cell
from dsl.model import (
    Advise,
    Answer,
    Ask,
    Condition,
    FirstDecision,
    Give,
    GiveCalculated,
    Nothing,
    Result,
    Rule,
    TableDecision,
)
from dsl.values import Dose, Fact, Quantity, Reason, known, missing

ASSUMABLE = frozenset({Reason.MISSING, Reason.STALE})
"""Where an assumption may stand in: nothing is on file. What is there but unusable is never assumed away."""

_ABSENT = missing(Reason.MISSING)


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
class Decided:
    """What a rule comes to; a function of which values are possible, so it may be kept and used again."""

    state: State
    result: Result
    decided_by: tuple[str, ...]
    """Inputs whose values made the answer what it is, in the order of their declaration."""
    asks: tuple[str, ...]
    """Inputs that could still change the answer."""
    steps: tuple[Step, ...]
    lines: tuple[int, ...]
    """Lines of the branches or rows that gave the answer."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer of one rule for one patient, with everything needed to explain it."""

    rule: Rule
    state: State
    result: Answer
    facts: Mapping[str, Fact]
    """The inputs as they were found, and the values calculated from them."""
    decided_by: tuple[str, ...]
    asks: tuple[str, ...]
    assumptions: tuple[str, ...]
    """What holds only if unknown inputs are as the rule takes them to be."""
    steps: tuple[Step, ...]
    lines: tuple[int, ...]

    @property
    def advises(self) -> bool:
        """Whether a clinician is told to do something: a quiet outcome is an answer, but no advice."""
        if isinstance(self.result, Advise):
            return self.rule.outcome(self.result.outcome).indicator is not None
        return self.state is State.ADVICE


def evaluate(rule: Rule, facts: Mapping[str, Fact]) -> Finding:
    """The finding of a rule; an input without a fact counts as missing, a `let` without one is calculated."""
    effective = prepare(rule, facts)
    return finding_of(rule, decide(rule, effective), facts, effective)


def prepare(rule: Rule, facts: Mapping[str, Fact]) -> dict[str, Fact]:
    """What the decision reads: every input, assumed where that is allowed, and every calculated value."""
    effective = {}
    for declared in rule.inputs:
        fact = facts.get(declared.name, _ABSENT)
        if declared.assume is not None and fact.missing and fact.reason in ASSUMABLE:
            fact = known(declared.assume.value)
        effective[declared.name] = fact
    if rule.lets:
        effective |= {let.name: facts[let.name] for let in rule.lets if let.name in facts}
        return with_calculated(rule.lets, effective)
    return effective


def decide(rule: Rule, facts: Facts, *, anyone: bool = False) -> Decided:
    """The decision on prepared facts; with `anyone`, as of somebody whom the rule is meant for."""
    if rule.population_condition is not None and not anyone:
        judged = judge(rule.population_condition, facts)
        step = Step(f"population: {rule.population}", judged.truth, rule.span.line)
        if judged.truth is not True:
            outside = judged.truth is False
            return Decided(
                state=State.OUTSIDE if outside else State.ASK,
                result=Nothing(f"outside the population: {rule.population}") if outside else Ask(()),
                decided_by=_in_order(rule, _read(rule, judged, facts)) if outside else (),
                asks=_in_order(rule, _unknown(rule, judged, facts)),
                steps=(step,),
                lines=(),
            )
    decision = rule.decision
    tried = (
        _first(rule, decision, facts)
        if isinstance(decision, FirstDecision)
        else _table(rule, decision, facts)
    )
    results = {meaning(result): result for result in tried.results}
    result = next(iter(results.values()), decision.unknown)
    uncalculated = {
        name
        for each in results.values()
        if isinstance(each, GiveCalculated) and not facts[each.dose.amount].known
        for name in rule.reads(each.dose.amount)
        if not facts[name].known
    }
    if len(results) != 1 or (isinstance(result, GiveCalculated) and not facts[result.dose.amount].known):
        asked = decision.unknown
        wanted = (tried.unknown | uncalculated) & set(asked.ask) or tried.unknown | uncalculated
        return Decided(
            state=State.ASK if isinstance(asked, Ask) else State.NOTHING,
            result=asked,
            decided_by=_in_order(rule, tried.read) if isinstance(asked, Nothing) else (),
            asks=_in_order(rule, wanted),
            steps=tried.steps,
            lines=(),
        )
    state = State.ASK if isinstance(result, Ask) else State.ADVICE
    return Decided(
        state=State.NOTHING if isinstance(result, Nothing) else state,
        result=result,
        decided_by=_in_order(rule, tried.read) if state is not State.ASK else (),
        asks=tuple(name for name in result.ask if not facts[name].known),
        steps=tried.steps,
        lines=tried.lines,
    )


def finding_of(rule: Rule, decided: Decided, facts: Mapping[str, Fact], effective: Facts) -> Finding:
    """The decision with the facts that it rests on and the dose that was calculated from them."""
    found = {declared.name: facts.get(declared.name, _ABSENT) for declared in rule.inputs}
    found |= {let.name: effective[let.name] for let in rule.lets}
    result = decided.result
    if isinstance(result, GiveCalculated):
        (amount,) = effective[result.dose.amount].possible
        assert isinstance(amount, Quantity)
        dose = Dose(amount, result.dose.times, result.dose.period, result.dose.period_unit)
        result = Give(dose, result.ask)
    return Finding(
        rule=rule,
        state=decided.state,
        result=result,
        facts=found,
        decided_by=decided.decided_by,
        asks=decided.asks,
        assumptions=_assumptions(rule, found) if decided.state is State.ADVICE else (),
        steps=decided.steps,
        lines=decided.lines,
    )


def holds(condition: Condition, finding: Finding) -> Truth:
    """Whether a condition holds on what was found; nothing that was assumed counts as known."""
    inputs = {declared.name: finding.facts[declared.name] for declared in finding.rule.inputs}
    return judge(condition, with_calculated(finding.rule.lets, inputs)).truth


def _assumptions(rule: Rule, found: Facts) -> tuple[str, ...]:
    words = []
    for declared in rule.inputs:
        fact = found[declared.name]
        if declared.optional and declared.assuming and not fact.known:
            words.append(declared.assuming)
        elif declared.assume is not None and fact.missing and fact.reason in ASSUMABLE:
            value = declared.assume.value
            shown = str(value).lower() if isinstance(value, bool) else str(value).replace("_", " ")
            words.append(f"{declared.name.replace('_', ' ')} is {shown} ({declared.assume.because})")
    return tuple(words)


@dataclass(frozen=True, slots=True)
class _Tried:
    """What trying all branches or rows came to."""

    results: list[Result]
    steps: tuple[Step, ...]
    lines: tuple[int, ...]
    read: set[str]
    unknown: set[str]


def _first(rule: Rule, decision: FirstDecision, facts: Facts) -> _Tried:
    results: list[Result] = []
    steps: list[Step] = []
    lines: list[int] = []
    refuted: set[str] = set()
    unknown: set[str] = set()
    for branch in decision.branches:
        judged = Judged(True, ()) if branch.condition is None else judge(branch.condition, facts)
        steps.append(Step(f"{branch.text} => {branch.result}", judged.truth, branch.line))
        if judged.truth is False:
            refuted |= _read(rule, judged, facts)
            continue
        results.append(branch.result)
        lines.append(branch.line)
        if judged.truth is True:
            read = _read(rule, judged, facts) or refuted
            break
        unknown |= _unknown(rule, judged, facts)
    else:
        results.append(Nothing("no branch applies"))
        read = refuted
    return _Tried(results, tuple(steps), tuple(lines), read, unknown)


def _table(rule: Rule, decision: TableDecision, facts: Facts) -> _Tried:
    results: list[Result] = []
    steps: list[Step] = []
    lines: list[int] = []
    unknown: set[str] = set()
    read: set[str] = set()
    optional = {declared.name for declared in rule.inputs if declared.optional}
    absent = {name for name in decision.columns if name in optional and facts[name].missing}
    for row in decision.rows:
        fits: Truth = True
        open_cells: list[str] = []
        for name, cell in zip(decision.columns, row.cells, strict=True):
            fits = cell.any or cell.missing if name in absent else judge_cell(cell, name, facts)
            if fits is False:
                break
            if fits is None:
                open_cells.append(name)
        truth: Truth = False if fits is False else None if open_cells else True
        steps.append(Step(row.text, truth, row.line))
        if truth is False:
            continue
        results.append(row.result)
        lines.append(row.line)
        unknown.update(open_cells)
        read |= {name for name, cell in zip(decision.columns, row.cells, strict=True) if not cell.any}
        if truth is True and decision.ordered:
            break
    return _Tried(
        results,
        tuple(steps),
        tuple(lines),
        {each for name in read for each in rule.reads(name) if not facts[each].missing},
        {each for name in unknown for each in rule.reads(name) if not facts[each].known},
    )


def _read(rule: Rule, judged: Judged, facts: Facts) -> set[str]:
    names = {name for leaf, _ in judged.leaves for name in inputs_of(leaf)}
    return {each for name in names for each in rule.reads(name) if not facts[each].missing}


def _unknown(rule: Rule, judged: Judged, facts: Facts) -> set[str]:
    names = {name for leaf, truth in judged.leaves if truth is None for name in inputs_of(leaf)}
    return {each for name in names for each in rule.reads(name) if not facts[each].known}


def _in_order(rule: Rule, names: set[str]) -> tuple[str, ...]:
    return tuple(declared.name for declared in rule.inputs if declared.name in names)


def meaning(result: Result) -> object:
    """Results that say the same to the reader; the reason of a silence is not said."""
    asked = frozenset(result.ask)
    if isinstance(result, Nothing):
        return "none", asked
    if isinstance(result, Give):
        dose, unit = result.dose, units.parse(result.dose.amount.unit)
        seconds = dose.period * units.parse(dose.period_unit.value).factor
        return "give", dose.amount.value * unit.factor, unit.dimensions, dose.times / seconds, asked
    if isinstance(result, Ask):
        return "ask", asked
    return result.dose if isinstance(result, GiveCalculated) else result.outcome, asked
