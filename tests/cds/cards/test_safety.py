"""Attempts to get a wrong dose, a silence or advice for the wrong patient out of the service."""

from __future__ import annotations

import pytest

from cds.hooks.service import HookService
from tests.cds.cards.support import (
    ACS,
    BILIRUBIN,
    CLOPIDOGREL,
    NIRAPARIB,
    PLATELETS,
    STROKE,
    UCUM,
    WEIGHT,
    Json,
    answer,
    bundled,
    condition,
    dosage,
    draft,
    genotype,
    hook_service,
    listing,
    measured,
    niraparib_labs,
    order_sign,
    patient,
    patient_view,
    phenotype,
    prefetch,
)

POOR = [genotype("CYP2C19", "*2/*2")]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> HookService:
    return hook_service(tmp_path_factory.mktemp("log"), bundled())


def cards(service: HookService, call: Json) -> list[Json]:
    status, body = answer(service, call)
    assert status == 200, body
    found: list[Json] = body["cards"]
    return found


def offered(card: Json) -> list[str]:
    return [suggestion["label"] for suggestion in card.get("suggestions", ())]


# ---------------------------------------------------------------- nothing may be lost on the way out
@pytest.mark.parametrize("conditions", [[], [condition(ACS)], [condition(STROKE)]])
@pytest.mark.parametrize("alleles", ["*1/*2 or *1/*9", "*2/*2 or *2/*9", "*1/*2 or *17/*9 or *1/*3"])
def test_an_ambiguous_genotype_with_one_recommendation_is_spoken_of(
    service: HookService, alleles: str, conditions: list[Json]
) -> None:
    """H-033: its two phenotypes made the summary too long, and the card was refused and lost."""
    pgx = [genotype("CYP2C19", alleles)]
    (card,) = cards(service, order_sign([draft(CLOPIDOGREL)], prefetch(pgx=pgx, conditions=conditions)))
    assert "lopidogrel" in card["summary"] and "Not evaluated" not in card["summary"]
    assert " or " in card["detail"]


@pytest.mark.parametrize("identifier", [None, "", "a_b", "a" * 65, 7])
def test_a_draft_without_a_usable_id_gets_its_advice_without_suggestions(
    service: HookService, identifier: object
) -> None:
    """The suggestion could not name the draft, and the card was refused and lost."""
    order = draft(CLOPIDOGREL) | {"id": identifier}
    (card,) = cards(service, order_sign([order], prefetch(pgx=POOR, conditions=[condition(ACS)])))
    assert card["indicator"] == "critical" and offered(card) == []


def test_two_drafts_under_one_id_get_no_suggestions(service: HookService) -> None:
    """Withdrawing the clopidogrel draft would have withdrawn niraparib, or the other way round."""
    drafts = [draft(CLOPIDOGREL, "x"), draft(NIRAPARIB, "x")]
    found = cards(service, order_sign(drafts, prefetch(pgx=POOR, labs=niraparib_labs(60))))
    assert len(found) == 2 and all(offered(card) == [] for card in found)


@pytest.mark.parametrize("text", ["CYP2C19 *2/*99", "cyp2c19 *2/*2", "CYP2C19 *2/*2x2", "CYP2C19 poor"])
def test_a_result_that_cannot_be_read_is_said(service: HookService, text: str) -> None:
    """H-033: without it the silence of "no result" would pass for "nothing to say"."""
    pgx = [genotype("CYP2C19", "", valueCodeableConcept={"text": text})]
    (card,) = cards(service, order_sign([draft(CLOPIDOGREL)], prefetch(pgx=pgx)))
    assert card["summary"] == "Clopidogrel: not decided, CYP2C19 result without a usable value"


def test_a_list_that_came_in_part_is_said(service: HookService) -> None:
    """H-069: the result may stand on the page that was not sent."""
    for data in (prefetch() | {"pgx": listing() | {"total": 3}}, prefetch() | {"pgx": listing() | _NEXT}):
        (card,) = cards(service, order_sign([draft(CLOPIDOGREL)], data))
        assert card["summary"].startswith("Not evaluated: Clopidogrel")
        assert card["summary"].endswith("genetic results were supplied only in part")


_NEXT = {"link": [{"relation": "next", "url": "https://example.org/next"}]}


def test_a_bilirubin_that_cannot_be_related_to_its_limit_is_said(service: HookService) -> None:
    """ "if bilirubin is normal` must not hide that a result of 9 mg/dL is on file."""
    labs = [*niraparib_labs(), measured(BILIRUBIN, 9, "mg/dL")]
    (card,) = cards(service, order_sign([draft(NIRAPARIB)], prefetch(labs=labs)))
    assert "total bilirubin relative to the upper limit without a usable value" in card["detail"]


