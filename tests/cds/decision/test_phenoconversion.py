"""From an order, a genetic result and the drugs that are taken to a card (H-035)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cds.hooks.service import HookService
from cds.log import DecisionLog
from cds.log.show import render
from tests.cds.cards.support import (
    DECISION,
    RXNORM,
    Json,
    answer,
    bundled,
    draft,
    genotype,
    hook_service,
    order_sign,
    patient_view,
    prefetch,
)

NORMAL = genotype("CYP2D6", "*1/*2")
BOTH = "(by genes activity score 2)"


@pytest.fixture
def drafting(tmp_path: Path) -> HookService:
    """A service whose draft knowledge counts."""
    return hook_service(tmp_path, bundled(), fire_draft=True)


def drug(name: str, identifier: str = "d1", **members: object) -> Json:
    known = bundled().drugs[name]
    return draft((known.rxnorm, known.display), identifier, **members)


def taken(name: str, status: str = "active", until: str | None = None) -> Json:
    repeat = {"boundsPeriod": {"start": "2025-01-01", "end": until}}
    timed = {} if until is None else {"dosageInstruction": [{"timing": {"repeat": repeat}}]}
    return drug(name, f"m-{name}", status=status, **timed)


def cards(service: HookService, ordered: str | list[str], *medications: Json, **data: Any) -> list[Json]:
    """The cards for an order of one drug or of several; `medications=None` leaves the list out."""
    names = [ordered] if isinstance(ordered, str) else ordered
    results: Json = data.pop("pgx", NORMAL)
    sent = prefetch(pgx=[results], medications=medications) | data
    drafts = [drug(name, f"d{number}") for number, name in enumerate(names)]
    status, body = answer(service, order_sign(drafts, {key: v for key, v in sent.items() if v is not None}))
    assert status == 200, body
    found: list[Json] = body["cards"]
    return found


def test_codeine_while_paroxetine_is_taken(drafting: HookService) -> None:
    """H-035: the guideline's advice for poor metabolizers, both results shown."""
    (card,) = cards(drafting, "codeine", taken("paroxetine"))
    assert card["summary"] == f"Draft: Codeine, CYP2D6 activity score 0 {BOTH}: avoid"
    assert card["indicator"] == "critical"
    assert (
        "CYP2D6 activity score: activity score 0 (2025-06-01) with paroxetine, a strong inhibitor; "
        "by genes activity score 2"
    ) in card["detail"]
    assert "Not known" not in card["detail"]
    assert cards(drafting, "codeine") == []


def test_the_record_has_both_results_and_where_the_drug_stands(tmp_path: Path) -> None:
    service = hook_service(tmp_path, bundled(), fire_draft=True)
    call = order_sign([drug("codeine")], prefetch(pgx=[NORMAL], medications=[taken("paroxetine")]))
    answer(service, call, decision=DECISION)
    log = DecisionLog.open_read_only(f"sqlite:///{tmp_path / 'log.db'}")
    stored = log.get(DECISION)
    assert stored is not None
    record: Json = dict(stored.entry.record)
    (evaluation,) = (each for each in record["evaluations"] if each["rule"] == "codeine.cpic")
    (score,) = evaluation["inputs"]
    assert (score["value"], score["before"], score["changed_by"]) == (
        "activity score 0",
        "activity score 2",
        "paroxetine, a strong inhibitor",
    )
    assert {(each["reference"], each["text"], each["reason"]) for each in score["data"]} == {
        ("MedicationRequest/m-paroxetine", "paroxetine", None),
        ("Observation/geno-CYP2D6", "*1/*2", None),
    }
    assert "by genes activity score 2 changed by paroxetine, a strong inhibitor" in render(stored)


def test_paroxetine_is_not_converted_by_itself(drafting: HookService) -> None:
    """Its own guideline has its own effect in it: a normal metabolizer gets the usual dose."""
    assert cards(drafting, "paroxetine") == []
    assert cards(drafting, "paroxetine", taken("paroxetine")) == []
    (card,) = cards(drafting, "paroxetine", taken("paroxetine"), taken("bupropion"))
    assert "with bupropion, a strong inhibitor; by genes activity score 2" in card["detail"]
    assert "with paroxetine" not in card["detail"]


def test_what_is_taken_already_is_not_converted_by_itself_either(drafting: HookService) -> None:
    data = prefetch(pgx=[NORMAL], medications=[taken("paroxetine")])
    assert answer(drafting, patient_view(data)) == (200, {"cards": []})
    data = prefetch(pgx=[NORMAL], medications=[taken("paroxetine"), taken("codeine")])
    status, body = answer(drafting, patient_view(data))
    assert status == 200
    assert [card["summary"] for card in body["cards"]] == [
        f"Draft: Codeine, CYP2D6 activity score 0 {BOTH}: avoid"
    ]


