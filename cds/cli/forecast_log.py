"""`bespoke kb forecast --db URL`: what shadow rules found in recorded calls."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping

from cds.cli.forecast import STATES, per_thousand
from cds.cli.knowledge import aligned
from cds.cli.main import fail
from cds.log import DecisionLog, LogError

_NOTE = """\
At most so many cards per 1,000 orders: advice and questions were counted. Where the advised dose was ordered
already, or a rule asks silently, no card is shown."""


def run(db: str, rule: str | None, *, as_json: bool) -> int:
    """Counts recorded evaluations of rules in status `shadow`; see `bespoke kb forecast --help`."""
    calls = orders = 0
    states: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    try:
        log = DecisionLog.open_read_only(db)
        for record in log.calls():
            if "orders" not in record or record.get("deceased"):
                continue  # refused before anything was evaluated, or for somebody who has died
            calls += 1
            orders += len(_objects(record, "orders"))
            for evaluation in _objects(record, "shadow"):
                name = str(evaluation.get("rule"))
                if rule is None or name == rule:
                    states[name, str(evaluation.get("version"))][str(evaluation.get("state"))] += 1
        log.close()
    except LogError as error:
        return fail(error)
    at_most = {
        key: per_thousand(found["advice"] + found["ask"], orders) for key, found in sorted(states.items())
    }
    if as_json:
        rules = [
            {
                "rule": name,
                "version": version,
                "asked": states[name, version].total(),
                "states": {state: states[name, version][state] for state in STATES},
                "cards_per_1000_orders_at_most": rate,
            }
            for (name, version), rate in at_most.items()
        ]
        print(json.dumps({"calls": calls, "orders": orders, "rules": rules}, indent=2))
        return 0
    print(f"{calls} evaluated calls with {orders} orders")
    if not states:
        print("No evaluation of a rule in status shadow is on record.")
        return 0
    rows = [["rule", "at most", "asked", *STATES]]
    for key, rate in at_most.items():
        found = states[key]
        counts = [found.total(), *(found[state] for state in STATES)]
        rows.append([" ".join(key), str(rate), *map(str, counts)])
    print(f"{_NOTE}\n\n{aligned(rows)}")
    return 0


def _objects(record: Mapping[str, object], name: str) -> list[Mapping[str, object]]:
    value = record.get(name)
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []
