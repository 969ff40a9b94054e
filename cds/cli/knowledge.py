"""`bespoke kb list`, `build`, `verify` and `diff`."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from cds.cli import rules
from cds.cli.main import fail
from cds.guard import reasons_to_withhold
from dsl import Lifecycle, Rule, as_text
from dsl.attributes import source_attributes
from kb import (
    BUNDLED,
    Difference,
    Edition,
    KnowledgeBase,
    KnowledgeBaseError,
    Release,
    RuleChange,
    RuleErrors,
    difference,
    load,
    load_release,
    other_files,
    pack,
    read_release,
    read_sources,
    verify_release,
)


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """A table in columns, the first row its head; numbers stand to the right."""
    columns = list(zip(*rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    numeric = [all(cell.replace(".", "").isdigit() for cell in column[1:]) for column in columns]
    lines = (
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, numeric, strict=True)
        )
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)


# ---------------------------------------------------------------- list
def list_rules(kb: Path | None, status: str | None, on: str | None, *, as_json: bool) -> int:
    """Prints the rules of a knowledge base; see `bespoke kb list --help`."""
    try:
        day = date.today() if on is None else date.fromisoformat(on)
    except ValueError:
        return fail("--on: expected a date such as 2027-01-31")
    if status is not None and status not in tuple(Lifecycle):
        return fail(f"--status: expected one of {', '.join(Lifecycle)}")
    try:
        knowledge = _edition(kb or BUNDLED).knowledge
    except KnowledgeBaseError as error:
        return _unusable(error)
    chosen = [rule for rule in knowledge.rules if status is None or rule.status.value == status]
    chosen.sort(key=lambda rule: (rule.name, [int(part) for part in rule.version.split(".")]))
    if as_json:
        print(json.dumps([_plain_rule(rule, day) for rule in chosen], indent=2, ensure_ascii=False))
        return 0
    rows = [["rule", "version", "status", "effective", "review by", "drugs", "tests", "attributes"]]
    for rule in chosen:
        attributes = source_attributes(rule)
        until = f" to {rule.effective_until.isoformat()}" if rule.effective_until else ""
        rows.append(
            [
                rule.name,
                rule.version,
                rule.status.value,
                rule.effective_from.isoformat() + until,
                rule.review_by.isoformat() + (" OVERDUE" if rule.review_by < day else ""),
                ", ".join(rule.drugs),
                str(len(rule.tests)),
                f"{sum(text is not None for text in attributes.values())} of {len(attributes)}",
            ]
        )
    print(f"{knowledge.name} {knowledge.version}, digest {knowledge.digest}")
    print(aligned(rows) if chosen else f"no rule{f' in status {status}' if status else ''}")
    overdue = sum(rule.review_by < day for rule in chosen)
    print(f"{len(chosen)} rules, {overdue} overdue for review on {day.isoformat()}")
    return 0


def _plain_rule(rule: Rule, day: date) -> dict[str, object]:
    attributes = source_attributes(rule)
    missing = [name for name, text in attributes.items() if text is None]
    return {
        "rule": rule.name,
        "version": rule.version,
        "title": rule.title,
        "status": rule.status.value,
        "effective_from": rule.effective_from.isoformat(),
        "effective_until": rule.effective_until.isoformat() if rule.effective_until else None,
        "review_by": rule.review_by.isoformat(),
        "overdue": rule.review_by < day,
        "drugs": list(rule.drugs),
        "genes": list(rule.genes),
        "tests": len(rule.tests),
        "attributes": {
            "present": len(attributes) - len(missing),
            "needed": len(attributes),
            "missing": missing,
        },
    }


# ---------------------------------------------------------------- build and verify
def build(kb: Path | None, output: Path | None) -> int:
    """Checks a knowledge base and writes its release; see `bespoke kb build --help`."""
    root = kb or BUNDLED
    if not root.is_dir():
        return fail(f"{root}: no such folder; a knowledge base is a folder with `kb.toml`")
    try:
        knowledge = load(root, reasons_to_withhold)
        content = pack(knowledge, read_sources(root))
    except RuleErrors as error:
        print(as_text(error.diagnostics, error.sources))
        return _faulty(f"{error}; nothing was written")
    except KnowledgeBaseError as error:
        # Prints each test that fails; any other fault is said in one sentence there.
        return rules.test([root], root, coverage=False, as_json=False) or _faulty(error)
    if knowledge.warnings:
        print(as_text(knowledge.warnings, rules_of(root)), file=sys.stderr)
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", f"{knowledge.name}-{knowledge.version}.release")
    target = output or Path(name)
    try:
        if target.exists():
            there = read_release(target)
            if (there.name, there.version) == (knowledge.name, knowledge.version) and (
                there.digest != knowledge.digest
            ):
                return _faulty(
                    f"{target}: holds version {there.version} with other content; "
                    "give the change a new version in `kb.toml`"
                )
        _write(target, content)
    except KnowledgeBaseError as error:
        return fail(f"{error}; name a new file with --output")
    except OSError as error:
        return fail(f"{target}: cannot be written ({error.strerror}); name another file with --output")
    print(f"{target}: {knowledge.name} {knowledge.version}, {len(knowledge.rules)} rules, {len(content)} bytes")
    print(f"digest of the sources {knowledge.digest}")
    return 0


def _write(target: Path, content: bytes) -> None:
    """The file whole or not at all; raises OSError."""
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with partial.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(target)
    except OSError:
        partial.unlink(missing_ok=True)
        raise


def verify(path: Path, against: Path | None, *, as_json: bool) -> int:
    """Checks a release or folder; see `bespoke kb verify --help`."""
    for each in (path, against):
        if each is not None and not each.exists():
            return fail(f"{each}: no such file or folder")
    try:
        edition = _edition(path)
        ...
    except KnowledgeBaseError as error:
        ...
    return 0
