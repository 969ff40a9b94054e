"""Results of the genotype caller PharmCAT, which are JSON or tables but not FHIR.

Read are the matcher's file (`results`), and the reporter's and the phenotyper's (`genes`, `geneReports`),
by gene as version 3 writes them or by guideline and gene as version 2 does; and the tables of calls: what
the reporter writes with one line a gene, and what it takes from other callers ("outside calls").
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from dsl.values import Reason
from fhir_adapters.errors import UnusableReport
from fhir_adapters.genomics.alleles import Genotype, genotype_of, read_allele
from fhir_adapters.genomics.claims import (
    Claim,
    Kind,
    genotype_claim,
    genotypes_in,
    is_of_another_allele,
    phenotype_claim,
    score_claim,
    unusable,
    written,
)
from fhir_adapters.reading import Resource, member, object_member, objects, text_member
from fhir_adapters.terminology import Gene

_GUIDELINES = ("CPIC", "DPWG", "FDA")
_NOTHING = frozenset({"n/a", "no result"})
"""Where PharmCAT has no phenotype or score to tell; that there is no call, the diplotype says."""
_SYMBOL = re.compile(r"[A-Z][A-Z0-9]*(?:-[A-Z0-9]+)?")
_ALLELES = ("allele1", "allele2", "haplotype1", "haplotype2")
_COLUMNS = ("Gene", "Source Diplotype", "Phenotype", "Activity Score")
"""Those of the reporter's table that are read; outside calls have them in this order, without a heading."""


@dataclass(frozen=True, slots=True)
class Calls:
    """What a genotype caller found in one sample."""

    sample: str = ""
    """How it calls the sample; empty if it does not say."""
    by_gene: dict[str, tuple[tuple[str, Resource], ...]] = field(default_factory=dict)
    """Gene symbol to what is said of it, each with its place in the file."""


def pharmcat_calls(report: object) -> Calls:
    """The calls of a PharmCAT result; raises `UnusableReport` for another document."""
    results = list(_results(report))
    metadata = object_member(report, "metadata") or object_member(report, "matcherMetadata")
    # Version 2 has no more than the title of the report.
    sample = text_member(metadata, "sampleId") or text_member(report, "title")
    return Calls(sample or "", _by_gene(results))


def tabled_calls(text: str) -> Calls:
    """The calls of the reporter's table, or of a table of outside calls (gene, diplotype, phenotype, score).

    Raises `UnusableReport` for a text without such lines.
    """
    lines = list(csv.reader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))
    heading = next((number for number, row in enumerate(lines) if row[:1] == ["Gene"]), None)
    named = lines[heading] if heading is not None else list(_COLUMNS)
    if not set(_COLUMNS[:3]) <= set(named):
        raise UnusableReport
    rows = [
        (number, dict(zip(named, (cell.strip() for cell in row), strict=False)))
        for number, row in enumerate(lines, start=1)
        if any(cell.strip() for cell in row) and not row[0].startswith("#")
        if heading is None or number > heading + 1
    ]
    results = [(row["Gene"], f"line {number}", _tabled(row)) for number, row in rows]
    said = all(len(row) > 1 and any(row[name] for name in _COLUMNS[1:] if name in row) for _, row in rows)
    if not results or not all(_SYMBOL.fullmatch(row["Gene"]) for _, row in rows) or not said:
        raise UnusableReport
    return Calls("", _by_gene(results))


def _tabled(row: dict[str, str]) -> Resource:
    diplotype: dict[str, object] = {}
    if row.get("Source Diplotype"):
        diplotype["label"] = row["Source Diplotype"]
    if row.get("Phenotype"):
        diplotype["phenotypes"] = [row["Phenotype"]]
    if row.get("Activity Score"):
        diplotype["activityScore"] = row["Activity Score"]
    return {"sourceDiplotypes": [diplotype]}


