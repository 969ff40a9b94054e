"""What is handed to the client and what it hands back: the limits, the reason of a failure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FailureReason(StrEnum):
    """Why there is no answer for a key."""

    REFUSED_BASE = "refused-base"
    """The base is not a listed one: nothing was sent."""
    REFUSED_ADDRESS = "refused-address"
    """The name of the host leads to an address that it must not have: nothing was sent."""
    REFUSED_LINK = "refused-link"
    """The query, or the link to the next page, leads away from the base: it was not followed."""
    CIRCUIT_OPEN = "circuit-open"
    """The server failed too often of late: nothing was sent."""
    DEADLINE = "deadline"
    UNREACHABLE = "unreachable"
    """The name is unknown, nobody listens, or the certificate is not trusted."""
    UNAUTHORISED = "unauthorised"
    """401 or 403."""
    REDIRECT = "redirect"
    STATUS = "status"
    """Any other status than 200, the last one where it was tried again."""
    NOT_FHIR = "not-fhir"
    """Not the FHIR JSON that was asked for."""
    TRUNCATED = "truncated"
    """The connection ended, or turned to nonsense, before the answer did."""
    TOO_LARGE = "too-large"
    TOO_MANY_PAGES = "too-many-pages"


@dataclass(frozen=True, slots=True)
class FetchFailure:
    """A key without an answer, from which nothing may be concluded: least of all that nothing is on file.

    In a prefetch that becomes a chart it counts as a failed answer.
    """

    reason: FailureReason
    status: int | None = None
    """The HTTP status, where that is the reason."""


class FetchFailed(Exception):
    """Carries a `FetchFailure` from where it is found to `FhirClient.fetch`, which never lets it out."""

    def __init__(self, reason: FailureReason, status: int | None = None) -> None:
        super().__init__(reason.value)
        self.failure = FetchFailure(reason, status)


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """What one call may cost, however many keys and pages it has."""

    seconds: float = 0.4
    """From its begin to its end: name resolution, connections, pages and further tries together."""
    response_bytes: int = 8 * 1024 * 1024
    """Of one answer, after decompression."""
    total_bytes: int = 32 * 1024 * 1024
    """Of all answers, after decompression."""
    pages: int = 20
    """Of one search."""
    attempts: int = 3
    """Of one request that is answered 429 or 503."""
