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
from cds.guard import reasons_to_withhold
from cds.hooks import Answer
from cds.hooks.service import HookService
from cds.log import DecisionLog
from cds.settings import Settings
from kb import BUNDLED, load, load_tables, read_rules

ROOT = Path(__file__).resolve().parents[2]
_LANGUAGE = (ROOT / "docs/language.md").read_text("utf-8")
_RULES = re.findall(r"^```rule\n(.*?)^```", _LANGUAGE, re.M | re.S)
_PARTS = re.findall(r"^```rule-part\n(.*?)^```", _LANGUAGE, re.M | re.S)
_AROUND = """use pgx.phenotypes version {version}
rule example.part version 1.0.0 {{
  title "A part" status draft effective from 2026-01-01 review by 2029-01-01
  concerns drug niraparib population any because "an example"
  evidence {{ cites label:zejula }}
  input age: Quantity[years] from patient age required
  input weight: Quantity[kg] from observation body_weight within 90 days required
  {part}
  {decision}
}}"""


@pytest.mark.parametrize("source", _RULES, ids=lambda source: " ".join(source.split()[:2]))
def test_rules_of_the_language_reference_check_and_pass(source: str) -> None:
    parsed = dsl.parse_text(source, "docs/language.md")
    assert isinstance(parsed, dsl.RuleFile), parsed
    checked = dsl.check([parsed], load_tables(BUNDLED).names)
    assert checked.diagnostics == ()
    for rule in checked.rules:
        runs = dsl.run_tests(rule, reasons_to_withhold)
        assert [run.failures for run in runs if not run.passed] == []
        assert dsl.untested_lines(rule, runs) == ()


@pytest.mark.parametrize("part", _PARTS, ids=lambda part: " ".join(part.split()[:2]))
def test_parts_of_rules_in_the_language_reference_check(part: str) -> None:
    """What is shown without its rule is right within one; only tests may be lacking."""
    phenotypes = read_rules(BUNDLED / "vocabulary" / "phenotypes.rule", BUNDLED)
    assert isinstance(phenotypes, dsl.RuleFile) and phenotypes.vocabulary is not None
    decides = re.search(r"^(decide|table) ", part, re.M)
    decision = "" if decides else "decide d first { when weight < 70 kg => none unknown => ask weight }"
    text = _AROUND.format(version=phenotypes.vocabulary.version, part=part, decision=decision)
    parsed = dsl.parse_text(text, "docs/language.md")
    assert isinstance(parsed, dsl.RuleFile), parsed
    found = dsl.check([parsed], load_tables(BUNDLED).names, [phenotypes]).diagnostics
    assert [one for one in found if one.code != "BR013"] == []


def test_every_example_of_the_language_reference_is_read() -> None:
    """A block in another dress would be shown and never tried."""
    fences = re.findall(r"^ *```(\S+)$", _LANGUAGE, re.M)
    assert set(fences) == {"rule", "rule-part", "toml"}
    assert len(_RULES) + len(_PARTS) + fences.count("toml") == len(fences)


def test_the_readme_shows_the_card_that_the_demonstration_prints(tmp_path: Path) -> None:
    log = DecisionLog.open(f"sqlite:///{tmp_path / 'log.db'}")
    service = HookService(load(), log, software="test")
    example = resources.files("cds.cli").joinpath("examples", "1-niraparib-light.json").read_text("utf-8")
    body = json.dumps(json.loads(example)["request"]).encode()
    answer = service.answer("medication-safety", body, str(uuid4()), datetime.fromisoformat(AS_OF))
    assert isinstance(answer, Answer)
    log.close()
    (card,) = json.loads(answer.body)["cards"]
    assert as_screen(card) in (ROOT / "README.md").read_text("utf-8")


def test_every_setting_is_documented() -> None:
    document = (ROOT / "docs/service.md").read_text("utf-8")
    assert [name for name in Settings.model_fields if f"`{name}`" not in document] == []
