"""Two versions of a rule: a patient whose answer changes, the proof that there is none, or neither."""

from __future__ import annotations

import re
from collections import Counter
from random import Random

import pytest

from dsl import Rule, RuleFile, check, evaluate, parse_text, quantity
from dsl.evaluator.evaluate import Finding, meaning
from dsl.model import Give
from dsl.values import Range
from dsl.witnesses.believable import believable_amounts
from dsl.witnesses.compare import AS_WRITTEN, Comparison, compare_versions, plain
from tests.dsl.chart_generator import Chart, chart
from tests.dsl.rule_generator import NAMES as GENERATED_NAMES
from tests.dsl.rule_generator import generate
from tests.dsl.support import NAMES, rounds, rule

START = """
  input weight:    Quantity[kg]       from observation weight within 90 days required
  input platelets: Quantity[10*3/uL]  from observation platelets within 30 days required
  decide dose first {
    when weight < 77 kg or platelets < 150_000 /uL => give 200 mg once daily
    otherwise                                      => give 300 mg once daily
    unknown                                        => ask weight, platelets
  }
  test "light" { given weight = 60 kg, platelets = 200 10*3/uL expect dose = give 200 mg once daily }
  test "heavy" { given weight = 90 kg, platelets = 200 10*3/uL expect dose = give 300 mg once daily }
"""

GENE = """
  input cyp2c19: Phenotype from phenotype CYP2C19 lifetime required
  table choice unique {
    | cyp2c19              => result
    | poor                 => avoid
    | normal, intermediate => none because "no change"
    unknown => ask cyp2c19
  }
  outcome avoid { indicator critical advise "Another drug" }
  test "poor" { given cyp2c19 = poor expect choice = avoid }
  test "normal" { given cyp2c19 = normal expect choice = none }
"""


def compared(old: Rule, new: Rule) -> Comparison:
    amounts = (
        believable_amounts(old.inputs, NAMES.plausible),
        believable_amounts(new.inputs, NAMES.plausible),
    )
    return compare_versions(old, new, amounts)


def changed(body: str, *edits: tuple[str, str]) -> Comparison:
    """What comes of some replacements in a rule."""
    text = body
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new)
    return compared(rule(body), rule(text))


SAME = Comparison(None, proved=True)


@pytest.mark.parametrize(
    "edits",
    [
        [],
        [("weight < 77 kg or platelets < 150_000 /uL", "platelets < 150 10*3/uL or weight < 77000 g")],
        [("weight < 77 kg or", "not (weight >= 77 kg) or")],
        [("Quantity[kg] ", "Quantity[g] ")],
        [("input weight:", "input mass:"), ("when weight", "when mass"), ("ask weight", "ask mass"),
         ("given weight", "given mass")],
        [("input weight", "input other: Boolean from condition stroke optional\n  input weight")],
        [("give 200 mg once daily", "give 0.2 g every 24 h")],
    ],
    ids=["nothing", "another order", "negated", "unit", "names", "unused input", "dose in other words"],
)  # fmt: skip
def test_versions_that_answer_alike(edits: list[tuple[str, str]]) -> None:
    """The proof covers missing data too; a false witness here would teach readers to ignore all."""
    assert changed(START, *edits) == SAME


def test_the_bound_itself() -> None:
    found = changed(START, ("weight < 77 kg", "weight <= 77 kg"))
    assert found == Comparison(
        "weight = 77 kg, platelets = 150 10*3/uL", "give 300 mg once daily", "give 200 mg once daily"
    )


def test_between_the_bounds_of_two_versions() -> None:
    """At neither bound do `<= 77` and `< 80` differ: the constants of both must cut the axis together."""
    found = changed(START, ("weight < 77 kg", "weight <= 77 kg"))
    assert found.patient is not None
    old = rule(START.replace("weight < 77 kg", "weight <= 77 kg"))
    found = compared(old, rule(START.replace("weight < 77 kg", "weight < 80 kg")))
    assert found.patient == "weight = 78.5 kg, platelets = 150 10*3/uL"


def test_only_missing_data_make_the_difference() -> None:
    unknown = "unknown                                        => "
    assert changed(START, (f"{unknown}ask weight, platelets", f"{unknown}ask platelets")) == Comparison(
        "weight missing, platelets missing", "ask weight, platelets", "ask platelets"
    )
    found = changed(START, (f"{unknown}ask weight, platelets", f'{unknown}none because "not known"'))
    assert found.patient is not None and "missing" in found.patient
    assert (found.old, found.new) == ("ask platelets", "none and ask platelets")


