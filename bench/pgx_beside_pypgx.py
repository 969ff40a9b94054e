"""Our answers and times beside those of PyPGx, for the same diplotypes and drugs in one run."""

from __future__ import annotations

import json
import random
import subprocess
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from cds.decision.lookups import LookupFault, Lookups, Result, guidance, result_of_diplotype
from kb import KnowledgeBase
from kb.coverage import symbols_of

SAMPLED, TIMED, SEED = 5_000, 300, 20_261_121
HOW = (
    "PyPGx is left out; to have it beside: python -m venv peer && peer/bin/pip install pypgx==0.27, "
    "then --peer peer/bin/python"
)


@dataclass(frozen=True, slots=True)
class Peer:
    """What PyPGx answered."""

    version: str
    phenotypes: list[str]
    seconds_of_a_phenotype: float
    seconds_of_a_recommendation: float
    recommendations: int


def sampled(knowledge: KnowledgeBase) -> list[tuple[str, str, str]]:
    """Gene and two alleles, each gene as often as any other, the same in every run."""
    chance = random.Random(SEED)
    genes = {gene.symbol: gene for gene in knowledge.genes() if gene.carried is None}
    symbols = sorted(genes)
    found = []
    for symbol in (chance.choice(symbols) for _ in range(SAMPLED)):
        one, other = (chance.choice(list(genes[symbol].functions)) for _ in range(2))
        found.append((symbol, one, one if _single(symbol) else other))
    return found


def _single(symbol: str) -> bool:
    """Whether there is one copy: PyPGx wants it twice, we once."""
    return symbol == "MT-RNR1"


def ours(gene: str, one: str, other: str, knowledge: KnowledgeBase) -> str:
    """Our phenotype in the words of the source."""
    try:
        written = one if _single(gene) else f"{one}/{other}"
        return " or ".join(result_of_diplotype(gene, written, knowledge).phenotypes)
    except LookupFault:
        return "(none)"


def recommendations(person: dict[str, Result], knowledge: KnowledgeBase) -> list[list[str]]:
    """A question about each drug of CPIC, with the phenotypes of one person."""
    asked = []
    for rule in guidance("CPIC", knowledge):
        genes = [symbol for symbol in sorted(symbols_of(rule, knowledge)) if symbol in person]
        keys = [part for symbol in genes for part in (symbol, person[symbol].phenotypes[0])]
        if 0 < len(genes) <= 2:
            asked += [[drug.replace("_", " "), *keys] for drug in rule.drugs]
    return asked


def ask(peer: Path, diplotypes: list[tuple[str, str, str]], drugs: list[list[str]]) -> Peer:
    """The answers of PyPGx; raises `subprocess.CalledProcessError` if the interpreter does not have it."""
    asked = {"diplotypes": diplotypes, "recommendations": drugs, "timed": TIMED}
    script = Path(__file__).with_name("pypgx_answers.py")
    ran = subprocess.run(
        [peer, script], input=json.dumps(asked), capture_output=True, text=True, check=True, timeout=900
    )
    return Peer(**json.loads(ran.stdout))


def beside(peer: Path, person: dict[str, Result], knowledge: KnowledgeBase) -> None:
    """Prints times with their ratio, and the classes in which the answers differ."""
    diplotypes = sampled(knowledge)
    asked = recommendations(person, knowledge)
    theirs = ask(peer, diplotypes, asked)
    begin = time.perf_counter()
    found = [ours(*each, knowledge) for each in diplotypes]
    phenotype = (time.perf_counter() - begin) / len(diplotypes)
    rules = guidance("CPIC", knowledge)
    begin = time.perf_counter()
    lookups = Lookups(person, knowledge)
    for rule in rules:
        lookups.recommended(rule)
    recommended = (time.perf_counter() - begin) / len(rules)
    print(f"  beside PyPGx {theirs.version}:")
    for name, mine, their in (
        ("predict_phenotype, one diplotype", phenotype, theirs.seconds_of_a_phenotype),
        ("get_recommendation, one drug", recommended, theirs.seconds_of_a_recommendation),
    ):
        print(f"  {name:41} {mine * 1e6:7.1f} us, PyPGx {their * 1e6:9.1f} us: {their / mine:.0f} times")
    both = [
        (gene, one, other)
        for (gene, *_), one, other in zip(diplotypes, found, theirs.phenotypes, strict=True)
        if not other.startswith("(")
    ]
    unlisted = Counter(
        gene for (gene, *_), other in zip(diplotypes, theirs.phenotypes, strict=True) if other.startswith("(")
    )
    differ = Counter(each for each in both if not _same(*each))
    print(f"  {theirs.recommendations} of {len(asked)} questions about a drug are answered by PyPGx")
    print(
        f"  of {SAMPLED} sampled diplotypes PyPGx answers {len(both)}, "
        f"{len(both) - differ.total()} as we do; alleles that it does not list:"
    )
    print(f"  {', '.join(f'{gene} {count}' for gene, count in unlisted.most_common())}")
    print("  where both answer and differ:")
    for (gene, one, other), count in differ.most_common():
        print(f"  {count:7} {gene:8} ours {one}, PyPGx {other}")


def _same(gene: str, one: str, other: str) -> bool:
    """PyPGx writes `G6PD Deficient`, and some words in upper case."""
    return one.casefold() == other.removeprefix(f"{gene} ").casefold()
