"""The rule language: parse, check, evaluate, explain, test. Knows nothing of FHIR, HTTP or files.

    text ── parse ──> RuleFile ── check ──> Rule ── evaluate(facts) ──> Finding ── explain ──> words
                         │                   │
                         └── Diagnostic ─────┘── render ──> text, JSON, SARIF

Facts are sets of values that are still possible (`dsl.values`); logic is three-valued (`evaluator.logic`).
"""

from dsl.checker.check import Checked, check
from dsl.diagnostics import CATALOGUE, Diagnostic, Severity
from dsl.evaluator.evaluate import Finding, State, Step, evaluate, holds
from dsl.evaluator.labels import LabelFacts, Withhold, label_facts
from dsl.evaluator.settle import silenced
from dsl.explain import before_words, changed_words, explain, label, lacking, value_words
from dsl.formatter.format import UnfaithfulLayout, format_bytes, format_text
from dsl.functions import Function, Parameter
from dsl.model import (
    Action,
    Advise,
    Ask,
    DoseSuggestion,
    DrugSuggestion,
    Give,
    Indicator,
    Input,
    Lifecycle,
    Nothing,
    Outcome,
    Rule,
    Source,
    SourceKind,
    Suggestion,
    WhenMissing,
    WithdrawSuggestion,
)
from dsl.names import Names
from dsl.parser.parse import parse_bytes, parse_text
from dsl.render import as_json, as_sarif, as_text, explanation
from dsl.syntax import RuleFile, Span
from dsl.tester.testing import TestRun, run_tests, untested_lines
from dsl.types import BooleanType, EnumType, QuantityType
from dsl.values import (
    Coding,
    Datum,
    Dose,
    Fact,
    Period,
    Quantity,
    Range,
    Reason,
    Value,
    convert,
    known,
    missing,
    quantity,
)

__all__ = [
    "CATALOGUE",
    "Action",
    "Advise",
    "Ask",
    "BooleanType",
    "Checked",
    "Coding",
    "Datum",
    "Diagnostic",
    "Dose",
    "DoseSuggestion",
    "DrugSuggestion",
    "EnumType",
    "Fact",
    "Finding",
    "Function",
    "Give",
    "Indicator",
    "Input",
    "LabelFacts",
    "Lifecycle",
    "Names",
    "Nothing",
    "Outcome",
    "Parameter",
    "Period",
    "Quantity",
    "QuantityType",
    "Range",
    "Reason",
    "Rule",
    "RuleFile",
    "Severity",
    "Source",
    "SourceKind",
    "Span",
    "State",
    "Step",
    "Suggestion",
    "TestRun",
    "UnfaithfulLayout",
    "Value",
    "WhenMissing",
    "WithdrawSuggestion",
    "Withhold",
    "as_json",
    "as_sarif",
    "as_text",
    "before_words",
    "changed_words",
    "check",
    "convert",
    "evaluate",
    "explain",
    "explanation",
    "format_bytes",
    "format_text",
    "holds",
    "known",
    "label",
    "label_facts",
    "lacking",
    "missing",
    "parse_bytes",
    "parse_text",
    "quantity",
    "run_tests",
    "silenced",
    "untested_lines",
    "value_words",
]
