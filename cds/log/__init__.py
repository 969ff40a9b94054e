"""The decision log: what was asked, what was seen, what was answered and why.

open → append (durable before the answer leaves) → get → show
"""

from cds.log.decision_log import DecisionLog
from cds.log.entry import Kind, LogEntry, StoredEntry, canonical
from cds.log.errors import LogError, LogUnavailable
from cds.log.show import render

__all__ = [
    "DecisionLog",
    "Kind",
    "LogEntry",
    "LogError",
    "LogUnavailable",
    "StoredEntry",
    "canonical",
    "render",
]
