"""An export folder as charts: lines are sorted by patient on disk, then read patient by patient."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import chain
from pathlib import Path

import msgspec

from fhir_adapters.bulk.lines import Line, read_lines
from fhir_adapters.bulk.report import BulkReport
from fhir_adapters.bulk.scratch import Scratch, scratch
from fhir_adapters.bulk.sorting import SHARED_TYPES, Sorter
from fhir_adapters.chart import Chart, chart_of_record
from fhir_adapters.errors import UnusableFolder
from fhir_adapters.prefetch import KeyState, PrefetchKey
from fhir_adapters.reading import ChartFinding, references_in
from fhir_adapters.references import Entry, literal_target

MAX_LINE_BYTES = 4 * 1_048_576
MAX_PATIENT_BYTES = 16 * 1_048_576
"""JSON of one patient; in memory it takes about eight times as much."""

PLAIN_JSON = msgspec.json.Decoder(float_hook=Decimal)
"""Eight times as fast as the strict loader, and the same for what that one has let pass."""
_MENTIONS = (b"\\", *(name.encode() for name in SHARED_TYPES))
"""Without one of these a line refers to no shared resource: only an escape can hide the name of its type."""

_TYPE_OF_KEY = {
    PrefetchKey.PATIENT: "Patient",
    PrefetchKey.PGX: "Observation",
    PrefetchKey.MEDICATIONS: "MedicationRequest",
    PrefetchKey.CONDITIONS: "Condition",
    PrefetchKey.LABS: "Observation",
    PrefetchKey.EXPOSURE: "MedicationRequest",
    PrefetchKey.ALLERGIES: "AllergyIntolerance",
}


def export_files(folder: Path) -> list[Path]:
    """The files of an export in and below a folder: `*.ndjson` and `*.ndjson.gz`, in a fixed order."""
    return sorted(path for pattern in ("*.ndjson", "*.ndjson.gz") for path in folder.rglob(pattern))


def charts_of_folder(
    folder: Path,
    *,
    base_url: str | None = None,
    max_line_bytes: int = MAX_LINE_BYTES,
    max_patient_bytes: int = MAX_PATIENT_BYTES,
) -> tuple[BulkReport, Iterator[Chart]]:
    """One chart per patient of an export, by patient id, and the report that fills while they are taken.

    An absolute reference names a patient of the export only on `base_url`. All lines are read before the
    first chart. One that is broken may be anybody's: it leaves every list of every chart incomplete
    (H-069). A list of whose type the export has neither a resource nor a file is absent. A patient with
    more than `max_patient_bytes` of JSON is reported and has no chart, never a part of one.

    Raises `UnusableFolder` for a folder without export files and, while charts are taken, when temporary
    files cannot be written.
    """
    files = export_files(folder)
    if not files:
        raise UnusableFolder("expected a folder with files *.ndjson or *.ndjson.gz")
    report = BulkReport()
    return report, _charts(folder, files, report, base_url, max_line_bytes, max_patient_bytes)


def _charts(
    folder: Path,
    files: list[Path],
    report: BulkReport,
    base_url: str | None,
    max_line_bytes: int,
    max_patient_bytes: int,
) -> Iterator[Chart]:
    with scratch() as sorted_lines:
        sorter = Sorter(sorted_lines, report, base_url, max_line_bytes)
        for path in files:
            sorter.sort(read_lines(folder, path, max_line_bytes))
        supplied = sorter.types | {path.name.split(".")[0] for path in files}
        states = _states(supplied, complete=report.counts.keys() <= {"blank"})
        for patient_id, lines in sorted_lines.by_patient():
            own = _within(lines, max_patient_bytes)
            if isinstance(own, Line):
                sentence = f"The patient has more than {max_patient_bytes} bytes of resources: no chart."
                report.add(own.fault("patient-too-large", sentence))
                continue
            report.charts += 1
            entries = [_entry(line) for line in (*own, *_shared(own, sorted_lines))]
            yield chart_of_record(patient_id, entries, states, _oddities(entries), base_url=base_url)


def _states(supplied: Iterable[str], *, complete: bool) -> Mapping[PrefetchKey, KeyState]:
    found = KeyState.COMPLETE if complete else KeyState.INCOMPLETE
    return {key: found if kind in supplied else KeyState.ABSENT for key, kind in _TYPE_OF_KEY.items()}


def _within(lines: Iterable[Line], max_bytes: int) -> list[Line] | Line:
    """The lines, or the first of them if they are too many."""
    own: list[Line] = []
    size = 0
    for line in lines:
        own.append(line)
        size += len(line.data)
        if size > max_bytes:
            return own[0]
    return own


def _shared(lines: Iterable[Line], sorted_lines: Scratch) -> list[Line]:
    """The resources of no patient that these refer to, and those behind them."""
    found: dict[str, list[Line]] = {}
    while names := {name for line in lines for name in _shared_names(line)} - found.keys():
        new = {name: sorted_lines.shared(name) for name in sorted(names)}
        found |= new
        lines = chain.from_iterable(new.values())
    return list(chain.from_iterable(found.values()))


def _shared_names(line: Line) -> Iterator[str]:
    if any(mention in line.data for mention in _MENTIONS):
        for reference in references_in(_entry(line).resource):
            target = literal_target(reference)
            if target is not None and target.type in SHARED_TYPES:
                yield f"{target.type}/{target.id}"


def _entry(line: Line) -> Entry:
    return Entry(line.path, PLAIN_JSON.decode(line.data))


def _oddities(entries: list[Entry]) -> Iterator[ChartFinding]:
    if all(entry.type != "Patient" for entry in entries):
        yield ChartFinding("no-patient", entries[0].path, "The export has no Patient for these resources.")
