"""How the genetic results of a chart hang together: contained, grouped, derived, reported."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fhir_adapters.chart import Chart
from fhir_adapters.genomics.codes import GENETIC_RESULTS, role_of_wording
from fhir_adapters.genomics.genes import studied_genes
from fhir_adapters.genomics.results import Result, result_of
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

    results: tuple[Result, ...]
    """Those that may speak of genes, the ones contained in reports and groups among them."""
    _resolver: Resolver
    _groups: dict[str, list[Entry]]
    _behind_genotypes: frozenset[str]
    _withdrawn: frozenset[str]
    _genes: tuple[Gene, ...]

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
        return tuple([each for each in self.derived_from(genotype) if HAPLOTYPE in each.codes])

    def groups_of(self, entry: Entry) -> tuple[Entry, ...]:
        """The Observations of which this one is a member."""
        return tuple(self._groups.get(self.key(entry), ()))

    def studied(self, entry: Entry) -> frozenset[str]:
        """Symbols in the gene-studied components of an Observation."""
        return studied_genes(entry.resource, self._genes)

    def is_behind_genotype(self, haplotype: Entry) -> bool:
        """Whether a genotype is derived from this haplotype."""
        return self.key(haplotype) in self._behind_genotypes

    def is_withdrawn(self, entry: Entry) -> bool:
        """Whether every report of this result was entered in error or cancelled."""
        return self.key(entry) in self._withdrawn


def links_of(chart: Chart, genes: tuple[Gene, ...]) -> Links:
    """The links among the DiagnosticReports and the Observations of a chart that may speak of genes."""
    own = tuple(_speaking(chart, _LISTED.union(*(gene.interpretation_codes for gene in genes))))
    reports = tuple(chart.of_types("DiagnosticReport"))
    observations = (*own, *(each for holder in (*own, *reports) for each in _contained(holder, chart)))
    results = tuple([result_of(entry, genes) for entry in observations])
    groups: dict[str, list[Entry]] = {}
    behind: set[str] = set()
    for result in results:
        for member in _resolved(chart.resolver, result.entry, "hasMember"):
            groups.setdefault(Links.key(member), []).append(result.entry)
        if GENOTYPE in result.whole.codes:
            behind |= {Links.key(each) for each in _resolved(chart.resolver, result.entry, "derivedFrom")}
    withdrawn: set[str] = set()
    upheld: set[str] = set()
    for report in reports:
        reported = {Links.key(each) for each in _resolved(chart.resolver, report, "result")}
        if text_member(report.resource, "status") in _WITHDRAWN:
            withdrawn |= reported
        else:
            upheld |= reported
    return Links(results, chart.resolver, groups, frozenset(behind), frozenset(withdrawn - upheld), genes)


def _speaking(chart: Chart, listed: frozenset[Coding]) -> Iterator[Entry]:
    """The Observations that may speak of genes, by their code, its wording or their structure."""
    coded, worded = chart.index("Observation")
    told = {id(entry) for coding in listed & coded.keys() for entry in coded[coding]}
    told |= {id(entry) for text, found in worded.items() if role_of_wording(text) for entry in found}
    for entry in chart.of_types("Observation"):
        if id(entry) in told or not entry.resource.keys().isdisjoint(_STRUCTURE):
            yield entry


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
