"""What parameters depend on, with unit, time and source."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from fhir_adapters import UnknownSource, chart_of_bundle
from fhir_adapters.dosing import CovariateRecord, DoubtKind, dosing_record
from fhir_adapters.intake import Intake
from tests.fhir_adapters.dosing.example import (
    QUESTION,
    administration,
    at,
    doubts,
    instruction,
    level,
    on_file,
    order,
    record,
)
from tests.fhir_adapters.example import AS_OF, TERMINOLOGY, amount, bundle, patient, weight

ASKED = replace(QUESTION, covariates=(TERMINOLOGY.observable("weight"),), person=("age", "female"))


def values(*resources: Any, **more: Any) -> list[tuple[str, object, str]]:
    found = record(*resources, question=ASKED, **more).covariates
    return [(each.name, each.value, each.unit) for each in found]


PERSON = [("age", Fraction(63), "a"), ("female", True, "")]


def test_a_series_with_units_times_and_sources() -> None:
    then = weight(150, "[lb_av]", "w2", effectiveDateTime=at("08:00", 3))
    found = record(weight(), then, question=ASKED).covariates
    assert [(each.name, each.at.day) for each in found] == [
        ("weight", 3),
        ("weight", 18),
        ("age", 20),
        ("female", 20),
    ]
    assert found[0].value == Fraction("68.0388555") and found[0].unit == "kg"
    assert found[1] == CovariateRecord(
        "weight", Fraction(68), "kg", datetime(2026, 11, 18, 9, tzinfo=UTC), "prefetch.labs.entry[0].resource"
    )
    assert found[2].at == AS_OF and found[2].path == "prefetch.patient"


def test_a_day_without_a_time_holds_from_its_beginning() -> None:
    dated = weight(effectiveDateTime="2026-11-10")
    (first, *_) = record(dated, question=ASKED, zone=ZoneInfo("Europe/Berlin")).covariates
    assert first.at == datetime(2026, 11, 9, 23, tzinfo=UTC)
    assert doubts(record(dated, question=ASKED)) == {DoubtKind.TIME: False}


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({"status": "preliminary"}, DoubtKind.STATUS),
        ({"subject": {}}, DoubtKind.SUBJECT),
        ({"effectiveDateTime": None}, DoubtKind.TIME),
        ({"effectiveDateTime": "2026-12-24T08:00:00Z"}, DoubtKind.FUTURE),
        ({"valueQuantity": amount(9000)}, DoubtKind.VALUE),
        ({"valueQuantity": amount(70, comparator=">")}, DoubtKind.VALUE),
        ({"valueQuantity": amount(70, unit="lb")}, DoubtKind.VALUE),
    ],
)
def test_a_value_that_is_not_used(more: Any, kind: DoubtKind) -> None:
    """It never blocks by itself: whether another one will do hangs on how old it may be."""
    found = record(weight() | more, question=ASKED)
    assert [each.name for each in found.covariates] == ["age", "female"]
    assert doubts(found) == {kind: False}


def test_values_of_one_time() -> None:
    """H-013, H-014: equal ones are one, of different ones none is used."""
    assert len(values(weight(), weight(68000, "g", "w2"))) == 3
    found = record(weight(), weight(86, identifier="w2"), question=ASKED)
    assert len(found.covariates) == 2 and doubts(found) == {DoubtKind.DIFFERING: False}
    assert values(weight(status="entered-in-error")) == PERSON


def test_what_the_patient_resource_does_not_tell() -> None:
    unknown = on_file(patient=patient(gender="unknown", birthDate="1963"))
    found = dosing_record(ASKED, unknown, datetime(2026, 6, 1, tzinfo=UTC), TERMINOLOGY)
    assert found.covariates == () and doubts(found) == {DoubtKind.COVARIATE: False}
    assert doubts(dosing_record(ASKED, on_file(patient=None), AS_OF, TERMINOLOGY)) == {
        DoubtKind.COVARIATE: False
    }
    with pytest.raises(UnknownSource):
        record(person=("shoe_size",))


def test_what_strict_intake_refuses_blocks() -> None:
    """A dose that stands in a resource that was refused is a dose that lacks."""
    first = administration(start=at("08:00", 17), end=at("09:00", 17), identifier="a0")
    broken = administration(note="free text in place of a list")
    for refused in (broken, level(30, when=at("14:00", 19), identifier="l2", note="x")):
        whole = bundle(patient(), first, level(), refused)
        tolerant = dosing_record(QUESTION, chart_of_bundle(whole), AS_OF, TERMINOLOGY)
        assert len(tolerant.doses) + len(tolerant.levels) == 3 and tolerant.usable
        strict = dosing_record(QUESTION, chart_of_bundle(whole, Intake.STRICT), AS_OF, TERMINOLOGY)
        assert len(strict.doses) + len(strict.levels) == 2 and doubts(strict)[DoubtKind.REFUSED]
    whole = bundle(patient(), first, level(), order(instruction(), note="x"))
    assert doubts(dosing_record(QUESTION, chart_of_bundle(whole, Intake.STRICT), AS_OF, TERMINOLOGY))[
        DoubtKind.REFUSED
    ]
