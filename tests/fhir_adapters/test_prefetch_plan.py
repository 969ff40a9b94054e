"""What is fetched, what is not, and what is missing for good."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_adapters import (
    KeyState,
    PrefetchKey,
    chart_of_prefetch,
    completed,
    plan_fetch,
    prefetch_states,
    prefetch_templates,
)
from fhir_adapters.prefetch_plan import filled_in
from tests.dsl.support import PROPERTY
from tests.fhir_adapters.example import (
    INPUTS,
    PATIENT_ID,
    TERMINOLOGY,
    Json,
    bundle,
    chart,
    fact,
    patient,
    platelets,
    rule_input,
    weight,
)

CONTEXT = {"patientId": "p-1.2", "userId": "Practitioner/u7", "encounterId": "e3"}
USUAL = [item for item in INPUTS if item.source.kind.value not in ("exposure", "allergy")]
TEMPLATES = prefetch_templates(USUAL, TERMINOLOGY, with_medications=True)
OUTCOME = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "forbidden"}]}


@pytest.mark.parametrize(
    ("state", "with_access", "without"),
    [
        (KeyState.ABSENT, "fetch", "missing"),
        (KeyState.FAILED, "fetch", "missing"),
        (KeyState.NULL, "fetch", "satisfied"),
        (KeyState.INCOMPLETE, "fetch", "satisfied"),
        (KeyState.COMPLETE, "satisfied", "satisfied"),
    ],
)
def test_each_state(state: KeyState, with_access: str, without: str) -> None:
    """H-068, H-069, checklist E6, E8, E9: only what is not there is fetched; `null` is never missing."""
    for access, expected in ((True, with_access), (False, without)):
        plan = plan_fetch({"labs": TEMPLATES["labs"]}, CONTEXT, {"labs": state}, access=access)
        assert {"fetch": [*plan.fetch], "satisfied": [*plan.satisfied], "missing": [*plan.missing]} == {
            "fetch": [],
            "satisfied": [],
            "missing": [],
        } | {expected: ["labs"]}


def test_the_queries_to_send() -> None:
    """Checklist E9: filled in, encoded, relative to the server; a name without a state was not answered."""
    plan = plan_fetch(TEMPLATES, CONTEXT, {"patient": KeyState.COMPLETE}, access=True)
    assert (plan.satisfied, plan.missing) == (("patient",), ())
    assert dict(plan.fetch) == {
        "pgx": "Observation?patient=p-1.2&code="
        "http://hl7.org/fhir/uv/genomics-reporting/CodeSystem/tbd-codes-cs%7Ctherapeutic-implication,"
        "http://loinc.org%7C53040-2,http://loinc.org%7C79713-4,http://loinc.org%7C79714-2,"
        "http://loinc.org%7C84413-4,http://loinc.org%7C84414-2",
        "medications": "MedicationRequest?patient=p-1.2",
        "conditions": "Condition?patient=p-1.2",
        "labs": "Observation?patient=p-1.2&code=http://loinc.org%7C1975-2,http://loinc.org%7C26515-7,"
        "http://loinc.org%7C29463-7,http://loinc.org%7C3141-9,http://loinc.org%7C777-3,"
        "http://loinc.org%7C82810-3&_sort=-date",
    }


@pytest.mark.parametrize(
    ("template", "url"),
    [
        ("Patient/{{context.patientId}}", "Patient/p-1.2"),
        ("{{context.userId}}", "Practitioner/u7"),
        ("Practitioner/{{userPractitionerId}}", "Practitioner/u7"),
        ("Patient/{{userPatientId}}", None),
        ("Encounter/{{context.encounterId}}", "Encounter/e3"),
        ("Patient/{{context.other}}", None),
        ("Patient/{{today()}}", None),
        ("Observation?code=a b+c%2C#d", "Observation?code=a%20b%2Bc%252C%23d"),
    ],
)
def test_filling_in(template: str, url: str | None) -> None:
    assert filled_in(template, CONTEXT) == url


@pytest.mark.parametrize(
    "value",
    [
        None,
        7,
        "",
        ".",
        "..",
        "../Observation",
        "a/b",
        "/0",
        "Patient/p1",
        "p&code=x",
        "p\n",
        "p?",
        "é",
        "x" * 65,
    ],
)
def test_a_value_that_is_no_id_fills_nothing(value: object) -> None:
    """Checklist F6: what stands in the context must not lead to another place of the server."""
    context = CONTEXT | {"patientId": value}
    plan = plan_fetch(TEMPLATES, context, {"labs": KeyState.NULL}, access=True)
    assert (dict(plan.fetch), plan.satisfied) == ({}, ("labs",))
    assert plan.missing == ("patient", "pgx", "medications", "conditions")


@pytest.mark.parametrize(
    "value", ["u7", "Practitioner/..", "practitioner/u7", "A/B/c", "/u7", "Practitioner/"]
)
def test_a_user_is_a_type_and_an_id(value: str) -> None:
    assert filled_in("{{context.userId}}", {"userId": value}) is None
    assert filled_in("Practitioner/{{userPractitionerId}}", {"userId": value}) is None


@PROPERTY
@given(
    st.text(max_size=70) | st.from_regex(r"[A-Za-z0-9.%/?&-]{1,6}", fullmatch=True),
    st.sampled_from(sorted(TEMPLATES)),
)
def test_no_value_changes_the_query_around_it(value: str, name: str) -> None:
    """H-022: whatever the id, the same type, the same parameters and no other path."""
    url = filled_in(TEMPLATES[name], {"patientId": value})
    if url is None:
        assert value in (".", "..") or not re.fullmatch(r"[A-Za-z0-9.\-]{1,64}", value)
        return
    expected = urlsplit(TEMPLATES[name].replace("{{context.patientId}}", value))
    assert unquote(urlsplit(url).path) == expected.path and not urlsplit(url).fragment
    assert parse_qsl(urlsplit(url).query) == parse_qsl(expected.query)


def test_what_was_fetched_takes_the_place_of_what_was_not_there() -> None:
    """H-068, H-096: an answer never gives way to a failure, and a key that nobody fetched stays as it was."""
    found = bundle(weight())
    sent = {"patient": patient(), "labs": None, "pgx": OUTCOME, "conditions": bundle(total=5)}
    assert completed(sent, {"labs": found, "pgx": OUTCOME, "medications": bundle()}) == {
        **sent,
        "labs": found,
        "medications": bundle(),
    }
    failed = dict.fromkeys(("labs", "conditions", "medications"), OUTCOME)
    after = completed(sent, failed)
    assert after == {**sent, "medications": OUTCOME}
    assert prefetch_states(after, PrefetchKey) == {
        "patient": KeyState.COMPLETE,
        "pgx": KeyState.FAILED,
        "medications": KeyState.FAILED,
        "conditions": KeyState.INCOMPLETE,
        "labs": KeyState.NULL,
        "exposure": KeyState.ABSENT,
        "allergies": KeyState.ABSENT,
    }


# ------------------------------------------------------------------ queries in parts
WEIGHT = rule_input("observation", "weight", 90)


@pytest.mark.parametrize(
    ("second", "state"),
    [
        (bundle(platelets()), KeyState.COMPLETE),
        (None, KeyState.INCOMPLETE),
        (bundle(total=3), KeyState.INCOMPLETE),
        (OUTCOME, KeyState.FAILED),
        ("absent", KeyState.ABSENT),
    ],
)
def test_the_parts_of_a_key(second: object, state: KeyState) -> None:
    """H-069: every part is read, and what one of them lacks the key lacks."""
    prefetch: Json = {"labs": bundle(weight()), "labs2": second}
    if second == "absent":
        del prefetch["labs2"]
    on_file = chart_of_prefetch(PATIENT_ID, prefetch, None, ["labs", "labs2"])
    assert on_file.states[PrefetchKey.LABS] is state
    assert fact(WEIGHT, on_file).known


def test_a_part_that_nobody_asked_for() -> None:
    """Checklist E12: it has no effect; that of a key all of whose parts failed alike is theirs."""
    on_file = chart(platelets(), labs2=bundle(weight(60)), labs=bundle(weight(90)))
    assert len([*on_file.of_types("Observation")]) == 1
    nothing = chart_of_prefetch(PATIENT_ID, {"labs": None, "labs2": None}, None, ["labs", "labs2"])
    assert nothing.states[PrefetchKey.LABS] is KeyState.NULL
    assert set(nothing.states) == set(PrefetchKey)
