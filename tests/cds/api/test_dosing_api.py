"""The page of an individual dose over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from cds.api import report_route
from tests.cds.cards.support import bundled
from tests.cds.dosing import charts
from tests.cds.hooks.support import RecordingServer, Service, serving

AT = datetime(2026, 11, 20, 19, 45, tzinfo=UTC)


@pytest.fixture(scope="module", params=[True, False], ids=["drafts", "no drafts"])
def service(request: pytest.FixtureRequest) -> Iterator[tuple[Service, bool]]:
    route = report_route(bundled(), lambda: AT, fire_draft=request.param)
    with serving(RecordingServer(), beside=[route]) as found:
        yield found, request.param


def test_the_page_of_a_chart(service: tuple[Service, bool]) -> None:
    found, drafts = service
    reply = found.post(charts.vancomycin(), "/api/dose/report")
    if not drafts:
        assert reply.status == 400
        assert json.loads(reply.body)["error"]["code"] == "no-plan"
        return
    text = reply.body.decode()
    assert reply.status == 200
    assert "<script" not in text
    assert "every\u00a012\u00a0h" in text or "every 12 h" in text
    assert "Draft guidance, not reviewed for clinical use" in text
    assert "<svg" in text


@pytest.mark.parametrize(
    "body", [[], {"resourceType": "Patient"}, 3], ids=["a list", "no Bundle", "a number"]
)
def test_what_is_no_record_is_refused(service: tuple[Service, bool], body: object) -> None:
    reply = service[0].post(body, "/api/dose/report")
    assert reply.status == 400
    assert set(json.loads(reply.body)["error"]) == {"code", "message"}
