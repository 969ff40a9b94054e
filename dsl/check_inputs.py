"""Input declarations: type, unit, source, greatest age."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from fractions import Fraction

from dsl import model, syntax, units
from dsl.diagnostics import Diagnostic
from dsl.names import Names, unknown_name

_PATIENT: dict[str, model.ValueType] = {"age": model.QuantityType("a"), "female": model.BooleanType()}

_LONGEST_AGE = 200 * units.parse("a").factor

_AGE_MATTERS = (model.SourceKind.OBSERVATION, model.SourceKind.PHENOTYPE)


def check_input(
    node: syntax.InputSyntax,
    enums: Mapping[str, model.EnumType],
    names: Names,
    found: list[Diagnostic],
) -> model.Input | None:
    """The checked declaration; None if it cannot be used (and said)."""
    kind = _type(node, enums, found)
    source = _source(node, names, found)
    within = _within(node, source, found)
    if kind is None or source is None:
        return None
    _check_fit(node, kind, source, names, found)
    loudness = model.WhenMissing(node.when_missing or "silent")
    return model.Input(
        node.name.text, kind, source, within, node.optional, loudness, node.name.span, node.assuming
    )


def _type(
    node: syntax.InputSyntax, enums: Mapping[str, model.EnumType], found: list[Diagnostic]
) -> model.ValueType | None:
    name = node.type_name.text
    if name == "Quantity":
        if node.unit is None:
            found.append(
                Diagnostic(
                    "BR007", "the quantity needs a unit", node.type_name.span, help="write `Quantity[kg]`"
                )
            )
            return None
        try:
            units.parse(node.unit.text)
        except units.UnitError:
            found.append(
                Diagnostic(
                    "BR007", f"`{node.unit.text}` is not a listed UCUM unit", node.unit.span,
                    help="units are written as in UCUM: `kg`, `mg/dL`, `10*3/uL`",
                )
            )  # fmt: skip
            return None
        return model.QuantityType(node.unit.text)
    if name == "Boolean":
        return model.BooleanType()
    if name not in enums:
        found.append(unknown_name(node.type_name, "type", ["Quantity", "Boolean", *enums]))
        return None
    return enums[name]


def _source(node: syntax.InputSyntax, names: Names, found: list[Diagnostic]) -> model.Source | None:
    words = [kind.value for kind in model.SourceKind]
    if node.source_kind.text not in words:
        found.append(unknown_name(node.source_kind, "source", words))
        return None
    kind = model.SourceKind(node.source_kind.text)
    name = node.source_name.text
    if kind is model.SourceKind.OBSERVATION and "#" in name:
        name = names.observable_codes.get(name, name)
    candidates = {
        model.SourceKind.OBSERVATION: list(names.observables),
        model.SourceKind.PHENOTYPE: list(names.genes),
        model.SourceKind.PATIENT: list(_PATIENT),
        model.SourceKind.CONDITION: list(names.conditions),
        model.SourceKind.INDICATION: list(names.indications),
        model.SourceKind.MEDICATION: list(names.drugs),
    }[kind]
    if name not in candidates:
        found.append(unknown_name(node.source_name, f"{kind.value} of the knowledge base", candidates))
        return None
    return model.Source(kind, name, node.over_upper_limit)


def _within(
    node: syntax.InputSyntax, source: model.Source | None, found: list[Diagnostic]
) -> timedelta | None:
    if source is not None and source.kind in _AGE_MATTERS and node.within is None:
        found.append(
            Diagnostic(
                "BR008", f"`{node.name.text}` has no greatest age", node.span,
                help="write `within 90 days`, or `lifetime` if its age never matters",
            )
        )  # fmt: skip
    if not isinstance(node.within, syntax.QuantityLiteral):
        return None
    quantity = node.within.quantity
    seconds = (
        quantity.value * units.parse(quantity.unit).factor if units.commensurable(quantity.unit, "s") else 0
    )
    if not 0 < seconds <= _LONGEST_AGE:
        found.append(
            Diagnostic(
                "BR007", "a greatest age is a span of time above zero, 200 years at most", node.within.span,
                help="write `within 90 days`, or `lifetime` if its age never matters",
            )
        )  # fmt: skip
        return None
    return timedelta(microseconds=int(seconds * Fraction(10**6)))


def _check_fit(
    node: syntax.InputSyntax,
    kind: model.ValueType,
    source: model.Source,
    names: Names,
    found: list[Diagnostic],
) -> None:
    span, name = node.type_name.span, node.name.text
    if source.over_upper_limit and source.kind is not model.SourceKind.OBSERVATION:
        found.append(Diagnostic("BR006", "only an observation has an upper limit", node.source_name.span))
    if source.kind is model.SourceKind.OBSERVATION:
        unit = "1" if source.over_upper_limit else names.observables[source.name]
        if not isinstance(kind, model.QuantityType):
            found.append(Diagnostic("BR006", f"`{source.name}` is a quantity in `{unit}`", span))
        elif not units.commensurable(kind.unit, unit):
            message = f"`{kind.unit}` does not convert to `{unit}`, the unit of `{source.name}`"
            found.append(Diagnostic("BR007", message, span))
    elif source.kind in (model.SourceKind.PHENOTYPE, model.SourceKind.INDICATION):
        phenotype = source.kind is model.SourceKind.PHENOTYPE
        enum = (names.genes if phenotype else names.indications)[source.name]
        if not isinstance(kind, model.EnumType) or kind.name != enum:
            found.append(Diagnostic("BR006", f"`{name}` is of type `{enum}`", span))
    else:
        expected = _PATIENT[source.name] if source.kind is model.SourceKind.PATIENT else model.BooleanType()
        fits = type(kind) is type(expected)
        if isinstance(kind, model.QuantityType) and isinstance(expected, model.QuantityType):
            fits = units.commensurable(kind.unit, expected.unit)
        if not fits:
            word = "Quantity[years]" if isinstance(expected, model.QuantityType) else "Boolean"
            found.append(Diagnostic("BR006", f"`{name}` is of type `{word}`", span))
