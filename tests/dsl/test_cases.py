"""Cases that stand for every patient, and the search over them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl import Fact, Range, Reason, known, missing, quantity
from dsl.evaluator.logic import Truth, representatives
from dsl.types import QuantityType
from dsl.values import Quantity
from dsl.witnesses.cases import (
    ABSENT,
    asks_for_presence,
    axes_of,
    described,
    in_unit,
    known_cases,
    people_of,
    spread,
    witness,
)
from dsl.witnesses.search import Search, search
from tests.dsl.support import PROPERTY, halves, rule

POINTS = st.sampled_from(halves(-3, 3))


@st.composite
def spans(draw: st.DrawFn) -> Range:
    """Any span in kg that is not empty."""
    low, high = draw(st.none() | POINTS), draw(st.none() | POINTS)
    low_included, high_included = draw(st.booleans()), draw(st.booleans())
    if low is not None and high is not None and low >= high:
        high, low_included, high_included = low, True, True
    return Range(low, high, low is not None and low_included, high is not None and high_included, "kg")


def inside(value: Fraction, span: Range) -> bool:
    above = span.low is None or value > span.low or (span.low_included and value == span.low)
    return above and (span.high is None or value < span.high or (span.high_included and value == span.high))


def side(value: Fraction, cuts: Sequence[Fraction]) -> tuple[bool, ...]:
    """Where a value lies among the cuts; two values on the same side of all behave alike."""
    return tuple(answer for cut in cuts for answer in (value < cut, value > cut))


def test_words_of_a_witness_are_those_of_the_rule() -> None:
    assert [described("x", known(value)) for value in (True, "PM", quantity(2, "a"))] == [
        "x = true", "x = PM", "x = 2 years",
    ]  # fmt: skip


@PROPERTY
@given(spans(), st.lists(POINTS, max_size=4))
def test_representatives_stand_for_the_whole_span(span: Range, cuts: list[Fraction]) -> None:
    """All of them lie in the span, no two behave alike, and none of what can happen is left out."""
    found = representatives(span, [Quantity(cut * 1000, "g") for cut in cuts])
    values = [each.value for each in found]
    assert all(inside(value, span) for value in values)
    assert {each.unit for each in found} == {"kg"}
    fine = [value for value in halves(-40, 40, 10) if inside(value, span)] or values
    sides = [side(value, cuts) for value in values]
    assert {side(value, cuts) for value in fine} == set(sides)
    assert len(set(sides)) == len(sides)


def test_a_span_in_another_unit() -> None:
    grams = in_unit(Range(Fraction(1), None, True, False, "kg"), "g")
    assert grams == Range(Fraction(1000), None, True, False, "g")


@pytest.mark.parametrize(
    "fact, words",
    [
        (known(quantity("76.99", "kg")), "x = 76.99 kg"),
        (known(quantity(18, "a")), "x = 18 years"),
        (known(quantity("1.5", "1")), "x = 1.5"),
        (known("poor"), "x = poor"),
        (known(True), "x = true"),
        (missing(Reason.STALE), "x missing"),
    ],
)
def test_a_witness_is_written_as_a_test_gives_it(fact: Fact, words: str) -> None:
    assert described("x", fact) == words
    assert witness([("x", fact), ("y", known(False))]) == f"{words}, y = false"


# ---------------------------------------------------------------- search
DIGITS = {name: [known(quantity(value, "1")) for value in range(6)] for name in ("a", "b", "c")}


def number(fact: Fact) -> Fraction | None:
    value = fact.possible[0] if fact.known else None
    return value.value if isinstance(value, Quantity) else None


def sums_to(total: int) -> Callable[[Mapping[str, Fact]], Truth]:
    def goal(facts: Mapping[str, Fact]) -> Truth:
        values = [number(fact) for fact in facts.values()]
        return None if None in values else sum(value for value in values if value is not None) == total

    return goal


def test_search_finds_a_patient_or_proves_that_there_is_none() -> None:
    found = search(DIGITS, sums_to(14))
    assert found.patient is not None and not found.exhausted
    assert sum(number(fact) or 0 for fact in found.patient.values()) == 14
    assert search(DIGITS, sums_to(16)) == type(found)(None, True)


def test_search_gives_up_without_claiming_a_proof() -> None:
    many = {str(index): DIGITS["a"] for index in range(8)}
    assert search(many, sums_to(99)) == type(search(DIGITS, sums_to(0)))(None, False)
    absent = {str(index): [*DIGITS["a"], ABSENT] for index in range(20)}
    assert not search(absent, lambda facts: False).exhausted


def test_what_stays_open_is_no_patient() -> None:
    """A goal that is not settled when everything is known has not been met."""
    assert search(DIGITS, lambda facts: None) == Search(None, True)
    found = search(DIGITS, lambda facts: True)
    assert found == Search(found.patient, False) and found.patient is not None


@pytest.mark.parametrize(("steps", "exhausted"), [(7, True), (6, False), (1, False)])
def test_search_is_bounded_by_its_steps(monkeypatch: pytest.MonkeyPatch, steps: int, exhausted: bool) -> None:
    """One look at six open values together, and one at each."""
    monkeypatch.setattr("dsl.witnesses.search.MAX_STEPS", steps)
    assert search({"a": DIGITS["a"]}, lambda facts: None) == Search(None, exhausted)


@pytest.mark.parametrize(("steps", "exhausted"), [(2, True), (1, False)])
def test_search_is_bounded_by_its_starts(
    monkeypatch: pytest.MonkeyPatch, steps: int, exhausted: bool
) -> None:
    monkeypatch.setattr("dsl.witnesses.search.MAX_STEPS", steps)
    assert search({"a": [known(True), ABSENT]}, lambda facts: False) == Search(None, exhausted)


def test_missing_is_tried_once_whatever_the_reason() -> None:
    seen: list[Fact] = []

    def goal(facts: Mapping[str, Fact]) -> Truth:
        seen.extend(facts.values())
        return False

    search({"a": [ABSENT, missing(Reason.STALE)]}, goal)
    assert seen == [ABSENT]


def test_search_tries_what_is_missing_too() -> None:
    axes = {"a": [known(True), known(False), ABSENT], "b": [ABSENT]}
    seen: list[tuple[bool, ...]] = []

    def goal(facts: Mapping[str, Fact]) -> Truth:
        seen.append(tuple(fact.missing for fact in facts.values()))
        return facts["a"].missing

    patient = search(axes, goal).patient
    assert patient is not None and patient["a"].missing and patient["b"].missing
    assert seen[0] == (False, True), "nothing missing comes first where there is a choice"


# ---------------------------------------------------------------- axes
def test_an_axis_holds_what_a_rule_can_tell_apart() -> None:
    ruled = rule(
        """input weight: Quantity[kg] from observation weight within 90 days required
        input gene: Phenotype from phenotype CYP2C19 lifetime optional
        input unread: Boolean from condition stroke required
        decide dose first {
          when weight < 50 kg and gene = poor => none
          when weight is missing              => ask weight
          otherwise                           => none
          unknown                             => ask weight
        }"""
    )
    axes = axes_of(ruled, {"weight": Range(Fraction(40), Fraction(60), True, True, "kg")})
    shown = {name: [described(name, fact) for fact in cases] for name, cases in axes.items()}
    assert shown == {
        "weight": ["weight = 45 kg", "weight = 50 kg", "weight = 55 kg", "weight missing"],
        "gene": ["gene = normal", "gene = intermediate", "gene = poor", "gene missing"],
    }
    assert [described("x", fact) for fact in known_cases(QuantityType("kg"), [])] == ["x = 1 kg"]


CALCULATING = """input weight: Quantity[kg] from observation weight within 90 days required
    input other: Quantity[kg] from observation weight within 90 days required
    input gene: Phenotype from phenotype CYP2C19 lifetime required
    input stroke: Boolean from condition stroke optional
    let both  = weight + other
    let heavy = both > 100 kg
    let sure  = heavy and gene = poor
    decide dose first {
      when CONDITION => none
      unknown        => ask weight
    }"""


def lacking(condition: str) -> set[str]:
    axes = axes_of(rule(CALCULATING.replace("CONDITION", condition)), {})
    return {name for name, cases in axes.items() if ABSENT in cases}


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ("sure", set[str]()),
        ("sure is known", {"both", "gene"}),
        ("heavy is known and sure", {"both"}),
        ("both is known and sure", {"both"}),
        ("weight is known and sure", {"weight"}),
        ("stroke and sure", {"stroke"}),
    ],
)
def test_whether_a_truth_is_known_rests_on_what_it_reads(condition: str, names: set[str]) -> None:
    assert lacking(condition) == names
    ruled = rule(CALCULATING.replace("CONDITION", condition))
    assert asks_for_presence(ruled) is (" is known" in condition and "weight is" not in condition)


def amounts(facts: Sequence[Fact]) -> list[Fraction]:
    return [value.value for fact in facts for value in fact.possible if isinstance(value, Quantity)]


def test_people_for_what_is_only_calculated_with() -> None:
    believable = {"other": Range(Fraction(40), Fraction(60), True, True, "kg")}
    people = spread(rule(CALCULATING.replace("CONDITION", "sure and stroke")), believable)
    assert list(people) == ["weight", "other"]
    assert amounts(people["weight"]) == [19, 20, 30, 40, 50, 60, 70, 80, 81]
    others = amounts(people["other"])
    assert 40 <= min(others) < 41 and 55 < max(others) <= 60 and len(others) == 15
    assert list(spread(rule(CALCULATING.replace("CONDITION", "weight > 3 kg and sure")), {})) == ["other"]
    [declared] = rule(
        """input gene: Phenotype from phenotype CYP2C19 lifetime required
        decide d first { when gene = poor => none unknown => none }"""
    ).inputs
    genes = [str(fact.possible[0]) for fact in people_of(declared, None)]
    assert genes == ["normal", "intermediate", "poor"]


def test_people_over_a_span_that_starts_at_nothing() -> None:
    """Amounts near zero are no people: the first lies at a ten-thousandth of the greatest, or above."""
    ruled = rule(CALCULATING.replace("CONDITION", "sure"))
    cases = people_of(ruled.inputs[0], Range(Fraction(0), Fraction(100), False, True, "kg"))
    found = amounts(cases)
    low = Fraction(1, 100)
    cuts = [low + (100 - low) * step**2 / 64 for step in range(1, 8)]
    assert [amount for amount in found if amount in cuts] == cuts and len(found) == 15
    half_open = people_of(ruled.inputs[0], Range(Fraction(1), None, True, False, "kg"))
    assert quantity(20, "kg") in [fact.possible[0] for fact in half_open]
