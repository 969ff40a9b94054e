"""What a report holds, before it is put into a form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fhir_adapters import ChartFinding
from kb import Drug, Gene, Source


class Severity(StrEnum):
    """How much an answer changes what is prescribed, in the order in which drugs are listed."""

    AVOID = "avoid"
    ALTERNATIVE = "alternative"
    DOSE = "dose"
    ADVICE = "advice"
    """Monitoring, a test, and advice that is none of the above."""
    UNDECIDED = "undecided"
    STANDARD = "standard"
    NO_RECOMMENDATION = "no-recommendation"
    LISTED = "listed"
    """The source has an entry that nobody has read for this knowledge base: neither dose nor direction."""
    OUTSIDE = "outside"
    """Its population is not that of this patient."""

    @property
    def rank(self) -> int:
        """0 for what matters most."""
        return list(Severity).index(self)


class GeneState(StrEnum):
    """How far the results of a gene settle it."""

    KNOWN = "known"
    SEVERAL = "several"
    """One result that leaves several phenotypes open."""
    CONFLICT = "conflict"
    """Results that contradict each other."""
    UNUSABLE = "unusable"
    """There are results, and none of them can be used."""
    NOT_TESTED = "not-tested"


@dataclass(frozen=True, slots=True)
class Person:
    """Who it is about, as it stands in the file; nothing of it is checked or escaped."""

    identifier: str
    name: str = ""
    born: str = ""
    gender: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """One result that was looked at."""

    text: str
    """A diplotype, a phenotype or a score; empty where it cannot be read."""
    kind: str
    """`genotype`, `phenotype`, `score`, or empty where it cannot be read."""
    where: str
    """The resource, or the place in the file of a genotype caller."""
    reference: str
    """`Type/id` of the resource; empty for the call of a genotype caller."""
    instant: str
    unused: str
    """Why it was not used, in words; empty for one that was."""


@dataclass(frozen=True, slots=True)
class GeneEntry:
    """A gene of the knowledge base, or an allele of it whose presence is asked."""

    gene: Gene
    label: str
    """`CYP2C19`, `HLA-B*57:01`."""
    state: GeneState
    phenotypes: tuple[str, ...]
    """Those that are possible by the genes alone, as their source spells them."""
    scores: tuple[str, ...]
    """Activity scores that are possible; none for a gene that has no scores."""
    results: tuple[Seen, ...]
    adjusted: tuple[str, ...]
    """Those that are possible with the drugs that are taken, where these change something; else empty."""
    adjusted_by: str
    """What certainly changes it: `paroxetine, a strong inhibitor`; empty where that is open."""
    reason: str
    """What has to be said about it, in words; empty for a gene that is settled."""

    @property
    def tested(self) -> bool:
        """Whether anything about it is on file."""
        return self.state is not GeneState.NOT_TESTED


@dataclass(frozen=True, slots=True)
class Answer:
    """What one rule says about a drug."""

    source: str
    """The publisher of what it cites first."""
    rule: str
    version: str
    draft: bool
    stale: tuple[str, ...]
    """What of it is out of date: its review, or a source that it cites."""
    population: str
    """For whom it speaks; empty for everybody."""
    only_if: bool
    """The file does not tell whether this patient belongs to the population: the answer is for the case."""
    severity: Severity
    action: str
    """The code of what the source says to do; empty where the rule gives none."""
    classification: str
    headline: str
    rationale: str
    keys: tuple[tuple[str, str], ...]
    """The results it rests on: gene, and what is known of it in words."""
    genes: tuple[str, ...]
    """The genes that it reads, by their names in rules."""
    partial: tuple[str, ...]
    """Genes without a result whose result could lead to other advice."""
    notes: tuple[str, ...]
    """What else has to be said: data that are missing, what is taken for granted, preliminary results."""
    guideline: str
    pmids: tuple[str, ...]
    citation: Source


@dataclass(frozen=True, slots=True)
class DrugEntry:
    """A drug with the answer of each source."""

    drug: Drug
    answers: tuple[Answer, ...]
    """By source, then by name of the rule."""

    @property
    def severity(self) -> Severity:
        """The weightiest of its answers."""
        return min((answer.severity for answer in self.answers), key=lambda each: each.rank)


@dataclass(frozen=True, slots=True)
class Report:
    """Everything, for one person at one instant."""

    person: Person
    as_of: datetime
    deceased: bool
    knowledge: str
    """Name and version of the knowledge base."""
    digest: str
    site_map: str
    """Digest of the site's local codes; empty without."""
    software: str
    origin: str
    """What was read: FHIR or the calls of a genotype caller."""
    drafts_hidden: int
    """Draft rules about tested genes that were not asked."""
    genes: tuple[GeneEntry, ...]
    drugs: tuple[DrugEntry, ...]
    """Weightiest first, then by name."""
    failed: tuple[str, ...]
    """Rules that stopped with an error."""
    read: tuple[tuple[str, int], ...]
    """How many resources of each type, or calls, were read."""
    unread: tuple[ChartFinding, ...]
    """What deviated or could not be read."""
    unmapped: tuple[tuple[str, int], ...]
    """Codes of results that nobody here knows, and how many each."""
    sources: tuple[Source, ...]
    """What the answers cite."""
