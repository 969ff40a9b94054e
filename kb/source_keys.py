"""How guidelines write results beside phenotypes and scores: `1.0 (Phenotyping)`, `*2x2`, `*1+*3`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from kb.genes import Gene, score_member

_SCORE: Final = re.compile(r"(\u2265?[0-9]+\.[0-9]+) \(([A-Za-z ]+)\)")
_TWICE: Final = re.compile(r"(.+)x2")
_NO_USUAL_ALLELE: Final = "Phenotyping"
"""The DPWG's word behind a score that two changed alleles add up to: the enzyme is to be measured."""


@dataclass(frozen=True, slots=True)
class KeyResult:
    """What a key leaves possible of a gene, as members of its enums; nothing if it is no key."""

    phenotypes: tuple[str, ...] = ()
    scores: tuple[str, ...] = ()
    genotypes: tuple[str, ...] = ()
    """Only where the key tells genotypes apart that have one phenotype or score."""


def result_of_key(gene: Gene, word: str) -> KeyResult:
    """What a key of a guideline means."""
    scored = _SCORE.fullmatch(word)
    if scored is not None:
        scores = tuple(each for each in gene.score_members.values() if each == score_member(scored[1]))
        return KeyResult(scores=scores, genotypes=_meant(gene, scores, scored[2] == _NO_USUAL_ALLELE))
    phenotype = gene.phenotype_of_text(word)
    if phenotype is not None:
        return KeyResult((phenotype,))
    diplotype = diplotype_of_key(gene, word)
    if diplotype is None:
        return KeyResult()
    return KeyResult(gene.phenotypes(diplotype), gene.score_of(diplotype), gene.genotype_of(diplotype))


def _meant(gene: Gene, scores: tuple[str, ...], without_usual: bool) -> tuple[str, ...]:
    """The genotypes of a score with a usual allele, or those without one, where there are both."""
    pairs = [pair for pair in gene.told_apart if pair.score in scores]
    meant = {pair.genotype for pair in pairs if ("normal" not in pair.functions) == without_usual}
    return tuple(sorted(meant)) if meant < {pair.genotype for pair in pairs} else ()


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
