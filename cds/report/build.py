"""Puts a report together from a chart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from cds.report.drugs import concerned, judged
from cds.report.genes import gene_entries
from cds.report.model import GeneState, Person, Report
from fhir_adapters import Chart, ChartFinding, unmapped_observations
from kb import KnowledgeBase

_LONGEST = 200
"""Characters of a name that are shown."""


def report_of(
    chart: Chart, knowledge: KnowledgeBase, as_of: datetime, software: str, *, fire_draft: bool = False
) -> Report:
    """The report of one person at `as_of` (timezone-aware); drafts speak only when asked for."""
    genes = gene_entries(chart, knowledge, as_of, fire_draft=fire_draft)
    tested = frozenset(entry.gene.name for entry in genes if entry.tested)
    found = judged(chart, tested, knowledge, as_of, fire_draft=fire_draft)
    everything = concerned(knowledge, tested, as_of, fire_draft=True)
    shown = concerned(knowledge, tested, as_of, fire_draft=fire_draft)
    cited = {answer.citation.identifier: answer.citation for entry in found.drugs for answer in entry.answers}
    unmapped = unmapped_observations(chart, knowledge.observation_codes)
    identity = knowledge.identity
    return Report(
        person=_person(chart),
        as_of=as_of,
        deceased=found.deceased,
        knowledge=f"{knowledge.name} {knowledge.version}",
        digest=identity["digest"],
        site_map=identity.get("site_map", ""),
        software=software,
        origin="calls of a genotype caller" if chart.called else "FHIR",
        drafts_hidden=len({rule.name for rule in everything} - {rule.name for rule in shown}),
        genes=genes,
        drugs=found.drugs,
        failed=found.failed,
        read=_read(chart),
        unread=(*chart.findings, *_strange_genes(chart, knowledge)),
        unmapped=unmapped.codes,
        sources=tuple(cited[name] for name in sorted(cited)),
    )


def tested(report: Report) -> int:
    """How many genes have anything on file."""
    return sum(entry.state is not GeneState.NOT_TESTED for entry in report.genes)


def _person(chart: Chart) -> Person:
    """As it stands on file, but nothing that could move a cursor."""
    if chart.patient is None:
        return Person(_printable(chart.patient_id))
    resource = chart.patient.resource
    return Person(
        identifier=_printable(chart.patient_id),
        name=_name(resource),
        born=_printable(resource.get("birthDate")),
        gender=_printable(resource.get("gender")),
    )


def _name(patient: Mapping[str, object]) -> str:
    names = patient.get("name")
    for name in names if isinstance(names, list) else ():
        if isinstance(name, dict) and name.get("use") != "old":
            given = name.get("given")
            parts = [*(given if isinstance(given, list) else ()), name.get("family")]
            text = name.get("text") or " ".join(part for part in parts if isinstance(part, str))
            if isinstance(text, str) and text.strip():
                return _printable(text)
    return ""


def _printable(text: object) -> str:
    if not isinstance(text, str):
        return ""
    shown = "".join(each if each.isprintable() else " " for each in text)
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…"


def _read(chart: Chart) -> tuple[tuple[str, int], ...]:
    counts = Counter({name: len(entries) for name, entries in chart.resources.items() if entries})
    counts["Patient"] = int(chart.patient is not None)
    calls = sum(len(each) for each in chart.called.values())
    return tuple(sorted((+counts).items())) + ((("call", calls),) if calls else ())


def _strange_genes(chart: Chart, knowledge: KnowledgeBase) -> tuple[ChartFinding, ...]:
    known = {gene.symbol for gene in knowledge.genes()}
    return tuple(
        ChartFinding(
            "unknown-gene", place, f"The knowledge base has no gene {_printable(symbol)!r}: not used."
        )
        for symbol, calls in chart.called.items()
        if symbol not in known
        for place, _ in calls
    )


__all__ = ["report_of", "tested"]
