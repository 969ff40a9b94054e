"""`bespoke kb diff`: what changed between two knowledge bases, and for whom."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from cds.cli.knowledge import named, opened
from kb.difference import Difference, Edition, Kind, RuleChange, difference


def diff(old: Path, new: Path, *, as_json: bool) -> int:
    """Prints what changed between two knowledge bases; see `bespoke kb diff --help`."""
    before, after = opened(old), opened(new)
    if before is None or after is None:
        return 2
    found = difference(before, after)
    if as_json:
        print(json.dumps(_plain(found, before, after), indent=2, ensure_ascii=False))
    else:
        print(f"- {named(before.knowledge)}\n+ {named(after.knowledge)}")
        if found.same_version:
            print(f"\n! THE FILES DIFFER, THE VERSION {after.knowledge.version} DOES NOT")
        for change in found.rules:
            print("\n" + "\n".join(_change_lines(change)))
        for file in found.files:
            print(f"\nfile {file.path}: {file.kind}")
            print("\n".join(f"  {field}" for field in file.fields), end="\n" if file.fields else "")
        if not found.rules and not found.files:
            print("no difference")
    return 1 if found.unnumbered else 0


def _change_lines(change: RuleChange) -> Iterator[str]:
    versions = [version for version in (change.old_version, change.new_version) if version]
    if len(versions) == 2 and versions[0] == versions[1]:
        del versions[1]
    kind = f"! {change.kind.upper()}" if change.kind is Kind.UNNUMBERED else change.kind.value
    yield f"rule {change.name} {' → '.join(versions)}: {kind}"
    yield from (f"  {part}" for part in (*change.parts, *change.description))
    answers = change.answers
    if answers is not None and answers.patient is not None:
        yield f"  for the patient with {answers.patient or 'any data'}"
        yield f"    old: {answers.old}"
        yield f"    new: {answers.new}"
    elif answers is not None and answers.proved:
        yield "  no answer changes: proved for all combinations of known and missing data"
    elif answers is not None:
        yield "  no patient found whose answer changes; that there is none is not proved"


def _plain(found: Difference, old: Edition, new: Edition) -> dict[str, object]:
    sides = {
        side: {"name": base.name, "version": base.version, "digest": base.digest}
        for side, base in (("old", old.knowledge), ("new", new.knowledge))
    }
    return {
        **sides,
        "same_version": found.same_version,
        "rules": [asdict(change) for change in found.rules],
        "files": [asdict(change) for change in found.files],
    }
