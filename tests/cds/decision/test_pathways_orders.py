"""From an order of trametinib and a genomics report of the tumour to a card, by two networks."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cds.hooks.service import HookService
from tests.cds.cards.support import (
    Json,
    answer,
    bundled,
    draft,
    hook_service,
    listing,
    order_sign,
    prefetch,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
TRAMETINIB = ("1425099", "trametinib")
LOINC = "http://loinc.org"
PATHOGENIC, LIKELY, UNCERTAIN = "LA6668-3", "LA26332-9", "LA26333-7"
GENES = {"PTPN11": "9644", "NF1": "7765", "MAP2K2": "6842", "RAF1": "9829", "TP53": "11998"}

ILLUSTRATED = "Illustration, no clinical fact: in the seed's abstract network "
STOPPED = (
    "Draft: Trametinib, on paper: no reported tumour variant leads around MEK; "
    "the signal may come back by feedback"
)
STOPPED_BECAUSE = (
    "From receptors over SHP2, RAS and RAF every way to ERK passes MEK, which trametinib holds. A gain of "
    "PTPN11 (SHP2), RAS or BRAF and a loss of NF1 act before MEK. In the laboratory the signal often comes "
    "back: ERK no longer dampens the receptors, which drive RAS again, partly through SHP2. Drugs for "
    "ERK, the next step, are investigational; so are SHP2 inhibitors with a MEK inhibitor, which are no "
    "standard of care. This predicts no response and is no reason to change treatment."
)


def coded(code: str, system: str = LOINC) -> Json:
    return {"coding": [{"system": system, "code": code}]}


def reported(gene: str, meaning: str | None = None, change: str | None = None, **members: Any) -> Json:
    """A variant of the tumour that is there if it has a meaning, and absent otherwise."""
    parts = [
        ("48018-6", coded(f"HGNC:{GENES[gene]}", "http://www.genenames.org/geneId")),
        ("48002-0", coded("LA6684-0")),
    ]
    if meaning is not None:
        parts.append(("53037-8", coded(meaning)))
    if change is not None:
        parts.append(("48005-3", coded(change, "http://varnomen.hgvs.org")))
    return {
        "resourceType": "Observation",
        "id": f"variant-{gene}",
        "status": "final",
        "code": coded("69548-6"),
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2026-10-01",
        "valueCodeableConcept": coded("LA9634-2" if meaning is None else "LA9633-4"),
        "component": [{"code": coded(code), "valueCodeableConcept": value} for code, value in parts],
        **members,
    }


@pytest.fixture
def drafting(tmp_path: Path) -> HookService:
    """A service whose draft rules speak."""
    return hook_service(tmp_path, bundled(), fire_draft=True)


def cards(service: HookService, *results: Json, pgx: Json | None = None) -> tuple[Json | None, Json | None]:
    """The card of biology and that of the illustration; every card is checked for what none may do."""
    data = prefetch(pgx=results) | ({} if pgx is None else {"pgx": pgx})
    status, body = answer(service, order_sign([draft(TRAMETINIB)], data), NOW)
    assert status == 200
    found: dict[bool, Json] = {}
    for card in body["cards"]:
        assert card["indicator"] == "info" and "suggestions" not in card
        assert card["detail"].startswith("**Draft guidance, not reviewed for clinical use.**")
        illustration = "illustrations.seed" in card["detail"]
        # What is abstract says so at its beginning, and what is not never looks like it.
        assert card["summary"].startswith(f"Draft: {ILLUSTRATED}") is illustration
        assert illustration not in found
        found[illustration] = card
    return found.get(False), found.get(True)


def section(card: Json | None, heading: str) -> list[str]:
    """The lines under a heading of a card's detail."""
    assert card is not None
    _, _, rest = card["detail"].partition(f"**{heading}**\n\n")
    return [line.removeprefix("- ") for line in rest.partition("\n\n")[0].splitlines()]


def test_patient_a_without_the_variant(drafting: HookService) -> None:
    biology, seed = cards(drafting, reported("PTPN11"), reported("MAP2K2"))
    assert biology is not None and seed is not None
    assert biology["summary"] == STOPPED
    assert biology["detail"].split("\n\n")[1] == STOPPED_BECAUSE
    assert section(biology, "Data used") == [
        "tumour signal in the network rtk ras erk: stopped on paper, by the variants reported (2026-10-01)"
    ]
    assert section(biology, "Not known") == [
        "tumour signal in the network rtk ras erk: not reported, and a variant could change this: "
        "ARAF, DUSP6, MAP2K1, MAPK1, MAPK3, RAF1"
    ]
    assert seed["summary"] == f"Draft: {ILLUSTRATED}trametinib stops the signal"
    assert section(seed, "Not known") == [
        "tumour signal in the network seed bypass: not reported, and a variant could change this: "
        "ARAF, BRAF, HRAS, KRAS, MAP2K1, MAPK1, MAPK3, NRAS, RAF1"
    ]


