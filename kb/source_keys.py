"""How guidelines write results beside phenotypes and scores: `1.0 (Phenotyping)`, `*2x2`, `*1+*3`."""

from __future__ import annotations

import re
from typing import Final

from kb.genes import Gene, score_member

_SCORE: Final = re.compile(r"(\u2265?[0-9]+\.[0-9]+) \([A-Za-z ]+\)")
_TWICE: Final = re.compile(r"(.+)x2")


def result_of_key(gene: Gene, word: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The phenotypes and the members of the score enum that a key leaves possible; nothing if it is none.

    What a word behind a score adds (which genotypes it is meant for) is not kept: rules read the score.
    """
    scored = _SCORE.fullmatch(word)
    if scored is not None:
        member = score_member(scored[1])
        return (), tuple(each for each in gene.score_members.values() if each == member)
    phenotype = gene.phenotype_of_text(word)
    if phenotype is not None:
        return (phenotype,), ()
    diplotype = diplotype_of_key(gene, word)
    if diplotype is None:
        return (), ()
    return gene.phenotypes(diplotype), gene.score_of(diplotype)


def diplotype_of_key(gene: Gene, word: str) -> str | None:
    """The diplotype that `*1+*3` or `*2x2` names; None for a word that names none."""
    twice = _TWICE.fullmatch(word)
    if twice is not None and twice[1] in gene.alleles:
        return f"{twice[1]}/{twice[1]}"
    parts = word.split("+")
    for cut in range(1, len(parts)):
        # The name of an allele may have a plus in it (`*80+*28`).
        one, other = "+".join(parts[:cut]), "+".join(parts[cut:])
        if one in gene.alleles and other in gene.alleles:
            return f"{one}/{other}"
    return None
