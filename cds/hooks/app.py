"""The HTTP face of the service: routes, limits and errors around a `HookServer`."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from time import perf_counter
from typing import Final
from uuid import uuid4

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from cds.hooks.checks import read_json
from cds.hooks.errors import CallRefused
from cds.hooks.feedback import parse_feedback
from cds.hooks.hook_server import Answer, HookServer, NeedsData
from cds.hooks.media import UPLOAD_SECONDS, read_body
from cds.hooks.metrics import METRICS_TYPE, CallMetrics
from cds.hooks.outcome import outcome_of
from cds.hooks.worker import QUEUE_LIMIT, Worker, overloaded
from cds.log import LogUnavailable
from fhir_adapters import dump_json

DECISION_ID: Final = "X-Decision-Id"
"""The header that names the record of a call in the decision log."""

_LOG = logging.getLogger("bespoke.hooks")

_STATUS_TEXTS: Final = {
    404: "There is nothing at this address.",
    405: "This address does not take this method.",
}


def create_app(
    server: HookServer,
    *,
    version: str,
    clock: Callable[[], datetime],
    cors_origins: tuple[str, ...] = (),
    upload_seconds: float = UPLOAD_SECONDS,
    beside: Sequence[BaseRoute] = (),
) -> Starlette:
    """The application that serves `server`, and what stands `beside` it under other addresses.

    `clock` tells the time of each call, timezone-aware. `cors_origins` are the exact origins of browser
    clients; none: no cross-origin access. `upload_seconds` is the time a client has to send a body.
    Raises `ValueError` for the origin `*`.
    """
    if "*" in cors_origins:
        raise ValueError("cors_origins takes exact origins, not *")
    endpoints = _Endpoints(server, version, clock, upload_seconds)
    middleware = [
        Middleware(
            CORSMiddleware,
            allow_origins=cors_origins,
            allow_methods=("GET", "POST"),
            allow_headers=("Authorization", "Content-Type"),
            expose_headers=(DECISION_ID,),
        )
    ]
    app = Starlette(
        routes=[
            Route("/cds-services", _guarded(endpoints.discovery)),
            Route("/cds-services/{service_id}", endpoints.call, methods=["POST"]),
            Route("/cds-services/{service_id}/feedback", _guarded(endpoints.feedback), methods=["POST"]),
            Route("/healthz", endpoints.health),
            Route("/readyz", _guarded(endpoints.readiness)),
            Route("/metrics", endpoints.metrics),
            *beside,
        ],
        middleware=middleware if cors_origins else [],
        exception_handlers={HTTPException: _on_http_exception},
        lifespan=endpoints.lifespan,
    )
    # A redirect to the address without its slash would send part of the request back in a header.
    app.router.redirect_slashes = False
    return app


class _Endpoints:
    def __init__(
        self, server: HookServer, version: str, clock: Callable[[], datetime], upload_seconds: float
    ) -> None:
        self._server = server
        self._version = version
        self._clock = clock
        self._upload_seconds = upload_seconds
        self._fetching = 0
        self._metrics = CallMetrics()
        self._worker = Worker()

    @asynccontextmanager
    async def lifespan(self, app: Starlette) -> AsyncIterator[None]:
        yield
        self._worker.close()

    async def discovery(self, request: Request) -> Response:
        return _json(200, self._server.discovery())

    async def call(self, request: Request) -> Response:
        started = perf_counter()
        decision_id = str(uuid4())
        received_at = self._clock()
        service_id: str = request.path_params["service_id"]
        hooks = self._server.hooks_of(service_id)
        known_id = service_id if hooks else None
        headers = {DECISION_ID: decision_id}
        try:
            raw_body = await read_body(request, upload_seconds=self._upload_seconds)
            if known_id is None:
                raise _no_such_service()
            answer = await self._answered(known_id, raw_body, decision_id, received_at)
        except Exception as error:  # the last resort: nothing may leave but a refusal of ours
            refusal = _refusal_of(error, decision_id)
            refusal = await self._recorded(refusal, known_id, decision_id, received_at)
            headers |= refusal.headers
            answer = Answer(refusal.status, dump_json(outcome_of(refusal, f"decision {decision_id}")))
        hook = answer.hook if answer.hook in hooks else "none"
        self._metrics.observe(known_id or "none", hook, answer.status, perf_counter() - started)
        self._metrics.identify(answer.identified)
        self._metrics.fire(answer.fired)
        return _response(answer.status, answer.body, headers)

    async def _answered(
        self, service_id: str, raw_body: bytes, decision_id: str, received_at: datetime
    ) -> Answer:
        """The answer, after asking the call's FHIR server as often as it takes and the time allows."""
        step = await self._worker.run(
            partial(self._server.answer, service_id, raw_body, decision_id, received_at)
        )
        until = None
        while isinstance(step, NeedsData):
            if self._fetching >= QUEUE_LIMIT:
                raise overloaded()
            until = until or asyncio.get_running_loop().time() + step.seconds
            self._fetching += 1
            try:
                fetched = await step.fetch(until)
            finally:
                self._fetching -= 1
            step = await self._worker.run(partial(step.resume, fetched))
        return step

    async def _recorded(
        self, refusal: CallRefused, known_id: str | None, decision_id: str, received_at: datetime
    ) -> CallRefused:
        """The refusal once it is in the log, or the one that says the log failed."""
        if refusal.status == 503:
            # The queue is full or the log is down: recording would wait behind the cause.
            return refusal
        try:
            await self._worker.run(
                partial(
                    self._server.refuse, known_id, decision_id, received_at, refusal.status, refusal.reason
                )
            )
        except Exception as error:  # as in `call`
            return _refusal_of(error, decision_id)
        return refusal

    async def feedback(self, request: Request) -> Response:
        received_at = self._clock()
        service_id: str = request.path_params["service_id"]
        raw_body = await read_body(request, upload_seconds=self._upload_seconds)
        if not self._server.hooks_of(service_id):
            raise _no_such_service()
        body = parse_feedback(read_json(raw_body))
        await self._worker.run(partial(self._server.feedback, service_id, body, received_at))
        return _json(200, {})

    async def health(self, request: Request) -> Response:
        return _json(200, {"status": "ok", "version": self._version})

    async def readiness(self, request: Request) -> Response:
        if not self._server.ready():
            raise CallRefused(503, "not-ready", "The service is not ready yet.")
        return _json(200, {"status": "ready"})

    async def metrics(self, request: Request) -> Response:
        return Response(self._metrics.text(), media_type=METRICS_TYPE)


