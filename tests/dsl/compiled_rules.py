"""Rules for the tests of the compiled forms: all that ship, those of the worked examples, and random ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from dsl import Rule
from cds.guard import reasons_to_withhold
from kb import load
from tests.dsl.fuzz import case
from tests.dsl.support import rule

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
        when ratio > 3.5 and not stroke => give 100 mg once daily
        when ratio <= 0.1 or clearance - 20 mL/min < 0.1 mL/min => give 50 mg once daily
        otherwise => none
        unknown => ask weight
      }""",
}  # fmt: skip

BY_NAME: dict[str, Rule] = {
    **{one.name: one for one in (*load().rules, *_SKETCH.rules)},
    **{name: rule(body) for name, body in WRITTEN.items()},
}


def generated_rules(series: str, count: int) -> Iterator[tuple[str, Rule]]:
    """Random rules that the checker accepts, each with the seed of its charts."""
    for number in range(count):
        one = case(f"{series} {number}")
        if one is not None:
            yield one.seed, one.rule
