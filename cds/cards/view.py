"""What a card says, before it is put into words: which findings speak, how loudly, about what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cds.guard import Released
from dsl import (
    Advise,
    Dose,
    DoseSuggestion,
    Give,
    Indicator,
    Outcome,
    Quantity,
    Reason,
    State,
    Suggestion,
    WhenMissing,
)
from fhir_adapters import Order
from kb import RXNORM, Drug, KnowledgeBase, Product

_UNUSABLE = frozenset({Reason.CONFLICT, Reason.NO_VALUE, Reason.UNIT, Reason.IMPLAUSIBLE, Reason.COMPARATOR})
"""There is a result but it cannot be used: always said, whatever the rule says about missing data."""


@dataclass(frozen=True, slots=True)
class CardView:
    """One card to be: the finding, its urgency, and what it proposes."""

    released: Released
    drugs: tuple[Drug, ...]
    """The ordered drugs that the finding is about; several only for a combination of them."""
    indicator: Indicator
    outcome: Outcome | None
    """The outcome that answers; None for a plain dose and for a question."""
    dose: Dose | None
    """The advised dose, where there is exactly one."""
    suggestions: tuple[Suggestion, ...]
    asked: tuple[str, ...]
    """Inputs that the card asks for."""
    together: int
    """How many draft orders of the drug the advice is for."""

    @property
    def name(self) -> str:
        """What the card calls the drug."""
        return " / ".join(drug.display for drug in self.drugs)


def view(released: Released, knowledge: KnowledgeBase, *, together: int) -> CardView | None:
    """The card of a finding, or None when there is nothing to say.

    Of several drafts of one drug `together`, no single one can have the advised dose already.
    """
    finding, order = released.finding, released.order
    drugs = tuple(knowledge.drugs[name] for name in released.drugs)
    ordered = ordered_dose(order, drugs) if together == 1 else None
    result = finding.result
    if finding.state is State.ADVICE and isinstance(result, Give):
        if ordered is not None and ordered.same_as(result.dose):
            return None
        indicator = Indicator.INFO if order.dose is None and together == 1 else Indicator.WARNING
        suggestion = DoseSuggestion(result.dose, "")
        return CardView(released, drugs, indicator, None, result.dose, (suggestion,), finding.asks, together)
    outcome = finding.rule.outcome(result.outcome) if isinstance(result, Advise) else None
    if outcome is not None and outcome.indicator is not None:
        dose = advised_dose(outcome)
        if dose is not None and ordered is not None and ordered.same_as(dose):
            return None
        return CardView(
            released, drugs, outcome.indicator, outcome, dose, outcome.suggestions, finding.asks, together
        )
    loudness = _loudness(released)
    if finding.state is State.OUTSIDE or loudness is WhenMissing.SILENT:
        return None
    indicator = Indicator.WARNING if loudness is WhenMissing.TEST_FIRST else Indicator.INFO
    return CardView(released, drugs, indicator, None, None, (), finding.asks, together)


def ordered_product(order: Order, drug: Drug) -> Product | None:
    """The product of the knowledge base that an order names."""
    return drug.product((coding.code for coding in order.codes if coding.system == RXNORM), order.text)


def ordered_dose(order: Order, drugs: Sequence[Drug]) -> Dose | None:
    """The dose of a draft; pieces (`2 {tbl}`) are counted with the strength of the ordered product.

    None for a combination: of which of its ingredients it is the dose is not said.
    """
    if order.combination:
        return None
    (drug,) = drugs
    product, dose = ordered_product(order, drug), order.dose
    if dose is None or dose.amount.unit != "1" or product is None or product.strength is None:
        return dose
    return replace(dose, amount=Quantity(dose.amount.value * product.strength.value, product.strength.unit))


def advised_dose(outcome: Outcome) -> Dose | None:
    """The one dose that an outcome advises without a condition."""
    doses = [
        suggestion.dose
        for suggestion in outcome.suggestions
        if isinstance(suggestion, DoseSuggestion) and not suggestion.only_if
    ]
    return doses[0] if len(doses) == 1 else None


def _loudness(released: Released) -> WhenMissing:
    finding = released.finding
    loudest = WhenMissing.SILENT
    for name in finding.asks:
        declared = finding.rule.input(name)
        if declared.when_missing is WhenMissing.TEST_FIRST:
            return WhenMissing.TEST_FIRST
        if declared.when_missing is WhenMissing.INFO or finding.facts[name].reason in _UNUSABLE:
            loudest = WhenMissing.INFO
    return loudest
