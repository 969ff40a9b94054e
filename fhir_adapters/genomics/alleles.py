"""Genotypes as they are written: star strings, HLA strings and listed names of alleles.

Every pair of alleles that a text leaves open is an alternative; nothing is picked. A text is read as
a whole or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import product

from fhir_adapters.terminology import Gene

UNKNOWN = "?"
"""A copy of the gene of which nothing is known."""

_MOST_ALTERNATIVES = 64

_STAR = r"\*[0-9]{1,3}[A-Z]?(?:\.[0-9]{1,3})?(?:x(?:N|≥?[0-9]{1,2}))?"
_STARS = re.compile(rf"{_STAR}(?:\+{_STAR})*")
_HLA = re.compile(
    r"(?:(?:HLA-)?(?P<locus>[A-Z][A-Z0-9]{0,4}))?"
    r"(?P<fields>\*[0-9]{2,4}:[0-9]{2,4})(?::[0-9]{2,4}){0,2}(?:[GP]|(?P<expression>[NLSCAQ]))?"
)
_SYMBOL = re.compile(r"(?P<symbol>[A-Z][A-Z0-9]{1,9}|HLA-[A-Z][A-Z0-9]{0,4})[ _:]?(?=[*?(]|rs)")
_AFTER_SYMBOL = re.compile(r"[ _:]|(?=[*?(])")
_BASES = re.compile(r"(?P<variant>rs[0-9]+) (?P<one>[ACGT]) ?/ ?(?P<other>[ACGT])")
_MULTIPLIED = re.compile(
    r"(?:\((?P<inside>[^()]+)\) ?|(?P<bare>[^() ]+ ?/ ?[^() ]+) )(?P<copies>x(?:N|[0-9]{1,2}))"
)
_NEXT_GENE = re.compile(r" ?; ?| ?, ?(?=(?:HLA-)?[A-Z][A-Z0-9]*[ _:]?\*)")
_OR = re.compile(r" or ", re.IGNORECASE)
_SUBALLELE = re.compile(r"\.[0-9]{1,3}")
_COPIES = re.compile(r"x≥?(?P<number>N|[0-9]{1,2})")
_UNKNOWN_COPY = re.compile(r"\*?\?|unknown", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Genotype:
    """What a text says of one gene."""

    symbol: str | None
    """The gene that it names itself."""
    alternatives: tuple[tuple[str, ...], ...]
    """The alleles of each alternative, mostly two; one for a gene of which there is one copy."""

    def __str__(self) -> str:
        return " or ".join("/".join(alleles) for alleles in self.alternatives)

    def phenotypes(self, gene: Gene) -> frozenset[str]:
        """Every phenotype that is consistent with it; none if one alternative is not understood."""
        return self._consistent(gene, gene.phenotypes)

    def scores(self, gene: Gene) -> frozenset[str]:
        """Every activity score that is consistent with it, likewise."""
        return self._consistent(gene, gene.score_of)

    def members(self, gene: Gene) -> frozenset[str]:
        """Every member of the gene's genotype enum that is consistent with it, likewise."""
        return self._consistent(gene, gene.genotype_of)

    def _consistent(self, gene: Gene, read: Callable[[str], tuple[str, ...]]) -> frozenset[str]:
        found = [_read(alleles, gene, read) for alleles in self.alternatives]
        return frozenset().union(*found) if all(found) else frozenset()


def read_genotypes(text: str, gene: Gene) -> tuple[Genotype, ...]:
    """The genotypes that a text names, one for each gene in it; nothing when it cannot be read.

    `gene` lends its listed names of alleles. Shapes: `CYP2C19 *1/*2`, `*1/*2 or *2/*3`, `*4.001/*4.002`,
    `*1x2/*4`, `*1xN/*4` and `(*1/*4)xN` (which copy and how often is open), `*36+*10/*10`, `*2/?`,
    `HLA-B*15:02` (the other copy open), `rs9923231 C/T`, GL strings (https://glstring.org), and lists of
    genes parted by semicolons.
    """
    spelled = " ".join(text.replace("×", "x").replace(">=", "≥").split())
    if spelled.startswith("hla#"):
        return _gl_string(spelled, gene)
    found = []
    for part in _NEXT_GENE.split(spelled):
        genotype = _one_gene(part, gene)
        if genotype is None:
            return ()
        found.append(genotype)
    symbols = [genotype.symbol for genotype in found]
    # A second statement about the same gene, or about one that is not named, is not a list of genes.
    return tuple(found) if len(set(symbols)) == len(symbols) and (len(found) == 1 or all(symbols)) else ()


def read_allele(text: str, gene: Gene) -> tuple[str, ...]:
    """The alleles of `gene` that the name of one haplotype may mean; nothing when it is not a name."""
    symbol, rest = _symbol(" ".join(text.split()), gene)
    return _alleles(rest, gene) if symbol in (None, gene.symbol) else ()


def genotype_of(ones: Iterable[str], others: Iterable[str]) -> Genotype:
    """The genotype of which each copy is one of several alleles."""
    return Genotype(None, tuple(dict.fromkeys(_known_pairs(ones, others))))


def _read(alleles: tuple[str, ...], gene: Gene, read: Callable[[str], tuple[str, ...]]) -> frozenset[str]:
    if UNKNOWN not in alleles:
        return frozenset(read("/".join(alleles)))
    known = next(allele for allele in alleles if allele != UNKNOWN)
    every = set(gene.alleles.values())
    return frozenset(name for other in every for name in read(f"{known}/{other}"))


