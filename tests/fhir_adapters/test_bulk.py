"""Bulk Data export folders: the facts of the hook path, in bounded memory, every broken line located."""

from __future__ import annotations

import gzip
import os
import random
import re
import subprocess
import sys
import tempfile
import tracemalloc
import zlib
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import fhir_adapters
from dsl.values import Fact
from fhir_adapters import (
    BulkFault,
    BulkReport,
    Chart,
    KeyState,
    PrefetchKey,
    UnusableFolder,
    active_medications,
    chart_of_bundle,
    charts_of_folder,
    dump_json,
    gather,
    load_json,
)
from fhir_adapters.bulk.folder import PLAIN_JSON
from fhir_adapters.bulk.report import MAX_LISTED
from fhir_adapters.bulk.sorting import SHARED_TYPES
from fhir_adapters.chart import USED_TYPES
from tests.dsl.support import PROPERTY
from tests.fhir_adapters.example import (
    AS_OF,
    INPUTS,
    PATIENT_ID,
    TERMINOLOGY,
    Json,
    amount,
    bundle,
    condition,
    genotype,
    medication_request,
    observation,
    patient,
    phenotype,
    platelets,
    reference_folder,
    weight,
)
from tests.fhir_adapters.test_properties import DAMAGE, places_in, with_damage, without_paths

LISTS = ("Patient", "Observation", "Condition", "MedicationRequest", "AllergyIntolerance")
COMPLETE = dict.fromkeys(PrefetchKey, KeyState.COMPLETE)
INCOMPLETE = dict.fromkeys(PrefetchKey, KeyState.INCOMPLETE)


# ---------------------------------------------------------------- writing and reading
def write(folder: Path, **files: Iterable[Json | bytes]) -> Path:
    """`write(folder, Patient=[...])` is `Patient.ndjson`; each list is supplied, if only as an empty file."""
    for name in (*LISTS, *files):
        lines = [line if isinstance(line, bytes) else dump_json(line) for line in files.get(name, ())]
        (folder / f"{name}.ndjson").write_bytes(b"".join(line + b"\n" for line in lines))
    return folder


def read(folder: Path, **options: Any) -> tuple[BulkReport, dict[str, Chart]]:
    report, charts = charts_of_folder(folder, **options)
    found = list(charts)
    assert [chart.patient_id for chart in found] == sorted({chart.patient_id for chart in found})
    assert report.charts == len(found)
    return report, {chart.patient_id: chart for chart in found}


def of(patient_id: str, resource: Json) -> Json:
    """The resource as one of another patient."""
    if resource["resourceType"] == "Patient":
        return resource | {"id": patient_id}
    return resource | {"subject": {"reference": f"Patient/{patient_id}"}}


def facts(chart: Chart) -> dict[str, Fact]:
    return without_paths(gather(INPUTS, chart, AS_OF, TERMINOLOGY, None))


def places(report: BulkReport) -> list[tuple[str, int, str]]:
    assert sum(report.counts.values()) == len(report.faults)
    return [(fault.file, fault.line, fault.code) for fault in report.faults]


# ---------------------------------------------------------------- the same facts
def referring(identifier: str, reference: str, **more: Any) -> Json:
    order = medication_request(identifier=identifier, medicationReference={"reference": reference}, **more)
    del order["medicationCodeableConcept"]
    return order


