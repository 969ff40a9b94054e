"""The complete answer to each scenario, compared with a golden file.

After a change that is meant, write the files anew and read their difference:
`BESPOKE_RECORD=1 pytest tests/cds/cards/test_golden.py`.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import pytest

from cds.hooks.service import HookService
from dsl import Lifecycle, Rule
from kb import KnowledgeBase
from tests.cds.cards.scenarios import SCENARIOS, Scenario
from tests.cds.cards.support import answer, bundled, hook_service

GOLDEN = Path(__file__).parent / "golden"


def changed(rule: Rule, *, draft: bool) -> Rule:
    return replace(rule, status=Lifecycle.DRAFT) if draft else replace(rule, review_by=date(2026, 11, 19))


def knowledge_for(scenario: Scenario) -> KnowledgeBase:
    if scenario.name not in ("draft-rule", "review-overdue"):
        return bundled()
    rules = tuple(changed(rule, draft=scenario.draft_rules) for rule in bundled().rules)
    return replace(bundled(), rules=rules)


@cache
def service_in(folder: Path, name: str) -> HookService:
    scenario = next(each for each in SCENARIOS if each.name == name)
    (folder / name).mkdir()
    return hook_service(folder / name, knowledge_for(scenario), fire_draft=scenario.draft_rules)


def service_for(scenario: Scenario, folder: Path) -> HookService:
    """A service for a scenario; those with the bundled rules share one log, because a log costs time."""
    special = scenario.name in ("draft-rule", "review-overdue")
    return service_in(folder, scenario.name if special else SCENARIOS[0].name)


def decision_of(scenario: Scenario) -> str:
    """A fixed decision id makes the uuids of the cards the same in each run."""
    return str(uuid5(NAMESPACE_URL, scenario.name))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("logs")


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_complete_answer(scenario: Scenario, folder: Path) -> None:
    status, body = answer(service_for(scenario, folder), scenario.call, scenario.at, decision_of(scenario))
    text = json.dumps({"status": status, "body": body}, indent=1, ensure_ascii=False) + "\n"
    file = GOLDEN / f"{scenario.name}.json"
    if os.environ.get("BESPOKE_RECORD"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, "utf-8")
    assert text == file.read_text("utf-8")


def test_each_golden_file_has_its_scenario() -> None:
    assert {file.stem for file in GOLDEN.glob("*")} == {scenario.name for scenario in SCENARIOS}


def test_a_draft_rule_is_silent_unless_asked_for(tmp_path: Path) -> None:
    (scenario,) = [each for each in SCENARIOS if each.name == "draft-rule"]
    service = hook_service(tmp_path, knowledge_for(scenario))
    assert answer(service, scenario.call) == (200, {"cards": []})
