"""Whose data a chart holds, how complete it is, and what one bad resource costs."""

from __future__ import annotations

from typing import Any

import pytest

from dsl.values import Reason
from fhir_adapters import (
    Chart,
    KeyState,
    PrefetchKey,
    UnusableBundle,
    WrongPatient,
    chart_of_bundle,
    chart_of_prefetch,
)
from tests.fhir_adapters.example import (
    AS_OF,
    PATIENT_ID,
    Json,
    bundle,
    chart,
    condition,
    fact,
    medication_request,
    patient,
    rule_input,
    weight,
)

BASE = "https://ehr.example.org/fhir"
OTHER = "someone-else"
WEIGHT = rule_input("observation", "weight", 90)


def one_weight(
    reference: object, *, base_url: str | None = BASE, full_url: str | None = None, **more: Any
) -> Chart:
    entry: Json = {"resource": weight(subject=reference, **more)}
    if full_url:
        entry["fullUrl"] = full_url
    return chart_of_prefetch(PATIENT_ID, {"labs": bundle(entry=[entry])}, base_url)


@pytest.mark.parametrize(
    ("reference", "base_url", "full_url"),
    [
        (f"Patient/{PATIENT_ID}", BASE, None),
        (f"Patient/{PATIENT_ID}", None, None),
        (f"Patient/{PATIENT_ID}/_history/3", BASE, None),
        (f"{BASE}/Patient/{PATIENT_ID}", BASE, None),
        (f"{BASE}/Patient/{PATIENT_ID}", BASE + "/", None),
        (f"{BASE}/Patient/{PATIENT_ID}/_history/2", BASE, None),
        (f"{BASE}/Patient/{PATIENT_ID}", None, f"{BASE}/Observation/wt"),
    ],
)
def test_references_to_this_patient(reference: str, base_url: str | None, full_url: str | None) -> None:
    """H-019: the matrix of accepted forms."""
    assert fact(WEIGHT, one_weight({"reference": reference}, base_url=base_url, full_url=full_url)).known


@pytest.mark.parametrize(
    ("reference", "base_url", "full_url"),
    [
        (f"Patient/{OTHER}", BASE, None),
        (f"Patient/{OTHER}/_history/{PATIENT_ID}", BASE, None),
        (f"https://other.example.org/fhir/Patient/{PATIENT_ID}", BASE, None),
        (f"{BASE}/Patient/{OTHER}", BASE, None),
        (f"{BASE}.evil.example/Patient/{PATIENT_ID}", BASE, None),
        (f"{BASE}/Patient/{PATIENT_ID}", None, "https://other.example.org/fhir/Observation/wt"),
    ],
)
def test_references_to_another_patient_refuse_the_call(
    reference: str, base_url: str | None, full_url: str | None
) -> None:
    """H-017, H-019: a foreign base is another patient; the error names the place only."""
    with pytest.raises(WrongPatient) as caught:
        one_weight({"reference": reference}, base_url=base_url, full_url=full_url)
    assert caught.value.path == "prefetch.labs.entry[0].resource"
    assert OTHER not in str(caught.value) and PATIENT_ID not in str(caught.value)


@pytest.mark.parametrize(
    "reference",
    [
        None,
        {},
        [],
        "Patient/p1",
        {"identifier": {"value": PATIENT_ID}},
        {"reference": "Group/p1"},
        {"reference": "urn:uuid:00000000-0000-0000-0000-000000000000"},
        {"reference": "#p1"},
        {"reference": f"Patient?identifier={PATIENT_ID}"},
        {"reference": f"Patient/{PATIENT_ID}\n"},
        {"reference": "Patient"},
    ],
)
def test_a_subject_that_cannot_be_read_is_listed_and_not_used(reference: object) -> None:
    """H-017: the resource stays visible with reason `subject`."""
    on_file = one_weight(reference)
    found = fact(WEIGHT, on_file)
    assert (found.reason, found.possible) == (Reason.SUBJECT, ())
    assert [datum.reason for datum in found.data] == [Reason.SUBJECT]
    assert [finding.code for finding in on_file.findings] == ["subject"]


