"""Doses as stated and as ordered: when they were due, and which of them something better tells of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from fhir_adapters.dosing import Certainty, DoubtKind
from fhir_adapters.dosing.routes import SNOMED
from tests.fhir_adapters.dosing.example import (
    IV,
    ORAL,
    administration,
    at,
    doubts,
    every,
    instruction,
    level,
    order,
    record,
    starts,
    statement,
    the_dose,
    the_doubt,
)
from tests.fhir_adapters.example import Json, amount, concept

BOUNDS = {"boundsPeriod": {"start": at("08:00")}}
TWICE = {"frequency": 2, "period": 1, "periodUnit": "d"}


def given(start: str, **more: Any) -> Json:
    """A tablet of 100 mg."""
    return administration(
        start, None, **({"route": ORAL, "dose": amount(100, "mg"), "identifier": start[8:13]} | more)
    )


def days(*hours: int) -> list[str]:
    return [f"{18 + hour // 24:02d} {hour % 24:02d}:00" for hour in hours]


def test_an_order_with_start_and_interval_is_doses_as_ordered() -> None:
    found = record(order(instruction(every(12))), level())
    assert starts(found) == days(8, 20, 32, 44, 56)
    assert {dose.certainty for dose in found.doses} == {Certainty.ORDERED}
    path = "prefetch.medications.entry[0].resource.dosageInstruction[0]"
    assert {dose.path for dose in found.doses} == {path}
    assert {int(dose.amount) for dose in found.doses} == {100}
    assert {dose.route for dose in found.doses} == {"oral"}
    assert {dose.duration for dose in found.doses} == {timedelta()}
    doubt = the_doubt(found, DoubtKind.AS_ORDERED)
    assert not doubt.blocks and "as ordered, not as given" in doubt.consequence and found.usable


@pytest.mark.parametrize(
    ("repeat", "expected"),
    [
        (every(24), days(8, 32, 56)),
        (every(24, end=at("08:00", 19)), days(8, 32)),
        (every(24, end="2026-11-19"), days(8, 32)),
        (every(24, end="2026-11-18"), days(8)),
        (every(24, count=2), days(8, 32)),
        (every(24, start="2026-11-18T08:00:00+02:00", end="2026-11-18"), days(6)),
        ({"frequency": 1, "period": 2, "periodUnit": "d"} | BOUNDS, days(8, 56)),
        ({"frequency": 1, "period": 1, "periodUnit": "wk"} | BOUNDS, days(8)),
        (every(24, start=at("08:00", 21)), []),
        (BOUNDS | {"count": 1}, days(8)),
        (BOUNDS | {"timeOfDay": ["20:00:00", "08:00:00"]}, days(8, 20, 32, 44, 56)),
        (BOUNDS | TWICE | {"timeOfDay": ["08:00:00", "20:00:00"]}, days(8, 20, 32, 44, 56)),
        (BOUNDS | {"timeOfDay": ["06:00:00", "21:30:00"], "count": 2}, ["18 21:30", "19 06:00"]),
        (
            {"boundsDuration": {"value": 3, "code": "d"}} | TWICE | {"timeOfDay": ["08:00:00", "20:00:00"]},
            None,
        ),
    ],
)
def test_times(repeat: Json, expected: list[str] | None) -> None:
    found = record(order(instruction(repeat)))
    assert starts(found) == (expected or [])
    assert (DoubtKind.TIMING in doubts(found)) is (expected is None)


def test_single_times() -> None:
    timing = {"event": [at("20:00"), at("08:00"), at("08:00", 21)]}
    assert starts(record(order(instruction(timing=timing)))) == days(8, 20)
    for event in (["2026-11-18"], [None], "x", [at("08:00"), "soon"]):
        assert doubts(record(order(instruction(timing={"event": event})), level()))[DoubtKind.TIMING]
    for more in ({"repeat": every(12)}, {"code": {"text": "BID"}}, {"modifierExtension": [{"url": "x"}]}):
        found = record(order(instruction(timing=timing | more)), level())
        assert found.doses == () and doubts(found)[DoubtKind.TIMING]


def test_a_duration_ends_an_order() -> None:
    """From the start of a statement's own period, where the instruction has none."""
    repeat = {"frequency": 1, "period": 12, "periodUnit": "h", "boundsDuration": amount(1, "d")}
    found = record(statement(instruction(repeat), effectivePeriod={"start": at("08:00")}))
    assert starts(found) == days(8, 20, 32)
    assert {dose.certainty for dose in found.doses} == {Certainty.STATED}


