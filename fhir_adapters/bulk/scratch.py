"""Lines sorted by patient outside of memory: a temporary SQLite database without a name.

The lines of one patient are spread over all files, and files that are compressed cannot be sought in: so
they are written once more and sorted by merging, however many there are.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import groupby
from operator import itemgetter

from fhir_adapters.bulk.lines import Line
from fhir_adapters.errors import UnusableFolder

# The cache is also what SQLite sorts at a time: 32 MiB.
_SETUP = """
pragma journal_mode = off;
pragma cache_size = -32768;
create table own (patient text, file text, number integer, data blob);
create table shared (name text, file text, number integer, data blob);
create index shared_name on shared (name);
begin;
"""


class Scratch:
    """The lines of an export, put in once and taken out by patient."""

    __slots__ = ("_connection",)

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        connection.executescript(_SETUP)

    def add(self, patient_id: str, line: Line) -> None:
        """Keeps a line of one patient."""
        self._connection.execute(
            "insert into own values (?, ?, ?, ?)", (patient_id, line.file, line.number, line.data)
        )

    def share(self, name: str, line: Line) -> None:
        """Keeps a line that belongs to no patient, under the `Type/id` that references use."""
        self._connection.execute(
            "insert into shared values (?, ?, ?, ?)", (name, line.file, line.number, line.data)
        )

    def shared(self, name: str) -> list[Line]:
        """The lines kept under `Type/id`, in the order in which they came."""
        found = self._connection.execute(
            "select file, number, data from shared where name = ? order by rowid", (name,)
        )
        return [Line(*row) for row in found]

    def by_patient(self) -> Iterator[tuple[str, Iterator[Line]]]:
        """The lines of each patient as they came, patients in the order of the code points of their ids."""
        rows = self._connection.execute("select patient, file, number, data from own order by patient, rowid")
        for patient_id, found in groupby(rows, itemgetter(0)):
            yield patient_id, (Line(*row[1:]) for row in found)


@contextmanager
def scratch() -> Iterator[Scratch]:
    """An empty scratch file, gone at the end.

    Raises `UnusableFolder` where temporary files cannot be written, for lack of room above all.
    """
    try:
        # A database without a name has files without one: no copy of the records outlives the process.
        with closing(sqlite3.connect("", isolation_level=None)) as connection:
            yield Scratch(connection)
    except sqlite3.Error as error:
        raise UnusableFolder(
            f"temporary files cannot be written ({error}); set TMPDIR to a folder with room for three times "
            "the uncompressed export"
        ) from None
