"""Draft orders in, rewritten draft orders out."""

from __future__ import annotations

from copy import deepcopy
from fractions import Fraction

import pytest

from dsl.values import Dose, Period, quantity
from fhir_adapters import (
    DraftOrders,
    Order,
    OrderDrug,
    UnusableBundle,
    UnwritableDose,
    WrongPatient,
    active_medications,
    draft_orders,
    rewritten,
)
from fhir_adapters.reading import RXNORM
from fhir_adapters.terminology import Coding
from tests.fhir_adapters.example import (
    SNOMED,
    TERMINOLOGY,
    Json,
    amount,
    bundle,
    chart,
    concept,
    condition,
    medication_request,
    patient,
)

BASE = "https://ehr.example.org/fhir"
ROUTE = {"coding": [{"system": SNOMED, "code": "26643006"}]}
CODING = {"system": RXNORM, "code": "1918231", "display": "niraparib"}


def instruction(value: object = 300, **repeat: object) -> Json:
    timing = {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"} | repeat}
    return {
        "sequence": 1,
        "text": "as told",
        "timing": timing,
        "route": ROUTE,
        "doseAndRate": [{"doseQuantity": amount(value, "mg")}],
    }


def draft(**more: object) -> Json:
    request = (
        medication_request(identifier="d1", status="draft") | {"dosageInstruction": [instruction()]} | more
    )
    return {name: value for name, value in request.items() if value is not None}


def read(*resources: Json, **more: object) -> DraftOrders:
    return draft_orders(bundle(*resources, **more), chart(), TERMINOLOGY, BASE)


def order(**more: object) -> Order:
    (only,) = read(draft(**more)).orders
    return only


def codes(found: DraftOrders) -> list[str]:
    return [finding.code for finding in found.findings]


def test_a_plain_draft() -> None:
    found = read(draft())
    (plain,) = found.orders
    assert (plain.path, plain.reference) == ("context.draftOrders.entry[0].resource", "MedicationRequest/d1")
    assert (plain.drugs, plain.identified) == (("niraparib",), OrderDrug.MAPPED)
    assert plain.dose == Dose(quantity(300, "mg"), 1, Fraction(1), Period.DAY)
    assert found.findings == ()


@pytest.mark.parametrize(
    "resource",
    [
        draft(subject={"reference": "Patient/other"}),
        draft(subject={"reference": "https://other.example.org/fhir/Patient/p1"}),
        draft(subject=None),
        draft(subject={"display": "Ines"}),
        draft(subject={"reference": "Group/p1"}),
        draft(status="completed", subject={"reference": "Patient/other"}),
        {"resourceType": "ServiceRequest", "subject": {"reference": "Patient/other"}},
        condition("1", subject={"reference": "Patient/other"}),
        patient(id="other"),
    ],
)
def test_an_order_of_another_patient_or_of_nobody(resource: Json) -> None:
    """H-018, checklist C8."""
    with pytest.raises(WrongPatient) as caught:
        read(draft(), resource)
    assert (
        str(caught.value)
        == "context.draftOrders.entry[1].resource: expected a resource of the patient in context"
    )


def test_other_entries_are_ignored() -> None:
    """Checklist D15, D17: signed again counts, other types and statuses do not."""
    found = read(
        draft(),
        draft(status="active"),
        draft(status="completed"),
        draft(status=None),
        draft(doNotPerform=True),
        {"resourceType": "ServiceRequest", "subject": {"reference": "Patient/p1"}},
        {"resourceType": "Condition"},
    )
    assert [item.resource.get("status") for item in found.orders] == ["draft", "active", None]
    assert codes(found) == ["status-absent", "modified"]


def test_defects_of_the_sandbox_client() -> None:
    """Checklist T1, T2."""
    defective = bundle(draft(category={"text": "x"}, intent=None, medicationCodeableConcept=None))
    del defective["type"]
    found = draft_orders(defective, chart(), TERMINOLOGY, None)
    assert codes(found) == ["bundle-type-absent", "category-object", "intent-absent"]
    assert found.orders[0].identified is OrderDrug.NONE
    with pytest.raises(UnusableBundle, match="type Bundle"):
        draft_orders({"entry": []}, chart(), TERMINOLOGY, None)
    assert codes(read(entry={})) == ["unreadable-entry"]


def test_reasons() -> None:
    """Codes of the order and of Conditions that stand, in the Bundle or the chart."""
    on_file = chart(condition("3", "on-file"), key="conditions")
    request = draft(
        reasonCode=[concept("1", SNOMED), concept("1", SNOMED)],
        reasonReference=[
            {"reference": f"Condition/{name}"} for name in ("here", "on-file", "refuted", "gone")
        ],
    )
    here = bundle(request, condition("2", "here"), condition("4", "refuted", verification="refuted"))
    (found,) = draft_orders(here, on_file, TERMINOLOGY, BASE).orders
    assert found.reasons == tuple(Coding(SNOMED, code) for code in "123")


def test_active_medications() -> None:
    taken = medication_request("309362", "a") | {"resourceType": "MedicationStatement"}
    on_file = chart(
        medication_request("32968", "b"),
        taken,
        medication_request("1", "c"),
        medication_request("2", "d"),
        medication_request("1918231", "e", "stopped"),
        medication_request("1918231", "f", doNotPerform=True),
        medication_request("1918231", "g", subject={}),
        key="medications",
    )
    found = active_medications(on_file, TERMINOLOGY)
    assert [(item.reference, item.drugs) for item in found] == [
        ("MedicationRequest/b", ("clopidogrel",)),
        ("MedicationRequest/c", ()),
        ("MedicationRequest/d", ()),
    ]


MEDICATION: Json = {"resourceType": "Medication", "id": "m", "code": concept("309362", RXNORM)}
DOSE = Dose(quantity(200, "mg"), 1, Fraction(1), Period.DAY)


def test_rewritten_keeps_everything_else() -> None:
    """Contract C2, checklist J7: the whole draft; drug and dosage alone are ours."""
    request = draft(
        note=[{"text": "free"}], text={"div": "300 mg"}, dispenseRequest={"quantity": {"value": 30}}
    )
    before = deepcopy(request)
    (old,) = read(request).orders
    new = rewritten(old, CODING, "niraparib", DOSE, same_drug=True)
    assert "text" not in new, "the narrative tells of the old dose"
    assert {name for name in new if new[name] != before.get(name)} == {
        "medicationCodeableConcept",
        "dosageInstruction",
    }
    assert request == before
    assert new["subject"] is not old.resource["subject"], "changing the copy must not change the record"


def test_rewritten_dosage() -> None:
    new = rewritten(order(), CODING, "niraparib", DOSE, same_drug=True)
    assert new["dosageInstruction"] == [
        {
            "sequence": 1,
            "text": "200 mg once daily",
            "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
            "route": ROUTE,
            "doseAndRate": [{"doseQuantity": amount(200, "mg")}],
        }
    ]
    assert new["medicationCodeableConcept"] == {"coding": [CODING], "text": "niraparib"}
    assert read(new).orders[0].dose == DOSE


def test_rewritten_for_another_drug_or_without_dose() -> None:
    """Neither route nor amount of the old drug may survive a switch."""
    switched = rewritten(order(), CODING, "niraparib", DOSE, same_drug=False)
    assert "26643006" not in str(switched)
    bare = rewritten(
        order(dispenseRequest={"quantity": amount(30, "mg")}), CODING, "niraparib", None, same_drug=True
    )
    assert "dosageInstruction" not in bare and "dispenseRequest" not in bare


def test_rewritten_removes_the_old_medication() -> None:
    """A contained Medication goes only if nothing else refers to it."""
    reference = {"medicationCodeableConcept": None, "medicationReference": {"reference": "#m"}}
    other = {"resourceType": "Practitioner", "id": "dr"}
    alone = rewritten(order(**reference, contained=[MEDICATION]), CODING, "x", DOSE, same_drug=True)
    assert "contained" not in alone and "medicationReference" not in alone
    beside = rewritten(order(**reference, contained=[MEDICATION, other]), CODING, "x", DOSE, same_drug=True)
    assert beside["contained"] == [other]
    used = {"basedOn": [{"reference": "#m"}]}
    kept = rewritten(order(**reference, **used, contained=[MEDICATION]), CODING, "x", DOSE, same_drug=True)
    assert kept["contained"] == [MEDICATION]


def test_rewritten_output_is_valid_for_known_defects() -> None:
    """Checklist T1, T2."""
    new = rewritten(order(category={"text": "x"}, intent=None), CODING, "x", None, same_drug=True)
    assert (new["category"], new["intent"], new["status"]) == ([{"text": "x"}], "order", "draft")


def test_amounts_are_written_exactly() -> None:
    """H-042: 0.1 mg every 12.5 h is written as such, a third of a milligram is refused."""
    new = rewritten(
        order(), CODING, "x", Dose(quantity("0.1", "mg"), 1, Fraction("12.5"), Period.HOUR), same_drug=True
    )
    assert "Decimal('0.1')" in str(new) and "Decimal('12.5')" in str(new)
    third = Dose(quantity(1, "mg"), 1, Fraction(1, 3), Period.DAY)
    with pytest.raises(UnwritableDose):
        rewritten(order(), CODING, "x", third, same_drug=True)
