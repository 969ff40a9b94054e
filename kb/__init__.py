"""The knowledge: rule files with their tests, genes, drugs, observables, conditions, sources.

    folder of TOML and rule files ── load ──> KnowledgeBase (rules checked, codes indexed, one digest)
                                                   │
                                one file <── pack ─┘    two of them ── difference ──> what changed, for whom

Facts live in files that an informaticist can read and edit; this package only loads them.
"""

from kb.difference import Difference, Edition, FileChange, Kind, RuleChange, difference
from kb.errors import KnowledgeBaseError, RuleErrors
from kb.knowledge import RXNORM, Drug, Gene, KnowledgeBase, Observable, Product, Source
from kb.loader import BUNDLED, check_members, load, read_rules, shown, sources_of
from kb.release import (
    Release,
    ReleaseError,
    load_release,
    other_files,
    other_rules,
    pack,
    read_release,
    read_sources,
    unpack,
    write_files,
)
from kb.tables import Tables, load_tables

__all__ = [
    "BUNDLED",
    "RXNORM",
    "Difference",
    "Drug",
    "Edition",
    "FileChange",
    "Gene",
    "Kind",
    "KnowledgeBase",
    "KnowledgeBaseError",
    "Observable",
    "Product",
    "Release",
    "ReleaseError",
    "RuleChange",
    "RuleErrors",
    "Source",
    "Tables",
    "check_members",
    "difference",
    "load",
    "load_release",
    "load_tables",
    "other_files",
    "other_rules",
    "pack",
    "read_release",
    "read_rules",
    "read_sources",
    "shown",
    "sources_of",
    "unpack",
    "write_files",
]
