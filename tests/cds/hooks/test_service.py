"""What the service does beside answering calls."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

from cds.hooks.service import HookService
from cds.log import DecisionLog
from dsl import Coding
from fhir_adapters import lint_template
from kb import load
from tests.cds.cards.support import (
    ACS,
    CLOPIDOGREL,
    LOINC,
    NIRAPARIB,
    answer,
    bundled,
    condition,
    draft,
    genotype,
    hook_service,
    niraparib_labs,
    order_sign,
    prefetch,
)


def test_ready_only_while_the_log_can_be_used(tmp_path: Path) -> None:
    """H-133: a service that would answer every call with 503 must not be sent any."""
    log = DecisionLog.open(f"sqlite:///{tmp_path / 'log.db'}")
    service = HookService(load(), log, software="test")
    assert service.ready()
    with sqlite3.connect(tmp_path / "log.db") as other:
        other.execute("ALTER TABLE log_entry RENAME TO gone")
    other.close()
    assert not service.ready()
    log.close()


def test_medication_safety_comes_first_for_each_order_hook(tmp_path: Path) -> None:
    """Contract C2; the keys are those of the rules' inputs, tokens are of the 2.0 kind (E1 to E3)."""
    log = DecisionLog.open(f"sqlite:///{tmp_path / 'log.db'}")
    services = HookService(load(), log, software="test").discovery()["services"]
    log.close()
    assert isinstance(services, list)
    for hook in ("order-select", "order-sign"):
        first = next(service for service in services if service["hook"] == hook)
        assert first["id"] == "medication-safety"
        assert list(first["prefetch"]) == ["patient", "pgx", "medications", "conditions", "labs"]
        assert all("{{context.patientId}}" in template for template in first["prefetch"].values())


def test_every_template_of_the_discovery_answer_is_legal(tmp_path: Path) -> None:
    """Checklist E1 to E5, E14: for every hook, drafts included."""
    log = DecisionLog.open(f"sqlite:///{tmp_path / 'log.db'}")
    for fire_draft in (False, True):
        discovery = HookService(load(), log, software="test", fire_draft=fire_draft).discovery()
        services = discovery["services"]
        assert isinstance(services, list) and len(services) == (4 if fire_draft else 3)
        templates = [template for service in services for template in service["prefetch"].values()]
        assert len(templates) > 10
        assert [(each, lint_template(each)) for each in templates if lint_template(each)] == []
    log.close()


def test_data_in_a_further_part_of_a_key_are_read(tmp_path: Path) -> None:
    """H-069, C2: with codes for two queries, a weight that only the second one asks for decides."""
    knowledge = bundled()
    weight = knowledge.observables["body_weight"]
    codes = weight.codes | {Coding(LOINC, f"{number}-0") for number in range(10_000, 10_060)}
    observables = {**knowledge.observables, "body_weight": replace(weight, codes=codes)}
    service = hook_service(tmp_path, replace(knowledge, observables=observables))
    services = service.discovery()["services"]
    assert isinstance(services, list)
    asked = services[0]["prefetch"]
    assert [name for name, query in asked.items() if "29463-7" in query] == ["labs2"]
    data = prefetch(labs=[]) | {"labs2": prefetch(labs=niraparib_labs(60))["labs"]}
    status, body = answer(service, order_sign([draft(NIRAPARIB)], data))
    assert status == 200 and "200 mg" in body["cards"][0]["summary"]
    assert answer(service, order_sign([draft(NIRAPARIB)], prefetch(labs=[])))[0] == 412


def test_a_name_in_place_of_a_code_is_on_record(tmp_path: Path) -> None:
    """H-004: the decision record counts what was read through the table of names."""
    service = hook_service(tmp_path, bundled())
    labs = niraparib_labs(60)
    labs[0]["valueQuantity"] = {"value": 132, "unit": "lbs", "code": "lbs"}
    status, body = answer(service, order_sign([draft(NIRAPARIB)], prefetch(labs=labs)), decision="d1")
    assert status == 200 and "200 mg" in body["cards"][0]["summary"]
    log = DecisionLog.open(f"sqlite:///{tmp_path / 'log.db'}")
    entry = log.get("d1")
    log.close()
    assert entry is not None
    assert entry.entry.record["findings"] == [
        {
            "code": "unit-name",
            "path": "prefetch.labs.entry[0].resource.valueQuantity",
            "text": "The unit `lbs` is no UCUM code: it is read as `[lb_av]`.",
        }
    ]


def test_at_most_so_many_cards_the_most_urgent_first(tmp_path: Path) -> None:
    """H-046: the others are counted aloud and are on record; nothing is dropped in silence."""
    drafts = [draft(NIRAPARIB, "d1"), draft(CLOPIDOGREL, "d2")]
    data = prefetch(labs=niraparib_labs(60), pgx=[genotype("CYP2C19", "*2/*2")], conditions=[condition(ACS)])
    (tmp_path / "all").mkdir()
    _, every = answer(hook_service(tmp_path / "all", bundled()), order_sign(drafts, data))
    assert [card["indicator"] for card in every["cards"]] == ["critical", "info"]
    service = hook_service(tmp_path, bundled(), max_cards=1)
    _, few = answer(service, order_sign(drafts, data), decision="d1")
    assert few["cards"][0]["summary"] == every["cards"][0]["summary"]
    assert few["cards"][1]["summary"] == "Not evaluated: 1 less urgent card, a call has 1 at most"
    log = DecisionLog.open(f"sqlite:///{tmp_path / 'log.db'}")
    entry = log.get("d1")
    log.close()
    assert entry is not None and entry.entry.record["left_out"] == [every["cards"][1]["summary"]]
