"""Networks: every edge leads down or is known to lead back, and nothing lies on anything else."""

from __future__ import annotations

from itertools import combinations, pairwise

import networkx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.cards.pictures import NetworkPicture, NoPicture
from cds.cards.pictures.layers import Edge, arrange
from cds.cards.pictures.network import NetworkView, draw
from tests.dsl.support import PROPERTY

NODES = "abcdefg"
edge_lists = st.lists(
    st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)).filter(lambda edge: edge[0] != edge[1]),
    max_size=14,
    unique=True,
)


@PROPERTY
@given(edge_lists, st.sets(st.sampled_from(NODES)))
def test_edges_lead_from_row_to_row_and_the_rest_closes_circles(edges: list[Edge], apart: set[str]) -> None:
    layers = arrange(NODES, edges, apart)
    rows = {item: number for number, row in enumerate(layers.rows) for item in row}
    assert len(rows) == sum(len(row) for row in layers.rows) and set(NODES) <= set(rows)
    assert [edge for edge, _ in layers.paths] == edges
    for edge, path in layers.paths:
        assert (path[0], path[-1]) == (edge[::-1] if edge in layers.returning else edge)
        assert all(rows[below] - rows[above] == 1 for above, below in pairwise(path))
    remaining = networkx.DiGraph(set(edges) - layers.returning)
    assert networkx.is_directed_acyclic_graph(remaining)
    if networkx.is_directed_acyclic_graph(networkx.DiGraph(edges)):
        assert not layers.returning


def view_of(
    edges: list[Edge], blocked: tuple[str, ...] = (), route: tuple[str, ...] = ()
) -> NetworkView | None:
    try:
        return draw(NetworkPicture("", tuple(edges), ("a",), "g", blocked, (), route))
    except NoPicture:
        return None


@PROPERTY
@given(edge_lists, st.lists(st.sampled_from(NODES), max_size=2, unique=True).map(tuple))
def test_boxes_lie_apart_and_on_the_canvas(edges: list[Edge], blocked: tuple[str, ...]) -> None:
    view = view_of(edges, blocked)
    boxes = [] if view is None else view.boxes
    for box in boxes:
        assert box.x >= 0 and box.x + box.width <= 320 and len(box.text) >= 1
        assert all(box.y < text.y < box.y + box.height for text in box.text)
    for one, other in combinations(boxes, 2):
        aside = one.x + one.width <= other.x or other.x + other.width <= one.x
        assert aside or one.y + one.height <= other.y or other.y + other.height <= one.y


@PROPERTY
@given(edge_lists)
def test_what_leads_to_the_sink_is_drawn_and_nothing_else(edges: list[Edge]) -> None:
    """Against the ancestors that networkx finds."""
    graph = networkx.DiGraph([*edges])
    graph.add_node("g")
    view = view_of(edges)
    if view is not None:
        assert {row[0] for row in view.table.rows} == networkx.ancestors(graph, "g") | {"g"}


def looks(view: NetworkView) -> dict[str, tuple[str, ...]]:
    return {box.text[0].words: box.looks for box in view.boxes}


SEED: list[Edge] = [("a", "b"), ("b", "g"), ("a", "c"), ("c", "g")]


def test_a_blocked_node_interrupts_what_leads_from_it_and_the_route_is_drawn_last() -> None:
    view = view_of(SEED[::-1], ("b",), ("a", "c", "g"))
    assert view is not None
    assert [line.look for line in view.lines] == ["cut", "plain", "route", "route"]
    assert looks(view) == {"a": ("origin", "route"), "b": ("blocked",), "c": ("route",), "g": ("route",)}


def test_a_blocked_node_off_every_route_is_drawn_all_the_same() -> None:
    view = view_of([*SEED, ("c", "x")], ("x",))
    assert view is not None and looks(view)["x"] == ("blocked",)


def test_a_node_that_resists_is_not_drawn_as_blocked() -> None:
    view = draw(NetworkPicture("", tuple(SEED), ("a",), "g", ("b",), ("b",), ("a", "b", "g")))
    assert looks(view)["b"] == ("route",) and "cut" not in {line.look for line in view.lines}
    assert ("b", "g", "resists the block, on the surviving route") in view.table.rows
    assert "Blocked: none. Resists the block: b." in view.described


def test_the_route_stands_apart_at_the_right() -> None:
    view = view_of(SEED, ("c",), ("a", "b", "g"))
    assert view is not None
    place = {box.text[0].words: box.x for box in view.boxes}
    assert place["b"] > place["c"]


@pytest.mark.parametrize(
    "edges",
    [
        [(f"n{number}", f"n{number + 1}") for number in range(45)],
        [(f"n{number}", "g") for number in range(7)],
    ],
    ids=["too long", "too wide"],
)
def test_a_network_that_nobody_could_read_is_not_drawn(edges: list[Edge]) -> None:
    with pytest.raises(NoPicture):
        draw(NetworkPicture("", tuple(edges), ("n0",), edges[-1][1]))
