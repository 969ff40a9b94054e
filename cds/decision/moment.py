"""The instant at which a chart is judged."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time


def parse_as_of(value: str | date) -> datetime:
    """The instant a date or a date and time with offset stands for; raises `ValueError`.

    A date alone stands for its last second in UTC, so that what happened on that day has happened.
    """
    if isinstance(value, str):
        whole_day = re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII) is not None
        value = date.fromisoformat(value) if whole_day else datetime.fromisoformat(value)
    if not isinstance(value, datetime):
        return datetime.combine(value, time(23, 59, 59), UTC)
    if value.tzinfo is None:
        raise ValueError("the instant has no offset")
    return value
