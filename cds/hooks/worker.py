"""The one thread that evaluates calls and writes the log, behind a bounded queue."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from cds.hooks.errors import CallRefused

QUEUE_LIMIT: Final = 64
"""How many calls may wait while one is worked on."""

_Result = TypeVar("_Result")


def overloaded() -> CallRefused:
    """What a call gets when too many are waiting."""
    return CallRefused(
        503, "overloaded", "Too many calls are waiting; try again.", headers={"Retry-After": "1"}
    )


class Worker:
    """Runs functions one after the other, off the event loop.

    One thread, because the log has one writer and evaluation holds the interpreter lock anyway; a bounded
    queue, because a client is better served by a prompt 503 than by advice after its time-out.
    """

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="bespoke-worker")
        self._pending = 0

    async def run(self, work: Callable[[], _Result]) -> _Result:
        """The result of `work`; raises `CallRefused` (503) at once when too many are waiting."""
        if self._pending > QUEUE_LIMIT:
            raise overloaded()
        self._pending += 1
        future = self._executor.submit(work)
        try:
            return await asyncio.wrap_future(future)
        finally:
            self._pending -= 1

    def close(self) -> None:
        """Waits for the work that was begun and refuses more."""
        self._executor.shutdown()
