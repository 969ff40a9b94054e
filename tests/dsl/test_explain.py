"""Words for people, all taken from the trace."""

from __future__ import annotations

from fractions import Fraction

import pytest

from dsl import (
    Datum,
    EnumType,
    Fact,
    Input,
    QuantityType,
    Range,
    Reason,
    Source,
    SourceKind,
    Span,
    WhenMissing,
    check,
    evaluate,
    explain,
    known,
    label,
    lacking,
    missing,
    quantity,
    value_words,
)
from dsl.types import BooleanType, ValueType
from dsl.values import Value
from tests.dsl.support import NAMES, WHOLE, parsed, rule

PLACE = Span("a.rule", 1, 1, 1, 2)


def an_input(kind: SourceKind, name: str, of: ValueType, *, over: bool = False) -> Input:
    return Input(name, of, Source(kind, name, over), None, False, WhenMissing.SILENT, PLACE)


PLATELETS = an_input(SourceKind.OBSERVATION, "platelets", QuantityType("10*3/uL"))
GENE = an_input(
    SourceKind.PHENOTYPE,
    "CYP2C19",
    EnumType("P", ("normal", "poor"), ("normal metabolizer", "poor metabolizer")),
)
BILIRUBIN = an_input(SourceKind.OBSERVATION, "total_bilirubin", QuantityType("1"), over=True)
STROKE = an_input(SourceKind.CONDITION, "stroke_or_tia", BooleanType())


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        (PLATELETS, "platelets"),
        (GENE, "CYP2C19 result"),
        (an_input(SourceKind.SCORE, "CYP2D6", EnumType("S", ("as0",))), "CYP2D6 activity score"),
        (an_input(SourceKind.GENOTYPE, "CYP2C9", EnumType("G", ("s1_s1",))), "CYP2C9 genotype"),
        (
            an_input(SourceKind.PATHWAY, "rtk_ras_erk", EnumType("S", ("stops",))),
            "tumour signal in the network rtk ras erk",
        ),
        (an_input(SourceKind.PHENOTYPE, "MT_RNR1", EnumType("P", ("a",))), "MT-RNR1 result"),
        (an_input(SourceKind.PHENOTYPE, "HLA_B_57_01", EnumType("P", ("a",))), "HLA-B*57:01 result"),
        (BILIRUBIN, "total bilirubin relative to the upper limit"),
        (STROKE, "stroke or tia"),
        (an_input(SourceKind.INDICATION, "clopidogrel", BooleanType()), "indication for clopidogrel"),
        (an_input(SourceKind.MEDICATION, "niraparib", BooleanType()), "current use of niraparib"),
        (an_input(SourceKind.EXPOSURE, "niraparib", BooleanType()), "earlier use of niraparib"),
        (an_input(SourceKind.ALLERGY, "niraparib", BooleanType()), "allergy to niraparib"),
    ],
)
def test_labels(declared: Input, words: str) -> None:
    assert label(declared) == words


@pytest.mark.parametrize(
    ("declared", "value", "words"),
    [
        (PLATELETS, quantity("149.5", "10*3/uL"), "149.5 ×10³/µL"),
        (PLATELETS, quantity("150000", "/uL"), "150000 /µL"),
        (PLATELETS, Range(Fraction(50), None, False, False, "10*9/L"), "> 50 ×10⁹/L"),
        (BILIRUBIN, quantity("1.5", "1"), "1.5"),
        (GENE, "poor", "poor metabolizer"),
        (STROKE, True, "yes"),
        (STROKE, False, "no"),
        (an_input(SourceKind.PATIENT, "age", QuantityType("a")), quantity(63, "a"), "63 years"),
        (an_input(SourceKind.PHENOTYPE, "G", EnumType("P", ("poor",))), "poor", "poor"),
    ],
)
def test_values(declared: Input, value: Value, words: str) -> None:
    assert value_words(declared, known(value)) == words


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_words(reason: Reason) -> None:
    """H-007 to H-014: why a datum was not used is said, in words and never in codes alone."""
    said = lacking(PLATELETS, missing(reason))
    assert said.startswith("platelets ") and len(said) > len("platelets ")
    assert value_words(PLATELETS, missing(reason)) == said.removeprefix("platelets ")


