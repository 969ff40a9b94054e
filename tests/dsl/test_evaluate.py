"""Certain answers, populations, what is asked for, and the trace."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl import (
    Advise,
    Ask,
    Fact,
    Finding,
    Give,
    Nothing,
    Range,
    Reason,
    Rule,
    State,
    check,
    evaluate,
    known,
    quantity,
)
from dsl import missing as absent
from dsl.evaluator.logic import Truth
from dsl.values import Value
from tests.dsl.support import NAMES, PROPERTY, WHOLE, parsed, rule, rule_text

GONE = absent(Reason.MISSING)


def kg(text: str) -> Fact:
    return known(quantity(text, "kg"))


def several(*values: Value) -> Fact:
    return Fact(values, Reason.CONFLICT)


WEIGHT = "input weight: Quantity[kg] from observation weight within 90 days required"
PLATELETS = "input platelets: Quantity[10*3/uL] from observation platelets within 30 days required"
GENE = "input gene: Phenotype from phenotype CYP2C19 lifetime required"
STROKE = 'input stroke: Boolean from condition stroke optional assuming "no stroke before"'


@pytest.fixture(scope="module")
def start_dose() -> Rule:
    return rule(
        f"""{WEIGHT} {PLATELETS} {STROKE}
        decide dose first {{
          when stroke is known and stroke                => none because "stroke"
          when weight < 77 kg or platelets < 150_000 /uL => give 200 mg once daily
          otherwise                                      => give 300 mg once daily
          unknown                                        => ask weight, platelets
        }}"""
    )


LOW, HIGH = "give 200 mg once daily", "give 300 mg once daily"


@pytest.mark.parametrize(
    ("weight", "platelets", "answer", "decided_by", "asks"),
    [
        (kg("60"), GONE, LOW, ("weight",), ()),
        (GONE, known(quantity("149", "10*3/uL")), LOW, ("platelets",), ()),
        (kg("76.999"), known(quantity("150", "10*3/uL")), LOW, ("weight",), ()),
        (kg("77"), known(quantity("150", "10*3/uL")), HIGH, ("weight", "platelets"), ()),
        (kg("90"), GONE, None, (), ("platelets",)),
        (GONE, known(quantity("210", "10*3/uL")), None, (), ("weight",)),
        (GONE, GONE, None, (), ("weight", "platelets")),
        (several(quantity("70", "kg"), quantity("75", "kg")), GONE, LOW, ("weight",), ()),
        (several(quantity("70", "kg"), quantity("80", "kg")), GONE, None, (), ("weight", "platelets")),
    ],
)
def test_certain_answers(
    start_dose: Rule,
    weight: Fact,
    platelets: Fact,
    answer: str | None,
    decided_by: tuple[str, ...],
    asks: tuple[str, ...],
) -> None:
    """A light patient is settled without platelets; only what could still change the answer is asked for."""
    finding = evaluate(start_dose, {"weight": weight, "platelets": platelets})
    assert (str(finding.result) if finding.state is not State.ASK else None) == answer
    assert finding.state is (State.ADVICE if answer else State.ASK)
    assert (finding.decided_by, finding.asks) == (decided_by, asks)


@pytest.mark.parametrize(
    ("low", "high", "answer"),
    [("70", None, None), ("80", None, HIGH), (None, "77", LOW), (None, "78", None)],
)
def test_a_limit_decides_only_where_all_its_values_agree(
    start_dose: Rule, low: str | None, high: str | None, answer: str | None
) -> None:
    """H-006: `>70 kg` leaves a cut at 77 kg open."""
    span = Range(
        None if low is None else Fraction(low), None if high is None else Fraction(high), False, False, "kg"
    )
    facts = {"weight": Fact((span,), Reason.COMPARATOR), "platelets": known(quantity(200, "10*3/uL"))}
    finding = evaluate(start_dose, facts)
    assert (str(finding.result) if finding.state is not State.ASK else None) == answer


def test_steps_and_lines(start_dose: Rule) -> None:
    finding = evaluate(start_dose, {"weight": kg("90"), "platelets": known(quantity(200, "10*3/uL"))})
    assert [(step.text.split(" =>")[0], step.truth) for step in finding.steps] == [
        ("when stroke is known and stroke", False),
        ("when weight < 77 kg or platelets < 150_000 /uL", False),
        ("otherwise", True),
    ]
    assert finding.lines == (finding.steps[2].line,)
    assert finding.steps[1].line == finding.steps[0].line + 1
    unsettled = evaluate(start_dose, {"weight": kg("90")})
    assert [step.truth for step in unsettled.steps] == [False, None, True]
    assert unsettled.lines == ()
    first = evaluate(start_dose, {"stroke": known(True)})
    assert len(first.steps) == 1


def test_an_unknown_optional_input_is_an_assumption(start_dose: Rule) -> None:
    settled = {"weight": kg("60")}
    assert evaluate(start_dose, settled).assumptions == ("no stroke before",)
    assert evaluate(start_dose, settled | {"stroke": known(False)}).assumptions == ()
    assert evaluate(start_dose, {}).assumptions == ()
    silent = evaluate(start_dose, settled | {"stroke": known(True)})
    assert (silent.state, silent.assumptions, silent.decided_by) == (State.NOTHING, (), ("stroke",))


def test_two_answers_about_an_optional_input_are_not_its_absence(start_dose: Rule) -> None:
    """H-014: a contradictory problem list neither says "stroke" nor "no stroke"."""
    finding = evaluate(start_dose, {"weight": kg("60"), "stroke": several(True, False)})
    assert finding.state is State.ASK
    assert finding.asks == ("stroke",)


# ---------------------------------------------------------------- population
@pytest.mark.parametrize(
    ("age", "state"),
    [("17.99", State.OUTSIDE), ("18", State.ADVICE), ("18.01", State.ADVICE), (None, State.ASK)],
)
def test_the_population_bounds_the_rule(age: str | None, state: State) -> None:
    """H-027: a child, or a person whose age nobody knows, gets no advice that was made for adults."""
    checked = check([parsed(WHOLE)], NAMES)
    facts = {"weight": kg("60")} | ({"age": known(quantity(age, "a"))} if age else {})
    finding = evaluate(checked.rules[0], facts)
    assert finding.state is state
    assert isinstance(finding.result, Give) is (state is State.ADVICE)
    if state is State.OUTSIDE:
        assert (finding.decided_by, finding.asks) == (("age",), ())
        assert finding.result == Nothing("outside the population: adults")
    if state is State.ASK:
        assert (finding.decided_by, finding.asks) == ((), ("age",))
        assert finding.result == Ask(())
    if state is not State.ADVICE:
        truth = False if state is State.OUTSIDE else None
        assert [(step.text, step.truth, step.line) for step in finding.steps] == [
            ("population: adults", truth, 1)
        ]
        assert (finding.lines, finding.assumptions) == ((), ())


def test_an_age_interval_across_the_bound_is_unknown() -> None:
    """H-028: the year of birth alone may leave both sides possible."""
    adults = check([parsed(WHOLE)], NAMES).rules[0]
    span = Range(Fraction(17), Fraction(18), True, True, "a")
    facts = {"age": Fact((span,), Reason.UNDATED), "weight": kg("60")}
    assert evaluate(adults, facts).asks == ("age",)


# ---------------------------------------------------------------- tables
TABLE = """
  table advice unique {
    | gene         | stroke         => advice
    | normal       | *              => none because "no change"
    | intermediate | true           => change
    | intermediate | false          => none because "no reason"
    | intermediate | missing        => change and ask stroke
    | poor         | *              => change
    unknown                         => ask gene
  }
  outcome change { indicator info advise "Change" }
