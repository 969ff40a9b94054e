"""Outcomes: indicator, texts that fit a card, placeholders, suggestions."""

from __future__ import annotations

import re
from collections.abc import Mapping

from dsl import model, syntax
from dsl.checker.amounts import Declared
from dsl.checker.conditions import ConditionChecker
from dsl.diagnostics import Diagnostic
from dsl.names import Names, unknown_name
from dsl.types import EnumType

MAX_SUMMARY = 139
"""CDS Hooks: a summary has fewer than 140 characters."""

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
"""Where a text takes the value of an input."""

_INDICATORS = {each.value: each for each in model.Indicator}
_ACTIONS = {each.value.replace("-", "_"): each for each in model.Action}
"""Actions as rules write them."""

_ALOUD = ("indicator", "advise")
"""What makes a card; an outcome without either is quiet."""

_LONGEST_QUANTITY = len("between 1000.0001 and 1000.0002 mL/min/{1.73_m2}")


def check_outcome(
    node: syntax.OutcomeSyntax,
    names: Names,
    conditions: ConditionChecker,
    found: list[Diagnostic],
) -> model.Outcome | None:
    """The checked outcome; None if it cannot be used (and said)."""
    before = len(found)
    single: dict[str, syntax.Text] = {}
    suggestions: list[model.Suggestion] = []
    overrides: list[str] = []
    for item in node.items:
        if isinstance(item, syntax.SuggestDose):
            if isinstance(item.dose, syntax.ComputedDose):
                message = "a calculated dose stands in the decision, not in a suggestion"
                help = "write `give …` in the branch or row"
                found.append(Diagnostic("BR016", message, item.dose.span, help=help))
                continue
            suggestions.append(model.DoseSuggestion(item.dose, item.only_if))
        elif isinstance(item, syntax.SuggestWithdraw):
            suggestions.append(model.WithdrawSuggestion(item.label))
        elif isinstance(item, syntax.SuggestDrug):
            if item.drug.text not in names.drugs:
                found.append(unknown_name(item.drug, "drug of the knowledge base", names.drugs))
            unless = conditions.condition(item.unless) if item.unless else None
            suggestions.append(model.DrugSuggestion(item.drug.text, unless, item.because))
        elif isinstance(item, syntax.Graded):
            single[item.scale] = item.word
        elif item.kind == "override":
            overrides.append(item.text.text)
        else:
            if item.kind in single:
                found.append(Diagnostic("BR003", f"`{item.kind}` is written twice", item.span))
            single[item.kind] = item.text
            _check_text(item, conditions.declared, found)
    for kind, words in (("indicator", _INDICATORS), ("action", _ACTIONS)):
        if kind in single and single[kind].text not in words:
            found.append(unknown_name(single[kind], kind, words))
    if "action" in single and single.keys().isdisjoint(_ALOUD):
        _check_quiet(node, found)
    else:
        for needed in _ALOUD:
            if needed not in single:
                found.append(Diagnostic("BR003", f"the outcome has no `{needed}`", node.name.span))
    if len(found) > before:
        return None
    texts = {kind: text.text for kind, text in single.items()}
    return model.Outcome(
        node.name.text, _INDICATORS.get(texts.get("indicator", "")), texts.get("advise", ""),
        texts.get("rationale", ""), texts.get("strength", ""), _ACTIONS.get(texts.get("action", "")),
        tuple(suggestions), tuple(overrides),
    )  # fmt: skip


def _check_quiet(node: syntax.OutcomeSyntax, found: list[Diagnostic]) -> None:
    """What stands on a card has no place in an outcome that makes none."""
    for item in node.items:
        if isinstance(item, syntax.Graded):
            continue
        word = item.kind if isinstance(item, syntax.OutcomeItem) else "suggest"
        if word != "action":
            message = f"nobody would see this `{word}`: the outcome makes no card"
            help = "leave it out, or write `indicator` and `advise`"
            found.append(Diagnostic("BR003", message, item.span, help=help))


def _check_text(
    item: syntax.OutcomeItem, inputs: Mapping[str, Declared | None], found: list[Diagnostic]
) -> None:
    length = len(PLACEHOLDER.sub("", item.text.text))
    for name in PLACEHOLDER.findall(item.text.text):
        if name not in inputs:
            missing = unknown_name(syntax.Text(name, item.text.span), "input of this rule", inputs)
            found.append(Diagnostic("BR012", missing.message, item.text.span, help=missing.help))
            return
        declared = inputs[name]
        kind = declared.type if declared is not None else None
        length += (
            max(len(kind.label(member)) for member in kind.members)
            if isinstance(kind, EnumType)
            else _LONGEST_QUANTITY
        )
    if item.kind == "advise" and length > MAX_SUMMARY:
        message = f"the summary may have {length} characters, {MAX_SUMMARY} at most"
        found.append(Diagnostic("BR012", message, item.text.span, help="move the reason to `rationale`"))
    if "{" in PLACEHOLDER.sub("", item.text.text) or "}" in PLACEHOLDER.sub("", item.text.text):
        found.append(Diagnostic("BR012", "a brace stands alone in the text", item.text.span))
