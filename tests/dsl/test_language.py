"""The parts of the language beyond plain conditions: calculations, assumptions, `else`, futures, labels."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lark import Lark, UnexpectedInput

from dsl import (
    Advise,
    DrugSuggestion,
    Fact,
    Finding,
    Give,
    Nothing,
    Range,
    Reason,
    Rule,
    State,
    Value,
    check,
    evaluate,
    explain,
    holds,
    known,
    missing,
    quantity,
    silenced,
)
from dsl.checker.attributes import PREDICTIVE, source_attributes
from dsl.model import Compare, Truth
from dsl.trends import Trend, TrendFunction
from dsl.types import EnumType
from dsl.values import Dose, Period, Quantity
from tests.dsl.support import NAMES, PROPERTY, errors_in, halves, parsed, rule, rule_text

WEIGHT = "input weight: Quantity[kg] from observation weight within 90 days required"
AGE = "input age: Quantity[years] from patient age required"
GENE = "input gene: Phenotype from phenotype CYP2C19 lifetime optional"


def kg(text: str) -> Fact:
    return known(quantity(text, "kg"))


def several(*values: Value) -> Fact:
    return Fact(values, Reason.CONFLICT)


def amount_of(finding: Finding, name: str) -> Quantity:
    value = finding.facts[name].possible[0]
    assert isinstance(value, Quantity)
    return value


# ---------------------------------------------------------------- calculated values
def calculating(expression: str, *, of: str = "") -> Rule:
    return rule(
        f"""{WEIGHT} {AGE}
        let x{of} = {expression}
        decide dose first {{
          when x is known => give 1 mg once daily
          unknown         => ask weight
        }}"""
    )


@pytest.mark.parametrize(
    "expression, unit, value",
    [
        ("weight + 500 g", "kg", "70.5"),
        ("weight - 1 kg * 2", "kg", "68"),
        ("(weight - 1 kg) * 2", "kg", "138"),
        ("2 * weight / 4", "kg", "35"),
        ("- weight + 100 kg", "kg", "30"),
        ("weight / 2 / 5", "kg", "7"),
        ("weight - 10 kg - 10 kg", "kg", "50"),
        ("age / 8 years", "1", "5"),
        ("2 ^ 3 ^ 1", "1", None),
        ("64 %", "%", "64"),
        ("1 - 64 %", "1", "0.36"),
        ("clearance_of(age: age, weight: weight, creatinine: 1 mg/dL, female: false)", "mL/min", None),
    ],
)
def test_arithmetic_is_exact_and_in_units(expression: str, unit: str, value: str | None) -> None:
    """The usual precedence, and `76.999 kg` is not rounded on the way."""
    if value is None and "^" in expression:
        assert errors_in(rule_text(f"{WEIGHT} let x = {expression}"))
        return
    found = evaluate(calculating(expression), {"weight": kg("70"), "age": known(quantity(40, "a"))})
    x = amount_of(found, "x")
    assert x.unit == unit
    assert x.value == (Fraction(value) if value is not None else Fraction(100 * 70, 72))


@pytest.mark.parametrize("value, unit", [("weight / 2 ^ 2", "kg"), ("weight / weight", "1")])
def test_a_unit_that_is_not_plain_is_written(value: str, unit: str) -> None:
    found = evaluate(calculating(value, of=f": Quantity[{unit}]"), {"weight": kg("70")})
    assert amount_of(found, "x").unit == unit


@pytest.mark.parametrize(
    "body, codes",
    [
        ("let x = weight * weight", ["BR007"]),
        ("let x: Quantity[kg] = weight * weight", ["BR007"]),
        ("let x: Quantity[g/kg] = weight / 2 kg", []),
        ("let x: Boolean = weight", ["BR006"]),
        ("let x: Quantity[kg] = weight < 3 kg", ["BR006"]),
        ("let x = weight + 1 mL", ["BR007"]),
        ("let x = weight + stroke", ["BR006"]),
        ("let weight = 3 kg", ["BR005"]),
        ("let x = y let y = weight", ["BR004"]),
        ("let x = x", ["BR004"]),
        ("let x = weight ^ weight", ["BR002"]),
        ("let x = weight ^ 9", ["BR006"]),
        ("let x = clearance_of(weight)", ["BR006"]),
        ("let x = clearance_of(age: weight, weight: weight, creatinine: 1 mg/dL, female: true)", ["BR007"]),
        ("let x = clearance_of(age: age, weight: weight, creatinine: 1 mg/dL, female: weight)", ["BR006"]),
        ("let x = clearance_of(age: age, age: age, creatinine: 1 mg/dL, female: true)", ["BR005"]),
        ("let x = clearance_of(height: age, weight: weight, creatinine: 1 mg/dL, female: true)", ["BR004"]),
        ("let x = (weight < 3 kg) + 1", ["BR006"]),
    ],
)
def test_what_cannot_be_calculated_is_said(body: str, codes: list[str]) -> None:
    stroke = "input stroke: Boolean from condition stroke required"
    decision = "decide dose first { when weight < 70 kg => none unknown => ask weight }"
    found = errors_in(rule_text(f"{WEIGHT} {AGE} {stroke} {body} {decision}"))
    assert [code for code, _ in found] == codes


def test_a_comparison_of_calculations_needs_no_name() -> None:
    ruled = rule(
        f"""{WEIGHT} {AGE}
        decide dose first {{
          when weight * 2 > 100 kg + 40 kg              => give 1 mg once daily
          when age / 2 in 10 ..< 20 years               => give 2 mg once daily
          otherwise                                     => none
          unknown                                       => ask weight, age
        }}"""
    )
    assert [let.named for let in ruled.lets] == [False, False]
    assert str(evaluate(ruled, {"weight": kg("70.001")}).result) == "give 1 mg once daily"
    light = {"weight": kg("70"), "age": known(quantity(39, "a"))}
    assert str(evaluate(ruled, light).result) == "give 2 mg once daily"
    assert evaluate(ruled, {"age": known(quantity(39, "a"))}).asks == ("weight",)


def test_two_amounts_are_compared_in_base_units() -> None:
    ruled = rule(
        f"""{WEIGHT} input bilirubin: Quantity[mg/dL] from observation bilirubin within 1 days required
        input other: Quantity[g] from observation weight within 1 days required
        decide dose first {{
          when weight > other => give 1 mg once daily otherwise => none unknown => ask other, weight
        }}"""
    )
    heavier = {"weight": kg("1.001"), "other": known(quantity(1000, "g"))}
    assert evaluate(ruled, heavier).state is State.ADVICE
    assert evaluate(ruled, heavier | {"weight": kg("1")}).state is State.NOTHING
    assert evaluate(ruled, {"weight": kg("1")}).asks == ("other",)


def test_several_possible_values_give_several_results() -> None:
    ruled = calculating("weight * 2")
    found = evaluate(ruled, {"weight": several(quantity(60, "kg"), quantity(70, "kg"))})
    assert [str(value) for value in found.facts["x"].possible] == ["120 kg", "140 kg"]
    assert found.facts["x"].reason is Reason.CONFLICT


@pytest.mark.parametrize(
    "fact, reason",
    [
        (missing(Reason.STALE), Reason.STALE),
        (missing(Reason.UNIT), Reason.UNIT),
        (Fact((Range(None, Fraction(70), False, True, "kg"),), Reason.COMPARATOR), Reason.COMPARATOR),
        (several(*(quantity(value, "kg") for value in range(1, 66))), Reason.CONFLICT),
    ],
)
def test_what_is_not_known_is_not_calculated(fact: Fact, reason: Reason) -> None:
    """The reason is that of the datum behind it; 65 possible values are too many."""
    x = evaluate(calculating("weight * 2"), {"weight": fact}).facts["x"]
    assert x.missing and x.reason is reason


def test_a_calculation_that_fails_says_so() -> None:
    """No exception, no number: the value is missing, and why stands in the explanation."""
    found = evaluate(calculating("weight / (weight - 70 kg)"), {"weight": kg("70")})
    assert found.facts["x"].reason is Reason.MODEL_FAILED
    assert "  x: not computable [calculated]: not calculated: division by zero" in explain(found)


def test_a_boolean_let_is_three_valued() -> None:
    ruled = rule(
        f"""{WEIGHT} {GENE}
        let light = weight < 70 kg
        let both = light and gene = poor
        decide dose first {{
          when both => give 1 mg once daily otherwise => none unknown => ask weight, gene
        }}"""
    )
    assert evaluate(ruled, {"weight": kg("80")}).state is State.NOTHING
    assert evaluate(ruled, {"weight": kg("60")}).asks == ("gene",)
    assert evaluate(ruled, {"weight": kg("60"), "gene": known("poor")}).decided_by == ("weight", "gene")


# ---------------------------------------------------------------- calculated doses
def dosing(rounding: str) -> Rule:
    return rule(
        f"""{WEIGHT}
        decide dose first {{
          when weight < 200 kg => give weight * 1 mg/kg rounded {rounding} every 12 h
          otherwise            => none
          unknown              => ask weight
        }}"""
    )


@pytest.mark.parametrize(
    "rounding, weight, dose",
    [
        ("to 25 mg max 300 mg", "62", "50"),
        ("to 25 mg max 300 mg", "62.5", "50"),
        ("to 25 mg max 300 mg", "62.501", "75"),
        ("down to 25 mg max 300 mg", "74.999", "50"),
        ("up to 25 mg max 300 mg", "50.001", "75"),
        ("up to 25 mg max 300 mg", "50", "50"),
        ("to 25 mg max 100 mg", "130", "100"),
        ("to 25 mg min 50 mg max 100 mg", "12", "50"),
        ("to 0.025 g max 0.3 g", "62.501", "75"),
    ],
)
def test_a_dose_by_weight_is_rounded_as_declared(rounding: str, weight: str, dose: str) -> None:
    """The nearest step, a tie goes to the lower dose; or always down, or always up; then the two bounds."""
    result = evaluate(dosing(rounding), {"weight": kg(weight)}).result
    assert isinstance(result, Give)
    wanted = Dose(quantity(dose, "mg"), 1, Fraction(12), Period.HOUR)
    assert result.dose.same_as(wanted)


@PROPERTY
@given(
    st.sampled_from(halves(1, 400, 8)), st.sampled_from(["", "down", "up"]), st.sampled_from([5, 20, 25, 30])
)
def test_rounding_agrees_with_its_definition(weight: Fraction, direction: str, step: int) -> None:
    ruled = dosing(f"{direction} to {step} mg max 300 mg")
    result = evaluate(ruled, {"weight": known(Quantity(weight, "kg"))}).result
    steps = [Fraction(step * count) for count in range(200)]
    if direction == "down":
        expected = max(each for each in steps if each <= weight)
    elif direction == "up":
        expected = min(each for each in steps if each >= weight)
    else:
        expected = min(steps, key=lambda each: (abs(each - weight), each))
    expected = min(expected, Fraction(300))
    if weight >= 200:
        assert isinstance(result, Nothing)
    elif expected == 0:
        assert evaluate(ruled, {"weight": known(Quantity(weight, "kg"))}).state is State.ASK
    else:
        assert isinstance(result, Give) and result.dose.amount.value == expected


def test_a_dose_rounded_to_nothing_is_not_given() -> None:
    """Nobody gets 0 mg: the weight is asked for again, and the reason is on record."""
    found = evaluate(dosing("to 25 mg max 300 mg"), {"weight": kg("3")})
    assert found.state is State.ASK


def test_a_dose_is_given_only_if_it_is_one() -> None:
    """Two weights that round alike settle it, two that do not ask."""
    ruled = dosing("to 25 mg max 300 mg")
    alike = evaluate(ruled, {"weight": several(quantity(70, "kg"), quantity(80, "kg"))})
    assert str(alike.result) == "give 75 mg every 12 h"
    apart = evaluate(ruled, {"weight": several(quantity(70, "kg"), quantity(90, "kg"))})
    assert (apart.state, apart.asks) == (State.ASK, ("weight",))


@pytest.mark.parametrize(
    "dose, codes",
    [
        ("weight * 1 mg/kg once daily", ["BR016"]),
        ("weight * 1 mg/kg rounded to 25 mg once daily", ["BR016"]),
        ("weight * 1 mg/kg rounded to 25 mg min 200 mg max 100 mg once daily", ["BR006"]),
        ("weight * 1 mg/kg rounded to 25 mL max 100 mL once daily", ["BR007"]),
        ("weight rounded to 0 mg max 100 mg once daily", ["BR016"]),
        ("weight * 1 mg/kg rounded to 25 mg max 600 g once daily", ["BR016"]),
    ],
)
def test_a_calculated_dose_has_its_bounds(dose: str, codes: list[str]) -> None:
    """H-042: every dose leaves through one gate; one that is calculated has a greatest amount."""
    text = rule_text(
        f"{WEIGHT} decide dose first {{ when weight < 70 kg => give {dose} unknown => ask weight }}"
    )
    assert [code for code, _ in errors_in(text)] == codes


# ---------------------------------------------------------------- assumptions
ASSUMING = f"""{WEIGHT}
    input stroke: Boolean from condition stroke assume false because "the card repeats the warning"
    decide advice first {{
      when stroke          => none
      when weight >= 70 kg => change
      otherwise            => none
      unknown              => ask weight
    }}
    outcome change {{
      indicator info advise "Change" suggest drug ticagrelor unless stroke because "a history of stroke"
    }}"""


@pytest.mark.parametrize("reason", list(Reason))
def test_only_what_is_not_on_file_is_assumed(reason: Reason) -> None:
    """A stroke that is on file but unreadable is never assumed away."""
    found = evaluate(rule(ASSUMING), {"weight": kg("80"), "stroke": missing(reason)})
    if reason in (Reason.MISSING, Reason.STALE):
        assert found.result == Advise("change")
        assert found.assumptions == ("stroke is false (the card repeats the warning)",)
        assert found.facts["stroke"].missing
    else:
        assert (found.state, found.asks) == (State.ASK, ("stroke",))


def test_an_assumption_is_no_knowledge_about_a_contraindication() -> None:
    """An alternative is offered only if its contraindication is known to be absent, not assumed to be."""
    ruled = rule(ASSUMING)
    suggestion = ruled.outcome("change").suggestions[0]
    assert isinstance(suggestion, DrugSuggestion) and suggestion.unless is not None
    unless = suggestion.unless
    assert holds(unless, evaluate(ruled, {"weight": kg("80")})) is None
    assert holds(unless, evaluate(ruled, {"weight": kg("80"), "stroke": known(False)})) is False


def test_a_known_value_beats_the_assumption() -> None:
    found = evaluate(rule(ASSUMING), {"weight": kg("80"), "stroke": known(True)})
    assert (found.state, found.assumptions) == (State.NOTHING, ())


# ---------------------------------------------------------------- tables
ELSE = f"""{WEIGHT} {GENE}
    table advice unique {{
      | weight      | gene   => advice
      | < 50 kg     | poor   => low
      | < 50 kg     | else   => mid
      | 50 .. 90 kg | *      => mid
      | > 90 kg     | normal => high
      | > 90 kg     | else   => low
      unknown                => ask weight, gene
    }}
    outcome low  {{ indicator info advise "Low" }}
    outcome mid  {{ indicator info advise "Mid" }}
    outcome high {{ indicator info advise "High" }}"""


@pytest.mark.parametrize(
    "weight, gene, outcome",
    [
        ("49", known("poor"), "low"),
        ("49", known("normal"), "mid"),
        ("49", missing(Reason.MISSING), "mid"),
        ("50", missing(Reason.MISSING), "mid"),
        ("90.001", known("normal"), "high"),
        ("90.001", known("intermediate"), "low"),
        ("90.001", missing(Reason.STALE), "low"),
    ],
)
def test_else_is_what_no_row_beside_it_says(weight: str, gene: Fact, outcome: str) -> None:
    assert evaluate(rule(ELSE), {"weight": kg(weight), "gene": gene}).result == Advise(outcome)


def test_else_is_exact_over_several_neighbours() -> None:
    """40 to 60 kg is below 50 or in 50 to 90, so the rest is excluded although neither row is settled."""
    ruled = rule(
        f"""{WEIGHT} table dose unique {{
          | weight      => dose
          | < 50 kg     => give 1 mg once daily
          | 50 .. 90 kg => give 1 mg once daily
          | else        => give 2 mg once daily
          unknown       => ask weight
        }}"""
    )
    between = Fact((Range(Fraction(40), Fraction(60), True, True, "kg"),), Reason.COMPARATOR)
    found = evaluate(ruled, {"weight": between})
    assert str(found.result) == "give 1 mg once daily"
    assert [step.truth for step in found.steps] == [None, None, False]


def test_an_ordered_table_answers_with_its_first_row() -> None:
    text = ELSE.replace("unique", "first").replace("| < 50 kg     | else ", "| < 70 kg     | *    ")
    ordered = rule(text.replace("| 50 .. 90 kg | *      => mid", "| <= 90 kg    | *      => high"))
    facts = {"weight": kg("60"), "gene": known("poor")}
    assert evaluate(ordered, facts).result == Advise("mid")
    assert evaluate(ordered, facts | {"weight": kg("40")}).result == Advise("low")
    assert evaluate(ordered, facts | {"weight": kg("80")}).result == Advise("high")
    unsure = evaluate(
        ordered, {"weight": several(quantity(40, "kg"), quantity(60, "kg")), "gene": known("poor")}
    )
    assert (unsure.state, unsure.asks) == (State.ASK, ("weight",))


def test_an_ordered_table_has_no_dead_rows_either() -> None:
    dead = ELSE.replace("unique", "first").replace("| 50 .. 90 kg", "| < 50 kg    ")
    assert "BR011" in [code for code, _ in errors_in(rule_text(dead))]


# ---------------------------------------------------------------- futures
CHOICE = """
    input risk: Probability from model stroke_risk required
    input bleeding: Probability from model stroke_risk optional
    choice treat over 1 year {
      option none "Nothing"
      option drug "The drug"
      consequence stroke weight 2 { | none => risk | drug => risk / 2 }
      consequence bleed  weight 1 { | drug => 1 % | none => 0 }
      indifferent within 0.5 %
    }
    decide advice first {
      when treat.best = drug and treat.clear => change
      when treat.clear                       => none
      otherwise                              => shared
      unknown                                => ask risk
    }
    outcome change { indicator info advise "{treat.avoided.stroke} fewer, {treat.caused.bleed} more" }
    outcome shared { indicator info advise "Your preference decides" }"""


@pytest.mark.parametrize(
    "risk, best, clear, result",
    [
        ("0.1", "drug", True, Advise("change")),
        ("0.015", "drug", False, Advise("shared")),
        ("0.0150001", "drug", True, Advise("change")),
        ("0.01", "none", False, Advise("shared")),
        ("0.004", "none", True, Nothing()),
    ],
)
def test_the_future_with_the_least_harm(risk: str, best: str, clear: bool, result: object) -> None:
    """Harm: twice the strokes plus the bleeds. A lead of exactly the margin is none; a tie is the first's."""
    found = evaluate(rule(CHOICE), {"risk": known(quantity(risk, "1"))})
    assert found.facts["treat.best"].possible == (best,)
    assert found.facts["treat.clear"].possible == (clear,)
    assert found.result == result


