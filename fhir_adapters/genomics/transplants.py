"""Transplants after which a germline result no longer tells what the patient's liver does."""

from __future__ import annotations

from dsl.values import Datum
from fhir_adapters.chart import Chart
from fhir_adapters.evidence import datum
from fhir_adapters.reading import codings, text_member
from fhir_adapters.references import Entry
from fhir_adapters.terminology import Coding

_SNOMED = "http://snomed.info/sct"
_CODES = frozenset(
    {
        # SNOMED CT International (https://browser.ihtsdotools.org): procedures, then histories of them.
        Coding(_SNOMED, "234336002"),  # hemopoietic stem cell transplant
        Coding(_SNOMED, "23719005"),  # transplantation of bone marrow
        Coding(_SNOMED, "18027006"),  # transplantation of liver
        Coding(_SNOMED, "2631000119108"),  # history of bone marrow transplant
        Coding(_SNOMED, "153351000119102"),  # history of peripheral stem cell transplant
    }
)
# Own cells change nothing, but these codes do not tell whose cells were given, so they count.
_STARTS = {
    # ICD-10-CM tabular list (https://www.cdc.gov/nchs/icd/icd-10-cm): status after transplantation of liver,
    # bone marrow, stem cells; their complications; graft-versus-host disease.
    "http://hl7.org/fhir/sid/icd-10-cm": ("Z94.4", "Z94.81", "Z94.84", "T86.0", "T86.4", "T86.5", "D89.81"),
    # ICD-10 of the WHO (https://icd.who.int/browse10) and its German modification.
    "http://hl7.org/fhir/sid/icd-10": ("Z94.4", "Z94.8", "T86.0", "T86.4"),
    "http://fhir.de/CodeSystem/bfarm/icd-10-gm": ("Z94.4", "Z94.80", "Z94.81", "T86.0", "T86.4"),
}
_REFUTED = frozenset({"refuted", "entered-in-error"})
_NOT_PERFORMED = frozenset({"preparation", "not-done", "entered-in-error"})


def transplants(chart: Chart) -> tuple[Datum, ...]:
    """The Conditions and Procedures that say so, each with its code.

    The date is not compared with that of the result: a new liver has the donor's genes whatever was
    tested, and a result from before a stem cell transplant is copied forward with a later date.
    """
    found = []
    for kind in ("Condition", "Procedure"):
        coded = chart.index(kind).coded
        entries = {id(entry): entry for coding in coded if _counts(coding) for entry in coded[coding]}
        for entry in entries.values():
            if entry.readable_subject and not _unreal(entry):
                found.append(datum(entry, next(code.code for code in entry.codes if _counts(code))))
    return tuple(found)


def _counts(coding: Coding) -> bool:
    return coding in _CODES or coding.code.startswith(_STARTS.get(coding.system, ()))


def _unreal(entry: Entry) -> bool:
    status = entry.resource.get("verificationStatus")
    refuted = any(coding.code in _REFUTED for coding in codings(status))
    return refuted or text_member(entry.resource, "status") in _NOT_PERFORMED
