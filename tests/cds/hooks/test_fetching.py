"""Calls whose data are on a FHIR server: asked in time, or 412 (H-068, H-069, H-095 to H-097)."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cds.log import DecisionLog
from fhir_adapters import load_json
from fhir_adapters.client import FetchLimits, FhirBase, FhirClient
from tests.cds.cards.support import (
    ACS,
    CLOPIDOGREL,
    NIRAPARIB,
    Json,
    bundled,
    condition,
    draft,
    genotype,
    hook_service,
    listing,
    niraparib_labs,
    order_sign,
    patient,
    prefetch,
)
from tests.cds.hooks.support import Reply, serving
from tests.fhir_adapters.client.fake_server import (
    BUDGET,
    SECRET,
    SLACK,
    FakeServer,
    Mood,
    answers,
    bomb,
    breaks_off,
    drips,
    fake_server,
    hangs,
    page,
    pours,
    status,
)

GENEROUS = 20.0


@dataclass
class Site:
    """One service that may ask one FHIR server, and the record of what it did."""

    fhir: FakeServer
    folder: Path
    seconds: float

    def call(self, body: Json, base: str | None = None) -> tuple[Reply, Mapping[str, Any], float]:
        """The answer, its record, and the seconds it took."""
        body = body | {
            "fhirServer": base or self.fhir.base,
            "fhirAuthorization": {
                "access_token": SECRET,
                "token_type": "Bearer",
                "expires_in": 300,
                "scope": "patient/*.read",
                "subject": "bespoke",
            },
        }
        client = FhirClient([FhirBase.of(self.fhir.base)], limits=FetchLimits(seconds=self.seconds))
        service = hook_service(self.folder, bundled(), allow_http_fhir=True, fhir_client=client)
        with serving(service) as http:
            begin = time.monotonic()
            reply = http.post(body, "/cds-services/medication-safety")
            seconds = time.monotonic() - begin
        log = DecisionLog.open(f"sqlite:///{self.folder / 'log.db'}")
        entry = log.get(reply.headers["x-decision-id"])
        log.close()
        assert entry is not None
        for written in (reply.body, *(path.read_bytes() for path in self.folder.glob("log.db*"))):
            assert SECRET.encode() not in written
        return reply, entry.entry.record, seconds


@contextmanager
def site(folder: Path, moods: Mapping[str, Mood], seconds: float = GENEROUS) -> Iterator[Site]:
    with fake_server(moods) as fhir:
        yield Site(fhir, folder, seconds)


def bundle(*resources: Json) -> Mood:
    return answers(listing(*resources))


def niraparib_call(data: Json | None = None) -> Json:
    body: Json = order_sign([draft(NIRAPARIB)], {})
    return (
        body | {"prefetch": data} if data is not None else {k: v for k, v in body.items() if k != "prefetch"}
    )


HEALTHY = {
    "Patient/p1": answers(patient()),
    "Observation": bundle(*niraparib_labs(60)),
    "MedicationRequest": bundle(),
    "Condition": bundle(),
}


def summaries(reply: Reply) -> list[str]:
    assert reply.status == 200, reply.body
    return [card["summary"] for card in json.loads(reply.body)["cards"]]


def test_what_was_not_sent_is_fetched_and_decides(tmp_path: Path) -> None:
    """Checklist E6, E7: the same advice as with a full prefetch; the token goes along with each query."""
    with site(tmp_path, HEALTHY) as where:
        reply, record, _ = where.call(niraparib_call())
        (summary,) = summaries(reply)
        assert "200 mg" in summary
        assert where.fhir.bearers() == [f"Bearer {SECRET}"] * len(where.fhir.calls)
        targets = {call.target.partition("?")[0] for call in where.fhir.calls}
    assert targets >= {"/fhir/Patient/p1", "/fhir/Observation"}
    assert set(record["request"]["fetched"].values()) == {"answered"}
    assert set(record["prefetch"].values()) <= {"complete", "absent"}


def test_only_what_is_lacking_is_fetched(tmp_path: Path) -> None:
    """Checklist E8: a partial prefetch is completed, what came is not asked for again."""
    sent = prefetch(labs=[])
    del sent["labs"]
    with site(tmp_path, HEALTHY) as where:
        reply, record, _ = where.call(niraparib_call(sent))
        assert "200 mg" in summaries(reply)[0]
        assert [call.target.partition("?")[0] for call in where.fhir.calls] == ["/fhir/Observation"]
    assert record["request"]["fetched"] == {"labs": "answered"}


def test_an_answer_in_part_is_fetched_whole(tmp_path: Path) -> None:
    """H-069: the first page holds an older weight, the server's pages the newest."""
    old = niraparib_labs(90)
    old[0] |= {"id": "old", "effectiveDateTime": "2026-11-01T09:00:00Z"}
    sent = prefetch(labs=old)
    sent["labs"]["total"] = 9
    with site(tmp_path, HEALTHY) as where:
        reply, _, _ = where.call(niraparib_call(sent))
    assert "200 mg" in summaries(reply)[0]


def test_nothing_is_fetched_for_a_drug_without_rules(tmp_path: Path) -> None:
    with site(tmp_path, HEALTHY) as where:
        body = order_sign([draft(("161", "acetaminophen"))], {})
        reply, record, _ = where.call(body)
        assert summaries(reply) == [] and where.fhir.calls == []
    assert record["request"]["fetched"] == {}


