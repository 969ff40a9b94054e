"""The client: the queries of one call, all at once, under one deadline."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import aclosing
from http import HTTPStatus

import httpx2

from fhir_adapters.bearer import BearerToken
from fhir_adapters.client.bases import FhirBase, ResolveHost, resolve_host
from fhir_adapters.client.breaker import CircuitBreaker
from fhir_adapters.client.exchange import Exchange
from fhir_adapters.client.results import FailureReason, FetchFailed, FetchFailure, FetchLimits
from fhir_adapters.client.searches import answer
from fhir_adapters.reading import Resource

Fetched = Resource | FetchFailure
"""What came of a query."""

_SERVER_FAILURES = frozenset({FailureReason.DEADLINE, FailureReason.UNREACHABLE, FailureReason.TRUNCATED})
_USUAL_LIMITS = FetchLimits()


class FhirClient:
    """Asks listed FHIR servers; the application makes one for each client it trusts, and keeps it.

    It remembers which servers fail, and nothing of a call: connections live as long as the call that
    opened them. `ssl_context` is the system's trust store unless given. A base is left alone for
    `pause_seconds` after `failures` calls in a row that the server did not answer; `clock` is monotonic.
    """

    def __init__(
        self,
        bases: Iterable[FhirBase],
        *,
        limits: FetchLimits = _USUAL_LIMITS,
        failures: int = 5,
        pause_seconds: float = 10.0,
        resolve_host: ResolveHost = resolve_host,
        ssl_context: ssl.SSLContext | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._breakers = {base: CircuitBreaker(failures, pause_seconds, clock) for base in bases}
        self.limits = limits
        self._resolve_host = resolve_host
        self._ssl_context = ssl_context or httpx2.create_ssl_context(trust_env=False)

    async def fetch(
        self, base_url: str, token: BearerToken, queries: Mapping[str, str], *, until: float | None = None
    ) -> dict[str, Fetched]:
        """For each key the answer to its query, as parsed by `load_json`, or why there is none.

        Queries are reads (`Patient/1`) and searches (`Condition?patient=1`) relative to the base. The
        answer is there when the time of the limits is up at the latest, or at the time `until` of the
        running loop where that is earlier; what is not there then is a failure.
        """
        base = next((base for base in self._breakers if base.is_named_by(base_url)), None)
        if base is None:
            return dict.fromkeys(queries, FetchFailure(FailureReason.REFUSED_BASE))
        breaker = self._breakers[base]
        if not breaker.admit():
            return dict.fromkeys(queries, FetchFailure(FailureReason.CIRCUIT_OPEN))
        deadline = asyncio.get_running_loop().time() + self.limits.seconds
        answers = await self._ask(base, token, queries, deadline if until is None else min(until, deadline))
        breaker.record(healthy=not answers or not all(map(_fault_of_server, answers.values())))
        return answers

    async def _ask(
        self, base: FhirBase, token: BearerToken, queries: Mapping[str, str], deadline: float
    ) -> dict[str, Fetched]:
        try:
            async with asyncio.timeout_at(deadline):
                addresses = await base.addresses(self._resolve_host)
        except FetchFailed as failed:
            return dict.fromkeys(queries, failed.failure)
        except TimeoutError:
            return dict.fromkeys(queries, FetchFailure(FailureReason.DEADLINE))
        async with httpx2.AsyncHTTPTransport(verify=self._ssl_context) as transport:
            exchange = Exchange(transport, addresses, token, self.limits, deadline)
            async with aclosing(exchange), asyncio.TaskGroup() as group:
                tasks = {
                    key: group.create_task(self._one(exchange, base, query, deadline))
                    for key, query in queries.items()
                }
        return {key: task.result() for key, task in tasks.items()}

    async def _one(self, exchange: Exchange, base: FhirBase, query: str, deadline: float) -> Fetched:
        try:
            async with asyncio.timeout_at(deadline):
                return await answer(exchange, base, query, self.limits)
        except FetchFailed as failed:
            return failed.failure
        except TimeoutError:
            return FetchFailure(FailureReason.DEADLINE)


def _fault_of_server(fetched: Fetched) -> bool:
    if not isinstance(fetched, FetchFailure):
        return False
    status = fetched.status or 0
    busy = status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return busy or fetched.reason in _SERVER_FAILURES
