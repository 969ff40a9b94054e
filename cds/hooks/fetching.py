"""What a call still needs from its FHIR server, and what came of asking for it.

One round asks for every incomplete answer that the rules about the ordered drugs need, and for Medications
behind references; a second one for the Medications that the first one's lists refer to.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Final

from cds.decision import OrdersUnclear, Situation
from cds.hooks.protocol import HookRequest
from dsl import Rule
from fhir_adapters import (
    PrefetchKey,
    WrongPatient,
    chart_of_prefetch,
    completed,
    key_of_name,
    keys_of,
    medication_reads,
    plan_fetch,
    prefetch_states,
)

if TYPE_CHECKING:
    from fhir_adapters.client import Fetched

ANOTHER_PATIENT: Final = "another-patient"
MAX_READS: Final = 32
"""Medications that are read one by one in a round; a longer list stays unresolved, which rules are told."""

_FAILED: Final[Mapping[str, object]] = {"resourceType": "OperationOutcome"}


def queries(
    request: HookRequest,
    prefetch: Mapping[str, object],
    situation: Situation,
    templates: Mapping[str, str],
    rules: Collection[Rule],
    asked: Collection[str],
    modulated: Collection[str] = (),
    more: Collection[PrefetchKey] = (),
) -> dict[str, str]:
    """The queries to send next by name; none when nothing more can be had.

    What is asked for depends on the drugs that are ordered and on what was supplied, never on what a result
    says. `asked` are the names that were asked for before, `modulated` the genes whose results drugs change,
    `more` are keys that are needed beside those of the rules.
    """
    needed = _needed_keys(situation, rules, modulated) | frozenset(more)
    wanted = {name: text for name, text in templates.items() if key_of_name(name) in needed}
    states = prefetch_states(prefetch, wanted)
    plan = plan_fetch(wanted, _context(request), states, access=True)
    with_list = PrefetchKey.MEDICATIONS in needed
    reads = medication_reads(situation.orders, situation.chart, with_list=with_list)
    searches = {name: query for name, query in plan.fetch.items() if name not in asked}
    fresh_reads = (read for read in reads if read not in asked)
    return searches | {read: read for read in islice(fresh_reads, MAX_READS)}


def with_fetched(
    request: HookRequest, fetched: Mapping[str, Fetched]
) -> tuple[dict[str, object], dict[str, str], dict[str, object]]:
    """The prefetch with what was fetched, the outcome of each query, and the Medications by reference.

    An answer about another patient is no answer: it fails alone, and the outcome says so.
    """
    outcomes: dict[str, str] = {}
    answers: dict[str, object] = {}
    for name, found in fetched.items():
        if not isinstance(found, Mapping):
            outcomes[name] = found.reason.value
        elif _about_another(request, name, found):
            outcomes[name] = ANOTHER_PATIENT
        else:
            outcomes[name] = "answered"
        answers[name] = found if outcomes[name] == "answered" else _FAILED
    medications = {name: answers.pop(name) for name in tuple(answers) if key_of_name(name) is None}
    answered = {name: found for name, found in medications.items() if found is not _FAILED}
    return completed(request.prefetch, answers), outcomes, answered


def _needed_keys(
    situation: Situation, rules: Collection[Rule], modulated: Collection[str]
) -> frozenset[PrefetchKey]:
    if not situation.ordering or OrdersUnclear.MEDICATION in situation.unclear:
        return frozenset(PrefetchKey)
    drugs = {drug for order in situation.orders for drug in order.drugs}
    concerned = [rule for rule in rules if not drugs.isdisjoint(rule.drugs)]
    needed = keys_of((each for rule in concerned for each in rule.inputs), modulated)
    # Whether the patient lives is always asked.
    return frozenset(needed | {PrefetchKey.PATIENT}) if concerned else frozenset()


def _context(request: HookRequest) -> dict[str, object]:
    context: dict[str, object] = {"userId": request.user_id, "patientId": request.patient_id}
    return context if request.encounter_id is None else context | {"encounterId": request.encounter_id}


def _about_another(request: HookRequest, name: str, found: Mapping[str, object]) -> bool:
    if key_of_name(name) is None:
        return False
    try:
        chart_of_prefetch(request.patient_id, {name: found}, request.fhir_server, [name])
    except WrongPatient:
        return True
    return False
