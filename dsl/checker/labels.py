"""The label of a rule: when it applies, two risks over one horizon, what can be done about it."""

from __future__ import annotations

from dsl import model, syntax, units
from dsl.checker.conditions import ConditionChecker
from dsl.diagnostics import Diagnostic
from dsl.names import Names, unknown_name
from dsl.types import QuantityType


def check_label(
    node: syntax.LabelSyntax, names: Names, conditions: ConditionChecker, found: list[Diagnostic]
) -> model.RiskLabel | None:
    """The checked label; None if it cannot be used (and said)."""
    before = len(found)
    risks = {risk.word: risk for risk in node.risks}
    for word in ("baseline", "stratum"):
        if sum(risk.word == word for risk in node.risks) != 1:
            message = f"a label states one `{word}` risk"
            conditions.declared.setdefault(word, None)
            found.append(
                Diagnostic("BR003", message, node.name.span, help=f"write `{word} 1 % over 10 years`")
            )
    for risk in node.risks:
        if not units.commensurable(risk.horizon.quantity.unit, "s"):
            found.append(Diagnostic("BR007", "a risk is over a span of time", risk.horizon.span))
        _number(risk.word, risk.risk, conditions, found)
    horizons = {risk.horizon.quantity for risk in node.risks}
    if len(found) == before and len(horizons) > 1:
        message = "the two risks are over different times"
        found.append(Diagnostic("BR006", message, risks["stratum"].span, help="state both over one horizon"))
    for action in node.actions:
        for citation in action.citations:
            if citation.text not in names.citations:
                found.append(unknown_name(citation, "listed source", names.citations))
        _number(f"{action.name.text}.benefit", action.benefit, conditions, found)
        _number(f"{action.name.text}.harm", action.harm, conditions, found)
    condition = conditions.condition(node.condition)
    tighten = conditions.condition(node.tighten) if node.tighten is not None else None
    if condition is None or len(found) > before:
        return None
    actions = tuple(action.name.text for action in node.actions)
    return model.RiskLabel(node.name.text, condition, risks["baseline"].horizon.quantity, actions, tighten)


def _number(
    name: str, node: syntax.Expression, conditions: ConditionChecker, found: list[Diagnostic]
) -> None:
    if name in conditions.declared:
        if conditions.declared[name] is not None:
            found.append(Diagnostic("BR005", f"`{name}` is declared twice", node.span))
        return
    amount = conditions.amounts.amount(node)
    if amount is not None and amount.dimensions:
        found.append(Diagnostic("BR007", "a plain number or a percentage is expected here", node.span))
    elif amount is not None:
        conditions.calculate(name, QuantityType("%"), amount.value, named=True)
    if amount is None or amount.dimensions:
        conditions.declared[name] = None
