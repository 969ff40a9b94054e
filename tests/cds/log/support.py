"""Shared by the tests of `cds.log`."""

from __future__ import annotations

from typing import Any

from cds.log import LogEntry

CANARY = "Zuckerkandl-4711"


def entry(id: str = "d-1", **record: Any) -> LogEntry:
    """A call of no consequence."""
    return LogEntry(id, "call", "2026-11-20T12:00:00+00:00", "safety", "order-sign", 200, record)
