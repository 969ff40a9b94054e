"""What an Observation says of genes in general, before any one gene is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from fhir_adapters.genomics.claims import Value, value_of
from fhir_adapters.genomics.codes import ADVICE, GENE_STUDIED, Role, codes_of, mentioned, named_role
from fhir_adapters.genomics.genes import genes_by_code, studied_genes
from fhir_adapters.prefetch import IMPLICATIONS
from fhir_adapters.reading import Resource, objects
from fhir_adapters.references import Entry
from fhir_adapters.terminology import Coding, Gene


@dataclass(frozen=True)
class Part:
    """An Observation, or a component of one, and what its code says of its value.

    Without slots: every gene asks for the value, which is read once.
    """

    element: Resource
    codes: frozenset[Coding]
    role: tuple[Role, str | None] | None
    by_code: frozenset[str]
    """The genes of which its code is a listed one."""

    @cached_property
    def value(self) -> Value:
        """What its value says."""
        return value_of(self.element)

    @property
    def implication(self) -> bool:
        """Whether its value is what a genotype means for a drug."""
        return not self.codes.isdisjoint(IMPLICATIONS)

    @property
    def is_our_advice(self) -> bool:
        """Whether its value is what a report of ours says of a drug: it follows from results, and is none."""
        return self.implication and any(coding.system == ADVICE for coding in self.value.coded)

    def named(self, genes: tuple[Gene, ...]) -> frozenset[str]:
        """The genes that its own wording names, else its code."""
        return mentioned(self.element, genes) or self.by_code


@dataclass(frozen=True, slots=True)
class Result:
    """An Observation that may speak of genes."""

    entry: Entry
    whole: Part
    parts: tuple[Part, ...]
    """The components whose value is about a gene."""
    studied: frozenset[str]
    """The genes in its gene-studied components."""


def result_of(entry: Entry, genes: tuple[Gene, ...]) -> Result:
    """The result in an Observation."""
    components = objects(entry.resource, "component")
    parts = [_part(each, genes) for each in components]
    speaking = [
        part
        for part in parts
        if GENE_STUDIED not in part.codes and (part.role is not None or part.by_code or part.implication)
    ]
    studied = studied_genes(entry.resource, genes) if components else frozenset()
    return Result(entry, _part(entry.resource, genes), tuple(speaking), studied)


def _part(element: Resource, genes: tuple[Gene, ...]) -> Part:
    codes = codes_of(element)
    return Part(element, codes, named_role(element), genes_by_code(codes, genes))