def test_what_a_choice_is_checked_to() -> None:
    checked = rule(CHOICE)
    lets = {let.name: let for let in checked.lets}
    unnamed = [name for name, let in lets.items() if not let.named]
    assert unnamed == ["treat.lead over 0.5 %"]
    assert lets["treat.best"].type == EnumType("treat", ("none", "drug"), ("Nothing", "The drug"))
    clear = lets["treat.clear"].value
    assert isinstance(clear, Truth) and isinstance(clear.condition, Compare)
    assert clear.condition.text == "treat is clear"


def test_consequences_are_counted_in_a_thousand() -> None:
    found = evaluate(rule(CHOICE), {"risk": known(quantity("9.55", "%"))})
    counted = {
        name: amount_of(found, name).value
        for name in found.facts
        if name.startswith("treat.") and name.count(".") == 2 and " " not in name
    }
    assert counted == {
        "treat.none.stroke": 95, "treat.drug.stroke": 48, "treat.none.bleed": 0, "treat.drug.bleed": 10,
        "treat.avoided.stroke": 48, "treat.caused.stroke": -48,
        "treat.avoided.bleed": -10, "treat.caused.bleed": 10,
    }  # fmt: skip


@pytest.mark.parametrize(
    "old, new, codes",
    [
        ("| none => risk ", "", ["BR009"]),
        ("| none => risk ", "| nobody => risk ", ["BR009", "BR004"]),
        ('option none "Nothing"', 'option drug "Nothing"', ["BR005"]),
        ('option none "Nothing"', 'option best "Nothing"', ["BR005"]),
        ("over 1 year", "over 1 kg", ["BR007"]),
        ("weight 2", "weight 2 kg", ["BR007"]),
    ],
)
def test_a_choice_is_complete(old: str, new: str, codes: list[str]) -> None:
    found = [code for code, _ in errors_in(rule_text(CHOICE.replace(old, new)))]
    assert found[: len(codes)] == codes


