"""The log in SQLite: durable, append-only, and clear about what is wrong."""

from __future__ import annotations

import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds.log import DecisionLog, LogEntry, LogError, LogUnavailable, StoredEntry, canonical
from tests.cds.log.support import CANARY, entry


def test_an_entry_comes_back_as_it_was_stored(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/log.db"
    log = DecisionLog.open(url)
    first = entry("d-1", b=[None, True, 2, "µ\x00\n"], a={})
    second = LogEntry("s-1", "start", "2026-11-20T12:00:00Z", None, None, None, {})
    assert [log.append(first), log.append(second)] == [1, 2]
    assert log.get("d-1") == StoredEntry(1, first)
    assert log.get("s-1") == StoredEntry(2, second)
    assert log.get("absent") is None
    assert log.count() == 2
    log.close()
    again = DecisionLog.open(url)
    assert again.append(entry("d-2")) == 3
    again.close()
    looking = DecisionLog.open_read_only(url)
    assert looking.count() == 3
    looking.close()


def test_records_are_stored_in_canonical_form(tmp_path: Path) -> None:
    """The same record must give the same bytes, or replay and proof compare formatting."""
    record: dict[str, Any] = {
        "b": Decimal("70.50"),
        "a": [Fraction(1, 3), Fraction(77)],
        "µ": {"z": 1, "y": None},
    }
    expected = '{"a":["1/3","77"],"b":"70.50","µ":{"y":null,"z":1}}'
    assert canonical(record) == expected
    log = DecisionLog.open(f"sqlite:///{tmp_path}/log.db")
    log.append(entry(**record))
    log.close()
    with sqlite3.connect(tmp_path / "log.db") as raw:
        assert raw.execute("SELECT record FROM log_entry").fetchone() == (expected,)
    raw.close()


@pytest.mark.parametrize("value", [float("nan"), {1}, b"x", object(), "\ud800", {1: "a", "b": 2}])
def test_a_record_that_is_no_json_is_refused_without_quoting_it(tmp_path: Path, value: object) -> None:
    log = DecisionLog.open(f"sqlite:///{tmp_path}/log.db")
    with pytest.raises(LogError) as caught:
        log.append(entry(name=CANARY, value=value))
    assert not isinstance(caught.value, LogUnavailable)
    assert CANARY not in str(caught.value)
    assert log.count() == 0
    log.close()


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@settings(max_examples=50)
@given(st.dictionaries(st.text(), _JSON, max_size=5), st.randoms())
def test_canonical_text_keeps_the_value_and_forgets_the_order(
    record: dict[str, object], random: Random
) -> None:
    text = canonical(record)
    assert json.loads(text) == record
    shuffled = random.sample(list(record.items()), len(record))
    assert canonical(dict(shuffled)) == text


def test_h135_sqlite_is_set_for_durability(tmp_path: Path) -> None:
    file = tmp_path / "log.db"
    log = DecisionLog.open(f"sqlite:///{file}")
    log.append(entry())
    with log._engine.connect() as connection:
        settings = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
        strict = connection.exec_driver_sql(
            "SELECT min(strict) FROM pragma_table_list WHERE name LIKE 'log\\_%' ESCAPE '\\'"
        )
        assert strict.scalar_one() == 1
    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 2000}
    assert {path.suffix for path in tmp_path.iterdir()} == {".db", ".db-wal", ".db-shm"}
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
    log.close()


def test_h142_an_empty_readable_file_is_made_private(tmp_path: Path) -> None:
    file = tmp_path / "log.db"
    file.touch(0o666)
    file.chmod(0o666)
    DecisionLog.open(f"sqlite:///{file}").close()
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("statement", ["UPDATE log_entry SET status = 1", "DELETE FROM log_entry"])
def test_h132_entries_cannot_be_changed_by_plain_sql(tmp_path: Path, statement: str) -> None:
    log = DecisionLog.open(f"sqlite:///{tmp_path}/log.db")
    log.append(entry())
    with (
        sqlite3.connect(tmp_path / "log.db") as raw,
        pytest.raises(sqlite3.IntegrityError, match="never changed"),
    ):
        raw.execute(statement)
    raw.close()
    assert log.get("d-1") == StoredEntry(1, entry())
    log.close()


