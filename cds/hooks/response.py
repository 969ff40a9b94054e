"""Strict models of everything the service sends: cards and discovery.

The last net before a reply leaves: members in the standard's spelling only, nothing null or empty, every
invariant checked. A failure is an error of ours and raises `CardRefused`, whose text names members and
problems but never content. FHIR resources inside actions are carried as they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, Final, Literal, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from cds.hooks.errors import CardRefused
from dsl.checker.outcomes import MAX_SUMMARY

_CONTROLS: Final = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_UNESCAPED_TAG: Final = re.compile(r"(?<!\\)(?:\\\\)*<[A-Za-z/!?]")
_FOREIGN_LINK: Final = re.compile(r"(?<!\\)(?:\\\\)*\]\(\s*(?!\s|https://)")


def _text(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be blank")
    if _CONTROLS.search(value):
        raise ValueError("must not hold control characters")
    return value


def _line(value: str) -> str:
    if "\n" in value:
        raise ValueError("must be one line")
    return _text(value)


def _summary(value: str) -> str:
    # in UTF-16 code units, which are never fewer than code points (H1)
    if len(value.encode("utf-16-le")) // 2 > MAX_SUMMARY:
        raise ValueError("must be shorter than 140 characters")
    return _line(value)


def _markdown(value: str) -> str:
    if _UNESCAPED_TAG.search(value):
        raise ValueError("must not hold HTML, which clients render")
    if _FOREIGN_LINK.search(value):
        raise ValueError("must link to https addresses only")
    return _text(value)


def _resource(value: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(value.get("resourceType"), str):
        raise ValueError("must be a FHIR resource with its resourceType")
    return value


Line = Annotated[str, AfterValidator(_line)]
Summary = Annotated[str, AfterValidator(_summary)]
Markdown = Annotated[str, AfterValidator(_markdown)]
Uuid = Annotated[str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
HttpsUrl = Annotated[str, Field(pattern=r"^https://[!-~]+$")]
RelativeReference = Annotated[str, Field(pattern=r"^[A-Za-z]+/[A-Za-z0-9.\-]{1,64}$")]
Resource = Annotated[dict[str, Any], AfterValidator(_resource)]
_Item = TypeVar("_Item")
_Result = TypeVar("_Result")
_SomeOf = Annotated[tuple[_Item, ...], Field(min_length=1, strict=False)]


class _Model(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        alias_generator=to_camel,
        populate_by_name=True,
    )


class Coding(_Model):
    """A code, here the topic of a source."""

    system: Line
    code: Line
    display: Line | None = None


class OverrideReason(_Model):
    """A reason a user may give for not following a card."""

    system: Line
    code: Line
    display: Line


class Source(_Model):
    """The primary source of the guidance."""

    label: Line
    url: HttpsUrl | None = None
    icon: HttpsUrl | None = None
    topic: Coding | None = None


class Action(_Model):
    """One change that a suggestion makes: a whole resource to create or update, or one to delete."""

    type: Literal["create", "update", "delete"]
    description: Line
    resource: Resource | None = None
    resource_id: RelativeReference | None = None

    @model_validator(mode="after")
    def _fits_type(self) -> Self:
        deletes = self.type == "delete"
        if deletes != (self.resource is None) or deletes != (self.resource_id is not None):
            raise ValueError("create and update take a resource, delete takes a resourceId")
        return self


class Suggestion(_Model):
    """A change on offer; its actions apply together."""

    label: Line
    uuid: Uuid
    is_recommended: bool | None = None
    actions: _SomeOf[Action] | None = None


class Link(_Model):
    """A link for reading on."""

    label: Line
    url: HttpsUrl
    type: Literal["absolute", "smart"]
    app_context: Line | None = None
    autolaunchable: bool | None = None

    @model_validator(mode="after")
    def _app_context_only_for_smart(self) -> Self:
        if self.app_context is not None and self.type != "smart":
            raise ValueError("appContext belongs to smart links only")
        return self


class Card(_Model):
    """One piece of advice."""

    uuid: Uuid
    summary: Summary
    detail: Markdown | None = None
    indicator: Literal["info", "warning", "critical"]
    source: Source
    suggestions: _SomeOf[Suggestion] | None = None
    selection_behavior: Literal["at-most-one", "any"] | None = None
    override_reasons: _SomeOf[OverrideReason] | None = None
    links: _SomeOf[Link] | None = None

    @model_validator(mode="after")
    def _suggestions_fit_selection_behavior(self) -> Self:
        if not self.suggestions:
            return self
        if self.selection_behavior is None:
            raise ValueError("suggestions need selectionBehavior")
        recommended = sum(suggestion.is_recommended is True for suggestion in self.suggestions)
        if self.selection_behavior == "at-most-one" and recommended > 1:
            raise ValueError("at-most-one allows one recommended suggestion")
        return self


class CardsResponse(_Model):
    """The answer to a hook call."""

    cards: tuple[Card, ...]

    @model_validator(mode="after")
    def _uuids_are_unique(self) -> Self:
        uuids = [card.uuid for card in self.cards]
        uuids += [suggestion.uuid for card in self.cards for suggestion in card.suggestions or ()]
        if len(set(uuids)) != len(uuids):
            raise ValueError("every card and suggestion needs a uuid of its own")
        return self


class Service(_Model):
    """One service of the discovery answer."""

    hook: Line
    title: Line
    description: Line
    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9\-]{1,64}$")]
    prefetch: Annotated[dict[Line, Line], Field(min_length=1)] | None = None
    usage_requirements: Line | None = None
    version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+([-+].+)?$")] | None = None
    hook_version: Line | None = None


class Discovery(_Model):
    """The answer to discovery."""

    services: tuple[Service, ...]

    @model_validator(mode="after")
    def _address_and_hook_are_unique(self) -> Self:
        addressed = {(service.id, service.hook) for service in self.services}
        if len(addressed) != len(self.services):
            raise ValueError("an id may be listed once for each hook")
        return self


_SEVERITY: Final = {"critical": 0, "warning": 1, "info": 2}


def parse_card(data: Mapping[str, object], draft_orders: Mapping[str, Mapping[str, object]]) -> Card:
    """The checked form of one card; raises `CardRefused`.

    `draft_orders` are the orders of the call by their `Type/id`: the only resources an action may update or
    delete, and the model of what it may create.
    """
    card = _validated(lambda: Card.model_validate(data))
    for suggestion in card.suggestions or ():
        _check_actions(suggestion.actions or (), draft_orders)
    return card


def by_urgency(cards: Iterable[Card]) -> tuple[Card, ...]:
    """The most severe cards first, else in the order given."""
    return tuple(sorted(cards, key=lambda card: _SEVERITY[card.indicator]))


def cards_response(cards: Iterable[Card]) -> CardsResponse:
    """The response with the cards by urgency; raises `CardRefused`."""
    return _validated(lambda: CardsResponse(cards=by_urgency(cards)))


def parse_discovery(services: Iterable[Mapping[str, object]]) -> Discovery:
    """The checked discovery answer; raises `CardRefused`."""
    return _validated(lambda: Discovery.model_validate({"services": tuple(services)}))


def serialise(response: CardsResponse | Discovery) -> dict[str, object]:
    """The JSON value to send: absent members left out, resources untouched."""
    return _members(response)


def _members(model: _Model) -> dict[str, object]:
    return {
        field.alias or name: _json_value(value)
        for name, field in type(model).model_fields.items()
        if (value := getattr(model, name)) is not None
    }


def _json_value(value: object) -> object:
    if isinstance(value, _Model):
        return _members(value)
    if isinstance(value, tuple):
        return [_json_value(item) for item in value]
    return value


def _validated(build: Callable[[], _Result]) -> _Result:
    try:
        return build()
    except ValidationError as error:
        # The error's own text quotes the card, that is the patient; places and expectations do not.
        problems = (f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise CardRefused("; ".join(problems)) from None


def _check_actions(actions: tuple[Action, ...], draft_orders: Mapping[str, Mapping[str, object]]) -> None:
    deleted = [action.resource_id for action in actions if action.resource_id is not None]
    replaced = [draft_orders[name] for name in deleted if name in draft_orders]
    for action in actions:
        resource = action.resource or {}
        if action.type == "create":
            models = replaced or list(draft_orders.values())
            kept = ("subject", "encounter", "requester") if replaced else ("subject",)
            if not any(all(resource.get(name) == model.get(name) for name in kept) for model in models):
                raise CardRefused(f"action create: must copy {', '.join(kept)} of the draft order")
            if resource.get("status") != "draft":
                raise CardRefused("action create: must stay a draft")
            continue
        reference = action.resource_id or f"{resource.get('resourceType')}/{resource.get('id')}"
        if reference not in draft_orders:
            raise CardRefused(f"action {action.type}: must act on a draft order of the call")
        if action.type == "update" and resource.get("subject") != draft_orders[reference].get("subject"):
            raise CardRefused("action update: must keep the subject of the order")
