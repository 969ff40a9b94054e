"""Routes of administration by their codes; text is not read.

Sources: SNOMED CT (hl7.org/fhir/R4/valueset-route-codes.html), HL7 v3 RouteOfAdministration
(terminology.hl7.org/CodeSystem-v3-RouteOfAdministration.html), Standard Terms of the EDQM
(standardterms.edqm.eu).
"""

from __future__ import annotations

from collections.abc import Mapping

from fhir_adapters.dosing.records import Route
from fhir_adapters.reading import codings
from fhir_adapters.terminology import Coding

SNOMED = "http://snomed.info/sct"
V3 = "http://terminology.hl7.org/CodeSystem/v3-RouteOfAdministration"
EDQM = "http://standardterms.edqm.eu"

_CODES: Mapping[Route, Mapping[str, str]] = {
    "iv": {
        SNOMED: "47625008 255560000",
        V3: "IV IVC IVCC IVCI IVINJ IVINJBOL IVPUSH IVRPUSH IVSPUSH",
        EDQM: "20045000",
    },
    "oral": {SNOMED: "26643006 260548002 394899003", V3: "PO", EDQM: "20053000"},
    "enteral": {SNOMED: "127490009 127491008 127492001"},
    "subcutaneous": {SNOMED: "34206005", V3: "SQ", EDQM: "20066000"},
    "intramuscular": {SNOMED: "78421000", V3: "IM", EDQM: "20035000"},
    "rectal": {SNOMED: "37161004", V3: "PR"},
    "sublingual": {SNOMED: "37839007", V3: "SL"},
    "transdermal": {SNOMED: "45890007", V3: "TRNSDERM"},
    "inhaled": {SNOMED: "447694001"},
    "nasal": {SNOMED: "46713006"},
    "topical": {SNOMED: "6064005 359540000"},
    "ophthalmic": {SNOMED: "54485002"},
    "vaginal": {SNOMED: "16857009"},
    "intrathecal": {SNOMED: "72607000", V3: "IT"},
    "intraperitoneal": {SNOMED: "38239002"},
}
_ROUTES: Mapping[Coding, Route] = {
    Coding(system, code): route
    for route, systems in _CODES.items()
    for system, codes in systems.items()
    for code in codes.split()
}
_BOLUS = frozenset(Coding(V3, code) for code in ("IVINJBOL", "IVPUSH", "IVRPUSH", "IVSPUSH"))
"""Injections at once: they have no length, and lack none."""


def route_of(concept: object) -> Route | None:
    """The route that the codes of a CodeableConcept mean; None if none is listed or two differ."""
    found = {_ROUTES[coding] for coding in codings(concept) if coding in _ROUTES}
    return found.pop() if len(found) == 1 else None


def is_bolus(concept: object) -> bool:
    """Whether the codes say that it was injected at once."""
    return not _BOLUS.isdisjoint(codings(concept))
