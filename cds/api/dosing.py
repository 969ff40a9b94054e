"""The page of an individual dose over HTTP: `POST /api/dose/report` with a Bundle of one patient's record.

No decision is recorded: whoever orders is answered by the hook service, with a record.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from calc import UnusableInput
from cds.api.calculators import HARMLESS, guarded
from cds.decision import of_bundle
from cds.hooks import read_body
from fhir_adapters import load_json
from kb import KnowledgeBase


def report_route(knowledge: KnowledgeBase, clock: Callable[[], datetime], *, fire_draft: bool) -> Route:
    """The route; plans that are drafts speak only with `fire_draft`."""

    def page(body: bytes) -> str:
        # The first answer of a service does not wait for what only this page needs.
        from cds.cards.dosing import dosing_page
        from cds.dosing import answer_orders, page_of

        bundle = load_json(body)
        if not isinstance(bundle, dict):
            raise UnusableInput("input", "expected a FHIR Bundle with one patient's record and draft orders")
        now = clock()
        found = answer_orders(of_bundle(bundle, "order-sign", knowledge), knowledge, now, drafts=fire_draft)
        if not found:
            raise UnusableInput("no-plan", "no order in this record has a dosing plan in force")
        return dosing_page(page_of(found[0].answer, knowledge, now))

    async def report(request: Request) -> Response:
        drawn = await run_in_threadpool(page, await read_body(request))
        return Response(drawn, media_type="text/html", headers=HARMLESS)

    return Route("/api/dose/report", guarded(report), methods=["POST"])
