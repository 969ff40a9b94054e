"""Which servers may be listed, what is below them, and where their hosts may be (H-091 and H-095)."""

from __future__ import annotations

import asyncio

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_adapters.client import FhirBase, UnusableBase
from fhir_adapters.client.results import FetchFailed
from tests.dsl.support import PROPERTY
from tests.fhir_adapters.client.fake_server import resolver

LISTED = FhirBase.of("https://ehr.example.org:8443/r4/tenant")


@pytest.mark.parametrize(
    "text",
    [
        "http://ehr.example.org/fhir",
        "http://10.0.0.1/fhir",
        "http://127.0.0.1.example.org/fhir",
        "http://localhost.example.org/fhir",
        "ftp://localhost/fhir",
        "https://user@ehr.example.org/fhir",
        "https://ehr.example.org/fhir?x=1",
        "https://ehr.example.org/fhir?",
        "https://ehr.example.org/fhir#x",
        "https://ehr.example.org/fhir#",
        "https://ehr.example.org/fh%2fir",
        "https://ehr.example.org/fh//ir",
        "https:///fhir",
        "https://",
        "ehr.example.org/fhir",
        "/fhir",
        "",
        "https://ehr.example.org:99999/fhir",
        "https://[::1/fhir",
        "https://ehr.example.org/fhir\nX",
    ],
)
def test_what_must_not_be_listed(text: str) -> None:
    """The message names what was expected, never what was written: it may hold a password."""
    with pytest.raises(UnusableBase) as caught:
        FhirBase.of(text)
    assert "example" not in str(caught.value)


@pytest.mark.parametrize("network", ["10.0.0.1/8", "hospital", ""])
def test_a_network_that_is_none(network: str) -> None:
    with pytest.raises(UnusableBase):
        FhirBase.of("https://ehr.example.org/fhir", [network])


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("https://ehr.example.org:8443/r4/tenant", True),
        ("https://ehr.example.org:8443/r4/tenant/", True),
        ("HTTPS://EHR.example.org:8443/r4/tenant", True),
        ("http://ehr.example.org:8443/r4/tenant", False),
        ("https://ehr.example.org/r4/tenant", False),
        ("https://ehr.example.org:443/r4/tenant", False),
        ("https://ehr.example.org:8443/r4", False),
        ("https://ehr.example.org:8443/r4/tenant2", False),
        ("https://ehr.example.org:8443/r4/tenant/sub", False),
        ("https://ehr.example.org:8443/r4/Tenant", False),
        ("https://ehr.example.org:8443/r4/%74enant", False),
        ("https://ehr.example.org.evil.example:8443/r4/tenant", False),
        ("https://ehr.example.org@evil.example:8443/r4/tenant", False),
        ("https://evil.example@ehr.example.org:8443/r4/tenant", False),
        ("https://ehr.example.org:8443/r4/tenant?x", False),
        ("https://ehr.example.org:8443/r4/tenant#", False),
        ("https://evil.example\\@ehr.example.org:8443/r4/tenant", False),
        ("//ehr.example.org:8443/r4/tenant", False),
        ("", False),
    ],
)
def test_a_base_is_named_exactly(text: str, same: bool) -> None:
    """H-091, H-095: whole addresses are compared, never beginnings."""
    assert LISTED.is_named_by(text) is same


def test_the_usual_port_may_be_written_out() -> None:
    assert FhirBase.of("https://ehr.example.org/fhir").is_named_by("https://ehr.example.org:443/fhir")


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/r4/tenant?page=2",
        "http://ehr.example.org:8443/r4/tenant?page=2",
        "https://ehr.example.org/r4/tenant?page=2",
        "https://ehr.example.org:8443/r4/tenant2?page=2",
        "https://ehr.example.org:8443/r4?page=2",
        "https://ehr.example.org:8443/r4/tenant/../other?page=2",
        "https://ehr.example.org:8443/r4/tenant/%2e%2e/other?page=2",
        "https://ehr.example.org:8443/r4/tenant/..%2fother",
        "https://ehr.example.org:8443/r4/tenant\\..\\other",
        "https://user:password@ehr.example.org:8443/r4/tenant?page=2",
        "https://ehr.example.org:8443/r4/tenant?page=2#x",
        "//evil.example/r4/tenant",
        "/other",
        "../../../other",
        "file:///etc/passwd",
        "https://[::1",
        "\x00",
    ],
)
def test_a_link_must_stay_below_the_base(link: str) -> None:
    """H-095: page links elsewhere."""
    page = LISTED.query_url("Observation?patient=1")
    with pytest.raises(FetchFailed, match="refused-link"):
        LISTED.page_url(page, link)


