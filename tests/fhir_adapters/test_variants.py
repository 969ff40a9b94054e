"""Variants from genomics reports: what counts as found, and that nothing else counts as absent."""

from __future__ import annotations

from typing import Any

import pytest

from dsl.values import Fact, Reason
from fhir_adapters import gather
from tests.fhir_adapters.example import AS_OF, ExampleTerminology, Json, chart, concept, rule_input

PRESENT, ABSENT, NO_CALL = "LA9633-4", "LA9634-2", "LA18198-4"
PATHOGENIC, LIKELY, UNCERTAIN, BENIGN = "LA6668-3", "LA26332-9", "LA26333-7", "LA6675-8"
SOMATIC, GERMLINE = "LA6684-0", "LA6683-2"
HGNC = "http://www.genenames.org/geneId"


def component(code: str, value: Json) -> Json:
    return {"code": concept(code), "valueCodeableConcept": value}


def variant(
    answer: str = PRESENT,
    meaning: str | None = PATHOGENIC,
    *,
    gene: str = "HGNC:9644",
    origin: str | None = SOMATIC,
    change: str | None = None,
    identifier: str = "v1",
    **members: Any,
) -> Json:
    parts = [component("48018-6", concept(gene, HGNC))]
    parts += [component("48002-0", concept(origin))] if origin else []
    parts += [component("53037-8", concept(meaning))] if meaning else []
    parts += [component("48005-3", concept(change, "http://varnomen.hgvs.org"))] if change else []
    return {
        "resourceType": "Observation",
        "id": identifier,
        "status": "final",
        "code": concept("69548-6"),
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2026-10-01",
        "valueCodeableConcept": concept(answer),
        "component": parts,
    } | members


def implication(meaning: str, of: str = "v1", **members: Any) -> Json:
    return {
        "resourceType": "Observation",
        "id": "i1",
        "status": "final",
        "code": concept(
            "diagnostic-implication", "http://hl7.org/fhir/uv/genomics-reporting/CodeSystem/tbd-codes-cs"
        ),
        "subject": {"reference": "Patient/p1"},
        "derivedFrom": [{"reference": f"Observation/{of}"}],
        "component": [component("53037-8", concept(meaning))],
    } | members


def found(*resources: Json, name: str = "PTPN11", days: int | None = None) -> Fact:
    asked = rule_input("variant", name, days)
    return gather([asked], chart(*resources, key="pgx"), AS_OF, ExampleTerminology(), None)[name]


@pytest.mark.parametrize(
    ("result", "possible", "reason"),
    [
        (variant(), (True,), None),
        (variant(meaning=LIKELY), (True,), None),
        (variant(ABSENT, None), (False,), None),
        # Nothing is settled by one of uncertain meaning, by a benign one, or by one that was not called.
        (variant(meaning=UNCERTAIN), (), Reason.NO_VALUE),
        (variant(meaning=BENIGN), (), Reason.NO_VALUE),
        (variant(meaning=None), (), Reason.NO_VALUE),
        (variant(NO_CALL), (), Reason.NO_VALUE),
        # It may be of the germline: the report does not say.
        (variant(origin=None), (), Reason.NO_VALUE),
        # Another gene, another origin.
        (variant(gene="HGNC:6407"), (), Reason.MISSING),
        (variant(origin=GERMLINE), (), Reason.MISSING),
        (variant(status="preliminary"), (), Reason.STATUS),
        (variant(status="entered-in-error"), (), Reason.STATUS),
        (variant(effectiveDateTime="2027-01-01"), (), Reason.FUTURE),
    ],
)
def test_one_result(result: Json, possible: tuple[bool, ...], reason: Reason | None) -> None:
    fact = found(result)
    assert (fact.possible, fact.reason) == (possible, reason)


def test_no_result_is_no_absence() -> None:
    assert found().reason is Reason.MISSING


def test_the_meaning_may_stand_in_an_implication() -> None:
    plain = variant(meaning=None)
    assert found(plain, implication(PATHOGENIC)).possible == (True,)
    assert found(plain, implication(UNCERTAIN)).reason is Reason.NO_VALUE
    assert found(plain, implication(PATHOGENIC, of="v2")).reason is Reason.NO_VALUE
    assert found(plain, implication(PATHOGENIC, status="entered-in-error")).reason is Reason.NO_VALUE
    # Two meanings that differ settle nothing.
    assert found(variant(), implication(BENIGN)).reason is Reason.NO_VALUE


def test_one_found_counts_beside_others_that_are_not_there() -> None:
    """Absence of one place says nothing about another one of the gene."""
    present, absent = variant(), variant(ABSENT, None, identifier="v2")
    assert found(present, absent).possible == found(absent, present).possible == (True,)
    unclear = variant(meaning=UNCERTAIN, identifier="v3")
    assert found(absent, unclear).reason is Reason.NO_VALUE
    assert found(present, unclear).possible == (True,)


def test_an_old_result_is_stale() -> None:
    old = variant(effectiveDateTime="2020-01-01")
    assert found(old, days=365).reason is Reason.STALE
    assert found(old).possible == (True,)


@pytest.mark.parametrize(
    ("change", "meaning", "possible"),
    [
        ("NP_004976.2:p.(Gly12Cys)", None, (True,)),
        ("p.Gly12Cys", BENIGN, (True,)),
        ("p.Gly12Asp", PATHOGENIC, ()),
        (None, PATHOGENIC, ()),
    ],
)
def test_a_listed_change_alone_counts(
    change: str | None, meaning: str | None, possible: tuple[bool, ...]
) -> None:
    kras = variant(gene="HGNC:6407", change=change, meaning=meaning, origin=None)
    assert found(kras, name="KRAS_G12C").possible == possible


def test_the_same_change_found_and_not_found_is_a_contradiction() -> None:
    there = variant(meaning=None, gene="HGNC:6407", change="p.Gly12Cys")
    absent = variant(ABSENT, None, gene="HGNC:6407", change="p.Gly12Cys", identifier="v2")
    assert found(there, absent, name="KRAS_G12C").reason is Reason.CONFLICT
