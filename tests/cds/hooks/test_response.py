"""The strict models of what is sent (checklist A3, B, H to M)."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from cds.hooks import CardRefused, cards_response, parse_card, parse_discovery, serialise
from fhir_adapters import dump_json
from tests.cds.hooks.support import CANARY, reference_file

_UUIDS = [f"0b1f6a52-6f6e-4f0f-8f77-{number:012d}" for number in range(10)]

ORDER: dict[str, Any] = {
    "resourceType": "MedicationRequest",
    "id": "draft-1",
    "status": "draft",
    "subject": {"reference": "Patient/pat-1"},
    "encounter": {"reference": "Encounter/e1"},
    "requester": {"reference": "Practitioner/p1"},
    "doseQuantity": Decimal("70.50"),
    "_given": [None, {}, ""],
}
ORDERS = {"MedicationRequest/draft-1": ORDER}

Change = Callable[[dict[str, Any]], object]


def card() -> dict[str, Any]:
    """A card with every member."""
    return {
        "uuid": _UUIDS[0],
        "summary": "Niraparib: start with 200 mg once daily (weight below 77 kg)",
        "detail": "Weight **60 kg** \\<60\\>.\n\n| a | b |\n\nSee [label](https://example.org/label).",
        "indicator": "warning",
        "source": {
            "label": "Label",
            "url": "https://example.org",
            "icon": "https://example.org/i.png",
            "topic": {"system": "urn:t", "code": "t"},
        },
        "suggestions": [
            {
                "label": "200 mg",
                "uuid": _UUIDS[1],
                "isRecommended": True,
                "actions": [
                    {"type": "update", "description": "Set the dose", "resource": copy.deepcopy(ORDER)}
                ],
            },
            {
                "label": "Another drug",
                "uuid": _UUIDS[2],
                "actions": [
                    {"type": "delete", "description": "Drop it", "resourceId": "MedicationRequest/draft-1"},
                    {"type": "create", "description": "New", "resource": ORDER | {"id": "new"}},
                ],
            },
        ],
        "selectionBehavior": "at-most-one",
        "overrideReasons": [{"system": "urn:o", "code": "o", "display": "Seen"}],
        "links": [
            {"label": "Why", "url": "https://example.org/why", "type": "absolute"},
            {"label": "App", "url": "https://example.org/app", "type": "smart", "appContext": "{}"},
        ],
    }


def _set(path: str, value: object) -> Change:
    def change(target: Any) -> None:
        *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
        for parent in parents:
            target = target[parent]
        target[last] = value

    return change


def _without(path: str) -> Change:
    def change(target: Any) -> None:
        *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
        for parent in parents:
            target = target[parent]
        del target[last]

    return change


def test_a_full_card_comes_out_as_it_went_in() -> None:
    assert serialise(cards_response([parse_card(card(), ORDERS)])) == {"cards": [card()]}


def test_resources_keep_their_digits_and_nulls() -> None:
    """Cutting nulls or rounding inside a resource would change the order that a client writes back."""
    sent = serialise(cards_response([parse_card(card(), ORDERS)]))
    assert b'"doseQuantity":70.50,"_given":[null,{},""]' in dump_json(sent)


def test_a3_absent_members_are_left_out() -> None:
    minimal = {name: card()[name] for name in ("uuid", "summary", "indicator")} | {
        "source": {"label": "Label"}
    }
    assert serialise(cards_response([parse_card(minimal, {})])) == {"cards": [minimal]}
    assert serialise(cards_response([])) == {"cards": []}


@pytest.mark.parametrize("name", ["uuid", "summary", "indicator", "source", "selectionBehavior"])
def test_a_missing_member_is_refused(name: str) -> None:
    data = card()
    del data[name]
    with pytest.raises(CardRefused):
        parse_card(data, ORDERS)


_S = "suggestions.0"
_A = "suggestions.0.actions.0"


@pytest.mark.parametrize(
    "change",
    [
        _set("summary", "x" * 140),
        _set("summary", "\U0001f489" * 70),
        _set("summary", "two\nlines"),
        _set("summary", "  "),
        _set("summary", "a\u202eb"),
        _set("summary", "lone \ud800"),
        _set("summary", 1),
        _set("summary", None),
        _set("uuid", CANARY),
        _set("uuid", _UUIDS[0].upper() + "\n"),
        _set("detail", ""),
        _set("detail", f"<img src=x onerror={CANARY}>"),
        _set("detail", "\\\\<b>"),
        _set("detail", "[x](javascript:alert)"),
        _set("detail", "a\x00b"),
        _set("indicator", "hard-stop"),
        _set("systemActions", []),
        _set("extension", {}),
        _set("source.label", ""),
        _set("source.url", "http://example.org"),
        _set("source.icon", "icon.png"),
        _set("source.topic", {"code": "c"}),
        _set("source.topic", [{"system": "s", "code": "c"}]),
        _set("suggestions", []),
        _set("selectionBehavior", "all"),
        _set("suggestions.1.isRecommended", True),
        _set(f"{_S}.isRecommended", "true"),
        _set(f"{_S}.label", ""),
        _set(f"{_S}.actionSelectionBehavior", "all"),
        _without(f"{_S}.uuid"),
        _set(f"{_S}.actions", []),
        _set(f"{_A}.type", "replace"),
        _without(f"{_A}.description"),
        _without(f"{_A}.resource"),
        _without(f"{_A}.resource.resourceType"),
        _set(f"{_A}.resourceId", "MedicationRequest/draft-1"),
        _set(f"{_A}.resource.id", "another"),
        _set(f"{_A}.resource.subject", {"reference": f"Patient/{CANARY}"}),
        _set("suggestions.1.actions.0.resourceId", "MedicationRequest/another"),
        _set("suggestions.1.actions.0.resource", {"resourceType": "MedicationRequest"}),
        _without("suggestions.1.actions.0.resourceId"),
        _set("suggestions.1.actions.1.resource.status", "active"),
        _without("suggestions.1.actions.1.resource.encounter"),
        _set("suggestions.1.actions.1.resource.subject", {"reference": f"Patient/{CANARY}"}),
        _set("overrideReasons", []),
        _without("overrideReasons.0.display"),
        _set("links", []),
        _set("links.0.url", f"http://example.org/{CANARY}"),
        _set("links.0.url", "https://example.org/a b"),
        _set("links.0.appContext", "{}"),
        _set("links.0.type", "relative"),
        _set("links.0.autoLaunchable", True),
    ],
)
def test_h074_a_card_against_the_standard_is_refused(change: Change) -> None:
    """And the error, which is logged, does not quote what the card said."""
    data = card()
    change(data)
    with pytest.raises(CardRefused) as caught:
        parse_card(data, ORDERS)
    assert CANARY not in str(caught.value)


def test_h1_summary_of_139_characters_passes() -> None:
    for summary in ("x" * 139, "\U0001f489" * 69 + "x"):
        assert parse_card(card() | {"summary": summary}, ORDERS).summary == summary


@pytest.mark.parametrize("detail", ["\\<b\\>", "a < b", "1 &lt;b", "\\[x\\](javascript:y)", "x \\\\\\<b"])
def test_h073_escaped_text_in_a_detail_passes(detail: str) -> None:
    """Else hostile text in a chart could silence advice."""
    parse_card(card() | {"detail": detail}, ORDERS)


def test_l3_and_j3_optional_booleans_pass() -> None:
    data = card()
    data["links"][1]["autolaunchable"] = False
    data["suggestions"][0]["isRecommended"] = False
    parse_card(data, ORDERS)


def test_any_allows_several_recommended() -> None:
    data = card() | {"selectionBehavior": "any"}
    data["suggestions"][1]["isRecommended"] = True
    parse_card(data, ORDERS)


def test_j10_a_create_alone_needs_the_subject_of_a_draft_order() -> None:
    data = card()
    create = {
        "type": "create",
        "description": "Order the test",
        "resource": {"resourceType": "ServiceRequest"},
    }
    data["suggestions"][0]["actions"] = [create]
    create["resource"] = {"resourceType": "ServiceRequest", "status": "draft", "subject": ORDER["subject"]}
    parse_card(data, ORDERS)
    with pytest.raises(CardRefused):
        parse_card(data, {})


def test_h10_cards_are_sorted_by_severity_and_keep_their_order_otherwise() -> None:
    cards = []
    for number, indicator in enumerate(["info", "critical", "warning", "critical"]):
        data = {
            "uuid": _UUIDS[number],
            "summary": str(number),
            "indicator": indicator,
            "source": {"label": "x"},
        }
        cards.append(parse_card(data, {}))
    assert [each.summary for each in cards_response(cards).cards] == ["1", "3", "2", "0"]


def test_uuids_are_unique_in_a_response() -> None:
    """Feedback could not be told apart otherwise."""
    parsed = parse_card(card(), ORDERS)
    with pytest.raises(CardRefused):
        cards_response([parsed, parsed])


SERVICE = {
    "hook": "order-sign",
    "title": "Safety",
    "description": "Doses",
    "id": "medication-safety",
    "prefetch": {"patient": "Patient/{{context.patientId}}"},
    "usageRequirements": "none",
    "version": "2.0.1",
    "hookVersion": "1.0",
}


def test_discovery_comes_out_as_it_went_in() -> None:
    services = [SERVICE, SERVICE | {"hook": "order-select"}]
    assert serialise(parse_discovery(services)) == {"services": services}
    assert serialise(parse_discovery([])) == {"services": []}


@pytest.mark.parametrize(
    "changes", [{"prefetch": {}}, {"id": "a/b"}, {"description": ""}, {"version": "2"}, {"more": 1}]
)
def test_a_service_against_the_standard_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(CardRefused):
        parse_discovery([SERVICE | changes])


def test_b9_a_service_is_listed_once_for_a_hook() -> None:
    with pytest.raises(CardRefused):
        parse_discovery([SERVICE, SERVICE])


def _schema(root: str) -> Draft202012Validator:
    schema = json.loads(reference_file("cds-hooks/schemas/cds-hooks.schema.json").read_text())
    return Draft202012Validator(schema | {"$ref": f"#/$defs/{root}"})


def test_what_is_sent_satisfies_the_reference_schema() -> None:
    _schema("response").validate(
        json.loads(dump_json(serialise(cards_response([parse_card(card(), ORDERS)]))))
    )
    _schema("discovery").validate(serialise(parse_discovery([SERVICE])))


@given(st.data())
def test_whatever_passes_here_satisfies_the_reference_schema(data: st.DataObject) -> None:
    """Members dropped and values swapped at random: our models are never laxer than the schema."""
    schema = _schema("response")
    changed: Any = card()
    for _ in range(data.draw(st.integers(0, 3))):
        holder: Any = changed
        while True:
            keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
            if not keys:
                break
            key = data.draw(st.sampled_from(keys))
            if not isinstance(holder[key], dict | list) or data.draw(st.booleans()):
                if data.draw(st.booleans()):
                    del holder[key]
                else:
                    holder[key] = data.draw(
                        st.sampled_from([None, "", [], {}, "x", 1, "any", "delete", "smart"])
                    )
                break
            holder = holder[key]
    try:
        sent = serialise(cards_response([parse_card(changed, ORDERS)]))
    except CardRefused:
        return
    schema.validate(json.loads(dump_json(sent)))
