"""The fact about a gene: whether all that is on file agrees."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from dsl.model import Input
from dsl.values import Datum, Fact, Reason, known, missing
from fhir_adapters.chart import Chart
from fhir_adapters.evidence import datum, first_reason, in_order, unusable_observation
from fhir_adapters.genomics.claims import Claim, Kind
from fhir_adapters.genomics.links import Links, links_of
from fhir_adapters.genomics.pharmcat import call_claims, pharmcat_calls
from fhir_adapters.genomics.statements import statements
from fhir_adapters.genomics.transplants import transplants
from fhir_adapters.instants import effective_moment, unusable_time
from fhir_adapters.reading import Resource
from fhir_adapters.terminology import Gene, Terminology

_RANKING = (
    Reason.CONFLICT,
    Reason.NO_VALUE,
    Reason.FUTURE,
    Reason.STALE,
    Reason.UNDATED,
    Reason.STATUS,
    Reason.SUBJECT,
)
_CALLER = "PharmCAT"
_TRANSPLANT = "after a transplant of stem cells or liver a germline result may not be that of the liver"


@dataclass(frozen=True, slots=True)
class GeneticResults:
    """What all genes share: the results of a chart with their links, and the transplants."""

    genes: tuple[Gene, ...]
    links: Links
    donors: tuple[Datum, ...]
    called: Mapping[str, tuple[tuple[str, Resource], ...]]
    """What a genotype caller found, by symbol."""


def genetic_results(chart: Chart, terminology: Terminology) -> GeneticResults:
    """The genetic results of a chart, to be asked for one gene after the other."""
    genes = tuple(terminology.genes())
    return GeneticResults(genes, links_of(chart, genes), transplants(chart), chart.called)


def phenotype_fact(item: Input, results: GeneticResults, as_of: datetime, gene: Gene) -> Fact:
    """The fact of an input `from phenotype GENE`: all phenotypes that usable results still allow.

    Germline does not change, so every usable result counts, whatever its date; results that disagree
    and ambiguous genotypes leave several phenotypes possible (H-033, H-034, H-036). After a transplant
    none counts, for the reason `subject`.
    """
    return _fact(item, results, as_of, gene, agreed)


def score_fact(item: Input, results: GeneticResults, as_of: datetime, gene: Gene) -> Fact:
    """The fact of an input `from score GENE`: all activity scores that usable results still allow.

    A reported phenotype allows every score that leads to it; the more exact result decides among them.
    """
    return _fact(item, results, as_of, gene, agreed_scores)


def genotype_fact(item: Input, results: GeneticResults, as_of: datetime, gene: Gene) -> Fact:
    """The fact of an input `from genotype GENE`: all genotypes that usable results still allow.

    What the genes are, not what they do. A phenotype or a score tells a genotype only where no other leads to
    it; otherwise the genotype is missing, and not any of a list that nobody has looked at.
    """
    return _fact(item, results, as_of, gene, agreed_genotypes)


def pharmcat_facts(report: object, terminology: Terminology) -> dict[str, Fact]:
    """The fact about each known gene in a PharmCAT result, by its name in rules.

    Raises `UnusableReport` for another document.
    """
    by_gene = pharmcat_calls(report).by_gene
    facts = {}
    for gene in sorted(terminology.genes(), key=lambda gene: gene.name):
        if gene.symbol in by_gene:
            called = list(_called(by_gene[gene.symbol], gene))
            data = [Datum(place, _CALLER, None, claim.text, claim.reason) for claim, place in called]
            facts[gene.name] = agreed([claim for claim, _ in called if claim.reason is None], data)
    return facts


def _called(calls: Iterable[tuple[str, Resource]], gene: Gene) -> Iterator[tuple[Claim, str]]:
    for place, call in calls:
        for claim in call_claims(call, gene):
            yield claim, place


def _fact(
    item: Input,
    results: GeneticResults,
    as_of: datetime,
    gene: Gene,
    settle: Callable[[list[Claim], Iterable[Datum]], Fact],
) -> Fact:
    claims: list[Claim] = []
    data: list[Datum] = []
    links, donors = results.links, results.donors
    for statement in statements(gene, results.genes, links):
        entry = statement.entry
        moment = effective_moment(entry.resource, as_of)
        withdrawn = Reason.STATUS if links.is_withdrawn(entry) else None
        reason = unusable_observation(entry) or withdrawn or unusable_time(moment, as_of, item.within)
        for claim in statement.claims:
            why = reason or claim.reason or (Reason.SUBJECT if donors else None)
            data.append(datum(entry, claim.text, why, moment.written))
            if why is None:
                claims.append(claim)
    for claim, place in _called(results.called.get(gene.symbol, ()), gene):
        why = claim.reason or (Reason.SUBJECT if donors else None)
        data.append(Datum(place, _CALLER, None, claim.text, why))
        if why is None:
            claims.append(claim)
    if not donors:
        return settle(claims, data)
    reason = first_reason((found.reason for found in data), (Reason.SUBJECT, *_RANKING))
    return missing(reason or Reason.MISSING, *in_order([*data, *donors]), explanation=_TRANSPLANT)


def agreed(claims: list[Claim], data: Iterable[Datum]) -> Fact:
    """What usable claims leave possible; without one the first reason among the data."""
    listed = in_order(data)
    if not claims:
        reason = first_reason((found.reason for found in listed), _RANKING)
        return missing(reason or Reason.MISSING, *listed)
    possible = tuple(sorted(frozenset().union(*(claim.phenotypes for claim in claims))))
    if len(possible) == 1:
        kinds = sorted({claim.kind for claim in claims})
        note = f"{' and '.join(kinds)} agree" if len(kinds) > 1 else ""
        return known(possible[0], *listed, explanation=note)
    said = sorted({str(claim) for claim in claims})
    explanation = f"ambiguous {claims[0].kind}: {said[0]}" if len(said) == 1 else ", ".join(said)
    return Fact(possible, Reason.CONFLICT, explanation, listed)


def agreed_scores(claims: list[Claim], data: Iterable[Datum]) -> Fact:
    """What usable claims leave possible of activity scores; as for phenotypes where those disagree."""
    exact = [claim.scores for claim in claims if claim.kind is not Kind.PHENOTYPE]
    return _finer(agreed(claims, data), exact, [claim.scores for claim in claims], "activity score")


def agreed_genotypes(claims: list[Claim], data: Iterable[Datum]) -> Fact:
    """What usable claims leave possible of a genotype, likewise; nothing where none of them tells alleles."""
    told = [claim.genotypes for claim in claims if claim.kind is Kind.GENOTYPE]
    scored = [claim.genotypes for claim in claims if claim.kind is Kind.SCORE]
    fact = _finer(agreed(claims, data), told or scored, [claim.genotypes for claim in claims], "genotype")
    agree = len({claim.phenotypes for claim in claims}) == 1
    if agree and not told and len(fact.possible) > 1:
        return replace(fact, possible=(), reason=Reason.NO_VALUE)
    return fact


def _finer(settled: Fact, exact: list[frozenset[str]], every: list[frozenset[str]], what: str) -> Fact:
    """The fact about something that tells more apart than phenotypes do.

    Results that agree about the phenotype may still differ in it: all that any of them leaves open is
    possible, but what was only concluded from a phenotype adds nothing to what was measured or calculated.
    """
    if len(settled.possible) != 1:
        return replace(settled, possible=tuple(sorted(frozenset[str]().union(*every))))
    possible = tuple(sorted(frozenset[str]().union(*(exact or every))))
    if len(possible) == 1:
        return replace(settled, possible=possible)
    explanation = f"the {what} is not told" if possible else f"the gene has no {what}"
    reason = Reason.CONFLICT if possible else Reason.NO_VALUE
    return replace(settled, possible=possible, reason=reason, explanation=explanation)
