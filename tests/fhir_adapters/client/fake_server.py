"""A FHIR server on loopback sockets that misbehaves as told, and remembers who asked for what."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import socketserver
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from fhir_adapters import BearerToken
from fhir_adapters.client import (
    FailureReason,
    Fetched,
    FetchFailure,
    FetchLimits,
    FhirBase,
    FhirClient,
)

SECRET = "canary-of-a-token.0123456789"
TOKEN = BearerToken(SECRET)
BUDGET = 0.4
# What a loaded machine may add to the budget; every mood that waits would wait for a minute.
SLACK = 2.0
GENEROUS = FetchLimits(seconds=20)

Mood = Callable[["Call"], None]
"""Answers one request; the connection ends if it raises `OSError`, as it does when the client left."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it arrived, and ways to answer it."""

    server: FakeServer
    target: str
    headers: Mapping[str, str]
    write: Callable[[bytes], object]

    def send(
        self, body: bytes, status: int = 200, kind: str = "application/fhir+json", **headers: str
    ) -> None:
        """A whole answer; underscores in names of headers become hyphens."""
        self.head(len(body), status, kind, **headers)
        self.write(body)

    def head(
        self, length: int, status: int = 200, kind: str = "application/fhir+json", **headers: str
    ) -> None:
        lines = [f"HTTP/1.1 {status} Status", f"Content-Type: {kind}", f"Content-Length: {length}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.write(("\r\n".join(lines) + "\r\n\r\n").encode())


@dataclass(slots=True)
class FakeServer:
    """`moods` are by the beginning of the target; the longest that fits answers."""

    moods: dict[str, Mood]
    port: int = 0
    scheme: str = "http"
    calls: list[Call] = field(default_factory=list)
    names: list[str | None] = field(default_factory=list)
    """The names asked for in TLS handshakes."""
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def base(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/fhir"

    def bearers(self) -> list[str | None]:
        return [call.headers.get("authorization") for call in self.calls]

    def answer(self, head: str, write: Callable[[bytes], object]) -> None:
        line, *rest = head.split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in rest)}
        call = Call(self, line.split(" ")[1], headers, write)
        self.calls.append(call)
        for beginning in sorted(self.moods, key=len, reverse=True):
            if call.target.startswith(f"/fhir/{beginning}"):
                return self.moods[beginning](call)
        return call.send(b"{}", 404)


@contextlib.contextmanager
def fake_server(moods: Mapping[str, Mood], tls: ssl.SSLContext | None = None) -> Iterator[FakeServer]:
    """A server on a free port of loopback until the block ends."""
    fake = FakeServer(dict(moods), scheme="https" if tls else "http")
    if tls is not None:
        tls.sni_callback = lambda connection, name, context: fake.names.append(name)

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            connection = self.request
            with contextlib.suppress(OSError):
                if tls is not None:
                    connection = tls.wrap_socket(connection, server_side=True)
                received = b""
                while piece := connection.recv(65536):
                    received += piece
                    if b"\r\n\r\n" in received:
                        head, _, received = received.partition(b"\r\n\r\n")
                        fake.answer(head.decode("latin-1"), connection.sendall)

    class Listener(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True
        request_queue_size = 64

    with Listener(("127.0.0.1", 0), Handler) as listener:
        fake.port = listener.server_address[1]
        thread = threading.Thread(target=listener.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield fake
        finally:
            fake.over.set()
            listener.shutdown()
            thread.join(20)


def answers(resource: object) -> Mood:
    """A healthy server."""
    body = json.dumps(resource).encode()
    return lambda call: call.send(body)


def status(code: int, **headers: str) -> Mood:
    return lambda call: call.send(b"<p>no</p>", code, "text/html", **headers)


def in_turn(*moods: Mood) -> Mood:
    """Each request meets the next mood, the last one for ever."""
    left = list(moods)
    return lambda call: (left.pop(0) if len(left) > 1 else left[0])(call)


def hangs(call: Call) -> None:
    call.server.over.wait(60)
    raise ConnectionAbortedError


def drips(call: Call) -> None:
    """One byte of a sound answer now and then: no single read ever takes long."""
    body = b'{"resourceType":"Patient","id":"p1"}' + b" " * 3000
    call.head(len(body))
    for number in range(len(body)):
        call.write(body[number : number + 1])
        if call.server.over.wait(0.02):
            raise ConnectionAbortedError


def breaks_off(call: Call) -> None:
    """A body that is sound JSON but shorter than promised."""
    call.head(5000)
    call.write(b'{"resourceType":"Patient","id":"p1"}')
    raise ConnectionAbortedError


def pours(megabytes: int) -> Mood:
    """A sound Patient of that size."""

    def pour(call: Call) -> None:
        start, end = b'{"resourceType":"Patient","id":"p1","x":"', b'"}'
        call.head(len(start) + len(end) + megabytes * 2**20)
        call.write(start)
        for _ in range(megabytes):
            call.write(b"a" * 2**20)
        call.write(end)

    return pour


def bomb(megabytes: int) -> Mood:
    """The same, as some kilobytes of gzip."""
    body = gzip.compress(b'{"resourceType":"Patient","x":"' + b"a" * (megabytes * 2**20) + b'"}')
    return lambda call: call.send(body, Content_Encoding="gzip")


def page(*entries: object, link: str | None = None, **more: Any) -> Mood:
    """A page of a search, with a link to the next one; `{base}` in it is the server's base."""

    def send(call: Call) -> None:
        body = {"resourceType": "Bundle", "type": "searchset", **more}
        body["entry"] = [{"resource": entry} for entry in entries]
        if link is not None:
            url = link.replace("{base}", call.server.base)
            body["link"] = [{"relation": "self", "url": "x"}, {"relation": "next", "url": url}]
        call.send(json.dumps(body).encode())

    return send


def fetch(
    server: FakeServer, queries: Mapping[str, str], *, base: str | None = None, **options: Any
) -> tuple[dict[str, Fetched], float]:
    """What a client that lists the server's base makes of the queries, and the seconds it took."""
    return ask(FhirClient([FhirBase.of(server.base)], **options), base or server.base, queries)


def ask(client: FhirClient, base: str, queries: Mapping[str, str]) -> tuple[dict[str, Fetched], float]:
    async def timed() -> tuple[dict[str, Fetched], float]:
        begin = time.monotonic()
        answered = await client.fetch(base, TOKEN, queries)
        return answered, time.monotonic() - begin

    return asyncio.run(timed())


def failed(reason: FailureReason, code: int | None = None) -> FetchFailure:
    return FetchFailure(reason, code)


def resolver(*addresses: str, seen: list[str] | None = None) -> Callable[[str, int], Any]:
    """A name service that gives these addresses for every name."""

    async def resolve(host: str, port: int) -> Iterable[str]:
        if seen is not None:
            seen.append(host)
        return addresses

    return resolve
