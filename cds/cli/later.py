"""Routes that are made when they are first asked for: the first answer to a hook waits for fewer imports."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Final

from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

_CHOSEN: Final = "bespoke.route"


class Later(BaseRoute):
    """All routes below a prefix."""

    def __init__(self, prefix: str, build: Callable[[], Sequence[BaseRoute]]) -> None:
        self.prefix, self._build = prefix, build

    @cached_property
    def routes(self) -> Sequence[BaseRoute]:
        """What stands below the prefix."""
        return self._build()

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """The first route that fits, or the first that fits but for its method."""
        if scope["type"] != "http" or not str(scope["path"]).startswith(self.prefix):
            return Match.NONE, {}
        found = [(route, *route.matches(scope)) for route in self.routes]
        for wanted in (Match.FULL, Match.PARTIAL):
            for route, match, child in found:
                if match is wanted:
                    return match, {**child, _CHOSEN: route}
        return Match.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hands the request to the route that was found."""
        await scope[_CHOSEN].handle(scope, receive, send)
