"""Rules and facts for the tests of the compiled forms: rules that ship, worked examples, and random ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from random import Random

from cds.guard import reasons_to_withhold
from dsl import EnumType, Fact, Quantity, QuantityType, Range, Reason, Rule, Value, check, known, missing
from dsl.compiler.rule import CompiledRule
from dsl.types import ValueType
from kb import load
from tests.dsl.rule_generator import NAMES, GeneratedRule, generate
from tests.dsl.support import parsed, rule

_SKETCH = load(Path(__file__).parent / "sketch", withhold=reasons_to_withhold)

AMOUNTS = """
  input weight: Quantity[kg] from observation weight within 90 days required
  input clearance: Quantity[mL/min] from observation clearance within 90 days assume 100 mL/min because "most"
  input stroke: Boolean from condition stroke optional assuming "no stroke before"
"""

WRITTEN = {
    "dose of weight": AMOUNTS + """
      let slow = clearance in 15 ..< 30 mL/min or stroke
      decide dose first {
        when slow => give weight * 0.5 mg/kg rounded down to 25 mg min 25 mg max 100 mg twice daily
        when weight * 3 > 200 kg => give weight * 1.1 mg/kg rounded to 12.5 mg max 300 mg once daily
        otherwise => give weight * 1 mg/kg rounded up to 25 mg max 0.2 g once daily
        unknown => ask weight, clearance
      }""",
    "a dose between bounds that are no whole steps": AMOUNTS + """
      decide dose first {
        when stroke => give weight * 1.5 mg/kg rounded to 25 mg min 65 mg max 110 mg once daily
        otherwise => give weight * 0.15 mg/kg rounded up to 0.7 mg min 0.9 mg max 9.3 mg once daily
        unknown => ask weight
      }""",
    "an inverse that there may not be": AMOUNTS + """
      let inverse: Quantity[1] = 1 kg / (weight - 50 kg)
      decide dose first {
        when inverse is missing => give 10 mg once daily
        when weight < 50 kg => give 20 mg once daily
        otherwise => give 30 mg once daily
        unknown => ask weight
      }""",
    "quotients and powers": AMOUNTS + """
      let ratio: Quantity[1] = (weight ^ 2 / (weight - 50 kg) - 30 kg) / 70 kg
      decide dose first {
        when (12.5 % + 1) * 8 > 9 or ratio > 3.5 and not stroke => give 100 mg once daily
        when ratio <= 0.1 or clearance - 20 mL/min < 0.1 mL/min => give 50 mg once daily
        otherwise => none
        unknown => ask weight
      }""",
}  # fmt: skip

BY_NAME: dict[str, Rule] = {
    **{one.name: one for one in load().rules},
    **{f"example {one.name}": one for one in _SKETCH.rules},
    **{name: rule(body) for name, body in WRITTEN.items()},
}


BLANK_CELL = "a column that says only `missing`"
WRITTEN_TABLES = {
    BLANK_CELL: """
      input weight: Quantity[kg] from observation weight within 90 days optional
      input clearance: Quantity[mL/min] from observation clearance within 90 days required
      table dose first {
        | weight  | clearance    => dose
        | missing | >= 30 mL/min => give 100 mg once daily
        | *       | *            => give 200 mg once daily
        unknown => ask clearance
      }""",
}
BY_NAME |= {name: rule(body) for name, body in WRITTEN_TABLES.items()}


def generated_rules(series: str, count: int) -> Iterator[tuple[str, Rule, GeneratedRule]]:
    """Random rules that the checker accepts, each with a seed for its charts and what they need to know."""
    for number in range(count):
        seed = f"{series} {number}"
        generated = generate(Random(seed))
        found = check([parsed(generated.text)], NAMES).rules
        if found:
            yield seed, found[0], generated


# ---------------------------------------------------------------- facts
def random_facts(random: Random, one: Rule) -> dict[str, Fact]:
    """A fact for most inputs: known, several values, a range, or none, with every reason."""
    compiled = CompiledRule(one)
    cuts = {axis.name: axis.scale.cuts for axis in compiled.inputs}
    return {
        declared.name: _fact(random, declared.type, cuts.get(declared.name, ()))
        for declared in one.inputs
        if random.random() < 0.9
    }


def _fact(random: Random, kind: ValueType, cuts: Sequence[Fraction]) -> Fact:
    match random.randrange(8):
        case 0:
            return missing(random.choice(list(Reason)))
        case 1:
            return Fact(
                tuple(_value(random, kind, cuts) for _ in range(random.randint(2, 3))), Reason.CONFLICT
            )
        case 2 if isinstance(kind, QuantityType):
            low, high = sorted((_number(random, cuts), _number(random, cuts)))
            first, last = random.choice(((low, high), (low, None), (None, high), (None, None)))
            span = Range(first, last, random.random() < 0.5, random.random() < 0.5, kind.unit)
            return Fact((span,), Reason.COMPARATOR)
        case _:
            return known(_value(random, kind, cuts))


def _value(random: Random, kind: ValueType, cuts: Sequence[Fraction]) -> Value:
    if isinstance(kind, EnumType):
        return random.choice(kind.members)
    return (
        Quantity(_number(random, cuts), kind.unit)
        if isinstance(kind, QuantityType)
        else random.random() < 0.5
    )


def _number(random: Random, cuts: Sequence[Fraction]) -> Fraction:
    """A limit, beside one, or anything; two of them make a range of one point now and then."""
    if cuts and random.random() < 0.7:
        return random.choice(cuts) + random.choice((0, 0, Fraction(-1, 1000), Fraction(1, 1000)))
    return Fraction(random.randrange(-10, 2000), 8)
