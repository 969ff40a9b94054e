"""The product against the reference evaluator, and against what decision 007 says follows from it.

Random well-typed rules and random charts from fixed seeds; `make long` takes more of them, `make fuzz` most.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import islice, product
from math import prod
from random import Random

import pytest

from dsl import RuleFile, State, check, evaluate, parse_text, syntax
from dsl.compiler.service import compile_rules
from dsl.values import Fact, Quantity, Range, Reason, Value
from tests.dsl.chart_generator import Chart, any_value, chart, written
from tests.dsl.fuzz import LIBRARY, Case, Said, by_product, case, charts, run
from tests.dsl.generated_world import NAMES, Kind, Variable
from tests.dsl.reference import Reference, asked, meaning, possible, spread, unit
from tests.dsl.rule_generator import generate
from tests.dsl.support import parsed, rounds

ABSENT = Fact((), Reason.MISSING)


def cases(series: str, count: int) -> Iterator[Case]:
    """Accepted rules of a series."""
    found = (case(f"{series} {number}") for number in range(count))
    return (one for one in found if one is not None)


# ---------------------------------------------------------------- the sides agree
@pytest.mark.parametrize("series", ["suite a", "suite b"])
def test_reference_evaluator_and_compiled_forms_agree(series: str) -> None:
    """State, result with its dose, what is asked for, each fact with its reason; codes, trace, columns."""
    *_, tally = islice(run(series), 50)
    assert tally.pairs == 50 * 50
    assert tally.rules > 3 * tally.rejected, f"the checker rejects too many: {tally}"
    rare = [state for state in State if tally.states[state.value] < tally.pairs / 20]
    assert not rare, f"the charts do not reach every state: {tally}"
    assert min(tally.sides[side] for side in ("evaluate", "traced", "codes", "columns")) > tally.pairs / 3


def test_rules_compiled_together_answer_as_each_alone() -> None:
    """Slots that several rules share, with different cuts, needs and assumptions."""
    together = list(cases("together", 40))
    service = compile_rules([one.rule for one in together])
    named = [service.slots_of(index) for index in range(len(together))]
    for turn in range(20):
        facts: dict[int, Fact] = {}
        for one, slots in zip(together, named, strict=True):
            given = chart(Random(f"{one.seed} {turn}"), one.generated)
            facts = {slots[name]: given.get(name, ABSENT) for name in slots} | facts
        packed = service.pack([facts[slot] for slot in range(len(service.slots))])
        answers = zip(service.codes(packed), service.findings(packed), strict=True)
        for one, rule, slots, (code, finding) in zip(together, service.rules, named, answers, strict=True):
            own = {name: facts[slot] for name, slot in slots.items()}
            alone = evaluate(one.rule, own)
            decided = rule.outcomes[code].decided
            assert finding == alone, f"{one.generated.text}\n{written(own)}"
            assert (decided.state, decided.asks, decided.lines) == (alone.state, alone.asks, alone.lines)
    assert len(service.slots) < sum(map(len, named)) * 3 / 4, "few data are shared"


# ---------------------------------------------------------------- certain answers
def test_a_table_over_inputs_gives_the_certain_answers() -> None:
    """What all completions of the data have in common, else `unknown`: all of it, if the table is `unique`.

    In an ordered one, rows that hide another one together and not alone leave it possible.
    """
    compared = open_answers = 0
    for one in cases("certain", rounds(80, 800)):
        columns = _columns_over_inputs(one)
        decision = one.reference.decision
        if not columns or not isinstance(decision, syntax.Table):
            continue
        clause = meaning(decision.unknown)
        for facts in charts(one, 40):
            options = [_cases_of(one, at, facts.get(each.name)) for at, each in enumerate(columns)]
            if prod(map(len, options)) > 1_000 or facts.keys() - one.reference.inputs.keys():
                continue
            names = [each.name for each in columns]
            rows = {_row(one, facts | dict(zip(names, each, strict=True))) for each in product(*options)}
            answers = {(meaning(row.result), frozenset(asked(row.result))) for row in rows}
            said = _said(one, facts)
            compared += 1
            open_answers += len(answers) == 1 < prod(map(len, options))
            allowed = {clause} if len(answers) > 1 or decision.hit == "first" else set()
            if len(answers) == 1:
                ((common, _),) = answers
                if common[0] == "calculate":
                    # Of the one calculation that is left, the amount may still be unknown.
                    allowed |= {clause, ("give", *said.result[1:])}
                else:
                    allowed.add(common)
            assert said.result in allowed, _told(one, facts, said)
    assert compared > 450
    assert open_answers > 50


def _said(one: Case, facts: Chart) -> Said:
    return by_product(evaluate(one.rule, facts), {})


def _told(one: Case, facts: Chart, said: Said) -> str:
    return f"seed {one.seed}\n{one.generated.text}\n{written(facts)}\n{said}"


def _columns_over_inputs(one: Case) -> list[Variable]:
    """The columns of a table for everybody; none if one is calculated, or there is no table."""
    by_name = {each.name: each for each in one.generated.inputs}
    names = [name for name, _, _ in one.reference.columns]
    if "population any" not in one.generated.text or not by_name.keys() >= set(names):
        return []
    return [by_name[name] for name in names]


def _cases_of(one: Case, at: int, fact: Fact | None) -> list[Fact]:
    """A fact for each case that one column may turn out to be."""
    name, _, cuts = one.reference.columns[at]
    variable = next(each for each in one.generated.inputs if each.name == name)
    fact = fact or ABSENT
    if not fact.possible and (variable.need == "optional" or _is_assumed(variable, fact)):
        return [fact]
    if not isinstance(variable.kind, Kind):
        members: Sequence[Value] = (False, True) if variable.kind is None else variable.kind
        return [Fact((value,)) for value in fact.possible or members]
    anything = Range(None, None, False, False, variable.kind.unit)
    factor = unit(variable.kind.unit)[0]
    points = possible(Fact(fact.possible or (anything,))).points(cuts)
    return [
        Fact((Quantity(point / factor, variable.kind.unit),))
        for point in points
        if isinstance(point, Fraction)
    ]


def _is_assumed(variable: Variable, fact: Fact) -> bool:
    return variable.need == "assume" and fact.reason in (Reason.MISSING, Reason.STALE)


def _row(one: Case, facts: Chart) -> syntax.RowSyntax:
    """The row that fits when every column is known."""
    fitting = {step.line for step in evaluate(one.rule, facts).steps if step.truth is True}
    assert isinstance(one.reference.decision, syntax.Table)
    return next(row for row in one.reference.decision.rows if row.span.line in fitting)


def test_more_data_about_required_inputs_never_change_an_answer() -> None:
    """Which is soundness too, where all of it becomes known."""
    compared = 0
    for one in cases("monotone", rounds(80, 800)):
        random = Random(one.seed)
        if not _is_monotone(one):
            continue
        for facts in charts(one, 30):
            said = _said(one, facts)
            if said.state == "ask" or facts.keys() - one.reference.inputs.keys():
                continue
            for share in (0.5, 0.5, 1, 1):
                more = {
                    each.name: _completed(random, each, facts.get(each.name, ABSENT))
                    if random.random() < share
                    else facts.get(each.name, ABSENT)
                    for each in one.generated.inputs
                }
                after = _said(one, more)
                compared += more != facts
                same = (after.state, after.result) == (said.state, said.result)
                assert same and set(after.asks) <= set(said.asks), (
                    f"{_told(one, facts, said)}\n{written(more)}\n{after}"
                )
    assert compared > 1_000


def _is_monotone(one: Case) -> bool:
    """Whether `unknown` can be told from an answer, and `is known` is said of optional inputs only."""
    questioned = set(re.findall(r"([\w.]+) is (?:known|missing)", one.generated.text))
    optional = {each.name for each in one.generated.inputs if each.need == "optional"}
    return isinstance(one.reference.decision.unknown, syntax.AskSyntax) and questioned <= optional


def _completed(random: Random, variable: Variable, fact: Fact) -> Fact:
    """One of the values that are possible; any for a missing datum, unless that is a case of its own."""
    if not fact.possible:
        kept = variable.need == "optional" or _is_assumed(variable, fact)
        return fact if kept else Fact((any_value(random, variable),))
    value = random.choice(fact.possible)
    if not isinstance(value, Range):
        return Fact((value,))
    assert isinstance(variable.kind, Kind)
    kind, factor = variable.kind, unit(variable.kind.unit)[0]
    (span,) = possible(Fact((value,))).values
    assert isinstance(span, Range)
    cuts = [(kind.lowest + at * kind.step) * factor for at in range(kind.steps)]
    return Fact((Quantity(random.choice(spread(span, cuts)) / factor, kind.unit),))


# ---------------------------------------------------------------- what the checker refuses
def test_what_is_called_unreachable_never_answers() -> None:
    """Without the branches and rows that the checker refuses, whoever is known all of is answered alike."""
    compared, seeds = 0, rounds(100, 4_000)
    for seed in range(seeds):
        generated = generate(Random(f"unreachable {seed}"))
        file = parsed(generated.text)
        found = [each for each in check([file], NAMES).diagnostics if each.code == "BR011"]
        refused = {each.span.line for each in found if "population" not in each.message}
        lines = generated.text.split("\n")
        rest = parse_text("\n".join(line for at, line in enumerate(lines, 1) if at not in refused), "rest")
        if not refused or not isinstance(rest, RuleFile):
            continue
        whole, without = (Reference(each.rules[0], LIBRARY) for each in (file, rest))
        for turn in range(40):
            random = Random(f"{seed} {turn}")
            facts = {each.name: Fact((any_value(random, each),)) for each in generated.inputs}
            said = whole.judge(facts)
            if _is_odd(facts) or not all(fact.known for fact in said.facts.values()):
                continue
            compared += 1
            after = without.judge(facts)
            assert (after.state, after.result) == (said.state, said.result), (
                f"seed {seed}, lines {refused}\n{generated.text}\n{written(facts)}\n{said}\n{after}"
            )
    assert compared > 2 * seeds


def _is_odd(facts: Chart) -> bool:
    """Whether an amount is below zero, which no measurement is."""
    values = (value for fact in facts.values() for value in fact.possible)
    return any(isinstance(value, Quantity) and value.value < 0 for value in values)
