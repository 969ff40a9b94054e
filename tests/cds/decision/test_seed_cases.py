"""The published niraparib cases, answered by the rule through chart and decision."""

from __future__ import annotations

import json
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import pytest

from cds.cli import calc
from dsl import Finding, Give, State
from tests.cds.cards.support import (
    AS_OF,
    NIRAPARIB,
    PLATELETS,
    WEIGHT,
    draft,
    measured,
    niraparib_labs,
    only_finding,
    order_sign,
    patient,
    prefetch,
    reference,
)

INPUTS = ("age", "weight", "platelets")


def outcome(finding: Finding) -> dict[str, Any]:
    """A finding in the words of the cases."""
    unknowns = {name: finding.facts[name].reason for name in INPUTS if not finding.facts[name].known}
    if finding.state is State.OUTSIDE:
        return {"outcome": "out-of-scope", "reason": "paediatric"}
    if isinstance(finding.result, Give):
        # For the higher dose neither value drives: both were looked at and found not to be below.
        (branch,) = [step for step in finding.steps if step.truth is True and step.line in finding.lines]
        drivers = [] if branch.text.startswith("otherwise") else list(finding.decided_by)
        dose = finding.result.dose
        assert str(dose).endswith(" mg once daily")
        return {"outcome": "dose", "dose_mg": dose.amount.value, "drivers": drivers, "unknowns": unknowns}
    assert finding.state is State.ASK
    return {"outcome": "needs-data", "unknowns": unknowns}


def test_visible_cases(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = reference("cases/seed-cases-visible.json").read_text("utf-8")
    cases = [case for case in json.loads(text)["cases"] if case["op"] == "rule.niraparib"]
    batch = tmp_path / "batch.jsonl"
    lines = (json.dumps({name: case[name] for name in ("id", "op", "given")}) for case in cases)
    batch.write_text("\n".join(lines), "utf-8")
    assert calc.run_file(batch, None) == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [answer["id"] for answer in answers] == [case["id"] for case in cases]
    wrong = {
        answer["id"]: answer["result"]
        for answer, case in zip(answers, cases, strict=True)
        if answer["result"] != case["expect"]
    }
    assert len(cases) == 12 and wrong == {}


def test_policy_of_the_cases_is_the_rule_s_own() -> None:
    finding = only_finding(order_sign([draft(NIRAPARIB)], prefetch()))
    assert finding.rule.input("weight").within == timedelta(days=90)
    assert finding.rule.input("platelets").within == timedelta(days=30)


@pytest.mark.parametrize(("loinc", "days"), [(WEIGHT, 90), (PLATELETS, 30)])
def test_last_second_of_the_allowed_age(loinc: str, days: int) -> None:
    """H-008: inclusive, and a stale value triggers neither branch."""
    for late, expected in ((timedelta(0), "dose"), (timedelta(seconds=1), "needs-data")):
        taken = (AS_OF - timedelta(days=days) - late).astimezone(UTC).isoformat()
        labs = [
            measured(WEIGHT, 90, "kg", **({"effectiveDateTime": taken} if loinc == WEIGHT else {})),
            measured(
                PLATELETS, 240, "10*3/uL", **({"effectiveDateTime": taken} if loinc == PLATELETS else {})
            ),
        ]
        assert (
            outcome(only_finding(order_sign([draft(NIRAPARIB)], prefetch(labs=labs))))["outcome"] == expected
        )


def test_missing_birth_date_needs_the_age() -> None:
    """H-028."""
    call = order_sign([draft(NIRAPARIB)], prefetch(labs=niraparib_labs(60), person=patient(birthDate=None)))
    assert outcome(only_finding(call)) == {"outcome": "needs-data", "unknowns": {"age": "missing"}}


def test_both_values_drive_in_the_order_of_declaration() -> None:
    call = order_sign([draft(NIRAPARIB)], prefetch(labs=niraparib_labs(60, 100)))
    assert outcome(only_finding(call))["drivers"] == ["weight", "platelets"]
