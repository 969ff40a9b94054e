"""Pictures of numbers: drawings that stand on their own in a page, with a table that says the same.

    given and result ── picture_for ──> Picture ── as_figure ──> <figure> with <svg> and <table>
                                                └─ as_svg ─────> <svg> alone, for a file

They hold no script and nothing from elsewhere. Signs differ in shape and words too, not in colour alone.
"""

from collections.abc import Callable

from markupsafe import Markup

from cds.cards.pictures.dosing import Band, DosingCurve, Target, TimedDose, TimedLevel
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


def picture_of(
    operation: str, given: Json, result: Json, form: Callable[[Picture], Markup] = as_figure
) -> Markup | None:
    """The picture of an answer in a form; None where `picture_for` has none or it is too large to draw."""
    picture = picture_for(operation, given, result)
    try:
        return None if picture is None else form(picture)
    except NoPicture:
        return None


__all__ = [
    "Band",
    "Bar",
    "Bars",
    "Chain",
    "DosingCurve",
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
    "Target",
    "TimedDose",
    "TimedLevel",
    "as_figure",
    "as_page",
    "as_svg",
    "picture_for",
    "picture_of",
]
