"""Columns: every row answers as the evaluator does, also where a float stands beside a limit."""

from __future__ import annotations

import math
import operator
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl import EnumType, Finding, Give, Quantity, QuantityType, Reason, convert, evaluate, known, quantity
from dsl.columns.arithmetic import ARITHMETIC, Approximate, power
from dsl.columns.cells import fact_of, places_of
from dsl.columns.kernel import REASONS, Amounts, Categories, Column, decide
from dsl.compiler.cases import Scale
from dsl.compiler.rule import CompiledRule
from dsl.compiler.service import Service, compile_rules
from dsl.compiler.slots import Slot
from dsl.model import GiveCalculated
from tests.dsl.compiled_rules import BY_NAME, generated_rules
from tests.dsl.support import PROPERTY, rounds, rule

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
    for seed, one, _ in generated_rules("columns", rounds(40, 400)):
        service, random = compile_rules([one], tabulated=200), Random(seed)
        assert_rows_agree(service, [column(random, slot, service) for slot in service.slots])


# ---------------------------------------------------------------- limits and doses
WEIGHED = """
  input weight: Quantity[kg] from observation weight within 90 days required
  decide dose first {
    when weight <= 0.1 kg => give 10 mg once daily
    when weight in { 0.3 kg, 77 kg } => give 20 mg once daily
    when weight < 77 kg => give 30 mg once daily
    otherwise => give 40 mg once daily
    unknown => ask weight
  }
"""


@pytest.mark.parametrize("unit", ["kg", "g", "[lb_av]"])
def test_every_float_beside_a_limit_is_on_its_side(unit: str) -> None:
    """A float means the decimal that prints it: 0.1 is not above 0.1, and 0.1 + 0.2 is above 0.3."""
    one = rule(WEIGHED)
    service = compile_rules([one])
    factor = quantity_factor("kg", unit)
    values = [0.1 + 0.2]
    for cut in (Fraction(1, 10), Fraction(3, 10), Fraction(77)):
        below = above = float(cut * factor)
        for _ in range(20):
            values += [below, above]
            below, above = math.nextafter(below, 0), math.nextafter(above, math.inf)
    assert_rows_agree(service, [Amounts(np.array(values), unit)])


@PROPERTY
@given(
    st.fractions(-1000, 1000, max_denominator=10**6) | st.decimals(-100, 100, places=3), st.integers(-3, 3)
)
def test_a_threshold_parts_the_floats_as_the_limit_parts_their_decimals(
    limit: Fraction | Decimal, away: int
) -> None:
    """Whether or not the limit is a float itself; `<=` and `<` alike."""
    cut = Fraction(limit)
    value = float(cut)
    for _ in range(abs(away)):
        value = math.nextafter(value, math.copysign(math.inf, away))
    axis = CompiledRule(rule(WEIGHED)).inputs[0]
    for merged in ((0, 1, 1), (0, 0, 1)):
        scale = Scale(QuantityType("kg"), [Quantity(cut, "kg")])
        places = places_of(replace(axis, scale=scale, merged=merged), 0, Amounts(np.array([value]), "kg"))
        (number,) = places.numbers(Amounts(np.array([value]), "kg"), slice(0, 1))
        exact = Fraction(repr(value))
        assert places.cases[number] == (exact >= cut if merged[1] else exact > cut)


def test_many_limits_are_searched_and_agree() -> None:
    """More than a few limits take another way."""
    rows = "".join(f"| {at} ..< {at + 1} kg => give {at} mg once daily\n" for at in range(1, 40))
    one = rule(
        f"""input weight: Quantity[kg] from observation weight within 90 days required
        table dose unique {{
          | weight => dose
          | < -1{"0" * 30} kg => give 600 mg once daily
          | -1{"0" * 30} kg ..< 1 kg => none
          {rows}
          | 40 kg ..< 1{"0" * 30} kg => give 500 mg once daily
          | >= 1{"0" * 30} kg => none
          unknown => ask weight
        }}"""
    )
    values = np.array([at / 4 for at in range(-8, 180)])
    assert_rows_agree(compile_rules([one]), [Amounts(values, "kg")])
    assert_rows_agree(compile_rules([one]), [Amounts(values.astype(np.int64), "kg")])


