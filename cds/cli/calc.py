"""`bespoke calc --batch`: operations by line. So far the ones that rules of the knowledge base answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

from cds.cli import thiopurines
from cds.cli.batch import LineError, number
from cds.cli.batch import run as run_batch
from cds.cli.ordered import findings_about, instant, listing
from dsl import Finding, Give, State, convert
from kb import KnowledgeBase

_INPUTS = ("age", "weight", "platelets")
"""Inputs of the rule about niraparib that are reported on."""

_POLICY = {"weight_max_age_days": "weight", "platelet_max_age_days": "platelets"}


def run(batch: Path, kb: Path | None) -> int:
    """Answers a file line by line; see `bespoke calc --help`."""
    return run_batch(batch, kb, ("id", "op"), _answer)


def _answer(asked: Mapping[str, object], knowledge: KnowledgeBase) -> dict[str, object]:
    operation, given = asked.get("op"), asked.get("given")
    if not isinstance(operation, str) or operation not in _OPERATIONS:
        raise LineError("unknown-op", f"there is no such operation; known: {', '.join(_OPERATIONS)}")
    if not isinstance(given, dict):
        raise LineError("input", "`given` is an object")
    return {"result": _OPERATIONS[operation](given, knowledge)}


def _niraparib(given: Mapping[str, object], knowledge: KnowledgeBase) -> dict[str, object]:
    """The answer of the rule in force about a draft order of the drug, through chart and decision."""
    patient, as_of = given.get("patient"), instant(given.get("asOf"))
    identifier = patient.get("id") if isinstance(patient, dict) else None
    if not isinstance(identifier, str):
        raise LineError("input", "`patient` is a Patient resource with an id")
    findings = findings_about("niraparib", identifier, dict(_prefetch(given)), as_of, knowledge)
    if len(findings) != 1:
        raise LineError("rule", f"{len(findings)} rules in force answer about niraparib, not one")
    _check_policy(given.get("policy"), findings[0])
    return _outcome(findings[0], _INPUTS)


def _prefetch(given: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    yield "patient", given.get("patient")
    for key in ("pgx", "medications", "conditions"):
        yield key, listing([])
    observations = given.get("observations", [])
    if not isinstance(observations, list):
        raise LineError("input", "`observations` is a list of Observation resources")
    yield "labs", listing(observations)


def _check_policy(policy: object, finding: Finding) -> None:
    """A greatest age that differs from the rule's would ask for another rule's answer."""
    for member, name in _POLICY.items():
        days = policy.get(member) if isinstance(policy, dict) else None
        own = finding.rule.input(name).within
        if days is not None and (not isinstance(days, int) or own != timedelta(days=days)):
            raise LineError("policy", f"`{member}` differs from the rule, which has {own}")


def _outcome(finding: Finding, names: tuple[str, ...]) -> dict[str, object]:
    unknowns = {name: str(finding.facts[name].reason) for name in names if not finding.facts[name].known}
    if finding.state is State.OUTSIDE:
        return {"outcome": "out-of-scope", "reason": "paediatric"}
    if finding.state is State.ASK:
        return {"outcome": "needs-data", "unknowns": unknowns}
    if isinstance(finding.result, Give):
        fired = [step for step in finding.steps if step.truth is True and step.line in finding.lines]
        # For the higher dose neither value drives: both were looked at and found not to be below.
        default = bool(fired) and fired[0].text.startswith("otherwise")
        amount = number(convert(finding.result.dose.amount, "mg").value)
        drivers = [] if default else [name for name in finding.decided_by if name in names]
        return {"outcome": "dose", "dose_mg": amount, "drivers": drivers, "unknowns": unknowns}
    return {"outcome": str(finding.result), "unknowns": unknowns}


_OPERATIONS = {"rule.niraparib": _niraparib, "pgx.mercaptopurine": thiopurines.answer}
