"""`bespoke kb list`, `build` and `verify`, and how the commands about knowledge bases open them."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr
from datetime import date
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from cds.cli import rules
from cds.cli.main import fail
from cds.decision import parse_as_of
from cds.guard import reasons_to_withhold
from dsl import Lifecycle, Rule, as_text
from dsl.checker.attributes import source_attributes
from kb import BUNDLED, KnowledgeBase, KnowledgeBaseError, RuleErrors, load
from kb.difference import Edition
from kb.release import (
    Release,
    load_release,
    other_files,
    other_rules,
    pack,
    read_release,
    read_sources,
    write_files,
)


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """A table in columns, the first row its head; numbers stand to the right."""
    columns = list(zip(*rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    numeric = [all(re.fullmatch(r"[0-9]+(\.[0-9]+)?", cell) for cell in column[1:]) for column in columns]
    lines = (
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, numeric, strict=True)
        )
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)


def opened(path: Path) -> Edition | None:
    """The knowledge base in a folder or release; None if it cannot be used, which then is said why."""
    try:
        edition, faults = _compiled(path)
    except RuleErrors as error:
        print(as_text(error.diagnostics, error.sources), file=sys.stderr)
        fail(f"{path}: {error}")
    except KnowledgeBaseError as error:
        fail(error)
    except OSError as error:
        fail(f"{path}: cannot be read ({error.strerror})")
    else:
        if not faults:
            return edition
        fail(f"{path}: {faults[0]}; see `bespoke kb verify`")
    return None


def named(knowledge: KnowledgeBase) -> str:
    """Name, version and digest."""
    return f"{knowledge.name} {knowledge.version}, digest {knowledge.digest}"


def _compiled(path: Path) -> tuple[Edition, list[str]]:
    """A folder or release with its files, all compiled anew, and how the release differs from that.

    Raises `KnowledgeBaseError` and OSError.
    """
    if not os.path.isfile(path):
        return Edition(load(path, reasons_to_withhold), read_sources(path)), []
    release = read_release(path)
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        try:
            write_files(release, folder)
            knowledge = load(folder, reasons_to_withhold)
            faults = other_rules(load_release(release), knowledge)
        except RuleErrors:
            raise
        except KnowledgeBaseError as error:
            raise KnowledgeBaseError(f"{path}: {error}".replace(f"{scratch}/", "")) from None
    return Edition(knowledge, release.files), list(faults)


# ---------------------------------------------------------------- list
def day_of(on: str | None) -> date | None:
    """The day that is named, today without one; None for what is no day, which then is said."""
    try:
        return date.today() if on is None else parse_as_of(on).date()
    except ValueError:
        fail("--on: expected a date such as 2027-01-31")
        return None


def list_rules(kb: Path | None, status: str | None, on: str | None, *, as_json: bool) -> int:
    """Prints the rules of a knowledge base; see `bespoke kb list --help`."""
    day = day_of(on)
    if day is None:
        return 2
    if status is not None and status not in tuple(Lifecycle):
        return fail(f"--status: expected one of {', '.join(Lifecycle)}")
    edition = opened(kb or BUNDLED)
    if edition is None:
        return 2
    knowledge = edition.knowledge
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
    print(named(knowledge))
    print(aligned(rows) if chosen else f"no rule{f' in status {status}' if status else ''}")
    overdue = sum(rule.review_by < day for rule in chosen)
    print(f"{len(chosen)} rules, {overdue} overdue for review on {day.isoformat()}")
    if knowledge.drug_index.edition:
        print("\n".join(("", f"drug codes: {knowledge.drug_index.edition}", *knowledge.drug_index.remarks)))
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
    if not os.path.isdir(root):
        return fail(f"{root}: no such folder; a knowledge base is a folder with `kb.toml`")
    try:
        knowledge = load(root, reasons_to_withhold)
        files = read_sources(root)
        content = pack(knowledge, files)
    except RuleErrors as error:
        print(as_text(error.diagnostics, error.sources))
        return _faulty(f"{error}; nothing was written")
    except KnowledgeBaseError as error:
        with redirect_stderr(StringIO()):
            # Shows the tests that fail; what else is wrong is in the sentence alone.
            rules.test([root], root, coverage=False, as_json=False)
        return _faulty(f"{error}; nothing was written")
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", f"{knowledge.name}-{knowledge.version}.release")
    target = output or Path(name)
    try:
        if target.exists() and _is_bound(read_release(target), knowledge):
            return _faulty(
                f"{target}: holds version {knowledge.version} with other content; "
                "give what changed a new version in `kb.toml`"
            )
        write_whole(target, content)
    except KnowledgeBaseError as error:
        return fail(f"{error}; it is not replaced, name another file with --output")
    except OSError as error:
        return fail(f"{target}: cannot be written ({error.strerror}); name another file with --output")
    if knowledge.warnings:
        print(as_text(knowledge.warnings, files), file=sys.stderr)
    print(f"{target}: {named(knowledge)}, {len(knowledge.rules)} rules, {len(content)} bytes")
    return 0


def _is_bound(there: Release, knowledge: KnowledgeBase) -> bool:
    """Whether the version was released with other content before (H-121)."""
    same = (there.name, there.version) == (knowledge.name, knowledge.version)
    return same and there.digest != knowledge.digest


def write_whole(target: Path, content: bytes) -> None:
    """The file whole or not at all, in place of the one that is there; raises OSError."""
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
    """Checks a release, or a folder; see `bespoke kb verify --help`."""
    if not os.path.exists(path):
        return fail(f"{path}: no such file or folder; expected a release or a knowledge base")
    if against is not None and not os.path.isdir(against):
        return fail(f"--against: {against} is no folder; expected the one that the release was built from")
    faults: list[str] = []
    what = ""
    try:
        edition, faults = _compiled(path)
        what = f"{named(edition.knowledge)}, {len(edition.knowledge.rules)} rules"
        if against is not None:
            others = other_files(edition.files, read_sources(against))
            faults += [f"it was not built from {against}", *others] if others else []
    except RuleErrors as error:
        print(as_text(error.diagnostics, error.sources), file=sys.stderr)
        faults = [str(error)]
    except KnowledgeBaseError as error:
        faults = [str(error).removeprefix(f"{path}: ")]
    except OSError as error:
        return fail(f"{path}: cannot be read ({error.strerror})")
    if as_json:
        print(json.dumps({"sound": not faults, "faults": faults}, indent=2, ensure_ascii=False))
    elif not faults:
        print(f"{path}: sound, {what}")
    if faults:
        more = f"; and {len(faults) - _SAID} more, see --json" if len(faults) > _SAID else ""
        return _faulty(f"{path}: {'; '.join(faults[:_SAID])}{more}")
    return 0


_SAID = 5
"""So many faults are named in a sentence."""


def _faulty(sentence: str) -> int:
    """One sentence on standard error, and the exit code of what was looked at and is not right."""
    fail(sentence)
    return 1