# ---------------------------------------------------------------- exceptions
def test_an_exception_silences_its_base_only_by_advising() -> None:
    """It asks, says nothing or is meant for others: the base speaks. It advises: the base is silent."""
    body = (
        f"{WEIGHT} decide dose first {{ when weight < 70 kg => give 1 mg once daily unknown => ask weight }}"
    )
    exception = (
        rule_text(body)
        .replace("example.rule", "example.exception")
        .replace("concerns drug niraparib", 'concerns drug niraparib overrides example.rule because "x"')
    )
    further = exception.replace("example.exception", "example.further").replace(
        "overrides example.rule", "overrides example.exception"
    )
    checked = check([parsed(text) for text in (rule_text(body), exception, further)], NAMES)
    assert checked.ok, checked.diagnostics
    base, special, most_special = checked.rules
    light, heavy, unknown = {"weight": kg("60")}, {"weight": kg("80")}, dict[str, Fact]()

    def names(*pairs: tuple[Rule, dict[str, Fact]]) -> dict[str, str]:
        return dict(silenced([evaluate(each, facts) for each, facts in pairs]))

    assert names((base, light), (special, light)) == {base.name: special.name}
    assert names((base, light), (special, heavy)) == {}
    assert names((base, light), (special, unknown)) == {}
    assert names((base, light), (most_special, light)) == {}
    assert names((base, light), (special, heavy), (most_special, light)) == {
        base.name: most_special.name,
        special.name: most_special.name,
    }


