"""Facts about more than today: earlier use, allergies, pregnancy, and which sex a rule reads."""

from __future__ import annotations

from typing import Any

import pytest

from dsl.values import Reason
from fhir_adapters import prefetch_templates
from fhir_adapters.reading import RXNORM
from tests.fhir_adapters.example import (
    BOTH,
    PATIENT_ID,
    RETIRED,
    SNOMED,
    TERMINOLOGY,
    WITH_ASPIRIN,
    Json,
    bundle,
    chart,
    concept,
    fact,
    medication_request,
    observation,
    patient,
    rule_input,
)

TAKES = rule_input("medication", "niraparib")
TOOK = rule_input("exposure", "niraparib")
ALLERGIC = rule_input("allergy", "niraparib")
PREGNANT = rule_input("observation", "pregnancy", 30)


def use(kind: str, status: str, **more: Any) -> Json:
    return medication_request(status=status) | {"resourceType": kind} | more


def allergy(
    code: str | Json = "1918231",
    clinical: str | None = "active",
    verification: str | None = "confirmed",
    **more: Any,
) -> Json:
    resource: Json = {
        "resourceType": "AllergyIntolerance",
        "id": f"a-{clinical}-{verification}",
        "patient": {"reference": f"Patient/{PATIENT_ID}"},
        "code": concept(code, RXNORM) if isinstance(code, str) else code,
    }
    for name, value in (("clinicalStatus", clinical), ("verificationStatus", verification)):
        if value is not None:
            system = f"http://terminology.hl7.org/CodeSystem/allergyintolerance-{name.lower()}"
            resource[name] = concept(value, system)
    return resource | more


NONE_KNOWN = allergy(code=concept("716186003", SNOMED))


@pytest.mark.parametrize(
    ("kind", "status", "now", "ever"),
    [
        ("MedicationRequest", "active", True, Reason.STATUS),
        ("MedicationRequest", "completed", Reason.STATUS, Reason.STATUS),
        ("MedicationRequest", "stopped", Reason.STATUS, Reason.STATUS),
        ("MedicationRequest", "cancelled", False, False),
        ("MedicationRequest", "unknown", Reason.STATUS, Reason.STATUS),
        ("MedicationStatement", "active", True, True),
        ("MedicationStatement", "completed", Reason.STATUS, True),
        ("MedicationStatement", "stopped", Reason.STATUS, True),
        ("MedicationStatement", "intended", Reason.STATUS, Reason.STATUS),
        ("MedicationStatement", "not-taken", False, False),
        ("MedicationAdministration", "in-progress", True, True),
        ("MedicationAdministration", "completed", Reason.STATUS, True),
        ("MedicationAdministration", "not-done", False, False),
        ("MedicationDispense", "completed", Reason.STATUS, Reason.STATUS),
        ("MedicationDispense", "preparation", Reason.STATUS, Reason.STATUS),
        ("MedicationDispense", "on-hold", Reason.STATUS, Reason.STATUS),
        ("MedicationDispense", "in-progress", Reason.STATUS, Reason.STATUS),
        ("MedicationDispense", "declined", False, False),
    ],
)
def test_use_now_and_ever(kind: str, status: str, now: bool | Reason, ever: bool | Reason) -> None:
    """Ordered or handed over is not taken; only a statement or an administration says that."""
    on_file = chart(use(kind, status), key="medications")
    for item, expected in ((TAKES, now), (TOOK, ever)):
        found = fact(item, on_file)
        assert (found.reason or found.possible[0]) == expected, item.source.kind


def test_no_use_is_concluded_from_a_whole_list_only() -> None:
    """H-068, H-069."""
    assert fact(TOOK, chart()).possible == (False,)
    assert fact(TOOK, chart(medications=bundle(total=3))).reason is Reason.MISSING
    assert fact(TOOK, chart(medications=None)).reason is Reason.MISSING
    assert fact(TOOK, chart(exposure=None)).reason is Reason.MISSING
    assert fact(TAKES, chart(exposure=None)).possible == (False,)
    unidentified = use("MedicationStatement", "completed", medicationCodeableConcept={"text": "white pill"})
    assert fact(TOOK, chart(unidentified, key="medications")).reason is Reason.NO_VALUE


@pytest.mark.parametrize(
    ("period", "now"),
    [
        ({"start": "2026-01-01"}, True),
        ({"start": "2026-01-01", "end": "2026-11-20"}, True),
        ({"start": "2026-01-01", "end": "2026-11-18"}, Reason.STATUS),
        ({"end": "2026"}, True),
        ({"end": "2025"}, Reason.STATUS),
        ({"start": "2027-01-01"}, Reason.STATUS),
        ({"start": "soon"}, True),
    ],
)
def test_an_active_entry_whose_period_is_over(period: Json, now: bool | Reason) -> None:
    """Lists are often not closed: an ended course is no current use, and no proof of none either."""
    timing = {"timing": {"repeat": {"boundsPeriod": period}}}
    for entry in (
        use("MedicationStatement", "active", effectivePeriod=period),
        medication_request(dosageInstruction=[timing]),
    ):
        found = fact(TAKES, chart(entry, key="medications"))
        assert (found.reason or found.possible[0]) == now


