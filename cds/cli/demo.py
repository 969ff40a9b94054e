"""`bespoke demo`: a real service on loopback, six real calls over HTTP, one decision from its log."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

from cds.cards import as_screen
from cds.cli.main import fail
from cds.log import DecisionLog, render

AS_OF = "2026-11-20T12:00:00Z"
"""The examples are dated, so the clock of the demonstration stands still."""

_STARTED = "listening on "


def run() -> int:
    """Runs the demonstration; exit 0, or 1 if a call did not end as it should."""
    examples = resources.files("cds.cli").joinpath("examples")
    files = sorted((file for file in examples.iterdir() if file.name.endswith(".json")), key=lambda f: f.name)
    with tempfile.TemporaryDirectory() as folder:
        database = f"sqlite:///{Path(folder) / 'demo.db'}"
        decisions = []
        with _serving(database) as address:
            if address is None:
                return fail("the service did not start; try `bespoke serve` to see why")
            for number, file in enumerate(files, start=1):
                example = json.loads(file.read_text("utf-8"))
                print(f"\n{number}. {example['title']}")
                status, decision, body = _call(address, example["request"])
                decisions.append(decision)
                if status == 200:
                    for card in body["cards"]:
                        print(as_screen(card))
                    if not body["cards"]:
                        print("No card.")
                else:
                    print(f"Refused with status {status}: {body['issue'][0]['details']['text']}")
        print("\nThe fourth decision, as it stands in the log\n")
        log = DecisionLog.open_read_only(database)
        stored = log.get(decisions[3])
        log.close()
        if stored is None:
            return fail("the decision is not in the log; please report this")
        print(render(stored), end="")
    return 0


@contextmanager
def _serving(database: str) -> Iterator[str | None]:
    """A service in a process of its own, on a free port; None if it does not start."""
    command = [sys.executable, "-m", "cds.cli", "serve", "--port", "0", "--db", database, "--as-of", AS_OF]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        lines = (line.strip() for line in process.stderr)
        try:
            yield next((line.removeprefix(_STARTED) for line in lines if line.startswith(_STARTED)), None)
        finally:
            process.terminate()
            process.stderr.read()


def _call(address: str, request: object) -> tuple[int, str, dict[str, list[dict[str, dict[str, str]]]]]:
    call = urllib.request.Request(
        f"{address}/cds-services/medication-safety",
        json.dumps(request).encode(),
        {"Content-Type": "application/json"},
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(call, timeout=10) as answer:
            return answer.status, answer.headers["X-Decision-Id"], json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, error.headers["X-Decision-Id"], json.load(error)
