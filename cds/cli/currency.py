"""`bespoke kb list --coverage` and `--stale`: what the knowledge covers, and what of it is out of date."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from cds.cli.knowledge import aligned, day_of, named, opened
from cds.cli.main import fail
from kb import BUNDLED, KnowledgeBaseError
from kb.coverage import LEVEL_A, Coverage, Pair, coverage, read_pairs
from kb.currency import Stale
from kb.currency import stale as out_of_date

_HEAD = ["source", "drugs", "genes", "pairs", "rules", "active", "draft", "rows", "with advice", "entry only"]


def covered(kb: Path | None, *, as_json: bool) -> int:
    """Prints what the rules cover; see `bespoke kb list --help`."""
    edition = opened(kb or BUNDLED)
    if edition is None:
        return 2
    try:
        found = coverage(edition.knowledge, read_pairs(edition.files))
    except KnowledgeBaseError as error:
        return fail(f"{kb or BUNDLED}: {error}")
    if as_json:
        print(json.dumps(_plain(found), indent=2, ensure_ascii=False))
        return 0
    rows = [
        [
            *map(str, (each.source, each.drugs, each.genes, each.pairs, each.rules)),
            *map(str, (each.active, each.rules - each.active, each.rows)),
            *map(str, (each.rows - each.entry_only, each.entry_only)),
        ]
        for each in (*found.sources, found.total)
    ]
    print(named(edition.knowledge))
    print(aligned([_HEAD, *rows]))
    if not found.level_a:
        print(f"level-A pairs: the knowledge base has no list of them ({LEVEL_A})")
        return 0
    print(
        f"level-A pairs of CPIC ({found.edition}): {len(found.covered)} of {found.level_a} covered, "
        f"{len(found.active)} by an active rule"
    )
    print(f"not covered: {', '.join(map(_words, found.missing)) or 'none'}")
    return 0


def _words(pair: Pair) -> str:
    return f"{pair.gene} and {pair.drug}"


def _plain(found: Coverage) -> dict[str, object]:
    return {
        "sources": [asdict(each) for each in found.sources],
        "total": asdict(found.total),
        "level_a": {
            "edition": found.edition,
            "pairs": found.level_a,
            "covered": len(found.covered),
            "covered_by_active_rules": len(found.active),
            "not_covered": [asdict(pair) for pair in found.missing],
        },
    }


def stale(kb: Path | None, on: str | None, *, as_json: bool) -> int:
    """Prints what is out of date on a day; see `bespoke kb list --help`."""
    day = day_of(on)
    edition = None if day is None else opened(kb or BUNDLED)
    if day is None or edition is None:
        return 2
    found = out_of_date(edition.knowledge, day)
    if as_json:
        print(
            json.dumps(
                {"as_of": day.isoformat(), "stale": [_plain_stale(each) for each in found]},
                indent=2,
                ensure_ascii=False,
            )
        )
        return 0
    print(named(edition.knowledge))
    print(_listed(found) if found else "nothing is out of date: no review is overdue, no source either")
    print(f"{len(found)} out of date on {day.isoformat()}")
    return 0


def _listed(found: tuple[Stale, ...]) -> str:
    rows = [["days", "since", "what", "why", "rules"]]
    rows += [
        [
            str(each.days),
            each.since.isoformat(),
            each.name,
            each.why.value + (f": {each.replaced_by}" if each.replaced_by else ""),
            ", ".join(each.rules) or "-",
        ]
        for each in found
    ]
    return aligned(rows)


def _plain_stale(each: Stale) -> dict[str, object]:
    return {
        "name": each.name,
        "why": each.why.name.lower(),
        "since": each.since.isoformat(),
        "days": each.days,
        "replaced_by": each.replaced_by,
        "rules": list(each.rules),
    }
