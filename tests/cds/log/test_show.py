"""A decision as an auditor reads it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.log import LogEntry, StoredEntry, render
from tests.cds.log.support import entry

RECORD: dict[str, Any] = {
    "software": "0.1.0",
    "kb": {"version": "2026.11", "digest": "sha256:abc"},
    "as_of": "2026-11-20T12:00:00+00:00",
    "request": {
        "hook": "order-sign",
        "hookInstance": "6f0d0c1e-52a4-4b0e-9c1d-00000000abcd",
        "user": "Practitioner/p1",
        "patient": "pat-1",
        "fhirServer": "https://ehr.example.org/fhir",
    },
    "prefetch": {"patient": "resource", "labs": "absent"},
    "orders": [
        {"reference": "MedicationRequest/draft-1", "drug": "niraparib", "identified": "RxNorm 1918231"},
        {"reference": "MedicationRequest/draft-2", "drug": None, "identified": None},
    ],
    "findings": [{"code": "drug-unmapped", "path": "context.draftOrders.entry[1]", "text": "no known drug"}],
    "evaluations": [
        {
            "rule": "niraparib.start",
            "version": "3",
            "status": "active",
            "order": "MedicationRequest/draft-1",
            "state": "settled",
            "result": "200 mg once daily",
            "decided_by": ["line 12: weight < 77 kg"],
            "inputs": [
                {
                    "name": "weight",
                    "value": "60 kg",
                    "reason": None,
                    "explanation": "",
                    "optional": False,
                    "data": [
                        {
                            "path": "prefetch.labs.entry[0].resource",
                            "reference": "Observation/wt",
                            "instant": "2026-11-19T08:00:00Z",
                            "text": "60 kg",
                            "reason": None,
                        },
                        {"path": "prefetch.labs.entry[1].resource", "text": "132 [lb_av]", "reason": "stale"},
                    ],
                },
                {
                    "name": "platelets",
                    "value": None,
                    "reason": "missing",
                    "explanation": "no platelet count was sent",
                    "optional": True,
                    "data": [],
                },
            ],
            "because": "weight below 77 kg",
            "missing": ["platelets"],
            "assumptions": ["first start"],
        }
    ],
    "not_evaluated": [{"rule": "clopidogrel.cyp2c19", "reason": "pgx was not supplied"}],
    "cards": [
        {
            "uuid": "0b1f6a52-6f6e-4f0f-8f77-000000000001",
            "summary": "Start with 200 mg",
            "indicator": "warning",
            "detail": "Line one\n\nLine two",
            "source": {"label": "Label"},
            "suggestions": [
                {
                    "label": "200 mg",
                    "uuid": "0b1f6a52-6f6e-4f0f-8f77-000000000002",
                    "actions": [{"type": "update", "description": "Set the dose"}],
                }
            ],
        }
    ],
}

EXPECTED = """\
Decision d-1
  received:       2026-11-20T12:00:00+00:00
  place in log:   7
  service:        safety
  hook:           order-sign
  HTTP status:    200
  as of:          2026-11-20T12:00:00+00:00
  software:       0.1.0
  knowledge base: 2026.11 digest sha256:abc
  hook instance:  6f0d0c1e-52a4-4b0e-9c1d-00000000abcd
  user:           Practitioner/p1
  patient:        pat-1
  FHIR server:    https://ehr.example.org/fhir
  prefetch:       patient resource, labs absent

Orders seen
  MedicationRequest/draft-1 - niraparib (RxNorm 1918231)
  MedicationRequest/draft-2 - drug not identified

Rule niraparib.start version 3 (active)
  order:          MedicationRequest/draft-1
  state:          settled
  result:         200 mg once daily
  because:        weight below 77 kg
  decided by:     line 12: weight < 77 kg
  weight = 60 kg
      used: 60 kg of 2026-11-19T08:00:00Z
          Observation/wt at prefetch.labs.entry[0].resource
      rejected (stale): 132 [lb_av]
          at prefetch.labs.entry[1].resource
  platelets = unknown (missing) (optional)
      no platelet count was sent
  missing:        platelets
  assumes:        first start

Not evaluated
  clopidogrel.cyp2c19: pgx was not supplied

Findings about the data
  drug-unmapped at context.draftOrders.entry[1]: no known drug

