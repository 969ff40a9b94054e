"""From a database URL to an engine with the settings a durable log needs."""

from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from cds.log.errors import LogError

BUSY_SECONDS: Final = 2.0
"""How long a writer waits for another process that holds the database."""

_EXPECTED: Final = "expected sqlite:///FILE or postgresql+psycopg://USER@HOST/DATABASE"
_OWNER_ONLY: Final = 0o600


def engine_of(url: str, *, read_only: bool) -> Engine:
    """An engine with one connection; raises `LogError` for a URL that cannot be a log's."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise LogError(f"the database URL cannot be read: {_EXPECTED}") from None
    if parsed.drivername == "sqlite":
        return _sqlite(parsed, read_only)
    if parsed.drivername == "postgresql+psycopg":
        return _postgresql(parsed, read_only)
    raise LogError(f"the database URL names another kind of database: {_EXPECTED}")


def public_name(url: str) -> str:
    """The URL without its password, for messages."""
    return make_url(url).render_as_string(hide_password=True)


def _sqlite(url: URL, read_only: bool) -> Engine:
    name = url.database
    if not name or name == ":memory:" or url.query or name.startswith("file:"):
        raise LogError("the log needs a database file: expected sqlite:///FILE, without parameters")
    path = Path(name)
    if read_only:
        if not path.is_file():
            raise LogError(f"there is no log at {path}; name the one the service writes with --db")
    else:
        _make_private_file(path)
    # One connection does writes and checkpoints (SQLite before 3.51.3 can corrupt a log that several
    # connections checkpoint), and no second process is waited for longer than a caller would wait.
    query = {"mode": "ro" if read_only else "rw", "uri": "true"}
    engine = create_engine(
        URL.create("sqlite", database=f"file:{_uri_path(path)}", query=query),
        pool_size=1,
        max_overflow=0,
        connect_args={"timeout": BUSY_SECONDS},
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _: object) -> None:
        if not read_only:
            _use_wal(connection)
            connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # The driver begins late, which would leave the making of tables outside of a transaction.
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine


def _use_wal(connection: sqlite3.Connection) -> None:
    deadline = monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL").fetchall()
            return
        except sqlite3.OperationalError as error:
            # When several open a new file at once, SQLite refuses all but one without its busy timeout.
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or monotonic() > deadline:
                raise
            sleep(0.01)


def _make_private_file(path: Path) -> None:
    """An empty file that only its owner can read, unless there is one with content already."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _OWNER_ONLY)
        try:
            state = os.fstat(descriptor)
            if state.st_size == 0 and stat.S_ISREG(state.st_mode):
                os.fchmod(descriptor, _OWNER_ONLY)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise LogError(
            f"the log {path} cannot be written ({error.strerror}); name a file in a writable folder with --db"
        ) from None


def _uri_path(path: Path) -> str:
    return path.absolute().as_posix().replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def _postgresql(url: URL, read_only: bool) -> Engine:
    engine = create_engine(url, pool_size=1, max_overflow=0, connect_args={"connect_timeout": 5})

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _: object) -> None:
        connection.execute("SET synchronous_commit = on")
        if read_only:
            connection.execute("SET default_transaction_read_only = on")
        connection.commit()

    return engine
