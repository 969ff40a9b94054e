"""From a chart to an individual dose: what is advised, on what it rests, and when it is declined."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from cds.decision import of_bundle
from cds.dosing import Advice, Declined, answer_orders, card_of, record_of_answer
from fhir_adapters import dump_json, load_json
from tests.cds.cards.support import bundled
from tests.cds.dosing import charts

AT = datetime(2026, 11, 20, 19, 45, tzinfo=UTC)


def answered(bundle: Mapping[str, object], *, drafts: bool = True) -> Any:
    found = answer_orders(situation(bundle), bundled(), AT, drafts=drafts)
    return found[0].answer if found else None


def situation(bundle: Mapping[str, object]) -> Any:
    loaded = load_json(json.dumps(bundle).encode())
    assert isinstance(loaded, dict)
    return of_bundle(loaded, "order-sign", bundled())


def without(bundle: dict[str, Any], *ids: str) -> dict[str, Any]:
    kept = [entry for entry in bundle["entry"] if entry["resource"]["id"] not in ids]
    return bundle | {"entry": kept}


def changed(bundle: dict[str, Any], identifier: str, **members: object) -> dict[str, Any]:
    entries = [
        entry | {"resource": entry["resource"] | members} if entry["resource"]["id"] == identifier else entry
        for entry in bundle["entry"]
    ]
    return bundle | {"entry": entries}


def declined(bundle: Mapping[str, object]) -> str:
    answer = answered(bundle)
    assert isinstance(answer, Declined), answer
    return " ".join(answer.reasons)


def test_vancomycin_by_two_levels() -> None:
    answer = answered(charts.vancomycin())
    assert isinstance(answer, Advice)
    assert answer.best is not None
    assert answer.best.daily(24) == 1500
    assert [level.value for level in answer.case.levels] == [28.4, 14.9]
    assert answer.case.person.doses[0].duration == 1.5
    best = answer.search.best
    assert best is not None
    assert 400 < best.figures.auc24.median < 600
    assert best.candidate.toxicity < 0.4


def test_levels_change_the_dose() -> None:
    """The same chart with twice the levels asks for less, with half of them for more."""
    daily = []
    for factor in (0.6, 1.0, 1.6):
        levels = [("2026-11-20T09:30:00Z", 28.4 * factor), ("2026-11-20T19:30:00Z", 14.9 * factor)]
        answer = answered(charts.vancomycin(levels))
        assert isinstance(answer, Advice)
        assert answer.best is not None
        daily.append(answer.best.daily(24))
    assert daily[0] > daily[1] > daily[2]


def test_without_levels_the_population_speaks_and_it_is_said() -> None:
    answer = answered(charts.vancomycin(levels=()))
    assert isinstance(answer, Advice)
    assert answer.conflict is None
    card = the_card(charts.vancomycin(levels=()))
    assert "No level was measured yet" in card["detail"]


def test_expressers_of_cyp3a5_need_more_tacrolimus() -> None:
    """Genes enter as covariates, and the card says that nobody may count them again."""
    doses = {}
    for diplotype in ("*1/*3", "*3/*3"):
        chart = without(charts.tacrolimus(diplotype), "level-1")
        answer = answered(chart)
        assert isinstance(answer, Advice)
        assert answer.best is not None
        doses[diplotype] = answer.best.dose
    assert doses["*1/*3"] > 1.3 * doses["*3/*3"]
    assert "CYP3A5 is included in the model already" in the_card(charts.tacrolimus())["detail"]


def test_more_target_takes_up_more_of_an_antibody() -> None:
    """Generic and illustrative: the same antibody with little and with much target, and its own level."""
    low, high = (answered(charts.antibody(target, level)) for target, level in ((5, 22.0), (40, 0.2)))
    assert isinstance(low, Advice)
    assert isinstance(high, Advice)
    assert low.best is not None
    assert high.best is not None
    assert high.best.daily(1) > 2 * low.best.daily(1)
    assert the_card(charts.antibody(40, 0.2))["detail"].startswith("**Draft guidance")


def test_plans_that_are_drafts_are_silent_unless_asked() -> None:
    assert answered(charts.vancomycin(), drafts=False) is None


def test_the_same_chart_gives_the_same_bytes() -> None:
    one, other = (
        dump_json(
            dict(
                record_of_answer(
                    answer_orders(situation(charts.vancomycin()), bundled(), AT, drafts=True)[0], AT
                )
            )
        )
        for _ in range(2)
    )
    assert one == other


@pytest.mark.parametrize(
    ("chart", "said"),
    [
        (without(charts.vancomycin(), "weight"), "Body weight missing: add it"),
        (without(charts.vancomycin(), "creatinine"), "creatinine"),
        (changed(charts.vancomycin(), "p1", birthDate="2016-03-02"), "The model was made for others: adults"),
        (changed(charts.vancomycin(), "level-1", effectiveDateTime="2026-11-20"), "time of day"),
        (changed(charts.vancomycin(), "level-1", effectiveDateTime="2026-11-19T07:00:00Z"), "before"),
        (
            changed(charts.vancomycin(), "dose-2", effectivePeriod={"start": "2026-11-19T20:00:00Z"}),
            "long",
        ),
        (changed(charts.vancomycin(), "dose-2", dosage={"route": charts.IV}), "amount"),
        (
            changed(
                charts.vancomycin(),
                "weight",
                valueQuantity={"value": 290, "unit": "kg", "system": charts.UCUM, "code": "kg"},
            ),
            "would only guess",
        ),
        (charts.vancomycin([("2026-11-20T19:30:00Z", 160.0)]), "do not fit this history"),
    ],
    ids=[
        "no weight", "no creatinine", "a child", "a level of a day", "a level before the first dose",
        "an infusion without an end", "a dose without an amount", "a weight out of range",
        "a level beyond belief",
    ],
)  # fmt: skip
def test_what_declines(chart: dict[str, Any], said: str) -> None:
    """H-027, H-043: never the last iterate, never an extrapolation unsaid; it says what would help."""
    assert said in declined(chart)


def test_doses_of_another_patient_do_not_count() -> None:
    """H-018: in a file with several patients; a hook call is refused for it."""
    other = changed(charts.vancomycin(), "dose-2", subject={"reference": "Patient/somebody-else"})
    answer = answered(other)
    assert isinstance(answer, Advice)
    assert len(answer.case.person.doses) == 2


def the_card(bundle: dict[str, Any], **draft: object) -> Any:
    asked = situation(changed(bundle, "draft-1", **draft) if draft else bundle)
    (found,) = answer_orders(asked, bundled(), AT, drafts=True)
    return card_of(found.answer, found.order, bundled(), changeable=True, seed="seed")


def test_a_card_names_one_dose_and_offers_it() -> None:
    card = the_card(charts.vancomycin())
    (suggestion,) = card["suggestions"]
    (action,) = suggestion["actions"]
    (dosage,) = action["resource"]["dosageInstruction"]
    words = suggestion["label"].removeprefix("Vancomycin ")
    assert card["summary"] == f"Vancomycin: {words} for AUC24 of 400 to 600 mg.h/L"
    assert dosage["text"] == words.replace(",", "", words.index(" ") > 3)
    assert dosage["timing"]["repeat"]["durationUnit"] == "h"
    assert dosage["route"] == charts.IV
    assert len(card["summary"]) < 140


def test_a_draft_that_has_the_advised_dose_gets_no_card() -> None:
    """Contract C2."""
    card = the_card(charts.vancomycin())
    assert card is not None
    ordered = card["suggestions"][0]["actions"][0]["resource"]["dosageInstruction"]
    assert the_card(charts.vancomycin(), dosageInstruction=ordered) is None
