"""Differential runs: random rules and charts through the reference evaluator and through the product.

`python -m tests.dsl.fuzz --pairs 1000000 --seed 7` compares that many pairs of a rule and a chart, and ends at the
first on which two sides disagree, with everything that is needed to see it again.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from random import Random

from dsl import Advise, Ask, Fact, Finding, Give, Nothing, Rule, RuleFile, check, evaluate, parse_text
from dsl.model import Answer
from tests.dsl.chart_generator import Chart, chart, written
from tests.dsl.reference import Judgement, Library, Meaning, Possible, Reference, dose_meaning, possible
from tests.dsl.rule_generator import NAMES, GeneratedRule, generate
from tests.dsl.support import FUNCTIONS
from dsl.types import QuantityType

CHARTS_PER_RULE = 50

LIBRARY = {
    each.name: Library(
        tuple(
            (parameter.name, parameter.type.unit if isinstance(parameter.type, QuantityType) else None)
            for parameter in each.parameters
        ),
        each.result.unit,
        each.compute,
    )
    for each in FUNCTIONS
}


@dataclass(frozen=True, slots=True)
class Case:
    """A rule that the checker accepts, with everything that can answer for it."""

    seed: str
    generated: GeneratedRule
    rule: Rule
    reference: Reference


@dataclass(slots=True)
class Tally:
    """What a run has seen."""

    rules: int = 0
    rejected: int = 0
    pairs: int = 0
    states: Counter[str] = field(default_factory=Counter)


class Disagreement(AssertionError):
    """Two sides answer one chart differently."""


def case(seed: str) -> Case | None:
    """The rule of a seed; None if the checker has an error to tell of it."""
    generated = generate(Random(seed))
    file = parse_text(generated.text, "generated.rule")
    if not isinstance(file, RuleFile):
        raise AssertionError(f"seed {seed}: the generated rule does not parse: {file.message}\n{generated.text}")
    checked = check([file], NAMES)
    if not checked.rules:
        return None
    return Case(seed, generated, checked.rules[0], Reference(file.rules[0], LIBRARY))


def charts(one: Case, count: int) -> Iterator[Chart]:
    """The first charts of a rule."""
    random = Random(f"{one.seed} charts")
    return (chart(random, one.generated) for _ in range(count))


# ---------------------------------------------------------------- answers made comparable
@dataclass(frozen=True, slots=True)
class Said:
    """An answer in the terms of the reference: amounts in base units, possible values as a set."""

    state: str
    result: Meaning
    asks: tuple[str, ...]
    facts: Mapping[str, tuple[frozenset[object], str | None]]


def _fact(fact: Possible) -> tuple[frozenset[object], str | None]:
    return frozenset(fact.values), fact.reason.value if fact.reason else None


def by_reference(judgement: Judgement) -> Said:
    """What the reference says."""
    facts = {name: _fact(fact) for name, fact in judgement.facts.items()}
    return Said(judgement.state, judgement.result, judgement.asks, facts)


def by_product(finding: Finding, names: Mapping[str, object]) -> Said:
    """What a finding of the product says about the same names."""
    facts = {name: _fact(possible(finding.facts[name])) for name in names}
    state = finding.state.value
    return Said(state, () if state == "outside" else _meaning(finding.result), finding.asks, facts)


def _meaning(answer: Answer) -> Meaning:
    match answer:
        case Give(dose=dose):
            return dose_meaning(dose)
        case Advise(outcome=outcome):
            return "outcome", outcome
        case Nothing():
            return ("none",)
        case Ask():
            return ("ask",)


# ---------------------------------------------------------------- the comparison
def compare(one: Case, facts: Chart) -> Said:
    """What all sides say about a chart; raises `Disagreement` if they do not say the same."""
    expected = by_reference(one.reference.judge(facts))
    found = by_product(evaluate(one.rule, facts), {name: 0 for name in expected.facts if " " not in name})
    expected = Said(expected.state, expected.result, expected.asks, {k: v for k, v in expected.facts.items() if " " not in k})
    if found != expected:
        raise Disagreement(_report(one, facts, {"reference": expected, "evaluate": found}))
    return expected


def _report(one: Case, facts: Mapping[str, Fact], said: Mapping[str, Said]) -> str:
    lines = [f"seed {one.seed}", one.generated.text, written(dict(facts))]
    for side, answer in said.items():
        lines.append(f"{side}: {answer.state} {answer.result} asks {answer.asks}")
    first, *others = said.values()
    for name in first.facts:
        if any(other.facts[name] != first.facts[name] for other in others):
            lines += [f"{side}: {name} is {answer.facts[name]}" for side, answer in said.items()]
    return "\n".join(lines)
