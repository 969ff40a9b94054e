"""A report as a person reads it in a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from enum import StrEnum
from itertools import groupby
from typing import NamedTuple

from cds.report.model import Answer, DrugEntry, GeneEntry, Report, Severity
from cds.report.words import HEADINGS, STATES, caveats, counted, for_whom, marks, origin, with_drugs

_WIDTH = 100
_BRIEF = frozenset({Severity.STANDARD, Severity.NO_RECOMMENDATION, Severity.LISTED, Severity.OUTSIDE})
"""Where an answer takes one line: nothing follows from it."""


class Style(StrEnum):
    """How a line is set off where the terminal can."""

    TITLE = "bold reverse"
    HEADING = "bold"
    DRUG = "bold cyan"
    WARNING = "bold red"
    PLAIN = ""
    FAINT = "dim"


class Line(NamedTuple):
    """One line, not longer than the screen is wide."""

    text: str
    style: Style = Style.PLAIN


def as_lines(report: Report) -> Iterator[Line]:
    """The report line by line."""
    yield Line("PHARMACOGENOMIC REPORT", Style.TITLE)
    yield from _head(report)
    for caveat in caveats(report):
        yield from _wrapped(f"! {caveat}", "  ", Style.WARNING)
    yield Line("")
    yield from _genes(report)
    yield from _drugs(report)
    yield from _foot(report)


def _head(report: Report) -> Iterator[Line]:
    person = report.person
    who = [person.identifier or "without an identifier", person.name]
    who += [f"born {person.born}" if person.born else "", person.gender]
    site = f", local codes {report.site_map[:12]}" if report.site_map else ""
    rows = [
        ("Patient", ", ".join(part for part in who if part)),
        ("As of", report.as_of.isoformat()),
        ("Knowledge base", f"{report.knowledge}, digest {report.digest[:12]}{site}"),
        ("Software", report.software),
        ("Read from", report.origin),
    ]
    for name, text in rows:
        yield from _wrapped(text, f"  {name:<16}")


def _genes(report: Report) -> Iterator[Line]:
    yield Line("GENES", Style.HEADING)
    tested = [entry for entry in report.genes if entry.tested]
    if tested:
        rows = [("gene", "result", "phenotype", "score"), *map(_cells, tested)]
        widths = [min(max(len(row[column]) for row in rows), 34) for column in range(4)]
        for row, entry in zip(rows, [None, *tested], strict=True):
            yield from _row(row, widths, Style.FAINT if entry is None else Style.PLAIN)
            if entry is not None and entry.reason:
                yield from _wrapped(entry.reason, "    ", Style.WARNING)
    missing = [entry.label for entry in report.genes if not entry.tested]
    if missing:
        yield from _wrapped(", ".join(missing), "  Not tested: ")
    yield Line("")


def _cells(entry: GeneEntry) -> tuple[str, str, str, str]:
    used = [seen for seen in entry.results if not seen.unused]
    texts = dict.fromkeys(seen.text for seen in used or entry.results if seen.text)
    phenotypes = " or ".join(entry.phenotypes)
    state = STATES[entry.state]
    shown = f"{phenotypes} ({state})" if phenotypes and state else phenotypes or state
    shown = "; ".join(filter(None, (shown, with_drugs(entry))))
    return entry.label, "; ".join(texts) or "-", shown, " or ".join(entry.scores)


def _row(cells: tuple[str, ...], widths: list[int], style: Style) -> Iterator[Line]:
    columns = [textwrap.wrap(cell, width) or [""] for cell, width in zip(cells, widths, strict=True)]
    for number in range(max(len(column) for column in columns)):
        parts = [column[number] if number < len(column) else "" for column in columns]
        padded = (part.ljust(width) for part, width in zip(parts, widths, strict=True))
        yield Line(f"  {'  '.join(padded)}".rstrip(), style)


def _drugs(report: Report) -> Iterator[Line]:
    yield Line("DRUGS, WEIGHTIEST FIRST", Style.HEADING)
    if not report.drugs:
        yield Line("  No guidance that may be shown.")
    for severity, entries in groupby(report.drugs, key=lambda entry: entry.severity):
        yield Line("")
        yield Line(f"{HEADINGS[severity]}", Style.HEADING)
        for entry in entries:
            yield from _drug(entry)
    yield Line("")


def _drug(entry: DrugEntry) -> Iterator[Line]:
    yield Line(f"  {entry.drug.display}", Style.DRUG)
    for answer in entry.answers:
        yield from _answer(answer)


def _answer(answer: Answer) -> Iterator[Line]:
    whom = for_whom(answer)
    told = f"{whom}: {answer.headline}" if whom else answer.headline
    said = f"{answer.source}: {told}"
    more = "; ".join([*marks(answer), *origin(answer)])
    if answer.severity is Severity.OUTSIDE:
        yield from _wrapped(said, "    ", Style.FAINT)
    elif answer.severity in _BRIEF:
        yield from _wrapped(f"{said} [{more}]", "    ")
    else:
        yield from _wrapped(said, "    ")
        keys = ", ".join(f"{gene} {words}" for gene, words in answer.keys)
        yield from _wrapped(f"by {keys}", "      ")
        if answer.rationale and not answer.guideline:
            yield from _wrapped(answer.rationale, "      ")
        yield from _wrapped(f"[{more}]", "      ", Style.FAINT)
    for note in answer.notes:
        yield from _wrapped(note, "      ")


def _foot(report: Report) -> Iterator[Line]:
    yield Line("READ", Style.HEADING)
    yield from _wrapped(counted(report), "  ")
    for finding in report.unread:
        yield from _wrapped(f"{finding.code} at {finding.path}: {finding.sentence}", "  ")
    if report.unmapped:
        codes = ", ".join(f"{code} ({count})" for code, count in report.unmapped)
        yield from _wrapped(codes, "  Codes that are not known here: ")
    yield Line("")
    yield Line("SOURCES", Style.HEADING)
    for source in report.sources:
        edition = source.version or source.published or "without an edition"
        yield from _wrapped(
            f"{source.title}. {source.publisher}, {edition}, read {source.read.isoformat()}. {source.url}",
            "  ",
        )


def _wrapped(text: str, first: str, style: Style = Style.PLAIN) -> Iterator[Line]:
    indent = " " * min(len(first), 18)
    for line in textwrap.wrap(
        text, _WIDTH, initial_indent=first, subsequent_indent=indent, break_on_hyphens=False
    ):
        yield Line(line, style)
