"""Operations over HTTP: `GET /api/calc`, `GET` and `POST /api/calc/{op}`, `GET /api/calc/{op}/picture`.

The same below `/api/dose` for questions of individual dosing.

A calculation is no decision about a patient: nothing of it is recorded, and no card comes of it.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import cache

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from calc import CalculationError, UnusableInput
from calc.operations import Operation
from cds.calculators import answer, operation_named, operations
from cds.calculators.schema import described
from cds.cards.pictures import as_page, picture_of
from cds.hooks import CallRefused, read_body
from fhir_adapters import FhirError, JsonRefused, dump_json, load_json
from kb import KnowledgeBase

_LOG = logging.getLogger("bespoke.api")


def calculator_routes(knowledge: KnowledgeBase) -> list[Route]:
    """Routes of all operations, and of individual dosing by the models of this knowledge base."""
    known = operations(knowledge)

    @cache
    def dosing() -> Mapping[str, Operation]:
        # Models and numpy are for whoever asks; the first answer of a service does not wait for them.
        from cds.dosing import dosing_operations

        return dosing_operations(knowledge)

    return _routes("/api/calc", lambda: known) + _routes("/api/dose", dosing)


def _routes(base: str, known: Callable[[], Mapping[str, Operation]]) -> list[Route]:
    async def catalogue(request: Request) -> Response:
        return _json(200, {"operations": [_entry(name, each) for name, each in known().items()]})

    async def describe(request: Request) -> Response:
        return _json(200, described(operation_named(request.path_params["op"], known())))

    async def calculate(request: Request) -> Response:
        operation = operation_named(request.path_params["op"], known())
        given = load_json(await read_body(request))
        result = await run_in_threadpool(answer, operation, given)
        return _json(200, {"op": operation.name, "result": result})

    async def picture(request: Request) -> Response:
        operation = operation_named(request.path_params["op"], known())
        given = load_json(request.query_params.get("given", "{}").encode())
        drawn = await run_in_threadpool(_drawn, operation, given)
        return Response(drawn, media_type="text/html", headers=HARMLESS)

    return [
        Route(base + "/{op}/picture", guarded(picture)),
        Route(base, guarded(catalogue)),
        Route(base + "/{op}", guarded(describe)),
        Route(base + "/{op}", guarded(calculate), methods=["POST"]),
    ]


HARMLESS = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
"""A picture has neither script nor anything from elsewhere; a browser holds it to that."""


def _drawn(operation: Operation, given: object) -> str:
    result = answer(operation, given)
    assert isinstance(given, dict)  # or there would be no answer
    page = picture_of(operation.name, given, result, as_page)
    if page is None:
        raise UnusableInput("no-picture", f"there is no picture of this answer of {operation.name}")
    return page


def _entry(name: str, operation: Operation) -> dict[str, object]:
    return {"op": name, "title": operation.title, "source": operation.source}


def guarded(
    endpoint: Callable[[Request], Awaitable[Response]],
) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint with every failure as `{"error": {"code", "message"}}`."""

    async def guarded(request: Request) -> Response:
        try:
            return await endpoint(request)
        except CalculationError as error:
            return _refused(404 if error.code == "unknown-op" else 400, error.code, str(error))
        except JsonRefused as error:
            return _refused(400, "json", str(error))
        except FhirError as error:
            return _refused(400, "fhir", str(error))
        except CallRefused as error:
            return _refused(error.status, error.reason, error.message, error.headers)
        except Exception as error:  # the last resort: no traceback may leave
            _LOG.error("%s in %s", type(error).__name__, request.url.path)
            return _refused(500, "internal-error", "An internal error occurred; nothing was calculated.")

    return guarded


def _refused(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> Response:
    return _json(status, {"error": {"code": code, "message": message}}, headers)


def _json(status: int, value: Mapping[str, object], headers: Mapping[str, str] | None = None) -> Response:
    return Response(dump_json(value), status, dict(headers or {}), media_type="application/json")
