"""The gate that every finding passes before anything is rendered.

    Evaluation ── release ──> Released ──> cards

Cards are made of `Released` alone. What rules say about a drug that is being ordered or taken is a drug
safety statement and always released (specification of the guard, section 1); the language has no word for
a risk label yet, so nothing can be withheld here.
"""

from cds.guard.release import Released, release

__all__ = ["Released", "release"]
