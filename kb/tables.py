"""The tables of a knowledge base: everything but its rules, read, cross-checked and indexed."""

from __future__ import annotations

import os
from collections.abc import Container, Mapping
from dataclasses import dataclass
from pathlib import Path

from msgspec import structs

from dsl import Coding, Diagnostic, Names, Quantity, Rule, quantity
from dsl.units import UnitError, commensurable, parse
from kb import files
from kb.dosing_plans import DosingPlan, load_plans
from kb.drug_codes import ATC, SNOMED, drug_index, read_table
from kb.errors import KnowledgeBaseError
from kb.evidence import Study, read_study
from kb.functions import FUNCTIONS
from kb.gene_files import LOINC, read_gene
from kb.genes import Gene
from kb.knowledge import (
    RXNORM,
    ConditionSet,
    Drug,
    DrugIndex,
    Indication,
    KnowledgeBase,
    Observable,
    Product,
    Source,
    Status,
    Variant,
    normal_text,
)
from kb.model_files import load_models
from kb.models import DosingModel
from kb.pathway_files import load_pathways
from kb.pathway_questions import SIGNAL_ENUM, Question
from kb.pathways import Pathway
from kb.phenoconversion import Phenoconversion
from kb.phenoconversion_files import read_phenoconversion
from kb.pictures import RulePicture, read_picture

SYSTEMS = {
    "loinc": LOINC,
    "snomed": SNOMED,
    "rxnorm": RXNORM,
    "atc": ATC,
    "icd10": "http://hl7.org/fhir/sid/icd-10",
    "icd10cm": "http://hl7.org/fhir/sid/icd-10-cm",
}
"""Short names of code systems in the files."""


@dataclass(frozen=True, slots=True)
class Tables:
    """All tables, and the names that they lend to the rule checker."""

    manifest: files.Manifest
    sources: Mapping[str, Source]
    observables: Mapping[str, Observable]
    statuses: Mapping[str, Status]
    drugs: Mapping[str, Drug]
    conditions: Mapping[str, ConditionSet]
    indications: Mapping[str, Indication]
    genes: Mapping[str, Gene]
    models: Mapping[str, DosingModel]
    """Population models by name."""
    plans: Mapping[str, DosingPlan]
    """Dosing plans by name."""
    predictions: Mapping[str, str]
    """Number that a rule may read `from model` to its UCUM unit."""
    drug_index: DrugIndex
    phenoconversions: Mapping[str, Phenoconversion]
    """By gene: the drugs that change its result."""
    variants: Mapping[str, Variant]
    studies: Mapping[str, Study]
    """By what they are cited as."""
    pictures: Mapping[str, RulePicture]
    """By the name of the rule."""
    pathways: Mapping[str, Pathway]
    """Signalling networks by name."""

    @property
    def names(self) -> Names:
        """What a rule may refer to."""
        return Names(
            observables={name: each.unit for name, each in self.observables.items()},
            plausible={name: each.plausible for name, each in self.observables.items()},
            statuses=frozenset(self.statuses),
            observable_codes={
                f"loinc#{code.code}": name
                for table in (self.observables, self.statuses)
                for name, each in table.items()
                for code in each.codes
                if code.system == LOINC
            },
            genes={name: gene.phenotype_enum for name, gene in self.genes.items()},
            scores={name: gene.score_enum for name, gene in self.genes.items() if gene.score_enum},
            genotypes={name: gene.genotype_enum for name, gene in self.genes.items() if gene.genotype_enum},
            variants=frozenset(self.variants),
            pathways=dict.fromkeys(self.pathways, SIGNAL_ENUM),
            conditions=frozenset(self.conditions),
            indications={name: each.enum for name, each in self.indications.items()},
            drugs=frozenset(self.drugs),
            drug_codes={f"rxnorm#{each.rxnorm}": name for name, each in self.drugs.items() if each.rxnorm},
            citations={name: each.publisher for name, each in self.sources.items()},
            functions=FUNCTIONS,
            models=self.predictions,
        )

    def knowledge(
        self, rules: tuple[Rule, ...], digest: str, warnings: tuple[Diagnostic, ...] = ()
    ) -> KnowledgeBase:
        """The knowledge base of these tables and of rules that were checked against them."""
        return KnowledgeBase(
            name=self.manifest.name,
            version=self.manifest.version,
            digest=digest,
            rules=rules,
            sources=self.sources,
            observables=self.observables,
            statuses=self.statuses,
            drugs=self.drugs,
            conditions=self.conditions,
            indication_sets=self.indications,
            gene_table=self.genes,
            drug_index=self.drug_index,
            warnings=warnings,
            phenoconversions=self.phenoconversions,
            variants=self.variants,
            studies=self.studies,
            pathways={name: Question(each) for name, each in self.pathways.items()},
            pictures=self.pictures,
            models=self.models,
            plans=self.plans,
        )


