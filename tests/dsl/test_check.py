"""The checker: all faults of all files, one message for one fault, and nothing that slips through."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl import CATALOGUE, Action, Diagnostic, EnumType, Lifecycle, Names, RuleFile, check, parse_text
from dsl.names import closest
from tests.dsl.support import NAMES, PROPERTY, WHOLE, errors_in, found_in, parsed, rule, rule_text

WEIGHT = "input weight: Quantity[kg] from observation weight within 90 days required"
GENE = "input gene: Phenotype from phenotype CYP2C19 lifetime required"
STROKE = "input stroke: Boolean from condition stroke optional"


def silent(name: str) -> str:
    """A decision that reads one input and says nothing."""
    return f"decide d first {{ when {name} is known => none unknown => none }}"


def codes(text: str) -> list[str]:
    return [code for code, _ in errors_in(text)]


def when(condition: str, *inputs: str) -> list[str]:
    """The codes of what is wrong with a condition."""
    body = " ".join(inputs or (WEIGHT, GENE, STROKE))
    return codes(rule_text(f"{body} decide d first {{ when {condition} => none unknown => none }}"))


def test_a_sound_rule_has_no_fault_and_says_what_was_written() -> None:
    checked = check([parsed(WHOLE)], NAMES)
    assert checked.ok and checked.diagnostics == ()
    [sound] = checked.rules
    assert (sound.name, sound.version, sound.status) == ("example.start", "1.0.0", Lifecycle.DRAFT)
    assert (sound.drugs, sound.genes, sound.population) == (("niraparib",), (), "adults")
    assert sound.input("weight").within == timedelta(days=90)
    assert sound.input("age").within is None
    assert (sound.evidence.grade, sound.evidence.strength) == ("A", "strong")
    assert [citation.identifier for citation in sound.evidence.citations] == ["pmid:1"]
    for lookup in (sound.input, sound.outcome):
        with pytest.raises(KeyError):
            lookup("nothing")


def test_the_first_and_the_last_day_are_in_force() -> None:
    sound = check([parsed(WHOLE)], NAMES).rules[0]
    days = (date(2025, 12, 31), date(2026, 1, 1), date(2028, 12, 31), date(2029, 1, 1))
    assert [sound.in_force(day) for day in days] == [False, True, True, False]
    endless = check([parsed(WHOLE.replace(" until 2028-12-31", ""))], NAMES).rules[0]
    assert endless.in_force(date(9999, 12, 31))


def test_all_faults_of_all_files_are_reported() -> None:
    """The author corrects in one pass, not one fault for each run."""
    first = WHOLE.replace("77 kg", "77 mL", 1).replace("pmid:1", "pmid:9").replace("  title", "  //")
    second = WHOLE.replace("version 1.0.0", "version 2.0.0").replace("wght", "").replace("= 60 kg", "= 60 L")
    third = WHOLE.replace("=> ask weight", "=>")
    found = found_in(first, second, third)
    places = sorted({(one.span.path, one.code) for one in found if one.severity == "error"})
    assert places == [
        ("example0.rule", "BR003"), ("example0.rule", "BR004"), ("example0.rule", "BR007"),
        ("example1.rule", "BR007"), ("example2.rule", "BR002"),
    ]  # fmt: skip


def test_a_faulty_rule_does_not_take_the_others_with_it() -> None:
    broken = WHOLE.replace("example.start", "example.other").replace("77 kg", "77 mL", 1)
    checked = check([parsed(WHOLE + broken)], NAMES)
    assert [sound.name for sound in checked.rules] == ["example.start"]
    assert not checked.ok


@pytest.mark.parametrize(
    "line", [line for line in WHOLE.splitlines() if line.lstrip().split(" ")[0] in
             ("title", "status", "effective", "review", "concerns", "population")],
)  # fmt: skip
def test_each_part_of_the_header_is_needed(line: str) -> None:
    """H-027, H-119: population, dates and evidence are never left to the reader's guess."""
    assert codes(WHOLE.replace(line + "\n", "")) == ["BR003"]
    if "concerns" not in line:
        assert codes(WHOLE.replace(line, f"{line}\n{line}")) == ["BR003"]


def test_evidence_cites_something_that_is_listed() -> None:
    assert codes(WHOLE.replace("cites    pmid:1", "")) == ["BR003"]
    assert codes(WHOLE.replace("pmid:1", "pmid:1, label:example, doi:1")) == ["BR004"]


