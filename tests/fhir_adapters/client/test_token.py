"""The token is in the header that carries it to the pinned base, and nowhere else (H-095, H-097)."""

from __future__ import annotations

import asyncio
import logging
import ssl
import traceback

import pytest
import trustme

from fhir_adapters import BearerToken
from fhir_adapters.client import FailureReason, FhirBase, FhirClient
from tests.fhir_adapters.client.fake_server import (
    GENEROUS,
    SECRET,
    TOKEN,
    Mood,
    answers,
    ask,
    breaks_off,
    failed,
    fake_server,
    hangs,
    resolver,
    status,
)

QUERY = {"patient": "Patient/secret-patient"}
PATIENT = {"resourceType": "Patient", "id": "p1"}
"""Of `ehr.example.org`, made for these tests and trusted by nobody else; valid until 2126."""


def test_its_text_forms_are_stars() -> None:
    assert repr(TOKEN) == str(TOKEN) == f"{TOKEN}" == f"{TOKEN!r:>3}" == "***"
    assert SECRET not in repr([TOKEN, {"token": TOKEN}])


@pytest.mark.parametrize("text", ["", "two words", "line\r\nX-Other: header", "tokén", "=", "a=b"])
def test_what_is_no_token_is_refused_unseen(text: str) -> None:
    """A line break would be a header of the caller's choice."""
    with pytest.raises(ValueError, match="expected a bearer token") as caught:
        BearerToken(text)
    assert len(text) < 4 or text not in str(caught.value)


@pytest.mark.parametrize(
    "mood", [answers(PATIENT), hangs, breaks_off, status(401), status(302, Location="/x")]
)
def test_no_log_line_and_no_answer_holds_it(mood: Mood, caplog: pytest.LogCaptureFixture) -> None:
    """H-097, whatever level the operator sets; nor is the patient named."""
    caplog.set_level(logging.DEBUG)
    with fake_server({"Patient": mood}) as server:
        client = FhirClient([FhirBase.of(server.base)])
        found, _ = ask(client, server.base, QUERY)
        assert server.bearers() == [f"Bearer {SECRET}"]
    assert caplog.records
    for text in (caplog.text, repr(found), repr(client), repr(vars(client))):
        assert SECRET not in text
        assert "secret-patient" not in text


def test_an_error_of_the_callers_own_does_not_show_it() -> None:
    """A fault in a name service of the site comes out as it is, without the request."""

    async def faulty(host: str, port: int) -> tuple[str, ...]:
        raise RuntimeError("fault")

    base = "https://ehr.example.org/fhir"
    with pytest.raises(RuntimeError) as caught:
        ask(FhirClient([FhirBase.of(base)], resolve_host=faulty), base, QUERY)
    shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert SECRET not in "".join(shown.format())


def tls() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Of the server, and of a client that trusts it."""
    authority = trustme.CA()
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("ehr.example.org").configure_cert(server)
    authority.configure_trust(client)
    return server, client


def test_the_pinned_address_is_asked_by_its_name() -> None:
    """H-095: resolved once; certificate, SNI and Host are those of the name."""
    asked: list[str] = []
    server_tls, client_tls = tls()
    with fake_server({"Patient": answers(PATIENT)}, server_tls) as server:
        base = f"https://ehr.example.org:{server.port}/fhir"
        client = FhirClient(
            [FhirBase.of(base, ["127.0.0.0/8"])],
            resolve_host=resolver("127.0.0.1", seen=asked),
            ssl_context=client_tls,
            limits=GENEROUS,
        )
        found, _ = ask(client, base, {str(number): "Patient/p1" for number in range(3)})
    assert list(found.values()) == [PATIENT] * 3
    assert asked == ["ehr.example.org"]
    assert set(server.names) == {"ehr.example.org"}
    assert {call.headers["host"] for call in server.calls} == {f"ehr.example.org:{server.port}"}


@pytest.mark.parametrize(("host", "trusting"), [("other.example.org", True), ("ehr.example.org", False)])
def test_the_token_is_not_sent_without_the_right_certificate(host: str, trusting: bool) -> None:
    """A name that now leads to somebody else."""
    server_tls, client_tls = tls()
    with fake_server({"": answers(PATIENT)}, server_tls) as server:
        base = f"https://{host}:{server.port}/fhir"
        client = FhirClient(
            [FhirBase.of(base, ["127.0.0.0/8"])],
            resolve_host=resolver("127.0.0.1"),
            ssl_context=client_tls if trusting else None,
            limits=GENEROUS,
        )
        found, _ = ask(client, base, QUERY)
    assert found == {"patient": failed(FailureReason.UNREACHABLE)}
    assert server.calls == []


def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """H-095: it would be handed the token."""
    with fake_server({"": status(200)}) as proxy, fake_server({"Patient": answers(PATIENT)}) as server:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        found, _ = ask(FhirClient([FhirBase.of(server.base)], limits=GENEROUS), server.base, QUERY)
    assert found == {"patient": PATIENT}
    assert proxy.calls == []


def test_a_caller_that_gives_up_leaves_nothing_behind() -> None:
    """The connection is closed and the token no longer held by a task."""

    async def give_up(client: FhirClient, base: str) -> int:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await client.fetch(base, TOKEN, QUERY)
        return len(asyncio.all_tasks())

    with fake_server({"Patient": hangs}) as server:
        client = FhirClient([FhirBase.of(server.base)], limits=GENEROUS)
        assert asyncio.run(give_up(client, server.base)) == 1
