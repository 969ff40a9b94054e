"""H-130: whatever was answered is in the log, even when the service is killed in the middle of its work."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
import threading
from contextlib import closing
from importlib import resources
from pathlib import Path

import pytest

from cds.log import DecisionLog

CALLERS = 4
CALLS = 200


def _bodies() -> list[bytes]:
    folder = resources.files("cds.cli").joinpath("examples")
    files = sorted(file.name for file in folder.iterdir() if file.name.endswith(".json"))
    texts = (folder.joinpath(name).read_text("utf-8") for name in files)
    return [json.dumps(json.loads(text)["request"]).encode() for text in texts]


def _call_until_dead(port: int, answered: list[str]) -> None:
    bodies = _bodies()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    with closing(connection):
        for number in range(CALLS):
            try:
                body = bodies[number % len(bodies)]
                headers = {"Content-Type": "application/json"}
                connection.request("POST", "/cds-services/medication-safety", body, headers)
                with connection.getresponse() as answer:
                    answer.read()
            except (OSError, http.client.HTTPException):
                return
            answered.append(answer.headers["X-Decision-Id"])


def _lost_after_kill(database: str, kill_after: int) -> list[str]:
    """Kills a service after so many answers to several callers; the answered calls that its log lacks."""
    command = [sys.executable, "-m", "cds.cli", "serve", "--port", "0", "--db", database]
    answered: list[str] = []
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        line = next(line for line in process.stderr if line.startswith("listening on "))
        port = int(line.rsplit(":", 1)[1])
        callers = [threading.Thread(target=_call_until_dead, args=(port, answered)) for _ in range(CALLERS)]
        for caller in callers:
            caller.start()
        while len(answered) < kill_after:
            assert process.poll() is None
        process.send_signal(signal.SIGKILL)
        for caller in callers:
            caller.join()
        process.stderr.read()
    assert kill_after <= len(answered) < CALLERS * CALLS  # it was killed while calls were under way
    log = DecisionLog.open_read_only(database)
    lost = [decision for decision in answered if log.get(decision) is None]
    log.close()
    return lost


@pytest.mark.e2e
@pytest.mark.parametrize("kill_after", [1, 70, 140])
def test_every_answered_call_is_in_the_log_after_kill_9(tmp_path: Path, kill_after: int) -> None:
    assert _lost_after_kill(f"sqlite:///{tmp_path / 'log.db'}", kill_after) == []


@pytest.mark.long
@pytest.mark.parametrize("kill_after", range(2, 202, 2))
def test_a_hundred_kills_lose_nothing(tmp_path: Path, kill_after: int) -> None:
    assert _lost_after_kill(f"sqlite:///{tmp_path / 'log.db'}", kill_after) == []
