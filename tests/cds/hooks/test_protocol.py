"""Requests: what is accepted, what is refused, and that a refusal repeats nothing."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.hooks import HOOKS, BadRequest, HookRequest, parse_request
from cds.hooks.protocol import MAX_ORDERS
from tests.cds.hooks.support import CANARY, reference_file, request

Change = Callable[[dict[str, Any]], object]


def _parse(body: object, *, allow_http_fhir: bool = False) -> HookRequest:
    return parse_request(body, HOOKS, allow_http_fhir=allow_http_fhir)


def _set(path: str, value: object) -> Change:
    def change(body: dict[str, Any]) -> None:
        *parents, last = path.split(".")
        for parent in parents:
            body = body[parent]
        body[last] = value

    return change


def _without(path: str) -> Change:
    def change(body: dict[str, Any]) -> None:
        *parents, last = path.split(".")
        for parent in parents:
            body = body[parent]
        del body[last]

    return change


_AUTHORIZATION = {
    "access_token": CANARY,
    "token_type": "Bearer",
    "expires_in": 300,
    "scope": "patient/Observation.rs",
    "subject": "bespoke",
}


def _authorized(name: str, value: object) -> Change:
    def change(body: dict[str, Any]) -> None:
        body["fhirServer"] = "https://ehr.example.org/fhir"
        body["fhirAuthorization"] = _AUTHORIZATION | {name: value}

    return change


@pytest.mark.parametrize("hook", sorted(HOOKS))
def test_a_minimal_request_of_each_hook_is_read(hook: str) -> None:
    parsed = _parse(request(hook))
    assert (parsed.hook, parsed.user_id, parsed.patient_id) == (hook, "Practitioner/p1", "pat-1")
    assert parsed.encounter_id is None and parsed.fhir_server is None and parsed.token is None
    assert parsed.prefetch == {}
    assert (parsed.draft_orders is None) == (hook == "patient-view")
    assert parsed.selections == (("MedicationRequest/draft-1",) if hook == "order-select" else ())


@pytest.mark.parametrize(
    ("hook", "change", "expression"),
    [
        ("order-sign", _without("hook"), "hook"),
        ("order-sign", _set("hook", 7), "hook"),
        ("order-sign", _set("hook", ["order-sign"]), "hook"),
        ("order-sign", _set("hook", f"com.example.{CANARY}"), "hook"),
        ("order-sign", _without("hookInstance"), "hookInstance"),
        ("order-sign", _set("hookInstance", CANARY), "hookInstance"),
        ("order-sign", _set("hookInstance", "6f0d0c1e-52a4-4b0e-9c1d-00000000abcd\n"), "hookInstance"),
        ("order-sign", _set("hookInstance", "{6f0d0c1e-52a4-4b0e-9c1d-00000000abcd}"), "hookInstance"),
        ("order-sign", _without("context"), "context"),
        ("order-sign", _set("context", [CANARY]), "context"),
        ("order-sign", _without("context.userId"), "context.userId"),
        ("order-sign", _set("context.userId", "p1"), "context.userId"),
        ("order-sign", _set("context.userId", "Patient/pat-1"), "context.userId"),
        ("patient-view", _set("context.userId", f"Device/{CANARY}"), "context.userId"),
        ("patient-view", _without("context.patientId"), "context.patientId"),
        ("patient-view", _set("context.patientId", f"Patient/{CANARY}"), "context.patientId"),
        ("patient-view", _set("context.patientId", "a" * 65), "context.patientId"),
        ("patient-view", _set("context.patientId", "pät"), "context.patientId"),
        ("patient-view", _set("context.patientId", ""), "context.patientId"),
        ("patient-view", _set("context.encounterId", "a b"), "context.encounterId"),
        ("order-sign", _without("context.draftOrders"), "context.draftOrders"),
        ("order-sign", _set("context.draftOrders", []), "context.draftOrders"),
        ("order-sign", _set("context.draftOrders.resourceType", CANARY), "context.draftOrders"),
        ("order-sign", _set("context.draftOrders.entry", {}), "context.draftOrders.entry"),
        ("order-sign", _set("context.draftOrders.entry", [CANARY]), "context.draftOrders.entry[0]"),
        (
            "order-sign",
            _set("context.draftOrders.entry", [{"resource": 1}]),
            "context.draftOrders.entry[0].resource",
        ),
        ("order-select", _without("context.selections"), "context.selections"),
        ("order-select", _set("context.selections", []), "context.selections"),
        ("order-select", _set("context.selections", "MedicationRequest/draft-1"), "context.selections"),
        ("order-select", _set("context.selections", [None]), "context.selections[0]"),
        ("order-select", _set("context.selections", [f"Task/{CANARY}"]), "context.selections[0]"),
        ("order-sign", _set("fhirServer", 1), "fhirServer"),
        ("order-sign", _set("fhirServer", "http://ehr.example.org"), "fhirServer"),
        ("order-sign", _set("fhirServer", f"ftp://{CANARY}"), "fhirServer"),
        ("order-sign", _set("fhirServer", f"https://user:{CANARY}@ehr.example.org"), "fhirServer"),
        ("order-sign", _set("fhirServer", "https://"), "fhirServer"),
        ("order-sign", _set("fhirServer", "https://ehr.example.org/fhir?x=1"), "fhirServer"),
        ("order-sign", _set("fhirServer", "https://ehr.example.org/\r\nX: y"), "fhirServer"),
        ("order-sign", _set("fhirAuthorization", _AUTHORIZATION), "fhirServer"),
        ("order-sign", _authorized("access_token", ""), "fhirAuthorization.access_token"),
        ("order-sign", _authorized("token_type", "MAC"), "fhirAuthorization.token_type"),
        ("order-sign", _authorized("expires_in", "300"), "fhirAuthorization.expires_in"),
        ("order-sign", _authorized("expires_in", True), "fhirAuthorization.expires_in"),
        ("order-sign", _authorized("scope", None), "fhirAuthorization.scope"),
        ("order-sign", _authorized("subject", 1), "fhirAuthorization.subject"),
        ("order-sign", _authorized("patient", CANARY + "/"), "fhirAuthorization.patient"),
        ("order-sign", _set("prefetch", [CANARY]), "prefetch"),
    ],
)
def test_h070_what_the_standard_demands_is_refused_with_its_place(
    hook: str, change: Change, expression: str
) -> None:
    body = request(hook)
    change(body)
    with pytest.raises(BadRequest) as caught:
        _parse(body)
    assert (caught.value.status, caught.value.expression) == (400, expression)
    assert expression in caught.value.message
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("body", [None, [], "x", 1, True])
def test_a_body_that_is_no_object_is_refused(body: object) -> None:
    with pytest.raises(BadRequest) as caught:
        _parse(body)
    assert caught.value.expression is None


def test_c7_a_hook_the_service_is_not_registered_for_is_refused() -> None:
    """Calling a patient-view service with order-sign must not run order rules there."""
    with pytest.raises(BadRequest) as caught:
        parse_request(request("order-sign"), frozenset({"patient-view"}), allow_http_fhir=False)
    assert "patient-view" in caught.value.message


@pytest.mark.parametrize(
    ("hook", "change"),
    [
        ("order-sign", _without("context.draftOrders.entry")),
        ("order-sign", _set("context.draftOrders.entry", [{}, {"fullUrl": "urn:uuid:1"}])),
        (
            "order-sign",
            _set("context.draftOrders.entry", [{"resource": {"resourceType": "MedicationRequest"}}]),
        ),
        ("order-sign", _set("context.encounterId", None)),
        ("order-sign", _set("fhirServer", None)),
        ("order-sign", _set("prefetch", None)),
        ("order-sign", _set("prefetch", {"labs": None, "pgx": "text", "patient": 1})),
        ("patient-view", _set("context.userId", "RelatedPerson/r1")),
        ("patient-view", _set("fhirServer", "HTTPS://ehr.example.org:8443/fhir/R4")),
    ],
)
def test_t1_defects_of_real_clients_are_tolerated(hook: str, change: Change) -> None:
    body = request(hook)
    change(body)
    assert _parse(body).hook == hook


def test_h067_unknown_members_are_ignored() -> None:
    body = request("order-select")
    body["extension"] = [{"a": None}]
    body["context"]["com.example.more"] = {"x": 1}
    assert _parse(body) == _parse(request("order-select"))


def test_c3_http_fhir_server_needs_permission() -> None:
    body = request() | {"fhirServer": "http://localhost:9000/fhir"}
    assert _parse(body, allow_http_fhir=True).fhir_server == "http://localhost:9000/fhir"
    with pytest.raises(BadRequest):
        _parse(body)


def test_h097_the_access_token_is_held_nowhere() -> None:
    """A token in the parsed request would reach records and error reports."""
    body = request()
    _authorized("patient", "pat-1")(body)
    parsed = _parse(body)
    assert parsed.token is not None
    held = [getattr(parsed, name) for name in HookRequest.__slots__]
    assert CANARY not in repr(held)


def test_h136_the_text_form_of_a_request_shows_no_resources() -> None:
    body = request() | {"prefetch": {"patient": {"name": CANARY}}}
    body["context"]["draftOrders"]["id"] = CANARY
    assert CANARY not in repr(_parse(body))


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(_JSON)
def test_arbitrary_json_raises_nothing_but_bad_request(body: object) -> None:
    with pytest.raises(BadRequest):
        _parse(body)


def _paths(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    items: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    return [path, *(found for key, item in items for found in _paths(item, (*path, key)))]


def _full_request(hook: str) -> dict[str, Any]:
    body = request(hook) | {"prefetch": {"labs": None}}
    _authorized("patient", "pat-1")(body)
    return body


@given(st.data(), st.sampled_from(sorted(HOOKS)))
def test_one_member_replaced_by_anything_raises_nothing_but_bad_request(
    data: st.DataObject, hook: str
) -> None:
    """A wrong type anywhere must be a 400, not a crash; whatever it was, it is not repeated."""
    body = _full_request(hook)
    path = data.draw(st.sampled_from([path for path in _paths(body) if path]))
    holder: Any = body
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = data.draw(_JSON | st.just(CANARY) | st.just({CANARY: [CANARY]}))
    try:
        _parse(body)
    except BadRequest as error:
        assert CANARY not in f"{error} {error.expression}"


def test_reference_requests_are_judged_as_the_manifest_says() -> None:
    """Wrong patients and what needs evaluation are judged later and exempt here."""
    folder = reference_file("cds-hooks/requests")
    judged_later = {"invalid-order-for-other-patient.json", "invalid-prefetch-other-patient.json"}
    cases = json.loads((folder / "manifest.json").read_text())["cases"]
    judged = 0
    for case in cases:
        name = case["file"]
        body = json.loads((folder / name).read_text())
        expected = 400 if case["expectStatus"] == 400 and name not in judged_later else 200
        if name.startswith("feedback") or (expected == 200 and body["hook"] not in HOOKS):
            continue
        before = copy.deepcopy(body)
        try:
            _parse(body)
            status = 200
        except BadRequest as error:
            status = error.status
        assert (name, status) == (name, expected)
        assert body == before
        judged += 1
    assert judged == 38


def test_h066_more_orders_than_anybody_signs_at_once() -> None:
    """H-066."""
    body = request()
    body["context"]["draftOrders"]["entry"] *= MAX_ORDERS
    assert _parse(body).draft_orders is not None
    body["context"]["draftOrders"]["entry"] *= 2
    with pytest.raises(BadRequest) as refused:
        _parse(body)
    assert refused.value.expression == "context.draftOrders.entry"
