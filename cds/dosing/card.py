"""The card of an individual dose: the dose first, the reason second; the mathematics stands on the page."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from uuid import NAMESPACE_URL, uuid5

from calc.population import Regimen
from cds.cards import card_source, common_overrides
from cds.cards.text import capitalised, detail
from cds.dosing.advise import Advice
from cds.dosing.case import Case, Declined
from cds.dosing.page import next_level, target_words
from cds.dosing.reasons import inputs_of, reasons_of, status_of
from cds.dosing.words import moment, regimen_words
from dsl import Dose, Quantity
from dsl.checker.outcomes import MAX_SUMMARY
from dsl.values import Period
from fhir_adapters import Order, rewritten
from kb import KnowledgeBase


def card_of(
    answer: Advice | Declined,
    order: Order,
    knowledge: KnowledgeBase,
    *,
    changeable: bool,
    seed: str,
    others: Sequence[str] = (),
    page: str | None = None,
) -> dict[str, object] | None:
    """The card as a JSON value; None where the draft has the advised dose already.

    `others` are sentences of other guidance about the same order, `page` the address of the page.
    """
    plan = answer.plan if isinstance(answer, Declined) else answer.case.plan
    source = knowledge.models[plan.entry.model]
    drug = capitalised(knowledge.drugs[plan.entry.drug].display)
    finding = answer.finding if isinstance(answer, Declined) else answer.case.finding
    used = [str(each) for each in inputs_of(plan, source, finding)]
    record = answer.record if isinstance(answer, Declined) else answer.case.record
    doubts = [] if record is None else [f"{doubt.what} {doubt.consequence}" for doubt in record.doubts]
    cited = knowledge.sources[source.entry.source]
    basis = (
        f"Basis: population model {source.name} {source.entry.version} ({cited.title}), dosing plan "
        f"{plan.name} {plan.entry.version}, knowledge base {knowledge.version}."
    )
    lists = [("Rests on", used)]
    suggestions: list[dict[str, object]] = []
    if isinstance(answer, Declined):
        summary, indicator = f"{drug}: no individual dose, see why", "info"
        paragraphs = list(answer.reasons)
    else:
        summary, indicator, suggested = _advised(answer, order, drug, knowledge, changeable=changeable)
        if (
            suggested is not None
            and answer.best is not None
            and _ordered_already(order, answer.best, answer.case)
        ):
            return None
        paragraphs = list(reasons_of(answer, knowledge))
        if next_level(answer):
            paragraphs.append(next_level(answer))
        lists += [("Doses and levels", _history(answer.case))]
        if suggested is not None and changeable:
            suggestions = [suggested | {"uuid": str(uuid5(NAMESPACE_URL, f"{seed}/0"))}]
        if others:
            paragraphs.append(
                "Other guidance speaks about this order too. The model leads, because it knows more of this "
                "person: what the others go by is in it, and must not be counted twice."
            )
    lists += [("Doubts", doubts), ("Other guidance for this order", list(others))]
    card: dict[str, object] = {
        "uuid": str(uuid5(NAMESPACE_URL, seed)),
        "summary": summary if len(summary) <= MAX_SUMMARY else f"{drug}: individual dose, see details",
        "detail": detail(
            draft=bool(status_of(plan, source)), stale=[], paragraphs=paragraphs, lists=lists, basis=basis
        ),
        "indicator": indicator,
        "source": card_source(cited.title, cited.url, knowledge),
        "overrideReasons": common_overrides(),
    }
    if suggestions:
        card |= {"suggestions": suggestions, "selectionBehavior": "at-most-one"}
    if page is not None:
        card["links"] = [{"label": "The calculation with its curve", "url": page, "type": "absolute"}]
    return card


def _advised(
    answer: Advice, order: Order, drug: str, knowledge: KnowledgeBase, *, changeable: bool
) -> tuple[str, str, dict[str, object] | None]:
    """Summary, indicator and suggestion without its uuid."""
    case, best = answer.case, answer.best
    if best is None:
        return f"{drug}: no regimen reaches {target_words(case.plan)}, see why", "warning", None
    words = regimen_words(best, case.model.dose_unit, case.model.time_unit)
    dose = dose_of(best, case)
    summary = f"{drug}: {words} for {target_words(case.plan)}"
    suggestion: dict[str, object] | None = None
    if dose is not None and best.loading is None and not order.combination:
        concept = knowledge.drugs[case.plan.entry.drug]
        coding = {"system": concept.coding.system, "code": concept.coding.code, "display": concept.display}
        resource = rewritten(
            order, coding, concept.display, dose, same_drug=True, infused=_hours(best.duration, case)
        )
        action = {"type": "update", "description": f"Set the dose to {words}", "resource": resource}
        suggestion = {"label": f"{drug} {words}", "actions": [action]}
    return summary, "info" if case.levels or order.dose is None else "warning", suggestion


def dose_of(regimen: Regimen, case: Case) -> Dose | None:
    """The regimen as an order says it; None where its interval is no whole number of hours."""
    hours = regimen.interval * case.unit.total_seconds() / 3600
    if hours != int(hours):
        return None
    amount = Quantity(Fraction(f"{regimen.dose:.12g}"), case.model.dose_unit)
    return Dose(amount, 1, Fraction(int(hours)), Period.HOUR)


def _hours(duration: float, case: Case) -> Fraction | None:
    return Fraction(f"{duration * case.unit.total_seconds() / 3600:.12g}") if duration else None


def _ordered_already(order: Order, best: Regimen, case: Case) -> bool:
    dose = dose_of(best, case)
    return order.dose is not None and dose is not None and order.dose.same_as(dose)


def _history(case: Case) -> list[str]:
    """Every level, and the doses in brief."""
    unit, doses = case.model.dose_unit, case.record.doses
    lines = []
    if doses:
        first, last = doses[0], doses[-1]
        lines.append(
            f"{len(doses)} doses from {moment(first.start)} to {moment(last.start)}, the last "
            f"{float(last.amount):g} {unit} ({last.certainty})"
        )
    lines += [
        f"level {'below ' if level.below else ''}{level.value:.4g} {case.model.concentration_unit} at "
        f"{moment(case.instant(level.time))}"
        for level in case.levels
    ]
    return lines
