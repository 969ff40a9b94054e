"""Three-valued logic over sets of possible values."""

from __future__ import annotations

import operator as op
from collections.abc import Callable
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl import Fact, Quantity, Range, Reason, known, missing, quantity
from dsl.evaluator.logic import Facts, Truth, inputs_of, judge, judge_cell
from dsl.model import (
    All,
    Any,
    Cell,
    Compare,
    Condition,
    Constant,
    InputRef,
    IsKnown,
    Negation,
    OneOf,
    Within,
)
from tests.dsl.support import PROPERTY, halves

T, F, U = True, False, None

OPERATORS: dict[str, Callable[[Fraction, Fraction], bool]] = {
    "<": op.lt, "<=": op.le, ">": op.gt, ">=": op.ge, "=": op.eq, "!=": op.ne,
}  # fmt: skip
GRID = halves(-1, 7, 4)


def leaf(name: str) -> OneOf:
    """A Boolean input standing alone."""
    return OneOf(name, frozenset((True,)), name)


def compare(operator: str, cut: Quantity, name: str = "x") -> Compare:
    return Compare(operator, InputRef(name), Constant(cut), f"{name} {operator} {cut}")


def as_fact(truth: Truth) -> Fact:
    return missing(Reason.MISSING) if truth is None else known(truth)


def truth_of(condition: Condition, **facts: Fact) -> Truth:
    return judge(condition, facts).truth


# ---------------------------------------------------------------- connectives
AND = {
    (T, T): T, (T, U): U, (T, F): F, (U, T): U, (U, U): U, (U, F): F, (F, T): F, (F, U): F, (F, F): F,
}  # fmt: skip
OR = {
    (T, T): T, (T, U): T, (T, F): T, (U, T): T, (U, U): U, (U, F): U, (F, T): T, (F, U): U, (F, F): F,
}  # fmt: skip
NOT = {T: F, U: U, F: T}


@pytest.mark.parametrize(("left", "right"), list(AND))
def test_and_or_are_strong_kleene(left: Truth, right: Truth) -> None:
    """Unknown never becomes false, and one side alone may settle the whole."""
    facts = {"a": as_fact(left), "b": as_fact(right)}
    assert judge(All((leaf("a"), leaf("b"))), facts).truth is AND[left, right]
    assert judge(Any((leaf("a"), leaf("b"))), facts).truth is OR[left, right]


@pytest.mark.parametrize("truth", list(NOT))
def test_not_is_strong_kleene(truth: Truth) -> None:
    assert judge(Negation(leaf("a")), {"a": as_fact(truth)}).truth is NOT[truth]


@pytest.mark.parametrize(("a", "b", "c"), list(product((T, U, F), repeat=3)))
def test_three_operands(a: Truth, b: Truth, c: Truth) -> None:
    facts = {"a": as_fact(a), "b": as_fact(b), "c": as_fact(c)}
    operands = (leaf("a"), leaf("b"), leaf("c"))
    assert judge(All(operands), facts).truth is AND[AND[a, b], c]
    assert judge(Any(operands), facts).truth is OR[OR[a, b], c]


def test_the_leaves_that_decided() -> None:
    """A trace that names a bystander as the reason sends its reader to the wrong datum."""
    facts = {"a": known(True), "b": missing(Reason.MISSING), "c": known(False)}
    a, b, c = leaf("a"), leaf("b"), leaf("c")
    assert judge(Any((a, b, c)), facts).leaves == ((a, True),)
    assert judge(All((a, b, c)), facts).leaves == ((c, False),)
    assert judge(All((a, b)), facts).leaves == ((b, None),)
    assert judge(Any((b, c)), facts).leaves == ((b, None),)
    assert judge(All((a, Negation(c))), facts).leaves == ((a, True), (c, False))
    assert judge(Negation(Any((c, Negation(a)))), facts).leaves == ((c, False), (a, True))


