"""The log in PostgreSQL, on a throw-away server (`make e2e`)."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from cds.log import DecisionLog, LogError, LogUnavailable, StoredEntry
from tests.cds.log.support import CANARY, entry

pytestmark = pytest.mark.e2e


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    if not found and on_path is None:
        pytest.skip("PostgreSQL is not installed: initdb was not found")
    return found[-1].parent if found else Path(str(on_path)).parent


class Server:
    """A server that listens on a socket in its own folder only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._programs = _programs()
        # The server refuses to run as the superuser.
        self._user = "postgres" if os.geteuid() == 0 else None
        if self._user:
            shutil.chown(folder, self._user)
        self._run("initdb", "-D", str(folder / "data"), "-U", "log", "-A", "trust", "--no-sync")
        self.start()

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://log:{CANARY}@/postgres?host={self._folder}"

    def start(self) -> None:
        options = f"-c listen_addresses='' -k {self._folder}"
        self._run(
            "pg_ctl", "-D", f"{self._folder}/data", "-o", options, "-l", f"{self._folder}/log", "-w", "start"
        )

    def stop(self) -> None:
        self._run("pg_ctl", "-D", f"{self._folder}/data", "-m", "immediate", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), *arguments]
        subprocess.run(
            command,
            check=True,
            user=self._user,
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
        )


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    # pytest's own folders are closed to other users, and a socket's path must be short.
    with tempfile.TemporaryDirectory(prefix="pg") as folder:
        started = Server(Path(folder))
        yield started
        started.stop()


def test_the_log_keeps_its_promises(server: Server) -> None:
    with pytest.raises(LogError, match="holds no decision log"):
        DecisionLog.open_read_only(server.url)
    log = DecisionLog.open(server.url)
    assert [log.append(entry("d-1", text="µ\x00\n")), log.append(entry("d-2"))] == [1, 2]
    assert log.get("d-1") == StoredEntry(1, entry("d-1", text="µ\x00\n"))
    with pytest.raises(LogUnavailable, match="23505") as caught:
        log.append(entry("d-1", name=CANARY))
    assert CANARY not in str(caught.value)
    assert log.append(entry("d-3")) == 3, "a failed append leaves no gap"
    looking = DecisionLog.open_read_only(server.url)
    with pytest.raises(LogUnavailable, match="25006"):
        looking.append(entry("d-4"))
    looking.close()
    engine = create_engine(server.url)
    for statement in ("UPDATE log_entry SET status = 1", "DELETE FROM log_entry", "TRUNCATE log_entry"):
        with engine.connect() as connection, pytest.raises(DBAPIError, match="never changed"):
            connection.execute(text(statement))
    engine.dispose()

    def write(name: int) -> None:
        other = DecisionLog.open(server.url)
        for number in range(25):
            other.append(entry(f"{name}-{number}"))
        other.close()

    threads = [threading.Thread(target=write, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (log.count(), log.append(entry("last"))) == (103, 104)

    server.stop()
    with pytest.raises(LogUnavailable):
        log.append(entry("while down", name=CANARY))
    with pytest.raises(LogError, match="cannot be opened") as refused:
        DecisionLog.open(server.url)
    assert CANARY not in str(refused.value)
    server.start()
    assert log.append(entry("back")) == 105
    log.close()
