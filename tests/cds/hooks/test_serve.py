"""The process: it says where it listens, and stops when told."""

from __future__ import annotations

import http.client
import re
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

from cds.hooks import ServeError, create_app, run
from cds.hooks.serve import _listening
from tests.cds.hooks.support import AT, RecordingServer

PROGRAM = """
import logging, sys, time
from cds.hooks import Answer, create_app, run
from tests.cds.hooks.support import AT, RecordingServer

def slow(raw):
    time.sleep(0.5)
    return Answer(200, b'{"cards":[]}')

if sys.argv[1] == "verbose":
    logging.basicConfig(level=logging.DEBUG)
run(create_app(RecordingServer(reply=slow), version="1", clock=lambda: AT), "127.0.0.1", 0)
print("closed in order")
"""


@pytest.mark.parametrize(("stop", "logging"), [(signal.SIGTERM, "quiet"), (signal.SIGINT, "verbose")])
def test_a_stop_signal_lets_a_call_finish_and_the_caller_close(stop: signal.Signals, logging: str) -> None:
    """Being killed by the signal would skip closing the database. H-136: addresses are never logged."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, logging], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    lines = [process.stderr.readline()]
    while logging == "verbose" and not lines[-1].startswith("listening"):
        lines.append(process.stderr.readline())
    match = re.fullmatch(r"listening on http://127\.0\.0\.1:(\d+)\n", lines[-1])
    assert match, lines
    statuses: list[int] = []

    def call() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", int(match[1]), timeout=20)
        connection.request(
            "POST", "/cds-services/safety?name=Zuckerkandl", "{}", {"Content-Type": "application/json"}
        )
        statuses.append(connection.getresponse().status)
        connection.close()

    thread = threading.Thread(target=call)
    thread.start()
    time.sleep(0.2)
    process.send_signal(stop)
    out, err = process.communicate(timeout=20)
    thread.join(20)
    assert (process.returncode, out, statuses) == (0, "closed in order\n", [200])
    assert "Zuckerkandl" not in err
    assert logging == "verbose" or err == "", "no noise"


def test_an_address_in_use_is_told_in_one_sentence() -> None:
    app = create_app(RecordingServer(), version="1", clock=lambda: AT)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ServeError, match=f"port {port} .*--port"):
            run(app, "127.0.0.1", port)
    with pytest.raises(ServeError):
        run(app, "no such host.invalid", 0)


def test_an_answer_in_two_segments_does_not_wait_for_an_acknowledgement() -> None:
    with _listening("127.0.0.1", 0) as listener:
        assert listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
