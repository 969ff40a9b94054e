"""What the adapters need to know about codes; the knowledge base provides it, `cds` hands it in."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from fractions import Fraction
from typing import Any, Protocol

from dsl.values import Coding as Coding
from dsl.values import Quantity


class Observable(Protocol):
    """A measurable quantity: weight, platelets."""

    @property
    def name(self) -> str: ...
    @property
    def codes(self) -> frozenset[Coding]: ...
    @property
    def unit(self) -> str: ...
    @property
    def plausible(self) -> tuple[Quantity, Quantity]:
        """The least and the greatest believable value, both included."""
        ...

    @property
    def molar_mass(self) -> Quantity | None:
        """Mass per amount of substance; without it neither converts into the other."""
        ...


class Status(Protocol):
    """An observation that is true or false, such as pregnancy."""

    @property
    def codes(self) -> frozenset[Coding]: ...
    @property
    def yes(self) -> frozenset[Coding]:
        """Coded answers that say that it is so."""
        ...

    @property
    def no(self) -> frozenset[Coding]:
        """Coded answers that say that it is not."""
        ...


class Named(Protocol):
    """A gene as reports name it."""

    @property
    def symbol(self) -> str: ...
    @property
    def hgnc(self) -> str:
        """`HGNC:` and the number."""
        ...


class Gene(Protocol):
    """A gene with its alleles and phenotypes, or one allele of it whose presence is asked."""

    @property
    def name(self) -> str:
        """Its name in rules."""
        ...

    @property
    def symbol(self) -> str: ...
    @property
    def hgnc(self) -> str:
        """`HGNC:` and the number."""
        ...

    @property
    def interpretation_codes(self) -> frozenset[Coding]:
        """Codes of Observations that report a phenotype or a genotype of this gene."""
        ...

    @property
    def alleles(self) -> Mapping[str, str]:
        """Every listed name of an allele (`*2`, `*1x≥3`, `c.1905+1G>A`, `rs9923231 C`) and the allele's own.

        The own names are those that `phenotypes` reads, and each of them is listed too.
        """
        ...

    def phenotypes(self, diplotype: str) -> tuple[str, ...]:
        """Phenotypes (enum members) consistent with e.g. `*1/*2`; empty when it cannot be read.

        A single allele is read for genes of which there may be one copy.
        """
        ...

    def phenotypes_of_score(self, least: Fraction, greatest: Fraction | None) -> tuple[str, ...]:
        """Phenotypes consistent with an activity score in these bounds, both included; None is open.

        Empty for a score that the gene does not have.
        """
        ...

    def score_of(self, diplotype: str) -> tuple[str, ...]:
        """Activity scores (enum members) consistent with `*1/*2`; empty without one."""
        ...

    def scores_between(self, least: Fraction, greatest: Fraction | None) -> tuple[str, ...]:
        """Activity scores in these bounds, as `phenotypes_of_score`."""
        ...

    def scores_of_phenotype(self, phenotype: str) -> tuple[str, ...]:
        """Activity scores that lead to a phenotype."""
        ...

    def genotype_of(self, diplotype: str) -> tuple[str, ...]:
        """Genotypes (enum members) consistent with `*1/*2`; empty for a gene of which none are asked."""
        ...

    def genotypes_of_score(self, score: str) -> tuple[str, ...]:
        """Genotypes that may lead to an activity score."""
        ...

    def genotypes_of_phenotype(self, phenotype: str) -> tuple[str, ...]:
        """Genotypes that may lead to a phenotype."""
        ...

    def phenotype_of_coding(self, coding: Coding) -> str | None:
        """The phenotype of a coded answer such as LOINC LA9657-3, None when it is not listed."""
        ...

    def phenotype_of_text(self, text: str) -> str | None:
        """The phenotype of a listed wording such as `Poor Metabolizer`, None when it is not listed."""
        ...


class Variant(Protocol):
    """Variants of a gene that mean one thing to a rule."""

    @property
    def symbol(self) -> str: ...
    @property
    def hgnc(self) -> str: ...
    @property
    def origin(self) -> str | None:
        """`somatic` or `germline`; None if either counts."""
        ...

    @property
    def classes(self) -> frozenset[str]:
        """The meanings that count: `pathogenic`, `likely pathogenic`."""
        ...

    @property
    def changes(self) -> frozenset[str]:
        """The changes of the protein that alone count, whatever their meaning; all if there are none."""
        ...


class PathwayAnswer(Protocol):
    """What a drug leaves of the signal of a tumour."""

    @property
    def member(self) -> str | None:
        """The member of the enum; None where what was reported leaves several."""
        ...

    @property
    def explanation(self) -> str:
        """What the answer does not rest on, in words of the knowledge base."""
        ...


class Pathway(Protocol):
    """A signalling network that rules ask about the drug of an order."""

    @property
    def genes(self) -> Sequence[Named]: ...
    @property
    def drugs(self) -> frozenset[str]:
        """The drugs that can be asked about."""
        ...

    def under(
        self,
        drug: str,
        found: Iterable[tuple[str, str, str]],
        unclear: Iterable[tuple[str, str, str]],
        reported: Collection[str],
    ) -> PathwayAnswer:
        """The answer for a tumour with variants of gene, meaning and change (`p.Q60P`, empty if not stated).

        The meaning is `pathogenic`, `likely pathogenic`, `uncertain significance`, `likely benign`, `benign`
        or empty. `unclear` are variants that may be there, those without a meaning with any. `reported` are
        the genes of which there is a usable result, be it absence.
        """
        ...


class ConditionSet(Protocol):
    """A set of diagnosis codes that mean one thing to a rule."""

    @property
    def name(self) -> str: ...
    def matches(self, coding: Coding) -> bool: ...
    @property
    def clinical_statuses(self) -> frozenset[str] | None:
        """Clinical statuses that count; None when a history of it counts too."""
        ...


class DrugConcept(Protocol):
    """What a code or a name stands for: a drug, one of its salts, products, brands, or a combination."""

    @property
    def drugs(self) -> frozenset[str]:
        """The knowledge base's names of those of its ingredients that it has; at least one."""
        ...

    @property
    def combined(self) -> bool:
        """Whether it has more than one ingredient, known here or not."""
        ...

    @property
    def retired(self) -> bool:
        """Whether its publisher has withdrawn the code."""
        ...


