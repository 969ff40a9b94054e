"""From a chart to facts: one per declared input."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import cached_property

from dsl.model import CHANGED_BY_DRUGS, Input, SourceKind
from dsl.values import Fact, Reason, missing
from fhir_adapters.allergies import allergy_fact
from fhir_adapters.chart import Chart
from fhir_adapters.conditions import condition_fact, indication_fact
from fhir_adapters.evidence import with_caveat
from fhir_adapters.genomics import (
    GeneticResults,
    Modulation,
    converted,
    genetic_results,
    genotype_fact,
    pathway_fact,
    phenotype_fact,
    score_fact,
    variant_fact,
)
from fhir_adapters.medications import MedicationList, exposure_fact, medication_fact, medication_list
from fhir_adapters.observations import observation_fact
from fhir_adapters.orders import Order
from fhir_adapters.patient import patient_fact
from fhir_adapters.prefetch import key_of
from fhir_adapters.statuses import status_fact
from fhir_adapters.terminology import Phenoconversion, Terminology

_OF_AN_ORDER = frozenset(
    {SourceKind.INDICATION, SourceKind.MEDICATION, SourceKind.EXPOSURE, SourceKind.PATHWAY}
)
"""What the order in question takes part in."""


def gather(
    inputs: Iterable[Input], chart: Chart, as_of: datetime, terminology: Terminology, order: Order | None
) -> dict[str, Fact]:
    """The fact of each input by its name, at `as_of` (timezone-aware), for one order or none.

    A function of the set of resources: their order changes nothing but paths (H-016). Raises
    `UnknownSource` for an input that the Patient resource cannot answer.
    """
    return FactReader(chart, as_of, terminology).facts(inputs, order)


class FactReader:
    """The facts of one chart at one instant (timezone-aware); what several rules or orders need is read once.

    After strict intake a fact is missing if the refused resources would change it: what is older, or what
    they contradict, must not stand in for them.

    `orders` are those of one call, which the patient is about to take together. `drafts` tells whether
    knowledge that nobody has reviewed counts.
    """

    def __init__(
        self,
        chart: Chart,
        as_of: datetime,
        terminology: Terminology,
        *,
        orders: Sequence[Order] = (),
        drafts: bool = False,
    ) -> None:
        self._chart = chart
        self._as_of = as_of
        self._terminology = terminology
        self._orders = orders
        self._drafts = drafts
        self._tolerated: FactReader | None = None
        if chart.tolerated is not None:
            self._tolerated = FactReader(chart.tolerated, as_of, terminology, orders=orders, drafts=drafts)
        self._read: dict[object, Fact] = {}

    def facts(
        self, inputs: Iterable[Input], order: Order | None, drugs: Collection[str] | None = None
    ) -> dict[str, Fact]:
        """The fact of each input by its name, for one order or none; as `gather`.

        `drugs` are those of the order that the advice is about, all of them by default.
        """
        judged = frozenset(() if order is None else order.drugs)
        if drugs is not None:
            judged = judged.intersection(drugs)
        return {item.name: self._fact(item, order, judged) for item in inputs}

    def _fact(self, item: Input, order: Order | None, judged: frozenset[str]) -> Fact:
        key = None if item.source.kind in _OF_AN_ORDER else (item.source, item.type, item.within)
        conversion = None
        if item.source.kind in CHANGED_BY_DRUGS:
            conversion = self._terminology.phenoconversion(item.source.name, drafts=self._drafts)
        if conversion is not None:
            key = (*(key or ()), judged.intersection(each.drug for each in conversion.modulators))
        known = self._read.get(key)
        if known is not None:
            return known
        fact = self._found(item, order, judged)
        if conversion is not None:
            fact = self._converted(item, fact, conversion, judged)
        fact = with_caveat(fact, self._chart, key_of(item.source.kind))
        if self._tolerated is not None:
            fact = _agreed(fact, self._tolerated._fact(item, order, judged))
        if key is not None:
            self._read[key] = fact
        return fact

    @cached_property
    def _genetics(self) -> GeneticResults:
        return genetic_results(self._chart, self._terminology)

    def _found(self, item: Input, order: Order | None, judged: frozenset[str]) -> Fact:
        chart, as_of, terminology, name = self._chart, self._as_of, self._terminology, item.source.name
        match item.source.kind:
            case SourceKind.OBSERVATION:
                status = terminology.status(name)
                if status is not None:
                    return status_fact(item, chart, as_of, status)
                return observation_fact(item, chart, as_of, terminology)
            case SourceKind.PHENOTYPE:
                return phenotype_fact(item, self._genetics, as_of, terminology.gene(name))
            case SourceKind.SCORE:
                return score_fact(item, self._genetics, as_of, terminology.gene(name))
            case SourceKind.GENOTYPE:
                return genotype_fact(item, self._genetics, as_of, terminology.gene(name))
            case SourceKind.VARIANT:
                return variant_fact(item, chart, as_of, terminology.variant(name))
            case SourceKind.PATHWAY:
                return pathway_fact(item, chart, as_of, terminology.pathway(name), judged)
            case SourceKind.PATIENT:
                return patient_fact(name, chart, as_of)
            case SourceKind.CONDITION:
                return condition_fact(name, chart, terminology)
            case SourceKind.INDICATION:
                return indication_fact(name, chart, terminology, order)
            case SourceKind.MEDICATION:
                return medication_fact(name, self._medications, order)
            case SourceKind.EXPOSURE:
                return exposure_fact(name, self._medications, order)
            case SourceKind.ALLERGY:
                return allergy_fact(name, chart, terminology)
            case SourceKind.MODEL:
                return missing(Reason.MODEL_FAILED, explanation="the model is not part of this release")

    def _converted(
        self, item: Input, fact: Fact, conversion: Phenoconversion, judged: frozenset[str]
    ) -> Fact:
        gene = self._terminology.gene(item.source.name)
        scores = None
        if conversion.by_score and item.source.kind is SourceKind.PHENOTYPE and not fact.missing:
            scores = score_fact(item, self._genetics, self._as_of, gene)
        return converted(fact, scores, gene, conversion, self._modulation, judged)

    @cached_property
    def _modulation(self) -> Modulation:
        return Modulation(self._medications, self._orders, self._as_of)

    @cached_property
    def _medications(self) -> MedicationList:
        return medication_list(self._chart, self._as_of, self._terminology)


def _agreed(fact: Fact, tolerated: Fact) -> Fact:
    if not fact.possible or fact.possible == tolerated.possible:
        return fact
    explanation = "a resource that strict intake refused may say otherwise"
    return missing(Reason.NO_VALUE, *fact.data, explanation=explanation)