def test_only_a_reviewed_rule_is_active() -> None:
    """H-112."""
    active = WHOLE.replace("status     draft", "status     active")
    assert codes(active) == ["BR018"]
    assert codes(active.replace("strong\n", 'strong\n reviewed 2026-11-20 by "somebody"\n')) == []
    assert codes(WHOLE.replace("draft", "actve")) == ["BR004"]
    for status in ("draft", "review", "retired"):
        assert codes(WHOLE.replace("draft", status)) == []


def test_dates_in_their_order() -> None:
    assert codes(WHOLE.replace("2028-12-31", "2026-01-01")) == []
    assert codes(WHOLE.replace("2028-12-31", "2025-12-31")) == ["BR014"]
    assert codes(WHOLE.replace("2027-01-01", "2026-01-01")) == ["BR014"]
    assert codes(WHOLE.replace("2027-01-01", "2026-01-02")) == []


def test_the_same_version_twice() -> None:
    """H-121: also in two files, and even with the same content."""
    assert [code for code, _ in errors_in(WHOLE, WHOLE)] == ["BR015"]
    assert errors_in(WHOLE, WHOLE.replace("version 1.0.0", "version 1.0.1")) == []


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("weight < 77 kg", []), ("weight < 77_000 g", []), ("170 [lb_av] > weight", []), ("gene = poor", []),
        ("gene != poor", []), ("gene in { poor, normal }", []), ("stroke", []), ("not stroke", []),
        ("stroke = true", []), ("stroke is known and stroke", []), ("weight is missing", []),
        ("weight in 50 .. 77 kg", []), ("weight in 77 .. 77 kg", []), ("weight in { 50 kg, 60 kg }", []),
        ("weight < weight", []), ("weight in 900 g .. 1 kg", []),
        ("weight < 77", ["BR007"]), ("weight < 77 mL", ["BR007"]), ("weight < 77 mmol", ["BR007"]),
        ("weight in 50 L .. 77 kg", ["BR007"]), ("weight in { 50 kg, 5 L }", ["BR007"]),
        ("weight in 77 ..< 77 kg", ["BR006"]), ("weight in 2 kg .. 1 kg", ["BR006"]),
        ("weight in 2 kg .. 1999 g", ["BR006"]), ("weight = poor", ["BR006"]), ("weight", ["BR006"]),
        ("gene < poor", ["BR006"]), ("gene = 5", ["BR006"]), ("gene = pour", ["BR004"]), ("gene", ["BR006"]),
        ("gene = stroke", ["BR006"]), ("stroke > false", ["BR006"]), ("stroke = maybe", ["BR006"]),
        ("gene in { poor, pour }", ["BR004"]), ("gene in 1 .. 2", ["BR006", "BR006"]),
        ("wieght < 77 kg", ["BR004"]), ("77 kg > wieght", ["BR004"]), ("5 = 5", ["BR006"]),
        ("wieght is known", ["BR004"]), ("5 is known", ["BR006"]), ("true", ["BR004"]),
        ("weight = gene", ["BR006"]), ("wieght < 1 kg or gene = pour", ["BR004", "BR004"]),
    ],
)  # fmt: skip
def test_conditions(condition: str, expected: list[str]) -> None:
    """H-003: a condition across types or kinds of unit has no answer, so it is no condition."""
    assert when(condition) == expected


def test_two_quantities_are_compared_within_one_kind() -> None:
    """H-003."""
    other = "input other: Quantity[mg/dL] from observation bilirubin within 1 days required"
    assert when("weight < other", WEIGHT, other) == ["BR007"]
    assert when("other < other", other) == []


