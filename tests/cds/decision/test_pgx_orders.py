"""From an order and a genetic result on file to a card, for guidance that came from tables of facts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from cds.hooks.service import HookService
from tests.cds.cards.support import (
    ACS,
    Json,
    answer,
    bundled,
    condition,
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
            "Gentamicin, MT-RNR1 increased risk of hearing loss: avoid; FDA differs",
        ),
        ("codeine", ("CYP2D6", "*4/*5"), None, "critical", "Codeine, CYP2D6 activity score 0: avoid"),
        (
            "fluorouracil", ("DPYD", "*1/*2A"), None, "warning",
            "Fluorouracil, DPYD activity score 1: start with 50 % of the usual dose; measure drug levels; "
            "FDA differs",
        ),
        (
            "atomoxetine", ("CYP2D6", "*4/*5"), CHILD, "warning",
            "Atomoxetine by CYP2D6: start with 0.5 mg/kg/day; reassess after 2 weeks; measure drug levels; "
            "DPWG and FDA differ",
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


CONFLICTS = {
    "amitriptyline": (
        [("CYP2D6", "*1/*1x3"), ("CYP2C19", "*1/*1")],
        "critical",
        "Amitriptyline by CYP2C19 and CYP2D6: avoid; if used nevertheless, titrate to a higher dose; "
        "DPWG differs",
        "- DPWG: Amitriptyline by CYP2D6: give 160 % of the usual dose or choose another drug",
    ),
    "metoprolol": (
        [("CYP2D6", "*1/*1x3")],
        "warning",
        "Metoprolol, CYP2D6 activity score 4 or more: increase the dose or choose another drug; "
        "on conditions; CPIC differs",
        "- CPIC: no recommendation",
    ),
    "omeprazole": (
        [("CYP2C19", "*2/*2")],
        "info",
        "Omeprazole, CYP2C19 poor metabolizer: beyond 12 weeks maintain with 50 % of the usual dose; "
        "DPWG differs",
        "- DPWG: the usual dose",
    ),
}


@pytest.mark.parametrize("drug", CONFLICTS)
def test_sources_that_do_not_agree_stand_side_by_side(drafting: HookService, drug: str) -> None:
    """H-044: one card, led by the more urgent advice, which says who differs and how."""
    genes, indicator, summary, other = CONFLICTS[drug]
    (card,) = cards(drafting, drug, *(genotype(*each) for each in genes))
    assert (card["indicator"], card["summary"]) == (indicator, f"Draft: {summary}")
    assert "The sources do not agree" in card["detail"]
    assert other in card["detail"]


def test_clopidogrel_in_intermediate_metabolizers(drafting: HookService) -> None:
    """H-044: CPIC advises against it after acute coronary syndrome, DPWG has another drug considered."""
    known = bundled().drugs["clopidogrel"]
    data = prefetch(pgx=[genotype("CYP2C19", "*1/*2")], conditions=[condition(ACS)])
    _, body = answer(drafting, order_sign([draft((known.rxnorm, known.display))], data))
    (card,) = body["cards"]
    assert card["summary"].startswith("Avoid standard-dose clopidogrel if possible: CYP2C19 intermediate")
    assert card["summary"].endswith("; DPWG and FDA differ")
    assert "- DPWG: Clopidogrel, CYP2C19 intermediate metabolizer: consider another drug" in card["detail"]
    assert "suggestions" not in card


@pytest.mark.parametrize(
    ("followed", "indicator", "summary"),
    [
        ("DPWG", "info", "Omeprazole: the usual dose by DPWG; CPIC differs"),
        ("CPIC", "info", CONFLICTS["omeprazole"][2]),
    ],
)
def test_the_site_chooses_whom_it_follows(
    tmp_path: Path, followed: str, indicator: str, summary: str
) -> None:
    service = hook_service(tmp_path, bundled(), fire_draft=True, guidance_precedence=(followed,))
    (card,) = cards(service, "omeprazole", genotype("CYP2C19", "*2/*2"))
    assert (card["indicator"], card["summary"]) == (indicator, f"Draft: {summary}")
    assert f"This site follows {followed} first." in card["detail"]
