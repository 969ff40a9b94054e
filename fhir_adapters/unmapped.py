"""Observations whose codes nobody here knows, counted for the audit (H-023)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fhir_adapters.chart import Chart
from fhir_adapters.genomics.codes import GENE_STUDIED, GENETIC_RESULTS
from fhir_adapters.prefetch import IMPLICATIONS
from fhir_adapters.reading import LOINC, Resource
from fhir_adapters.terminology import Coding

MAX_CODES = 50
"""Distinct codes that are named; all are counted."""

_READ = GENETIC_RESULTS | IMPLICATIONS | {GENE_STUDIED}
# What does not look like a code may be a word about the patient.
_SYSTEM = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9._:/-]{1,200})?")
_CODE = re.compile(r"[A-Za-z0-9._:/-]{1,64}")


@dataclass(frozen=True, slots=True)
class Unmapped:
    """How many Observations with a value have no code that leads to an observable or a gene."""

    observations: int
    distinct: int
    """Different codes among them."""
    codes: tuple[tuple[str, int], ...]
    """`system|code` and its Observations, local codes first, then by number; at most `MAX_CODES`."""


def unmapped_observations(chart: Chart, known: frozenset[Coding]) -> Unmapped:
    """Counts the Observations of a chart none of whose codes is `known`; without a system it is `|code`."""
    coded = chart.index("Observation").coded
    mapped = {id(entry) for entry in chart.observed(known | _READ)}
    observations = chart.of_types("Observation")
    unmapped = {id(each) for each in observations if id(each) not in mapped and _has_value(each.resource)}
    counts = {coding: len({id(each) for each in found} & unmapped) for coding, found in coded.items()}
    distinct = [coding for coding, count in counts.items() if count]
    ranked = sorted(distinct, key=lambda coding: (coding.system == LOINC, -counts[coding], coding))
    named = (coding for coding in ranked if _SYSTEM.fullmatch(coding.system) and _CODE.fullmatch(coding.code))
    listed = [(f"{coding.system}|{coding.code}", counts[coding]) for coding in named]
    return Unmapped(len(unmapped), len(distinct), tuple(listed[:MAX_CODES]))


def _has_value(observation: Resource) -> bool:
    return "valueQuantity" in observation or any(name.startswith("value") for name in observation)
