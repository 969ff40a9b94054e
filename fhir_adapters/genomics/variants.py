"""Facts about variants of a gene, as genomics reports state them: present, absent, or of unclear meaning."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from dsl.model import Input
from dsl.values import Datum, Fact, Reason, known, missing
from fhir_adapters.chart import Chart
from fhir_adapters.evidence import datum, first_reason, in_order, unusable_observation
from fhir_adapters.genomics.genes import studied_genes
from fhir_adapters.instants import effective_moment, unusable_time
from fhir_adapters.prefetch import VARIANT
from fhir_adapters.reading import LOINC, Resource, codings, objects, text_member, words
from fhir_adapters.references import Entry
from fhir_adapters.series import RANKING
from fhir_adapters.terminology import Coding, Variant

PRESENT: Final = Coding(LOINC, "LA9633-4")
ABSENT: Final = Coding(LOINC, "LA9634-2")
SIGNIFICANCE: Final = Coding(LOINC, "53037-8")
SOURCE_CLASS: Final = Coding(LOINC, "48002-0")
PROTEIN_CHANGE: Final = Coding(LOINC, "48005-3")

MEANINGS: Final = {
    Coding(LOINC, "LA6668-3"): "pathogenic",
    Coding(LOINC, "LA26332-9"): "likely pathogenic",
    Coding(LOINC, "LA26333-7"): "uncertain significance",
    Coding(LOINC, "LA26334-5"): "likely benign",
    Coding(LOINC, "LA6675-8"): "benign",
}
_ORIGINS: Final = {Coding(LOINC, "LA6683-2"): "germline", Coding(LOINC, "LA6684-0"): "somatic"}


@dataclass(frozen=True, slots=True)
class Result:
    """What one Observation of a variant states."""

    present: bool | None
    """None if it was not called."""
    origins: frozenset[str]
    changes: frozenset[str]
    """Of the protein, as they are written."""


def read_result(resource: Resource) -> Result:
    """The variant of an Observation, but for its meaning."""
    answers = set(codings(resource.get("valueCodeableConcept"))) & {PRESENT, ABSENT}
    return Result(
        None if len(answers) != 1 else answers == {PRESENT},
        frozenset(_ORIGINS[each] for each in _coded(resource, SOURCE_CLASS) if each in _ORIGINS),
        frozenset(_texts(resource, PROTEIN_CHANGE)),
    )


def meanings(entry: Entry, chart: Chart) -> frozenset[str]:
    """How a variant is classed, by its own Observation or by implications that are derived from it."""
    return frozenset(MEANINGS[each] for each in _significance(entry, chart) if each in MEANINGS)


class Says(StrEnum):
    """What one Observation says about the variant that is asked for."""

    PRESENT = "present"
    ABSENT = "absent"
    UNCLEAR = "of unclear meaning"


def variant_fact(item: Input, chart: Chart, as_of: datetime, variant: Variant) -> Fact:
    """The fact of a Boolean input `from variant NAME`.

    True if a usable result reports such a variant present, false if results only report it absent. One of
    uncertain significance settles nothing, and no result is no absence.
    """
    said: list[Says] = []
    data: list[Datum] = []
    for entry in chart.observed(frozenset({VARIANT})):
        answer = _says(entry, variant, chart)
        if answer is None:
            continue
        moment = effective_moment(entry.resource, as_of)
        reason = unusable_observation(entry) or unusable_time(moment, as_of, item.within)
        if reason is None and answer is Says.UNCLEAR:
            reason = Reason.NO_VALUE
        data.append(datum(entry, answer.value, reason, moment.written))
        if reason is None:
            said.append(answer)
    listed = in_order(data)
    if Says.PRESENT in said and Says.ABSENT in said and variant.changes:
        return missing(Reason.CONFLICT, *listed)
    if Says.PRESENT in said:
        return known(True, *listed)
    unclear = next((each for each in listed if each.reason is not None), None)
    if said and unclear is None:
        return known(False, *listed)
    return missing(first_reason((each.reason for each in listed), RANKING) or Reason.MISSING, *listed)


def _says(entry: Entry, variant: Variant, chart: Chart) -> Says | None:
    """None for what is not about this gene, origin or change."""
    resource = entry.resource
    if variant.symbol not in studied_genes(resource, (variant,)):
        return None
    result = read_result(resource)
    if variant.origin and result.origins and variant.origin not in result.origins:
        return None
    changes = {plain_change(text).casefold() for text in result.changes}
    wanted = {plain_change(each).casefold() for each in variant.changes}
    if wanted and changes and wanted.isdisjoint(changes):
        return None
    if result.present is False:
        return Says.ABSENT
    if not result.present or (variant.origin and not result.origins) or (wanted and not changes):
        return Says.UNCLEAR
    if wanted:
        return Says.PRESENT
    said = meanings(entry, chart)
    return Says.PRESENT if said and said <= variant.classes else Says.UNCLEAR


def _significance(entry: Entry, chart: Chart) -> Iterator[Coding]:
    """In the variant itself or in an implication that is derived from it."""
    yield from _coded(entry.resource, SIGNIFICANCE)
    identifier = text_member(entry.resource, "id")
    for other in chart.of_types("Observation"):
        derived = (chart.resolver.resolve(each, other) for each in objects(other.resource, "derivedFrom"))
        if unusable_observation(other) is None and any(
            each is not None and text_member(each.resource, "id") == identifier for each in derived
        ):
            yield from _coded(other.resource, SIGNIFICANCE)


def _coded(resource: Resource, code: Coding) -> Iterator[Coding]:
    for component in objects(resource, "component"):
        if code in codings(component.get("code")):
            yield from codings(component.get("valueCodeableConcept"))


def _texts(resource: Resource, code: Coding) -> Iterator[str]:
    for component in objects(resource, "component"):
        if code in codings(component.get("code")):
            concept = component.get("valueCodeableConcept")
            yield from (each.code for each in codings(concept))
            yield from words(concept)
            text = text_member(component, "valueString")
            if text:
                yield text


def plain_change(change: str) -> str:
    """`NP_002825.3:p.(Glu76Lys)` and `p.Glu76Lys` are one change."""
    return change.rpartition(":")[2].replace("(", "").replace(")", "")
