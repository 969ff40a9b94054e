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
from dsl.witnesses.cases import ABSENT, axes_of, described, in_unit, known_cases, witness
from dsl.witnesses.search import search
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
