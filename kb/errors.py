"""What can be wrong with a knowledge base.

KnowledgeBaseError            a file cannot be read or used; says which file and field
└── RuleErrors                the rule files have errors; carries their diagnostics
"""

from __future__ import annotations

from collections.abc import Mapping

from dsl import Diagnostic


class KnowledgeBaseError(Exception):
    """One sentence that names file and field and says what was expected."""


class RuleErrors(KnowledgeBaseError):
    """The rule files do not pass the checker; `diagnostics` and `sources` are for a renderer."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...], sources: Mapping[str, str]) -> None:
        count = sum(1 for one in diagnostics if one.severity == "error")
        super().__init__(f"the rule files have {count} error{'s' if count != 1 else ''}")
        self.diagnostics = diagnostics
        self.sources = sources
