"""The tables of the log and the triggers that keep entries from being changed."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Connection, Integer, MetaData, Table, Text, event

SCHEMA_VERSION: Final = 1
"""The layout written here; a log with a greater one was made by newer software."""

METADATA: Final = MetaData()

LOG_SCHEMA: Final = Table(
    "log_schema",
    METADATA,
    Column("version", Integer, primary_key=True, autoincrement=False),
    sqlite_strict=True,
)

LOG_ENTRY: Final = Table(
    "log_entry",
    METADATA,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("id", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("service", Text),
    Column("hook", Text),
    Column("status", Integer),
    Column("record", Text, nullable=False),
    sqlite_strict=True,
)

_GUARDS: Final = {
    "sqlite": tuple(
        f"CREATE TRIGGER log_entry_no_{verb.lower()} BEFORE {verb} ON log_entry "
        "BEGIN SELECT RAISE(ABORT, 'entries of the log are never changed'); END"
        for verb in ("UPDATE", "DELETE")
    ),
    "postgresql": (
        "CREATE FUNCTION log_entry_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'entries of the log are never changed'; END $$",
        "CREATE TRIGGER log_entry_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON log_entry "
        "FOR EACH STATEMENT EXECUTE FUNCTION log_entry_refuse()",
    ),
}


@event.listens_for(LOG_ENTRY, "after_create")
def _guard(_: Table, connection: Connection, **__: object) -> None:
    for statement in _GUARDS[connection.dialect.name]:
        connection.exec_driver_sql(statement)