# ---------------------------------------------------------------- leaves
def test_presence_is_never_unknown() -> None:
    several = Fact((True, False), Reason.CONFLICT)
    for fact, present in ((known(False), True), (several, True), (missing(Reason.STALE), False)):
        assert truth_of(IsKnown("a", True, ""), a=fact) is present
        assert truth_of(IsKnown("a", False, ""), a=fact) is not present


def test_cells() -> None:
    """Being missing fits only `*` and `missing`; several values never count as missing (H-014)."""
    nothing, poor = missing(Reason.MISSING), known("poor")
    both = Fact(("poor", "normal"), Reason.CONFLICT)
    members = OneOf("g", frozenset(("poor", "likely_poor")), "")
    expected: list[tuple[Cell, tuple[Truth, Truth, Truth]]] = [
        (Cell(None, any=True), (True, True, True)),
        (Cell(None, missing=True), (True, False, False)),
        (Cell(members, missing=True), (True, True, None)),
        (Cell(members), (None, True, None)),
    ]
    for cell, answers in expected:
        for fact, answer in zip((nothing, poor, both), answers, strict=True):
            assert judge_cell(cell, "g", {"g": fact}) is answer, (cell, fact)
    assert judge_cell(Cell(members), "g", {"g": known("normal")}) is False


@pytest.mark.parametrize(
    ("operator", "below", "at", "above"),
    [
        ("<", T, F, F), ("<=", T, T, F), (">", F, F, T), (">=", F, T, T), ("=", F, T, F), ("!=", T, F, T),
    ],
)  # fmt: skip
def test_no_rounding_at_a_cut(operator: str, below: Truth, at: Truth, above: Truth) -> None:
    """H-038, H-039: 76.9999 kg is below 77 kg, in whatever unit it was measured."""
    condition = compare(operator, quantity(77, "kg"))
    for text, truth in (("76.9999", below), ("77", at), ("77.0001", above)):
        assert truth_of(condition, x=known(quantity(text, "kg"))) is truth
        assert truth_of(condition, x=known(Quantity(Fraction(text) * 1000, "g"))) is truth
        in_pounds = Quantity(Fraction(text) / Fraction("0.45359237"), "[lb_av]")
        assert truth_of(condition, x=known(in_pounds)) is truth
        mirrored = Compare(operator, Constant(quantity(text, "kg")), InputRef("x"), "")
        assert truth_of(mirrored, x=known(quantity(77, "kg"))) is truth


@pytest.mark.parametrize(
    ("amount", "unit"),
    [
        ("149999", "/uL"), ("149.999", "10*3/uL"), ("149.999", "10*9/L"), ("149.999", "10*3/mm3"),
        ("0.149999", "10*6/uL"),
    ],
)  # fmt: skip
def test_platelets_in_every_accepted_unit(amount: str, unit: str) -> None:
    """H-004."""
    condition = compare("<", quantity(150_000, "/uL"))
    step = Fraction(amount) / 149_999
    assert truth_of(condition, x=known(quantity(amount, unit))) is True
    assert truth_of(condition, x=known(Quantity(Fraction(amount) + step, unit))) is False


# Each line: a range, then the answers of < <= > >= = != against 5 (H-006).
POINT_TABLE = [
    ("4", "6", True, True, (U, U, U, U, U, U)),
    ("5", "6", True, True, (F, U, U, T, U, U)),
    ("5", "6", False, True, (F, F, T, T, F, T)),
    ("4", "5", True, True, (U, T, F, U, U, U)),
    ("4", "5", True, False, (T, T, F, F, F, T)),
    ("1", "2", False, False, (T, T, F, F, F, T)),
    ("7", "9", True, True, (F, F, T, T, F, T)),
    (None, "5", False, False, (T, T, F, F, F, T)),
    (None, "5", False, True, (U, T, F, U, U, U)),
    (None, "6", False, False, (U, U, U, U, U, U)),
    ("5", None, True, False, (F, U, U, T, U, U)),
    ("5", None, False, False, (F, F, T, T, F, T)),
    ("4", None, True, False, (U, U, U, U, U, U)),
    (None, None, False, False, (U, U, U, U, U, U)),
]


