"""Facts from the patient, the problem list and the medication list."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from dsl.values import Reason, quantity
from fhir_adapters import UnknownSource, chart_of_prefetch, draft_orders, gather
from fhir_adapters.reading import RXNORM
from tests.fhir_adapters.example import (
    AS_OF,
    PATIENT_ID,
    SNOMED,
    TERMINOLOGY,
    Json,
    bundle,
    chart,
    concept,
    condition,
    fact,
    medication_request,
    patient,
    rule_input,
)

AGE = rule_input("patient", "age")
FEMALE = rule_input("patient", "female")
ACS = rule_input("condition", "acs")
STROKE = rule_input("condition", "stroke")
INDICATION = rule_input("indication", "acs")
TAKES = rule_input("medication", "niraparib")


@pytest.mark.parametrize(
    ("born", "ages", "reason"),
    [
        ("1963-09-09", [63], None),
        ("2008-11-20", [18], None),
        ("2008-11-21", [17], None),
        ("2004-02-29", [22], None),
        ("2026-11-20", [0], None),
        ("1950", [75, 76], Reason.UNDATED),
        ("1950-07", [76], None),
        ("1950-11", [75, 76], Reason.UNDATED),
        ("2026", [0], None),
        ("2008", [17, 18], Reason.UNDATED),
        ("2026-11-21", [], Reason.IMPLAUSIBLE),
        ("1895-11-20", [], Reason.IMPLAUSIBLE),
        ("1896-11-20", [130], None),
        ("1963-13-01", [], Reason.NO_VALUE),
        ("9 Sept 1963", [], Reason.NO_VALUE),
        (1963, [], Reason.NO_VALUE),
        (None, [], Reason.MISSING),
    ],
)
def test_age(born: object, ages: list[int], reason: Reason | None) -> None:
    """H-027, H-028: completed years; a partial date leaves each age possible."""
    found = fact(AGE, chart(patient=patient(birthDate=born)))
    assert (found.possible, found.reason) == (tuple(quantity(age, "a") for age in ages), reason)


def test_age_counts_from_the_utc_date() -> None:
    """H-015: early on a birthday in the far east it is still the day before in UTC."""
    early = datetime(2026, 11, 20, 1, tzinfo=timezone(timedelta(hours=9)))
    found = fact(AGE, chart(patient=patient(birthDate="2008-11-20")), early)
    assert found.possible == (quantity(17, "a"),)


@pytest.mark.parametrize(
    ("gender", "possible", "reason"),
    [
        ("female", (True,), None),
        ("male", (False,), None),
        ("other", (), Reason.NO_VALUE),
        ("unknown", (), Reason.NO_VALUE),
        (["female"], (), Reason.NO_VALUE),
        (None, (), Reason.MISSING),
    ],
)
def test_female(gender: object, possible: tuple[bool, ...], reason: Reason | None) -> None:
    """H-030."""
    found = fact(FEMALE, chart(patient=patient(gender=gender)))
    assert (found.possible, found.reason) == (possible, reason)


def test_no_patient_resource() -> None:
    nobody = chart_of_prefetch(PATIENT_ID, {}, None)
    assert fact(AGE, nobody).reason is Reason.MISSING
    assert "was not supplied" in fact(AGE, nobody).explanation
    with pytest.raises(UnknownSource):
        gather([rule_input("patient", "height")], nobody, AS_OF, TERMINOLOGY, None)


_ACTIVE, _STROKE = "394659003", "230690007"


@pytest.mark.parametrize(
    ("conditions", "possible", "reason"),
    [
        ([], (), Reason.MISSING),
        ([condition("1")], (), Reason.MISSING),
        ([condition(_ACTIVE)], (True,), None),
        ([condition(_ACTIVE, verification="confirmed")], (True,), None),
        ([condition(_ACTIVE, verification="entered-in-error")], (), Reason.MISSING),
        ([condition(_ACTIVE, verification="refuted")], (False,), None),
        ([condition(_ACTIVE, verification="provisional")], (), Reason.STATUS),
        ([condition(_ACTIVE, verification="bogus")], (), Reason.STATUS),
        ([condition(_ACTIVE, verificationStatus="confirmed")], (), Reason.STATUS),
        ([condition(_ACTIVE, clinicalStatus=concept("resolved"))], (), Reason.STATUS),
        ([condition(_ACTIVE, clinicalStatus=None)], (), Reason.STATUS),
        ([condition(_ACTIVE, subject={})], (), Reason.SUBJECT),
        ([condition(_ACTIVE, subject={}, verification="refuted")], (), Reason.SUBJECT),
        ([condition(_ACTIVE, verification="refuted"), condition(_ACTIVE)], (True,), None),
        (
            [condition(_ACTIVE, verification="refuted"), condition(_ACTIVE, verification="provisional")],
            (),
            Reason.STATUS,
        ),
    ],
)
def test_condition(conditions: list[Json], possible: tuple[bool, ...], reason: Reason | None) -> None:
    """An absent Condition is not "no"; only a refuted one is."""
    found = fact(ACS, chart(*conditions, key="conditions"))
    assert (found.possible, found.reason) == (possible, reason)


def test_a_history_counts_where_the_set_says_so() -> None:
    assert fact(STROKE, chart(condition(_STROKE, clinicalStatus=concept("resolved")), key="conditions")).known


def order_for(*codes: str, **more: object) -> Json:
    return (
        medication_request("309362", "d", "draft", reasonCode=[concept(code, SNOMED) for code in codes])
        | more
    )


def test_indication() -> None:
    """The reasons of the order first, then the Conditions on file; of several none is meant for sure."""
    on_file = chart(condition(_STROKE), key="conditions")

    def indication(draft: Json | None) -> tuple[object, ...]:
        orders = draft_orders(bundle(draft), on_file, TERMINOLOGY, None).orders if draft else (None,)
        found = gather([INDICATION], on_file, AS_OF, TERMINOLOGY, orders[0])["acs"]
        return (*found.possible, found.reason)

    assert indication(None) == ("stroke", None)
    assert indication(order_for()) == ("stroke", None)
    assert indication(order_for("1")) == ("stroke", None)
    assert indication(order_for(_ACTIVE)) == ("acs", None)
    assert indication(order_for(_ACTIVE, _STROKE)) == (Reason.CONFLICT,)
    assert indication(order_for(reasonReference=[{"reference": "Condition/c1"}])) == ("stroke", None)
    assert fact(INDICATION, chart()).reason is Reason.MISSING
    unsure = chart(condition(_STROKE, verification="differential"), key="conditions")
    assert fact(INDICATION, unsure).reason is Reason.STATUS
    nobodys = chart(condition(_STROKE, subject={}), key="conditions")
    assert fact(INDICATION, nobodys).reason is Reason.SUBJECT


def test_an_indication_that_another_one_outranks_is_left_out() -> None:
    """A history of stroke does not make the acute coronary syndrome of today undecided."""
    both = chart(condition(_ACTIVE), condition(_STROKE, "c2"), key="conditions")
    assert fact(INDICATION, both).reason is Reason.CONFLICT
    assert fact(rule_input("indication", "ranked"), both).possible == ("acs",)


def statement(status: str, code: str = "1918231") -> Json:
    return medication_request(code, "s1", status) | {"resourceType": "MedicationStatement"}


@pytest.mark.parametrize(
    ("medications", "possible", "reason"),
    [
        ([], (False,), None),
        ([medication_request("198051")], (False,), None),
        ([medication_request("309362")], (False,), None),
        ([medication_request()], (True,), None),
        ([medication_request(status="on-hold")], (True,), None),
        ([statement("active")], (True,), None),
        ([medication_request(status="draft")], (False,), None),
        ([medication_request(status="cancelled")], (False,), None),
        ([medication_request(status="entered-in-error")], (False,), None),
        ([medication_request(doNotPerform=True)], (False,), None),
        ([medication_request(status="stopped")], (), Reason.STATUS),
        ([statement("completed")], (), Reason.STATUS),
        ([medication_request(status="unknown")], (), Reason.STATUS),
        ([medication_request(subject={})], (), Reason.SUBJECT),
        ([medication_request(status="stopped"), statement("active")], (True,), None),
        ([medication_request(medicationCodeableConcept={"text": "tablets"})], (), Reason.NO_VALUE),
        (
            [
                medication_request(
                    medicationCodeableConcept=None, medicationReference={"reference": "Medication/x"}
                )
            ],
            (),
            Reason.NO_VALUE,
        ),
        ([medication_request(medicationCodeableConcept=None, status="entered-in-error")], (False,), None),
        ([medication_request(medicationCodeableConcept=None), medication_request()], (True,), None),
    ],
)
def test_medication(medications: list[Json], possible: tuple[bool, ...], reason: Reason | None) -> None:
    """H-045: no is said only of a whole list in which every drug is known."""
    found = fact(TAKES, chart(*medications, key="medications"))
    assert (found.possible, found.reason) == (possible, reason)


def test_an_earlier_order_is_said() -> None:
    found = fact(TAKES, chart(medication_request(status="stopped"), key="medications"))
    assert found.explanation == "earlier use or an earlier order is on file"


@pytest.mark.parametrize("answer", [None, {"resourceType": "OperationOutcome"}, bundle(total=2)])
def test_no_is_not_concluded_from_a_list_that_is_not_whole(answer: object) -> None:
    """H-068, H-069."""
    assert fact(TAKES, chart(medications=answer)).reason is Reason.MISSING
    assert fact(TAKES, chart(medications=answer, labs=bundle(medication_request()))).known


def test_two_resources_under_one_name_resolve_to_neither() -> None:
    """H-016: the drug does not depend on which of them stands first."""
    request = medication_request(medicationReference={"reference": "Medication/m"})
    del request["medicationCodeableConcept"]
    one = {"resourceType": "Medication", "id": "m", "code": concept("1918231", RXNORM)}
    versions = [one, one | {"code": concept("32968", RXNORM)}]
    assert fact(TAKES, chart(request, *versions, key="medications")).reason is Reason.NO_VALUE
    assert fact(TAKES, chart(request, one, one, key="medications")).possible == (True,)


def test_a_referenced_medication_is_followed() -> None:
    request = medication_request(medicationReference={"reference": "Medication/m"})
    del request["medicationCodeableConcept"]
    medication = {"resourceType": "Medication", "id": "m", "code": concept("1918231", RXNORM)}
    assert fact(TAKES, chart(request, medication, key="medications")).possible == (True,)
