"""The decision log: every call, its evaluation and its answer, durable before the answer leaves."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Self

from sqlalchemy import Connection, func, insert, inspect, select, text
from sqlalchemy.exc import SQLAlchemyError

from cds.log.database import engine_of, public_name
from cds.log.entry import LogEntry, StoredEntry, canonical
from cds.log.errors import LogError, LogUnavailable
from cds.log.schema import LOG_ENTRY, LOG_SCHEMA, METADATA, SCHEMA_VERSION

# Writers of PostgreSQL take turns, so that `seq` has neither gaps nor forks; SQLite has one writer anyway.
_TAKE_TURN = text("LOCK TABLE log_entry IN EXCLUSIVE MODE")
_NEXT_SEQ = select(func.coalesce(func.max(LOG_ENTRY.c.seq), 0) + 1).scalar_subquery()
_APPEND = insert(LOG_ENTRY).values(seq=_NEXT_SEQ).returning(LOG_ENTRY.c.seq)


class DecisionLog:
    """An append-only log in SQLite or PostgreSQL. One writer at a time; use from any thread."""

    def __init__(self, url: str, *, read_only: bool) -> None:
        self._engine = engine_of(url, read_only=read_only)
        self._name = public_name(url)
        self._takes_turns = self._engine.dialect.name == "postgresql"

    @classmethod
    def open(cls, url: str) -> Self:
        """The log at `url`, made there if there is none; raises `LogError`.

        `sqlite:///FILE` or `postgresql+psycopg://…`.
        """
        log = cls(url, read_only=False)
        with log._opening() as connection:
            if not inspect(connection).has_table(LOG_SCHEMA.name):
                METADATA.create_all(connection)
                connection.execute(insert(LOG_SCHEMA).values(version=SCHEMA_VERSION))
            _check_version(connection)
        return log

    @classmethod
    def open_read_only(cls, url: str) -> Self:
        """The existing log at `url`, for looking only; raises `LogError`."""
        log = cls(url, read_only=True)
        with log._opening() as connection:
            if not inspect(connection).has_table(LOG_SCHEMA.name):
                raise LogError("the database holds no decision log; name the service's own with --db")
            _check_version(connection)
        return log

    def append(self, entry: LogEntry) -> int:
        """Stores an entry and gives its `seq`; it is on disk when this returns.

        Raises `LogUnavailable` when the database fails (nothing is stored then) and `LogError` for a record
        that is no JSON value.
        """
        row = {
            "id": entry.id,
            "kind": entry.kind,
            "at": entry.at,
            "service": entry.service,
            "hook": entry.hook,
            "status": entry.status,
            "record": canonical(entry.record),
        }
        with self._available(), self._engine.begin() as connection:
            if self._takes_turns:
                connection.execute(_TAKE_TURN)
            return int(connection.execute(_APPEND, row).scalar_one())

    def get(self, id: str) -> StoredEntry | None:
        """The entry with this id, None when there is none; raises `LogUnavailable`."""
        with self._available(), self._engine.connect() as connection:
            row = connection.execute(select(LOG_ENTRY).where(LOG_ENTRY.c.id == id)).one_or_none()
        if row is None:
            return None
        record = json.loads(row.record, parse_float=Decimal)
        return StoredEntry(
            row.seq, LogEntry(row.id, row.kind, row.at, row.service, row.hook, row.status, record)
        )

    def calls(self) -> Iterator[Mapping[str, object]]:
        """The records of all calls in their order, read as they are taken; raises `LogUnavailable`."""
        calls = select(LOG_ENTRY.c.record).where(LOG_ENTRY.c.kind == "call").order_by(LOG_ENTRY.c.seq)
        with self._available(), self._engine.connect() as connection:
            for row in connection.execute(calls.execution_options(yield_per=500)):
                yield json.loads(row.record, parse_float=Decimal)

    def count(self) -> int:
        """How many entries there are; raises `LogUnavailable`."""
        with self._available(), self._engine.connect() as connection:
            return int(connection.execute(select(func.count()).select_from(LOG_ENTRY)).scalar_one())

    def close(self) -> None:
        """Releases the database; the log cannot be used afterwards."""
        self._engine.dispose()

    @contextmanager
    def _available(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            # Type only: the text of the error quotes the statement with the record in it.
            raise LogUnavailable(
                f"the decision log cannot be used ({_kind_of(error)}); check the disk and the database"
            ) from None

    @contextmanager
    def _opening(self) -> Iterator[Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            self._engine.dispose()
            raise LogError(
                f"the log at {self._name} cannot be opened ({_kind_of(error)}); "
                "name a log of this service, or a new file, with --db"
            ) from None
        except LogError:
            self._engine.dispose()
            raise


def _check_version(connection: Connection) -> None:
    version = connection.execute(select(func.max(LOG_SCHEMA.c.version))).scalar_one()
    if version != SCHEMA_VERSION:
        raise LogError(
            f"the log has layout {version}, this software writes {SCHEMA_VERSION}; "
            "use the software that made it, or name another log with --db"
        )


def _kind_of(error: SQLAlchemyError) -> str:
    """What failed, in the words of the database, where these cannot quote data."""
    cause = getattr(error, "orig", None)
    code = getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None)
    return str(code or type(cause or error).__name__)
