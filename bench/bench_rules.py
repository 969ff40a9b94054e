"""The compiled rules beside code written by hand and beside zen-engine; a thousand rules on one process.

Bounds: eleven rules on ready facts, codes only, at most 1.5 times what is written by hand, with full trace at
most 8 times; at least 9 times faster than zen-engine; a million patients as columns at most 1.2 times tables
written by hand. A thousand rules: parse within 5 s, check within 10 s, load of the compiled bundle within
100 ms, at most 300 MB.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from bench.rule_rivals import SIZES, SLOTS, ZEN_TABLES, by_hand, by_hand_in_columns, zen_decision
from bench.rule_texts import PHENOTYPES, gene_rules, niraparib
from dsl import Fact, Finding, Quantity, Reason, evaluate, known, missing, quantity
from dsl.columns.kernel import REASONS, Amounts, Categories, Column, decide
from dsl.compiler.service import Service, compile_rules

PATIENTS = 256
ROUNDS = 60
PASSES = 10
ROWS = 1_000_000
COLUMN_ROUNDS = 15
LOADS = 5
UNITS = ("a", "kg", "10*3/uL", None, "1", None)


class Bounds:
    """Collects what was missed."""

    def __init__(self) -> None:
        self.missed: list[str] = []

    def line(self, what: str, value: float, unit: str, bound: float, *, least: bool = False) -> None:
        """Prints one measurement beside its bound."""
        held = value >= bound if least else value <= bound
        words = f"{'at least' if least else 'at most'} {bound:g}{unit}"
        print(f"  {what:56} {value:8.2f}{unit}  ({words}: {'held' if held else 'MISSED'})")
        if not held:
            self.missed.append(f"{what}, {words}")


def each(part: Callable[[Any], object], arguments: Sequence[Any], passes: int = PASSES) -> Callable[[], None]:
    """Applies a part to all arguments, so often that it warms up, and keeps nothing, as a service does."""

    def run() -> None:
        for _ in range(passes):
            for argument in arguments:
                part(argument)

    return run


def medians(parts: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """The median seconds of each part, measured in turns so that all see the same machine."""
    taken: dict[str, list[float]] = {name: [] for name in parts}
    for _ in range(rounds):
        for name, part in parts.items():
            begin = time.perf_counter()
            part()
            taken[name].append(time.perf_counter() - begin)
    return {name: statistics.median(times) for name, times in taken.items()}


# ---------------------------------------------------------------- one patient at a time
def patient(random: Random) -> list[Fact]:
    """A fact for each slot; one in ten is missing."""

    def maybe(fact: Fact) -> Fact:
        return missing(random.choice(list(Reason))) if random.random() < 0.1 else fact

    amounts = {0: (10, 90), 1: (40, 120), 2: (50, 400)}
    facts = []
    for slot, unit in enumerate(UNITS):
        if unit is None:
            facts.append(maybe(known(random.random() < 0.1)))
        elif slot in amounts:
            facts.append(maybe(known(quantity(random.randint(*amounts[slot]), unit))))
        else:
            facts.append(maybe(known(quantity(f"{random.uniform(0.3, 1.8):.1f}", unit))))
    return facts + [maybe(known(random.choice(PHENOTYPES[size]))) for size in SIZES]


def said(finding: Finding) -> tuple[object, ...]:
    """What an answer by hand stands for."""
    return finding.state, str(finding.result), finding.asks


def plain(fact: Fact) -> Any:
    """A fact as zen-engine takes it."""
    if fact.missing:
        return None
    value = fact.possible[0]
    return float(value.value) if isinstance(value, Quantity) else value


def check_same(answers: Sequence[Sequence[int]], findings: Sequence[Sequence[Finding]], who: str) -> None:
    """Ends the run if a rival's number does not always stand for the same answer of ours."""
    meanings: dict[tuple[int, int], object] = {}
    for numbers, found in zip(answers, findings, strict=True):
        for rule, (number, finding) in enumerate(zip(numbers, found, strict=True)):
            if meanings.setdefault((rule, int(number)), said(finding)) != said(finding):
                raise SystemExit(f"{who} and the compiled rules disagree on rule {rule}: {said(finding)}")


