"""Reads a gene from its file and checks that its parts belong together."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from dsl import Coding
from kb import files
from kb.errors import KnowledgeBaseError
from kb.genes import Gene, gene_name, score_member

LOINC = "http://loinc.org"


def read_gene(path: Path, answers: Mapping[Coding, str], wordings: Mapping[str, str]) -> Gene:
    """The gene in a file; `answers` and `wordings` are how laboratories report phenotypes of any gene.

    Raises `KnowledgeBaseError`.
    """
    entry = files.read(path, files.GeneFile)
    phenotypes = {pair.phenotype for pair in entry.pairs} | {each.phenotype for each in entry.activity_scores}
    if entry.carried is not None:
        phenotypes |= {"positive", "negative"}
    gene = Gene(
        name=path.stem,
        symbol=entry.symbol,
        hgnc=entry.hgnc or "",
        phenotype_enum=entry.phenotype_enum,
        version=entry.version,
        interpretation_codes=frozenset(Coding(LOINC, code) for code in entry.interpretation_codes),
        functions=entry.alleles,
        pairs={tuple(sorted(pair.functions)): pair.phenotype for pair in entry.pairs},
        answers={code: name for code, name in answers.items() if name in phenotypes},
        wordings=_wordings(entry, {text: name for text, name in wordings.items() if name in phenotypes}),
        other_names=entry.other_names,
        scores={each.score: each.phenotype for each in entry.activity_scores},
        values=entry.activity_values,
        score_enum=entry.score_enum,
        groups=entry.allele_groups if isinstance(entry.allele_groups, dict) else entry.alleles,
        genotype_enum=entry.genotype_enum,
        carried=entry.carried,
        published=entry.phenotypes,
    )
    fault = _fault(path, entry, gene)
    if fault is not None:
        raise KnowledgeBaseError(f"{path}: field {fault}")
    return gene


def _wordings(entry: files.GeneFile, listed: Mapping[str, str]) -> dict[str, str]:
    own = {text.casefold(): name for name, text in entry.phenotypes.items()}
    if entry.carried is not None:
        own |= {f"{entry.symbol}{text}".casefold(): name for text, name in own.items()}
    return {**listed, **own}


def _fault(path: Path, entry: files.GeneFile, gene: Gene) -> str | None:
    """The field that does not fit and why, None if all do."""
    if path.stem != gene_name(entry.symbol, entry.carried):
        return "`symbol`: differs from the name of the file"
    scores = [score_member(each.score) for each in entry.activity_scores]
    if len(set(scores)) != len(scores):
        return "`activity_scores`: the same score is listed twice"
    if len(gene.pairs) != len(entry.pairs):
        return "`pairs`: the same allele functions are listed twice"
    for field, names in (
        ("other_names", entry.other_names.values()),
        ("activity_values", entry.activity_values),
        ("allele_groups", entry.allele_groups if isinstance(entry.allele_groups, dict) else ()),
    ):
        strange = min(set(names) - entry.alleles.keys(), default=None)
        if strange is not None:
            return f"`{field}`: `{strange}` is not among `alleles`"
    if entry.score_enum is not None and not scores:
        return "`score_enum`: there are no `activity_scores`"
    if (entry.genotype_enum is None) != (not entry.allele_groups):
        return "`genotype_enum`: it stands beside `allele_groups`, and neither without the other"
    uncovered = gene.uncovered()
    if uncovered is not None:
        return f"`{'activity_scores' if gene.values else 'pairs'}`: {uncovered} lead to no phenotype"
    return None
