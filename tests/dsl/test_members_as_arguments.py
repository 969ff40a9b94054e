"""Members of an enum as arguments of library functions: an algorithm takes a genotype as one value."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from dsl import (
    EnumType,
    Fact,
    Function,
    Parameter,
    QuantityType,
    Reason,
    Rule,
    check,
    evaluate,
    known,
    quantity,
)
from dsl.compiler.bundle import BundleError, read_bundle, write_bundle
from dsl.values import Quantity
from tests.dsl.support import NAMES, found_in, parsed, rule_text


def _factor(weight: Fraction, phenotype: str) -> Fraction:
    if phenotype == "poor":
        raise ValueError("there is no dose for poor metabolizers")
    return weight * {"normal": 2, "intermediate": 1}[phenotype]


FACTOR = Function(
    "factor",
    (Parameter("weight", QuantityType("kg")), Parameter("phenotype", EnumType("Phenotype", ()))),
    QuantityType("mg"),
    _factor,
)
OURS = replace(NAMES, functions={"factor": FACTOR})

INPUTS = """
  input weight: Quantity[kg] from observation weight within 90 days required
  input gene:   Phenotype    from phenotype CYP2C19 lifetime required
  input reason: Indication   from indication clopidogrel required
  input stroke: Boolean      from condition stroke required
"""


def text(argument: str = "gene") -> str:
    return rule_text(
        f"""{INPUTS} let amount = factor(weight: weight, phenotype: {argument})
        decide dose first {{
          when amount > 100 mg => give 10 mg once daily
          otherwise            => give 20 mg once daily
          unknown              => ask weight, gene
        }}"""
    )


@pytest.fixture(scope="module")
def ruled() -> Rule:
    checked = check([parsed(text())], OURS)
    assert checked.ok, checked.diagnostics
    return checked.rules[0]


def amount(rule: Rule, gene: Fact) -> Fact:
    return evaluate(rule, {"weight": known(quantity(60, "kg")), "gene": gene}).facts["amount"]


def test_the_function_gets_the_name_of_the_member(ruled: Rule) -> None:
    assert amount(ruled, known("normal")).possible == (Quantity(Fraction(120), "mg"),)
    assert amount(ruled, known("intermediate")).possible == (Quantity(Fraction(60), "mg"),)


def test_an_open_member_leaves_every_amount_possible(ruled: Rule) -> None:
    either = amount(ruled, Fact(("normal", "intermediate"), Reason.CONFLICT))
    assert {value.value for value in either.possible if isinstance(value, Quantity)} == {60, 120}
    assert either.reason is Reason.CONFLICT
    # One of them has no amount, so there is none.
    refused = amount(ruled, Fact(("normal", "poor"), Reason.CONFLICT))
    assert refused.missing and refused.explanation == "not calculated: there is no dose for poor metabolizers"


@pytest.mark.parametrize(
    ("argument", "code"), [("reason", "BR006"), ("weight", "BR006"), ("poor", "BR004"), ("1 kg", "BR006")]
)
def test_another_argument_is_an_error(argument: str, code: str) -> None:
    assert [each.code for each in found_in(text(argument), names=OURS) if each.severity == "error"] == [code]


def test_a_bundle_keeps_the_signature(ruled: Rule) -> None:
    content = write_bundle([ruled], {})
    assert read_bundle(content, {"factor": FACTOR}).rules() == (replace(ruled, tests=()),)
    other = replace(FACTOR, parameters=(FACTOR.parameters[0], Parameter("phenotype", EnumType("Other", ()))))
    with pytest.raises(BundleError, match="another signature"):
        read_bundle(content, {"factor": other}).rules()


def test_the_prover_takes_equal_members_for_equal_calls() -> None:
    """What it knows of a function: the same arguments give the same result."""
    pytest.importorskip("z3", reason="without z3, what `bespoke check --verify` proves is not tested")
    from dsl.verifier.verify import verify

    twice = rule_text(
        f"""{INPUTS} let one = factor(weight: weight, phenotype: gene)
        let other = factor(weight: weight, phenotype: gene)
        decide dose first {{
          when one > other => give 10 mg once daily
          otherwise        => give 20 mg once daily
          unknown          => ask weight, gene
        }}"""
    )
    file = parsed(twice)
    checked = check([file], OURS)
    assert checked.ok, checked.diagnostics
    found = verify([file], OURS, [], checked)
    assert [each.code for each in found.diagnostics if each.severity == "error"] == ["BR011"]
