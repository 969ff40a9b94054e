"""From an order and a genetic result on file to a card, for guidance that came from tables of facts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from cds.hooks.service import HookService
from tests.cds.cards.support import (
    Json,
    answer,
    bundled,
    draft,
    genotype,
    hook_service,
    order_sign,
    patient,
    prefetch,
)

MALE, CHILD = patient(gender="male"), patient(birthDate="2016-01-01")


@pytest.fixture
def drafting(tmp_path: Path) -> HookService:
    """A service whose draft rules speak."""
    return hook_service(tmp_path, bundled(), fire_draft=True)


def cards(
    service: HookService, drug: str, *results: Json, person: Json | None = None, **more: Sequence[Json]
) -> list[Json]:
    known = bundled().drugs[drug]
    call = order_sign([draft((known.rxnorm, known.display))], prefetch(pgx=results, person=person, **more))
    status, body = answer(service, call)
    assert status == 200
    found: list[Json] = body["cards"]
    return found


@pytest.mark.parametrize(
    ("drug", "result", "person", "indicator", "summary"),
    [
        ("abacavir", ("HLA-B", "*57:01/*07:02"), None, "critical", "Abacavir, HLA-B*57:01 positive: avoid"),
        ("rasburicase", ("G6PD", "A- 202A_376G"), MALE, "critical", "Rasburicase, G6PD deficient: avoid"),
        (
            "rasburicase", ("G6PD", "A- 202A_376G/B (reference)"), None, "info",
            "Rasburicase, G6PD variable: the result does not settle it, test the enzyme activity",
        ),
        (
            "gentamicin", ("MT-RNR1", "m.1555A>G"), None, "critical",
            "Gentamicin, MT-RNR1 increased risk of hearing loss: avoid",
        ),
        ("codeine", ("CYP2D6", "*4/*5"), None, "critical", "Codeine, CYP2D6 activity score 0: avoid"),
        (
            "fluorouracil", ("DPYD", "*1/*2A"), None, "warning",
            "Fluorouracil, DPYD activity score 1: start with 50 % of the usual dose; measure drug levels",
        ),
        (
            "atomoxetine", ("CYP2D6", "*4/*5"), CHILD, "warning",
            "Atomoxetine by CYP2D6: start with 0.5 mg/kg/day; reassess after 2 weeks; measure drug levels",
        ),
    ],
)  # fmt: skip
def test_one_gene_one_card(
    drafting: HookService,
    drug: str,
    result: tuple[str, str],
    person: Json | None,
    indicator: str,
    summary: str,
) -> None:
    (card,) = cards(drafting, drug, genotype(*result), person=person)
    assert (card["indicator"], card["summary"]) == (indicator, f"Draft: {summary}")
    assert "Draft guidance, not reviewed for clinical use" in card["detail"]


@pytest.mark.parametrize(
    ("drug", "result"),
    [
        ("abacavir", ("HLA-B", "HLA-B*44:02/*07:02")),
        ("codeine", ("CYP2D6", "*1/*2")),
        ("gentamicin", ("MT-RNR1", "Reference")),
    ],
)
def test_where_nothing_is_to_be_changed_there_is_no_card(
    drafting: HookService, drug: str, result: tuple[str, str]
) -> None:
    assert cards(drafting, drug, genotype(*result)) == []


def test_a_gene_that_was_not_tested_makes_the_advice_partial(drafting: HookService) -> None:
    (card,) = cards(drafting, "amitriptyline", genotype("CYP2D6", "*4/*5"))
    assert "partial: CYP2C19 not tested" in card["summary"]
    assert "CYP2C19 result missing" in card["detail"]


@pytest.mark.parametrize("drug", ["capecitabine", "fluorouracil"])
def test_dpyd_is_looked_at_before_the_first_dose(drafting: HookService, drug: str) -> None:
    (card,) = cards(drafting, drug)
    assert card["indicator"] == "warning"
    assert card["summary"] == f"Draft: {drug.capitalize()}: test first, no DPYD result is on file"
    assert cards(drafting, drug, genotype("DPYD", "*1/*1")) == []


def test_an_unknown_number_of_copies_is_answered_with_its_reason(drafting: HookService) -> None:
    """H-033: two copies or many of either allele lead to different advice, so none is given."""
    (card,) = cards(drafting, "codeine", genotype("CYP2D6", "*1xN/*4"))
    assert card["summary"] == "Draft: Codeine: not decided, CYP2D6 activity score contradictory"
    assert r"genotype \*1x2/\*4 or \*1x≥3/\*4 gives normal or ultrarapid" in card["detail"]


def test_nothing_of_an_unreviewed_table_is_said_in_production(tmp_path: Path) -> None:
    service = hook_service(tmp_path, bundled())
    assert cards(service, "codeine", genotype("CYP2D6", "*4/*5")) == []
