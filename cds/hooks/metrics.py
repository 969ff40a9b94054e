"""Counts and times of calls, for Prometheus; labels come from fixed sets and never hold data of a patient."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from fhir_adapters import OrderDrug

METRICS_TYPE: Final = CONTENT_TYPE_LATEST
"""The media type of `CallMetrics.text`."""

_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class CallMetrics:
    """The metrics of one service process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._calls = Counter(
            "bespoke_hook_calls",
            "Hook calls answered, by service, hook and HTTP status.",
            ("service", "hook", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "bespoke_hook_call_seconds",
            "Seconds from the head of a call to its answer, by service.",
            ("service",),
            buckets=_BUCKETS,
            registry=self._registry,
        )

        self._orders = Counter(
            "bespoke_orders",
            "Orders in answered calls, by how their drug was identified; `unmapped` ones concern no rule.",
            ("identified",),
            registry=self._registry,
        )
        for identified in OrderDrug:
            self._orders.labels(identified.value)
        self._advice = Counter(
            "bespoke_advice",
            "Findings with advice that may be shown, by rule: one that never fires, or always, is suspect.",
            ("rule",),
            registry=self._registry,
        )

    def observe(self, service: str, hook: str, status: int, seconds: float) -> None:
        """Counts one answered call; the caller vouches that service and hook are names of ours."""
        self._calls.labels(service, hook, str(status)).inc()
        self._seconds.labels(service).observe(seconds)

    def identify(self, identified: Iterable[OrderDrug]) -> None:
        """Counts the orders of a call by how the drug of each was identified (H-023, H-024)."""
        for each in identified:
            self._orders.labels(each.value).inc()

    def fire(self, rules: Iterable[str]) -> None:
        """Counts the advice of each rule (H-046)."""
        for rule in rules:
            self._advice.labels(rule).inc()

    def text(self) -> bytes:
        """All metrics in the Prometheus text format."""
        return generate_latest(self._registry)
