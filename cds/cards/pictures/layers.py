"""Where the nodes of a network stand: in layers, each edge leading to a later one, none through a node."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

Edge = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Waypoint:
    """Where an edge passes a layer that neither of its nodes stands in."""

    edge: Edge
    layer: int


Item = str | Waypoint


@dataclass(frozen=True, slots=True)
class Layers:
    """From the origins at the top to the sink: what stands in each, from left to right."""

    rows: tuple[tuple[Item, ...], ...]
    paths: tuple[tuple[Edge, tuple[Item, ...]], ...]
    """Each edge with what it passes, downwards."""
    returning: frozenset[Edge]
    """Edges whose path is followed upwards: they would close a circle."""


def arrange(nodes: Sequence[str], edges: Sequence[Edge], apart: Iterable[str] = ()) -> Layers:
    """Each node as far down as its edges allow; of those `apart`, to the right.

    An edge that leads back is turned around for the arrangement.
    """
    returning = _returning(nodes, edges)
    downward = {edge: (edge[1], edge[0]) if edge in returning else edge for edge in edges}
    height = _heights(nodes, list(downward.values()))
    greatest = max(height.values())
    rows: list[list[Item]] = [[] for _ in range(greatest + 1)]
    for node in nodes:
        rows[greatest - height[node]].append(node)
    paths: list[tuple[Edge, tuple[Item, ...]]] = []
    for edge, (upper, lower) in downward.items():
        between = [Waypoint(edge, layer) for layer in range(height[upper] - 1, height[lower], -1)]
        for point in between:
            rows[greatest - point.layer].append(point)
        paths.append((edge, (upper, *between, lower)))
    return Layers(_ordered(rows, paths, frozenset(apart)), tuple(paths), returning)


def _returning(nodes: Sequence[str], edges: Sequence[Edge]) -> frozenset[Edge]:
    """The edges that lead to a node whose own edges are still being followed."""
    following: dict[str, list[str]] = {node: [] for node in nodes}
    for start, end in edges:
        following[start].append(end)
    found, done, open_nodes = set(), set[str](), set[str]()
    for first in nodes:
        stack = [] if first in done else [(first, iter(following[first]))]
        open_nodes.update({first} if stack else ())
        while stack:
            node, rest = stack[-1]
            after = next(rest, None)
            if after is None:
                stack.pop()
                open_nodes.discard(node)
                done.add(node)
            elif after in open_nodes:
                found.add((node, after))
            elif after not in done:
                open_nodes.add(after)
                stack.append((after, iter(following[after])))
    return frozenset(found)


def _heights(nodes: Sequence[str], edges: Sequence[Edge]) -> dict[str, int]:
    """The length of the longest way down from each node."""
    height = dict.fromkeys(nodes, 0)
    for _ in nodes:
        before = dict(height)
        for upper, lower in edges:
            height[upper] = max(height[upper], height[lower] + 1)
        if height == before:
            break
    return height


def _ordered(
    rows: list[list[Item]], paths: list[tuple[Edge, tuple[Item, ...]]], apart: frozenset[str]
) -> tuple[tuple[Item, ...], ...]:
    """Fewer crossings: each item near the middle of its neighbours, downwards and upwards a few times."""
    above: dict[Item, list[Item]] = {}
    below: dict[Item, list[Item]] = {}
    for _, path in paths:
        for upper, lower in pairwise(path):
            above.setdefault(lower, []).append(upper)
            below.setdefault(upper, []).append(lower)
    for neighbours, order in ((above, 1), (below, -1)) * 3:
        place: dict[Item, float] = {}
        for row in rows[::order]:
            middle = {item: _middle(item, neighbours, place, number) for number, item in enumerate(row)}
            row.sort(key=lambda item: (item in apart, middle[item]))
            # Between 0 and 1, so that rows of different lengths compare.
            place |= {item: (number + 0.5) / len(row) for number, item in enumerate(row)}
    return tuple(tuple(row) for row in rows)


def _middle(item: Item, neighbours: dict[Item, list[Item]], place: dict[Item, float], number: int) -> float:
    near = [place[each] for each in neighbours.get(item, []) if each in place]
    return sum(near) / len(near) if near else float(number)
