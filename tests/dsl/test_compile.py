"""The compiled function: for every case and every kind of fact it finds what the evaluator finds."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError, replace
from fractions import Fraction
from itertools import product
from math import prod
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl import (
    Fact,
    Finding,
    Quantity,
    QuantityType,
    Range,
    Reason,
    Rule,
    State,
    evaluate,
    known,
    missing,
    quantity,
)
from dsl.compiler.cases import Scale
from dsl.compiler.rule import CompiledRule
from dsl.compiler.service import Service, compile_rules
from dsl.model import Compare, FirstDecision, Give, InputRef
from tests.dsl.chart_generator import chart
from tests.dsl.compiled_rules import BLANK_CELL, BY_NAME, generated_rules, random_facts
from tests.dsl.support import PROPERTY, rounds, rule

NIRAPARIB = BY_NAME["niraparib.start_dose"]


def assert_agrees(service: Service, facts: Mapping[str, Fact]) -> None:
    """Trace, code and exact path of a service of one rule, against the evaluator."""
    (one,) = service.rules
    packed = service.pack(service.gather([facts]))
    expected = evaluate(one.rule, facts)
    (finding,) = service.findings(packed)
    assert finding == expected, facts
    assert list(finding.facts) == list(expected.facts)
    (code,) = service.codes(packed)
    assert one.code(facts) == code, facts
    decided, assumptions = one.outcomes[code].decided, one.outcomes[code].assumptions
    assert (decided.state, decided.asks, decided.decided_by, decided.steps, decided.lines, assumptions) == (
        expected.state, expected.asks, expected.decided_by, expected.steps, expected.lines,
        expected.assumptions,
    ), facts  # fmt: skip


def facts_of_cell(one: CompiledRule, cell: tuple[int, ...]) -> dict[str, Fact]:
    """A chart in the case of each input axis."""
    facts = {}
    for axis, case in zip(one.inputs, cell, strict=False):
        absent = Reason.STALE if axis.assumption and case == axis.assumed else Reason.UNIT
        facts[axis.name] = known(axis.samples[case]) if case < axis.missing else missing(absent)
    return facts


FEW_CELLS = 1200
"""A rule with more cases is tried in so many: one with thirty inputs has more than a machine holds."""


@pytest.mark.parametrize("name", BY_NAME)
def test_every_case_of_a_written_rule_agrees(name: str) -> None:
    service = compile_rules([BY_NAME[name]])
    (one,) = service.rules
    if prod(axis.size for axis in one.axes) <= FEW_CELLS:
        cells = list(one.all_cells())
    else:
        random = Random(name)
        cells = [tuple([random.randrange(axis.size) for axis in one.axes]) for _ in range(FEW_CELLS)]
    for cell in cells:
        assert_agrees(service, facts_of_cell(one, cell))


@pytest.mark.parametrize("name", BY_NAME)
def test_any_facts_of_a_written_rule_agree(name: str) -> None:
    """Several values, ranges (those of a single point too) and every reason of a missing one: H-006."""
    service, random = compile_rules([BY_NAME[name]]), Random(name)
    for _ in range(150):
        assert_agrees(service, random_facts(random, BY_NAME[name]))


@pytest.mark.parametrize("tabulated", [0, 200])
def test_any_facts_of_generated_rules_agree(tabulated: int) -> None:
    """Ahead or when first met, the cells hold the same."""
    for seed, one, generated in generated_rules("compile", rounds(60, 600)):
        service, random = compile_rules([one], tabulated=tabulated), Random(seed)
        calculated = {let.name for let in one.lets}
        for _ in range(12):
            facts = chart(random, generated)
            assert_agrees(service, {name: fact for name, fact in facts.items() if name not in calculated})


def test_all_rules_of_a_service_answer_together() -> None:
    rules = [BY_NAME[name] for name in ("niraparib.start_dose", "clopidogrel.cyp2c19", "dose of weight")]
    service, random = compile_rules([*rules, rules[0]]), Random(3)
    for _ in range(200):
        facts = [random_facts(random, each) for each in rules]
        facts[1].pop("age", None)
        packed = service.pack(service.gather([*facts, {}]))
        shared = {"age": facts[0]["age"]} if "age" in facts[0] else {}
        first = evaluate(rules[0], facts[0])
        expected = [first, evaluate(rules[1], facts[1] | shared), evaluate(rules[2], facts[2]), first]
        assert service.findings(packed) == expected
        codes = service.codes(packed)
        for one, code, finding in zip(service.rules, codes, expected, strict=True):
            assert one.outcomes[code].decided.steps == finding.steps


# ---------------------------------------------------------------- cases
def test_an_axis_is_as_small_as_what_the_rule_tells_apart() -> None:
    """77 kg and 80 kg are one case; so are phenotypes that share each row."""
    sizes = {axis.name: axis.size for axis in CompiledRule(NIRAPARIB).axes}
    assert sizes == {"age": 3, "weight": 3, "platelets": 3, "taking": 3, "bilirubin": 4, "recurrent": 3}
    cyp2c19 = next(
        axis for axis in CompiledRule(BY_NAME["clopidogrel.cyp2c19"]).axes if axis.name == "cyp2c19"
    )
    assert cyp2c19.size == 5


@PROPERTY
@given(
    st.lists(st.fractions(-50, 50, max_denominator=12), max_size=6),
    st.fractions(-60, 60, max_denominator=24),
    st.sampled_from([("kg", 1), ("g", 1000)]),
)
def test_the_case_of_an_amount_says_where_it_is_among_the_cuts(
    cuts: list[Fraction], amount: Fraction, unit: tuple[str, int]
) -> None:
    code, factor = unit
    scale = Scale(QuantityType("kg"), [Quantity(cut, "kg") for cut in cuts])
    case = scale.case(Quantity(amount * factor, code))
    below, at = sum(cut < amount for cut in set(cuts)), amount in cuts
    assert case == 2 * below + at
    assert scale.case(scale.sample(case)) == case


def test_a_cut_is_met_in_every_unit() -> None:
    """H-005: `76999 g` is below `77 kg` and `77000 g` is not."""
    service = compile_rules([NIRAPARIB])
    base = {"age": known(quantity(63, "a")), "platelets": known(quantity(200, "10*3/uL"))}
    doses = []
    for grams in (76999, 77000):
        facts = base | {"weight": known(quantity(grams, "g"))}
        (finding,) = service.findings(service.pack(service.gather([facts])))
        assert isinstance(finding.result, Give)
        doses.append(finding.result.dose.amount.value)
    assert doses == [200, 300]


def test_a_range_of_one_point_is_no_known_value() -> None:
    """The evaluator settles `<` on it and never `=`; tabulated cases would settle both."""
    one = rule(
        """input weight: Quantity[kg] from observation weight within 90 days required
        decide dose first {
          when weight = 77 kg => give 100 mg once daily
          otherwise => none
          unknown => ask weight
        }"""
    )
    point = Fact((Range(Fraction(77), Fraction(77), True, True, "kg"),), Reason.COMPARATOR)
    assert evaluate(one, {"weight": point}).state is State.ASK
    assert_agrees(compile_rules([one]), {"weight": point})


def test_facts_that_are_alike_share_an_answer_and_others_do_not() -> None:
    """Answers are kept by which cases are possible; the ends of a range and two equal values count."""
    one = rule(
        """input weight: Quantity[kg] from observation weight within 90 days required
        decide dose first {
          when weight > 77 kg => give 300 mg once daily
          when weight = 77 kg or weight < 50 kg => give 100 mg once daily
          otherwise => none
          unknown => ask weight
        }"""
    )
    service = compile_rules([one])
    ends = [None, *(Fraction(end) for end in (40, 50, 60, 77, 90))]
    facts = [
        Fact((Range(low, high, low_included, high_included, "kg"),), Reason.COMPARATOR)
        for low, high in product(ends, ends)
        if low is None or high is None or low <= high
        for low_included, high_included in product((True, False), (True, False))
    ]
    points = [Quantity(end, "kg") for end in ends if end is not None]
    facts += [Fact(pair, Reason.CONFLICT) for pair in product(points, points)]
    for fact in (*facts, *map(known, points), *reversed(facts)):
        assert_agrees(service, {"weight": fact})


@pytest.mark.parametrize("value", ["nobody", True, Quantity(Fraction(1), "kg")])
def test_a_value_of_another_type_goes_the_same_way_as_in_the_evaluator(value: str | bool | Quantity) -> None:
    one = BY_NAME["clopidogrel.cyp2c19"]
    assert_agrees(compile_rules([one]), {"age": known(quantity(40, "a")), "cyp2c19": known(value)})


def test_a_column_without_conditions_is_an_axis_too() -> None:
    assert [axis.name for axis in CompiledRule(BY_NAME[BLANK_CELL]).axes] == ["weight", "clearance"]


def test_amounts_compared_with_one_another_are_refused() -> None:
    """Only the checker's difference of the two has cases."""
    decision = NIRAPARIB.decision
    assert isinstance(decision, FirstDecision)
    pair = Compare("<", InputRef("weight"), InputRef("platelets"), "weight < platelets")
    broken = replace(decision, branches=(replace(decision.branches[0], condition=pair),))
    with pytest.raises(ValueError, match="compared with another amount"):
        compile_rules([replace(NIRAPARIB, decision=broken)])


