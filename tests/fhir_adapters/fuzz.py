"""Random charts through the whole way from a call to its cards, and what must not change an answer.

`python -m tests.fhir_adapters.fuzz --charts 100000 --seed 7` runs that many and ends at the first fault, with
the seed that shows it again: `python -m tests.fhir_adapters.fuzz --only 7.4711`.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache
from itertools import count
from random import Random

from cds.cards import render_cards
from cds.decision import Decision, decide, of_orders, unanswered
from cds.guard import release
from dsl import units
from dsl.values import Fact, Quantity, Range
from fhir_adapters import FhirError, chart_of_prefetch, dump_json, gather, load_json
from fhir_adapters.quantities import in_unit
from fhir_adapters.reading import UCUM
from kb import KnowledgeBase, load
from tests.fhir_adapters.example import Json
from tests.fhir_adapters.random_charts import AS_OF, BASE, LISTS, SCALES, RandomChart, addition, random_chart
from tests.fhir_adapters.reference_table import all_inputs

_CHARTS_BETWEEN_REPORTS = 500
_SAME_UNITS = (("kg", "g"), ("10*3/uL", "10*9/L", "/uL"), ("mg/dL", "g/L"))
"""Units with whole powers of ten between them, so that a decimal stays one."""


@dataclass(frozen=True)
class Answer:
    """What came of a call, without the places where its data stood."""

    refusal: str
    facts: Mapping[str, Fact] = field(default_factory=dict)
    results: tuple[tuple[str, str, str, str], ...] = ()
    """Rule, order, state and result."""
    cards: tuple[Mapping[str, object], ...] = ()
    cited: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    """Rule and order to the resources that the facts of the finding name."""


class Fault(AssertionError):
    """An answer that should not be."""


@cache
def knowledge() -> KnowledgeBase:
    """The bundled knowledge base."""
    return load()


def answer(chart: RandomChart) -> Answer:
    """The whole way of a call: from the bytes of its prefetch to its cards."""
    known = knowledge()
    try:
        prefetch, drafts = load_json(dump_json(chart.prefetch)), load_json(dump_json(chart.drafts))
        assert isinstance(prefetch, dict) and isinstance(drafts, dict)
        on_file = chart_of_prefetch("p1", prefetch, BASE)
        situation = of_orders(on_file, drafts, (), known, BASE)
    except FhirError as refusal:
        return Answer(type(refusal).__name__)
    decision = decide(situation, known, AS_OF)
    failed = [each.failure for each in decision.evaluations if each.finding is None]
    if failed:
        raise Fault(f"a rule failed: {failed}")
    facts = gather(all_inputs(known), on_file, AS_OF, known, None)
    cards = render_cards(
        release(decision),
        [reason for _, reason in unanswered(decision)],
        known,
        ordering=situation.ordering,
        changeable=situation.changeable,
        today=AS_OF.date(),
        seed="seed",
    )
    return Answer(
        "",
        {name: _bare(fact) for name, fact in facts.items()},
        _results(decision),
        tuple(cards),
        _cited(decision),
    )


def _bare(fact: Fact) -> Fact:
    return replace(fact, data=tuple(replace(each, path="") for each in fact.data))


def _results(decision: Decision) -> tuple[tuple[str, str, str, str], ...]:
    return tuple(
        (each.rule.name, each.order.reference, each.finding.state.value, str(each.finding.result))
        for each in decision.evaluations
        if each.finding is not None
    )


def _cited(decision: Decision) -> dict[tuple[str, str], frozenset[str]]:
    return {
        (each.rule.name, each.order.reference): frozenset(
            datum.reference for fact in each.finding.facts.values() for datum in fact.data
        )
        for each in decision.evaluations
        if each.finding is not None
    }


# ---------------------------------------------------------------- what must not matter
def entries(chart: RandomChart, key: str) -> list[Json]:
    """The entries under a key that are still a list of objects after damage; none otherwise."""
    listed = chart.prefetch.get(key)
    found = listed.get("entry") if isinstance(listed, dict) else None
    return found if isinstance(found, list) else []


def again(chart: RandomChart, before: Answer, random: Random) -> None:
    """One call, one answer."""
    if answer(chart) != before:
        raise Fault("the same call is answered in two ways")


def shuffled(chart: RandomChart, before: Answer, random: Random) -> None:
    """H-016: the order of entries changes nothing."""
    for key in LISTS:
        random.shuffle(entries(chart, key))
    if answer(chart) != before:
        raise Fault("the order of entries changes the answer")


def doubled(chart: RandomChart, before: Answer, random: Random) -> None:
    """H-013: an entry that stands there twice changes nothing, in whatever unit it is written."""
    for key in LISTS:
        listed = entries(chart, key)
        if listed:
            copied = deepcopy(random.choice(listed))
            _write_anew(copied, random)
            listed.append(copied)
            _count_one_more(chart, key)
    if _said(answer(chart)) != _said(before):
        raise Fault("a duplicate changes the answer")


def rewritten(chart: RandomChart, before: Answer, random: Random) -> None:
    """H-001: the unit that an amount is written in changes no value and no result."""
    for entry in entries(chart, "labs"):
        _write_anew(entry, random)
    if _said(answer(chart)) != _said(before):
        raise Fault("the unit of writing changes the answer")


def enlarged(chart: RandomChart, before: Answer, random: Random) -> None:
    """A datum more leaves every answer as it is, or is named among the data of what it changed."""
    key, resource = addition(str(random.random()))
    name = f"{resource['resourceType']}/{resource['id']}"
    if not isinstance(chart.prefetch.get(key), dict) or "entry" not in chart.prefetch[key]:
        return
    listed = entries(chart, key)
    listed.append({"resource": resource, "search": {"mode": "match"}})
    _count_one_more(chart, key)
    after = answer(chart)
    for input_name, fact in after.facts.items():
        earlier = before.facts[input_name] if before.facts else fact
        changed = (fact.possible, fact.reason) != (earlier.possible, earlier.reason)
        if changed and name not in {each.reference for each in fact.data}:
            raise Fault(f"{input_name} changes, and {name} is not among its data")
    for old, new in zip(before.results, after.results, strict=True):
        if old != new and name not in after.cited[new[0], new[1]]:
            raise Fault(f"{new[0]} answers otherwise, and {name} is not among its data")


CHECKS: tuple[Callable[[RandomChart, Answer, Random], None], ...] = (
    again,
    shuffled,
    doubled,
    rewritten,
    enlarged,
)


def _count_one_more(chart: RandomChart, key: str) -> None:
    total = chart.prefetch[key].get("total")
    if isinstance(total, int) and not isinstance(total, bool):
        chart.prefetch[key]["total"] = total + 1


def _write_anew(entry: object, random: Random) -> None:
    resource = entry.get("resource") if isinstance(entry, dict) else None
    if isinstance(resource, dict):
        _in_other_unit(resource.get("valueQuantity"), random)


def _in_other_unit(element: object, random: Random) -> None:
    """Writes a sound Quantity anew; one with a fault may be read under one name and not under another."""
    if not isinstance(element, dict) or element.get("system") != UCUM:
        return
    value, unit = element.get("value"), element.get("unit")
    family = next((each for each in _SAME_UNITS if unit == element.get("code") and unit in each), ())
    if family and isinstance(value, int | Decimal) and not isinstance(value, bool):
        other = random.choice(family)
        element.update(value=value * SCALES[other] / SCALES[str(unit)], unit=other, code=other)


def _said(found: Answer) -> tuple[object, ...]:
    """What an answer says, in whatever unit."""
    facts = {
        name: (frozenset(map(_canonical, fact.possible)), fact.reason) for name, fact in found.facts.items()
    }
    return found.refusal, found.results, facts


def _canonical(value: object) -> object:
    if not isinstance(value, Quantity | Range):
        return value
    base = next(
        (family[0] for family in _SAME_UNITS if units.commensurable(value.unit, family[0])), value.unit
    )
    return in_unit(value, base)


# ---------------------------------------------------------------- runs
def run_one(seed: str) -> str:
    """Answers the chart of a seed and tries one of the checks on it; what came of it in a word."""
    chart = random_chart(seed)
    random = Random(f"{seed} check")
    check = random.choice(CHECKS)
    try:
        before = answer(chart)
        check(chart, before, random)
    except Exception as error:  # whatever it is, it is raised again, with the seed that shows it
        error.add_note(f"seed {seed}, check {check.__name__}")
        raise
    return before.refusal or ("cards" if before.cards else "silent")


def run(series: str) -> Iterator[Counter[str]]:
    """Chart after chart of a series without end; the counts so far after each."""
    tally: Counter[str] = Counter()
    for number in count(1):
        tally[run_one(f"{series}.{number}")] += 1
        yield tally


def main() -> int:
    """Runs until enough charts were answered; ends with a traceback at the first fault."""
    parser = argparse.ArgumentParser(prog="python -m tests.fhir_adapters.fuzz", description=main.__doc__)
    parser.add_argument("--charts", type=int, default=100_000, help="how many charts")
    parser.add_argument("--seed", default="1", help="another seed is another series of charts")
    parser.add_argument("--only", help="one chart by the seed that a fault named")
    options = parser.parse_args()
    if options.only:
        print(run_one(options.only))
        return 0
    for tally in run(options.seed):
        if tally.total() % _CHARTS_BETWEEN_REPORTS == 0:
            print(f"\r{tally.total()} of {options.charts} charts", end="", file=sys.stderr, flush=True)
        if tally.total() >= options.charts:
            counts = ", ".join(f"{name} {seen}" for name, seen in tally.most_common())
            print(f"\n{tally.total()} charts: {counts}")
            return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
