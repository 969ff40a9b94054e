"""Blocked signals: routes, nodes that every route passes, smallest sets, and networks with inhibitors."""

from __future__ import annotations

from itertools import combinations, pairwise, permutations, product
from typing import Any

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calc import CalculationError
from calc.operations import OPERATIONS

CASCADE = ("GF", "RTK", "RAS", "RAF", "MEK", "ERK", "PROLIF")
DRUGGED = ["RTK", "RAF", "MEK", "ERK"]
SEED: dict[str, Any] = {
    "edges": [list(edge) for edge in pairwise(CASCADE)], "sources": ["GF"], "sink": "PROLIF",
    "druggable": DRUGGED, "block": ["MEK"], "drug": "trametinib",
}  # fmt: skip
BYPASS: dict[str, Any] = {
    "gene": "PTPN11", "constitutive": True, "adds_edges": [["PTPN11", "BYPASS"], ["BYPASS", "ERK"]],
}  # fmt: skip


def block(**changed: object) -> Any:
    return OPERATIONS["path.block"].answer({**SEED, **changed})


def test_seed_patient_a_is_blocked() -> None:
    assert list(block().items()) == [
        ("signal_active", True),
        ("block_stops_signal", True),
        ("after_merge", ["ERK"]),
        ("after_merge_druggable", ["ERK"]),
        ("dominators", ["GF", "RTK", "RAS", "RAF", "MEK", "ERK"]),
        ("druggable_dominators", DRUGGED),
        ("min_cut_size", 1),
        ("min_cuts", [["ERK"], ["MEK"], ["RAF"], ["RTK"]]),
    ]


def test_seed_patient_b_has_a_way_around() -> None:
    assert list(block(variants=[BYPASS]).items()) == [
        ("signal_active", True),
        ("block_stops_signal", False),
        ("surviving_path", ["PTPN11", "BYPASS", "ERK", "PROLIF"]),
        ("after_merge", ["ERK"]),
        ("after_merge_druggable", ["ERK"]),
        ("dominators", ["ERK"]),
        ("druggable_dominators", ["ERK"]),
        ("min_cut_size", 1),
        ("min_cuts", [["ERK"]]),
    ]


def test_a_block_before_the_driver_leaves_it() -> None:
    found = block(block=["RTK"], drug="cetuximab", variants=[{"gene": "RAS", "constitutive": True}])
    assert found["surviving_path"] == ["RAS", "RAF", "MEK", "ERK", "PROLIF"]
    assert found["after_merge"] == found["dominators"] == ["RAS", "RAF", "MEK", "ERK"]
    assert found["min_cuts"] == [["ERK"], ["MEK"], ["RAF"]]


@pytest.mark.parametrize(
    ("classification", "stops"),
    [
        ("pathogenic", False), ("likely-pathogenic", False), ("oncogenic", False),
        ("likely-oncogenic", False), ("uncertain-significance", True), ("benign", True),
        ("Pathogenic", True),
    ],
)  # fmt: skip
def test_only_four_classes_open_edges(classification: str, stops: bool) -> None:
    assert block(variants=[{**BYPASS, "classification": classification}])["block_stops_signal"] is stops


def test_a_resistant_node_stays_for_that_drug_alone() -> None:
    resistant = {"gene": "MEK", "resistant_to": ["trametinib"], "classification": "uncertain-significance"}
    assert block(variants=[resistant])["surviving_path"] == list(CASCADE)
    assert block(variants=[resistant], drug="cobimetinib")["block_stops_signal"] is True
    assert block(variants=[resistant], drug=["dabrafenib", "trametinib"])["block_stops_signal"] is False
    without = {name: each for name, each in SEED.items() if name != "drug"}
    found = OPERATIONS["path.block"].answer({**without, "variants": [resistant]})
    assert found["block_stops_signal"] is True


@pytest.mark.parametrize(
    ("resisted", "drugged"),
    [([], True), (["trametinib"], True), (["trametinib", "cobimetinib"], False), ("trametinib", True)],
)
def test_a_node_has_a_drug_as_long_as_one_is_not_resisted(resisted: list[str], drugged: bool) -> None:
    drugs = {"MEK": ["trametinib", "cobimetinib"], "ERK": [], "CDK4": ["palbociclib"]}
    found = block(druggable=drugs, variants=[{"gene": "MEK", "resistant_to": resisted}])
    assert found["druggable_dominators"] == (["MEK"] if drugged else [])
    assert found["min_cut_size"] == (1 if drugged else None)
    assert found["min_cuts"] == ([["MEK"]] if drugged else [])


