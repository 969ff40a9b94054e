"""Patients at every limit of a rule, generated from the rule (H-038)."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from dsl import Names, RuleFile, check, parse_text, quantity
from dsl.tester.boundaries import Boundary, as_table, boundaries
from tests.dsl.rule_generator import NAMES as GENERATED_NAMES
from tests.dsl.rule_generator import generate
from tests.dsl.support import NAMES, WHOLE, parsed, rule_text


def limits_of(text: str, names: Names = NAMES) -> tuple[Boundary, ...]:
    checked = check([parsed(text)], names)
    assert checked.ok, checked.diagnostics
    return boundaries(checked.rules[0], names)


def body(decision: str, inputs: str = "") -> str:
    return rule_text(
        f"""
  input weight: Quantity[kg] from observation weight within 90 days required
  {inputs}
  {decision}
"""
    )


OTHERWISE = "otherwise => give 1 mg once daily unknown => ask weight"


def test_a_limit_has_its_sides_and_the_patient_without_the_datum() -> None:
    age, weight = limits_of(WHOLE)
    assert as_table(weight) == [
        "weight = 77 kg (line 19), with age = 20 years",
        "  weight = 76.99 kg  give 200 mg once daily",
        "  weight = 77 kg     give 300 mg once daily",
        "  weight = 77.01 kg  give 300 mg once daily",
        "  weight missing     ask weight",
    ]
    assert age.lines == (1,)
    assert [(side.datum, side.answer) for side in age.sides] == [
        ("age = 17.99 years", "outside population"),
        ("age = 18 years", "give 300 mg once daily"),
        ("age = 18.01 years", "give 300 mg once daily"),
        ("age missing", "ask age"),
    ]


def test_a_comparison_the_wrong_way_round_shows_at_the_limit() -> None:
    """The slip of `<=` for `<` changes one line of the table: the one at the limit."""
    (_, right), (_, wrong) = (limits_of(text) for text in (WHOLE, WHOLE.replace("< 77 kg", "<= 77 kg")))
    assert [one == other for one, other in zip(right.sides, wrong.sides, strict=True)] == [
        True,
        False,
        True,
        True,
    ]


@pytest.mark.parametrize(
    ("limit", "below", "above"),
    [
        ("77 kg", "76.99 kg", "77.01 kg"),
        ("77.5 kg", "77.49 kg", "77.51 kg"),
        ("77000 g", "76999 g", "77001 g"),
        ("0.5 kg", "0.4999 kg", "0.5001 kg"),
        ("169.75585 [lb_av]", "169.75584 [lb_av]", "169.75586 [lb_av]"),
    ],
)
def test_the_step_is_small_and_in_the_unit_of_the_limit(limit: str, below: str, above: str) -> None:
    (found,) = limits_of(body(f"decide dose first {{ when weight < {limit} => none {OTHERWISE} }}"))
    assert [side.datum.removeprefix("weight = ") for side in found.sides[:3]] == [below, limit, above]


def test_neighbouring_limits_are_told_apart() -> None:
    decision = """table dose unique {
    | weight            => dose
    | < 77 kg           => give 1 mg once daily
    | 77 ..< 77.01 kg   => give 2 mg once daily
    | >= 77.01 kg       => give 3 mg once daily
    unknown             => ask weight
  }"""
    lower, upper = limits_of(body(decision))
    assert [side.answer[5] for side in lower.sides[:3]] == ["1", "2", "2"]
    assert [side.answer[5] for side in upper.sides[:3]] == ["2", "3", "3"]


def test_equality_differs_at_the_limit_alone() -> None:
    (found,) = limits_of(body(f"decide dose first {{ when weight = 77 kg => none {OTHERWISE} }}"))
    assert [side.answer for side in found.sides[:3]] == [
        "give 1 mg once daily",
        "none",
        "give 1 mg once daily",
    ]


def test_one_limit_written_in_two_units_is_one() -> None:
    decision = """decide dose first {
    when weight < 77 kg    => give 1 mg once daily
    when weight >= 77000 g => give 2 mg once daily
    unknown                => ask weight
  }"""
    (found,) = limits_of(body(decision))
    assert found.lines == (12, 13)


def test_what_is_not_believable_is_no_patient() -> None:
    names = replace(NAMES, plausible={"weight": (quantity(77, "kg"), quantity(300, "kg"))})
    (found,) = limits_of(body(f"decide dose first {{ when weight <= 77 kg => none {OTHERWISE} }}"), names)
    assert [side.name for side in found.sides] == ["at", "above", "missing"]


ELSEWHERE = """
  input stroke: Boolean from condition stroke required