def test_whole_numbers_and_limits_beyond_them() -> None:
    """`150.5` lies between two whole numbers; a limit above all of them is never reached."""
    one = rule(
        """input weight: Quantity[kg] from observation weight within 90 days required
        decide dose first {
          when weight > 150.5 kg and weight <= 1e30 kg => give 10 mg once daily
          when weight >= 9223372036854775808 kg => give 20 mg once daily
          otherwise => none
          unknown => ask weight
        }""".replace("1e30", "1" + "0" * 30)
    )
    values = np.array([-(2**63), -1, 0, 150, 151, 152, 2**63 - 1], np.int64)
    assert_rows_agree(compile_rules([one]), [Amounts(values, "kg")])


def test_a_calculated_value_at_a_limit_is_exact() -> None:
    """A tenth of 3 kg is 0.3 kg, though not among floats."""
    one = rule(
        """input weight: Quantity[kg] from observation weight within 90 days required
        decide dose first {
          when weight * 0.1 <= 0.3 kg => give 10 mg once daily
          when weight * 0.7 = 4.9 kg or weight / 3 > 4.1 kg and weight / 3 < 4.3 kg => give 20 mg once daily
          when weight * 1.1 > 110 kg => give 30 mg once daily
          otherwise => none
          unknown => ask weight
        }"""
    )
    weights = np.array([at / 10 for at in range(-5, 1200)])
    assert_rows_agree(compile_rules([one]), [Amounts(weights, "kg")])
    assert_rows_agree(compile_rules([one]), [Amounts(weights * 1000, "g")])


def test_more_cells_than_a_number_counts() -> None:
    """Four cases to the power of 45 are more than 64 bits hold; the first axes must not be lost."""
    names = [f"x{at}" for at in range(45)]
    inputs = "".join(
        f'input {name}: Boolean from condition stroke assume false because "rare"\n' for name in names
    )
    one = rule(
        inputs
        + f"""decide dose first {{
          when {" and ".join(names[:3])} => give 10 mg once daily
          when {" or ".join(names[3:])} => give 20 mg once daily
          otherwise => none
          unknown => ask x0
        }}"""
    )
    apart = tuple(replace(each, within=timedelta(days=at + 1)) for at, each in enumerate(one.inputs))
    service, random = compile_rules([replace(one, inputs=apart)]), np.random.default_rng(5)
    codes = (random.random((45, 60)) < np.linspace(0, 1, 60)).astype(np.uint8)
    codes[random.random((45, 60)) < 0.02] = 2 + REASONS.index(Reason.UNIT)
    codes[:, :2] = 0
    codes[:3, 1] = 1
    assert_rows_agree(service, [Categories(each) for each in codes])


def test_blocks_join_and_doses_are_the_nearest_floats() -> None:
    """A million rows are worked on in blocks; the last one is shorter."""
    one = BY_NAME["dose of weight"]
    service = compile_rules([one])
    count = 70_001
    weights = np.round(np.linspace(1, 250, count), 1)
    clearances = np.full(count, 50, np.int64)
    columns: dict[str, Column] = {
        "weight": Amounts(weights, "kg"),
        "clearance": Amounts(clearances, "mL/min"),
        "stroke": Categories(np.zeros(count, np.uint8)),
    }
    (answer,) = decide(service, [columns[slot.source.name] for slot in service.slots])
    assert answer.amounts is not None
    for row in (0, 1, 32_767, 32_768, 65_535, 65_536, count - 1):
        weight, clearance = quantity(str(weights[row]), "kg"), quantity(50, "mL/min")
        facts = {"weight": known(weight), "clearance": known(clearance), "stroke": known(False)}
        finding = evaluate(one, facts)
        assert isinstance(finding.result, Give)
        assert answer.amounts[row] == float(finding.result.dose.amount.value)


# ---------------------------------------------------------------- errors of arithmetic
EXACT: dict[str, Callable[[Fraction, Fraction], Fraction]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
}  # fmt: skip
FLOATS = st.floats(-1e9, 1e9, allow_subnormal=False)
SHARES = st.fractions(-1, 1, max_denominator=10)


