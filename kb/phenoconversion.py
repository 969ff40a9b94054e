"""How drugs that are taken change what the result of a gene means: inhibitors and inducers of its enzyme."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from fractions import Fraction
from functools import cached_property

from kb.genes import Gene, number_of


class Effect(StrEnum):
    """What a drug does to an enzyme."""

    INHIBITOR = "inhibitor"
    INDUCER = "inducer"


class Strength(StrEnum):
    """How much, in the words of the FDA; the strongest comes first."""

    STRONG = "strong"
    MODERATE = "moderate"
    WEAK = "weak"


@dataclass(frozen=True, slots=True)
class Modulator:
    """A drug that inhibits or induces the enzyme of a gene."""

    drug: str
    """Its name in the knowledge base."""
    display: str
    effect: Effect
    strength: Strength
    acts: timedelta
    """So long after the last use it counts as if it were taken."""
    washout: timedelta
    """So long after the last use it may still act."""
    draft: bool
    """Nobody but the author has checked it against its sources."""
    sources: tuple[str, ...] = ()

    @property
    def rank(self) -> int:
        """0 for the strongest."""
        return list(Strength).index(self.strength)

    @property
    def words(self) -> str:
        """`paroxetine, a strong inhibitor`."""
        article = "an" if self.strength.value[0] in "aeiou" else "a"
        remark = " (draft knowledge)" if self.draft else ""
        return f"{self.display}, {article} {self.strength} {self.effect}{remark}"


@dataclass(frozen=True, slots=True)
class Conversion:
    """What one strength of one effect does: factors on the activity score, or phenotypes for each phenotype.

    Several factors or phenotypes are all possible: how much is not known.
    """

    factors: tuple[Fraction, ...]
    phenotypes: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Between:
    """The phenotype of the scores between two, both excluded, that no table lists."""

    above: Fraction
    below: Fraction
    phenotype: str


@dataclass(frozen=True)
class Phenoconversion:
    """The drugs that change the result of one gene, and how.

    Without slots: what follows from the scores of the gene is put together once.
    """

    gene: Gene
    modulators: tuple[Modulator, ...]
    conversions: Mapping[tuple[Effect, Strength], Conversion]
    unlisted: tuple[Between, ...] = ()

    @cached_property
    def by_score(self) -> bool:
        """Whether activity scores are converted; phenotypes otherwise."""
        return any(each.factors for each in self.conversions.values())

    @cached_property
    def reviewed(self) -> Phenoconversion | None:
        """The same without the drugs that are drafts; None if no drug is left."""
        kept = tuple(each for each in self.modulators if not each.draft)
        return Phenoconversion(self.gene, kept, self.conversions, self.unlisted) if kept else None

    def converted(self, members: Iterable[str], modulator: Modulator) -> frozenset[str]:
        """What a drug makes of activity scores, or of phenotypes where no score is converted.

        Members of the gene's enums; one that the drug cannot change stays. A score that no table lists is
        brought to the nearest listed one of the same phenotype, the lower of two that are as near.
        """
        how = self.conversions[modulator.effect, modulator.strength]
        if not self.by_score:
            return frozenset[str]().union(*(how.phenotypes[each] for each in members))
        return frozenset[str]().union(
            *(self._scaled(each, factor) for each in members for factor in how.factors)
        )

    def phenotypes_of(self, scores: Iterable[str]) -> frozenset[str]:
        """The phenotypes of activity scores."""
        return frozenset(self.gene.scores[self._texts[each]] for each in scores)

    @cached_property
    def _texts(self) -> dict[str, str]:
        return {member: text for text, member in self.gene.score_members.items()}

    @cached_property
    def _numbers(self) -> dict[str, Fraction]:
        """The listed scores that are one number."""
        found = {text: number_of(text) for text in self.gene.scores}
        return {
            text: number
            for text, (number, open_ended) in found.items()
            if number is not None and not open_ended
        }

    def _scaled(self, member: str, factor: Fraction) -> frozenset[str]:
        number, open_ended = number_of(self._texts.get(member, ""))
        if factor == 0:
            return self._listed(factor)
        if number is None or factor == 1:
            return frozenset({member})
        if open_ended:
            return self._listed(number * factor) | {*self.gene.scores_between(number * factor, None)}
        return self._listed(number * factor)

    def _listed(self, score: Fraction) -> frozenset[str]:
        """The listed scores that stand for one."""
        exact = [text for text, number in self._numbers.items() if number == score]
        texts = exact or self._nearest(score)
        return frozenset(self.gene.score_members[text] for text in texts)

    def _nearest(self, score: Fraction) -> list[str]:
        phenotype = next((each.phenotype for each in self.unlisted if each.above < score < each.below), None)
        around = self._neighbours(score)
        if phenotype is None and len({self.gene.scores[text] for text in around}) > 1:
            return around
        same = [text for text in self._numbers if self.gene.scores[text] == phenotype] or around
        return [min(same, key=lambda text: (abs(self._numbers[text] - score), self._numbers[text]))]

    def _neighbours(self, score: Fraction) -> list[str]:
        below = [text for text, number in self._numbers.items() if number < score]
        above = [text for text, number in self._numbers.items() if number > score]
        return [
            *sorted(below, key=self._numbers.__getitem__)[-1:],
            *sorted(above, key=self._numbers.__getitem__)[:1],
        ]