@pytest.mark.parametrize(
    ("declaration", "expected"),
    [
        ("input x: Quantity[g] from observation weight within 90 days required", []),
        ("input x: Quantity[kg] from observation loinc#29463-7 within 90 days required", []),
        ("input x: Quantity[kg] from observation loinc#1-1 within 90 days required", ["BR004"]),
        ("input x: Quantity[kg] from observation weight lifetime required", []),
        ("input x: Quantity[kg] from observation weight required", ["BR008"]),
        ("input x: Phenotype from phenotype CYP2C19 required", ["BR008"]),
        ("input x: Phenotype from phenotype CYP2D6 lifetime required", ["BR004"]),
        ("input x: Indication from phenotype CYP2C19 lifetime required", ["BR006"]),
        ("input x: Indication from indication clopidogrel optional", []),
        ("input x: Boolean from indication clopidogrel optional", ["BR006"]),
        ("input x: Boolean from medication niraparib optional", []),
        ("input x: Boolean from medication aspirin optional", ["BR004"]),
        ("input x: Quantity[kg] from condition stroke optional", ["BR006"]),
        ("input x: Quantity[years] from patient age required", []),
        ("input x: Quantity[d] from patient age required", []),
        ("input x: Quantity[kg] from patient age required", ["BR006"]),
        ("input x: Boolean from patient female required", []),
        ("input x: Boolean from patient age required", ["BR006"]),
        ("input x: Boolean from patient height required", ["BR004"]),
        ("input x: Boolean from chart stroke required", ["BR002"]),
        ("input x: Boolean from observation weight within 1 days required", ["BR006"]),
        ("input x: Quantity[mmol/L] from observation bilirubin within 1 days required", ["BR007"]),
        ("input x: Quantity[1] from observation bilirubin over upper limit within 1 days required", []),
        ("input x: Quantity[mg/dL] from observation bilirubin over upper limit within 1 days required",
         ["BR007"]),
        ("input x: Phenotype from phenotype CYP2C19 over upper limit lifetime required", ["BR006"]),
        ("input x: Boolean from observation pregnancy within 1 days required", []),
        ("input x: Boolean from observation pregnancy required", ["BR008"]),
        ("input x: Quantity[kg] from observation pregnancy within 1 days required", ["BR006"]),
        ("input x: Boolean from observation pregnancy over upper limit within 1 days required", ["BR006"]),
        ("input x: Boolean from observation pregnancy mean of last 2 within 1 days required", ["BR006"]),
        ("input x: Boolean from exposure niraparib optional", []),
        ("input x: Boolean from allergy niraparib optional", []),
        ("input x: Quantity[kg] from allergy niraparib optional", ["BR006"]),
        ("input x: Boolean from exposure weight optional", ["BR004"]),
        ("input x: Boolean from patient female_at_birth required", []),
        ("input x: Boolean from patient female_typical required", []),
        ("input x: Boolean from patient race required", ["BR006"]),
        ("input x: Phenotype from patient race required", ["BR006"]),
        ("input x: Phenotype from genotype CYP2C19 lifetime required", ["BR006"]),
        ("input x: Pair from genotype CYP2C19 lifetime required", ["BR004"]),
        ("input x: Phenotype from genotype weight lifetime required", ["BR004"]),
        ("input x: Phenotype from genotype CYP2C19 required", ["BR008", "BR006"]),
        ("input x: Quantity[mL/min/{1.73_m2}] from observation clearance within 1 days required", ["BR007"]),
        ("input x: Quantity[K/uL] from observation platelets within 1 days required", ["BR007"]),
        ("input x: Quantity from observation weight within 1 days required", ["BR007"]),
        ("input x: Colour from observation weight within 1 days required", ["BR004"]),
        ("input x: Quantity[kg] from observation weight within 1 s required", []),
        ("input x: Quantity[kg] from observation weight within 0 days required", ["BR007"]),
        ("input x: Quantity[kg] from observation weight within -1 days required", ["BR002"]),
        ("input x: Quantity[kg] from observation weight within 200 years required", []),
        ("input x: Quantity[kg] from observation weight within 99999999999999 years required", ["BR007"]),
        ("input x: Quantity[kg] from observation weight within 90 kg required", ["BR007"]),
        ("input x: Quantity[kg] from observation weight within 90 required", ["BR007"]),
    ],
)  # fmt: skip
def test_inputs(declaration: str, expected: list[str]) -> None:
    """H-003, H-007: kind, unit and greatest age are settled before any patient is seen."""
    assert codes(rule_text(f"{declaration} {silent('x')}")) == expected


def test_one_fault_has_one_message() -> None:
    """A misspelt type is no reason to call each use of the input a fault."""
    for wrong in (
        WHOLE.replace("Quantity[kg]", "Qantity[kg]"),
        WHOLE.replace("observation weight", "observation wt"),
    ):
        assert codes(wrong) == ["BR004"]
    card = 'outcome o { indicator info advise "{gene}" }'
    table = "table d unique { | gene => d | * => o unknown => ask gene }"
    broken = rule_text(f"{GENE.replace('Phenotype', 'Phenotyp')} {table} {card}")
    assert codes(broken) == ["BR004"]
    assert codes(WHOLE.replace("drug niraparib", "drug nirapari")) == ["BR004"]


def test_units_of_time_become_spans_of_time() -> None:
    spans = {"36 hours": 1.5, "2 weeks": 14, "12 months": 365.25, "1 years": 365.25, "0.5 d": 0.5}
    for written, days in spans.items():
        sound = rule(f"{WEIGHT.replace('90 days', written)} {silent('weight')}")
        assert sound.input("weight").within == timedelta(days=days)


