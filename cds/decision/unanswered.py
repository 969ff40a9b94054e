"""What a decision leaves open for want of a prefetch key, or because a rule failed."""

from __future__ import annotations

from cds.decision.decide import Decision, Evaluation
from cds.decision.situation import OrdersUnclear
from dsl import Finding, Reason, State, WhenMissing
from fhir_adapters import KeyState, PrefetchKey, key_of

_KEY_WORDS = {
    PrefetchKey.PATIENT: "the Patient resource was",
    PrefetchKey.PGX: "genetic results were",
    PrefetchKey.MEDICATIONS: "the medication list was",
    PrefetchKey.CONDITIONS: "the problem list was",
    PrefetchKey.LABS: "laboratory results and vital signs were",
    PrefetchKey.EXPOSURE: "records of earlier use were",
    PrefetchKey.ALLERGIES: "the list of allergies was",
}


def unanswered(decision: Decision) -> list[tuple[str, str]]:
    """What could not be answered, each with the reason, in words for people; never text of the patient."""
    if decision.deceased:
        return []
    left = [
        ("current medication" if unclear is OrdersUnclear.LIST else "an order", unclear.value)
        for unclear in decision.situation.unclear
    ]
    for evaluation in decision.evaluations:
        if evaluation.finding is None:
            left.append((evaluation.rule.title, "the rule failed; its authors should be told"))
        elif evaluation.lacking:
            states = decision.situation.chart.states
            reason = ", ".join(
                f"{_KEY_WORDS[key]} {'refused' if states[key] is KeyState.FAILED else 'not supplied'}"
                for key in evaluation.lacking
            )
            left.append((evaluation.rule.title, reason))
        elif partial := _silent_for_want_of_the_rest(evaluation, decision):
            left.append((evaluation.rule.title, partial))
        elif failed := _failed_calculation(evaluation.finding):
            left.append((evaluation.rule.title, failed))
    return list(dict.fromkeys(left))


def _failed_calculation(finding: Finding) -> str:
    """Why a rule is undecided with everything at hand: there is nothing that it could ask for."""
    if finding.state is not State.ASK or finding.asks:
        return ""
    facts = (finding.facts[let.name] for let in finding.rule.lets)
    return next((fact.explanation for fact in facts if fact.reason is Reason.MODEL_FAILED), "not decided")


def _silent_for_want_of_the_rest(evaluation: Evaluation, decision: Decision) -> str:
    """What a rule that asks for nothing aloud lacks from a list of which only a part came (H-069)."""
    finding = evaluation.finding
    if finding is None or finding.state is not State.ASK:
        return ""
    asked = [evaluation.rule.input(name) for name in finding.asks]
    if any(declared.when_missing is not WhenMissing.SILENT for declared in asked):
        return ""
    keys = {key_of(declared.source.kind) for declared in asked}
    partial = [
        key
        for key in PrefetchKey
        if key in keys and decision.situation.chart.states[key] is KeyState.INCOMPLETE
    ]
    return ", ".join(f"{_KEY_WORDS[key]} supplied only in part" for key in partial)
