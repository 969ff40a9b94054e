"""How the genetic results of a chart hang together: contained, grouped, derived, reported."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fhir_adapters.chart import Chart
from fhir_adapters.genomics.codes import GENETIC_RESULTS, named_role
from fhir_adapters.genomics.genes import studied_genes
from fhir_adapters.prefetch import GENOTYPE, HAPLOTYPE, IMPLICATIONS
from fhir_adapters.reading import objects, text_member
from fhir_adapters.references import Entry, Resolver, Whose
from fhir_adapters.terminology import Coding, Gene

_LISTED = GENETIC_RESULTS | IMPLICATIONS
_STRUCTURE = frozenset({"component", "derivedFrom", "hasMember", "contained"})
_WITHDRAWN = frozenset({"entered-in-error", "cancelled"})


@dataclass(frozen=True, slots=True)
class Links:
    """The Observations of a chart and what refers to them."""

    observations: tuple[Entry, ...]
    """Those that may speak of genes, the ones contained in reports and groups among them."""
    _resolver: Resolver
    _groups: dict[str, list[Entry]]
    _behind_genotypes: frozenset[str]
    _withdrawn: frozenset[str]
    _genes: tuple[Gene, ...]
    _studied: dict[str, frozenset[str]]
    """The genes that each of the Observations names, by its path: every gene asks for them."""

    @staticmethod
    def key(entry: Entry) -> str:
        """One name for all copies of one resource."""
        identifier = text_member(entry.resource, "id")
        return f"{entry.type}/{identifier}" if identifier else entry.full_url or entry.path

    def derived_from(self, entry: Entry) -> tuple[Entry, ...]:
        """The resources at hand that an Observation is derived from, each once."""
        return _distinct(_resolved(self._resolver, entry, "derivedFrom"))

    def haplotypes_behind(self, genotype: Entry) -> tuple[Entry, ...]:
        """The haplotype Observations that a genotype is derived from."""
        return tuple(each for each in self.derived_from(genotype) if HAPLOTYPE in each.codes)

    def groups_of(self, entry: Entry) -> tuple[Entry, ...]:
        """The Observations of which this one is a member."""
        return tuple(self._groups.get(self.key(entry), ()))

    def studied(self, entry: Entry) -> frozenset[str]:
        """Symbols in the gene-studied components of an Observation."""
        found = self._studied.get(entry.path)
        return studied_genes(entry.resource, self._genes) if found is None else found

    def is_behind_genotype(self, haplotype: Entry) -> bool:
        """Whether a genotype is derived from this haplotype."""
        return self.key(haplotype) in self._behind_genotypes

    def is_withdrawn(self, entry: Entry) -> bool:
        """Whether every report of this result was entered in error or cancelled."""
        return self.key(entry) in self._withdrawn


def links_of(chart: Chart, genes: tuple[Gene, ...]) -> Links:
    """The links among the DiagnosticReports and the Observations of a chart that may speak of genes."""
    listed = _LISTED.union(*(gene.interpretation_codes for gene in genes))
    reports = tuple(chart.of_types("DiagnosticReport"))
    own = tuple(entry for entry in chart.of_types("Observation") if _may_speak(entry, listed))
    observations = (*own, *(each for holder in (*own, *reports) for each in _contained(holder, chart)))
    groups: dict[str, list[Entry]] = {}
    behind: set[str] = set()
    for entry in observations:
        for member in _resolved(chart.resolver, entry, "hasMember"):
            groups.setdefault(Links.key(member), []).append(entry)
        if GENOTYPE in entry.codes:
            behind |= {Links.key(each) for each in _resolved(chart.resolver, entry, "derivedFrom")}
    withdrawn: set[str] = set()
    upheld: set[str] = set()
    for report in reports:
        results = {Links.key(each) for each in _resolved(chart.resolver, report, "result")}
        if text_member(report.resource, "status") in _WITHDRAWN:
            withdrawn |= results
        else:
            upheld |= results
    return Links(
        observations,
        chart.resolver,
        groups,
        frozenset(behind),
        frozenset(withdrawn - upheld),
        genes,
        {entry.path: studied_genes(entry.resource, genes) for entry in observations},
    )


def _may_speak(observation: Entry, listed: frozenset[Coding]) -> bool:
    return (
        not _STRUCTURE.isdisjoint(observation.resource)
        or not listed.isdisjoint(observation.codes)
        or named_role(observation.resource) is not None
    )


def _contained(holder: Entry, chart: Chart) -> Iterator[Entry]:
    """The Observations inside a resource, in which fragments still point into that resource."""
    inside = objects(holder.resource, "contained")
    url = chart.patient.full_url if chart.patient else None
    for index, resource in enumerate(inside):
        if resource.get("resourceType") != "Observation" or "modifierExtension" in resource:
            continue
        subject = resource.get("subject", holder.resource.get("subject"))
        whose = chart.resolver.whose(subject, holder, chart.patient_id, url)
        yield Entry(
            f"{holder.path}.contained[{index}]",
            {**resource, "contained": list(inside)},
            None,
            holder.bundle,
            whose is Whose.THIS_PATIENT,
        )


def _resolved(resolver: Resolver, entry: Entry, name: str) -> Iterator[Entry]:
    for reference in objects(entry.resource, name):
        found = resolver.resolve(reference, entry)
        if found is not None:
            yield found


def _distinct(entries: Iterator[Entry]) -> tuple[Entry, ...]:
    return tuple({Links.key(entry): entry for entry in entries}.values())