def test_two_drugs_that_are_ordered_together_count_for_one_another(drafting: HookService) -> None:
    (card,) = cards(drafting, ["codeine", "paroxetine"])
    assert card["summary"] == f"Draft: Codeine, CYP2D6 activity score 0 {BOTH}: avoid"
    assert "paroxetine, a strong inhibitor, which is ordered in the same call" in card["detail"]


def test_a_draft_that_was_not_selected_counts_too(drafting: HookService) -> None:
    call = order_sign(
        [drug("codeine"), drug("paroxetine", "d2")],
        prefetch(pgx=[NORMAL]),
        selections=["MedicationRequest/d1"],
    )
    status, body = answer(drafting, call | {"hook": "order-select"})
    assert (status, len(body["cards"])) == (200, 1)
    assert body["cards"][0]["summary"].startswith("Draft: Codeine, CYP2D6 activity score 0")


@pytest.mark.parametrize(
    ("medication", "why"),
    [
        (taken("bupropion", "stopped", "2026-11-17"), "was taken until 2026-11-17 and may still act"),
        (taken("bupropion", "active", "2026-11-17"), "was taken until 2026-11-17 and may still act"),
        (taken("bupropion", "stopped"), "was used or ordered, until when is not on file"),
        (taken("bupropion", "unknown"), "is on the list with an unclear status or period"),
        (taken("bupropion", "on-hold"), "is on hold"),
    ],
)
def test_where_it_is_open_whether_a_drug_acts_both_results_stay_possible(
    drafting: HookService, medication: Json, why: str
) -> None:
    """H-035: no advice that only one of the two would support, and the reason is on the card."""
    (card,) = cards(drafting, "codeine", medication)
    assert card["summary"] == "Draft: Codeine: not decided, CYP2D6 activity score contradictory"
    assert "activity score 0 or activity score 2 (contradictory)" in card["detail"]
    assert f"bupropion, a strong inhibitor, {why}" in card["detail"]


def test_what_was_stopped_long_ago_counts_no_more(drafting: HookService) -> None:
    assert cards(drafting, "codeine", taken("bupropion", "stopped", "2026-11-08")) == []
    assert cards(drafting, "codeine", taken("bupropion", "cancelled")) == []
    assert len(cards(drafting, "codeine", taken("fluoxetine", "stopped", "2026-11-08"))) == 1


def test_inhibition_that_lasts_counts_for_its_first_days_as_if_the_drug_were_taken(
    drafting: HookService,
) -> None:
    (card,) = cards(drafting, "codeine", taken("fluoxetine", "stopped", "2026-11-17"))
    assert card["summary"] == f"Draft: Codeine, CYP2D6 activity score 0 {BOTH}: avoid"
    assert "fluoxetine, a strong inhibitor, which was taken until 2026-11-17 and still acts" in card["detail"]


def test_certain_answers_decide_where_both_results_are_possible(drafting: HookService) -> None:
    """Ultrarapid or poor, codeine is to be avoided."""
    (card,) = cards(drafting, "codeine", taken("bupropion", "stopped"), pgx=genotype("CYP2D6", "*1/*1x2"))
    assert card["summary"].startswith("Draft: Codeine, CYP2D6 activity score 0 or activity score 3")
    assert card["summary"].endswith(": avoid") and card["indicator"] == "critical"
    assert "- DPWG: not decided (rule codeine.dpwg 1.0.0, draft)" in card["detail"]


def test_a_moderate_inhibitor_halves_the_score(drafting: HookService) -> None:
    """2.25 halved is 1.125, which no table lists: the nearest score of an intermediate metabolizer is 1."""
    (card,) = cards(drafting, "paroxetine", taken("duloxetine"))
    assert card["summary"].startswith(
        "Draft: Paroxetine, CYP2D6 activity score 1 (by genes activity score 2)"
    )
    assert "with duloxetine, a moderate inhibitor (draft knowledge)" in card["detail"]
    (card,) = cards(drafting, "paroxetine", taken("duloxetine"), taken("bupropion"))
    assert "activity score 0 (2025-06-01) with bupropion, a strong inhibitor;" in card["detail"]


@pytest.mark.parametrize(
    ("state", "why"),
    [
        ({"medications": None}, "the list of medications was not supplied"),
        (
            {"medications": {"resourceType": "OperationOutcome"}},
            "the list of medications could not be obtained",
        ),
    ],
)
def test_a_list_that_is_not_known_is_said_and_withholds_nothing(
    drafting: HookService, state: Json, why: str
) -> None:
    """H-035: the genetic result is used; whoever reads the card knows that nobody looked for inhibitors."""
    (card,) = cards(drafting, "codeine", pgx=genotype("CYP2D6", "*1/*1x2"), **state)
    assert card["summary"] == "Draft: Codeine, CYP2D6 activity score 3: avoid"
    assert f"whether a drug is taken that changes it is not known: {why}" in card["detail"]


