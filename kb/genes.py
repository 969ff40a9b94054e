"""Genes: alleles with their functions and activity values, and what follows from two of them, or from one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from itertools import combinations_with_replacement

from dsl import Coding

UNASSIGNED = "n/a"
"""The score, and the value, of what has an allele whose function is not known."""
COPIES_UNKNOWN = "xN combinations"
"""The score of what has a gene in an unknown number of copies."""
NO_RESULT = "No Result"
"""How sources write that a gene was not tested."""
OTHER = "other"
"""Any allele but the one whose presence is asked; the group of all that guidance does not tell apart."""

_WITHOUT_NUMBER = {UNASSIGNED: "unassigned", COPIES_UNKNOWN: "copies_unknown"}
_AT_LEAST = "≥"
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")
_HLA_ALLELE = re.compile(r"\*[0-9]{2,4}:[0-9]{2,4}[NLSCAQ]?")


@dataclass(frozen=True, slots=True)
class Pair:
    """What follows from two alleles."""

    genotype: str
    """The member of the genotype enum."""
    phenotype: str | None
    score: str | None
    """The member of the score enum."""
    functions: frozenset[str]


@dataclass(frozen=True)
class Gene:
    """Alleles with their functions, and the phenotype of each pair of functions or each activity score.

    Without slots: every genotype asks for the names of all alleles, which are put together once.
    """

    name: str
    """Its name in rules: the symbol, or the symbol and the allele whose presence is asked."""
    symbol: str
    hgnc: str
    """Empty for a place in the genome that is no gene."""
    phenotype_enum: str
    version: str
    interpretation_codes: frozenset[Coding]
    functions: Mapping[str, str]
    pairs: Mapping[tuple[str, ...], str]
    """Two functions in alphabetical order, or the one of a gene of which there may be a single copy."""
    answers: Mapping[Coding, str]
    wordings: Mapping[str, str]
    other_names: Mapping[str, str]
    scores: Mapping[str, str] = field(default_factory=dict)
    """Activity scores as the source writes them (`1.25`, `≥3.0`, `n/a`), and the phenotype of each."""
    values: Mapping[str, str] = field(default_factory=dict)
    """Alleles and their activity values, written likewise, where they decide; without one it is `n/a`."""
    score_enum: str | None = None
    groups: Mapping[str, str] = field(default_factory=dict)
    """Alleles that guidance tells apart, and the group of each; any other one is in the group `other`."""
    genotype_enum: str | None = None
    carried: str | None = None
    """The allele whose presence is the phenotype (`positive`, `negative`), as of HLA genes."""
    published: Mapping[str, str] = field(default_factory=dict)
    """Phenotypes as their source spells them."""

    @cached_property
    def alleles(self) -> Mapping[str, str]:
        """Every name of an allele that is understood, and the allele's own."""
        if self.carried is not None:
            return {self.carried: self.carried, OTHER: OTHER}
        return {**{name: name for name in self.functions}, **self.other_names}

    @cached_property
    def score_members(self) -> Mapping[str, str]:
        """The member of the score enum for each score."""
        return {text: score_member(text) for text in self.scores}

    def phenotypes(self, diplotype: str) -> tuple[str, ...]:
        """Phenotypes consistent with `*1/*2`, or with `*1/*2 or *2/*3`; empty if it cannot be read."""
        return _all(self._phenotype(self._parted(each)) for each in diplotype.split(" or "))

    def activity_score(self, diplotype: str) -> str | None:
        """The activity score of `*1/*2` as the source writes it, None if there is none."""
        return self._score(self._parted(diplotype))

    def score_of(self, diplotype: str) -> tuple[str, ...]:
        """Members of the score enum consistent with `*1/*2`, or with `*1/*2 or *2/*3`; empty likewise."""
        if not self.values:
            return ()
        scores = (self._score(self._parted(each)) for each in diplotype.split(" or "))
        return _all(self.score_members.get(score or "") for score in scores)

    def scores_of_phenotype(self, phenotype: str) -> tuple[str, ...]:
        """Members of the score enum that lead to a phenotype."""
        return tuple(self.score_members[text] for text, name in self.scores.items() if name == phenotype)

    def phenotypes_of_score(self, least: Fraction, greatest: Fraction | None) -> tuple[str, ...]:
        """Phenotypes of the listed activity scores in these bounds; None is open."""
        return tuple(sorted({self.scores[text] for text in self._between(least, greatest)}))

    def scores_between(self, least: Fraction, greatest: Fraction | None) -> tuple[str, ...]:
        """Members of the score enum in these bounds; None is open."""
        return tuple(self.score_members[text] for text in self._between(least, greatest))

    @cached_property
    def genotype_members(self) -> tuple[str, ...]:
        """The members of the genotype enum: every two groups, `s1_s2` in the order of the file."""
        if not self.groups:
            return ()
        return tuple(map(self._genotype, combinations_with_replacement(self._group_order, 2)))

    def genotype_of(self, diplotype: str) -> tuple[str, ...]:
        """Members of the genotype enum consistent with `*1/*2`, or with `*1/*2 or *2/*3`; empty likewise."""
        if not self.groups:
            return ()
        return _all(self._grouped(self._parted(each)) for each in diplotype.split(" or "))

    def genotypes_of_phenotype(self, phenotype: str) -> tuple[str, ...]:
        """Members of the genotype enum that may lead to a phenotype."""
        return _all(pair.genotype for pair in self.told_apart if pair.phenotype == phenotype)

    def genotypes_of_score(self, score: str) -> tuple[str, ...]:
        """Members of the genotype enum that may lead to a member of the score enum."""
        return _all(pair.genotype for pair in self.told_apart if pair.score == score)

    @cached_property
    def told_apart(self) -> tuple[Pair, ...]:
        """Every two alleles that anything tells apart: by group, function or activity value."""
        alike = {
            (self._group(name), self.functions[name], self.values.get(name)): name for name in self.functions
        }
        pairs = combinations_with_replacement(alike.values() if self.groups else (), 2)
        return tuple(map(self._told, pairs))

    def _told(self, alleles: tuple[str, ...]) -> Pair:
        score = self.score_members.get(self._score(alleles) or "")
        functions = frozenset(self.functions[name] for name in alleles)
        return Pair(self._genotype(map(self._group, alleles)), self._phenotype(alleles), score, functions)

    def phenotype_of_coding(self, coding: Coding) -> str | None:
        """The phenotype of a coded answer."""
        return self.answers.get(coding)

    def phenotype_of_text(self, text: str) -> str | None:
        """The phenotype of a listed wording, with or without the gene's symbol before it."""
        words = " ".join(text.casefold().split())
        return self.wordings.get(words.removeprefix(f"{self.symbol.casefold()} "))

    def uncovered(self) -> str | None:
        """Functions or values that lead to no phenotype, the first of them in words; None without such."""
        if self.values:
            values = sorted({self.values.get(allele, UNASSIGNED) for allele in self.functions})
            pairs = combinations_with_replacement(values, 2)
            return next((" and ".join(pair) for pair in pairs if _sum(pair) not in self.scores), None)
        functions = sorted(set(self.functions.values()))
        for copies in {len(pair) for pair in self.pairs} or {2}:
            for pair in combinations_with_replacement(functions, copies):
                if pair not in self.pairs:
                    return " and ".join(pair)
        return None

    def _parted(self, diplotype: str) -> tuple[str, ...]:
        """The alleles of a diplotype; the name of an allele may have a slash in it (`Telti/Kobe`)."""
        parts = [part.strip() for part in diplotype.split("/")]
        for cut in range(1, len(parts) + 1):
            alleles = tuple(["/".join(half) for half in (parts[:cut], parts[cut:]) if half])
            if all(allele in self.alleles for allele in alleles):
                return tuple([self.alleles[allele] for allele in alleles])
        return tuple(parts)

    def _phenotype(self, alleles: tuple[str, ...]) -> str | None:
        if self.carried is not None:
            readable = len(alleles) == 2 and all(
                allele == OTHER or _HLA_ALLELE.fullmatch(allele) for allele in alleles
            )
            return ("positive" if self.carried in alleles else "negative") if readable else None
        if not all(allele in self.functions for allele in alleles):
            return None
        if self.values:
            return self.scores.get(self._score(alleles) or "")
        return self.pairs.get(tuple(sorted([self.functions[allele] for allele in alleles])))

    def _score(self, alleles: tuple[str, ...]) -> str | None:
        if not self.values or len(alleles) != 2 or not all(allele in self.functions for allele in alleles):
            return None
        return _sum([self.values.get(allele, UNASSIGNED) for allele in alleles])

    @cached_property
    def _group_order(self) -> tuple[str, ...]:
        rest = [OTHER] if self.functions.keys() - self.groups.keys() else []
        return tuple(dict.fromkeys((*self.groups.values(), *rest)))

    def _group(self, allele: str) -> str:
        return self.groups.get(allele, OTHER)

    def _grouped(self, alleles: tuple[str, ...]) -> str | None:
        if len(alleles) != 2 or not all(allele in self.functions for allele in alleles):
            return None
        return self._genotype(self._group(allele) for allele in alleles)

    def _genotype(self, groups: Iterable[str]) -> str:
        return "_".join(sorted(groups, key=self._group_order.index))

    def _between(self, least: Fraction, greatest: Fraction | None) -> tuple[str, ...]:
        numbers = {text: Fraction(text.removeprefix(_AT_LEAST)) for text in self.scores if text != UNASSIGNED}
        if greatest is None:
            open_ended = [
                text for text, number in numbers.items() if text[0] == _AT_LEAST and number == least
            ]
            return tuple(open_ended or [text for text, number in numbers.items() if number >= least])
        return tuple(
            text for text, number in numbers.items() if text[0] != _AT_LEAST and least <= number <= greatest
        )


