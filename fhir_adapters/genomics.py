"""Facts about the phenotype of a gene, from genotype and phenotype Observations in their plain shapes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from dsl.model import Input
from dsl.values import Datum, Fact, Reason, known, missing
from fhir_adapters.chart import Chart
from fhir_adapters.evidence import datum, first_reason, in_order, unusable_observation
from fhir_adapters.instants import effective_moment, unusable_time
from fhir_adapters.prefetch import GENOTYPE
from fhir_adapters.reading import LOINC, Resource, codings, objects, text_member, words
from fhir_adapters.references import Entry
from fhir_adapters.terminology import Coding, Gene, Terminology

_GENE_STUDIED = Coding(LOINC, "48018-6")
_NEVER_PHENOTYPES = frozenset({GENOTYPE, Coding(LOINC, "69548-6"), Coding(LOINC, "84414-2")})
"""Genotypes, variants and haplotypes."""

_STAR = r"\*[0-9]{1,3}[A-Z]?(?:\.[0-9]{1,3})?(?:x(?:N|[0-9]{1,2}))?"
_ALLELE = rf"{_STAR}(?:\+{_STAR})*"
_DIPLOTYPE = re.compile(
    rf"(?:(?P<gene>[A-Z][A-Z0-9]{{1,9}}) ?)?(?P<one>{_ALLELE}) ?/ ?(?:(?P=gene) ?)?(?P<other>{_ALLELE})"
)
_SUBALLELE = re.compile(r"\.[0-9]{1,3}")
_RANKING = (
    Reason.CONFLICT,
    Reason.NO_VALUE,
    Reason.FUTURE,
    Reason.STALE,
    Reason.UNDATED,
    Reason.STATUS,
    Reason.SUBJECT,
)


@dataclass(frozen=True, slots=True)
class _Claim:
    """What one Observation says about the gene; no phenotypes when it cannot be read."""

    phenotypes: frozenset[str]
    origin: str
    """E.g. `genotype *2/*2 gives` or `reported phenotype says`."""
    text: str
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class _Diplotypes:
    """The alternatives of a genotype text, and the gene that it names."""

    gene: str | None
    alternatives: tuple[str, ...]

    def __str__(self) -> str:
        return " or ".join(self.alternatives)


def phenotype_fact(item: Input, chart: Chart, as_of: datetime, terminology: Terminology) -> Fact:
    """The fact of an input `from phenotype GENE`: all phenotypes that usable results still allow.

    Germline does not change, so every usable result counts, whatever its date; results that disagree
    and ambiguous genotypes leave several phenotypes possible (H-033, H-034, H-036).
    """
    gene = terminology.gene(item.source.name)
    genes = tuple(terminology.genes())
    claims: list[_Claim] = []
    data: list[Datum] = []
    for entry in chart.of_types("Observation"):
        claim = _claim(entry, gene, genes, chart)
        if claim is None:
            continue
        moment = effective_moment(entry.resource, as_of)
        reason = unusable_observation(entry) or unusable_time(moment, as_of, item.within) or claim.reason
        data.append(datum(entry, claim.text, reason, moment.written))
        if reason is None:
            claims.append(claim)
    listed = in_order(data)
    if not claims:
        reason = first_reason((found.reason for found in data), _RANKING)
        return missing(reason or Reason.MISSING, *listed)
    possible = tuple(sorted(frozenset().union(*(claim.phenotypes for claim in claims))))
    if len(possible) == 1:
        return known(possible[0], *listed)
    return Fact(possible, Reason.CONFLICT, _explanation(claims), listed)


def _explanation(claims: Iterable[_Claim]) -> str:
    said = {f"{claim.origin} {_listed(claim.phenotypes)}" for claim in claims}
    if len(said) == 1:
        return f"ambiguous genotype: {said.pop()}"
    return ", ".join(sorted(said))


def _listed(phenotypes: Iterable[str]) -> str:
    return " or ".join(sorted(phenotypes)).replace("_", " ")


def _claim(entry: Entry, gene: Gene, genes: tuple[Gene, ...], chart: Chart) -> _Claim | None:
    """What an Observation says about the gene, None when it is about something else."""
    codes = set(codings(entry.resource.get("code")))
    if GENOTYPE in codes:
        return _genotype_claim(entry, gene, genes)
    if codes & _NEVER_PHENOTYPES:
        return None
    named = _genes_of_components(entry.resource, genes)
    if not named:
        named = frozenset().union(*(_genes_of(parent, genes) for parent in _genotypes_behind(entry, chart)))
    if named:
        if gene.symbol not in named:
            return None
        if len(named) > 1 and codes.isdisjoint(gene.interpretation_codes):
            return _Claim(frozenset(), "", "", Reason.CONFLICT)
        return _phenotype_claim(entry.resource, gene)
    if not codes & gene.interpretation_codes:
        return None
    mentioned = _mentioned(entry.resource, genes)
    if mentioned and gene.symbol not in mentioned:
        return _Claim(frozenset(), "", "", Reason.CONFLICT)
    return _phenotype_claim(entry.resource, gene)


def _genotype_claim(entry: Entry, gene: Gene, genes: tuple[Gene, ...]) -> _Claim | None:
    named = _genes_of_components(entry.resource, genes)
    readings = _diplotypes(entry.resource)
    in_text = {reading.gene for reading in readings if reading.gene}
    if gene.symbol not in named | in_text:
        return None
    settled = named | in_text == {gene.symbol} or in_text == {gene.symbol} <= named
    alternatives = {reading.alternatives for reading in readings}
    if not settled or len(alternatives) > 1:
        return _Claim(frozenset(), "", "", Reason.CONFLICT)
    if not readings:
        return _Claim(frozenset(), "", "", Reason.NO_VALUE)
    reading = readings[0]
    phenotypes = [gene.phenotypes(diplotype) for diplotype in reading.alternatives]
    if not all(phenotypes):
        return _Claim(frozenset(), "", str(reading), Reason.NO_VALUE)
    return _Claim(
        frozenset(name for names in phenotypes for name in names), f"genotype {reading} gives", str(reading)
    )


def _phenotype_claim(observation: Resource, gene: Gene) -> _Claim:
    concept = observation.get("valueCodeableConcept")
    coded = {(gene.phenotype_of_coding(coding), coding.code) for coding in codings(concept)}
    texts = (*words(concept), text_member(observation, "valueString"))
    read = (gene.phenotype_of_text(text) for text in texts if text)
    # A text that says something else than the code is a contradiction, not a decoration.
    found = {phenotype: phenotype for phenotype in read if phenotype}
    found |= {phenotype: code for phenotype, code in sorted(coded, key=str) if phenotype}
    if not found or "dataAbsentReason" in observation:
        return _Claim(frozenset(), "", "", Reason.NO_VALUE)
    return _Claim(frozenset(found), "reported phenotype says", " ".join(sorted(found.values())))


def _diplotypes(observation: Resource) -> tuple[_Diplotypes, ...]:
    concept = observation.get("valueCodeableConcept")
    texts = [*words(concept), *(coding.code for coding in codings(concept))]
    texts.append(text_member(observation, "valueString") or "")
    readings = (_read_diplotypes(text) for text in texts)
    found = {reading for reading in readings if reading is not None}
    return () if "dataAbsentReason" in observation else tuple(sorted(found, key=repr))


def _read_diplotypes(text: str) -> _Diplotypes | None:
    matches = [_DIPLOTYPE.fullmatch(" ".join(part.split())) for part in text.split(" or ")]
    read = [match for match in matches if match is not None]
    symbols = {match["gene"] for match in read if match["gene"]}
    if not read or len(read) != len(matches) or len(symbols) > 1:
        return None
    alternatives = (_SUBALLELE.sub("", f"{match['one']}/{match['other']}") for match in read)
    return _Diplotypes(min(symbols, default=None), tuple(dict.fromkeys(alternatives)))


def _genes_of(genotype: Entry, genes: tuple[Gene, ...]) -> frozenset[str]:
    named = _genes_of_components(genotype.resource, genes)
    return named or frozenset(reading.gene for reading in _diplotypes(genotype.resource) if reading.gene)


def _genes_of_components(observation: Resource, genes: tuple[Gene, ...]) -> frozenset[str]:
    """Symbols in gene-studied components; a gene that is not known counts under its own code."""
    named: set[str] = set()
    for component in objects(observation, "component"):
        if _GENE_STUDIED in codings(component.get("code")):
            concept = component.get("valueCodeableConcept")
            named |= {_gene_of_coding(coding, genes) for coding in codings(concept) if _is_hgnc(coding)}
            named |= {gene.symbol for gene in genes if gene.symbol in words(concept)}
    return frozenset(named)


def _is_hgnc(coding: Coding) -> bool:
    return "genenames.org" in coding.system


def _gene_of_coding(coding: Coding, genes: tuple[Gene, ...]) -> str:
    identifier = f"HGNC:{coding.code.removeprefix('HGNC:')}"
    return next((gene.symbol for gene in genes if gene.hgnc == identifier), identifier)


def _genotypes_behind(entry: Entry, chart: Chart) -> Iterable[Entry]:
    for reference in objects(entry.resource, "derivedFrom"):
        parent = chart.resolver.resolve(reference, entry)
        if parent is not None and GENOTYPE in codings(parent.resource.get("code")):
            yield parent


def _mentioned(observation: Resource, genes: tuple[Gene, ...]) -> set[str]:
    said = {word for text in words(observation.get("code")) for word in re.findall(r"[A-Za-z0-9-]+", text)}
    return {gene.symbol for gene in genes if gene.symbol in said}
