"""Several rules about one order: exceptions, shadow rules, replaced versions; and one meaning everywhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cds.cli import calc, evaluate
from dsl import run_tests
from kb import KnowledgeBase, load
from tests.cds.cards.support import (
    NIRAPARIB,
    answer,
    decided,
    draft,
    hook_service,
    niraparib_labs,
    order_sign,
    patient,
    prefetch,
)
from tests.cds.cli.support import folder_without_imports

START = "rules/niraparib/start_dose.rule"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return folder_without_imports(tmp_path / "kb")


def with_another(folder: Path, **changes: str) -> KnowledgeBase:
    """The knowledge base with a second niraparib rule made of the first."""
    text = (folder / START).read_text("utf-8")
    for old, new in changes.items():
        assert CHANGES[old] in text, old
        text = text.replace(CHANGES[old], new)
    (folder / "rules/niraparib/other.rule").write_text(text, "utf-8")
    return load(folder)


CHANGES = {
    "name": "rule niraparib.start_dose version 1.0.0",
    "status": "status     active",
    "drug": "  concerns   drug niraparib\n",
    "limit": "weight < 77 kg",
    "population": 'population "adults" when age >= 18 years',
}
CALL = order_sign([draft(NIRAPARIB)], prefetch(labs=niraparib_labs(78)))
"""78 kg: 300 mg by the rule, 200 mg by one whose limit is 80 kg."""

TESTS_OF_77 = 'test "both limits belong to the higher dose"'


def summaries(folder: Path, knowledge: KnowledgeBase) -> list[str]:
    _, body = answer(hook_service(folder, knowledge), CALL)
    return [card["summary"] for card in body["cards"]]


def without_tests_of_the_limit(folder: Path) -> None:
    """Takes the tests at 77 kg out of the rule, so that its copy may have another limit."""
    path = folder / START
    text = path.read_text("utf-8")
    start = text.index(f"  {TESTS_OF_77}")
    path.write_text(text[:start] + text[text.index('  test "no rounding', start) :], "utf-8")


def test_an_exception_takes_the_place_of_its_base(folder: Path) -> None:
    """H-044: which of two rules speaks is declared."""
    without_tests_of_the_limit(folder)
    overrides = '  concerns   drug niraparib\n  overrides  niraparib.start_dose because "a site of ours"\n'
    knowledge = with_another(
        folder, name="rule niraparib.site version 1.0.0", drug=overrides, limit="weight < 80 kg"
    )
    assert [text[:40] for text in summaries(folder, knowledge)] == [
        "Niraparib: advised dose 200 mg once dail"
    ]
    decision = decided(CALL, knowledge=knowledge)
    assert [(each.rule.name, by) for each, by in decision.silenced] == [
        ("niraparib.start_dose", "niraparib.site")
    ]


def test_an_exception_for_others_leaves_the_base_alone(folder: Path) -> None:
    without_tests_of_the_limit(folder)
    overrides = '  concerns   drug niraparib\n  overrides  niraparib.start_dose because "a site of ours"\n'
    knowledge = with_another(
        folder,
        name="rule niraparib.site version 1.0.0",
        drug=overrides,
        status="status     active",
    )
    old = order_sign([draft(NIRAPARIB)], prefetch(labs=niraparib_labs(78, None)))
    decision = decided(old, knowledge=knowledge)
    assert decision.silenced == ()
    assert len(decision.evaluations) == 2


def test_a_shadow_rule_is_logged_and_never_shown(folder: Path) -> None:
    """It neither speaks nor silences, nor asks for data aloud; the record has what it would have said."""
    without_tests_of_the_limit(folder)
    overrides = '  concerns   drug niraparib\n  overrides  niraparib.start_dose because "a trial"\n'
    knowledge = with_another(
        folder,
        name="rule niraparib.trial version 1.0.0",
        drug=overrides,
        status="status     shadow",
        limit="weight < 80 kg",
    )
    alone = load()
    (summary,) = summaries(folder, knowledge)
    assert summary.startswith("Niraparib: advised dose 300 mg once daily")
    decision = decided(CALL, knowledge=knowledge)
    assert [str(each.finding.result) for each in decision.shadow if each.finding] == [
        "give 200 mg once daily"
    ]
    assert [each.rule.name for each in decision.evaluations] == ["niraparib.start_dose"]
    assert decision.silenced == ()
    refused = order_sign([draft(NIRAPARIB)], {"patient": patient()})
    assert (
        answer(hook_service(folder, knowledge), refused)[0] == answer(hook_service(folder, alone), refused)[0]
    )


def test_a_newer_shadow_version_leaves_the_active_one_in_force(folder: Path) -> None:
    without_tests_of_the_limit(folder)
    knowledge = with_another(
        folder,
        name="rule niraparib.start_dose version 2.0.0",
        status="status     shadow",
        limit="weight < 80 kg",
    )
    decision = decided(CALL, knowledge=knowledge)
    assert [each.rule.version for each in decision.evaluations] == ["1.0.0"]
    assert [each.rule.version for each in decision.shadow] == ["2.0.0"]


def test_a_rule_that_replaces_another_name_silences_it_for_good(folder: Path) -> None:
    replaces = "  concerns   drug niraparib\n  replaces   niraparib.start_dose version 1.0.0\n"
    knowledge = with_another(folder, name="rule niraparib.first_dose version 1.0.0", drug=replaces)
    assert [each.rule.name for each in decided(CALL, knowledge=knowledge).evaluations] == [
        "niraparib.first_dose"
    ]


def test_one_edit_changes_hook_test_calculation_and_evaluation_alike(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """77 kg becomes 80 kg in a copy of the knowledge base: a rule has one meaning."""
    chart = tmp_path / "chart.json"
    resources = [patient(), *niraparib_labs(78), draft(NIRAPARIB)]
    entries = [{"resource": resource} for resource in resources]
    chart.write_text(json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}), "utf-8")
    batch = tmp_path / "batch.jsonl"
    given = {"asOf": "2026-11-20T12:00:00Z", "patient": patient(), "observations": niraparib_labs(78)}
    batch.write_text(json.dumps({"id": "1", "op": "rule.niraparib", "given": given}), "utf-8")

    def answers(kb: Path) -> list[str]:
        knowledge = load(kb)
        rule = next(each for each in knowledge.rules if each.name == "niraparib.start_dose")
        assert evaluate.run(chart, None, "2026-11-20T12:00:00Z", "cards", kb, fire_draft=False) == 0
        shown = json.loads(capsys.readouterr().out)["cards"][0]["summary"]
        assert calc.run_file(batch, kb) == 0
        calculated = json.loads(capsys.readouterr().out)["result"]["dose_mg"]
        tested = [run for run in run_tests(rule) if "78 kg" in run.test.title.text]
        return [
            summaries(tmp_path, knowledge)[0][24:34], shown[24:34], f"{calculated} mg",
            f"{len(tested)} test of 78 kg passes: {tested[0].passed}",
        ]  # fmt: skip

    path = folder / START
    without_tests_of_the_limit(folder)
    expected = "expect start_dose = give 300 mg once daily"
    test = f"""  test "78 kg" {{
    given  age = 63 years, weight = 78 kg, platelets = 240 10*3/uL
    {expected}
  }}