LIMIT = [{"high": amount("1.2", "mg/dL")}]
SHARED: list[Json] = [
    {"resourceType": "Medication", "id": "m", "code": {"text": "clopidogrel"}},
    {"resourceType": "Medication", "id": "twice", "code": {"text": "clopidogrel"}},
    {"resourceType": "Medication", "id": "twice", "code": {"text": "niraparib 100 mg oral capsule"}},
    {"resourceType": "Organization", "id": "o"},
]
POOL: list[Json] = [
    weight("60.50"),
    weight(90, identifier="w2"),
    weight(50, identifier="w3", status="cancelled"),
    weight(55, identifier="w4", effectiveDateTime="2026-11-10"),
    platelets("149.999"),
    platelets("149999", "/uL", identifier="p2"),
    platelets("150", identifier="p3", focus=[{"reference": "Patient/child"}]),
    observation("1975-2", "b", valueQuantity=amount("1.8", "mg/dL"), referenceRange=LIMIT),
    genotype("CYP2C19 *1/*2"),
    phenotype("LA9657-3", derivedFrom=[{"reference": "Observation/g1"}]),
    genotype("TPMT *1/*3A", identifier="g2", hgnc="HGNC:12014"),
    medication_request(status="stopped"),
    medication_request("309362", identifier="rx4", modifierExtension=[{"url": "x"}]),
    referring("rx2", "Medication/m"),
    referring("rx3", "Medication/twice"),
    referring("rx5", "#c", contained=[{"resourceType": "Medication", "id": "c", "code": {"text": "x"}}]),
    referring("rx6", "Medication/nowhere"),
    condition("394659003"),
    condition("230690007", "c2", verification="refuted"),
    {"resourceType": "Encounter", "id": "e", "subject": {"reference": "Patient/p1"}},
]
RECORDS = st.lists(st.lists(st.sampled_from(POOL), max_size=12), min_size=1, max_size=4)


@given(RECORDS, st.randoms(use_true_random=False))
@PROPERTY
def test_a_folder_gives_the_facts_of_one_bundle_for_each_patient(
    records: list[list[Json]], chance: random.Random
) -> None:
    """H-016, H-020: whatever the order of lines, their files and their compression."""
    whole = {
        f"p{index}": [of(f"p{index}", each) for each in (patient(), *record)]
        for index, record in enumerate(records)
    }
    lines = [resource for record in whole.values() for resource in record] + SHARED
    chance.shuffle(lines)
    with tempfile.TemporaryDirectory() as name:
        folder = write(Path(name))
        (folder / "manifest.json").write_text("{}", "utf-8")
        parts = [b"", b"", b""]
        for line in lines:
            parts[chance.randrange(3)] += dump_json(line) + chance.choice((b"\n", b"\r\n"))
        (folder / "some.000.ndjson.gz").write_bytes(gzip.compress(parts[0]))
        (folder / "some.001.ndjson").write_bytes(parts[1])
        (folder / "some.002.ndjson").write_bytes(parts[2].rstrip())
        report, charts = read(folder)
    assert report.faults == []
    assert charts.keys() == whole.keys()
    for patient_id, record in whole.items():
        expected = chart_of_bundle(bundle(*record, *SHARED))
        assert facts(charts[patient_id]) == facts(expected)
        assert charts[patient_id].states == expected.states
        drugs = [(order.reference, order.drugs) for order in active_medications(expected, TERMINOLOGY)]
        assert drugs == [(o.reference, o.drugs) for o in active_medications(charts[patient_id], TERMINOLOGY)]


def test_whole_lives_by_others_as_an_export(tmp_path: Path) -> None:
    """The Bundles of 22 synthetic patients, whose references a server names by type and id in an export."""
    expected = {}
    (tmp_path / "AllergyIntolerance.ndjson").touch()
    with gzip.open(tmp_path / "all.000.ndjson.gz", "wb", compresslevel=1) as file:
        for path in sorted(reference_folder("fhir-samples/synthea-smart").glob("*_*.json")):
            whole: Any = load_json(path.read_bytes(), max_bytes=20_000_000)
            on_file = chart_of_bundle(whole)
            expected[on_file.patient_id] = facts(on_file)
            names = {each["fullUrl"]: each["resource"] for each in whole["entry"]}
            for resource in names.values():
                line = dump_json(resource).decode()
                for url in set(re.findall(r'(?<="reference":")urn:uuid:[^"]+', line)):
                    line = line.replace(f'"{url}"', f'"{names[url]["resourceType"]}/{names[url]["id"]}"')
                file.write(line.encode() + b"\n")
    report, charts = read(tmp_path)
    assert report.faults == [] and len(charts) == 22
    assert {patient_id: facts(on_file) for patient_id, on_file in charts.items()} == expected


