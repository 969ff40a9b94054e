"""Exact arithmetic over facts: how many results there are, and why there is none."""

from __future__ import annotations

from fractions import Fraction

import pytest

from dsl import Fact, Finding, Give, Range, Reason, Rule, State, evaluate, known, quantity
from dsl import missing as absent
from dsl.model import Compare, FirstDecision, Within
from dsl.types import BooleanType, QuantityType
from dsl.values import Quantity, Value
from tests.dsl.support import rule

WEIGHT = "input weight: Quantity[kg] from observation weight within 90 days required"
OTHER = "input other: Quantity[kg] from observation weight within 90 days required"
STROKE = "input stroke: Boolean from condition stroke required"
AGE = "input age: Quantity[years] from patient age required"


def kilos(*amounts: object) -> Fact:
    values = tuple(quantity(str(amount), "kg") for amount in amounts)
    return Fact(values, None if len(values) == 1 else Reason.CONFLICT)


def calculating(value: str) -> Rule:
    return rule(
        f"""{WEIGHT} {OTHER} {STROKE} {AGE} let x = {value}
        decide dose first {{ when x is known => give 1 mg once daily unknown => ask weight }}"""
    )


def x_of(value: str, **facts: Fact) -> Fact:
    return evaluate(calculating(value), facts).facts["x"]


def plain(fact: Fact) -> list[Fraction]:
    return [value.value for value in fact.possible if isinstance(value, Quantity)]


@pytest.mark.parametrize(
    "value, expected",
    [("weight / 1 kg ^ 1 * 2 ^ 3", 560), ("weight / 1 kg * 2 ^ -1", 35), ("(weight / 1 kg) ^ 2", 4900)],
)
def test_powers(value: str, expected: int) -> None:
    assert plain(x_of(value, weight=kilos(70))) == [expected]


def test_as_many_results_as_combinations_up_to_a_bound() -> None:
    """Eight values beside eight are calculated, one more is left open; a repeated result counts once."""
    eight, nine = range(1, 9), range(1, 10)
    sums = x_of("weight + other", weight=kilos(*eight), other=kilos(*eight))
    assert sorted(plain(sums)) == [Fraction(total) for total in range(2, 17)]
    assert sums.reason is Reason.CONFLICT
    for weight, other in ((nine, eight), (eight, nine)):
        left_open = x_of("weight + other", weight=kilos(*weight), other=kilos(*other))
        assert left_open == absent(Reason.CONFLICT)


@pytest.mark.parametrize("reason", [Reason.STALE, Reason.CONFLICT])
@pytest.mark.parametrize("value", ["weight + other", "weight > 3 kg", "(weight > 3 kg) and stroke"])
def test_what_is_not_known_says_why(value: str, reason: Reason) -> None:
    found = x_of(value, weight=absent(reason), other=kilos(3), stroke=known(True))
    assert found == absent(reason)


def test_the_first_reason_is_that_of_the_first_input() -> None:
    found = x_of("other + weight", weight=absent(Reason.STALE), other=absent(Reason.CONFLICT))
    assert found == absent(Reason.STALE)


def test_values_that_are_open_for_no_reason_leave_the_result_open() -> None:
    unexplained = Fact((quantity(3, "kg"), quantity(4, "kg")))
    assert x_of("weight + other", weight=unexplained, other=kilos(1)).reason is Reason.MODEL_FAILED


def test_a_span_is_not_calculated_with() -> None:
    span = Fact((Range(Fraction(1), None, True, False, "kg"),), Reason.COMPARATOR)
    assert x_of("weight + other", weight=span, other=kilos(3)) == absent(Reason.COMPARATOR)


def test_division_by_zero_is_said() -> None:
    """H-043: a calculation that fails has no result."""
    found = x_of("other / weight", weight=kilos(0), other=kilos(3))
    assert (found.reason, found.explanation) == (Reason.MODEL_FAILED, "not calculated: division by zero")


def test_what_two_values_agree_on_is_known() -> None:
    assert x_of("weight * 0", weight=kilos(3, 4)).known