def test_where_no_drug_could_change_the_result_nothing_is_said(drafting: HookService) -> None:
    (card,) = cards(drafting, "codeine", pgx=genotype("CYP2D6", "*4/*4"), medications=None)
    assert "Not known" not in card["detail"]


def test_a_drug_that_nobody_can_identify_is_said(drafting: HookService) -> None:
    strange = drug("paroxetine", "m1", status="active", medicationCodeableConcept={"text": "the blue ones"})
    (card,) = cards(drafting, "codeine", strange, pgx=genotype("CYP2D6", "*1/*1x2"))
    assert card["summary"] == "Draft: Codeine, CYP2D6 activity score 3: avoid"
    assert "a drug on the list of medications cannot be identified" in card["detail"]


def test_a_product_that_may_be_an_inhibitor_leaves_both_results(drafting: HookService) -> None:
    product = {"coding": [{"system": RXNORM, "code": "999999", "display": "Paroxetine 20 MG Tablet"}]}
    unlisted = drug("paroxetine", "m1", status="active", medicationCodeableConcept=product)
    (card,) = cards(drafting, "codeine", unlisted)
    assert card["summary"] == "Draft: Codeine: not decided, CYP2D6 activity score contradictory"
    assert "is named by a product on the list that cannot be identified" in card["detail"]


def test_no_result_stays_no_result(drafting: HookService) -> None:
    sent = prefetch(medications=[taken("paroxetine")])
    status, body = answer(drafting, order_sign([drug("codeine")], sent))
    assert (status, body["cards"]) == (200, [])


def test_an_allele_of_unknown_function_is_silenced_like_any_other(drafting: HookService) -> None:
    """A strong inhibitor leaves no activity of whatever there was."""
    (card,) = cards(drafting, "codeine", taken("paroxetine"), pgx=genotype("CYP2D6", "*1/*102"))
    assert card["summary"].startswith("Draft: Codeine, CYP2D6 activity score 0 (by genes no activity score")


def test_clopidogrel_while_fluvoxamine_is_taken(drafting: HookService, tmp_path: Path) -> None:
    """A reviewed rule on draft knowledge says that it is one; production leaves such knowledge out."""
    normal = genotype("CYP2C19", "*1/*1")
    (card,) = cards(drafting, "clopidogrel", taken("fluvoxamine"), pgx=normal)
    assert card["summary"].startswith(
        "Draft: Avoid clopidogrel if possible: CYP2C19 poor metabolizer (by genes"
    )
    assert "Draft guidance, not reviewed for clinical use" in card["detail"]
    folder = tmp_path / "production"
    folder.mkdir()
    assert cards(hook_service(folder, bundled()), "clopidogrel", taken("fluvoxamine"), pgx=normal) == []


def test_induction_leaves_every_higher_activity_possible(drafting: HookService) -> None:
    """How far rifampin raises the activity of an intermediate metabolizer is not known."""
    carrier = genotype("CYP2C19", "*1/*2")
    (card,) = cards(drafting, "clopidogrel", taken("rifampin"), pgx=carrier)
    assert "rapid metabolizer or ultrarapid metabolizer" in card["detail"]
    (card,) = cards(drafting, "clopidogrel", taken("rifampin"), pgx=genotype("CYP2C19", "*2/*2"))
    assert "poor metabolizer" in card["summary"] and "rifampin" not in card["detail"]


def test_an_inhibitor_and_an_inducer_leave_everything_between_them_possible(drafting: HookService) -> None:
    (card,) = cards(
        drafting, "clopidogrel", taken("fluvoxamine"), taken("rifampin"), pgx=genotype("CYP2C19", "*1/*1")
    )
    assert (
        "fluvoxamine, a strong inhibitor (draft knowledge) and rifampin, a strong inducer" in card["detail"]
    )
    assert "act against one another, how far is not known" in card["detail"]


def test_the_medication_list_is_asked_for_where_drugs_change_a_gene(
    drafting: HookService, tmp_path: Path
) -> None:
    (tmp_path / "production").mkdir()
    reviewed = hook_service(tmp_path / "production", bundled())
    asked = []
    for service in (drafting, reviewed):
        services = service.discovery()["services"]
        assert isinstance(services, list)
        signing = next(each for each in services if each["hook"] == "order-sign")
        asked.append(signing["prefetch"].get("medications"))
    assert asked[0] == "MedicationRequest?patient={{context.patientId}}"