def test_what_an_outcome_says_is_an_answer() -> None:
    found = changed(GENE, ('"Another drug"', '"Another drug, if possible"'))
    assert found == Comparison(
        "cyp2c19 = poor", 'avoid: "Another drug"', 'avoid: "Another drug, if possible"'
    )


def test_the_action_is_an_answer() -> None:
    aloud = 'indicator critical advise "Another drug"'
    found = changed(GENE, (aloud, "action avoid"))
    assert found == Comparison("cyp2c19 = poor", 'avoid: "Another drug"', "avoid (action avoid)")
    quiet = changed(GENE.replace(aloud, "action avoid"), ("action avoid", "action consider_alternative"))
    assert (quiet.old, quiet.new) == ("avoid (action avoid)", "avoid (action consider-alternative)")
    assert changed(GENE, (aloud, f"{aloud} action avoid")).patient == "cyp2c19 = poor"


def test_how_loudly_it_is_said_is_an_answer() -> None:
    assert changed(GENE, ("critical", "warning")).patient == "cyp2c19 = poor"


def test_the_reason_of_a_silence_is_none() -> None:
    assert changed(GENE, ('"no change"', '"nothing to change"')) == SAME


def test_a_member_that_the_old_vocabulary_lacks_is_missing_there() -> None:
    body = GENE.replace("| poor                 =>", "| poor, ultra =>")
    text = f"enum Phenotype {{ normal, intermediate, poor, ultra }}\n{_rule_alone(body)}"
    found = compared(rule(GENE), _rule_of(text))
    assert found == Comparison("cyp2c19 = ultra", "ask cyp2c19", 'avoid: "Another drug"')


def test_a_new_member_where_missing_is_a_state_of_its_own() -> None:
    """No old name makes a difference; for the new one the old rule takes the row of the missing."""
    body = (
        GENE.replace("required", "optional")
        .replace("| poor                 => avoid", "| poor, normal, intermediate => avoid")
        .replace("| normal, intermediate => none", "| missing => none")
        .replace("given cyp2c19 = normal", "given cyp2c19 missing")
    )
    new = _rule_alone(body.replace("| poor", "| ultra, poor"))
    text = f"enum Phenotype {{ normal, intermediate, poor, ultra }}\n{new}"
    assert compared(rule(body), _rule_of(text)).patient == "cyp2c19 = ultra"


def _rule_alone(body: str) -> str:
    return (
        'rule example.rule version 1.0.0 { title "Example" status draft effective from 2026-01-01 '
        'review by 2027-01-01 concerns drug niraparib population any because "a test" '
        f"evidence {{ cites pmid:1 }} {body} }}"
    )


def _rule_of(text: str) -> Rule:
    file = parse_text(text, "example.rule")
    assert isinstance(file, RuleFile), file
    checked = check([file], NAMES)
    assert checked.ok, checked.diagnostics
    return checked.rules[0]


def test_one_source_read_twice_is_two_data() -> None:
    """Else the old rule would read one of them where the new one reads the other."""
    recent = "  input platelets: Quantity[10*3/uL]  from observation platelets within 30 days required\n"
    lasting = "  input lasting: Quantity[10*3/uL] from observation platelets within 300 days required\n"
    body = START.replace(recent, recent + lasting).replace(
        "200 10*3/uL e", "200 10*3/uL, lasting = 200 10*3/uL e"
    )
    body = body.replace("< 150_000 /uL", "< 100_000 /uL or lasting < 150_000 /uL")
    assert changed(body, (recent + lasting, lasting + recent)) == SAME


CALCULATED = """
  input weight: Quantity[kg] from observation weight within 90 days required
  let load: Quantity[mg] = weight * 2 mg/kg
  decide dose first {
    when weight < 300 kg => give load rounded down to 5 mg max 600 mg once daily
    otherwise => none because "too much"
    unknown => ask weight
  }
  test "60" { given weight = 60 kg expect dose = give 120 mg once daily }
  test "300" { given weight = 300 kg expect dose = none }
"""


def test_a_calculated_dose_is_compared_by_its_amount() -> None:
    """The formula is written alike in both; what it stands on has changed."""
    text = CALCULATED.replace("2 mg/kg", "3 mg/kg").replace("120 mg", "180 mg")
    found = compared(rule(CALCULATED), rule(text))
    assert found.patient is not None
    weight = int(re.findall(r"weight = (\d+)", found.patient)[0])
    doses = (f"give {min(weight * each // 5 * 5, 600)} mg once daily" for each in (2, 3))
    assert (found.old, found.new) == tuple(doses)