@pytest.mark.parametrize(("low", "high", "low_in", "high_in", "answers"), POINT_TABLE)
def test_a_range_against_a_point(
    low: str | None, high: str | None, low_in: bool, high_in: bool, answers: tuple[Truth, ...]
) -> None:
    """H-006: `<5` decides "below 5"; `<=5` does not."""
    span = Range(
        None if low is None else Fraction(low), None if high is None else Fraction(high), low_in, high_in, "g"
    )
    mirror = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!="}
    for operator, answer in zip(OPERATORS, answers, strict=True):
        fact = Fact((span,), Reason.COMPARATOR)
        assert truth_of(compare(operator, quantity("0.005", "kg")), x=fact) is answer, operator
        turned = Compare(mirror[operator], Constant(quantity("5", "g")), InputRef("x"), "")
        assert truth_of(turned, x=fact) is answer, operator


def test_two_ranges_are_not_compared() -> None:
    one = Fact((Range(Fraction(1), Fraction(2), True, True, "g"),), Reason.COMPARATOR)
    two = Fact((Range(Fraction(3), None, True, True, "g"),), Reason.COMPARATOR)
    assert truth_of(Compare("<", InputRef("x"), InputRef("y"), ""), x=one, y=two) is None


def test_two_inputs_are_compared_in_their_units() -> None:
    condition = Compare("<", InputRef("x"), InputRef("y"), "")
    light = Fact((quantity(900, "g"), quantity(950, "g")), Reason.CONFLICT)
    assert truth_of(condition, x=light, y=known(quantity(1, "kg"))) is True
    assert truth_of(condition, x=light, y=known(quantity(920, "g"))) is None
    assert inputs_of(All((Negation(condition), leaf("a")))) == {"x", "y", "a"}


def test_names_and_truths_are_equal_or_not() -> None:
    assert truth_of(Compare("=", InputRef("g"), Constant("poor"), ""), g=known("poor")) is True
    assert truth_of(Compare("!=", InputRef("g"), Constant("poor"), ""), g=known("poor")) is False
    assert truth_of(Compare("!=", InputRef("g"), Constant("poor"), ""), g=known("normal")) is True
    assert truth_of(Compare("=", InputRef("a"), Constant(False), ""), a=known(True)) is False


# ---------------------------------------------------------------- properties
bounds = st.none() | st.sampled_from(halves(0, 6))


@st.composite
def ranges(draw: st.DrawFn) -> Range:
    """A range that holds at least two values of the grid."""
    low, high = draw(bounds), draw(bounds)
    if low is not None and high is not None:
        low, high = sorted((low, high))
        high += low == high
    return Range(low, high, draw(st.booleans()), draw(st.booleans()), "g")


def members(span: Range) -> list[Fraction]:
    """The values of the grid inside a range, by the definition of a range."""
    return [
        value
        for value in GRID
        if (span.low is None or value > span.low or (span.low_included and value == span.low))
        and (span.high is None or value < span.high or (span.high_included and value == span.high))
    ]


possible = st.lists(st.sampled_from(halves(0, 6)).map(lambda v: Quantity(v, "g")) | ranges(), max_size=3)


def completions(fact: Fact) -> list[Fraction]:
    values: set[Fraction] = set()
    for each in fact.possible:
        assert isinstance(each, Quantity | Range)
        values.update([each.value] if isinstance(each, Quantity) else members(each))
    return sorted(values)


def common(truths: set[bool]) -> Truth:
    return truths.pop() if len(truths) == 1 else None


