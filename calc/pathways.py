"""Signalling networks: what keeps a signal alive, what every route passes, what a drug leaves of it.

sources, constitutive variants ──> nodes joined by edges ──> sink

Nodes are proteins and an edge passes activity on. A signal is there if any origin reaches the sink, and a
drug that holds removes its node. Nothing here has a sign: inhibitors are for `calc.signed_pathways`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

Edge = tuple[str, str]

OPENING: Final = frozenset({"pathogenic", "likely-pathogenic", "oncogenic", "likely-oncogenic"})
"""Classes of variants that open edges. A variant of uncertain significance opens none."""


@dataclass(frozen=True, slots=True)
class Variant:
    """What a variant in the gene of a node changes."""

    gene: str
    constitutive: bool = False
    """Its node is active by itself."""
    adds_edges: tuple[Edge, ...] = ()
    classification: str = "pathogenic"
    resistant_to: frozenset[str] = frozenset()
    """Drugs that no longer hold its node, whatever the class: resistance is an observation of its own."""

    @property
    def opens(self) -> bool:
        """Whether its class lets it make a node active and add edges."""
        return self.classification in OPENING


@dataclass(frozen=True, slots=True)
class Network:
    """Edges both ways, in order of name, so that no answer depends on the order of the input."""

    after: Mapping[str, tuple[str, ...]]
    before: Mapping[str, tuple[str, ...]]
    origins: frozenset[str]
    """Active without any other node: ligands and constitutive variants."""


def network(edges: Iterable[Edge], sources: Iterable[str], variants: Iterable[Variant]) -> Network:
    """The network of a tumour: that of the tissue, and what its variants open."""
    opening = [each for each in variants if each.opens]
    origins = frozenset({*sources, *(each.gene for each in opening if each.constitutive)})
    joined = {*edges, *(edge for each in opening for edge in each.adds_edges)}
    after: dict[str, list[str]] = {node: [] for node in sorted({*origins, *(n for e in joined for n in e)})}
    before: dict[str, list[str]] = {node: [] for node in after}
    for start, end in sorted(joined):
        after[start].append(end)
        before[end].append(start)
    return Network(
        {node: tuple(each) for node, each in after.items()},
        {node: tuple(each) for node, each in before.items()},
        origins,
    )


class Resisting(Protocol):
    """A variant, of a network with signs or without."""

    @property
    def gene(self) -> str:
        """The node that it is in."""

    @property
    def resistant_to(self) -> frozenset[str]:
        """The drugs that it resists."""


def held(nodes: Iterable[str], drugs: Collection[str], variants: Iterable[Resisting]) -> frozenset[str]:
    """The nodes that drugs remove: all but those with a variant that is resistant to one of them."""
    resistant = {each.gene for each in variants if not each.resistant_to.isdisjoint(drugs)}
    return frozenset(nodes) - resistant


def druggable(drugs: Mapping[str, Collection[str] | None], variants: Iterable[Variant]) -> frozenset[str]:
    """The nodes with at least one drug that no variant of theirs resists; None: drugs without names."""
    resisted: dict[str, set[str]] = {}
    for variant in variants:
        resisted.setdefault(variant.gene, set()).update(variant.resistant_to)
    return frozenset(
        node for node, each in drugs.items() if each is None or set(each) - resisted.get(node, set())
    )


def route(net: Network, sink: str, without: Collection[str] = ()) -> tuple[str, ...] | None:
    """A shortest way from an origin to the sink that avoids some nodes; None if there is none.

    Of several the first by name, node by node from the origin.
    """
    if sink in without or sink not in net.before:
        return None
    distance = {sink: 0}
    waiting = deque([sink])
    while waiting:
        node = waiting.popleft()
        for earlier in net.before[node]:
            if earlier not in distance and earlier not in without:
                distance[earlier] = distance[node] + 1
                waiting.append(earlier)
    starts = net.origins & distance.keys()
    if not starts:
        return None
    node = min(starts, key=lambda start: (distance[start], start))
    way = [node]
    while node != sink:
        closer = distance[node] - 1
        node = next(each for each in net.after[node] if distance.get(each) == closer)
        way.append(node)
    return tuple(way)


def dominators(net: Network, sink: str) -> tuple[str, ...]:
    """The nodes before the sink that every way to it passes, in order: each of them alone would be enough.

    Along one way, a node is such a one if what was seen so far reaches no later part of the way around it.
    """
    way = route(net, sink)
    if way is None:
        return ()
    place = {node: index for index, node in enumerate(way)}
    seen: set[str] = set()
    furthest = 0
    found = []
    waiting = [*net.origins]
    for index, node in enumerate(way[:-1]):
        while waiting:
            each = waiting.pop()
            if each in place:
                furthest = max(furthest, place[each])
            elif each not in seen:
                seen.add(each)
                waiting += net.after[each]
        if furthest == index:
            found.append(node)
        waiting = [*net.after[node]]
    return tuple(found)


def reached(net: Network, starts: Iterable[str]) -> frozenset[str]:
    """Some nodes, and every node that their activity gets to."""
    found = {*starts}
    waiting = [*found]
    while waiting:
        for each in net.after[waiting.pop()]:
            if each not in found:
                found.add(each)
                waiting.append(each)
    return frozenset(found)


def descendants(net: Network, node: str) -> frozenset[str]:
    """Every other node that activity of this one gets to."""
    return reached(net, net.after.get(node, ())) - {node}
