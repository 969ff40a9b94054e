"""`bespoke evaluate`: one patient's Bundle (C6, C8)."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from dsl import Fact, Finding, Rule
from tests.cds.cards.support import (
    CLOPIDOGREL,
    NIRAPARIB,
    Json,
    draft,
    genotype,
    listing,
    measured,
    niraparib_labs,
    patient,
)
from tests.cds.cli.support import Ran, bespoke, folder_without_imports

AS_OF = ("--as-of", "2026-11-20")
TAKEN = draft(CLOPIDOGREL, "taken", status="active")


def record(*resources: Json, person: Json | None = None) -> Json:
    bundle = listing(patient() if person is None else person, *resources)
    del bundle["total"]
    return bundle | {"type": "collection"}


def evaluated(tmp_path: Path, bundle: object, *options: str) -> Ran:
    path = tmp_path / "bundle.json"
    path.write_text(bundle if isinstance(bundle, str) else json.dumps(bundle), "utf-8")
    return bespoke("evaluate", path, *(options or AS_OF))


def synthea() -> Iterator[Path]:
    """Patients of Synthea with an active order of clopidogrel."""
    folder = Path(os.environ.get("BESPOKE_REFERENCE", "no such folder")) / "fhir-samples" / "synthea-smart"
    for path in sorted(folder.glob("*.json")):
        entries = json.loads(path.read_text("utf-8")).get("entry", [])
        orders = [e["resource"] for e in entries if e["resource"]["resourceType"] == "MedicationRequest"]
        if any(o["status"] == "active" and "lopidogrel" in json.dumps(o) for o in orders):
            yield path


def test_synthea_patients_who_take_clopidogrel() -> None:
    found = list(synthea())
    if not found:
        pytest.skip("BESPOKE_REFERENCE names no folder with fhir-samples/synthea-smart: NOT TESTED")
    for path in found:
        ran = bespoke("evaluate", path, *AS_OF)
        assert ran.code == 0
        assert "clopidogrel.cyp2c19 1.0.1: not decided: CYP2C19 result missing" in ran.out
        assert "    cyp2c19: missing" in ran.out and "    line " in ran.out


def test_drafts_are_judged_as_orders(tmp_path: Path) -> None:
    ran = evaluated(tmp_path, record(*niraparib_labs(60), draft(NIRAPARIB)))
    assert ran.code == 0
    assert "draft orders" in ran.out and "advised dose 200 mg once daily" in ran.out
    assert "-> Niraparib 200 mg once daily" in ran.out and "Trace for MedicationRequest/d1" in ran.out


def test_medications_are_judged_without_drafts(tmp_path: Path) -> None:
    bundle = record(TAKEN, genotype("CYP2C19", "*2/*2"))
    ran = evaluated(tmp_path, bundle)
    assert (
        "current medication" in ran.out and "Avoid clopidogrel if possible" in ran.out and "->" not in ran.out
    )
    assert "draft orders" in evaluated(tmp_path, bundle, *AS_OF, "--hook", "order-sign").out


def test_as_of_is_the_clock(tmp_path: Path) -> None:
    bundle = record(*niraparib_labs(90, 100), draft(NIRAPARIB))
    assert "200 mg" in evaluated(tmp_path, bundle, "--as-of", "2026-12-18T09:00:00Z").out
    late = evaluated(tmp_path, bundle, "--as-of", "2026-12-18T09:00:01Z").out
    assert "not decided, platelets too old" in late
    early = evaluated(tmp_path, bundle, "--as-of", "2019-01-01").out
    assert "No rule in force on 2019-01-01" in early


def test_formats(tmp_path: Path) -> None:
    bundle = record(*niraparib_labs(60), draft(NIRAPARIB))
    cards = json.loads(evaluated(tmp_path, bundle, *AS_OF, "--format", "cards").out)
    whole = json.loads(evaluated(tmp_path, bundle, *AS_OF, "--format", "json").out)
    assert whole["cards"] == cards["cards"] and len(cards["cards"]) == 1
    (evaluation,) = whole["evaluations"]
    assert evaluation["result"] == "give 200 mg once daily" and evaluation["inputs"]
    again = evaluated(tmp_path, bundle, *AS_OF, "--format", "cards").out
    assert json.loads(again) == cards


def test_deceased(tmp_path: Path) -> None:
    ran = evaluated(tmp_path, record(draft(NIRAPARIB), person=patient(deceasedBoolean=True)))
    assert "no prescribing advice" in ran.out and "No card." in ran.out


def test_a_failing_rule_is_said_in_every_format(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """H-072: an empty list of cards would read as "nothing to say"."""

    def fail(rule: Rule, facts: Mapping[str, Fact]) -> Finding:
        raise ZeroDivisionError

    monkeypatch.setattr(sys.modules["cds.decision.decide"], "evaluate", fail)
    bundle = record(*niraparib_labs(60), draft(NIRAPARIB))
    for form in ("text", "json", "cards"):
        ran = evaluated(tmp_path, bundle, *AS_OF, "--format", form)
        assert ran.code == 0 and "Not evaluated: Niraparib" in ran.out


def test_an_order_that_cannot_be_resolved_is_said(tmp_path: Path) -> None:
    order = draft(NIRAPARIB)
    del order["medicationCodeableConcept"]
    order["medicationReference"] = {"reference": "Medication/elsewhere"}
    assert "Not evaluated: an order" in evaluated(tmp_path, record(order)).out


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", ""),
        ("{", ""),
        ("[]", "expected a FHIR Bundle"),
        ('"text"', "expected a FHIR Bundle"),
        ('{"a": 1, "a": 2}', ""),
        ('{"resourceType": "Bundle", "entry": [{"n": NaN}]}', ""),
        ('{"resourceType": "Patient", "id": "p1"}', "Bundle"),
        ('{"resourceType": "Bundle"}', "exactly one Patient, found 0"),
        ("[" * 100_000, ""),
        ('{"resourceType": "Bundle", "entry": {"resource": 3}}', "exactly one Patient"),
    ],
)
def test_input_that_cannot_be_used(tmp_path: Path, content: str, says: str) -> None:
    evaluated(tmp_path, content).refused("bundle.json", says)


def test_two_patients(tmp_path: Path) -> None:
    evaluated(tmp_path, record(patient(id="p2"), draft(NIRAPARIB))).refused("exactly one Patient, found 2")


def test_an_order_of_another_patient_names_nobody(tmp_path: Path) -> None:
    order = draft(NIRAPARIB, subject={"reference": "Patient/zuckerkandl"})
    ran = evaluated(tmp_path, record(order, *niraparib_labs(60)), *AS_OF, "--hook", "order-sign")
    assert "zuckerkandl" not in ran.out + ran.err and "200 mg" not in ran.out


def test_files_and_folders_that_cannot_be_read(tmp_path: Path) -> None:
    bespoke("evaluate", tmp_path / "nowhere.json").refused("nowhere.json", "cannot be read")
    bespoke("evaluate", tmp_path).refused("cannot be read (Is a directory)")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--as-of", "yesterday"), "--as-of"),
        (("--as-of", "2026-11-20T10:00:00"), "--as-of"),
        (("--hook", "order-dispatch"), "--hook"),
        (("--kb", "/nowhere"), "no such folder"),
    ],
)
def test_options_that_cannot_be_used(tmp_path: Path, options: tuple[str, str], says: str) -> None:
    evaluated(tmp_path, record(), *options).refused(says)


def test_faulty_rules_stop_it_with_their_place(tmp_path: Path) -> None:
    folder = folder_without_imports(tmp_path / "kb")
    path = folder / "rules/niraparib/start_dose.rule"
    path.write_text(path.read_text("utf-8").replace("weight < 77 kg", "weigth < 77 kg"), "utf-8")
    ran = evaluated(tmp_path, record(), "--kb", str(folder))
    assert ran.code == 2 and ran.out == ""
    assert "start_dose.rule:" in ran.err and "^" in ran.err and "did you mean `weight`?" in ran.err


def test_draft_rules_speak_only_when_asked(tmp_path: Path) -> None:
    folder = folder_without_imports(tmp_path / "kb")
    path = folder / "rules/niraparib/start_dose.rule"
    path.write_text(path.read_text("utf-8").replace("status     active", "status     draft"), "utf-8")
    bundle = record(*niraparib_labs(60), draft(NIRAPARIB))
    hint = "niraparib.start_dose 1.0.0 is a draft and was not asked; `--fire-draft` asks it."
    unspoken = evaluated(tmp_path, bundle, *AS_OF, "--kb", str(folder)).out
    assert "No card." in unspoken and hint in unspoken
    spoken = evaluated(tmp_path, bundle, *AS_OF, "--kb", str(folder), "--fire-draft").out
    assert "is a draft and was not asked" not in spoken
    assert "Draft: Niraparib: advised dose 200 mg" in spoken and "not reviewed for clinical use" in spoken


def test_a_release_answers_as_its_folder(tmp_path: Path) -> None:
    """The same digest, card and trace, whichever form the knowledge came in."""
    folder, release = folder_without_imports(tmp_path / "kb"), tmp_path / "a.release"
    assert bespoke("kb", "build", "--kb", folder, "--output", release).code == 0
    bundle = record(*niraparib_labs(60), draft(NIRAPARIB))
    answers = [
        evaluated(tmp_path, bundle, *AS_OF, "--kb", str(path), "--format", "json").out
        for path in (folder, release)
    ]
    assert answers[0] == answers[1] and "advised dose 200 mg" in answers[0]
    release.write_bytes(release.read_bytes().replace(b"77 kg", b"80 kg", 1))
    refused = evaluated(tmp_path, bundle, *AS_OF, "--kb", str(release))
    refused.refused("a.release: the content is not what its hash says")


def test_a_name_that_no_file_system_allows(tmp_path: Path) -> None:
    bespoke("evaluate", tmp_path / "bundle.json", "--kb", "a" * 300).refused("no such folder")


def test_a_changed_cut_changes_the_answer(tmp_path: Path) -> None:
    """`--kb` is what answers, not a second implementation."""
    folder = folder_without_imports(tmp_path / "kb")
    path = folder / "rules/niraparib/start_dose.rule"
    changed = path.read_text("utf-8").replace("weight < 77 kg", "weight < 50 kg")
    path.write_text(changed, "utf-8")
    bundle = record(measured("29463-7", 60, "kg"), measured("777-3", 240, "10*3/uL"), draft(NIRAPARIB))
    refused = evaluated(tmp_path, bundle, *AS_OF, "--kb", str(folder))
    assert (
        refused.code == 2 and "start_dose.rule:" in refused.err and "fails" in refused.err
    )  # H-112: its own tests object
    path.write_text(re.sub(r'  test ".*?\n  }\n', "", changed, flags=re.DOTALL), "utf-8")
    assert "300 mg once daily" in evaluated(tmp_path, bundle, *AS_OF, "--kb", str(folder)).out


def test_a_source_that_goes_first_must_be_one(tmp_path: Path) -> None:
    ran = evaluated(tmp_path, record(), "--follow", "KNMP")
    assert ran.code == 2
    assert "--follow: no guidance about genes is published by `KNMP`; known: " in ran.err
