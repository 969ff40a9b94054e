"""What a rule calculates before it decides: each `let`, and the values of each `choice`."""

from __future__ import annotations

from fractions import Fraction

from dsl import model, syntax, units
from dsl.checker.conditions import ConditionChecker
from dsl.checker.inputs import check_type
from dsl.checker.vocabularies import Enums
from dsl.diagnostics import Diagnostic
from dsl.names import unknown_name
from dsl.types import BooleanType, EnumType, QuantityType
from dsl.values import Quantity

_CONDITIONS = (
    syntax.Comparison, syntax.InInterval, syntax.InSet, syntax.Presence, syntax.Not, syntax.AllOf,
    syntax.AnyOf,
)  # fmt: skip

_PATHS = ("best", "clear", "avoided", "caused")
"""What a choice calculates; an option of such a name could not be told from it."""

PER = 1000
"""Patients for whom the consequences of a choice are counted."""


def check_let(
    node: syntax.LetSyntax,
    enums: Enums,
    conditions: ConditionChecker,
    found: list[Diagnostic],
) -> None:
    """Makes the value known to the rest of the rule, or says what is wrong with it."""
    name = node.name.text
    if name in conditions.declared:
        found.append(Diagnostic("BR005", f"`{name}` is declared twice", node.name.span))
        return
    before = len(found)
    kind = check_type(node.type, enums, found) if node.type is not None else None
    if _is_condition(node.value, conditions):
        condition = conditions.condition(node.value)
        if node.type is not None and not isinstance(kind, BooleanType) and len(found) == before:
            found.append(Diagnostic("BR006", f"`{name}` is a Boolean", node.type.span))
        if condition is not None and len(found) == before:
            conditions.calculate(name, BooleanType(), model.Truth(condition), named=True)
            return
    else:
        _check_amount(node, kind, conditions, found, before)
    if len(found) > before:
        conditions.declared[name] = None


def _is_condition(node: syntax.Expression, conditions: ConditionChecker) -> bool:
    if isinstance(node, syntax.Text):
        declared = conditions.declared.get(node.text)
        return declared is not None and isinstance(declared.type, BooleanType)
    return isinstance(node, _CONDITIONS)


def _check_amount(
    node: syntax.LetSyntax,
    kind: object,
    conditions: ConditionChecker,
    found: list[Diagnostic],
    before: int,
) -> None:
    amount = conditions.amounts.amount(node.value)
    if amount is None or len(found) > before:
        return
    name, unit = node.name.text, amount.unit
    if node.type is not None:
        if not isinstance(kind, QuantityType):
            found.append(Diagnostic("BR006", f"`{name}` is a quantity", node.type.span))
            return
        unit = kind.unit
        if units.parse(unit).dimensions != amount.dimensions:
            found.append(Diagnostic("BR007", f"the value is not in units like `{unit}`", node.value.span))
            return
    if unit is None:
        if amount.dimensions:
            found.append(
                Diagnostic(
                    "BR007", f"the unit of `{name}` is not plain", node.name.span,
                    help=f"write its type: `let {name}: Quantity[kg/m2] = …`",
                )
            )  # fmt: skip
            return
        unit = "1"
    conditions.calculate(name, QuantityType(unit), amount.value, named=True)


def check_choice(node: syntax.ChoiceSyntax, conditions: ConditionChecker, found: list[Diagnostic]) -> None:
    """Makes known `NAME.best`, `NAME.clear` and the consequences per 1000 patients like this one.

    Expected harm of an option: the sum over consequences of weight times probability. `best` has the least,
    `clear` says that the next differs by more than the margin of indifference.
    """
    name = node.name.text
    options = [option.name.text for option in node.options]
    for index, declared in enumerate(node.options):
        word = declared.name.text
        if word in options[:index] or word in _PATHS:
            message = f"option `{word}` stands twice"
            if word in _PATHS:
                message = f"`{name}.{word}` already means something"
            found.append(Diagnostic("BR005", message, declared.span))
    if not units.commensurable(node.horizon.quantity.unit, "s") or node.horizon.quantity.value <= 0:
        found.append(Diagnostic("BR007", "a choice is over a span of time", node.horizon.span))
    before = len(found)
    harms: dict[str, model.Expression] = {}
    risks: dict[tuple[str, str], model.Expression] = {}
    for consequence in node.consequences:
        weight = _number(consequence.weight, conditions, found)
        written = [option.text for option, _ in consequence.cases]
        for option in options:
            if option not in written:
                message = f"`{consequence.name.text}` says nothing about option `{option}`"
                found.append(
                    Diagnostic("BR009", message, consequence.name.span, help=f"add `| {option} => …`")
                )
        for index, (option_name, risk_node) in enumerate(consequence.cases):
            if option_name.text not in options:
                found.append(unknown_name(option_name, "option of this choice", options))
                continue
            if option_name.text in written[:index]:
                found.append(Diagnostic("BR005", "the option stands twice", option_name.span))
            risk = _number(risk_node, conditions, found)
            if risk is None or weight is None:
                continue
            risks[option_name.text, consequence.name.text] = risk
            part = model.Arithmetic("*", weight, risk)
            harm = harms.get(option_name.text)
            harms[option_name.text] = part if harm is None else model.Arithmetic("+", harm, part)
    margin = _number(node.indifferent, conditions, found)
    if len(found) > before or margin is None or set(harms) != set(options):
        consequences = (
            f"{way}.{each.name.text}" for way in (*options, *_PATHS) for each in node.consequences
        )
        conditions.declared |= {f"{name}.{path}": None for path in (*_PATHS, *consequences)}
        return
    labels = tuple(option.label for option in node.options)
    every = tuple(harms[option] for option in options)
    best = model.LeastHarm(tuple(options), every)
    conditions.calculate(f"{name}.best", EnumType(name, tuple(options), labels), best, named=True)
    lead = f"{name}.lead over {conditions.text_of(node.indifferent.span)}"
    excess = model.Arithmetic("-", model.Margin(every), margin)
    conditions.calculate(lead, QuantityType("1"), excess, named=False)
    zero = model.Constant(Quantity(Fraction(0), "1"))
    clear = model.Compare(">", model.InputRef(lead), zero, f"{name} is clear")
    conditions.calculate(f"{name}.clear", BooleanType(), model.Truth(clear), named=True)
    for (option, consequence_name), risk in risks.items():
        conditions.calculate(
            f"{name}.{option}.{consequence_name}", QuantityType("1"), _counted(risk), named=True
        )
    if len(options) == 2:
        for consequence in node.consequences:
            without, with_it = (risks[option, consequence.name.text] for option in options)
            for word, one, other in (("avoided", without, with_it), ("caused", with_it, without)):
                counted = _counted(model.Arithmetic("-", one, other))
                path = f"{name}.{word}.{consequence.name.text}"
                conditions.calculate(path, QuantityType("1"), counted, named=True)


def _counted(risk: model.Expression) -> model.Expression:
    """How many of a thousand, to the nearest whole person."""
    thousand = model.Constant(Quantity(Fraction(PER), "1"))
    one = Quantity(Fraction(1), "1")
    return model.Rounded(model.Arithmetic("*", thousand, risk), "nearest", one, None, None, dose=False)


def _number(
    node: syntax.Expression, conditions: ConditionChecker, found: list[Diagnostic]
) -> model.Expression | None:
    amount = conditions.amounts.amount(node)
    if amount is None:
        return None
    if amount.dimensions:
        found.append(Diagnostic("BR007", "a plain number or a percentage is expected here", node.span))
        return None
    return amount.value
