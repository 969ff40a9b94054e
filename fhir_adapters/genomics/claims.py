"""What a value says about a gene: a score, a phenotype or a genotype, each as the phenotypes it allows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from dsl.values import Reason
from fhir_adapters.genomics.alleles import Genotype, read_genotypes
from fhir_adapters.reading import (
    Resource,
    codings,
    member,
    number_member,
    object_member,
    text_member,
    words,
)
from fhir_adapters.strict_json import decimal_text
from fhir_adapters.terminology import Coding, Gene

_SCORE = re.compile(r"(?P<least>≥|>=)? ?(?P<number>[0-9]{1,2}(?:\.[0-9]{1,2})?)")
_TWO_IN_ONE = re.compile(r"(?P<one>[^()]+?) ?\((?P<other>.+)\)")
_STATUS = re.compile(
    r"(?:HLA-[A-Z][A-Z0-9]* ?)?\*[0-9]{2,4}(?::[0-9]{2,4}){1,3} (?:positive|negative)", re.IGNORECASE
)
_PLAIN_UNITS = re.compile(r"1|\{[^{}]*\}")


class Kind(StrEnum):
    """In the order of precedence within one laboratory result."""

    SCORE = "activity score"
    PHENOTYPE = "reported phenotype"
    GENOTYPE = "genotype"


@dataclass(frozen=True, slots=True)
class Value:
    """What the value of an Observation or a component says in words and codes, of whatever gene."""

    element: Resource
    texts: tuple[str, ...]
    """Text and displays of a concept, or a string."""
    coded: tuple[Coding, ...]
    absent: bool
    """It is expressly said that there is none."""

    @property
    def words(self) -> tuple[str, ...]:
        """Everything in which a genotype may be written."""
        return (*self.texts, *(coding.code for coding in self.coded))

    @property
    def spoken(self) -> bool:
        """Whether there is a value[x], or a reason for none."""
        return self.absent or any(name.startswith("value") for name in self.element)


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing that a result says about a gene."""

    kind: Kind
    phenotypes: frozenset[str]
    """What it leaves possible; none when it cannot be read."""
    text: str
    """Its machine text, e.g. `*1/*2`, `LA9657-3`, `1.25`; empty when it cannot be read."""
    reason: Reason | None = None
    scores: frozenset[str] = frozenset()
    """The activity scores that it leaves possible."""
    genotypes: frozenset[str] = frozenset()
    """The members of the genotype enum that it leaves possible."""

    def __str__(self) -> str:
        what = f"{self.kind} {self.text} gives" if self.kind is Kind.GENOTYPE else f"{self.kind} says"
        return f"{what} {listed(self.phenotypes)}"


def listed(phenotypes: Iterable[str]) -> str:
    """Phenotypes in words."""
    return " or ".join(sorted(phenotypes)).replace("_", " ")


def unusable(kind: Kind, reason: Reason, text: str = "") -> Claim:
    """A claim that counts for nothing."""
    return Claim(kind, frozenset(), text, reason)


def genotype_claim(genotype: Genotype, gene: Gene) -> Claim:
    """What follows from a genotype of the gene."""
    phenotypes = genotype.phenotypes(gene)
    reason = None if phenotypes else Reason.NO_VALUE
    scores, members = genotype.scores(gene), genotype.members(gene)
    return Claim(Kind.GENOTYPE, phenotypes, str(genotype), reason, scores, members)


def value_of(element: Resource) -> Value:
    """The value of an Observation or a component."""
    concept, text = element.get("valueCodeableConcept"), text_member(element, "valueString")
    texts = (*words(concept), text) if text else words(concept)
    return Value(element, texts, codings(concept), "dataAbsentReason" in element)


def written(text: str) -> Value:
    """A text as the value of something that is no FHIR."""
    return Value({}, (text,), (), False)


