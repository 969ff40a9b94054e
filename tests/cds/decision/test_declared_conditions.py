"""What a rule declares about kidneys and other drugs, from resources to a card (H-035, H-037)."""

from __future__ import annotations

from pathlib import Path

import pytest

from kb import load
from tests.cds.cards.support import (
    MERCAPTOPURINE,
    Json,
    answer,
    condition,
    draft,
    hook_service,
    measured,
    order_sign,
    prefetch,
)
from tests.cds.cli.support import folder_without_imports

PRASUGREL = ("613391", "prasugrel")
HEAD = """rule example.advice version 1.0.0 {
  title "An example" status active effective from 2026-01-01 review by 2028-01-01
  concerns drug prasugrel
  population "adults" when age >= 18 years
  evidence { cites label:zejula grade label strength recommended reviewed 2026-11-01 by "tests" }
  input age: Quantity[years] from patient age required
"""
KIDNEYS = """
  input female: Boolean from patient female required
  input weight: Quantity[kg] from observation body_weight within 90 days required
  input creatinine: Quantity[mg/dL] from observation serum_creatinine within 7 days required when missing info
  input change: Quantity[mg/dL] from observation serum_creatinine change of last 2 within 7 days required
  input dialysis: Boolean from condition renal_dialysis assume false because "it is not on the problem list"
  let clearance = steady_clearance(age: age, weight: weight, creatinine: creatinine, change: change,
    dialysis: dialysis, female: female)
  decide advice first {
    when clearance < 60 mL/min => low
    otherwise                  => none because "the kidneys are sound"
    unknown                    => ask creatinine
  }
  outcome low { indicator warning advise "Clearance below 60 mL/min" }
  test "low"   { given age = 70 years, clearance = 59 mL/min expect advice = low }
  test "sound" { given age = 70 years, clearance = 60 mL/min expect advice = none }
}
"""
INHIBITOR = """
  input inhibited: Boolean from medication mercaptopurine optional assuming "no strong inhibitor is taken"
  decide advice first {
    when inhibited is known and inhibited => halve
    otherwise                             => usual
    unknown                               => ask age
  }
  outcome halve { indicator warning advise "Half the dose while the inhibitor is taken" }
  outcome usual { indicator info advise "The usual dose" }
  test "taken" { given age = 70 years, inhibited = true expect advice = halve }
  test "not"   { given age = 70 years, inhibited = false expect advice = usual }
}
"""


def cards(folder: Path, body: str, data: Json) -> list[Json]:
    rules = folder_without_imports(folder / "kb")
    (rules / "rules/example.rule").write_text(HEAD + body, "utf-8")
    service = hook_service(folder, load(rules))
    status, reply = answer(service, order_sign([draft(PRASUGREL)], data))
    assert status == 200
    found: list[Json] = reply["cards"]
    return found


NOT = "Not evaluated: An example, not calculated: "


def creatinine(value: float, day: int) -> Json:
    when = f"2026-11-{day}T09:00:00Z"
    return measured("2160-0", value, "mg/dL", id=f"crea-{day}", effectiveDateTime=when)


@pytest.mark.parametrize(
    ("earlier", "on_dialysis", "summary"),
    [
        (1.2, False, "Clearance below 60 mL/min"),
        (
            0.9,
            False,
            f"{NOT}creatinine is changing, so the clearance is not known",
        ),
        (
            1.5,
            False,
            f"{NOT}creatinine is changing, so the clearance is not known",
        ),
        (1.2, True, f"{NOT}the formula is not for patients on dialysis"),
    ],
)
def test_no_clearance_from_a_changing_pair_or_on_dialysis(
    tmp_path: Path, earlier: float, on_dialysis: bool, summary: str
) -> None:
    """H-037: the formula declares its conditions, and the rule declines where they are not met."""
    labs = [creatinine(earlier, 16), creatinine(1.2, 18), measured("29463-7", 60, "kg")]
    data = prefetch(labs=labs, conditions=[condition("105502003")] if on_dialysis else [])
    assert [card["summary"] for card in cards(tmp_path, KIDNEYS, data)] == [summary]


@pytest.mark.parametrize(
    ("taken", "summary", "assumed"),
    [
        ([draft(MERCAPTOPURINE, "m", status="active")], "Half the dose while the inhibitor is taken", False),
        ([], "The usual dose", False),
        (None, "The usual dose", True),
    ],
)
def test_a_drug_that_is_taken_now_is_declared_by_the_rule(
    tmp_path: Path, taken: list[Json] | None, summary: str, assumed: bool
) -> None:
    """H-035: an inhibitor changes the advice; where the list is not known, the card says what it assumes."""
    data = prefetch(medications=taken or [])
    data["medications"] = data["medications"] if taken is not None else None
    (card,) = cards(tmp_path, INHIBITOR, data)
    assert card["summary"] == summary
    assert ("if no strong inhibitor is taken" in card["detail"]) is assumed
