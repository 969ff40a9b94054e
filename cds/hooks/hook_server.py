"""What the HTTP layer needs from whoever answers hook calls."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from fhir_adapters import OrderDrug

if TYPE_CHECKING:
    from fhir_adapters.client import Fetched


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a call, ready to send."""

    status: int
    body: bytes
    """JSON text in UTF-8."""
    hook: str = ""
    """The hook of the call, for the metrics; empty when it could not be read."""
    identified: tuple[OrderDrug, ...] = ()
    """How the drug of each order was identified, for the metrics."""
    fired: tuple[str, ...] = ()
    """The rules that advised something, for the metrics."""


@dataclass(frozen=True, slots=True)
class NeedsData:
    """A call that can be answered better once its FHIR server was asked."""

    seconds: float
    """How long the call may wait for data, from its first fetch on."""
    fetch: Callable[[float], Awaitable[Mapping[str, Fetched]]] = field(repr=False)
    """Asks the server; what is not there at that time of the running loop is a failure."""
    resume: Callable[[Mapping[str, Fetched]], Answer | NeedsData] = field(repr=False)
    """Goes on with what came of the queries, as `HookServer.answer` does and on the same thread."""


class HookServer(Protocol):
    """Answers hook calls and records them.

    `answer`, `refuse` and `feedback` are called on one worker thread, never two at a time, and raise
    `cds.log.LogUnavailable` when the record cannot be written: the caller then gets 503 and no advice.
    """

    def discovery(self) -> Mapping[str, object]:
        """The body of the discovery answer."""
        ...

    def hooks_of(self, service_id: str) -> frozenset[str]:
        """The hooks that a service is registered for; empty when there is no such service."""
        ...

    def answer(
        self, service_id: str, raw_body: bytes, decision_id: str, received_at: datetime
    ) -> Answer | NeedsData:
        """Evaluates and records one call, or says first what to fetch for it.

        Raises `CallRefused` for a call that is refused unevaluated; the caller then has it recorded by
        `refuse` and sends its message in an OperationOutcome.
        """
        ...

    def refuse(
        self, service_id: str | None, decision_id: str, received_at: datetime, status: int, reason: str
    ) -> None:
        """Records a call that was refused before evaluation or failed in it; None: no such service."""
        ...

    def feedback(self, service_id: str, body: Mapping[str, object], received_at: datetime) -> None:
        """Records valid feedback on cards."""
        ...

    def ready(self) -> bool:
        """Whether calls can be answered now."""
        ...
