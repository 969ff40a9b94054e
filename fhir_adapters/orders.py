"""Orders: the drafts of a hook request and the active medications of a chart."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

from dsl.values import Dose
from fhir_adapters.chart import Chart, whose_is
from fhir_adapters.dosage import read_dose
from fhir_adapters.drugs import OrderDrug, read_drug
from fhir_adapters.errors import UnusableBundle, WrongPatient
from fhir_adapters.intake import bundle_deviations, deviations
from fhir_adapters.reading import ChartFinding, Resource, codings, objects, text_member
from fhir_adapters.references import Entry, Resolver, Whose, bundle_entries
from fhir_adapters.terminology import Coding, Terminology

_DRAFT_PATH = "context.draftOrders"


@dataclass(frozen=True, slots=True)
class Order:
    """A MedicationRequest or MedicationStatement, read as far as rules need it."""

    path: str
    reference: str
    """E.g. `MedicationRequest/draft-clop`."""
    resource: Resource
    """The resource as received; the record of truth."""
    drugs: tuple[str, ...]
    """The knowledge base's names of the drugs in it, in order; several are one combination."""
    combination: bool
    """It holds more than one ingredient: what is said of one must not change the others."""
    identified: OrderDrug
    codes: tuple[Coding, ...]
    """The codings of its medication."""
    text: str
    """The text of its medication; free text of the sender, to compare and never to show."""
    reasons: tuple[Coding, ...]
    """Codings of its reasons, of referenced Conditions too."""
    dose: Dose | None
    """Only if one plain dose with one plain frequency was ordered."""
    findings: tuple[ChartFinding, ...] = ()
    """What was odd about its drug and its dose."""


@dataclass(frozen=True, slots=True)
class DraftOrders:
    """The medication orders of a Bundle, and what was odd in it."""

    orders: tuple[Order, ...]
    findings: tuple[ChartFinding, ...]


def draft_orders(
    bundle: Mapping[str, object], chart: Chart, terminology: Terminology, base_url: str | None
) -> DraftOrders:
    """The draft and active MedicationRequests of a `draftOrders` Bundle; other entries are ignored.

    Raises `WrongPatient` if any entry names another patient or a MedicationRequest names none that can
    be read, `UnusableBundle` if it is no Bundle. A Bundle without type, a category that is no list, an
    absent intent and an absent status, as of a draft, are tolerated, with a finding (checklist T1, T2).
    """
    if bundle.get("resourceType") != "Bundle":
        raise UnusableBundle(_DRAFT_PATH, "a resource of type Bundle")
    entries, odd = bundle_entries(bundle, _DRAFT_PATH)
    findings = [*odd, *bundle_deviations(bundle, _DRAFT_PATH)]
    resolver = Resolver(entries, base_url)
    for entry in entries:
        whose = whose_is(entry, resolver, chart.patient_id, None)
        needs_patient = entry.type == "MedicationRequest"
        if whose is Whose.ANOTHER_PATIENT or (needs_patient and whose is Whose.UNREADABLE):
            raise WrongPatient(entry.path)
    taken = [entry for entry in entries if _is_order(entry, ("draft", "active", None))]
    found = _orders(taken, (resolver, chart.resolver), terminology)
    return DraftOrders(found.orders, (*findings, *found.findings))


def drafts_on_file(chart: Chart, terminology: Terminology) -> DraftOrders:
    """The draft MedicationRequests of a whole record.

    Raises `WrongPatient` for one that does not say whose it is.
    """
    drafts = [entry for entry in chart.of_types("MedicationRequest") if _is_order(entry, ("draft",))]
    for entry in drafts:
        if not entry.readable_subject:
            raise WrongPatient(entry.path)
    return _orders(drafts, (chart.resolver,), terminology)


def active_medications(chart: Chart, terminology: Terminology) -> tuple[Order, ...]:
    """The medications that the chart says are taken now: one per known drug, and each of the others."""
    chosen: dict[object, Order] = {}
    entries = chart.of_types("MedicationRequest", "MedicationStatement")
    for entry in sorted(entries, key=lambda item: (item.reference, item.path)):
        active = text_member(entry.resource, "status") == "active" and not is_plan(entry.resource)
        if active and entry.readable_subject and entry.resource.get("doNotPerform") is not True:
            order = _order(entry, (chart.resolver,), terminology)
            chosen.setdefault(order.drugs or f"{order.reference} {order.path}", order)
    return tuple(chosen.values())


def medication_reads(orders: Iterable[Order], chart: Chart, *, with_list: bool) -> tuple[str, ...]:
    """Reads (`Medication/1`) that tell the drugs of orders, and `with_list` of the chart's medications."""
    entries = [
        Entry(order.path, order.resource) for order in orders if order.identified is OrderDrug.UNRESOLVED
    ]
    if with_list:
        entries += chart.of_types("MedicationRequest", "MedicationStatement")
    found = (chart.resolver.read_of(entry.resource.get("medicationReference"), entry) for entry in entries)
    return tuple(dict.fromkeys(read for read in found if read and read.startswith("Medication/")))


def is_plan(resource: Resource) -> bool:
    """Whether an order is only a suggestion or a plan: nobody takes the drug because of it."""
    return text_member(resource, "intent") in ("proposal", "plan", "option")


def _is_order(entry: Entry, statuses: Container[str | None]) -> bool:
    return entry.type == "MedicationRequest" and text_member(entry.resource, "status") in statuses


def _orders(entries: Iterable[Entry], resolvers: Sequence[Resolver], terminology: Terminology) -> DraftOrders:
    orders = []
    findings: list[ChartFinding] = []
    for entry in entries:
        if entry.resource.get("doNotPerform") is True or "modifierExtension" in entry.resource:
            findings.append(ChartFinding("modified", entry.path, "A negated or modified order: ignored."))
            continue
        findings += deviations(entry)
        orders.append(_order(entry, resolvers, terminology))
        findings += orders[-1].findings
    return DraftOrders(tuple(orders), tuple(findings))


def _order(entry: Entry, resolvers: Sequence[Resolver], terminology: Terminology) -> Order:
    reading = read_drug(entry, resolvers, terminology)
    dose, unread = read_dose(entry)
    return Order(
        path=entry.path,
        reference=entry.reference,
        resource=entry.resource,
        drugs=reading.drugs,
        combination=reading.combination,
        identified=reading.identified,
        codes=reading.codes,
        text=reading.text,
        reasons=tuple(dict.fromkeys(_reasons(entry, resolvers))),
        dose=dose,
        # The dose of a drug that nobody asks about is nobody's concern.
        findings=(*reading.findings, *(unread if reading.drugs else ())),
    )


def _reasons(entry: Entry, resolvers: Sequence[Resolver]) -> Iterable[Coding]:
    for concept in objects(entry.resource, "reasonCode"):
        yield from codings(concept)
    for reference in objects(entry.resource, "reasonReference"):
        found = (resolver.resolve(reference, entry) for resolver in resolvers)
        condition = next((item for item in found if item is not None), None)
        if condition is not None and condition.type == "Condition" and _stands(condition):
            yield from codings(condition.resource.get("code"))


def _stands(condition: Entry) -> bool:
    verification = condition.resource.get("verificationStatus")
    codes = {text_member(coding, "code") for coding in objects(verification, "coding")}
    return verification is None or codes == {"confirmed"}
