"""What is made of what in RxNorm: from salts, products, brands, packs, combinations to ingredients."""

from __future__ import annotations

from array import array
from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Final

from kb.rrf import SUPPRESSED, Lines

_INVERSES: Final = {
    "form_of": "has_form",
    "tradename_of": "has_tradename",
    "has_ingredient": "ingredient_of",
    "has_ingredients": "ingredients_of",
    "has_precise_ingredient": "precise_ingredient_of",
    "consists_of": "constitutes",
    "contains": "contained_in",
    "has_part": "part_of",
    "isa": "inverse_isa",
    "quantified_form_of": "has_quantified_form",
}
"""Relations of a concept to one that is nearer to its ingredients, each with its other direction."""

_UPWARDS: Final = frozenset(_INVERSES)
_DOWNWARDS: Final = frozenset(_INVERSES.values())


class Links:
    """Pairs of concepts, the upper one nearer to the ingredients; as numbers, for there are a million."""

    def __init__(self) -> None:
        self._lower = array("L")
        self._upper = array("L")

    def add(self, lower: int, upper: int) -> None:
        """One more pair."""
        self._lower.append(lower)
        self._upper.append(upper)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return zip(self._lower, self._upper, strict=True)


def read_links(relations: Lines) -> tuple[Links, Links]:
    """The links of RXNREL.RRF that are in force, and the suppressed ones."""
    current, suppressed = Links(), Links()
    for number, line in relations:
        if b"|RXNORM|" not in line:
            continue
        one, _, _, _, two, _, _, relation, _, _, source, _, _, _, suppress, *_ = line.decode().split("|")
        upwards = relation in _UPWARDS
        if source != "RXNORM" or not (upwards or relation in _DOWNWARDS) or not (one and two):
            continue
        # A row is read from right to left: RXCUI2 is `relation` to RXCUI1.
        first, second = relations.rxcui(number, one), relations.rxcui(number, two)
        links = suppressed if suppress in SUPPRESSED else current
        links.add(*((second, first) if upwards else (first, second)))
    return current, suppressed


def below(kinds: Iterable[Links], start: Iterable[int]) -> set[int]:
    """The concepts that are made of some others, those included."""
    kinds, found, before = tuple(kinds), set(start), 0
    while before < len(found):
        before = len(found)
        found.update(lower for links in kinds for lower, upper in links if upper in found)
    return found


Above = Mapping[int, tuple[set[int], set[int]]]
"""Concept to what stands right above it, by links in force and by suppressed ones."""


def above(current: Links, suppressed: Links, start: Iterable[int]) -> Above:
    """Everything that some concepts are made of, those included."""
    found: dict[int, tuple[set[int], set[int]]] = {each: (set(), set()) for each in start}
    before = -1
    while before < len(found):
        before = len(found)
        for place, links in enumerate((current, suppressed)):
            for lower, upper in links:
                if lower in found:
                    found[lower][place].add(upper)
                    found.setdefault(upper, (set(), set()))
    return found


def ingredients_of(concept: int, tree: Above, ingredients: Container[int]) -> tuple[frozenset[int], bool]:
    """The ingredients of a concept, and whether only suppressed links lead to one of them.

    A suppressed link counts where a concept has no other: what is retired is what it last was.
    """
    found, seen, left, old = set[int](), {concept}, [concept], False
    while left:
        each = left.pop()
        if each in ingredients:
            found.add(each)
            continue
        current, suppressed = tree[each]
        old = old or bool(suppressed and not current)
        uppers = (current or suppressed) - seen
        seen |= uppers
        left += uppers
    return frozenset(found), old
