"""Orders by whatever code, combinations among them, and advice that is followed already."""

from __future__ import annotations

import json
from collections.abc import Sequence
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.decision import of_patient, record_of
from cds.hooks import Answer
from cds.hooks.service import HookService
from fhir_adapters import chart_of_prefetch
from fhir_adapters.dosage import GTS_ABBREVIATION
from kb import KnowledgeBase, load
from kb.drug_codes import ATC, TABLE
from kb.rxnorm import read_release
from tests.cds.cards.support import (
    ACS,
    AS_OF,
    CLOPIDOGREL,
    LEUKAEMIA,
    MERCAPTOPURINE,
    NIRAPARIB,
    RXNORM,
    SNOMED,
    STROKE,
    Json,
    answer,
    bundled,
    condition,
    decided,
    dosage,
    draft,
    genotype,
    hook_service,
    niraparib_labs,
    order_sign,
    patient_view,
    prefetch,
)
from tests.cds.cli.support import folder_without_imports
from tests.dsl.support import PROPERTY
from tests.kb.rxnorm_files import (
    BRANDED_PACK,
    OLD_TABLET,
    OTHER_TABLET,
    WITH_NIRAPARIB,
    WITH_OTHER,
    WITH_OTHER_BRANDED,
    write_release,
)

POOR = [genotype("CYP2C19", "*2/*2")]
REPLACEABLE = [condition(ACS), condition(STROKE, "refuted")]
NO_CHANGE = "A combination with other ingredients is ordered, so no change is proposed."


@pytest.fixture(scope="module")
def knowledge(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    """The bundled knowledge base with an imported table."""
    root = folder_without_imports(tmp_path_factory.mktemp("kb"))
    release = write_release(tmp_path_factory.mktemp("rrf"))
    table = read_release(release, frozenset({CLOPIDOGREL[0], NIRAPARIB[0]})).table
    (root / TABLE).write_text(table.text(), "utf-8", newline="\n")
    return load(root)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, knowledge: KnowledgeBase) -> HookService:
    return hook_service(tmp_path_factory.mktemp("log"), knowledge)


def coded(code: str, identifier: str = "d1", system: str = RXNORM, **members: object) -> Json:
    """A draft order with a code alone."""
    concept = {"coding": [{"system": system, "code": code}]}
    return draft(("", ""), identifier, **members) | {"medicationCodeableConcept": concept}


def cards(
    service: HookService,
    drafts: Sequence[Json],
    *,
    pgx: Sequence[Json] = (),
    conditions: Sequence[Json] = (),
    labs: Sequence[Json] = (),
) -> list[Json]:
    data = prefetch(pgx=pgx, conditions=conditions, labs=labs)
    status, body = answer(service, order_sign(drafts, data))
    assert status == 200, body
    found: list[Json] = body["cards"]
    return found


# ---------------------------------------------------------------- by which code
@pytest.mark.parametrize(
    ("system", "code"),
    [
        (RXNORM, BRANDED_PACK),
        (RXNORM, OLD_TABLET),
        (ATC, "B01AC04"),
        (SNOMED, "386952008"),
        (SNOMED, "108979001"),
    ],
)
def test_every_code_of_a_drug_gets_its_advice(service: HookService, system: str, code: str) -> None:
    """H-024, H-025: pack, retired product, ATC, SNOMED CT; what is suggested has an RxNorm code."""
    order = coded(code, system=system)
    (card,) = cards(service, [order], pgx=POOR, conditions=REPLACEABLE)
    assert card["indicator"] == "critical" and NO_CHANGE not in card["detail"]
    actions = [action for suggestion in card["suggestions"] for action in suggestion["actions"]]
    concepts = [each["resource"]["medicationCodeableConcept"] for each in actions if "resource" in each]
    assert concepts and {concept["coding"][0]["system"] for concept in concepts} == {RXNORM}


@pytest.mark.parametrize("code", [WITH_OTHER, WITH_OTHER_BRANDED])
def test_a_combination_gets_the_advice_about_its_ingredient(service: HookService, code: str) -> None:
    """H-024: the rule speaks, and no click takes the other ingredient away or changes it."""
    (card,) = cards(service, [coded(code)], pgx=POOR, conditions=REPLACEABLE)
    assert card["indicator"] == "critical" and "suggestions" not in card
    assert NO_CHANGE in card["detail"]


