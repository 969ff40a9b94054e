"""Tables of guideline facts become rule files: decision 013.

    table ──── Source.read ────> rows ─┐
    reviewed ─ read_readings ──> rows ─┴ merged ── judge ──> (faults, doubts)
                                      guidance_of ──> cases ── rule_file ──> text ── compare ──> Plan
    drugs ──── read_drugs ─────> codes

The facts are the source's, the words are ours. What is written is a draft until somebody has read the
guideline; a file whose meaning an import leaves as it is keeps its status and its reviews.
"""

from kb.importing.planning import Plan, Written, plan
from kb.importing.sources import CPIC, DPWG, FDA, Source

__all__ = ["CPIC", "DPWG", "FDA", "Plan", "Source", "Written", "plan"]
