"""The knowledge: rule files with their tests, genes, drugs, observables, conditions, sources.

    folder of TOML and rule files ── load ──> KnowledgeBase (rules checked, codes indexed, one digest)
    file of local codes, signed ───── with_site_map ──> the same with the codes of one site

Facts live in files that an informaticist can read and edit; this package only loads them. What makes a file,
`kb.rxnorm`, or is done with a whole knowledge base, `kb.release` (one file of it) and `kb.difference` (two of
them), is imported from there: no call of the service and no check of a rule waits for it.
"""

from kb.errors import KnowledgeBaseError, RuleErrors
from kb.evidence import Study, check_evidence
from kb.genes import COPIES_UNKNOWN, NO_RESULT, Gene, score_member
from kb.knowledge import RXNORM, Drug, KnowledgeBase, Observable, Product, SiteCode, Source
from kb.loader import BUNDLED, check_members, load, read_rules, ready, shown, sources_of
from kb.site import with_site_map
from kb.tables import Tables, load_drugs, load_tables

__all__ = [
    "BUNDLED",
    "COPIES_UNKNOWN",
    "NO_RESULT",
    "RXNORM",
    "Drug",
    "Gene",
    "KnowledgeBase",
    "KnowledgeBaseError",
    "Observable",
    "Product",
    "RuleErrors",
    "SiteCode",
    "Source",
    "Study",
    "Tables",
    "check_evidence",
    "check_members",
    "load",
    "load_drugs",
    "load_tables",
    "read_rules",
    "ready",
    "score_member",
    "shown",
    "sources_of",
    "with_site_map",
]
