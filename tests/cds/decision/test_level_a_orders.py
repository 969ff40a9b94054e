"""From an order and a result to a card, for guidance without a table: labels and two guidelines."""

from __future__ import annotations

from pathlib import Path

import pytest

from cds.hooks.service import HookService
from tests.cds.cards.support import Json, bundled, genotype, hook_service, measured, patient, phenotype
from tests.cds.decision.test_pgx_orders import cards

WEIGHT = "29463-7"


@pytest.fixture
def drafting(tmp_path: Path) -> HookService:
    """A service whose draft rules speak."""
    return hook_service(tmp_path, bundled(), fire_draft=True)


def said(found: list[Json]) -> list[tuple[str, str]]:
    return [(card["indicator"], card["summary"].removeprefix("Draft: ")) for card in found]


@pytest.mark.parametrize(
    ("drug", "result", "summary"),
    [
        (
            "irinotecan", genotype("UGT1A1", "*28/*80+*28"),
            "Irinotecan, UGT1A1 poor metabolizer: consider a starting dose lower by at least one level",
        ),
        (
            "irinotecan", phenotype("UGT1A1", "UGT1A1 Poor Metabolizer"),
            "Irinotecan, UGT1A1 poor metabolizer: consider a starting dose lower by at least one level",
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
    [("irinotecan", ("UGT1A1", "*1/*28")), ("pitolisant", ("CYP2D6", "*1/*4"))],
)
def test_a_label_says_nothing_of_other_results(
    drafting: HookService, drug: str, result: tuple[str, str]
) -> None:
    assert cards(drafting, drug, genotype(*result)) == []


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
                    "Siponimod, CYP2C9 *3 and *5, *6, *8 or *11: the label names no dose for this genotype",
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
    "result",
    [genotype("CYP2C9", "*1/*2 or *1/*3"), phenotype("CYP2C9", "CYP2C9 Intermediate Metabolizer")],
)
def test_what_does_not_tell_the_alleles_decides_nothing(drafting: HookService, result: Json) -> None:
    (card,) = cards(drafting, "siponimod", result)
    assert card["summary"] == "Draft: Siponimod: test first, CYP2C9 genotype contradictory"


def test_the_genotype_stands_beside_its_phenotype(drafting: HookService) -> None:
    results = (genotype("CYP2C9", "*1/*3"), phenotype("CYP2C9", "CYP2C9 Intermediate Metabolizer"))
    (card,) = cards(drafting, "siponimod", *results)
    assert "maintenance dose 1 mg" in card["summary"]


def test_siponimod_is_tested_first(drafting: HookService) -> None:
    (card,) = cards(drafting, "siponimod")
    assert "CYP2C9 genotype missing" in card["summary"]
