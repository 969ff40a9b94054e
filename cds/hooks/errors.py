"""The errors of `cds.hooks`.

HooksError
├── CallRefused     a call that gets an error status; its text may be sent to the caller
│   └── BadRequest  400: the body is not a valid request of the addressed service
├── CardRefused     a card or service description of ours that breaks the standard
└── ServeError      the service cannot listen at its address
"""

from __future__ import annotations

from collections.abc import Mapping


class HooksError(Exception):
    """Any error of this package."""


class CallRefused(HooksError):
    """A call that is answered with an error status.

    `reason` is the short code for the decision log. `message` is for the caller: what was expected,
    never what was received. `expression` points at the offending member, e.g. `context.draftOrders`.
    """

    def __init__(
        self,
        status: int,
        reason: str,
        message: str,
        *,
        expression: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message
        self.expression = expression
        self.headers = dict(headers or {})


class BadRequest(CallRefused):
    """The body is not a valid request or feedback of the addressed service (status 400)."""

    def __init__(self, message: str, expression: str | None = None) -> None:
        super().__init__(400, "bad-request", message, expression=expression)


class CardRefused(HooksError):
    """A card, response or service description that must not be sent; names members, not their content."""


class ServeError(HooksError):
    """The service cannot listen at the given address."""