@given(st.sampled_from([patient(), *POOL, *SHARED]), st.data())
@PROPERTY
def test_damage_anywhere_in_a_line(resource: Json, data: st.DataObject) -> None:
    """H-022: a damaged resource costs at most itself and the patients that it names."""
    damaged = with_damage(resource, data.draw(st.sampled_from(places_in(resource))), data.draw(DAMAGE))
    with tempfile.TemporaryDirectory() as name:
        folder = write(Path(name), Patient=[of("z", patient())], Observation=[of("z", weight(60))])
        (folder / "rest.ndjson").write_bytes(dump_json(damaged))
        report, charts = read(folder)
    assert report.resources + report.counts.total() - report.counts["subject"] == 3
    for chart in charts.values():
        facts(chart)
        active_medications(chart, TERMINOLOGY)
    assert facts(charts["z"])["weight"].known


def test_lines_of_two_patients_interleaved(tmp_path: Path) -> None:
    """H-018: the same ids in two records are two resources."""
    labs = [of(whose, weight(kilograms)) for kilograms in (60, 61) for whose in ("a", "b")]
    labs[3] |= {"id": "wt2"}
    write(tmp_path, Patient=[of("b", patient()), of("a", patient())], Observation=labs)
    report, charts = read(tmp_path)
    assert (report.resources, report.unused, report.faults) == (6, 0, [])
    found = {whose: facts(chart)["weight"].possible for whose, chart in charts.items()}
    assert {whose: [str(each) for each in possible] for whose, possible in found.items()} == {
        "a": ["60 kg", "61 kg"],
        "b": ["60 kg", "61 kg"],
    }
    assert [entry.path for entry in charts["a"].of_types("Observation")] == [
        "Observation.ndjson:1",
        "Observation.ndjson:3",
    ]


def test_what_stands_behind_a_shared_resource(tmp_path: Path) -> None:
    """A Medication of a Medication; a circle of them ends."""
    escaped = (
        rb'{"resourceType": "Condition", "subject": {"reference": "Patient/p1"}, '
        rb'"x": [{"reference": "\u004dedication\/m"}]}'
    )
    shared: list[Json | bytes] = [
        {"resourceType": "Medication", "id": "m", "ingredient": [{"x": {"reference": "Medication/n"}}]},
        {"resourceType": "Medication", "id": "n", "x": {"reference": "Medication/m"}},
        {"resourceType": "Medication", "y": {"reference": "Medication/None"}},
    ]
    write(tmp_path, Shared=shared, Condition=[escaped])
    report, charts = read(tmp_path)
    assert report.unused == 1
    assert [entry.reference for entry in charts[PATIENT_ID].of_types("Medication")] == [
        "Medication/m",
        "Medication/n",
    ]


JSON_VALUE = st.recursive(
    st.none()
    | st.booleans()
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
    | st.integers(-(10**63), 10**63)
    | st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30, places=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abé\\/"), inner, max_size=4),
)


@given(
    JSON_VALUE
    | st.sampled_from(["1E5", "-0", "-0.0", "1e-64", "18446744073709551616", "9" * 64]).map(Decimal)
)
@PROPERTY
def test_the_second_reading_of_a_line_is_the_first(value: object) -> None:
    """H-040: what passes the strict loader is read alike by the fast one, digits and types included."""
    data = dump_json(value)
    assert repr(PLAIN_JSON.decode(data)) == repr(load_json(data))


def test_every_type_that_facts_are_read_from_is_kept() -> None:
    """A type that a reader asks for and that the bulk path skips would be a fact that only the hook sees."""
    package = Path(fhir_adapters.__file__).parent
    asked: set[str] = set()
    for path in package.rglob("*.py"):
        text = path.read_text("utf-8")
        for arguments in re.findall(r"\.of_types\(([^)]*)\)", text):
            asked |= set(re.findall(r'"(\w+)"', arguments))
        asked |= set(re.findall(r'\.type [!=]= "(\w+)"', text))
    assert {"Observation", "Condition", "Medication"} <= asked <= USED_TYPES | SHARED_TYPES | {"Patient"}