def test_urn_and_contained_subjects_hold_within_their_container() -> None:
    """H-019, H-020."""
    urn = "urn:uuid:6f0d0c1e-52a4-4b0e-9c1d-000000000005"
    person = {"fullUrl": urn, "resource": patient()}
    about = {"resource": weight(subject={"reference": urn})}
    both: Json = {"resourceType": "Bundle", "entry": [person, about]}
    assert fact(WEIGHT, chart_of_prefetch(PATIENT_ID, {"labs": both}, None)).known
    apart = {
        "patient": {"resourceType": "Bundle", "entry": [person]},
        "labs": {"resourceType": "Bundle", "entry": [about]},
    }
    assert fact(WEIGHT, chart_of_prefetch(PATIENT_ID, apart, None)).reason is Reason.SUBJECT
    assert fact(WEIGHT, one_weight({"reference": "#a"}, contained=[patient(id="b")])).reason is Reason.SUBJECT
    assert fact(WEIGHT, one_weight({"reference": f"#{PATIENT_ID}"}, contained=[patient()])).known
    with pytest.raises(WrongPatient):
        one_weight({"reference": "#x"}, contained=[patient(id="x")])


@pytest.mark.parametrize(
    ("key", "resource"),
    [
        ("patient", patient(id=OTHER)),
        ("labs", bundle(patient(id=OTHER))),
        ("labs", bundle(weight(), weight(subject={"reference": f"Patient/{OTHER}"}))),
        ("medications", bundle(medication_request(subject={"reference": f"Patient/{OTHER}"}))),
        ("conditions", bundle(condition("1", subject={"reference": f"Patient/{OTHER}"}))),
        (
            "conditions",
            bundle({"resourceType": "AllergyIntolerance", "patient": {"reference": f"Patient/{OTHER}"}}),
        ),
        ("conditions", condition("1", subject={"reference": f"Patient/{OTHER}"})),
    ],
)
def test_another_patient_in_each_place(key: str, resource: Json) -> None:
    """H-017, checklist C8: any prefetched resource of another patient refuses the call."""
    answers: dict[str, Any] = {key: resource}
    with pytest.raises(WrongPatient):
        chart(**answers)


_OUTCOME: Json = {"resourceType": "OperationOutcome", "issue": []}


@pytest.mark.parametrize(
    ("value", "state"),
    [
        (None, KeyState.NULL),
        (_OUTCOME, KeyState.FAILED),
        ("some text", KeyState.FAILED),
        ([], KeyState.FAILED),
        ({}, KeyState.FAILED),
        (bundle(_OUTCOME), KeyState.FAILED),
        (bundle(), KeyState.COMPLETE),
        ({"resourceType": "Bundle", "type": "searchset", "total": 0}, KeyState.COMPLETE),
        (bundle(weight()), KeyState.COMPLETE),
        (weight(), KeyState.INCOMPLETE),
        (bundle(weight(), _OUTCOME), KeyState.INCOMPLETE),
        (bundle(weight(), total=2), KeyState.INCOMPLETE),
        (bundle(total=1), KeyState.INCOMPLETE),
        (bundle(weight(), total=None), KeyState.COMPLETE),
        (bundle(weight(), total="1"), KeyState.INCOMPLETE),
        (bundle(weight(), total=True), KeyState.INCOMPLETE),
        (bundle(weight(), link=[{"relation": "self"}]), KeyState.COMPLETE),
        (bundle(weight(), link=[{"relation": "next", "url": "x"}]), KeyState.INCOMPLETE),
        ({"resourceType": "Bundle", "entry": [{"resource": weight()}, None]}, KeyState.INCOMPLETE),
        (bundle(weight(), entry={}), KeyState.INCOMPLETE),
        (
            bundle(
                total=1, entry=[{"resource": {"resourceType": "Practitioner"}, "search": {"mode": "include"}}]
            ),
            KeyState.INCOMPLETE,
        ),
    ],
)
def test_key_states(value: object, state: KeyState) -> None:
    """H-068, H-069, checklist E6, E7, E11."""
    states = chart_of_prefetch(PATIENT_ID, {"labs": value, "unasked": patient(id=OTHER)}, None).states
    assert states[PrefetchKey.LABS] is state
    assert states[PrefetchKey.PGX] is KeyState.ABSENT


@pytest.mark.parametrize(
    ("labs", "sentence"),
    [
        (None, "nothing is known for the list: absence cannot be concluded"),
        (_OUTCOME, "the list could not be obtained: absence cannot be concluded"),
        (bundle(total=4), "the list is incomplete: absence cannot be concluded"),
        (bundle(), ""),
    ],
)
def test_an_incomplete_list_is_said(labs: object, sentence: str) -> None:
    """H-069: absence is not concluded from a list that is not whole."""
    found = fact(WEIGHT, chart(labs=labs))
    assert (found.reason, found.explanation) == (Reason.MISSING, sentence)


