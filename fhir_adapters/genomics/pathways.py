"""Facts about a signal of the tumour: what the variants of a report leave of it under the ordered drug.

variant Observations ──> gene, meaning, change ──> the network ──> a member of its enum, or nothing
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from dsl.model import Input
from dsl.values import Datum, Fact, Reason, known, missing
from fhir_adapters.chart import Chart
from fhir_adapters.evidence import datum, first_reason, in_order, unusable_observation
from fhir_adapters.genomics.genes import studied_genes
from fhir_adapters.genomics.variants import MEANINGS, Result, meanings, plain_change, read_result
from fhir_adapters.instants import effective_moment, unusable_time
from fhir_adapters.prefetch import VARIANT
from fhir_adapters.references import Entry
from fhir_adapters.series import RANKING
from fhir_adapters.terminology import Pathway

_SUBSTITUTION: Final = re.compile(r"p\.([A-Z][a-z]{2})(\d+)([A-Z][a-z]{2})")
_LETTERS: Final = {
    "Ala": "A", "Arg": "R", "Asn": "N", "Asp": "D", "Cys": "C", "Gln": "Q", "Glu": "E", "Gly": "G",
    "His": "H", "Ile": "I", "Leu": "L", "Lys": "K", "Met": "M", "Phe": "F", "Pro": "P", "Ser": "S",
    "Thr": "T", "Trp": "W", "Tyr": "Y", "Val": "V", "Ter": "*",
}  # fmt: skip
_OPENING: Final = frozenset({"pathogenic", "likely pathogenic"})


@dataclass(slots=True)
class _Tumour:
    """What is on file about the genes of one network."""

    found: set[tuple[str, str, str]] = field(default_factory=set)
    """Gene, meaning and change."""
    unclear: set[tuple[str, str, str]] = field(default_factory=set)
    """The same of what may be there, or may have any meaning."""
    absent: set[tuple[str, str]] = field(default_factory=set)
    reported: set[str] = field(default_factory=set)
    data: list[Datum] = field(default_factory=list)

    @property
    def contradicted(self) -> set[tuple[str, str, str]]:
        """Changes that are reported present and absent; absence of a gene alone says nothing about others."""
        return {each for each in self.found if each[2] and (each[0], each[2]) in self.absent}


def pathway_fact(item: Input, chart: Chart, as_of: datetime, pathway: Pathway, drugs: frozenset[str]) -> Fact:
    """The fact of an input `from pathway NETWORK`, for the one of the ordered drugs that the network lists.

    Missing without a usable result of the tumour for some gene of the network: no result is no absence.
    What is unusable, of unstated origin or of unclear meaning counts only if it changes nothing.
    """
    asked = sorted(drugs & pathway.drugs)
    if len(asked) != 1:
        return missing(Reason.MISSING, explanation="it is asked about one ordered drug of the network")
    tumour = _Tumour()
    for entry in chart.observed(frozenset({VARIANT})):
        for gene in sorted(studied_genes(entry.resource, pathway.genes) & {e.symbol for e in pathway.genes}):
            _add(tumour, gene, entry, item, chart, as_of)
    data = in_order(tumour.data)
    reason = first_reason((each.reason for each in data), RANKING)
    if not tumour.reported:
        said = "no usable result states that it is of the tumour" if data else ""
        return missing(reason or Reason.MISSING, *data, explanation=said)
    contradicted = tumour.contradicted
    unclear = sorted(tumour.unclear | contradicted)
    answer = pathway.under(asked[0], sorted(tumour.found - contradicted), unclear, tumour.reported)
    if answer.member is not None:
        return known(answer.member, *data, explanation=answer.explanation)
    reason = Reason.CONFLICT if contradicted else reason
    return missing(reason or Reason.NO_VALUE, *data, explanation=answer.explanation)


def _add(tumour: _Tumour, gene: str, entry: Entry, item: Input, chart: Chart, as_of: datetime) -> None:
    result = read_result(entry.resource)
    if result.present is False and result.origins == {"germline"}:
        return  # says nothing about the tumour, which a germline variant that is present does
    meaning = _weightiest(meanings(entry, chart)) if result.present else ""
    moment = effective_moment(entry.resource, as_of)
    reason = unusable_observation(entry) or unusable_time(moment, as_of, item.within)
    if reason is None and (result.origins != {"somatic"} or result.present is None):
        reason = Reason.NO_VALUE
    changes = _short(result)
    if reason is None:
        tumour.reported.add(gene)
        if result.present:
            tumour.found |= {(gene, meaning, change) for change in changes}
        else:
            tumour.absent |= {(gene, change) for change in changes}
    if result.present is not False and (reason is not None or not meaning):
        tumour.unclear |= {(gene, meaning, change) for change in changes}
        reason = reason or Reason.NO_VALUE
    state = {True: "present", False: "absent", None: "not called"}[result.present]
    tumour.data.append(datum(entry, f"{gene} {state}{meaning and ', '}{meaning}", reason, moment.written))


def _weightiest(said: frozenset[str]) -> str:
    """One meaning of several; empty if there is none, or if some open ways and others do not."""
    if not said <= _OPENING and said & _OPENING:
        return ""
    return next((each for each in MEANINGS.values() if each in said), "")


def _short(result: Result) -> Iterable[str]:
    """The changes in the letters that networks have, `p.Q60P` for `NP_109587.1:p.(Gln60Pro)`; one is empty
    where none is stated."""
    plain = (plain_change(each).strip() for each in result.changes)
    return sorted({_lettered(each) for each in plain if each.startswith("p.")}) or [""]


def _lettered(change: str) -> str:
    match = _SUBSTITUTION.fullmatch(change)
    if match is None or not {match[1], match[3]} <= _LETTERS.keys():
        return change
    return f"p.{_LETTERS[match[1]]}{match[2]}{_LETTERS[match[3]]}"
