"""What is still to be fetched from the client's FHIR server: a pure plan, which the FHIR client carries out.

templates ─┐
context ───┼─ plan_fetch ─ FetchPlan ─ (FHIR client) ─ fetched ─ completed ─ prefetch for the chart
states ────┘
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from fhir_adapters.chart import prefetch_states
from fhir_adapters.prefetch import KeyState

USER_TOKENS = {
    "userPractitionerId": "Practitioner",
    "userPractitionerRoleId": "PractitionerRole",
    "userPatientId": "Patient",
    "userRelatedPersonId": "RelatedPerson",
}
"""Tokens for the user's id, each with the type of resource that the user must be."""

_TOKEN = re.compile(r"\{\{(.*?)\}\}")
# A segment of dots alone would lead to another place of the server.
_ID = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9.\-]{1,64}")
_TYPE = re.compile(r"[A-Z][A-Za-z]{1,63}")
_KEPT_IN_URL = "/?&=:,"


@dataclass(frozen=True, slots=True)
class FetchPlan:
    """What to do about each of the queries of a service, by the name of its template."""

    fetch: Mapping[str, str]
    """The queries to send: URLs relative to the FHIR server, percent-encoded."""
    satisfied: tuple[str, ...]
    """Nothing to do: answered by the client, if only in part or with `null` where nothing can be fetched."""
    missing: tuple[str, ...]
    """Neither answered nor to be had: 412 for a rule that needs it."""


def plan_fetch(
    templates: Mapping[str, str],
    context: Mapping[str, object],
    states: Mapping[str, KeyState],
    *,
    access: bool,
) -> FetchPlan:
    """The plan for the templates of the discovery answer, or for those of them that are needed.

    `access` tells whether the FHIR server may be asked. Then everything short of a complete answer is
    fetched: a `null` too, since some clients send it for a query that they cannot evaluate (checklist T4).
    """
    fetch, satisfied, missing = {}, [], []
    for name, template in templates.items():
        state = states.get(name, KeyState.ABSENT)
        url = filled_in(template, context) if access and state is not KeyState.COMPLETE else None
        if url is not None:
            fetch[name] = url
        elif state.answered:
            satisfied.append(name)
        else:
            missing.append(name)
    return FetchPlan(fetch, tuple(satisfied), tuple(missing))


def completed(prefetch: Mapping[str, object], fetched: Mapping[str, object]) -> dict[str, object]:
    """The prefetch with what was fetched in its place; an answer never gives way to a failure."""
    before, after = prefetch_states(prefetch, fetched), prefetch_states(fetched, fetched)
    better = {name: fetched[name] for name in fetched if after[name].answered or not before[name].answered}
    return {**prefetch, **better}


def filled_in(template: str, context: Mapping[str, object]) -> str | None:
    """A template as a URL relative to the FHIR server; None if the context lacks what a token stands for.

    Only an id, or the `Type/id` of the user, fills a token: no value can change the query around it.
    """
    fillings = {token: _filling(token, context) for token in _TOKEN.findall(template)}
    if any(value is None for value in fillings.values()):
        return None
    return quote(_TOKEN.sub(lambda token: fillings[token[1]] or "", template), safe=_KEPT_IN_URL)


def _filling(token: str, context: Mapping[str, object]) -> str | None:
    user_type = USER_TOKENS.get(token)
    about_user = user_type is not None or token == "context.userId"
    if not about_user and not token.startswith("context."):
        return None
    value = context.get("userId" if about_user else token.removeprefix("context."))
    kind, slash, identifier = value.rpartition("/") if isinstance(value, str) else ("", "", "")
    if not _ID.fullmatch(identifier) or bool(slash) is not about_user:
        return None
    if user_type is not None:
        return identifier if kind == user_type else None
    if about_user:
        return f"{kind}/{identifier}" if _TYPE.fullmatch(kind) else None
    return identifier