@pytest.mark.parametrize("verification", ["provisional", "differential", "unconfirmed", None])
def test_prasugrel_is_not_offered_while_a_stroke_is_possible(
    service: HookService, verification: str | None
) -> None:
    """Only a refuted stroke is none; one without verification counts as a stroke."""
    data = prefetch(pgx=POOR, conditions=[condition(ACS), condition(STROKE, verification)])
    order = draft(CLOPIDOGREL, reasonCode=[condition(ACS)["code"]])
    (card,) = cards(service, order_sign([order], data))
    assert not any("prasugrel" in label for label in offered(card))


# ---------------------------------------------------------------- other patients
@pytest.mark.parametrize(
    "subject",
    [
        {"reference": "Patient/p2"},
        {"reference": "Patient/P1"},
        {"reference": "https://other.example.org/fhir/Patient/p1"},
        {"identifier": {"value": "p1"}},
        {"reference": "#someone"},
        {"reference": "urn:uuid:0b1f6a52-6f6e-4f0f-8f77-000000000001"},
        {},
        [{"reference": "Patient/p1"}],
        "Patient/p1",
        None,
    ],
)
def test_an_order_that_is_not_surely_of_this_patient_is_refused(
    service: HookService, subject: object
) -> None:
    contained = [patient(id="someone")]
    call = order_sign(
        [draft(NIRAPARIB, subject=subject, contained=contained)], prefetch(labs=niraparib_labs(60))
    )
    status, body = answer(service, call)
    assert status == 400 and "p2" not in str(body) and "someone" not in str(body)


@pytest.mark.parametrize("key", ["patient", "pgx", "medications", "conditions", "labs"])
def test_anything_of_another_patient_refuses_the_call(service: HookService, key: str) -> None:
    """H-018: mixed charts are never sorted out by us."""
    other = (
        patient(id="p2")
        if key == "patient"
        else measured(WEIGHT, 60, "kg", subject={"reference": "Patient/p2"})
    )
    data = prefetch(labs=niraparib_labs(60))
    data[key] = listing(*(entry["resource"] for entry in data[key].get("entry", ())), other)
    assert answer(service, order_sign([draft(NIRAPARIB)], data))[0] == 400


def test_two_versions_of_the_patient_are_no_age(service: HookService) -> None:
    data = prefetch(labs=niraparib_labs(60)) | {
        "patient": listing(patient(), patient(birthDate="2015-01-01"))
    }
    (card,) = cards(service, order_sign([draft(NIRAPARIB)], data))
    assert card["summary"] == "Niraparib: not decided, age missing"


# ---------------------------------------------------------------- statuses, dates, units
@pytest.mark.parametrize(
    "status", ["preliminary", "registered", "cancelled", "unknown", "entered-in-error", "x", None]
)
def test_no_dose_from_a_measurement_that_is_not_final(service: HookService, status: str | None) -> None:
    labs = [measured(WEIGHT, 60, "kg", status=status), measured(PLATELETS, 240, "10*3/uL")]
    (card,) = cards(service, order_sign([draft(NIRAPARIB)], prefetch(labs=labs)))
    assert "not decided" in card["summary"]


def test_a_newer_preliminary_result_that_would_change_the_advice_is_said(service: HookService) -> None:
    """H-010: the final result decides, and the card says what the preliminary one would change."""
    old = measured(WEIGHT, 90, "kg", id="old", effectiveDateTime="2026-11-10T09:00:00Z")
    platelet_count = measured(PLATELETS, 240, "10*3/uL")
    for weight, said in (
        (60, "with body weight 60 kg (2026-11-18), the advised dose would be 200 mg once daily."),
        (95, None),
    ):
        new = measured(WEIGHT, weight, "kg", status="preliminary")
        labs = prefetch(labs=[old, new, platelet_count])
        (card,) = cards(service, order_sign([draft(NIRAPARIB)], labs))
        assert "300 mg" in card["summary"] and "200 mg" not in card["summary"]
        assert ("preliminary" in card["detail"]) == (said is not None)
        assert said is None or said in card["detail"]


