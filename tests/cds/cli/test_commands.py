"""`bespoke audit`, `serve`, `--help`, and the entry point itself (C6 to C8)."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cds.log import DecisionLog
from tests.cds.cards.support import (
    AS_OF,
    DECISION,
    NIRAPARIB,
    answer,
    bundled,
    draft,
    hook_service,
    niraparib_labs,
    order_sign,
    prefetch,
)
from tests.cds.cli.support import bespoke, folder_without_imports

COMMANDS = [(), ("audit",), ("audit", "show")]
COMMANDS += [(name,) for name in ("check", "test", "explain", "evaluate", "serve", "demo")]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings file and no database of the developer."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help(command: tuple[str, ...]) -> None:
    ran = bespoke(*command, "--help")
    assert ran.code == 0 and "Usage: " in ran.out and ran.err == ""
    if command and command != ("audit",) and command != ("demo",):
        assert "Exit" in ran.out


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("check",),
        ("check", "--format", "xml", "."),
        ("explain",),
        ("audit", "show"),
        ("serve", "x"),
    ],
)
def test_unusable_calls_exit_2(arguments: tuple[str, ...]) -> None:
    ran = bespoke(*arguments)
    assert ran.code == 2 and ran.out == "" and "Traceback" not in ran.err


def logged(tmp_path: Path) -> str:
    service = hook_service(tmp_path, bundled())
    call = order_sign([draft(NIRAPARIB)], prefetch(labs=niraparib_labs(60)))
    assert answer(service, call, AS_OF, DECISION)[0] == 200
    return f"sqlite:///{tmp_path / 'log.db'}"


def test_show(tmp_path: Path) -> None:
    url = logged(tmp_path)
    ran = bespoke("audit", "show", DECISION, "--db", url)
    assert ran.code == 0 and ran.err == ""
    for words in (DECISION, "niraparib.start_dose", "give 200 mg once daily", "60 kg", bundled().digest):
        assert words in ran.out
    plain = json.loads(bespoke("audit", "show", DECISION, "--db", url, "--json").out)
    assert plain["id"] == DECISION and plain["status"] == 200 and plain["record"]["cards"]


def test_show_unknown_id(tmp_path: Path) -> None:
    url = logged(tmp_path)
    bespoke("audit", "show", "no-such-id", "--db", url).refused("no entry with this id", code=1)


@pytest.mark.parametrize("name", ["none.db", "no/such/folder/none.db"])
def test_show_without_a_database_makes_none(tmp_path: Path, name: str) -> None:
    bespoke("audit", "show", DECISION, "--db", f"sqlite:///{tmp_path / name}").refused("no log")
    assert list(tmp_path.iterdir()) == []


def test_show_from_a_file_that_is_no_log(tmp_path: Path) -> None:
    path = tmp_path / "text.db"
    path.write_text("this is no database", "utf-8")
    bespoke("audit", "show", DECISION, "--db", f"sqlite:///{path}").refused()
    assert path.read_text("utf-8") == "this is no database"


@pytest.mark.parametrize(
    "url", ["nonsense", "mysql://host/db", "sqlite://", "postgresql+psycopg://127.0.0.1:1/x"]
)
def test_show_with_an_unusable_url(url: str) -> None:
    bespoke("audit", "show", DECISION, "--db", url).refused()


def test_show_echoes_no_id(tmp_path: Path) -> None:
    ran = bespoke("audit", "show", "\x1b[31mzuckerkandl", "--db", logged(tmp_path))
    assert "zuckerkandl" not in ran.err + ran.out


def test_serve_refuses_faulty_rules_with_file_line_caret_and_help(tmp_path: Path) -> None:
    folder = folder_without_imports(tmp_path / "kb")
    path = folder / "rules/niraparib/start_dose.rule"
    text = path.read_text("utf-8").replace("weight < 77 kg", "weigth < 77 kg")
    path.write_text(text, "utf-8")
    line = text[: text.index("weigth")].count("\n") + 1
    ran = bespoke("serve", "--port", "0", "--kb", folder, "--db", f"sqlite:///{tmp_path / 'x.db'}")
    assert ran.code == 2 and ran.out == ""
    assert f"start_dose.rule:{line}:" in ran.err and "^" in ran.err and "did you mean `weight`?" in ran.err
    assert ran.err.splitlines()[-1] == "bespoke: the rule files have 1 error; correct them and start again"
    assert not (tmp_path / "x.db").exists()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org", "127.0.0.1.example.org"])
def test_serve_refuses_other_hosts_than_loopback(host: str) -> None:
    bespoke("serve", "--host", host, "--port", "0").refused("loopback", "--host 127.0.0.1")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--as-of", "soon"), "--as-of"),
        (("--port", "70000"), "--port"),
        (("--kb", "nowhere"), "no such folder"),
        (("--db", "nonsense"), "database URL"),
        (("--db", "sqlite:////nowhere/at/all/x.db"), ""),
        (("--config", "nowhere.toml"), "nowhere.toml"),
    ],
)
def test_serve_refuses_what_it_cannot_use(options: tuple[str, str], says: str) -> None:
    bespoke("serve", "--port", "0", *options).refused(says)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FHIR_BASES", "http://ehr.example.org/fhir"),
        ("FHIR_NETWORKS", "10.20.0.0/99"),
        ("FHIR_CA", "nowhere.pem"),
        ("FHIR_SECONDS", "0"),
    ],
)
def test_serve_refuses_a_fhir_server_that_must_not_be_asked(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """H-095: said at the start, not found out at the first call."""
    monkeypatch.setenv("BESPOKE_FHIR_BASES", "https://ehr.example.org/fhir")
    monkeypatch.setenv(f"BESPOKE_{name}", value)
    refused = bespoke("serve", "--port", "0")
    refused.refused("expected")
    assert name in refused.err.upper()


def test_serve_refuses_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        database = f"sqlite:///{tmp_path / 'x.db'}"
        bespoke("serve", "--port", port, "--db", database).refused(str(port), "--port")


def test_the_installed_command_reads_a_log_in_a_process_of_its_own(tmp_path: Path) -> None:
    url = logged(tmp_path)
    command = [sys.executable, "-m", "cds.cli", "audit", "show", DECISION, "--db", url]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert ran.returncode == 0 and DECISION in ran.stdout and ran.stderr == ""
    missing = subprocess.run(
        [*command[:-1], "sqlite:///nowhere.db"], capture_output=True, text=True, timeout=30, check=False
    )
    assert missing.returncode == 2 and re.fullmatch(r"bespoke: .+\n", missing.stderr)


def test_log_of_the_command_is_the_log_of_the_service(tmp_path: Path) -> None:
    url = logged(tmp_path)
    log = DecisionLog.open_read_only(url)
    stored = log.get(DECISION)
    log.close()
    assert stored is not None
    assert datetime.fromisoformat(stored.entry.at).astimezone(UTC) == AS_OF
