"""FHIR OperationOutcomes: the body of every answer that is not a success."""

from __future__ import annotations

from typing import Final, Literal

from cds.hooks.errors import CallRefused

IssueCode = Literal[
    "invalid",
    "structure",
    "required",
    "value",
    "not-found",
    "not-supported",
    "incomplete",
    "too-long",
    "timeout",
    "throttled",
    "no-store",
    "transient",
    "processing",
    "exception",
]
"""The codes used here of the FHIR value set `issue-type`."""

_CODES: Final[dict[int, IssueCode]] = {
    400: "invalid",
    404: "not-found",
    405: "not-supported",
    408: "timeout",
    412: "incomplete",
    413: "too-long",
    415: "not-supported",
    500: "exception",
    503: "transient",
}


def operation_outcome(
    code: IssueCode, text: str, expression: str | None = None, diagnostics: str | None = None
) -> dict[str, object]:
    """An OperationOutcome with one issue of severity error.

    `text` is for people, `expression` a FHIRPath such as `context.draftOrders`, `diagnostics` technical
    help such as a correlation id. None of them may hold text of the request.
    """
    issue: dict[str, object] = {"severity": "error", "code": code, "details": {"text": text}}
    if diagnostics is not None:
        issue["diagnostics"] = diagnostics
    if expression is not None:
        issue["expression"] = [expression]
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def outcome_of(refusal: CallRefused, diagnostics: str | None = None) -> dict[str, object]:
    """The OperationOutcome that tells a caller about a refusal."""
    code = _CODES.get(refusal.status, "processing")
    return operation_outcome(code, refusal.message, refusal.expression, diagnostics)