def test_another_patient_and_unclear_subjects_are_no_use() -> None:
    """H-017."""
    found = fact(TOOK, chart(use("MedicationAdministration", "completed", subject={}), key="medications"))
    assert found.reason is Reason.SUBJECT


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([], Reason.MISSING),
        ([allergy()], True),
        ([allergy(clinical=None, verification=None)], True),
        ([allergy(verification="unconfirmed")], True),
        ([allergy(clinical="resolved")], Reason.STATUS),
        ([allergy(clinical="inactive")], Reason.STATUS),
        ([allergy(verification="refuted")], False),
        ([allergy(verification="entered-in-error")], Reason.MISSING),
        ([allergy("32968")], Reason.MISSING),
        ([allergy(WITH_ASPIRIN)], Reason.MISSING),
        ([allergy(BOTH)], Reason.NO_VALUE),
        ([allergy(BOTH), allergy()], True),
        ([allergy(RETIRED)], True),
        ([allergy("32968"), NONE_KNOWN], False),
        ([NONE_KNOWN], False),
        ([NONE_KNOWN, allergy()], True),
        ([NONE_KNOWN, allergy(clinical="resolved")], Reason.STATUS),
        ([NONE_KNOWN, allergy(code={"text": "some pill"})], Reason.NO_VALUE),
        ([NONE_KNOWN, allergy(code={"text": "some pill"}, verification=None, patient={})], Reason.SUBJECT),
        ([allergy(code={"text": "clopidogrel"}), NONE_KNOWN], False),
        ([NONE_KNOWN | {"clinicalStatus": concept("inactive")}], Reason.MISSING),
    ],
)
def test_allergies(entries: list[Json], expected: bool | Reason) -> None:
    """An empty list is never a no; an entry outweighs "none known" beside it."""
    found = fact(ALLERGIC, chart(*entries, key="allergies"))
    assert (found.reason or found.possible[0]) == expected


def test_allergies_of_a_list_in_part() -> None:
    """H-069: what it holds counts, what it denies does not."""
    assert fact(ALLERGIC, chart(allergies=bundle(allergy(), total=2))).possible == (True,)
    assert fact(ALLERGIC, chart(allergies=bundle(NONE_KNOWN, total=2))).reason is Reason.MISSING
    assert fact(ALLERGIC, chart()).explanation.endswith(
        "the list was not supplied: absence cannot be concluded"
    )


def pregnancy(
    code: str | None, when: str = "2026-11-10", system: str = "http://loinc.org", **more: Any
) -> Json:
    value = {} if code is None else {"valueCodeableConcept": concept(code, system)}
    return observation("82810-3", f"p-{when}-{code}", when, **value, **more)


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ([], Reason.MISSING),
        ([pregnancy("LA15173-0")], True),
        ([pregnancy("77386006", system=SNOMED)], True),
        ([pregnancy("LA26683-5")], False),
        ([pregnancy(None, valueBoolean=False)], False),
        ([pregnancy("LA4489-6")], Reason.NO_VALUE),
        ([pregnancy("77386006")], Reason.NO_VALUE),
        ([pregnancy("LA15173-0", "2026-09-10")], Reason.STALE),
        ([pregnancy("LA15173-0", "2026-10")], Reason.UNDATED),
        ([pregnancy("LA15173-0", "2026-12-01")], Reason.FUTURE),
        ([pregnancy("LA15173-0", status="preliminary")], Reason.STATUS),
        ([pregnancy("LA15173-0", subject={})], Reason.SUBJECT),
        ([pregnancy("LA15173-0", focus=[{"reference": "Patient/x"}])], Reason.SUBJECT),
        ([pregnancy("LA15173-0", "2026-11-01"), pregnancy("LA26683-5")], False),
        ([pregnancy("LA15173-0"), pregnancy("LA26683-5")], Reason.CONFLICT),
        ([pregnancy("LA15173-0"), pregnancy("LA15173-0")], True),
        ([pregnancy("LA15173-0", "2026-11-01"), pregnancy("LA4489-6")], Reason.NO_VALUE),
        ([pregnancy("LA15173-0", dataAbsentReason=concept("unknown"))], Reason.NO_VALUE),
        (
            [pregnancy(None, valueCodeableConcept={"coding": [
                {"system": "http://loinc.org", "code": code} for code in ("LA15173-0", "LA26683-5")
            ]})],
            Reason.NO_VALUE,
        ),
    ],
)  # fmt: skip
def test_pregnancy(results: list[Json], expected: bool | Reason) -> None:
    """H-029: unknown stays unknown, and an old answer never stands in for a new one that says nothing."""
    for order in (results, results[::-1]):
        found = fact(PREGNANT, chart(*order))
        assert (found.reason or found.possible[0]) == expected


