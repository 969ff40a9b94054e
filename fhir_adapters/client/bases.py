"""Where the client may go: listed bases, the addresses below them, and the hosts' network addresses.

All checks are made on the parsed `httpx2.URL` that is then sent, so no two readings of one text can differ.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

import httpx2

from fhir_adapters.client.results import FailureReason, FetchFailed
from fhir_adapters.errors import UnusableBase

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
ResolveHost = Callable[[str, int], Awaitable[Iterable[str]]]
"""Host and port to IP addresses, the best first; raises `OSError` when there is none."""

# Nothing that servers disagree about: no percent-encoding, no empty segment. The URL has resolved its dots.
_PATH = re.compile(r"(?:/[A-Za-z0-9._~$-]+)*/?")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_LAST_PORT = 65_535


@dataclass(frozen=True, slots=True)
class FhirBase:
    """A FHIR server that may be asked; make it with `of`."""

    url: httpx2.URL
    """Without a slash at its end."""
    networks: tuple[Network, ...]
    """Networks in which its host may have an address although they are not public."""
    loopback: bool
    """Whether the host is this machine by name; then it may have loopback addresses only."""

    @classmethod
    def of(cls, text: str, networks: Iterable[str] = ()) -> FhirBase:
        """The base with this address, e.g. `https://ehr.example.org/fhir`.

        `networks` are those of the site that its host may be in, e.g. `10.20.0.0/16`; without any, its
        address must be a public one. Raises `UnusableBase` for anything but an https address (http only to
        this machine) with a plain path, no user, query or fragment, and for a network that is not one.
        """
        url = _parsed(text.rstrip("/"))
        if url is None or not url.host or not _PATH.fullmatch(_path(url)) or (url.port or 0) > _LAST_PORT:
            raise UnusableBase("https://host/path with a plain path, no user, query or fragment")
        loopback = url.host == "localhost" or _is_loopback(url.host)
        if url.scheme != "https" and not (loopback and url.scheme == "http"):
            raise UnusableBase("https; http is for this machine only")
        try:
            listed = tuple(ipaddress.ip_network(network) for network in networks)
        except ValueError:
            raise UnusableBase("networks such as 10.20.0.0/16") from None
        return cls(url, listed, loopback)

    def is_named_by(self, text: str) -> bool:
        """Whether a text, such as a request's `fhirServer`, is this base; a slash at its end is nothing."""
        url = _parsed(text.rstrip("/"))
        return url is not None and _origin(url) == _origin(self.url) and _path(url) == _path(self.url)

    def query_url(self, query: str) -> httpx2.URL:
        """The address of a read or search below this base, e.g. `Observation?patient=1`.

        Raises `FetchFailed` if it leads away from the base.
        """
        return self._below(_parsed(f"{self.url}/{query}"))

    def page_url(self, page: httpx2.URL, link: str) -> httpx2.URL:
        """The address that a link, absolute or relative, on a page below this base leads to.

        Raises `FetchFailed` if it leads away from the base.
        """
        return self._below(_parsed(link, page))

    async def addresses(self, resolve_host: ResolveHost) -> tuple[Address, ...]:
        """The addresses of the host, resolved now and checked, each of them (H-095).

        Raises `FetchFailed` if there is none, or if one is not in a place where the host may be.
        """
        host = self.url.raw_host.decode("ascii")
        literal = _address(host)
        if literal is not None:
            found = [literal]
        else:
            try:
                texts = await resolve_host(host, self.url.port or _DEFAULT_PORTS[self.url.scheme])
            except (OSError, UnicodeError):
                # The second is what Python says of a name with a label that is too long.
                raise FetchFailed(FailureReason.UNREACHABLE) from None
            found = [ipaddress.ip_address(text) for text in texts]
        if not found:
            raise FetchFailed(FailureReason.UNREACHABLE)
        if not all(self._may_have(address) for address in found):
            raise FetchFailed(FailureReason.REFUSED_ADDRESS)
        return tuple(found)

    def _below(self, url: httpx2.URL | None) -> httpx2.URL:
        if url is not None and _origin(url) == _origin(self.url):
            path, own = _path(url).partition("?")[0], _path(self.url)
            if path.startswith(own) and _PATH.fullmatch(path[len(own) :]):
                return url
        raise FetchFailed(FailureReason.REFUSED_LINK)

    def _may_have(self, address: Address) -> bool:
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        if self.loopback:
            return address.is_loopback
        if address.is_link_local or address.is_multicast:
            return False
        return any(address in network for network in self.networks) or _is_public(address)


async def resolve_host(host: str, port: int) -> tuple[str, ...]:
    """The addresses that the operating system knows for a host."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


def _parsed(text: str, page: httpx2.URL | None = None) -> httpx2.URL | None:
    """The address, resolved against the page where there is one; None if it cannot or should not be one."""
    try:
        # Widely used servers refuse a bare | in an address, and codes are written with one.
        text = text.replace("|", "%7C")
        url = httpx2.URL(text) if page is None else page.join(text)
    except (httpx2.InvalidURL, ValueError):
        return None
    return None if url.userinfo or url.fragment or "#" in text else url


def _origin(url: httpx2.URL) -> tuple[str, bytes, int | None]:
    return url.scheme, url.raw_host, url.port


def _path(url: httpx2.URL) -> str:
    """Path and query; nothing for the root."""
    text = url.raw_path.decode("ascii")
    return "" if text == "/" else text


def _address(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _is_loopback(host: str) -> bool:
    address = _address(host)
    return address is not None and address.is_loopback


def _is_public(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address) and (address.is_site_local or address.sixtofour):
        return False
    return address.is_global and not address.is_reserved
