"""Rules for the tests of the compiled forms: all that ship, those of the worked examples, and random ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

from cds.guard import reasons_to_withhold
from dsl import Rule, check
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
    **{one.name: one for one in (*load().rules, *_SKETCH.rules)},
    **{name: rule(body) for name, body in WRITTEN.items()},
}


def generated_rules(series: str, count: int) -> Iterator[tuple[str, Rule, GeneratedRule]]:
    """Random rules that the checker accepts, each with a seed for its charts and what they need to know."""
    for number in range(count):
        seed = f"{series} {number}"
        generated = generate(Random(seed))
        found = check([parsed(generated.text)], NAMES).rules
        if found:
            yield seed, found[0], generated
