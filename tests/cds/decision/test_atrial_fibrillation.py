"""Anticoagulants in atrial fibrillation, from an order to a card that weighs two futures."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from itertools import product
from pathlib import Path

import pytest

from calc.operations.anticoagulation import NetBenefitGiven, ParametersGiven, net_benefit
from cds.hooks.service import HookService
from dsl import Fact, Finding, Quantity, evaluate, known
from tests.cds.cards.support import (
    Json,
    answer,
    bundled,
    condition,
    draft,
    hook_service,
    measured,
    order_sign,
    patient,
    patient_view,
    prefetch,
)

NET_BENEFIT, DOSE = "atrial_fibrillation.net_benefit", "apixaban.dose_reduction"
RULE = next(rule for rule in bundled().rules if rule.name == NET_BENEFIT)
AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
RISKS = ("84114007", "38341003", "73211009", "422504002", "22298006")
"""Heart failure, hypertension, diabetes, stroke, myocardial infarction."""
FIBRILLATION = condition("49436004")
OVER: Json = {"clinicalStatus": {"coding": [{"code": "resolved"}]}}
EARLIER_BLEED = condition("74474003", **OVER)
OLD_MAN = patient(birthDate="1941-06-01", gender="male")
OLD_WOMAN = patient(birthDate="1941-06-01")
MAN_OF_55 = patient(birthDate="1971-06-01", gender="male")
NO_RISK = [condition(code, "refuted") for code in RISKS]


@pytest.fixture
def drafting(tmp_path: Path) -> HookService:
    """A service whose draft rules about apixaban and atrial fibrillation speak."""
    knowledge = bundled()
    ours = tuple(rule for rule in knowledge.rules if rule.name in (NET_BENEFIT, DOSE))
    return hook_service(tmp_path, replace(knowledge, rules=ours), fire_draft=True)


def cards(
    service: HookService, person: Json, *conditions: Json, drug: str = "rivaroxaban", **more: list[Json]
) -> list[Json]:
    ordered = bundled().drugs[drug]
    order = draft((str(ordered.rxnorm), ordered.display))
    call = order_sign([order], prefetch(person=person, conditions=[FIBRILLATION, *conditions], **more))
    status, body = answer(service, call, AT)
    assert status == 200, body
    found: list[Json] = body["cards"]
    return found


def reason(card: Json) -> str:
    """The paragraph that gives the figures."""
    paragraphs: list[str] = card["detail"].split("\n\n")
    return paragraphs[1].replace("\\", "")


def test_an_old_man_who_bled(drafting: HookService) -> None:
    (card,) = cards(drafting, OLD_MAN, EARLIER_BLEED, *NO_RISK)
    assert card["indicator"] == "info"
    assert card["summary"] == (
        "Draft: Anticoagulant favoured: 15 of 1000 like this patient spared a stroke in a year"
    )
    assert reason(card).startswith(
        "Of 1000 such patients in a year, without an anticoagulant and with a direct one: strokes 22 and 7, "
        "bleeds in the head 5 and 6, other major bleeds 7 and 10. The net benefit is ~1.263 % a year "
        "(95 % interval ~0.7463 % to ~1.725 %); that it is above 0.2 % has a probability of 99."
    )
    assert (
        "A stroke weighs 1, a bleed in the head 1.5, another major bleed 0.3. "
        "CHA2DS2-VASc 2 (without sex 2), HAS-BLED 2, ORBIT 3. Strokes are those of a Swedish cohort "
        "(Friberg 2012); other cohorts had other rates." in reason(card)
    )
    assert "a bleeding score alone is no reason against an anticoagulant" in reason(card)
    assert "if bleed weight is 0.3 (one stroke is 1; ask" in card["detail"]
    assert "calculated: yes" not in card["detail"]
    assert "treatment." not in card["detail"]
    assert "suggestions" not in card


def test_an_old_woman_gains_more(drafting: HookService) -> None:
    (card,) = cards(drafting, OLD_WOMAN, EARLIER_BLEED, *NO_RISK)
    assert "22 of 1000 like this patient spared a stroke" in card["summary"]
    assert "~1.959 % a year (95 % interval ~1." in reason(card)
    assert "CHA2DS2-VASc 3 (without sex 2)" in reason(card)


def test_a_man_to_whom_a_bleed_is_as_bad_as_a_stroke(drafting: HookService) -> None:
    """The same patient and another answer: what he said came as an observation."""
    said = measured("-", 1, "1", id="weight-of-a-bleed")
    said["code"] = {"coding": [{"system": "urn:bespoke:preference", "code": "major-bleed-weight"}]}
    (card,) = cards(drafting, OLD_MAN, EARLIER_BLEED, *NO_RISK, labs=[said])
    assert card["summary"] == (
        "Draft: The patient's preference decides: 15 of 1000 spared a stroke in a year, harms weigh alike"
    )
    assert "another major bleed 1." in reason(card)
    assert "or 68." in reason(card)
    assert "bleed weight is 0.3" not in card["detail"]


def test_a_healthy_man_of_55(drafting: HookService) -> None:
    (card,) = cards(drafting, MAN_OF_55, *NO_RISK)
    assert card["summary"] == (
        "Draft: No clear benefit of an anticoagulant: 1 of 1000 like this patient spared a stroke a year"
    )
    assert reason(card) == (
        "Of 1000 such patients in a year, without an anticoagulant and with a direct one: strokes 2 and 1, "
        "bleeds in the head 1 and 1, other major bleeds 6 and 8. The net benefit is ~0.03294 % a year "
        "(95 % interval ~-0.05774 % to ~0.1041 %); that it is above 0.2 % has a probability of 0 %, or 0 % "
        "with bleeds by ORBIT. A stroke weighs 1, a bleed in the head 1.5, another major bleed 0.3. "
        "CHA2DS2-VASc 0 (without sex 0), HAS-BLED 0, ORBIT 0. Strokes are those of a Swedish cohort "
        "(Friberg 2012); other cohorts had other rates. The weights, the 0.2 % and the bleeds in the "
        "head by age are assumptions. Look again when a risk of stroke is added, at 65 years at the latest."
    )


@pytest.mark.parametrize("entries", [[], NO_RISK[1:], [*NO_RISK[1:], condition(RISKS[0], "provisional")]])
def test_a_list_that_is_silent_is_no_no(drafting: HookService, entries: list[Json]) -> None:
    (card,) = cards(drafting, MAN_OF_55, *entries)
    assert card["summary"] == (
        "Draft: CHA2DS2-VASc at least 0: too little is on file to weigh an anticoagulant"
    )
    assert "- heart failure not" in card["detail"]
    assert "An empty problem list is no answer." in reason(card)


def test_what_is_open_cannot_take_the_benefit_of_an_old_man_away(drafting: HookService) -> None:
    (card,) = cards(drafting, OLD_MAN)
    assert card["summary"].startswith("Draft: Anticoagulant favoured: 15 of 1000")
    assert "What is not known about the risk of stroke can only add to the benefit." in reason(card)


@pytest.mark.parametrize(
    ("entry", "summary"),
    [
        (
            condition("79619009"),
            "Prosthetic valve or mitral stenosis on file: "
            "a direct anticoagulant is not weighed for this patient",
        ),
        (condition("74474003"), "Active bleeding on file: an anticoagulant is not weighed until it is over"),
    ],
)
def test_out_of_scope_is_said(drafting: HookService, entry: Json, summary: str) -> None:
    (card,) = cards(drafting, OLD_MAN, entry, *NO_RISK)
    assert (card["indicator"], card["summary"].removeprefix("Draft: ")) == ("warning", summary)
    assert "1000" not in reason(card)


@pytest.mark.parametrize("drug", ["apixaban", "dabigatran", "edoxaban", "rivaroxaban"])
def test_each_direct_anticoagulant(drafting: HookService, drug: str) -> None:
    found = cards(drafting, OLD_MAN, *NO_RISK, drug=drug)
    assert sum("Anticoagulant favoured" in card["summary"] for card in found) == 1


def test_without_fibrillation_nothing_is_said(drafting: HookService) -> None:
    ordered = bundled().drugs["rivaroxaban"]
    call = order_sign([draft((str(ordered.rxnorm), ordered.display))], prefetch(person=OLD_MAN))
    assert answer(drafting, call, AT)[1]["cards"] == []


def test_benefit_and_dose_stand_beside_each_other(drafting: HookService) -> None:
    """Whether to give it and how much are two questions: neither card takes back the other."""
    labs = [measured("29463-7", 58, "kg"), measured("2160-0", 1.1, "mg/dL", id="crea")]
    dose, benefit = cards(drafting, OLD_MAN, *NO_RISK, drug="apixaban", labs=labs)
    assert dose["summary"] == "Draft: Apixaban in non-valvular atrial fibrillation: 2.5 mg twice daily"
    assert "Anticoagulant favoured" in benefit["summary"]
    assert "suggestions" not in benefit


def test_whoever_takes_one_already_is_told_in_the_chart(drafting: HookService) -> None:
    ordered = bundled().drugs["edoxaban"]
    taken = draft((str(ordered.rxnorm), ordered.display), "m1", status="active")
    call = patient_view(prefetch(person=OLD_MAN, conditions=[FIBRILLATION, *NO_RISK], medications=[taken]))
    (card,) = answer(drafting, call, AT)[1]["cards"]
    assert "Anticoagulant favoured" in card["summary"]


def test_results_and_drugs_count_in_the_scores_of_bleeding(drafting: HookService) -> None:
    aspirin = bundled().drugs["aspirin"]
    taken = draft((str(aspirin.rxnorm), aspirin.display), "m1", status="active")
    labs = [
        measured("718-7", 12.9, "g/dL", id="hb"),
        measured("98979-8", 59, "mL/min/{1.73_m2}", id="gfr"),
        measured("2160-0", 2.26, "mg/dL", id="crea"),
    ]
    (card,) = cards(drafting, OLD_MAN, *NO_RISK, labs=labs, medications=[taken])
    assert "HAS-BLED 3, ORBIT 5." in reason(card)


def found_for(**values: object) -> Finding:
    """The finding for a patient without any risk but the given ones."""
    risks = ("heart_failure", "hypertension", "diabetes", "stroke", "vascular")
    facts: dict[str, object] = {"fibrillation": True, **dict.fromkeys(risks, False), **values}
    given = {name: as_fact(name, value) for name, value in facts.items() if value is not None}
    return evaluate(RULE, given)


def as_fact(name: str, value: object) -> Fact:
    if isinstance(value, bool):
        return known(value)
    return known(Quantity(Fraction(str(value)), "a" if name == "age" else "1"))


def number(finding: Finding, name: str) -> Fraction:
    (value,) = finding.facts[name].possible
    assert isinstance(value, Quantity)
    return value.value


@pytest.mark.parametrize("weight", ["0.3", "1"])
@pytest.mark.parametrize("age", [55, 65, 85])
@pytest.mark.parametrize(
    "risks", [(), ("hypertension",), ("stroke", "diabetes"), ("earlier_bleed", "cirrhosis")]
)
def test_the_rule_and_the_operation_say_the_same(risks: tuple[str, ...], age: int, weight: str) -> None:
    """Rates, benefit and advice; the lead of the best future is the size of the benefit."""
    finding = found_for(age=age, female=False, bleed_weight=weight, **dict.fromkeys(risks, True))
    other = net_benefit(
        NetBenefitGiven(
            cha2ds2_vasc=int(number(finding, "least_score")),
            has_bled=int(number(finding, "bleed_score")),
            ich_rate_off=number(finding, "head"),
            params=ParametersGiven(w_ech=Fraction(weight)),
        )
    )
    assert number(finding, "benefit") == other.net_benefit
    assert number(finding, "sure") == 100 * other.mc.p_gt_margin
    assert float(number(finding, "low")) == pytest.approx(other.mc.q025, rel=1e-11)
    assert float(number(finding, "high")) == pytest.approx(other.mc.q975, rel=1e-11)
    best = "doac" if other.net_benefit > 0 else "none"
    assert finding.facts["treatment.best"].possible == (best,)
    clear = abs(other.net_benefit) > Fraction(1, 5)
    assert finding.facts["treatment.clear"].possible == (clear,)
    for future in ("none", "doac"):
        ending = "off" if future == "none" else "on"
        for consequence, rate in (("stroke", "te"), ("head_bleed", "ich"), ("other_bleed", "ech")):
            expected = getattr(other.per_100_py, f"{rate}_{ending}")
            assert abs(number(finding, f"treatment.{future}.{consequence}") - 10 * expected) <= Fraction(1, 2)


def test_an_open_stroke_never_hides_another_answer() -> None:
    """Whoever is advised while it is open is advised the same with it and without it."""
    risks = ("heart_failure", "hypertension", "diabetes", "vascular")
    bleeds = ("earlier_bleed", "cirrhosis", "alcohol_abuse", "ibuprofen", "dialysis")
    seen = set()
    for age, some, many in product((55, 70, 85), range(len(risks) + 1), range(len(bleeds) + 1)):
        more: dict[str, object] = dict.fromkeys((*risks[:some], *bleeds[:many]), True)
        person = {"age": age, "female": True, "bleed_weight": "1", **more}
        if str(found_for(stroke=None, **person).result) == "favoured":
            seen.add(many)
            answers = {str(found_for(stroke=stroke, **person).result) for stroke in (True, False)}
            assert answers == {"favoured"}, person
    assert max(seen) >= 3