def load_tables(root: Path) -> Tables:
    """Reads and cross-checks the tables in a folder; raises `KnowledgeBaseError`."""
    if not os.path.isdir(root):
        raise KnowledgeBaseError(f"{root}: no such folder; a knowledge base is a folder with `kb.toml`")
    conditions = {path.stem: _condition(path) for path in _files(root, "conditions")}
    drugs = load_drugs(root)
    sources = _sources(root / "sources.toml")
    answers, wordings = _answers(root / "phenotype_answers.toml")
    observables = {path.stem: _observable(path, sources) for path in _files(root, "observables")}
    statuses = {path.stem: _status(path, observables) for path in _files(root, "statuses")}
    genes = {
        gene.name: gene for gene in (read_gene(path, answers, wordings) for path in _files(root, "genes"))
    }
    models = load_models(root, sources, drugs)
    return Tables(
        manifest=files.read(root / "kb.toml", files.Manifest),
        sources=sources,
        observables=observables,
        statuses=statuses,
        drugs=drugs,
        conditions=conditions,
        indications={path.stem: _indication(path, conditions) for path in _files(root, "indications")},
        genes=genes,
        models=models,
        plans=load_plans(root, models, observables, drugs, sources),
        predictions={path.stem: _prediction(path) for path in _files(root, "predictions")},
        drug_index=drug_index(root, drugs.values(), read_table(root)),
        phenoconversions={
            path.stem: read_phenoconversion(path, genes, drugs, sources)
            for path in _files(root, "phenoconversion")
        },
        variants={path.stem: _variant(path) for path in _files(root, "variants")},
        studies={
            each.cites: each for each in (read_study(path, sources) for path in _files(root, "sources"))
        },
        pictures={path.stem: read_picture(path) for path in _files(root, "pictures")},
        pathways=load_pathways(root, sources),
    )


def load_drugs(root: Path) -> dict[str, Drug]:
    """The drugs in a folder; raises `KnowledgeBaseError`."""
    return {path.stem: _drug(path) for path in _files(root, "drugs")}


def _files(root: Path, kind: str) -> list[Path]:
    return sorted((root / kind).glob("*.toml"))


def _code(path: Path, field: str, system: str, code: str) -> Coding:
    if system not in SYSTEMS and ":" not in system:
        known = ", ".join(SYSTEMS)
        raise KnowledgeBaseError(f"{path}: field `{field}.system`: expected a URI or one of {known}")
    return Coding(SYSTEMS.get(system, system), code)


def _sources(path: Path) -> dict[str, Source]:
    entries = files.read_entries(path, files.SourceFile)
    for name, entry in entries.items():
        if entry.review_by is not None and entry.review_by <= entry.read:
            raise KnowledgeBaseError(f"{path}: field `{name}.review_by`: expected a day after `read`")
        if entry.replaced_by is not None and (entry.replaced_by not in entries or entry.replaced_by == name):
            raise KnowledgeBaseError(
                f"{path}: field `{name}.replaced_by`: `{entry.replaced_by}` is no other source listed here"
            )
    return {name: Source(name, **structs.asdict(entry)) for name, entry in entries.items()}


def _observable(path: Path, sources: Container[str]) -> Observable:
    entry = files.read(path, files.ObservableFile)
    if not commensurable(entry.unit, entry.unit):
        raise KnowledgeBaseError(f"{path}: field `unit`: expected a listed UCUM unit")
    return Observable(
        path.stem,
        entry.label,
        entry.unit,
        _bounds(path, "plausible", entry.plausible, entry.unit),
        _molar_mass(path, entry.molar_mass, sources),
        frozenset(_code(path, "codes", code.system, code.code) for code in entry.codes),
    )


def _status(path: Path, observables: Container[str]) -> Status:
    entry = files.read(path, files.StatusFile)
    if path.stem in observables:
        raise KnowledgeBaseError(f"{path}: there is an observables/{path.name} too; give it another name")
    codes, yes, no = (
        frozenset(_code(path, field, code.system, code.code) for code in listed)
        for field, listed in (("codes", entry.codes), ("yes", entry.yes), ("no", entry.no))
    )
    if yes & no:
        raise KnowledgeBaseError(f"{path}: field `no`: an answer cannot mean both yes and no")
    return Status(path.stem, entry.label, codes, yes, no)


