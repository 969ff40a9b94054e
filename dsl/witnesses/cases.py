"""Finitely many cases that stand for every patient.

A rule compares each value with a few constants. Between two neighbouring ones all values behave alike, so the
constants, a point between each two, and one beyond each end stand for all; a closed set of names stands for
itself; and missing is one case more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction

from dsl import model, units
from dsl.evaluator.logic import cuts_of, inputs_of, representatives
from dsl.types import BooleanType, EnumType, QuantityType, ValueType
from dsl.values import Fact, Quantity, Range, Reason, format_number, known, missing

ABSENT = missing(Reason.MISSING)

_UNIT_WORDS = {"a": "years", "mo": "months", "wk": "weeks", "d": "days"}
"""How a rule writes these units."""


def cuts_by_name(conditions: Iterable[model.Condition]) -> dict[str, list[Quantity]]:
    """The amounts that each name is compared with."""
    cuts: dict[str, list[Quantity]] = {}
    for leaf in leaves(conditions):
        for name in inputs_of(leaf):
            cuts.setdefault(name, []).extend(cuts_of(leaf))
    return cuts


def conditions_of(rule: model.Rule) -> list[model.Condition]:
    """Every condition that the decision of a rule reads, in calculated values too."""
    calculated = [let.value.condition for let in rule.lets if isinstance(let.value, model.Truth)]
    return decision_conditions(rule) + calculated


def decision_conditions(rule: model.Rule) -> list[model.Condition]:
    """The conditions of the population, and of the branches or cells."""
    decision = rule.decision
    conditions = [rule.population_condition] if rule.population_condition is not None else []
    if isinstance(decision, model.FirstDecision):
        return conditions + [each.condition for each in decision.branches if each.condition is not None]
    return conditions + [cell.condition for row in decision.rows for cell in row.cells if cell.condition]


def axes_of(rule: model.Rule, believable: Mapping[str, Range]) -> dict[str, list[Fact]]:
    """The cases of every input and calculated amount that the conditions of a rule read."""
    conditions = conditions_of(rule)
    cuts = cuts_by_name(conditions)
    questioned = {leaf.input for leaf in leaves(conditions) if isinstance(leaf, model.IsKnown)}
    for let in reversed(rule.lets):
        # Whether a truth is known rests on whether what it reads is.
        if let.name in questioned and isinstance(let.value, model.Truth):
            questioned |= inputs_of(let.value.condition)
    read = {name for condition in conditions for name in inputs_of(condition)}
    if isinstance(rule.decision, model.TableDecision):
        read |= set(rule.decision.columns)
    types = {each.name: (each.type, each.optional or each.name in questioned) for each in rule.inputs}
    types |= {
        let.name: (let.type, let.name in questioned)
        for let in rule.lets
        if not isinstance(let.value, model.Truth)
    }
    return {
        name: known_cases(kind, cuts.get(name, ()), believable.get(name)) + ([ABSENT] if absent else [])
        for name, (kind, absent) in types.items()
        if name in read
    }


def asks_for_presence(rule: model.Rule) -> bool:
    """Whether a rule asks if a calculated value is known: not settled while what it reads is open."""
    names = {let.name for let in rule.lets}
    return any(
        isinstance(leaf, model.IsKnown) and leaf.input in names for leaf in leaves(conditions_of(rule))
    )


def spread(rule: model.Rule, believable: Mapping[str, Range]) -> dict[str, list[Fact]]:
    """Some amounts and all names for the inputs that a rule only calculates with."""
    read = {name for condition in conditions_of(rule) for name in inputs_of(condition)}
    behind = {name for let in rule.lets for name in let.reads} - read
    return {
        declared.name: people_of(declared, believable.get(declared.name))
        for declared in rule.inputs
        if declared.name in behind
    }


def people_of(declared: model.Input, bounds: Range | None) -> list[Fact]:
    """Some amounts, or all names, that people may have of one input."""
    cuts: list[Quantity] = []
    if bounds is not None and bounds.low is not None and bounds.high is not None:
        # Evenly on the scale of ratios, on which doses and clearances move.
        low, high = max(bounds.low, bounds.high / 10_000), bounds.high
        cuts = [Quantity(low + (high - low) * step**2 / 64, bounds.unit) for step in range(1, 8)]
    elif isinstance(declared.type, QuantityType):
        cuts = [Quantity(Fraction(step), declared.type.unit) for step in (20, 40, 60, 80)]
    return known_cases(declared.type, cuts, bounds)


def leaves(conditions: Iterable[model.Condition]) -> list[model.Leaf]:
    """The comparisons that some conditions are made of."""
    found: list[model.Leaf] = []
    for condition in conditions:
        if isinstance(condition, model.Negation):
            found += leaves((condition.operand,))
        elif isinstance(condition, model.All | model.Any):
            found += leaves(condition.operands)
        else:
            found.append(condition)
    return found


def known_cases(kind: ValueType, cuts: Iterable[Quantity], believable: Range | None = None) -> list[Fact]:
    """A known fact for each case of a type; amounts only within what is believable."""
    if isinstance(kind, EnumType):
        return [known(member) for member in kind.members]
    if isinstance(kind, BooleanType):
        return [known(True), known(False)]
    anything = Range(None, None, False, False, kind.unit)
    within = anything if believable is None else in_unit(believable, kind.unit)
    return [known(point) for point in representatives(within, cuts)]


def in_unit(span: Range, unit: str) -> Range:
    """The same span in another unit of its kind."""
    factor = units.parse(span.unit).factor_to(units.parse(unit))
    low, high = (None if bound is None else bound * factor for bound in (span.low, span.high))
    return Range(low, high, span.low_included, span.high_included, unit)


def described(name: str, fact: Fact) -> str:
    """`weight = 77 kg`, `platelets missing`: one datum of a witness, as a test would give it."""
    if fact.missing:
        return f"{name} missing"
    value = fact.possible[0]
    if isinstance(value, Quantity):
        unit = _UNIT_WORDS.get(value.unit, value.unit)
        return f"{name} = {format_number(value.value)}{'' if unit == '1' else f' {unit}'}"
    return f"{name} = {str(value).lower() if isinstance(value, bool) else value}"


def witness(facts: Iterable[tuple[str, Fact]]) -> str:
    """A witness patient in words."""
    return ", ".join(described(name, fact) for name, fact in facts)
