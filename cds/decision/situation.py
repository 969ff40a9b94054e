"""What a call is about: the chart, and the orders or medications that rules are asked about."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from fhir_adapters import (
    Chart,
    ChartFinding,
    Intake,
    KeyState,
    Order,
    OrderDrug,
    PrefetchKey,
    active_medications,
    chart_of_bundle,
    draft_orders,
    drafts_on_file,
)
from kb import KnowledgeBase

UNAVAILABLE = frozenset(state for state in KeyState if not state.answered)
"""Answers that say nothing about the patient: neither data nor their absence."""

_ORDER_TYPES = frozenset({"MedicationRequest", "MedicationStatement", "Medication"})
_ADDRESS = re.compile(r"[A-Za-z]+/[A-Za-z0-9.\-]{1,64}")


class OrdersUnclear(StrEnum):
    """Why it cannot be told which drugs a call is about."""

    MEDICATION = "its medication could not be resolved"
    CONFLICT = "its codes and names mean different drugs"
    LIST = "the list was not supplied"
    REFUSED = "it does not conform to FHIR and strict intake refused it"


_UNCLEAR = {
    OrderDrug.UNRESOLVED: OrdersUnclear.MEDICATION,
    OrderDrug.CONFLICT: OrdersUnclear.CONFLICT,
}


@dataclass(frozen=True, slots=True)
class Situation:
    """A chart and the orders in question; `ordering` tells drafts from medications already taken."""

    chart: Chart
    orders: tuple[Order, ...]
    ordering: bool
    findings: tuple[ChartFinding, ...]
    unclear: tuple[OrdersUnclear, ...]
    drafts: tuple[Order, ...] = ()
    """All drafts of the call, also those that were not selected."""

    @property
    def changeable(self) -> frozenset[str]:
        """`Type/id` of the drafts that a suggestion may change: with a FHIR id that no other draft has."""
        counts = Counter(order.reference for order in self.orders)
        single = (name for name, count in counts.items() if count == 1 and _ADDRESS.fullmatch(name))
        return frozenset(single) if self.ordering else frozenset()


def of_orders(
    chart: Chart,
    bundle: Mapping[str, object],
    selections: Iterable[str],
    knowledge: KnowledgeBase,
    base_url: str | None,
) -> Situation:
    """The draft orders of a call; with selections, only the selected ones (checklist D14).

    Raises `fhir_adapters.WrongPatient` for an order of another patient, selected or not (H-018).
    """
    drafts = draft_orders(bundle, chart, knowledge, base_url)
    selected = set(selections)
    orders = tuple(order for order in drafts.orders if not selected or order.reference in selected)
    return _of_drafts(chart, orders, drafts.orders, (*chart.findings, *drafts.findings))


def of_patient(chart: Chart, knowledge: KnowledgeBase) -> Situation:
    """The medications that the patient takes."""
    unclear = (OrdersUnclear.LIST,) if chart.states[PrefetchKey.MEDICATIONS] in UNAVAILABLE else ()
    taken = active_medications(chart, knowledge)
    findings = (*chart.findings, *(finding for order in taken for finding in order.findings))
    return Situation(chart, taken, False, findings, unclear)


def of_bundle(
    bundle: Mapping[str, object],
    hook: str | None,
    knowledge: KnowledgeBase,
    intake: Intake = Intake.TOLERANT,
) -> Situation:
    """The situation of a whole-patient Bundle, as `of_chart` says.

    Raises `fhir_adapters.UnusableBundle` or `WrongPatient`, and `StrictUnavailable` if strict intake is not
    installed.
    """
    return of_chart(chart_of_bundle(bundle, intake), hook, knowledge)


def of_chart(chart: Chart, hook: str | None, knowledge: KnowledgeBase) -> Situation:
    """A whole record: its draft orders, or what is taken if there are none or the hook says so.

    Raises `fhir_adapters.WrongPatient` for a draft that does not say whose it is.
    """
    drafts = None if hook == "patient-view" else drafts_on_file(chart, knowledge)
    if drafts is None or (hook is None and not (drafts.orders or drafts.findings)):
        found = of_patient(chart, knowledge)
    else:
        findings = dict.fromkeys((*chart.findings, *drafts.findings))
        found = _of_drafts(chart, drafts.orders, drafts.orders, tuple(findings))
    if chart.refused.isdisjoint(_ORDER_TYPES):
        return found
    return replace(found, unclear=(*found.unclear, OrdersUnclear.REFUSED))


def _of_drafts(
    chart: Chart, orders: tuple[Order, ...], drafts: tuple[Order, ...], findings: tuple[ChartFinding, ...]
) -> Situation:
    found = {order.identified for order in orders}
    unclear = tuple(why for identified, why in _UNCLEAR.items() if identified in found)
    return Situation(chart, orders, True, findings, unclear, drafts)
