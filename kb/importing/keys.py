"""The keys of a guideline as members of enums: `Poor Metabolizer` is `poor`, `≥3.0` is `as3_or_more`."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from dsl import Diagnostic, Names
from kb.errors import KnowledgeBaseError
from kb.genes import NO_RESULT, Gene, gene_name, score_member
from kb.importing.fact_table import Answer, FactRow
from kb.loader import read_rules
from kb.source_keys import result_of_key

Member = str | None
"""A member of the enum of a gene; None where there is no result."""

UNRESOLVED: Final = frozenset({None, "indeterminate", "unassigned"})
"""What says as little about a gene as not testing it."""

_LEFT_OUT: Final = re.compile(
    r" metabolizer$| of aminoglycoside-induced hearing loss$|^ivacaftor | in cf patients$"
)
_ALLELE: Final = re.compile(r"(\*[0-9]+:[0-9]+) (positive|negative)")


@dataclass(frozen=True, slots=True)
class Enum:
    """An enum of a vocabulary: its members in order, each with the words for people."""

    name: str
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Genes:
    """The genes of a knowledge base, as far as rules may read their phenotypes and scores."""

    phenotypes: Mapping[str, Enum]
    scores: Mapping[str, Enum]
    table: Mapping[str, Gene] = field(default_factory=dict)
    """The genes themselves, by the names that they have in rules."""
    genotypes: Mapping[str, Enum] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Axis:
    """One gene by which the rows of a drug are told apart."""

    table_gene: str
    """As the table writes it: `HLA-B`."""
    gene: str
    """As rules write it: `HLA_B_57_01`."""
    shown: str
    """As people write it: `HLA-B*57:01`."""
    source: str
    """`phenotype`, `score` or `genotype`."""
    enum: Enum
    of: Gene | None = None

    @property
    def name(self) -> str:
        """The name of the input."""
        return f"{self.gene.lower()}_genotype" if self.source == "genotype" else self.gene.lower()

    @property
    def members(self) -> tuple[Member, ...]:
        """Every state that the gene can be in; no result is the last."""
        return (*self.enum.labels, None)


def read_genes(root: Path, names: Names, table: Mapping[str, Gene]) -> Genes:
    """The genes of the knowledge base in a folder; raises `KnowledgeBaseError` for a faulty vocabulary."""
    enums: dict[str, Enum] = {}
    for path in sorted((root / "vocabulary").rglob("*.rule")):
        file = read_rules(path, root)
        if isinstance(file, Diagnostic):
            raise KnowledgeBaseError(f"{path}:{file.span.line}: {file.message}; see `bespoke check`")
        for enum in file.enums:
            labels = {member.name.text: member.label for member in enum.members}
            enums[enum.name.text] = Enum(enum.name.text, labels)
    phenotypes = {gene: enums[name] for gene, name in names.genes.items() if name in enums}
    scores = {gene: enums[name] for gene, name in names.scores.items() if name in enums}
    genotypes = {gene: enums[name] for gene, name in names.genotypes.items() if name in enums}
    return Genes(phenotypes, scores, table, genotypes)


def axes_of(rows: Iterable[FactRow], genes: Genes) -> tuple[Axis, ...]:
    """The genes of the rows of one drug, in alphabetical order; behind a gene its alleles if keys name them.

    A gene that rows name without a key is there with every allele that the knowledge base asks about. Raises
    `KeyError` with a sentence for a gene that the knowledge base lacks, and for one of which the rows name
    more than one allele.
    """
    rows = list(rows)
    words: dict[str, list[str]] = {}
    whole = set()
    for row in rows:
        for gene, keys in row.keys:
            words.setdefault(gene, []).extend(keys)
            if not keys:
                whole.add(gene)
    found: list[Axis] = []
    for gene in sorted(words):
        if gene in whole:
            found += _every_allele(gene, genes)
        else:
            axis = _keyed(gene, words[gene], genes)
            found.append(axis)
            if axis.gene in genes.genotypes and _needs_alleles(axis, rows):
                found.append(replace(axis, source="genotype", enum=genes.genotypes[axis.gene]))
    return tuple(found)


def _needs_alleles(axis: Axis, rows: Iterable[FactRow]) -> bool:
    """Whether rows name alleles, and one score has two answers without them."""
    keyed = [
        (row, word) for row in rows for gene, keys in row.keys if gene == axis.table_gene for word in keys
    ]
    answers: dict[Member, set[Answer]] = defaultdict(set)
    for row, word in keyed:
        for member in _members(axis, word):
            answers[member].add(row.answer)
    return any(genotypes_of(axis, word) for _, word in keyed) and any(
        len(each) > 1 for each in answers.values()
    )


def members_of(axis: Axis, word: str) -> tuple[Member, ...]:
    """The members that a key leaves possible: more than one where a gene is read by something finer.

    Raises `KeyError` with a sentence for one that the gene does not have.
    """
    if word == NO_RESULT:
        return (None,)
    allele = _ALLELE.fullmatch(word)
    member = allele[2] if allele else score_member(word) if axis.source == "score" else _phenotype(word)
    if member in axis.enum.labels:
        return (member,)
    found = _members(axis, word)
    if not found:
        raise KeyError(f"`{word}` is no key of {axis.shown}: the enum {axis.enum.name} has no `{member}`")
    return found


def _members(axis: Axis, word: str) -> tuple[Member, ...]:
    if axis.of is None:
        return ()
    key = result_of_key(axis.of, word)
    if axis.source != "score":
        return key.phenotypes
    return key.scores or tuple(
        score for each in key.phenotypes for score in axis.of.scores_of_phenotype(each)
    )


def genotypes_of(axis: Axis, word: str) -> tuple[Member, ...]:
    """The genotypes that a key means; none if it means any with its phenotype or score."""
    return result_of_key(axis.of, word).genotypes if axis.of else ()


def is_about(axis: Axis, word: str) -> bool:
    """Whether a key of the axis's gene is one of this axis: an HLA key names its allele."""
    allele = _ALLELE.fullmatch(word)
    return allele is None or axis.shown == axis.table_gene + allele[1]


def _keyed(gene: str, words: Iterable[str], genes: Genes) -> Axis:
    alleles = sorted({found[1] for word in words if (found := _ALLELE.fullmatch(word))})
    if len(alleles) > 1:
        raise KeyError(f"expected one allele of {gene} for each drug, not {' and '.join(alleles)}")
    return _axis(gene, gene + "".join(alleles), genes)


def _every_allele(gene: str, genes: Genes) -> list[Axis]:
    alleles = [f"{gene}{each.carried or ''}" for each in genes.table.values() if each.symbol == gene]
    return [_axis(gene, shown, genes) for shown in sorted(alleles) or [gene]]


def _axis(gene: str, shown: str, genes: Genes) -> Axis:
    name = gene_name(shown)
    # Of a gene with activity scores the guidelines name these in place of phenotypes.
    source, known = ("score", genes.scores) if name in genes.scores else ("phenotype", genes.phenotypes)
    if name not in known:
        raise KeyError(f"the knowledge base has no gene `{name}` with an enum of its {source}s")
    return Axis(gene, name, shown, source, known[name], genes.table.get(name))


def _phenotype(word: str) -> str:
    plain = word.lower()
    while plain != (shorter := _LEFT_OUT.sub("", plain)):
        plain = shorter
    return re.sub(r"[^a-z0-9]+", "_", plain)
