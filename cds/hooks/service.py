"""Answers hook calls: the whole way from the bytes of a request to the cards, recorded before it is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from cds.cards import render_cards
from cds.decision import (
    Decision,
    OrdersUnclear,
    Situation,
    decide,
    of_orders,
    of_patient,
    record_of,
    unanswered,
)
from cds.guard import Released, release
from cds.hooks.checks import read_json
from cds.hooks.dosing import (
    DOSING,
    dosing_cards,
    dosing_record,
    dosing_templates,
    history_keys,
    plans_in_force,
    refusal_for_want,
    rules_of_plans,
)
from cds.hooks.errors import BadRequest, CallRefused, CardRefused
from cds.hooks.fetching import queries, with_fetched
from cds.hooks.hook_server import Answer, NeedsData
from cds.hooks.outcome import outcome_of
from cds.hooks.protocol import HookRequest, parse_request
from cds.hooks.response import (
    Card,
    by_urgency,
    cards_response,
    parse_card,
    parse_discovery,
    serialise,
)
from cds.hooks.service_entry import ServiceEntry
from cds.log import DecisionLog, LogEntry, LogUnavailable
from fhir_adapters import (
    KeyState,
    Order,
    PrefetchKey,
    UnusableBundle,
    WrongPatient,
    chart_of_prefetch,
    dump_json,
    key_of_name,
    prefetch_templates,
)
from kb import KnowledgeBase

if TYPE_CHECKING:
    from cds.dosing import Answered
    from fhir_adapters.client import Fetched, FhirClient

_PATIENT_CHANNEL = ("Patient/", "RelatedPerson/")


SERVICES = (
    ServiceEntry(
        "medication-safety",
        "order-select",
        "Drug choice and dose for this patient",
        "Checks the selected medication orders against genes, organ function, weight and laboratory results.",
    ),
    ServiceEntry(
        "medication-safety",
        "order-sign",
        "Drug choice and dose for this patient",
        "Checks the medication orders to sign against genes, organ function, weight and laboratory results.",
    ),
    ServiceEntry(
        "patient-summary",
        "patient-view",
        "Current medication of this patient",
        "Checks the medication that the patient takes against genetic results.",
    ),
)


@dataclass(frozen=True, slots=True)
class _Call:
    service_id: str
    request: HookRequest
    decision_id: str
    received_at: datetime


class HookService:
    """The `HookServer` of one knowledge base and one decision log."""

    def __init__(
        self,
        knowledge: KnowledgeBase,
        log: DecisionLog,
        *,
        software: str,
        fire_draft: bool = False,
        allow_http_fhir: bool = False,
        fhir_client: FhirClient | None = None,
        max_cards: int = 20,
        guidance_precedence: Sequence[str] = (),
        public_url: str | None = None,
    ) -> None:
        self._knowledge = knowledge
        self._log = log
        self._software = software
        self._fire_draft = fire_draft
        self._allow_http_fhir = allow_http_fhir
        self._fhir_client = fhir_client
        self._max_cards = max_cards
        self._precedence = tuple(guidance_precedence)
        self._public_url = public_url
        self._modulated = knowledge.modulated(drafts=fire_draft)
        self._services: tuple[ServiceEntry, ...] = SERVICES
        if plans_in_force(knowledge, drafts=fire_draft):
            self._services = (*SERVICES, DOSING)
        self._templates = {(entry.id, entry.hook): self._templates_of(entry) for entry in self._services}
        self._discovery = serialise(parse_discovery(self._service(entry) for entry in self._services))

    def discovery(self) -> Mapping[str, object]:
        """The services with the prefetch templates that their rules need."""
        return self._discovery

    def hooks_of(self, service_id: str) -> frozenset[str]:
        """The hooks that a service is registered for."""
        return frozenset(entry.hook for entry in self._services if entry.id == service_id)

    def ready(self) -> bool:
        """The knowledge base is there from the start; the log may have gone since."""
        try:
            self._log.get("")
        except LogUnavailable:
            return False
        return True

    def answer(
        self, service_id: str, raw_body: bytes, decision_id: str, received_at: datetime
    ) -> Answer | NeedsData:
        """Evaluates and records one call, once what it lacks was fetched.

        Raises `CallRefused` for a call that is refused unevaluated.
        """
        request = parse_request(
            read_json(raw_body), self.hooks_of(service_id), allow_http_fhir=self._allow_http_fhir
        )
        return self._answer(_Call(service_id, request, decision_id, received_at), {})

    def _answer(self, call: _Call, fetched: Mapping[str, Fetched]) -> Answer | NeedsData:
        request, decision_id, received_at = call.request, call.decision_id, call.received_at
        prefetch, outcomes, medications = with_fetched(request, fetched)
        situation = self._situation(call, prefetch, medications)
        if needs := self._needs(call, prefetch, situation, fetched):
            return needs
        decision = decide(situation, self._knowledge, received_at, fire_draft=self._fire_draft)
        answered: tuple[Answered, ...] = ()
        if call.service_id == DOSING.id:
            every, unsaid, answered, refusal = self._doses(request, decision, decision_id)
        else:
            every, unsaid = self._cards(request, decision, decision_id)
            refusal = _refusal(decision, every)
        # Who is shown too much reads nothing (H-046); what is left out is said, and on record.
        ordered = by_urgency(every)
        cards, left = list(ordered[: self._max_cards]), ordered[self._max_cards :]
        if left:
            fewer = "1 less urgent card" if len(left) == 1 else f"{len(left)} less urgent cards"
            unsaid.append((fewer, f"a call has {self._max_cards} at most"))
        if refusal is None and unsaid:
            reasons = [f"{what}, {why}" for what, why in unsaid]
            remark = self._rendered([], reasons, decision, f"{decision_id}/remark")[0]
            cards.append(parse_card(remark, {}))
        body = serialise(cards_response(cards))
        sent = body["cards"] if refusal is None else []
        assert isinstance(sent, list)
        record = record_of(decision, unsaid, sent, self._knowledge, self._software)
        if call.service_id == DOSING.id:
            record["dosing"] = dosing_record(answered, received_at)
        asked = {key_of_name(name) for name in self._templates[call.service_id, request.hook]}
        states = situation.chart.states.items()
        record["prefetch"] = {
            key: state for key, state in states if state is not KeyState.ABSENT or key in asked
        }
        record["guidance_precedence"] = list(self._precedence)
        record["left_out"] = [card.summary for card in left]
        record["request"] = {
            "hookInstance": request.hook_instance,
            "user": request.user_id,
            "patient": request.patient_id,
            "fhirServer": request.fhir_server,
            "fetched": outcomes,
        }
        status, answer = 200, body
        if refusal is not None:
            status, answer = refusal.status, outcome_of(refusal, f"decision {decision_id}")
            record["refusal"] = {"status": refusal.status, "reason": refusal.reason}
        self._append(decision_id, call.service_id, request.hook, received_at, status, record)
        identified = tuple(order.identified for order in situation.orders)
        return Answer(status, dump_json(answer), request.hook, identified, _fired(decision))

    def _needs(
        self,
        call: _Call,
        prefetch: Mapping[str, object],
        situation: Situation,
        fetched: Mapping[str, Fetched],
    ) -> NeedsData | None:
        request, client = call.request, self._fhir_client
        base, token = request.fhir_server, request.token
        if client is None or base is None or token is None:
            return None
        rules = self._knowledge.in_force(call.received_at.date(), fire_draft=self._fire_draft)
        templates, modulated = self._templates[call.service_id, request.hook], self._modulated
        more: tuple[PrefetchKey, ...] = ()
        if call.service_id == DOSING.id:
            rules = rules_of_plans(rules, self._knowledge, drafts=self._fire_draft)
            more = history_keys(situation, self._knowledge, drafts=self._fire_draft)
        lacking = queries(request, prefetch, situation, templates, rules, fetched.keys(), modulated, more)
        if not lacking:
            return None
        return NeedsData(
            client.limits.seconds,
            lambda until: client.fetch(base, token, lacking, until=until),
            lambda answers: self._answer(call, {**fetched, **answers}),
        )

    def refuse(
        self, service_id: str | None, decision_id: str, received_at: datetime, status: int, reason: str
    ) -> None:
        """Records a call that was refused before evaluation."""
        record = {
            "software": self._software,
            "kb": self._knowledge.identity,
            "refusal": {"status": status, "reason": reason},
        }
        self._append(decision_id, service_id, None, received_at, status, record)

    def feedback(self, service_id: str, body: Mapping[str, object], received_at: datetime) -> None:
        """Records feedback on cards."""
        entry = LogEntry(str(uuid4()), "feedback", received_at.isoformat(), service_id, None, 200, body)
        self._log.append(entry)

    # -------------------------------------------------------------- parts of an answer
    def _situation(
        self, call: _Call, prefetch: Mapping[str, object], medications: Mapping[str, object]
    ) -> Situation:
        request = call.request
        base = request.fhir_server
        try:
            asked = self._templates[call.service_id, request.hook]
            chart = chart_of_prefetch(request.patient_id, prefetch, base, asked, medications)
            if request.draft_orders is None:
                return of_patient(chart, self._knowledge)
            return of_orders(chart, request.draft_orders, request.selections, self._knowledge, base)
        except WrongPatient as error:
            message = "An order or a prefetched resource is not of the patient in context."
            raise CallRefused(400, "subject-mismatch", message, expression=error.path) from None
        except UnusableBundle as error:
            raise BadRequest(f"Expected {error.expected}.", error.path) from None

    def _cards(
        self, request: HookRequest, decision: Decision, decision_id: str
    ) -> tuple[list[Card], list[tuple[str, str]]]:
        """The settled cards that pass the strict model, and what is left unsaid, with the reason."""
        if request.user_id.startswith(_PATIENT_CHANNEL):
            return [], []  # all advice here is for clinicians
        settled = [each for each in release(decision) if not each.lacking]
        drafts = {order.reference: order.resource for order in decision.situation.orders}
        unsaid = unanswered(decision)
        cards: list[Card] = []
        for plain in self._rendered(settled, [], decision, decision_id):
            try:
                cards.append(parse_card(plain, drafts))
            except CardRefused:
                unsaid.append(("a card", "it did not pass the check before sending"))
        return cards, unsaid

    def _doses(
        self, request: HookRequest, decision: Decision, decision_id: str
    ) -> tuple[list[Card], list[tuple[str, str]], tuple[Answered, ...], CallRefused | None]:
        """The cards of individual doses, what is left unsaid, the answers, and why the call is refused."""
        from cds.dosing import answer_orders

        situation, drafts = decision.situation, self._fire_draft
        if request.user_id.startswith(_PATIENT_CHANNEL):
            return [], [], (), None
        refusal = refusal_for_want(situation, self._knowledge, drafts=drafts)
        if refusal is not None and not decision.deceased:
            return [], [], (), refusal
        answered = answer_orders(situation, self._knowledge, decision.as_of, drafts=drafts)
        others = {each.order.path: self._said_elsewhere(each.order, decision) for each in answered}
        orders = {order.reference: order.resource for order in situation.orders}
        cards: list[Card] = []
        unsaid: list[tuple[str, str]] = []
        for plain in dosing_cards(answered, decision, self._knowledge, others, decision_id):
            try:
                cards.append(parse_card(plain, orders))
            except CardRefused:
                unsaid.append(("a card", "it did not pass the check before sending"))
        return cards, unsaid, answered, None

    def _said_elsewhere(self, order: Order, decision: Decision) -> list[str]:
        """What rules advise about an order that gets an individual dose."""
        advice = [each for each in release(decision) if each.order is order and not each.lacking]
        rendered = self._rendered(advice, [], decision, "elsewhere")
        return [str(card["summary"]) for card in rendered]

    def _rendered(
        self, released: Sequence[Released], reasons: Sequence[str], decision: Decision, seed: str
    ) -> list[dict[str, object]]:
        return render_cards(
            released,
            reasons,
            self._knowledge,
            ordering=decision.situation.ordering,
            changeable=decision.situation.changeable,
            today=decision.as_of.date(),
            seed=seed,
            precedence=self._precedence,
            public_url=self._public_url,
        )

    def _append(
        self,
        decision_id: str,
        service_id: str | None,
        hook: str | None,
        received_at: datetime,
        status: int,
        record: Mapping[str, object],
    ) -> None:
        entry = LogEntry(decision_id, "call", received_at.isoformat(), service_id, hook, status, record)
        self._log.append(entry)

    def _templates_of(self, entry: ServiceEntry) -> dict[str, str]:
        if entry.id == DOSING.id:
            return dosing_templates(self._knowledge, drafts=self._fire_draft)
        ordering = entry.hook != "patient-view"
        rules = self._knowledge.fireable(fire_draft=self._fire_draft)
        inputs = [each for rule in rules for each in rule.inputs]
        return prefetch_templates(
            inputs, self._knowledge, with_medications=not ordering, modulated=self._modulated
        )

    def _service(self, entry: ServiceEntry) -> dict[str, object]:
        templates = self._templates[entry.id, entry.hook]
        service: dict[str, object] = {
            "id": entry.id,
            "hook": entry.hook,
            "title": entry.title,
            "description": entry.description,
        }
        return service | ({"prefetch": templates} if templates else {})


def _fired(decision: Decision) -> tuple[str, ...]:
    """The rules that advise something, once for each order."""
    released = release(decision)
    return tuple(each.rule.name for each in released if each.finding.advises)


def _refusal(decision: Decision, cards: Sequence[Card]) -> CallRefused | None:
    """412 if an ordered drug could not be judged for want of data and nothing else is settled either."""
    if decision.deceased or cards or not decision.situation.ordering:
        return None
    lacking = {key for evaluation in decision.evaluations for key in evaluation.lacking}
    if lacking:
        states = decision.situation.chart.states
        named = ", ".join(
            f"prefetch.{key.value} ({'failed' if states[key] is KeyState.FAILED else 'absent'})"
            for key in PrefetchKey
            if key in lacking
        )
        return CallRefused(412, "prefetch-missing", f"Data that the ordered drug needs are missing: {named}.")
    if OrdersUnclear.MEDICATION in decision.situation.unclear:
        message = "The medication of an order is a reference that cannot be resolved: send the Medication."
        return CallRefused(412, "medication-unresolved", message, expression="context.draftOrders")
    return None