def _by_gene(results: Iterable[tuple[str, str, Resource]]) -> dict[str, tuple[tuple[str, Resource], ...]]:
    found: dict[str, tuple[tuple[str, Resource], ...]] = {}
    for symbol, path, result in results:
        found[symbol] = (*found.get(symbol, ()), (path, result))
    return found


def _results(report: object) -> Iterator[tuple[str, str, Resource]]:
    """Gene symbol, path and result."""
    if isinstance(member(report, "results"), list):
        for result in objects(report, "results"):
            symbol = text_member(result, "gene")
            if symbol is not None:
                yield symbol, f"results.{symbol}", result
        return
    name = "genes" if object_member(report, "genes") is not None else "geneReports"
    called = object_member(report, name)
    if called is None:
        raise UnusableReport
    by_guideline = [each for each in _GUIDELINES if object_member(called, each)]
    for guideline in by_guideline or [""]:
        by_gene = object_member(called, guideline) or called
        for symbol in by_gene:
            one = object_member(by_gene, symbol)
            if one is not None:
                yield symbol, ".".join(filter(None, (name, guideline, symbol))), one


def call_claims(result: Resource, gene: Gene) -> Iterator[Claim]:
    """What a call says of its gene.

    The diplotypes are alternatives; an allele that could not be called for want of positions stays possible
    in each copy. PharmCAT's own phenotypes and scores are claims beside what follows from the diplotypes.
    """
    # For genes whose variants are reported one by one the pair to look up is the recommendation's.
    diplotypes = (
        objects(result, "recommendationDiplotypes")
        or objects(result, "sourceDiplotypes")
        or objects(result, "diplotypes")
    )
    uncalled = tuple(
        allele
        for name in _texts(result, "uncalledHaplotypes", "uncallableHaplotypes")
        for allele in read_allele(name, gene)
    )
    told = [each for each in diplotypes if not _is_bare(each)]
    genotypes = [_genotype(diplotype, uncalled, gene) for diplotype in told]
    if genotypes and all(genotypes):
        alternatives = (pair for genotype in genotypes if genotype for pair in genotype.alternatives)
        yield genotype_claim(Genotype(None, tuple(dict.fromkeys(alternatives))), gene)
    elif told or not diplotypes:
        yield unusable(Kind.GENOTYPE, Reason.NO_VALUE)
    for diplotype in diplotypes:
        for text in _texts(diplotype, "phenotypes"):
            if text.casefold() in _NOTHING:
                continue
            said = written(text)
            reported = phenotype_claim(said, gene)
            if reported is not None or not is_of_another_allele(said):
                yield reported or unusable(Kind.PHENOTYPE, Reason.NO_VALUE)
        score = text_member(diplotype, "activityScore")
        if score is not None and score.casefold() not in _NOTHING:
            yield score_claim(written(score), gene)


def _is_bare(diplotype: Resource) -> bool:
    """Whether an outside call is a phenotype or a score alone."""
    named = any(diplotype.get(name) is not None for name in (*_ALLELES, "name", "label"))
    return not named and ("phenotypes" in diplotype or "activityScore" in diplotype)


def _genotype(diplotype: Resource, uncalled: tuple[str, ...], gene: Gene) -> Genotype | None:
    names = [
        text_member(allele, "name")
        for key in _ALLELES
        if (allele := object_member(diplotype, key)) is not None
    ]
    copies = [read_allele(name, gene) for name in names if name is not None]
    if len(copies) == 2 and all(copies):
        return genotype_of(*(dict.fromkeys((*copy, *uncalled)) for copy in copies))
    # Labels of other versions, and the one name of a gene of which there is one copy.
    label = (
        text_member(diplotype, "name") or text_member(diplotype, "label") or "".join(filter(None, names[:1]))
    )
    readings = genotypes_in(written(label), gene)
    return readings[0] if len(readings) == 1 and not uncalled else None


def _texts(element: Resource, *names: str) -> tuple[str, ...]:
    return tuple(
        text
        for name in names
        if isinstance(listed := member(element, name), list)
        for text in listed
        if isinstance(text, str)
    )
