"""Suggestions: changes of the draft order that one click applies, and alternatives that are only named."""

from __future__ import annotations

from dataclasses import dataclass

from cds.cards.text import capitalised
from cds.cards.view import CardView, ordered_product
from dsl import Coding, Dose, DoseSuggestion, DrugSuggestion, Suggestion, WithdrawSuggestion, holds
from dsl.units import commensurable, parse
from fhir_adapters import Order, rewritten
from kb import RXNORM, Drug, KnowledgeBase, Product


@dataclass(frozen=True, slots=True)
class Offer:
    """One suggestion: its label and what it does to the draft."""

    label: str
    action: dict[str, object]


def offers(card: CardView, knowledge: KnowledgeBase) -> tuple[Offer, ...]:
    """The suggestions of a card on a draft order of one drug."""
    (drug,) = card.drugs
    made = (_offer(suggestion, card, drug, knowledge) for suggestion in card.suggestions)
    return tuple(offer for offer in made if offer is not None)


def withdrawal(order: Order, name: str) -> dict[str, object]:
    """The action that deletes a draft."""
    return {
        "type": "delete",
        "description": f"Delete the draft order of {name}",
        "resourceId": order.reference,
    }


def alternatives(card: CardView, knowledge: KnowledgeBase) -> list[str]:
    """Alternatives in words, each with its contraindication unless that is known to be absent."""
    lines = []
    for suggestion in card.suggestions:
        if isinstance(suggestion, DrugSuggestion):
            name = knowledge.drugs[suggestion.drug].display
            excluded = _excluded(suggestion, card)
            if excluded is None:
                lines.append(f"{name}, if there is no {suggestion.because} (not known)")
            elif excluded:
                lines.append(f"not {name}: {suggestion.because} is on file")
            else:
                lines.append(name)
    return lines


def _offer(suggestion: Suggestion, card: CardView, ordered: Drug, knowledge: KnowledgeBase) -> Offer | None:
    order = card.released.order
    if isinstance(suggestion, WithdrawSuggestion):
        return Offer(suggestion.label, withdrawal(order, ordered.display))
    if isinstance(suggestion, DoseSuggestion):
        product = _product(order, ordered, suggestion.dose)
        resource = _rewritten(order, ordered, product, suggestion.dose, same_drug=True)
        label = f"{ordered.display} {suggestion.dose}"
        if suggestion.only_if:
            label = f"{suggestion.only_if}: {label}"
        return Offer(capitalised(label), _update(resource, f"Set the dose to {suggestion.dose}"))
    if _excluded(suggestion, card) is not False:
        return None
    drug = knowledge.drugs[suggestion.drug]
    resource = _rewritten(order, drug, None, None, same_drug=False)
    label = f"Replace with {drug.display}; the dose is still to be chosen"
    return Offer(label, _update(resource, f"Replace {ordered.display} with {drug.display}"))


def _excluded(suggestion: DrugSuggestion, card: CardView) -> bool | None:
    """Whether the contraindication is there; None if that is not known."""
    if suggestion.unless is None:
        return False
    return holds(suggestion.unless, card.released.finding)


def _update(resource: dict[str, object], description: str) -> dict[str, object]:
    return {"type": "update", "description": description, "resource": resource}


def _product(order: Order, drug: Drug, dose: Dose) -> Product | None:
    """The ordered product, if the knowledge base knows it and the dose can be made of it."""
    product = ordered_product(order, drug)
    if product is None or product.strength is None:
        return product
    strength = product.strength
    if not commensurable(strength.unit, dose.amount.unit):
        return product
    pieces = (
        dose.amount.value * parse(dose.amount.unit).factor / (strength.value * parse(strength.unit).factor)
    )
    return product if pieces.denominator == 1 else None


def _rewritten(
    order: Order, drug: Drug, product: Product | None, dose: Dose | None, *, same_drug: bool
) -> dict[str, object]:
    code, display = drug.coding, drug.display
    if product is not None and product.rxnorm is not None:
        code, display = Coding(RXNORM, product.rxnorm), product.display
    coding = {"system": code.system, "code": code.code, "display": display}
    text = product.display if product is not None else drug.display
    return rewritten(order, coding, text, dose, same_drug=same_drug)
