"""What the log holds: entries and their canonical text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from cds.log.errors import LogError

Kind = Literal["call", "feedback", "start"]


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One event to record."""

    id: str
    """Unique in the log; for a call the decision id that the caller got."""
    kind: Kind
    at: str
    """When it was received, an ISO 8601 instant with offset."""
    service: str | None
    hook: str | None
    status: int | None
    """The HTTP status of the answer, where there was one."""
    record: Mapping[str, object] = field(repr=False)
    """Everything else, as JSON; Decimals and Fractions are stored as text."""


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry as it stands in the log."""

    seq: int
    """Its place in the log, counted from 1 without gaps."""
    entry: LogEntry


def canonical(record: Mapping[str, object]) -> str:
    """The one text of a record: keys sorted, no spaces, UTF-8 encodable; raises `LogError`."""
    try:
        text = json.dumps(
            record,
            ensure_ascii=False,
            allow_nan=False,
            sort_keys=True,
            separators=(",", ":"),
            default=_exact_number,
        )
        text.encode()
    except (TypeError, ValueError) as error:
        # Type only: the text of the error may quote the record.
        raise LogError(f"the record is no JSON value ({type(error).__name__}); report this defect") from None
    return text


def _exact_number(value: object) -> str:
    if isinstance(value, Decimal | Fraction):
        return str(value)
    raise TypeError
