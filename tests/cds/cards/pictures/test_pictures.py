"""What holds of every picture, whatever its numbers and names."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.cards.pictures import (
    Bar,
    Bars,
    Chain,
    DosingCurve,
    Estimate,
    ExposureWindow,
    Forest,
    IconArray,
    Level,
    Link,
    NetworkPicture,
    NoPicture,
    Outcome,
    Picture,
    Position,
    TimedDose,
    TimedLevel,
    as_figure,
    as_svg,
    picture_of,
)
from cds.cards.pictures.numbers import exact, figure
from cds.cards.pictures.text import clean
from tests.cds.cards.pictures.courses import curves
from tests.cds.cards.pictures.examples import ANSWERS, PICTURES
from tests.cds.cards.pictures.support import SVG, contrast, height, parsed, table_numbers, texts
from tests.dsl.support import PROPERTY

names = st.text(max_size=60) | st.sampled_from(
    [
        "<script>alert(1)</script>",
        "\"' onload=x",
        "]]>&amp;",
        "\x00\x1b[31m",
        "W" * 60,
        "漢字" * 20,
        "\ud800",
        "\u202eabc",
    ]
)
numbers = st.fractions(-1000, 1000, max_denominator=1000) | st.sampled_from(
    [Fraction(10) ** 30, Fraction(1, 10**9)]
)
positive = numbers.map(abs)
notes = st.lists(names, max_size=2).map(tuple)


@st.composite
def icon_arrays(draw: st.DrawFn) -> IconArray:
    people = draw(st.sampled_from((100, 1000)))
    weights = draw(st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99)), min_size=1, max_size=4))
    whole = sum(max(pair) for pair in weights) + draw(st.integers(1, 200))
    outcomes = tuple(
        Outcome(draw(names), *(Fraction(weight * people, whole) for weight in pair)) for pair in weights
    )
    # Of the two numbers that are drawn the type says no more than that they are whole.
    return IconArray(draw(names), people, outcomes, draw(names), draw(names), draw(notes))  # type: ignore[arg-type]


@st.composite
def estimates(draw: st.DrawFn) -> Estimate:
    low, value, high = sorted(draw(st.tuples(numbers, numbers, numbers)))
    return Estimate(draw(names), value, low, high)


@st.composite
def forests(draw: st.DrawFn) -> Forest:
    strata = tuple(draw(st.lists(estimates(), min_size=1, max_size=4)))
    person = draw(st.none() | st.sampled_from([row.name for row in strata]))
    overall = draw(st.none() | estimates())
    sides = {"below": draw(names), "above": draw(names)}
    return Forest(
        draw(names), draw(names), strata, overall, person, draw(numbers), notes=draw(notes), **sides
    )


@st.composite
def windows(draw: st.DrawFn) -> ExposureWindow:
    low, high = sorted(draw(st.tuples(positive.filter(bool), positive.filter(bool))))
    levels = st.builds(Level, names, positive | st.sampled_from([low, high]))
    return ExposureWindow(
        draw(names),
        draw(names),
        low,
        high,
        tuple(draw(st.lists(levels, min_size=1, max_size=5))),
        draw(notes),
    )


bars = st.builds(
    Bars,
    names,
    names,
    names,
    st.lists(st.builds(Bar, names, numbers, names, st.tuples(numbers)), min_size=1, max_size=5).map(tuple),
    st.tuples(names),
    st.none() | st.tuples(names, numbers),
    notes,
)

chains = st.builds(
    Chain,
    names,
    st.lists(st.builds(Link, names, numbers, names, names), min_size=1, max_size=6).map(tuple),
    notes,
)


@st.composite
def networks(draw: st.DrawFn) -> NetworkPicture:
    nodes = draw(st.lists(names, min_size=2, max_size=6, unique=True))
    edges = draw(st.lists(st.tuples(st.sampled_from(nodes), st.sampled_from(nodes)), max_size=8))
    some = st.lists(st.sampled_from(nodes), max_size=2, unique=True).map(tuple)
    return NetworkPicture(
        draw(names),
        tuple(edges),
        draw(some),
        nodes[0],
        draw(some),
        draw(some),
        draw(some),
        draw(some),
        draw(notes),
    )


pictures: st.SearchStrategy[Picture] = st.one_of(
    icon_arrays(), forests(), windows(), bars, chains, networks(), curves(names)
)


def drawn(picture: Picture) -> ElementTree.Element | None:
    try:
        return parsed(picture)
    except NoPicture:
        # Only a network may be too wide to draw.
        assert isinstance(picture, NetworkPicture)
        return None


@PROPERTY
@given(pictures)
def test_text_is_escaped_and_nothing_else_gets_in(picture: Picture) -> None:
    found = drawn(picture)
    if found is None:
        return
    ours = {"figure", "figcaption", "table", "caption", "thead", "tbody", "tr", "th", "td", "p"}
    shapes = ("svg", "title", "desc", "g", "text", "rect", "circle", "path", "line", "polyline", "polygon")
    allowed = ours | {f"{SVG}{shape}" for shape in (*shapes, "defs", "pattern")}
    assert {element.tag for element in found.iter()} <= allowed
    attributes = {name: value for element in found.iter() for name, value in element.attrib.items()}
    assert not [name for name in attributes if name.startswith("on") or "href" in name or name == "class"]
    assert not [value for value in attributes.values() if re.search(r"url\((?!#)|javascript|//", value)]
    (caption,) = found.iter("figcaption")
    # XML reads `\r\n` and the like as one break of a line, which is why breaks have been made spaces before.
    assert (caption.text or "") == clean(picture.title)


@PROPERTY
@given(pictures)
def test_no_line_leaves_the_canvas_and_none_is_too_small(picture: Picture) -> None:
    found = drawn(picture)
    for shown in () if found is None else texts(found):
        assert found is not None
        assert shown.size >= 12
        assert shown.left >= -1 and shown.right <= 321, shown
        assert shown.top >= 0 and shown.bottom <= height(found), shown


@PROPERTY
@given(pictures)
def test_no_two_lines_overlap(picture: Picture) -> None:
    found = drawn(picture)
    placed = [] if found is None else [shown for shown in texts(found) if shown.words.strip()]
    for number, shown in enumerate(placed):
        assert [other.words for other in placed[number + 1 :] if shown.overlaps(other)] == [], shown


@PROPERTY
@given(pictures)
def test_the_same_picture_has_the_same_bytes(picture: Picture) -> None:
    copy = replace(picture)
    if drawn(picture) is not None:
        assert as_figure(picture) == as_figure(copy)


@pytest.mark.parametrize("name", PICTURES)
def test_title_and_description_are_what_the_drawing_is_labelled_by(name: str) -> None:
    (svg,) = parsed(PICTURES[name]).iter(f"{SVG}svg")
    assert svg.get("role") == "img"
    labels = [element for element in svg if element.get("id") in svg.attrib["aria-labelledby"].split()]
    assert [element.tag for element in labels] == [f"{SVG}title", f"{SVG}desc"]
    assert all(element.text for element in labels)


def test_no_two_pictures_on_a_page_share_an_id() -> None:
    ids = [element.get("id") for picture in PICTURES.values() for element in parsed(picture).iter()]
    named = [each for each in ids if each is not None]
    assert len(named) >= 2 * len(PICTURES) and len(named) == len(set(named))


@pytest.mark.parametrize("name", PICTURES)
def test_what_carries_meaning_stands_out_from_the_ground(name: str) -> None:
    """Text 4.5 against 1, shapes 3 against 1 (WCAG 2.2, 1.4.3 and 1.4.11)."""
    found = parsed(PICTURES[name])
    assert all(contrast(shown.fill) >= 4.5 for shown in texts(found))
    hatching = {element for pattern in found.iter(f"{SVG}pattern") for element in pattern.iter()}
    for element in found.iter():
        colours = {element.get("fill"), element.get("stroke")} - {None, "none", "#fff"}
        shown = [colour for colour in colours if colour is not None and colour.startswith("#")]
        assert element in hatching or all(contrast(colour) >= 3 for colour in shown)


@pytest.mark.parametrize("name", PICTURES)
def test_the_drawing_alone_is_a_file_of_its_own(name: str) -> None:
    alone = as_svg(PICTURES[name])
    assert ElementTree.fromstring(alone).tag == f"{SVG}svg"
    assert alone in as_figure(PICTURES[name])


def leaves(value: object) -> list[Fraction]:
    if isinstance(value, dict):
        return [leaf for each in value.values() for leaf in leaves(each)]
    if isinstance(value, list):
        return [leaf for each in value for leaf in leaves(each)]
    return [exact(value)] if isinstance(value, int | float) and not isinstance(value, bool) else []


@pytest.mark.parametrize("name", ANSWERS)
def test_every_number_of_the_table_is_in_the_data(name: str) -> None:
    """As it is, per 1,000 in place of 1 or of 100, or rounded to the whole people of an icon array."""
    operation, given_, result = ANSWERS[name]
    data = [leaf * factor for leaf in leaves([given_, result]) for factor in (1, 10, 1000)]
    known = {figure(leaf, digits) for leaf in data for digits in (3, 4, 5)}
    if operation == "af.net_benefit":
        known |= {str(round(leaf)) for leaf in data}
    found = [number for number in table_numbers(parsed(PICTURES[name])) if number not in known]
    assert found == [] or operation == "path.block"


@PROPERTY
@given(bars)
def test_a_table_shows_its_numbers_as_written_once(picture: Bars) -> None:
    found = parsed(picture)
    rows = [[cell.text for cell in row.iter("td")] for row in found.iter("tr")][1:]
    assert rows == [[*(figure(each) for each in bar.more), figure(bar.value)] for bar in picture.bars]


@pytest.mark.parametrize("name", ANSWERS)
@pytest.mark.parametrize("kind", [float, Decimal, Fraction])
def test_the_kind_of_a_number_does_not_show(name: str, kind: Any) -> None:
    def turned(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: turned(each) for key, each in value.items()}
        if isinstance(value, list):
            return [turned(each) for each in value]
        if isinstance(value, int | float) and not isinstance(value, bool):
            return kind(str(value))
        return value

    operation, given_, result = ANSWERS[name]
    given_ = {key: value if key == "patient_x" else turned(value) for key, value in given_.items()}
    assert picture_of(operation, given_, turned(result)) == as_figure(PICTURES[name])


def test_a_picture_holds_no_identity() -> None:
    """The types have no place for who the patient is."""
    kinds: tuple[type[Any], ...] = (
        IconArray,
        Forest,
        ExposureWindow,
        Bars,
        NetworkPicture,
        Chain,
        DosingCurve,
        TimedLevel,
        TimedDose,
    )
    held = {field.name for kind in kinds for field in fields(kind)}
    assert not held & {"patient", "identifier", "born", "birth_date", "mrn"}


@PROPERTY
@given(windows())
def test_both_ends_of_a_window_are_inside(picture: ExposureWindow) -> None:
    assert picture.position(picture.low) is picture.position(picture.high) is Position.IN
    assert picture.position(picture.low / 2) is Position.BELOW
    assert picture.position(picture.high * 2) is Position.ABOVE
    said = [[cell.text for cell in row.iter("td")] for row in parsed(picture).iter("tr")][1:]
    assert [row[1] for row in said] == [picture.position(level.value).value for level in picture.levels]


@PROPERTY
@given(forests().filter(lambda forest: forest.person is not None))
def test_once_the_group_is_known_the_others_are_marked(picture: Forest) -> None:
    """Nobody takes the overall effect for that of a person whose group is known."""
    rows = [[cell.text for cell in row.iter("td")] for row in parsed(picture).iter("tr")][1:]
    marks = ["this person" if row.name == picture.person else "not for this person" for row in picture.strata]
    assert [row[-1] for row in rows] == [*marks, *(["not for this person"] if picture.overall else [])]


def test_an_overall_effect_named_like_the_group_is_still_not_for_the_person() -> None:
    row = Estimate("same", Fraction(1), Fraction(0), Fraction(2))
    forest = Forest("", "", (row,), replace(row, value=Fraction(2)), person="same")
    rows = [[cell.text for cell in line.iter("td")] for line in parsed(forest).iter("tr")][1:]
    assert [cells[-1] for cells in rows] == ["this person", "not for this person"]
