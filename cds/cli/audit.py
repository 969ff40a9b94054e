"""`bespoke audit`: reading the decision log."""

from __future__ import annotations

import sys

from cds.cli.main import fail
from cds.log import DecisionLog, LogError, LogUnavailable, canonical, render


def show(id: str, db: str, *, as_json: bool) -> int:
    """Prints one entry; see `bespoke audit show --help`."""
    try:
        log = DecisionLog.open_read_only(db)
    except LogError as error:
        return fail(error)
    try:
        stored = log.get(id)
    except LogUnavailable as error:
        return fail(error)
    finally:
        log.close()
    if stored is None:
        print("bespoke: the log has no entry with this id; see the header X-Decision-Id", file=sys.stderr)
        return 1
    entry = stored.entry
    if as_json:
        plain = {
            "id": entry.id, "seq": stored.seq, "kind": entry.kind, "at": entry.at, "service": entry.service,
            "hook": entry.hook, "status": entry.status, "record": entry.record,
        }  # fmt: skip
        print(canonical(plain))
    else:
        print(render(stored), end="")
    return 0
