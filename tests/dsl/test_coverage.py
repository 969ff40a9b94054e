"""What tests show of a rule, and the tests that would show the rest."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from dsl import Names, Rule, RuleFile, check, parse_text, quantity, run_tests
from dsl.tester.coverage import Coverage, Gap, coverage
from tests.dsl.rule_generator import NAMES as GENERATED_NAMES
from tests.dsl.rule_generator import generate
from tests.dsl.support import NAMES, WHOLE, rounds, rule_text


def checked(text: str, names: Names = NAMES) -> Rule:
    file = parse_text(text, "example.rule")
    assert isinstance(file, RuleFile), file
    found = check([file], names)
    assert found.ok, found.diagnostics
    return found.rules[0]


def measured(text: str, names: Names = NAMES) -> Coverage:
    rule = checked(text, names)
    return coverage(rule, run_tests(rule), names)


def with_tests(text: str, *tests: str) -> str:
    return text.rstrip().removesuffix("}") + "\n".join(tests) + "\n}\n"


def missing(found: Coverage) -> set[tuple[int, str]]:
    return {(gap.line, gap.missing) for gap in found.gaps if gap.missing}


def unseen(found: Coverage) -> list[int]:
    return [gap.line for gap in found.gaps if not gap.missing]


def gap_of(found: Coverage, line: int, datum: str) -> Gap:
    (gap,) = [gap for gap in found.gaps if (gap.line, gap.missing) == (line, datum)]
    return gap


WITHOUT_TESTS = WHOLE[: WHOLE.index("  test ")] + "}\n"


# ---------------------------------------------------------------- what is shown
def test_each_branch_names_the_tests_that_reach_it() -> None:
    found = measured(WHOLE)
    assert [(case.line, case.tests) for case in found.cases] == [(19, ("light",)), (20, ("heavy",))]
    assert found.reached == 2 and unseen(found) == [1]


def test_a_failing_test_shows_nothing() -> None:
    found = measured(WHOLE.replace("expect dose = give 200 mg", "expect dose = give 300 mg"))
    assert [bool(case.tests) for case in found.cases] == [False, True] and unseen(found) == [19, 1]


def test_a_patient_outside_and_one_of_unknown_age() -> None:
    outside = 'test "young" { given age = 12 years expect outside population }'
    unknown = 'test "unknown" { given weight = 60 kg expect dose = ask age }'
    assert missing(measured(WHOLE)) >= {(1, "age")} and 1 in unseen(measured(WHOLE))
    found = measured(with_tests(WHOLE, outside))
    assert 1 not in unseen(found) and (1, "age") in missing(found)
    found = measured(with_tests(WHOLE, outside, unknown))
    assert (1, "age") not in missing(found) and unseen(found) == []


def test_a_required_input_matters_where_its_absence_leads_to_the_unknown_clause() -> None:
    """Both branches read the weight: the one patient without it could belong to either."""
    assert missing(measured(WHOLE)) == {(1, "age"), (19, "weight"), (20, "weight")}
    found = measured(with_tests(WHOLE, 'test "none" { given age = 63 years expect dose = ask weight }'))
    assert missing(found) == {(1, "age")} and (found.missing, found.data) == (2, 3)


EITHER = rule_text(
    """
  input weight:    Quantity[kg]      from observation weight within 90 days required
  input platelets: Quantity[10*3/uL] from observation platelets within 30 days required
  decide dose first {
    when weight < 77 kg or platelets < 150 10*3/uL => give 200 mg once daily
    otherwise                                      => give 300 mg once daily
    unknown                                        => ask weight, platelets
  }
"""
)
LOW, HIGH = 12, 13


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        # Already decided: that platelets are missing changes nothing for the light patient.
        ("weight = 60 kg, platelets missing expect dose = give 200 mg once daily", set()),
        ("weight = 90 kg, platelets missing stale expect dose = ask platelets",
         {(LOW, "platelets"), (HIGH, "platelets")}),
        ("platelets = 200 10*3/uL expect dose = ask weight", {(LOW, "weight"), (HIGH, "weight")}),
        # With both missing, no one value leads to a branch.
        ("weight missing expect dose = ask weight, platelets", {(LOW, "weight"), (LOW, "platelets")}),
    ],
)  # fmt: skip
def test_a_datum_is_shown_missing_by_a_patient_whom_it_would_have_decided(
    given: str, shown: set[tuple[int, str]]
) -> None:
    everything = {(line, name) for line in (LOW, HIGH) for name in ("weight", "platelets")}
    found = measured(with_tests(EITHER, f'test "one" {{ given {given} }}'))
    assert missing(found) == everything - shown
    assert (found.missing, found.data) == (len(shown), 4)


OPTIONAL = rule_text(
    """
  input phenotype: Phenotype from phenotype CYP2C19 lifetime required
  input stroke:    Boolean   from condition stroke optional
  table advice unique {
    | phenotype           | stroke  => advice
    | normal              | *       => none
    | intermediate, poor  | true    => give 1 mg once daily
    | intermediate, poor  | false   => give 2 mg once daily
    | intermediate, poor  | missing => give 3 mg once daily
    unknown                         => ask phenotype
  }
