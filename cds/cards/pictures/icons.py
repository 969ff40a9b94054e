"""Icon arrays: the same people twice, one icon each, a person at the same place in both futures."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final, NamedTuple

from cds.cards.pictures.model import IconArray, Outcome
from cds.cards.pictures.numbers import figure, whole_parts
from cds.cards.pictures.text import BOLD, lines_of
from cds.cards.pictures.view import INNER, LINE, MARGIN, Table, Text, View, place, text_block

_COLOURS: Final = ("#a40000", "#00508a", "#5b2a86", "#7a4f00")
_NOTHING: Final = "#767676"
_COLUMNS: Final = {100: 20, 1000: 40}
_SIGN: Final = 13.0
"""Size of a sign in the legend."""


class Cell(NamedTuple):
    """People who share both futures."""

    icons: int
    exact: Fraction
    outcome: int | None
    """Place of the outcome; None for those whom nothing happens to in either future."""
    how: str = ""
    """`either`, `prevented` or `caused`."""


@dataclass(frozen=True, slots=True)
class Sign:
    """One kind of icon, all of them as one path."""

    path: str
    colour: str
    hollow: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """One future."""

    heading: Text
    signs: tuple[Sign, ...]
    legend: tuple[tuple[Sign, tuple[Text, ...]], ...]


@dataclass(frozen=True, slots=True)
class IconView(View):
    """An icon array, placed."""

    panels: tuple[Panel, ...]


def cells(array: IconArray) -> tuple[Cell, ...]:
    """The people by both futures, as whole icons that sum up to all of them.

    Rounded once for both futures: what the drug does not change looks the same in both, and those without the
    drug are those with it, and the prevented, less the caused.
    """
    kinds: list[tuple[Fraction, int | None, str]] = []
    for number, outcome in enumerate(array.outcomes):
        kinds += [(outcome.either_way, number, "either"), (outcome.prevented, number, "prevented")]
    kinds += [(outcome.caused, number, "caused") for number, outcome in enumerate(array.outcomes)]
    kinds.append((array.people - sum((kind[0] for kind in kinds), Fraction()), None, ""))
    counts = whole_parts([kind[0] for kind in kinds], array.people)
    return tuple(Cell(count, *kind) for count, kind in zip(counts, kinds, strict=True))


def draw(array: IconArray) -> IconView:
    """Two panels, one below the other, each with its legend."""
    people = cells(array)
    first, height = _panel(array, people, 0, with_drug=False)
    second, height = _panel(array, people, height + LINE, with_drug=True)
    rows = tuple(_row(outcome, people, number) for number, outcome in enumerate(array.outcomes))
    everyone = figure(Fraction(array.people))
    return IconView(
        array.title,
        f"Of {everyone} people: "
        + "; ".join(f"{row[0]} {row[1]} without {array.drug}, {row[2]} with it: {row[3]}" for row in rows)
        + ".",
        height,
        Table(
            f"Of {everyone} people, with and without {array.drug}; in brackets before rounding",
            ("Outcome", "Without", "With", "Difference"),
            rows,
        ),
        array.notes,
        (first, second),
    )


def _row(outcome: Outcome, people: tuple[Cell, ...], number: int) -> tuple[str, ...]:
    count = {cell.how: cell.icons for cell in people if cell.outcome == number}
    if outcome.prevented:
        difference = f"{_counted(count['prevented'], outcome.prevented)} fewer"
    elif outcome.caused:
        difference = f"{_counted(count['caused'], outcome.caused)} more"
    else:
        difference = "none"
    return (
        outcome.name,
        _counted(count["either"] + count["prevented"], outcome.without),
        _counted(count["either"] + count["caused"], outcome.with_drug),
        difference,
    )


def _counted(count: int, exact: Fraction) -> str:
    """The icons, and the number that they round where it is another."""
    if exact == count:
        return figure(exact)
    # One decimal at least: 949 (948.5), not 949 (948).
    digits = max(3, len(str(count)) + 1)
    while (shown := figure(exact, digits)) == figure(Fraction(count)):
        digits += 1
    return f"{figure(Fraction(count))} ({shown})"


def _panel(array: IconArray, people: tuple[Cell, ...], top: float, *, with_drug: bool) -> tuple[Panel, float]:
    """A future from its upper edge on, and where it ends."""
    columns = _COLUMNS[array.people]
    pitch, begin = INNER / columns, top + LINE + 5
    grouped: dict[tuple[int | None, str], list[Cell]] = {}
    for cell in people:
        grouped.setdefault(_shown_as(cell, with_drug), []).append(cell)
    # Icons are counted off in the order of the cells, the same in both panels.
    spots: dict[tuple[int | None, str], list[str]] = {key: [] for key in grouped}
    position = 0
    for cell in people:
        key = _shown_as(cell, with_drug)
        for spot in range(position, position + cell.icons):
            x, y = MARGIN + (spot % columns + 0.5) * pitch, begin + (spot // columns + 0.5) * pitch
            spots[key].append(_icon(*key, x, y, pitch))
        position += cell.icons
    below = begin + array.people // columns * pitch + LINE
    legend = []
    for key, sharing in grouped.items():
        count, exact = sum(cell.icons for cell in sharing), sum((cell.exact for cell in sharing), Fraction())
        if exact:
            words = f"{_counted(count, exact)} {_words(array, *key, with_drug=with_drug)}"
            lines = lines_of(words, INNER - 20, 3)
            sign = _sign(key, _icon(*key, MARGIN + _SIGN / 2, below - 4.5, _SIGN))
            legend.append((sign, text_block(MARGIN + 20, below, lines)))
            below += LINE * len(lines) + 2
    heading = f"{'With' if with_drug else 'Without'} {array.drug}"
    (title,) = lines_of(heading, INNER / BOLD, 1)
    signs = tuple(_sign(key, "".join(found)) for key, found in spots.items() if found)
    return Panel(Text(MARGIN, top + LINE, title, bold=True), signs, tuple(legend)), below - LINE + 8


def _shown_as(cell: Cell, with_drug: bool) -> tuple[int | None, str]:
    """The outcome and the way in which a person is drawn in one of the futures."""
    if with_drug or cell.outcome is None:
        return cell.outcome, cell.how
    return (None, "") if cell.how == "caused" else (cell.outcome, "either")


def _words(array: IconArray, outcome: int | None, how: str, *, with_drug: bool) -> str:
    if outcome is None:
        return array.rest
    name = array.outcomes[outcome].name
    if how == "either":
        return f"{name}, with {array.drug} as without" if with_drug else name
    return f"{how}: {name}"


def _sign(key: tuple[int | None, str], path: str) -> Sign:
    outcome, how = key
    return Sign(path, _NOTHING if outcome is None else _COLOURS[outcome], hollow=how == "prevented")


def _icon(outcome: int | None, how: str, x: float, y: float, pitch: float) -> str:
    """A dot, or the shape of the outcome: hollow where prevented, cut out of a tile where caused."""
    if outcome is None:
        return _square(x, y, pitch * 0.15)
    half = pitch * (0.42 if how == "either" else 0.36)
    shape = (_diamond, _square, _triangle, _cross)[outcome]
    if how == "caused":
        return _square(x, y, pitch * 0.47) + shape(x, y, pitch * 0.3)
    return shape(x, y, half)


def _diamond(x: float, y: float, half: float) -> str:
    side = place(half)
    return f"M{place(x)} {place(y - half)}l{side} {side} -{side} {side} -{side} -{side}z"


def _square(x: float, y: float, half: float) -> str:
    return f"M{place(x - half)} {place(y - half)}h{place(2 * half)}v{place(2 * half)}h-{place(2 * half)}z"


def _triangle(x: float, y: float, half: float) -> str:
    return f"M{place(x)} {place(y - half)}l{place(half)} {place(2 * half)}h-{place(2 * half)}z"


def _cross(x: float, y: float, half: float) -> str:
    """A plus, which stays apart from the diamond at any size."""
    arm, out = place(half * 0.7), place(half * 0.65)
    return (
        f"M{place(x - half * 0.35)} {place(y - half)}h{arm}v{out}h{out}v{arm}h-{out}v{out}h-{arm}v-{out}"
        f"h-{out}v-{arm}h{out}z"
    )