@pytest.mark.parametrize(
    ("link", "address"),
    [
        ("https://ehr.example.org:8443/r4/tenant?_getpages=a|b", "/r4/tenant?_getpages=a%7Cb"),
        ("https://ehr.example.org:8443/r4/tenant/?_getpages=1", "/r4/tenant/?_getpages=1"),
        ("https://ehr.example.org:8443/r4/tenant/Observation?page=2", "/r4/tenant/Observation?page=2"),
        ("Observation?page=2", "/r4/tenant/Observation?page=2"),
        ("?page=2", "/r4/tenant/Observation?page=2"),
        ("/r4/tenant/Observation/_search?page=2", "/r4/tenant/Observation/_search?page=2"),
    ],
)
def test_links_of_common_servers_are_followed(link: str, address: str) -> None:
    page = LISTED.query_url("Observation?patient=1")
    assert LISTED.page_url(page, link).raw_path.decode() == address


@pytest.mark.parametrize(
    "query",
    ["../other", "Patient/../../other", "Patient/1#x", "/Patient/1", "Patient/a%2f..%2fb", "Patient/a b"],
)
def test_a_query_must_stay_below_the_base(query: str) -> None:
    """An id from a request may hold anything."""
    with pytest.raises(FetchFailed, match="refused-link"):
        LISTED.query_url(query)


@PROPERTY
@given(
    st.text(max_size=30),
    st.sampled_from(["", "https://ehr.example.org:8443/r4/tenant", "https://", "//", "/r4/tenant", "../"]),
)
def test_no_text_leads_elsewhere(text: str, beginning: str) -> None:
    """Whatever is let through is sent to the base's own host, below its path, without a user in it."""
    try:
        url = LISTED.page_url(LISTED.query_url("Observation"), beginning + text)
    except FetchFailed:
        return
    sent = httpx2.Request("GET", url).url
    assert (sent.scheme, sent.host, sent.port, sent.userinfo) == ("https", "ehr.example.org", 8443, b"")
    assert sent.raw_path.partition(b"?")[0].startswith(b"/r4/tenant")
    assert b".." not in sent.raw_path.partition(b"?")[0].split(b"/")


def may_be_at(address: str, *networks: str, base: str = "https://ehr.example.org/fhir") -> bool:
    async def resolved() -> bool:
        try:
            await FhirBase.of(base, networks).addresses(resolver(address))
        except FetchFailed:
            return False
        return True

    return asyncio.run(resolved())


@pytest.mark.parametrize(
    "address",
    [
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "127.0.0.1",
        "0.0.0.0",
        "169.254.169.254",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "192.0.2.1",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%1",
        "fc00::1",
        "fd00:ec2::254",
        "fec0::1",
        "ff02::1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "::127.0.0.1",
        "64:ff9b::a9fe:a9fe",
        "2002:a9fe:a9fe::1",
    ],
)
def test_addresses_that_a_public_name_must_not_have(address: str) -> None:
    """H-095: whatever leads inside, in every form in which an address can be written."""
    assert not may_be_at(address)


@pytest.mark.parametrize(
    "host", ["10.1.2.3", "169.254.169.254", "[fe80::1]", "[::ffff:10.0.0.1]", "[64:ff9b::a00:1]"]
)
def test_a_base_without_a_name_is_checked_too(host: str) -> None:
    """Nobody is asked for it."""
    assert not may_be_at("93.184.215.14", base=f"https://{host}/fhir")
    assert may_be_at("10.0.0.1", base="https://8.8.8.8/fhir")


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:8.8.8.8"]
)
def test_public_addresses(address: str) -> None:
    assert may_be_at(address)


def test_addresses_of_a_site_are_listed() -> None:
    """A hospital's server has an address of the hospital; that of the metadata service is never one."""
    assert may_be_at("10.20.3.4", "10.20.0.0/16")
    assert may_be_at("::ffff:10.20.3.4", "10.20.0.0/16")
    assert may_be_at("fd12:3456::1", "10.20.0.0/16", "fd12:3456::/32")
    assert not may_be_at("10.21.3.4", "10.20.0.0/16")
    assert not may_be_at("169.254.169.254", "0.0.0.0/0")


@pytest.mark.parametrize("base", ["http://localhost:8080/fhir", "https://localhost/fhir"])
def test_this_machine_has_loopback_addresses_only(base: str) -> None:
    """Plain http must not leave because a hosts file says so."""
    assert may_be_at("127.0.0.1", base=base)
    assert may_be_at("::1", base=base)
    assert not may_be_at("93.184.215.14", base=base)
    assert not may_be_at("10.0.0.1", "10.0.0.0/8", base=base)