"""


def test_everything_else_is_held_where_the_limit_matters() -> None:
    """With a stroke nobody is dosed, whatever the weight."""
    decision = """decide dose first {
    when stroke         => none
    when weight < 77 kg => give 1 mg once daily
    otherwise           => give 2 mg once daily
    unknown             => ask weight, stroke
  }"""
    (found,) = limits_of(body(decision, ELSEWHERE))
    assert found.context == "stroke = false"


def test_each_row_with_the_limit_has_a_patient() -> None:
    decision = """table dose unique {
    | weight   | stroke => dose
    | < 77 kg  | true   => give 1 mg once daily
    | >= 77 kg | true   => give 2 mg once daily
    | < 77 kg  | false  => give 3 mg once daily
    | >= 77 kg | false  => give 4 mg once daily
    unknown             => ask weight, stroke
  }"""
    first, second = limits_of(body(decision, ELSEWHERE))
    assert (first.context, first.lines) == ("stroke = true", (15, 16))
    assert (second.context, second.lines) == ("stroke = false", (17, 18))


def test_a_limit_that_changes_nothing_is_said() -> None:
    """The checker proves rows reachable, not that a limit makes a difference: here two results agree."""
    decision = """decide dose first {
    when weight < 60 kg => give 1 mg once daily
    when weight < 90 kg => give 3 mg once daily
    otherwise           => give 3 mg once daily
    unknown             => ask weight
  }"""
    used, idle = limits_of(body(decision))
    assert (used.idle, idle.idle, idle.sides) == (False, True, ())
    assert as_table(idle) == ["weight = 90 kg (line 13): changes nothing for anybody"]


def test_a_calculated_amount_has_limits_too() -> None:
    text = rule_text(
        """
  input age:        Quantity[years]  from patient age required
  input weight:     Quantity[kg]     from observation weight within 90 days required
  input creatinine: Quantity[mg/dL]  from observation bilirubin within 90 days required
  input female:     Boolean          from patient female required
  let clearance = clearance_of(age: age, weight: weight, creatinine: creatinine, female: female)
  let low = clearance < 30 mL/min
  decide dose first {
    when low  => give 25 mg once daily
    otherwise => give 50 mg once daily
    unknown   => ask creatinine
  }
"""
    )
    (found,) = limits_of(text)
    assert as_table(found) == [
        "clearance = 30 mL/min (line 16)",
        "  clearance = 29.99 mL/min  give 25 mg once daily",
        "  clearance = 30 mL/min     give 50 mg once daily",
        "  clearance = 30.01 mL/min  give 50 mg once daily",
        "  clearance missing         ask creatinine",
    ]


def test_random_rules() -> None:
    """Each shown limit changes the answer across its sides, and every limit of the text is there."""
    shown = 0
    for seed in range(40):
        text = generate(Random(f"boundaries {seed}")).text
        file = parse_text(text, "generated.rule")
        assert isinstance(file, RuleFile)
        checked = check([file], GENERATED_NAMES)
        if not checked.ok or not checked.rules or len(text) > 3_000:
            continue
        for found in boundaries(checked.rules[0], GENERATED_NAMES):
            assert len({side.answer for side in found.sides if side.name != "missing"}) != 1
            assert found.sides or found.idle
            shown += bool(found.sides)
    assert shown >= 50
