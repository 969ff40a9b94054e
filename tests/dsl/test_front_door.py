"""The exported names, in step with what other rooms may use."""

from __future__ import annotations

import dsl


def test_every_exported_name_exists() -> None:
    assert all(hasattr(dsl, name) for name in dsl.__all__)
    assert sorted(set(dsl.__all__)) == sorted(dsl.__all__)


EXPORTED = """
CATALOGUE Action Advise Ask BooleanType Checked Coding Datum Diagnostic Dose DoseSuggestion DrugSuggestion
EnumType Fact Finding Function Give Indicator Input LabelFacts Lifecycle Names Nothing Outcome
Parameter Period Quantity QuantityType Range Reason Rule RuleFile Severity Source SourceKind Span
State Step Suggestion TestRun UnfaithfulLayout Value WhenMissing WithdrawSuggestion Withhold as_json
as_sarif as_text before_words changed_words check convert evaluate explain explanation format_bytes
format_text holds known label label_facts lacking missing parse_bytes parse_text quantity run_tests
silenced untested_lines value_words
"""


def test_the_exported_names_are_these() -> None:
    """Whatever is added here is promised to the other rooms."""
    assert dsl.__all__ == EXPORTED.split()