@pytest.mark.parametrize(
    "made",
    [
        instruction(BOUNDS | TWICE),
        instruction(timing={"code": {"text": "BID"}, "repeat": BOUNDS}),
        instruction({"frequency": 1, "period": 12, "periodUnit": "h"}),
        instruction(every(12, start="2026-11-18")),
        instruction(every(12, start="2026-11-18T08:00:00")),
        instruction(every(12) | {"periodMax": 24}),
        instruction(every(12) | {"dayOfWeek": ["mon"]}),
        instruction(every(12) | {"count": 0}),
        instruction(every(12) | {"modifierExtension": [{"url": "x"}]}),
        instruction(every(12, end="later")),
        instruction(every(24) | {"timeOfDay": ["08:00:00"]}),
        instruction(BOUNDS | {"timeOfDay": ["8 o'clock"]}),
        instruction(BOUNDS | {"timeOfDay": []}),
        instruction(BOUNDS),
        instruction(every(12) | {"boundsPeriod": None, "boundsRange": {}}),
        instruction({"frequency": 1, "period": 0, "periodUnit": "h"} | BOUNDS),
        instruction({"frequency": 1, "period": 1, "periodUnit": "mo"} | BOUNDS),
        instruction(every(12), asNeededBoolean=True),
        instruction(),
    ],
)
def test_times_that_are_not_told(made: Json) -> None:
    found = record(order(made), level())
    assert found.doses == () and doubts(found)[DoubtKind.TIMING] and not found.usable


def test_amount_and_route_have_to_be_told() -> None:
    assert doubts(record(order(instruction(every(12), dose=amount(1, "{tbl}"))), level()))[DoubtKind.AMOUNT]
    assert doubts(record(order(instruction(every(12), doseAndRate=[])), level()))[DoubtKind.AMOUNT]
    assert doubts(record(order(instruction(every(12), route=None)), level()))[DoubtKind.ROUTE]
    assert doubts(record(order(), level()))[DoubtKind.TIMING]


def test_the_length_of_ordered_infusions() -> None:
    hour = timedelta(hours=1)
    lasting = order(instruction(every(24, duration=2, durationUnit="h", count=1), route=IV))
    assert the_dose(record(lasting)).duration == 2 * hour
    rate = {"doseQuantity": amount(100, "mg"), "rateQuantity": amount(50, "mg/h")}
    by_rate = order(instruction(every(24, count=1), route=IV, doseAndRate=[rate]))
    assert the_dose(record(by_rate)).duration == 2 * hour
    none = order(instruction(every(24, count=1), route=IV))
    assert the_dose(record(none, level())).duration is None
    assert doubts(record(none, level()))[DoubtKind.INFUSION_LENGTH]
    assert the_dose(record(none, infusion=hour)).duration == hour
    # What is charted needs no length of the order.
    charted = record(none, administration(), level())
    assert [dose.certainty for dose in charted.doses] == [Certainty.GIVEN] and charted.doubts == ()


@pytest.mark.parametrize(
    ("made", "status", "count", "kind", "blocks"),
    [
        (order, "active", 5, DoubtKind.AS_ORDERED, False),
        (order, "completed", 0, DoubtKind.TIMING, True),
        (order, "stopped", 0, DoubtKind.STATUS, True),
        (order, "on-hold", 0, DoubtKind.STATUS, True),
        (order, "unknown", 0, DoubtKind.STATUS, True),
        (order, "cancelled", 0, None, False),
        (order, "draft", 0, None, False),
        (order, "entered-in-error", 0, None, False),
        (statement, "active", 5, DoubtKind.AS_ORDERED, False),
        (statement, "intended", 0, DoubtKind.STATUS, True),
        (statement, "not-taken", 0, None, False),
    ],
)
def test_statuses(made: Any, status: str, count: int, kind: DoubtKind | None, blocks: bool) -> None:
    found = record(made(instruction(every(12)), status=status), level())
    assert len(found.doses) == count
    expected = {} if kind is None else {kind: blocks}
    assert {
        each: value for each, value in doubts(found).items() if each is not DoubtKind.BEFORE_FIRST_DOSE
    } == expected


