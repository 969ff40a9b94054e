"""Signals of a tumour: which results of a report a network is asked with, and what stays open."""

from __future__ import annotations

from itertools import permutations

import pytest

from dsl.values import Fact, Reason
from fhir_adapters import FactReader, draft_orders
from fhir_adapters.genomics import pathway_fact
from tests.fhir_adapters.example import (
    AS_OF,
    ExampleTerminology,
    Json,
    bundle,
    chart,
    medication_request,
    rule_input,
)
from tests.fhir_adapters.test_variants import (
    ABSENT,
    BENIGN,
    GERMLINE,
    NO_CALL,
    PATHOGENIC,
    SOMATIC,
    UNCERTAIN,
    implication,
    variant,
)

ASKED = rule_input("pathway", "cascade", 365)
MAP2K2 = "HGNC:6842"
NOT_PTPN11 = variant(ABSENT, None, identifier="v0")


def found(*resources: Json, drugs: frozenset[str] = frozenset({"clopidogrel"})) -> Fact:
    terms = ExampleTerminology()
    return pathway_fact(ASKED, chart(*resources, key="pgx"), AS_OF, terms.cascade, drugs)


@pytest.mark.parametrize(
    ("result", "possible", "reason"),
    [
        (variant(), ("survives",), None),
        (variant(meaning=UNCERTAIN), ("stops",), None),
        (variant(meaning=BENIGN), ("stops",), None),
        (NOT_PTPN11, ("stops",), None),
        (variant(gene=MAP2K2), ("stops",), None),
        # Resistance is an observation of its own: it counts whatever the meaning is.
        (variant(meaning=UNCERTAIN, gene=MAP2K2, change="NP_109587.1:p.(Gln60Pro)"), ("survives",), None),
        (variant(meaning=None, gene=MAP2K2, change="p.Q60P"), ("survives",), None),
        (variant(meaning=UNCERTAIN, gene=MAP2K2, change="p.Gln60Lys"), ("stops",), None),
        # A meaning that nobody states may be any.
        (variant(meaning=None), (), Reason.NO_VALUE),
        # No result of the tumour: of the germline, of an origin that is not stated, not called, of others.
        (variant(ABSENT, None, origin=GERMLINE), (), Reason.MISSING),
        (variant(ABSENT, None, origin=None), (), Reason.NO_VALUE),
        (variant(origin=None), (), Reason.NO_VALUE),
        (variant(NO_CALL), (), Reason.NO_VALUE),
        (variant(gene="HGNC:6407"), (), Reason.MISSING),
        (variant(ABSENT, None, status="preliminary"), (), Reason.STATUS),
        (variant(ABSENT, None, effectiveDateTime="2020-01-01"), (), Reason.STALE),
        (variant(ABSENT, None, effectiveDateTime="2027-01-01"), (), Reason.FUTURE),
    ],
)
def test_one_result(result: Json, possible: tuple[str, ...], reason: Reason | None) -> None:
    fact = found(result)
    assert (fact.possible, fact.reason) == (possible, reason)


def test_no_report_is_no_absence() -> None:
    assert found() == Fact((), Reason.MISSING)


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (variant(status="preliminary"), Reason.STATUS),
        (variant(effectiveDateTime="2020-01-01"), Reason.STALE),
        (variant(origin=None), Reason.NO_VALUE),
        # A variant of the germline is in the tumour too, as a rule.
        (variant(origin=GERMLINE), Reason.NO_VALUE),
        (variant(NO_CALL, None), Reason.NO_VALUE),
        (variant(meaning=None), Reason.NO_VALUE),
    ],
)
def test_what_is_not_usable_is_never_taken_for_absent(other: Json, reason: Reason) -> None:
    fact = found(NOT_PTPN11, other)
    assert (fact.possible, fact.reason) == ((), reason)
    assert fact.explanation == "under clopidogrel"


