"""Faults of every kind; what is said of each is kept to the letter in `golden/said/test_faults.txt`.

Read that file beside this one. A fault that is said at the wrong place, or with advice that does not help,
sends its author astray.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from dsl import Function, Give, Parameter, QuantityType, check, evaluate, known, quantity
from dsl.checker.attributes import source_attributes
from tests.dsl.support import NAMES, WHOLE, found_in, parsed, rule, rule_text, scored_text
from tests.dsl.test_labels import LABEL
from tests.dsl.test_language import CHOICE

AGE = "input age: Quantity[years] from patient age required"
WEIGHT = "input weight: Quantity[kg] from observation weight within 90 days required"
GENE = "input gene: Phenotype from phenotype CYP2C19 lifetime required"
STROKE = "input stroke: Boolean from condition stroke optional"
INPUTS = f"{AGE} {WEIGHT} {GENE} {STROKE}"
CALL = "clearance_of(age: age, weight: weight, creatinine: 1 mg/dL, female: true)"


def when(condition: str) -> str:
    return rule_text(f"{INPUTS} decide d first {{ when {condition} => none unknown => none }}")


def let(value: str) -> str:
    return rule_text(f"{INPUTS} let {value} decide d first {{ when age > 3 years => none unknown => none }}")


def give(dose: str) -> str:
    return rule_text(
        f"{WEIGHT} {AGE} decide dose first {{ when weight < 70 kg => give {dose} unknown => ask weight }}"
    )


def outcome(items: str) -> str:
    return rule_text(
        f"{WEIGHT} {GENE} let twice = weight * 2 outcome x {{ {items} }}"
        " decide d first { when weight < 70 kg => x unknown => ask weight }"
    )


def beside(test: str) -> str:
    return rule_text(
        f"{WEIGHT} {GENE} let twice = weight * 2 let heavy = weight > 70 kg"
        " decide dose first { when heavy => give 75 mg once daily otherwise => none unknown => ask weight }"
        f' test "t" {{ {test} }}'
    )


def table(rows: str, columns: str = "gene | stroke") -> str:
    return rule_text(f"{INPUTS} table d unique {{ | {columns} => d {rows} unknown => ask gene }}")


def labelled(old: str, new: str) -> str:
    text = rule_text(LABEL.replace(old, new, 1))
    return text.replace("concerns drug niraparib", "concerns condition stroke")


def choice(old: str, new: str) -> str:
    return rule_text(CHOICE.replace(old, new, 1))


def header(old: str, new: str) -> str:
    assert old in WHOLE
    return WHOLE.replace(old, new, 1)


FAULTS = {
    # ------------------------------------------------------------ arithmetic
    "difference of unlike units": when("weight - 3 years > 2 kg"),
    "sum of products": when("weight * 2 kg + age * 3 kg > 2 kg2"),
    "a condition as an amount": when("(weight < 3 kg) + 1 > 2"),
    "an amount as a condition": when("weight + 3 kg"),
    "squares of one unit": when("weight * weight > weight * 3 kg"),
    "a negative of a Boolean": when("-stroke < 3"),
    "a unit that is none": when("weight + 3 kilo < 4 kg"),
    "a division without its space": when("weight /2 < 4 kg"),
    "exponent with a unit": let("x = weight ^ 2 kg"),
    "exponent with a fraction": let("x = weight ^ 0.5"),
    "exponent of zero": let("x = weight ^ 0"),
    "exponent above the greatest": let("x = weight ^ 5"),
    "an amount without a plain unit": when("weight * weight > age * weight"),
    "a product in a range of other units": when("weight * 2 in 3 .. 4 years"),
    "a square in a range": when("weight ^ 2 in 3 .. 4 kg"),
    "unlike products": when("weight * weight > weight"),
    "square against a number": when("weight ^ 2 > 3 kg"),
    # ------------------------------------------------------------ calls
    "function that is misspelt": let("x = clearence_of(weight)"),
    "arguments without names": let("x = clearance_of(age, weight)"),
    "parameter that is none": let("x = clearance_of(agee: age)"),
    "parameters that are lacking": let("x = clearance_of(age: age, female: true)"),
    "argument in another unit": let(f"x = {CALL.replace('age: age', 'age: weight')}"),
    "argument without a plain unit": let(f"x = {CALL.replace('age: age', 'age: weight * weight')}"),
    "argument that is no Boolean": let(f"x = {CALL.replace('true', 'gene')}"),
    "argument that is unknown": let(f"x = {CALL.replace('true', 'femal')}"),
    "argument that is an amount": let(f"x = {CALL.replace('true', 'weight * 2')}"),
    # ------------------------------------------------------------ lets
    "name of an input": let("weight = 3 kg"),
    "Boolean as a quantity": let("x: Quantity[kg] = weight < 3 kg"),
    "quantity as a Boolean": let("x: Boolean = weight"),
    "quantity as an enum": let("x: Phenotype = weight"),
    "value in other units": let("x: Quantity[mg] = age"),
    "unit that is not plain": let("x = weight * weight"),
    "unit of a reciprocal": let("x = 1 / weight"),
    "unit that is hidden in a ratio": let("x = weight * (age / age)"),
    "type that is none": let("x: Quantitee = weight"),
    "type without unit": let("x: Quantity = weight"),
    "type in no unit": let("x: Quantity[kilo] = weight"),
    # ------------------------------------------------------------ conditions
    "a number alone": when("5 kg = 5 kg"),
    "a misspelt input": when("wieght > 5 kg"),
    "a misspelt input in a list": when("wieght in { 50 kg }"),
    "a misspelt input that is denied": when("not strok"),
    "two misspelt inputs, one denied": when("not strok and wieght > 5 kg"),
    "a member that is none": when("gene = pour"),
    "an order of members": when("gene < poor"),
    "a Boolean with a number": when("stroke = 1"),
    "a Boolean with a word": when("stroke = yes"),
    "an enum alone": when("gene"),
    "an enum with a Boolean": when("gene = stroke"),
    "quantities of two kinds": when("weight < age"),
    "an enum in a range": when("gene in 1 .. 2"),
    "an empty range": when("weight in 70 .. 60 kg"),
    "a limit beyond belief": rule_text(
        "input p: Quantity[10*3/uL] from observation platelets within 9 days required"
        " decide d first { when p < 150000 10*3/uL => none unknown => none }"
    ),
    "a limit below belief": rule_text(
        "input p: Quantity[10*3/uL] from observation platelets within 9 days required"
        " decide d first { when p < 150 /uL => none unknown => none }"
    ),
    "a plain number with a unit": rule_text(
        "input r: Probability from model stroke_risk required"
        " decide d first { when r < 3 kg => none unknown => none }"
    ),
    "presence of a number": when("5 kg is known"),
    "presence of a product": when("weight * 2 is known"),
    # ------------------------------------------------------------ branches and decisions
    "a condition that never holds": rule_text(
        f"{WEIGHT} decide d first {{ when weight < 60 kg and weight > 70 kg => none unknown => none }}"
    ),
    "a branch that is answered above": rule_text(
        f"{WEIGHT} decide d first {{ when weight < 60 kg => give 1 mg once daily when weight < 50 kg => none"
        " unknown => ask weight }"
    ),
    "a population that is empty": rule_text(
        f"{WEIGHT} decide d first {{ when weight < 60 kg => none unknown => ask weight }}",
        'population "nobody" when weight < 3 kg and weight > 4 kg',
    ),
    "two branches": rule_text(
        f"{WEIGHT} decide d first {{ when wieght < 6 kg => none when weihgt < 7 kg => none unknown => none }}"
    ),
    "no decision": rule_text(WEIGHT),
    "two decisions": rule_text(
        f"{WEIGHT} decide a first {{ when weight < 6 kg => none unknown => none }}"
        " decide b first { when weight < 6 kg => none unknown => none }"
    ),
    "unknown that advises": rule_text(
        f"{WEIGHT} decide a first {{ when weight < 6 kg => none unknown => give 1 mg once daily }}"
    ),
    "an outcome that is none": rule_text(
        f"{WEIGHT} decide a first {{ when weight < 6 kg => chnge unknown => none }}"
        ' outcome change { indicator info advise "x" }'
    ),
    "an outcome twice": rule_text(
        f"{WEIGHT} decide a first {{ when weight < 6 kg => x unknown => none }}"
        ' outcome x { indicator info advise "x" } outcome x { indicator info advise "y" }'
    ),
    "asks for what is no input": rule_text(
        f"{WEIGHT} let w = weight * 2"
        " decide a first { when weight < 6 kg => ask w unknown => ask wieght }"
    ),
    "gives and asks for what is no input": rule_text(
        f"{WEIGHT} decide a first {{ when weight < 6 kg => none and ask wieght unknown => ask weight }}"
    ),
    "an input twice": rule_text(
        f"{WEIGHT} {WEIGHT} decide a first {{ when weight < 6 kg => none unknown => ask weight }}"
    ),
    # ------------------------------------------------------------ doses
    "a dose in other units": give("weight * 1 mL/kg rounded to 25 mg max 300 mg once daily"),
    "a dose with a least one in other units": give(
        "weight * 1 mg/kg rounded to 25 mg min 1 mL max 300 mg once daily"
    ),
    "a step without a unit": give("weight * 1 mg/kg rounded down to 50 max 300 mg once daily"),
    "a greatest dose without a unit": give("weight * 1 mg/kg rounded to 25 mg max 300 once daily"),
    "a dose without a greatest": give("weight * 1 mg/kg rounded to 25 mg once daily"),
    "a least dose above the greatest": give(
        "weight * 1 mg/kg rounded to 25 mg min 300 mg max 200 mg once daily"
    ),
    "a least dose above the greatest in another unit": give(
        "weight * 1 mg/kg rounded to 25 mg min 1 g max 200 mg once daily"
    ),
    "doses far apart": rule_text(
        f"{WEIGHT} decide d first {{ when weight < 60 kg => give 200 ug once daily"
        " when weight < 80 kg => give 100 mg once daily otherwise => give 200 mg every 12 h"
        " unknown => ask weight }"
    ),
    # ------------------------------------------------------------ tables
    "a cell of another type": table("| poor, pour | * => none | else | * => none"),
    "a row that is too short": table("| poor => none | else | * => none"),
    "a row that is too long": table("| poor | * | * => none | else | * => none"),
    "a gap that nobody was found in": rule_text(
        f"{WEIGHT} let double = weight * 2 table d unique {{ | weight | double => d"
        " | < 50 kg | < 100 kg => none | >= 50 kg | >= 100 kg => ask weight unknown => ask weight }"
    ),
    "a column twice": table("| poor | * => none | else | * => none", "gene | gene"),
    "a column that is none": table("| poor | * => none | else | * => none", "gene | strok"),
    "missing where it is never": table("| poor, missing | * => none | else | * => none"),
    "an order in a cell": table("| < poor | * => none | else | * => none"),
    "an empty range in a cell": table("| 3 ..< 3 kg | * => none | else | * => none", "weight | stroke"),
    "a case without an answer": table("| poor | * => none | normal | true, missing => none"),
    "two answers": table("| poor | * => none | * | true => ask gene | else | * => none"),
    "a row that is never reached": table("| poor | * => none | else | * => none | normal | true => none"),
    # ------------------------------------------------------------ inputs
    "a score of another type": scored_text("input s: Phenotype from score CYP2C19 lifetime required"),
    "a score of a gene that is misspelt": scored_text("input s: Score from score CYP2C9 lifetime required"),
    "a score without a greatest age": scored_text("input s: Score from score CYP2C19 required"),
    "a trend of a score": scored_text("input s: Score from score CYP2C19 mean of last 2 lifetime required"),
    "a phenotype of another type": rule_text("input g: Boolean from phenotype CYP2C19 lifetime required"),
    "an observation as a Boolean": rule_text(
        "input w: Boolean from observation weight within 1 days required"
    ),
    "an observation in other units": rule_text(
        "input w: Quantity[mL] from observation weight within 1 days required"
    ),
    "an age as a Boolean": rule_text("input a: Boolean from patient age required"),
    "an age in kilograms": rule_text("input a: Quantity[kg] from patient age required"),
    "a condition as a quantity": rule_text("input s: Quantity[kg] from condition stroke required"),
    "a model as a Boolean": rule_text("input m: Boolean from model stroke_risk required"),
    "an upper limit of a condition": rule_text(
        "input s: Quantity[1] from condition stroke over upper limit required"
    ),
    "no greatest age": rule_text("input w: Quantity[kg] from observation weight required"),
    "a greatest age of nothing": rule_text(
        "input w: Quantity[kg] from observation weight within 0 days required"
    ),
    "a greatest age in kilograms": rule_text(
        "input w: Quantity[kg] from observation weight within 3 kg required"
    ),
    "a greatest age beyond belief": rule_text(
        "input w: Quantity[kg] from observation weight within 201 years required"
    ),
    "a source that is none": rule_text(
        "input w: Quantity[kg] from observation wieght within 1 days required"
    ),
    "a code that is none": rule_text(
        "input w: Quantity[kg] from observation loinc#1-8 within 1 days required"
    ),
    "a trend of a condition": rule_text("input s: Boolean from condition stroke mean of last 3 required"),
    "a trend over too few": rule_text(
        "input w: Quantity[kg] from observation weight mean of last 1 within 9 days required"
    ),
    "a trend over too many": rule_text(
        "input w: Quantity[kg] from observation weight mean of last 21 within 9 days required"
    ),
    # ------------------------------------------------------------ outcomes
    "a word twice": outcome('indicator info advise "a" advise "b"'),
    "an indicator that is none": outcome('indicator inof advise "a"'),
    "an outcome without advice": outcome("indicator info"),
    "an outcome without anything": outcome("strength strong"),
    "an action that is none": outcome("action standrad"),
    "an action unlike any": outcome('indicator info advise "a" action wait'),
    "two actions": outcome("action standard action avoid"),
    "an action and an indicator": outcome("action avoid indicator info"),
    "an action and advice": outcome('action avoid advise "a"'),
    "a quiet outcome with what a card shows": outcome(
        'action standard strength strong rationale "a" suggest drug ticagrelor'
        ' suggest dose 10 mg once daily suggest withdraw "a" override "a"'
    ),
    "an outcome without indicator": outcome('advise "a"'),
    "a placeholder that is none": outcome('indicator info advise "a {wieght}"'),
    "a brace alone": outcome('indicator info advise "a { b"'),
    "a closing brace alone": outcome('indicator info advise "a } b"'),
    "a summary that is too long": outcome(f'indicator info advise "{"a" * 140}"'),
    "a summary that may be too long": outcome(f'indicator info advise "{"a" * 93} {{twice}}"'),
    "a summary too long for a label": outcome(f'indicator info advise "{"a" * 121} {{gene}}"'),
    "a drug that is none": outcome('indicator info advise "a" suggest drug ticagrelo'),
    "two faulty suggestions": outcome(
        'indicator info suggest dose weight * 1 mg/kg rounded to 25 mg max 300 mg once daily'
        ' advise "{wieght}" suggest drug ticagrelo'
    ),
    "a calculated dose in a suggestion": outcome(
        'indicator info advise "a" suggest dose weight * 1 mg/kg rounded to 25 mg max 300 mg once daily'
    ),
    # ------------------------------------------------------------ tests beside the rule
    "a value twice": beside("given weight = 60 kg, weight = 61 kg expect dose = none"),
    "a value of what is none": beside("given wieght = 60 kg expect dose = none"),
    "a value in another unit": beside("given weight = 60 L expect dose = none"),
    "a reason that is none": beside("given weight missing stael expect dose = none"),
    "a decision that is none": beside("given weight = 60 kg expect dsoe = none"),
    "an expected outcome that is none": beside("given weight = 60 kg expect dose = chnge"),
    "an expected question that is none": beside("given weight = 60 kg expect dose = ask wieght"),
    "an expected value of another unit": beside("given weight = 60 kg expect twice = 120 L"),
    "an expected value of what is none": beside("given weight = 60 kg expect thrice = 120 kg"),
    "an expected value that is no Boolean": beside("given weight = 60 kg expect heavy = 3 kg"),
    "an expected dose that is calculated": beside(
        "given weight = 60 kg expect dose = give weight * 1 mg/kg rounded to 25 mg max 300 mg once daily"
    ),
    "results that no test expects": beside("given weight = 60 kg expect dose = none"),
    # ------------------------------------------------------------ labels
    "a risk twice": labelled("stratum  2 %", "baseline 2 % over 10 years stratum  2 %"),
    "a risk that is missing": labelled("stratum  2 % over 10 years", ""),
    "a risk over kilograms": labelled("baseline 1 % over 10 years", "baseline 1 % over 10 kg"),
    "a risk in kilograms": labelled("baseline 1 %", "baseline 1 kg"),
    "a risk of what is none": labelled("baseline 1 %", "baseline hgih"),
    "risks over different times": labelled("stratum  2 % over 10 years", "stratum 2 % over 5 years"),
    "a benefit in kilograms": labelled("benefit 1 %", "benefit 1 kg"),
    "a harm in kilograms": labelled("harm 0.1 %", "harm 1 kg"),
    "an action twice": labelled(
        "action check", "action check { benefit 1 % harm 0.1 % } action check"
    ),
    "an action that cites what is none": labelled("harm 0.1 %", "harm 0.1 % cites pmid:2"),
    "a condition that is none": labelled("shown when high", "shown when hgih"),
    "a tightening that is none": labelled("stratum - baseline >= 1 %", "stratum - basline >= 1 %"),
    "a label beside a decision": labelled(
        "label raised", "decide x first { when high => none unknown => ask high } label raised"
    ),
    "two labels": labelled(
        "label raised", f"{LABEL.partition('required')[2].replace('raised', 'other')} label raised"
    ),
    "a label without a condition": rule_text(LABEL),
    # ------------------------------------------------------------ choices
    "an option without a consequence": choice("| none => risk ", ""),
    "a consequence of what is no option": choice("| none => risk ", "| nobody => risk | none => risk "),
    "consequences of what are no options": choice(
        "| none => risk ", "| nobody => risk | nothing => risk | none => risk "
    ),
    "a probability in kilograms": choice("none => risk ", "none => 1 kg "),
    "a consequence twice": choice("| none => risk ", "| none => risk | none => risk "),
    "an option twice": choice('option none "Nothing"', 'option drug "Nothing"'),
    "an option of another meaning": choice('option none "Nothing"', 'option clear "Nothing"'),
    "a choice over kilograms": choice("over 1 year", "over 1 kg"),
    "a choice over nothing": choice("over 1 year", "over 0 years"),
    "a weight in kilograms": choice("weight 2", "weight 2 kg"),
    "a margin in kilograms": choice("within 0.5 %", "within 0.5 kg"),
    "a probability of what is none": choice("none => risk ", "none => rsik "),
    # ------------------------------------------------------------ headers
    "replaces twice": header("  review by", "  replaces example.start version 0.1.0\n" * 2 + "  review by"),
    "replaces a later one": header("  review by", "  replaces example.start version 1.0.0\n  review by"),
    "a code of another drug": header("drug niraparib", "drug niraparib rxnorm#32968"),
    "a drug of no list": header("drug niraparib", "drug nirapraib"),
    "a gene of no list": header("drug niraparib", "drug niraparib concerns gene CYP2C9"),
    "an attribute that is none": header("grade    A", 'grade A attribute devloper "x"'),
    "an attribute twice": header("grade    A", 'grade A attribute developer "x" attribute developer "y"'),
    "a grade twice": header("grade    A", "grade A grade B"),
    "overrides what is none": header("  review by", '  overrides example.strat because "x"\n  review by'),
    # ------------------------------------------------------------ files
    "a file of nothing": "// lost\n",
    "a vocabulary that is none": f"use some.words version 1.0.0\n{WHOLE}",
    "a member twice": f"enum Letters {{ a, b, a }}\n{WHOLE}",
    "a member of another meaning": f"enum Letters {{ a, missing }}\n{WHOLE}",
    "an enum twice": f"enum Letters {{ a }}\nenum Letters {{ b }}\n{WHOLE}",
}  # fmt: skip


@pytest.mark.parametrize("text", FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_is_said(text: str) -> None:
    assert found_in(text)


def test_a_rule_may_replace_any_version_of_another() -> None:
    assert found_in(header("  review by", "  replaces example.other version 3.0.0\n  review by")) == ()


WEIGHED = replace(NAMES, plausible={"weight": (quantity(1, "kg"), quantity(400, "kg"))})


@pytest.mark.parametrize(
    "calculated",
    [
        "weight * 5 rounded to 25 mg max 300 mg",
        "weight * 1 ug/kg rounded to 25 mg min 100 mg max 300 mg",
        "weight * 1 ug/kg rounded to 25 mg min 300 mg max 300 mg",
        "age * 1 ug/a rounded to 25 mg min 100 mg max 300 mg",
    ],
)
def test_a_dose_that_is_the_same_for_everybody(calculated: str) -> None:
    assert [one.code for one in found_in(give(f"{calculated} once daily"), names=WEIGHED)][1:] == ["BR016"]


@pytest.mark.parametrize(
    "calculated",
    [
        "weight * 1 mg/kg rounded to 25 mg min 100 mg max 300 mg",
        "70 kg * 5 mg/kg rounded to 25 mg max 400 mg",
        "age * 1 mg/a rounded to 25 mg min 50 mg max 300 mg",
    ],
)
def test_a_dose_that_differs_or_meets_no_bound(calculated: str) -> None:
    assert [one.code for one in found_in(give(f"{calculated} once daily"), names=WEIGHED)] == ["BR013"]


def test_nothing_is_said_of_people_whose_amounts_nobody_knows() -> None:
    calculated = "weight * 1 ug/kg rounded to 25 mg min 100 mg max 300 mg once daily"
    assert [one.code for one in found_in(give(calculated))] == ["BR013"]


ONE_OF = Function("half_of", (Parameter("of", QuantityType("kg")),), QuantityType("kg"), lambda of: of / 2)
TWO_OF = Function(
    "sum_of",
    (Parameter("one", QuantityType("kg")), Parameter("other", QuantityType("kg"))),
    QuantityType("kg"),
    lambda one, other: one + other,
)


@pytest.mark.parametrize(
    ("value", "codes"),
    [
        ("half_of(weight)", []), ("half_of(of: weight)", []), ("half_of(weight) + 1 kg", []),
        ("half_of(age)", ["BR007"]),
        ("half_of(weight) + 1 mL", ["BR007"]), ("half_of(fo: weight)", ["BR004"]),
        ("sum_of(weight, weight)", ["BR006"]), ("sum_of(one: weight, other: weight)", []),
        ("weight ^ 4 / weight ^ 3", []), ("weight ^ 2", []), ("weight ^ 3", []),
        ("weight ^ -1 * weight ^ 2", []), ("weight * weight ^ 2", []),
    ],
)  # fmt: skip
def test_calls_and_powers(value: str, codes: list[str]) -> None:
    names = replace(NAMES, functions={"half_of": ONE_OF, "sum_of": TWO_OF})
    unit = {"weight ^ 2": "kg2", "weight ^ 3": "kg3", "weight * weight ^ 2": "kg3"}.get(value, "kg")
    found = found_in(let(f"x: Quantity[{unit}] = {value}"), names=names)
    assert [one.code for one in found if one.code != "BR013"] == codes


@pytest.mark.parametrize(
    "condition",
    ["stroke = other", "gene = second", "gene != second", "weight <= third", "age / 2 in 3 .. 4 years"],
)
def test_two_inputs_of_one_type_are_compared(condition: str) -> None:
    more = """input other: Boolean from condition stroke required
        input second: Phenotype from phenotype CYP2C19 lifetime required
        input third: Quantity[g] from observation weight within 9 days required"""
    text = rule_text(f"{INPUTS} {more} decide d first {{ when {condition} => none unknown => none }}")
    assert [one.code for one in found_in(text)] == ["BR013"]


@pytest.mark.parametrize(
    ("one", "other", "codes"),
    [
        ("2 mg once daily", "200 mg once daily", ["BR023"]),
        ("2.01 mg once daily", "200 mg once daily", []),
        ("4 mg once daily", "200 mg every 12 h", ["BR023"]),
        ("2 mg every 12 h", "400 mg once daily", ["BR023"]),
        ("4.01 mg once daily", "200 mg every 12 h", []),
        ("2 mg/kg once daily", "200 mg once daily", []),
        ("2 mg once daily", "200 mg/kg once daily", []),
        ("14 mg every 1 week", "200 mg once daily", ["BR023"]),
        ("2.01 mg twice daily", "400 mg once daily", []),
    ],
)
def test_doses_that_are_a_hundredfold_apart(one: str, other: str, codes: list[str]) -> None:
    """H-042: per day and in one kind of unit; a dose per kilogram is no hundredth of one per person."""
    text = rule_text(
        f"{WEIGHT} decide d first {{ when weight < 60 kg => give {one} otherwise => give {other}"
        " unknown => ask weight }"
    )
    assert [found.code for found in found_in(text) if found.code != "BR013"] == codes


def test_each_calculated_dose_is_looked_at() -> None:
    text = rule_text(
        f"{WEIGHT} decide d first {{ when weight < 60 kg => none when weight < 70 kg => give 1 mg once daily"
        " otherwise => give weight * 5 rounded to 25 mg max 300 mg once daily unknown => ask weight }"
    )
    assert [found.code for found in found_in(text, names=WEIGHED) if found.code != "BR013"] == ["BR016"]


@pytest.mark.parametrize("count", [2, 20])
def test_a_trend_over_the_fewest_and_the_most_results(count: int) -> None:
    source = f"observation weight mean of last {count} within 9 days"
    decision = "decide d first { when w > 3 kg => none unknown => none }"
    text = rule_text(f"input w: Quantity[kg] from {source} required {decision}")
    assert [one.code for one in found_in(text)] == ["BR013"]


# ---------------------------------------------------------------- attributes
def test_attributes_that_follow_from_the_rule() -> None:
    decision = "decide d first {{ when {} => none unknown => none }}"
    text = rule_text(f"{INPUTS} input f: Boolean from patient female required {decision.format('f')}")
    text = text.replace("cites pmid:1", 'cites pmid:1, label:example reviewed 2026-01-01 by "A"')
    text = text.replace("reviewed", 'attribute developer "us" reviewed')
    [full] = check([parsed(text)], NAMES).rules
    unread = "not used: rules cannot read it"
    assert source_attributes(full) == {
        "citation": "pmid:1, label:example",
        "developer": "us",
        "funding": None,
        "release_and_revision": "effective from 2026-01-01, until 2026-12-31, reviewed 2026-01-01",
        "use_of_race": unread,
        "use_of_ethnicity": unread,
        "use_of_language": unread,
        "use_of_sexual_orientation": unread,
        "use_of_gender_identity": unread,
        "use_of_sex": "read by the rule",
        "use_of_date_of_birth": "read as age by the rule",
        "use_of_social_determinants": unread,
        "use_of_health_status": "read: condition, observation, phenotype",
    }
    bare = source_attributes(rule(f"{AGE} {decision.format('age > 3 years')}"))
    assert bare["use_of_sex"] == "not used" and bare["use_of_health_status"] == "not used"
    heavy = source_attributes(rule(f"{WEIGHT} {decision.format('weight > 3 kg')}"))
    assert heavy["use_of_date_of_birth"] == "not used"


def codes(text: str) -> list[str]:
    return [found.code for found in found_in(text)]


def test_limits_that_a_believable_value_reaches() -> None:
    platelets = "input p: Quantity[10*3/uL] from observation platelets within 9 days required"
    for limit in ("p > 1 10*3/uL", "p < 3000 10*3/uL"):
        text = f"{platelets} decide d first {{ when {limit} => none unknown => none }}"
        assert codes(rule_text(text)) == ["BR013"]


def test_a_table_beside_another_fault_is_judged_all_the_same() -> None:
    """A gap is said although an input has no greatest age."""
    text = table("| poor | * => none").replace("lifetime required", "required")
    assert codes(text) == ["BR008", "BR009", "BR013"]


def test_a_table_of_a_rule_without_title_is_proved_within_what_is_believable() -> None:
    platelets = "input p: Quantity[10*3/uL] from observation platelets within 9 days required"
    rows = "| p => d | 1 .. 100 10*3/uL => none | > 100 10*3/uL => none"
    text = rule_text(f"{platelets} table d unique {{ {rows} unknown => ask p }}")
    assert codes(text) == ["BR013"]
    assert codes(text.replace('title "Example"', "")) == ["BR003", "BR013"]


def test_a_cell_may_say_which_word_it_is_not() -> None:
    assert codes(table("| != poor | => none | poor | => none", "gene").replace("| =>", "=>")) == ["BR013"]


def test_an_amount_in_a_range_of_two_units() -> None:
    text = rule_text(
        f"{WEIGHT} decide d first {{ when (weight in 60000 g .. 80 kg) => none"
        " otherwise => give 1 mg once daily unknown => ask weight }"
    )
    checked = check([parsed(text)], NAMES).rules[0]
    for amount, given in ((50, True), (60, False), (80, False), (81, True)):
        finding = evaluate(checked, {"weight": known(quantity(amount, "kg"))})
        assert isinstance(finding.result, Give) is given
        assert finding.steps[0].text.startswith("when weight in 60000 g .. 80 kg")


def test_each_unknown_option_is_said() -> None:
    text = choice(
        "consequence bleed  weight 1 { |", "consequence bleed  weight 1 { | pill => 1 % | leaf => 2 % |"
    )
    assert codes(text) == ["BR004", "BR004"]


def test_an_option_behind_a_faulty_one_is_looked_at() -> None:
    text = choice("| drug => 1 % | none => 0", "| none => 1 kg | leaf => 2 % | drug => 0")
    assert sorted(codes(text)) == ["BR004", "BR007"]


def test_uses_of_a_value_of_the_wrong_type_are_not_faults_too() -> None:
    text = rule_text(
        f"{WEIGHT} let heavy: Quantity[kg] = weight > 3 kg"
        " decide d first { when heavy > 5 kg => none unknown => ask weight }"
    )
    assert codes(text) == ["BR006"]


@pytest.mark.parametrize(
    ("expected", "left"),
    [("give 100 mg once daily", 1), ("give 75 mg once daily", 1), ("give 80 mg once daily", 1)],
)
def test_a_calculated_dose_is_tested_by_another_amount_than_the_written_ones(
    expected: str, left: int
) -> None:
    """Of a written and a calculated dose a test expects one; the other is said to be untested."""
    text = rule_text(
        f"{WEIGHT} decide d first {{ when weight < 60 kg => give 100 mg once daily"
        " otherwise => give weight * 1 mg/kg rounded to 5 mg max 300 mg once daily unknown => ask weight }"
        f' test "t" {{ given weight = 80 kg expect d = {expected} }}'
    )
    untested = [found.help for found in found_in(text) if found.code == "BR013"]
    written = expected == "give 100 mg once daily"
    assert len(untested) == left
    assert ("and the dose that it comes to" in untested[0]) is written


def test_whatever_stands_behind_an_expected_value_is_looked_at() -> None:
    text = beside("given weight = 80 kg expect twice = 160 kg expect dose = vanish")
    assert codes(text) == ["BR004", "BR013", "BR013"]
