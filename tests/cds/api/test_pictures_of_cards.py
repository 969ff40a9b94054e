"""From FHIR data to a card and from its link to the picture: two futures, a stratum, a network, a dose."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

from cds.api import calculator_routes
from cds.hooks.service import HookService
from tests.cds.cards.support import Json, bundled, hook_service
from tests.cds.decision import test_atrial_fibrillation as futures
from tests.cds.decision import test_pathways_orders as networks
from tests.cds.decision import test_strata_orders as strata
from tests.cds.hooks.support import RecordingServer, Service, serving

PUBLIC = "https://cds.example.org/"


@pytest.fixture(scope="module")
def pictures() -> Iterator[Service]:
    with serving(RecordingServer(), beside=calculator_routes(bundled())) as found:
        yield found


@pytest.fixture
def linking(tmp_path: Path) -> HookService:
    """A service that clinicians reach, whose draft rules speak."""
    return hook_service(tmp_path, bundled(), fire_draft=True, public_url=PUBLIC)


def picture(pictures: Service, card: Json) -> str:
    """The page behind the only link of a card."""
    (link,) = card["links"]
    assert link["type"] == "absolute" and link["label"].startswith("Picture: ")
    assert link["url"].startswith(f"{PUBLIC}api/calc/")
    # Numbers alone: nothing in the address tells whose they are.
    assert "p1" not in unquote(link["url"]) and "Patient" not in unquote(link["url"])
    reply = pictures.send("GET", link["url"].removeprefix(PUBLIC.rstrip("/")))
    assert reply.status == 200, reply.body
    page = reply.body.decode()
    assert "<svg" in page and "<table>" in page
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def only(cards: list[Json], words: str) -> Json:
    (card,) = (each for each in cards if words in each["summary"])
    return card


@pytest.mark.parametrize(
    ("person", "words", "shown"),
    [
        (futures.OLD_MAN, "15 of 1000", "an anticoagulant is favoured"),
        (futures.MAN_OF_55, "No clear benefit", "no anticoagulant is favoured"),
    ],
)
def test_two_futures(linking: HookService, pictures: Service, person: Json, words: str, shown: str) -> None:
    bleed = [futures.EARLIER_BLEED] if person is futures.OLD_MAN else []
    card = only(futures.cards(linking, person, *bleed, *futures.NO_RISK), words)
    assert shown in picture(pictures, card)


def test_the_stratum_that_is_harmed(linking: HookService, pictures: Service) -> None:
    card = only(strata.cards(linking, "a", pgx=[strata.variant(strata.X)]), "harms one in 50")
    assert "NNTB 64.2 to infinity to NNTH 18" in picture(pictures, card)


def test_patient_b_of_the_network(linking: HookService, pictures: Service) -> None:
    _, seed = networks.cards(linking, networks.reported("PTPN11", networks.PATHOGENIC))
    assert seed is not None and "PTPN11 leads around" in seed["summary"]
    assert "BYPASS" in picture(pictures, seed) and "no clinical fact" in seed["links"][0]["label"]


def test_without_an_address_no_card_links(tmp_path: Path) -> None:
    service = hook_service(tmp_path, bundled(), fire_draft=True)
    cards = futures.cards(service, futures.OLD_MAN, futures.EARLIER_BLEED, *futures.NO_RISK)
    assert cards and not any("links" in card for card in cards)


def test_what_is_not_settled_has_no_picture(linking: HookService) -> None:
    card = only(strata.cards(linking, "a"), "test first")
    assert "links" not in card
