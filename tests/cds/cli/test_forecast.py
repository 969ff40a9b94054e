"""`bespoke kb forecast`: cards per 1,000 orders, from charts and from the log (C6, C8)."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from kb import KnowledgeBase, load
from tests.cds.cards.support import (
    AS_OF,
    CLOPIDOGREL,
    NIRAPARIB,
    Json,
    answer,
    condition,
    dosage,
    draft,
    genotype,
    hook_service,
    listing,
    niraparib_labs,
    order_sign,
    patient,
    prefetch,
)
from tests.cds.cli.support import Ran, bespoke, folder_without_imports

START_DOSE = "rules/niraparib/start_dose.rule"
AT = ("--as-of", "2026-11-20")
NAME = "niraparib.start_dose"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return folder_without_imports(tmp_path / "kb")


@pytest.fixture
def charts(tmp_path: Path) -> Path:
    """Six orders of four patients, and one patient who has died.

    Of four niraparib orders one gets 200 mg, one has it, one lacks its platelets and one is a child's; the
    clopidogrel is taken by a poor metabolizer; nobody knows the last drug.
    """
    root = tmp_path / "charts"
    chart(root / "light", *niraparib_labs(60), draft(NIRAPARIB))
    chart(root / "has it", *niraparib_labs(60), draft(NIRAPARIB, **dosage(200)))
    chart(root / "ward/no platelets", niraparib_labs(90)[0], draft(NIRAPARIB))
    chart(
        root / "ward/child",
        draft(NIRAPARIB),
        draft(("1", "nothing"), "d2"),
        person=patient(birthDate="2015-01-01"),
    )
    chart(root / "taken", genotype("CYP2C19", "*2/*2"), draft(CLOPIDOGREL, status="active"))
    chart(root / "dead", *niraparib_labs(60), draft(NIRAPARIB), person=patient(deceasedBoolean=True))
    return root


def chart(path: Path, *resources: Json, person: Json | None = None) -> None:
    bundle = listing(patient() if person is None else person, *resources) | {"type": "collection"}
    del bundle["total"]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_suffix(".json").write_text(json.dumps(bundle), "utf-8")


def forecast(*arguments: object) -> Ran:
    return bespoke("kb", "forecast", *arguments)


def counted(*arguments: object) -> Json:
    ran = forecast(*arguments, "--json")
    assert ran.code == 0, ran.err
    found: Json = json.loads(ran.out)
    return found


def tallies(found: Json, base: int = 0) -> dict[str, Json]:
    return {each["rule"]: each for each in found["knowledge_bases"][base]["rules"]}


def test_states_and_cards(charts: Path) -> None:
    found = counted(charts, *AT)
    assert found["charts"] == {"read": 6, "deceased": 1, "unreadable": []}
    (base,) = found["knowledge_bases"]
    assert (base["orders"], base["unidentified"], base["remarks"]) == (6, 1, 0)
    niraparib = tallies(found)[NAME]
    assert niraparib["asked"] == 4
    assert {state: count for state, count in niraparib["states"].items() if count} == {
        "advice": 2, "ask": 1, "outside": 1
    }  # fmt: skip
    # The draft that has the advised dose gets no card.
    assert niraparib["cards"] == {"critical": 0, "warning": 0, "info": 2}
    assert niraparib["cards_per_1000_orders"] == round(1000 * 2 / 6, 1)
    assert tallies(found)["clopidogrel.cyp2c19"]["cards"] == {"critical": 0, "warning": 1, "info": 0}
    assert tallies(found)["mercaptopurine.tpmt_nudt15"]["asked"] == 0


def test_the_cards_are_those_of_evaluate(charts: Path) -> None:
    """One path for both: what `evaluate` shows is what is counted."""
    shown = 0
    for path in charts.rglob("*.json"):
        shown += len(json.loads(bespoke("evaluate", path, *AT, "--format", "cards").out)["cards"])
    found = tallies(counted(charts, *AT)).values()
    assert sum(count for each in found for count in each["cards"].values()) == shown == 3


def test_text(charts: Path) -> None:
    ran = forecast(charts, *AT)
    assert (ran.code, ran.err) == (0, "")
    assert "6 charts read" in ran.out and "left out: 1 whose patients have died" in ran.out
    assert "6 orders, 1 of them of drugs that this knowledge base does not know" in ran.out
    (line,) = [line for line in ran.out.splitlines() if line.startswith(NAME)]
    assert line.split() == [
        NAME,
        "1.0.0",
        "active",
        "333.3",
        "0",
        "0",
        "2",
        "4",
        "2",
        "0",
        "1",
        "1",
        "0",
        "0",
    ]


def test_as_of_is_the_clock(charts: Path) -> None:
    """Three months later the weights are too old, so two more orders are asked about."""
    states = tallies(counted(charts, "--as-of", "2027-03-01"))[NAME]["states"]
    assert (states["advice"], states["ask"]) == (0, 3)


def test_a_chart_that_cannot_be_read_is_named(charts: Path) -> None:
    (charts / "broken.json").write_text("{", "utf-8")
    (charts / "ward/list.json").write_text("[]", "utf-8")
    (charts / "gone.json").symlink_to(charts / "nowhere")
    (charts / "notes.txt").write_text("no chart", "utf-8")
    ran = forecast(charts, *AT)
    assert ran.code == 1 and ran.err == ""
    for name in (
        "broken.json",
        "ward/list.json: expected a FHIR Bundle",
        "gone.json: cannot be read (No such file",
    ):
        assert f"not read: {name}" in ran.out
    assert "notes" not in ran.out and "6 orders" in ran.out
    plain = json.loads(forecast(charts, *AT, "--json").out)
    assert len(plain["charts"]["unreadable"]) == 3 and plain["charts"]["read"] == 6


def exported(charts: Path, folder: Path) -> Path:
    """The same charts as a Bulk Data export; the patient of each is named after the place of its file."""
    lists: dict[str, list[str]] = {"Condition": []}
    for number, path in enumerate(sorted(charts.rglob("*.json"))):
        for entry in json.loads(path.read_text("utf-8"))["entry"]:
            resource = entry["resource"]
            if resource["resourceType"] == "Patient":
                resource["id"] = f"p{number}"
            else:
                resource["subject"] = {"reference": f"Patient/p{number}"}
            lists.setdefault(resource["resourceType"], []).append(json.dumps(resource))
    folder.mkdir()
    for name, lines in lists.items():
        (folder / f"{name}.ndjson").write_text("\n".join(lines), "utf-8")
    (folder / "manifest.json").write_text("{}", "utf-8")
    return folder


def test_an_export_is_counted_as_its_charts_are(charts: Path, tmp_path: Path) -> None:
    """One path for both: the same patients as NDJSON come to the same cards."""
    export = exported(charts, tmp_path / "export")
    assert counted(export, *AT) == counted(charts, *AT)


def test_a_broken_line_of_an_export_is_named(charts: Path, tmp_path: Path) -> None:
    export = exported(charts, tmp_path / "export")
    modified = {"resourceType": "Condition", "subject": {"reference": "Patient/x"}, "modifierExtension": []}
    (export / "rest.ndjson").write_text("{\n\n" + json.dumps(modified), "utf-8")
    ran = forecast(export, *AT)
    assert ran.code == 1 and ran.err == ""
    assert "not read: rest.ndjson:1: The line was refused" in ran.out
    assert "not read: rest.ndjson:2: The line is blank." in ran.out
    assert "7 charts read" in ran.out and "6 orders" in ran.out


def test_a_file_name_that_is_no_text(charts: Path) -> None:
    (charts / os.fsdecode(b"b\xff\n.json")).write_text("{", "utf-8")
    assert "  not read: b\\udcff\\n.json: " in forecast(charts, *AT).out


def test_one_rule(charts: Path) -> None:
    assert set(tallies(counted(charts, *AT, "--rule", NAME))) == {NAME}
    forecast(charts, *AT, "--rule", "niraparib.start").refused(
        "no rule `niraparib.start`", f"did you mean `{NAME}`?"
    )
    forecast(charts, "--as-of", "2001-01-01", "--rule", NAME).refused("is in force on 2001-01-01", "--draft")


def edit(path: Path, *edits: tuple[str, str]) -> None:
    text = path.read_text("utf-8")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, "utf-8")


def test_drafts_count_only_when_asked_for(charts: Path, folder: Path) -> None:
    edit(folder / START_DOSE, ("status     active", "status     draft"))
    assert NAME not in tallies(counted(charts, *AT, "--kb", folder))
    assert tallies(counted(charts, *AT, "--kb", folder, "--draft"))[NAME]["cards"]["info"] == 2


def test_a_shadow_rule_is_counted_as_if_it_were_shown(charts: Path, folder: Path) -> None:
    edit(folder / START_DOSE, ("status     active", "status     shadow"))
    rule = tallies(counted(charts, *AT, "--kb", folder))[NAME]
    assert (rule["status"], rule["asked"], rule["cards"]["info"]) == ("shadow", 4, 2)


def test_a_changed_rule_beside_the_old_one(charts: Path, folder: Path) -> None:
    edit(
        folder / START_DOSE,
        ("weight < 77 kg or", "weight < 50 kg or"),
        ("weight = 60 kg", "weight = 45 kg"),
        ("weight = 76.999 kg", "weight = 49.999 kg"),
    )
    old = folder_without_imports(folder.parent / "old")
    ran = forecast(charts, *AT, "--kb", folder, "--against", old)
    # 60 kg is no longer light: with enough platelets 300 mg are advised, more than the 200 mg ordered.
    assert f"  {NAME}: 333.3 → 500.0\n" in ran.out and "  clopidogrel.cyp2c19: 166.7 → 166.7\n" in ran.out
    found = counted(charts, *AT, "--kb", folder, "--against", old)
    assert [tallies(found, base)[NAME]["cards"]["warning"] for base in (0, 1)] == [1, 0]


EXCEPTION = """
rule niraparib.exception version 1.0.0 {
  title "An exception" status draft effective from 2020-01-01 review by 2030-01-01 concerns drug niraparib
  overrides niraparib.start_dose because "a test"
  population any because "a test"
  evidence { cites label:zejula }
  input stroke: Boolean from condition stroke_or_tia required when missing silent
  decide start_dose first {
    when stroke => give 100 mg once daily
    otherwise   => none because "the general rule speaks"
    unknown     => none because "the general rule speaks"
  }
  test "stroke" { given stroke = true expect start_dose = give 100 mg once daily }
  test "none" { given stroke = false expect start_dose = none }
}
"""


def test_an_exception_silences(charts: Path, folder: Path) -> None:
    (folder / "rules/niraparib/exception.rule").write_text(EXCEPTION, "utf-8")
    chart(charts / "stroke", *niraparib_labs(60), condition("422504002"), draft(NIRAPARIB))
    found = tallies(counted(charts, *AT, "--kb", folder, "--draft"))
    assert found[NAME]["states"]["silenced"] == 1 and found[NAME]["cards"]["info"] == 2
    assert found["niraparib.exception"]["cards"]["info"] == 1


def test_what_could_not_be_evaluated_is_a_card_of_no_rule(charts: Path) -> None:
    order = draft(NIRAPARIB)
    del order["medicationCodeableConcept"]
    chart(charts / "unclear", order | {"medicationReference": {"reference": "Medication/elsewhere"}})
    assert counted(charts, *AT)["knowledge_bases"][0]["remarks"] == 1
    assert "1 more cards only say what could not be evaluated" in forecast(charts, *AT).out


def test_without_orders_there_is_no_rate(tmp_path: Path) -> None:
    chart(tmp_path / "charts/empty")
    rule = tallies(counted(tmp_path / "charts", *AT))[NAME]
    assert rule["cards_per_1000_orders"] is None
    assert forecast(tmp_path / "charts", *AT).code == 0


def test_patients_of_synthea() -> None:
    folder = Path(os.environ.get("BESPOKE_REFERENCE", "no such folder")) / "fhir-samples" / "synthea-smart"
    if not folder.is_dir():
        pytest.skip("BESPOKE_REFERENCE names no folder with fhir-samples/synthea-smart: NOT TESTED")
    ran = forecast(folder, *AT, "--json")
    found = json.loads(ran.out)
    names = [each["file"] for each in found["charts"]["unreadable"]]
    assert ran.code == 1 and found["charts"]["read"] == 22 and len(names) == 2
    assert all("Information" in name for name in names)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "either a folder of charts, or --db"),
        (("charts", "--db", "sqlite:///log.db"), "either a folder of charts, or --db"),
        (("--db", "sqlite:///log.db", "--draft"), "leave out"),
        (("--db", "sqlite:///nowhere.db"), "there is no log at nowhere.db"),
        (("nowhere",), "nowhere: no such folder"),
        (("kb",), "kb: no chart (*.json, *.ndjson) in it"),
        (("charts", "--as-of", "soon"), "--as-of"),
        (("charts", "--kb", "nowhere"), "nowhere: no such folder"),
        (("charts", "--against", "nowhere"), "nowhere: no such folder"),
    ],
)
def test_unusable_calls(
    arguments: tuple[str, ...], says: str, charts: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(charts.parent)
    forecast(*arguments).refused(says)


# ---------------------------------------------------------------- from the log
def shadow(folder: Path) -> KnowledgeBase:
    edit(folder / START_DOSE, ("status     active", "status     shadow"))
    return load(folder)


def logged(tmp_path: Path, knowledge: KnowledgeBase) -> str:
    """Five calls: two with advice, one with a question, one of somebody who has died, one that is refused."""
    service = hook_service(tmp_path, knowledge)
    person = patient(deceasedBoolean=True)
    for data in (
        prefetch(labs=niraparib_labs(60)),
        prefetch(labs=niraparib_labs(90)),
        prefetch(labs=[niraparib_labs(90)[0]]),
        prefetch(labs=niraparib_labs(60), person=person),
    ):
        assert answer(service, order_sign([draft(NIRAPARIB)], data), AS_OF)[0] == 200
    service.refuse("medication-safety", "refused", AS_OF, 400, "invalid")
    return f"sqlite:///{tmp_path / 'log.db'}"


def test_shadow_rules_from_the_log(tmp_path: Path, folder: Path) -> None:
    url = logged(tmp_path, shadow(folder))
    found = json.loads(forecast("--db", url, "--json").out)
    assert (found["calls"], found["orders"]) == (3, 3)
    (rule,) = found["rules"]
    assert (rule["rule"], rule["version"], rule["asked"]) == (NAME, "1.0.0", 3)
    assert {state: count for state, count in rule["states"].items() if count} == {"advice": 2, "ask": 1}
    assert rule["cards_per_1000_orders_at_most"] == 1000.0
    ran = forecast("--db", url)
    assert (ran.code, ran.err) == (0, "") and "3 evaluated calls with 3 orders" in ran.out
    assert f"{NAME} 1.0.0" in ran.out and "1000.0" in ran.out


def test_the_log_of_active_rules_has_nothing_to_forecast(tmp_path: Path) -> None:
    url = logged(tmp_path, load())
    ran = forecast("--db", url)
    assert ran.code == 0 and "No evaluation of a rule in status shadow is on record." in ran.out
    assert json.loads(forecast("--db", url, "--json", "--rule", NAME).out)["rules"] == []