def test_an_id_is_stored_once(tmp_path: Path) -> None:
    log = DecisionLog.open(f"sqlite:///{tmp_path}/log.db")
    log.append(entry("d-1"))
    with pytest.raises(LogUnavailable):
        log.append(entry("d-1", name=CANARY))
    assert log.append(entry("d-2")) == 2
    log.close()


def test_threads_share_a_log(tmp_path: Path) -> None:
    log = DecisionLog.open(f"sqlite:///{tmp_path}/log.db")
    seqs: list[int] = []

    def write(name: int) -> None:
        seqs.extend(log.append(entry(f"{name}-{number}")) for number in range(25))

    threads = [threading.Thread(target=write, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seqs) == list(range(1, 101))
    log.close()


def test_h134_processes_share_a_log_without_gaps(tmp_path: Path) -> None:
    """Opened at once on a file that does not exist yet, then written by four."""
    program = (
        "import sys; from cds.log import DecisionLog; from tests.cds.log.support import entry\n"
        "log = DecisionLog.open(sys.argv[1])\n"
        "for number in range(25): log.append(entry(f'{sys.argv[2]}-{number}'))\n"
    )
    url = f"sqlite:///{tmp_path}/log.db"
    writers = [subprocess.Popen([sys.executable, "-c", program, url, str(name)]) for name in range(4)]
    assert [writer.wait(60) for writer in writers] == [0] * 4
    with sqlite3.connect(tmp_path / "log.db") as raw:
        assert raw.execute("SELECT count(*), min(seq), max(seq) FROM log_entry").fetchone() == (100, 1, 100)
    raw.close()


def test_a_new_log_may_be_opened_by_several_at_once(tmp_path: Path) -> None:
    for round_number in range(5):
        url = f"sqlite:///{tmp_path}/{round_number}.db"
        barrier = threading.Barrier(6)
        failures: list[LogError] = []

        def start(
            url: str = url, barrier: threading.Barrier = barrier, found: list[LogError] = failures
        ) -> None:
            barrier.wait()
            try:
                DecisionLog.open(url).close()
            except LogError as error:
                found.append(error)

        threads = [threading.Thread(target=start) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []


_ENDLESS = """
import sys
from cds.log import DecisionLog
from tests.cds.log.support import entry
log = DecisionLog.open(sys.argv[1])
number = log.count()
while True:
    number += 1
    seq = log.append(entry(f"d-{number}", text="x" * 4000))
    print(f"d-{number} {seq}", flush=True)
"""


def test_h130_what_was_appended_survives_a_kill(tmp_path: Path) -> None:
    """SIGKILL at different moments: each acknowledged entry is there, and reading needs no writer."""
    url = f"sqlite:///{tmp_path}/log.db"
    acknowledged: list[str] = []
    for round_number in range(4):
        writer = subprocess.Popen([sys.executable, "-c", _ENDLESS, url], stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None
        for _ in range(1 + 37 * round_number):
            acknowledged.append(writer.stdout.readline())
        writer.kill()
        acknowledged += [line for line in writer.stdout if line.endswith("\n")]
        assert writer.wait(20) == -signal.SIGKILL
        writer.stdout.close()
        log = DecisionLog.open_read_only(url)
        for line in acknowledged:
            id, seq = line.split()
            stored = log.get(id)
            assert stored is not None and stored.seq == int(seq)
        log.close()
    assert len(acknowledged) > 200


_FULL_DISK = """
import resource, signal, sys
from cds.log import DecisionLog, LogUnavailable
from tests.cds.log.support import entry
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
log = DecisionLog.open(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
stored = 0
try:
    while True:
        log.append(entry(f"d-{stored}", text="x" * 4000))
        stored += 1
except LogUnavailable as error:
    print(error)
for _ in range(3):
    try:
        log.append(entry("again", text="x" * 4000))
    except LogUnavailable:
        pass
    else:
        raise SystemExit("an entry was stored on a full disk")
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
assert log.append(entry("after")) == stored + 1
print(stored)
"""


def test_h133_a_full_disk_is_told_and_survived(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/log.db"
    done = subprocess.run([sys.executable, "-c", _FULL_DISK, url], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    message, stored = done.stdout.splitlines()
    assert message.startswith("the decision log cannot be used (SQLITE_")
    assert int(stored) > 10
    log = DecisionLog.open_read_only(url)
    assert log.count() == int(stored) + 1
    assert all(log.get(f"d-{number}") for number in range(int(stored)))
    log.close()


def test_h133_a_locked_database_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also that the message, which may be logged, does not hold the statement with the record."""
    monkeypatch.setattr("cds.log.database.BUSY_SECONDS", 0.1)
    log = DecisionLog.open(f"sqlite:///{tmp_path}/log.db")
    with sqlite3.connect(tmp_path / "log.db") as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LogUnavailable, match="SQLITE_BUSY") as caught:
            log.append(entry(name=CANARY))
        assert CANARY not in str(caught.value) and caught.value.__suppress_context__
        other.rollback()
    other.close()
    assert log.append(entry()) == 1
    log.close()


def test_h133_a_read_only_log_takes_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/log.db"
    writer = DecisionLog.open(url)
    writer.append(entry())
    log = DecisionLog.open_read_only(url)
    with pytest.raises(LogUnavailable, match="SQLITE_READONLY"):
        log.append(entry("d-2"))
    assert log.count() == 1
    writer.append(entry("d-3"))
    assert log.count() == 2
    log.close()
    writer.close()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "bespoke.db",
        f"nonsense://user:{CANARY}@host",
        f"mysql://user:{CANARY}@host/db",
        f"postgresql://user:{CANARY}@host/db",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///file:x?mode=memory&uri=true",
        "sqlite:///x.db?cache=shared",
        f"postgresql+psycopg://user:{CANARY}@127.0.0.1:1/db",
        f"postgresql+psycopg://user:{CANARY}@127.0.0.1:port/db",
    ],
)
def test_an_unusable_url_is_told_without_its_password(url: str) -> None:
    for opener in (DecisionLog.open, DecisionLog.open_read_only):
        with pytest.raises(LogError) as caught:
            opener(url)
        assert CANARY not in str(caught.value)
        assert "\n" not in str(caught.value)


def test_unusable_places_are_told(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("This is a text of more than a hundred bytes, which no database begins with. " * 3)
    for place in (tmp_path, tmp_path / "absent" / "log.db", text, text / "log.db"):
        with pytest.raises(LogError, match="--db") as caught:
            DecisionLog.open(f"sqlite:///{place}")
        assert str(place) in str(caught.value)
    assert text.read_text().startswith("This is a text")
    with pytest.raises(LogError, match="there is no log at"):
        DecisionLog.open_read_only(f"sqlite:///{tmp_path}/absent.db")
    assert not (tmp_path / "absent.db").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write everywhere")
def test_a_folder_without_permission_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(LogError, match="--db"):
        DecisionLog.open(f"sqlite:///{tmp_path}/log.db")


def test_another_database_is_not_read_as_a_log(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("CREATE TABLE t (x)")
    other.close()
    with pytest.raises(LogError, match="holds no decision log"):
        DecisionLog.open_read_only(f"sqlite:///{tmp_path}/other.db")


def test_a_log_of_newer_software_is_left_alone(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/log.db"
    DecisionLog.open(url).close()
    with sqlite3.connect(tmp_path / "log.db") as raw:
        raw.execute("UPDATE log_schema SET version = 2")
    raw.close()
    for opener in (DecisionLog.open, DecisionLog.open_read_only):
        with pytest.raises(LogError, match="layout 2, this software writes 1"):
            opener(url)


def test_odd_file_names(tmp_path: Path) -> None:
    """`?`, `#` and `%` mean something in a URI but are allowed in names."""
    url = f"sqlite:///{tmp_path}/log of 100%2541%3f#.db"
    log = DecisionLog.open(url)
    log.append(entry())
    log.close()
    assert [found.name for found in tmp_path.iterdir()] == ["log of 100%41?#.db"]
    looking = DecisionLog.open_read_only(url)
    assert looking.count() == 1
    looking.close()


def test_memory_does_not_grow_with_entries(tmp_path: Path) -> None:
    log = DecisionLog.open(f"sqlite:///{tmp_path}/log.db")
    text = "x" * 8000
    for number in range(200):
        log.append(entry(f"a-{number}", text=text))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for number in range(800):
        log.append(entry(f"b-{number}", text=text))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 5_000
    log.close()
