"""The whole answer to a read or a search: all pages of it, or none."""

from __future__ import annotations

import asyncio

import httpx2

from fhir_adapters.client.bases import FhirBase
from fhir_adapters.client.exchange import Exchange
from fhir_adapters.client.results import FailureReason, FetchFailed, FetchLimits
from fhir_adapters.errors import JsonRefused
from fhir_adapters.reading import Resource, text_member
from fhir_adapters.strict_json import load_json


async def answer(exchange: Exchange, base: FhirBase, query: str, limits: FetchLimits) -> Resource:
    """The resource that was read, or the Bundle of a search with the entries of all its pages.

    Raises `FetchFailed` if it is another resource than was asked for, or if a page cannot be had: from
    part of a list it cannot be concluded what is not on it (H-069).
    """
    kind, _, identifier = query.partition("?")[0].partition("/")
    url = base.query_url(query)
    if identifier:
        return await _resource(exchange, url, kind, limits)
    first = page = await _resource(exchange, url, "Bundle", limits)
    pages = [page]
    while (link := _next_link(page)) is not None:
        if len(pages) == limits.pages:
            raise FetchFailed(FailureReason.TOO_MANY_PAGES)
        url = base.page_url(url, link)
        page = await _resource(exchange, url, "Bundle", limits)
        pages.append(page)
    if len(pages) == 1:
        return first
    links = [link for link in _listed(first, "link") if text_member(link, "relation") != "next"]
    entries = [entry for page in pages for entry in _listed(page, "entry")]
    return {**first, "link": links, "entry": entries}


async def _resource(exchange: Exchange, url: httpx2.URL, kind: str, limits: FetchLimits) -> Resource:
    body = await exchange.get(url)
    try:
        # In a thread, because the deadline must not wait for megabytes to be parsed.
        value = await asyncio.to_thread(load_json, body, max_bytes=limits.response_bytes)
    except JsonRefused:
        raise FetchFailed(FailureReason.NOT_FHIR) from None
    if not isinstance(value, dict) or value.get("resourceType") != kind:
        raise FetchFailed(FailureReason.NOT_FHIR)
    return value


def _next_link(page: Resource) -> str | None:
    links = [link for link in _listed(page, "link") if text_member(link, "relation") == "next"]
    if not links:
        return None
    url = text_member(links[0], "url")
    if len(links) > 1 or url is None:
        raise FetchFailed(FailureReason.NOT_FHIR)
    return url


def _listed(page: Resource, name: str) -> list[object]:
    value = page.get(name, [])
    if not isinstance(value, list):
        raise FetchFailed(FailureReason.NOT_FHIR)
    return value
