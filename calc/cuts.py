"""The smallest sets of drugged nodes that stop a signal, all of them.

Every node becomes an arc from its entry to its exit, of capacity one if it has a drug and endless otherwise.
A greatest flow from the origins to the sink is as large as the smallest set: Ford and Fulkerson, Can J Math
1956;8:399-404, DOI 10.4153/CJM-1956-045-5. The sets themselves are read off the residual arcs: Picard and
Queyranne, Math Program Study 1980;13:8-16, DOI 10.1007/BFb0120902. Each takes one node from each unit of the
flow, and two nodes go together unless a residual way leads from the entry of one to the exit of the other.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from calc.pathways import Network, reached, route

MOST_NAMES: Final = 10_000
"""Sets that hold more names together are not listed: their number can grow as a power of the network."""


@dataclass(frozen=True, slots=True)
class Cuts:
    """The smallest sets."""

    size: int | None
    """Nodes in each; None if no set of drugged nodes stops the signal, 0 if there is none to stop."""
    sets: tuple[tuple[str, ...], ...] | None
    """All of them, sorted; None if they hold more than `MOST_NAMES` names together."""


def minimum_cuts(net: Network, sink: str, druggable: Collection[str]) -> Cuts:
    """The smallest sets of druggable nodes without which no origin reaches the sink.

    The sink itself is in a set if it has a drug, as a node is gone that its drug holds.
    """
    if route(net, sink) is None:
        return Cuts(0, ((),))
    if route(net, sink, druggable) is not None:
        return Cuts(None, ())
    flow = _Flow(net, sink, druggable)
    flow.fill()
    units = flow.units()
    return Cuts(len(units), flow.sets(units))


class _Flow:
    """Arcs in pairs: number and number ^ 1 are an arc and its residual opposite."""

    def __init__(self, net: Network, sink: str, druggable: Collection[str]) -> None:
        self.names = sorted(reached(net, net.origins))
        entry = {name: 2 * index for index, name in enumerate(self.names)}
        self.source = 2 * len(self.names)
        self.sink = entry[sink] + 1
        self.ends: list[int] = []
        self.room: list[int] = []
        self.arcs: list[list[int]] = [[] for _ in range(self.source + 1)]
        self.through: dict[int, int] = {}
        """The arc of each node with a drug, by its entry."""
        endless = len(self.names) + 1
        for name in self.names:
            if name in druggable:
                self.through[entry[name]] = len(self.ends)
            self._join(entry[name], entry[name] + 1, 1 if name in druggable else endless)
            for later in net.after[name]:
                self._join(entry[name] + 1, entry[later], endless)
        for name in sorted(net.origins):
            self._join(self.source, entry[name], endless)

    def _join(self, start: int, end: int, room: int) -> None:
        for at, towards, capacity in ((start, end, room), (end, start, 0)):
            self.arcs[at].append(len(self.ends))
            self.ends.append(towards)
            self.room.append(capacity)

    def fill(self) -> None:
        """A greatest flow, after Dinitz. Every way has a node of capacity one, so a unit goes at a time."""
        while (level := self._levels())[self.sink] >= 0:
            tried = [0] * len(self.arcs)
            way: list[int] = []
            node = self.source
            while True:
                if node == self.sink:
                    for arc in way:
                        self.room[arc] -= 1
                        self.room[arc ^ 1] += 1
                    way, node = [], self.source
                elif tried[node] < len(self.arcs[node]):
                    arc = self.arcs[node][tried[node]]
                    if self.room[arc] and level[self.ends[arc]] == level[node] + 1:
                        way.append(arc)
                        node = self.ends[arc]
                    else:
                        tried[node] += 1
                elif way:
                    node = self.ends[way.pop() ^ 1]
                    tried[node] += 1
                else:
                    break

    def _levels(self) -> list[int]:
        level = [-1] * len(self.arcs)
        level[self.source] = 0
        waiting = deque([self.source])
        while waiting:
            node = waiting.popleft()
            for arc in self.arcs[node]:
                if self.room[arc] and level[self.ends[arc]] < 0:
                    level[self.ends[arc]] = level[node] + 1
                    waiting.append(self.ends[arc])
        return level

    def units(self) -> list[list[int]]:
        """The flow taken apart: for each unit the entries of the drugged nodes that it passes."""
        # As often at a place as units leave it there.
        onward = [
            [self.ends[arc] for arc in arcs if arc % 2 == 0 for _ in range(self.room[arc ^ 1])]
            for arcs in self.arcs
        ]
        units = []
        for node in onward[self.source]:
            unit = []
            while node != self.sink:
                if node in self.through:
                    unit.append(node)
                node = onward[node].pop()
            units.append(unit)
        return units

    def sets(self, units: list[list[int]]) -> tuple[tuple[str, ...], ...] | None:
        """One node from each unit, in all ways that fit.

        What fits so far always goes on to a whole set, so no work is lost on the way.
        """
        bit = {node: 1 << index for index, node in enumerate(each for unit in units for each in unit)}
        beyond = self._beyond({node + 1: each for node, each in bit.items()})
        choices = [[node for node in unit if not beyond[node] & bit[node]] for unit in units]
        found: list[tuple[str, ...]] = []
        waiting: list[tuple[tuple[int, ...], int, int]] = [((), 0, 0)]
        while waiting:
            chosen, bits, reach = waiting.pop()
            if len(chosen) == len(units):
                found.append(tuple(sorted(self.names[node // 2] for node in chosen)))
                if len(found) * len(units) > MOST_NAMES:
                    return None
                continue
            for node in choices[len(chosen)]:
                if not (reach & bit[node] or beyond[node] & bits):
                    waiting.append(((*chosen, node), bits | bit[node], reach | beyond[node]))
        return tuple(sorted(found))

    def _beyond(self, marks: dict[int, int]) -> list[int]:
        """For each place the marks that residual arcs lead to from it.

        Places in a circle share them; one walk finds all circles, those that others lead to first: Tarjan,
        SIAM J Comput 1972;1:146-160, DOI 10.1137/0201010.
        """
        beyond = [marks.get(place, 0) for place in range(len(self.arcs))]
        number = [0] * len(self.arcs)
        low = [0] * len(self.arcs)
        closed = [False] * len(self.arcs)
        count = 0
        open_places: list[int] = []
        for start in range(len(self.arcs)):
            if number[start]:
                continue
            count += 1
            number[start] = low[start] = count
            open_places.append(start)
            way = [(start, self._residual(start))]
            while way:
                place, following = way[-1]
                for later in following:
                    if not number[later]:
                        count += 1
                        number[later] = low[later] = count
                        open_places.append(later)
                        way.append((later, self._residual(later)))
                        break
                    if closed[later]:
                        beyond[place] |= beyond[later]
                    else:
                        low[place] = min(low[place], number[later])
                else:
                    way.pop()
                    if low[place] == number[place]:
                        self._close(place, open_places, closed, beyond)
                    if way:
                        above = way[-1][0]
                        low[above] = min(low[above], low[place])
                        beyond[above] |= beyond[place]
        return beyond

    def _residual(self, place: int) -> Iterable[int]:
        return iter([self.ends[arc] for arc in self.arcs[place] if self.room[arc]])

    @staticmethod
    def _close(place: int, open_places: list[int], closed: list[bool], beyond: list[int]) -> None:
        circle: list[int] = []
        while not circle or circle[-1] != place:
            circle.append(open_places.pop())
        shared = 0
        for each in circle:
            shared |= beyond[each]
        for each in circle:
            beyond[each] = shared
            closed[each] = True
