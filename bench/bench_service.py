"""Latency, start-up time and memory of the service, beside a Starlette echo of the same body.

Every figure of one run comes from the same machine in the same minute; read the ratios, not the times.
Bounds: p50 <= 5 ms with the durable log, first answer <= 1 s after process start, at most 200 MB after
1,000 calls.
"""

from __future__ import annotations

import http.client
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

import psutil

CALLS = 1_000
BODY_BYTES = 20_000
PATH = "/cds-services/medication-safety"

ECHO = """
import sys, uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
async def echo(request):
    return Response(await request.body(), media_type="application/json")
app = Starlette(routes=[Route("/{path:path}", echo, methods=["POST"])])
class Server(uvicorn.Server):
    async def startup(self, sockets=None):
        await super().startup(sockets)
        port = self.servers[0].sockets[0].getsockname()[1]
        print(f"listening on http://127.0.0.1:{port}", file=sys.stderr, flush=True)
Server(uvicorn.Config(app, port=0, http="h11", access_log=False, log_config=None)).run()
"""


def body() -> bytes:
    """A real call, filled up to 20 kB with laboratory results that its rules do not need."""
    example = resources.files("cds.cli").joinpath("examples", "2-niraparib-limits.json")
    request = json.loads(example.read_text("utf-8"))["request"]
    entries = request["prefetch"]["labs"]["entry"]
    number = 0
    while len(json.dumps(request)) < BODY_BYTES:
        number += 1
        resource = json.loads(json.dumps(entries[0]["resource"]))
        resource["id"] = f"sodium-{number}"
        resource["code"]["coding"][0]["code"] = "2951-2"
        resource["valueQuantity"] = {"value": 138 + number % 7, "unit": "mmol/L", "code": "mmol/L"}
        entries.append({"resource": resource})
    request["prefetch"]["labs"]["total"] = len(entries)
    return json.dumps(request).encode()


@contextmanager
def running(command: list[str]) -> Iterator[tuple[psutil.Process, int, float]]:
    """A server process, its port, and the instant at which it was started."""
    started = time.perf_counter()
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        line = next(line for line in process.stderr if line.startswith("listening on "))
        try:
            yield psutil.Process(process.pid), int(line.rsplit(":", 1)[1]), started
        finally:
            process.terminate()
            process.stderr.read()


def timed(connection: http.client.HTTPConnection, content: bytes) -> float:
    """Milliseconds of one call on an open connection."""
    begin = time.perf_counter()
    connection.request("POST", PATH, content, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    text = answer.read()
    took = (time.perf_counter() - begin) * 1000
    if answer.status != 200 or not text:
        raise SystemExit(f"the call was answered with {answer.status}: {text[:200]!r}")
    return took


def main() -> None:
    """Measures and prints."""
    content = body()
    with tempfile.TemporaryDirectory() as folder:
        database = f"sqlite:///{Path(folder) / 'bench.db'}"
        serve = [sys.executable, "-m", "cds.cli", "serve", "--port", "0", "--db", database]
        serve += ["--as-of", "2026-11-20T12:00:00Z"]
        with (
            running([sys.executable, "-c", ECHO]) as (_, echo_port, _),
            running(serve) as (process, port, started),
        ):
            service = http.client.HTTPConnection("127.0.0.1", port)
            echo = http.client.HTTPConnection("127.0.0.1", echo_port)
            timed(service, content)
            first = time.perf_counter() - started
            for _ in range(50):
                timed(service, content)
                timed(echo, content)
            pairs = [(timed(service, content), timed(echo, content)) for _ in range(CALLS)]
            memory = process.memory_info().rss / 2**20
    ours, theirs = (sorted(times) for times in zip(*pairs, strict=True))
    print(f"body {len(content)} bytes, {CALLS} calls on one connection each, interleaved")
    for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99)):
        at = int(share * CALLS)
        print(f"  {name}: {ours[at]:6.2f} ms, echo {theirs[at]:6.2f} ms, ratio {ours[at] / theirs[at]:5.2f}")
    print(f"  mean: {statistics.mean(ours):5.2f} ms, echo {statistics.mean(theirs):6.2f} ms")
    print(f"  first answer after process start: {first:.2f} s (bound 1 s)")
    print(f"  memory after {CALLS} calls: {memory:.0f} MB (bound 200 MB)")
    missed = [
        what
        for what, held in (
            ("p50 <= 5 ms", ours[CALLS // 2] <= 5),
            ("first answer <= 1 s", first <= 1),
            ("memory <= 200 MB", memory <= 200),
        )
        if not held
    ]
    print("  bounds: all held" if not missed else f"  bounds MISSED: {', '.join(missed)}")


if __name__ == "__main__":
    main()