# ---------------------------------------------------------------- ready facts
def test_facts_that_contradict_one_another_are_refused() -> None:
    """Two rules read one datum once; an answer from only one of two facts would be silent."""
    service = compile_rules([NIRAPARIB, BY_NAME["clopidogrel.cyp2c19"]])
    with pytest.raises(ValueError, match="another fact"):
        service.gather([{"age": known(quantity(20, "a"))}, {"age": known(quantity(30, "a"))}])


def test_a_calculated_value_cannot_be_given() -> None:
    with pytest.raises(ValueError, match="no input"):
        compile_rules([BY_NAME["dose of weight"]]).gather([{"slow": known(True)}])


def test_inputs_of_another_age_or_type_do_not_share_a_fact(one: Rule = NIRAPARIB) -> None:
    """A weight of 60 days is known to a rule that takes 90 days and missing to one that takes 30."""
    weight = one.input("weight")
    assert weight.within is not None
    younger = replace(weight, within=weight.within / 3)
    other = replace(one, inputs=tuple(younger if each is weight else each for each in one.inputs))
    service = compile_rules([one, other])
    assert len(service.slots) == len(one.inputs) + 1


# ---------------------------------------------------------------- the generated text
def test_the_text_is_the_same_each_time_and_holds_nothing_of_a_rule() -> None:
    """Words of a rule that were executed would be a way in."""
    rules = list(BY_NAME.values())
    source = compile_rules(rules).source
    assert source == compile_rules(rules).source
    words = set(re.findall(r"[^\W\d]\w*", source))
    ours = re.compile(r"(c|f|n|table|trace|finding|name)\d+(_\d+)?")
    fixed = {
        "def", "named", "codes", "findings", "facts", "packed", "cases", "return", "if", "else", "again",
        "odd", "Draft", "Finding", "finished", "__class__", "rule", "state", "result", "decided_by", "asks",
        "assumptions", "steps", "lines",
    }  # fmt: skip
    assert {word for word in words if not ours.fullmatch(word)} <= fixed


