"""Which orders a call is about, and which of them a suggestion may change."""

from __future__ import annotations

import pytest

from cds.decision import of_bundle, of_orders, of_patient
from fhir_adapters import Chart, WrongPatient, chart_of_prefetch
from tests.cds.cards.support import (
    CLOPIDOGREL,
    NIRAPARIB,
    Json,
    bundled,
    draft,
    listing,
    niraparib_labs,
    patient,
    prefetch,
)


def chart() -> Chart:
    return chart_of_prefetch("p1", prefetch(medications=[draft(CLOPIDOGREL, "old", status="active")]), None)


def changeable(*drafts: Json) -> frozenset[str]:
    return of_orders(chart(), listing(*drafts), (), bundled(), None).changeable


def test_drafts_with_an_id_of_their_own_are_changeable() -> None:
    assert changeable(draft(NIRAPARIB, "a"), draft(NIRAPARIB, "b.2-c")) == {
        "MedicationRequest/a",
        "MedicationRequest/b.2-c",
    }


@pytest.mark.parametrize("identifier", ["", "a_b", "a" * 65, "a/b", "a b", "ä", None, 5])
def test_a_draft_without_a_fhir_id_is_never_changed(identifier: object) -> None:
    """A suggestion must say which order it means."""
    order = draft(NIRAPARIB) | {"id": identifier}
    assert changeable(order, draft(CLOPIDOGREL, "c")) == {"MedicationRequest/c"}


def test_two_drafts_under_one_id_are_never_changed() -> None:
    """Deleting `MedicationRequest/x` could delete the wrong one of the two."""
    assert changeable(draft(NIRAPARIB, "x"), draft(CLOPIDOGREL, "x")) == frozenset()


def test_medications_that_are_taken_are_never_changed() -> None:
    situation = of_patient(chart(), bundled())
    assert [order.drugs for order in situation.orders] == [("clopidogrel",)]
    assert situation.changeable == frozenset() and not situation.ordering


def test_selections_choose_the_orders() -> None:
    """Checklist D14."""
    bundle = listing(draft(NIRAPARIB, "a"), draft(CLOPIDOGREL, "b"))
    situation = of_orders(chart(), bundle, ["MedicationRequest/b"], bundled(), None)
    assert [order.drugs for order in situation.orders] == [("clopidogrel",)]


@pytest.mark.parametrize(
    ("hook", "drafts", "ordering"),
    [(None, True, True), (None, False, False), ("patient-view", True, False), ("order-sign", False, True)],
)
def test_what_a_bundle_is_asked_about(hook: str | None, drafts: bool, ordering: bool) -> None:
    resources = [patient(), draft(CLOPIDOGREL, "old", status="active")]
    situation = of_bundle(listing(*resources, *([draft(NIRAPARIB)] if drafts else [])), hook, bundled())
    assert situation.ordering is ordering
    expected = [("niraparib",)] if drafts else []
    assert [order.drugs for order in situation.orders] == (expected if ordering else [("clopidogrel",)])


def test_drafts_on_file_keep_their_place_in_it() -> None:
    """A path that leads nowhere in the file would send its reader astray, and one said twice too."""
    odd = draft(NIRAPARIB, category={"text": "x"})
    found = of_bundle(listing(patient(), *niraparib_labs(), odd), None, bundled())
    assert [order.path for order in found.orders] == ["entry[3].resource"]
    assert [(each.code, each.path) for each in found.findings] == [
        ("category-object", "entry[3].resource.category")
    ]
    nobody = draft(NIRAPARIB, subject={"display": "x"})
    with pytest.raises(WrongPatient) as caught:
        of_bundle(listing(patient(), draft(NIRAPARIB, "d2"), nobody), None, bundled())
    assert caught.value.path == "entry[2].resource"


def test_drafts_of_a_transaction_are_asked_about() -> None:
    """In it the full URL of its entry is the Patient's name, as in every file of Synthea."""
    url = "urn:uuid:6f0d0c1e-52a4-4b0e-9c1d-000000000001"
    order = draft(NIRAPARIB, subject={"reference": url})
    entries = [{"fullUrl": url, "resource": patient()}, {"resource": order}]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    found = of_bundle(bundle, None, bundled())
    assert [order.drugs for order in found.orders] == [("niraparib",)] and found.ordering


def test_an_unclear_draft_is_no_matter_where_only_what_is_taken_is_asked_about() -> None:
    nobody = draft(NIRAPARIB, subject={"display": "x"})
    assert not of_bundle(listing(patient(), nobody), "patient-view", bundled()).ordering