@PROPERTY
@given(
    st.sampled_from("+-*/"), st.tuples(FLOATS, FLOATS), st.tuples(FLOATS, FLOATS), st.tuples(SHARES, SHARES)
)
def test_the_error_covers_every_amount_that_is_possible(
    sign: str, values: tuple[float, float], errors: tuple[float, float], shares: tuple[Fraction, Fraction]
) -> None:
    """Also where a divisor may be zero or of either sign: then the error has to be infinite."""
    sides = [
        Approximate(np.array([value]), np.array([abs(error)]))
        for value, error in zip(values, errors, strict=True)
    ]
    exact = [
        Fraction(value) + share * Fraction(abs(error))
        for value, error, share in zip(values, errors, shares, strict=True)
    ]
    with np.errstate(all="ignore"):
        found = ARITHMETIC[sign](*sides)
    if sign == "/" and abs(values[1]) <= abs(errors[1]):
        assert not math.isfinite(found.error[0])
    if math.isfinite(found.value[0]) and math.isfinite(found.error[0]):
        assert abs(EXACT[sign](*exact) - Fraction(found.value[0].item())) <= Fraction(found.error[0].item())


@PROPERTY
@given(FLOATS, st.floats(0, 0.9), SHARES, st.integers(-4, 4))
def test_the_error_of_a_power_covers_every_amount(
    value: float, relative: float, share: Fraction, by: int
) -> None:
    error = abs(value) * relative
    exact = Fraction(value) + share * Fraction(error)
    with np.errstate(all="ignore"):
        found = power(Approximate(np.array([value]), np.array([error])), by)
    if math.isfinite(found.value[0]) and math.isfinite(found.error[0]):
        assert abs(exact**by - Fraction(found.value[0].item())) <= Fraction(found.error[0].item())


# ---------------------------------------------------------------- columns that cannot be used
GOOD = np.array([60.0, 80.0])


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (Amounts(GOOD.astype(np.float32), "kg"), "float64 or int64"),
        (Amounts(GOOD.reshape(1, 2), "kg"), "one-dimensional"),
        (Amounts(GOOD, "mg/dL"), "does not convert"),
        (Amounts(np.array([60.0, math.nan]), "kg"), "row 1 of .*observation weight.* is no number"),
        (
            Amounts(np.array([60.0, math.inf]), "kg", np.zeros(2, np.uint8)),
            "row 1 of .*observation weight.* is no number",
        ),
        (Amounts(GOOD, "kg", np.array([0, 13], np.uint8)), "go beyond 12"),
        (Amounts(GOOD, "kg", np.zeros(3, np.uint8)), "as long as the values"),
        (Amounts(GOOD, "kg", np.zeros(2, np.int64)), "uint8"),
        (Categories(np.zeros(2, np.uint8)), "must hold Amounts"),
    ],
)
def test_a_column_that_cannot_be_used_is_named(bad: Column, words: str) -> None:
    """H-005: a NaN that compares as not below every limit would be given the highest dose."""
    with pytest.raises(ValueError, match=words):
        decide(compile_rules([rule(WEIGHED)]), [bad])


def test_columns_of_other_lengths_or_numbers_are_refused() -> None:
    service = compile_rules([BY_NAME["dose of weight"]])
    with pytest.raises(ValueError, match="3 columns are expected"):
        decide(service, [])
    none, too_high = Categories(np.zeros(2, np.uint8)), Categories(np.full(2, 14, np.uint8))
    weight, short, clearance = Amounts(GOOD, "kg"), Amounts(GOOD[:1], "mL/min"), Amounts(GOOD, "mL/min")
    assert [slot.source.name for slot in service.slots] == ["weight", "clearance", "stroke"]
    with pytest.raises(ValueError, match=r"has 1 rows, the first one has 2"):
        decide(service, [weight, short, none])
    with pytest.raises(ValueError, match="holds a code of 14 or more"):
        decide(service, [weight, clearance, too_high])
    with pytest.raises(ValueError, match="must hold Categories"):
        decide(service, [weight, clearance, clearance])
    with pytest.raises(ValueError, match="uint8 or uint16"):
        decide(service, [weight, clearance, Categories(np.zeros(2, np.int64))])


def test_the_service_does_not_import_numpy() -> None:
    """Columns are for whole populations; the hook starts without them."""
    code = "import sys, cds.hooks, cds.cli, dsl, dsl.compiler.service, kb; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
