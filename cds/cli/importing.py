"""`bespoke kb import cpic|dpwg|fda`: rule files from a table of guideline facts."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from cds.cli.knowledge import write_whole
from cds.cli.main import fail
from kb import KnowledgeBaseError
from kb.importing import CPIC, DPWG, FDA, Plan, plan
from kb.importing.difference import Kind

SOURCES = {source.name: source for source in (CPIC, DPWG, FDA)}


def run(
    source: str, facts: Path, drugs: Sequence[Path], kb: Path, reviewed: Path | None = None, *, write: bool
) -> int:
    """Says what an import changes, and writes it if asked to; see `bespoke kb import cpic --help`."""
    if not os.path.isdir(kb):
        return fail(f"{kb}: no such folder; a knowledge base is a folder with `kb.toml`")
    try:
        planned = plan(SOURCES[source], facts, drugs, kb, reviewed)
    except KnowledgeBaseError as error:
        fail(error)
        return 1
    if planned.faults:
        for fault in planned.faults:
            fail(fault)
        fail(f"{len(planned.faults)} faults in {facts}; nothing was written")
        return 1
    print("\n".join(_report(planned)))
    for line in (*planned.doubts, *planned.left_out):
        print(line)
    if not write:
        return 0
    for each in planned.to_write:
        target = kb / each.path
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            write_whole(target, each.text.encode())
        except OSError as error:
            return fail(f"{target}: cannot be written ({error.strerror})")
    told = f"; now give {kb / 'kb.toml'} a new version" if planned.to_write else ""
    print(f"{len(planned.to_write)} files written{told}")
    return 0


def _report(planned: Plan) -> Iterator[str]:
    every = (*planned.rules, *planned.drugs, *((planned.sources,) if planned.sources else ()))
    for each in every:
        yield f"{each.path.as_posix()}: {each.change.kind}"
        if each.change.kind is not Kind.EQUAL:
            yield from (f"  {rule}" for rule in (*each.change.reviews, *each.rows))
        yield from (f"  {line}" for line in each.change.lines)
    counts = Counter(each.change.kind for each in planned.rules)
    counted = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()))
    yield f"{len(planned.rules)} rule files: {counted}; {len(planned.drugs)} drugs to add"
