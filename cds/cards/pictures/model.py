"""What pictures are made of: plain numbers and names, nothing of who the patient is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import Literal

from cds.cards.pictures.dosing import DosingCurve
from cds.cards.pictures.numbers import NoPicture

MOST_ROWS = 40
"""More rows or nodes than this are no picture that anybody reads."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Something that happens to so many of the people of an icon array, without the drug and with it."""

    name: str
    without: Fraction
    with_drug: Fraction

    @property
    def either_way(self) -> Fraction:
        """Whom it happens to in both futures."""
        return min(self.without, self.with_drug)

    @property
    def prevented(self) -> Fraction:
        """Whom the drug spares it."""
        return self.without - self.either_way

    @property
    def caused(self) -> Fraction:
        """Whom it happens to by the drug."""
        return self.with_drug - self.either_way


@dataclass(frozen=True, slots=True)
class IconArray:
    """Two futures of the same people, each of whom has one of the outcomes at most."""

    title: str
    people: Literal[100, 1000]
    outcomes: tuple[Outcome, ...]
    drug: str = "the drug"
    rest: str = "none of these"
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _between("outcomes", self.outcomes, 4)
        if any(outcome.either_way < 0 for outcome in self.outcomes):
            raise NoPicture("an outcome happens to fewer than nobody")
        if sum(max(outcome.without, outcome.with_drug) for outcome in self.outcomes) > self.people:
            raise NoPicture(f"more outcomes than {self.people} people can have, one each")


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its interval, for one group."""

    name: str
    value: Fraction
    low: Fraction
    high: Fraction

    def __post_init__(self) -> None:
        if not self.low <= self.value <= self.high:
            raise NoPicture(f"the estimate of {self.name!r} lies outside its interval")


@dataclass(frozen=True, slots=True)
class Forest:
    """An effect by group. Once the group of the person is known, the others are not about this person."""

    title: str
    measure: str
    strata: tuple[Estimate, ...]
    overall: Estimate | None = None
    person: str | None = None
    """The name of the stratum that the person belongs to, if it is known."""
    no_effect: Fraction = Fraction(0)
    below: str = "worse with the drug"
    above: str = "better with the drug"
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _between("strata", self.strata, MOST_ROWS)
        if self.person is not None and self.person not in [row.name for row in self.strata]:
            raise NoPicture(f"no stratum is named {self.person!r}")


class Position(Enum):
    """Where a level lies; both ends of a window are inside."""

    BELOW = "below the window"
    IN = "in the window"
    ABOVE = "above the window"


@dataclass(frozen=True, slots=True)
class Level:
    """The concentration of one person, or of one dose."""

    name: str
    value: Fraction


@dataclass(frozen=True, slots=True)
class ExposureWindow:
    """Concentrations against the window that they should stay in."""

    title: str
    unit: str
    low: Fraction
    high: Fraction
    levels: tuple[Level, ...]
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _between("levels", self.levels, MOST_ROWS)
        if not 0 < self.low <= self.high:
            raise NoPicture("a window begins above nothing and does not end before it begins")
        if any(level.value < 0 for level in self.levels):
            raise NoPicture("a concentration is below nothing")

    def position(self, value: Fraction) -> Position:
        """Where a concentration lies."""
        if value < self.low:
            return Position.BELOW
        return Position.ABOVE if value > self.high else Position.IN


@dataclass(frozen=True, slots=True)
class Bar:
    """One number of several that are compared."""

    name: str
    value: Fraction
    mark: str = ""
    """A word for the one that stands out."""
    more: tuple[Fraction, ...] = ()
    """What else the table says of it."""


@dataclass(frozen=True, slots=True)
class Bars:
    """Numbers side by side, such as the utility of each dose."""

    title: str
    of: str
    """What each bar stands for: the first column of the table."""
    measure: str
    bars: tuple[Bar, ...]
    more: tuple[str, ...] = ()
    """Names of the numbers that each bar carries besides."""
    reference: tuple[str, Fraction] | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _between("bars", self.bars, MOST_ROWS)
        if any(len(bar.more) != len(self.more) for bar in self.bars):
            raise NoPicture("each bar has as many further numbers as have names")


@dataclass(frozen=True, slots=True)
class NetworkPicture:
    """Who passes activity to whom, what is blocked, and by which way the signal still arrives."""

    title: str
    edges: tuple[tuple[str, str], ...]
    sources: tuple[str, ...]
    sink: str
    blocked: tuple[str, ...] = ()
    resisting: tuple[str, ...] = ()
    """Of those blocked, the nodes that a variant makes resistant: they pass activity on."""
    route: tuple[str, ...] = ()
    """Nodes of a route that survives, from its origin to the sink; empty if none does."""
    after_merge: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """One link of a chain with its number."""

    name: str
    value: Fraction
    unit: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Chain:
    """From gene to enzyme, clearance, exposure, effect and utility: each follows from the one before."""

    title: str
    links: tuple[Link, ...]
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _between("links", self.links, MOST_ROWS)


Picture = IconArray | Forest | ExposureWindow | Bars | NetworkPicture | Chain | DosingCurve


def _between(what: str, items: tuple[object, ...], most: int) -> None:
    if not 1 <= len(items) <= most:
        raise NoPicture(f"{len(items)} {what}: a picture has 1 to {most}")
