"""Genes with the published alleles and phenotypes, read from the tables outside this repository."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

from fhir_adapters.reading import LOINC
from fhir_adapters.terminology import Coding, Gene
from tests.fhir_adapters.example import ExampleTerminology, PlainGene, reference_folder

_NUMBERS = {
    "ABCG2": 74,
    "CYP2B6": 2615,
    "CYP2C19": 2621,
    "CYP2C9": 2623,
    "CYP2D6": 2625,
    "CYP3A4": 2637,
    "CYP3A5": 2638,
    "DPYD": 3012,
    "NUDT15": 23063,
    "SLCO1B1": 10959,
    "TPMT": 12014,
    "UGT1A1": 12530,
}
"""HGNC numbers (https://www.genenames.org)."""


@dataclass(frozen=True)
class PublishedGene(PlainGene):
    """A gene whose members are the published wordings: `Poor Metabolizer`."""

    symbol: str
    hgnc: str
    interpretation_codes: frozenset[Coding]
    functions: Mapping[str, str]
    values: Mapping[str, str]
    pairs: Mapping[frozenset[str], str]
    scores: Mapping[str, str]
    answers: Mapping[str, str]

    @property
    def alleles(self) -> Mapping[str, str]:
        return {name: name for name in self.functions}

    def phenotypes(self, diplotype: str) -> tuple[str, ...]:
        names = diplotype.split("/")
        if len(names) != 2 or not all(name in self.functions for name in names):
            return ()
        if self.scores:
            values = [self.values[name] for name in names]
            plain = [value.removeprefix("≥") for value in values]
            if "n/a" in plain or "" in plain:
                return ("Indeterminate",)
            total = sum(map(Fraction, plain), Fraction(0))
            return self.phenotypes_of_score(total, None if plain != values else total)
        found = self.pairs.get(frozenset(self.functions[name] for name in names))
        return () if found is None else (found,)

    def phenotypes_of_score(self, least: Fraction, greatest: Fraction | None) -> tuple[str, ...]:
        plain = {Fraction(score): name for score, name in self.scores.items() if score[0].isdigit()}
        inside = {
            name
            for score, name in plain.items()
            if least <= score and (greatest is None or score <= greatest)
        }
        return tuple(sorted(inside))

    def phenotype_of_coding(self, coding: Coding) -> str | None:
        return self.phenotype_of_text(self.answers.get(coding.code, "")) if coding.system == LOINC else None

    def phenotype_of_text(self, text: str) -> str | None:
        names = {name.lower(): name for name in (*self.pairs.values(), *self.scores.values())}
        return names.get(text.lower())


@dataclass(frozen=True)
class HlaGene(PlainGene):
    """Carriers of one allele are positive; four fictitious others stand for all the rest."""

    symbol: str
    hgnc: str
    risk: str
    interpretation_codes: frozenset[Coding] = frozenset()

    @property
    def alleles(self) -> Mapping[str, str]:
        return {name: name for name in (self.risk, "*99:01", "*99:02")}

    def phenotypes(self, diplotype: str) -> tuple[str, ...]:
        names = diplotype.split("/")
        if len(names) != 2:
            return ()
        return ("positive",) if self.risk in names else ("negative",)

    def phenotypes_of_score(self, least: Fraction, greatest: Fraction | None) -> tuple[str, ...]:
        return ()

    def phenotype_of_coding(self, coding: Coding) -> str | None:
        return None

    def phenotype_of_text(self, text: str) -> str | None:
        return {f"{self.risk} positive": "positive", f"{self.risk} negative": "negative"}.get(text)


class PublishedTerminology(ExampleTerminology):
    """The published genes and three of HLA."""

    def __init__(self) -> None:
        super().__init__()
        hla = (
            HlaGene("HLA-A", "HGNC:4931", "*31:01"),
            HlaGene("HLA-B", "HGNC:4932", "*57:01"),
            HlaGene("HLA-C", "HGNC:4933", "*03:04"),
        )
        known: tuple[Gene, ...] = (*_published_genes(), *hla)
        self._published = {gene.symbol: gene for gene in known}

    def gene(self, symbol: str) -> Gene:
        return self._published[symbol]

    def genes(self) -> Iterable[Gene]:
        return self._published.values()


@cache
def published() -> PublishedTerminology:
    return PublishedTerminology()


def _rows(path: Path) -> list[dict[str, str]]:
    lines = [line for line in path.read_text("utf-8").splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines, delimiter="\t"))


def _published_genes() -> Iterable[PublishedGene]:
    folder = reference_folder("pgx")
    rules = json.loads((folder / "diplotype_rules.json").read_text("utf-8"))["genes"]
    answers = {row["answer"]: row["meaning"] for row in _rows(folder / "phenotype_answers.tsv")}
    codes = {row["loinc"]: row["meaning"].split()[0] for row in _rows(folder / "loinc.tsv")}
    rows = _rows(folder / "alleles.tsv")
    for symbol, number in _NUMBERS.items():
        own = [row for row in rows if row["gene"] == symbol]
        pairs = rules[symbol].get("function_pairs", {})
        yield PublishedGene(
            symbol,
            f"HGNC:{number}",
            frozenset(Coding(LOINC, code) for code, gene in codes.items() if gene == symbol),
            {row["allele"]: row["function"] for row in own},
            {row["allele"]: row["activity_value"] for row in own},
            {frozenset(pair.split(" + ")): name for pair, name in pairs.items()},
            rules[symbol].get("activity_score_to_phenotype", {}),
            answers,
        )
