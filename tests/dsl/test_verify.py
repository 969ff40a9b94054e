"""What the solver proves about rules; every finding is held against the evaluator.

Skipped without z3, which `make setup` of a developer brings: `pip install 'bespoke-cds[verify]'`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from random import Random

import pytest

pytest.importorskip("z3", reason="without z3, what `bespoke check --verify` proves is not tested")

import z3  # type: ignore[import-untyped]  # it ships no types

from dsl import Diagnostic, Rule, RuleFile, State, check, parse_text
from dsl.evaluator.evaluate import ASSUMABLE, decide, meaning, prepare
from dsl.evaluator.logic import judge
from dsl.model import GiveCalculated, Within
from dsl.types import BooleanType, QuantityType
from dsl.units import parse
from dsl.values import Fact, Quantity, Reason, known, quantity
from dsl.verifier import solver as solver_module
from dsl.verifier.formulas import Formulas
from dsl.verifier.pairs import compare_by_proof
from dsl.verifier.solver import Patient, Term, constant, real
from dsl.verifier.verify import Verified, verify
from dsl.witnesses.believable import believable_amounts
from tests.dsl.chart_generator import Chart, plain_chart
from tests.dsl.rule_generator import NAMES as GENERATED_NAMES
from tests.dsl.rule_generator import GeneratedRule, generate
from tests.dsl.support import NAMES, WHOLE, found_in, parsed, rounds, rule_text


def verified(*texts: str) -> Verified:
    files = [parsed(text, f"example{at}.rule") for at, text in enumerate(texts)]
    return verify(files, NAMES, (), check(files, NAMES))


def errors(diagnostics: tuple[Diagnostic, ...]) -> list[tuple[str, str]]:
    return [(one.code, one.case) for one in diagnostics if one.severity == "error"]


def checked_errors(text: str) -> list[str]:
    return [one.code for one in check([parsed(text)], NAMES).diagnostics if one.severity == "error"]


INPUTS = """
  input weight: Quantity[kg] from observation weight within 90 days required
  input factor: Quantity[1]  from observation bilirubin over upper limit within 90 days required
"""


# ---------------------------------------------------------------- branches and rows
def decide_with(second: str) -> str:
    return rule_text(
        INPUTS
        + f"""
  decide dose first {{
    when weight < 50 kg => give 1 mg once daily
    when {second} => give 2 mg once daily
    otherwise => give 3 mg once daily
    unknown => ask weight, factor
  }}
"""
    )


@pytest.mark.parametrize(
    "condition",
    [
        "2 * weight < 100 kg",
        "weight * factor > 100 kg and factor < 1 and weight < 100 kg",
        "factor ^ 2 < 0.25 and factor > 0.5",
        "factor / (factor + 1) >= 1",
        # Beyond the reach of a search over neighbouring limits: it needs the sum of squares.
        "weight * factor > 25 kg * (factor ^ 2 + 1) and weight <= 50 kg",
    ],
)
def test_a_branch_that_arithmetic_makes_impossible(condition: str) -> None:
    text = decide_with(condition)
    assert checked_errors(text) == []
    (one,) = [each for each in verified(text).diagnostics if each.severity == "error"]
    assert (one.code, one.span.line) == ("BR011", 14)


@pytest.mark.parametrize(
    "condition",
    [
        "2 * weight < 101 kg",
        "weight * factor > 100 kg and factor < 1 and weight <= 101 kg",
        "factor ^ 2 < 0.25",
        "factor / (factor + 1) >= 0.999999",
        # Only one patient: 50 kg and a factor of 1.
        "weight * factor >= 25 kg * (factor ^ 2 + 1) and weight <= 50 kg",
        "factor is missing",
    ],
)
def test_a_branch_that_somebody_reaches(condition: str) -> None:
    found = verified(decide_with(condition))
    assert (errors(found.diagnostics), found.left_open) == ([], ())


def test_nobody_in_a_calculated_population() -> None:
    text = decide_with("weight < 60 kg").replace(
        'population any because "a test"', 'population "few" when weight * 2 < 100 kg and weight * 3 > 150 kg'
    )
    assert checked_errors(text) == []
    assert "nobody is in this population" in [one.message for one in verified(text).diagnostics]


def test_what_a_function_calculates_is_free() -> None:
    """A row that only the real function makes impossible is not reported: nobody proved it."""
    text = rule_text(
        """
  input age:    Quantity[years] from patient age required
  input weight: Quantity[kg]    from observation weight within 90 days required
  input creatinine: Quantity[mg/dL] from observation bilirubin within 90 days required
  let clearance = clearance_of(age: age, weight: weight, creatinine: creatinine, female: true)
  decide dose first {
    when clearance < 30 mL/min => give 1 mg once daily
    when clearance - clearance > 0 mL/min => give 2 mg once daily
    otherwise => give 3 mg once daily
    unknown => ask weight
  }
