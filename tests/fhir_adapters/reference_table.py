"""Every third-party file through the reader, and what came of it.

`python -m tests.fhir_adapters.reference_table` prints a line for each folder of the reference files (named by
`BESPOKE_REFERENCE`); with files as arguments it prints the facts of these, to be compared with them by eye.
Nothing that a file holds may raise anything but a refusal of ours, which is a line of the table too.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dsl.model import Input, Source, SourceKind, WhenMissing
from dsl.syntax import Span
from dsl.types import BooleanType, EnumType, QuantityType, ValueType
from dsl.values import Fact
from fhir_adapters import Chart, FhirError, chart_of_bundle, gather, load_json, pharmcat_facts
from kb import KnowledgeBase, load

ROOTS = ("fhir-genomics", "fhir-samples")
AS_OF = datetime(2026, 11, 20, 12, tzinfo=UTC)
MOST_BYTES = 16_000_000
_NOBODY = "nobody"
_SPAN = Span("reference.rule", 1, 1, 1, 2)

Json = dict[str, Any]


@dataclass(frozen=True)
class Record:
    """One patient of a file: the chart, and the facts by the names of all inputs."""

    chart: Chart
    facts: Mapping[str, Fact]


@dataclass
class Row:
    """What is printed of a folder."""

    files: int = 0
    no_fhir: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    resources: int = 0
    charts: int = 0
    facts: Counter[str] = field(default_factory=Counter)
    """`known`, `open` (several values are possible), or why there is none, where a file says something."""
    known: Counter[str] = field(default_factory=Counter)
    """Known facts by the name of the input."""
    findings: Counter[str] = field(default_factory=Counter)


def all_inputs(knowledge: KnowledgeBase) -> tuple[Input, ...]:
    """An input for everything that the knowledge base can ask a chart for, however old it is."""
    wanted: list[tuple[SourceKind, str, ValueType]] = [
        (SourceKind.PATIENT, "age", QuantityType("a")),
        (SourceKind.PATIENT, "female", BooleanType()),
    ]
    wanted += [
        (SourceKind.OBSERVATION, each.name, QuantityType(each.unit))
        for each in knowledge.observables.values()
    ]
    wanted += [(SourceKind.PHENOTYPE, name, EnumType("phenotype", ())) for name in knowledge.gene_table]
    wanted += [(SourceKind.CONDITION, name, BooleanType()) for name in knowledge.conditions]
    wanted += [
        (SourceKind.INDICATION, name, EnumType("indication", ())) for name in knowledge.indication_sets
    ]
    wanted += [(SourceKind.MEDICATION, name, BooleanType()) for name in knowledge.drugs]
    return tuple(
        Input(f"{kind.value} {name}", value, Source(kind, name), None, True, WhenMissing.SILENT, _SPAN)
        for kind, name, value in wanted
    )


def resources_of(value: Any, url: str | None = None) -> Iterator[Json]:
    """The resources of a file as entries: of a Bundle, inside Parameters, or the one itself."""
    if isinstance(value, list):
        for item in value:
            yield from resources_of(item)
    elif isinstance(value, dict) and "resource" in value:
        yield from resources_of(value["resource"], value.get("fullUrl"))
    elif isinstance(value, dict) and value.get("resourceType") in ("Bundle", "Parameters"):
        yield from resources_of([*value.get("entry", []), *value.get("parameter", [])])
    elif isinstance(value, dict) and "resourceType" in value:
        yield {"resource": value} | ({"fullUrl": url} if url else {})
    elif isinstance(value, dict):
        yield from resources_of(list(value.get("part", [])))


def subject_of(resource: Json) -> str | None:
    """The text of the reference that says whose a resource is."""
    named = (resource.get(name) for name in ("subject", "patient", "beneficiary"))
    return next((each["reference"] for each in named if isinstance(each, dict) and "reference" in each), None)


def bundles_of(value: Json) -> Iterator[Json]:
    """A file as whole records: as it is if it is one, else one Bundle for each patient that it names."""
    entries = list(resources_of(value))
    patients = {
        each["resource"].get("id"): each for each in entries if each["resource"]["resourceType"] == "Patient"
    }
    if value["resourceType"] == "Bundle" and len(patients) == 1:
        yield value
        return
    others = [each for each in entries if each["resource"]["resourceType"] != "Patient"]
    # Who is only referred to has no entry; who is nobody's patient is filed under a name of ours.
    named = dict.fromkeys(filter(None, (subject_of(each["resource"]) for each in others)))
    for subject in (f"Patient/{name}" for name in patients):
        named.setdefault(subject)
    for subject in named or (f"Patient/{_NOBODY}",):
        identifier = subject.rpartition("/")[2]
        made_up = {"resource": {"resourceType": "Patient", "id": identifier}, "fullUrl": subject}
        own = [each for each in others if subject_of(each["resource"]) in (subject, None)]
        yield {
            "resourceType": "Bundle",
            "type": "collection",
            "entry": [patients.get(identifier, made_up), *own],
        }


def records_of(value: Json, knowledge: KnowledgeBase, inputs: Iterable[Input]) -> Iterator[Record]:
    """The records of a file, read."""
    for bundle in bundles_of(value):
        chart = chart_of_bundle(bundle)
        yield Record(chart, gather(inputs, chart, AS_OF, knowledge, None))


def read(path: Path, row: Row, knowledge: KnowledgeBase, inputs: tuple[Input, ...]) -> list[Record]:
    """Reads one file and counts what came of it."""
    row.files += 1
    if path.suffix != ".json":
        row.no_fhir += 1
        return []
    try:
        value: Any = load_json(path.read_bytes(), max_bytes=MOST_BYTES)
        if "resourceType" not in value:
            row.no_fhir += 1
            pharmcat_facts(value, knowledge)
            return []
        records = list(records_of(value, knowledge, inputs))
    except FhirError as refusal:
        row.refused[type(refusal).__name__] += 1
        return []
    row.resources += len(list(resources_of(value)))
    for record in records:
        row.charts += 1
        row.findings.update(finding.code for finding in record.chart.findings)
        for name, fact in record.facts.items():
            # The Patient may be one that we made up: what it lacks is nothing that the file says.
            if fact.data and not (fact.missing and name.startswith("patient ")):
                row.facts["known" if fact.known else "open" if fact.possible else str(fact.reason)] += 1
                row.known[name] += fact.known
    return records


def folders(root: Path) -> dict[str, list[Path]]:
    """The files below each folder of samples; the folders of test patients and of types are taken as one."""
    found: dict[str, list[Path]] = {}
    for name in ROOTS:
        for path in sorted((root / name).rglob("*")):
            if path.is_file() and path.name != "README.md":
                parts = path.relative_to(root).parts[:-1]
                found.setdefault("/".join(parts[:2]), []).append(path)
    return found


def table(root: Path, knowledge: KnowledgeBase) -> dict[str, Row]:
    """A row for each folder."""
    inputs = all_inputs(knowledge)
    rows: dict[str, Row] = {}
    for folder, paths in folders(root).items():
        row = rows.setdefault(folder, Row())
        for path in paths:
            read(path, row, knowledge, inputs)
    return rows


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.most_common() if count) or "-"


def _print_facts(path: Path, knowledge: KnowledgeBase) -> None:
    row = Row()
    records = read(path, row, knowledge, all_inputs(knowledge))
    print(f"== {path.name}: {row.resources} resources, refused: {_listed(row.refused)}")
    for record in records:
        print(f"  patient {record.chart.patient_id}")
        for finding in record.chart.findings:
            print(f"    finding {finding.code} at {finding.path}: {finding.sentence}")
        for name, fact in record.facts.items():
            if fact.data:
                values = " or ".join(map(str, fact.possible)) or "missing"
                print(f"    {name}: {values} ({fact.reason or 'known'}) {fact.explanation}")
                for datum in fact.data:
                    why = "used" if datum.reason is None else datum.reason
                    print(f"      {datum.reference} {datum.instant or '-'} `{datum.text}` {why}")


def main() -> int:
    """Prints the table, or the facts of the files that are named."""
    knowledge = load()
    if len(sys.argv) > 1:
        for name in sys.argv[1:]:
            _print_facts(Path(name), knowledge)
        return 0
    root = os.environ.get("BESPOKE_REFERENCE")
    if root is None:
        print("BESPOKE_REFERENCE must name the folder of the reference files.", file=sys.stderr)
        return 2
    for folder, row in table(Path(root), knowledge).items():
        print(f"{folder}: {row.files} files ({row.no_fhir} of them no FHIR), refused: {_listed(row.refused)}")
        print(f"  resources {row.resources}, charts {row.charts}, findings: {_listed(row.findings)}")
        print(f"  facts: {_listed(row.facts)}")
        print(f"  known: {_listed(row.known)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
