"""Released findings: the only kind that the card renderer accepts."""

from __future__ import annotations

from dataclasses import dataclass

from cds.decision import Decision, Evaluation
from dsl import Finding, Rule
from fhir_adapters import Order, PrefetchKey


@dataclass(frozen=True, slots=True)
class Released:
    """A finding that may leave the system, with the order that it is about."""

    rule: Rule
    order: Order
    finding: Finding
    lacking: tuple[PrefetchKey, ...]
    partial: tuple[PrefetchKey, ...]
    preliminary: Finding | None = None

    @property
    def drugs(self) -> tuple[str, ...]:
        """The ordered drugs that the rule is about: several only for a combination of them."""
        return _concerned(self.rule, self.order)


def release(decision: Decision) -> tuple[Released, ...]:
    """The findings that may be shown; none for a deceased patient."""
    if decision.deceased:
        return ()
    return tuple(
        Released(
            evaluation.rule,
            evaluation.order,
            evaluation.finding,
            evaluation.lacking,
            evaluation.partial,
            evaluation.preliminary,
        )
        for evaluation in decision.evaluations
        if _is_drug_safety(evaluation) and evaluation.finding is not None
    )


def _is_drug_safety(evaluation: Evaluation) -> bool:
    return bool(_concerned(evaluation.rule, evaluation.order))


def _concerned(rule: Rule, order: Order) -> tuple[str, ...]:
    return tuple(drug for drug in order.drugs if drug in rule.drugs)
