"""Input declarations: type, unit, source, greatest age."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

from dsl import model, syntax, units
from dsl.checker.vocabularies import Enums
from dsl.diagnostics import Diagnostic
from dsl.names import Names, unknown_name
from dsl.trends import Trend, TrendFunction, unit_of
from dsl.types import BooleanType, EnumType, QuantityType, ValueType

_PATIENT: dict[str, ValueType] = {
    "age": QuantityType("a"),
    "female": BooleanType(),
    "female_at_birth": BooleanType(),
    "female_typical": BooleanType(),
    "race": EnumType("Race", ()),
}

RACES = ("asian", "black", "black_and_other", "other", "several", "white")
"""What `patient race` may be: members that the enum `Race` of a vocabulary must have."""

_TYPES = ("Quantity", "Boolean", "Probability", "Factor")

MAX_TREND = 20
"""Results that a trend may be over."""

_LONGEST_AGE = 200 * units.parse("a").factor

_AGE_MATTERS = (
    model.SourceKind.OBSERVATION,
    model.SourceKind.PHENOTYPE,
    model.SourceKind.SCORE,
    model.SourceKind.GENOTYPE,
    model.SourceKind.VARIANT,
    model.SourceKind.PATHWAY,
)


def check_input(
    node: syntax.InputSyntax,
    enums: Enums,
    names: Names,
    found: list[Diagnostic],
) -> model.Input | None:
    """The checked declaration; None if it cannot be used (and said)."""
    kind = check_type(node.type, enums, found)
    source = _source(node, names, found)
    within = _within(node, source, found)
    if kind is None or source is None:
        return None
    _check_fit(node, kind, source, names, found)
    loudness = model.WhenMissing(node.when_missing or "silent")
    assuming = node.need.because if node.need.word == "optional" else ""
    optional = node.need.word == "optional"
    return model.Input(node.name.text, kind, source, within, optional, loudness, node.name.span, assuming)


def check_type(node: syntax.TypeSyntax, enums: Enums, found: list[Diagnostic]) -> ValueType | None:
    """The type that is named; None if there is none of this name (and said)."""
    name = node.name.text
    if name == "Quantity":
        if node.unit is None:
            found.append(
                Diagnostic("BR007", "the quantity needs a unit", node.name.span, help="write `Quantity[kg]`")
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
        return QuantityType(node.unit.text)
    if name in ("Probability", "Factor"):
        return QuantityType("1")
    if name == "Boolean":
        return BooleanType()
    if name in enums.known:
        return enums.known[name]
    unknown = unknown_name(node.name, "type", [*_TYPES, *enums.known])
    if name in enums.to_use:
        unknown = replace(unknown, help=f"write `{enums.to_use[name]}` at the top of the file")
    found.append(unknown)
    return None


def _source(node: syntax.InputSyntax, names: Names, found: list[Diagnostic]) -> model.Source | None:
    written = node.source
    kind = model.SourceKind(written.kind.text)
    name = written.name.text
    if kind is model.SourceKind.OBSERVATION:
        name = names.observable_codes.get(name, name)
    candidates = {
        model.SourceKind.OBSERVATION: [*names.observables, *names.statuses],
        model.SourceKind.PHENOTYPE: list(names.genes),
        model.SourceKind.SCORE: list(names.scores),
        model.SourceKind.GENOTYPE: list(names.genotypes),
        model.SourceKind.VARIANT: list(names.variants),
        model.SourceKind.PATHWAY: list(names.pathways),
        model.SourceKind.PATIENT: list(_PATIENT),
        model.SourceKind.CONDITION: list(names.conditions),
        model.SourceKind.INDICATION: list(names.indications),
        model.SourceKind.MEDICATION: list(names.drugs),
        model.SourceKind.EXPOSURE: list(names.drugs),
        model.SourceKind.ALLERGY: list(names.drugs),
        model.SourceKind.MODEL: list(names.models),
    }[kind]
    if name not in candidates:
        found.append(unknown_name(written.name, f"{kind.value} of the knowledge base", candidates))
        return None
    status = kind is model.SourceKind.OBSERVATION and name in names.statuses
    if status and (written.trend is not None or written.over_upper_limit):
        found.append(
            Diagnostic("BR006", f"`{name}` is true or false: it has no limit and no trend", node.span)
        )
        return None
    trend = _trend(written.trend, kind, found) if written.trend is not None else None
    if written.trend is not None and trend is None:
        return None
    return model.Source(kind, name, written.over_upper_limit, trend)


def _trend(node: syntax.TrendSyntax, kind: model.SourceKind, found: list[Diagnostic]) -> Trend | None:
    count = node.count.quantity.value
    if kind is not model.SourceKind.OBSERVATION:
        found.append(Diagnostic("BR006", "only an observation has a trend", node.span))
    elif count.denominator != 1 or not 2 <= count <= MAX_TREND:
        message = f"a trend is over 2 to {MAX_TREND} results"
        found.append(Diagnostic("BR006", message, node.count.span))
    else:
        return Trend(TrendFunction(node.function.text), int(count))
    return None


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


def _unit(source: model.Source, names: Names) -> str:
    if source.kind is model.SourceKind.MODEL:
        return names.models[source.name]
    if source.over_upper_limit:
        return "1"
    unit = names.observables[source.name]
    return unit if source.trend is None else unit_of(source.trend, unit)


def _enums(names: Names) -> Mapping[model.SourceKind, Mapping[str, str]]:
    """What is read from these sources is a member of the enum that the knowledge base names."""
    return {
        model.SourceKind.PHENOTYPE: names.genes,
        model.SourceKind.SCORE: names.scores,
        model.SourceKind.GENOTYPE: names.genotypes,
        model.SourceKind.PATHWAY: names.pathways,
        model.SourceKind.INDICATION: names.indications,
    }


def _check_fit(
    node: syntax.InputSyntax,
    kind: ValueType,
    source: model.Source,
    names: Names,
    found: list[Diagnostic],
) -> None:
    span, name = node.type.name.span, node.name.text
    if source.over_upper_limit and source.kind is not model.SourceKind.OBSERVATION:
        found.append(Diagnostic("BR006", "only an observation has an upper limit", node.source.name.span))
    status = source.kind is model.SourceKind.OBSERVATION and source.name in names.statuses
    if source.kind in (model.SourceKind.OBSERVATION, model.SourceKind.MODEL) and not status:
        unit = _unit(source, names)
        if not isinstance(kind, QuantityType):
            found.append(Diagnostic("BR006", f"`{source.name}` is a quantity in `{unit}`", span))
        elif not units.commensurable(kind.unit, unit):
            message = f"`{kind.unit}` does not convert to `{unit}`, the unit of `{source.name}`"
            found.append(Diagnostic("BR007", message, span))
    elif source.kind in (enums := _enums(names)):
        enum = enums[source.kind][source.name]
        if not isinstance(kind, EnumType) or kind.name != enum:
            found.append(Diagnostic("BR006", f"`{name}` is of type `{enum}`", span))
    else:
        expected = _PATIENT[source.name] if source.kind is model.SourceKind.PATIENT else BooleanType()
        fits = type(kind) is type(expected)
        if isinstance(kind, QuantityType) and isinstance(expected, QuantityType):
            fits = units.commensurable(kind.unit, expected.unit)
        if isinstance(kind, EnumType) and isinstance(expected, EnumType):
            fits = kind.name == expected.name and {*RACES} <= {*kind.members}
        if not fits:
            word = "Quantity[years]" if isinstance(expected, QuantityType) else "Boolean"
            help = ""
            if isinstance(expected, EnumType):
                word = expected.name
                help = (
                    f"the enum `{word}` has at least the members {', '.join(f'`{each}`' for each in RACES)}"
                )
            found.append(Diagnostic("BR006", f"`{name}` is of type `{word}`", span, help=help))