"""
)


def test_an_optional_input_matters_in_rows_that_name_its_values() -> None:
    """The first row takes any value, and the last is itself about a missing one."""
    found = measured(OPTIONAL)
    rows = {case.text.split("|")[-1].split("=>")[0].strip(): case.line for case in found.cases}
    assert missing(found) == {(rows["*"], "phenotype")} | {
        (rows[value], name)
        for value, name in (
            ("true", "phenotype"),
            ("true", "stroke"),
            ("false", "phenotype"),
            ("false", "stroke"),
            ("missing", "phenotype"),
        )
    }
    one = 'test "one" { given phenotype = poor expect advice = give 3 mg once daily }'
    found = measured(with_tests(OPTIONAL, one))
    assert {pair for pair in missing(found) if pair[1] == "stroke"} == set()


def test_what_changes_nothing_is_not_counted() -> None:
    """`stroke` is asked about in the first branch; in the second it is known to be false or missing alike."""
    text = rule_text(
        """
  input weight: Quantity[kg] from observation weight within 90 days required
  input stroke: Boolean      from condition stroke optional
  decide dose first {
    when stroke is known and stroke => none
    when weight < 77 kg             => give 200 mg once daily
    otherwise                       => give 300 mg once daily
    unknown                         => ask weight
  }
"""
    )
    assert missing(measured(text)) == {(12, "stroke"), (13, "weight"), (14, "weight")}


CALCULATED = rule_text(
    """
  input age:        Quantity[years]  from patient age required
  input weight:     Quantity[kg]     from observation weight within 90 days required
  input creatinine: Quantity[mg/dL]  from observation bilirubin within 90 days required
  input female:     Boolean          from patient female required
  let clearance = clearance_of(age: age, weight: weight, creatinine: creatinine, female: female)
  table dose unique {
    | clearance    => dose
    | < 30 mL/min  => give 25 mg once daily
    | >= 30 mL/min => give 50 mg once daily
    unknown        => ask creatinine
  }
"""
)


def test_a_calculated_amount_is_one_datum() -> None:
    found = measured(CALCULATED)
    assert {name for _, name in missing(found)} == {"clearance"} and found.data == 2
    one = 'test "one" { given age = 70 years, weight = 80 kg, female = true expect dose = ask creatinine }'
    assert missing(measured(with_tests(CALCULATED, one))) == set()
    given = 'test "two" { given clearance missing expect dose = ask creatinine }'
    assert missing(measured(with_tests(CALCULATED, given))) == set()


def test_the_patient_of_a_calculated_row_is_a_real_one() -> None:
    """Where inputs can lead to the row, no calculated value is given in their place."""
    plausible = {"weight": (quantity(1, "kg"), quantity(300, "kg"))}
    plausible |= {"bilirubin": (quantity("0.1", "mg/dL"), quantity(50, "mg/dL"))}
    gaps = [gap for gap in measured(CALCULATED, replace(NAMES, plausible=plausible)).gaps if not gap.missing]
    assert len(gaps) == 2
    assert all("clearance" not in gap.test and "creatinine = " in gap.test for gap in gaps)
    # Without bounds on what is believable, none of the amounts that are tried leads to 30 mL/min.
    assert "given  clearance = 33 mL/min\n" in measured(CALCULATED).gaps[1].test


def test_an_assumed_input_is_missing_although_a_value_stands_in() -> None:
    text = rule_text(
        """
  input weight: Quantity[kg] from observation weight within 90 days assume 80 kg because "most are"
  decide dose first {
    when weight < 77 kg => give 200 mg once daily
    otherwise           => give 300 mg once daily
    unknown             => ask weight
  }
"""
    )
    gap = gap_of(measured(text), 11, "weight")
    assert "give 300 mg once daily" in gap.test
    # The assumption gives the second branch what a heavy patient would get: nothing changes there.
    assert missing(measured(text)) == {(11, "weight")}


def test_what_rests_on_assumptions_alone_is_never_missing() -> None:
    text = rule_text(
        """
  input weight: Quantity[kg] from observation weight within 90 days assume 80 kg because "most are"
  let double: Quantity[kg] = 2 * weight
  table dose unique {
    | double    => dose
    | < 150 kg  => give 200 mg once daily
    | >= 150 kg => give 300 mg once daily
    unknown     => ask weight
  }
