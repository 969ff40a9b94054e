"""The gate that every finding passes before anything is rendered.

    Evaluation ── release ──> Released ──> cards

Cards are made of `Released` alone. What rules say about a drug that is being ordered or taken is a drug
safety statement and always released (specification of the guard, section 1). Rules may state risk labels
too, but no label is evaluated for a patient yet: only the tests beside the rules ask why it is withheld.
"""

from cds.guard.benefit import reasons_to_withhold
from cds.guard.release import Released, release

__all__ = ["Released", "reasons_to_withhold", "release"]
