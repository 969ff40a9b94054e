"""Results of the genotype caller PharmCAT, which are JSON but not FHIR.

Read are the matcher's file (`results`), and the reporter's and the phenotyper's (`genes`, `geneReports`),
by gene as version 3 writes them or by guideline and gene as version 2 does.
"""

from __future__ import annotations

from collections.abc import Iterator

from dsl.values import Datum, Fact, Reason
from fhir_adapters.errors import UnusableReport
from fhir_adapters.genomics.alleles import Genotype, genotype_of, read_allele
from fhir_adapters.genomics.claims import (
    Claim,
    Kind,
    genotype_claim,
    genotypes_in,
    phenotype_claim,
    score_claim,
    unusable,
    written,
)
from fhir_adapters.genomics.phenotype import agreed
from fhir_adapters.reading import Resource, member, object_member, objects, text_member
from fhir_adapters.terminology import Gene, Terminology

_GUIDELINES = ("CPIC", "DPWG", "FDA")


def pharmcat_facts(report: object, terminology: Terminology) -> dict[str, Fact]:
    """The fact about each known gene in a PharmCAT result, by its name in rules.

    The diplotypes of one gene are its alternatives; an allele that could not be called for want of
    positions stays possible in each copy. PharmCAT's own phenotypes and scores are compared with what
    follows from the diplotypes. Raises `UnusableReport` for another document.
    """
    found: dict[str, list[tuple[str, Resource]]] = {}
    for symbol, path, result in _results(report):
        found.setdefault(symbol, []).append((path, result))
    genes = sorted(terminology.genes(), key=lambda gene: gene.name)
    return {gene.name: _fact(found[gene.symbol], gene) for gene in genes if gene.symbol in found}


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


def _fact(results: list[tuple[str, Resource]], gene: Gene) -> Fact:
    claims: list[Claim] = []
    data = []
    for path, result in results:
        for claim in _claims(result, gene):
            data.append(Datum(path, "PharmCAT", None, claim.text, claim.reason))
            if claim.reason is None:
                claims.append(claim)
    return agreed(claims, data)


def _claims(result: Resource, gene: Gene) -> Iterator[Claim]:
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
    genotypes = [_genotype(diplotype, uncalled, gene) for diplotype in diplotypes]
    if genotypes and all(genotypes):
        alternatives = (pair for genotype in genotypes if genotype for pair in genotype.alternatives)
        yield genotype_claim(Genotype(None, tuple(dict.fromkeys(alternatives))), gene)
    else:
        yield unusable(Kind.GENOTYPE, Reason.NO_VALUE)
    for diplotype in diplotypes:
        for text in _texts(diplotype, "phenotypes"):
            reported = phenotype_claim(written(text), gene)
            yield reported or unusable(Kind.PHENOTYPE, Reason.NO_VALUE)
        score = text_member(diplotype, "activityScore")
        if score is not None:
            yield score_claim(written(score), gene)


def _genotype(diplotype: Resource, uncalled: tuple[str, ...], gene: Gene) -> Genotype | None:
    names = [
        text_member(allele, "name")
        for key in ("allele1", "allele2", "haplotype1", "haplotype2")
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