def test_patient_b_with_an_activating_variant_of_ptpn11(drafting: HookService) -> None:
    """In biology it lies before MEK and the card says the same; only the seed's network is bypassed."""
    biology, seed = cards(drafting, reported("PTPN11", PATHOGENIC, "NP_002825.3:p.(Glu76Lys)"))
    assert biology is not None and seed is not None
    assert biology["summary"] == STOPPED
    assert biology["detail"].split("\n\n")[1] == STOPPED_BECAUSE
    assert section(biology, "Not known")[0].endswith("ARAF, DUSP6, MAP2K1, MAP2K2, MAPK1, MAPK3, RAF1")
    assert seed["summary"] == f"Draft: {ILLUSTRATED}PTPN11 leads around trametinib to ERK"
    assert seed["detail"].split("\n\n")[1] == (
        "The network is the seed text's abstraction, and nothing follows from it for a patient; in biology "
        "SHP2, the protein of PTPN11, lies before RAS and not beside MEK. In the abstract network the way "
        "that is left is PTPN11, bypass, ERK. It merges with the other at ERK, for which ulixertinib is "
        "investigational. SHP2 inhibitors with a MEK inhibitor are no standard of care. No change of "
        "treatment follows."
    )
    assert section(seed, "Data used") == [
        "tumour signal in the network seed bypass: goes on; a later step has investigational drugs only "
        "(2026-10-01)"
    ]
    assert "Not known" not in seed["detail"]


def test_a_variant_of_uncertain_significance_opens_nothing_and_is_named(drafting: HookService) -> None:
    biology, seed = cards(drafting, reported("PTPN11", UNCERTAIN))
    assert biology is not None and seed is not None
    assert biology["summary"] == STOPPED
    assert seed["summary"] == f"Draft: {ILLUSTRATED}trametinib stops the signal"
    for card, network in ((biology, "rtk ras erk"), (seed, "seed bypass")):
        assert section(card, "Not known")[0].startswith(
            f"tumour signal in the network {network}: of uncertain significance, so it opens no way here: "
            f"PTPN11; not reported"
        )


@pytest.mark.parametrize("results", [(), (reported("TP53", PATHOGENIC),)])
def test_without_a_report_of_these_genes_nothing_is_said_of_them(
    drafting: HookService, results: tuple[Json, ...]
) -> None:
    biology, seed = cards(drafting, *results)
    assert biology is not None and seed is None
    assert (
        biology["summary"]
        == "Draft: Trametinib: not decided, tumour signal in the network rtk ras erk missing"
    )
    assert section(biology, "Not known") == ["tumour signal in the network rtk ras erk missing"]
    assert "paper" not in biology["detail"]


def test_a_loss_of_nf1_acts_before_mek(drafting: HookService) -> None:
    biology, seed = cards(drafting, reported("NF1", LIKELY))
    assert biology is not None and seed is None  # the seed's network has no NF1
    assert biology["summary"] == STOPPED
    assert section(biology, "Not known") == [
        "tumour signal in the network rtk ras erk: not reported, and a variant could change this: "
        "ARAF, DUSP6, MAP2K1, MAP2K2, MAPK1, MAPK3, RAF1"
    ]


def test_a_change_of_mek_that_resists(drafting: HookService) -> None:
    biology, seed = cards(drafting, reported("MAP2K2", UNCERTAIN, "NP_109587.1:p.(Gln60Pro)"))
    assert biology is not None and seed is not None
    assert biology["summary"] == (
        "Draft: Trametinib, on paper: a reported variant of MEK resists it; what holds ERK, the next step, "
        "is investigational"
    )
    assert biology["detail"].split("\n\n")[1] == (
        "The network lists one such variant, MAP2K2 p.Q60P: found in a melanoma that had come back, its "
        "resistance shown in the laboratory. Every way that is left passes ERK. Its inhibitors "
        "(ulixertinib, LY3214996) are approved for nothing, and another one was not tolerated together "
        "with a MEK inhibitor in a phase Ib study. SHP2 acts before MEK; its inhibitors are no standard of "
        "care. This predicts no response and is no reason to change treatment; a tumour board may know of "
        "a trial."
    )


def test_a_variant_that_the_network_does_not_explain(drafting: HookService) -> None:
    biology, seed = cards(drafting, reported("RAF1", PATHOGENIC))
    assert biology is not None and seed is None
    assert biology["summary"] == (
        "Draft: Trametinib: not decided, tumour signal in the network rtk ras erk without a usable value"
    )
    assert section(biology, "Not known") == [
        "tumour signal in the network rtk ras erk without a usable value: "
        "the network does not say what a variant of RAF1 does"
    ]


@pytest.mark.parametrize(
    ("members", "word"),
    [({"effectiveDateTime": "2024-10-01"}, "too old"), ({"status": "preliminary"}, "not final")],
)
def test_a_result_that_cannot_be_used_is_no_reassurance(
    drafting: HookService, members: Json, word: str
) -> None:
    biology, seed = cards(drafting, reported("PTPN11", **members))
    assert biology is not None and seed is None
    assert (
        biology["summary"]
        == f"Draft: Trametinib: not decided, tumour signal in the network rtk ras erk {word}"
    )


def test_a_part_of_the_report_is_said_to_be_one(drafting: HookService) -> None:
    part = listing(reported("PTPN11")) | {"total": 9}
    biology, _ = cards(drafting, pgx=part)
    assert biology is not None
    assert section(biology, "Not known")[0].endswith("the list is incomplete: absence cannot be concluded")


def test_nothing_of_it_is_said_in_production(tmp_path: Path) -> None:
    assert cards(hook_service(tmp_path, bundled()), reported("PTPN11", PATHOGENIC)) == (None, None)
