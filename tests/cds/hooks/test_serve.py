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
from tests.cds.hooks.support import AT, RecordingServer

PROGRAM = """
import time
from cds.hooks import Answer, create_app, run
from tests.cds.hooks.support import AT, RecordingServer

def slow(raw):
    time.sleep(0.5)
    return Answer(200, b'{"cards":[]}')

run(create_app(RecordingServer(reply=slow), version="1", clock=lambda: AT), "127.0.0.1", 0)
print("closed in order")
"""


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_signal_lets_a_call_finish_and_the_caller_close(stop: signal.Signals) -> None:
    """Being killed by the signal would skip closing the database."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    line = process.stderr.readline()
    match = re.fullmatch(r"listening on http://127\.0\.0\.1:(\d+)\n", line)
    assert match, line
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
    assert err == "", "no access log, no other noise"


def test_an_address_in_use_is_told_in_one_sentence() -> None:
    app = create_app(RecordingServer(), version="1", clock=lambda: AT)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ServeError, match=f"port {port} .*--port"):
            run(app, "127.0.0.1", port)
    with pytest.raises(ServeError):
        run(app, "no such host.invalid", 0)
