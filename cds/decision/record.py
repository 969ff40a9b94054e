"""The record of a decision as a JSON value: what the log keeps and what `bespoke evaluate` prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cds.decision import Decision, Evaluation
from dsl import Fact, Input, before_words, value_words
from fhir_adapters import Chart, unmapped_observations
from kb import KnowledgeBase


def record_of(
    decision: Decision,
    not_evaluated: Sequence[tuple[str, str]],
    cards: Sequence[Mapping[str, object]],
    knowledge: KnowledgeBase,
    software: str,
) -> dict[str, object]:
    """Everything that led to the cards, in the layout that `bespoke audit show` prints."""
    chart = decision.situation.chart
    return {
        "software": software,
        "kb": knowledge.identity,
        "as_of": decision.as_of.isoformat(),
        "intake": chart.intake.value,
        "prefetch": {key.value: state.value for key, state in chart.states.items()},
        "deceased": decision.deceased,
        "orders": [
            {
                "reference": order.reference,
                "drug": " / ".join(order.drugs) or None,
                "combination": order.combination,
                "identified": order.identified.value,
            }
            for order in decision.situation.orders
        ],
        "findings": [
            {"code": each.code, "path": each.path, "text": each.sentence}
            for each in decision.situation.findings
        ],
        "unmapped": _unmapped(chart, knowledge),
        "evaluations": [_evaluation(each) for each in decision.evaluations],
        "silenced": [
            _evaluation(each) | {"overridden_by": exception} for each, exception in decision.silenced
        ],
        "shadow": [_evaluation(each) for each in decision.shadow],
        "not_evaluated": [{"rule": rule, "reason": reason} for rule, reason in not_evaluated],
        "cards": list(cards),
    }


def _unmapped(chart: Chart, knowledge: KnowledgeBase) -> dict[str, object]:
    found = unmapped_observations(chart, knowledge.observation_codes)
    return {
        "observations": found.observations,
        "distinct": found.distinct,
        "codes": [{"code": code, "observations": count} for code, count in found.codes],
    }


def _evaluation(evaluation: Evaluation) -> dict[str, object]:
    rule, finding = evaluation.rule, evaluation.finding
    record: dict[str, object] = {
        "rule": rule.name,
        "version": rule.version,
        "status": rule.status.value,
        "order": evaluation.order.reference,
    }
    if finding is None:
        return record | {"state": "error", "result": evaluation.failure}
    steps = [step for step in finding.steps if step.truth is not False]
    return record | {
        "state": finding.state.value,
        "result": str(finding.result),
        "because": getattr(finding.result, "because", ""),
        "decided_by": [f"line {step.line}: {step.text}" for step in steps],
        "inputs": [_input(declared, finding.facts[declared.name]) for declared in rule.inputs],
        "calculated": [
            {"name": let.name, "value": value_words(let, finding.facts[let.name])} for let in rule.lets
        ],
        "missing": list(finding.asks),
        "preliminary": None if evaluation.preliminary is None else str(evaluation.preliminary.result),
        "assumptions": list(finding.assumptions),
    }


def _input(declared: Input, fact: Fact) -> dict[str, object]:
    changed = {}
    if fact.before:
        changed = {"before": before_words(declared, fact), "changed_by": fact.changed_by}
    return {
        "name": declared.name,
        "value": None if fact.missing else value_words(declared, fact),
        **changed,
        "reason": fact.reason.value if fact.reason else None,
        "explanation": fact.explanation,
        "optional": declared.optional,
        "data": [
            {
                "path": datum.path,
                "reference": datum.reference,
                "instant": datum.instant,
                "text": datum.text,
                "reason": datum.reason.value if datum.reason else None,
            }
            for datum in fact.data
        ],
    }
