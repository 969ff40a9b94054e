"""Doses as they were charted: times, amounts, routes, lengths of infusions, statuses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from dsl.values import quantity
from fhir_adapters import WrongPatient
from fhir_adapters.dosing import Certainty, DoubtKind, dosing_record
from fhir_adapters.dosing.routes import EDQM, SNOMED, V3
from fhir_adapters.reading import RXNORM
from tests.fhir_adapters.dosing.example import (
    IV,
    ORAL,
    QUESTION,
    administration,
    at,
    doubts,
    level,
    on_file,
    order,
    record,
    the_dose,
    the_doubt,
)
from tests.fhir_adapters.example import AS_OF, BOTH, TERMINOLOGY, WITH_ASPIRIN, Json, amount, bundle, concept

HOUR = timedelta(hours=1)


def rate(number: object, unit: str) -> Json:
    return {"rateQuantity": amount(number, unit)}


def ratio(number: object, unit: str, per: object, per_unit: str) -> Json:
    return {"rateRatio": {"numerator": amount(number, unit), "denominator": amount(per, per_unit)}}


def test_an_infusion_with_all_that_it_needs() -> None:
    found = record(administration(), level())
    dose = the_dose(found)
    assert (dose.start, dose.duration) == (datetime(2026, 11, 18, 8, tzinfo=UTC), HOUR)
    assert dose.amount == 1000
    assert (dose.route, dose.certainty) == ("iv", Certainty.GIVEN)
    assert dose.path == "prefetch.exposure.entry[0].resource"
    assert found.doubts == () and found.usable


@pytest.mark.parametrize(
    ("end", "dosage", "length"),
    [
        (None, rate(500, "mg/h"), 2 * HOUR),
        (None, rate("0.25", "g/h"), 4 * HOUR),
        (None, ratio(1, "g", 2, "h"), 2 * HOUR),
        (None, ratio(10, "mg", 1, "min"), 100 * timedelta(minutes=1)),
        (at("08:00"), rate(500, "mg/h"), 2 * HOUR),
        (at("10:10"), rate(500, "mg/h"), timedelta(minutes=130)),
    ],
)
def test_the_length_of_an_infusion(end: str | None, dosage: Json, length: timedelta) -> None:
    """From its period, else from dose and rate; a period without a length is none."""
    found = record(administration(end=end, dosage=dosage), level())
    assert the_dose(found).duration == length and found.doubts == ()


@pytest.mark.parametrize(
    "dosage", [{}, rate(100, "mL/h"), rate(20, "min"), rate(500, "mg/kg/h"), rate(0, "mg/h")]
)
def test_an_infusion_without_a_length_is_no_bolus(dosage: Json) -> None:
    found = record(administration(end=None, dosage=dosage), level())
    assert the_dose(found).duration is None
    doubt = the_doubt(found, DoubtKind.INFUSION_LENGTH)
    assert doubt.blocks and "1000 mg at 2026-11-18T08:00:00+00:00" in doubt.what
    assumed = record(administration(end=None, dosage=dosage), level(), infusion=HOUR)
    assert the_dose(assumed).duration == HOUR and doubts(assumed) == {DoubtKind.INFUSION_LENGTH: False}


def test_a_bolus_is_one_that_is_charted_as_one() -> None:
    found = record(administration(end=None, route=concept("IVPUSH", V3)), level())
    assert the_dose(found).duration == timedelta() and found.doubts == ()


@pytest.mark.parametrize(("end", "hours"), [(at("12:00"), 4), (at("08:30"), Fraction(1, 2))])
def test_amount_rate_and_length_that_contradict_one_another(end: str, hours: Fraction) -> None:
    found = record(administration(end=end, dosage=rate(500, "mg/h")), level())
    assert found.doses == () and the_doubt(found, DoubtKind.INFUSION_LENGTH).blocks


def test_an_amount_from_rate_and_length() -> None:
    found = record(
        administration(dose={}, dosage={"dose": None} | rate(300, "mg/h"), end=at("12:00")), level()
    )
    assert the_dose(found).amount == 1200 and the_dose(found).duration == 4 * HOUR


@pytest.mark.parametrize(
    "dose",
    [
        {"value": 1, "unit": "TAB", "system": "http://example.org", "code": "TAB"},
        amount(20, "mL"),
        amount(15, "mg/kg"),
        amount(0, "mg"),
        amount(-5, "mg"),
        amount(1, "mmol"),
        amount(100, "mg", comparator="<"),
        amount(1, "mg", unit="g"),
        {"value": "1000", "system": "http://unitsofmeasure.org", "code": "mg"},
        {},
    ],
)
def test_an_amount_that_is_none(dose: Json) -> None:
    found = record(administration(dose=dose), level())
    assert found.doses == () and doubts(found)[DoubtKind.AMOUNT]


def test_amounts_are_converted_exactly() -> None:
    assert the_dose(record(administration(dose=amount("1.05", "g")))).amount == 1050
    assert the_dose(record(administration(), dose_unit="ug")).amount == 1_000_000
    moles = administration(dose=amount("0.3", "mmol"))
    assert the_dose(record(moles, molar_mass=quantity("449.6", "g/mol"))).amount == Fraction("134.88")
    assert "per kg" in record(administration(dose=amount(15, "mg/kg"))).doubts[0].what


@pytest.mark.parametrize(
    ("route", "expected"),
    [
        (IV, "iv"),
        (concept("20045000", EDQM), "iv"),
        (concept("IV", V3), "iv"),
        (concept("127492001", SNOMED), "enteral"),
        (None, None),
        ({"text": "IV"}, None),
        (concept("999", SNOMED), None),
        ({"coding": [*IV["coding"], *ORAL["coding"]]}, None),
        ({"coding": [*IV["coding"], *concept("drip", "urn:local")["coding"]]}, "iv"),
    ],
)
def test_routes(route: Json | None, expected: str | None) -> None:
    found = record(administration(route=route), level())
    if expected in (None, "enteral"):
        # What is given through a tube is not given over an hour.
        kind = DoubtKind.ROUTE if expected is None else DoubtKind.SPAN
        assert found.doses == () and doubts(found)[kind]
    else:
        assert the_dose(found).route == expected


def test_a_dose_by_mouth_has_no_length_and_needs_a_time() -> None:
    once = record(administration(end=at("08:10"), route=ORAL), level())
    assert (the_dose(once).duration, once.doubts) == (timedelta(), ())
    within = record(administration(end=at("12:00"), route=ORAL), level())
    assert within.doses == () and the_doubt(within, DoubtKind.SPAN).blocks


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        ("2026-11-18", DoubtKind.TIME),
        ("2026-11", DoubtKind.TIME),
        ("this morning", DoubtKind.TIME),
        (None, DoubtKind.TIME),
        ("2026-11-18T08:00:00", DoubtKind.NO_OFFSET),
        ("2027-01-01T08:00:00Z", DoubtKind.FUTURE),
    ],
)
def test_a_dose_that_cannot_be_placed(start: str | None, kind: DoubtKind) -> None:
    found = record(administration(start, end=None, route=ORAL), level())
    assert found.doses == () and doubts(found)[kind] and not found.usable


def test_whether_a_doubt_blocks_hangs_on_the_last_level() -> None:
    """A dose of the day after the level changes no fit; without a level there is none to make."""
    undated = administration("2026-11-18", end=None, route=ORAL, identifier="a2")
    first = administration(start=at("08:00", 17), end=at("09:00", 17))
    before = level(when=at("12:00", 17))
    # Somewhere on earth it was the 18th two hours earlier.
    assert not record(first, undated, before).usable
    assert record(first, undated, before, zone=ZoneInfo("Europe/Berlin")).usable
    assert not record(first, undated, level(when=at("12:00", 18))).usable
    assert record(undated).usable and doubts(record(undated)) == {DoubtKind.TIME: False}
    assert record(first, undated, level(), since=datetime(2026, 11, 19, 12, tzinfo=UTC)).doses == ()
    assert DoubtKind.TIME not in doubts(record(undated, since=datetime(2026, 11, 19, 12, tzinfo=UTC)))


def test_times_without_an_offset_are_read_in_the_zone_of_the_site() -> None:
    local = administration("2026-11-18T08:00:00", "2026-11-18T09:30:00")
    found = record(local, level(), zone=ZoneInfo("Europe/Berlin"))
    dose = the_dose(found)
    assert dose.start == datetime(2026, 11, 18, 7, tzinfo=UTC) and dose.duration == 1.5 * HOUR
    assert doubts(found) == {DoubtKind.NO_OFFSET: False}
    for twice_or_never in ("2026-10-25T02:30:00", "2026-03-29T02:30:00"):
        unclear = administration(twice_or_never, end=None, route=ORAL)
        found = record(unclear, level(), zone=ZoneInfo("Europe/Berlin"))
        assert found.doses == () and the_doubt(found, DoubtKind.NO_OFFSET).blocks


def test_a_night_in_which_clocks_are_changed_has_an_hour_more() -> None:
    local = administration("2026-10-24T23:00:00", "2026-10-25T05:00:00")
    assert the_dose(record(local, zone=ZoneInfo("Europe/Berlin"))).duration == 7 * HOUR


def test_a_period_that_ends_before_it_begins() -> None:
    found = record(administration(end=at("07:00")), level())
    assert found.doses == () and doubts(found) == {DoubtKind.TIME: True, DoubtKind.BEFORE_FIRST_DOSE: True}


@pytest.mark.parametrize(
    ("status", "given", "kind", "blocks"),
    [
        ("completed", True, None, False),
        ("in-progress", True, DoubtKind.PARTIAL, False),
        ("not-done", False, None, False),
        ("entered-in-error", False, None, False),
        ("stopped", False, DoubtKind.PARTIAL, True),
        ("on-hold", False, DoubtKind.PARTIAL, True),
        ("unknown", False, DoubtKind.STATUS, True),
        ("done", False, DoubtKind.STATUS, True),
    ],
)
def test_statuses(status: str, given: bool, kind: DoubtKind | None, blocks: bool) -> None:
    first = administration(start=at("08:00", 17), end=at("09:00", 17), identifier="a0")
    found = record(first, administration(status=status), level())
    assert len(found.doses) == 1 + given
    assert doubts(found) == ({} if kind is None else {kind: blocks})


def test_what_was_broken_off_is_known_from_rate_and_length() -> None:
    found = record(administration(status="stopped", dosage=rate(400, "mg/h")), level())
    assert the_dose(found).amount == 400 and doubts(found) == {DoubtKind.PARTIAL: False}


def test_what_still_runs() -> None:
    """At 12:00 on the 20th an infusion of 50 mg/h has run for six hours."""
    running = administration(
        at("06:00", 20), None, status="in-progress", dosage={"dose": None} | rate(50, "mg/h")
    )
    assert the_dose(record(running)).amount == 300 and the_dose(record(running)).duration == 6 * HOUR
    planned = administration(at("11:00", 20), at("13:00", 20), status="in-progress")
    assert the_dose(record(planned)).duration == 2 * HOUR


def test_no_infusion_takes_months() -> None:
    found = record(administration(start=at("08:00", 1).replace("-11-", "-08-")), level())
    assert found.doses == () and doubts(found)[DoubtKind.INFUSION_LENGTH]


def test_whose_and_which_drug() -> None:
    """H-017, H-024: another patient refuses the chart, an unclear subject blocks, other drugs are others."""
    with pytest.raises(WrongPatient):
        record(administration(subject={"reference": "Patient/p2"}))
    nobody = administration(subject={})
    assert (
        record(nobody, level()).doses == () and the_doubt(record(nobody, level()), DoubtKind.SUBJECT).blocks
    )
    other = administration(medicationCodeableConcept=concept("32968", RXNORM))
    assert record(other).doses == () and record(other).doubts == ()
    both = record(administration(medicationCodeableConcept=concept(BOTH, RXNORM)), level())
    assert both.doses == () and doubts(both)[DoubtKind.DRUG]
    aspirin = concept(WITH_ASPIRIN, RXNORM)
    assert record(administration(medicationCodeableConcept=aspirin)).doubts == ()


def test_a_drug_that_nobody_can_identify() -> None:
    """A Medication that is not at hand may be of the drug; a name that is not listed hardly is."""
    elsewhere = administration(medicationReference={"reference": "Medication/m"}, identifier="a2")
    del elsewhere["medicationCodeableConcept"]
    assert doubts(record(administration(), elsewhere, level())) == {DoubtKind.DRUG: True}
    named = administration(medicationCodeableConcept={"text": "white pill"}, identifier="a2")
    assert doubts(record(administration(), named, level())) == {DoubtKind.DRUG: False}
    brought = {"resourceType": "Medication", "id": "m", "code": administration()["medicationCodeableConcept"]}
    assert (
        len(
            record(
                administration(),
                elsewhere | {"effectivePeriod": {"start": at("20:00"), "end": at("21:00")}},
                brought,
            ).doses
        )
        == 2
    )


def test_one_administration_is_one_dose() -> None:
    """H-013: what stands in two lists is one; what differs under one name is none; equal ones are a doubt."""
    same = record(administration(), administration(), level())
    assert len(same.doses) == 1 and same.doubts == ()
    versions = record(administration(), administration(dose=amount(500, "mg")), level())
    assert versions.doses == () and doubts(versions)[DoubtKind.VERSIONS]
    taken_back = record(administration(), administration(status="entered-in-error"), level())
    assert taken_back.doses == () and doubts(taken_back)[DoubtKind.VERSIONS]
    twice = record(administration(), administration(identifier="a2"), level())
    assert len(twice.doses) == 2 and doubts(twice) == {DoubtKind.REPEATED: True}
    two_sizes = record(administration(), administration(identifier="a2", dose=amount(250, "mg")), level())
    assert len(two_sizes.doses) == 2 and two_sizes.doubts == ()


def test_dispensing_tells_of_no_dose() -> None:
    handed = order() | {
        "resourceType": "MedicationDispense",
        "status": "completed",
        "whenHandedOver": at("08:00"),
    }
    assert record(handed).doses == () and record(handed).doubts == ()


def test_a_list_that_is_not_whole() -> None:
    """H-068, H-069."""

    def found(**lists: object) -> dict[DoubtKind, bool]:
        return doubts(
            dosing_record(QUESTION, on_file(administration(), level(), **lists), AS_OF, TERMINOLOGY)
        )

    assert found() == {}
    assert found(exposure=bundle(administration(), total=2)) == {DoubtKind.LIST: True}
    assert found(exposure={"resourceType": "OperationOutcome"})[DoubtKind.LIST]
    assert found(medications=None) == {DoubtKind.LIST: False}
    assert found(labs=bundle(level(), total=7)) == {DoubtKind.LIST: False}