OMB, NULL_FLAVOR = "urn:oid:2.16.840.1.113883.6.238", "http://terminology.hl7.org/CodeSystem/v3-NullFlavor"


def race(*codes: str, system: str = OMB, kind: str = "ombCategory") -> Json:
    parts = [{"url": kind, "valueCoding": {"system": system, "code": code}} for code in codes]
    text = {"url": "text", "valueString": "as the person says"}
    return {
        "url": "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race",
        "extension": [*parts, text],
    }


@pytest.mark.parametrize(
    ("extensions", "expected"),
    [
        ([race("2106-3")], "white"),
        ([race("2054-5")], "black"),
        ([race("2028-9")], "asian"),
        ([race("1002-5")], "other"),
        ([race("2076-8")], "other"),
        ([race("2106-3", "2028-9")], "several"),
        ([race("2106-3", "2054-5")], "black_and_other"),
        ([race("2054-5", "2054-5")], "black"),
        # Nothing is concluded from another category, another system, a detail, words or no answer.
        ([race("2131-1")], Reason.MISSING),
        ([race("2106-3", "2131-1")], Reason.MISSING),
        ([race("2054-5", system="urn:example")], Reason.MISSING),
        ([race("2058-6", kind="detailed")], Reason.MISSING),
        ([race("UNK", system=NULL_FLAVOR)], Reason.MISSING),
        ([race()], Reason.MISSING),
        ([], Reason.MISSING),
        ([race("2106-3"), race("2054-5")], Reason.CONFLICT),
    ],
)
def test_race_is_what_the_record_states(extensions: list[Json], expected: str | Reason) -> None:
    found = fact(rule_input("patient", "race"), chart(patient=patient(extension=extensions)))
    assert (found.reason or found.possible[0]) == expected


BIRTH_SEX = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex"
CLINICAL_USE = "http://hl7.org/fhir/StructureDefinition/patient-sexParameterForClinicalUse"


def clinical_use(code: str, *more: Json) -> Json:
    coded = concept(code, "http://terminology.hl7.org/CodeSystem/sex-parameter-for-clinical-use")
    return {"url": CLINICAL_USE, "extension": [{"url": "value", "valueCodeableConcept": coded}, *more]}


@pytest.mark.parametrize(
    ("name", "extensions", "expected"),
    [
        ("female_at_birth", [{"url": BIRTH_SEX, "valueCode": "F"}], True),
        ("female_at_birth", [{"url": BIRTH_SEX, "valueCode": "M"}], False),
        ("female_at_birth", [{"url": BIRTH_SEX, "valueCode": "UNK"}], Reason.NO_VALUE),
        ("female_at_birth", [], Reason.MISSING),
        ("female_at_birth", [clinical_use("male-typical")], Reason.MISSING),
        ("female_typical", [clinical_use("female-typical")], True),
        ("female_typical", [clinical_use("male-typical")], False),
        ("female_typical", [clinical_use("specified")], Reason.NO_VALUE),
        ("female_typical", [clinical_use("male-typical"), clinical_use("female-typical")], Reason.CONFLICT),
        ("female_typical", [clinical_use("male-typical"), clinical_use("male-typical")], False),
        (
            "female_typical",
            [clinical_use("male-typical", {"url": "period", "valuePeriod": {"end": "2020"}})],
            Reason.NO_VALUE,
        ),
        ("female_typical", [{"url": BIRTH_SEX, "valueCode": "F"}], Reason.MISSING),
    ],
)
def test_the_sex_that_the_rule_names(name: str, extensions: list[Json], expected: bool | Reason) -> None:
    """H-030: absent is unknown; the administrative gender (female here) stands in for no other one."""
    found = fact(rule_input("patient", name), chart(patient=patient(extension=extensions)))
    assert (found.reason or found.possible[0]) == expected


def test_earlier_use_and_allergies_are_asked_for_only_where_a_rule_reads_them() -> None:
    """C2: the five keys otherwise."""
    plain = prefetch_templates([TAKES], TERMINOLOGY, with_medications=False)
    assert list(plain) == ["medications"]
    more = prefetch_templates([TOOK, ALLERGIC], TERMINOLOGY, with_medications=False)
    patient_id = "{{context.patientId}}"
    assert more == {
        "medications": f"MedicationRequest?patient={patient_id}",
        "exposure": f"MedicationStatement?patient={patient_id}",
        "exposure2": f"MedicationAdministration?patient={patient_id}",
        "exposure3": f"MedicationDispense?patient={patient_id}",
        "allergies": f"AllergyIntolerance?patient={patient_id}",
    }