# ---------------------------------------------------------------- attributes, trends, words
def test_the_attributes_are_as_many_as_the_regulation_names() -> None:
    assert len(set(PREDICTIVE)) == 31
    plain = rule(f"{WEIGHT} decide d first {{ when weight < 70 kg => none unknown => ask weight }}")
    attributes = source_attributes(plain)
    assert len(attributes) == 13
    assert [name for name, text in attributes.items() if text is None] == ["developer", "funding"]
    assert set(source_attributes(rule(CHOICE))) == set(PREDICTIVE)


def test_a_trend_is_part_of_a_source() -> None:
    ruled = rule(
        """input fall: Quantity[10*3/uL/d] from observation platelets slope of last 3 within 30 days required
        decide d first { when fall < -10 10*3/uL/d => none unknown => ask fall }"""
    )
    assert ruled.inputs[0].source.trend == Trend(TrendFunction.SLOPE, 3)


@pytest.mark.parametrize(
    "source, codes",
    [
        ("Quantity[10*3/uL] from observation platelets slope of last 3", ["BR007"]),
        ("Quantity[1] from observation platelets relative_change of last 2", []),
        ("Quantity[10*3/uL] from observation platelets mean of last 1", ["BR006"]),
        ("Quantity[10*3/uL] from observation platelets mean of last 2.5", ["BR006"]),
        ("Quantity[10*3/uL] from observation platelets average of last 3", ["BR002"]),
        ("Boolean from condition stroke mean of last 3", ["BR006"]),
    ],
)
def test_what_has_no_trend(source: str, codes: list[str]) -> None:
    declared = f"input x: {source} within 9 days required"
    body = f"{declared} decide d first {{ when x is known => none unknown => ask x }}"
    assert [code for code, _ in errors_in(rule_text(body))] == codes


