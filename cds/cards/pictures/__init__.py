"""Pictures of numbers: drawings that stand on their own in a page, with a table that says the same.

    given and result ── picture_for ──> Picture ── as_figure ──> <figure> with <svg> and <table>
                                                └─ as_svg ─────> <svg> alone, for a file

They hold no script and nothing from elsewhere. Signs differ in shape and words too, not in colour alone.
"""

from markupsafe import Markup

from cds.cards.pictures.model import (
    Bar,
    Bars,
    Chain,
    Estimate,
    ExposureWindow,
    Forest,
    IconArray,
    Level,
    Link,
    NetworkPicture,
    Outcome,
    Picture,
    Position,
)
from cds.cards.pictures.numbers import NoPicture
from cds.cards.pictures.operations import Json, picture_for
from cds.cards.pictures.render import as_figure, as_page, as_svg


def picture_of(operation: str, given: Json, result: Json) -> Markup | None:
    """The figure for an answer, ready for a page; None where `picture_for` has none."""
    picture = picture_for(operation, given, result)
    try:
        return None if picture is None else as_figure(picture)
    except NoPicture:
        return None


__all__ = [
    "Bar",
    "Bars",
    "Chain",
    "Estimate",
    "ExposureWindow",
    "Forest",
    "IconArray",
    "Level",
    "Link",
    "NetworkPicture",
    "NoPicture",
    "Outcome",
    "Picture",
    "Position",
    "as_figure",
    "as_page",
    "as_svg",
    "picture_for",
    "picture_of",
]