def test_names_stand_once() -> None:
    assert codes(rule_text(f"{WEIGHT} {WEIGHT} {silent('weight')}")) == ["BR005"]
    outcome = 'outcome o { indicator info advise "x" }'
    assert codes(rule_text(f"{GENE} {outcome} {outcome} {silent('gene')}")) == ["BR005"]
    assert codes("enum E { a, b, a }") == ["BR005"]
    assert codes("enum E { a, missing }") == codes("enum E { true }") == ["BR005"]
    assert codes("enum E { a } enum E { b }") == ["BR005"]
    assert errors_in("vocabulary v version 1.0.0", "vocabulary v version 1.0.0")[0][0] == "BR005"


def test_vocabularies_are_used_by_name_and_version() -> None:
    words = 'vocabulary words version 1.0.0 enum Phenotype { normal "normal one", poor }'
    text = rule_text(f"{GENE} {silent('gene')}").split("}", 1)[1]
    assert errors_in(words, f"use words version 1.0.0 {text}") == []
    assert [code for code, _ in errors_in(words, f"use words version 2.0.0 {text}")] == ["BR004", "BR004"]
    assert [code for code, _ in errors_in(words, f"use wrds version 1.0.0 {text}")] == ["BR004", "BR004"]
    twice = errors_in(
        words, words.replace("words", "more"), f"use words version 1.0.0 use more version 1.0.0 {text}"
    )
    assert [message for _, message in twice] == ["enum `Phenotype` comes from two vocabularies"]
    apart = check([parsed(f"use words version 1.0.0 {text}")], NAMES, [parsed(words, "words.rule")])
    assert apart.ok
    kind = apart.rules[0].input("gene").type
    assert isinstance(kind, EnumType)
    assert (kind.label("normal"), kind.label("poor")) == ("normal one", "poor")


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        ('indicator info advise "x"', []),
        ('indicator info advise "{gene} and {weight}" rationale "{gene}"', []),
        ('indicator info advise "{gen}"', ["BR012"]),
        ('indicator info advise "x" rationale "{gen}"', ["BR012"]),
        ('indicator info advise "x }"', ["BR012"]),
        ('indicator info', ["BR003"]),
        ('advise "x"', ["BR003"]),
        ('indicator severe advise "x"', ["BR004"]),
        ('indicator info indicator info advise "x"', ["BR003"]),
        ('indicator info advise "x" advise "y"', ["BR003"]),
        ('indicator info advise "x" suggest drug ticagrelor unless stroke because "y"', []),
        ('indicator info advise "x" suggest drug aspirin', ["BR004"]),
        ('indicator info advise "x" suggest drug ticagrelor unless strk because "y"', ["BR004"]),
        (f'indicator info advise "{"x" * 139}"', []),
        (f'indicator info advise "{"x" * 140}"', ["BR012"]),
        (f'indicator info advise "{"x" * 121}{{gene}}"', []),
        (f'indicator info advise "{"x" * 122}{{gene}}"', ["BR012"]),
        (f'indicator info advise "x" rationale "{"x" * 1000}"', []),
        ('indicator info advise "x" action avoid strength strong', []),
        *((f"action {action.replace('-', '_')}", []) for action in Action),
        ("action standard strength strong", []),
        ("action Standard", ["BR004"]),
        ("strength strong", ["BR003", "BR003"]),
        ('action standard rationale "x"', ["BR003"]),
        ('action standard override "x"', ["BR003"]),
        ('action standard suggest withdraw "x"', ["BR003"]),
    ],
)  # fmt: skip
def test_outcomes(outcome: str, expected: list[str]) -> None:
    """H-074: a summary fits 139 characters with the longest value of each placeholder."""
    decision = "decide d first { when gene = poor => o unknown => none }"
    body = f"{WEIGHT} {GENE} {STROKE} outcome o {{ {outcome} }} {decision}"
    assert codes(rule_text(body)) == expected


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ("given gene = poor expect d = none", []),
        ("given gene missing stale expect d = ask gene", []),
        ("given gene missing old expect d = none", ["BR004"]),
        ("given gen = poor expect d = none", ["BR004"]),
        ("given gen missing expect d = none", ["BR004"]),
        ("given gene = pour expect d = none", ["BR004"]),
        ("given gene = poor, gene = normal expect d = none", ["BR005"]),
        ("given gene = poor expect dd = none", ["BR004"]),
        ("given gene = poor expect d = other", ["BR004"]),
        ("given gene = poor expect d = ask gen", ["BR004"]),
        ("given gene = poor expect d = none and ask gen", ["BR004"]),
    ],
)
def test_tests_beside_a_rule(test: str, expected: list[str]) -> None:
    """H-112: a misspelt test patient would test nothing."""
    body = f'{GENE} decide d first {{ when gene = poor => none unknown => ask gene }} test "t" {{ {test} }}'
    assert codes(rule_text(body)) == expected


