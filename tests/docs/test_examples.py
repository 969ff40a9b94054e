"""The examples of the documents are what the software does today."""

from __future__ import annotations

import json
import re
from datetime import datetime
from importlib import resources
from pathlib import Path
from uuid import uuid4

import pytest

import dsl
from cds.cards import as_screen
from cds.cli.demo import AS_OF
from cds.hooks.service import HookService
from cds.log import DecisionLog
from cds.settings import Settings
from kb import BUNDLED, load, load_tables

ROOT = Path(__file__).resolve().parents[2]
_RULES = re.findall(r"^```rule\n(.*?)^```", (ROOT / "docs/language.md").read_text("utf-8"), re.M | re.S)


@pytest.mark.parametrize("source", _RULES, ids=lambda source: " ".join(source.split()[:2]))
def test_rules_of_the_language_reference_check_and_pass(source: str) -> None:
    parsed = dsl.parse_text(source, "docs/language.md")
    assert isinstance(parsed, dsl.RuleFile), parsed
    checked = dsl.check([parsed], load_tables(BUNDLED).names)
    assert checked.diagnostics == ()
    for rule in checked.rules:
        runs = dsl.run_tests(rule)
        assert [run.failures for run in runs if not run.passed] == []
        assert dsl.untested_lines(rule, runs) == ()


def test_the_readme_shows_the_card_that_the_demonstration_prints(tmp_path: Path) -> None:
    log = DecisionLog.open(f"sqlite:///{tmp_path / 'log.db'}")
    service = HookService(load(), log, software="test")
    example = resources.files("cds.cli").joinpath("examples", "1-niraparib-light.json").read_text("utf-8")
    body = json.dumps(json.loads(example)["request"]).encode()
    answer = service.answer("medication-safety", body, str(uuid4()), datetime.fromisoformat(AS_OF))
    log.close()
    (card,) = json.loads(answer.body)["cards"]
    assert as_screen(card) in (ROOT / "README.md").read_text("utf-8")


def test_every_setting_is_documented() -> None:
    document = (ROOT / "docs/service.md").read_text("utf-8")
    assert [name for name in Settings.model_fields if f"`{name}`" not in document] == []
