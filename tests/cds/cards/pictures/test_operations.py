"""Which answers have a picture, and what it says of them."""

from __future__ import annotations

from fractions import Fraction
from typing import Any
from xml.etree import ElementTree

import pytest

from cds.cards.pictures import (
    Bars,
    ExposureWindow,
    Forest,
    IconArray,
    NetworkPicture,
    picture_for,
    picture_of,
)
from tests.cds.cards.pictures.examples import ANSWERS, PICTURES


def changed(name: str, given: dict[str, Any] | None = None, **result: Any) -> tuple[str, Any, Any]:
    operation, was_given, answered = ANSWERS[name]
    return operation, {**was_given, **(given or {})}, {**answered, **result}


def test_an_operation_without_a_picture_has_none() -> None:
    assert picture_of("pk.crcl", {}, {"status": "ok", "crcl_ml_min": 40}) is None


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_without_its_numbers_has_none(name: str) -> None:
    operation, given, _ = ANSWERS[name]
    assert picture_of(operation, given, {"status": "out-of-scope"}) is None


def test_more_events_than_people_have_none() -> None:
    rates = {f"{event}_{when}": 40 for event in ("te", "ich", "ech") for when in ("off", "on")}
    assert picture_of(*changed("net-benefit", per_100_py=rates)) is None


def test_more_doses_than_can_be_read_have_none() -> None:
    rows = [[dose, 1, 0.5, 0.1, 0.4] for dose in range(41)]
    assert picture_of(*changed("utility-dose", table=rows)) is None
    assert picture_of(*changed("utility-dose", table=rows[:40])) is not None


def test_a_network_that_cannot_be_read_has_none() -> None:
    edges = [[f"n{number}", "PROLIF"] for number in range(7)]
    operation, given, result = changed("block-stops", {"edges": edges, "block": None})
    assert picture_for(operation, given, result) is not None
    assert picture_of(operation, given, result) is None


def test_rates_become_people_per_thousand() -> None:
    picture = PICTURES["net-benefit"]
    assert isinstance(picture, IconArray)
    stroke, head, other = picture.outcomes
    assert [stroke.without, stroke.with_drug] == [22, Fraction("6.6792")]
    assert [head.caused, other.prevented] == [Fraction("1.15"), 0]


def test_reductions_become_people_per_thousand() -> None:
    picture = PICTURES["decide-known"]
    assert isinstance(picture, Forest)
    assert (picture.person, picture.overall, picture.no_effect) == ("X = 1", None, Fraction(0))
    numbers = [number for row in picture.strata for number in (row.low, row.value, row.high)]
    assert numbers == [48, 80, 112, -35, -20, -5]


def test_nobody_is_marked_while_the_group_is_unknown() -> None:
    picture = PICTURES["decide-unknown"]
    assert isinstance(picture, Forest) and picture.person is None


@pytest.mark.parametrize(
    ("kind", "number", "form", "said"),
    [
        (
            "NNTB",
            12.5,
            {"form": "NNTB-interval", "from": 8.93, "to": 20.84},
            "(NNTB): 12.5; 95 % interval 8.93 to 20.8",
        ),
        (
            "NNTH",
            50,
            {"form": "NNTH-interval", "from": 18, "to": 640},
            "harmed (NNTH): 50; 95 % interval 18 to 640",
        ),
        (
            "NNTH",
            50,
            {"form": "NNTB-to-infinity-to-NNTH", "nntb": 64.2, "nnth": 18},
            "95 % interval NNTB 64.2 to infinity to NNTH 18",
        ),
        ("NNTB", 10, {"form": "NNTB-to-infinity-to-NNTH", "nntb": 6, "nnth": None}, "NNTB 6 to infinity."),
        (
            "NNTH",
            10,
            {"form": "NNTB-to-infinity-to-NNTH", "nntb": None, "nnth": 6},
            "interval infinity to NNTH 6.",
        ),
        (
            "none",
            None,
            {"form": "NNTB-to-infinity-to-NNTH", "nntb": 9, "nnth": 9},
            "treat: none; 95 % interval NNTB 9",
        ),
    ],
)
def test_a_number_needed_never_stands_without_its_interval(
    kind: str, number: Any, form: Any, said: str
) -> None:
    picture = picture_for(*changed("counts-not-settled", kind=kind, number=number, ci_form=form))
    assert picture is not None and said in picture.notes[1]


def test_a_window_with_units_of_its_own_is_converted() -> None:
    ends = {"mec": {"value": 1000, "unit": "ug/L"}, "mtc": {"value": 2, "unit": "mg/L"}}
    picture = picture_for(*changed("css-above", ends))
    assert isinstance(picture, ExposureWindow) and [picture.low, picture.high] == [1, 2]


def test_the_first_of_equal_doses_is_marked_as_best() -> None:
    rows = [[25, 0.5, 0.6, 0.1, 0.5], [25, 0.5, 0.6, 0.1, 0.5]]
    picture = picture_for(*changed("utility-dose", table=rows))
    assert isinstance(picture, Bars) and [bar.mark for bar in picture.bars] == ["best", ""]


@pytest.mark.parametrize("classification", ["uncertain", "benign", "likely-benign"])
def test_a_variant_that_opens_nothing_is_not_drawn(classification: str) -> None:
    (variant,) = ANSWERS["block-bypassed"][1]["variants"]
    given = {"variants": [{**variant, "classification": classification}]}
    picture = picture_for(*changed("block-stops", given))
    assert picture == PICTURES["block-stops"]


def test_a_network_without_a_block_says_so() -> None:
    operation, given, _ = changed("block-stops", {"block": None, "drug": None})
    picture = picture_for(operation, given, {"signal_active": True, "after_merge": []})
    assert isinstance(picture, NetworkPicture)
    assert (picture.title, picture.blocked, picture.route) == (
        "The signal arrives; nothing is blocked",
        (),
        (),
    )


def test_a_combination_is_named_whole() -> None:
    given = {"drug": ["dabrafenib", "trametinib"], "block": ["RAF", "MEK"]}
    picture = picture_for(*changed("block-stops", given))
    assert picture is not None
    assert picture.title == "Block of RAF, MEK by dabrafenib and trametinib: the signal stops"


def test_a_network_from_a_caller_cannot_write_into_the_page() -> None:
    evil = "<script>alert('x')</script>"
    given = {"edges": [["GF", evil], [evil, "PROLIF"]], "block": [evil], "drug": evil}
    figure = picture_of(*changed("block-stops", given))
    assert figure is not None and "<script" not in figure
    assert ElementTree.fromstring(figure).tag == "figure"
