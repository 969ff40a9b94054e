"""Which genes an Observation is about: its component, then what it is part or consequence of, then its
wording, then its code."""

from __future__ import annotations

from collections.abc import Sequence

from fhir_adapters.genomics.codes import GENE_STUDIED
from fhir_adapters.reading import Resource, codings, objects, words
from fhir_adapters.terminology import Coding, Gene, Named

_HGNC_OBJECT_IDENTIFIER = "urn:oid:2.16.840.1.113883.6.281"


def studied_genes(observation: Resource, genes: Sequence[Named]) -> frozenset[str]:
    """Symbols in gene-studied components; a gene that is not known counts under its own code."""
    named: set[str] = set()
    for component in objects(observation, "component"):
        if GENE_STUDIED in codings(component.get("code")):
            concept = component.get("valueCodeableConcept")
            said = words(concept)
            named |= {_gene_of_coding(coding, genes) for coding in codings(concept) if _is_hgnc(coding)}
            named |= {gene.symbol for gene in genes if gene.symbol in said}
    return frozenset(named)


def genes_by_code(codes: frozenset[Coding], genes: tuple[Gene, ...]) -> frozenset[str]:
    """The genes of which one of these codes is a listed one."""
    return frozenset([gene.symbol for gene in genes if not codes.isdisjoint(gene.interpretation_codes)])


def _is_hgnc(coding: Coding) -> bool:
    return "genenames.org" in coding.system or coding.system == _HGNC_OBJECT_IDENTIFIER


def _gene_of_coding(coding: Coding, genes: Sequence[Named]) -> str:
    # The prefix is left out by some, others write the symbol in place of the number.
    identifier = f"HGNC:{coding.code.removeprefix('HGNC:')}"
    return next(
        (gene.symbol for gene in genes if identifier in (gene.hgnc, f"HGNC:{gene.symbol}")), identifier
    )