"""


@pytest.fixture(scope="module")
def gene_table() -> Rule:
    return rule(f"{GENE} {STROKE} {TABLE}")


@pytest.mark.parametrize(
    ("gene", "stroke", "answer", "state", "decided_by", "asks"),
    [
        (known("poor"), GONE, "change", State.ADVICE, ("gene",), ()),
        (known("normal"), known(True), "none", State.NOTHING, ("gene",), ()),
        (known("intermediate"), known(True), "change", State.ADVICE, ("gene", "stroke"), ()),
        (known("intermediate"), known(False), "none", State.NOTHING, ("gene", "stroke"), ()),
        (known("intermediate"), GONE, "change and ask stroke", State.ADVICE, ("gene",), ("stroke",)),
        (known("intermediate"), several(True, False), "ask gene", State.ASK, (), ("stroke",)),
        (several("intermediate", "poor"), known(True), "change", State.ADVICE, ("gene", "stroke"), ()),
        (several("intermediate", "normal"), known(False), "none", State.NOTHING, ("gene", "stroke"), ()),
        (several("intermediate", "poor"), GONE, "ask gene", State.ASK, (), ("gene",)),
        (several("normal", "poor"), GONE, "ask gene", State.ASK, (), ("gene",)),
        (GONE, known(True), "ask gene", State.ASK, (), ("gene",)),
        (GONE, several(True, False), "ask gene", State.ASK, (), ("gene",)),
    ],
)
def test_tables(
    gene_table: Rule,
    gene: Fact,
    stroke: Fact,
    answer: str,
    state: State,
    decided_by: tuple[str, ...],
    asks: tuple[str, ...],
) -> None:
    """H-033, H-036: several phenotypes are settled if they lead to one recommendation."""
    finding = evaluate(gene_table, {"gene": gene, "stroke": stroke})
    assert str(finding.result) == answer
    assert (finding.state, finding.decided_by, finding.asks) == (state, decided_by, asks)


def test_rows_in_the_trace(gene_table: Rule) -> None:
    finding = evaluate(gene_table, {"gene": several("intermediate", "poor"), "stroke": known(True)})
    assert [step.truth for step in finding.steps] == [False, None, False, False, None]
    assert finding.steps[0].text == '| normal | * => none because "no change"'
    assert finding.lines == (finding.steps[1].line, finding.steps[4].line)
    assert evaluate(gene_table, {}).lines == ()


def test_a_result_that_asks_names_only_what_is_lacking() -> None:
    asking = rule(
        f"""{GENE} {STROKE}
        table advice unique {{
          | gene                | stroke      => advice
          | normal              | *           => ask gene, stroke
          | intermediate, poor  | *           => none
          unknown                             => ask gene
        }}"""
    )
    finding = evaluate(asking, {"gene": known("normal")})
    assert (finding.state, finding.asks) == (State.ASK, ("stroke",))
    assert finding.decided_by == ()


def test_an_unknown_clause_may_be_silent() -> None:
    silent = rule(
        f"""{WEIGHT}
        decide dose first {{
          when weight < 77 kg => give 200 mg once daily
          unknown             => none because "nothing to compare"
        }}"""
    )
    unknown = evaluate(silent, {})
    assert (unknown.state, unknown.result) == (State.NOTHING, Nothing("nothing to compare"))
    assert unknown.asks == ("weight",)
    heavy = evaluate(silent, {"weight": kg("90")})
    assert (heavy.state, heavy.result) == (State.NOTHING, Nothing("no branch applies"))
    assert heavy.decided_by == ("weight",)


BRANCHES = f"""{WEIGHT} {GENE} input stroke: Boolean from condition stroke required
    decide dose first {{
      when stroke         => give 100 mg once daily
      when gene = poor    => give 200 mg once daily
      when weight > 70 kg => give 300 mg once daily
      unknown             => none because "not settled"
    }}"""


@pytest.mark.parametrize(
    ("facts", "decided_by", "asks"),
    [
        ({"stroke": known(False), "gene": known("normal"), "weight": kg("60")},
         ("weight", "gene", "stroke"), ()),
        ({"stroke": known(False), "gene": known("normal"), "weight": kg("80")}, ("weight",), ()),
        ({"stroke": known(False), "gene": known("normal")}, ("gene", "stroke"), ("weight",)),
        ({"stroke": known(False), "weight": kg("60")}, ("weight", "stroke"), ("gene",)),
        ({"gene": known("normal")}, ("gene",), ("weight", "stroke")),
        ({}, (), ("weight", "gene", "stroke")),
    ],
)  # fmt: skip
def test_what_decided_and_what_is_lacking(
    facts: dict[str, Fact], decided_by: tuple[str, ...], asks: tuple[str, ...]
) -> None:
    """All that was refuted where no branch applies; all that is open where it is not settled."""
    finding = evaluate(rule(BRANCHES), facts)
    assert (finding.decided_by, finding.asks) == (decided_by, asks)


def test_otherwise_rests_on_what_was_refuted() -> None:
    otherwise = BRANCHES.replace("      unknown", "      otherwise           => none\n      unknown")
    facts = {"stroke": known(False), "gene": known("normal"), "weight": kg("60")}
    assert evaluate(rule(otherwise), facts).decided_by == ("weight", "gene", "stroke")


def test_outside_nothing_is_asked_for() -> None:
    """An open part of a population that is refuted already could not change the answer."""
    adults = rule(
        f"""{WEIGHT} input stroke: Boolean from condition stroke required
        decide dose first {{ when stroke => none unknown => ask stroke }}""",
        'population "heavy, with a stroke" when stroke and weight > 70 kg',
    )
    outside = evaluate(adults, {"weight": kg("60")})
    assert (outside.state, outside.decided_by, outside.asks) == (State.OUTSIDE, ("weight",), ())
    unknown = evaluate(adults, {"weight": kg("80")})
    assert (unknown.state, unknown.decided_by, unknown.asks) == (State.ASK, (), ("stroke",))
    conflict = several(quantity(60, "kg"), quantity(80, "kg"))
    split = evaluate(adults, {"weight": conflict, "stroke": known(True)})
    assert (split.state, split.decided_by, split.asks) == (State.ASK, (), ("weight",))


def test_an_assumption_in_words() -> None:
    assuming = rule(
        f"""{WEIGHT}
        input taken_for: Indication from indication clopidogrel assume stroke_prevention because "most"
        input had_stroke: Boolean from condition stroke assume false because "not coded"
        decide dose first {{
          when had_stroke or taken_for = acs => none
          when weight > 70 kg                => give 1 mg once daily
          unknown                            => ask weight
        }}"""
    )
    finding = evaluate(assuming, {"weight": kg("80")})
    assert finding.assumptions == (
        "taken for is stroke prevention (most)",
        "had stroke is false (not coded)",
    )


def test_what_stands_after_a_branch_that_holds_does_not_matter() -> None:
    ordered = rule(
        f"""{WEIGHT} {GENE}
        decide dose first {{
          when gene = poor    => give 100 mg once daily
          when weight < 77 kg => give 200 mg once daily
          when gene = normal  => give 200 mg once daily
          otherwise           => give 200 mg once daily
          unknown             => ask weight, gene
        }}"""
    )
    assert str(evaluate(ordered, {"gene": known("poor")}).result) == "give 100 mg once daily"
    assert evaluate(ordered, {"gene": known("normal")}).state is State.ADVICE
    assert evaluate(ordered, {"gene": several("normal", "intermediate")}).state is State.ADVICE
    assert evaluate(ordered, {"weight": kg("60")}).asks == ("gene",)


def test_a_fact_of_no_input_changes_nothing(gene_table: Rule) -> None:
    finding = evaluate(gene_table, {"gene": known("poor"), "other": known(True)})
    assert set(finding.facts) == {"gene", "stroke"}
    assert finding.facts["stroke"].reason is Reason.MISSING
    assert finding.result == Advise("change")


# ---------------------------------------------------------------- one way for `decide first`
TESTS = (
    "weight < 50 kg", "weight >= 77 kg", "weight in 50 ..< 77 kg", "weight != 50 kg", "gene = poor",
    "gene in { poor, normal }", "gene != normal", "(stroke is known and stroke)",
    "(stroke is missing or not stroke)", "platelets > 150 10*3/uL", "not platelets <= 100 10*3/uL",
)  # fmt: skip
RESULTS = ("give 200 mg once daily", "give 300 mg once daily", "none", "ask weight")
KILOS = [quantity(value, "kg") for value in ("49", "50", "60", "77", "90")]
COUNTS = [quantity(value, "10*3/uL") for value in ("99", "100", "120", "150", "200")]
GENES = ["normal", "intermediate", "poor"]


def _rules() -> list[Rule]:
    """Every second pair of tests, joined in turn by `and`, `or`, `and not`: 40 rules, parsed together."""
    bodies = []
    for index in range(40):
        pick = [TESTS[(index * step + step) % len(TESTS)] for step in (1, 2, 3, 4)]
        joint = ("and", "or", "and not", "or not")[index % 4]
        bodies.append(
            f"""{WEIGHT} {PLATELETS} {GENE} {STROKE}
            decide dose first {{
              when {pick[0]} {joint} {pick[1]} => {RESULTS[index % 2]}
              when {pick[2]}                   => {RESULTS[(index // 2) % 4]}
              when {pick[3]} or {pick[0]}      => {RESULTS[(index + 1) % 2]}
              {"otherwise => " + RESULTS[index % 3] if index % 5 else ""}
              unknown                          => ask weight, platelets, gene
            }}"""
        )
    # A few have a branch that nobody reaches, which the checker refuses.
    return [each for body in bodies for each in check([parsed(rule_text(body))], NAMES).rules]


RULES = _rules()
assert len(RULES) > 25, len(RULES)


def _values(values: list[Value]) -> st.SearchStrategy[tuple[Value, ...]]:
    return st.lists(st.sampled_from(values), max_size=3, unique=True).map(tuple)


def _answer(finding: Finding) -> str:
    return f"{finding.state} {finding.result}"


@PROPERTY
@given(
    st.sampled_from(RULES),
    st.fixed_dictionaries(
        {
            "weight": _values([*KILOS]),
            "platelets": _values([*COUNTS]),
            "gene": _values([*GENES]),
            "stroke": st.sampled_from([(), (True,), (False,)]),
        }
    ),
    st.data(),
)
def test_no_completion_contradicts_a_settled_answer(
    checked: Rule, sets: dict[str, tuple[Value, ...]], data: st.DataObject
) -> None:
    """H-014, H-033: what was said with data missing is still said when they arrive.

    An optional input that is missing stays so: being missing is a state of its own that rules may name.
    """
    anything: dict[str, list[Value]] = {"weight": [*KILOS], "platelets": [*COUNTS], "gene": [*GENES]}
    before = evaluate(checked, {name: Fact(values, Reason.CONFLICT) for name, values in sets.items()})
    chosen = {
        name: known(data.draw(st.sampled_from(values or anything[name])))
        for name, values in sets.items()
        if values or name in anything
    }
    after = evaluate(checked, chosen)
    assert after.state is not State.ASK or isinstance(after.result, Ask)
    if before.state is not State.ASK:
        assert _answer(after) == _answer(before)
    assert all(not before.facts[name].known for name in before.asks)
    assert set(before.decided_by) <= set(before.facts)
    truths: list[Truth] = [step.truth for step in before.steps]
    assert True not in truths[:-1]
