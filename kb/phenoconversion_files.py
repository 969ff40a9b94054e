"""Reads which drugs change the result of a gene, and checks that what is named is there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

from dsl.names import LISTABLE, closest
from kb import files
from kb.errors import KnowledgeBaseError
from kb.genes import Gene, number_of
from kb.knowledge import Drug
from kb.phenoconversion import Between, Conversion, Effect, Modulator, Phenoconversion, Strength


def read_phenoconversion(
    path: Path, genes: Mapping[str, Gene], drugs: Mapping[str, Drug], sources: Collection[str]
) -> Phenoconversion:
    """The drugs in a file that change the result of the gene that it is named after.

    Raises `KnowledgeBaseError`.
    """
    entry = files.read(path, files.PhenoconversionFile)
    gene = genes.get(path.stem)
    if gene is None:
        advice = closest(path.stem, genes) or "its name is that of a file below genes/"
        raise KnowledgeBaseError(f"{path}: there is no genes/{path.name}; {advice}")
    fault = next(_faults(entry, gene, drugs, sources), None)
    if fault is not None:
        raise KnowledgeBaseError(f"{path}: field {fault}")
    return Phenoconversion(
        gene,
        tuple(_modulator(each, drugs[each.drug]) for each in entry.modulators),
        {
            (Effect(each.effect), Strength(each.strength)): Conversion(
                tuple(Fraction(factor) for factor in each.factors),
                {name: frozenset(found) for name, found in each.phenotypes.items()},
            )
            for each in entry.conversions
        },
        tuple(Between(Fraction(each.above), Fraction(each.below), each.phenotype) for each in entry.unlisted),
    )


def _modulator(entry: files.ModulatorEntry, drug: Drug) -> Modulator:
    return Modulator(
        entry.drug,
        drug.display,
        Effect(entry.effect),
        Strength(entry.strength),
        timedelta(days=entry.acts_days),
        timedelta(days=entry.washout_days),
        entry.status == "draft",
        entry.sources,
    )


def _faults(
    entry: files.PhenoconversionFile, gene: Gene, drugs: Mapping[str, Drug], sources: Collection[str]
) -> Iterator[str]:
    """The fields that do not fit, each with the reason."""
    phenotypes = {*gene.pairs.values(), *gene.scores.values()}
    by_score = any(each.factors for each in entry.conversions)
    known: set[tuple[str, str]] = set()
    for number, conversion in enumerate(entry.conversions):
        place = f"conversions.{number}"
        what = (conversion.effect, conversion.strength)
        if what in known:
            yield f"`{place}`: {' '.join(reversed(what))}s are listed twice"
        known.add(what)
        if (
            bool(conversion.factors) is bool(conversion.phenotypes)
            or bool(conversion.factors) is not by_score
        ):
            yield f"`{place}`: expected `factors` in all conversions, or `phenotypes` in all"
        yield from _factor_faults(place, conversion, gene)
        yield from _phenotype_faults(place, conversion, phenotypes)
        yield from _unknown(f"{place}.sources", conversion.sources, sources, "sources.toml")
    for number, between in enumerate(entry.unlisted):
        place = f"unlisted.{number}"
        for name, text in (("above", between.above), ("below", between.below)):
            if number_of(text)[0] is None or number_of(text)[1]:
                yield f"`{place}.{name}`: expected a number such as 1.25"
        yield from _unknown(
            f"{place}.phenotype", [between.phenotype], phenotypes, "the phenotypes of the gene"
        )
    seen: set[str] = set()
    for number, modulator in enumerate(entry.modulators):
        place = f"modulators.{number}"
        yield from _unknown(f"{place}.drug", [modulator.drug], drugs, "drugs/")
        if modulator.drug in seen:
            yield f"`{place}.drug`: `{modulator.drug}` is listed twice"
        seen.add(modulator.drug)
        if (modulator.effect, modulator.strength) not in known:
            kind = f"{modulator.strength} {modulator.effect}"
            yield f"`{place}.strength`: `conversions` has no entry for a {kind}"
        if modulator.acts_days > modulator.washout_days:
            yield f"`{place}.acts_days`: expected at most the {modulator.washout_days} days of `washout_days`"
        yield from _unknown(f"{place}.sources", modulator.sources, sources, "sources.toml")


def _factor_faults(place: str, conversion: files.ConversionEntry, gene: Gene) -> Iterator[str]:
    if conversion.factors and not gene.scores:
        yield f"`{place}.factors`: {gene.symbol} has no activity scores; give `phenotypes` instead"
    for factor in conversion.factors:
        number, open_ended = number_of(factor)
        if number is None or open_ended:
            yield f"`{place}.factors`: expected a number such as 0.5"
        elif number > 1 if conversion.effect == "inhibitor" else number < 1:
            yield f"`{place}.factors`: an {conversion.effect} does not multiply the activity by {factor}"


def _phenotype_faults(place: str, conversion: files.ConversionEntry, phenotypes: set[str]) -> Iterator[str]:
    if not conversion.phenotypes:
        return
    yield from _unknown(
        f"{place}.phenotypes", conversion.phenotypes, phenotypes, "the phenotypes of the gene"
    )
    for name, found in conversion.phenotypes.items():
        yield from _unknown(f"{place}.phenotypes.{name}", found, phenotypes, "the phenotypes of the gene")
        if not found:
            yield f"`{place}.phenotypes.{name}`: expected at least one phenotype"
    missing = min(phenotypes - conversion.phenotypes.keys(), default=None)
    if missing is not None:
        yield f"`{place}.phenotypes`: `{missing}` is missing; say what becomes of it, or that it stays"


def _unknown(place: str, names: Iterable[str], known: Collection[str], where: str) -> Iterator[str]:
    for name in names:
        if name not in known:
            listed = (
                f"expected one of {', '.join(sorted(known))}" if len(known) <= LISTABLE else "add it there"
            )
            yield f"`{place}`: `{name}` is not in {where}; {closest(name, known) or listed}"
