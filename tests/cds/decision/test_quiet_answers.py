"""Quiet outcomes: an answer on record, and never a card, whatever the hook and whatever else speaks."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from cds.hooks import Answer
from cds.hooks.service import HookService
from kb import load
from tests.cds.cards.support import (
    AS_OF,
    DECISION,
    WEIGHT,
    Json,
    answer,
    draft,
    hook_service,
    measured,
    order_sign,
    patient,
    patient_view,
    prefetch,
)
from tests.cds.cli.support import bespoke, folder_without_imports

PRASUGREL = ("613391", "prasugrel")
RULE = """rule example.advice version 1.0.0 {
  title "An example" status active effective from 2026-01-01 review by 2028-01-01
  concerns drug prasugrel
  population any because "an example"
  evidence { cites label:zejula grade label strength recommended reviewed 2026-11-01 by "tests" }
  input weight: Quantity[kg] from observation body_weight within 90 days required when missing info
  input age: Quantity[years] from patient age optional when missing info
  decide advice first {
    when weight < 60 kg => lower
    when weight < 80 kg => standard
    when weight < 90 kg => standard and ask age
    otherwise           => none because "no source says anything"
    unknown             => ask weight
  }
  outcome lower    { action reduce_start indicator warning advise "Start lower" }
  outcome standard { action standard strength strong }
  test "light"      { given weight = 59 kg expect advice = lower }
  test "usual"      { given weight = 60 kg expect advice = standard }
  test "heavy"      { given weight = 80 kg expect advice = standard and ask age }
  test "very heavy" { given weight = 90 kg expect advice = none }
}
"""
EXCEPTION = RULE.replace("example.advice", "example.exception").replace(
    "concerns drug prasugrel", 'concerns drug prasugrel overrides example.advice because "x"'
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rules = folder_without_imports(tmp_path / "kb")
    (rules / "rules/example.rule").write_text(RULE, "utf-8")
    return rules


def service(folder: Path) -> HookService:
    return hook_service(folder.parent, load(folder))


def weighing(kilos: int, **members: object) -> Json:
    return measured(WEIGHT, kilos, "kg", **members)


def taken() -> Json:
    return draft(PRASUGREL, status="active")


@pytest.mark.parametrize("hook", ["order-sign", "patient-view"])
@pytest.mark.parametrize(("kilos", "spoken"), [(59, ["Start lower"]), (60, []), (90, [])])
def test_no_card_on_any_hook(folder: Path, hook: str, kilos: int, spoken: list[str]) -> None:
    data = prefetch(labs=[weighing(kilos)], medications=[taken()])
    call = patient_view(data) if hook == "patient-view" else order_sign([draft(PRASUGREL)], data)
    status, reply = answer(service(folder), call)
    assert status == 200
    assert [card["summary"] for card in reply["cards"]] == spoken


@pytest.mark.parametrize(("kilos", "fired"), [(59, ("example.advice",)), (60, ())])
def test_it_is_on_record_and_not_counted_as_advice(folder: Path, kilos: int, fired: tuple[str, ...]) -> None:
    call = order_sign([draft(PRASUGREL)], prefetch(labs=[weighing(kilos)]))
    reply = service(folder).answer("medication-safety", json.dumps(call).encode(), DECISION, AS_OF)
    assert isinstance(reply, Answer) and reply.fired == fired
    shown = bespoke("audit", "show", DECISION, "--db", f"sqlite:///{folder.parent / 'log.db'}")
    assert re.search(rf"result: +{'lower' if fired else 'standard'}\n", shown.out)


def test_what_it_asks_for_is_asked(folder: Path) -> None:
    """As with `none and ask`: the question is a card, the answer is none."""
    person = patient(birthDate=None)
    call = order_sign([draft(PRASUGREL)], prefetch(labs=[weighing(80)], person=person))
    _, reply = answer(service(folder), call)
    assert [(card["summary"], card["indicator"]) for card in reply["cards"]] == [
        ("Prasugrel: not decided, age missing", "info")
    ]


def test_a_quiet_exception_silences_nobody(folder: Path) -> None:
    quiet = EXCEPTION.replace("when weight < 60 kg => lower", "when weight < 60 kg => standard")
    quiet = quiet.replace("expect advice = lower", "expect advice = standard")
    (folder / "rules/exception.rule").write_text(quiet, "utf-8")
    call = order_sign([draft(PRASUGREL)], prefetch(labs=[weighing(59)]))
    _, reply = answer(service(folder), call)
    assert [card["summary"] for card in reply["cards"]] == ["Start lower"]


def test_a_preliminary_result_that_would_leave_no_advice(folder: Path) -> None:
    """H-010: there is no text of a quiet outcome to be quoted."""
    labs = [
        weighing(59, id="old", effectiveDateTime="2026-11-10T09:00:00Z"),
        weighing(70, status="preliminary"),
    ]
    _, reply = answer(service(folder), order_sign([draft(PRASUGREL)], prefetch(labs=labs)))
    (card,) = reply["cards"]
    assert "with body weight 70 kg (2026-11-18), there would be no advice." in card["detail"]


def bundle(tmp_path: Path) -> Path:
    resources = [patient(), draft(PRASUGREL), weighing(60)]
    path = tmp_path / "chart.json"
    entries = [{"resource": resource} for resource in resources]
    path.write_text(json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}), "utf-8")
    return path


def test_the_command_line_shows_it_in_trace_and_record_alone(folder: Path, tmp_path: Path) -> None:
    options = ("--kb", folder, "--as-of", "2026-11-20")
    cards, record, screen = (
        bespoke("evaluate", bundle(tmp_path), *options, "--format", format).out
        for format in ("cards", "json", "text")
    )
    assert json.loads(cards) == {"cards": []}
    (evaluation,) = json.loads(record)["evaluations"]
    assert (evaluation["state"], evaluation["result"]) == ("advice", "standard")
    assert "No card." in screen and "example.advice 1.0.0: standard" in screen
    assert bespoke("test", folder / "rules/example.rule", "--kb", folder).out.endswith("4 passed, 0 failed\n")