def test_without_a_block_nothing_is_said_about_one() -> None:
    for asked in (
        {**SEED, "block": None},
        {n: each for n, each in SEED.items() if n not in ("block", "drug")},
    ):
        found: Any = OPERATIONS["path.block"].answer(asked)
        assert "block_stops_signal" not in found and "surviving_path" not in found
        assert found["after_merge"] == [] and found["min_cut_size"] == 1


def test_without_a_signal_there_is_nothing_to_stop() -> None:
    found = block(sources=[])
    assert found["signal_active"] is False and found["block_stops_signal"] is True
    assert found["dominators"] == [] and found["min_cut_size"] == 0 and found["min_cuts"] == [[]]


def test_the_first_way_by_name_whatever_the_order_of_edges() -> None:
    edges = [["s", "z"], ["z", "a"], ["a", "t"], ["s", "b"], ["b", "y"], ["y", "t"], ["b", "x"], ["x", "t"]]
    for each in (edges, edges[::-1]):
        found = block(edges=each, sources=["s"], sink="t", block=[], druggable=[])
        assert found["surviving_path"] == ["s", "b", "x", "t"]


def test_a_drugged_sink_stops_as_a_block_of_it_does() -> None:
    found = block(sink="ERK", block=["ERK"], druggable=["ERK"])
    assert found["block_stops_signal"] is True and found["min_cuts"] == [["ERK"]]
    assert "ERK" not in found["dominators"]


NAMES = "abcdefgh"
NEAR = [[one, two] for one, two in combinations(NAMES, 2) if ord(two) - ord(one) <= 3]
# Most have a signal, and smallest sets of two and three nodes: those are what is hard.
networks = st.fixed_dictionaries({
    "edges": st.builds(
        lambda kept, back: [edge for edge, keep in zip(NEAR, kept, strict=True) if keep] + back,
        st.lists(st.booleans(), min_size=len(NEAR), max_size=len(NEAR)),
        st.lists(st.sampled_from([list(pair) for pair in permutations(NAMES, 2)]), max_size=3),
    ),
    "sources": st.sampled_from([{"a"}, {"a", "b"}, {"a", "b", "c"}, {"a", "h"}, set()]),
    "druggable": st.sets(st.sampled_from(NAMES), max_size=3).map({*NAMES[:-1]}.symmetric_difference),
    "block": st.sets(st.sampled_from(NAMES), max_size=2),
})  # fmt: skip


def completed(drawn: dict[str, Any]) -> dict[str, Any]:
    """With an edge of each name, so that all of them are nodes; the sink is the last."""
    loops = [[each, each] for each in NAMES]
    return {
        "edges": drawn["edges"] + loops, "sources": sorted(drawn["sources"]), "sink": NAMES[-1],
        "druggable": sorted(drawn["druggable"]), "block": sorted(drawn["block"]),
    }  # fmt: skip


def stopped(given: dict[str, Any], removed: tuple[str, ...]) -> bool:
    """By another library: no origin that is left reaches the sink."""
    graph: nx.DiGraph[str] = nx.DiGraph([tuple(edge) for edge in given["edges"]])
    graph.remove_nodes_from(removed)
    starts = [each for each in given["sources"] if each in graph]
    return given["sink"] not in graph or not any(nx.has_path(graph, each, given["sink"]) for each in starts)


@settings(derandomize=True, database=None, deadline=None, max_examples=400)
@given(networks)
def test_everything_against_trying_all_sets(drawn: dict[str, Any]) -> None:
    asked = completed(drawn)
    found: Any = OPERATIONS["path.block"].answer(asked)
    assert found["signal_active"] is not stopped(asked, ())
    assert found["block_stops_signal"] is stopped(asked, tuple(asked["block"]))
    alone = {each for each in NAMES[:-1] if found["signal_active"] and stopped(asked, (each,))}
    assert {*found["dominators"]} == alone
    size, sets = next(((size, sets) for size in range(9) if (sets := stopping(asked, size))), (None, []))
    assert (found["min_cut_size"], found["min_cuts"]) == (size, sets)
    graph: nx.DiGraph[str] = nx.DiGraph([tuple(edge) for edge in asked["edges"]])
    behind = {each for start in asked["block"] for each in nx.descendants(graph, start)}
    assert found["after_merge"] == [each for each in found["dominators"] if each in behind]
    assert found["after_merge_druggable"] == [
        each for each in found["after_merge"] if each in asked["druggable"]
    ]