def test_words_of_the_language_may_be_names() -> None:
    """An input may be called `title` or `weight`; only these nine words mean something everywhere."""
    from importlib import resources

    grammar = Lark(
        resources.files("dsl.parser").joinpath("grammar.lark").read_text("utf-8"),
        parser="lalr", lexer="contextual", strict=True,
    )  # fmt: skip
    words = {
        terminal.pattern.value
        for terminal in grammar.terminals
        if terminal.pattern.type == "str" and terminal.pattern.value.isidentifier()
    }
    text = """rule a.b version 1.0.0 {
      concerns drug W
      input W: Quantity[kg] from observation W within 3 days required
      input x: W from phenotype W lifetime optional
      let W = W * W + f(W: W, a: W) / W
      decide W first { when W = W and W < 3 kg and W is known => W unknown => ask x, W }
      table W unique { | W | W => W | W | W, W => W unknown => ask W }
      test "x" { given W = W, W missing, W = 3 kg expect x = W }
    }"""
    taken = set()
    for word in sorted(words):
        try:
            grammar.parse(re.sub(r"\bW\b", word, text))
        except UnexpectedInput:
            taken.add(word)
    assert taken <= {"ask", "else", "give", "none", "not", "and", "or", "missing", "true"}, taken
    assert len(words) > 100
