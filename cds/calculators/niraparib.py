"""`rule.niraparib`: the starting dose, as the rule in force advises it for a chart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from fractions import Fraction
from functools import partial
from typing import Annotated, Any, Final

from calc import NoAnswer, UnusableInput
from calc.operations import Given, Many, Operation, Quantity, Result
from cds.calculators.ordered import findings_about, instant, listing
from dsl import Finding, Give, State, convert
from kb import KnowledgeBase

_INPUTS: Final = ("age", "weight", "platelets")
"""Inputs of the rule that are reported on."""

_POLICY: Final = {"weight_max_age_days": "weight", "platelet_max_age_days": "platelets"}


class Policy(Given):
    """The greatest ages of data; they are the rule's own, and another one is refused."""

    weight_max_age_days: int | None = None
    platelet_max_age_days: int | None = None


class NiraparibGiven(Given):
    """FHIR R4 resources of one patient."""

    asOf: str
    policy: Policy | None = None
    patient: dict[str, Any]
    observations: Many[Any] = ()


class NiraparibResult(Result):
    """The outcome, what decided it, and what is not known."""

    outcome: str
    dose_mg: Annotated[Fraction, Quantity("mg", "the dose once daily")]
    drivers: tuple[str, ...]
    unknowns: Mapping[str, str]
    reason: str


def operation(knowledge: KnowledgeBase) -> Operation:
    """The operation, answered by this knowledge base."""
    return Operation(
        "rule.niraparib",
        "Starting dose of niraparib by weight and platelets",
        NiraparibGiven,
        NiraparibResult,
        partial(_answer, knowledge),
        "US prescribing information of Zejula, by the rule of the knowledge base",
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
    """The answer of the rule in force about a draft order of the drug, through chart and decision."""
    identifier = given.patient.get("id")
    if not isinstance(identifier, str):
        raise UnusableInput("input", "`patient` is a Patient resource with an id")
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
            raise NoAnswer("policy", f"`{member}` differs from the rule, which has {own}")


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
