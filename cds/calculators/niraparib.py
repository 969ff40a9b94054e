"""`rule.niraparib`: the starting dose, as the rule in force advises it for a chart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from fractions import Fraction
from functools import partial
from typing import Annotated, Any, Final

from pydantic import Field

from calc import NoAnswer, UnusableInput
from calc.operations import Given, Many, Operation, Quantity, Result
from cds.calculators.ordered import findings_about, instant, listing
from dsl import Finding, Give, State, convert
from kb import KnowledgeBase

_INPUTS: Final = ("age", "weight", "platelets")
"""Inputs of the rule that are reported on."""

_POLICY: Final = {"weight_max_age_days": "weight", "platelet_max_age_days": "platelets"}

Days = Annotated[int, Field(ge=0, le=100_000)]


class Policy(Given):
    """The greatest ages of data; they are the rule's own, and another one is refused."""

    weight_max_age_days: Days | None = None
    """Greatest age of a weight; null: that of the rule."""
    platelet_max_age_days: Days | None = None
    """Greatest age of a platelet count; null: that of the rule."""


class NiraparibGiven(Given):
    """FHIR R4 resources of one patient."""

    asOf: str
    """The date, or the date and time with offset, for which the question is asked."""
    policy: Policy | None = None
    """The greatest ages of data that whoever asks counts on, in days; others than the rule's are an error."""
    patient: dict[str, Any]
    """The Patient resource, with its `id` and the date of birth."""
    observations: Many[Any] = ()
    """Observation resources with weights and platelet counts, coded in LOINC and UCUM."""


class NiraparibResult(Result):
    """The outcome, what decided it, and what is not known."""

    outcome: str
    """`dose`; `needs-data` where what is unknown may change it; `out-of-scope` for whom the rule is not made.
    """
    dose_mg: Annotated[Fraction, Quantity("mg", "the dose once daily")] | None = None
    """The dose once a day; only with the outcome `dose`."""
    drivers: tuple[str, ...] | None = None
    """What asks for the lower dose, `weight` before `platelets`; empty for the higher dose; only with `dose`.
    """
    unknowns: Mapping[str, str] | None = None
    """Why it is unknown (`missing`, `stale`, `unit` and so on), for each of `age`, `weight` and `platelets`
    that is; not with `out-of-scope`.
    """
    reason: str | None = None
    """Why the rule does not speak about this patient; only with `out-of-scope`."""


def operation(knowledge: KnowledgeBase) -> Operation:
    """The operation, answered by this knowledge base."""
    return Operation(
        "rule.niraparib",
        "Starting dose of niraparib by weight and platelets",
        NiraparibGiven,
        NiraparibResult,
        partial(_answer, knowledge),
        "US prescribing information of Zejula (niraparib), by the rule of the knowledge base",
        {
            "asOf": "2026-11-20T12:00:00Z",
            "patient": {"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1960-03-02"},
            "observations": [
                {
                    "resourceType": "Observation",
                    "id": "weight",
                    "status": "final",
                    "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
                    "subject": {"reference": "Patient/p1"},
                    "effectiveDateTime": "2026-11-18T09:00:00Z",
                    "valueQuantity": {
                        "value": 62.5,
                        "unit": "kg",
                        "system": "http://unitsofmeasure.org",
                        "code": "kg",
                    },
                }
            ],
        },
    )


def _answer(knowledge: KnowledgeBase, given: NiraparibGiven) -> NiraparibResult:
    """What the rule in force says about a draft order of the drug, read through the same chart as a card."""
    identifier = given.patient.get("id")
    if not isinstance(identifier, str):
        raise UnusableInput("input", "`patient`: expected a Patient resource with an `id`")
    findings = findings_about("niraparib", identifier, dict(_prefetch(given)), instant(given.asOf), knowledge)
    if len(findings) != 1:
        raise NoAnswer("rule", f"{len(findings)} rules in force answer about niraparib, not one")
    if given.policy is not None:
        _check_policy(given.policy, findings[0])
    found = _outcome(findings[0])
    return NiraparibResult.model_construct(set(found), **found)


def _prefetch(given: NiraparibGiven) -> Iterator[tuple[str, object]]:
    yield "patient", given.patient
    for key in ("pgx", "medications", "conditions"):
        yield key, listing([])
    yield "labs", listing(list(given.observations))


def _check_policy(policy: Policy, finding: Finding) -> None:
    """A greatest age that differs from the rule's would ask for another rule's answer."""
    for member, name in _POLICY.items():
        days: int | None = getattr(policy, member)
        own = finding.rule.input(name).within
        if days is not None and own != timedelta(days=days):
            limit = "none" if own is None else f"{own.days} days"
            raise NoAnswer("policy", f"`policy.{member}`: expected that of the rule, {limit}, not {days}")


def _outcome(finding: Finding) -> dict[str, Any]:
    unknowns = {name: str(finding.facts[name].reason) for name in _INPUTS if not finding.facts[name].known}
    if finding.state is State.OUTSIDE:
        return {"outcome": "out-of-scope", "reason": "paediatric"}
    if finding.state is State.ASK:
        return {"outcome": "needs-data", "unknowns": unknowns}
    if isinstance(finding.result, Give):
        fired = [step for step in finding.steps if step.truth is True and step.line in finding.lines]
        # For the higher dose neither value drives: both were looked at and found not to be below.
        default = bool(fired) and fired[0].text.startswith("otherwise")
        amount = convert(finding.result.dose.amount, "mg").value
        drivers = [] if default else [name for name in finding.decided_by if name in _INPUTS]
        return {"outcome": "dose", "dose_mg": amount, "drivers": drivers, "unknowns": unknowns}
    return {"outcome": str(finding.result), "unknowns": unknowns}