def test_one_bad_entry_costs_itself() -> None:
    """H-022: and it is reported."""
    labs = bundle(weight(), {"resourceType": 5}, weight(identifier="w2", modifierExtension=[{}]))
    on_file = chart(labs=labs)
    assert fact(WEIGHT, on_file).known
    assert [finding.code for finding in on_file.findings] == ["unreadable-entry", "modifier-extension"]
    assert fact(WEIGHT, on_file).data[0].path == "prefetch.labs.entry[0].resource"


def test_a_bundle_inside_a_bundle_leaves_every_list_open() -> None:
    """H-069: the answer to a batch must not read as a record that is complete without its lists."""
    lists = bundle(condition("394659003")), bundle(medication_request())
    on_file = chart_of_bundle(bundle(patient(), *lists, type="batch-response"))
    assert [finding.code for finding in on_file.findings] == ["nested-bundle", "nested-bundle"]
    assert set(on_file.states.values()) == {KeyState.INCOMPLETE}
    assert fact(rule_input("medication", "niraparib"), on_file).reason is Reason.MISSING


def test_observations_count_under_any_key() -> None:
    assert fact(WEIGHT, chart(pgx=bundle(weight()))).known


def test_two_versions_of_the_patient_are_not_chosen_between() -> None:
    """H-016: neither may win by its place."""
    on_file = chart(labs=bundle(patient(birthDate="2015-01-01")))
    assert on_file.patient is None
    assert chart(labs=bundle(patient())).patient is not None


@pytest.mark.parametrize(
    ("death", "dead"),
    [
        ({}, False),
        ({"deceasedBoolean": False}, False),
        ({"deceasedBoolean": True}, True),
        ({"deceasedBoolean": "true"}, True),
        ({"deceasedDateTime": "2026-11-20T12:00:00Z"}, True),
        ({"deceasedDateTime": "2026-11-20T12:00:01Z"}, False),
        ({"deceasedDateTime": "2026"}, True),
        ({"deceasedDateTime": "2027"}, False),
        ({"deceasedDateTime": "last summer"}, True),
    ],
)
def test_deceased(death: Json, dead: bool) -> None:
    """H-026: a death that may have happened counts."""
    assert chart(patient=patient(**death)).deceased(AS_OF) is dead


@pytest.mark.parametrize(
    "unused", [{"birthDate": "1930-01-01"}, {"modifierExtension": [{"url": "x"}]}, {"id": None}]
)
def test_a_death_on_a_patient_that_is_not_used_counts(unused: Json) -> None:
    """H-026: of two versions that disagree neither is used, but nobody orders for the dead."""
    dead = patient(deceasedBoolean=True, **unused)
    on_file = chart(patient=dead) if "birthDate" not in unused else chart(labs=bundle(dead))
    assert on_file.patient is None and on_file.deceased(AS_OF)


def test_whole_patient_bundle() -> None:
    """Transaction Bundles with urn references, as generators of synthetic patients write them."""
    urn = "urn:uuid:1"
    entries = [
        {"fullUrl": urn, "resource": {"resourceType": "Patient", "birthDate": "1963-09-09"}},
        {"fullUrl": "urn:uuid:2", "resource": weight(subject={"reference": urn})},
        {
            "fullUrl": "urn:uuid:3",
            "resource": weight(90, identifier="w2", subject={"reference": "Patient/other"}),
        },
    ]
    on_file = chart_of_bundle({"resourceType": "Bundle", "type": "transaction", "entry": entries})
    found = fact(WEIGHT, on_file)
    assert found.known and found.data[0].path == "entry[1].resource"
    assert [finding.code for finding in on_file.findings] == ["another-patient"]
    assert set(on_file.states.values()) == {KeyState.COMPLETE}
    assert not on_file.deceased(AS_OF)


@pytest.mark.parametrize("patients", [0, 2])
def test_a_bundle_of_other_than_one_patient_is_unusable(patients: int) -> None:
    with pytest.raises(UnusableBundle, match=f"found {patients}"):
        chart_of_bundle(bundle(*(patient(id=str(index)) for index in range(patients))))
    with pytest.raises(UnusableBundle, match="type Bundle"):
        chart_of_bundle(patient())
