"""A report as one HTML page that needs nothing else: no script, no picture, no style from elsewhere."""

from __future__ import annotations

from functools import lru_cache
from itertools import groupby

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from cds.report.model import Report
from cds.report.words import HEADINGS, STATES, caveats, counted, for_whom, marks, origin, with_drugs


@lru_cache(maxsize=1)
def _page() -> Template:
    environment = Environment(
        loader=PackageLoader("cds.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    return environment.get_template("report.html.j2")


def as_page(report: Report) -> str:
    """The page; all text is escaped."""
    groups = [
        (severity, HEADINGS[severity], list(entries))
        for severity, entries in groupby(report.drugs, key=lambda entry: entry.severity)
    ]
    return _page().render(
        report=report,
        groups=groups,
        tested=[entry for entry in report.genes if entry.tested],
        untested=[entry.label for entry in report.genes if not entry.tested],
        caveats=caveats(report),
        counted=counted(report),
        states=STATES,
        for_whom=for_whom,
        with_drugs=with_drugs,
        marks=marks,
        origin=origin,
    )