# ---------------------------------------------------------------- broken lines
@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"", "blank"),
        (b" \t\r", "blank"),
        (b'{"resourceType": "Observation"', "syntax"),
        (b'{"resourceType": "Observation", "id": "a", "id": "b"}', "duplicate-key"),
        (b'{"resourceType": "Claim", "a": 1, "a": 1}', "duplicate-key"),
        (b'{"resourceType": "Observation", "x": NaN}', "number"),
        (b'{"resourceType": "Observation", "x": 1e400}', "number"),
        (b'{"resourceType": "Observation", "x": "\xff"}', "encoding"),
        (b'\xef\xbb\xbf{"resourceType": "Observation"}', "encoding"),
        (b'{"resourceType": "Observation", "x": "\\ud800"}', "text"),
        (b'{"x":' * 70 + b"1" + b"}" * 70, "depth"),
        (b'{"resourceType": "Observation"}\x0c', "syntax"),
        (b'"' + b"x" * 5000 + b'"', "too-large"),
        (b'{"x": "' + b"x" * 2990 + b'"} ', "no-resource"),
        (b"[]", "no-resource"),
        (b'{"resourceType": ""}', "no-resource"),
        (b'{"resourceType": "OperationOutcome"}', "outcome"),
        (b'{"resourceType": "Patient"}', "subject"),
        (b'{"resourceType": "Observation"}', "subject"),
        (b'{"resourceType": "Observation", "subject": {"display": "Secret Name"}}', "subject"),
        (b'{"resourceType": "Observation", "subject": {"reference": "urn:uuid:1"}}', "subject"),
        (b'{"resourceType": "Observation", "subject": {"reference": "https://other/Patient/p1"}}', "subject"),
        (
            b'{"resourceType": "Observation", "subject": {"reference": "Patient/p1"}, '
            b'"patient": {"reference": "Patient/p2"}}',
            "subject",
        ),
    ],
)
@pytest.mark.parametrize("compressed", [False, True])
def test_a_broken_line_costs_itself(tmp_path: Path, line: bytes, code: str, compressed: bool) -> None:
    """H-060 to H-065, H-069: located, counted, the rest read; and nobody's lists are complete any more."""
    labs: list[Json | bytes] = [weight(60), line, platelets(210)]
    write(tmp_path, Patient=[patient()], Observation=labs)
    path = tmp_path / "Observation.ndjson"
    name = path.name
    if compressed:
        name = "Observation.000.ndjson.gz"
        (tmp_path / name).write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    report, charts = read(tmp_path, max_line_bytes=3000)
    assert places(report) == [(name, 2, code)]
    assert "Secret" not in report.faults[0].sentence
    on_file = charts[PATIENT_ID]
    assert [entry.path for entry in on_file.of_types("Observation")] == [f"{name}:1", f"{name}:3"]
    assert on_file.states == (COMPLETE if code == "blank" else INCOMPLETE)


def test_the_column_of_a_slip_is_told(tmp_path: Path) -> None:
    report, _ = read(write(tmp_path, Patient=[b'{"id": ]']))
    assert report.faults == [
        BulkFault("Patient.ndjson", 1, "syntax", "The line was refused: expected valid JSON (column 8).")
    ]


@pytest.mark.parametrize("cut", [9, 200, 2000, -1, -9])
def test_a_gzip_stream_that_breaks_off(tmp_path: Path, cut: int) -> None:
    """H-065: the whole lines before the break are used, the first lost one is named."""
    chance = random.Random(1)
    results = [weight(chance.randint(30, 200), identifier=f"w{chance.random()}") for _ in range(300)]
    write(tmp_path, Patient=[patient()])
    whole = gzip.compress(b"".join(dump_json(each) + b"\n" for each in results))
    (tmp_path / "Observation.000.ndjson.gz").write_bytes(whole[:cut])
    (tmp_path / "Observation.001.ndjson").write_bytes(dump_json(platelets()))
    readable = zlib.decompressobj(wbits=31).decompress(whole[:cut]).count(b"\n")
    report, charts = read(tmp_path)
    assert places(report) == [("Observation.000.ndjson.gz", readable + 1, "gzip")]
    on_file = charts[PATIENT_ID]
    assert len(list(on_file.of_types("Observation"))) == readable + 1
    assert on_file.states == INCOMPLETE


