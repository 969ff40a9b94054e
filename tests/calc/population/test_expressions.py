"""Equations of model files: what they mean, what they refuse, and their derivatives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from calc.population import EquationError, derivative, equation
from calc.population.expressions import together

many = settings(derandomize=True, database=None, deadline=None, max_examples=150)

VALUES = {"x": 1.3, "y": 0.7, "WT": 80.0}
LEAVES = st.sampled_from(["x", "y", "2", "0.5", "1"])
TEXTS = st.recursive(
    LEAVES,
    lambda parts: st.one_of(
        st.tuples(parts, st.sampled_from("+-*/"), parts).map(lambda one: f"({one[0]} {one[1]} {one[2]})"),
        parts.map(lambda one: f"exp({one} / 10)"),
        parts.map(lambda one: f"log(3 + {one} * {one})"),
        parts.map(lambda one: f"sqrt(1 + {one} * {one})"),
        parts.map(lambda one: f"logistic({one})"),
        parts.map(lambda one: f"(-{one})"),
        st.tuples(parts, parts).map(lambda one: f"(2 + {one[0]} * {one[0]}) ** ({one[1]} / 20)"),
        st.tuples(parts, parts, parts).map(lambda one: f"({one[0]} if {one[1]} < {one[2]} else {one[1]})"),
    ),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("4.5 * (WT / 70) ** 0.75", 4.5 * (80 / 70) ** 0.75),
        ("0.7 if WT >= 80 else 1", 0.7),
        ("-x ** 2", -1.69),
        ("minimum(x, y) + maximum(x, y)", 2.0),
        ("log10(1000) + logistic(0)", 3.5),
    ],
)
def test_what_it_means(text: str, value: float) -> None:
    assert equation(text)(VALUES) == pytest.approx(value, rel=1e-14)


def test_arrays_choose_lane_by_lane() -> None:
    found = equation("x if x < y else 10 * y")({"x": np.array([1.0, 3.0]), "y": np.array([2.0, 2.0])})
    assert found.tolist() == [1.0, 20.0]


def test_conditions_compare_real_parts_and_keep_derivatives() -> None:
    found = equation("x * x if x < 2 else 0")({"x": np.array([1.5 + 1e-30j, 2.5 + 1e-30j])})
    assert found.imag.tolist() == pytest.approx([3e-30, 0])


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')", "x.real", "x[0]", "(lambda: 1)()", "[x]", "'a'", "True", "x and y", "1 < 2",
        "x // 2", "x @ y", "exp(x, y)", "exp(x=1)", "f(x)", "_where", "exp", "", "x +", "x if x else y",
        "1 if 0 < x < 2 else 0", "x\ny", "1j", "+".join(["x"] * 600), "(" * 300 + "x" + ")" * 300,
    ],
)  # fmt: skip
def test_what_it_refuses(text: str) -> None:
    with pytest.raises(EquationError):
        equation(text)


@many
@given(TEXTS)
def test_derivatives_equal_the_complex_step(text: str) -> None:
    one = equation(text)
    exact = np.imag(one(VALUES | {"x": 1.3 + 1e-30j})) / 1e-30
    assume(np.isfinite(exact))
    assert derivative(one, "x")(VALUES) == pytest.approx(exact, rel=1e-9, abs=1e-12)


def test_a_minimum_has_no_derivative_everywhere() -> None:
    with pytest.raises(EquationError, match="no derivative"):
        derivative(equation("minimum(x, 2)"), "x")


def test_several_together() -> None:
    made = together(
        ["k"], ["a", "b"], [("c", equation("a / k"))], [equation("c + b"), equation("c if a < b else 0")]
    )
    assert made(2.0)(6.0, 1.0) == (4.0, 0.0)
