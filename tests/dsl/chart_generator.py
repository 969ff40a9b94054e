"""Random charts for a rule: values at, beside and between its constants, several, ranges, and nothing."""

from __future__ import annotations

from fractions import Fraction
from random import Random

from dsl import Fact, Quantity, Range, Reason, Value
from tests.dsl.generated_world import Kind, Variable, decimal
from tests.dsl.rule_generator import GeneratedRule

_REASONS = tuple(Reason)
_NUDGE = Fraction(1, 1000)
Chart = dict[str, Fact]


def chart(random: Random, rule: GeneratedRule) -> Chart:
    """Facts for most inputs, and now and then for a calculated value, as a test may give one."""
    facts: Chart = {}
    for variable in rule.variables:
        if random.random() < (0.02 if variable.need == "let" else 0.92):
            facts[variable.name] = _fact(random, variable)
    return facts


def plain_chart(random: Random, rule: GeneratedRule) -> Chart:
    """A chart of which each fact is one value of an input or none: a row of columns."""
    return {
        variable.name: _one_value(random, variable) if random.random() < 0.8 else _none(random)
        for variable in rule.inputs
    }


def _fact(random: Random, variable: Variable) -> Fact:
    match random.choices(range(4), (58, 12, 10, 20))[0]:
        case 1:
            several = _several(random, variable)
            return Fact(several, random.choice(_REASONS)) if len(several) > 1 else Fact(several)
        case 2 if isinstance(variable.kind, Kind):
            ranges: list[Value] = [_range(random, variable.kind)]
            if random.random() < 0.2:
                ranges.append(random.choice((_range, _amount))(random, variable.kind))
                random.shuffle(ranges)
            return Fact(tuple(ranges), random.choice(_REASONS))
        case 3:
            return _none(random)
        case _:
            return _one_value(random, variable)


def _one_value(random: Random, variable: Variable) -> Fact:
    return Fact((any_value(random, variable),))


def _none(random: Random) -> Fact:
    return Fact((), random.choice(_REASONS))


def any_value(random: Random, variable: Variable) -> Value:
    """A value of the type of a variable."""
    if variable.kind is None:
        return random.random() < 0.5
    if isinstance(variable.kind, Kind):
        return _amount(random, variable.kind)
    return random.choice(variable.kind)


def _several(random: Random, variable: Variable) -> tuple[Value, ...]:
    """Different values; rarely so many that a calculation over two such inputs gives up."""
    count = random.randint(8, 10) if random.random() < 0.1 else random.randint(2, 3)
    if isinstance(variable.kind, Kind):
        numbers = dict.fromkeys(_number(random, variable.kind) for _ in range(count))
        return tuple(_in_some_unit(random, variable.kind, number) for number in numbers)
    return tuple(dict.fromkeys(any_value(random, variable) for _ in range(count)))


def _number(random: Random, kind: Kind) -> Fraction:
    """On the grid, just beside it, between, far beyond, zero, or below."""
    point = kind.lowest + kind.step * random.randrange(-1, kind.steps + 1)
    match random.choices(range(5), (50, 25, 15, 6, 4))[0]:
        case 0:
            return point
        case 1:
            return point + random.choice((-_NUDGE, _NUDGE)) * kind.step
        case 2:
            return point + kind.step * Fraction(random.randint(1, 9), 10)
        case 3:
            return Fraction(0)
        case _:
            return random.choice((-1, 20)) * point


def _amount(random: Random, kind: Kind) -> Quantity:
    return _in_some_unit(random, kind, _number(random, kind))


def _in_some_unit(random: Random, kind: Kind, number: Fraction) -> Quantity:
    code, per = random.choice(kind.units)
    return Quantity(number * per, code)


def _range(random: Random, kind: Kind) -> Range:
    """Open, closed or half-infinite, never a single point and never empty."""
    low, high = sorted((_number(random, kind), _number(random, kind)))
    if low == high:
        high += kind.step
    code, per = random.choice(kind.units)
    low_included, high_included = random.random() < 0.5, random.random() < 0.5
    shape = random.choice(("both", "low", "high"))
    return Range(
        None if shape == "high" else low * per,
        None if shape == "low" else high * per,
        low_included,
        high_included,
        code,
    )


# ---------------------------------------------------------------- as text
def written(facts: Chart) -> str:
    """The chart as the `given` of a test; what a test cannot say stands in a comment."""
    lines = []
    for name, fact in facts.items():
        if not fact.possible:
            lines.append(f"{name} missing {fact.reason}")
        elif fact.known:
            lines.append(f"{name} = {_word(fact.possible[0])}")
        else:
            lines.append(f"// {name}: one of {'; '.join(map(_word, fact.possible))} ({fact.reason})")
    return "given " + "\n      ".join(lines)


def _word(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Quantity):
        return decimal(value.value) + ("" if value.unit == "1" else f" {value.unit}")
    return str(value)