class Modulator(Protocol):
    """A drug that inhibits or induces the enzyme of a gene."""

    @property
    def drug(self) -> str:
        """The knowledge base's name of it."""
        ...

    @property
    def effect(self) -> str:
        """`inhibitor` or `inducer`."""
        ...

    @property
    def rank(self) -> int:
        """0 for the strongest."""
        ...

    @property
    def acts(self) -> timedelta:
        """So long after the last use it counts as if it were taken."""
        ...

    @property
    def washout(self) -> timedelta:
        """So long after the last use it may still act."""
        ...

    @property
    def draft(self) -> bool:
        """Whether nobody but its author has checked it."""
        ...

    @property
    def words(self) -> str:
        """`paroxetine, a strong inhibitor`; words of the knowledge base."""
        ...


class Phenoconversion(Protocol):
    """The drugs that change the result of one gene, and how."""

    @property
    def modulators(self) -> tuple[Modulator, ...]: ...
    @property
    def by_score(self) -> bool:
        """Whether activity scores are converted; phenotypes otherwise."""
        ...

    def converted(self, members: Iterable[str], modulator: Any) -> frozenset[str]:
        """What one of its own modulators makes of activity scores, or of phenotypes.

        `Any`: it takes no other than its own kind of them.
        """
        ...

    def phenotypes_of(self, scores: Iterable[str]) -> frozenset[str]:
        """The phenotypes of activity scores."""
        ...


class Terminology(Protocol):
    """Everything above by name, and drugs by code or listed text."""

    def observable(self, name: str) -> Observable: ...
    def status(self, name: str) -> Status | None:
        """The status of this name, None if an observation of this name is a quantity."""
        ...

    def gene(self, symbol: str) -> Gene: ...
    def genes(self) -> Iterable[Gene]: ...
    def phenoconversion(self, gene: str, *, drafts: bool) -> Phenoconversion | None:
        """The drugs that change the result of a gene; None if there are none. Drafts only when asked for."""
        ...

    def variant(self, name: str) -> Variant: ...
    def pathway(self, name: str) -> Pathway: ...
    def condition_set(self, name: str) -> ConditionSet: ...
    def indications(self, name: str) -> Mapping[str, ConditionSet]:
        """Enum member to the diagnoses that mean it, for `from indication NAME`."""
        ...

    def outranked(self, name: str, members: Iterable[str]) -> frozenset[str]:
        """Of several indications found together, those that another one of them outranks."""
        ...

    def drug_of_coding(self, coding: Coding) -> DrugConcept | None:
        """What a code of a drug stands for, None if it is not listed or of other drugs only."""
        ...

    def may_mean(self, codings: Iterable[Coding], names: Iterable[str]) -> frozenset[str] | None:
        """The drugs that a medication may be of which no code and no name is listed; None for any of them."""
        ...

    def drug_of_text(self, text: str) -> DrugConcept | None:
        """What a name of a drug or product stands for if it is listed, ignoring case and runs of spaces."""
        ...
