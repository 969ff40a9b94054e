"""The errors of `cds.log`.

LogError            the log cannot be opened, or a record cannot be stored in it at all
└── LogUnavailable  the database failed while reading or writing; nothing was recorded
"""

from __future__ import annotations


class LogError(Exception):
    """One sentence that says what is wrong with the log and what to do; never holds a record."""


class LogUnavailable(LogError):
    """The database could not be read or written now: disk full, locked, read-only, gone."""