def test_plans_and_what_must_not_be_taken_are_no_doses() -> None:
    for more in ({"intent": "plan"}, {"doNotPerform": True}):
        found = record(order(instruction(every(12)), **more))
        assert found.doses == () and found.doubts == ()


# ---------------------------------------------------------------- who tells of which dose
def test_an_administration_answers_the_nearest_time_of_an_order() -> None:
    """Each dose is there once, as it was given."""
    charted = [
        given(at("08:20")),
        given(at("19:00")),
        given(at("10:59", 19)),
        given(at("20:30", 19)),
        given(at("08:00", 20)),
    ]
    found = record(order(instruction(every(12))), *charted, level())
    assert starts(found) == ["18 08:20", "18 19:00", "19 10:59", "19 20:30", "20 08:00"]
    assert {dose.certainty for dose in found.doses} == {Certainty.GIVEN} and found.doubts == ()


def test_an_administration_far_from_an_order_is_another_dose() -> None:
    found = record(order(instruction(every(24, end=at("09:00")))), given(at("21:00")))
    assert starts(found) == ["18 08:00", "18 21:00"]
    assert len(record(order(instruction(every(24, end=at("09:00")))), given(at("20:00"))).doses) == 1


def test_a_dose_that_should_have_been_charted() -> None:
    """Given or left out: nobody can tell, so no fit over it; it counts as ordered where none is made."""
    charted = [given(at("08:20")), given(at("08:00", 19)), given(at("20:00", 19)), given(at("08:00", 20))]
    found = record(order(instruction(every(12))), *charted, level())
    assert [dose.certainty for dose in found.doses].count(Certainty.ORDERED) == 1
    assert "18 20:00" in starts(found)
    doubt = the_doubt(found, DoubtKind.NOT_CHARTED)
    assert doubt.blocks and "1 dose from 2026-11-18T20:00:00+00:00" in doubt.what
    assert record(order(instruction(every(12))), *charted, level(when=at("15:00"))).usable


def test_what_was_not_given_answers_the_order_too() -> None:
    charted = [given(at("08:20")), given(at("20:00"), status="not-done"), given(at("08:00", 19))]
    found = record(order(instruction(every(12, end=at("09:00", 19)))), *charted, level())
    assert starts(found) == ["18 08:20", "19 08:00"] and found.doubts == ()


def test_what_is_taken_at_home_before_the_first_charted_dose() -> None:
    home = statement(instruction(every(24, start=at("08:00", 14))))
    found = record(home, given(at("08:10")), given(at("08:00", 19)), given(at("08:00", 20)), level())
    assert starts(found)[:5] == ["14 08:00", "15 08:00", "16 08:00", "17 08:00", "18 08:10"]
    assert len(found.doses) == 7 and found.usable
    gap = record(home, given(at("08:10")), given(at("08:00", 20)), level())
    assert len(gap.doses) == 7 and doubts(gap) == {DoubtKind.AS_ORDERED: False, DoubtKind.NOT_CHARTED: True}


def test_a_statement_stands_for_the_order_that_it_is_about() -> None:
    stated = statement(instruction(every(24, start=at("09:00"))))
    found = record(stated, order(instruction(every(24))), level())
    assert starts(found) == ["18 09:00", "19 09:00", "20 09:00"]
    assert {dose.certainty for dose in found.doses} == {Certainty.STATED} and found.usable
    twice = record(stated, order(instruction(every(12))), level())
    assert doubts(twice)[DoubtKind.NOT_CHARTED] and not twice.usable
    renewed = record(stated, order(instruction(every(24, start=at("08:00", 16)))), level())
    assert len(renewed.doses) == 5 and renewed.usable