@pytest.mark.parametrize(
    "other",
    [
        variant(meaning=UNCERTAIN, status="preliminary"),
        variant(meaning=BENIGN, origin=None),
        variant(gene=MAP2K2, origin=None),
        variant(ABSENT, None, status="preliminary", identifier="v1"),
    ],
)
def test_what_is_not_usable_does_no_harm_where_it_changes_nothing(other: Json) -> None:
    assert found(NOT_PTPN11, other).possible == ("stops",)


def test_a_way_that_is_found_stays_whatever_else_is_unclear() -> None:
    assert found(variant(), variant(meaning=None, identifier="v2"), NOT_PTPN11).possible == ("survives",)


def test_the_meaning_may_stand_in_an_implication_and_may_contradict() -> None:
    plain = variant(meaning=None)
    assert found(plain, implication(PATHOGENIC)).possible == ("survives",)
    assert found(plain, implication(UNCERTAIN)).possible == ("stops",)
    assert found(variant(), implication(BENIGN)).reason is Reason.NO_VALUE


def test_the_same_change_present_and_absent_is_a_contradiction() -> None:
    there = variant(gene=MAP2K2, change="p.Gln60Pro")
    gone = variant(ABSENT, None, gene=MAP2K2, change="p.Q60P", identifier="v2")
    for order in permutations((there, gone)):
        assert found(*order).reason is Reason.CONFLICT
    elsewhere = variant(ABSENT, None, gene=MAP2K2, change="p.Val35Met", identifier="v2")
    assert found(there, elsewhere).possible == ("survives",)


def test_the_trace_names_each_result_and_why_it_was_not_used() -> None:
    results = [NOT_PTPN11, variant(meaning=UNCERTAIN), variant(origin=None, gene=MAP2K2, identifier="v2")]
    for order in permutations(results):
        said = {(each.reference, each.text, each.reason) for each in found(*order).data}
        assert said == {
            ("Observation/v0", "PTPN11 absent", None),
            ("Observation/v1", "PTPN11 present, uncertain significance", None),
            ("Observation/v2", "MAP2K2 present, pathogenic", Reason.NO_VALUE),
        }


def test_only_genes_with_a_usable_result_count_as_reported() -> None:
    terms = ExampleTerminology()
    results = (NOT_PTPN11, variant(gene=MAP2K2, origin=None, identifier="v2"))
    pathway_fact(ASKED, chart(*results, key="pgx"), AS_OF, terms.cascade, frozenset({"clopidogrel"}))
    assert terms.cascade.reported == {"PTPN11"}


@pytest.mark.parametrize(
    "drugs", [frozenset(), frozenset({"niraparib"}), frozenset({"clopidogrel", "ticagrelor"})]
)
def test_it_is_asked_about_one_drug(drugs: frozenset[str]) -> None:
    fact = found(variant(), drugs=drugs)
    assert fact.reason is Reason.MISSING and "one ordered drug" in fact.explanation


def test_each_order_has_its_own_answer() -> None:
    """One reader serves all orders of a call: the answer of one must not stand for the other."""
    terms = ExampleTerminology()
    on_file = chart(variant(), key="pgx")
    reader = FactReader(on_file, AS_OF, terms)
    drafts = [medication_request(code, code, "draft") for code in ("32968", "1918231")]
    clopidogrel, niraparib = draft_orders(bundle(*drafts), on_file, terms, None).orders
    assert reader.facts([ASKED], clopidogrel)["cascade"].possible == ("survives",)
    assert reader.facts([ASKED], niraparib)["cascade"].missing
    assert reader.facts([ASKED], clopidogrel, ["niraparib"])["cascade"].missing
    assert reader.facts([ASKED], None)["cascade"].missing


def test_origin_of_both_kinds_is_none_of_the_tumour_alone() -> None:
    both = variant(origin=SOMATIC)
    both["component"] = [*both["component"], *variant(origin=GERMLINE)["component"][1:2]]
    assert found(both).reason is Reason.NO_VALUE
