"""Where the time of one call goes: each part beside the standard parser reading the same body.

Read the ratios; the times belong to the machine.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from bench.bench_service import body
from cds.decision import Decision, decide, of_orders
from cds.hooks.service import HookService
from cds.log import DecisionLog
from fhir_adapters import chart_of_prefetch, load_json
from kb import load

ROUNDS = 200
AS_OF = datetime(2026, 11, 20, 12, tzinfo=UTC)


def milliseconds(part: Callable[[], object]) -> float:
    """The median of one part."""
    taken = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        part()
        taken.append((time.perf_counter() - begin) * 1000)
    return statistics.median(taken)


def main() -> None:
    """Measures and prints."""
    content = body()
    knowledge = load()
    request: Any = load_json(content)
    context = request["context"]

    def decided() -> Decision:
        chart = chart_of_prefetch(context["patientId"], request["prefetch"], None)
        situation = of_orders(chart, context["draftOrders"], (), knowledge, None)
        return decide(situation, knowledge, AS_OF)

    with tempfile.TemporaryDirectory() as folder:
        log = DecisionLog.open(f"sqlite:///{Path(folder) / 'bench.db'}")
        service = HookService(knowledge, log, software="bench")
        parts: dict[str, Callable[[], object]] = {
            "standard json parser": lambda: json.loads(content),
            "strict JSON": lambda: load_json(content),
            "chart, facts and rules": decided,
            "whole call with the durable log": lambda: service.answer(
                "medication-safety", content, str(uuid4()), AS_OF
            ),
        }
        measured = {name: milliseconds(part) for name, part in parts.items()}
        log.close()
    yardstick = measured["standard json parser"]
    print(f"body {len(content)} bytes, median of {ROUNDS}")
    for name, taken in measured.items():
        print(f"  {name:32} {taken:6.2f} ms, ratio {taken / yardstick:6.1f}")


if __name__ == "__main__":
    main()