def stopping(asked: dict[str, Any], size: int) -> list[list[str]]:
    return [list(each) for each in combinations(asked["druggable"], size) if stopped(asked, each)]


@settings(derandomize=True, database=None, deadline=None, max_examples=300)
@given(networks)
def test_ways_and_their_order_against_networkx(drawn: dict[str, Any]) -> None:
    asked = completed(drawn)
    found: Any = OPERATIONS["path.block"].answer(asked)
    graph: nx.DiGraph[str] = nx.DiGraph([tuple(edge) for edge in asked["edges"]])
    graph.add_edges_from(("S", each) for each in asked["sources"])
    graph.add_node("S")
    if found["signal_active"]:
        above = nx.immediate_dominators(graph, "S")
        chain, node = [], above[asked["sink"]]
        while node != "S":
            chain.append(node)
            node = above[node]
        assert found["dominators"] == chain[::-1]
    way = found.get("surviving_path")
    if way is not None:
        graph.remove_nodes_from(asked["block"])
        assert way == min(list(each)[1:] for each in nx.all_shortest_paths(graph, "S", asked["sink"]))


@settings(derandomize=True, database=None, deadline=None, max_examples=200)
@given(networks, st.permutations(NAMES))
def test_names_and_order_of_the_input_do_not_matter(drawn: dict[str, Any], names: list[str]) -> None:
    asked = completed(drawn)
    other = dict(zip(NAMES, names, strict=True))
    renamed = {
        "edges": [[other[each] for each in edge] for edge in reversed(asked["edges"])],
        "sink": other[asked["sink"]],
        **{field: [other[each] for each in asked[field]] for field in ("sources", "druggable", "block")},
    }
    one, two = (dict[str, Any](OPERATIONS["path.block"].answer(each)) for each in (asked, renamed))
    assert [other[each] for each in one["dominators"]] == two["dominators"]
    assert sorted(sorted(other[each] for each in cut) for cut in one["min_cuts"]) == two["min_cuts"]
    assert len(one.get("surviving_path", "")) == len(two.get("surviving_path", ""))


def chains(count: int, length: int) -> dict[str, Any]:
    rows = [["s", *(f"n{row}_{each}" for each in range(length)), "t"] for row in range(count)]
    edges = [list(edge) for row in rows for edge in pairwise(row)]
    nodes = sorted({each for row in rows for each in row[1:-1]})
    return {"edges": edges, "sources": ["s"], "sink": "t", "druggable": nodes}


def test_sets_are_all_listed_or_none() -> None:
    """A list that broke off would pass for all of them."""
    found = OPERATIONS["path.block"].answer(chains(4, 5))
    assert found["min_cuts"] == sorted(
        sorted(each) for each in product(*([f"n{row}_{each}" for each in range(5)] for row in range(4)))
    )
    found = OPERATIONS["path.block"].answer(chains(30, 30))
    assert found["min_cut_size"] == 30 and found["min_cuts"] is None


def edge(text: str) -> dict[str, str]:
    start, sign, end = text.split()
    return {"from": start, "to": end, "sign": sign}


def fixpoint(*edges: str, sources: str = "", sink: str, **more: object) -> Any:
    return OPERATIONS["path.fixpoint"].answer(
        {"edges": [edge(each) for each in edges], "sources": sources.split(), "sink": sink, **more}
    )


NF1 = ("GF + RAS", "NF1 - RAS", "RAS + MEK", "MEK + ERK")


def test_an_active_inhibitor_wins_and_its_loss_releases() -> None:
    held = fixpoint(*NF1, sources="GF NF1", sink="ERK")
    assert held == {
        "model": "boolean-fixpoint", "state": "stable", "active": ["GF", "NF1"], "sink_active": False,
        "steps": 1,
    }  # fmt: skip
    lost = {"gene": "NF1", "lost": True, "releases": ["RAS"]}
    for sources in ("GF NF1", "NF1", ""):
        found = fixpoint(*NF1, sources=sources, sink="ERK", variants=[lost])
        assert found["sink_active"] is True and "NF1" not in found["active"]
    blocked = fixpoint(*NF1, sources="NF1", sink="ERK", variants=[lost], block=["MEK"], drug="trametinib")
    assert blocked["active"] == ["RAS"] and blocked["sink_active"] is False
    resistant = {"gene": "MEK", "resistant_to": "trametinib"}
    found = fixpoint(
        *NF1, sources="NF1", sink="ERK", variants=[lost, resistant], block=["MEK"], drug="trametinib"
    )
    assert found["sink_active"] is True
    unsure = fixpoint(
        *NF1, sources="GF NF1", sink="ERK", variants=[{**lost, "classification": "uncertain-significance"}]
    )
    assert unsure["sink_active"] is False


