"""Columns: every row answers as the evaluator does, also where a float stands beside a limit."""

from __future__ import annotations

import math
from fractions import Fraction
from random import Random

import numpy as np
import pytest

from dsl import EnumType, Finding, Give, QuantityType, evaluate, quantity
from dsl.columns import REASONS, Amounts, Categories, Column, decide
from dsl.columns_cells import fact_of
from dsl.compile import Service, Slot, compile_rules
from dsl.compile_rule import CompiledRule
from dsl.model import GiveCalculated
from tests.dsl.compiled_rules import BY_NAME, generated_rules

ROWS = 120


# ---------------------------------------------------------------- random columns
def interesting(random: Random, cuts: list[Fraction]) -> float:
    """A float at a limit, a few floats beside it, on a coarse grid, or far out."""
    match random.randrange(6):
        case 0 | 1 if cuts:
            value = float(random.choice(cuts))
            for _ in range(random.randrange(4)):
                value = math.nextafter(value, random.choice((math.inf, -math.inf)))
            return value
        case 2:
            return float(random.randrange(-20, 400))
        case 3:
            return random.choice((0.0, -0.0, 1e300, -1e-300, 5e-324, 0.1))
        case _:
            return round(random.uniform(0, 250), random.randrange(4))


def column(random: Random, slot: Slot, service: Service) -> Column:
    """Cells for a slot; amounts in one of the units of their kind."""
    if not isinstance(slot.type, QuantityType):
        members = len(slot.type.members) if isinstance(slot.type, EnumType) else 2
        most = members + (len(REASONS) if random.random() < 0.8 else 0)
        return Categories(np.array([random.randrange(most) for _ in range(ROWS)], np.uint8))
    unit = random.choice([slot.type.unit, *SAME_KIND.get(slot.type.unit, ())])
    factor = quantity_factor(slot.type.unit, unit)
    at = service.slots.index(slot)
    cuts = [
        cut * factor
        for index, one in enumerate(service.rules)
        for axis in one.inputs
        if service.slots_of(index)[axis.name] == at
        for cut in axis.scale.cuts
    ]
    values = np.array([interesting(random, cuts) for _ in range(ROWS)])
    reasons = np.array([random.choice((0, 0, 0, random.randrange(len(REASONS) + 1))) for _ in range(ROWS)])
    if random.random() < 0.2:
        return Amounts(np.array([random.randrange(-5, 300) for _ in range(ROWS)], np.int64), unit)
    values[reasons != 0] = np.nan
    return Amounts(values, unit, reasons.astype(np.uint8))


SAME_KIND = {
    "kg": ("g", "[lb_av]"), "cm": ("m",), "mL/min": ("L/h",), "mg/dL": ("g/L", "mg/L"), "a": ("d", "mo"),
    "10*3/uL": ("/uL", "10*9/L"), "1": ("%",),
}  # fmt: skip


def quantity_factor(unit: str, other: str) -> Fraction:
    from dsl import convert

    return convert(quantity(1, unit), other).value


def assert_rows_agree(service: Service, columns: list[Column]) -> None:
    """Code and dose of every row, against the evaluator on the facts of that row."""
    answers = decide(service, columns)
    for index, (one, answer) in enumerate(zip(service.rules, answers, strict=True)):
        slots = service.slots_of(index)
        for row in range(len(answer.codes)):
            facts = {name: fact_of(columns[slot], row, service.slots[slot]) for name, slot in slots.items()}
            finding = evaluate(one.rule, facts)
            assert_same(one, int(answer.codes[row]), finding, str(facts))
            assert answer.codes[row] == one.code(facts)
            dose = None if answer.amounts is None else float(answer.amounts[row])
            calculated = isinstance(one.outcomes[answer.codes[row]].decided.result, GiveCalculated)
            assert (dose is None or math.isnan(dose)) is not calculated, facts
            if calculated:
                assert isinstance(finding.result, Give)
                assert dose == float(finding.result.dose.amount.value), facts


def assert_same(one: CompiledRule, code: int, finding: Finding, words: str) -> None:
    decided = one.outcomes[code].decided
    assert (decided.state, decided.asks, decided.decided_by, decided.steps, decided.lines) == (
        finding.state, finding.asks, finding.decided_by, finding.steps, finding.lines,
    ), words  # fmt: skip
    assert one.outcomes[code].assumptions == finding.assumptions, words


@pytest.mark.parametrize("name", BY_NAME)
def test_every_row_of_a_written_rule_agrees(name: str) -> None:
    service, random = compile_rules([BY_NAME[name]]), Random(name)
    assert_rows_agree(service, [column(random, slot, service) for slot in service.slots])


def test_every_row_of_generated_rules_agrees() -> None:
    for seed, one, _ in generated_rules("columns", 120):
        service, random = compile_rules([one], tabulated=200), Random(seed)
        assert_rows_agree(service, [column(random, slot, service) for slot in service.slots])
