"""Questions of individual dosing over HTTP, on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from cds.api import calculator_routes
from tests.cds.dosing.questions import COURSE, SEARCH, VANCOMYCIN, ask, models
from tests.cds.hooks.support import RecordingServer, Reply, Service, serving


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with serving(RecordingServer(), beside=calculator_routes(models())) as found:
        yield found


def read(reply: Reply) -> Any:
    assert reply.headers["content-type"] == "application/json"
    return json.loads(reply.body)


def test_the_catalogue_and_the_page_of_each(service: Service) -> None:
    listed = read(service.send("GET", "/api/dose"))["operations"]
    assert [each["op"] for each in listed] == ["fit", "predict", "optimise"]
    for each in listed:
        described = read(service.send("GET", f"/api/dose/{each['op']}"))
        assert described["op"] == f"dose.{each['op']}" and described["given"]["required"]
        reply = service.post(described["example"] | {"draws": 500}, f"/api/dose/{each['op']}")
        assert reply.status == 200
        assert read(reply)["result"].keys() == described["result"]["properties"].keys()


@pytest.mark.parametrize(("what", "question"), [("predict", COURSE), ("optimise", SEARCH)])
def test_an_answer_is_that_of_the_command(service: Service, what: str, question: Any) -> None:
    assert read(service.post(question, f"/api/dose/{what}"))["result"] == ask(what, question)


@pytest.mark.parametrize(
    ("path", "question", "status", "code", "words"),
    [
        ("predicts", {}, 404, "unknown-op", "did you mean `predict`"),
        ("predict", {}, 400, "missing-field", "`model` is missing"),
        ("predict", COURSE | {"x": 1}, 400, "unknown-field", "`x` is no field"),
        ("predict", COURSE | {"model": "goti"}, 400, "unknown-model", "`model`: there is no model `goti`"),
        ("fit", VANCOMYCIN | {"samples": [{"time": 0, "dv": 1}]}, 400, "samples", "has no dose before it"),
        ("optimise", SEARCH | {"start": 1}, 400, "out-of-range", "`start`: expected a time after"),
        ("optimise", [], 400, "input", "object"),
    ],
)
def test_what_cannot_be_answered_is_said(
    service: Service, path: str, question: Any, status: int, code: str, words: str
) -> None:
    reply = service.post(question, f"/api/dose/{path}")
    error = read(reply)["error"]
    assert (reply.status, error["code"]) == (status, code) and words in error["message"]
