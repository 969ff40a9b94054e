"""A circuit breaker: a server that keeps failing is left alone for a while."""

from __future__ import annotations

import threading
from collections.abc import Callable


class CircuitBreaker:
    """Opens after `failures` failed calls in a row; after `seconds` it lets one call through to see.

    A call that was let through and never reported counts as failed: the next one is let through
    after another `seconds`. May be shared by threads. `clock` is monotonic, in seconds.
    """

    def __init__(self, failures: int, seconds: float, clock: Callable[[], float]) -> None:
        self._limit = failures
        self._seconds = seconds
        self._clock = clock
        self._failures = 0
        self._retry_at = 0.0
        self._lock = threading.Lock()

    def admit(self) -> bool:
        """Whether a call may be made now."""
        with self._lock:
            if self._failures < self._limit:
                return True
            now = self._clock()
            if now < self._retry_at:
                return False
            self._retry_at = now + self._seconds
            return True

    def record(self, *, healthy: bool) -> None:
        """Reports how a call went."""
        with self._lock:
            self._failures = 0 if healthy else self._failures + 1
            self._retry_at = self._clock() + self._seconds
