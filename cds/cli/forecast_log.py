"""`bespoke kb forecast --db URL`: what shadow rules found in recorded calls."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from cds.cli.forecast import STATES, per_thousand
from cds.cli.knowledge import aligned
from cds.cli.main import fail
from cds.log import DecisionLog, LogError, LogUnavailable
from cds.log.database import engine_of
from cds.log.schema import LOG_ENTRY

_NOTE = """\
At most so many cards per 1,000 orders: advice and questions were counted. Where the advised dose was ordered
already, or a rule asks silently, no card is shown."""


def run(db: str, rule: str | None, *, as_json: bool) -> int:
    """Counts recorded evaluations of rules in status `shadow`; see `bespoke kb forecast --help`."""
    calls = orders = 0
    states: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    try:
        for record in _recorded_calls(db):
            if "orders" not in record or record.get("deceased"):
                continue  # refused before anything was evaluated, or for somebody who has died
            calls += 1
            orders += len(_objects(record, "orders"))
            for evaluation in _objects(record, "shadow"):
                name = str(evaluation.get("rule"))
                if rule is None or name == rule:
                    states[name, str(evaluation.get("version"))][str(evaluation.get("state"))] += 1
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


def _recorded_calls(db: str) -> Iterator[Mapping[str, object]]:
    """The records of all calls, in their order; raises `LogError`."""
    DecisionLog.open_read_only(db).close()
    engine = engine_of(db, read_only=True)
    calls = select(LOG_ENTRY.c.record).where(LOG_ENTRY.c.kind == "call").order_by(LOG_ENTRY.c.seq)
    try:
        with engine.connect() as connection:
            for row in connection.execute(calls.execution_options(yield_per=500)):
                yield json.loads(row.record)
    except SQLAlchemyError as error:
        # Type only: the text of the error may quote a record.
        raise LogUnavailable(
            f"the decision log cannot be read ({type(error).__name__}); check the disk and the database"
        ) from None
    finally:
        engine.dispose()


def _objects(record: Mapping[str, object], name: str) -> list[Mapping[str, object]]:
    value = record.get(name)
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []
