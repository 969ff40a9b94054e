"""`bespoke kb forecast FOLDER`: how many cards rules would show for a folder of charts."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

from cds.cards import render_cards
from cds.cli.charts import ChartFolder
from cds.cli.knowledge import aligned, named, opened
from cds.cli.main import fail
from cds.decision import Decision, Situation, decide, of_chart, parse_as_of, unanswered
from cds.guard import Released, release
from dsl import Indicator, State
from dsl.names import closest
from fhir_adapters import FhirError, UnusableFolder, export_files
from kb import BUNDLED, KnowledgeBase, KnowledgeBaseError, with_site_map

STATES = (*(state.value for state in State), "silenced", "error")
"""How a rule that was asked can end: in its own words, silenced by an exception, or failed."""

INDICATORS = tuple(indicator.value for indicator in reversed(Indicator))

_Key = tuple[str, str]
"""Name and version of a rule."""


@dataclass(slots=True)
class _Tally:
    """What one rule came to in all orders of its drugs."""

    status: str
    states: Counter[str] = field(default_factory=Counter)
    cards: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class _Forecast:
    """What the rules of one knowledge base came to."""

    knowledge: KnowledgeBase
    tallies: dict[_Key, _Tally]
    orders: int = 0
    unidentified: int = 0
    """Orders whose drug the knowledge base does not know."""
    remarks: int = 0
    """Cards that only say what was not evaluated."""


@dataclass(slots=True)
class _Charts:
    """What was found in the folder."""

    source: ChartFolder
    read: int = 0
    deceased: int = 0
    """Patients who have died: nothing is ordered for them any more, so they are left out."""


def run(
    folder: Path,
    kb: Path | None,
    against: Path | None,
    rule: str | None,
    as_of: str | None,
    *,
    draft: bool,
    as_json: bool,
    site_map: Path | None = None,
) -> int:
    """Counts the cards for a folder of charts; see `bespoke kb forecast --help`."""
    try:
        instant = datetime.now(UTC) if as_of is None else parse_as_of(as_of)
    except ValueError:
        return fail("--as-of: expected a date, or a date and time with offset")
    if not any(folder.rglob("*.json")) and not export_files(folder):
        what = "no chart (*.json, *.ndjson) in it" if os.path.isdir(folder) else "no such folder"
        expected = "a folder of FHIR Bundles, one for each patient, or of a Bulk Data export"
        return fail(f"{folder}: {what}; expected {expected}")
    bases = []
    for path in (kb or BUNDLED, *([against] if against else [])):
        edition = opened(path)
        if edition is None:
            return 2
        try:
            bases.append(with_site_map(edition.knowledge, site_map))
        except KnowledgeBaseError as error:
            return fail(error)
    forecasts = [_Forecast(base, _tallies(base, instant, rule, draft=draft)) for base in bases]
    if not any(forecast.tallies for forecast in forecasts):
        return fail(_nothing_in_force(rule, bases, instant))
    charts = _Charts(ChartFolder(folder))
    try:
        for name, chart in charts.source.charts():
            try:
                situations = [of_chart(chart, None, base) for base in bases]
            except FhirError as error:
                charts.source.refuse(name, str(error))
                continue
            charts.read += 1
            if chart.deceased(instant):
                charts.deceased += 1
                continue
            for forecast, situation in zip(forecasts, situations, strict=True):
                _count(forecast, situation, instant, draft=draft)
    except UnusableFolder as error:
        return fail(f"{folder}: {error}")
    if as_json:
        print(json.dumps(_plain(forecasts, charts, instant), indent=2))
    else:
        _print(forecasts, charts, instant)
    return 1 if charts.source.unreadable else 0


def _tallies(base: KnowledgeBase, instant: datetime, rule: str | None, *, draft: bool) -> dict[_Key, _Tally]:
    """An empty tally for each rule in force, or for the one asked about."""
    return {
        (each.name, each.version): _Tally(each.status.value)
        for each in base.in_force(instant.date(), fire_draft=draft)
        if rule is None or each.name == rule
    }


def _nothing_in_force(rule: str | None, bases: Sequence[KnowledgeBase], instant: datetime) -> str:
    known = {each.name for base in bases for each in base.rules}
    if rule is None or rule in known:
        what = "no rule" if rule is None else f"no version of `{rule}`"
        return f"{what} is in force on {instant.date()}; try --draft, --as-of, or see `bespoke kb list`"
    return f"there is no rule `{rule}`; {closest(rule, known) or 'see `bespoke kb list`'}"


def _count(forecast: _Forecast, situation: Situation, instant: datetime, *, draft: bool) -> None:
    """Adds what one chart comes to, on the way that a call of the hook takes."""
    decision = decide(situation, forecast.knowledge, instant, fire_draft=draft)
    forecast.orders += len(situation.orders)
    forecast.unidentified += sum(not order.drugs for order in situation.orders)
    forecast.remarks += bool(unanswered(decision))
    asked = [(each, "") for each in (*decision.evaluations, *decision.shadow)]
    asked += [(each, "silenced") for each, _ in decision.silenced]
    for evaluation, state in asked:
        tally = forecast.tallies.get((evaluation.rule.name, evaluation.rule.version))
        if tally is not None:
            ended = evaluation.finding.state.value if evaluation.finding else "error"
            tally.states[state or ended] += 1
    for key, indicator in _cards(decision, forecast.knowledge):
        if key in forecast.tallies:
            forecast.tallies[key].cards[indicator] += 1


def _cards(decision: Decision, knowledge: KnowledgeBase) -> Iterator[tuple[_Key, str]]:
    """Rule and indicator of each card; those of shadow rules as if they were shown.

    Rule by rule: a card that several sources share counts for each of them.
    """

    def key(each: Released) -> _Key:
        return each.rule.name, each.rule.version

    everything = replace(decision, evaluations=(*decision.evaluations, *decision.shadow))
    released = sorted((each for each in release(everything) if not each.lacking), key=key)
    for rule, findings in groupby(released, key):
        cards = render_cards(
            findings,
            [],
            knowledge,
            ordering=decision.situation.ordering,
            changeable=decision.situation.changeable,
            today=decision.as_of.date(),
            seed="",
        )
        yield from ((rule, str(card["indicator"])) for card in cards)


# ---------------------------------------------------------------- output
def per_thousand(cards: int, orders: int) -> float | None:
    """Cards per 1,000 orders, to one decimal; None without orders."""
    return round(1000 * cards / orders, 1) if orders else None


def _print(forecasts: Sequence[_Forecast], charts: _Charts, instant: datetime) -> None:
    print(f"{charts.read} charts read as of {instant.isoformat()}")
    if charts.deceased:
        print(f"  left out: {charts.deceased} whose patients have died")
    for name, reason in charts.source.unreadable:
        print(f"  not read: {name}: {reason}")
    for forecast in forecasts:
        base = forecast.knowledge
        print(
            f"\n{named(base)}\n{forecast.orders} orders, "
            f"{forecast.unidentified} of them of drugs that this knowledge base does not know"
        )
        rows = [["rule", "status", "cards per 1,000", *INDICATORS, "asked", *STATES]]
        for key, tally in sorted(forecast.tallies.items()):
            rate = per_thousand(tally.cards.total(), forecast.orders)
            counts = [*(tally.cards[each] for each in INDICATORS), tally.states.total()]
            counts += [tally.states[each] for each in STATES]
            rows.append([" ".join(key), tally.status, str(rate), *map(str, counts)])
        print(aligned(rows))
        if forecast.remarks:
            print(f"{forecast.remarks} more cards only say what could not be evaluated")
    if len(forecasts) > 1:
        print("\nCards per 1,000 orders, before → after")
        after, before = (_rates(forecast) for forecast in forecasts)
        for name in sorted({*before, *after}):
            print(f"  {name}: {before.get(name, 'not in force')} → {after.get(name, 'not in force')}")


def _rates(forecast: _Forecast) -> dict[str, object]:
    """Rule to its rate; a shadow version stands beside the one that is shown."""
    return {
        f"{name} {version} (shadow)" if tally.status == "shadow" else name: per_thousand(
            tally.cards.total(), forecast.orders
        )
        for (name, version), tally in forecast.tallies.items()
    }


def _plain(forecasts: Sequence[_Forecast], charts: _Charts, instant: datetime) -> dict[str, object]:
    unreadable = [{"file": name, "reason": reason} for name, reason in charts.source.unreadable]
    return {
        "as_of": instant.isoformat(),
        "charts": {"read": charts.read, "deceased": charts.deceased, "unreadable": unreadable},
        "knowledge_bases": [
            {
                "name": forecast.knowledge.name,
                "version": forecast.knowledge.version,
                "digest": forecast.knowledge.digest,
                "orders": forecast.orders,
                "unidentified": forecast.unidentified,
                "remarks": forecast.remarks,
                "rules": [
                    {
                        "rule": name,
                        "version": version,
                        "status": tally.status,
                        "asked": tally.states.total(),
                        "states": {state: tally.states[state] for state in STATES},
                        "cards": {indicator: tally.cards[indicator] for indicator in INDICATORS},
                        "cards_per_1000_orders": per_thousand(tally.cards.total(), forecast.orders),
                    }
                    for (name, version), tally in sorted(forecast.tallies.items())
                ],
            }
            for forecast in forecasts
        ],
    }
