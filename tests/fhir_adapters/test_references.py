"""The resolver: every form of reference, and chains that lead in a circle or out of their container."""

from __future__ import annotations

import pytest

from fhir_adapters import active_medications, chart_of_prefetch
from fhir_adapters.reading import RXNORM
from fhir_adapters.references import Entry, Resolver
from tests.fhir_adapters.example import (
    PATIENT_ID,
    TERMINOLOGY,
    Json,
    bundle,
    chart,
    concept,
    fact,
    genotype,
    medication_request,
    observation,
    rule_input,
    weight,
)

BASE = "https://ehr.example.org/fhir"
URN = "urn:uuid:6f0d0c1e-52a4-4b0e-9c1d-000000000001"
MEDICATION: Json = {"resourceType": "Medication", "id": "m", "code": concept("1918231", RXNORM)}
CYP2C19 = rule_input("phenotype", "CYP2C19")


def resolved(reference: object, *, base: str | None = BASE, origin_url: str | None = None) -> bool:
    """Whether a reference of an order leads to the one Medication beside it."""
    order = Entry("entry[0].resource", medication_request(), origin_url)
    target = Entry("entry[1].resource", MEDICATION, URN)
    found = Resolver([order, target], base).resolve(reference, order)
    assert found in (None, target)
    return found is not None


@pytest.mark.parametrize(
    ("reference", "leads"),
    [
        ("Medication/m", True),
        ("Medication/m/_history/7", True),
        (f"{BASE}/Medication/m", True),
        (f"{BASE}/Medication/m/_history/7", True),
        (URN, True),
        ("https://other.example.org/fhir/Medication/m", False),
        ("https://ehr.example.org/Medication/m", False),
        (f"{BASE}/tenant/Medication/m", False),
        ("http://ehr.example.org/fhir/Medication/m", False),
        ("Medication/other", False),
        ("Substance/m", False),
        ("medication/m", False),
        ("Medication/m/", False),
        ("Medication/m#part", False),
        ("Medication?identifier=m", False),
        ("m", False),
        ("#m", False),
        ("#", False),
        ("urn:uuid:6f0d0c1e-52a4-4b0e-9c1d-000000000002", False),
        ("urn:oid:1.2.3", False),
        ("file:///etc/Medication/m", False),
        ("", False),
        (None, False),
        (5, False),
    ],
)
def test_forms_of_a_reference(reference: object, leads: bool) -> None:
    """H-019: nothing is fetched, and what is not surely the same resource is not resolved."""
    assert resolved({"reference": reference}) is leads


@pytest.mark.parametrize("reference", [None, "Medication/m", [], {}, {"identifier": {"value": "m"}}])
def test_what_is_no_literal_reference_leads_nowhere(reference: object) -> None:
    """H-019: a logical identifier is not looked up."""
    assert not resolved(reference)


def test_without_a_base_only_the_entry_itself_has_one() -> None:
    """H-019: in a file, the full URL of the referring entry says which base is its own."""
    absolute = {"reference": f"{BASE}/Medication/m"}
    assert not resolved(absolute, base=None)
    assert resolved(absolute, base=None, origin_url=f"{BASE}/MedicationRequest/rx1")
    assert not resolved(
        absolute, base=None, origin_url="https://other.example.org/fhir/MedicationRequest/rx1"
    )


def test_a_urn_holds_within_its_bundle() -> None:
    """H-019: the same urn in two Bundles names two things."""
    inside = Entry("prefetch.a.entry[0].resource", MEDICATION, URN, "prefetch.a")
    resolver = Resolver([inside], None)
    for bundle_path, leads in (("prefetch.a", True), ("prefetch.b", False)):
        origin = Entry(f"{bundle_path}.entry[1].resource", medication_request(), None, bundle_path)
        assert (resolver.resolve({"reference": URN}, origin) is not None) is leads


