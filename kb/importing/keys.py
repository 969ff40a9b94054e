"""The keys of a guideline as members of enums: `Poor Metabolizer` is `poor`, `≥3.0` is `as3_or_more`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dsl import Diagnostic, Names
from kb.errors import KnowledgeBaseError
from kb.genes import NO_RESULT, gene_name, score_member
from kb.importing.fact_table import FactRow
from kb.loader import read_rules

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
    """`phenotype` or `score`."""
    enum: Enum

    @property
    def name(self) -> str:
        """The name of the input."""
        return self.gene.lower()

    @property
    def members(self) -> tuple[Member, ...]:
        """Every state that the gene can be in; no result is the last."""
        return (*self.enum.labels, None)


def read_genes(root: Path, names: Names) -> Genes:
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
    return Genes(phenotypes, {gene: enums[name] for gene, name in names.scores.items() if name in enums})


def axes_of(rows: Iterable[FactRow], genes: Genes) -> tuple[Axis, ...]:
    """The genes of the rows of one drug, in alphabetical order.

    Raises `KeyError` with a sentence for a gene that the knowledge base lacks, and for one of which the rows
    name more than one allele.
    """
    words: dict[str, list[str]] = {}
    for row in rows:
        for gene, keys in row.keys:
            words.setdefault(gene, []).extend(keys)
    return tuple(_axis(gene, words[gene], genes) for gene in sorted(words))


def member_of(axis: Axis, word: str) -> Member:
    """The member that a key means; raises `KeyError` with a sentence for one that the gene does not have."""
    if word == NO_RESULT:
        return None
    allele = _ALLELE.fullmatch(word)
    member = allele[2] if allele else score_member(word) if axis.source == "score" else _phenotype(word)
    if member not in axis.enum.labels:
        raise KeyError(f"`{word}` is no key of {axis.shown}: the enum {axis.enum.name} has no `{member}`")
    return member


def _axis(gene: str, words: Iterable[str], genes: Genes) -> Axis:
    alleles = sorted({found[1] for word in words if (found := _ALLELE.fullmatch(word))})
    if len(alleles) > 1:
        raise KeyError(f"expected one allele of {gene} for each drug, not {' and '.join(alleles)}")
    shown = gene + "".join(alleles)
    name = gene_name(shown)
    # Of a gene with activity scores the guidelines name these in place of phenotypes.
    source, known = ("score", genes.scores) if name in genes.scores else ("phenotype", genes.phenotypes)
    if name not in known:
        raise KeyError(f"the knowledge base has no gene `{name}` with an enum of its {source}s")
    return Axis(gene, name, shown, source, known[name])


def _phenotype(word: str) -> str:
    plain = word.lower()
    while plain != (shorter := _LEFT_OUT.sub("", plain)):
        plain = shorter
    return re.sub(r"[^a-z0-9]+", "_", plain)
