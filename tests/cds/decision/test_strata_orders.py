"""From an order to a card for strata and single persons: who somebody is decides, not the population."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from calc.operations import OPERATIONS
from cds.hooks.service import HookService
from tests.cds.cards.support import (
    LOINC,
    Json,
    answer,
    bundled,
    draft,
    hook_service,
    order_sign,
    prefetch,
)

ILLUSTRATIVE = "urn:bespoke:illustrative"
FOUND, ABSENT, NO_CALL = "LA9633-4", "LA9634-2", "LA18198-4"
PATHOGENIC, UNCERTAIN, GERMLINE = "LA6668-3", "LA26333-7", "LA6683-2"
X, Y = "HGNC:0", "HGNC:00"
"""No genes: HGNC gives no such numbers."""

OURS = ("illustrative_a.strata", "illustrative_b.variant_gate")


@pytest.fixture
def drafting(tmp_path: Path) -> HookService:
    """A service whose draft rules speak, these alone."""
    knowledge = bundled()
    rules = tuple(rule for rule in knowledge.rules if rule.name in OURS)
    assert len(rules) == len(OURS)
    return hook_service(tmp_path, replace(knowledge, rules=rules), fire_draft=True)


def cards(service: HookService, letter: str, **data: object) -> list[Json]:
    """The cards about an order of an illustrative drug."""
    name = f"illustrative drug {letter.upper()}"
    coding = {"system": ILLUSTRATIVE, "code": f"drug-{letter}", "display": name}
    order = draft(("", ""), medicationCodeableConcept={"coding": [coding], "text": name})
    status, body = answer(service, order_sign([order], prefetch(**data)))  # type: ignore[arg-type]
    assert status == 200
    found: list[Json] = body["cards"]
    return found


def said(found: list[Json]) -> list[tuple[str, str]]:
    return [(card["indicator"], card["summary"].removeprefix("Draft: ")) for card in found]


def variant(gene: str, result: str = FOUND, meaning: str = PATHOGENIC) -> Json:
    """A report about a variant of a gene."""

    def part(code: str, system: str, value: str) -> Json:
        concept = {"coding": [{"system": system, "code": value}]}
        return {"code": {"coding": [{"system": LOINC, "code": code}]}, "valueCodeableConcept": concept}

    return {
        "resourceType": "Observation",
        "id": f"variant-{gene[5:]}",
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": "69548-6"}]},
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2026-10-01",
        "valueCodeableConcept": {"coding": [{"system": LOINC, "code": result}]},
        "component": [
            part("48018-6", "http://www.genenames.org/geneId", gene),
            part("48002-0", LOINC, GERMLINE),
            part("53037-8", LOINC, meaning),
        ],
    }


TEST_X = "Illustrative drug A: test first, illustrative marker X variant "


@pytest.mark.parametrize(
    ("results", "indicator", "summary"),
    [
        (
            [variant(X, ABSENT)], "info",
            "Illustrative drug A without marker X: treat 12.5 people (8.93 to 20.8) for one event less",
        ),
        (
            [variant(X)], "warning",
            "Illustrative drug A with marker X harms one in 50 (NNTB 64.2 to infinity to NNTH 18.0)",
        ),
        ([], "warning", f"{TEST_X}missing"),
        ([variant(X, meaning=UNCERTAIN)], "warning", f"{TEST_X}without a usable value"),
        ([variant(X, NO_CALL)], "warning", f"{TEST_X}without a usable value"),
        ([variant(Y)], "warning", f"{TEST_X}missing"),
    ],
)  # fmt: skip
def test_the_stratum_of_the_patient_has_the_number(
    drafting: HookService, results: list[Json], indicator: str, summary: str
) -> None:
    """Not known: neither number is said. The number of the whole population, 25, stands on no card."""
    (card,) = cards(drafting, "a", pgx=results)
    assert said([card]) == [(indicator, summary)]
    assert "Draft guidance, not reviewed for clinical use" in card["detail"]
    assert "3200 imagined people" in card["detail"]
    assert "~25" not in card["detail"] and ": 25\n" not in card["detail"] and "25" not in card["summary"]
    assert "suggestions" not in card


def test_the_card_says_what_the_operation_says(drafting: HookService) -> None:
    """Rule and operation `nnt.counts` are one formula."""
    for arms, results, shown in (
        ((200, 1000, 120, 1000), [variant(X, ABSENT)], ("12.5 treated people, ", "from", "to")),
        ((60, 600, 72, 600), [variant(X)], ("50 treated people", "nntb", "nnth")),
    ):
        names = ("events_control", "n_control", "events_treated", "n_treated")
        form = OPERATIONS["nnt.counts"].answer(dict(zip(names, arms, strict=True)))["ci_form"]
        assert isinstance(form, dict)
        (card,) = cards(drafting, "a", pgx=results)
        assert shown[0] in card["detail"]
        for limit in shown[1:]:
            assert f"{form[limit]:.4g}" in card["detail"] and f"{form[limit]:#.3g}" in card["summary"]


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ([variant(Y)], []),
        (
            [variant(Y, ABSENT)],
            [("warning", "Illustrative drug B without variant Y: off label, do not suggest it")],
        ),
        (
            [variant(Y, meaning=UNCERTAIN)],
            [
                (
                    "warning",
                    "Illustrative drug B, variant Y indeterminate: neither in the label nor outside, "
                    "repeat the test",
                )
            ],
        ),
        ([], [("warning", "Illustrative drug B: test first, illustrative Y variant missing")]),
        (
            [variant(Y, NO_CALL)],
            [("warning", "Illustrative drug B: test first, illustrative Y variant without a usable value")],
        ),
        ([variant(X)], [("warning", "Illustrative drug B: test first, illustrative Y variant missing")]),
    ],
)
def test_a_label_for_carriers(
    drafting: HookService, results: list[Json], expected: list[tuple[str, str]]
) -> None:
    """Who was not tested is tested, not refused; another variant says nothing about this one."""
    assert said(cards(drafting, "b", pgx=results)) == expected
