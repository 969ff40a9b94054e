"""`bespoke evaluate --intake` and `--site-map`: what is printed about data that deviate, to the letter."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cds.cards.support import NIRAPARIB, Json, draft, measured
from tests.cds.cli.support import Ran, bespoke
from tests.cds.cli.test_evaluate import AS_OF, evaluated, record

CANARY = "Zuckerkandl"
LOCAL = {"coding": [{"system": "urn:oid:1.2.3", "code": "GEW", "display": CANARY}]}
SITE_MAP = """
[[codes]]
system = "urn:oid:1.2.3"
code = "GEW"
target = "body_weight"
signed_by = "A. Example, laboratory information"
signed = 2026-10-01
"""


def deviating() -> Json:
    """A draft without intent, a weight without offset, platelets of no status that exists."""
    order = draft(NIRAPARIB, category={"text": CANARY})
    del order["intent"]
    weight = measured("29463-7", 60, "kg", effectiveDateTime="2026-11-18T09:00:00", note=CANARY)
    counts = [
        measured("777-3", 240, "10*3/uL", id="p1", status=CANARY),
        measured("777-3", 210, "10*3/uL", id="p2", effectiveDateTime="2026-11-10T09:00:00Z"),
    ]
    return record(order, weight, *counts)


def local() -> Json:
    """A weight under a local code, and a code that nobody knows."""
    weight = measured("29463-7", 60, "kg", code=LOCAL)
    odd = measured("29463-7", 5, "kg", id="odd", code={"coding": [{"code": "ODD"}], "text": CANARY})
    return record(draft(NIRAPARIB), weight, odd, measured("777-3", 240, "10*3/uL"))


@pytest.fixture
def site_map(tmp_path: Path) -> str:
    path = tmp_path / "codes.toml"
    path.write_text(SITE_MAP, "utf-8")
    return str(path)


_VALUE_SET = "registered, preliminary, final, amended, corrected, cancelled, entered-in-error, unknown"
TOLERATED = f"""
Findings about the data (tolerant intake: what deviates is used as far as it can be read)
  category-object at entry[1].resource.category: The category is an object instead of a list.
  intent-absent at entry[1].resource.intent: The element is absent: FHIR R4 demands one.
  no-offset at entry[2].resource.effectiveDateTime: The time has no offset from UTC: its instant is open.
  value-set at entry[3].resource.status: Expected a code that FHIR R4 lists here: {_VALUE_SET}.
"""
REFUSED = f"""
Findings about the data (strict intake: what deviates is refused)
  intent-absent at entry[1].resource.intent: The element is absent: FHIR R4 demands one.
  not-conformant at entry[1].resource.category: Expected a list of what FHIR R4 asks for here.
  no-offset at entry[2].resource.effectiveDateTime: The time has no offset from UTC: its instant is open.
  not-conformant at entry[2].resource.note: Expected a list of what FHIR R4 asks for here.
  value-set at entry[3].resource.status: Expected a code that FHIR R4 lists here: {_VALUE_SET}.
"""
UNMAPPED = """
Observations without a code that is known here: 2
  |ODD: 1
  urn:oid:1.2.3|GEW: 1
"""


def printed(ran: Ran) -> str:
    """What stands after the traces; nothing of the patient's text is anywhere."""
    assert ran.code == 0 and CANARY not in ran.out + ran.err, ran.err
    return re.sub(r"(?s).*?(?=\n(?:Findings|Observations) )", "", ran.out, count=1)


def test_tolerant_intake_uses_and_says_so(tmp_path: Path) -> None:
    """H-012, H-022: the default."""
    ran = evaluated(tmp_path, deviating())
    assert printed(ran) == TOLERATED and "advised dose 200 mg" in ran.out


def test_strict_intake_refuses_and_says_so(tmp_path: Path) -> None:
    """H-012, H-022: without the refused order and weight there is no dose, and its silence is explained."""
    ran = evaluated(tmp_path, deviating(), *AS_OF, "--intake", "strict")
    assert printed(ran) == REFUSED
    assert "200 mg" not in ran.out and "Not evaluated: an order, it does not conform to FHIR" in ran.out
    assert "No rule in force" not in ran.out


