"""Reading the body of a call: bounded in size, time and form."""

from __future__ import annotations

import asyncio
from typing import Final

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request

from cds.hooks.errors import CallRefused

BODY_LIMIT: Final = 1_048_576
"""The greatest size of a body, in bytes."""

UPLOAD_SECONDS: Final = 10.0
"""The time a client has to send its body."""

_DISCARD_LIMIT: Final = 16 * BODY_LIMIT
# A client that is still sending when its connection closes never reads why, so a body that is somewhat
# too large is read to its end and thrown away before the answer.


async def read_body(request: Request, *, upload_seconds: float = UPLOAD_SECONDS) -> bytes:
    """The body of a JSON call; raises `CallRefused` (400, 408, 413, 415)."""
    try:
        async with asyncio.timeout(upload_seconds):
            body = await _bounded(request)
    except TimeoutError:
        raise CallRefused(
            408, "timeout", "The body did not arrive in time.", headers={"Connection": "close"}
        ) from None
    except ClientDisconnect:
        raise CallRefused(400, "incomplete-body", "The body ended early.") from None
    _check_form(request.headers)
    return body


async def _bounded(request: Request) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= BODY_LIMIT:
            chunks.append(chunk)
        elif size > _DISCARD_LIMIT:
            break
    if size > BODY_LIMIT:
        raise CallRefused(
            413,
            "too-large",
            f"Expected a body of at most {BODY_LIMIT} bytes.",
            headers={"Connection": "close"},
        )
    return b"".join(chunks)


def _check_form(headers: Headers) -> None:
    if headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise CallRefused(415, "content-encoding", "Expected a body without Content-Encoding.")
    media_type, *parameters = (part.strip().lower() for part in headers.get("content-type", "").split(";"))
    charsets = [part.partition("=")[2].strip('"') for part in parameters if part.startswith("charset=")]
    if media_type != "application/json" or any(charset not in ("utf-8", "utf8") for charset in charsets):
        raise CallRefused(415, "media-type", "Expected Content-Type application/json in UTF-8.")
