"""Calculations: names, types and units of arithmetic, calls and rounding; each `let` of a rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from dsl import model, syntax, units
from dsl.diagnostics import Diagnostic
from dsl.functions import Function, Parameter
from dsl.names import closest, unknown_name
from dsl.syntax import Span
from dsl.types import BooleanType, EnumType, QuantityType, ValueType
from dsl.values import Quantity

Dimensions = tuple[tuple[str, int], ...]

MAX_EXPONENT = 4


@dataclass(frozen=True, slots=True)
class Amount:
    """A checked expression: what it measures, and the unit to show it in where that is plain."""

    value: model.Expression
    dimensions: Dimensions
    unit: str | None


@dataclass(frozen=True, slots=True)
class Declared:
    """What a name stands for: the type of an input or a `let`."""

    name: str
    type: ValueType
    reads: tuple[str, ...]
    """The inputs behind it."""
    input: model.Input | None

    @property
    def optional(self) -> bool:
        """Whether being missing is a state of its own."""
        return self.input is not None and self.input.optional


class AmountChecker:
    """Resolves amounts against the names of one rule; what is wrong goes to `found`."""

    def __init__(
        self,
        declared: Mapping[str, Declared | None],
        functions: Mapping[str, Function],
        found: list[Diagnostic],
    ) -> None:
        self._declared = declared
        self._functions = functions
        self._found = found

    def amount(self, node: syntax.Expression) -> Amount | None:
        """The checked amount; None if something in it is wrong (and said)."""
        if isinstance(node, syntax.QuantityLiteral):
            return self._literal(node)
        if isinstance(node, syntax.Text):
            return self._name(node)
        if isinstance(node, syntax.Negative):
            inner = self.amount(node.operand)
            if inner is None:
                return None
            minus = model.Constant(Quantity(Fraction(-1), "1"))
            return Amount(model.Arithmetic("*", minus, inner.value), inner.dimensions, inner.unit)
        if isinstance(node, syntax.Arithmetic):
            return self._arithmetic(node)
        if isinstance(node, syntax.Call):
            return self._call(node)
        self._wrong(node.span, "an amount is expected here, not a condition")
        return None

    def rounded(self, node: syntax.ComputedDose) -> tuple[model.Rounded, str] | None:
        """The amount of a calculated dose and its unit; None if it is wrong (and said)."""
        rounding, amount = node.rounding, self.amount(node.amount)
        if amount is None:
            return None
        step = rounding.step.quantity
        for bound in (rounding.step, rounding.low, rounding.high):
            if bound is not None and bound.quantity.unit == "1" and amount.dimensions:
                message, help = f"`{bound.quantity}` needs a unit here", f"write `{bound.quantity} mg`"
                self._found.append(Diagnostic("BR007", message, bound.span, help=help))
                return None
            if bound is not None and units.parse(bound.quantity.unit).dimensions != amount.dimensions:
                self._found.append(
                    Diagnostic(
                        "BR007", f"the amount before `rounded` is not in units like `{bound.quantity.unit}`",
                        node.amount.span, help="the units of a product multiply: kg times mg/kg gives mg",
                    )
                )  # fmt: skip
                return None
        if rounding.high is None:
            self._found.append(
                Diagnostic(
                    "BR016", "a calculated dose needs a greatest dose", rounding.span,
                    help="write `… rounded to 25 mg max 300 mg`",
                )
            )  # fmt: skip
            return None
        low = rounding.low.quantity if rounding.low is not None else None
        high = rounding.high.quantity
        if low is not None and _size(low) > _size(high):
            self._wrong(rounding.span, "the least dose is above the greatest")
            return None
        return model.Rounded(amount.value, rounding.direction, step, low, high), high.unit

    # -------------------------------------------------------------- parts
    def _literal(self, node: syntax.QuantityLiteral) -> Amount | None:
        unit = node.quantity.unit
        try:
            dimensions = units.parse(unit).dimensions
        except units.UnitError:
            help = "a space behind `/` makes it a division" if unit.startswith("/") else ""
            message = f"`{unit}` is not a listed UCUM unit"
            self._found.append(Diagnostic("BR007", message, node.span, help=help))
            return None
        return Amount(model.Constant(node.quantity), dimensions, unit)

    def named(self, node: syntax.Text) -> Declared | None:
        """What a name stands for; None if it is faulty, or unknown (and said)."""
        if node.text not in self._declared:
            self._found.append(
                Diagnostic(
                    "BR004", f"`{node.text}` is not an input of this rule", node.span,
                    help=closest(node.text, self._declared),
                )
            )  # fmt: skip
        return self._declared.get(node.text)

    def _name(self, node: syntax.Text) -> Amount | None:
        declared = self.named(node)
        if declared is None:
            return None
        if not isinstance(declared.type, QuantityType):
            self._wrong(node.span, f"`{node.text}` is no quantity")
            return None
        unit = declared.type.unit
        return Amount(model.InputRef(node.text), units.parse(unit).dimensions, unit)

    def _arithmetic(self, node: syntax.Arithmetic) -> Amount | None:
        left, right = self.amount(node.left), self.amount(node.right)
        if left is None or right is None:
            return None
        value = model.Arithmetic(node.operator, left.value, right.value)
        if node.operator in "+-":
            if left.dimensions != right.dimensions:
                words = "added" if node.operator == "+" else "subtracted"
                sides = f"`{left.unit or 'the left side'}` and `{right.unit or 'the right side'}`"
                self._found.append(
                    Diagnostic(
                        "BR007", f"{sides} cannot be {words}", node.span, help="both sides need like units"
                    )
                )  # fmt: skip
                return None
            return Amount(value, left.dimensions, left.unit)
        if node.operator == "^":
            return self._power(node, left, value)
        sign = 1 if node.operator == "*" else -1
        dimensions = _joined(left.dimensions, right.dimensions, sign)
        unit = None
        if right.dimensions == () and right.unit == "1":
            unit = left.unit
        elif node.operator == "*" and left.dimensions == () and left.unit == "1":
            unit = right.unit
        return Amount(value, dimensions, unit)

    def _power(self, node: syntax.Arithmetic, left: Amount, value: model.Arithmetic) -> Amount | None:
        exponent = node.right.quantity if isinstance(node.right, syntax.QuantityLiteral) else None
        if (
            exponent is None
            or exponent.unit != "1"
            or exponent.value.denominator != 1
            or not 1 <= abs(exponent.value) <= MAX_EXPONENT
        ):
            self._wrong(node.right.span, f"an exponent is a whole number up to {MAX_EXPONENT}")
            return None
        times = int(exponent.value)
        dimensions = tuple((name, count * times) for name, count in left.dimensions)
        return Amount(value, dimensions, None)

    def _call(self, node: syntax.Call) -> Amount | None:
        function = self._functions.get(node.function.text)
        if function is None:
            self._found.append(unknown_name(node.function, "function of the library", self._functions))
            return None
        given: dict[str, syntax.Argument] = {}
        names = [parameter.name for parameter in function.parameters]
        for argument in node.arguments:
            if argument.name is None and len(names) > 1:
                message = f"`{function.name}` has several parameters: name each argument"
                example = ", ".join(f"{name}: …" for name in names)
                help = f"write `{function.name}({example})`"
                self._found.append(Diagnostic("BR006", message, argument.span, help=help))
                return None
            name = argument.name.text if argument.name is not None else names[0]
            if name not in names:
                assert argument.name is not None
                self._found.append(unknown_name(argument.name, f"parameter of `{function.name}`", names))
                return None
            if name in given:
                self._found.append(Diagnostic("BR005", f"`{name}` is given twice", argument.span))
                return None
            given[name] = argument
        lacking = [name for name in names if name not in given]
        if lacking:
            message = f"`{function.name}` lacks {', '.join(f'`{name}`' for name in lacking)}"
            self._found.append(Diagnostic("BR006", message, node.span))
            return None
        arguments = [self._argument(given[each.name], each) for each in function.parameters]
        checked = tuple(argument for argument in arguments if argument is not None)
        if len(checked) < len(arguments):
            return None
        unit = function.result.unit
        return Amount(model.Call(function, checked), units.parse(unit).dimensions, unit)

    def _argument(self, node: syntax.Argument, parameter: Parameter) -> model.Expression | None:
        if isinstance(parameter.type, BooleanType):
            return self._truth(node.value, parameter.name)
        if isinstance(parameter.type, EnumType):
            return self._member(node.value, parameter.name, parameter.type.name)
        amount = self.amount(node.value)
        if amount is None:
            return None
        if amount.dimensions != units.parse(parameter.type.unit).dimensions:
            message = f"`{parameter.name}` is in units like `{parameter.type.unit}`"
            if amount.unit is not None:
                message += f", not `{amount.unit}`"
            self._found.append(Diagnostic("BR007", message, node.value.span))
            return None
        return amount.value

    def _truth(self, node: syntax.Expression, name: str) -> model.Expression | None:
        if isinstance(node, syntax.Text):
            if node.text in ("true", "false"):
                return model.Constant(node.text == "true")
            if node.text not in self._declared:
                self._name(node)
                return None
            declared = self._declared[node.text]
            if declared is None:
                return None
            if isinstance(declared.type, BooleanType):
                return model.InputRef(node.text)
        self._wrong(node.span, f"`{name}` is a Boolean: give an input or a `let` that is one")
        return None

    def _member(self, node: syntax.Expression, name: str, enum: str) -> model.Expression | None:
        declared = self.named(node) if isinstance(node, syntax.Text) else None
        if isinstance(node, syntax.Text) and declared is None:
            return None
        if declared is None or not isinstance(declared.type, EnumType) or declared.type.name != enum:
            self._wrong(node.span, f"`{name}` is a member of `{enum}`: give an input of that type")
            return None
        assert isinstance(node, syntax.Text)
        return model.InputRef(node.text)

    def _wrong(self, span: Span, message: str) -> None:
        self._found.append(Diagnostic("BR006", message, span))


def _joined(left: Dimensions, right: Dimensions, sign: int) -> Dimensions:
    powers = dict(left)
    for name, count in right:
        powers[name] = powers.get(name, 0) + sign * count
    return tuple(sorted((name, count) for name, count in powers.items() if count))


def _size(amount: Quantity) -> Fraction:
    return amount.value * units.parse(amount.unit).factor
