"""Operations over HTTP, on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from cds.api import calculator_routes
from cds.calculators import operations
from tests.cds.cards.support import bundled
from tests.cds.hooks.support import CANARY, RecordingServer, Reply, Service, serving

GIVEN = {"dose_mg": 100, "tau_h": 12, "cl_l_h": 5, "F": 0.9, "mec": 1, "mtc": 2}


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with serving(RecordingServer(), beside=calculator_routes(bundled())) as found:
        yield found


def read(reply: Reply) -> Any:
    assert reply.headers["content-type"] == "application/json"
    return json.loads(reply.body)


def test_the_catalogue_names_every_operation(service: Service) -> None:
    listed = read(service.send("GET", "/api/calc"))["operations"]
    assert [each["op"] for each in listed] == [*operations(bundled())]
    assert all(each["title"] and each["source"] for each in listed)


@pytest.mark.parametrize("name", [*operations(bundled())])
def test_each_is_described_and_answers_its_example(service: Service, name: str) -> None:
    described = read(service.send("GET", f"/api/calc/{name}"))
    assert described["given"]["additionalProperties"] is False
    assert described["example"].keys() <= described["given"]["properties"].keys()
    reply = service.post(described["example"], f"/api/calc/{name}")
    answered = read(reply)
    assert reply.status == 200 and answered["op"] == name
    assert answered["result"].keys() <= described["result"]["properties"].keys()


def test_units_convert_and_numbers_stay_exact(service: Service) -> None:
    grams = service.post(GIVEN | {"dose_mg": {"value": 0.1, "unit": "g"}}, "/api/calc/pk.css")
    assert read(grams) == read(service.post(GIVEN, "/api/calc/pk.css"))
    assert b'"css_avg":1.5,' in grams.body


@pytest.mark.parametrize(
    ("path", "body", "status", "code", "words"),
    [
        ("pk.cs", b"{}", 404, "unknown-op", "did you mean `pk.css`"),
        ("pk.css", b"{}", 400, "missing-field", "`dose_mg` is missing"),
        ("pk.css", json.dumps(GIVEN | {"F": 1.5}).encode(), 400, "out-of-range", "at most 1, not 1.5"),
        ("pk.css", json.dumps(GIVEN | {"x": 1}).encode(), 400, "unknown-field", "`x` is no field"),
        (
            "pk.css",
            json.dumps(GIVEN | {"mec": "1"}).encode(),
            400,
            "not-a-number",
            '`mec`: expected a finite number, not "1"',
        ),
        ("pk.css", json.dumps(GIVEN | {"mec": 3}).encode(), 400, "window", "`mec` is above `mtc`"),
        (
            "pk.css",
            json.dumps(GIVEN | {"dose_mg": {"value": 1, "unit": "L"}}).encode(),
            400,
            "unit",
            "not 1 L",
        ),
        ("pk.css", b'{"dose_mg": NaN}', 400, "json", "expected"),
        ("pk.css", b'{"dose_mg": 1, "dose_mg": 2}', 400, "json", "each key once"),
        ("pk.css", b"[]", 400, "input", "object"),
    ],
)
def test_what_cannot_be_calculated_is_said(
    service: Service, path: str, body: bytes, status: int, code: str, words: str
) -> None:
    reply = service.send("POST", f"/api/calc/{path}", body, "application/json")
    error = read(reply)["error"]
    assert (reply.status, error["code"]) == (status, code) and words in error["message"]


def test_a_body_of_another_type_or_size_is_refused(service: Service) -> None:
    path = "/api/calc/pk.css"
    assert read(service.send("POST", path, b"a", "text/plain"))["error"]["code"]
    large = service.send("POST", path, b" " * 1_100_000, "application/json")
    assert large.status == 413 and read(large)["error"]["code"] == "too-large"


def test_a_fault_of_ours_tells_nothing(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> object:
        raise RuntimeError(CANARY)

    monkeypatch.setattr("cds.api.calculators.answer", fails)
    reply = service.post(GIVEN, "/api/calc/pk.css")
    assert reply.status == 500 and CANARY.encode() not in reply.body
    assert read(reply)["error"]["code"] == "internal-error"


def test_a_network_too_large_to_draw_has_no_picture(service: Service) -> None:
    edges = [["s", f"n{at}"] for at in range(60)] + [[f"n{at}", "t"] for at in range(60)]
    given = quote(json.dumps({"edges": edges, "sources": ["s"], "sink": "t", "block": ["n1"]}))
    reply = service.send("GET", f"/api/calc/path.block/picture?given={given}")
    assert reply.status == 400 and read(reply)["error"]["code"] == "no-picture"


def test_a_picture_is_a_page_without_anything_from_elsewhere(service: Service) -> None:
    given = quote(
        json.dumps({"events_control": 60, "n_control": 600, "events_treated": 72, "n_treated": 600})
    )
    reply = service.send("GET", f"/api/calc/nnt.counts/picture?given={given}")
    assert reply.status == 200 and reply.headers["content-type"].startswith("text/html")
    assert reply.headers["content-security-policy"].startswith("default-src 'none'")
    assert b"<svg" in reply.body and b"<table>" in reply.body and b"<script" not in reply.body


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("nnt.counts/picture", "missing-field"),
        ("nnt.counts/picture?given=x", "json"),
        ("nnt.counts/picture?given=[]", "input"),
        ("pk.crcl/picture", "no-picture"),
        ("nnt.count/picture", "unknown-op"),
    ],
)
def test_what_has_no_picture_says_so(service: Service, path: str, code: str) -> None:
    reply = service.send("GET", f"/api/calc/{path}")
    assert reply.status in (400, 404) and read(reply)["error"]["code"] == code
