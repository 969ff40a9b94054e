"""From a chart to facts: one per declared input."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from dsl.model import Input, SourceKind
from dsl.values import Fact, Reason, missing
from fhir_adapters.allergies import allergy_fact
from fhir_adapters.chart import Chart
from fhir_adapters.conditions import condition_fact, indication_fact
from fhir_adapters.evidence import with_caveat
from fhir_adapters.genomics import GeneticResults, genetic_results, phenotype_fact
from fhir_adapters.medications import exposure_fact, medication_fact
from fhir_adapters.observations import observation_fact
from fhir_adapters.orders import Order
from fhir_adapters.patient import patient_fact
from fhir_adapters.prefetch import key_of
from fhir_adapters.statuses import status_fact
from fhir_adapters.terminology import Terminology


def gather(
    inputs: Iterable[Input], chart: Chart, as_of: datetime, terminology: Terminology, order: Order | None
) -> dict[str, Fact]:
    """The fact of each input by its name, at `as_of` (timezone-aware), for one order or none.

    A function of the set of resources: their order changes nothing but paths (H-016). Raises
    `UnknownSource` for an input that the Patient resource cannot answer.
    """
    asked = _Asked(chart, as_of, terminology, order)
    return {item.name: with_caveat(asked.fact(item), chart, key_of(item.source.kind)) for item in inputs}


@dataclass(frozen=True)
class _Asked:
    """Whom and what the inputs are about; without slots, for what several of them need is read once."""

    chart: Chart
    as_of: datetime
    terminology: Terminology
    order: Order | None

    @cached_property
    def genetics(self) -> GeneticResults:
        return genetic_results(self.chart, self.terminology)

    def fact(self, item: Input) -> Fact:
        name = item.source.name
        match item.source.kind:
            case SourceKind.OBSERVATION:
                status = self.terminology.status(name)
                if status is not None:
                    return status_fact(item, self.chart, self.as_of, status)
                return observation_fact(item, self.chart, self.as_of, self.terminology)
            case SourceKind.PHENOTYPE:
                return phenotype_fact(item, self.genetics, self.as_of, self.terminology.gene(name))
            case SourceKind.PATIENT:
                return patient_fact(name, self.chart, self.as_of)
            case SourceKind.CONDITION:
                return condition_fact(name, self.chart, self.terminology)
            case SourceKind.INDICATION:
                return indication_fact(name, self.chart, self.terminology, self.order)
            case SourceKind.MEDICATION:
                return medication_fact(name, self.chart, self.as_of, self.terminology, self.order)
            case SourceKind.EXPOSURE:
                return exposure_fact(name, self.chart, self.as_of, self.terminology, self.order)
            case SourceKind.ALLERGY:
                return allergy_fact(name, self.chart, self.terminology)
            case SourceKind.MODEL:
                return missing(Reason.MODEL_FAILED, explanation="the model is not part of this release")
