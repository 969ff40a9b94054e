"""Operations about signalling networks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from itertools import pairwise
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from calc import pathways, signed_pathways
from calc.cuts import minimum_cuts
from calc.errors import NoAnswer
from calc.operations.model import Given, Result
from calc.operations.operation import Operation

_MOST_EDGES: Final = 10_000
_MOST_NAMES: Final = 2_000

Name = Annotated[str, Field(min_length=1, max_length=100)]
Names = Annotated[list[Name], Field(max_length=_MOST_NAMES)]
Edge = Annotated[list[Name], Field(min_length=2, max_length=2)]


def _one_or_more(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _by_node(value: object) -> object:
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return dict.fromkeys(value)
    if not isinstance(value, Mapping):
        raise PydanticCustomError("names", "expected a list of nodes, or an object of nodes and their drugs")
    return value


Drugs = Annotated[Names, BeforeValidator(_one_or_more, json_schema_input_type=Name | Names)]
"""One drug, or the drugs of a combination."""

Druggable = Annotated[
    dict[Name, Names | None],
    Field(max_length=_MOST_NAMES),
    BeforeValidator(_by_node, json_schema_input_type=Names | dict[Name, Names | None]),
]
"""Nodes that have a drug, with its names where they are known."""


class VariantGiven(Given):
    """A variant in the gene of a node."""

    gene: Name
    """The node that the variant is in."""
    constitutive: bool = False
    """Whether the variant makes its node active without any other."""
    adds_edges: Annotated[list[Edge], Field(max_length=_MOST_EDGES)] = Field(default_factory=list)
    """Pairs of nodes, from and to: edges that are there only with the variant."""
    classification: Name = "pathogenic"
    """`pathogenic`, `likely-pathogenic`, `oncogenic` or `likely-oncogenic`; of any other class the variant
    opens nothing.
    """
    resistant_to: Drugs = Field(default_factory=list)
    """Drugs that no longer hold the node, whatever the class."""


class BlockGiven(Given):
    """A network of activating edges with its variants, and the nodes that `drug` is to block.

    A node stays where a variant of it resists the drug, or one drug of a combination.
    """

    edges: Annotated[list[Edge], Field(min_length=1, max_length=_MOST_EDGES)]
    """Pairs of nodes, from and to: the first activates the second."""
    sources: Names = Field(default_factory=list)
    """Nodes that are active by themselves, such as a ligand."""
    sink: Name
    """The node that the signal is to be kept from."""
    variants: Annotated[list[VariantGiven], Field(max_length=_MOST_NAMES)] = Field(default_factory=list)
    """The variants of the tumour."""
    druggable: Druggable = Field(default_factory=dict)
    """The nodes that have a drug, or under the name of each its drugs; null there: drugs without names."""
    block: Names | None = None
    """The nodes that are to be blocked; null: no question about a block."""
    drug: Drugs | None = None
    """The drug, or the drugs of a combination, by which; null: one that no variant resists."""


class BlockResult(Result):
    """What the block leaves, and which nodes would stop the signal."""

    signal_active: bool
    """Whether any source reaches the sink before a block."""
    block_stops_signal: bool | None = None
    """Whether the block keeps every source from the sink; only with `block`."""
    surviving_path: tuple[str, ...] | None = None
    """A shortest way that is left, of several the first by name; only if the block does not stop the signal.
    """
    after_merge: tuple[str, ...]
    """Nodes behind the block that every way to the sink passes, in their order."""
    after_merge_druggable: tuple[str, ...]
    """Those of them that have a drug which no variant resists."""
    dominators: tuple[str, ...]
    """Nodes before the sink that every way to it passes, in their order: each alone would stop the signal."""
    druggable_dominators: tuple[str, ...]
    """Those of them that have a drug which no variant resists."""
    min_cut_size: int | None
    """Nodes in a smallest set of nodes with drugs that stops the signal; 0 without a signal; null if no set
    stops it.
    """
    min_cuts: tuple[tuple[str, ...], ...] | None
    """All sets of that size; null if they are too many to list: more than ten thousand names in all."""


def block(given: BlockGiven) -> BlockResult:
    """A signal is there while any source reaches the sink, and a block removes its nodes.

    Edges have no sign here.
    """
    variants = [
        pathways.Variant(
            each.gene,
            each.constitutive,
            _pairs(each.adds_edges),
            each.classification,
            frozenset(each.resistant_to),
        )
        for each in given.variants
    ]
    _check(given, [edge for each in given.variants for edge in each.adds_edges])
    net = pathways.network(_pairs(given.edges), given.sources, variants)
    dominators = pathways.dominators(net, given.sink)
    with_drug = pathways.druggable(given.druggable, variants)
    behind = frozenset[str]().union(*(pathways.descendants(net, each) for each in given.block or ()))
    after = tuple(each for each in dominators if each in behind)
    cuts = minimum_cuts(net, given.sink, with_drug)
    judged: dict[str, object] = {}
    if given.block is not None:
        removed = pathways.held(given.block, given.drug or (), variants)
        way = pathways.route(net, given.sink, removed)
        judged = (
            {"block_stops_signal": True}
            if way is None
            else {"block_stops_signal": False, "surviving_path": way}
        )
    return BlockResult.model_validate(
        {
            "signal_active": pathways.route(net, given.sink) is not None,
            **judged,
            "after_merge": after,
            "after_merge_druggable": tuple(each for each in after if each in with_drug),
            "dominators": dominators,
            "druggable_dominators": tuple(each for each in dominators if each in with_drug),
            "min_cut_size": cuts.size,
            "min_cuts": cuts.sets,
        }
    )


class SignedEdgeGiven(Given):
    """One node activates (+) or inhibits (-) another."""

    start: Name = Field(alias="from")
    """The node that acts."""
    end: Name = Field(alias="to")
    """The node that it acts on."""
    sign: Literal["+", "-"]
    """`+` activates, `-` inhibits."""


class SignedVariantGiven(Given):
    """A variant in the gene of a node."""

    gene: Name
    """The node that the variant is in."""
    constitutive: bool = False
    """Whether the variant makes its node active without any other."""
    lost: bool = False
    """Whether the variant takes its node away."""
    releases: Names = Field(default_factory=list)
    """Nodes that are active by themselves once this one is lost, as RAS without NF1."""
    adds_edges: Annotated[list[SignedEdgeGiven], Field(max_length=_MOST_EDGES)] = Field(default_factory=list)
    """Edges that are there only with the variant."""
    classification: Name = "pathogenic"
    """`pathogenic`, `likely-pathogenic`, `oncogenic` or `likely-oncogenic`; of any other class the variant
    changes nothing.
    """
    resistant_to: Drugs = Field(default_factory=list)
    """Drugs that no longer hold the node, whatever the class."""


class FixpointGiven(Given):
    """A network with activators and inhibitors, its variants, and the nodes that `drug` is to hold off."""

    edges: Annotated[list[SignedEdgeGiven], Field(min_length=1, max_length=_MOST_EDGES)]
    """Who acts on whom."""
    sources: Names = Field(default_factory=list)
    """Nodes that are active by themselves, such as a ligand."""
    sink: Name
    """The node that is asked about."""
    variants: Annotated[list[SignedVariantGiven], Field(max_length=_MOST_NAMES)] = Field(default_factory=list)
    """The variants of the tumour."""
    block: Names | None = None
    """The nodes that are held off; null: none."""
    drug: Drugs | None = None
    """The drug, or the drugs of a combination, by which; null: one that no variant resists."""


class FixpointResult(Result):
    """The state that the network comes to."""

    model: Literal["boolean-fixpoint"]
    """The model that ran, to be said with the answer."""
    state: Literal["stable", "oscillating"]
    """Whether the network comes to rest, or goes round a circle of states for ever."""
    active: tuple[str, ...]
    """Nodes that are active all the time."""
    sink_active: bool | None
    """Whether the sink is active all the time; null if it is one of the nodes that swing."""
    steps: int
    """Steps until the state, or the first state of the circle, is there."""
    oscillating: tuple[str, ...] | None = None
    """Nodes that are active in some states of the circle only; left out at rest."""
    period: int | None = None
    """States in the circle; left out at rest."""


def fixpoint(given: FixpointGiven) -> FixpointResult:
    """A node is active after a step if before it some activator was active and no inhibitor.

    All nodes answer at once.
    """
    variants = [
        signed_pathways.SignedVariant(
            each.gene,
            each.constitutive,
            each.lost,
            tuple(each.releases),
            _signed(each.adds_edges),
            each.classification,
            frozenset(each.resistant_to),
        )
        for each in given.variants
    ]
    for index, each in enumerate(given.variants):
        if each.constitutive and each.lost:
            raise NoAnswer("variant", f"`variants.{index}`: either `constitutive` or `lost`, not both")
        if each.releases and not each.lost:
            raise NoAnswer("variant", f"`variants.{index}.releases`: only a variant that is `lost` releases")
    _check(given, [[each.start, each.end] for variant in given.variants for each in variant.adds_edges])
    off = pathways.held(given.block or (), given.drug or (), variants)
    found = signed_pathways.course(_signed(given.edges), given.sources, variants, off)
    swings = {"oscillating": tuple(sorted(found.swinging)), "period": found.period}
    return FixpointResult.model_validate(
        {
            "model": "boolean-fixpoint",
            "state": "oscillating" if found.swinging else "stable",
            "active": tuple(sorted(found.always)),
            "sink_active": None if given.sink in found.swinging else given.sink in found.always,
            "steps": found.steps,
            **(swings if found.swinging else {}),
        }
    )


def _pairs(edges: Iterable[list[str]]) -> tuple[pathways.Edge, ...]:
    return tuple((start, end) for start, end in edges)


def _signed(edges: Iterable[SignedEdgeGiven]) -> tuple[signed_pathways.SignedEdge, ...]:
    return tuple((each.start, each.end, each.sign == "+") for each in edges)


def _check(given: BlockGiven | FixpointGiven, added: Collection[list[str]]) -> None:
    """What is named has to be there: a misspelt block would look like one that fails.

    Genes of variants and nodes with drugs need not be: charts and drug lists know more than one network.
    """
    if len(given.edges) + len(added) > _MOST_EDGES:
        raise NoAnswer("size", f"`variants`: with their edges the network has more than {_MOST_EDGES}")
    nodes = {node for edge in added for node in edge}
    nodes |= {each.gene for each in given.variants if each.constitutive}
    for edge in given.edges:
        nodes |= {edge.start, edge.end} if isinstance(edge, SignedEdgeGiven) else {*edge}
    named = [("sink", given.sink)]
    named += [(f"sources.{index}", each) for index, each in enumerate(given.sources)]
    named += [(f"block.{index}", each) for index, each in enumerate(given.block or ())]
    if isinstance(given, FixpointGiven):
        named += [
            (f"variants.{index}.releases.{number}", each)
            for index, variant in enumerate(given.variants)
            for number, each in enumerate(variant.releases)
        ]
    for field, name in named:
        if name not in nodes:
            raise NoAnswer(
                "unknown-node", f"`{field}`: `{name}` is no node of the network; add an edge of it"
            )


_CASCADE: Final = ("GF", "RTK", "RAS", "RAF", "MEK", "ERK", "PROLIF")

OPERATIONS = (
    Operation(
        "path.block",
        "Whether blocking nodes stops a signal, what survives, and which nodes would stop it",
        BlockGiven,
        BlockResult,
        block,
        "Lengauer and Tarjan, ACM TOPLAS 1979;1:121-141, DOI 10.1145/357062.357071 (dominators); Picard and "
        "Queyranne, Math Program Study 1980;13:8-16, DOI 10.1007/BFb0120902 (smallest sets)",
        {
            "edges": [list(edge) for edge in pairwise(_CASCADE)],
            "sources": ["GF"],
            "sink": "PROLIF",
            "druggable": ["RTK", "RAF", "MEK", "ERK"],
            "block": ["MEK"],
            "drug": "trametinib",
        },
    ),
    Operation(
        "path.fixpoint",
        "The state that a network with activators and inhibitors comes to",
        FixpointGiven,
        FixpointResult,
        fixpoint,
        "Kauffman, J Theor Biol 1969;22:437-467, PMID 5803332, DOI 10.1016/0022-5193(69)90015-0",
        {
            "edges": [
                {"from": "GF", "to": "RAS", "sign": "+"},
                {"from": "NF1", "to": "RAS", "sign": "-"},
                {"from": "RAS", "to": "ERK", "sign": "+"},
            ],
            "sources": ["NF1"],
            "sink": "ERK",
            "variants": [{"gene": "NF1", "lost": True, "releases": ["RAS"]}],
        },
    ),
)