def test_a_file_that_is_no_gzip_or_is_gone(tmp_path: Path) -> None:
    write(tmp_path, Patient=[patient()])
    (tmp_path / "a.ndjson.gz").write_bytes(dump_json(weight()))
    (tmp_path / "b.ndjson").symlink_to(tmp_path / "nowhere")
    (tmp_path / "c.ndjson.gz").write_bytes(gzip.compress(b"") + b"rubbish")
    report, charts = read(tmp_path)
    assert places(report) == [
        ("a.ndjson.gz", 1, "gzip"),
        ("b.ndjson", 1, "unreadable"),
        ("c.ndjson.gz", 1, "gzip"),
    ]
    assert list(charts) == [PATIENT_ID]


def test_more_faults_than_are_listed(tmp_path: Path) -> None:
    report, _ = read(write(tmp_path, Patient=[b"{"] * (MAX_LISTED + 5)))
    assert (len(report.faults), report.counts) == (MAX_LISTED, {"syntax": MAX_LISTED + 5})


# ---------------------------------------------------------------- whose, and which lists
def test_results_of_devices_places_and_groups_are_nobodys(tmp_path: Path) -> None:
    subjects = ("Device/d", "Location/l", "https://other/Group/g")
    labs = [weight(subject={"reference": subject}) for subject in subjects]
    report, charts = read(write(tmp_path, Patient=[patient()], Observation=labs))
    assert (report.resources, report.unused, report.faults) == (4, 3, [])
    assert charts[PATIENT_ID].resources == {}


def test_a_contained_patient_and_the_base_of_the_export(tmp_path: Path) -> None:
    """H-019, H-020."""
    contained = [{"resourceType": "Patient", "id": PATIENT_ID}]
    labs = [
        weight(subject={"reference": f"#{PATIENT_ID}"}, contained=contained),
        platelets(subject={"reference": f"https://ehr/fhir/Patient/{PATIENT_ID}"}),
    ]
    write(tmp_path, Patient=[patient()], Observation=labs)
    report, charts = read(tmp_path, base_url="https://ehr/fhir/")
    assert report.faults == []
    assert all(entry.readable_subject for entry in charts[PATIENT_ID].of_types("Observation"))
    assert facts(charts[PATIENT_ID])["weight"].known and facts(charts[PATIENT_ID])["platelets"].known
    assert places(read(tmp_path)[0]) == [("Observation.ndjson", 2, "subject")]


def test_a_list_that_was_not_exported_is_absent(tmp_path: Path) -> None:
    """H-069: no MedicationRequest in the whole export does not mean that nobody takes anything."""
    write(tmp_path, Patient=[patient()])
    assert facts(read(tmp_path)[1][PATIENT_ID])["niraparib"].possible == (False,)
    (tmp_path / "MedicationRequest.ndjson").unlink()
    on_file = read(tmp_path)[1][PATIENT_ID]
    assert on_file.states == COMPLETE | dict.fromkeys(
        (PrefetchKey.MEDICATIONS, PrefetchKey.EXPOSURE), KeyState.ABSENT
    )
    assert not facts(on_file)["niraparib"].known
    (tmp_path / "part.ndjson").write_bytes(dump_json(of("p2", medication_request())))
    assert read(tmp_path)[1][PATIENT_ID].states == COMPLETE


def test_resources_without_their_patient(tmp_path: Path) -> None:
    _, charts = read(write(tmp_path, Observation=[weight()]))
    on_file = charts[PATIENT_ID]
    assert on_file.patient is None
    assert [(finding.code, finding.path) for finding in on_file.findings] == [
        ("no-patient", "Observation.ndjson:1")
    ]


def test_two_versions_of_a_patient_disagree(tmp_path: Path) -> None:
    """H-016: neither is used."""
    write(tmp_path, Patient=[patient(), patient(), of("b", patient()), of("b", patient(gender="male"))])
    _, charts = read(tmp_path)
    assert charts[PATIENT_ID].patient is not None and charts["b"].patient is None
    assert [finding.code for finding in charts["b"].findings] == ["conflict"]


