"""An individual dose as one HTML page that needs nothing else: no script, no style from elsewhere."""

from __future__ import annotations

from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from jinja2.environment import TemplateModule
from markupsafe import Markup

from cds.cards.dosing.regimens import RegimenTable
from cds.cards.dosing.view import DosingView
from cds.cards.pictures import as_figure
from cds.cards.pictures.numbers import exact, figure
from cds.cards.pictures.text import clean


@lru_cache(maxsize=1)
def _macros() -> TemplateModule:
    environment = Environment(
        loader=PackageLoader("cds.cards.dosing"),
        autoescape=True,
        finalize=clean,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters["figure"] = lambda value: figure(exact(value))
    return environment.get_template("dosing.html.j2").module


def dosing_page(view: DosingView) -> str:
    """The page; all text is escaped. What is folded opens by keyboard too, and is printed unfolded."""
    curve = None if view.curve is None else as_figure(view.curve, folded=True)
    # That it is a macro of the template, no checker can know.
    return str(_macros().page(view, curve)).strip() + "\n"  # type: ignore[attr-defined]


def regimen_table(table: RegimenTable) -> Markup:
    """The `<table>` alone; all text is escaped."""
    return Markup(_macros().regimens(table).strip())  # type: ignore[attr-defined]  # as above