def test_a_combination_of_two_drugs_gets_the_advice_about_both(service: HookService) -> None:
    found = cards(
        service, [coded(WITH_NIRAPARIB)], pgx=POOR, conditions=[condition(ACS)], labs=niraparib_labs(60)
    )
    assert [("lopidogrel" in card["summary"], "iraparib" in card["summary"]) for card in found] == [
        (True, False),
        (False, True),
    ]
    assert not any("suggestions" in card for card in found)


@pytest.mark.parametrize("drafts", [(NIRAPARIB[0], WITH_NIRAPARIB), (WITH_NIRAPARIB, NIRAPARIB[0])])
def test_beside_a_combination_of_it_a_drug_is_not_changed_either(
    service: HookService, drafts: tuple[str, str]
) -> None:
    """One click withdraws the other drafts of the drug, here with what else is in one of them."""
    orders = [coded(code, f"d{number}") for number, code in enumerate(drafts)]
    found = cards(service, orders, labs=niraparib_labs(60))
    niraparib = [card for card in found if "Niraparib: advised dose 200 mg" in card["summary"]]
    assert len(niraparib) == 1 and "There are 2 draft orders of niraparib here" in niraparib[0]["detail"]
    assert not any("suggestions" in card for card in found)


@pytest.mark.parametrize("unit", ["mg", "{tbl}"])
def test_the_dose_of_a_combination_is_never_taken_for_followed(service: HookService, unit: str) -> None:
    """H-045: of which ingredient it is the dose is not said."""
    order = coded(WITH_NIRAPARIB, **dosage(200 if unit == "mg" else 2, unit))
    found = cards(service, [order], labs=niraparib_labs(60))
    (card,) = [card for card in found if "Niraparib" in card["summary"]]
    assert "advised dose 200 mg" in card["summary"] and "that was ordered" not in card["detail"]


def test_combinations_in_the_patient_view(service: HookService) -> None:
    taken = coded(WITH_OTHER, status="active")
    _, body = answer(
        service, patient_view(prefetch(pgx=POOR, conditions=[condition(ACS)], medications=[taken]))
    )
    (card,) = body["cards"]
    assert "lopidogrel" in card["summary"] and NO_CHANGE not in card["detail"]


def test_what_is_odd_about_a_medication_that_is_taken_is_on_record(knowledge: KnowledgeBase) -> None:
    """H-023, H-025: in the patient view too."""
    taken = [coded(OLD_TABLET, "a", status="active"), coded(OTHER_TABLET, "b", status="active")]
    situation = of_patient(chart_of_prefetch("p1", prefetch(medications=taken), None), knowledge)
    assert [each.code for each in situation.findings] == ["drug-retired", "drug-unmapped"]


# ---------------------------------------------------------------- nothing is silent
def test_what_was_not_identified_is_on_record_and_counted(
    service: HookService, knowledge: KnowledgeBase
) -> None:
    """H-023, H-024: an order that no rule was asked about leaves a trace."""
    drafts = [
        coded(OTHER_TABLET, "d1"),
        coded(OLD_TABLET, "d2"),
        coded(WITH_OTHER, "d3"),
        draft(("", "xyz"), "d4"),
    ]
    drafts[3]["medicationCodeableConcept"] = {"text": "xyz"}
    call = order_sign(drafts, prefetch())
    reply = service.answer("medication-safety", json.dumps(call).encode(), str(uuid4()), AS_OF)
    assert isinstance(reply, Answer)
    assert [each.value for each in reply.identified] == ["unmapped", "mapped", "mapped", "unmapped"]
    record = record_of(decided(call, knowledge=knowledge), [], [], knowledge, "test")
    assert record["orders"] == [
        {"reference": f"MedicationRequest/d{number}", "drug": drug, "combination": mixed, "identified": how}
        for number, drug, mixed, how in (
            (1, None, False, "unmapped"),
            (2, "clopidogrel", False, "mapped"),
            (3, "clopidogrel", True, "mapped"),
            (4, None, False, "unmapped"),
        )
    ]
    findings = record["findings"]
    assert isinstance(findings, list)
    assert [each["code"] for each in findings] == ["drug-unmapped", "drug-retired", "drug-unmapped"]
    assert "xyz" not in str(findings)