def _guarded(
    endpoint: Callable[[Request], Awaitable[Response]],
) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint with every failure turned into an OperationOutcome."""

    async def guarded(request: Request) -> Response:
        try:
            return await endpoint(request)
        except Exception as error:  # the last resort: nothing may leave but a refusal of ours
            correlation_id = str(uuid4())
            refusal = _refusal_of(error, correlation_id)
            diagnostics = f"correlation {correlation_id}" if refusal.status == 500 else None
            return _response(refusal.status, dump_json(outcome_of(refusal, diagnostics)), refusal.headers)

    return guarded


def _refusal_of(error: Exception, correlation_id: str) -> CallRefused:
    if isinstance(error, CallRefused):
        return error
    # Only type and place are logged: the text of an exception may quote the patient's data.
    place = traceback.extract_tb(error.__traceback__)[-1]
    _LOG.error(
        "%s: %s at %s:%s in %s",
        correlation_id,
        type(error).__name__,
        place.filename,
        place.lineno,
        place.name,
    )
    if isinstance(error, LogUnavailable):
        return CallRefused(
            503, "log-unavailable", "The decision log cannot be written, so no advice is given."
        )
    return CallRefused(500, "internal-error", "An internal error occurred; nothing was advised.")


def _no_such_service() -> CallRefused:
    return CallRefused(404, "unknown-service", "There is no such service; see /cds-services.")


def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    text = _STATUS_TEXTS.get(error.status_code, "The request was refused.")
    refusal = CallRefused(error.status_code, "http", text)
    return _response(refusal.status, dump_json(outcome_of(refusal)), error.headers or {})


def _json(status: int, value: Mapping[str, object]) -> Response:
    return _response(status, dump_json(value), {})


def _response(status: int, body: bytes, headers: Mapping[str, str]) -> Response:
    return Response(body, status, headers, media_type="application/json")
