"""Tables of guideline facts become rule files: decision 013.

    recommendations ── read_facts ──> rows ── faults_of ──> (faults)
                                        └── guidance_of ──> cases ── rule_file ──> text ── compare ──> Plan
    drugs ─────────── read_drugs ──> codes

The facts are the guideline's, the words are ours. What is written is a draft until somebody has read the
guideline; a file whose meaning an import leaves as it is keeps its status and its reviews.
"""

from kb.importing.planning import Plan, Written, plan

__all__ = ["Plan", "Written", "plan"]