@PROPERTY
@given(possible, st.sampled_from(list(OPERATORS)), st.sampled_from(halves(0, 6)))
def test_a_comparison_says_what_all_possible_values_say(
    values: list[Quantity | Range], operator: str, cut: Fraction
) -> None:
    """H-006, H-014, H-033: settled if and only if every possible value gives the same answer."""
    fact = Fact(tuple(values), Reason.CONFLICT)
    answers = {OPERATORS[operator](value, cut) for value in completions(fact)}
    assert truth_of(compare(operator, Quantity(cut / 1000, "kg")), x=fact) is common(answers)


@PROPERTY
@given(possible, ranges())
def test_a_range_condition_says_what_all_possible_values_say(
    values: list[Quantity | Range], within: Range
) -> None:
    """H-006."""
    fact = Fact(tuple(values), Reason.CONFLICT)
    inside = set(members(within))
    answers = {value in inside for value in completions(fact)}
    assert truth_of(Within("x", within, ""), x=fact) is common(answers)


@PROPERTY
@given(possible, st.sets(st.sampled_from(halves(0, 6)), min_size=1, max_size=3))
def test_a_list_of_values_says_what_all_possible_values_say(
    values: list[Quantity | Range], chosen: set[Fraction]
) -> None:
    fact = Fact(tuple(values), Reason.CONFLICT)
    condition = OneOf("x", frozenset(Quantity(value, "g") for value in chosen), "")
    answers = {value in chosen for value in completions(fact)}
    assert truth_of(condition, x=fact) is common(answers)


leaves: st.SearchStrategy[Condition] = (
    st.sampled_from("abc").map(leaf)
    | st.builds(
        compare, st.sampled_from(list(OPERATORS)), st.sampled_from([quantity(2, "g"), quantity(4, "g")])
    )
    | ranges().map(lambda span: Within("x", span, ""))
)
conditions: st.SearchStrategy[Condition] = st.recursive(
    leaves,
    lambda inner: (
        inner.map(Negation)
        | st.lists(inner, min_size=2, max_size=3).map(lambda parts: All(tuple(parts)))
        | st.lists(inner, min_size=2, max_size=3).map(lambda parts: Any(tuple(parts)))
    ),
    max_leaves=6,
)
facts_of_all = st.fixed_dictionaries(
    {
        **{name: st.sampled_from([(), (True,), (False,), (True, False)]) for name in "abc"},
        "x": possible.map(tuple),
    }
).map(lambda sets: {name: Fact(values, Reason.CONFLICT) for name, values in sets.items()})


def complete(facts: Facts, data: st.DataObject) -> dict[str, Fact]:
    """One patient among those that the facts leave possible; anything is possible where nothing is known."""
    chosen: dict[str, Fact] = {}
    for name, fact in facts.items():
        if name == "x":
            value = data.draw(st.sampled_from(completions(fact) or list(GRID)))
            chosen[name] = known(Quantity(value, "g"))
        else:
            chosen[name] = known(data.draw(st.sampled_from(fact.possible or (True, False))))
    return chosen


@PROPERTY
@given(conditions, facts_of_all, st.data())
def test_what_is_settled_stays_settled(condition: Condition, facts: Facts, data: st.DataObject) -> None:
    """Learning more never turns a true or false into its opposite, nor back into unknown."""
    before, after = judge(condition, facts), judge(condition, complete(facts, data))
    assert after.truth is not None
    assert before.truth in (None, after.truth)
    assert {name for each, _ in before.leaves for name in inputs_of(each)} <= inputs_of(condition)


@PROPERTY
@given(st.lists(conditions, min_size=2, max_size=3), facts_of_all)
def test_de_morgan(parts: list[Condition], facts: Facts) -> None:
    negated = tuple(Negation(part) for part in parts)
    assert judge(Negation(All(tuple(parts))), facts).truth is judge(Any(negated), facts).truth
    assert judge(Negation(Any(tuple(parts))), facts).truth is judge(All(negated), facts).truth
    assert judge(Negation(Negation(parts[0])), facts).truth is judge(parts[0], facts).truth