def test_a_constitutive_node_does_not_hear_an_inhibitor_but_a_drug() -> None:
    active = {"gene": "RAS", "constitutive": True}
    assert fixpoint(*NF1, sources="NF1", sink="ERK", variants=[active])["sink_active"] is True
    assert fixpoint(*NF1, sources="NF1", sink="ERK", variants=[active], block=["RAS"])["sink_active"] is False


def test_an_oscillation_is_named_and_the_sink_is_open_only_if_it_swings() -> None:
    ring = ("L + a", "a + b", "b - a")
    found = fixpoint(*ring, sources="L", sink="b")
    assert found == {
        "model": "boolean-fixpoint", "state": "oscillating", "active": ["L"], "sink_active": None, "steps": 1,
        "oscillating": ["a", "b"], "period": 4,
    }  # fmt: skip
    assert fixpoint(*ring, "L + t", sources="L", sink="t")["sink_active"] is True
    assert fixpoint(*ring, "u + t", sources="L", sink="t")["sink_active"] is False
    assert fixpoint(*ring, sources="L", sink="b", block=["b"])["state"] == "stable"


def test_a_network_that_swings_too_long_is_given_up() -> None:
    rings = []
    for size in (2, 3, 5, 7, 11, 13):
        names = [f"r{size}_{each}" for each in range(size)]
        rings += [f"L + {names[0]}", f"{names[-1]} - {names[0]}"]
        rings += [f"{one} + {two}" for one, two in pairwise(names)]
    with pytest.raises(CalculationError, match="neither rests nor repeats itself within 10000 steps"):
        fixpoint(*rings, sources="L", sink="r2_0")


signed = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from("+++-"), st.sampled_from(NAMES)),
    min_size=1,
    max_size=20,
)


@settings(derandomize=True, database=None, deadline=None, max_examples=400)
@given(signed, st.sets(st.sampled_from(NAMES), max_size=3), st.sets(st.sampled_from(NAMES), max_size=2))
def test_courses_against_one_state_after_the_other(
    edges: list[tuple[str, str, str]], sources: set[str], off: set[str]
) -> None:
    loops = [(each, "+", each) for each in NAMES]
    edges = edges + loops
    found = fixpoint(*(" ".join(each) for each in edges), sources=" ".join(sources), sink="h", block=[*off])
    activators = {(start, end) for start, sign, end in edges if sign == "+"}
    inhibitors = {(start, end) for start, sign, end in edges if sign == "-"}
    states: list[frozenset[str]] = [frozenset(sources - off)]
    while len(states) < 2 or states[-1] not in states[:-1]:
        now = states[-1]
        states.append(frozenset(
            each for each in NAMES if each not in off and (each in sources or (
                any((start, each) in activators for start in now)
                and not any((start, each) in inhibitors for start in now)
            ))
        ))  # fmt: skip
    circle = states[states.index(states[-1]) : -1]
    always = frozenset.intersection(*circle)
    swinging = frozenset.union(*circle) - always
    assert found["active"] == sorted(always)
    assert found.get("oscillating", []) == sorted(swinging)
    assert found.get("period", 1) == len(circle)
    assert found["sink_active"] is (None if "h" in swinging else "h" in always)


@settings(derandomize=True, database=None, deadline=None, max_examples=200)
@given(networks)
def test_without_inhibitors_both_models_agree(drawn: dict[str, Any]) -> None:
    asked = {**completed(drawn)}
    asked["edges"] = [each for each in asked["edges"] if each[0] != each[1]] + [["h", each] for each in NAMES]
    one = OPERATIONS["path.block"].answer(asked)
    two = fixpoint(
        *(f"{start} + {end}" for start, end in asked["edges"]),
        sources=" ".join(asked["sources"]), sink="h", block=asked["block"],
    )  # fmt: skip
    assert two["state"] == "stable" and two["sink_active"] is not one["block_stops_signal"]


