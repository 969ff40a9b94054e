"""What rules ask of a signalling network: does the ordered drug stop the signal of this tumour, and if not,
how far is a drug for what every way passes.

Question, variants of a report, drug ── under ──> Signal: a member of the enum, and what it does not rest on
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from dsl import Lifecycle, Rule, SourceKind
from kb.errors import KnowledgeBaseError
from kb.pathways import EVIDENCE, Answer, Finding, Pathway, answer

SIGNAL_ENUM: Final = "Signal_under_drug"
STOPS: Final = "stops"
APPROVED: Final = "survives_with_approved"
INVESTIGATIONAL: Final = "survives_with_investigational"
WITHOUT_DRUG: Final = "survives_without_drug"
SIGNAL_MEMBERS: Final = (STOPS, APPROVED, INVESTIGATIONAL, WITHOUT_DRUG)

_ANY: Final = "pathogenic"
"""The meaning that opens most: what may have any is tried with it."""


@dataclass(frozen=True, slots=True)
class NamedGene:
    """A gene as reports name it."""

    symbol: str
    hgnc: str


@dataclass(frozen=True, slots=True)
class Signal:
    """What a drug leaves of the signal of a tumour."""

    member: str | None
    """None where what was reported leaves several."""
    explanation: str


@dataclass(frozen=True)
class Question:
    """One network, asked by rules."""

    pathway: Pathway

    @cached_property
    def genes(self) -> tuple[NamedGene, ...]:
        """The genes of its nodes."""
        return tuple(NamedGene(symbol, number) for symbol, number in self.pathway.file.hgnc.items())

    @property
    def drugs(self) -> frozenset[str]:
        """The drugs that it lists."""
        return frozenset(each.name for each in self.pathway.file.drugs)

    def under(
        self,
        drug: str,
        found: Iterable[tuple[str, str, str]],
        unclear: Iterable[tuple[str, str, str]],
        reported: Collection[str],
    ) -> Signal:
        """The signal of a tumour with variants of gene, meaning and change, under one of the drugs.

        What is unclear counts only if it would change the member: a way more never stops a signal, so without
        all of it and with all of it are the two ends. A gene that nobody reported on opens nothing; the
        explanation says of which of them a variant would change the member.
        """
        settled = [_finding(*each) for each in found]
        doubtful = [_finding(gene, meaning or _ANY, change) for gene, meaning, change in unclear]
        base = answer(self.pathway, settled, drug)
        member = _member(base)
        other = answer(self.pathway, [*settled, *doubtful], drug) if doubtful else base
        open_ = member is not None and _member(other) != member
        remarks = [*_unexplained(base), *_uncertain(settled, base)]
        if open_:
            genes = _listed(each.gene for each in doubtful)
            remarks.append(f"a result that cannot be used as it stands could change it: {genes}")
        if member is not None and not open_:
            remarks += self._unreported(settled, drug, member, reported)
        return Signal(None if open_ else member, "; ".join(remarks))

    def _unreported(
        self, settled: list[Finding], drug: str, member: str, reported: Collection[str]
    ) -> Iterator[str]:
        missing = [gene.symbol for gene in self.genes if gene.symbol not in reported]
        deciding = [gene for gene in missing if self._changes(gene, settled, drug, member)]
        if deciding:
            yield f"not reported, and a variant could change this: {_listed(deciding)}"

    def _changes(self, gene: str, settled: list[Finding], drug: str, member: str) -> bool:
        resisting = [
            each.variant.partition(" ")[2]
            for listed in self.pathway.file.drugs
            for each in listed.resisted_by
            if each.variant.startswith(f"{gene} ")
        ]
        tried = (Finding(gene, _ANY, change) for change in ("", *resisting))
        return any(_member(answer(self.pathway, [*settled, each], drug)) != member for each in tried)


def check_networks(rules: Iterable[Rule], pathways: Mapping[str, Pathway]) -> None:
    """Raises `KnowledgeBaseError` for a rule that asks what its network cannot answer, or must not.

    An edge that only the seed text knows is no fact about patients and supports no active rule.
    """
    for rule in rules:
        for declared in rule.inputs:
            if declared.source.kind is not SourceKind.PATHWAY:
                continue
            pathway = pathways[declared.source.name]
            fault = _fault(rule, pathway)
            if fault:
                place = f"{rule.span.path}:{rule.span.line}"
                raise KnowledgeBaseError(f"{place}: {rule.name} reads the network {pathway.name}, {fault}")


def _fault(rule: Rule, pathway: Pathway) -> str | None:
    listed = {each.name for each in pathway.file.drugs}
    strange = min({*rule.drugs} - listed, default=None)
    if strange is not None:
        return f"which does not list the drug `{strange}`"
    evidence = {each.evidence for each in pathway.file.edges} | {
        each.evidence for each in pathway.file.variants
    }
    if rule.status is Lifecycle.ACTIVE and EVIDENCE[0] in evidence:
        return f"which has edges or variants with the evidence {EVIDENCE[0]}, so it stays a draft"
    return None


def _finding(gene: str, meaning: str, change: str) -> Finding:
    return Finding(gene, meaning.replace(" ", "-"), change)


def _member(found: Answer) -> str | None:
    if found.stops is not False:
        return STOPS if found.stops else None
    stages = {each.stage for each in found.targets}
    if "approved" in stages:
        return APPROVED
    return INVESTIGATIONAL if "investigational" in stages else WITHOUT_DRUG


def _unexplained(found: Answer) -> Iterator[str]:
    if found.unexplained and found.stops is None:
        genes = _listed(each.gene for each in found.unexplained)
        yield f"the network does not say what a variant of {genes} does"


def _uncertain(settled: Iterable[Finding], found: Answer) -> Iterator[str]:
    """A variant that resists the drug does so whatever its meaning is."""
    unsure = {each.gene for each in settled if each.classification == "uncertain-significance"}
    unsure -= {each.gene for each in found.resisted_by}
    if unsure:
        yield f"of uncertain significance, so it opens no way here: {_listed(unsure)}"


def _listed(genes: Iterable[str]) -> str:
    return ", ".join(sorted({*genes}))