def test_both_modes_answer_alike_for_what_conforms(tmp_path: Path) -> None:
    bundle = record(draft(NIRAPARIB), measured("29463-7", 60, "kg"), measured("777-3", 240, "10*3/uL"))
    tolerant, exact = (
        json.loads(evaluated(tmp_path, bundle, *AS_OF, "--format", "json", "--intake", mode).out)
        for mode in ("tolerant", "strict")
    )
    assert (tolerant.pop("intake"), exact.pop("intake")) == ("tolerant", "strict")
    assert tolerant == exact and tolerant["findings"] == [] and len(tolerant["cards"]) == 1


def test_strict_intake_without_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fhir.resources.R4B", None)
    refused = evaluated(tmp_path, record(), *AS_OF, "--intake", "strict")
    refused.refused("strict intake needs the package fhir.resources: install `bespoke-cds[strict]`")


def test_strict_intake_of_a_bundle_without_type(tmp_path: Path) -> None:
    untyped = {name: value for name, value in record().items() if name != "type"}
    evaluated(tmp_path, untyped, *AS_OF, "--intake", "strict").refused("bundle.json", "expected a type")
    assert "bundle-type-absent at Bundle.type" in evaluated(tmp_path, untyped).out


def test_a_local_code_counts_only_through_the_map(tmp_path: Path, site_map: str) -> None:
    """H-023: without the map the weight is missing and its code is counted; with it there is a dose."""
    without = evaluated(tmp_path, local())
    assert printed(without) == UNMAPPED and "not decided, body weight missing" in without.out
    mapped = evaluated(tmp_path, local(), *AS_OF, "--site-map", site_map)
    assert printed(mapped) == "\nObservations without a code that is known here: 1\n  |ODD: 1\n"
    assert "advised dose 200 mg once daily (body weight 60 kg)" in mapped.out


def test_the_record_counts_unmapped_codes_and_names_the_map(tmp_path: Path, site_map: str) -> None:
    """H-023: in the audit, countable."""

    def recorded(*options: str) -> Any:
        return json.loads(evaluated(tmp_path, local(), *AS_OF, "--format", "json", *options).out)

    without, mapped = recorded(), recorded("--site-map", site_map)
    assert without["unmapped"] == {
        "observations": 2,
        "distinct": 2,
        "codes": [{"code": "|ODD", "observations": 1}, {"code": "urn:oid:1.2.3|GEW", "observations": 1}],
    }
    assert mapped["unmapped"]["observations"] == 1
    assert "site_map" not in without["kb"] and len(mapped["kb"]["site_map"]) == 64


def test_a_map_that_cannot_be_used(tmp_path: Path) -> None:
    bad = tmp_path / "codes.toml"
    bad.write_text(SITE_MAP.replace("body_weight", "weight"), "utf-8")
    refused = evaluated(tmp_path, record(), *AS_OF, "--site-map", str(bad))
    refused.refused("codes.toml: field `codes.0.target`", "the knowledge base has no `weight`")
    evaluated(tmp_path, record(), *AS_OF, "--site-map", "/nowhere").refused("/nowhere: no such file")


def test_a_forecast_reads_local_codes_too(tmp_path: Path, site_map: str) -> None:
    folder = tmp_path / "charts"
    folder.mkdir()
    (folder / "one.json").write_text(json.dumps(local()), "utf-8")
    without, mapped = (
        bespoke("kb", "forecast", folder, *AS_OF, "--rule", "niraparib.start_dose", "--json", *options).out
        for options in ((), ("--site-map", site_map))
    )
    assert '"ask": 1' in without and '"ask": 0' in mapped


def test_the_service_reads_the_map_from_its_settings(tmp_path: Path) -> None:
    """A map that cannot be used stops the service before it listens."""
    config = tmp_path / "bespoke.toml"
    config.write_text(f'site_map = "{tmp_path}/nowhere.toml"\n', "utf-8")
    database = f"sqlite:///{tmp_path}/log.db"
    refused = bespoke("serve", "--config", config, "--port", "0", "--db", database)
    refused.refused("nowhere.toml: no such file")