def test_what_is_lacking() -> None:
    assert lacking(PLATELETS, missing(Reason.STALE)) == "platelets too old"
    assert lacking(STROKE, missing(Reason.MISSING)) == "stroke or tia not on file"
    assert lacking(STROKE, missing(Reason.CONFLICT)) == "stroke or tia contradictory"
    assert lacking(GENE, missing(Reason.MISSING)) == "CYP2C19 result missing"
    both = Fact(("normal", "poor"), Reason.CONFLICT)
    assert value_words(GENE, both) == "normal metabolizer or poor metabolizer (contradictory)"
    assert value_words(GENE, Fact(())) == "missing"


def test_the_whole_explanation() -> None:
    """H-076: values, dates, sources, what was rejected and why, each step, and what decided."""
    sound = check([parsed(WHOLE)], NAMES).rules[0]
    used = Datum("prefetch.labs.entry[0]", "Observation/wt", "2026-11-01", "60 kg")
    old = Datum("prefetch.labs.entry[1]", "Observation/old", None, "", Reason.STALE)
    unnamed = Datum("prefetch.labs.entry[2]", "", None, "5", Reason.UNIT)
    finding = evaluate(
        sound,
        {
            "age": known(quantity(63, "a")),
            "weight": known(quantity(60, "kg"), used, old, unnamed, explanation="measured at home"),
        },
    )
    assert explain(finding) == [
        "example.start 1.0.0: give 200 mg once daily",
        "  age: 63 years",
        "  weight: 60 kg [Observation/wt, 2026-11-01]: measured at home",
        "    not used: Observation/old, no value (stale)",
        "    not used: prefetch.labs.entry[2], 5 (unit)",
        "  line 19: when weight < 77 kg => give 200 mg once daily: yes",
        "  decided by: weight",
    ]


def test_answers_in_words() -> None:
    sound = check([parsed(WHOLE)], NAMES).rules[0]
    adult = {"age": known(quantity(63, "a"))}
    asked = explain(evaluate(sound, adult | {"weight": missing(Reason.STALE)}))
    assert asked[0] == "example.start 1.0.0: not decided: weight too old"
    assert asked[-2:] == [
        "  line 19: when weight < 77 kg => give 200 mg once daily: unknown",
        "  line 20: otherwise => give 300 mg once daily: yes",
    ]
    child = explain(evaluate(sound, {"age": known(quantity(12, "a"))}))
    assert child[0] == "example.start 1.0.0: not for this patient (population: adults)"
    assert child[3:] == ["  line 1: population: adults: no", "  decided by: age"]


def test_silence_and_further_tests_in_words() -> None:
    quiet = rule(
        """input gene: Phenotype from phenotype CYP2C19 lifetime optional assuming "the gene is normal"
        table d unique {
          | gene         => d
          | normal       => none because "no change"
          | intermediate => none
          | poor         => change
          | missing      => change and ask gene
          unknown        => ask gene
        }
        outcome change { indicator info advise "Change" }"""
    )
    first = {
        fact: explain(evaluate(quiet, {"gene": known(fact)}))[0].removeprefix("example.rule 1.0.0: ")
        for fact in ("normal", "intermediate", "poor")
    }
    assert first == {
        "normal": "nothing to say: no change",
        "intermediate": "nothing to say",
        "poor": "change",
    }
    unknown = explain(evaluate(quiet, {}))
    assert unknown[0].endswith("change and ask gene (CYP2C19 result missing)")
    assert unknown[-1] == "  assuming: the gene is normal"
