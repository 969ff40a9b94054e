"""One line of the discovery answer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ServiceEntry:
    """A service on one hook."""

    id: str
    hook: str
    title: str
    description: str
