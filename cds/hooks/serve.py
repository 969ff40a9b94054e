"""Running the application with uvicorn."""

from __future__ import annotations

import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn
from starlette.applications import Starlette

from cds.hooks.errors import ServeError

_STOP_SECONDS: Final = 15
"""How long calls in progress may take after a stop signal; more than a slow upload is given."""


def run(app: Starlette, host: str, port: int) -> None:
    """Serves `app` until SIGTERM or SIGINT, then finishes the calls in progress and returns.

    Port 0 takes any free one; the address is told on stderr once calls are answered. Raises `ServeError`
    when the address cannot be had.
    """
    config = uvicorn.Config(
        app,
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,  # addresses may identify patients
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_STOP_SECONDS,
    )
    with _listening(host, port) as listener:
        _Server(config).run([listener])


class _Server(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listener in sockets or []:
            host, port = listener.getsockname()[:2]
            address = f"[{host}]" if ":" in host else host
            print(f"listening on http://{address}:{port}", file=sys.stderr, flush=True)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As in uvicorn, but a stop signal is not raised again: the caller has a database to close."""
        previous = {
            number: signal.signal(number, self.handle_exit) for number in (signal.SIGTERM, signal.SIGINT)
        }
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)


def _listening(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0][0]
        listener = socket.create_server((host, port), family=family)
    except OSError as error:
        raise ServeError(
            f"cannot listen on {host} port {port} ({error.strerror}); choose another --host or --port"
        ) from None
    # Inherited by every connection: without it an answer waits 40 ms for the client's acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
