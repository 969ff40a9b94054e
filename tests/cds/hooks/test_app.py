"""The service over real HTTP on loopback: limits, errors, headers."""

from __future__ import annotations

import json
import logging
import re
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from cds.hooks import Answer, create_app
from cds.log import LogUnavailable
from fhir_adapters import OrderDrug
from tests.cds.hooks.support import AT, CANARY, RecordingServer, Reply, Service, read_reply, serving

UUID4 = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
CALL = "/cds-services/safety"
FEEDBACK = "/cds-services/safety/feedback"
HEAD = f"POST {CALL} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[RecordingServer, Service]]:
    server = RecordingServer()
    with serving(server) as service:
        yield server, service


@pytest.fixture
def server(running: tuple[RecordingServer, Service]) -> RecordingServer:
    running[0].reset()
    return running[0]


@pytest.fixture
def service(running: tuple[RecordingServer, Service], server: RecordingServer) -> Service:
    return running[1]


def _assert_clean(reply: Reply) -> None:
    assert CANARY not in repr(reply)
    assert "Traceback" not in repr(reply)
    assert reply.headers["content-type"] == "application/json"
    assert "server" not in reply.headers or reply.headers["server"] == "uvicorn"


def test_discovery_health_and_readiness(service: Service, server: RecordingServer) -> None:
    assert json.loads(service.send("GET", "/cds-services").body) == {"services": []}
    assert json.loads(service.send("GET", "/healthz").body) == {"status": "ok", "version": "1.2.3"}
    assert service.send("GET", "/readyz").status == 200
    server.is_ready = False
    refused = service.send("GET", "/readyz")
    assert refused.status == 503 and refused.issue["code"] == "transient"


def test_a_call_is_handed_on_and_answered(service: Service, server: RecordingServer) -> None:
    reply = service.post({"hook": CANARY})
    assert (reply.status, reply.body) == (200, b'{"cards":[]}')
    decision_id = reply.headers["x-decision-id"]
    assert UUID4.fullmatch(decision_id)
    assert server.calls == [("safety", b'{"hook": "%s"}' % CANARY.encode(), decision_id, AT)]
    assert service.post({}).headers["x-decision-id"] != decision_id


def test_one_worker_thread_does_all_the_work(service: Service, server: RecordingServer) -> None:
    """The log has one writer, and the event loop must stay free."""
    for _ in range(5):
        service.post({})
    service.send("POST", CALL, b"x", "text/plain")
    assert len(server.threads) == 1
    assert next(iter(server.threads)).startswith("bespoke-worker")


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("GET", f"/{CANARY}", 404, None),
        ("GET", "/cds-services/", 404, None),
        ("POST", f"{CALL}/", 404, None),
        ("GET", "/cds-services/a%2Fb%0d%0aX:1", 404, None),
        ("POST", "/cds-services", 405, "GET, HEAD"),
        ("GET", CALL, 405, "POST"),
        ("GET", FEEDBACK, 405, "POST"),
        ("OPTIONS", CALL, 405, "POST"),
        ("DELETE", "/metrics", 405, "GET, HEAD"),
    ],
)
def test_h070_unknown_addresses_and_methods(
    service: Service, method: str, path: str, status: int, allow: str | None
) -> None:
    reply = service.send(method, path + f"?name={CANARY}")
    assert reply.status == status
    assert reply.issue["code"] in ("not-found", "not-supported")
    found = reply.headers.get("allow")
    assert (found and ", ".join(sorted(found.split(", ")))) == allow
    _assert_clean(reply)


def test_h070_an_unknown_service_is_recorded_without_its_name(
    service: Service, server: RecordingServer
) -> None:
    reply = service.post({"a": CANARY}, f"/cds-services/{CANARY}")
    assert (reply.status, reply.issue["code"]) == (404, "not-found")
    assert server.refusals == [(None, reply.headers["x-decision-id"], 404, "unknown-service")]
    _assert_clean(reply)


@pytest.mark.parametrize(
    ("content_type", "encoding", "reason"),
    [
        (None, None, "media-type"),
        ("text/plain", None, "media-type"),
        (f"application/{CANARY}", None, "media-type"),
        ("application/json; charset=utf-16", None, "media-type"),
        ("application/json", "gzip", "content-encoding"),
        ("application/json", "identity, deflate", "content-encoding"),
    ],
)
def test_h065_other_forms_of_body_are_refused(
    service: Service, server: RecordingServer, content_type: str | None, encoding: str | None, reason: str
) -> None:
    headers = {"Content-Encoding": encoding} if encoding else {}
    reply = service.send("POST", CALL, b"{}", content_type, **headers)
    assert (reply.status, reply.issue["code"]) == (415, "not-supported")
    assert server.calls == [] and server.refusals == [("safety", reply.headers["x-decision-id"], 415, reason)]
    assert service.send("POST", FEEDBACK, b"{}", content_type, **headers).status == 415
    _assert_clean(reply)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "Application/JSON; Charset=UTF-8",
        'application/json;charset="utf-8"',
        "application/json; v=1",
    ],
)
def test_json_in_utf8_is_accepted(service: Service, content_type: str) -> None:
    assert service.send("POST", CALL, b"{}", content_type, Content_Encoding="identity").status == 200


