"""GET requests to one pinned server: bounded in bytes, tried again when it is busy, never redirected."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from contextlib import aclosing
from http import HTTPStatus
from typing import Any, Protocol

import httpx2

from fhir_adapters.bearer import BearerToken
from fhir_adapters.client.bases import Address
from fhir_adapters.client.results import FailureReason, FetchFailed, FetchLimits

_BUSY = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
_REFUSED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
_MEDIA_TYPES = ("application/fhir+json", "application/json")
_ENCODINGS = ("", "identity", "gzip")
_SECONDS = re.compile("[0-9]{1,6}")
_PAUSE = 0.05
"""Seconds before the second try where the server names none; longer before each further one."""


class Connection(Protocol):
    """What the transport opened."""

    async def aclose(self) -> None:
        """Ends it, without a word if it has ended."""


class Exchange:
    """The requests of one call. It keeps to the transport, below the library's client.

    That has no redirects, cookies, proxies and `.netrc` that could carry the token elsewhere, and no log
    line that names the patient.
    """

    def __init__(
        self,
        transport: httpx2.AsyncBaseTransport,
        addresses: tuple[Address, ...],
        token: BearerToken,
        limits: FetchLimits,
        deadline: float,
    ) -> None:
        self._transport = transport
        self._addresses = addresses
        self._token = token
        self._limits = limits
        self._deadline = deadline
        self._received = 0
        self._connections: list[Connection] = []

    async def aclose(self) -> None:
        """Ends every connection, those too that a deadline met in the middle of their TLS handshake."""
        for connection in self._connections:
            await connection.aclose()

    async def get(self, url: httpx2.URL) -> bytes:
        """The body of the answer, decompressed, which claims to be FHIR JSON.

        Raises `FetchFailed` for any other answer. The caller enforces the deadline; a pause that would
        outlast it is not begun.
        """
        attempt = 0
        try:
            while True:
                attempt += 1
                async with aclosing(await self._send(url)) as response:
                    if response.status_code not in _BUSY:
                        return await self._body(response)
                pause = _pause(response, attempt)
                too_late = asyncio.get_running_loop().time() + pause >= self._deadline
                if too_late or attempt == self._limits.attempts:
                    raise FetchFailed(FailureReason.STATUS, response.status_code)
                await asyncio.sleep(pause)
        except httpx2.RequestError:
            # The error of the library holds the request, and that holds the token.
            raise FetchFailed(FailureReason.TRUNCATED) from None

    async def _send(self, url: httpx2.URL) -> httpx2.Response:
        for address in self._addresses:
            try:
                return await self._transport.handle_async_request(self._request(url, address))
            except httpx2.ConnectError:
                continue
        raise FetchFailed(FailureReason.UNREACHABLE)

    def _request(self, url: httpx2.URL, address: Address) -> httpx2.Request:
        headers = {
            "Host": url.netloc.decode("ascii"),
            "Accept": _MEDIA_TYPES[0],
            "Accept-Encoding": "gzip",
            "Authorization": self._token.header(),
        }
        # The certificate must be that of the name, although the address is already settled.
        extensions = {"sni_hostname": url.raw_host.decode("ascii"), "trace": self._on_event}
        return httpx2.Request("GET", url.copy_with(host=str(address)), headers=headers, extensions=extensions)

    async def _on_event(self, name: str, info: Mapping[str, Any]) -> None:
        # The transport forgets, and never closes, a connection that is cancelled in its handshake.
        if name == "connection.connect_tcp.complete":
            self._connections.append(info["return_value"])

    async def _body(self, response: httpx2.Response) -> bytes:
        status = response.status_code
        if status in _REFUSED:
            raise FetchFailed(FailureReason.UNAUTHORISED, status)
        if 300 <= status < 400:
            raise FetchFailed(FailureReason.REDIRECT, status)
        if status != HTTPStatus.OK:
            raise FetchFailed(FailureReason.STATUS, status)
        media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        encoding = response.headers.get("content-encoding", "").strip().lower()
        # Of several encodings, an inner one may be endless while nothing at all comes out.
        if media_type not in _MEDIA_TYPES or encoding not in _ENCODINGS:
            raise FetchFailed(FailureReason.NOT_FHIR)
        body = bytearray()
        async with aclosing(response.aiter_bytes()) as chunks:
            async for chunk in chunks:
                body += chunk
                self._received += len(chunk)
                if len(body) > self._limits.response_bytes or self._received > self._limits.total_bytes:
                    raise FetchFailed(FailureReason.TOO_LARGE)
        return bytes(body)


def _pause(response: httpx2.Response, attempt: int) -> float:
    named = response.headers.get("retry-after", "")
    return int(named) if _SECONDS.fullmatch(named) else _PAUSE * attempt
