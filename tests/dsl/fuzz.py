"""Differential runs: random rules and charts through the reference evaluator and each form of the product.

`python -m tests.dsl.fuzz --pairs 1000000 --seed 7` compares that many pairs of a rule and a chart, and ends
at the first on which two sides disagree, with everything that is needed to see it again.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from random import Random

from dsl import Finding, Rule, RuleFile, check, evaluate, parse_text
from dsl.compiler.service import Service, compile_rules
from dsl.compiler.source import Packed
from dsl.model import Advise, Give, GiveCalculated, Nothing, Result
from dsl.types import QuantityType
from dsl.values import Dose, Fact, Quantity
from tests.dsl.chart_generator import Chart, chart, plain_chart, written
from tests.dsl.columns_of_charts import decided_in_columns
from tests.dsl.reference import Library, Meaning, Reference, dose_meaning, possible
from tests.dsl.rule_generator import NAMES, GeneratedRule, generate
from tests.dsl.support import FUNCTIONS

CHARTS_PER_RULE = 50
_RULES_BETWEEN_REPORTS = 50
_BY_CHANCE = frozenset({"BR011"})
"""Errors that random conditions may have: branches that nobody reaches. Without any other by construction."""

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
    """A rule that the checker accepts, as the product and as the reference know it."""

    seed: str
    generated: GeneratedRule
    rule: Rule
    reference: Reference


@dataclass(slots=True)
class Tally:
    """What a run has seen: rules accepted and rejected, pairs compared, and how often each side took part."""

    rules: int = 0
    rejected: int = 0
    pairs: int = 0
    states: Counter[str] = field(default_factory=Counter)
    sides: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        counts = ", ".join(f"{name} {seen}" for name, seen in (self.sides + self.states).items())
        return f"{self.pairs} pairs of {self.rules} rules ({self.rejected} rejected): {counts}"


class Disagreement(AssertionError):
    """Two sides answer one chart differently, or the checker refuses a rule that has no fault."""


def case(seed: str) -> Case | None:
    """The rule of a seed; None if one of its branches is never reached."""
    generated = generate(Random(seed))
    file = parse_text(generated.text, "generated.rule")
    if not isinstance(file, RuleFile):
        raise AssertionError(f"seed {seed}: the generated rule does not parse: {file}\n{generated.text}")
    checked = check([file], NAMES)
    if not checked.rules:
        wrong = [
            each for each in checked.diagnostics if each.severity == "error" and each.code not in _BY_CHANCE
        ]
        if wrong:
            raise Disagreement(f"seed {seed}: a rule that is right is refused: {wrong[0]}\n{generated.text}")
        return None
    return Case(seed, generated, checked.rules[0], Reference(file.rules[0], LIBRARY))


def charts(one: Case, number: int) -> Iterator[Chart]:
    """The first charts of a rule; every second one is a row of columns."""
    random = Random(f"{one.seed} charts")
    return ((plain_chart if at % 2 else chart)(random, one.generated) for at in range(number))


# ---------------------------------------------------------------- answers made comparable
@dataclass(frozen=True, slots=True)
class Said:
    """An answer in the terms of the reference: amounts in base units, possible values as a set."""

    state: str
    result: Meaning
    asks: tuple[str, ...]
    facts: Mapping[str, tuple[frozenset[object], str]]


def by_reference(one: Case, facts: Chart) -> Said:
    """What the reference says."""
    judged = one.reference.judge(facts)
    found = {
        name: (frozenset(fact.values), fact.reason or "")
        for name, fact in judged.facts.items()
        if " " not in name
    }
    return Said(judged.state, judged.result, judged.asks, found)


def by_product(finding: Finding, names: Mapping[str, object]) -> Said:
    """What a finding of the product says about the same names."""
    found = {name: possible(finding.facts[name]) for name in names}
    facts = {name: (frozenset(fact.values), fact.reason or "") for name, fact in found.items()}
    state = finding.state.value
    return Said(state, () if state == "outside" else _meaning(finding.result, {}), finding.asks, facts)


def _meaning(result: Result, calculated: Mapping[str, Fact]) -> Meaning:
    match result:
        case Give(dose=dose):
            return dose_meaning(dose)
        case GiveCalculated(dose=dose):
            (amount,) = calculated[dose.amount].possible
            assert isinstance(amount, Quantity)
            return dose_meaning(Dose(amount, dose.times, dose.period, dose.period_unit))
        case Advise(outcome=outcome):
            return "outcome", outcome
        case Nothing():
            return ("none",)
        case _:
            return ("ask",)


# ---------------------------------------------------------------- the comparison
def compare(one: Case, service: Service, facts: Chart) -> tuple[Said, tuple[str, ...]]:
    """What all sides say about a chart, and which they were; `Disagreement` if they do not say the same."""
    expected = by_reference(one, facts)
    finding = evaluate(one.rule, facts)
    said = {"reference": expected, "evaluate": by_product(finding, expected.facts)}
    if not facts.keys() - {each.name for each in one.rule.inputs}:
        packed = service.pack(service.gather([facts]))
        (traced,) = service.findings(packed)
        said["traced"] = by_product(traced, expected.facts)
        said["codes"] = _by_code(service, packed, expected)
        if traced != finding and said["traced"] == expected:
            raise Disagreement(_report(one, facts, said) + f"\n\nthe traces differ:\n{finding}\n{traced}")
    if any(answer != expected for answer in said.values()):
        raise Disagreement(_report(one, facts, said))
    return expected, tuple(said)


def _by_code(service: Service, packed: Packed, expected: Said) -> Said:
    """The decision behind a code; it says nothing of the facts."""
    (code,) = service.codes(packed)
    decided = service.rules[0].outcomes[code].decided
    meaning = _meaning(decided.result, packed.calculated.get(0, {}))
    state = decided.state.value
    return replace(expected, state=state, result=() if state == "outside" else meaning, asks=decided.asks)


def compare_columns(one: Case, service: Service, rows: list[Chart]) -> int:
    """Compares the columns of some charts with the codes for each; says how many rows there were."""
    for facts, code, amount in decided_in_columns(service, rows):
        packed = service.pack(service.gather([facts]))
        result = service.rules[0].outcomes[code].decided.result
        given = evaluate(one.rule, facts).result
        dose = float(given.dose.amount.value) if isinstance(given, Give) else None
        wrong = isinstance(result, GiveCalculated) and amount != dose
        if wrong or [code] != service.codes(packed):
            report = _report(one, facts, {"reference": by_reference(one, facts)})
            raise Disagreement(f"{report}\ncolumns: {result}, dose {amount}")
    return len(rows)


def _report(one: Case, facts: Chart, said: Mapping[str, Said]) -> str:
    lines = [f"seed {one.seed}", one.generated.text, written(facts), ""]
    lines += [
        f"{side}: {answer.state}, {' '.join(map(str, answer.result))}, asks {', '.join(answer.asks) or '-'}"
        for side, answer in said.items()
    ]
    for name in said["reference"].facts:
        if len({answer.facts[name] for answer in said.values()}) > 1:
            lines += [f"{side}: {name} is {answer.facts[name]}" for side, answer in said.items()]
    return "\n".join(lines)


# ---------------------------------------------------------------- runs
def run(series: str, charts_per_rule: int = CHARTS_PER_RULE) -> Iterator[Tally]:
    """Rule after rule of a series without end, each with its charts; the tally so far after each rule."""
    tally = Tally()
    for number in count(1):
        one = case(f"{series}.{number}")
        if one is None:
            tally.rejected += 1
            continue
        tally.rules += 1
        # Every second rule is tabulated ahead, the others when a case is first met.
        service = compile_rules([one.rule]) if number % 2 else compile_rules([one.rule], tabulated=0)
        all_charts = list(charts(one, charts_per_rule))
        try:
            for facts in all_charts:
                said, sides = compare(one, service, facts)
                tally.pairs += 1
                tally.states[said.state] += 1
                tally.sides.update(sides)
            tally.sides["columns"] += compare_columns(one, service, all_charts[1::2])
        except Exception as error:  # whatever it is, it is raised again, with the rule that it comes from
            error.add_note(f"seed {one.seed}\n{one.generated.text}")
            raise
        yield tally


def main() -> int:
    """Runs until enough pairs agree; 1 at the first disagreement, which is printed."""
    parser = argparse.ArgumentParser(prog="python -m tests.dsl.fuzz", description=main.__doc__)
    parser.add_argument("--pairs", type=int, default=1_000_000, help="how many pairs of a rule and a chart")
    parser.add_argument("--seed", default="1", help="another seed is another series of rules")
    options = parser.parse_args()
    try:
        for tally in run(options.seed):
            if tally.rules % _RULES_BETWEEN_REPORTS == 0:
                print(f"\r{tally.pairs} of {options.pairs} pairs", end="", file=sys.stderr, flush=True)
            if tally.pairs >= options.pairs:
                print(file=sys.stderr)
                print(tally)
                return 0
    except Disagreement as error:
        print(f"\n{error}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
