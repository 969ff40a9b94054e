"""Calls whose complete cards are kept as golden files beside this module."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib import resources

from tests.cds.cards.support import (
    ACS,
    AS_OF,
    BILIRUBIN,
    CLOPIDOGREL,
    LEUKAEMIA,
    MERCAPTOPURINE,
    NIRAPARIB,
    OTHER_CARDIOVASCULAR,
    SNOMED,
    STROKE,
    UCUM,
    Json,
    condition,
    dosage,
    draft,
    genotype,
    measured,
    niraparib_labs,
    order_sign,
    patient,
    patient_view,
    phenotype,
    prefetch,
)


@dataclass(frozen=True)
class Scenario:
    """A call, and when and how the service is asked."""

    name: str
    call: Json
    at: datetime = AS_OF
    draft_rules: bool = False


def demo_examples() -> Iterator[Scenario]:
    folder = resources.files("cds.cli").joinpath("examples")
    for file in sorted(folder.iterdir(), key=lambda each: each.name):
        if file.name.endswith(".json"):
            yield Scenario(f"demo-{file.name[:-5]}", json.loads(file.read_text("utf-8"))["request"])


def niraparib(*drafts: Json, labs: list[Json] | None = None, person: Json | None = None) -> Json:
    return order_sign(drafts, prefetch(labs=niraparib_labs(60) if labs is None else labs, person=person))


def clopidogrel(*conditions: Json, pgx: list[Json] | None = None, order: Json | None = None) -> Json:
    found = [genotype("CYP2C19", "*2/*2")] if pgx is None else pgx
    return order_sign([order or draft(CLOPIDOGREL)], prefetch(pgx=found, conditions=conditions))


def mercaptopurine(*pgx: Json, conditions: tuple[Json, ...] = (), order: Json | None = None) -> Json:
    return order_sign([order or draft(MERCAPTOPURINE)], prefetch(pgx=pgx, conditions=conditions))


_WHOLE = draft(
    CLOPIDOGREL,
    "whole",
    **dosage(75),
    authoredOn="2026-11-20",
    requester={"reference": "Practitioner/doc"},
    reasonCode=[{"coding": [{"system": SNOMED, "code": ACS}]}],
    dispenseRequest={"quantity": {"value": 30}},
    text={"status": "generated", "div": "<div xmlns='http://www.w3.org/1999/xhtml'>clopidogrel</div>"},
)

_TAKEN = draft(CLOPIDOGREL, "taken", status="active", **dosage(75))

_BILIRUBIN_LIMIT = {"referenceRange": [{"high": {"value": 1.2, "system": UCUM, "code": "mg/dL"}}]}

SCENARIOS = [
    *demo_examples(),
    # Doses of the draft.
    Scenario("niraparib-has-the-dose", niraparib(draft(NIRAPARIB, **dosage(200)))),
    Scenario("niraparib-has-the-dose-in-grams", niraparib(draft(NIRAPARIB, **dosage(0.2, "g")))),
    Scenario(
        "niraparib-has-the-dose-every-24-h",
        niraparib(draft(NIRAPARIB, **dosage(200, period=24, periodUnit="h"))),
    ),
    Scenario("niraparib-more-than-advised", niraparib(draft(NIRAPARIB, **dosage(300)))),
    Scenario("niraparib-twice-the-frequency", niraparib(draft(NIRAPARIB, **dosage(200, frequency=2)))),
    Scenario(
        "niraparib-less-than-advised", niraparib(draft(NIRAPARIB, **dosage(200)), labs=niraparib_labs())
    ),
    Scenario("niraparib-without-dose", niraparib(draft(NIRAPARIB))),
    Scenario("niraparib-duplicates", niraparib(draft(NIRAPARIB, "a"), draft(NIRAPARIB, "b"))),
    Scenario(
        "niraparib-split-over-two-drafts",
        niraparib(
            draft(NIRAPARIB, "a", **dosage(100)), draft(NIRAPARIB, "b", **dosage(200)), labs=niraparib_labs()
        ),
    ),
    Scenario("niraparib-without-id", niraparib({k: v for k, v in draft(NIRAPARIB).items() if k != "id"})),
    # What is known of the patient.
    Scenario("niraparib-asks", niraparib(draft(NIRAPARIB), labs=niraparib_labs()[:1])),
    Scenario(
        "niraparib-conflict",
        niraparib(
            draft(NIRAPARIB),
            labs=[*niraparib_labs(), measured("777-3", 120, "10*3/uL", id="other")],
        ),
    ),
    Scenario(
        "niraparib-bilirubin",
        niraparib(
            draft(NIRAPARIB), labs=[*niraparib_labs(), measured(BILIRUBIN, 1.8, "mg/dL", **_BILIRUBIN_LIMIT)]
        ),
    ),
    Scenario(
        "niraparib-bilirubin-unusable",
        niraparib(draft(NIRAPARIB), labs=[*niraparib_labs(), measured(BILIRUBIN, 9, "mg/dL")]),
    ),
    Scenario("niraparib-child", niraparib(draft(NIRAPARIB), person=patient(birthDate="2010-05-05"))),
    Scenario("niraparib-birth-date-unknown", niraparib(draft(NIRAPARIB), person=patient(birthDate=None))),
    Scenario("niraparib-birth-year-straddles", niraparib(draft(NIRAPARIB), person=patient(birthDate="2008"))),
    Scenario("niraparib-deceased", niraparib(draft(NIRAPARIB), person=patient(deceasedBoolean=True))),
    # Clopidogrel.
    Scenario("clopidogrel-indication-unknown", clopidogrel()),
    Scenario("clopidogrel-stroke-unknown", clopidogrel(condition(ACS))),
    Scenario("clopidogrel-stroke-refuted", clopidogrel(condition(STROKE, "refuted"), order=_WHOLE)),
    Scenario("clopidogrel-stroke-on-file", clopidogrel(condition(STROKE), order=_WHOLE)),
    Scenario("clopidogrel-stable-disease", clopidogrel(condition(OTHER_CARDIOVASCULAR))),
    Scenario("clopidogrel-neurovascular", clopidogrel(condition(STROKE))),
    Scenario(
        "clopidogrel-conflict",
        clopidogrel(
            condition(ACS), pgx=[genotype("CYP2C19", "*2/*2"), phenotype("CYP2C19", "Normal metabolizer")]
        ),
    ),
    Scenario("clopidogrel-ambiguous", clopidogrel(pgx=[genotype("CYP2C19", "*1/*2 or *1/*9")])),
    Scenario(
        "clopidogrel-patient-view",
        patient_view(prefetch(pgx=[genotype("CYP2C19", "*2/*2")], medications=[_TAKEN])),
    ),
    # Mercaptopurine.
    Scenario("mercaptopurine-tpmt-only-normal", mercaptopurine(genotype("TPMT", "*1/*1"))),
    Scenario("mercaptopurine-tpmt-only-intermediate", mercaptopurine(genotype("TPMT", "*1/*2"))),
    Scenario("mercaptopurine-tpmt-only-poor", mercaptopurine(genotype("TPMT", "*2/*2"))),
    Scenario("mercaptopurine-no-gene", mercaptopurine()),
    Scenario(
        "mercaptopurine-has-the-dose",
        mercaptopurine(
            genotype("TPMT", "*2/*2"),
            conditions=(condition(LEUKAEMIA),),
            order=draft(MERCAPTOPURINE, **dosage(10, "mg/m2", frequency=3, periodUnit="wk")),
        ),
    ),
    # The state of the rule.
    Scenario("draft-rule", niraparib(draft(NIRAPARIB)), draft_rules=True),
    Scenario(
        "review-overdue", niraparib(draft(NIRAPARIB)), at=datetime.fromisoformat("2026-11-20T12:00:00Z")
    ),
]
