"""Signals of a network as inputs: members of the enum that the knowledge base names."""

from __future__ import annotations

import pytest

from dsl import Advise, Fact, Reason, Source, SourceKind, State, check, evaluate, known, missing
from tests.dsl.support import NAMES, parsed, rule_text

BODY = """{declared}
  table advice unique {{
    | x                    => advice
    | normal, intermediate => none
    | poor                 => warned
    unknown                => ask x
  }}
  outcome warned {{ indicator info advise "{{x}}: a way is left" }}"""


def test_a_signal_is_a_member_of_its_enum() -> None:
    text = rule_text(BODY.format(declared="input x: Phenotype from pathway cascade within 365 days required"))
    checked = check([parsed(text)], NAMES)
    assert checked.ok, checked.diagnostics
    (ruled,) = checked.rules
    assert ruled.inputs[0].source == Source(SourceKind.PATHWAY, "cascade")
    assert evaluate(ruled, {"x": known("poor")}).result == Advise("warned")
    assert evaluate(ruled, {"x": known("normal")}).state is State.NOTHING
    assert evaluate(ruled, {"x": missing(Reason.NO_VALUE)}).asks == ("x",)
    assert evaluate(ruled, {"x": Fact(("normal", "poor"), Reason.CONFLICT)}).asks == ("x",)


@pytest.mark.parametrize(
    ("declared", "codes"),
    [
        ("input x: Indication from pathway cascade lifetime required", ["BR006"]),
        ("input x: Boolean from pathway cascade lifetime required", ["BR006"]),
        ("input x: Phenotype from pathway CYP2C19 lifetime required", ["BR004"]),
        ("input x: Phenotype from pathway cascade required", ["BR008"]),
        ("input x: Phenotype from pathway cascade change of last 2 lifetime required", ["BR006"]),
        ("input x: Phenotype from pathway cascade over upper limit lifetime required", ["BR006"]),
    ],
)
def test_what_does_not_fit_is_said(declared: str, codes: list[str]) -> None:
    text = rule_text(
        f'{declared}\n decide d first {{ when x is known => none because "a" unknown => ask x }}'
    )
    found = check([parsed(text)], NAMES).diagnostics
    errors = [each.code for each in found if each.severity == "error"]
    assert errors[: len(codes)] == codes
