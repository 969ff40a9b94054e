"""Numbers of pictures: read exactly, written readably, rounded so that the sum stays, placed in order."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.cards.pictures.numbers import NoPicture, Scale, exact, figure, told_apart, whole_parts
from tests.dsl.support import PROPERTY

_SUPERSCRIPT = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")

fractions = st.fractions(max_denominator=10**6)


def read_back(shown: str) -> Fraction:
    """What somebody reads who is shown the number."""
    number, _, power = shown.replace("−", "-").replace(",", "").partition(" × 10")
    return Fraction(number) * Fraction(10) ** int(power.translate(_SUPERSCRIPT) or "0")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("6.6792", "6.68"),
        ("0", "0"),
        ("-0.002299", "−0.0023"),
        ("3.125", "3.13"),
        ("999.9", "1,000"),
        ("1234.5", "1,235"),
        ("1000", "1,000"),
        ("999999999", "999,999,999"),
        ("1e9", "1 × 10⁹"),
        ("9999e6", "1 × 10¹⁰"),
        ("0.0001", "0.0001"),
        ("-0.0000999", "−9.99 × 10⁻⁵"),
        ("1e400", "1 × 10⁴⁰⁰"),
    ],
)
def test_a_number_is_written_with_three_digits_or_whole(value: str, shown: str) -> None:
    assert figure(Fraction(value)) == shown


@PROPERTY
@given(fractions)
def test_what_is_shown_is_the_number_to_half_a_unit_of_its_third_digit(value: Fraction) -> None:
    assert abs(read_back(figure(value)) - value) <= abs(value) / 200


@PROPERTY
@given(
    st.lists(st.fractions(-(10**6), 10**6, max_denominator=10**6), min_size=2, max_size=5),
    st.fractions(0, Fraction(1, 1000), max_denominator=10**6),
)
def test_different_numbers_look_different(values: list[Fraction], apart: Fraction) -> None:
    """A level just inside a window must not look as its end."""
    values.append(values[0] + apart)
    shown = told_apart(values)
    assert len(set(shown.values())) == len(set(values))


def test_a_number_just_below_another_gets_the_digits_it_needs() -> None:
    assert list(told_apart([Fraction(2), Fraction("1.99996")]).values()).count("2") == 1


@pytest.mark.parametrize("kind", [int, float, Decimal, Fraction])
def test_a_number_of_any_kind_is_read(kind: type) -> None:
    assert exact(kind(3)) == 3


def test_a_float_is_the_decimal_that_was_written() -> None:
    assert exact(0.1) == exact(np.float64(0.1)) == exact(Decimal("0.1")) == Fraction(1, 10)


@pytest.mark.parametrize("value", [math.nan, math.inf, Decimal("NaN"), True, None, "1", [1]])
def test_what_is_no_finite_number_is_not_drawn(value: object) -> None:
    with pytest.raises(NoPicture, match="no finite number"):
        exact(value)


@st.composite
def shares(draw: st.DrawFn) -> tuple[list[Fraction], int]:
    weights = draw(st.lists(st.integers(0, 50), min_size=1, max_size=6).filter(any))
    total = draw(st.integers(1, 1000))
    return [Fraction(weight * total, sum(weights)) for weight in weights], total


@PROPERTY
@given(shares())
def test_whole_parts_sum_up_and_stay_near(case: tuple[list[Fraction], int]) -> None:
    parts, total = case
    whole = whole_parts(parts, total)
    assert sum(whole) == total
    assert all(abs(number - part) < 1 for number, part in zip(whole, parts, strict=True))


@PROPERTY
@given(shares())
def test_no_other_whole_parts_are_nearer(case: tuple[list[Fraction], int]) -> None:
    """Largest remainder against every way of rounding each part down or up."""
    parts, total = case
    ways = product(*({math.floor(part), math.ceil(part)} for part in parts))
    distances = [
        sum(abs(number - part) for number, part in zip(way, parts, strict=True))
        for way in ways
        if sum(way) == total
    ]
    found = zip(whole_parts(parts, total), parts, strict=True)
    assert sum(abs(number - part) for number, part in found) == min(distances)


@PROPERTY
@given(st.tuples(fractions, fractions, fractions, fractions), st.booleans())
def test_a_scale_keeps_the_order_and_its_ends(four: tuple[Fraction, ...], logarithmic: bool) -> None:
    low, one, other, high = sorted(abs(value) + Fraction(1, 10**6) for value in four)
    if logarithmic:
        high = max(high, 20 * low)
    elif low == high:
        high += 1
    scale = Scale(low, high, 8, 312, logarithmic)
    assert scale.at(low) == 8 and scale.at(high) == pytest.approx(312)
    assert 8 <= scale.at(one) <= scale.at(other) + 1e-9 <= 312 + 1e-8
    assert scale.at(low - 1) == 8 and scale.at(high + 1) == scale.at(high)


@PROPERTY
@given(fractions, fractions.filter(bool))
def test_ticks_are_round_evenly_spaced_and_on_the_scale(low: Fraction, span: Fraction) -> None:
    ticks = Scale(low, low + abs(span), 0, 1).ticks()
    assert 2 <= len(ticks) <= 6 and low <= ticks[0] and ticks[-1] <= low + abs(span)
    (step,) = {after - before for before, after in pairwise(ticks)}
    assert figure(step, 9).strip("0.,").split(" ")[0] in ("1", "2", "5")


def test_ticks_of_a_logarithmic_scale_are_powers_of_ten() -> None:
    assert Scale(Fraction("0.5"), Fraction(7700), 0, 1, logarithmic=True).ticks() == tuple(
        Fraction(10) ** power for power in range(4)
    )
    assert Scale(Fraction(2), Fraction(9), 0, 1, logarithmic=True).ticks() == ()
    assert len(Scale(Fraction(1), Fraction(10) ** 300, 0, 1, logarithmic=True).ticks()) <= 7
