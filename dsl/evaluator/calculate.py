"""Exact arithmetic over facts: from the inputs of a rule to the values that it calculates.

Every amount is a fraction in base units, so that `76.999 kg` and `76999 g` are the same number. A calculation
over values of which several are possible has several results; over one that is missing, or known only as a
range, it has none, and says why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import product

from dsl import model, units
from dsl.evaluator.logic import Facts, inputs_of, judge
from dsl.types import EnumType, QuantityType
from dsl.values import Fact, Quantity, Range, Reason, Value, known, missing

MAX_COMBINATIONS = 64
"""Of more combinations of possible values than this, no result is calculated."""

Values = Mapping[str, Value]
"""One value for each name."""


def with_calculated(lets: Sequence[model.Let], facts: Facts) -> dict[str, Fact]:
    """The facts with one more for each `let`; a `let` that has a fact already keeps it."""
    complete = dict(facts)
    for let in lets:
        if let.name not in complete:
            complete[let.name] = _fact(let, complete)
    return complete


def _fact(let: model.Let, facts: Facts) -> Fact:
    if isinstance(let.value, model.Truth):
        truth = judge(let.value.condition, facts).truth
        return missing(_why_unknown(let, facts)) if truth is None else known(truth)
    names = sorted(set(references(let.value)))
    alternatives = [facts[name].possible for name in names]
    combinations = 1
    for values in alternatives:
        combinations *= len(values)
    if not 0 < combinations <= MAX_COMBINATIONS or any(
        isinstance(value, Range) for values in alternatives for value in values
    ):
        return missing(_why_unknown(let, facts))
    results: dict[Value, None] = {}
    for values in product(*alternatives):
        try:
            result = _value(let.value, dict(zip(names, values, strict=True)))
        except (ValueError, ZeroDivisionError) as error:
            words = "division by zero" if isinstance(error, ZeroDivisionError) else str(error)
            return missing(Reason.MODEL_FAILED, explanation=f"not calculated: {words}")
        results[_typed(result, let)] = None
    return Fact(tuple(results), None if len(results) == 1 else _why_unknown(let, facts))


def _why_unknown(let: model.Let, facts: Facts) -> Reason:
    reasons = (facts[name].reason for name in let.reads if name in facts and not facts[name].known)
    return next((reason for reason in reasons if reason), Reason.MODEL_FAILED)


def _typed(result: Fraction | str, let: model.Let) -> Value:
    if isinstance(result, str) or not isinstance(let.type, QuantityType):
        return str(result)
    return Quantity(result / units.parse(let.type.unit).factor, let.type.unit)


def references(expression: model.Expression) -> Iterator[str]:
    """The names that an expression reads."""
    if isinstance(expression, model.InputRef):
        yield expression.name
    elif isinstance(expression, model.Truth):
        yield from inputs_of(expression.condition)
    for part in _parts(expression):
        yield from references(part)


def _parts(expression: model.Expression) -> tuple[model.Expression, ...]:
    if isinstance(expression, model.Arithmetic):
        return expression.left, expression.right
    if isinstance(expression, model.Call):
        return expression.arguments
    if isinstance(expression, model.Rounded):
        return (expression.amount,)
    if isinstance(expression, model.LeastHarm | model.Margin):
        return expression.harms
    return ()


def _value(expression: model.Expression, values: Values) -> Fraction | str:
    """The value in base units, or the name of an option."""
    if isinstance(expression, model.LeastHarm):
        harms = [_amount(harm, values) for harm in expression.harms]
        return expression.options[harms.index(min(harms))]
    return _amount(expression, values)


def _amount(expression: model.Expression, values: Values) -> Fraction:
    if isinstance(expression, model.Arithmetic):
        left, right = _amount(expression.left, values), _amount(expression.right, values)
        return _ARITHMETIC[expression.operator](left, right)
    if isinstance(expression, model.Rounded):
        return _rounded(_amount(expression.amount, values), expression)
    if isinstance(expression, model.Call):
        return _called(expression, values)
    if isinstance(expression, model.Margin):
        least, next_least, *_ = sorted(_amount(harm, values) for harm in expression.harms)
        return next_least - least
    value = values[expression.name] if isinstance(expression, model.InputRef) else _constant(expression)
    if not isinstance(value, Quantity):
        raise TypeError(f"{expression} is no amount")
    return _base(value)


def _constant(expression: model.Expression) -> Value | None:
    return expression.value if isinstance(expression, model.Constant) else None


def _called(call: model.Call, values: Values) -> Fraction:
    arguments: dict[str, Fraction | bool | str] = {}
    for parameter, argument in zip(call.function.parameters, call.arguments, strict=True):
        if isinstance(parameter.type, QuantityType):
            arguments[parameter.name] = _amount(argument, values) / units.parse(parameter.type.unit).factor
        elif isinstance(parameter.type, EnumType):
            assert isinstance(argument, model.InputRef)
            arguments[parameter.name] = str(values[argument.name])
        else:
            truth = values[argument.name] if isinstance(argument, model.InputRef) else _constant(argument)
            arguments[parameter.name] = truth is True
    result = call.function.compute(**arguments)
    return result * units.parse(call.function.result.unit).factor


def _rounded(amount: Fraction, rounding: model.Rounded) -> Fraction:
    step = _base(rounding.step)
    steps = amount / step
    down = steps.numerator // steps.denominator
    above = steps - down
    up = above > 0 if rounding.direction == "up" else above > Fraction(1, 2)
    whole = down + (1 if up and rounding.direction != "down" else 0)
    rounded = whole * step
    if rounding.low is not None:
        rounded = max(rounded, _base(rounding.low))
    if rounding.high is not None:
        rounded = min(rounded, _base(rounding.high))
    if rounding.dose and (amount <= 0 or rounded <= 0):
        raise ValueError("the dose is not above zero")
    return rounded


def _base(amount: Quantity) -> Fraction:
    return amount.value * units.parse(amount.unit).factor


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    return base ** int(exponent)


_ARITHMETIC: dict[str, Callable[[Fraction, Fraction], Fraction]] = {
    "+": Fraction.__add__,
    "-": Fraction.__sub__,
    "*": Fraction.__mul__,
    "/": Fraction.__truediv__,
    "^": _power,
}
