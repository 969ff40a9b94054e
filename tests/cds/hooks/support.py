"""Shared by the tests of `cds.hooks`: valid requests, a recording server, and a service on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from cds.hooks import Answer, HookServer, create_app

CANARY = "Zuckerkandl-4711"
"""Text that stands for a patient's data and must never come back."""

AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def reference_file(name: str) -> Path:
    """A third-party file, or a skip that says why there is none."""
    root = os.environ.get("BESPOKE_REFERENCE")
    if root is None or not (path := Path(root) / name).exists():
        pytest.skip(
            f"BESPOKE_REFERENCE names no folder with {name}: third-party files are not in this repository"
        )
    return path


def request(hook: str = "order-sign") -> dict[str, Any]:
    """A small valid request."""
    context: dict[str, Any] = {"userId": "Practitioner/p1", "patientId": "pat-1"}
    if hook != "patient-view":
        context["draftOrders"] = {
            "resourceType": "Bundle",
            "entry": [{"resource": {"resourceType": "MedicationRequest", "id": "draft-1"}}],
        }
    if hook == "order-select":
        context["selections"] = ["MedicationRequest/draft-1"]
    return {"hook": hook, "hookInstance": "6f0d0c1e-52a4-4b0e-9c1d-00000000abcd", "context": context}


@dataclass
class RecordingServer:
    """A `HookServer` that answers as told and remembers its calls."""

    reply: Callable[[bytes], Answer] = lambda raw: Answer(200, b'{"cards":[]}', "order-sign")
    refuse_with: Exception | None = None
    is_ready: bool = True
    calls: list[tuple[str, bytes, str, datetime]] = field(default_factory=list)
    refusals: list[tuple[str | None, str, int, str]] = field(default_factory=list)
    feedbacks: list[tuple[str, Mapping[str, object], datetime]] = field(default_factory=list)
    threads: set[str] = field(default_factory=set)

    def reset(self) -> None:
        """Forgets everything, as when new."""
        vars(self).update(vars(RecordingServer()))

    def discovery(self) -> Mapping[str, object]:
        return {"services": []}

    def hooks_of(self, service_id: str) -> frozenset[str]:
        return frozenset({"order-sign"}) if service_id == "safety" else frozenset()

    def answer(self, service_id: str, raw_body: bytes, decision_id: str, received_at: datetime) -> Answer:
        self.threads.add(threading.current_thread().name)
        self.calls.append((service_id, raw_body, decision_id, received_at))
        return self.reply(raw_body)

    def refuse(
        self, service_id: str | None, decision_id: str, received_at: datetime, status: int, reason: str
    ) -> None:
        self.threads.add(threading.current_thread().name)
        if self.refuse_with is not None:
            raise self.refuse_with
        self.refusals.append((service_id, decision_id, status, reason))

    def feedback(self, service_id: str, body: Mapping[str, object], received_at: datetime) -> None:
        self.feedbacks.append((service_id, body, received_at))

    def ready(self) -> bool:
        return self.is_ready


@dataclass
class Reply:
    """An HTTP answer, split."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def issue(self) -> dict[str, Any]:
        """The one issue of an OperationOutcome."""
        outcome = json.loads(self.body)
        assert outcome["resourceType"] == "OperationOutcome"
        (issue,) = outcome["issue"]
        assert issue["severity"] == "error"
        result: dict[str, Any] = issue
        return result


@dataclass
class Service:
    """A service listening on loopback."""

    port: int

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def raw(self, data: bytes) -> Reply:
        """Sends bytes and reads one answer."""
        with self.connect() as connection:
            connection.sendall(data)
            return read_reply(connection)

    def send(
        self, method: str, path: str, body: bytes = b"", content_type: str | None = None, **headers: str
    ) -> Reply:
        fields = {"Host": "localhost", "Connection": "close", "Content-Length": str(len(body))}
        if content_type is not None:
            fields["Content-Type"] = content_type
        fields |= {name.replace("_", "-"): value for name, value in headers.items()}
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        return self.raw(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body)

    def post(self, value: object, path: str = "/cds-services/safety", **headers: str) -> Reply:
        return self.send("POST", path, json.dumps(value).encode(), "application/json", **headers)


def read_reply(connection: socket.socket) -> Reply:
    """The next answer on a connection."""
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65536)
        assert chunk, f"the connection closed after {len(data)} bytes"
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    status_line, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("content-length", "0")):
        body += connection.recv(65536)
    return Reply(int(status_line.split()[1]), headers, body)


@contextlib.contextmanager
def serving(server: HookServer, **options: Any) -> Iterator[Service]:
    """The application around `server` on a free port of loopback."""
    app = create_app(server, version="1.2.3", clock=lambda: AT, **options)
    config = uvicorn.Config(app, http="h11", ws="none", lifespan="on", log_config=None, access_log=False)
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    uvicorn_server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(uvicorn_server.serve([listener])))
    thread.start()
    try:
        while not uvicorn_server.started:
            assert thread.is_alive()
            time.sleep(0.005)
        yield Service(listener.getsockname()[1])
    finally:
        uvicorn_server.should_exit = True
        thread.join(20)
        assert not thread.is_alive()