# ---------------------------------------------------------------- followed already
@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> HookService:
    """A service of the bundled knowledge base."""
    return hook_service(tmp_path_factory.mktemp("log"), bundled())


def timed(value: object, unit: str, code: str, **repeat: object) -> Json:
    order = dosage(value, unit)
    order["dosageInstruction"][0]["timing"] = {
        "code": {"coding": [{"system": GTS_ABBREVIATION, "code": code}]},
        **({"repeat": repeat} if repeat else {}),
    }
    return order


@pytest.mark.parametrize(
    ("ordered", "silent"),
    [
        (timed(200, "mg", "QD"), True),
        (timed(200, "mg", "AM"), True),
        (timed(200, "mg", "QD", frequency=1, period=24, periodUnit="h"), True),
        (timed(200, "mg", "BID"), False),
        (timed(200, "mg", "QD", frequency=2, period=1, periodUnit="d"), False),
        (timed(100, "mg", "BID"), False),
        (dosage(200_000, "ug"), True),
        (dosage(200, "mg/kg"), False),
        (dosage(200, "mg/m2"), False),
        (dosage(2, "{dose}"), False),
        (dosage(2, "1"), False),
        (dosage(2, "{capsule}"), True),
        (dosage(3, "{capsule}"), False),
    ],
)
def test_advice_that_is_followed_is_not_repeated(plain: HookService, ordered: Json, silent: bool) -> None:
    """H-045: 200 mg once daily, in whatever way it is written; and nothing else counts as that."""
    order = draft(("", ""), **ordered)
    order["medicationCodeableConcept"] = {"text": "niraparib 100 MG Oral Capsule"}
    found = cards(plain, [order], labs=niraparib_labs(60))
    assert (found == []) is silent


@pytest.mark.parametrize(
    ("value", "unit", "silent"),
    [
        (10, "mg/m2", True),
        ("0.01", "g/m2", True),
        (10, "mg", False),
        (10, "mg/kg", False),
        (100, "mg/m2", False),
    ],
)
def test_a_dose_per_surface_is_compared_as_such(
    plain: HookService, value: object, unit: str, silent: bool
) -> None:
    """H-042, H-045: the patient's surface is not assumed."""
    number = float(value) if isinstance(value, str) else value
    order = draft(MERCAPTOPURINE, **dosage(number, unit, frequency=3, period=1, periodUnit="wk"))
    pgx = [genotype("TPMT", "*3A/*3A"), genotype("NUDT15", "*1/*1")]
    found = cards(plain, [order], pgx=pgx, conditions=[condition(LEUKAEMIA)])
    assert (found == []) is silent


@pytest.mark.parametrize(
    ("products", "text", "strength"),
    [
        (("309362",), "", "75 mg"),
        (("309362", "213169"), "", "75 mg"),
        (("309362", "749196"), "", None),
        (("309362",), "clopidogrel 300 MG Oral Tablet", None),
        ((), "clopidogrel 300 MG Oral Tablet", "300 mg"),
    ],
)
def test_pieces_of_an_unclear_strength_are_no_amount(
    products: tuple[str, ...], text: str, strength: str | None
) -> None:
    """H-045: one tablet of 75 mg or of 300 mg, and neither is assumed."""
    product = bundled().drugs["clopidogrel"].product(products, text)
    assert (None if product is None else str(product.strength)) == strength


@PROPERTY
@given(
    st.sampled_from(["mg", "g", "ug", "mg/kg", "mg/m2", "{tbl}", "{dose}", "mL"]),
    st.integers(1, 400),
    st.data(),
)
def test_silence_means_the_advised_dose(
    plain: HookService, unit: str, value: int, data: st.DataObject
) -> None:
    """H-045, over units, amounts and codes: silent exactly if 200 mg once daily was ordered."""
    code = data.draw(st.sampled_from(["QD", "AM", "BED", "BID", "QOD", "Q8H", "WK"]))
    order = draft(NIRAPARIB, **timed(value, unit, code))
    found = cards(plain, [order], labs=niraparib_labs(60))
    assert (found == []) is ((unit, value) == ("mg", 200) and code in ("QD", "AM", "BED"))
