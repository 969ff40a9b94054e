"""A small world for the tests of the language: names, one whole rule, and short ways to read rules."""

from __future__ import annotations

import os
from collections.abc import Sequence
from fractions import Fraction

from hypothesis import settings

from dsl import Diagnostic, Names, Rule, RuleFile, Span, check, parse_text, quantity
from dsl.functions import Function, Parameter
from dsl.model import Input, Source, SourceKind, WhenMissing
from dsl.types import BooleanType, EnumType, QuantityType, ValueType

THOROUGH = "BESPOKE_THOROUGH" in os.environ


def rounds(usual: int, thorough: int) -> int:
    """How often something random is tried: in each run of the suite, and by `make long`."""
    return thorough if THOROUGH else usual


# One fixed series of examples, so that the suite says the same in each run and leaves nothing behind.
PROPERTY = settings(derandomize=True, database=None, deadline=None, max_examples=rounds(50, 1_000))
SLOW_PROPERTY = settings(PROPERTY, max_examples=rounds(30, 500))

# (140 - age) * weight / (72 * creatinine), times 0.85 for women: Cockcroft and Gault 1976.
FUNCTIONS = (
    Function(
        "clearance_of",
        (
            Parameter("age", QuantityType("a")),
            Parameter("weight", QuantityType("kg")),
            Parameter("creatinine", QuantityType("mg/dL")),
            Parameter("female", BooleanType()),
        ),
        QuantityType("mL/min"),
        lambda age, weight, creatinine, female: (
            (140 - age) * weight / (72 * creatinine) * (Fraction(85, 100) if female else 1)
        ),
    ),
)

NAMES = Names(
    plausible={"platelets": (quantity(1, "10*3/uL"), quantity(3000, "10*3/uL"))},
    observables={"weight": "kg", "platelets": "10*3/uL", "clearance": "mL/min", "bilirubin": "mg/dL"},
    statuses=frozenset({"pregnancy"}),
    observable_codes={"loinc#29463-7": "weight"},
    genes={"CYP2C19": "Phenotype"},
    scores={"CYP2C19": "Score"},
    genotypes={"CYP2C19": "Pair"},
    pathways={"cascade": "Phenotype"},
    conditions=frozenset({"stroke"}),
    indications={"clopidogrel": "Indication"},
    drugs=frozenset({"clopidogrel", "niraparib", "ticagrelor"}),
    drug_codes={"rxnorm#32968": "clopidogrel"},
    citations={"pmid:1": "Example society", "label:example": "Example agency"},
    functions={each.name: each for each in FUNCTIONS},
    models={"stroke_risk": "1"},
)

WHOLE = """\
rule example.start version 1.0.0 {
  title      "Example: starting dose by weight"
  status     draft
  effective  from 2026-01-01 until 2028-12-31
  review by  2027-01-01
  concerns   drug niraparib
  population "adults" when age >= 18 years

  evidence {
    cites    pmid:1
    grade    A
    strength strong
  }

  input age:    Quantity[years] from patient age required
  input weight: Quantity[kg]    from observation weight within 90 days required

  decide dose first {
    when weight < 77 kg => give 200 mg once daily
    otherwise           => give 300 mg once daily
    unknown             => ask weight
  }

  test "light" {
    given  age = 63 years, weight = 60 kg
    expect dose = give 200 mg once daily
  }
  test "heavy" {
    given  age = 63 years, weight = 77 kg
    expect dose = give 300 mg once daily
  }
}
"""

_FRAME = """\
enum Phenotype {{ normal "normal metabolizer", intermediate, poor }}
enum Indication {{ acs, stroke_prevention }}
rule example.rule version 1.0.0 {{
  title "Example" status draft effective from 2026-01-01 until 2026-12-31 review by 2027-01-01
  concerns drug niraparib
  {population}
  evidence {{ cites pmid:1 }}
  {body}
}}
"""


def rule_text(body: str, population: str = 'population any because "a test"') -> str:
    """A whole file around inputs, a decision, outcomes and tests."""
    return _FRAME.format(body=body, population=population)


def parsed(text: str, path: str = "example.rule") -> RuleFile:
    """The syntax tree of text that must parse."""
    file = parse_text(text, path)
    assert isinstance(file, RuleFile), file
    return file


def scored_text(body: str) -> str:
    """The same with an enum of activity scores."""
    return rule_text(body).replace("enum Indication", "enum Score { as0, as0_5, unassigned } enum Indication")


SAID: list[Diagnostic] = []
"""All that `found_in` found in the test that runs; see `conftest.py`."""


def found_in(*texts: str, names: Names = NAMES) -> tuple[Diagnostic, ...]:
    """What parser and checker say about some files."""
    read = [parse_text(text, f"example{index}.rule") for index, text in enumerate(texts)]
    broken = tuple(file for file in read if isinstance(file, Diagnostic))
    files = [file for file in read if isinstance(file, RuleFile)]
    found = (*broken, *check(files, names).diagnostics)
    SAID.extend(found)
    return found


def errors_in(*texts: str) -> list[tuple[str, str]]:
    """The errors alone, as pairs of code and message."""
    return [(one.code, one.message) for one in found_in(*texts) if one.severity == "error"]


def rule(body: str, population: str = 'population any because "a test"') -> Rule:
    """The checked rule of a body that must have no error."""
    checked = check([parsed(rule_text(body, population))], NAMES)
    assert checked.ok, checked.diagnostics
    return checked.rules[0]


def declared(name: str, kind: ValueType, *, optional: bool = False, assuming: str = "") -> Input:
    """An input declaration without a file."""
    sources = {QuantityType: SourceKind.OBSERVATION, EnumType: SourceKind.PHENOTYPE}
    source = Source(sources.get(type(kind), SourceKind.CONDITION), name)
    span = Span("example.rule", 1, 1, 1, 2)
    return Input(name, kind, source, None, optional, WhenMissing.SILENT, span, assuming)


KILOGRAMS = QuantityType("kg")
LETTERS = EnumType("Letters", ("a", "b", "c"))
TRUTH = BooleanType()


def halves(lowest: int, highest: int, parts: int = 2) -> Sequence[Fraction]:
    """All multiples of one half (or another part) between two whole numbers."""
    return [Fraction(step, parts) for step in range(lowest * parts, highest * parts + 1)]
