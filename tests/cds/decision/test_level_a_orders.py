"""From an order and a result to a card, for guidance without a table: labels and two guidelines."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cds.hooks.service import HookService
from kb.knowledge import RXNORM
from tests.cds.cards.support import Json, bundled, genotype, hook_service, measured, patient, phenotype
from tests.cds.decision.test_pgx_orders import cards

WEIGHT = "29463-7"


OURS = {
    "irinotecan.fda",
    "peginterferon_alfa_2a.cpic",
    "peginterferon_alfa_2b.cpic",
    "pitolisant.fda_adults",
    "pitolisant.fda_children",
    "siponimod.fda",
    "warfarin.cpic_adults",
    "warfarin.cpic_children",
}
"""The rules that are written by hand, not from a table."""


@pytest.fixture
def drafting(tmp_path: Path) -> HookService:
    """A service whose draft rules speak, those that are written by hand alone."""
    knowledge = bundled()
    ours = tuple(rule for rule in knowledge.rules if rule.name in OURS)
    assert {rule.name for rule in ours} == OURS
    return hook_service(tmp_path, replace(knowledge, rules=ours), fire_draft=True)


IRINOTECAN = "Irinotecan, UGT1A1 poor metabolizer: consider a starting dose lower by at least one level"


def said(found: list[Json]) -> list[tuple[str, str]]:
    return [(card["indicator"], card["summary"].removeprefix("Draft: ")) for card in found]


@pytest.mark.parametrize(
    ("drug", "result", "summary"),
    [
        (
            "irinotecan", genotype("UGT1A1", "*28/*80+*28"),
            IRINOTECAN,
        ),
        (
            "irinotecan", phenotype("UGT1A1", "UGT1A1 Poor Metabolizer"),
            IRINOTECAN,
        ),
        (
            "pitolisant", genotype("CYP2D6", "*4/*5"),
            "Pitolisant, CYP2D6 poor metabolizer: at most 17.8 mg once daily",
        ),
    ],
)  # fmt: skip
def test_a_label_changes_the_dose(drafting: HookService, drug: str, result: Json, summary: str) -> None:
    assert said(cards(drafting, drug, result)) == [("warning", summary)]


@pytest.mark.parametrize(
    ("drug", "result"),
    [("irinotecan", ("UGT1A1", "*1/*1")), ("pitolisant", ("CYP2D6", "*1/*4"))],
)
def test_a_label_says_nothing_of_other_results(
    drafting: HookService, drug: str, result: tuple[str, str]
) -> None:
    assert cards(drafting, drug, genotype(*result)) == []


def test_one_allele_of_ugt1a1_is_watched(drafting: HookService) -> None:
    found = said(cards(drafting, "irinotecan", genotype("UGT1A1", "*1/*6")))
    assert found == [("info", "Irinotecan, UGT1A1 intermediate metabolizer: watch for neutropenia")]


@pytest.mark.parametrize(
    ("weight", "dose"), [(39, "below 40 kg: at most 8.9 mg"), (40, "from 40 kg: at most 17.8 mg")]
)
def test_the_weight_of_a_child_decides(drafting: HookService, weight: int, dose: str) -> None:
    (card,) = cards(
        drafting, "pitolisant", genotype("CYP2D6", "*4/*5"), person=patient(birthDate="2014-01-01"),
        labs=[measured(WEIGHT, weight, "kg")],
    )  # fmt: skip
    assert card["summary"] == f"Draft: Pitolisant, CYP2D6 poor metabolizer, {dose} once daily"


@pytest.mark.parametrize("drug", ["peginterferon_alfa_2a", "peginterferon_alfa_2b"])
@pytest.mark.parametrize(
    ("results", "words"),
    [
        ([("IFNL3", "rs12979860 C/C")], "rs12979860 CC: genotype of a favourable response"),
        ([("IFNL4", "rs12979860 C/T")], "rs12979860 CT or TT: genotype of an unfavourable response"),
        ([("IFNL3", "rs12979860 T/T")], "rs12979860 CT or TT: genotype of an unfavourable response"),
        (
            [("IFNL3", "rs12979860 C/C"), ("IFNL4", "rs12979860 C/T")],
            "two results for rs12979860 contradict each other",
        ),
    ],
)
def test_the_response_to_peginterferon_is_told(
    drafting: HookService, drug: str, results: list[tuple[str, str]], words: str
) -> None:
    (card,) = cards(drafting, drug, *(genotype(*each) for each in results))
    assert card["indicator"] == "info"
    assert words in card["summary"]


@pytest.mark.parametrize(
    ("diplotype", "expected"),
    [
        ("*1/*3", [("warning", "Siponimod, CYP2C9 *1/*3: maintenance dose 1 mg once daily")]),
        ("*3/*2", [("warning", "Siponimod, CYP2C9 *2/*3: maintenance dose 1 mg once daily")]),
        ("*3/*3", [("critical", "Siponimod, CYP2C9 *3/*3: contraindicated")]),
        ("*2.001/*2", []),
        ("*1/*2 or *2/*2", []),
        (
            "*3/*8",
            [
                (
                    "warning",
                    "Siponimod, CYP2C9 *3 and *5, *8 or *11: the label names no dose for this genotype",
                )
            ],
        ),
    ],
)
def test_siponimod_asks_for_the_alleles(
    drafting: HookService, diplotype: str, expected: list[tuple[str, str]]
) -> None:
    """`*1/*3` and `*2/*2` have one activity score, one phenotype, and different doses."""
    assert said(cards(drafting, "siponimod", genotype("CYP2C9", diplotype))) == expected


@pytest.mark.parametrize(
    ("result", "why"),
    [
        (genotype("CYP2C9", "*1/*2 or *1/*3"), "contradictory"),
        (phenotype("CYP2C9", "CYP2C9 Intermediate Metabolizer"), "without a usable value"),
    ],
)
def test_what_does_not_tell_the_alleles_decides_nothing(
    drafting: HookService, result: Json, why: str
) -> None:
    (card,) = cards(drafting, "siponimod", result)
    assert card["summary"] == f"Draft: Siponimod: test first, CYP2C9 genotype {why}"


def test_the_genotype_stands_beside_its_phenotype(drafting: HookService) -> None:
    results = (genotype("CYP2C9", "*1/*3"), phenotype("CYP2C9", "CYP2C9 Intermediate Metabolizer"))
    (card,) = cards(drafting, "siponimod", *results)
    assert "maintenance dose 1 mg" in card["summary"]


def test_siponimod_is_tested_first(drafting: HookService) -> None:
    (card,) = cards(drafting, "siponimod")
    assert "CYP2C9 genotype missing" in card["summary"]


HEIGHT = "8302-2"
BODY = (measured(WEIGHT, 70, "kg"), measured(HEIGHT, 170, "cm", id="height"))


def of_race(*codes: str) -> Json:
    """A patient of 65 years; a code is one of the OMB categories."""
    parts: list[Json] = [
        {"url": "ombCategory", "valueCoding": {"system": "urn:oid:2.16.840.1.113883.6.238", "code": code}}
        for code in codes
    ]
    race = {"url": "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race", "extension": parts}
    return patient(birthDate="1961-01-01", extension=[race])


WHITE, BLACK = of_race("2106-3"), of_race("2054-5")


def warfarin(
    service: HookService,
    person: Json,
    *genes: tuple[str, str],
    labs: tuple[Json, ...] = BODY,
    **more: list[Json],
) -> list[Json]:
    return cards(service, "warfarin", *(genotype(*each) for each in genes), person=person, labs=labs, **more)


USUAL = (("CYP2C9", "*1/*1"), ("VKORC1", "rs9923231 C/C"))
CLUSTER = ("CYP2C cluster", "rs12777823 G/A")
ONE_8 = (("CYP2C9", "*1/*8"), ("VKORC1", "rs9923231 C/C"))


@pytest.mark.parametrize(
    ("person", "genes", "indicator", "summary"),
    [
        (WHITE, USUAL, "info", "calculated dose ~41.1 mg a week (CYP2C9 *1/*1, VKORC1 -1639 GG)"),
        (
            WHITE, (("CYP2C9", "*1/*2"), ("VKORC1", "rs9923231 C/T")), "warning",
            "calculated dose ~25.22 mg a week (CYP2C9 *1/*2, VKORC1 -1639 AG)",
        ),
        (
            WHITE, (*USUAL, ("CYP4F2", "*1/*3")), "warning",
            "calculated dose ~41.1 mg a week, then 5 to 10 % more (CYP4F2 rs2108622 CT)",
        ),
        (WHITE, (*USUAL, CLUSTER), "info", "calculated dose ~41.1 mg a week (CYP2C9"),
        (
            WHITE, ONE_8, "warning",
            "calculated dose ~41.1 mg a week, then 15 to 30 % less (CYP2C9 *1 and *5, *8 or *11)",
        ),
        (
            BLACK, USUAL, "warning",
            "~37.64 mg a week if CYP2C9*5, *6, *8, *11 were tested, otherwise dose clinically",
        ),
        (BLACK, (*USUAL, ("CYP4F2", "*1/*3")), "warning", "~37.64 mg a week if CYP2C9*5"),
        (
            BLACK, (*USUAL, CLUSTER), "warning",
            "~37.64 mg a week, 10 to 25 % less, if CYP2C9*5, *6, *8, *11 were tested; else dose clinically",
        ),
        (BLACK, ONE_8, "warning", "calculated dose ~37.64 mg a week, then 15 to 30 % less"),
        (
            patient(birthDate="1961-01-01"), USUAL, "warning",
            "calculated dose ~39.79 mg a week; corrections by ancestry are open, race not on file",
        ),
        (of_race("2106-3", "2028-9"), USUAL, "info", "calculated dose ~39.79 mg a week (CYP2C9"),
        (of_race("2106-3", "2054-5"), USUAL, "warning", "~39.79 mg a week if CYP2C9*5"),
        (
            WHITE, (("CYP2C9", "*3/*3"), ("VKORC1", "rs9923231 C/C")), "warning",
            "CYP2C9 *3/*3: consider another drug; calculated dose ~16.64 mg a week",
        ),
        (
            WHITE, (("CYP2C9", "*1/*13"), ("VKORC1", "rs9923231 C/C")), "warning",
            "CYP2C9 *1 and another allele: the algorithm has no term for this genotype, dose clinically",
        ),
        (WHITE, (("CYP2C9", "*1/*1"),), "info", "partial: CYP2C9 or VKORC1 not tested: dose clinically"),
    ],
)  # fmt: skip
def test_warfarin_is_calculated_and_corrected_by_ancestry(
    drafting: HookService, person: Json, genes: tuple[tuple[str, str], ...], indicator: str, summary: str
) -> None:
    ((shown, said_),) = said(warfarin(drafting, person, *genes))
    assert shown == indicator and summary in said_


def test_warfarin_without_genes_is_no_matter_of_this_guidance(drafting: HookService) -> None:
    assert warfarin(drafting, WHITE) == []


def test_a_dose_that_is_not_calculated_is_none(drafting: HookService) -> None:
    """H-033: without the height, and where the genotype leaves two doses possible, the summary names none."""
    without = [card["summary"] for card in warfarin(drafting, WHITE, *USUAL, labs=BODY[:1])]
    assert "Draft: Warfarin: not decided, body height missing" in without
    assert not any("mg" in summary for summary in without)
    found = warfarin(drafting, WHITE, ("CYP2C9", "*1/*2 or *1/*3"), ("VKORC1", "rs9923231 C/C"))
    (open_,) = (card for card in found if "calculated" in card["summary"])
    assert open_["summary"] == (
        "Draft: Warfarin: calculated dose not settled "
        "(CYP2C9 *1/*2 or *1/*3 (contradictory), VKORC1 -1639 GG)"
    )
    assert r"\~34.69 mg a week or \~29.98 mg a week" in open_["detail"]


def test_drugs_that_interact_enter_the_dose(drafting: HookService) -> None:
    code = bundled().drugs["amiodarone"].rxnorm
    taken: Json = {
        "resourceType": "MedicationStatement",
        "id": "m1",
        "status": "active",
        "subject": {"reference": "Patient/p1"},
        "medicationCodeableConcept": {"coding": [{"system": RXNORM, "code": code}]},
    }
    (card,) = warfarin(drafting, WHITE, *USUAL, medications=[taken])
    assert "calculated dose ~34.35 mg a week" in card["summary"]


def test_children_are_not_calculated(drafting: HookService) -> None:
    (card,) = warfarin(drafting, patient(birthDate="2016-01-01"), *USUAL)
    assert "Warfarin below 18 years: a paediatric algorithm in European ancestry" in card["summary"]
    assert "mg" not in card["summary"]


@pytest.mark.parametrize(
    ("drug", "result", "lead", "other"),
    [
        ("siponimod", ("CYP2C9", "*3/*3"), "Siponimod", "contraindicated"),
        (
            "irinotecan",
            ("UGT1A1", "*28/*28"),
            "start with 70 % of the usual dose",
            "lower by at least one level",
        ),
    ],
)
def test_beside_other_sources_they_share_one_card(
    tmp_path: Path, drug: str, result: tuple[str, str], lead: str, other: str
) -> None:
    service = hook_service(tmp_path, bundled(), fire_draft=True)
    (card,) = cards(service, drug, genotype(*result))
    assert lead in card["summary"]
    assert other in card["summary"] + card["detail"]


def test_the_calculated_dose_leads_the_card_of_warfarin(tmp_path: Path) -> None:
    """FDA's label only says that the dose is to be adjusted."""
    service = hook_service(tmp_path, bundled(), fire_draft=True)
    (card,) = warfarin(service, WHITE, ("CYP2C9", "*1/*2"), ("VKORC1", "rs9923231 C/T"))
    assert card["summary"].startswith("Draft: Warfarin: calculated dose ~25.22 mg a week")
