"""Pharmacogenomic answers for one person: every gene's diplotype, and every rule of every source.

The bounds are times, and machines differ: beside them stands what a plain look-up of the same diplotypes
takes in the same run, so that two runs can be compared.
"""

from __future__ import annotations

import gc
import statistics
import sys
import time
import tracemalloc
from argparse import ArgumentParser
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations_with_replacement
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.pgx_beside_pypgx import HOW, beside
from cds.decision.lookups import Lookups, Result, guidance, result_of_diplotype
from dsl import Rule, evaluate
from dsl.evaluator.kept import KeptDecisions
from kb import BUNDLED, KnowledgeBase, load
from kb.release import load_release, pack, read_release, read_sources

SOURCES = ("CPIC", "DPWG", "FDA")
ROUNDS = 60
FULL_MS, ONE_DRUG_US, LOAD_MS, MEMORY_MB = 5.0, 200.0, 150.0, 60.0


def diplotypes(knowledge: KnowledgeBase) -> dict[str, str]:
    """A diplotype of each gene: its first and its last allele."""
    found = {"HLA-A": "*31:01/*02:01", "HLA-B": "*57:01/*15:02"}
    for gene in knowledge.genes():
        if gene.carried is None:
            names = list(gene.functions)
            single = any(len(pair) == 1 for pair in gene.pairs)
            found[gene.symbol] = names[0] if single else f"{names[0]}/{names[-1]}"
    return found


def beyond_evaluation(rule: Rule, results: dict[str, Result], knowledge: KnowledgeBase) -> float:
    """Seconds for the answer of one rule, nothing kept from others, less those of its evaluation."""
    facts = Lookups(results, knowledge).recommended(rule).finding.facts
    alone = replace(rule, population_condition=None)
    whole = median(lambda: Lookups(results, knowledge).recommended(rule))
    return whole - median(lambda: evaluate(alone, facts))


def median(part: Callable[[], object]) -> float:
    """Seconds."""
    taken = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        part()
        taken.append(time.perf_counter() - begin)
    return statistics.median(taken)


def memory(path: Path) -> float:
    """Bytes that the knowledge base of a release takes up when it is loaded."""
    gc.collect()
    tracemalloc.start()
    kept = load_release(read_release(path))
    gc.collect()
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept.rules
    return taken


def main() -> None:
    """Measures and prints; the exit code says whether the bounds held."""
    options = ArgumentParser(description=__doc__)
    options.add_argument("--peer", type=Path, help="a Python interpreter that has PyPGx 0.27")
    peer: Path | None = options.parse_args().peer
    knowledge = load()
    person = diplotypes(knowledge)
    table = {
        (gene.symbol, f"{one}/{other}"): gene.phenotypes(f"{one}/{other}")
        for gene in knowledge.genes()
        for one, other in combinations_with_replacement(list(gene.functions)[:40], 2)
    }
    rules = [rule for source in SOURCES for rule in guidance(source, knowledge)]

    def results() -> dict[str, Result]:
        return {symbol: result_of_diplotype(symbol, text, knowledge) for symbol, text in person.items()}

    def full() -> object:
        lookups = Lookups(results(), knowledge)
        return [lookups.recommended(rule) for rule in rules]

    def first() -> object:
        """As `full`, with nothing kept from anybody before."""
        lookups = Lookups(results(), replace(knowledge, decisions=KeptDecisions()))
        return [lookups.recommended(rule) for rule in rules]

    known = results()
    plain = median(lambda: [table.get((symbol, text)) for symbol, text in person.items()])
    cold, whole = median(first) * 1e3, median(full) * 1e3
    slowest = max(beyond_evaluation(rule, known, knowledge) for rule in rules) * 1e6
    with TemporaryDirectory() as scratch:
        path = Path(scratch) / "bundled.release"
        path.write_bytes(pack(knowledge, read_sources(BUNDLED)))
        loading = median(lambda: load_release(read_release(path))) * 1e3
        megabytes = memory(path) / 1e6
    print(
        f"  {len(person)} genes, {len(rules)} rules of {', '.join(SOURCES)}; "
        f"a plain look-up takes {plain * 1e6:.1f} us"
    )
    held = True
    for name, figure, bound, unit in (
        ("one person, all genes and rules", whole, FULL_MS, "ms"),
        ("one rule beyond its evaluation, slowest", slowest, ONE_DRUG_US, "us"),
        ("release of the knowledge base loaded", loading, LOAD_MS, "ms"),
        ("memory of the knowledge base", megabytes, MEMORY_MB, "MB"),
    ):
        held &= figure <= bound
        verdict = "held" if figure <= bound else "MISSED"
        print(f"  {name:41} {figure:7.2f} {unit}, at most {bound:g}: {verdict}")
    print(f"  {'the same for the first such person':41} {cold:7.2f} ms")
    if peer is None:
        print(f"  {HOW}")
    else:
        beside(peer, known, knowledge)
    if not held:
        sys.exit(1)


if __name__ == "__main__":
    main()
