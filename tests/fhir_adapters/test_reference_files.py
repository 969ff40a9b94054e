"""Third-party and constructed files outside this repository, where they are at hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dsl.values import Reason
from fhir_adapters import (
    JsonRefused,
    KeyState,
    OrderDrug,
    PrefetchKey,
    UnusableBundle,
    WrongPatient,
    active_medications,
    chart_of_bundle,
    chart_of_prefetch,
    draft_orders,
    dump_json,
    gather,
    load_json,
)
from tests.fhir_adapters.example import AS_OF, INPUTS, TERMINOLOGY, reference_folder

_TEN_MEGABYTES = 10_000_000


def load(path: Path) -> Any:
    return load_json(path.read_bytes(), max_bytes=_TEN_MEGABYTES)


def request(name: str) -> Any:
    return load(reference_folder("cds-hooks/requests") / f"{name}.json")


def run(name: str) -> tuple[Any, Any, Any]:
    """Chart, draft orders and facts for the first order of a constructed request."""
    body = request(name)
    context = body["context"]
    on_file = chart_of_prefetch(context["patientId"], body.get("prefetch", {}), body.get("fhirServer"))
    drafts = draft_orders(context["draftOrders"], on_file, TERMINOLOGY, body.get("fhirServer"))
    order = drafts.orders[0] if drafts.orders else None
    return on_file, drafts, gather(INPUTS, on_file, AS_OF, TERMINOLOGY, order)


@pytest.mark.parametrize(
    ("name", "possible", "reason"),
    [
        ("order-sign-clopidogrel-cyp2c19-pm", ("poor",), None),
        ("order-sign-clopidogrel-cyp2c19-im", ("intermediate",), None),
        ("order-sign-clopidogrel-cyp2c19-nm", ("normal",), None),
        ("order-sign-clopidogrel-genotype-only", ("poor",), None),
        ("order-sign-clopidogrel-conflict", ("normal", "poor"), Reason.CONFLICT),
        ("order-sign-clopidogrel-no-result", (), Reason.MISSING),
        ("order-sign-clopidogrel-prefetch-null", (), Reason.MISSING),
        ("order-sign-lenient-sandbox-shape", ("poor",), None),
        ("order-sign-medicationreference-contained", ("poor",), None),
        ("order-sign-medicationreference-in-bundle", ("poor",), None),
        ("order-sign-prefetch-operationoutcome", (), Reason.MISSING),
        ("order-select-clopidogrel-cyp2c19-pm", ("poor",), None),
    ],
)
def test_clopidogrel_requests(name: str, possible: tuple[str, ...], reason: Reason | None) -> None:
    _, drafts, found = run(name)
    assert drafts.orders[0].drugs == ("clopidogrel",)
    assert (found["CYP2C19"].possible, found["CYP2C19"].reason) == (possible, reason)


def test_states_and_drugs_of_odd_requests() -> None:
    """H-068, H-069, checklist D18, T1, T2."""
    assert run("order-sign-prefetch-operationoutcome")[0].states[PrefetchKey.PGX] is KeyState.FAILED
    assert run("order-sign-prefetch-paginated")[0].states[PrefetchKey.PGX] is KeyState.INCOMPLETE
    assert run("order-sign-clopidogrel-prefetch-null")[0].states[PrefetchKey.PGX] is KeyState.NULL
    assert run("order-sign-no-prefetch-no-fhirserver")[0].states[PrefetchKey.PGX] is KeyState.ABSENT
    assert run("order-sign-medicationreference-unresolved")[1].orders[0].identified is OrderDrug.UNRESOLVED
    assert run("order-select-empty-draft")[1].orders[0].identified is OrderDrug.NONE
    assert run("order-select-nonmedication")[1].orders == ()
    assert len(run("order-sign-two-orders")[1].orders) == 2
    niraparib = run("order-sign-niraparib-weight-platelets")
    assert niraparib[1].orders[0].identified is OrderDrug.MAPPED_BY_TEXT
    assert [str(niraparib[2][name].possible[0]) for name in ("weight", "platelets", "age")] == [
        "68 kg",
        "210 10*3/uL",
        "63 a",
    ]


@pytest.mark.parametrize("name", ["invalid-order-for-other-patient", "invalid-prefetch-other-patient"])
def test_requests_of_another_patient(name: str) -> None:
    """H-017, H-018."""
    with pytest.raises(WrongPatient):
        run(name)


def test_every_request_file_round_trips() -> None:
    """H-040: what is loaded is written back without loss."""
    paths = sorted(reference_folder("cds-hooks/requests").glob("*.json"))
    assert len(paths) > 40
    for path in paths:
        assert load_json(dump_json(load(path))) == load(path)


def test_a_risk_label_gives_no_phenotype() -> None:
    body = request("patient-view-nonactionable-risk")
    on_file = chart_of_prefetch(body["context"]["patientId"], body["prefetch"], body.get("fhirServer"))
    found = gather(INPUTS, on_file, AS_OF, TERMINOLOGY, None)
    assert found["CYP2C19"].data == found["TPMT"].data == ()


def test_synthetic_patients() -> None:
    """All whole-life patient Bundles read without error, and their measurements are found."""
    paths = sorted(reference_folder("fhir-samples/synthea-smart").glob("*_*.json"))
    assert len(paths) == 22
    weights = taken = 0
    for path in paths:
        on_file = chart_of_bundle(load(path))
        assert on_file.findings == ()
        found = gather(INPUTS, on_file, AS_OF, TERMINOLOGY, None)
        weights += bool(found["weight"].data)
        taken += len(active_medications(on_file, TERMINOLOGY))
        assert found["CYP2C19"].reason is Reason.MISSING
        assert found["female"].known
    assert weights == 22 and taken > 20


def test_bundles_without_a_patient_are_unusable() -> None:
    folder = reference_folder("fhir-samples/synthea-smart")
    for path in folder.glob("*Information*.json"):
        with pytest.raises(UnusableBundle, match="found 0"):
            chart_of_bundle(load(path))


@pytest.mark.parametrize(
    "folder", ["hl7-r4-examples", "ecqm-exm130-tests", "us-core-9-examples", "genomics-reporting-4-ci"]
)
def test_resources_by_others_never_break_a_chart(folder: str) -> None:
    """H-022: each file alone as an answer, whomever it is of."""
    read = 0
    for path in sorted(reference_folder(f"fhir-samples/{folder}").rglob("*.json")):
        try:
            on_file = chart_of_prefetch("p1", {"labs": load(path)}, None)
        except WrongPatient:
            continue
        except JsonRefused as refused:
            # An example of the limits of decimals, with an exponent of -245 (H-062).
            assert (refused.reason, path.name) == ("number", "Observation-decimal.json")
            continue
        gather(INPUTS, on_file, AS_OF, TERMINOLOGY, None)
        read += 1
    assert read
