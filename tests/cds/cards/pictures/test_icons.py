"""Icon arrays: whole people who sum up, and no harm or benefit that rounding alone made."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given

from cds.cards.pictures import IconArray, NoPicture, Outcome
from cds.cards.pictures.icons import Panel, cells, draw
from tests.cds.cards.pictures.test_pictures import icon_arrays
from tests.dsl.support import PROPERTY


def test_each_future_draws_what_its_column_of_the_table_says() -> None:
    array = IconArray(
        "", 100, (Outcome("a", Fraction(9), Fraction(4)), Outcome("b", Fraction(2), Fraction(5)))
    )
    without, with_drug = draw(array).panels
    assert [sign.path.count("z") for sign in without.signs] == [9, 2, 89]
    # Either way, prevented; either way, caused (a tile and its shape); nothing.
    assert [sign.path.count("z") for sign in with_drug.signs] == [4, 5, 2, 2 * 3, 86]
    assert [sign.hollow for sign in with_drug.signs] == [False, True, False, False, False]


def icons_in(panel: Panel) -> int:
    """The closed shapes that are drawn."""
    return sum(sign.path.count("z") for sign in panel.signs)


@PROPERTY
@given(icon_arrays())
def test_every_person_is_drawn_once_in_each_future(array: IconArray) -> None:
    caused = sum(cell.icons for cell in cells(array) if cell.how == "caused")
    without, with_drug = draw(array).panels
    # An icon of harm that is caused has two shapes, a tile and what is cut out of it.
    assert (icons_in(without), icons_in(with_drug)) == (array.people, array.people + caused)


@PROPERTY
@given(icon_arrays())
def test_the_futures_differ_by_what_the_drug_prevents_and_causes_alone(array: IconArray) -> None:
    people = cells(array)
    assert sum(cell.icons for cell in people) == array.people
    for number, outcome in enumerate(array.outcomes):
        count = {cell.how: cell.icons for cell in people if cell.outcome == number}
        exact = {"either": outcome.either_way, "prevented": outcome.prevented, "caused": outcome.caused}
        assert all(abs(count[how] - exact[how]) < 1 for how in exact)
        assert outcome.prevented or not count["prevented"]
        assert outcome.caused or not count["caused"]


def test_an_outcome_that_the_drug_leaves_alone_looks_the_same_in_both_futures() -> None:
    """Rounded apart, the 5.5 would be 6 in one future and 5 in the other: harm out of nothing."""
    same = Outcome("same", Fraction(11, 2), Fraction(11, 2))
    array = IconArray("", 100, (Outcome("other", Fraction("2.5"), Fraction("1.4")), same))
    rows = draw(array).table.rows
    assert rows[1] == ("same", "6 (5.5)", "6 (5.5)", "none")


def test_a_number_in_brackets_never_looks_like_another_whole_number() -> None:
    rows = draw(IconArray("", 1000, (Outcome("a", Fraction("948.6"), Fraction("948.04")),))).table.rows
    assert rows == (("a", "949 (948.6)", "948 (948.04)", "1 (0.56) fewer"),)


@pytest.mark.parametrize(
    "outcomes",
    [
        (),
        (Outcome("a", Fraction(-1), Fraction(0)),),
        (Outcome("a", Fraction(60), Fraction(0)), Outcome("b", Fraction(0), Fraction(41))),
        tuple(Outcome(str(number), Fraction(1), Fraction(1)) for number in range(5)),
    ],
    ids=["none", "negative", "more than people", "more than shapes"],
)
def test_what_people_cannot_have_is_not_drawn(outcomes: tuple[Outcome, ...]) -> None:
    with pytest.raises(NoPicture):
        IconArray("", 100, outcomes)
