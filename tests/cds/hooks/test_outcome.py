"""OperationOutcomes."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from cds.hooks import BadRequest, CallRefused, IssueCode, operation_outcome, outcome_of

# http://hl7.org/fhir/R4/valueset-issue-type.html
_ISSUE_TYPES = {
    "invalid",
    "structure",
    "required",
    "value",
    "invariant",
    "security",
    "login",
    "unknown",
    "expired",
    "forbidden",
    "suppressed",
    "processing",
    "not-supported",
    "duplicate",
    "multiple-matches",
    "not-found",
    "deleted",
    "too-long",
    "code-invalid",
    "extension",
    "too-costly",
    "business-rule",
    "conflict",
    "transient",
    "lock-error",
    "no-store",
    "exception",
    "timeout",
    "incomplete",
    "throttled",
    "informational",
}


def _issues(outcome: dict[str, Any]) -> list[dict[str, Any]]:
    issues: list[dict[str, Any]] = outcome["issue"]
    return issues


def test_codes_are_of_the_fhir_value_set() -> None:
    assert set(get_args(IssueCode)) <= _ISSUE_TYPES


def test_absent_parts_are_left_out() -> None:
    """FHIR knows no null members."""
    assert operation_outcome("invalid", "Why.") == {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "error", "code": "invalid", "details": {"text": "Why."}}],
    }
    full = operation_outcome("incomplete", "Why.", "context.draftOrders", "decision 1")
    (issue,) = _issues(full)
    assert (issue["expression"], issue["diagnostics"]) == (["context.draftOrders"], "decision 1")


@pytest.mark.parametrize(
    ("status", "code"),
    {
        400: "invalid",
        404: "not-found",
        405: "not-supported",
        408: "timeout",
        412: "incomplete",
        413: "too-long",
        415: "not-supported",
        500: "exception",
        503: "transient",
        418: "processing",
    }.items(),
)
def test_each_status_has_its_code(status: int, code: str) -> None:
    refusal = CallRefused(status, "reason", "Why.", expression="hook")
    (issue,) = _issues(outcome_of(refusal, "decision 1"))
    assert issue == _issues(operation_outcome("invalid", "Why.", "hook", "decision 1"))[0] | {"code": code}


def test_a_bad_request_is_a_400_with_its_place() -> None:
    refusal = BadRequest("Why.", "hook")
    assert (refusal.status, refusal.reason, refusal.expression) == (400, "bad-request", "hook")
