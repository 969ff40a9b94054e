"""The loaded knowledge: rules, genes, drugs, observables, conditions, sources, by name and by code."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from dsl import Coding, Diagnostic, Lifecycle, Quantity, Rule
from dsl.evaluator.kept import KeptDecisions
from kb.evidence import Study
from kb.genes import Gene
from kb.phenoconversion import Phenoconversion

if TYPE_CHECKING:
    from kb.dosing_plans import DosingPlan
    from kb.models import DosingModel
    from kb.pathway_questions import Question
    from kb.pictures import RulePicture

_WORD = re.compile(r"[^\W_]+")

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"


@dataclass(frozen=True, slots=True)
class Source:
    """A public source that rules cite, and when its facts were read."""

    identifier: str
    title: str
    publisher: str
    version: str
    published: str | None
    """Year, month or day, as far as it is known."""
    url: str
    read: date
    review_by: date | None = None
    """The last day before it has to be read again; None only for a source that no rule cites."""
    replaced_by: str | None = None
    """Identifier of the newer edition, where the knowledge base has one."""


@dataclass(frozen=True, slots=True)
class Observable:
    """A measurable quantity with its codes, unit and believable range (both ends included)."""

    name: str
    label: str
    unit: str
    plausible: tuple[Quantity, Quantity]
    molar_mass: Quantity | None
    """Without it mass and amount of substance do not convert into one another."""
    codes: frozenset[Coding]


@dataclass(frozen=True, slots=True)
class Status:
    """An observation that is true or false, such as pregnancy, with the coded answers that say which."""

    name: str
    label: str
    codes: frozenset[Coding]
    yes: frozenset[Coding]
    no: frozenset[Coding]


@dataclass(frozen=True, slots=True)
class Variant:
    """Variants of a gene that mean one thing: of an origin and of some classes, or listed changes alone."""

    name: str
    label: str
    symbol: str
    hgnc: str
    origin: str | None
    classes: frozenset[str]
    changes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Product:
    """A product of a drug; without a code it is recognised by its display alone."""

    display: str
    rxnorm: str | None
    strength: Quantity | None
    """Amount of drug in one piece, where it comes in pieces."""


@dataclass(frozen=True, slots=True)
class Drug:
    """A drug by its RxNorm ingredient, with the products that count as it."""

    name: str
    rxnorm: str
    """Empty for one that RxNorm does not have."""
    display: str
    products: tuple[Product, ...]
    codes: tuple[Coding, ...] = ()
    """Codes of the ingredient in other systems than RxNorm."""

    @property
    def coding(self) -> Coding:
        """The code that stands for the drug: that of RxNorm, else the first of the others."""
        return Coding(RXNORM, self.rxnorm) if self.rxnorm else self.codes[0]

    def product(self, rxnorm_codes: Iterable[str], text: str) -> Product | None:
        """The product with one of these codes, else the one with this display.

        None if there is none, or several of different strength.
        """
        codes = set(rxnorm_codes)
        by_code = [each for each in self.products if each.rxnorm in codes]
        by_text = [each for each in self.products if normal_text(each.display) == normal_text(text)]
        found = [*by_code, *by_text]
        return found[0] if len({each.strength for each in found}) == 1 else None


@dataclass(frozen=True, slots=True)
class DrugConcept:
    """What a code or a name stands for: a drug, one of its salts, products, brands, or a combination."""

    drugs: frozenset[str]
    """Those of its ingredients that are drugs of the knowledge base; at least one."""
    combined: bool = False
    """It has more than one ingredient, known here or not."""
    retired: bool = False
    """Its publisher has withdrawn the code."""


@dataclass(frozen=True, slots=True)
class DrugIndex:
    """Every code and name by which an order may mean a drug of the knowledge base."""

    codes: Mapping[Coding, DrugConcept]
    texts: Mapping[str, DrugConcept]
    """By name without case and with single spaces."""
    edition: str = ""
    """The RxNorm release that was imported, in words; empty without one."""
    remarks: tuple[str, ...] = ()
    """Codes in `drugs/` that this release has retired or does not have, a sentence each (H-025)."""
    names: frozenset[str] = frozenset()
    """The names of the drugs themselves, their words parted by spaces."""

    def spoken_of(self, words: list[str]) -> frozenset[str]:
        """The drugs whose names are some of these words in a row."""
        text = f" {' '.join(words)} "
        found = self.names.intersection(words) | {
            name for name in self.names if " " in name and f" {name} " in text
        }
        return frozenset(name.replace(" ", "_") for name in found)


@dataclass(frozen=True, slots=True)
class ConditionSet:
    """Diagnosis codes that mean one thing; `clinical_statuses` None counts a history of it too."""

    name: str
    label: str
    codes: frozenset[Coding]
    prefixes: tuple[Coding, ...]
    clinical_statuses: frozenset[str] | None

    def matches(self, coding: Coding) -> bool:
        """Whether a diagnosis code belongs to the set."""
        if coding in self.codes:
            return True
        return any(coding[0] == system and coding[1].startswith(prefix) for system, prefix in self.prefixes)


@dataclass(frozen=True, slots=True)
class Indication:
    """What a drug may be given for: members with their diagnoses, and which member outranks which."""

    name: str
    enum: str
    members: Mapping[str, ConditionSet]
    wins_over: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class SiteCode:
    """A local code of a site, what it stands for here, and who answers for that."""

    code: Coding
    target: str
    """Name of an observable, symbol of a gene, or LOINC code, as it was written."""
    signed_by: str
    signed: date


@dataclass(frozen=True, slots=True)
class KnowledgeBase:
    """One version of everything; also the terminology that the FHIR adapters ask."""

    name: str
    version: str
    digest: str
    """SHA-256 over all files, in hexadecimal."""
    rules: tuple[Rule, ...]
    sources: Mapping[str, Source]
    observables: Mapping[str, Observable]
    statuses: Mapping[str, Status]
    drugs: Mapping[str, Drug]
    conditions: Mapping[str, ConditionSet]
    indication_sets: Mapping[str, Indication]
    gene_table: Mapping[str, Gene]
    drug_index: DrugIndex
    warnings: tuple[Diagnostic, ...]
    site_codes: tuple[SiteCode, ...] = ()
    """The local codes of a site that are among those of observables and genes."""
    site_digest: str | None = None
    """SHA-256 over the file that they come from, in hexadecimal."""
    phenoconversions: Mapping[str, Phenoconversion] = field(default_factory=dict)
    variants: Mapping[str, Variant] = field(default_factory=dict)
    pathways: Mapping[str, Question] = field(default_factory=dict)
    studies: Mapping[str, Study] = field(default_factory=dict)
    """What is known of the studies behind sources, by what they are cited as."""
    pictures: Mapping[str, RulePicture] = field(default_factory=dict)
    """By the name of the rule."""
    models: Mapping[str, DosingModel] = field(default_factory=dict)
    """Population models, by name."""
    plans: Mapping[str, DosingPlan] = field(default_factory=dict)
    """Dosing plans, by name."""
    decisions: KeptDecisions = field(default_factory=KeptDecisions, compare=False, repr=False)
    """What its rules came to before, for answers without a chart."""

    def publisher(self, rule: Rule) -> str:
        """Whose guidance a rule stands for: the publisher of what it cites first."""
        return self.sources[rule.evidence.citations[0].identifier].publisher

    @property
    def identity(self) -> dict[str, str]:
        """What tells this knowledge from any other in a record: version and digests."""
        own = {"version": self.version, "digest": self.digest}
        return own if self.site_digest is None else own | {"site_map": self.site_digest}

    @property
    def observation_codes(self) -> frozenset[Coding]:
        """All codes of observables and statuses, and of what genes are reported under."""
        return frozenset[Coding]().union(
            *(each.codes for each in self.observables.values()),
            *(each.codes for each in self.statuses.values()),
            *(gene.interpretation_codes for gene in self.gene_table.values()),
        )

    def fireable(self, *, fire_draft: bool) -> tuple[Rule, ...]:
        """The rules that are evaluated on some day: active and shadow ones, drafts only when asked for."""
        statuses = {Lifecycle.ACTIVE, Lifecycle.SHADOW}
        if fire_draft:
            statuses |= {Lifecycle.DRAFT, Lifecycle.REVIEW}
        return tuple(rule for rule in self.rules if rule.status in statuses)

    def in_force(self, day: date, *, fire_draft: bool) -> tuple[Rule, ...]:
        """Of the rules that are evaluated, for each name the newest version effective on a day.

        A version in status `shadow` stands beside the others and displaces none of them. A rule that another
        one in force replaces is left out.
        """
        newest: dict[tuple[str, bool], Rule] = {}
        for rule in self.fireable(fire_draft=fire_draft):
            if rule.in_force(day):
                key = (rule.name, rule.status is Lifecycle.SHADOW)
                other = newest.get(key)
                if other is None or _number(other.version) < _number(rule.version):
                    newest[key] = rule
        replaced = {rule.replaces for rule in newest.values() if rule.status is not Lifecycle.SHADOW}
        return tuple(rule for _, rule in sorted(newest.items()) if (rule.name, rule.version) not in replaced)

    def observable(self, name: str) -> Observable:
        """One observable."""
        return self.observables[name]

    def status(self, name: str) -> Status | None:
        """The status of this name, None if it is none."""
        return self.statuses.get(name)

    def variant(self, name: str) -> Variant:
        """One kind of variant."""
        return self.variants[name]

    def pathway(self, name: str) -> Question:
        """One signalling network."""
        return self.pathways[name]

    def plan_of(self, drugs: Collection[str], *, drafts: bool) -> DosingPlan | None:
        """How one of these drugs is dosed for one person; a draft only when asked for."""
        return next(
            (
                plan
                for _, plan in sorted(self.plans.items())
                if plan.entry.drug in drugs and (drafts or plan.entry.status == "active")
            ),
            None,
        )

    def gene(self, symbol: str) -> Gene:
        """One gene."""
        return self.gene_table[symbol]

    def genes(self) -> Iterable[Gene]:
        """All genes."""
        return self.gene_table.values()

    def phenoconversion(self, gene: str, *, drafts: bool) -> Phenoconversion | None:
        """The drugs that change the result of a gene, those that are drafts only when asked for."""
        found = self.phenoconversions.get(gene)
        return found if found is None or drafts else found.reviewed

    def modulated(self, *, drafts: bool) -> frozenset[str]:
        """The genes whose results drugs change, as `phenoconversion`."""
        names = self.phenoconversions
        return frozenset(name for name in names if self.phenoconversion(name, drafts=drafts) is not None)

    def condition_set(self, name: str) -> ConditionSet:
        """One set of diagnoses."""
        return self.conditions[name]

    def indications(self, name: str) -> Mapping[str, ConditionSet]:
        """Enum member to the diagnoses that mean it."""
        return self.indication_sets[name].members

    def outranked(self, name: str, members: Iterable[str]) -> frozenset[str]:
        """Of several indications found together, those that another one of them outranks."""
        wins = self.indication_sets[name].wins_over
        return frozenset[str]().union(*(wins.get(member, frozenset()) for member in members))

    def drug_of_coding(self, coding: Coding) -> DrugConcept | None:
        """What a code of a drug stands for."""
        return self.drug_index.codes.get(coding)

    def may_mean(self, codings: Iterable[Coding], names: Iterable[str]) -> frozenset[str] | None:
        """The drugs that a medication may be of which no code and no name is listed; None for any of them.

        With a release of RxNorm any of its codes tells. Without one there may be products that nobody listed:
        then the code's words must be there, and it may be the drugs that they name.
        """
        if all(coding.system != RXNORM for coding in codings):
            return None
        if self.drug_index.edition:
            return frozenset()
        words = _WORD.findall(" ".join(names).casefold())
        return self.drug_index.spoken_of(words) if words else None

    def drug_of_text(self, text: str) -> DrugConcept | None:
        """What a name of a drug or product stands for, ignoring case and runs of spaces."""
        return self.drug_index.texts.get(normal_text(text))


def normal_text(text: str) -> str:
    """Text for comparison: no case, single spaces."""
    return " ".join(text.casefold().split())


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