def test_what_is_only_sampled_is_not_proved() -> None:
    text = CALCULATED.replace("weight * 2 mg/kg", "2 mg/kg * weight")
    assert compared(rule(CALCULATED), rule(text)) == Comparison(None, proved=False)


def test_believable_amounts_bound_the_search() -> None:
    """A bound beyond what reaches a rule changes nobody's answer."""
    one = rule(START)
    amounts = believable_amounts(one.inputs, NAMES.plausible)
    assert amounts == {
        "platelets": Range(quantity(1, "").value, quantity(3000, "").value, True, True, "10*3/uL")
    }
    ages = believable_amounts(rule(_AGED).inputs, {})
    assert ages["age"].low == 0 and ages["age"].high is None


_AGED = """
  input age: Quantity[years] from patient age required
  decide dose first {
    when age < 65 years => give 200 mg once daily
    otherwise           => give 300 mg once daily
    unknown             => ask age
  }
  test "young" { given age = 60 years expect dose = give 200 mg once daily }
  test "old" { given age = 70 years expect dose = give 300 mg once daily }
"""


def test_layout_is_no_part_of_a_rule() -> None:
    one, other = rule(START), rule("\n\n" + START.replace("weight < 77 kg or ", "weight<77 kg   or\n"))
    assert one != other
    assert plain(one.decision, AS_WRITTEN) == plain(other.decision, AS_WRITTEN)


# ---------------------------------------------------------------- random rules
def generated(seed: int) -> tuple[Rule, Rule, list[Chart]] | None:
    """A random rule, the same with a constant or the order of its rows changed, and charts without doubt."""
    random = Random(f"versions {seed}")
    source = generate(random)
    rules: list[Rule] = []
    for text in (source.text, random.choice((_other_number, _other_order))(random, source.text)):
        file = parse_text(text, "generated.rule")
        if isinstance(file, RuleFile):
            rules += check([file], GENERATED_NAMES).rules
    if len(rules) != 2 or rules[0].lets or len(rules[0].inputs) > 6:
        return None
    names = {each.name for each in rules[0].inputs}
    charts = [
        {name: fact for name, fact in facts.items() if name in names and (fact.known or fact.missing)}
        for facts in (chart(random, source) for _ in range(60))
    ]
    return rules[0], rules[1], charts


def _other_number(random: Random, text: str) -> str:
    start = text.index("decide" if "  decide" in text else "table")
    numbers = list(re.finditer(r"(?<![\w.*])\d+(?![\w.*:-])", text[start:]))
    if not numbers:
        return text
    chosen = random.choice(numbers)
    other = str(int(chosen[0]) + random.choice((1, 8, 25)))
    return text[: start + chosen.start()] + other + text[start + chosen.end() :]


def _other_order(random: Random, text: str) -> str:
    lines = text.split("\n")
    cases = [place for place, line in enumerate(lines) if re.match(r" *(when|\|) .*=> (?!result)", line)]
    if len(cases) > 1:
        one, other = random.sample(cases, 2)
        lines[one], lines[other] = lines[other], lines[one]
    return "\n".join(lines)


def answer(finding: Finding) -> object:
    given = finding.result
    said = meaning(Give(given.dose)) if isinstance(given, Give) else str(given).partition(" and ask")[0]
    return finding.state, said if finding.state == "advice" else "", frozenset(finding.asks)


def test_random_versions() -> None:
    """No proof is contradicted by a chart, and what a chart shows is found."""
    seen = Counter[str]()
    for seed in range(rounds(80, 1_000)):
        made = generated(seed)
        if made is None:
            continue
        old, new, charts = made
        found = compare_versions(
            old, new, (believable_amounts(old.inputs, {}), believable_amounts(new.inputs, {}))
        )
        differing = [each for each in charts if answer(evaluate(old, each)) != answer(evaluate(new, each))]
        if found.patient is not None:
            seen["found"] += 1
            assert found.old != found.new, (seed, found)
        else:
            seen["proved" if found.proved else "open"] += 1
            assert not differing, (seed, differing[0])
    assert min(seen["found"], seen["proved"]) >= 5 and seen["open"] < seen.total() / 4, seen
