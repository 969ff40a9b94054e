"""Cards: released findings in words that a prescriber reads, as CDS Hooks JSON.

    Released ── view ──> CardView ── templates ──> card (plain JSON value, not yet validated)

Text comes from the knowledge base; of the patient's data only numbers, dates and listed words appear.
"""

from cds.cards.card import card_source, common_overrides, render_cards
from cds.cards.recommendation import Recommended, recommended
from cds.cards.screen import as_screen
from cds.cards.sources import UnknownPublisher, check_precedence

__all__ = [
    "Recommended",
    "UnknownPublisher",
    "as_screen",
    "card_source",
    "check_precedence",
    "common_overrides",
    "recommended",
    "render_cards",
]