def redirects(call: Any) -> None:
    call.send(b"", 302, Location=call.server.base.replace("/fhir", "/elsewhere"))


def html(call: Any) -> None:
    call.send(b"<html>Please log in</html>", kind="text/html")


def endless(call: Any) -> None:
    page(link="{base}/Observation?page=again")(call)


SOMEBODY = {"reference": "Patient/somebody-else"}
MOODS: dict[str, tuple[Mood, str]] = {
    "drips": (drips, "deadline"),
    "hangs": (hangs, "deadline"),
    "401": (status(401), "unauthorised"),
    "429": (status(429, Retry_After="120"), "status"),
    "500": (status(500), "status"),
    "html": (html, "not-fhir"),
    "truncated": (breaks_off, "truncated"),
    "endless pages": (endless, "too-many-pages"),
    "redirect": (redirects, "redirect"),
    "wrong patient": (
        bundle(*(lab | {"subject": SOMEBODY} for lab in niraparib_labs(60))),
        "another-patient",
    ),
    "50 MB": (pours(50), "too-large"),
    "bomb": (bomb(50), "too-large"),
}


@pytest.mark.parametrize("mood", MOODS)
def test_each_mood_ends_in_412_within_the_budget(tmp_path: Path, mood: str) -> None:
    """H-096: no advice out of part of the data, the reason on record, the token nowhere else."""
    behaves, reason = MOODS[mood]
    with site(tmp_path, HEALTHY | {"Observation": behaves}, BUDGET) as where:
        reply, record, seconds = where.call(niraparib_call())
        assert where.fhir.bearers() == [f"Bearer {SECRET}"] * len(where.fhir.calls)
    assert reply.status == 412
    assert "labs (failed)" in reply.issue["details"]["text"]
    # A loaded machine may meet the deadline before the end of what is endless or huge.
    assert record["request"]["fetched"]["labs"] in (reason, "deadline")
    assert b"somebody-else" not in reply.body
    assert seconds < BUDGET + SLACK


def test_a_server_in_a_mood_does_not_take_back_what_was_sent(tmp_path: Path) -> None:
    """H-068: a first page that was sent stays, with the caveat that it is incomplete."""
    sent = prefetch(labs=niraparib_labs(60))
    sent["labs"]["total"] = 9
    with site(tmp_path, HEALTHY | {"Observation": status(500)}, BUDGET) as where:
        reply, record, _ = where.call(niraparib_call(sent))
    assert "200 mg" in summaries(reply)[0]
    assert record["prefetch"]["labs"] == "incomplete"
    assert record["request"]["fetched"] == {"labs": "status"}


def test_another_base_than_the_listed_one_is_not_asked(tmp_path: Path) -> None:
    """H-095: the canary hears nothing."""
    with fake_server(HEALTHY) as canary, site(tmp_path, HEALTHY) as where:
        reply, record, _ = where.call(niraparib_call(), base=canary.base)
        assert canary.calls == where.fhir.calls == []
    assert reply.status == 412
    assert set(record["request"]["fetched"].values()) == {"refused-base"}


def test_the_medication_of_an_order_is_read(tmp_path: Path) -> None:
    """H-019: without the Medication it could not be told which drug is ordered."""
    code = {"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": NIRAPARIB[0]}
    medication = {"resourceType": "Medication", "id": "m1", "code": {"coding": [code]}}
    order = draft(NIRAPARIB)
    del order["medicationCodeableConcept"]
    body = order_sign([order | {"medicationReference": {"reference": "Medication/m1"}}], {})
    with site(tmp_path, HEALTHY | {"Medication/m1": answers(medication)}) as where:
        reply, _, _ = where.call(body)
        assert "200 mg" in summaries(reply)[0]
    with site(tmp_path, HEALTHY) as where:
        assert where.call(body)[0].status == 412


def test_a_medication_behind_another_base_is_not_read(tmp_path: Path) -> None:
    """H-019, H-095."""
    order = draft(NIRAPARIB)
    del order["medicationCodeableConcept"]
    elsewhere = {"reference": "https://other.example.org/fhir/Medication/m1"}
    with site(tmp_path, HEALTHY) as where:
        reply, _, _ = where.call(order_sign([order | {"medicationReference": elsewhere}], {}))
        assert not any("/Medication/" in call.target for call in where.fhir.calls)
    assert reply.status == 412


def test_numbers_of_the_server_keep_their_digits(tmp_path: Path) -> None:
    """H-038, H-040: 76.999 kg is below the cut of 77."""
    labs = listing(*niraparib_labs(60))
    text = json.dumps(labs).replace('"value": 60', '"value": 76.9990')
    assert load_json(text.encode()) != labs
    moods = HEALTHY | {"Observation": lambda call: call.send(text.encode())}
    with site(tmp_path, moods) as where:
        reply, record, _ = where.call(niraparib_call())
    assert "200 mg" in summaries(reply)[0]
    assert "76.9990 kg" in json.dumps(record)


def test_a_genotype_on_the_server_reaches_the_rule(tmp_path: Path) -> None:
    moods = HEALTHY | {
        "Observation": bundle(genotype("CYP2C19", "*2/*2")),
        "Condition": bundle(condition(ACS)),
    }
    with site(tmp_path, moods) as where:
        reply, _, _ = where.call(order_sign([draft(CLOPIDOGREL)], {}))
    assert any("lopidogrel" in summary for summary in summaries(reply))