def scalar(service: Service, bounds: Bounds) -> None:
    """Ready facts, packing, and zen-engine."""
    random = Random(11)
    patients = [patient(random) for _ in range(PATIENTS)]
    packed = [service.pack(facts) for facts in patients]
    hand = by_hand(service)
    findings = [service.findings(one) for one in packed]
    check_same([hand(one) for one in packed], findings, "the code by hand")
    for one, facts in zip(packed, patients, strict=True):
        by_name = [
            {name: facts[slot] for name, slot in service.slots_of(index).items()}
            for index in range(len(service.rules))
        ]
        expected = [evaluate(mine.rule, given) for mine, given in zip(service.rules, by_name, strict=True)]
        if service.findings(one) != expected:
            raise SystemExit("the compiled rules and the evaluator disagree")
    parts = {
        "hand": each(hand, packed),
        "codes": each(service.codes, packed),
        "trace": each(service.findings, packed),
        "pack": each(service.pack, patients),
    }
    try:
        decision = zen_decision()
    except ImportError:
        print("  ZEN-ENGINE IS NOT INSTALLED: not compared with it (pip install zen-engine)")
    else:
        zen_facts = [
            {name: plain(fact) for name, fact in zip(SLOTS, facts, strict=True)} for facts in patients
        ]
        results = [decision.evaluate(facts)["result"] for facts in zen_facts]
        check_same([[result[table] for table in ZEN_TABLES] for result in results], findings, "zen-engine")
        parts["zen"] = each(decision.evaluate, zen_facts, 1)
    taken = {
        name: seconds / PATIENTS / (1 if name == "zen" else PASSES) * 1e6
        for name, seconds in medians(parts, ROUNDS).items()
    }
    print(
        f"  one patient, eleven rules: by hand {taken['hand']:.2f} us, codes {taken['codes']:.2f} us, "
        f"trace {taken['trace']:.2f} us; packing the facts, once for each patient, {taken['pack']:.1f} us"
    )
    bounds.line("codes only / by hand", taken["codes"] / taken["hand"], " x", 1.5)
    bounds.line("full trace / by hand", taken["trace"] / taken["hand"], " x", 8)
    if "zen" in taken:
        print(f"  zen-engine {taken['zen']:.0f} us")
        bounds.line("zen-engine / codes only", taken["zen"] / taken["codes"], " x", 9, least=True)
        bounds.line(
            "zen-engine / full trace with packing",
            taken["zen"] / (taken["trace"] + taken["pack"]),
            " x",
            9,
            least=True,
        )
    else:
        bounds.missed.append("zen-engine is not installed")


# ---------------------------------------------------------------- a million patients
def million() -> list[Column]:
    """A column for each slot; one cell in ten is missing."""
    random = np.random.default_rng(11)

    def reasons() -> Any:
        return np.where(random.random(ROWS) < 0.1, random.integers(1, len(REASONS) + 1, ROWS), 0).astype(
            np.uint8
        )

    def names(members: int) -> Categories:
        codes, absent = random.integers(0, members, ROWS).astype(np.uint8), reasons()
        return Categories(np.where(absent > 0, members + absent - 1, codes).astype(np.uint8))

    def amounts(low: float, high: float, digits: int, unit: str) -> Amounts:
        return Amounts(np.round(random.uniform(low, high, ROWS), digits), unit, reasons())

    return [
        amounts(10, 90, 0, "a"), amounts(40, 120, 1, "kg"), amounts(50, 400, 0, "10*3/uL"), names(2),
        amounts(0.3, 4, 1, "1"), names(2), *(names(size) for size in SIZES),
    ]  # fmt: skip


def columns(service: Service, bounds: Bounds) -> None:
    """The same rules over a million patients."""
    table = million()
    hand = by_hand_in_columns()
    ours, theirs = decide(service, table), hand(table)
    meanings: dict[tuple[int, int], object] = {}
    for rule, (one, answer, numbers) in enumerate(zip(service.rules, ours, theirs, strict=True)):
        for pair in np.unique(np.stack([numbers, answer.codes]), axis=1).T.tolist():
            decided = one.outcomes[pair[1]].decided
            meaning = decided.state, str(decided.result), decided.asks
            if meanings.setdefault((rule, pair[0]), meaning) != meaning:
                raise SystemExit(f"tables by hand and columns disagree on rule {rule}: {meaning}")
    parts = {"hand": lambda: hand(table), "ours": lambda: decide(service, table)}
    taken = medians(parts, COLUMN_ROUNDS)
    milliseconds = {name: seconds * 1000 for name, seconds in taken.items()}
    print(
        f"  {ROWS} patients, eleven rules: by hand {milliseconds['hand']:.0f} ms, "
        f"columns {milliseconds['ours']:.0f} ms"
    )
    bounds.line("columns / tables of numpy by hand", taken["ours"] / taken["hand"], " x", 1.2)


# ---------------------------------------------------------------- a thousand rules
def process(what: str, path: Path) -> dict[str, float]:
    """The figures of a fresh process."""
    command = [sys.executable, "-m", "bench.rule_processes", what, str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def thousand(bounds: Bounds) -> None:
    """Parsing, checking and loading in processes of their own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rules.bundle"
        made = process("compile", path)
        runs = [process("load", path) for _ in range(LOADS)]
    load, every = (statistics.median(each[part] for each in runs) for part in ("load", "every"))
    print(
        f"  {runs[0]['rules']:.0f} rules in {made['lines']:.0f} lines; parse and check {made['clock']:.1f} s "
        f"by the clock; a bundle of {runs[0]['bytes'] / 1e6:.1f} MB; reading every rule of it {every:.2f} s"
    )
    bounds.line("parse, time of the processor", made["parse"], " s", 5)
    bounds.line("check, time of the processor", made["check"], " s", 10)
    bounds.line("memory of the process that parses", made["memory"], " MB", 300)
    bounds.line("load of the bundle", load * 1000, " ms", 100)
    bounds.line("memory of the process that loads", runs[0]["memory"], " MB", 300)
    bounds.line("memory with every rule read", runs[0]["memory of all"], " MB", 300)


def main() -> None:
    """Measures and prints."""
    bounds = Bounds()
    service = compile_rules((niraparib(), *gene_rules()))
    scalar(service, bounds)
    columns(service, bounds)
    thousand(bounds)
    print("  bounds: all held" if not bounds.missed else f"  bounds MISSED: {', '.join(bounds.missed)}")


if __name__ == "__main__":
    main()
