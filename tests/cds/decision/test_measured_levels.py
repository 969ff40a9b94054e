"""From an order and a measured level to a card: vancomycin, meropenem, phenytoin, haloperidol."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cds.hooks.service import HookService
from tests.cds.cards.support import Json, bundled, condition, hook_service, measured
from tests.cds.decision.test_pgx_orders import cards

OURS = {"vancomycin.auc"}
WEIGHT, CREATININE = "29463-7", "2160-0"
OUR_CODES = "urn:bespoke:observable"
DIALYSIS = "105502003"


@pytest.fixture
def drafting(tmp_path: Path) -> HookService:
    """A service whose draft rules about levels speak, and no others."""
    knowledge = bundled()
    ours = tuple(rule for rule in knowledge.rules if rule.name in OURS)
    assert {rule.name for rule in ours} == OURS
    return hook_service(tmp_path, replace(knowledge, rules=ours), fire_draft=True)


def limited(loinc: str, value: object, unit: str, comparator: str, **members: object) -> Json:
    """A result that the laboratory knows from one side only."""
    found = measured(loinc, value, unit, **members)
    quantity = found["valueQuantity"]
    assert isinstance(quantity, dict)
    return found | {"valueQuantity": quantity | {"comparator": comparator}}


def of_ours(code: str, value: object, unit: str, **members: object) -> Json:
    """A result under one of the codes of this knowledge base."""
    coded = {"code": {"coding": [{"system": OUR_CODES, "code": code}]}}
    return measured(code, value, unit, **coded, **members)


def said(found: list[Json]) -> list[tuple[str, str]]:
    return [(card["indicator"], card["summary"].removeprefix("Draft: ")) for card in found]


# Vancomycin: a woman of 66 years, 70 kg, so a creatinine clearance of 61.15 mL/min at 1 mg/dL.
KIDNEYS = (measured(WEIGHT, 70, "kg"), measured(CREATININE, 1, "mg/dL"))
VANCOMYCIN_MIC, AUC = "524-9", "vancomycin-auc24"
ESTIMATE = ("info", "Vancomycin AUC 400-600: about ~1099 mg to ~1649 mg a day")


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ((), ESTIMATE),
        ((measured(VANCOMYCIN_MIC, 1, "mg/L"),), ESTIMATE),
        ((limited(VANCOMYCIN_MIC, 1, "mg/L", "<="),), ESTIMATE),
        (
            (limited(VANCOMYCIN_MIC, 2, "mg/L", "<="),),
            ("info", "Vancomycin: not decided, vancomycin mic known only as a limit"),
        ),
        (
            (measured(VANCOMYCIN_MIC, 2, "mg/L"), measured(VANCOMYCIN_MIC, 0.5, "mg/L", id="other")),
            ("info", "Vancomycin: not decided, vancomycin mic contradictory"),
        ),
        (
            (measured(VANCOMYCIN_MIC, 2, "ug/mL"), of_ours(AUC, 500, "mg.h/L")),
            ("warning", "Vancomycin, MIC 2 ug/mL: AUC of 400 to 600 is meant for 1 mg/L; judge another drug"),
        ),
        (
            (of_ours(AUC, 320, "mg.h/L"),),
            ("warning", "Vancomycin AUC 320 mg.h/L, below 400: dose times 1.5625"),
        ),
        (
            (of_ours(AUC, 800, "mg.h/L"),),
            ("warning", "Vancomycin AUC 800 mg.h/L, above 600: dose times 0.625"),
        ),
        (
            (measured(CREATININE, 0.6, "mg/dL", id="before", effectiveDateTime="2026-11-16T09:00:00Z"),),
            (
                "warning",
                "Vancomycin: creatinine changed by 0.4 mg/dL in a week: "
                "no dose from it, measure levels early",
            ),
        ),
    ],
)  # fmt: skip
def test_vancomycin_by_what_is_known_of_its_auc(
    drafting: HookService, results: tuple[Json, ...], expected: tuple[str, str]
) -> None:
    assert said(cards(drafting, "vancomycin", labs=[*KIDNEYS, *results])) == [expected]


def test_an_auc_in_the_target_is_no_reason_for_a_card(drafting: HookService) -> None:
    assert cards(drafting, "vancomycin", labs=[*KIDNEYS, of_ours(AUC, 500, "mg.h/L")]) == []


def test_vancomycin_on_dialysis_is_left_to_levels(drafting: HookService) -> None:
    assert cards(drafting, "vancomycin", labs=KIDNEYS, conditions=[condition(DIALYSIS)]) == []


def test_a_first_estimate_says_what_it_is(drafting: HookService) -> None:
    """The target, the chain of numbers, and what was taken for granted."""
    (card,) = cards(drafting, "vancomycin", labs=KIDNEYS)
    for sentence in (
        r"a clearance of vancomycin of \~2.748 L/h, estimated from a creatinine clearance of \~61.15 mL/min",
        "The estimate is that of a population and no measurement",
        "- if a MIC that nobody measured counts as 1 mg/L",
        "- if dialysis is false (no dialysis is on the problem list)",
        "learned from 56 patients before 1984",
    ):
        assert sentence in card["detail"]
    assert "suggestions" not in card or card["suggestions"] == []


def test_vancomycin_without_a_creatinine_asks_for_it(drafting: HookService) -> None:
    found = said(cards(drafting, "vancomycin", labs=KIDNEYS[:1]))
    assert found == [("info", "Vancomycin: not decided, serum creatinine missing")]
