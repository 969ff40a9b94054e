"""Networks with inhibitors: the state that they settle in, step by step, or that they never settle.

All nodes answer at once in each step (Kauffman, J Theor Biol 1969;22:437-467, PMID 5803332): a node is active
after it if before it some activator was active and no inhibitor. Origins are always active, unless a drug
holds them. That nodes answer at once is an assumption: a circle that swings here may come to rest in a cell.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Final

from calc.errors import NoAnswer
from calc.pathways import OPENING

MOST_STEPS: Final = 10_000
"""Circles of several lengths swing together with a period as long as the product of theirs."""

SignedEdge = tuple[str, str, bool]
"""From, to, and whether it activates."""


@dataclass(frozen=True, slots=True)
class SignedVariant:
    """What a variant in the gene of a node changes; a lost node is off whatever activates it."""

    gene: str
    constitutive: bool = False
    lost: bool = False
    releases: tuple[str, ...] = ()
    """The nodes that are active by themselves once this one is lost, as RAS is without NF1."""
    adds_edges: tuple[SignedEdge, ...] = ()
    classification: str = "pathogenic"
    resistant_to: frozenset[str] = frozenset()

    @property
    def opens(self) -> bool:
        """Whether its class lets it change the network."""
        return self.classification in OPENING


@dataclass(frozen=True, slots=True)
class Course:
    """What became of the network."""

    always: frozenset[str]
    """Active in the state that it rests in, or in every state of the circle that it goes round."""
    swinging: frozenset[str]
    """Active in some states of that circle and not in others."""
    steps: int
    """Until the state, or the first state of the circle, was there."""
    period: int
    """States in the circle; 1 at rest."""


@dataclass(slots=True)
class _Node:
    fixed: bool | None = None
    """On or off whatever the others do."""
    active: bool = False
    activators: int = 0
    inhibitors: int = 0
    after: list[tuple[str, bool]] = field(default_factory=list)

    @property
    def answer(self) -> bool:
        return self.fixed if self.fixed is not None else self.activators > 0 and self.inhibitors == 0


def course(
    edges: Iterable[SignedEdge],
    sources: Iterable[str],
    variants: Collection[SignedVariant],
    off: Collection[str] = (),
) -> Course:
    """From origins alone to rest or to a circle; raises NoAnswer after `MOST_STEPS` without either.

    `off` are the nodes that drugs hold. A drug and a loss win over whatever makes a node an origin.
    """
    opening = [each for each in variants if each.opens]
    nodes: dict[str, _Node] = {}
    for start, end, activates in {*edges, *(edge for each in opening for edge in each.adds_edges)}:
        nodes.setdefault(start, _Node()).after.append((end, activates))
        nodes.setdefault(end, _Node())
    released = {node for each in opening if each.lost for node in each.releases}
    for name in {*sources, *released, *(each.gene for each in opening if each.constitutive)}:
        nodes.setdefault(name, _Node()).fixed = True
    for name in {*off, *(each.gene for each in opening if each.lost)}:
        nodes.setdefault(name, _Node()).fixed = False
    return _followed(nodes)


def _followed(nodes: dict[str, _Node]) -> Course:
    bit = {name: 1 << index for index, name in enumerate(sorted(nodes))}
    changing = [name for name, node in nodes.items() if node.fixed]
    state = 0
    history = [0]
    when = {0: 0}
    while True:
        for name in changing:
            nodes[name].active = not nodes[name].active
            state ^= bit[name]
        if changing:
            history.append(state)
        first = when.setdefault(state, len(history) - 1)
        if not changing or first < len(history) - 1:
            break
        if len(history) > MOST_STEPS:
            raise NoAnswer(
                "no-rest", f"the network neither rests nor repeats itself within {MOST_STEPS} steps"
            )
        changing = _next(nodes, changing)
    circle = history[first : len(history) - 1] or [state]
    both, either = circle[0], 0
    for each in circle:
        both &= each
        either |= each
    return Course(
        frozenset(name for name in nodes if both & bit[name]),
        frozenset(name for name in nodes if either & ~both & bit[name]),
        first,
        len(circle),
    )


def _next(nodes: dict[str, _Node], changed: Iterable[str]) -> list[str]:
    """The nodes that answer otherwise now; only those after a change can."""
    asked = set()
    for name in changed:
        step = 1 if nodes[name].active else -1
        for later, activates in nodes[name].after:
            if activates:
                nodes[later].activators += step
            else:
                nodes[later].inhibitors += step
            asked.add(later)
    return [name for name in asked if nodes[name].answer is not nodes[name].active]
