"""Nasty input: an operation about exposure answers with finite numbers, or says why it does not."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calc.errors import CalculationError, NoAnswer, UnusableInput
from calc.operations import OPERATIONS

NASTY: list[object] = [
    Decimal("1e-999999999"), Decimal("1e400"), Decimal("sNaN"), 10**400, 5e-324, 1e308, 0, -1, 1, None, True,
    "x", [], {}, [1, 2], math.nan, math.inf, -math.inf,
]  # fmt: skip
NUMBERS = st.sampled_from([5e-324, 1e-200, 1e200, 1e308, 1e-9, 1e9, 0, 1, 0.5])
NAMES = sorted(name for name in OPERATIONS if name.startswith(("pk.", "dose.")))


def finite(value: object) -> bool:
    if isinstance(value, Mapping):
        return all(finite(each) for each in value.values())
    if isinstance(value, list):
        return all(finite(each) for each in value)
    return not isinstance(value, float) or math.isfinite(value)


def ask(name: str, given: Mapping[str, Any]) -> None:
    try:
        found = OPERATIONS[name].answer(given)
    except CalculationError as error:
        assert str(error)
    else:
        assert finite(found)


@pytest.mark.parametrize("name", NAMES)
def test_each_field_alone(name: str) -> None:
    example = dict(OPERATIONS[name].example)
    for field in OPERATIONS[name].given.model_fields:
        for value in NASTY:
            ask(name, {**example, field: value})


@pytest.mark.parametrize("name", NAMES)
@settings(derandomize=True, database=None, deadline=None, max_examples=150)
@given(st.data())
def test_all_numbers_at_once(name: str, data: st.DataObject) -> None:
    """Each in its range, and together beyond what a float holds."""
    changed = {
        field: data.draw(NUMBERS) if isinstance(value, int | float) and not isinstance(value, bool) else value
        for field, value in OPERATIONS[name].example.items()
    }
    ask(name, changed)


@pytest.mark.parametrize(
    "value", [10**400, -(10**400), Decimal("1e400"), Decimal("1e-999999999"), Decimal("NaN")]
)
def test_a_number_that_no_float_holds_is_refused_at_once(value: object) -> None:
    with pytest.raises(UnusableInput, match="`dose_mg`: expected a finite number"):
        OPERATIONS["pk.css"].answer({**OPERATIONS["pk.css"].example, "dose_mg": value})


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        # A rate constant that is zero as a float, and a clearance beyond the largest one.
        ("pk.bathtub", {"cl_l_h": 1e-200, "v_l": 1e200}),
        ("pk.allometry", {"cl_ref": 1e308, "weight_kg": 1e9}),
        ("pk.allometry", {"weight_kg": 1e308, "exponent": 2}),
    ],
)
def test_a_result_that_no_float_holds(name: str, changed: dict[str, object]) -> None:
    with pytest.raises(NoAnswer, match="so large or so small"):
        OPERATIONS[name].answer({**OPERATIONS[name].example, **changed})
