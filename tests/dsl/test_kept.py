"""Decisions that are kept say what an evaluation says, and no fact of one patient reaches another."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dsl import Reason, State, evaluate, known, missing
from dsl.evaluator.kept import MOST, KeptDecisions
from dsl.values import Datum, Fact, quantity
from tests.cds.cards.support import bundled

RULES = {rule.name: rule for rule in bundled().rules}
MERCAPTOPURINE = RULES["mercaptopurine.cpic"]
(NIRAPARIB,) = [rule for rule in bundled().rules if rule.name == "niraparib.start_dose"]


@pytest.mark.parametrize(
    "nudt15, tpmt",
    [
        (known("poor"), known("normal")),
        (known("normal"), missing(Reason.MISSING)),
        (missing(Reason.STALE), missing(Reason.MISSING)),
        (Fact(("intermediate", "poor"), Reason.CONFLICT), known("normal")),
    ],
)
def test_twice_the_same_as_without(nudt15: Fact, tpmt: Fact) -> None:
    kept, facts = KeptDecisions(), {"nudt15": nudt15, "tpmt": tpmt}
    found = [kept.evaluate(MERCAPTOPURINE, facts) for _ in range(2)]
    assert found == [evaluate(MERCAPTOPURINE, facts)] * 2


def test_the_facts_of_the_second_patient_are_its_own() -> None:
    kept = KeptDecisions()
    for reference in ("Observation/1", "Observation/2"):
        datum = Datum("entry", reference, None, "text", None)
        found = kept.evaluate(MERCAPTOPURINE, {"nudt15": known("poor", datum), "tpmt": known("normal")})
        assert found.facts["nudt15"].data == (datum,)


def test_another_rule_of_the_same_name_is_another_rule() -> None:
    kept, facts = KeptDecisions(), {"nudt15": known("normal"), "tpmt": known("normal")}
    other = replace(RULES["azathioprine.cpic"], name=MERCAPTOPURINE.name)
    assert kept.evaluate(MERCAPTOPURINE, facts).rule is MERCAPTOPURINE
    assert kept.evaluate(other, facts).rule is other


def test_anyone_is_kept_apart_from_the_person_who_is_asked_about() -> None:
    kept, child = KeptDecisions(), {"age": known(quantity(5, "a"))}
    assert kept.evaluate(NIRAPARIB, child).state is State.OUTSIDE
    assert kept.evaluate(NIRAPARIB, child, anyone=True).state is not State.OUTSIDE
    assert kept.evaluate(NIRAPARIB, child).state is State.OUTSIDE


def test_more_than_are_kept_are_answered_all_the_same() -> None:
    kept = KeptDecisions()
    for number in range(MOST + 10):
        facts = {"age": known(quantity(30, "a")), "weight": known(quantity(50 + number, "kg"))}
        assert kept.evaluate(NIRAPARIB, facts) == evaluate(NIRAPARIB, facts)
