"""The request of a hook call: its checked form and the way there from JSON.

Missing or wrongly typed members that the standard demands are refused; members it does not name are
ignored, and known defects of real clients (a Bundle without `type`) are tolerated.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from cds.hooks.checks import a_reference, a_text, a_uuid, an_array, an_id, an_object
from cds.hooks.errors import BadRequest
from fhir_adapters import BearerToken

_BASE_URL: Final = re.compile(r"(https?)://[!-~]+", re.IGNORECASE)
_NOT_IN_BASE_URL: Final = re.compile(r"[?#@\\<>\"]")

MAX_ORDERS: Final = 500
"""Entries of one call's draft orders; each is judged by itself, and nobody signs more at once (H-066)."""

_PRESCRIBERS: Final = frozenset({"Practitioner", "PractitionerRole"})
_ANY_USER: Final = _PRESCRIBERS | {"Patient", "RelatedPerson"}


@dataclass(frozen=True, slots=True)
class HookRequest:
    """A valid call of a service. Its access token lives and ends with it (H-097)."""

    hook: str
    hook_instance: str
    user_id: str
    """`Type/id` of the user."""
    patient_id: str
    encounter_id: str | None
    selections: tuple[str, ...]
    """`Type/id` of the selected draft orders; empty for hooks without a selection."""
    draft_orders: Mapping[str, object] | None = field(repr=False)
    """The Bundle of draft orders; None for hooks without orders."""
    fhir_server: str | None
    token: BearerToken | None = field(repr=False)
    """What opens the FHIR server for this call."""
    prefetch: Mapping[str, object] = field(repr=False)
    """Prefetch key to what was sent for it, unchecked."""


@dataclass(frozen=True, slots=True)
class _Context:
    user_id: str
    patient_id: str
    encounter_id: str | None
    selections: tuple[str, ...] = ()
    draft_orders: Mapping[str, object] | None = None


def parse_request(body: object, hooks: frozenset[str], *, allow_http_fhir: bool) -> HookRequest:
    """The checked request in a JSON body sent to a service that is registered for `hooks`.

    `allow_http_fhir` accepts a FHIR server without TLS, for development. Raises `BadRequest`.
    """
    request = an_object(body, None)
    hook = a_text(request.get("hook"), "hook")
    if hook not in hooks or hook not in _CONTEXTS:
        expected = ", ".join(sorted(hooks & _CONTEXTS.keys()))
        raise BadRequest(f"Expected a hook of this service ({expected}) at hook.", "hook")
    hook_instance = a_uuid(request.get("hookInstance"), "hookInstance")
    context = _CONTEXTS[hook](an_object(request.get("context"), "context"))
    fhir_server = _fhir_server(request.get("fhirServer"), allow_http_fhir)
    prefetch = request.get("prefetch")
    return HookRequest(
        hook=hook,
        hook_instance=hook_instance,
        user_id=context.user_id,
        patient_id=context.patient_id,
        encounter_id=context.encounter_id,
        selections=context.selections,
        draft_orders=context.draft_orders,
        fhir_server=fhir_server,
        token=_token(request.get("fhirAuthorization"), fhir_server),
        prefetch={} if prefetch is None else an_object(prefetch, "prefetch"),
    )


def _patient_view(context: Mapping[str, object]) -> _Context:
    return _Context(*_common(context, _ANY_USER))


def _order_sign(context: Mapping[str, object]) -> _Context:
    return _Context(*_common(context, _PRESCRIBERS), draft_orders=_draft_orders(context)[0])


def _order_select(context: Mapping[str, object]) -> _Context:
    common = _common(context, _PRESCRIBERS)
    bundle, references = _draft_orders(context)
    path = "context.selections"
    selections = tuple(
        a_reference(selection, f"{path}[{index}]")
        for index, selection in enumerate(an_array(context.get("selections"), path))
    )
    if not selections:
        raise BadRequest(f"Expected at least one selected order at {path}.", path)
    for index, selection in enumerate(selections):
        if selection not in references:
            item = f"{path}[{index}]"
            raise BadRequest(f"Expected a reference to an order in context.draftOrders at {item}.", item)
    return _Context(*common, selections=selections, draft_orders=bundle)


_CONTEXTS: Final[dict[str, Callable[[Mapping[str, object]], _Context]]] = {
    "patient-view": _patient_view,
    "order-select": _order_select,
    "order-sign": _order_sign,
}

HOOKS: Final = frozenset(_CONTEXTS)
"""The hooks whose requests are understood."""


def _common(context: Mapping[str, object], users: frozenset[str]) -> tuple[str, str, str | None]:
    user_id = a_reference(context.get("userId"), "context.userId", users)
    patient_id = an_id(context.get("patientId"), "context.patientId")
    encounter_id = context.get("encounterId")
    return (
        user_id,
        patient_id,
        None if encounter_id is None else an_id(encounter_id, "context.encounterId"),
    )


def _draft_orders(context: Mapping[str, object]) -> tuple[Mapping[str, object], frozenset[str]]:
    path = "context.draftOrders"
    bundle = an_object(context.get("draftOrders"), path)
    if bundle.get("resourceType") != "Bundle":
        raise BadRequest(f"Expected a Bundle at {path}.", path)
    entries = bundle.get("entry")
    if entries is None:
        return bundle, frozenset()
    listed = an_array(entries, f"{path}.entry")
    if len(listed) > MAX_ORDERS:
        raise BadRequest(f"Expected at most {MAX_ORDERS} orders at {path}.entry.", f"{path}.entry")
    references = set()
    for index, value in enumerate(listed):
        entry = an_object(value, f"{path}.entry[{index}]")
        resource = an_object(entry.get("resource", {}), f"{path}.entry[{index}].resource")
        references.add(f"{resource.get('resourceType')}/{resource.get('id')}")
    return bundle, frozenset(references)


def _fhir_server(value: object, allow_http: bool) -> str | None:
    if value is None:
        return None
    schemes = "https or http" if allow_http else "https"
    match = _BASE_URL.fullmatch(value) if isinstance(value, str) else None
    if match is None or _NOT_IN_BASE_URL.search(match[0]) or not (allow_http or match[1].lower() == "https"):
        raise BadRequest(f"Expected a FHIR base address, {schemes}, at fhirServer.", "fhirServer")
    return match[0]


def _token(value: object, fhir_server: str | None) -> BearerToken | None:
    if value is None:
        return None
    path = "fhirAuthorization"
    authorization = an_object(value, path)
    if fhir_server is None:
        raise BadRequest(f"Expected fhirServer, because {path} is there.", "fhirServer")
    for name in ("scope", "subject"):
        a_text(authorization.get(name), f"{path}.{name}")
    secret = a_text(authorization.get("access_token"), f"{path}.access_token")
    if authorization.get("token_type") != "Bearer":
        raise BadRequest(f"Expected Bearer at {path}.token_type.", f"{path}.token_type")
    expires_in = authorization.get("expires_in")
    if not isinstance(expires_in, int) or isinstance(expires_in, bool):
        raise BadRequest(f"Expected a whole number of seconds at {path}.expires_in.", f"{path}.expires_in")
    if authorization.get("patient") is not None:
        an_id(authorization["patient"], f"{path}.patient")
    try:
        return BearerToken(secret)
    except ValueError:
        raise BadRequest(f"Expected a bearer token at {path}.access_token.", f"{path}.access_token") from None