def test_two_resources_of_one_name_are_not_chosen_between() -> None:
    """H-016: whichever comes first."""
    other = MEDICATION | {"code": concept("32968", RXNORM)}
    for pair in ((MEDICATION, other), (other, MEDICATION)):
        entries = [Entry(f"entry[{index}].resource", each) for index, each in enumerate(pair)]
        assert Resolver(entries, None).resolve({"reference": "Medication/m"}, entries[0]) is None


# ---------------------------------------------------------------- containers
def container(*inside: Json) -> Entry:
    return Entry("entry[2].resource", medication_request(contained=list(inside)))


def test_a_fragment_leads_into_its_own_container_only() -> None:
    """H-019: with the exact place; two of one id are none."""
    order, other = container({"resourceType": "Substance", "id": "s"}, MEDICATION), container()
    resolver = Resolver([order, other], None)
    found = resolver.resolve({"reference": "#m"}, order)
    assert found is not None and found.path == "entry[2].resource.contained[1]"
    assert resolver.resolve({"reference": "#m"}, other) is None
    assert resolver.resolve({"reference": "Medication/m"}, other) is None
    twice = container(MEDICATION, MEDICATION)
    assert resolver.resolve({"reference": "#m"}, twice) is None


def test_contained_inside_contained() -> None:
    """H-020: FHIR has no such thing, so nothing is found there; its fragments point beside it."""
    nested = {"resourceType": "Medication", "id": "outer", "contained": [MEDICATION]}
    order = container(nested, {"resourceType": "Substance", "id": "beside"})
    resolver = Resolver([order], None)
    outer = resolver.resolve({"reference": "#outer"}, order)
    assert outer is not None and resolver.resolve({"reference": "#m"}, order) is None
    assert resolver.resolve({"reference": "#m"}, outer) is None
    beside = resolver.resolve({"reference": "#beside"}, outer)
    assert beside is not None and beside.path == "entry[2].resource.contained[1]"


def test_a_medication_within_a_medication_is_not_ordered() -> None:
    """H-020, H-024: a drug is read from the place that FHIR gives it, or it is not identified."""
    nested = {"resourceType": "Medication", "id": "outer", "contained": [MEDICATION]}
    order = medication_request(medicationReference={"reference": "#m"}, contained=[nested])
    del order["medicationCodeableConcept"]
    on_file = chart(order, key="medications")
    assert [each.drugs for each in active_medications(on_file, TERMINOLOGY)] == [()]


@pytest.mark.parametrize("circle", [1, 2, 3])
def test_a_circle_of_results_ends(circle: int) -> None:
    """H-020: derived from, and members of, one another; beside each other and contained."""

    def results(name: str) -> list[Json]:
        around = [f"{name}r{(index + 1) % circle}" for index in range(circle)]
        return [
            genotype(
                "CYP2C19 *1/*2",
                f"r{index}",
                derivedFrom=[{"reference": target}],
                hasMember=[{"reference": target}],
            )
            for index, target in enumerate(around)
        ]

    holder = observation("X", "holder", contained=results("#"))
    inside = fact(CYP2C19, chart(holder, key="pgx"))
    beside = fact(CYP2C19, chart(*results("Observation/"), key="pgx"))
    assert inside.possible == beside.possible == ("intermediate",)


def test_a_contained_patient_that_refers_to_its_container_is_nobody() -> None:
    """H-017, H-020: only what is said of a Patient tells whose a resource is."""
    person = {"resourceType": "Patient", "id": "x", "link": [{"other": {"reference": "#x"}}]}
    itself = weight(subject={"reference": "#"}, contained=[person])
    beyond = weight(
        subject={"reference": "#y"},
        contained=[person | {"contained": [{"resourceType": "Patient", "id": "y"}]}],
    )
    for resource in (itself, beyond):
        on_file = chart_of_prefetch(PATIENT_ID, {"labs": bundle(resource)}, None)
        assert [finding.code for finding in on_file.findings] == ["subject"]