def phenotype_claim(value: Value, gene: Gene) -> Claim | None:
    """The phenotypes that a value reports, by code and by wording; None when it names none.

    A text that says something else than the code is a contradiction, not a decoration.
    """
    coded = {(gene.phenotype_of_coding(coding), coding.code) for coding in value.coded}
    pieces = (piece for text in value.texts for piece in _pieces(text, gene))
    found = {name: name for piece in pieces if (name := gene.phenotype_of_text(piece))}
    found |= {name: code for name, code in sorted(coded, key=str) if name}
    if not found or value.absent:
        return None
    scores = frozenset(score for name in found for score in gene.scores_of_phenotype(name))
    text = " ".join(sorted(found.values()))
    genotypes = frozenset(each for name in found for each in gene.genotypes_of_phenotype(name))
    return Claim(Kind.PHENOTYPE, frozenset(found), text, None, scores, genotypes)


def is_of_another_allele(value: Value) -> bool:
    """Whether a value is no more than the status of an HLA allele, as `*57:01 positive`.

    If it is none of the phenotypes of a gene, then it says nothing about that gene's own allele.
    """
    texts = [" ".join(text.split()) for text in value.texts]
    return bool(texts) and not value.absent and all(_STATUS.fullmatch(text) for text in texts)


def genotypes_in(value: Value, gene: Gene) -> tuple[Genotype, ...]:
    """The distinct genotypes that a value names, of whatever gene."""
    if value.absent:
        return ()
    pieces = {piece for text in value.words for piece in _pieces(text, gene)}
    found = {genotype for piece in pieces for genotype in read_genotypes(piece, gene)}
    return tuple(found) if len(found) == 1 else tuple(sorted(found, key=repr))


def may_name(value: Value, gene: Gene) -> bool:
    """Whether a genotype in a value may be of the gene by its own words; GL strings leave out `HLA-`."""
    symbol = gene.symbol.removeprefix("HLA-")
    return any(symbol in text for text in value.words)


def score_claim(value: Value, gene: Gene) -> Claim:
    """What an activity score (a number, a limit, a range, or one of them as text) leaves possible."""
    bounds = None if value.absent else _score(value)
    if bounds is None:
        return unusable(Kind.SCORE, Reason.NO_VALUE)
    low, high, text = bounds
    phenotypes = frozenset(gene.phenotypes_of_score(low, high))
    scores = frozenset(gene.scores_between(low, high))
    reason = None if phenotypes else Reason.NO_VALUE
    genotypes = frozenset(each for score in scores for each in gene.genotypes_of_score(score))
    return Claim(Kind.SCORE, phenotypes, text, reason, scores, genotypes)


def _pieces(text: str, gene: Gene) -> tuple[str, ...]:
    """A text as it is, or the two statements in `Normal Metabolizer (*1/*1)` if both can be read."""
    match = _TWO_IN_ONE.fullmatch(" ".join(text.split()))
    if match is None:
        return (text,)
    both = (match["one"], match["other"])
    readable = [bool(gene.phenotype_of_text(piece) or read_genotypes(piece, gene)) for piece in both]
    return both if all(readable) else (text,)


def _score(said: Value) -> tuple[Fraction, Fraction | None, str] | None:
    """Least and greatest score (none: open), and the text."""
    element = said.element
    amount = object_member(element, "valueQuantity")
    number = number_member(amount, "value")
    if number is None:
        number = number_member(element, "valueInteger")
    if number is not None:
        comparator = text_member(amount, "comparator") or ""
        unit = text_member(amount, "code")
        if comparator not in ("", ">=") or (unit and not _PLAIN_UNITS.fullmatch(unit)):
            return None
        value = Fraction(number)
        return value, None if comparator else value, f"{'≥' * bool(comparator)}{decimal_text(number)}"
    span = object_member(element, "valueRange")
    least, most = (number_member(member(span, end), "value") for end in ("low", "high"))
    if least is not None and most is not None and least <= most:
        return Fraction(least), Fraction(most), f"{decimal_text(least)} to {decimal_text(most)}"
    matches = {match[0]: match for text in said.texts if (match := _SCORE.fullmatch(text.strip()))}
    if len(matches) != 1:
        return None
    ((text, match),) = matches.items()
    value = Fraction(match["number"])
    return value, None if match["least"] else value, text