def _one_gene(text: str, gene: Gene) -> Genotype | None:
    symbols: set[str] = set()
    found: dict[tuple[str, ...], None] = {}
    for part in _OR.split(text):
        symbol, rest = _symbol(part, gene)
        if symbol not in (None, gene.symbol):
            # What stands there about another gene is read when that gene is asked for.
            return Genotype(symbol, ())
        symbols |= {symbol} if symbol else set()
        alternatives = list(_alternatives(rest, gene))
        if not alternatives:
            return None
        found |= dict.fromkeys(alternatives)
    if len(found) > _MOST_ALTERNATIVES:
        return None
    return Genotype(min(symbols, default=None), tuple(found))


def _symbol(text: str, gene: Gene) -> tuple[str | None, str]:
    """The gene symbol that a text begins with, and the rest."""
    if text.startswith(gene.symbol):
        own = _AFTER_SYMBOL.match(text, len(gene.symbol))
        if own is not None:
            return gene.symbol, text[own.end() :]
    other = _SYMBOL.match(text)
    return (other["symbol"], text[other.end() :]) if other else (None, text)


def _alternatives(text: str, gene: Gene) -> Iterator[tuple[str, ...]]:
    multiplied = _MULTIPLIED.fullmatch(text)
    if multiplied is not None:
        one, slash, other = (multiplied["inside"] or multiplied["bare"]).partition("/")
        copies = multiplied["copies"]
        if slash and "x" not in one + other:
            # Which of the two is the one with more copies is not said.
            yield from _pair(f"{one.strip()}{copies}", other, gene)
            yield from _pair(one, f"{other.strip()}{copies}", gene)
        return
    bases = _BASES.fullmatch(text)
    if bases is not None:
        names = (f"{bases['variant']} {bases['one']}", f"{bases['variant']} {bases['other']}")
        if all(name in gene.alleles for name in names):
            yield tuple(gene.alleles[name] for name in names)
        return
    one, slash, other = text.partition("/")
    if slash:
        yield from _pair(one, other, gene)
    elif _HLA.fullmatch(text):
        # Laboratories report the one allele that matters; the other copy may be any.
        yield from product(_alleles(text, gene), (UNKNOWN,))
    elif text in gene.alleles and gene.phenotypes(gene.alleles[text]):
        yield (gene.alleles[text],)


def _pair(one: str, other: str, gene: Gene) -> Iterator[tuple[str, ...]]:
    ones = _alleles(one.strip(), gene)
    symbol, other = _symbol(other.strip(), gene)
    others = _alleles(other, gene) if symbol in (None, gene.symbol) else ()
    yield from _known_pairs(ones, others)


def _known_pairs(ones: Iterable[str], others: Iterable[str]) -> Iterator[tuple[str, str]]:
    # A pair of which nothing is known is no result.
    return (pair for pair in product(ones, others) if pair != (UNKNOWN, UNKNOWN))


def _alleles(text: str, gene: Gene) -> tuple[str, ...]:
    if _UNKNOWN_COPY.fullmatch(text):
        return (UNKNOWN,)
    if text in gene.alleles:
        return (gene.alleles[text],)
    hla = _HLA.fullmatch(text)
    if hla is not None:
        # Groups and further fields do not change the protein; a letter of expression does.
        own = hla["locus"] is None or f"HLA-{hla['locus']}" == gene.symbol
        return (f"{hla['fields']}{hla['expression'] or ''}",) if own else ()
    if _STARS.fullmatch(text) is None:
        return ()
    core = _SUBALLELE.sub("", text)
    return _listed(gene, core) or _copies(gene, core) or (core,)


def _listed(gene: Gene, *names: str) -> tuple[str, ...]:
    return tuple(gene.alleles[name] for name in names if name in gene.alleles)


def _copies(gene: Gene, allele: str) -> tuple[str, ...]:
    """The listed alleles for a number of copies; both `x2` and more of them where it is not known."""
    counts = [match["number"] for match in _COPIES.finditer(allele)]
    if len(counts) != 1:
        return ()
    two, more = (_COPIES.sub(copies, allele) for copies in ("x2", "x≥3"))
    if counts[0] == "N":
        return _listed(gene, two, more) if two in gene.alleles and more in gene.alleles else ()
    return _listed(gene, more) if int(counts[0]) > 2 else ()


def _gl_string(text: str, gene: Gene) -> tuple[Genotype, ...]:
    """Operators from the loosest: `^` loci, `|` genotypes, `+` copies, `~` in phase, `/` alleles."""
    found: dict[tuple[str, ...], None] = {}
    elsewhere: set[str] = set()
    for option in re.split(r"[\^|]", text.partition("#")[2].partition("#")[2]):
        copies: list[tuple[str, ...]] = []
        for haplotype in re.split(r"[+~]", option):
            named = [_HLA.fullmatch(allele) for allele in haplotype.split("/")]
            loci = {f"HLA-{match['locus']}" for match in named if match and match["locus"]}
            if not all(named) or len(loci) != 1:
                return ()
            if loci == {gene.symbol}:
                alleles = (name for match in named if match for name in _alleles(match[0], gene))
                copies.append(tuple(dict.fromkeys(alleles)))
            else:
                elsewhere |= loci
        if len(copies) > 2:
            return ()
        if copies:
            found |= dict.fromkeys(product(copies[0], copies[1] if len(copies) == 2 else (UNKNOWN,)))
    if len(found) > _MOST_ALTERNATIVES:
        return ()
    others = (Genotype(locus, ()) for locus in sorted(elsewhere))
    return (*((Genotype(gene.symbol, tuple(found)),) if found else ()), *others)