"""
    )
    found = verified(text)
    assert [(one.code, one.span.line) for one in found.diagnostics if one.severity == "error"] == [
        ("BR011", 15)
    ]


def test_a_question_that_takes_too_long_is_left_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solver_module, "EFFORT", 1)
    found = verified(decide_with("2 * weight < 100 kg"))
    assert errors(found.diagnostics) == []
    assert "example0.rule:14: whether any patient reaches this branch" in found.left_open


# ---------------------------------------------------------------- tables
def table_with(*rows: str) -> str:
    lines = "\n".join(f"    | {row} once daily" for row in rows)
    return rule_text(
        INPUTS
        + f"""
  let double: Quantity[kg] = 2 * weight
  table dose unique {{
    | weight | double => dose
{lines}
    unknown => ask weight
  }}
"""
    )


def about_table(found: Sequence[Diagnostic]) -> list[tuple[str, str]]:
    return [(one.code, one.severity.value) for one in found if one.code in ("BR009", "BR010")]


def test_a_gap_that_nobody_can_be_in() -> None:
    """The checker finds nobody in it and warns; the solver proves that there is nobody."""
    text = table_with("< 50 kg | < 100 kg => give 1 mg", ">= 50 kg | >= 100 kg => give 2 mg")
    assert about_table(found_in(text)) == [("BR009", "warning")]
    assert about_table(verified(text).diagnostics) == []


def test_a_gap_that_somebody_is_in_is_an_error_without_the_solver() -> None:
    text = table_with("< 50 kg | < 100 kg => give 1 mg", ">= 50 kg | >= 120 kg => give 2 mg")
    assert about_table(found_in(text)) == [("BR009", "error")]
    (one,) = [one for one in found_in(text) if one.severity == "error"]
    assert "double" not in one.case and one.case.startswith("weight = ")


def test_a_gap_has_a_patient_in_terms_of_inputs() -> None:
    text = table_with("< 50 kg | < 100 kg => give 1 mg", ">= 50 kg | > 100 kg => give 2 mg")
    (one,) = [one for one in verified(text).diagnostics if one.severity == "error"]
    assert (one.code, one.case.split(", ")[0]) == ("BR009", "weight = 50 kg")


def test_a_gap_outside_the_population_is_none() -> None:
    text = table_with("< 50 kg | * => give 1 mg", "50 .. 80 kg | * => give 2 mg")
    assert about_table(found_in(text)) == [("BR009", "error")]
    inside = text.replace('population any because "a test"', 'population "some" when double <= 160 kg')
    assert about_table(found_in(inside)) == [("BR009", "warning")]
    assert about_table(verified(inside).diagnostics) == []


def test_an_overlap_that_nobody_can_be_in() -> None:
    rows = ("< 50 kg | * => give 1 mg", ">= 50 kg | < 130 kg => give 2 mg", "* | >= 130 kg => give 3 mg")
    assert about_table(found_in(table_with(*rows))) == [("BR010", "warning")]
    assert about_table(verified(table_with(*rows)).diagnostics) == []
    overlapping = table_with(rows[0], rows[1], rows[2].replace("130", "99"))
    found = errors(verified(overlapping).diagnostics)
    assert {code for code, _ in found} == {"BR010"}
    assert all("double" not in case and "weight = " in case for _, case in found)


def test_other_faults_of_the_rule_stay() -> None:
    text = table_with("< 50 kg | < 100 kg => give 1 mg", ">= 50 kg | >= 100 kg => give 2 mg")
    text = text.replace("cites pmid:1", "cites pmid:2")
    assert checked_errors(text) == ["BR004"]
    assert [code for code, _ in errors(verified(text).diagnostics)] == ["BR004"]


# ---------------------------------------------------------------- two rules
def active(name: str, decision: str) -> str:
    text = WHOLE.replace("example.start", name).replace("status     draft", "status     active")
    start = text.index("  decide dose")
    text = text[:start] + f"  decide dose first {{ {decision} unknown => ask weight }}\n}}\n"
    return text.replace("strength strong", 'strength strong reviewed 2026-01-01 by "a reader"')


LOW, HIGH = "give 1 mg once daily", "give 2 mg once daily"


def below(condition: str) -> str:
    return f"when {condition} => {LOW} otherwise => {HIGH}"


def dosed(amount: str) -> str:
    return f"when weight < 1 kg => {LOW} otherwise => give {amount}"


def test_two_rules_that_disagree_where_no_search_looks() -> None:
    """Between 1234 and 1235 kilogram years."""
    one = active("example.one", below("weight * age < 1234 kg.a"))
    other = active("example.other", below("weight * age < 1235 kg.a"))
    files = [parsed(one, "one.rule"), parsed(other, "other.rule")]
    before = check(files, NAMES)
    assert [each.code for each in before.diagnostics if each.severity == "error"] == []
    (found,) = [each for each in verify(files, NAMES, (), before).diagnostics if each.code == "BR022"]
    values = dict(part.split(" = ") for part in found.case.split(", "))
    product = float(values["age"].split()[0]) * float(values["weight"].split()[0])
    assert 1234 <= product < 1235 and found.span.path == "other.rule"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (below("weight < 77 kg"), below("2 * weight < 154 kg")),
        (dosed("weight * 1 mg/kg rounded to 25 mg max 300 mg once daily"),
         dosed("weight * 0.001 g/kg rounded to 0.025 g max 0.3 g every 24 h")),
        (f"when weight * age < 1234 kg.a => {LOW}", f"when weight * age >= 1234 kg.a => {HIGH}"),
    ],
)  # fmt: skip
def test_two_rules_that_agree(one: str, other: str) -> None:
    found = verified(active("example.one", one), active("example.other", other))
    assert [each.code for each in found.diagnostics if each.code == "BR022"] == []
    assert found.left_open == ()


def test_pairs_of_rules_that_are_only_beside_are_for_their_own_check() -> None:
    apart = [below(f"weight * age < {limit} kg.a") for limit in (1234, 1235)]
    files = [parsed(active(f"example.r{at}", each), f"{at}.rule") for at, each in enumerate(apart)]
    third = parsed(active("example.third", below("weight * age < 1234 kg.a")), "third.rule")
    found = verify([third], NAMES, files, check([third], NAMES, files)).diagnostics
    (one,) = [each for each in found if each.code == "BR022"]
    assert one.message.startswith("`example.r1`")


def test_a_pair_of_rules_may_be_left_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solver_module, "EFFORT", 1)
    apart = [below(f"weight * age < {limit} kg.a") for limit in (1234, 1235)]
    found = verified(*(active(f"example.r{at}", each) for at, each in enumerate(apart)))
    assert "example1.rule:1: whether `example.r0` gives some patient other advice" in found.left_open
    old, new = versions(*apart)
    compared = compare_by_proof(old, new, NAMES)
    assert (compared.patient, compared.proved) == (None, False)


# ---------------------------------------------------------------- two versions
def versions(old: str, new: str) -> tuple[Rule, Rule]:
    rules = [check([parsed(active("example.one", each))], NAMES).rules for each in (old, new)]
    return rules[0][0], rules[1][0]


def test_a_change_that_changes_nothing_is_proved() -> None:
    old, new = versions(
        below("weight < 77 kg"),
        below("2 * weight - 14 kg < 140 kg"),
    )
    found = compare_by_proof(old, new, NAMES)
    assert found.proved and found.patient is None


@pytest.mark.parametrize(
    ("old", "new", "patient"),
    [
        (below("weight < 77 kg"),
         below("2 * weight <= 154 kg"), "weight = 77 kg"),
        (dosed("weight * 1 mg/kg rounded to 25 mg max 300 mg once daily"),
         dosed("weight * 1 mg/kg rounded down to 25 mg max 300 mg once daily"), "weight = "),
        # A tie goes down; only who stands exactly between two steps tells the two apart.
        (dosed("weight * 1 mg/kg rounded to 2 mg max 10 mg once daily"),
         dosed("weight * 1 mg/kg + 0.000001 mg rounded to 2 mg max 10 mg once daily"), "weight = "),
    ],
)  # fmt: skip
def test_a_change_has_a_patient(old: str, new: str, patient: str) -> None:
    found = compare_by_proof(*versions(old, new), NAMES)
    assert found.patient is not None and patient in found.patient and not found.proved
    assert found.old != found.new


def test_a_division_by_zero_tells_two_versions_apart() -> None:
    """Among adults nobody is 0 years old, and the two say the same; without a population somebody is."""
    old, new = versions(
        below("weight / age < 1 kg/a"),
        below("weight < age * 1 kg/a"),
    )
    assert compare_by_proof(old, new, NAMES).proved
    old, new = (replace(each, population_condition=None) for each in (old, new))
    found = compare_by_proof(old, new, NAMES)
    assert found.patient is not None and "age = 0 years" in found.patient
    assert found.old == "ask " and found.new in (LOW, HIGH)


def test_a_shorter_greatest_age_is_never_proved_equal() -> None:
    """Whose weight is 80 days old is missing for one version alone."""
    old, new = versions(
        below("weight < 77 kg"),
        below("weight < 77 kg"),
    )
    changed = tuple(replace(each, within=timedelta(days=30)) if each.within else each for each in new.inputs)
    assert compare_by_proof(old, new, NAMES).proved
    assert not compare_by_proof(old, replace(new, inputs=changed), NAMES).proved


def test_an_assumption_is_read_by_the_rule_that_makes_it() -> None:
    text = active("example.one", below("weight < 77 kg"))
    assumed = text.replace("within 90 days required", 'within 90 days assume 60 kg because "most are"')
    old, new = (check([parsed(each)], NAMES).rules[0] for each in (text, assumed))
    found = compare_by_proof(old, new, NAMES)
    assert found.patient is not None and "weight missing" in found.patient
    assert (found.old, found.new) == ("ask weight", LOW)


# ---------------------------------------------------------------- the formulas mean what the evaluator does
def generated(series: str, count: int) -> Iterator[tuple[Random, GeneratedRule, Rule]]:
    """Random rules of the whole language; library functions are free for the solver, so without them."""
    for seed in range(count):
        random = Random(f"{series} {seed}")
        written = generate(random)
        file = parse_text(written.text, "generated.rule")
        assert isinstance(file, RuleFile)
        found = check([file], GENERATED_NAMES)
        if found.ok and found.rules and "clearance_of" not in written.text:
            yield random, written, found.rules[0]


def substitution(rule: Rule, facts: Chart) -> list[tuple[Term, Term]]:
    """Each variable of the solver with its value for one patient."""
    pairs: list[tuple[Term, Term]] = []
    for declared in rule.inputs:
        fact = facts.get(declared.name, Fact((), Reason.MISSING))
        value = fact.possible[0] if fact.possible else None
        unusable = fact.missing and fact.reason not in ASSUMABLE
        pairs.append((z3.Bool(f"{declared.name} missing"), constant(fact.missing)))
        pairs.append((z3.Bool(f"{declared.name} unusable"), constant(unusable)))
        if isinstance(declared.type, QuantityType):
            size = value.value * parse(value.unit).factor if isinstance(value, Quantity) else Fraction(0)
            pairs.append((z3.Real(declared.name), real(size)))
        elif isinstance(declared.type, BooleanType):
            pairs.append((z3.Bool(declared.name), constant(value is True)))
        else:
            said = value or declared.type.members[0]
            members = declared.type.members
            pairs += [(z3.Bool(f"{declared.name} {name}"), constant(name == said)) for name in members]
    return pairs


def answer_by_formulas(rule: Rule, facts: Chart) -> tuple[State, bool]:
    """The state, and whether there was a calculated dose; the whole answer is compared on the way."""
    formulas = Formulas(rule, {}, Patient(), {each.name: each.name for each in rule.inputs})
    pairs = substitution(rule, facts)
    prepared = prepare(rule, facts)
    decided = decide(rule, prepared)
    answers = formulas.answers()
    (said,) = (each for each in answers if z3.is_true(z3.simplify(z3.substitute(each.when, *pairs))))
    assert said.state is decided.state
    if decided.lines:
        assert said.result is not None and meaning(said.result) == meaning(decided.result)
    if said.amount is not None:
        assert isinstance(decided.result, GiveCalculated)
        (amount,) = prepared[decided.result.dose.amount].possible
        assert isinstance(amount, Quantity)
        found = z3.simplify(z3.substitute(said.amount, *pairs)).as_fraction()
        assert found == amount.value * parse(amount.unit).factor
    return said.state, said.amount is not None


def test_the_formulas_say_what_the_evaluator_says() -> None:
    """Of everything that a rule can answer, exactly that holds which it does answer, to the last digit."""
    answered: Counter[State] = Counter()
    doses = 0
    for random, written, rule in generated("formulas", rounds(150, 600)):
        for _ in range(4):
            state, dosed = answer_by_formulas(rule, plain_chart(random, written))
            answered[state] += 1
            doses += dosed
    assert all(answered[state] >= 10 for state in State) and doses >= 3


ROUNDED = "when weight * 1 mg/kg < 0 mg => none otherwise => give weight * 1 mg/kg rounded"


@pytest.mark.parametrize(
    ("decision", "patients"),
    [
        (f"{ROUNDED} to 20 mg max 100 mg once daily", "0 1 9 10 11 30 50 51 99 110 111 1000"),
        (f"{ROUNDED} down to 20 mg min 40 mg max 100 mg once daily", "0 1 20 39 40 41 60 119 120"),
        (f"{ROUNDED} up to 20 mg max 100 mg once daily", "0 1 20 21 40 100 101"),
        ("when weight / (weight - 50 kg) > 2 => none otherwise => give 1 mg once daily", "49 50 51 100 101"),
        ("when (weight - 50 kg) ^ -2 > 1 /kg2 => none otherwise => give 1 mg once daily", "48 49 50 51 52"),
        ("when (weight - 50 kg) ^ 3 > 8 kg3 => none otherwise => give 1 mg once daily", "0 51 52 53"),
    ],
)  # fmt: skip
def test_calculations_at_their_edges(decision: str, patients: str) -> None:
    """Ties, bounds, doses of nothing and divisions by zero."""
    rule = versions(decision, decision)[0]
    for weight in patients.split():
        facts = {"age": known(quantity(40, "a")), "weight": known(quantity(weight, "kg"))}
        answer_by_formulas(rule, facts)


def test_of_equal_harms_the_first_is_the_least() -> None:
    text = rule_text(
        INPUTS
        + """
  choice futures over 1 year {
    option nothing "Nothing"
    option drug "Drug"
    option device "Device"
    consequence stroke weight 1 { | nothing => factor | drug => factor | device => factor * 2 }
    indifferent within 0
  }
  decide dose first {
    when futures.best = drug and factor > 0    => give 1 mg once daily
    when futures.best = device and factor > 0  => give 2 mg once daily
    when futures.clear and factor > 0          => give 3 mg once daily
    otherwise                                  => none
    unknown                                    => ask factor
  }