"""
    )
    assert measured(text).data == 0
    population = text.replace('population any because "a test"', 'population "some" when double > 100 kg')
    assert measured(population).data == 0


def test_a_calculated_value_that_a_test_gives_stays_as_it_is() -> None:
    """The patient of 20 mL/min says nothing about those of 30 and more, whatever the age."""
    text = CALCULATED.replace("| clearance    =>", "| clearance | age =>").replace(
        "=> give 25 mg", "| > 65 years => give 25 mg"
    )
    text = text.replace("=> give 50 mg", "| > 65 years => give 50 mg")
    text = text.replace("unknown        =>", "| * | <= 65 years => none unknown =>")
    one = 'test "one" { given clearance = 20 mL/min expect dose = ask age }'
    found = measured(with_tests(text, one))
    low, high, young = (case.line for case in found.cases)
    assert {line for line, name in missing(found) if name == "age"} == {high}
    assert {low, young} == {case.line for case in found.cases} - {high}


def test_a_calculated_dose_rests_on_its_inputs() -> None:
    text = rule_text(
        """
  input weight: Quantity[kg] from observation weight within 90 days required
  input stroke: Boolean      from condition stroke required
  decide dose first {
    when stroke => none
    otherwise   => give weight * 1 mg/kg rounded to 25 mg max 300 mg once daily
    unknown     => ask weight, stroke
  }
"""
    )
    found = measured(text)
    assert (13, "weight") in missing(found) and (12, "weight") not in missing(found)
    assert (
        "give 75 mg once daily" in gap_of(found, 13, "").test or "mg once daily" in gap_of(found, 13, "").test
    )


# ---------------------------------------------------------------- what would show it
def test_the_proposed_test_is_ready_to_paste() -> None:
    gap = gap_of(measured(WITHOUT_TESTS), 19, "")
    assert gap.test == (
        '  test "give 200 mg once daily" {\n'
        "    given  age = 20 years, weight = 69 kg\n"
        "    expect dose = give 200 mg once daily  // as the rule answers now: confirm\n"
        "  }"
    )


def test_one_test_is_proposed_for_all_that_it_shows() -> None:
    found = measured(WHOLE)
    assert gap_of(found, 19, "weight").test == gap_of(found, 20, "weight").test


def test_a_proposed_test_is_used_for_whatever_else_it_shows() -> None:
    """The patient for the second row has no value of the first datum."""
    text = rule_text(
        """
  input first:  Phenotype from phenotype CYP2C19 lifetime optional
  input second: Boolean   from condition stroke optional
  table advice unique {
    | first                         | second         => advice
    | poor                          | *              => give 1 mg once daily
    | normal, intermediate, missing | true           => give 2 mg once daily
    | normal, intermediate, missing | false, missing => none
    unknown                                          => none
  }
"""
    )
    found = measured(text)
    poor, true, _ = (case.line for case in found.cases)
    assert "given  second = true\n" in gap_of(found, true, "").test
    assert gap_of(found, poor, "first").test == gap_of(found, true, "").test


def test_a_week_is_written_as_the_language_has_it() -> None:
    text = WITHOUT_TESTS.replace("give 200 mg once daily", "give 200 mg once a week")
    found = measured(with_tests(text, gap_of(measured(text), 19, "").test))
    assert found.cases[0].tests


def pasted(text: str, names: Names) -> tuple[Coverage, Coverage]:
    """Before and after all that is proposed was pasted into the rule."""
    before = measured(text, names)
    proposed = dict.fromkeys(gap.test for gap in before.gaps if gap.test)
    rule = checked(with_tests(text, *proposed), names)
    runs = run_tests(rule)
    assert [run.failures for run in runs[len(runs) - len(proposed) :]] == [()] * len(proposed)
    return before, coverage(rule, runs, names)


@pytest.mark.parametrize("text", [WITHOUT_TESTS, EITHER, OPTIONAL, CALCULATED])
def test_what_is_proposed_shows_everything(text: str) -> None:
    before, after = pasted(text, NAMES)
    assert before.gaps and after.gaps == ()
    assert after.missing == after.data == before.data


def test_what_is_proposed_holds_and_shows_what_it_was_made_for() -> None:
    """Random rules of the whole language: each proposed test parses, passes and closes its gaps."""
    rules = closed = 0
    for seed in range(rounds(20, 200)):
        text = generate(Random(f"coverage {seed}")).text
        file = parse_text(text, "generated.rule")
        assert isinstance(file, RuleFile)
        found = check([file], GENERATED_NAMES)
        if not found.ok or not found.rules or len(text) > 3_000:
            continue
        before, after = pasted(text, GENERATED_NAMES)
        assert [gap for gap in after.gaps if gap.test] == [], seed
        rules += 1
        closed += len(before.gaps) - len(after.gaps)
    assert rules >= 10 and closed >= 50


def test_a_rule_with_a_label_has_nothing_to_reach() -> None:
    rule = checked(
        """
rule example.label version 1.0.0 {
  title "Example" status draft effective from 2026-01-01 until 2026-12-31 review by 2027-01-01
  concerns condition stroke
  population any because "a test"
  evidence { cites pmid:1 }
  input stroke: Boolean from condition stroke required
  label raised_risk { shown when stroke baseline 1 % over 10 years stratum 2 % over 10 years }
}
"""
    )
    found = coverage(rule, (), NAMES)
    assert (found.cases, found.data, found.gaps) == ((), 0, ())