def test_two_orders() -> None:
    """Morning and evening are two orders; two at one time are a doubt."""
    morning = order(instruction(every(24)), identifier="m")
    evening = order(instruction(every(24, start=at("20:00")), dose=amount(50, "mg")), identifier="e")
    both = record(morning, evening, level())
    assert [int(dose.amount) for dose in both.doses] == [100, 50, 100, 50, 100] and both.usable
    missed = record(
        morning, evening, given(at("08:10")), given(at("20:10", 19)), given(at("08:10", 19)), level()
    )
    assert doubts(missed)[DoubtKind.NOT_CHARTED]
    second = order(instruction(every(8)), identifier="s")
    assert doubts(record(morning, second, level()))[DoubtKind.OVERLAP]
    after = order(instruction(every(8, start=at("16:00", 20))), identifier="s")
    assert record(morning, after, level()).usable


def test_two_orders_at_one_time_are_two_doses() -> None:
    """One administration answers one of them."""
    listed = [
        order(instruction(every(24, end=at("09:00", 19)), dose=amount(size, "mg")), identifier=f"o{size}")
        for size in (100, 50)
    ]
    half = {"dose": amount(50, "mg"), "route": ORAL}
    one_day = [given(at("08:05")), given(at("08:05"), id="half", dosage=half)]
    next_day = given(at("08:05", 19))
    found = record(*listed, *one_day, next_day, level())
    assert sorted(int(dose.amount) for dose in found.doses) == [50, 100, 100, 100]
    assert doubts(found) == {DoubtKind.NOT_CHARTED: True}
    assert record(*listed[:1], *one_day, next_day, level()).usable


def test_an_unclear_order_whose_doses_are_all_charted() -> None:
    twice = order(instruction(BOUNDS | TWICE))
    charted = [given(at("08:20")), given(at("20:00")), given(at("08:00", 19))]
    assert doubts(record(twice, *charted, level())) == {DoubtKind.TIMING: False}
    long_before = order(instruction(TWICE | {"boundsPeriod": {"start": at("08:00", 2)}}))
    assert doubts(record(long_before, *charted, level())) == {DoubtKind.TIMING: True}


def test_since_when_doses_matter() -> None:
    """An order of many years is answered for the days that are asked for, and refused without them."""
    old = order(instruction(every(6, start="2016-01-01T00:00:00Z")))
    assert doubts(record(old, level()))[DoubtKind.TIMING]
    since = datetime(2026, 11, 19, 1, tzinfo=UTC)
    assert starts(record(old, level(), since=since)) == days(30, 36, 42, 48, 54, 60)
    ended = order(instruction(every(6, start="2016-01-01", end="2016-02-01")))
    assert doubts(record(ended, level()))[DoubtKind.TIMING]
    assert doubts(record(ended, level(), since=since)) == {DoubtKind.BEFORE_FIRST_DOSE: True}


def test_hours_of_the_day_are_those_of_the_site() -> None:
    made = instruction({"boundsPeriod": {"start": "2026-11-18T00:00:00"}, "timeOfDay": ["08:00:00"]})
    new_york = ZoneInfo("America/New_York")
    assert starts(record(order(made), zone=new_york)) == ["18 13:00", "19 13:00"]
    # The evening of the 18th is the night of the 19th in Greenwich.
    evening = every(24, start="2026-11-17T20:00:00", end="2026-11-18")
    assert starts(record(order(instruction(evening)), zone=new_york)) == ["18 01:00", "19 01:00"]


def test_instructions_one_after_the_other() -> None:
    first = instruction(every(24, end=at("09:00", 19)), dose=amount(200, "mg"), sequence=1)
    then = instruction(every(24, start=at("08:00", 20)), sequence=2)
    found = record(order(first, then), level())
    assert [int(dose.amount) for dose in found.doses] == [200, 200, 100]
    assert found.doses[2].path.endswith(".dosageInstruction[1]") and found.usable


def test_tube_and_mouth_are_two_routes() -> None:
    tube = order(instruction(every(24, count=1), route=concept("127492001", SNOMED)))
    assert the_dose(record(tube)).route == "enteral"