Cards as sent
  [warning] Start with 200 mg
      card 0b1f6a52-6f6e-4f0f-8f77-000000000001 source Label
      Line one
      Line two
      suggests: 200 mg (0b1f6a52-6f6e-4f0f-8f77-000000000002)
          update: Set the dose
"""


def test_a_decision_is_told_in_full() -> None:
    assert render(StoredEntry(7, entry(**RECORD))) == EXPECTED


@pytest.mark.parametrize("name", list(RECORD))
def test_any_member_may_be_absent(name: str) -> None:
    text = render(StoredEntry(7, entry(**{key: value for key, value in RECORD.items() if key != name})))
    assert len(text) < len(EXPECTED)
    assert "None" not in text


def test_no_cards_and_no_evaluation_are_told_apart() -> None:
    """Silence is a decision: 'evaluated and sent nothing' must not look like 'refused'."""
    assert "No cards were sent" in render(StoredEntry(1, entry(cards=[])))
    refused = render(StoredEntry(1, entry(refusal={"status": 400, "reason": "bad-request"})))
    assert "refused:        400 bad-request" in refused and "cards" not in refused


def test_what_was_left_out_and_whose_guidance_went_first_are_told() -> None:
    text = render(
        StoredEntry(1, entry(cards=[], left_out=["Niraparib: less"], guidance_precedence=["DPWG", "CPIC"]))
    )
    assert "guidance first: DPWG, CPIC\n" in text
    assert "  left out as less urgent: Niraparib: less\n" in text


def test_h026_a_deceased_patient_is_told() -> None:
    assert "deceased:       yes" in render(StoredEntry(1, entry(deceased=True)))
    assert "deceased" not in render(StoredEntry(1, entry(deceased=False)))


def test_h023_local_codes_are_told() -> None:
    """Which codes nobody knows, which map was used, and who signed it."""
    unmapped = {"observations": 3, "codes": [{"code": "urn:oid:1.2.3|GEW", "observations": 2}]}
    kb = {"version": "1", "digest": "abc", "site_map": "def"}
    text = render(StoredEntry(1, entry(unmapped=unmapped, kb=kb, intake="tolerant")))
    assert "site map:       digest def\n  intake:         tolerant\n" in text
    assert "Observations without a code that is known here: 3\n  urn:oid:1.2.3|GEW: 2\n" in text
    code = {"system": "urn:oid:1.2.3", "code": "GEW", "target": "body_weight"}
    start = LogEntry("s-1", "start", "2026-11-20T12:00:00+00:00", None, None, None, {})
    signed = {"site_codes": [code | {"signed_by": "A. Example", "signed": "2026-10-01"}]}
    assert "  urn:oid:1.2.3|GEW: body_weight, signed by A. Example, 2026-10-01\n" in render(
        StoredEntry(1, replace(start, record=signed))
    )


def test_feedback_and_starts_are_told() -> None:
    item = {
        "card": "0b1f6a52-6f6e-4f0f-8f77-000000000001",
        "outcome": "overridden",
        "outcomeTimestamp": "2026-11-20T10:05:31Z",
        "overrideReason": {"reason": {"system": "urn:s", "code": "too-costly"}, "userComment": "no cover"},
    }
    feedback = LogEntry("f-1", "feedback", "2026-11-20T12:00:00Z", "safety", None, 200, {"feedback": [item]})
    text = render(StoredEntry(2, feedback))
    assert text.startswith("Feedback f-1\n")
    assert "overridden at 2026-11-20T10:05:31Z" in text
    assert "reason:         too-costly" in text and "comment:        no cover" in text
    start = LogEntry("s-1", "start", "2026-11-20T12:00:00Z", None, None, None, {"software": "0.1.0"})
    assert render(StoredEntry(1, start)).startswith("Start s-1\n  received:")


def test_h137_control_characters_are_made_visible() -> None:
    """Recorded text must not forge lines or drive the auditor's terminal."""
    record: dict[str, Any] = {"refusal": {"status": 400, "reason": "x\nDecision forged\x1b[2J\u202e"}}
    text = render(StoredEntry(1, entry(**record)))
    assert "x\\u000aDecision forged\\u001b[2J\\u202e" in text


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(RECORD)), inner),
)


@given(st.dictionaries(st.sampled_from(sorted(RECORD)), _JSON))
def test_records_of_any_shape_are_rendered(record: dict[str, Any]) -> None:
    """A record of older software must stay readable."""
    assert render(StoredEntry(1, entry(**record))).startswith("Decision d-1\n")
