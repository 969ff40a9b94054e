"""Quantities, facts and doses."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl import Dose, Fact, Period, Quantity, Range, Reason, convert, known, missing, quantity
from dsl.units import UnitError
from dsl.values import format_number
from tests.dsl.support import PROPERTY


def dose(
    amount: str, unit: str, times: int = 1, period: int | Fraction = 1, in_: Period = Period.DAY
) -> Dose:
    return Dose(quantity(amount, unit), times, Fraction(period), in_)


@PROPERTY
@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=9))
def test_a_decimal_comes_back_as_it_went_in(value: Decimal) -> None:
    """H-040: what people read is the number that was compared, without a digit lost."""
    assert Decimal(format_number(Fraction(value))) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0", "0"), ("77", "77"), ("-77", "-77"), ("76.999", "76.999"), ("-0.05", "-0.05"), ("0.5", "0.5"),
        ("1.50", "1.5"), ("150000", "150000"), ("0.0009765625", "0.0009765625"), ("-3.25", "-3.25"),
        ("1/3", "~0.333333"), ("-2/3", "~-0.666667"), ("1/6", "~0.166667"), ("7/40", "0.175"),
    ],
)  # fmt: skip
def test_numbers_as_people_read_them(value: str, text: str) -> None:
    """H-038: no number is shown rounded without a mark."""
    assert format_number(Fraction(value)) == text


def test_text_of_quantities_and_ranges() -> None:
    low, high = Fraction(30), Fraction(60)
    assert str(quantity("76.999", "kg")) == "76.999 kg"
    assert str(quantity("3", "1")) == "3"
    assert str(Range(low, None, True, False, "kg")) == ">= 30 kg"
    assert str(Range(low, None, False, False, "kg")) == "> 30 kg"
    assert str(Range(None, high, False, True, "kg")) == "<= 60 kg"
    assert str(Range(None, high, True, False, "1")) == "< 60"
    assert str(Range(low, high, True, False, "kg")) == "30 to 60 kg"
    assert str(Range(None, None, False, False, "kg")) == "any value kg"


def test_only_text_and_decimals_become_quantities() -> None:
    assert quantity("0.1", "kg").value + quantity(Decimal("0.2"), "kg").value == Fraction(3, 10)
    for wrong in ("NaN", "Infinity", "one", "", "1,5"):
        with pytest.raises(ValueError):
            quantity(wrong, "kg")


def test_conversion_is_exact_and_never_across_kinds() -> None:
    """H-001, H-003."""
    assert convert(quantity("170", "[lb_av]"), "kg") == quantity("77.1107029", "kg")
    assert convert(quantity("150", "10*3/uL"), "/uL") == quantity(150_000, "/uL")
    with pytest.raises(UnitError):
        convert(quantity("1", "mg/dL"), "umol/L")


def test_known_and_missing() -> None:
    """A range is many values, so it is neither known nor missing (H-006)."""
    several = Fact(("poor", "normal"), Reason.CONFLICT)
    span = Fact((Range(Fraction(70), None, False, False, "kg"),), Reason.COMPARATOR)
    assert (known("poor").known, known("poor").missing, known("poor").reason) == (True, False, None)
    assert (missing(Reason.STALE).known, missing(Reason.STALE).missing) == (False, True)
    assert (several.known, several.missing) == (False, False)
    assert (span.known, span.missing) == (False, False)
    assert known(False).known
    assert missing(Reason.UNIT, explanation="no unit").explanation == "no unit"


SAME = [
    (dose("200", "mg"), dose("0.2", "g")),
    (dose("200", "mg"), dose("200000", "ug")),
    (dose("200", "mg"), dose("200", "mg", 1, 24, Period.HOUR)),
    (dose("200", "mg", 2), dose("200", "mg", 1, 12, Period.HOUR)),
    (dose("200", "mg", 7, 1, Period.WEEK), dose("200", "mg")),
    (dose("10", "mg/m2", 3, 1, Period.WEEK), dose("0.01", "g/m2", 3, 7, Period.DAY)),
]
MORE = [
    (dose("300", "mg"), dose("200", "mg")),
    (dose("200", "mg", 2), dose("300", "mg")),
    (dose("200", "mg", 1, 12, Period.HOUR), dose("200", "mg")),
    (dose("200", "mg"), dose("200", "mg", 3, 1, Period.WEEK)),
    (dose("1", "g"), dose("999", "mg")),
    (dose("200", "mg"), dose("200", "mg", 1, 48, Period.HOUR)),
]
APART = [
    (dose("10", "mg"), dose("10", "mg/m2")),
    (dose("10", "mg"), dose("10", "mg/kg")),
    (dose("10", "mg"), dose("1", "mL")),
    (dose("10", "U"), dose("10", "[iU]")),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_dose_in_other_words(one: Dose, other: Dose) -> None:
    """H-045: a draft with 0.2 g every 24 h already follows "200 mg once daily"."""
    assert one.same_as(other) and other.same_as(one)
    assert not one.exceeds(other) and not other.exceeds(one)


@pytest.mark.parametrize(("more", "less"), MORE)
def test_more_for_each_unit_of_time(more: Dose, less: Dose) -> None:
    """H-042."""
    assert more.exceeds(less) and not less.exceeds(more)
    assert not more.same_as(less) and not less.same_as(more)


@pytest.mark.parametrize(("one", "other"), APART)
def test_doses_of_different_kinds_are_neither_the_same_nor_more(one: Dose, other: Dose) -> None:
    """H-042: 10 mg is not 10 mg/m2, in either direction."""
    assert not one.same_as(other) and not other.same_as(one)
    assert not one.exceeds(other) and not other.exceeds(one)


def test_the_same_total_in_another_rhythm_is_another_dose() -> None:
    once, twice = dose("400", "mg"), dose("200", "mg", 2)
    assert not once.same_as(twice)
    assert not once.exceeds(twice) and not twice.exceeds(once)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (dose("200", "mg"), "200 mg once daily"),
        (dose("200", "mg", 2), "200 mg twice daily"),
        (dose("200", "mg", 3), "200 mg 3 times daily"),
        (dose("10", "mg/m2", 3, 1, Period.WEEK), "10 mg/m2 3 times a week"),
        (dose("10", "mg", 1, 1, Period.WEEK), "10 mg once a week"),
        (dose("10", "mg", 1, 12, Period.HOUR), "10 mg every 12 h"),
        (dose("10", "mg", 2, 3, Period.DAY), "10 mg twice every 3 d"),
        (dose("10", "mg", 1, Fraction(3, 2), Period.WEEK), "10 mg every 1.5 wk"),
        (dose("10", "mg", 1, 1, Period.HOUR), "10 mg every 1 h"),
    ],
)
def test_doses_in_words(given: Dose, text: str) -> None:
    assert str(given) == text


@PROPERTY
@given(
    st.fractions(min_value=0, max_value=10**6, max_denominator=1000),
    st.sampled_from([("kg", "g", 1000), ("g", "mg", 1000), ("L", "mL", 1000), ("g/m2", "mg/m2", 1000)]),
    st.integers(1, 12),
    st.integers(1, 30),
)
def test_a_dose_is_the_same_in_a_smaller_unit_and_as_an_interval(
    amount: Fraction, pair: tuple[str, str, int], times: int, days: int
) -> None:
    large, small, factor = pair
    one = Dose(Quantity(amount, large), times, Fraction(days), Period.DAY)
    other = Dose(Quantity(amount * factor, small), 1, Fraction(days * 24, times), Period.HOUR)
    assert one.same_as(other) and not one.exceeds(other)
    assert one.exceeds(Dose(Quantity(amount - 1, large), times, Fraction(days), Period.DAY))
