"""What is doubtful about doses, before it is known whether it matters: that depends on the levels."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from fhir_adapters.dosing.records import Doubt, DoubtKind
from fhir_adapters.dosing.times import Place

_OPEN = "It may have acted on a level: no fit is made before it is settled."
_LATER = "It lies after the last level: the fit does not hang on it, what is predicted after it does."
_NO_LEVEL = "There is no level that a fit could be made of; what is predicted may be wrong."

NOWHERE = Place(None)
"""At no known time."""


class Issue(NamedTuple):
    """Something about a dose, or about a row of doses, that is not certain."""

    kind: DoubtKind
    path: str
    what: str
    """A sentence."""
    place: Place
    """When it may have been, as far as that is known."""
    minor: str = ""
    """What comes of it where the history can be used nevertheless; empty if a fit may hang on it."""


def judged(issue: Issue, last_level: datetime | None, since: datetime | None) -> Doubt | None:
    """What an issue means for a fit; None if it was certainly over before anything matters."""
    earliest, latest = issue.place.earliest, issue.place.latest
    if since is not None and latest is not None and latest < since:
        return None
    if issue.minor:
        return Doubt(issue.kind, issue.path, issue.what, issue.minor, blocks=False)
    blocks = last_level is not None and (earliest is None or earliest <= last_level)
    consequence = _OPEN if blocks else _NO_LEVEL if last_level is None else _LATER
    return Doubt(issue.kind, issue.path, issue.what, consequence, blocks)
