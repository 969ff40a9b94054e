"""Facts from the Patient resource: completed years of age, and sex as the rule names it (H-030)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from fractions import Fraction

from dsl.values import Fact, Quantity, Reason, known, missing
from fhir_adapters.chart import Chart
from fhir_adapters.errors import UnknownSource
from fhir_adapters.evidence import datum
from fhir_adapters.instants import parse_dates
from fhir_adapters.reading import Resource, codings, member, objects, text_member
from fhir_adapters.references import Entry

_OLDEST = 130

_SEX_AT_BIRTH = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex"
_SEX_FOR_CLINICAL_USE = "http://hl7.org/fhir/StructureDefinition/patient-sexParameterForClinicalUse"
_RACE = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race"
_RACE_CODES = "urn:oid:2.16.840.1.113883.6.238"
_CATEGORIES = {
    "1002-5": "other",
    "2028-9": "asian",
    "2054-5": "black",
    "2076-8": "other",
    "2106-3": "white",
}
"""The five categories of the US Office of Management and Budget."""
_CLINICAL_USE_CODES = "http://terminology.hl7.org/CodeSystem/sex-parameter-for-clinical-use"


def patient_fact(name: str, chart: Chart, as_of: datetime) -> Fact:
    """The fact of an input `from patient NAME`; raises `UnknownSource` for another name than these.

    `age` in completed years; Booleans `female` (administrative gender), `female_at_birth` (US Core) and
    `female_typical` (the sex parameter for clinical use): one never stands in for another. `race` as the US
    Core extension states it in the categories of the OMB; nothing else tells it.
    """
    if name not in ("age", "race") and name not in _SEX:
        raise UnknownSource
    if chart.patient is None:
        return missing(Reason.MISSING)
    if name == "age":
        return _age(chart.patient, as_of.astimezone(UTC).date())
    if name == "race":
        return _race(chart.patient)
    return _female(chart.patient, _SEX[name](chart.patient.resource))


def _age(patient: Entry, today: date) -> Fact:
    if member(patient.resource, "birthDate") is None:
        return missing(Reason.MISSING)
    written = text_member(patient.resource, "birthDate")
    born = parse_dates(written) if written else None
    if written is None or born is None:
        return missing(Reason.NO_VALUE, datum(patient, "", Reason.NO_VALUE))
    first, last = born
    if first > today or _years(min(last, today), today) > _OLDEST:
        return missing(Reason.IMPLAUSIBLE, datum(patient, written, Reason.IMPLAUSIBLE))
    ages = range(_years(min(last, today), today), _years(first, today) + 1)
    possible = tuple(Quantity(Fraction(age), "a") for age in ages)
    if len(possible) == 1:
        return known(possible[0], datum(patient, written))
    explanation = "the date of birth is partial"
    return Fact(possible, Reason.UNDATED, explanation, (datum(patient, written, Reason.UNDATED),))


def _years(born: date, today: date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def _female(patient: Entry, answers: set[bool | None]) -> Fact:
    if answers in ({True}, {False}):
        female = True in answers
        return known(female, datum(patient, "female" if female else "male"))
    contradicts = {True, False} <= answers
    reason = Reason.CONFLICT if contradicts else Reason.NO_VALUE if answers else Reason.MISSING
    return missing(reason, datum(patient, "", reason))


def _race(patient: Entry) -> Fact:
    stated = _extensions(patient.resource, _RACE)
    if len(stated) > 1:
        return missing(Reason.CONFLICT, datum(patient, "", Reason.CONFLICT))
    codes = sorted({_race_code(part) for each in stated for part in _extensions(each, "ombCategory")})
    if not codes or "" in codes:
        # Unknown, not answered, or another category: that is no statement.
        return missing(Reason.MISSING, *([datum(patient, "", Reason.MISSING)] if codes else []))
    if len(codes) == 1:
        return known(_CATEGORIES[codes[0]], datum(patient, codes[0]))
    with_black = any(_CATEGORIES[code] == "black" for code in codes)
    return known("black_and_other" if with_black else "several", datum(patient, " ".join(codes)))


def _race_code(part: Resource) -> str:
    """The code of a listed category, nothing for any other."""
    coding = member(part, "valueCoding")
    code = text_member(coding, "code") or ""
    return code if text_member(coding, "system") == _RACE_CODES and code in _CATEGORIES else ""


def _gender(patient: Resource) -> set[bool | None]:
    if patient.get("gender") is None:
        return set()
    return {{"female": True, "male": False}.get(text_member(patient, "gender") or "")}


def _at_birth(patient: Resource) -> set[bool | None]:
    codes = {text_member(each, "valueCode") for each in _extensions(patient, _SEX_AT_BIRTH)}
    return {{"F": True, "M": False}.get(code or "") for code in codes}


def _for_clinical_use(patient: Resource) -> set[bool | None]:
    found: set[bool | None] = set()
    for each in _extensions(patient, _SEX_FOR_CLINICAL_USE):
        # A period or a context limits what it is for, and cannot be weighed here.
        limited = any(text_member(part, "url") != "value" for part in objects(each, "extension"))
        values = [member(part, "valueCodeableConcept") for part in _extensions(each, "value")]
        codes = {
            code.code for value in values for code in codings(value) if code.system == _CLINICAL_USE_CODES
        }
        says = {{"female-typical": True, "male-typical": False}.get(code) for code in codes}
        found |= {None} if limited or not says else says
    return found


def _extensions(element: Resource, url: str) -> list[Resource]:
    return [each for each in objects(element, "extension") if text_member(each, "url") == url]


_SEX: dict[str, Callable[[Resource], set[bool | None]]] = {
    "female": _gender,
    "female_at_birth": _at_birth,
    "female_typical": _for_clinical_use,
}
