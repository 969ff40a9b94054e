"""Signalling networks with their evidence, asked what a drug does to the signal of a tumour.

Pathway, findings of a chart, drug ── answer ──> Answer: a way that is left, its evidence, what lies behind
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from calc import pathways, signed_pathways
from kb import files

EVIDENCE: Final = ("seed-abstract", "preclinical", "clinical")
"""From the weakest to the strongest. What is seed-abstract is no fact about patients."""


@dataclass(frozen=True, slots=True)
class Pathway:
    """One network, as its file has it."""

    name: str
    file: files.PathwayFile

    def node_of(self, gene: str) -> str | None:
        """The node that a gene belongs to."""
        return next((node for node, genes in self.file.nodes.items() if gene in genes), None)


@dataclass(frozen=True, slots=True)
class Finding:
    """A variant of the tumour, as a chart has it."""

    gene: str
    classification: str
    change: str = ""
    """Such as `p.Q60P`."""


@dataclass(frozen=True, slots=True)
class Target:
    """A node behind the merge, that every way passes, with the drugs that no finding resists."""

    node: str
    drugs: tuple[files.PathwayDrug, ...]
    """Approved ones first."""

    @property
    def stage(self) -> str | None:
        """How far the nearest drug is: `approved` for some use, not this one; `investigational`; or None."""
        return self.drugs[0].status if self.drugs else None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a drug does to the signal, by edges without signs (`reachability`), and beside it with them."""

    pathway: str
    version: str
    drug: str
    node: str
    stops: bool | None
    """None: it would, but for findings whose effect nobody has written down."""
    route: tuple[str, ...]
    """A way that the drug leaves open, the shortest."""
    evidence: str
    """The weakest on that way; where none is left that of all edges, as all of them are then spoken of."""
    resisted_by: tuple[Finding, ...]
    unexplained: tuple[Finding, ...]
    targets: tuple[Target, ...]
    freed: tuple[str, ...]
    """With signs (`boolean-fixpoint`): nodes that are active all the time under the drug, and only then."""
    signed_sink: bool | None
    """With signs: whether the drug leaves the sink active; None if it swings."""


def answer(pathway: Pathway, findings: Collection[Finding], drug: str) -> Answer:
    """Whether the drug stops the signal of a tumour with these findings, and what lies behind the merge.

    Raises ValueError for a drug that the network does not list.
    """
    file = pathway.file
    held = next((each for each in file.drugs if each.name == drug), None)
    if held is None:
        listed = ", ".join(each.name for each in file.drugs)
        raise ValueError(f"`{drug}` is no drug of the network {pathway.name}, which lists {listed}")
    facts = {each.gene: each for each in file.variants}
    opening = [each for each in findings if each.classification in pathways.OPENING]
    used = [facts[each.gene] for each in opening if each.gene in facts]
    plain = [
        pathways.Variant(node, constitutive=True) for fact in used for node in _origins(pathway, fact)
    ] + [
        pathways.Variant(pathway.node_of(each.gene) or each.gene, resistant_to=_resists(file, each))
        for each in findings
    ]
    activating = [(each.start, each.end) for each in file.edges if each.sign == "+"]
    net = pathways.network(activating, file.origins, plain)
    removed = pathways.held([held.node], [drug], plain)
    way = pathways.route(net, file.sink, removed)
    unexplained = tuple(
        each for each in opening if each.gene not in facts and pathway.node_of(each.gene) is not None
    )
    resisted = {each.variant: each for each in held.resisted_by}
    resisting = [resisted[_key(each)] for each in findings if _key(each) in resisted]
    behind = pathways.descendants(net, held.node)
    before, under = (_course(pathway, used, off) for off in ((), removed))
    return Answer(
        pathway.name,
        file.version,
        drug,
        held.node,
        False if way else None if unexplained else True,
        way or (),
        _weakest(pathway, used, way, resisting),
        tuple(each for each in findings if _key(each) in resisted),
        unexplained,
        tuple(_target(file, node, plain) for node in pathways.dominators(net, file.sink) if node in behind),
        tuple(sorted(under.always - before.always)),
        None if file.sink in under.swinging else file.sink in under.always,
    )


def _origins(pathway: Pathway, fact: files.PathwayVariant) -> tuple[str, ...]:
    return (pathway.node_of(fact.gene) or fact.gene,) if fact.effect == "gain" else fact.releases


def _key(finding: Finding) -> str:
    return f"{finding.gene} {finding.change}"


def _resists(file: files.PathwayFile, finding: Finding) -> frozenset[str]:
    return frozenset(
        drug.name for drug in file.drugs for each in drug.resisted_by if each.variant == _key(finding)
    )


def _target(file: files.PathwayFile, node: str, variants: Collection[pathways.Variant]) -> Target:
    usable = [
        each for each in file.drugs if each.node == node and pathways.held([node], [each.name], variants)
    ]
    return Target(node, tuple(sorted(usable, key=lambda each: (each.status, each.name))))


def _course(
    pathway: Pathway, used: Iterable[files.PathwayVariant], off: Collection[str]
) -> signed_pathways.Course:
    variants = [
        signed_pathways.SignedVariant(
            pathway.node_of(fact.gene) or fact.gene,
            fact.effect == "gain",
            fact.effect == "loss",
            fact.releases,
        )
        for fact in used
    ]
    edges = [(each.start, each.end, each.sign == "+") for each in pathway.file.edges]
    return signed_pathways.course(edges, pathway.file.origins, variants, off)


def _weakest(
    pathway: Pathway,
    used: Iterable[files.PathwayVariant],
    way: tuple[str, ...] | None,
    resisting: Iterable[files.PathwayResistance],
) -> str:
    """Of a way that is left: its edges, what makes its start active, and the resistance to the drug."""
    if way is None:
        spoken = [*(each.evidence for each in pathway.file.edges), *(each.evidence for each in used)]
    else:
        steps = {*pairwise(way)}
        spoken = [each.evidence for each in pathway.file.edges if (each.start, each.end) in steps]
        if way[0] not in pathway.file.origins:
            spoken += [each.evidence for each in used if way[0] in _origins(pathway, each)]
        spoken += [each.evidence for each in resisting]
    return min(spoken, key=EVIDENCE.index)