@pytest.mark.parametrize(
    ("decision", "expected"),
    [
        ("decide d first { when gene = poor => o unknown => none }", ["BR004"]),
        ("decide d first { when gene = poor => none and ask x unknown => none }", ["BR004"]),
        ("decide d first { when gene = poor => none unknown => ask x }", ["BR004"]),
        ("decide d first { when gene = poor => none unknown => give 1 mg once daily }", ["BR006"]),
        ("decide d first { when gene = poor => none unknown => o }", ["BR004"]),
        ("table d unique { | x => d | * => none unknown => none }", ["BR004"]),
        ("table d unique { | gene => d | * | * => none unknown => none }", ["BR002"]),
        ("table d unique { | gene | stroke => d | * => none unknown => none }", ["BR002"]),
        ("table d unique { | gene => d | missing => none | * => none unknown => none }", ["BR006"]),
        ("table d unique { | gene => d | < poor => none unknown => none }", ["BR006"]),
        ("table d unique { | gene => d | pour => none unknown => none }", ["BR004"]),
        ("table d unique { | gene => d | 1 .. 2 => none unknown => none }", ["BR006", "BR006"]),
        (f"{silent('gene')} {silent('gene')}", ["BR003"]),
        ("", ["BR003"]),
    ],
)  # fmt: skip
def test_decisions(decision: str, expected: list[str]) -> None:
    assert codes(rule_text(f"{GENE} {STROKE} {decision}")) == expected


def test_an_untested_result_is_a_warning() -> None:
    found = found_in(WHOLE[: WHOLE.index('  test "heavy"')] + "}")
    assert [(one.code, one.severity.value, one.span.line) for one in found] == [("BR013", "warning", 20)]
    assert check([parsed(WHOLE[: WHOLE.index('  test "light"')] + "}")], NAMES).ok


def test_every_code_has_a_page_and_every_fault_a_code() -> None:
    assert list(CATALOGUE) == [f"BR{number:03d}" for number in range(1, len(CATALOGUE) + 1)]
    for page in CATALOGUE.values():
        assert all((page.title, page.avoid, page.prefer, page.why))


def test_a_close_name_is_proposed_and_a_far_one_is_not() -> None:
    assert closest("wieght", ["weight", "platelets"]) == "did you mean `weight`?"
    assert closest("xyz", ["weight", "platelets"]) == ""
    assert Names().drugs == frozenset()


SWAPS = st.sampled_from(
    [("77 kg", "77 g"), ("weight", "age"), ("kg", "mL"), ("once daily", "every 24 h"), ("draft", "active"),
     ("weight <", "not weight <"), ("< 77 kg", "in 5 .. 6 kg"), ("pmid:1", "pmid:9"),
     ("niraparib", "warfarin"), ("observation", "condition"),
     ("required", "optional"), ("within 90 days", "lifetime"), ("within 90 days", ""),
     ("age >= 18 years", "age is known"), ("ask weight", "none"), ("give 300 mg once daily", "none"),
     ("Quantity[kg]", "Boolean"), ("= 60 kg", "missing stale"), ("input age", "input weight"), ("dose", "d"),
     ("18 years", "9_999_999 years"), ("when weight < 77 kg", "when weight"), ("2028", "2020")]
)  # fmt: skip


@PROPERTY
@given(st.lists(SWAPS, min_size=1, max_size=4))
def test_any_rule_is_checked_without_an_exception(swaps: list[tuple[str, str]]) -> None:
    text = WHOLE
    for old, new in swaps:
        text = text.replace(old, new)
    file = parse_text(text, "a.rule")
    found = (file,) if isinstance(file, Diagnostic) else check([file], NAMES).diagnostics
    lines = text.split("\n")
    for one in found:
        assert one.code in CATALOGUE
        assert 1 <= one.span.column <= len(lines[one.span.line - 1]) + 1
    if isinstance(file, RuleFile):
        assert bool(check([file], NAMES).rules) is not any(one.severity == "error" for one in found)