"""
    marker = '  test "no rounding'
    text = path.read_text("utf-8").replace(marker, test + marker)
    path.write_text(text, "utf-8")
    assert answers(folder) == ["300 mg onc", "300 mg onc", "300 mg", "1 test of 78 kg passes: True"]
    changed = test.replace("300", "200")
    path.write_text(text.replace(test, changed).replace("weight < 77 kg", "weight < 80 kg"), "utf-8")
    assert answers(folder) == ["200 mg onc", "200 mg onc", "200 mg", "1 test of 78 kg passes: True"]


def test_a_calculation_that_fails_is_said(folder: Path) -> None:
    """A silent failure is worst: all data are there, so nothing could be asked for and no card would come."""
    path = folder / START
    without_tests_of_the_limit(folder)
    text = path.read_text("utf-8")
    lets = "  let spread = weight / (weight - 78 kg)\n\n  decide start_dose first {\n"
    text = text.replace("  decide start_dose first {\n", lets).replace(
        "when weight < 77 kg or platelets", "when spread < 0 or weight < 77 kg or platelets"
    )
    path.write_text(text, "utf-8")
    assert summaries(folder, load(folder)) == [
        "Not evaluated: Niraparib: starting dose by body weight and platelet count, "
        "not calculated: division by zero"
    ]
