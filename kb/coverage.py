"""What the rules of a knowledge base cover: drugs, genes, pairs and rows, by the source that they follow."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from dsl import Advise, Ask, Lifecycle, Nothing, Rule
from dsl.model import GENETIC, TableDecision
from kb.errors import KnowledgeBaseError
from kb.importing.fact_table import name_of
from kb.knowledge import KnowledgeBase

LEVEL_A: Final = "pgx/cpic_level_a.tsv"
"""The pairs that CPIC gives its highest level, as a file of the knowledge base."""

ENTRY_ONLY: Final = "source-has-entry"
"""The action of a row that nobody has read against its source: it names drug, gene and source, no advice."""

_COLUMNS: Final = ["gene", "drug", "rxnorm"]
_EDITION: Final = "# Edition: "


@dataclass(frozen=True, slots=True)
class Pair:
    """A gene and a drug of CPIC's list, spelled as there."""

    gene: str
    drug: str
    rxnorm: str
    """Empty where none is listed."""


@dataclass(frozen=True, slots=True)
class PairList:
    """The pairs of level A, and the edition of the list."""

    pairs: tuple[Pair, ...]
    edition: str


@dataclass(frozen=True, slots=True)
class SourceCoverage:
    """What the rules that follow one source cover. Only rules that read a gene are counted."""

    source: str
    drugs: int
    genes: int
    pairs: int
    rules: int
    active: int
    rows: int
    """Rows and branches that answer, be it quietly; neither `none` nor a question."""
    entry_only: int
    """Rows among them that say no more than that the source has an entry: nobody has reviewed them."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """The whole of it."""

    sources: tuple[SourceCoverage, ...]
    total: SourceCoverage
    """A drug, gene or pair that several sources cover counts once."""
    edition: str
    """Of the list of level-A pairs."""
    level_a: int
    covered: tuple[Pair, ...]
    """A rule about the drug reads the gene."""
    active: tuple[Pair, ...]
    """An active rule does."""
    missing: tuple[Pair, ...]


def read_pairs(files: Mapping[str, str]) -> PairList:
    """The list of level-A pairs among the files of a knowledge base, empty if it has none.

    Raises `KnowledgeBaseError` for a line that is no pair.
    """
    lines = files.get(LEVEL_A, "").splitlines()
    edition = next((line.removeprefix(_EDITION) for line in lines if line.startswith(_EDITION)), "")
    pairs: list[Pair] = []
    head: list[str] | None = None
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        cells = next(csv.reader([line], delimiter="\t"))
        if head is None:
            head = cells
            if head != _COLUMNS:
                raise KnowledgeBaseError(f"{LEVEL_A}:{number}: expected the columns {', '.join(_COLUMNS)}")
        elif len(cells) != len(_COLUMNS) or not all(cells[:2]) or not (cells[2] + "0").isdigit():
            raise KnowledgeBaseError(f"{LEVEL_A}:{number}: expected a gene, a drug and its RxNorm code")
        else:
            pairs.append(Pair(*cells))
    return PairList(tuple(pairs), edition)


def coverage(knowledge: KnowledgeBase, listed: PairList) -> Coverage:
    """What all rules about genes cover, drafts too; retired and shadow rules do not count."""
    rules = [
        rule
        for rule in knowledge.rules
        if rule.status not in (Lifecycle.RETIRED, Lifecycle.SHADOW) and symbols_of(rule, knowledge)
    ]
    by_source: dict[str, list[Rule]] = {}
    for rule in rules:
        by_source.setdefault(knowledge.publisher(rule), []).append(rule)
    every, some = (
        _pairs_by_code(chosen, knowledge)
        for chosen in (rules, [rule for rule in rules if rule.status is Lifecycle.ACTIVE])
    )
    covered = tuple(pair for pair in listed.pairs if _key(pair) in every)
    return Coverage(
        tuple(_covered(name, mine, knowledge) for name, mine in sorted(by_source.items())),
        _covered("all", rules, knowledge),
        listed.edition,
        len(listed.pairs),
        covered,
        tuple(pair for pair in listed.pairs if _key(pair) in some),
        tuple(pair for pair in listed.pairs if pair not in covered),
    )


def symbols_of(rule: Rule, knowledge: KnowledgeBase) -> frozenset[str]:
    """The symbols of the genes that a rule reads, by phenotype, score or genotype."""
    names = {each.source.name for each in rule.inputs if each.source.kind in GENETIC}
    return frozenset(knowledge.gene(name).symbol for name in names)


def _covered(source: str, rules: Iterable[Rule], knowledge: KnowledgeBase) -> SourceCoverage:
    rules = list(rules)
    pairs = {
        (symbol, drug) for rule in rules for symbol in symbols_of(rule, knowledge) for drug in rule.drugs
    }
    rows = Counter(action for rule in rules for action in _answers(rule))
    return SourceCoverage(
        source,
        len({drug for _, drug in pairs}),
        len({symbol for symbol, _ in pairs}),
        len(pairs),
        len(rules),
        sum(rule.status is Lifecycle.ACTIVE for rule in rules),
        rows.total(),
        rows[ENTRY_ONLY],
    )


def _answers(rule: Rule) -> Iterable[str]:
    """The action of each row or branch that answers; empty where the rule names none."""
    decision = rule.decision
    for part in decision.rows if isinstance(decision, TableDecision) else decision.branches:
        if isinstance(part.result, Advise):
            action = rule.outcome(part.result.outcome).action
            yield "" if action is None else action.value
        elif not isinstance(part.result, Nothing | Ask):
            yield ""


def _pairs_by_code(rules: Iterable[Rule], knowledge: KnowledgeBase) -> set[tuple[str, str]]:
    """Gene symbol with each of the RxNorm code and the name of a drug."""
    return {
        (symbol, key)
        for rule in rules
        for symbol in symbols_of(rule, knowledge)
        for drug in rule.drugs
        for key in (knowledge.drugs[drug].rxnorm, drug)
    }


def _key(pair: Pair) -> tuple[str, str]:
    """By its code; a drug without one by its name."""
    return pair.gene, pair.rxnorm or name_of(pair.drug)
