"""From a chart to facts: one per declared input."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cached_property

from dsl.model import Input, SourceKind
from dsl.values import Fact, Reason, missing
from fhir_adapters.allergies import allergy_fact
from fhir_adapters.chart import Chart
from fhir_adapters.conditions import condition_fact, indication_fact
from fhir_adapters.evidence import with_caveat
from fhir_adapters.genomics import (
    GeneticResults,
    genetic_results,
    genotype_fact,
    phenotype_fact,
    score_fact,
)
from fhir_adapters.medications import MedicationList, exposure_fact, medication_fact, medication_list
from fhir_adapters.observations import observation_fact
from fhir_adapters.orders import Order
from fhir_adapters.patient import patient_fact
from fhir_adapters.prefetch import key_of
from fhir_adapters.statuses import status_fact
from fhir_adapters.terminology import Terminology

_OF_AN_ORDER = frozenset({SourceKind.INDICATION, SourceKind.MEDICATION, SourceKind.EXPOSURE})
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
    """

    def __init__(self, chart: Chart, as_of: datetime, terminology: Terminology) -> None:
        self._chart = chart
        self._as_of = as_of
        self._terminology = terminology
        self._tolerated: FactReader | None = None
        if chart.tolerated is not None:
            self._tolerated = FactReader(chart.tolerated, as_of, terminology)
        self._read: dict[object, Fact] = {}

    def facts(self, inputs: Iterable[Input], order: Order | None) -> dict[str, Fact]:
        """The fact of each input by its name, for one order or none; as `gather`."""
        return {item.name: self._fact(item, order) for item in inputs}

    def _fact(self, item: Input, order: Order | None) -> Fact:
        key = None if item.source.kind in _OF_AN_ORDER else (item.source, item.type, item.within)
        known = self._read.get(key)
        if known is not None:
            return known
        fact = with_caveat(self._found(item, order), self._chart, key_of(item.source.kind))
        if self._tolerated is not None:
            fact = _agreed(fact, self._tolerated._fact(item, order))
        if key is not None:
            self._read[key] = fact
        return fact

    @cached_property
    def _genetics(self) -> GeneticResults:
        return genetic_results(self._chart, self._terminology)

    def _found(self, item: Input, order: Order | None) -> Fact:
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

    @cached_property
    def _medications(self) -> MedicationList:
        return medication_list(self._chart, self._as_of, self._terminology)


def _agreed(fact: Fact, tolerated: Fact) -> Fact:
    if not fact.possible or fact.possible == tolerated.possible:
        return fact
    explanation = "a resource that strict intake refused may say otherwise"
    return missing(Reason.NO_VALUE, *fact.data, explanation=explanation)
