"""Cards: released findings in words that a prescriber reads, as CDS Hooks JSON.

    Released ── view ──> CardView ── templates ──> card (plain JSON value, not yet validated)

Text comes from the knowledge base; of the patient's data only numbers, dates and listed words appear.
"""

from cds.cards.card import render_cards
from cds.cards.screen import as_screen
from cds.cards.sources import UnknownPublisher, check_precedence
from cds.cards.text import fill

__all__ = ["UnknownPublisher", "as_screen", "check_precedence", "fill", "render_cards"]
