"""A picture as HTML or SVG, by the macros of one template."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from typing import assert_never

from jinja2 import Environment, PackageLoader, StrictUndefined
from jinja2.environment import TemplateModule
from markupsafe import Markup

from cds.cards.pictures import curve, forest, icons, levels, network
from cds.cards.pictures.dosing import DosingCurve
from cds.cards.pictures.model import (
    Bars,
    Chain,
    ExposureWindow,
    Forest,
    IconArray,
    NetworkPicture,
    Picture,
)
from cds.cards.pictures.text import clean, has_long_word
from cds.cards.pictures.view import View, place


@lru_cache(maxsize=1)
def _macros() -> TemplateModule:
    environment = Environment(
        loader=PackageLoader("cds.cards.pictures"),
        autoescape=True,
        finalize=clean,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters["at"] = place
    environment.tests["long"] = has_long_word
    return environment.get_template("pictures.html.j2").module


def as_figure(picture: Picture, *, folded: bool = False) -> Markup:
    """An HTML `figure`: title, drawing, a table with the same numbers, notes. All text is escaped.

    Where it is `folded`, the table is closed until the reader opens it.
    """
    view, drawing = _drawn(picture)
    # That it is a macro of the template, no checker can know.
    return Markup(_macros().figure(view, drawing, folded).strip())  # type: ignore[attr-defined]


def as_page(picture: Picture) -> Markup:
    """The figure as an HTML page of its own."""
    view, drawing = _drawn(picture)
    return Markup(_macros().page(view, drawing).strip())  # type: ignore[attr-defined]  # as above


def as_svg(picture: Picture) -> Markup:
    """The drawing alone, as a file of its own may hold it."""
    return _drawn(picture)[1].strip()


def _drawn(picture: Picture) -> tuple[View, Markup]:
    macro, view = _placed(picture)
    # From what is shown: the same picture has the same names, and different ones may stand on one page.
    digest = sha256(repr((macro, view)).encode("utf-8", "replace")).hexdigest()
    return view, getattr(_macros(), macro)(view, f"p{digest[:12]}")


def _placed(picture: Picture) -> tuple[str, View]:
    """The macro for a picture, and what it is given."""
    match picture:
        case IconArray():
            return "icons", icons.draw(picture)
        case Forest():
            return "forest", forest.draw(picture)
        case ExposureWindow():
            return "window", levels.draw_window(picture)
        case Bars():
            return "bars", levels.draw_bars(picture)
        case NetworkPicture():
            return "network", network.draw(picture)
        case Chain():
            return "chain", levels.draw_chain(picture)
        case DosingCurve():
            return "curve", curve.draw(picture)
        case _:
            assert_never(picture)
