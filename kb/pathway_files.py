"""Reads signalling networks, and checks that what their files name is there and has its evidence."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from calc import pathways
from dsl.names import LISTABLE, closest
from kb import files
from kb.errors import KnowledgeBaseError
from kb.pathways import EVIDENCE, Pathway


def load_pathways(root: Path, sources: Collection[str]) -> dict[str, Pathway]:
    """The networks below `pathways/` of a knowledge base, by name.

    Raises `KnowledgeBaseError` with the file, the field and what was expected.
    """
    found = {}
    for path in sorted((root / "pathways").glob("*.toml")):
        entry = files.read(path, files.PathwayFile)
        fault = next(_faults(entry, sources), None)
        if fault is not None:
            raise KnowledgeBaseError(f"{path}: field {fault}")
        found[path.stem] = Pathway(path.stem, entry)
    return found


def _faults(entry: files.PathwayFile, sources: Collection[str]) -> Iterator[str]:
    nodes = "`nodes`"
    yield from _unknown("sink", [entry.sink], entry.nodes, nodes)
    yield from _unknown("origins", entry.origins, entry.nodes, nodes)
    genes = [gene for each in entry.nodes.values() for gene in each]
    yield from _twice("nodes", genes)
    yield from _unknown("hgnc", entry.hgnc, genes, "the genes of `nodes`")
    yield from _unknown("nodes", genes, entry.hgnc, "`hgnc`")
    yield from _twice("hgnc", entry.hgnc.values())
    yield from _edge_faults(entry, sources)
    yield from _drug_faults(entry, genes, sources)
    yield from _variant_faults(entry, genes, sources)


def _edge_faults(entry: files.PathwayFile, sources: Collection[str]) -> Iterator[str]:
    for number, edge in enumerate(entry.edges):
        place = f"edges.{number}"
        yield from _unknown(f"{place}.from", [edge.start], entry.nodes, "`nodes`")
        yield from _unknown(f"{place}.to", [edge.end], entry.nodes, "`nodes`")
        yield from _evidence_faults(place, edge, sources)
    yield from _twice("edges", (f"{each.start} to {each.end}" for each in entry.edges))
    activating = [(each.start, each.end) for each in entry.edges if each.sign == "+"]
    net = pathways.network(activating, entry.origins, ())
    if entry.sink in entry.origins or pathways.route(net, entry.sink) is None:
        yield f"`sink`: no way of activating edges leads from `origins` to `{entry.sink}`"


def _drug_faults(entry: files.PathwayFile, genes: Collection[str], sources: Collection[str]) -> Iterator[str]:
    for number, drug in enumerate(entry.drugs):
        place = f"drugs.{number}"
        yield from _unknown(f"{place}.node", [drug.node], entry.nodes, "`nodes`")
        yield from _unknown(f"{place}.sources", drug.sources, sources, "sources.toml")
        for count, resistance in enumerate(drug.resisted_by):
            where = f"{place}.resisted_by.{count}"
            gene, _, change = resistance.variant.partition(" ")
            if not change:
                yield f"`{where}.variant`: expected gene and change such as MAP2K2 p.Q60P"
            yield from _unknown(f"{where}.variant", [gene], genes, "the genes of `nodes`")
            if gene in genes and gene not in entry.nodes[drug.node]:
                yield f"`{where}.variant`: {gene} is no gene of `{drug.node}`, which the drug holds"
            yield from _evidence_faults(where, resistance, sources)
    yield from _twice("drugs", (each.name for each in entry.drugs))


def _variant_faults(
    entry: files.PathwayFile, genes: Collection[str], sources: Collection[str]
) -> Iterator[str]:
    for number, variant in enumerate(entry.variants):
        place = f"variants.{number}"
        yield from _unknown(f"{place}.gene", [variant.gene], genes, "the genes of `nodes`")
        yield from _unknown(f"{place}.releases", variant.releases, entry.nodes, "`nodes`")
        if variant.releases and variant.effect == "gain":
            yield f"`{place}.releases`: only a loss releases other nodes"
        yield from _evidence_faults(place, variant, sources)
    yield from _twice("variants", (each.gene for each in entry.variants))


def _evidence_faults(
    place: str,
    fact: files.PathwayEdge | files.PathwayVariant | files.PathwayResistance,
    sources: Collection[str],
) -> Iterator[str]:
    """What only the seed text says has no source, and everything else has one."""
    if (fact.evidence == EVIDENCE[0]) is bool(fact.sources):
        expected = "nothing, as the seed text is no source" if fact.sources else "at least one source"
        yield f"`{place}.sources`: expected {expected} with the evidence {fact.evidence}"
    yield from _unknown(f"{place}.sources", fact.sources, sources, "sources.toml")


def _unknown(place: str, names: Iterable[str], known: Collection[str], where: str) -> Iterator[str]:
    for name in names:
        if name not in known:
            few = f"expected one of {', '.join(sorted(known))}" if len(known) <= LISTABLE else "add it there"
            yield f"`{place}`: `{name}` is not in {where}; {closest(name, known) or few}"


def _twice(place: str, names: Iterable[str]) -> Iterator[str]:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            yield f"`{place}`: `{name}` is listed twice"
        seen.add(name)