def test_h065_a_body_of_just_the_limit_passes(service: Service, server: RecordingServer) -> None:
    assert service.send("POST", CALL, b" " * 1_048_576, "application/json").status == 200
    assert len(server.calls[0][1]) == 1_048_576


def test_h065_a_larger_body_is_refused_with_and_without_its_length(
    service: Service, server: RecordingServer
) -> None:
    reply = service.send("POST", CALL, b" " * 1_048_577, "application/json")
    assert (reply.status, reply.issue["code"]) == (413, "too-long")
    head = HEAD + "Transfer-Encoding: chunked\r\n\r\n"
    chunk = b"%x\r\n%s\r\n" % (100_000, b" " * 100_000)
    reply = service.raw(head.encode() + chunk * 11 + b"0\r\n\r\n")
    assert reply.status == 413
    assert reply.headers["connection"] == "close"
    assert UUID4.fullmatch(reply.headers["x-decision-id"])
    assert server.calls == [] and [refusal[3] for refusal in server.refusals] == ["too-large", "too-large"]


def test_h065_an_endless_upload_is_cut_off(service: Service, server: RecordingServer) -> None:
    """A client that never stops must not hold memory or the connection."""
    head = HEAD + "Transfer-Encoding: chunked\r\n\r\n"
    chunk = b"%x\r\n%s\r\n" % (1_000_000, b" " * 1_000_000)
    with service.connect() as connection:
        connection.sendall(head.encode())
        with pytest.raises(OSError):  # reset or broken pipe, as the system likes
            for _ in range(200):
                connection.sendall(chunk)
    assert [refusal[3] for refusal in server.refusals] == ["too-large"]


def test_h065_a_slow_upload_times_out(server: RecordingServer) -> None:
    head = HEAD + "Content-Length: 100\r\n\r\n"
    with serving(server, upload_seconds=0.2) as service, service.connect() as connection:
        connection.sendall(head.encode() + b"{")
        reply = read_reply(connection)
        assert (reply.status, reply.issue["code"]) == (408, "timeout")
        assert connection.recv(1) == b""
    assert [refusal[2:] for refusal in server.refusals] == [(408, "timeout")]


def test_a_client_that_leaves_in_the_middle_does_no_harm(service: Service, server: RecordingServer) -> None:
    head = HEAD + "Content-Length: 100\r\n\r\n"
    with service.connect() as connection:
        connection.sendall(head.encode() + b"{")
    assert service.post({}).status == 200
    deadline = time.monotonic() + 5
    while not server.refusals and time.monotonic() < deadline:
        time.sleep(0.01)
    assert [refusal[2:] for refusal in server.refusals] == [(400, "incomplete-body")]


