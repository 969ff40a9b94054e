"""The statements of a chart about one gene: what is found, whose gene it is, what it claims."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from dsl.values import Reason
from fhir_adapters.evidence import unusable_observation
from fhir_adapters.genomics.alleles import Genotype, genotype_of, read_allele
from fhir_adapters.genomics.claims import (
    Claim,
    Kind,
    Value,
    genotype_claim,
    genotypes_in,
    is_of_another_allele,
    may_name,
    phenotype_claim,
    score_claim,
    unusable,
    value_of,
)
from fhir_adapters.genomics.codes import (
    GENETIC_RESULTS,
    Role,
    codes_of,
    mentioned,
    says_nothing_of_phenotypes,
)
from fhir_adapters.genomics.links import Links
from fhir_adapters.genomics.results import Part, Result
from fhir_adapters.prefetch import GENOTYPE, HAPLOTYPE, IMPLICATIONS
from fhir_adapters.reading import Resource
from fhir_adapters.references import Entry
from fhir_adapters.terminology import Gene


@dataclass(frozen=True, slots=True)
class Statement:
    """What one Observation says about the gene."""

    entry: Entry
    claims: tuple[Claim, ...]


def statements(gene: Gene, genes: tuple[Gene, ...], links: Links) -> tuple[Statement, ...]:
    """All statements about the gene, the unusable ones with their reason.

    Within one laboratory result (an Observation, or one and the genotype that it is derived from) a
    phenotype that is there but cannot be read takes the genotype's advice away: a laboratory that
    could not settle the phenotype is not overruled by a table.
    """
    found = []
    unread: set[str] = set()
    for result in links.results:
        claims = tuple(_claims(result, gene, genes, links))
        if not claims:
            continue
        entry = result.entry
        found.append(Statement(entry, claims))
        if _is_unread_phenotype(entry, claims):
            unread |= {links.key(parent) for parent in links.derived_from(entry)}
    return tuple(
        replace(statement, claims=tuple(map(_without_genotype, statement.claims)))
        if links.key(statement.entry) in unread or _is_unread_phenotype(statement.entry, statement.claims)
        else statement
        for statement in found
    )


def _is_unread_phenotype(entry: Entry, claims: Iterable[Claim]) -> bool:
    unread = any(claim.kind is Kind.PHENOTYPE and claim.reason is Reason.NO_VALUE for claim in claims)
    # An implication for one drug that is no phenotype says nothing against one.
    return unread and not codes_of(entry.resource) & IMPLICATIONS and unusable_observation(entry) is None


def _without_genotype(claim: Claim) -> Claim:
    if claim.kind is not Kind.GENOTYPE or claim.reason is not None:
        return claim
    return unusable(Kind.GENOTYPE, Reason.NO_VALUE, claim.text)


def _claims(result: Result, gene: Gene, genes: tuple[Gene, ...], links: Links) -> Iterator[Claim]:
    codes = result.whole.codes
    if says_nothing_of_phenotypes(codes) or any(part.is_our_advice for part in result.parts):
        return
    if HAPLOTYPE in codes:
        if gene.symbol in result.studied and not links.is_behind_genotype(result.entry):
            # Without its other half a haplotype is no genotype, but it is not nothing either.
            yield unusable(Kind.GENOTYPE, Reason.NO_VALUE)
        return
    parts = [claim for part in result.parts for claim in _part_claims(part, result, gene, genes, links)]
    yield from parts
    if GENOTYPE in codes:
        yield from _genotype_claims(result, gene, genes, links)
    elif result.whole.value.spoken or not (parts or "hasMember" in result.whole.element):
        yield from _interpretation_claims(result, gene, genes, links)


def _genotype_claims(result: Result, gene: Gene, genes: tuple[Gene, ...], links: Links) -> Iterator[Claim]:
    value, named = result.whole.value, result.studied
    if named and gene.symbol not in named and not may_name(value, gene):
        return
    readings = genotypes_in(value, gene)
    in_value = {reading.symbol for reading in readings if reading.symbol}
    if not named | in_value:
        named = _genes_otherwise(result, genes, links)
    if gene.symbol not in named | in_value:
        return
    own = gene.symbol in in_value or not in_value
    contradicted = bool(named) and gene.symbol not in named
    alternatives = {reading.alternatives for reading in readings if reading.symbol in (None, gene.symbol)}
    if not own or contradicted or len(alternatives) > 1 or (len(named) > 1 and not in_value):
        yield unusable(Kind.GENOTYPE, Reason.CONFLICT)
        return
    haplotypes = links.haplotypes_behind(result.entry)
    composed = _composed(haplotypes, gene, links)
    reported = phenotype_claim(value, gene)
    written = genotype_claim(Genotype(None, min(alternatives)), gene) if alternatives else None
    if written is not None:
        yield written
    # What the haplotypes say is worth a word of its own where it is another one.
    if composed is not None and (written is None or composed.phenotypes - written.phenotypes):
        yield composed
    if reported is not None:
        yield reported
    if written is None and composed is None and reported is None:
        yield unusable(Kind.GENOTYPE, Reason.NO_VALUE)


def _composed(haplotypes: tuple[Entry, ...], gene: Gene, links: Links) -> Claim | None:
    """The genotype of exactly two haplotype Observations of the gene; None without them."""
    own = [entry for entry in haplotypes if links.studied(entry) <= {gene.symbol}]
    if len(own) != 2:
        return None
    rejected = next((reason for entry in own if (reason := unusable_observation(entry))), None)
    if rejected is not None:
        return unusable(Kind.GENOTYPE, rejected)
    copies = [_named_alleles(entry.resource, gene) for entry in own]
    return genotype_claim(genotype_of(*copies), gene) if all(copies) else None


def _named_alleles(haplotype: Resource, gene: Gene) -> tuple[str, ...]:
    value = value_of(haplotype)
    readings = {read_allele(text, gene) for text in value.words} - {()}
    return min(readings) if len(readings) == 1 and not value.absent else ()


def _interpretation_claims(
    result: Result, gene: Gene, genes: tuple[Gene, ...], links: Links
) -> Iterator[Claim]:
    observation, role, by_code = result.whole.element, result.whole.role, result.whole.by_code
    named = result.studied or _genes_of_parents(result.entry, gene, genes, links)
    if not named:
        if not by_code and role is None:
            return
        named = mentioned(observation, genes) or (by_code if role is None or role[1] is None else frozenset())
        if gene.symbol in by_code - named:
            yield unusable(Kind.PHENOTYPE, Reason.CONFLICT)
            return
    if gene.symbol not in named:
        return
    if len(named) > 1 and gene.symbol not in by_code:
        yield unusable(Kind.PHENOTYPE, Reason.CONFLICT)
    elif role is not None and role[0] is Role.SCORE:
        yield score_claim(result.whole.value, gene)
    else:
        yield from _value_claims(result.whole.value, gene)


def _value_claims(value: Value, gene: Gene) -> Iterator[Claim]:
    """A phenotype, a genotype, or both in one value."""
    reported = phenotype_claim(value, gene)
    readings = genotypes_in(value, gene)
    alternatives = {reading.alternatives for reading in readings if reading.symbol in (None, gene.symbol)}
    if len(alternatives) > 1 or any(reading.symbol not in (None, gene.symbol) for reading in readings):
        yield unusable(Kind.GENOTYPE, Reason.CONFLICT)
    elif alternatives:
        yield genotype_claim(Genotype(None, min(alternatives)), gene)
    if reported is not None:
        yield reported
    elif not readings and not is_of_another_allele(value):
        yield unusable(Kind.PHENOTYPE, Reason.NO_VALUE)


def _part_claims(
    part: Part, result: Result, gene: Gene, genes: tuple[Gene, ...], links: Links
) -> Iterator[Claim]:
    role, own = part.role, part.named(genes)
    if role is not None and role[1] is not None and not own:
        return
    named = own or result.studied or _genes_of_parents(result.entry, gene, genes, links)
    named = named or _genes_otherwise(result, genes, links)
    if gene.symbol not in named:
        return
    if len(named) > 1:
        yield unusable(Kind.PHENOTYPE, Reason.CONFLICT)
    elif role is not None and role[0] is Role.SCORE:
        yield score_claim(part.value, gene)
    elif part.implication:
        yield phenotype_claim(part.value, gene) or unusable(Kind.PHENOTYPE, Reason.NO_VALUE)
    else:
        yield from _value_claims(part.value, gene)


def _genes_of_parents(entry: Entry, gene: Gene, genes: tuple[Gene, ...], links: Links) -> frozenset[str]:
    """The genes of the results that an interpretation is derived from, or of the group that it is in."""
    found: set[str] = set()
    for parent in links.derived_from(entry):
        if codes_of(parent.resource) & GENETIC_RESULTS:
            readings = genotypes_in(value_of(parent.resource), gene)
            in_value = {reading.symbol for reading in readings if reading.symbol}
            found |= links.studied(parent) or in_value
    return frozenset(found) or _genes_of_groups(entry, genes, links)


def _genes_otherwise(result: Result, genes: tuple[Gene, ...], links: Links) -> frozenset[str]:
    return _genes_of_groups(result.entry, genes, links) or result.whole.named(genes)


def _genes_of_groups(entry: Entry, genes: tuple[Gene, ...], links: Links) -> frozenset[str]:
    groups = (links.studied(group) for group in links.groups_of(entry))
    return frozenset().union(*groups)
