"""`bespoke pgx report`: one patient's pharmacogenomic report from FHIR or from the calls of PharmCAT."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from cds.cli.evaluate import MAX_BUNDLE_BYTES
from cds.cli.main import fail
from cds.decision import parse_as_of
from cds.guard import reasons_to_withhold
from cds.report import Report, as_bundle, as_data, as_lines, as_page, report_of
from dsl import as_text
from fhir_adapters import (
    Chart,
    FhirError,
    UnusableReport,
    chart_of_bundle,
    chart_of_calls,
    dump_json,
    load_json,
    pharmcat_calls,
    tabled_calls,
)
from kb import KnowledgeBaseError, RuleErrors, ready, with_site_map

_SUBJECTS = ("Observation", "DiagnosticReport")
"""Resources that may stand alone: they name their patient."""


class _Unusable(Exception):
    """A file that no report can be made from; the sentence says why."""


def run(
    path: Path,
    format: str,
    output: Path | None,
    kb: Path | None,
    as_of: str | None,
    *,
    fire_draft: bool,
    site_map: Path | None,
) -> int:
    """Writes the report; see `bespoke pgx report --help`."""
    try:
        instant = datetime.now(UTC) if as_of is None else parse_as_of(as_of)
    except ValueError:
        return fail("--as-of: expected a date, or a date and time with offset")
    try:
        knowledge = with_site_map(ready(kb, reasons_to_withhold), site_map)
        chart = _chart(path.read_bytes())
    except RuleErrors as error:
        print(as_text(error.diagnostics, error.sources), file=sys.stderr)
        return fail(error)
    except KnowledgeBaseError as error:
        return fail(error)
    except (FhirError, _Unusable) as error:
        return fail(f"{path}: {error}")
    except OSError as error:
        return fail(f"{path}: cannot be read ({error.strerror})")
    software = f"bespoke-cds {version('bespoke-cds')}"
    report = report_of(chart, knowledge, instant, software, fire_draft=fire_draft)
    if not any(entry.tested for entry in report.genes):
        known = len({entry.gene.symbol for entry in report.genes})
        return fail(f"{path}: says nothing of any of the {known} genes that the knowledge base knows")
    if output is None and format == "text":
        _print(report)
        return 0
    text = _written(report, format)
    if output is None:
        print(text, end="")
        return 0
    try:
        output.write_text(text, "utf-8")
    except OSError as error:
        return fail(f"{output}: cannot be written ({error.strerror})")
    return 0


def _chart(data: bytes) -> Chart:
    """The chart in a file: FHIR, PharmCAT's JSON, or a table of calls."""
    if not data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")):
        return _chart_of_table(data)
    document = load_json(data, max_bytes=MAX_BUNDLE_BYTES)
    kind = document.get("resourceType") if isinstance(document, dict) else None
    if not isinstance(document, dict) or kind is None:
        try:
            calls = pharmcat_calls(document)
        except UnusableReport as error:
            raise _Unusable(f"is neither a FHIR Bundle nor a result of PharmCAT: {error}") from None
        return chart_of_calls(calls.sample, calls.by_gene)
    if kind == "Bundle":
        return chart_of_bundle(document)
    if kind in _SUBJECTS:
        return chart_of_bundle(_alone(document))
    raise _Unusable("expected a FHIR Bundle of one patient, or a single Observation or DiagnosticReport")


def _chart_of_table(data: bytes) -> Chart:
    try:
        calls = tabled_calls(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, UnusableReport):
        raise _Unusable(
            "expected a FHIR Bundle, a result of PharmCAT (JSON), or a table of calls with the columns "
            "gene, diplotype, phenotype and activity score (TSV); a VCF has to go through PharmCAT first"
        ) from None
    return chart_of_calls(calls.sample, calls.by_gene)


def _alone(resource: Mapping[str, object]) -> dict[str, object]:
    """A record of nothing but this resource, for the patient whom it names."""
    subject = resource.get("subject")
    reference = subject.get("reference") if isinstance(subject, dict) else None
    kind, _, identifier = reference.rpartition("/") if isinstance(reference, str) else ("", "", "")
    if not identifier or not (kind == "Patient" or kind.endswith("/Patient")):
        raise _Unusable("a resource that stands alone has to name its patient (`subject`, as `Patient/id`)")
    person = {"resource": {"resourceType": "Patient", "id": identifier}, "fullUrl": reference}
    return {"resourceType": "Bundle", "type": "collection", "entry": [person, {"resource": resource}]}


def _written(report: Report, format: str) -> str:
    if format == "html":
        return as_page(report)
    if format == "text":
        return "".join(f"{line.text}\n" for line in as_lines(report))
    return dump_json(as_data(report) if format == "json" else as_bundle(report)).decode() + "\n"


def _print(report: Report) -> None:
    """Plain text, set off where somebody looks at a terminal."""
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        print(_written(report, "text"), end="")
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    for line in as_lines(report):
        console.print(Text(line.text, style=line.style.value))
