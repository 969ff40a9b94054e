"""Names, types and units of conditions, cells and literals: from syntax to checked conditions."""

from __future__ import annotations

from fractions import Fraction

from dsl import model, syntax, units
from dsl.checker.amounts import Amount, AmountChecker, Declared
from dsl.diagnostics import Diagnostic
from dsl.evaluator.calculate import references
from dsl.names import Names, closest
from dsl.syntax import Span
from dsl.trends import SAME_RANGE
from dsl.types import BooleanType, EnumType, QuantityType, ValueType
from dsl.values import Quantity, Range

_TRUTHS = {"true": True, "false": False}


class ConditionChecker:
    """Resolves conditions of one rule against its names; what is wrong goes to `found`.

    Arithmetic inside a condition or a dose becomes a `let` without a name of its own, so that every
    comparison is one of a name with a constant.
    """

    def __init__(self, source: str, names: Names, found: list[Diagnostic]) -> None:
        self.declared: dict[str, Declared | None] = {}
        """What each name stands for; None for one that is faulty, so that its uses are not faults too."""
        self.lets: list[model.Let] = []
        self.amounts = AmountChecker(self.declared, names.functions, found)
        self._plausible = names.plausible
        self._lines = source.split("\n")
        self._found = found

    def declare(self, name: str, declared: model.Input | None) -> None:
        """Makes an input known under its name."""
        self.declared[name] = None if declared is None else Declared(name, declared.type, (name,), declared)

    def calculate(self, name: str, kind: ValueType, value: model.Expression, *, named: bool) -> None:
        """Makes a calculated value known under its name."""
        reads = {read for each in references(value) for read in self._reads(each)}
        inputs = [each.name for each in self.declared.values() if each is not None and each.input is not None]
        let = model.Let(name, kind, value, tuple(each for each in inputs if each in reads), named)
        if name not in self.declared:
            self.lets.append(let)
        self.declared[name] = Declared(name, kind, let.reads, None)

    def _reads(self, name: str) -> tuple[str, ...]:
        declared = self.declared.get(name)
        return () if declared is None else declared.reads

    def text_of(self, span: Span) -> str:
        """The source between two positions, on one line."""
        lines = self._lines[span.line - 1 : span.end_line]
        if not lines:
            return ""
        lines[-1] = lines[-1][: span.end_column - 1]
        lines[0] = lines[0][span.column - 1 :]
        return " ".join(" ".join(lines).split())

    # -------------------------------------------------------------- conditions
    def condition(self, node: syntax.Expression) -> model.Condition | None:
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
        if isinstance(node, syntax.Text):
            return self._truth(node)
        text = self.text_of(node.span)
        if isinstance(node, syntax.Presence):
            declared = self._item(node.item)
            return None if declared is None else model.IsKnown(declared.name, node.known, text)
        if isinstance(node, syntax.InInterval):
            declared = self._item(node.item, node.interval.high.quantity.unit)
            return None if declared is None else self.interval(declared, node.interval)
        if isinstance(node, syntax.InSet):
            declared = self._item(node.item)
            return None if declared is None else self.one_of(declared, node.members, text)
        self._wrong_type(node.span, "a condition is expected here, not an amount")
        return None

    def _truth(self, node: syntax.Text) -> model.Condition | None:
        declared = self.amounts.named(node)
        if declared is None:
            return None
        if not isinstance(declared.type, BooleanType):
            self._wrong_type(node.span, f"`{declared.name}` is not a Boolean and cannot stand alone")
            return None
        return model.OneOf(declared.name, frozenset((True,)), self.text_of(node.span))

    def interval(self, declared: Declared, node: syntax.Interval) -> model.Within | None:
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
        least = low_size / units.parse(high.unit).factor
        bounds = Range(least, high.value, node.low_included, node.high_included, high.unit)
        return model.Within(declared.name, bounds, f"{declared.name} in {self.text_of(node.span)}")

    def one_of(
        self, declared: Declared, literals: tuple[syntax.Literal, ...], text: str
    ) -> model.OneOf | None:
        """`input in { a, b }`, or the same as a cell."""
        values = [self.value(declared, literal) for literal in literals]
        members = frozenset(value for value in values if value is not None)
        return None if None in values else model.OneOf(declared.name, members, text)

    def cell(self, declared: Declared, node: syntax.Cell) -> model.Cell | None:
        """A cell as a condition on the input of its column; None if it is wrong (and said)."""
        if isinstance(node, syntax.AnyCell):
            return model.Cell(None, any=True)
        assert not isinstance(node, syntax.ElseCell), "the table resolves `else`"
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
                    "BR006", f"`{declared.name}` is never `missing` in a row, only an optional input is",
                    node.missing.span, help="declare the input `optional`, or leave the case to `unknown`",
                )
            )  # fmt: skip
            return None
        if not node.literals:
            return model.Cell(None, missing=True)
        members = self.one_of(declared, node.literals, f"{declared.name} in {{ {written} }}")
        return None if members is None else model.Cell(members, missing=node.missing is not None)

    # -------------------------------------------------------------- operands
    def value(self, declared: Declared, literal: syntax.Literal) -> Quantity | str | bool | None:
        """A literal as a value of the input's type; None if it does not fit (and said)."""
        kind = declared.type
        if isinstance(literal, syntax.QuantityLiteral):
            if not isinstance(kind, QuantityType):
                self._wrong_type(literal.span, f"`{declared.name}` is no quantity")
                return None
            if not units.commensurable(literal.quantity.unit, kind.unit):
                self._wrong_unit(literal, declared.name, kind.unit)
                return None
            self._check_believable(literal, declared)
            return literal.quantity
        if isinstance(kind, BooleanType) and literal.text in _TRUTHS:
            return _TRUTHS[literal.text]
        if isinstance(kind, EnumType):
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

    def _check_believable(self, literal: syntax.QuantityLiteral, declared: Declared) -> None:
        """A threshold that no believable value reaches is a slip, often by a factor of 1000 (H-005)."""
        source = declared.input.source if declared.input is not None else None
        if source is None or source.name not in self._plausible or source.over_upper_limit:
            return
        if source.trend is not None and source.trend.function not in SAME_RANGE:
            return
        least, most = self._plausible[source.name]
        unit = units.parse(literal.quantity.unit)
        low, high = (bound.value * units.parse(bound.unit).factor / unit.factor for bound in (least, most))
        if source.kind is model.SourceKind.OBSERVATION and not low <= literal.quantity.value <= high:
            message = f"`{literal.quantity}` is beyond every believable value of `{source.name}`"
            self._found.append(
                Diagnostic("BR019", message, literal.span, help=f"believable are {least} to {most}")
            )

    def _comparison(self, node: syntax.Comparison) -> model.Condition | None:
        left, right = node.left, node.right
        plain = (syntax.Text, syntax.QuantityLiteral)
        if not isinstance(left, plain) or not isinstance(right, plain):
            return self._calculated(node)
        sides = (self.declared.get(_name(left)), self.declared.get(_name(right)))
        if any(_name(side) in self.declared and self.declared[_name(side)] is None for side in (left, right)):
            return None
        if sides[0] is None and sides[1] is None:
            literals = [side for side in (left, right) if isinstance(side, syntax.QuantityLiteral)]
            if any(self.amounts.amount(literal) is None for literal in literals):
                return None
            self._item(left if isinstance(left, syntax.Text) else right)
            return None
        declared = sides[0] or sides[1]
        assert declared is not None
        if sides[0] and sides[1] and not self._alike(sides[0], sides[1], node.span):
            return None
        if not self._ordered(declared, node.operator, node.span):
            return None
        if sides[0] and sides[1] and isinstance(declared.type, QuantityType):
            return self._calculated(node)
        operands: list[model.Operand] = []
        for side, literal in zip(sides, (left, right), strict=True):
            if side is not None:
                operands.append(model.InputRef(side.name))
                continue
            value = self.value(declared, literal)
            if value is None:
                return None
            operands.append(model.Constant(value))
        return model.Compare(node.operator, operands[0], operands[1], self.text_of(node.span))

    def _calculated(self, node: syntax.Comparison) -> model.Condition | None:
        """A comparison of amounts, as one of a calculated value with a constant."""
        left, right = self.amounts.amount(node.left), self.amounts.amount(node.right)
        if left is None or right is None:
            return None
        if left.dimensions != right.dimensions:
            sides = [each.unit or "the other side" for each in (left, right)]
            message = f"`{sides[0]}` and `{sides[1]}` measure different things"
            self._found.append(Diagnostic("BR007", message, node.span, help="compare amounts of one kind"))
            return None
        text = self.text_of(node.span)
        if isinstance(right.value, model.Constant):
            name = self._unnamed(left, right.unit, node.left.span)
            return model.Compare(node.operator, model.InputRef(name), right.value, text)
        if isinstance(left.value, model.Constant):
            name = self._unnamed(right, left.unit, node.right.span)
            return model.Compare(node.operator, left.value, model.InputRef(name), text)
        unit = left.unit or right.unit
        if unit is None:
            self._no_unit(node.span)
            return None
        name = f"{self.text_of(node.left.span)} - ({self.text_of(node.right.span)})"
        difference = model.Arithmetic("-", left.value, right.value)
        self.calculate(name, QuantityType(unit), difference, named=False)
        return model.Compare(
            node.operator, model.InputRef(name), model.Constant(Quantity(Fraction(0), unit)), text
        )

    def _unnamed(self, amount: Amount, unit: str | None, span: Span) -> str:
        """The name of an amount: its own where it has one, else how it is written."""
        if isinstance(amount.value, model.InputRef):
            return amount.value.name
        name = self.text_of(span)
        self.calculate(name, QuantityType(unit or "1"), amount.value, named=False)
        return name

    def _no_unit(self, span: Span) -> None:
        self._found.append(
            Diagnostic(
                "BR007", "the unit of this calculation is not plain", span,
                help="give one side a name and a unit: `let x: Quantity[kg/m2] = …`",
            )
        )  # fmt: skip

    def _alike(self, one: Declared, other: Declared, span: Span) -> bool:
        if isinstance(one.type, QuantityType) and isinstance(other.type, QuantityType):
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

    def _ordered(self, declared: Declared, operator: str, span: Span) -> bool:
        if operator in ("=", "!=") or isinstance(declared.type, QuantityType):
            return True
        self._wrong_type(span, f"`{declared.name}` has no order; only `=`, `!=` and `in` compare it")
        return False

    def _item(self, node: syntax.Expression, unit: str | None = None) -> Declared | None:
        """What is compared: an input, a `let`, or an amount that is calculated in place."""
        if isinstance(node, syntax.Text):
            return self.amounts.named(node)
        if isinstance(node, syntax.QuantityLiteral):
            self._wrong_type(node.span, "an input is expected here, not a number")
            return None
        amount = self.amounts.amount(node)
        if amount is None:
            return None
        if unit is None or not units.commensurable(unit, amount.unit or unit):
            self._no_unit(node.span)
            return None
        return self.declared[self._unnamed(amount, unit, node.span)]

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


def _name(node: syntax.Expression) -> str:
    return node.text if isinstance(node, syntax.Text) else ""