def _variant(path: Path) -> Variant:
    entry = files.read(path, files.VariantFile)
    classes, changes = frozenset(entry.classes), frozenset(entry.changes)
    return Variant(path.stem, entry.label, entry.symbol, entry.hgnc, entry.origin, classes, changes)


def _molar_mass(path: Path, entry: files.MolarMass | None, sources: Container[str]) -> Quantity | None:
    if entry is None:
        return None
    amount = _quantity(path, "molar_mass.amount", entry.amount, "g/mol")
    if amount.value <= 0:
        raise KnowledgeBaseError(f"{path}: field `molar_mass.amount`: expected more than nothing")
    if entry.source not in sources:
        raise KnowledgeBaseError(
            f"{path}: field `molar_mass.source`: `{entry.source}` is not in sources.toml"
        )
    return amount


def _prediction(path: Path) -> str:
    entry = files.read(path, files.PredictionFile)
    if not commensurable(entry.unit, entry.unit):
        raise KnowledgeBaseError(f"{path}: field `unit`: expected a listed UCUM unit")
    return entry.unit


def _bounds(path: Path, field: str, texts: tuple[str, str], unit: str) -> tuple[Quantity, Quantity]:
    low, high = (_quantity(path, field, text, unit) for text in texts)
    if low.value * parse(low.unit).factor >= high.value * parse(high.unit).factor:
        raise KnowledgeBaseError(f"{path}: field `{field}`: the smaller bound comes first")
    return low, high


def _quantity(path: Path, field: str, text: str, unit: str) -> Quantity:
    number, _, code = text.partition(" ")
    try:
        amount = quantity(number, code)
        parse(code)
    except (UnitError, ValueError):
        raise KnowledgeBaseError(
            f'{path}: field `{field}`: expected a quantity such as "20 {unit}"'
        ) from None
    if not commensurable(code, unit):
        raise KnowledgeBaseError(f"{path}: field `{field}`: the unit does not convert to `{unit}`")
    return amount


def _drug(path: Path) -> Drug:
    entry = files.read(path, files.DrugFile)
    products = tuple(
        Product(
            product.display,
            product.rxnorm,
            None if product.strength is None else _quantity(path, "strength", product.strength, "mg"),
        )
        for product in entry.products
    )
    codes = tuple(_code(path, "codes", code.system, code.code) for code in entry.codes)
    if entry.rxnorm is None and not codes:
        raise KnowledgeBaseError(f"{path}: field `rxnorm`: is missing, and there are no `codes` in its place")
    return Drug(path.stem, entry.rxnorm or "", entry.display, products, codes)


def _condition(path: Path) -> ConditionSet:
    entry = files.read(path, files.ConditionFile)
    return ConditionSet(
        path.stem,
        entry.label,
        frozenset(_code(path, "codes", code.system, code.code) for code in entry.codes),
        tuple(_code(path, "prefixes", prefix.system, prefix.prefix) for prefix in entry.prefixes),
        None if entry.clinical_statuses is None else frozenset(entry.clinical_statuses),
    )


def _indication(path: Path, conditions: Mapping[str, ConditionSet]) -> Indication:
    entry = files.read(path, files.IndicationFile)
    names = {member.member for member in entry.members}
    for member in entry.members:
        if member.condition not in conditions:
            raise KnowledgeBaseError(f"{path}: field `condition`: no conditions/{member.condition}.toml")
        if not names.issuperset(member.wins_over):
            raise KnowledgeBaseError(f"{path}: field `wins_over`: names a member that is not listed")
    return Indication(
        path.stem,
        entry.enum,
        {member.member: conditions[member.condition] for member in entry.members},
        {member.member: frozenset(member.wins_over) for member in entry.members},
    )


def _answers(path: Path) -> tuple[dict[Coding, str], dict[str, str]]:
    entries = files.read_entries(path, files.AnswerFile)
    codes: dict[Coding, str] = {}
    texts: dict[str, str] = {}
    for name, entry in entries.items():
        for code in entry.codes:
            if codes.setdefault(Coding(LOINC, code), name) != name:
                raise KnowledgeBaseError(f"{path}: field `{name}.codes`: {code} has another meaning already")
        for text in entry.texts:
            if texts.setdefault(normal_text(text), name) != name:
                raise KnowledgeBaseError(
                    f"{path}: field `{name}.texts`: `{text}` has another meaning already"
                )
    return codes, texts