def test_findings_are_frozen_like_any_other() -> None:
    service = compile_rules([NIRAPARIB])
    (finding,) = service.findings(service.pack(service.gather([{}])))
    assert type(finding) is Finding
    with pytest.raises(FrozenInstanceError):
        finding.state = State.ADVICE  # type: ignore[misc]  # the point of the test


def test_outcomes_met_by_several_threads_keep_their_codes() -> None:
    """Two threads that meet two new outcomes at once must not give them one code."""
    one, interval = BY_NAME["mercaptopurine.tpmt_nudt15"], sys.getswitchinterval()
    facts = [random_facts(Random(seed), one) for seed in range(200)]
    expected = [[evaluate(one, each)] for each in facts]
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(5):
            service = compile_rules([one], tabulated=0)
            with ThreadPoolExecutor(4) as pool:
                packed = [service.pack(service.gather([each])) for each in facts]
                assert list(pool.map(service.findings, packed)) == expected
    finally:
        sys.setswitchinterval(interval)


def test_a_service_without_rules_and_a_rule_without_inputs() -> None:
    empty = compile_rules([])
    assert empty.codes(empty.pack([])) == [] == empty.findings(empty.pack([]))
    decision = NIRAPARIB.decision
    assert isinstance(decision, FirstDecision)
    always = replace(decision, branches=decision.branches[-1:])
    constant = replace(NIRAPARIB, decision=always, population_condition=None, inputs=())
    for tabulated in (0, 1):
        assert_agrees(compile_rules([constant], tabulated=tabulated), {})
