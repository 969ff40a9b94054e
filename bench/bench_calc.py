"""Calculators: a file of cases as a command, imports, each operation warm, two futures, a large network.

The bounds are times, and machines differ: beside each stands what the same machine takes in the same run for
the least that could be meant.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import networkx
import numpy as np

from calc.operations import OPERATIONS, Operation
from cds.calculators import answer

FILE_S, IMPORT_S, FUTURES_MS, OTHER_MS, NETWORK_MS = 3.0, 0.5, 30.0, 1.0, 100.0
DRAWS = 200_000


def median(part: Callable[[], object], rounds: int = 40) -> float:
    """Seconds."""
    taken = []
    for _ in range(rounds):
        begin = time.perf_counter()
        part()
        taken.append(time.perf_counter() - begin)
    return statistics.median(taken)


def command(*words: str) -> float:
    """Seconds of a new process."""
    begin = time.perf_counter()
    subprocess.run([sys.executable, *words], check=False, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begin


def importing(modules: str) -> float:
    """Seconds that a new process imports for, its start and end left out."""
    code = f"import time; begin = time.perf_counter(); import {modules}; print(time.perf_counter() - begin)"
    return float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True).stdout)


def batch(folder: Path) -> Path:
    """The published cases where they are at hand, else three of each operation's examples."""
    reference = Path(os.environ.get("BESPOKE_REFERENCE", ""), "cases", "seed-cases-visible.json")
    if reference.is_file():
        cases = [
            case for case in json.loads(reference.read_text("utf-8"))["cases"] if case["op"] != "guard.decide"
        ]
    else:
        cases = [{"id": name, "op": name, "given": each.example} for name, each in OPERATIONS.items()] * 3
    path = folder / "batch.jsonl"
    lines = (json.dumps({name: case[name] for name in ("id", "op", "given")}) for case in cases)
    path.write_text("\n".join(lines), "utf-8")
    return path


def network(nodes: int, edges: int) -> list[list[str]]:
    """Edges that mostly lead on from the source to the sink, some back."""
    draw = random.Random(7)
    found = {(f"n{at}", f"n{at + 1}") for at in range(nodes - 1)}
    while len(found) < edges:
        one, other = draw.randrange(nodes), draw.randrange(nodes)
        if one != other and abs(one - other) < 40:
            found.add((f"n{one}", f"n{other}"))
    return [list(each) for each in sorted(found)]


def warm(operation: Operation) -> float:
    """Milliseconds of its example."""
    return median(lambda: answer(operation, dict(operation.example))) * 1000


def main() -> int:
    """Prints each figure beside its yardstick; 1 if a bound is missed."""
    missed = []

    def say(what: str, taken: float, bound: float, unit: str, beside: float, yardstick: str) -> None:
        if taken > bound:
            missed.append(what)
        ratio = f"{taken / beside:.1f} times {yardstick}" if beside else yardstick
        print(f"{what}: {taken:.3g} {unit} (bound {bound:g}), {ratio}")

    with TemporaryDirectory() as folder:
        path = batch(Path(folder))
        bare = min(command("-c", "pass") for _ in range(5))
        whole = min(command("-m", "cds.cli", "calc", "--batch", str(path)) for _ in range(3))
        say("all cases as one command", whole, FILE_S, "s", bare, "a bare interpreter")
    imported = min(importing("cds.calculators, cds.cli.calc") for _ in range(5))
    say("imports of it", imported, IMPORT_S, "s", bare, "a bare interpreter")

    rng = np.random.Generator(np.random.PCG64(1))
    futures = OPERATIONS["af.net_benefit"]
    drawing = median(lambda: rng.standard_normal((8, DRAWS)), 10) * 1000
    say("two futures, 200,000 draws", warm(futures), FUTURES_MS, "ms", drawing, "drawing the numbers alone")

    fractions = median(lambda: json.loads(json.dumps(futures.example))) * 1000
    others = {name: warm(each) for name, each in OPERATIONS.items() if name != "af.net_benefit"}
    slowest = max(others, key=lambda name: others[name])
    say(f"slowest other, {slowest}", others[slowest], OTHER_MS, "ms", fractions, "a small object as JSON")

    edges = network(2000, 10_000)
    given = {
        "edges": edges,
        "sources": ["n0"],
        "sink": "n1999",
        "druggable": ["n5", "n700"],
        "block": ["n700"],
    }
    graph: networkx.DiGraph[str] = networkx.DiGraph([(one, other) for one, other in edges])
    dominators = median(lambda: networkx.immediate_dominators(graph, "n0"), 5) * 1000
    taken = median(lambda: answer(OPERATIONS["path.block"], given), 10) * 1000
    say("network of 2,000 nodes", taken, NETWORK_MS, "ms", dominators, "the dominators alone by networkx")
    if missed:
        print(f"missed: {', '.join(missed)}")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