"""
    )
    found = [one for one in verified(text).diagnostics if one.severity == "error"]
    lines = text.splitlines()
    assert {lines[one.span.line - 1].split("=>")[1].strip()[:9] for one in found} == {
        "give 1 mg",
        "give 2 mg",
        "give 3 mg",
    }


def believable(rule: Rule, facts: Chart) -> bool:
    """Whether a chart holds only amounts that reach a rule."""
    spans = believable_amounts(rule.inputs, GENERATED_NAMES.plausible)
    return all(judge(Within(name, span, ""), facts).truth is not False for name, span in spans.items())


def test_nothing_that_is_proved_is_contradicted() -> None:
    """No random patient reaches a branch or row that is said to be out of reach."""
    proved = 0
    for random, written, rule in generated("proofs", 40):
        file = parse_text(written.text, "generated.rule")
        assert isinstance(file, RuleFile)
        found = verify([file], GENERATED_NAMES, (), check([file], GENERATED_NAMES))
        unreached = {one.span.line for one in found.diagnostics if one.code == "BR011"}
        proved += len(unreached)
        for _ in range(60):
            facts = plain_chart(random, written)
            if believable(rule, facts):
                decided = decide(rule, prepare(rule, facts))
                assert len(decided.lines) != 1 or decided.lines[0] not in unreached, written.text
    assert proved >= 5


def test_versions_that_are_proved_equal_answer_alike() -> None:
    """A limit of a random rule is moved; charts then say whether the proof, or the patient, is right."""
    proved = changed = 0
    for random, written, rule in generated("versions", rounds(30, 300)):
        limits = re.findall(r"(?<=[<>=] )\d+(?:\.\d+)?", written.text)
        if not limits:
            continue
        old = random.choice(limits)
        text = re.sub(rf"(?<=[<>=] ){re.escape(old)}(?![\d.])", str(Fraction(old) + 1), written.text, count=1)
        file = parse_text(text, "generated.rule")
        found = check([file], GENERATED_NAMES) if isinstance(file, RuleFile) else None
        if found is None or not found.ok or not found.rules:
            continue
        compared = compare_by_proof(rule, found.rules[0], GENERATED_NAMES)
        proved += compared.proved
        changed += compared.patient is not None
        for _ in range(40 if compared.proved else 0):
            facts = plain_chart(random, written)
            if not believable(rule, facts):
                continue
            answers = [decide(each, prepare(each, facts)) for each in (rule, found.rules[0])]
            assert answers[0].state is answers[1].state
            if answers[0].state is State.ADVICE:
                assert meaning(answers[0].result) == meaning(answers[1].result)
    assert proved >= 3 and changed >= 3