@pytest.mark.parametrize(
    "date", ["2026-11-21T09:00:00Z", "2026-08-01", "2026", "20261118", "", None, "18.11.2026"]
)
def test_no_dose_from_a_measurement_without_a_usable_date(service: HookService, date: str | None) -> None:
    labs = [measured(WEIGHT, 60, "kg", effectiveDateTime=date), measured(PLATELETS, 240, "10*3/uL")]
    (card,) = cards(service, order_sign([draft(NIRAPARIB)], prefetch(labs=labs)))
    assert "not decided" in card["summary"]


@pytest.mark.parametrize(
    "members",
    [
        {"dosageInstruction": [*dosage(100)["dosageInstruction"], *dosage(100)["dosageInstruction"]]},
        dosage(200, frequencyMax=2),
        dosage(200, dayOfWeek=["mon"]),
        dosage(200, period=2),
        dosage(200, frequency=2),
        dosage(2, "{tbl}"),
        dosage(-200),
        dosage("200"),
        {"dosageInstruction": [dosage(200)["dosageInstruction"][0] | {"asNeededBoolean": True}]},
    ],
)
def test_a_draft_is_silent_only_with_plainly_the_advised_dose(service: HookService, members: Json) -> None:
    """H-045: anything else could hide another dose."""
    (card,) = cards(service, order_sign([draft(NIRAPARIB, **members)], prefetch(labs=niraparib_labs(60))))
    assert "advised dose 200 mg once daily" in card["summary"]


@pytest.mark.parametrize("status", ["active", "on-hold"])
def test_who_takes_it_already_gets_no_starting_dose(service: HookService, status: str) -> None:
    taken = draft(NIRAPARIB, "old", status=status)
    call = order_sign([draft(NIRAPARIB)], prefetch(labs=niraparib_labs(60), medications=[taken]))
    assert cards(service, call) == []


@pytest.mark.parametrize("status", ["completed", "stopped", "unknown", None])
def test_an_earlier_order_is_said(service: HookService, status: str | None) -> None:
    taken = draft(NIRAPARIB, "old", status=status)
    (card,) = cards(
        service, order_sign([draft(NIRAPARIB)], prefetch(labs=niraparib_labs(60), medications=[taken]))
    )
    assert "order" in card["detail"] and "if this is a first start" in card["detail"]


def test_patients_read_no_advice_for_clinicians(service: HookService) -> None:
    taken = draft(CLOPIDOGREL, "old", status="active")
    call = patient_view(prefetch(pgx=POOR, medications=[taken]))
    assert len(cards(service, call)) == 1
    for user in ("Patient/p1", "RelatedPerson/r1"):
        call["context"]["userId"] = user
        assert cards(service, call) == []


# ---------------------------------------------------------------- found by attacking the service
def test_one_refuted_stroke_does_not_refute_another(service: HookService) -> None:
    strokes = [condition(STROKE, "refuted"), condition(STROKE, "provisional", id="second")]
    (card,) = cards(
        service, order_sign([draft(CLOPIDOGREL)], prefetch(pgx=POOR, conditions=[condition(ACS), *strokes]))
    )
    assert not any("prasugrel" in label for label in offered(card))


def test_a_refuted_stroke_on_the_first_page_is_not_the_whole_list(service: HookService) -> None:
    listed = listing(condition(ACS), condition(STROKE, "refuted")) | _NEXT
    (card,) = cards(service, order_sign([draft(CLOPIDOGREL)], prefetch(pgx=POOR) | {"conditions": listed}))
    assert not any("prasugrel" in label for label in offered(card))


def test_annotations_of_a_unit_are_free_text(service: HookService) -> None:
    labs = [measured(WEIGHT, 90, "kg"), measured(PLATELETS, 120000, "{Zuckerkandl}/uL")]
    (card,) = cards(service, order_sign([draft(NIRAPARIB)], prefetch(labs=labs)))
    assert "Zuckerkandl" not in str(card["summary"]) + str(card["detail"])


def test_a_dose_whose_unit_contradicts_itself_is_no_dose(service: HookService) -> None:
    amount = {"value": 200, "unit": "g", "system": UCUM, "code": "mg"}
    order = draft(NIRAPARIB, **dosage(200))
    order["dosageInstruction"][0]["doseAndRate"] = [{"doseQuantity": amount}]
    assert len(cards(service, order_sign([order], prefetch(labs=niraparib_labs(60))))) == 1


@pytest.mark.parametrize("intent", ["proposal", "plan", "option"])
def test_a_plan_is_not_yet_taken(service: HookService, intent: str) -> None:
    plan = draft(NIRAPARIB, "plan", status="active", intent=intent)
    call = order_sign([draft(NIRAPARIB)], prefetch(labs=niraparib_labs(60), medications=[plan]))
    assert len(cards(service, call)) == 1