# ---------------------------------------------------------------- doses
def dosed(weight: Fact, rounding: str = "rounded to 25 mg max 300 mg", then: str = "") -> Finding:
    ruled = rule(
        f"""{WEIGHT} {STROKE} decide dose first {{
          when weight > -5 kg => give weight * 1 mg/kg {rounding} once daily {then}
          unknown             => ask weight, stroke
        }}"""
    )
    return evaluate(ruled, {"weight": weight})


@pytest.mark.parametrize("weight", [0, -3, 12])
def test_a_dose_that_comes_to_nothing_says_so(weight: int) -> None:
    """Also where it would be rounded up to the least dose: who weighs nothing is no patient."""
    found = dosed(kilos(weight), "rounded to 25 mg max 300 mg" if weight > 0 else
                  "rounded to 25 mg min 50 mg max 300 mg")  # fmt: skip
    [calculated] = [fact for name, fact in found.facts.items() if name.startswith("weight *")]
    assert found.state is State.ASK
    assert calculated.explanation == "not calculated: the dose is not above zero"


def test_a_calculated_dose_has_no_name_of_its_own() -> None:
    assert [let.named for let in dosed(kilos(70)).rule.lets] == [False]


def test_a_calculated_dose_may_ask_for_more() -> None:
    found = dosed(kilos(70), then="and ask stroke")
    assert isinstance(found.result, Give)
    assert (str(found.result.dose), found.result.ask, found.asks) == ("75 mg once daily", ("stroke",),
                                                                      ("stroke",))  # fmt: skip
    assert dosed(kilos(70)).result == Give(found.result.dose, ())


# ---------------------------------------------------------------- functions
@pytest.mark.parametrize(
    "female, stroke, value",
    [("true", None, 85), ("false", None, 100), ("stroke", True, 85), ("stroke", False, 100)],
)
def test_a_truth_as_an_argument(female: str, stroke: Value | None, value: int) -> None:
    call = f"clearance_of(age: age, weight: weight, creatinine: 1 mg/dL, female: {female})"
    given = {} if stroke is None else {"stroke": known(stroke)}
    found = x_of(call, weight=kilos(72), age=known(quantity(40, "a")), **given)
    assert plain(found) == [value]


@pytest.mark.parametrize("value", ["weight > 3 kg", "stroke", "not stroke"])
def test_a_named_truth_has_its_name(value: str) -> None:
    [let] = calculating(value).lets
    assert (let.name, let.type, let.named) == ("x", BooleanType(), True)


# ---------------------------------------------------------------- comparisons
@pytest.mark.parametrize(
    ("condition", "name", "unit", "truths"),
    [
        ("weight * 2 > 140 kg", "weight * 2", "kg", (False, True)),
        ("140 kg < weight * 2", "weight * 2", "kg", (False, True)),
        ("140 kg >= weight * 2", "weight * 2", "kg", (True, False)),
        ("weight * 2 in 100_000 g .. 140 kg", "weight * 2", "kg", (True, False)),
        ("weight * weight > 4900 kg2", "weight * weight", "kg2", (False, True)),
        ("4900 kg2 < weight * weight", "weight * weight", "kg2", (False, True)),
        ("weight > other * 2", "weight - (other * 2)", "kg", (False, True)),
        ("weight / other > 2", "weight / other", "1", (False, True)),
        ("2 < weight / other", "weight / other", "1", (False, True)),
    ],
)
def test_a_comparison_of_what_is_calculated_in_place(
    condition: str, name: str, unit: str, truths: tuple[bool, bool]
) -> None:
    """At seventy kilograms and just above; the trace shows the words of the author."""
    ruled = rule(
        f"""{WEIGHT} {OTHER} decide d first {{
          when {condition} => give 1 mg once daily unknown => ask weight }}"""
    )
    [let] = ruled.lets
    assert (let.name, let.type, let.named) == (name, QuantityType(unit), False)
    for weight, truth in zip(("70", "70.001"), truths, strict=True):
        [step] = evaluate(ruled, {"weight": kilos(weight), "other": kilos(35)}).steps
        assert (step.text, step.truth) == (f"when {condition} => give 1 mg once daily", truth)
    assert isinstance(ruled.decision, FirstDecision)
    compared = ruled.decision.branches[0].condition
    assert isinstance(compared, Compare | Within) and compared.text == condition
    assert evaluate(ruled, {"other": kilos(35)}).asks == ("weight",)
