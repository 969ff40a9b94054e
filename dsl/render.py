"""Diagnostics as text for people, as JSON for tools, and as SARIF for code review."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping

from dsl.diagnostics import CATALOGUE, Diagnostic, Fix
from dsl.syntax import Span

_WIDEST = 400
"""Characters of a source line that are shown; a longer one is cut around the caret."""

_UNSAFE = re.compile(r"[^A-Za-z0-9._~/-]")


def as_text(found: Iterable[Diagnostic], sources: Mapping[str, str]) -> str:
    """Each diagnostic with its line, caret and help; `sources` maps a path to the text of the file."""
    lines = {path: text.split("\n") for path, text in sources.items()}
    return "\n".join(_text(one, lines) for one in found)


def as_json(found: Iterable[Diagnostic]) -> str:
    """A JSON array, one object for each diagnostic."""
    return json.dumps([_plain(one) for one in found], indent=2, ensure_ascii=False)


def as_sarif(found: Iterable[Diagnostic]) -> str:
    """A SARIF 2.1.0 log with one run."""
    everything = list(found)
    codes = sorted({one.code for one in everything})
    rules = [{"id": code, "shortDescription": {"text": CATALOGUE[code].title}} for code in codes]
    results = [_result(one) for one in everything]
    driver = {"name": "bespoke check", "rules": rules}
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}],
    }
    return json.dumps(log, indent=2, ensure_ascii=False)


def explanation(code: str) -> str | None:
    """What `bespoke explain CODE` prints; None for a code that does not exist."""
    entry = CATALOGUE.get(code)
    if entry is None:
        return None
    avoid = "\n".join(f"    {line}" for line in entry.avoid.splitlines())
    prefer = "\n".join(f"    {line}" for line in entry.prefer.splitlines())
    return f"{code}: {entry.title}\n\n  Avoid\n{avoid}\n\n  Prefer\n{prefer}\n\n  Why\n    {entry.why}\n"


def _text(one: Diagnostic, sources: Mapping[str, list[str]]) -> str:
    lines = [f"{one.severity.value}[{one.code}]: {one.message}"]
    gutter = len(str(max([one.span.line, *(other.span.line for other in one.others)])))
    lines += _excerpt("-->", one.span, one.label, sources, gutter)
    for other in one.others:
        lines += _excerpt("also", other.span, other.text, sources, gutter)
    pad = " " * gutter
    notes = (("case", one.case), ("help", one.help), ("explain", f"bespoke explain {one.code}"))
    lines += [f"{pad} = {word}: {text}" for word, text in notes if text]
    return "\n".join(lines) + "\n"


def _excerpt(arrow: str, span: Span, label: str, sources: Mapping[str, list[str]], gutter: int) -> list[str]:
    pad = " " * gutter
    place = [f"{pad}{arrow} {span.path}:{span.line}:{span.column}"]
    source = sources.get(span.path, [])
    if span.line > len(source):
        return place
    line = "".join(each if each.isprintable() else " " for each in source[span.line - 1].rstrip())
    end = span.end_column if span.end_line == span.line else len(line) + 1
    cut = max(0, span.column - _WIDEST // 2) if len(line) > _WIDEST else 0
    line = line[cut : cut + _WIDEST]
    before = span.column - 1 - cut
    caret = " " * before + "^" * max(1, min(end - span.column, len(line) - before))
    return [
        *place,
        f"{pad} |",
        f"{span.line:>{gutter}} | {line}",
        f"{pad} | {caret}{' ' + label if label else ''}",
    ]


def _sentence(one: Diagnostic) -> str:
    parts = [one.message, one.label, f"case: {one.case}" if one.case else "", one.help]
    return "; ".join(part for part in parts if part)


def _plain(one: Diagnostic) -> dict[str, object]:
    named = {"code": one.code, "severity": one.severity.value, "message": one.message}
    optional = {
        "label": one.label,
        "case": one.case,
        "help": one.help,
        "related": [
            {
                "path": other.span.path,
                "line": other.span.line,
                "column": other.span.column,
                "text": other.text,
            }
            for other in one.others
        ],
        "fix": one.fix and {**_plain_span(one.fix.span), "replacement": one.fix.replacement},
    }
    return {**named, **_plain_span(one.span)} | {name: value for name, value in optional.items() if value}


def _plain_span(span: Span) -> dict[str, object]:
    return {
        "path": span.path,
        "line": span.line,
        "column": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }


def _result(one: Diagnostic) -> dict[str, object]:
    result: dict[str, object] = {
        "ruleId": one.code,
        "level": one.severity.value,
        "message": {"text": _sentence(one)},
        "locations": [{"physicalLocation": _location(one.span)}],
        "relatedLocations": [
            {"physicalLocation": _location(other.span), "message": {"text": other.text}}
            for other in one.others
        ],
    }
    return result if one.fix is None else {**result, "fixes": [_sarif_fix(one.fix, one.help)]}


def _sarif_fix(fix: Fix, description: str) -> dict[str, object]:
    place = _location(fix.span)
    replacement = {"deletedRegion": place["region"], "insertedContent": {"text": fix.replacement}}
    change = {"artifactLocation": place["artifactLocation"], "replacements": [replacement]}
    return {"description": {"text": description}, "artifactChanges": [change]}


def _location(span: Span) -> dict[str, object]:
    return {
        "artifactLocation": {"uri": _uri(span.path)},
        "region": {
            "startLine": span.line,
            "startColumn": span.column,
            "endLine": span.end_line,
            "endColumn": span.end_column,
        },
    }


def _uri(path: str) -> str:
    return _UNSAFE.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), path)
