"""Names, types and units of conditions, cells and literals: from syntax to checked conditions."""

from __future__ import annotations

from collections.abc import Mapping

from dsl import model, syntax, units
from dsl.diagnostics import Diagnostic
from dsl.names import Names, closest
from dsl.syntax import Span
from dsl.values import Quantity, Range

_TRUTHS = {"true": True, "false": False}


class ConditionChecker:
    """Resolves conditions of one rule against its inputs; what is wrong goes to `found`."""

    def __init__(
        self, inputs: Mapping[str, model.Input | None], source: str, names: Names, found: list[Diagnostic]
    ) -> None:
        self._inputs = inputs
        self._plausible = names.plausible
        self._lines = source.split("\n")
        self._found = found

    def text_of(self, span: Span) -> str:
        """The source between two positions, on one line."""
        lines = self._lines[span.line - 1 : span.end_line]
        if not lines:
            return ""
        lines[-1] = lines[-1][: span.end_column - 1]
        lines[0] = lines[0][span.column - 1 :]
        return " ".join(" ".join(lines).split())

    # -------------------------------------------------------------- conditions
    def condition(self, node: syntax.Condition) -> model.Condition | None:
        """The checked condition; None if something in it is wrong (and said)."""
        if isinstance(node, syntax.Not):
            inner = self.condition(node.operand)
            return None if inner is None else model.Negation(inner)
        if isinstance(node, syntax.AllOf | syntax.AnyOf):
            parts = [self.condition(operand) for operand in node.operands]
            checked = tuple(part for part in parts if part is not None)
            if len(checked) < len(parts):
                return None
            return model.All(checked) if isinstance(node, syntax.AllOf) else model.Any(checked)
        if isinstance(node, syntax.Comparison):
            return self._comparison(node)
        declared = self._input(node.item)
        if declared is None:
            return None
        text = self.text_of(node.span)
        if isinstance(node, syntax.Presence):
            return model.IsKnown(declared.name, node.known, text)
        if isinstance(node, syntax.Truth):
            if not isinstance(declared.type, model.BooleanType):
                self._wrong_type(node.span, f"`{declared.name}` is not a Boolean and cannot stand alone")
                return None
            return model.OneOf(declared.name, frozenset((True,)), text)
        if isinstance(node, syntax.InInterval):
            return self.interval(declared, node.interval, text)
        return self.one_of(declared, node.members, text)

    def interval(
        self, declared: model.Input, node: syntax.Interval, text: str | None = None
    ) -> model.Within | None:
        """`input in 30 ..< 60 mL/min`, or the same as a cell."""
        low, high = self.value(declared, node.low), self.value(declared, node.high)
        if not isinstance(low, Quantity) or not isinstance(high, Quantity):
            return None
        low_size = low.value * units.parse(low.unit).factor
        high_size = high.value * units.parse(high.unit).factor
        if low_size > high_size or (low_size == high_size and not (node.low_included and node.high_included)):
            self._found.append(
                Diagnostic("BR006", "the range is empty", node.span, help="smaller bound first")
            )
            return None
        if low.unit != high.unit:
            low = Quantity(low_size / units.parse(high.unit).factor, high.unit)
        bounds = Range(low.value, high.value, node.low_included, node.high_included, high.unit)
        written = self.text_of(node.span)
        return model.Within(declared.name, bounds, text or f"{declared.name} in {written}")

    def one_of(
        self, declared: model.Input, literals: tuple[syntax.Literal, ...], text: str
    ) -> model.OneOf | None:
        """`input in { a, b }`, or the same as a cell."""
        values = [self.value(declared, literal) for literal in literals]
        members = frozenset(value for value in values if value is not None)
        return None if None in values else model.OneOf(declared.name, members, text)

    def cell(self, declared: model.Input, node: syntax.Cell) -> model.Cell | None:
        """A cell as a condition on the input of its column; None if it is wrong (and said)."""
        if isinstance(node, syntax.AnyCell):
            return model.Cell(None, any=True)
        if isinstance(node, syntax.Interval):
            within = self.interval(declared, node)
            return None if within is None else model.Cell(within)
        written = self.text_of(node.span)
        if isinstance(node, syntax.CompareCell):
            value = self.value(declared, node.literal)
            if value is None or not self._ordered(declared, node.operator, node.span):
                return None
            reference, constant = model.InputRef(declared.name), model.Constant(value)
            return model.Cell(model.Compare(node.operator, reference, constant, f"{declared.name} {written}"))
        if node.missing is not None and not declared.optional:
            self._found.append(
                Diagnostic(
                    "BR006",
                    f"`{declared.name}` is required and never `missing` in a row",
                    node.missing.span,
                    help="declare the input `optional`, or leave the case to `unknown`",
                )
            )
            return None
        if not node.literals:
            return model.Cell(None, missing=True)
        members = self.one_of(declared, node.literals, f"{declared.name} in {{ {written} }}")
        return None if members is None else model.Cell(members, missing=node.missing is not None)

    # -------------------------------------------------------------- operands
    def value(self, declared: model.Input, literal: syntax.Literal) -> Quantity | str | bool | None:
        """A literal as a value of the input's type; None if it does not fit (and said)."""
        kind = declared.type
        if isinstance(literal, syntax.QuantityLiteral):
            if not isinstance(kind, model.QuantityType):
                self._wrong_type(literal.span, f"`{declared.name}` is no quantity")
                return None
            if not units.commensurable(literal.quantity.unit, kind.unit):
                self._wrong_unit(literal, declared.name, kind.unit)
                return None
            self._check_believable(literal, declared)
            return literal.quantity
        if isinstance(kind, model.BooleanType) and literal.text in _TRUTHS:
            return _TRUTHS[literal.text]
        if isinstance(kind, model.EnumType):
            if literal.text in kind.members:
                return literal.text
            self._found.append(
                Diagnostic(
                    "BR004", f"`{literal.text}` is not a member of {kind.name}", literal.span,
                    help=closest(literal.text, kind.members),
                )
            )  # fmt: skip
            return None
        self._wrong_type(literal.span, f"`{literal.text}` is no value of `{declared.name}`")
        return None

    def _check_believable(self, literal: syntax.QuantityLiteral, declared: model.Input) -> None:
        """A threshold that no believable value reaches is a slip, often by a factor of 1000 (H-005)."""
        source = declared.source
        if source.name not in self._plausible or source.over_upper_limit:
            return
        least, most = self._plausible[source.name]
        unit = units.parse(literal.quantity.unit)
        low, high = (bound.value * units.parse(bound.unit).factor / unit.factor for bound in (least, most))
        if source.kind is model.SourceKind.OBSERVATION and not low <= literal.quantity.value <= high:
            message = f"`{literal.quantity}` is beyond every believable value of `{source.name}`"
            self._found.append(
                Diagnostic("BR019", message, literal.span, help=f"believable are {least} to {most}")
            )

    def _comparison(self, node: syntax.Comparison) -> model.Compare | None:
        left, right, operator = node.left, node.right, node.operator
        sides = (self._inputs.get(_name(left)), self._inputs.get(_name(right)))
        if sides[0] is None and sides[1] is None:
            self._input(left if isinstance(left, syntax.Text) else right)
            return None
        declared = sides[0] or sides[1]
        assert declared is not None
        if sides[0] and sides[1] and not self._alike(sides[0], sides[1], node.span):
            return None
        if not self._ordered(declared, operator, node.span):
            return None
        operands: list[model.Operand] = []
        for side, literal in zip(sides, (left, right), strict=True):
            if side is not None:
                operands.append(model.InputRef(side.name))
                continue
            value = self.value(declared, literal)
            if value is None:
                return None
            operands.append(model.Constant(value))
        return model.Compare(operator, operands[0], operands[1], self.text_of(node.span))

    def _alike(self, one: model.Input, other: model.Input, span: Span) -> bool:
        if isinstance(one.type, model.QuantityType) and isinstance(other.type, model.QuantityType):
            if units.commensurable(one.type.unit, other.type.unit):
                return True
            self._found.append(
                Diagnostic("BR007", f"`{one.name}` and `{other.name}` measure different things", span)
            )
            return False
        if one.type == other.type:
            return True
        self._wrong_type(span, f"`{one.name}` and `{other.name}` have different types")
        return False

    def _ordered(self, declared: model.Input, operator: str, span: Span) -> bool:
        if operator in ("=", "!=") or isinstance(declared.type, model.QuantityType):
            return True
        self._wrong_type(span, f"`{declared.name}` has no order; only `=`, `!=` and `in` compare it")
        return False

    def _input(self, literal: syntax.Literal) -> model.Input | None:
        if isinstance(literal, syntax.QuantityLiteral):
            self._wrong_type(literal.span, "an input is expected here, not a number")
            return None
        declared = self._inputs.get(literal.text)
        if literal.text not in self._inputs:
            self._found.append(
                Diagnostic(
                    "BR004", f"`{literal.text}` is not an input of this rule", literal.span,
                    help=closest(literal.text, self._inputs),
                )
            )  # fmt: skip
        return declared

    def _wrong_type(self, span: Span, message: str) -> None:
        self._found.append(Diagnostic("BR006", message, span))

    def _wrong_unit(self, literal: syntax.QuantityLiteral, name: str, unit: str) -> None:
        given = literal.quantity.unit
        message = f"`{given}` does not convert to `{unit}`, the unit of `{name}`"
        try:
            units.parse(given)
        except units.UnitError:
            message = f"`{given}` is not a listed UCUM unit"
        advice = f"write it in `{unit}`"
        if given == "1":
            message = f"the number needs a unit: `{name}` is in `{unit}`"
        elif unit == "1":
            message, advice = f"`{name}` is a plain number and takes no unit", f"leave `{given}` out"
        self._found.append(Diagnostic("BR007", message, literal.span, help=advice))


def _name(literal: syntax.Literal) -> str:
    return literal.text if isinstance(literal, syntax.Text) else ""