def test_h071_an_unexpected_error_tells_nothing(
    service: Service, server: RecordingServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the caller nor the operator's log may see the patient's data in an exception."""

    def fail(raw: bytes) -> Answer:
        raise KeyError(CANARY)

    server.reply = fail
    with caplog.at_level(logging.DEBUG):
        reply = service.post({"a": CANARY})
    assert (reply.status, reply.issue["code"]) == (500, "exception")
    decision_id = reply.headers["x-decision-id"]
    assert decision_id in reply.issue["diagnostics"]
    assert server.refusals == [("safety", decision_id, 500, "internal-error")]
    _assert_clean(reply)
    assert CANARY not in caplog.text
    assert decision_id in caplog.text and "KeyError" in caplog.text and "test_app.py" in caplog.text
    server.reset()
    assert service.post({}).status == 200


def test_h133_no_advice_without_a_record(service: Service, server: RecordingServer) -> None:
    def fail(raw: bytes) -> Answer:
        raise LogUnavailable(CANARY)

    server.reply = fail
    reply = service.post({})
    assert (reply.status, reply.issue["code"]) == (503, "transient")
    assert UUID4.fullmatch(reply.headers["x-decision-id"])
    _assert_clean(reply)


def test_h133_a_refusal_that_cannot_be_recorded_is_a_503_too(
    service: Service, server: RecordingServer
) -> None:
    server.refuse_with = LogUnavailable(CANARY)
    reply = service.send("POST", CALL, b"{}", "text/plain")
    assert reply.status == 503
    _assert_clean(reply)


def test_h078_calls_beyond_the_queue_are_told_to_come_back(service: Service, server: RecordingServer) -> None:
    """Else a jam grows without bound and every answer comes after its client's time-out."""
    release, started = threading.Event(), threading.Event()

    def wait(raw: bytes) -> Answer:
        started.set()
        release.wait(20)
        return Answer(200, b'{"cards":[]}', "order-sign")

    server.reply = wait
    replies: list[Reply] = []
    threads = [threading.Thread(target=lambda: replies.append(service.post({}))) for _ in range(70)]
    for thread in threads:
        thread.start()
    assert started.wait(10)
    deadline = time.monotonic() + 10
    while len(replies) < 5 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert [reply.status for reply in replies] == [503] * 5
    assert {reply.headers["retry-after"] for reply in replies} == {"1"}
    assert service.send("GET", "/healthz").status == 200
    release.set()
    for thread in threads:
        thread.join(20)
    assert sorted(reply.status for reply in replies) == [200] * 65 + [503] * 5
    assert len(server.threads) == 1


def test_h078_slow_sockets_do_not_hold_up_a_normal_call(service: Service) -> None:
    head = HEAD + "Content-Length: 100\r\n\r\n"
    slow: list[socket.socket] = []
    try:
        for _ in range(40):
            connection = service.connect()
            connection.sendall(head.encode() + b"{")
            slow.append(connection)
        assert service.post({}).status == 200  # long before any of the slow ones is given up
    finally:
        for connection in slow:
            connection.close()


def test_feedback_is_checked_and_handed_on(service: Service, server: RecordingServer) -> None:
    entry = {
        "card": "0b1f6a52-6f6e-4f0f-8f77-3f6f7a2f5d10",
        "outcome": "overridden",
        "outcomeTimestamp": "2026-11-20T10:05:31Z",
    }
    reply = service.post({"feedback": [entry | {"name": CANARY}]}, FEEDBACK)
    assert (reply.status, reply.body) == (200, b"{}")
    assert server.feedbacks == [("safety", {"feedback": [entry]}, AT)]
    invalid = service.post({"feedback": [entry | {"outcome": CANARY}]}, FEEDBACK)
    assert (invalid.status, invalid.issue["expression"]) == (400, ["feedback[0].outcome"])
    _assert_clean(invalid)
    assert service.post({"feedback": []}, f"/cds-services/{CANARY}/feedback").status == 404
    assert len(server.feedbacks) == 1


@pytest.mark.parametrize(
    "body",
    [b"{", b'{"a":1,"a":2}', b"\xff", b"[" * 100_000, b'{"feedback":NaN}', b'"\\ud800"', CANARY.encode()],
)
def test_h060_to_h064_bad_json_in_feedback(service: Service, server: RecordingServer, body: bytes) -> None:
    reply = service.send("POST", FEEDBACK, body, "application/json")
    assert reply.status == 400 and server.feedbacks == []
    _assert_clean(reply)


def test_h136_metrics_hold_names_of_ours_only(server: RecordingServer) -> None:
    """H-046, H-136: advice is counted by rule, so that one that always or never fires is seen."""
    with serving(server) as service:
        service.post({})
        server.reply = lambda raw: Answer(400, b"{}", CANARY)
        service.post({"a": CANARY})
        server.reply = lambda raw: Answer(
            200, b"{}", "order-sign", (OrderDrug.UNMAPPED,) * 2, ("niraparib.start_dose",)
        )
        service.post({"a": CANARY})
        service.post({}, f"/cds-services/{CANARY}")
        text = service.send("GET", "/metrics").body.decode()
    assert 'bespoke_hook_calls_total{hook="order-sign",service="safety",status="200"} 2.0' in text
    assert 'bespoke_hook_calls_total{hook="none",service="safety",status="400"} 1.0' in text
    assert 'bespoke_hook_calls_total{hook="none",service="none",status="404"} 1.0' in text
    assert 'bespoke_hook_call_seconds_count{service="safety"} 3.0' in text
    assert 'bespoke_orders_total{identified="unmapped"} 2.0' in text
    assert 'bespoke_orders_total{identified="mapped"} 0.0' in text
    assert 'bespoke_advice_total{rule="niraparib.start_dose"} 1.0' in text
    assert CANARY not in text


_PREFLIGHT = {
    "Access_Control_Request_Method": "POST",
    "Access_Control_Request_Headers": "authorization, content-type",
}


@pytest.mark.parametrize("path", ["/cds-services", CALL, FEEDBACK])
def test_p1_p2_configured_origins_may_call(server: RecordingServer, path: str) -> None:
    with serving(server, cors_origins=("https://ehr.example.org",)) as service:
        allowed = service.send("OPTIONS", path, b"", None, Origin="https://ehr.example.org", **_PREFLIGHT)
        assert allowed.status == 200
        assert allowed.headers["access-control-allow-origin"] == "https://ehr.example.org"
        assert "authorization" in allowed.headers["access-control-allow-headers"].lower()
        for origin in ("https://evil.example.org", "https://ehr.example.org.evil.org", "null"):
            refused = service.send("OPTIONS", path, b"", None, Origin=origin, **_PREFLIGHT)
            assert refused.status == 400 and "access-control-allow-origin" not in refused.headers
        reply = service.post({}, path if path == CALL else CALL, Origin="https://ehr.example.org")
        assert reply.headers["access-control-allow-origin"] == "https://ehr.example.org"
        assert reply.headers["access-control-expose-headers"] == "X-Decision-Id"


def test_h077_cross_origin_access_is_off_by_default(service: Service) -> None:
    reply = service.post({}, Origin="https://ehr.example.org")
    assert not [name for name in reply.headers if name.startswith("access-control")]


def test_h077_any_origin_cannot_be_configured() -> None:
    with pytest.raises(ValueError):
        create_app(RecordingServer(), version="1", clock=lambda: AT, cors_origins=("*",))