# ---------------------------------------------------------------- bounds
def test_lines_at_the_bound(tmp_path: Path) -> None:
    longest = len(dump_json(weight()))
    write(tmp_path, Patient=[patient()], Observation=[weight(), weight(100)])
    (tmp_path / "last.ndjson").write_bytes(dump_json(weight()) + b"\n" + dump_json(weight(100)))
    report, _ = read(tmp_path, max_line_bytes=longest)
    assert places(report) == [("Observation.ndjson", 2, "too-large"), ("last.ndjson", 2, "too-large")]


def test_a_patient_who_is_too_large_has_no_part_of_a_chart(tmp_path: Path) -> None:
    """H-069: fewer results than there are would be another patient."""
    labs = [of(whose, weight(60, identifier=f"w{n}")) for n in range(20) for whose in ("a", "b", "c")]
    labs += [of("b", weight(61, identifier="one more"))]
    write(tmp_path, Observation=labs)
    bound = sum(len(dump_json(each)) for each in labs if each["subject"]["reference"] == "Patient/a")
    report, charts = read(tmp_path, max_patient_bytes=bound)
    assert places(report) == [("Observation.ndjson", 2, "patient-too-large")]
    assert list(charts) == ["a", "c"]
    assert {len(list(chart.of_types("Observation"))) for chart in charts.values()} == {20}


def test_what_is_held_does_not_grow_with_the_export(tmp_path: Path) -> None:
    """At no time more than one patient's resources: eight times the patients take the same memory."""
    peaks = []
    for patients in (40, 320):
        folder = tmp_path / str(patients)
        folder.mkdir()
        labs = [of(f"p{n}", weight(60, identifier=f"w{i}")) for i in range(10) for n in range(patients)]
        write(folder, Patient=[of(f"p{n}", patient()) for n in range(patients)], Observation=labs)
        report, charts = charts_of_folder(folder)
        tracemalloc.start()
        for on_file in charts:
            assert sum(map(len, on_file.resources.values())) == 10
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert report.charts == patients
    # The interpreter itself keeps up to 2,000 small tuples for reuse; the charts would take megabytes.
    assert peaks[1] < peaks[0] + 60_000


def more_than_is_sorted_in_memory(folder: Path) -> Path:
    filler = "x" * 1_000_000
    labs = [weight(60, identifier=f"w{n}", note=filler) for n in range(40)]
    return write(folder, Patient=[patient()], Observation=labs)


def ran(script: str, folder: Path, **environment: str) -> str:
    command = [sys.executable, "-c", script, str(folder)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=60, env=os.environ | environment
    )
    return done.stdout


OPENED = """\
import os, sys
from pathlib import Path
from fhir_adapters import charts_of_folder
charts = charts_of_folder(Path(sys.argv[1]), max_patient_bytes=10**9)[1]
next(charts)
for opened in list(Path("/proc/self/fd").iterdir()):
    if opened.is_symlink():
        print(os.readlink(opened))
"""


def test_no_copy_of_the_records_has_a_name(tmp_path: Path) -> None:
    """H-052: even a process that is killed leaves nothing behind; what is written goes where TMPDIR says."""
    room = tmp_path / "room"
    room.mkdir()
    opened = ran(OPENED, more_than_is_sorted_in_memory(tmp_path), TMPDIR=str(room)).splitlines()
    written = [each for each in opened if each.startswith(str(room))]
    assert written and all(each.endswith(" (deleted)") for each in written)


FULL = """\
import resource, sys
from pathlib import Path
from fhir_adapters import UnusableFolder, charts_of_folder
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    list(charts_of_folder(Path(sys.argv[1]))[1])
except UnusableFolder as error:
    print(error)
"""


def test_no_room_for_temporary_files(tmp_path: Path) -> None:
    said = ran(FULL, more_than_is_sorted_in_memory(tmp_path))
    assert said.startswith("temporary files cannot be written") and "TMPDIR" in said


def test_a_folder_that_is_no_export(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{}", "utf-8")
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(UnusableFolder, match="ndjson"):
            charts_of_folder(folder)