def test_the_order_in_question_is_no_prior_exposure(service: HookService) -> None:
    order = draft(NIRAPARIB, "same", status="active")
    call = order_sign([order], prefetch(labs=niraparib_labs(60), medications=[order]))
    assert len(cards(service, call)) == 1


def test_a_phenotype_that_contradicts_itself_is_said(service: HookService) -> None:
    value = {"coding": [{"system": "http://loinc.org", "code": "LA25391-6"}], "text": "Poor metabolizer"}
    pgx = [phenotype("CYP2C19", "", valueCodeableConcept=value)]
    assert len(cards(service, order_sign([draft(CLOPIDOGREL)], prefetch(pgx=pgx)))) == 1


def test_a_draft_without_a_status_is_not_passed_over_in_silence(service: HookService) -> None:
    order = {name: value for name, value in draft(NIRAPARIB).items() if name != "status"}
    assert len(cards(service, order_sign([order], prefetch(labs=niraparib_labs(60))))) == 1


def test_bilirubin_in_the_unit_of_most_laboratories(service: HookService) -> None:
    limit = {"referenceRange": [{"high": {"value": 20, "system": UCUM, "code": "umol/L"}}]}
    labs = [*niraparib_labs(), measured(BILIRUBIN, 40, "umol/L", **limit)]
    (card,) = cards(service, order_sign([draft(NIRAPARIB)], prefetch(labs=labs)))
    assert "advised dose 200 mg" in card["summary"]


def test_clopidogrel_with_an_unknown_birth_date(service: HookService) -> None:
    data = prefetch(pgx=POOR, conditions=[condition(ACS)], person=patient(birthDate=None))
    assert len(cards(service, order_sign([draft(CLOPIDOGREL)], data))) == 1


@pytest.mark.parametrize("dose", [300, 200])
def test_a_medication_that_is_taken_gets_no_starting_dose(service: HookService, dose: int) -> None:
    """H-045: the entry that the patient view asks about is itself the proof that the drug is taken."""
    taken = draft(NIRAPARIB, "taken", status="active", **dosage(dose))
    assert cards(service, patient_view(prefetch(labs=niraparib_labs(60), medications=[taken]))) == []


def test_a_changed_order_of_a_drug_that_is_taken_gets_no_starting_dose(service: HookService) -> None:
    listed = draft(NIRAPARIB, "same", status="active", **dosage(300))
    call = order_sign([draft(NIRAPARIB, "same")], prefetch(labs=niraparib_labs(60), medications=[listed]))
    assert cards(service, call) == []


def test_a_name_of_another_drug_beside_the_code_is_said(service: HookService) -> None:
    """H-023: which of the two was meant is not for us to choose."""
    order = draft(NIRAPARIB)
    order["medicationCodeableConcept"]["text"] = "clopidogrel 75 MG Oral Tablet"
    (card,) = cards(service, order_sign([order], prefetch(pgx=POOR, labs=niraparib_labs(60))))
    assert card["summary"] == "Not evaluated: an order, its codes and names mean different drugs"


@pytest.mark.parametrize(("pieces", "expected"), [(2, 0), (3, 1)])
def test_a_dose_counted_in_capsules(service: HookService, pieces: int, expected: int) -> None:
    """C2: two capsules of 100 mg are the advised 200 mg, three are not."""
    order = draft(("", "niraparib 100 MG Oral Capsule"), **dosage(pieces, "{capsule}"))
    order["medicationCodeableConcept"] = {"text": "niraparib 100 MG Oral Capsule"}
    assert len(cards(service, order_sign([order], prefetch(labs=niraparib_labs(60))))) == expected


def test_a_part_of_the_results_changes_nothing_by_a_click(service: HookService) -> None:
    """H-069: a newer result may be on the next page."""
    data = prefetch() | {"labs": listing(*niraparib_labs(90, 200)) | _NEXT}
    (card,) = cards(service, order_sign([draft(NIRAPARIB, **dosage(200))], data))
    assert "300 mg" in card["summary"] and "Only a part of the data was sent" in card["detail"]
    assert "suggestions" not in card


def test_all_lacking_keys_are_named_at_once(service: HookService) -> None:
    status, body = answer(service, order_sign([draft(NIRAPARIB)], {}))
    said = body["issue"][0]["details"]["text"]
    assert status == 412 and "prefetch.patient" in said and "prefetch.labs" in said