@pytest.mark.parametrize(
    ("changed", "code", "words"),
    [
        ({"sink": "APOPTOSIS"}, "unknown-node", "`sink`: `APOPTOSIS` is no node"),
        ({"sources": ["EGF"]}, "unknown-node", "`sources.0`: `EGF` is no node"),
        ({"block": ["MEK", "MEK3"]}, "unknown-node", "`block.1`: `MEK3` is no node"),
        ({"edges": []}, "input", "`edges`"),
        ({"edges": [["GF"]]}, "input", "`edges.0`"),
        ({"edges": [["GF", "RTK", "RAS"]]}, "input", "`edges.0`"),
        ({"edges": [["GF", ""]]}, "input", "`edges.0.1`"),
        ({"edges": [["GF", 7]]}, "input", "`edges.0.1`"),
        ({"edges": "GF"}, "input", "`edges`"),
        ({"edges": [["a", "b"]] * 10_001}, "input", "`edges`"),
        ({"druggable": "MEK"}, "input", "`druggable`: expected a list of nodes, or an object"),
        ({"druggable": [["MEK"]]}, "input", "`druggable`: expected a list of nodes, or an object"),
        ({"druggable": {"MEK": "trametinib"}}, "input", "`druggable.MEK`"),
        ({"drug": 7}, "input", "`drug`"),
        ({"variants": [{"constitutive": True}]}, "missing-field", "`variants.0.gene` is missing"),
        ({"variants": [{"gene": "RAS", "constitutive": "yes"}]}, "input", "`variants.0.constitutive`"),
        ({"variants": [{"gene": "RAS", "active": True}]}, "unknown-field", "`variants.0.active` is no field"),
        ({"variants": [{"gene": "RAS", "classification": None}]}, "input", "`variants.0.classification`"),
        ({"variants": [{"gene": "G", "adds_edges": [["a", "b"]] * 9_999}]}, "size", "more than 10000"),
        ({"signs": []}, "unknown-field", "`signs` is no field"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_named(changed: dict[str, object], code: str, words: str) -> None:
    with pytest.raises(CalculationError, match=words) as error:
        block(**changed)
    assert error.value.code == code


@pytest.mark.parametrize(
    ("changed", "code", "words"),
    [
        ({"edges": [{"from": "a", "to": "b", "sign": "*"}]}, "input", "`edges.0.sign`"),
        ({"edges": [{"from": "a", "sign": "+"}]}, "missing-field", "`edges.0.to` is missing"),
        ({"sink": "x"}, "unknown-node", "`sink`: `x` is no node"),
        ({"block": ["x"]}, "unknown-node", "`block.0`: `x` is no node"),
        ({"variants": [{"gene": "a", "lost": True, "releases": ["x"]}]}, "unknown-node", "releases.0`: `x`"),
        ({"variants": [{"gene": "a", "releases": ["b"]}]}, "variant", "only a variant that is `lost`"),
        ({"variants": [{"gene": "a", "lost": True, "constitutive": True}]}, "variant", "not both"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_of_signs_is_named(changed: dict[str, object], code: str, words: str) -> None:
    usable = {"edges": [{"from": "a", "to": "b", "sign": "+"}], "sources": ["a"], "sink": "b"}
    with pytest.raises(CalculationError, match=words) as error:
        OPERATIONS["path.fixpoint"].answer({**usable, **changed})
    assert error.value.code == code


LENGAUER_TARJAN = "RA RB RC AD BA BD BE CF CG DL EH FI GI GJ HE HK IK JI KI KR LH"
"""The flow graph of figure 1 of Lengauer and Tarjan, ACM TOPLAS 1979;1:121-141; R is its root."""


@pytest.mark.parametrize(
    ("sink", "immediate"),
    list(zip("ABCDEFGHIJKL", "RRRRRCCRRGRD", strict=True)),
)
def test_dominators_of_the_published_flow_graph(sink: str, immediate: str) -> None:
    """Figure 2 there is the tree of immediate dominators: every node's is the last before the node itself."""
    found = block(
        edges=[list(edge) for edge in LENGAUER_TARJAN.split()],
        sources=["R"],
        sink=sink,
        druggable=[],
        block=[],
    )
    assert found["dominators"][-1:] == [immediate]