def score_member(score: str) -> str:
    """The enum member for an activity score: `as1_25` for `1.25`, `as3_or_more` for `≥3.0`."""
    if score in _WITHOUT_NUMBER:
        return _WITHOUT_NUMBER[score]
    number = score.removeprefix(_AT_LEAST)
    if "." in number:
        number = number.rstrip("0").rstrip(".")
    return f"as{number.replace('.', '_')}{'_or_more' if score.startswith(_AT_LEAST) else ''}"


def number_of(score: str) -> tuple[Fraction | None, bool]:
    """The number of an activity score as its source writes it, and whether it may be more (`≥3.0`).

    None for a score that is no number.
    """
    number = score.removeprefix(_AT_LEAST)
    return (Fraction(number) if _NUMBER.fullmatch(number) else None), number != score


def gene_name(symbol: str, carried: str | None = None) -> str:
    """The name in rules: `_` stands for what a name cannot hold."""
    return re.sub(r"[^A-Za-z0-9]+", "_", f"{symbol}{carried or ''}")


def _all(found: Iterable[str | None]) -> tuple[str, ...]:
    """Each of them once, in order of name; nothing if one of them is not known."""
    names = set(found)
    return () if None in names else tuple(sorted(name for name in names if name is not None))


def _sum(values: Iterable[str]) -> str:
    """The score of alleles with these values, with at least one decimal as the source writes it."""
    listed = list(values)
    if UNASSIGNED in listed:
        return UNASSIGNED
    total = sum((Decimal(value.removeprefix(_AT_LEAST)) for value in listed), Decimal("0.0"))
    sign = _AT_LEAST if any(value.startswith(_AT_LEAST) for value in listed) else ""
    whole, _, decimals = str(total).partition(".")
    return f"{sign}{whole}.{decimals.rstrip('0') or '0'}"
